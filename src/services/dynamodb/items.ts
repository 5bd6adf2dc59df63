// PutItem, GetItem and DeleteItem.
import type { OperationOf } from "../../contract/service.ts";
import { AwsError } from "../../kernel/errors.ts";
import { type Item, readItem } from "./attribute-value.ts";
import { consumedCapacity, isWanted, noUnits, readUnits, writeUnits } from "./capacity.ts";
import { readStored, writeChange, writesBlindly } from "./changes.ts";
import { CONDITION_FAILED, ITEM_TOO_LARGE, invalid } from "./errors.ts";
import { projectItem } from "./expressions/projection.ts";
import { checkAllUsed } from "./expressions/variables.ts";
import { encodeItem, type StoredItem } from "./item-codec.ts";
import { checkItem, checkKey, readKey } from "./item-keys.ts";
import { itemKey } from "./keys.ts";
import { ITEM_BYTES_MAX } from "./limits.ts";
import {
  allows,
  bindGuard,
  checkAttributesToGet,
  checkParameters,
  checkScalarKeys,
  type Guard,
  guardPaths,
  isGuarded,
  pickAttributes,
  readExpected,
  readProjection,
  readTableName,
  variablesOf,
} from "./request.ts";
import { loadTable, type Table } from "./table-record.ts";

export const putItem: OperationOf<"dynamodb", "PutItem"> = async (context, input) => {
  const name = readTableName(input.TableName);
  checkWriteParameters(input);
  const next = readNewItem(input.Item);
  const guard = readGuard(input);
  checkOldOnly(input.ReturnValues);
  const wantsOld = input.ReturnValues === "ALL_OLD" || isGuarded(guard) || isWanted(input.ReturnConsumedCapacity);
  const { table, old } = await context.storage.transact(async (tx) => {
    const table = await loadTable(tx, context, name);
    checkItem(table, next.item);
    checkScalarKeys(table, guardPaths(guard));
    const key = itemKey(table.prefix, table.key, next.item);
    const old = wantsOld || !writesBlindly(table) ? await readStored(tx, key) : undefined;
    checkGuard(guard, old, input.ReturnValuesOnConditionCheckFailure);
    writeChange(tx, table, { key, old, next });
    return { table, old };
  });
  return {
    ...(input.ReturnValues === "ALL_OLD" && old && { Attributes: old.item }),
    ...writeReport(table, old, next, input),
  };
};

export const deleteItem: OperationOf<"dynamodb", "DeleteItem"> = async (context, input) => {
  const name = readTableName(input.TableName);
  checkWriteParameters(input);
  const keyItem = readKey(input.Key);
  const guard = readGuard(input);
  checkOldOnly(input.ReturnValues);
  const wantsOld = input.ReturnValues === "ALL_OLD" || isGuarded(guard) || isWanted(input.ReturnConsumedCapacity);
  const { table, old } = await context.storage.transact(async (tx) => {
    const table = await loadTable(tx, context, name);
    checkKey(table, keyItem);
    checkScalarKeys(table, guardPaths(guard));
    const key = itemKey(table.prefix, table.key, keyItem);
    const old = wantsOld || !writesBlindly(table) ? await readStored(tx, key) : undefined;
    checkGuard(guard, old, input.ReturnValuesOnConditionCheckFailure);
    writeChange(tx, table, { key, old, next: undefined });
    return { table, old };
  });
  return {
    ...(input.ReturnValues === "ALL_OLD" && old && { Attributes: old.item }),
    ...writeReport(table, old ?? encodeItem(keyItem), undefined, input),
  };
};

