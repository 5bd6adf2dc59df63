// What requests consume, computed as documented ("Read consistency", "Capacity unit consumption for write operations"), though
// nothing is ever throttled. Pure rules.
import { projectAttributes } from "./changes.ts";
import { encodeItem, type StoredItem } from "./item-codec.ts";
import { indexKey, tailOf } from "./keys.ts";
import { READ_UNIT_BYTES, WRITE_UNIT_BYTES } from "./limits.ts";
import type { Index, Table } from "./table-record.ts";

/** Units by where they were consumed. */
export interface Units {
  table: number;
  readonly indexes: Map<string, number>;
}

export interface ConsumedCapacity {
  TableName: string;
  CapacityUnits: number;
  ReadCapacityUnits?: number;
  WriteCapacityUnits?: number;
  Table?: Capacity;
  LocalSecondaryIndexes?: Record<string, Capacity>;
  GlobalSecondaryIndexes?: Record<string, Capacity>;
}

interface Capacity {
  CapacityUnits: number;
  ReadCapacityUnits?: number;
  WriteCapacityUnits?: number;
}

export function isWanted(detail: string | undefined): boolean {
  return detail === "TOTAL" || detail === "INDEXES";
}

/** Half a unit for 4 KB, a whole one where the read is consistent, two in a transaction; an empty read counts as the smallest. */
export function readUnits(bytes: number, consistent: boolean, transactional = false): number {
  const blocks = Math.max(1, Math.ceil(bytes / READ_UNIT_BYTES));
  if (transactional) return blocks * 2;
  return consistent ? blocks : blocks / 2;
}

/** What a write consumes, in the table by the larger of the two versions, and in each index that it changes. */
export function writeUnits(table: Table, old: StoredItem | undefined, next: StoredItem | undefined, transactional = false): Units {
  const factor = transactional ? 2 : 1;
  const units: Units = { table: factor * writeBlocks(Math.max(old?.size ?? 0, next?.size ?? 0)), indexes: new Map() };
  const item = next?.item ?? old?.item;
  if (item === undefined) return units;
  const tail = tailOf(table.key, item);
  for (const index of table.indexes) {
    const consumed = factor * indexUnits(index, tail, old, next);
    if (consumed > 0) units.indexes.set(index.name, consumed);
  }
  return units;
}

/** One write for an entry that comes, goes or changes, two for one that moves. */
function indexUnits(index: Index, tail: Uint8Array, old: StoredItem | undefined, next: StoredItem | undefined): number {
  const before = old && indexKey(index.prefix, index.key, old.item, tail) && entryOf(index, old);
  const after = next && indexKey(index.prefix, index.key, next.item, tail) && entryOf(index, next);
  if (before === undefined || after === undefined) {
    const only = before ?? after;
    return only === undefined ? 0 : writeBlocks(only.size);
  }
  const oldKey = indexKey(index.prefix, index.key, before.item, tail);
  const newKey = indexKey(index.prefix, index.key, after.item, tail);
  if (oldKey !== undefined && newKey !== undefined && Buffer.compare(oldKey, newKey) !== 0) {
    return writeBlocks(before.size) + writeBlocks(after.size);
  }
  return Buffer.compare(before.bytes, after.bytes) === 0 ? 0 : writeBlocks(Math.max(before.size, after.size));
}

function entryOf(index: Index, stored: StoredItem): StoredItem {
  return index.attributes === undefined ? stored : encodeItem(projectAttributes(stored.item, index.attributes));
}

function writeBlocks(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / WRITE_UNIT_BYTES));
}

export function addUnits(into: Units, more: Units): void {
  into.table += more.table;
  for (const [name, units] of more.indexes) into.indexes.set(name, (into.indexes.get(name) ?? 0) + units);
}

export function noUnits(): Units {
  return { table: 0, indexes: new Map() };
}

/** The answer's ConsumedCapacity. Transactions also say whether they read or wrote. */
export function consumedCapacity(
  table: Table,
  units: Units,
  detail: string | undefined,
  kind?: "Read" | "Write",
): ConsumedCapacity | undefined {
  if (!isWanted(detail)) return undefined;
  let total = units.table;
  for (const consumed of units.indexes.values()) total += consumed;
  const out: ConsumedCapacity = { TableName: table.name, ...capacity(total, kind) };
  if (detail !== "INDEXES") return out;
  out.Table = capacity(units.table, kind);
  for (const index of table.indexes) {
    const consumed = units.indexes.get(index.name);
    if (consumed === undefined) continue;
    const group = index.kind === "global" ? "GlobalSecondaryIndexes" : "LocalSecondaryIndexes";
    out[group] = { ...out[group], [index.name]: capacity(consumed, kind) };
  }
  return out;
}

function capacity(units: number, kind: "Read" | "Write" | undefined): Capacity {
  return { CapacityUnits: units, ...(kind !== undefined && { [`${kind}CapacityUnits`]: units }) };
}
