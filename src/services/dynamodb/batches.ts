// BatchGetItem and BatchWriteItem.
import type { OperationOf } from "../../contract/service.ts";
import type { ReadTransaction } from "../../storage/transaction.ts";
import type { Item, RawItem } from "./attribute-value.ts";
import { addUnits, type ConsumedCapacity, consumedCapacity, isWanted, noUnits, readUnits, writeUnits } from "./capacity.ts";
import { readStored, writeChange, writesBlindly } from "./changes.ts";
import { constraintFailed, DUPLICATE_KEYS, invalid, resourceNotFound } from "./errors.ts";
import type { Path } from "./expressions/path.ts";
import { projectItem } from "./expressions/projection.ts";
import { checkAllUsed } from "./expressions/variables.ts";
import type { StoredItem } from "./item-codec.ts";
import { checkItem, checkKey, readKey } from "./item-keys.ts";
import { collectionMetrics, readNewItem } from "./items.ts";
import { itemKey } from "./keys.ts";
import { BATCH_GET_BYTES_MAX, BATCH_GET_KEYS_MAX, BATCH_WRITE_BYTES_MAX, BATCH_WRITE_REQUESTS_MAX } from "./limits.ts";
import {
  checkAttributesToGet,
  checkParameters,
  checkScalarKeys,
  nameProblems,
  pickAttributes,
  readProjection,
  variablesOf,
} from "./request.ts";
import { findTable, keyNames, loadTable, type Owner, type Table, tableNameOf } from "./table-record.ts";

type GetInput = Parameters<OperationOf<"dynamodb", "BatchGetItem">>[1];
type GetRequest = GetInput["RequestItems"][string];

/** What is asked of one table. */
interface TableReads {
  /** As the request names it. */
  readonly requested: string;
  readonly name: string;
  readonly raw: GetRequest;
  readonly keys: readonly Item[];
  readonly projection: readonly Path[] | undefined;
}

/** The names in RequestItems break the rules of the map's keys, which have a message of their own. */
function checkNames(names: readonly string[]): void {
  if (names.every((name) => nameProblems("", tableNameOf(name)).length === 0)) return;
  throw constraintFailed([
    `Value '{${names.join(", ")}}' at 'requestItems' failed to satisfy constraint: Map keys must satisfy constraint: ` +
      "[Member must have length less than or equal to 255, Member must have length greater than or equal to 3, " +
      "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+]",
  ]);
}

export const batchGetItem: OperationOf<"dynamodb", "BatchGetItem"> = async (context, input) => {
  const requests = Object.entries(input.RequestItems);
  checkNames(requests.map(([name]) => name));
  const reads = requests.map(([requested, raw]) => readTableReads(requested, raw));
  if (reads.reduce((sum, { keys }) => sum + keys.length, 0) > BATCH_GET_KEYS_MAX) {
    throw invalid("Too many items requested for the BatchGetItem call");
  }
  return context.storage.snapshot(async (tx) => {
    const Responses: Record<string, Item[]> = {};
    const UnprocessedKeys: Record<string, GetRequest> = {};
    const ConsumedCapacity: ConsumedCapacity[] = [];
    const planned = [];
    for (const each of reads) planned.push({ reads: each, table: await planReads(tx, context, each) });
    let bytes = 0;
    for (const { reads: each, table } of planned) {
      const found: Item[] = [];
      const unit = noUnits();
      let done = 0;
      for (const key of each.keys) {
        if (bytes > BATCH_GET_BYTES_MAX) break;
        const stored = await readStored(tx, itemKey(table.prefix, table.key, key));
        done++;
        unit.table += readUnits(stored?.size ?? 0, each.raw.ConsistentRead === true);
        bytes += stored?.size ?? 0;
        if (stored !== undefined) found.push(each.projection ? projectItem(stored.item, each.projection) : stored.item);
      }
      Responses[each.requested] = found;
      if (done < each.keys.length) UnprocessedKeys[each.requested] = { ...each.raw, Keys: each.raw.Keys.slice(done) };
      const consumed = consumedCapacity(table, unit, input.ReturnConsumedCapacity);
      if (consumed !== undefined) ConsumedCapacity.push(consumed);
    }
    return { Responses, UnprocessedKeys, ...(isWanted(input.ReturnConsumedCapacity) && { ConsumedCapacity }) };
  });
};

