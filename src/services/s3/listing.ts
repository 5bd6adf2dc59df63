// The listing algorithm: keys in the order of their UTF-8 bytes, rolled up at a delimiter. It seeks past a common prefix
// instead of reading what is below it. Knows nothing of S3's requests.
import type { Collection, StoredRecord } from "../../storage/collection.ts";
import type { ReadTransaction } from "../../storage/transaction.ts";
import type { Tuple } from "../../storage/tuple.ts";

export interface Question<K extends Tuple = Tuple> {
  /** Keys begin with it; may be empty. */
  readonly prefix: string;
  /** What follows the prefix is cut after the first of these; undefined or empty does not cut. */
  readonly delimiter?: string | undefined;
  /** Only what comes after this key, or after this common prefix with all that is below it. */
  readonly after?: string | undefined;
  /** Only what comes after this record of several under the name `after`. */
  readonly afterRecord?: K | undefined;
  /** The most entries: keys and common prefixes together. */
  readonly limit: number;
}

type Entry<K extends Tuple, V> =
  | { readonly kind: "record"; readonly name: string; readonly record: StoredRecord<K, V> }
  | { readonly kind: "prefix"; readonly name: string };

export interface Listing<K extends Tuple, V> {
  readonly entries: readonly Entry<K, V>[];
  /** True when there is more after the last entry. */
  readonly truncated: boolean;
}

const FIRST_STEP = 64;
const STEP_MAX = 1001;

/**
 * Answers a question about the records of `collection` whose keys are `[scope, name, ...]`. One name may stand in several
 * records (uploads of one key); they come in key order, and `after` skips all of them.
 */
export async function list<K extends readonly [string, string, ...string[]], V>(
  tx: ReadTransaction,
  collection: Collection<K, V>,
  scope: string,
  question: Question<K>,
): Promise<Listing<K, V>> {
  const { prefix, delimiter, limit } = question;
  const entries: Entry<K, V>[] = [];
  if (limit === 0) return { entries, truncated: false };
  const end = successor(prefix);
  let from: Position<K> | undefined = startOf(question);
  let step = delimiter ? Math.min(FIRST_STEP, limit + 1) : Math.min(limit + 1, STEP_MAX);
  while (from !== undefined && (end === undefined || compareNames(from.name, end) < 0)) {
    const start = from;
    const records: StoredRecord<K, V>[] = await collection.scan(tx, [scope], {
      limit: step,
      ...(start.exclusive !== undefined ? { after: start.exclusive } : { from: [scope, start.name] }),
      ...(end !== undefined && { before: [scope, end] }),
    });
    let skipped: string | undefined;
    for (const record of records) {
      const name = record.key[1];
      if (skipped !== undefined && name.startsWith(skipped)) continue;
      if (entries.length === limit) return { entries, truncated: true };
      skipped = commonPrefix(name, prefix, delimiter);
      entries.push(skipped === undefined ? { kind: "record", name, record } : { kind: "prefix", name: skipped });
    }
    const last = records.at(-1);
    if (!last || records.length < step) break;
    // Below a common prefix the rest is not read; where nothing was skipped, larger steps pay.
    const below = skipped !== undefined && last.key[1].startsWith(skipped) ? skipped : undefined;
    from = below === undefined ? { name: last.key[1], exclusive: last.key } : past(below);
    step = below === undefined ? Math.min(step * 2, STEP_MAX) : FIRST_STEP;
  }
  return { entries, truncated: false };
}

interface Position<K extends Tuple> {
  readonly name: string;
  /** The exact record to go on after. */
  readonly exclusive?: K;
}

function startOf<K extends Tuple>({ prefix, delimiter, after, afterRecord }: Question<K>): Position<K> | undefined {
  if (after === undefined || after === "") return { name: prefix };
  if (compareNames(after, prefix) < 0) return { name: prefix };
  if (afterRecord) return { name: after, exclusive: afterRecord };
  const group = after.startsWith(prefix) ? commonPrefix(after, prefix, delimiter) : undefined;
  // The least name above `after` itself is `after` with a zero character behind.
  return group === undefined ? { name: `${after}\u0000` } : past(group);
}

function past<K extends Tuple>(prefix: string): Position<K> | undefined {
  const name = successor(prefix);
  return name === undefined ? undefined : { name };
}

/** The common prefix that a name is rolled up into, if it is. */
export function commonPrefix(name: string, prefix: string, delimiter: string | undefined): string | undefined {
  if (!delimiter) return undefined;
  const at = name.indexOf(delimiter, prefix.length);
  return at < 0 ? undefined : name.slice(0, at + delimiter.length);
}

const LAST_CODE_POINT = 0x10ffff;

/** The least text above every text that begins with `prefix`; undefined when there is none. */
export function successor(prefix: string): string | undefined {
  const points = Array.from(prefix, (character) => character.codePointAt(0) ?? 0);
  while (points.length > 0) {
    const last = points.pop() ?? 0;
    if (last < LAST_CODE_POINT) {
      // Surrogates are no characters: the next one above them is U+E000.
      const next = last + 1 >= 0xd800 && last + 1 <= 0xdfff ? 0xe000 : last + 1;
      return String.fromCodePoint(...points, next);
    }
  }
  return undefined;
}

/** The order of UTF-8 bytes, which is that of code points and not that of JavaScript's strings. */
export function compareNames(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