export const getItem: OperationOf<"dynamodb", "GetItem"> = async (context, input) => {
  const name = readTableName(input.TableName);
  checkParameters({
    legacy: { AttributesToGet: input.AttributesToGet },
    expressions: { ProjectionExpression: input.ProjectionExpression },
    valueExpressions: {},
    names: input.ExpressionAttributeNames,
    values: undefined,
  });
  const keyItem = readKey(input.Key);
  checkAttributesToGet(input.AttributesToGet);
  const variables = variablesOf(input.ExpressionAttributeNames, undefined);
  const projection = readProjection(input.ProjectionExpression, input.AttributesToGet, variables);
  checkAllUsed(variables);
  const { table, stored } = await context.storage.snapshot(async (tx) => {
    const table = await loadTable(tx, context, name);
    checkKey(table, keyItem);
    checkScalarKeys(table, projection ?? []);
    return { table, stored: await readStored(tx, itemKey(table.prefix, table.key, keyItem)) };
  });
  const item = stored && projection ? projectItem(stored.item, projection) : stored?.item;
  const units = { ...noUnits(), table: readUnits(stored?.size ?? 0, input.ConsistentRead === true) };
  const ConsumedCapacity = consumedCapacity(table, units, input.ReturnConsumedCapacity);
  return { ...(item && { Item: item }), ...(ConsumedCapacity && { ConsumedCapacity }) };
};

type WriteInput = Pick<
  Parameters<typeof putItem>[1],
  "Expected" | "ConditionalOperator" | "ConditionExpression" | "ExpressionAttributeNames" | "ExpressionAttributeValues"
>;

function checkWriteParameters(input: WriteInput): void {
  const expressions = { ConditionExpression: input.ConditionExpression };
  checkParameters({
    legacy: { Expected: input.Expected, ConditionalOperator: input.ConditionalOperator },
    expressions,
    valueExpressions: expressions,
    names: input.ExpressionAttributeNames,
    values: input.ExpressionAttributeValues,
  });
}

/** The condition of a put or delete, in either form. */
function readGuard(input: WriteInput): Guard {
  const tests = readExpected(input.Expected, input.ConditionalOperator);
  const variables = variablesOf(input.ExpressionAttributeNames, input.ExpressionAttributeValues);
  const guard = { ...tests, ...bindGuard("ConditionExpression", input.ConditionExpression, variables) };
  checkAllUsed(variables);
  return guard;
}

function checkOldOnly(returnValues: string | undefined): void {
  if (returnValues === undefined || returnValues === "NONE" || returnValues === "ALL_OLD") return;
  throw invalid("ReturnValues can only be ALL_OLD or NONE");
}

/** An item as a client sends it, read, encoded and found not too large. */
export function readNewItem(raw: Parameters<typeof readItem>[0]): StoredItem {
  const stored = encodeItem(readItem(raw));
  if (stored.size > ITEM_BYTES_MAX) throw invalid(ITEM_TOO_LARGE);
  return stored;
}

/** ConditionalCheckFailedException, with the item that failed it when the request asks for that. */
export function checkGuard(guard: Guard, old: StoredItem | undefined, onFailure: string | undefined): void {
  if (!isGuarded(guard) || allows(guard, old?.item ?? {})) return;
  throw new AwsError("ConditionalCheckFailedException", CONDITION_FAILED, {
    fields: onFailure === "ALL_OLD" && old !== undefined ? { Item: old.item } : {},
  });
}

interface ReportInput {
  readonly ReturnConsumedCapacity?: string | undefined;
  readonly ReturnItemCollectionMetrics?: string | undefined;
}

/** ConsumedCapacity and ItemCollectionMetrics of a write, as far as the request asks for them. */
export function writeReport(table: Table, old: StoredItem | undefined, next: StoredItem | undefined, input: ReportInput) {
  const ConsumedCapacity = isWanted(input.ReturnConsumedCapacity)
    ? consumedCapacity(table, writeUnits(table, old, next), input.ReturnConsumedCapacity)
    : undefined;
  const item = next?.item ?? old?.item;
  const ItemCollectionMetrics =
    input.ReturnItemCollectionMetrics === "SIZE" && item !== undefined ? collectionMetrics(table, item) : undefined;
  return { ...(ConsumedCapacity && { ConsumedCapacity }), ...(ItemCollectionMetrics && { ItemCollectionMetrics }) };
}

/** Only tables with a local index have item collections. The estimate is the lowest that AWS gives. */
export function collectionMetrics(table: Table, item: Item) {
  if (!table.indexes.some(({ kind }) => kind === "local")) return undefined;
  return { ItemCollectionKey: pickAttributes(item, [table.key.partition]), SizeEstimateRangeGB: [0, 1] };
}