function readTableReads(requested: string, raw: GetRequest): TableReads {
  checkParameters({
    legacy: { AttributesToGet: raw.AttributesToGet },
    expressions: { ProjectionExpression: raw.ProjectionExpression },
    valueExpressions: {},
    names: raw.ExpressionAttributeNames,
    values: undefined,
  });
  const keys = raw.Keys.map((key: RawItem) => readKey(key));
  checkAttributesToGet(raw.AttributesToGet);
  const variables = variablesOf(raw.ExpressionAttributeNames, undefined);
  const projection = readProjection(raw.ProjectionExpression, raw.AttributesToGet, variables);
  checkAllUsed(variables);
  return { requested, name: tableNameOf(requested), raw, keys, projection };
}

async function planReads(tx: ReadTransaction, owner: Owner, reads: TableReads): Promise<Table> {
  const table = await loadTable(tx, owner, reads.name);
  for (const key of reads.keys) checkKey(table, key);
  checkScalarKeys(table, reads.projection ?? []);
  checkNoDuplicates(table, reads.keys);
  return table;
}

function checkNoDuplicates(table: Table, keys: readonly Item[]): void {
  const seen = new Set<string>();
  for (const key of keys) {
    const id = Buffer.from(itemKey(table.prefix, table.key, key)).toString("latin1");
    if (seen.has(id)) throw invalid(DUPLICATE_KEYS);
    seen.add(id);
  }
}

type WriteRequest = Parameters<OperationOf<"dynamodb", "BatchWriteItem">>[1]["RequestItems"][string][number];

/** One put or delete, read but not yet held against its table. */
interface Write {
  readonly next: StoredItem | undefined;
  /** The item that is put, or the key that is deleted. */
  readonly item: Item;
}

interface TableWrites {
  readonly requested: string;
  readonly writes: readonly Write[];
}

export const batchWriteItem: OperationOf<"dynamodb", "BatchWriteItem"> = async (context, input) => {
  const requests = Object.entries(input.RequestItems);
  checkNames(requests.map(([name]) => name));
  if (requests.reduce((sum, [, list]) => sum + list.length, 0) > BATCH_WRITE_REQUESTS_MAX) {
    throw invalid("Too many items requested for the BatchWriteItem call");
  }
  const perTable: TableWrites[] = requests.map(([requested, list]) => ({ requested, writes: list.map(readWrite) }));
  const bytes = perTable.reduce((sum, { writes }) => sum + writes.reduce((inner, { next }) => inner + (next?.size ?? 0), 0), 0);
  if (bytes > BATCH_WRITE_BYTES_MAX) throw invalid("The request exceeds the maximum size of a BatchWriteItem call");
  const readsOld = isWanted(input.ReturnConsumedCapacity);
  const outcome = await context.storage.transact(async (tx) => {
    const consumed: ConsumedCapacity[] = [];
    const metrics: Record<string, NonNullable<ReturnType<typeof collectionMetrics>>[]> = {};
    const planned: { table: Table; each: TableWrites }[] = [];
    for (const each of perTable) planned.push({ table: await planWrites(tx, context, each), each });
    for (const { table, each } of planned) {
      const units = noUnits();
      for (const { next, item } of each.writes) {
        const key = itemKey(table.prefix, table.key, item);
        const old = readsOld || !writesBlindly(table) ? await readStored(tx, key) : undefined;
        writeChange(tx, table, { key, old, next });
        if (readsOld) addUnits(units, writeUnits(table, old, next));
      }
      const capacity = consumedCapacity(table, units, input.ReturnConsumedCapacity);
      if (capacity !== undefined) consumed.push(capacity);
      const found = each.writes.flatMap(({ item }) => collectionMetrics(table, item) ?? []);
      if (found.length > 0) metrics[each.requested] = found;
    }
    return { consumed, metrics };
  });
  return {
    UnprocessedItems: {},
    ...(readsOld && { ConsumedCapacity: outcome.consumed }),
    ...(input.ReturnItemCollectionMetrics === "SIZE" && { ItemCollectionMetrics: outcome.metrics }),
  };
};

function readWrite({ PutRequest: put, DeleteRequest: remove }: WriteRequest): Write {
  if (put !== undefined && remove !== undefined) {
    throw invalid("Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes");
  }
  if (put !== undefined) {
    const next = readNewItem(put.Item);
    return { next, item: next.item };
  }
  if (remove === undefined) throw invalid("Supplied AttributeValue is empty, must contain exactly one of the supported datatypes");
  return { next: undefined, item: readKey(remove.Key) };
}

async function planWrites(tx: ReadTransaction, owner: Owner, { requested, writes }: TableWrites): Promise<Table> {
  const table = await findTable(tx, owner, tableNameOf(requested));
  if (table === undefined) throw resourceNotFound();
  for (const { next, item } of writes) {
    if (next === undefined) checkKey(table, item);
    else checkItem(table, item);
  }
  checkNoDuplicates(
    table,
    writes.map(({ item }) => pickAttributes(item, keyNames(table.key))),
  );
  return table;
}
