// What is kept of a table, and its compiled form: everything that item operations need of it, derived once per version of the
// record. The compiled form is a cache, checked against the bytes in storage at every use.

import type { Key, ReadTransaction } from "../../storage/transaction.ts";
import { decodeValue } from "../../storage/value.ts";
import { resourceNotFound } from "./errors.ts";
import { expiryPrefix, indexPrefix, itemsPrefix, type KeyAttributes, tables } from "./keys.ts";
import { TABLE_CACHE_MAX } from "./limits.ts";

export type ScalarType = "S" | "N" | "B";
export type ProjectionKind = "ALL" | "KEYS_ONLY" | "INCLUDE";

type StreamView = "KEYS_ONLY" | "NEW_IMAGE" | "OLD_IMAGE" | "NEW_AND_OLD_IMAGES";

export interface Throughput {
  readonly read: number;
  readonly write: number;
  readonly lastIncreaseMs?: number;
  readonly lastDecreaseMs?: number;
}

export interface OnDemandLimits {
  readonly read?: number;
  readonly write?: number;
}

export interface IndexRecord {
  readonly name: string;
  /** Names the entries in storage: a new index of an old name has a new one. */
  readonly indexId: string;
  readonly kind: "global" | "local";
  readonly key: KeyAttributes;
  readonly projection: ProjectionKind;
  /** Of an INCLUDE projection. */
  readonly included?: readonly string[];
  readonly throughput?: Throughput;
  readonly onDemand?: OnDemandLimits;
  readonly status: "CREATING" | "ACTIVE";
}

export interface TableRecord {
  readonly name: string;
  readonly tableId: string;
  /** Names the items in storage: a new table of an old name has a new one. */
  readonly storageId: string;
  readonly createdAtMs: number;
  readonly status: "ACTIVE" | "UPDATING";
  readonly attributes: readonly { readonly name: string; readonly type: ScalarType }[];
  readonly key: KeyAttributes;
  readonly billing: "PROVISIONED" | "PAY_PER_REQUEST";
  /** When the table last became on-demand; absent for one that never was. */
  readonly onDemandSinceMs?: number;
  readonly throughput: Throughput;
  readonly onDemand?: OnDemandLimits;
  readonly indexes: readonly IndexRecord[];
  readonly stream?: { readonly enabled: boolean; readonly viewType?: StreamView; readonly label: string };
  readonly encryption?: { readonly keyArn: string };
  readonly tableClass?: { readonly name: "STANDARD" | "STANDARD_INFREQUENT_ACCESS"; readonly sinceMs?: number };
  readonly deletionProtection: boolean;
  /** `expiryId` names the entries in storage: every time it is enabled it has a new one. Absent while disabled. */
  readonly timeToLive?: { readonly attribute: string; readonly expiryId: string };
  readonly tags: readonly { readonly key: string; readonly value: string }[];
  /** The last count of a table too large to be counted whenever it is described. */
  readonly measured?: Measured;
}

export interface Measure {
  readonly items: number;
  readonly bytes: number;
}

export interface Measured {
  readonly atMs: number;
  readonly table: Measure;
  readonly indexes: Readonly<Record<string, Measure>>;
}

export interface Index extends IndexRecord {
  readonly prefix: Key;
  /** The attributes in its entries; undefined for all. */
  readonly attributes?: ReadonlySet<string>;
}

/** An attribute that is a key of some index, and the first index that says so. */
interface IndexedAttribute {
  readonly type: ScalarType;
  readonly index: string;
}

/** A table ready for use. */
export interface Table {
  readonly record: TableRecord;
  readonly name: string;
  readonly arn: string;
  readonly key: KeyAttributes;
  readonly prefix: Key;
  readonly types: ReadonlyMap<string, ScalarType>;
  readonly indexes: readonly Index[];
  readonly indexed: ReadonlyMap<string, IndexedAttribute>;
  /** Where the time to live is kept, while it is enabled. */
  readonly expiry?: { readonly attribute: string; readonly prefix: Key };
}

/** Whose tables: all keys begin with it. */
export interface Owner {
  readonly account: string;
  readonly region: string;
}

export function tableArn(owner: Owner, name: string): string {
  return `arn:aws:dynamodb:${owner.region}:${owner.account}:table/${name}`;
}

interface Cached {
  readonly key: Key;
  readonly bytes: Uint8Array;
  readonly table: Table;
}
const cache = new Map<string, Cached>();

/** The table, or ResourceNotFoundException as item operations answer it. */
export async function loadTable(tx: ReadTransaction, owner: Owner, name: string): Promise<Table> {
  const table = await findTable(tx, owner, name);
  if (table === undefined) throw resourceNotFound();
  return table;
}

export async function findTable(tx: ReadTransaction, owner: Owner, name: string): Promise<Table | undefined> {
  const id = `${owner.account} ${owner.region} ${name}`;
  const known = cache.get(id);
  const key = known?.key ?? tables.key([owner.account, owner.region, name]);
  const bytes = await tx.get(key);
  if (bytes === undefined) return undefined;
  if (known !== undefined && (known.bytes === bytes || Buffer.compare(known.bytes, bytes) === 0)) return known.table;
  const table = compileTable(owner, decodeValue<TableRecord>(bytes));
  if (cache.size >= TABLE_CACHE_MAX) cache.clear();
  // A copy: an engine may hand out memory that it uses again.
  cache.set(id, { key, bytes: Uint8Array.from(bytes), table });
  return table;
}

function compileTable(owner: Owner, record: TableRecord): Table {
  const { account, region } = owner;
  const types = new Map(record.attributes.map(({ name, type }) => [name, type]));
  const indexed = new Map<string, IndexedAttribute>();
  for (const index of record.indexes) {
    for (const name of keyNames(index.key)) {
      const type = types.get(name);
      if (type !== undefined && !indexed.has(name)) indexed.set(name, { type, index: index.name });
    }
  }
  return {
    record,
    name: record.name,
    arn: tableArn(owner, record.name),
    key: record.key,
    prefix: itemsPrefix(account, region, record.storageId),
    types,
    indexes: record.indexes.map((index) => compileIndex(owner, record, index)),
    indexed,
    ...(record.timeToLive && {
      expiry: {
        attribute: record.timeToLive.attribute,
        prefix: expiryPrefix(account, region, record.storageId, record.timeToLive.expiryId),
      },
    }),
  };
}

function compileIndex(owner: Owner, record: TableRecord, index: IndexRecord): Index {
  return {
    ...index,
    prefix: indexPrefix(owner.account, owner.region, record.storageId, index.indexId),
    ...(index.projection !== "ALL" && {
      attributes: new Set([...keyNames(record.key), ...keyNames(index.key), ...(index.included ?? [])]),
    }),
  };
}

export function keyNames(key: KeyAttributes): string[] {
  return key.sort === undefined ? [key.partition] : [key.partition, key.sort];
}

/** A name or ARN of a table, as every TableName takes it since table ARNs are allowed there: the name. */
export function tableNameOf(nameOrArn: string): string {
  if (!nameOrArn.startsWith("arn:")) return nameOrArn;
  const [, name] = nameOrArn.split(":table/");
  return name ?? nameOrArn;
}
