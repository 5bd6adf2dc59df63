// One page of a Query or Scan: reading a range of items, or of entries of an index, until the limit or a megabyte is reached,
// then filtering. Also the key that a page starts after and the one it ends with.
import { hasCode } from "../../kernel/errors.ts";
import type { KeyRange, ReadTransaction } from "../../storage/transaction.ts";
import { attributeOf, type Item, type RawItem, readItem, typeOf } from "./attribute-value.ts";
import { readStored } from "./changes.ts";
import { invalid, KEY_MISMATCH, STARTING_KEY_INVALID } from "./errors.ts";
import type { Path } from "./expressions/path.ts";
import { projectItem } from "./expressions/projection.ts";
import { decodeItem, encodedSize, type StoredItem } from "./item-codec.ts";
import { beyond, indexKey, itemKey, type KeyAttributes, tailOf } from "./keys.ts";
import { PAGE_BYTES_MAX } from "./limits.ts";
import { allows, type Guard, pickAttributes } from "./request.ts";
import { type Index, keyNames, type Table } from "./table-record.ts";

/** Where a Query or Scan reads: the table itself or one of its indexes. */
export interface Source {
  readonly table: Table;
  readonly index?: Index;
}

export function sourceOf(table: Table, indexName: string | undefined): Source {
  if (indexName === undefined) return { table };
  const index = table.indexes.find(({ name }) => name === indexName);
  if (index === undefined) throw invalid(`The table does not have the specified index: ${indexName}`);
  if (index.status === "CREATING") throw invalid(`Cannot read from backfilling global secondary index: ${indexName}`);
  return { table, index };
}

export function keyOf({ table, index }: Source): KeyAttributes {
  return index?.key ?? table.key;
}

export function prefixOf({ table, index }: Source) {
  return index?.prefix ?? table.prefix;
}

/** The attributes that tell where reading stopped: the table's keys and the index's. */
function positionNames({ table, index }: Source): string[] {
  return [...new Set([...keyNames(table.key), ...(index ? keyNames(index.key) : [])])];
}

/** Reads an ExclusiveStartKey, before its table is known. */
export function readStartKey(raw: RawItem | undefined): Item | undefined {
  if (raw === undefined) return undefined;
  try {
    return readItem(raw);
  } catch (error) {
    // Wrong numbers are told of without the preface.
    if (!hasCode(error, "ValidationException") || /^(The parameter|Number|Attempting|Input collection)/.test(error.message)) throw error;
    throw invalid(`${STARTING_KEY_INVALID}: ${error.message}`);
  }
}

/** The first look at a start key: as many attributes as there must be, and the partition key of what is read among them. */
export function checkStartPartition(source: Source, start: Item): void {
  const { partition } = keyOf(source);
  const value = attributeOf(start, partition);
  if (Object.keys(start).length !== positionNames(source).length || value === undefined) throw invalid(STARTING_KEY_INVALID);
  if (typeOf(value) !== source.table.types.get(partition)) throw invalid(KEY_MISMATCH);
}

/** The second: its sort key. */
export function checkStartSort(source: Source, start: Item): void {
  const { sort } = keyOf(source);
  if (sort === undefined) return;
  const value = attributeOf(start, sort);
  if (value === undefined) throw invalid(STARTING_KEY_INVALID);
  if (typeOf(value) !== source.table.types.get(sort)) throw invalid(KEY_MISMATCH);
}

/** The third: the table's own keys, which those of an index come with. */
export function checkStartItem(source: Source, start: Item): void {
  for (const name of keyNames(source.table.key)) {
    const value = attributeOf(start, name);
    if (value === undefined || typeOf(value) !== source.table.types.get(name)) throw invalid(`${STARTING_KEY_INVALID}: ${KEY_MISMATCH}`);
  }
}

/** The place in storage that a start key names. */
export function startPosition({ table, index }: Source, start: Item): Uint8Array {
  if (index === undefined) return itemKey(table.prefix, table.key, start);
  const key = indexKey(index.prefix, index.key, start, tailOf(table.key, start));
  if (key === undefined) throw invalid(STARTING_KEY_INVALID);
  return key;
}

export interface PageRequest {
  readonly source: Source;
  readonly range: KeyRange;
  readonly reverse: boolean;
  readonly startAfter?: Uint8Array | undefined;
  readonly limit?: number | undefined;
  readonly filter: Guard;
  /** Items are wanted, not only their count. */
  readonly wantsItems: boolean;
  readonly projection?: readonly Path[] | undefined;
  /** The local index does not hold all that is asked for: each item is read from the table. */
  readonly fetches: boolean;
}

export interface Page {
  readonly items: Item[];
  readonly count: number;
  readonly scannedCount: number;
  readonly lastKey?: Item;
  /** What was read, of the source. */
  readonly bytes: number;
  /** The sizes of items that were read from the table beside it. */
  readonly fetchedBytes: readonly number[];
}

/** Rows read from storage at once, at first; doubled until a page is full. */
const CHUNK_ROWS = 64;
const CHUNK_ROWS_MAX = 1_024;

export async function readPage(tx: ReadTransaction, request: PageRequest): Promise<Page> {
  const { source, reverse, filter, limit } = request;
  let range = request.startAfter === undefined ? request.range : beyond(request.range, request.startAfter, reverse);
  const items: Item[] = [];
  const fetchedBytes: number[] = [];
  let [count, scannedCount, bytes, chunk] = [0, 0, 0, CHUNK_ROWS];
  for (;;) {
    const rows = limit === undefined ? chunk : Math.min(chunk, limit - scannedCount);
    const entries = await tx.range(range, { limit: rows, ...(reverse && { reverse: true }) });
    for (const entry of entries) {
      scannedCount++;
      bytes += encodedSize(entry.value);
      const full = bytes > PAGE_BYTES_MAX || scannedCount === limit;
      const stored = needsItem(request) || full ? decodeItem(entry.value) : undefined;
      const whole = stored !== undefined && request.fetches ? await fetchItem(tx, source, stored, fetchedBytes) : stored;
      if (whole === undefined || allows(filter, whole.item)) {
        count++;
        if (request.wantsItems && whole !== undefined)
          items.push(request.projection ? projectItem(whole.item, request.projection) : whole.item);
      }
      if (full && stored !== undefined) {
        return { items, count, scannedCount, bytes, fetchedBytes, lastKey: pickAttributes(stored.item, positionNames(source)) };
      }
    }
    const last = entries[entries.length - 1];
    if (entries.length < rows || last === undefined) return { items, count, scannedCount, bytes, fetchedBytes };
    range = beyond(range, last.key, reverse);
    chunk = Math.min(chunk * 2, CHUNK_ROWS_MAX);
  }
}

function needsItem({ wantsItems, filter }: PageRequest): boolean {
  return wantsItems || filter.condition !== undefined || filter.tests !== undefined;
}

async function fetchItem(tx: ReadTransaction, { table }: Source, entry: StoredItem, sizes: number[]): Promise<StoredItem> {
  const whole = (await readStored(tx, itemKey(table.prefix, table.key, entry.item))) ?? entry;
  sizes.push(whole.size);
  return whole;
}
