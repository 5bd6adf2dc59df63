// Every key that DynamoDB writes. Drawn in docs/decisions/0020-dynamodb-layout.md.
//
//   dynamodb tables  account region name                                   → TableRecord
//   dynamodb items   account region storageId          partition [sort]    → item (item-codec.ts)
//   dynamodb index   account region storageId indexId  partition [sort] of the index, tail → item, as the index projects it
//   dynamodb expiry  account region storageId expiryId seconds, tail       → the item's key
//   dynamodb tokens  account region token                                  → TokenRecord
//   dynamodb token-expiry account region ms token                          → true
//
// partition is a hash of the value, then the value: so that items of one partition stay together, partitions scatter as on AWS and
// a segment of a parallel scan is a range. sort holds bytes that order as the values do. tail names the item within its index.
import { createHash } from "node:crypto";
import { assert } from "../../kernel/assert.ts";
import { Collection } from "../../storage/collection.ts";
import { KEY_BYTES_MAX, type Key, type KeyRange } from "../../storage/transaction.ts";
import { pack } from "../../storage/tuple.ts";
import type { Item, Value } from "./attribute-value.ts";
import { attributeOf } from "./attribute-value.ts";
import { numberKey } from "./decimal.ts";
import type { TableRecord } from "./table-record.ts";

export const tables = new Collection<[account: string, region: string, name: string], TableRecord>("dynamodb", "tables");

/** What a client token of a transaction stood for. */
interface TokenRecord {
  /** SHA-256 of the request, in hexadecimal. */
  readonly requestHash: string;
  readonly expiresAtMs: number;
}
export const tokens = new Collection<[account: string, region: string, token: string], TokenRecord>("dynamodb", "tokens");
export const tokenExpiry = new Collection<[account: string, region: string, expiresAtMs: number, token: string], true>(
  "dynamodb",
  "token-expiry",
);

/** The two attributes that a key consists of. */
export interface KeyAttributes {
  readonly partition: string;
  readonly sort?: string;
}

/** The kind byte of a packed element of bytes, see storage/tuple.ts. */
const BYTES_ELEMENT = 0x01;
const LAST = 0xff;
/** Values up to this length stand in keys themselves; of longer ones, where only equality counts, a digest does. */
const RAW_BYTES_MAX = 128;
const RAW = 1;
const DIGEST = 2;
/** Segments of a scan divide the hashes of partition values, 32 bits. */
const HASHES = 2 ** 32;

export function itemsPrefix(account: string, region: string, storageId: string): Key {
  return pack(["dynamodb", "items", account, region, storageId]);
}

export function indexPrefix(account: string, region: string, storageId: string, indexId: string): Key {
  return pack(["dynamodb", "index", account, region, storageId, indexId]);
}

export function expiryPrefix(account: string, region: string, storageId: string, expiryId: string): Key {
  return pack(["dynamodb", "expiry", account, region, storageId, expiryId]);
}

/** Everything that is kept of the items of a table, for its removal. */
export function tablePrefixes(account: string, region: string, storageId: string): Key[] {
  return ["items", "index", "expiry"].map((part) => pack(["dynamodb", part, account, region, storageId]));
}

/** Bytes that order as values of a key attribute do: UTF-8, decimal, or as they are. */
export function keyBytes(value: Value): Uint8Array {
  if (value.S !== undefined) return Buffer.from(value.S, "utf8");
  if (value.N !== undefined) return numberKey(value.N);
  assert(value.B !== undefined, "a key is a string, a number or bytes");
  return value.B;
}

function hash32(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < bytes.length; i++) hash = Math.imul(hash ^ (bytes[i] ?? 0), 0x01000193);
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** The bytes themselves or a digest of them, told apart by a first byte, after `room` bytes for the caller. */
function identity(bytes: Uint8Array, room: number): Buffer {
  const raw = bytes.length <= RAW_BYTES_MAX;
  const content = raw ? bytes : createHash("sha256").update(bytes).digest();
  const out = Buffer.allocUnsafe(room + 1 + content.length);
  out[room] = raw ? RAW : DIGEST;
  out.set(content, room + 1);
  return out;
}

function partitionElement(value: Value): Uint8Array {
  const bytes = keyBytes(value);
  const out = identity(bytes, 4);
  out.writeUInt32BE(hash32(bytes), 0);
  return out;
}

const builder = Buffer.allocUnsafeSlow(KEY_BYTES_MAX * 2);

/** What `concatenate(prefix, pack(elements))` makes, in one go: these keys are built for every read and write of an item. */
export function join(prefix: Key, elements: readonly Uint8Array[]): Key {
  builder.set(prefix, 0);
  let at = prefix.length;
  for (const bytes of elements) {
    builder[at++] = BYTES_ELEMENT;
    for (let i = 0; i < bytes.length; i++) {
      const byte = bytes[i] ?? 0;
      builder[at++] = byte;
      if (byte === 0) builder[at++] = LAST;
    }
    builder[at++] = 0;
  }
  assert(at <= KEY_BYTES_MAX, `a key of ${at} bytes: at most ${KEY_BYTES_MAX} are allowed`);
  const key = Buffer.allocUnsafeSlow(at);
  builder.copy(key, 0, 0, at);
  return key;
}

