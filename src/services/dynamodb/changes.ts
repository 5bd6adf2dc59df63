// The one place where an item changes: whoever puts, updates or deletes one, on behalf of a client or of the time to live, comes
// through `writeChange`, which keeps the item and its entries in every index equal within one transaction. A stream of changes
// begins here.
import { assert } from "../../kernel/assert.ts";
import type { Key, ReadTransaction, Transaction } from "../../storage/transaction.ts";
import { attributeOf, type Item, setAttribute } from "./attribute-value.ts";
import { decodeItem, encodeItem, type StoredItem } from "./item-codec.ts";
import { expiryKey, indexKey, itemKey, tailOf } from "./keys.ts";
import type { Index, Table } from "./table-record.ts";

/** What happens to one item: `old` is absent when there was none, `next` when there is none afterwards. */
interface Change {
  /** The item's place, from `itemKey`. */
  readonly key: Key;
  readonly old: StoredItem | undefined;
  readonly next: StoredItem | undefined;
}

/** True when a change of this table's items can be written without knowing what was there. */
export function writesBlindly(table: Table): boolean {
  return table.indexes.length === 0 && table.expiry === undefined;
}

/** Unless `writesBlindly`, `old` is what the transaction read. */
export function writeChange(tx: Transaction, table: Table, change: Change): void {
  const { key, old, next } = change;
  if (next) tx.set(key, next.bytes);
  else tx.delete(key);
  if (writesBlindly(table)) return;
  const item = next?.item ?? old?.item;
  if (item === undefined) return;
  const tail = tailOf(table.key, item);
  for (const index of table.indexes) writeIndexEntry(tx, index, tail, old, next);
  writeExpiry(tx, table, tail, change);
}

function writeIndexEntry(tx: Transaction, index: Index, tail: Uint8Array, old: StoredItem | undefined, next: StoredItem | undefined): void {
  const before = old && indexKey(index.prefix, index.key, old.item, tail);
  const after = next && indexKey(index.prefix, index.key, next.item, tail);
  const moved = before === undefined || after === undefined || Buffer.compare(before, after) !== 0;
  if (before !== undefined && moved) tx.delete(before);
  if (after === undefined || next === undefined) return;
  const entry = projectedBytes(index, next);
  if (!moved && old !== undefined && Buffer.compare(projectedBytes(index, old), entry) === 0) return;
  tx.set(after, entry);
}

/** The bytes that an index keeps of an item. */
function projectedBytes(index: Index, stored: StoredItem): Uint8Array {
  return index.attributes === undefined ? stored.bytes : encodeItem(projectAttributes(stored.item, index.attributes)).bytes;
}

export function projectAttributes(item: Item, names: ReadonlySet<string>): Item {
  const out: Item = {};
  for (const name in item) {
    if (!names.has(name)) continue;
    const value = attributeOf(item, name);
    if (value !== undefined) setAttribute(out, name, value);
  }
  return out;
}

function writeExpiry(tx: Transaction, table: Table, tail: Uint8Array, { key, old, next }: Change): void {
  if (table.expiry === undefined) return;
  const { attribute, prefix } = table.expiry;
  const before = old && expirySeconds(old.item, attribute);
  const after = next && expirySeconds(next.item, attribute);
  if (before === after) return;
  if (before !== undefined) tx.delete(expiryKey(prefix, before, tail));
  if (after !== undefined) tx.set(expiryKey(prefix, after, tail), key);
}

/** Seconds since the epoch at which an item may go; undefined when its attribute is not a number. */
export function expirySeconds(item: Item, attribute: string): number | undefined {
  const value = attributeOf(item, attribute);
  if (value?.N === undefined) return undefined;
  return Math.floor(Number(value.N));
}

/** Writes the entry of an item that was there before the index was. Repeats safely. */
export function addToIndex(tx: Transaction, table: Table, index: Index, stored: StoredItem): void {
  const types = table.types;
  for (const name of [index.key.partition, index.key.sort]) {
    const value = name === undefined ? undefined : attributeOf(stored.item, name);
    const type = name === undefined ? undefined : types.get(name);
    // An item whose attribute has another type than the key wants stays out of the index ("online indexing").
    if (value !== undefined && type !== undefined && value[type] === undefined) return;
    if (value?.S === "" || value?.B?.length === 0) return;
  }
  const key = indexKey(index.prefix, index.key, stored.item, tailOf(table.key, stored.item));
  if (key !== undefined) tx.set(key, projectedBytes(index, stored));
}

/** Writes the expiry entry of an item that was there before the time to live was enabled. Repeats safely. */
export function addToExpiry(tx: Transaction, table: Table, stored: StoredItem): void {
  assert(table.expiry !== undefined, "the time to live is enabled");
  const seconds = expirySeconds(stored.item, table.expiry.attribute);
  if (seconds === undefined) return;
  const key = itemKey(table.prefix, table.key, stored.item);
  tx.set(expiryKey(table.expiry.prefix, seconds, tailOf(table.key, stored.item)), key);
}

/** The item at a place, if any. */
export async function readStored(tx: ReadTransaction, key: Key): Promise<StoredItem | undefined> {
  const bytes = await tx.get(key);
  return bytes === undefined ? undefined : decodeItem(bytes);
}