function concatenate(first: Uint8Array, second: Uint8Array): Key {
  const out = Buffer.allocUnsafeSlow(first.length + second.length);
  out.set(first, 0);
  out.set(second, first.length);
  return out;
}

function withLast(key: Key): Key {
  return concatenate(key, Uint8Array.of(LAST));
}

/** The place of an item in its table. `item` holds at least the key attributes. */
export function itemKey(prefix: Key, schema: KeyAttributes, item: Item): Key {
  const partition = partitionElement(required(item, schema.partition));
  if (schema.sort === undefined) return join(prefix, [partition]);
  return join(prefix, [partition, keyBytes(required(item, schema.sort))]);
}

/** What tells the entries of one index key apart: the item's own key, or a digest of it. */
export function tailOf(schema: KeyAttributes, item: Item): Uint8Array {
  const partition = keyBytes(required(item, schema.partition));
  if (schema.sort === undefined) return identity(partition, 0);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(partition.length);
  return identity(Buffer.concat([length, partition, keyBytes(required(item, schema.sort))]), 0);
}

/** The place of an item in an index; undefined when it lacks one of the index's attributes: the index is sparse. */
export function indexKey(prefix: Key, schema: KeyAttributes, item: Item, tail: Uint8Array): Key | undefined {
  const partition = attributeOf(item, schema.partition);
  if (partition === undefined) return undefined;
  if (schema.sort === undefined) return join(prefix, [partitionElement(partition), tail]);
  const sort = attributeOf(item, schema.sort);
  return sort && join(prefix, [partitionElement(partition), keyBytes(sort), tail]);
}

export function expiryKey(prefix: Key, seconds: number, tail: Uint8Array): Key {
  return concatenate(prefix, pack([seconds, tail]));
}

function required(item: Item, name: string): Value {
  const value = attributeOf(item, name);
  assert(value !== undefined, `the key attribute ${name} is missing`);
  return value;
}

/** All keys below a packed prefix. */
export function below(prefix: Key): KeyRange {
  return { start: prefix, end: withLast(prefix) };
}

/** Expiry entries up to a moment, itself included. */
export function expiredBy(prefix: Key, fromSeconds: number, toSeconds: number): KeyRange {
  return { start: concatenate(prefix, pack([fromSeconds])), end: withLast(concatenate(prefix, pack([toSeconds]))) };
}

/** The condition on a sort key that a range of keys can express. */
export type SortCondition =
  | { readonly operator: "=" | "<" | "<=" | ">" | ">=" | "begins_with"; readonly value: Value }
  | { readonly operator: "BETWEEN"; readonly value: Value; readonly upper: Value };

/** The keys of one partition, of a table or an index, narrowed by its sort key. */
export function partitionRange(prefix: Key, partition: Value, condition?: SortCondition): KeyRange {
  const base = join(prefix, [partitionElement(partition)]);
  if (condition === undefined) return below(base);
  const at = join(base, [keyBytes(condition.value)]);
  switch (condition.operator) {
    case "=":
      return below(at);
    case "<":
      return { start: base, end: at };
    case "<=":
      return { start: base, end: withLast(at) };
    case ">":
      return { start: withLast(at), end: withLast(base) };
    case ">=":
      return { start: at, end: withLast(base) };
    case "BETWEEN":
      return { start: at, end: withLast(join(base, [keyBytes(condition.upper)])) };
    case "begins_with": {
      // The element without the zero byte that ends it.
      const start = at.subarray(0, at.length - 1);
      return { start, end: after(start) };
    }
  }
}

/** The first key that does not begin with these bytes. A key begins with the name of its service, so there is always one. */
function after(bytes: Uint8Array): Key {
  let length = bytes.length;
  while (bytes[length - 1] === LAST) length--;
  const out = Uint8Array.from(bytes.subarray(0, length));
  out[length - 1] = (out[length - 1] ?? 0) + 1;
  return out;
}

/** The part of a table or index that segment `segment` of `total` reads. */
export function segmentRange(prefix: Key, segment: number, total: number): KeyRange {
  const first = Math.ceil((segment * HASHES) / total);
  const end = Math.ceil(((segment + 1) * HASHES) / total);
  return {
    start: first === 0 ? prefix : hashStart(prefix, first),
    end: end >= HASHES ? withLast(prefix) : hashStart(prefix, end),
  };
}

function hashStart(prefix: Key, hash: number): Key {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(hash);
  const key = join(prefix, [bytes]);
  return key.subarray(0, key.length - 1);
}

/** Everything in the range that comes after `key`, in the direction of reading. */
export function beyond(range: KeyRange, key: Key, reverse: boolean): KeyRange {
  return reverse ? { start: range.start, end: key } : { start: concatenate(key, Uint8Array.of(0)), end: range.end };
}

export function contains(range: KeyRange, key: Key): boolean {
  return Buffer.compare(key, range.start) >= 0 && Buffer.compare(key, range.end) < 0;
}
