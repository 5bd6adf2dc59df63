// UpdateItem.
import type { OperationOf } from "../../contract/service.ts";
import type { Item } from "./attribute-value.ts";
import { isWanted } from "./capacity.ts";
import { readStored, writeChange } from "./changes.ts";
import { projectItem } from "./expressions/projection.ts";
import { checkAllUsed } from "./expressions/variables.ts";
import type { StoredItem } from "./item-codec.ts";
import { encodeItem } from "./item-codec.ts";
import { checkKey, readKey } from "./item-keys.ts";
import { checkGuard, writeReport } from "./items.ts";
import { itemKey } from "./keys.ts";
import {
  bindGuard,
  checkParameters,
  checkScalarKeys,
  type Guard,
  guardPaths,
  readExpected,
  readTableName,
  variablesOf,
} from "./request.ts";
import { loadTable } from "./table-record.ts";
import { checkPlan, planAttributeUpdates, planExpression, runPlan, type UpdatePlan } from "./update-plan.ts";

type Input = Parameters<OperationOf<"dynamodb", "UpdateItem">>[1];

export const updateItem: OperationOf<"dynamodb", "UpdateItem"> = async (context, input) => {
  const name = readTableName(input.TableName);
  const expressions = { UpdateExpression: input.UpdateExpression, ConditionExpression: input.ConditionExpression };
  checkParameters({
    legacy: { AttributeUpdates: input.AttributeUpdates, Expected: input.Expected, ConditionalOperator: input.ConditionalOperator },
    expressions,
    valueExpressions: expressions,
    names: input.ExpressionAttributeNames,
    values: input.ExpressionAttributeValues,
  });
  const keyItem = readKey(input.Key);
  const { plan, guard } = readUpdate(input);
  const { table, old, next } = await context.storage.transact(async (tx) => {
    const table = await loadTable(tx, context, name);
    checkKey(table, keyItem);
    checkPlan(table, plan);
    checkScalarKeys(table, guardPaths(guard));
    const key = itemKey(table.prefix, table.key, keyItem);
    const old = await readStored(tx, key);
    checkGuard(guard, old, input.ReturnValuesOnConditionCheckFailure);
    const next = runPlan(table, plan, keyItem, old);
    if (next !== undefined) writeChange(tx, table, { key, old, next });
    return { table, old, next };
  });
  const Attributes = returnedAttributes(input.ReturnValues, plan, old, next);
  return {
    ...(Attributes && { Attributes }),
    ...(isWanted(input.ReturnConsumedCapacity) || input.ReturnItemCollectionMetrics === "SIZE"
      ? writeReport(table, old, next ?? encodeItem(keyItem), input)
      : {}),
  };
};

/** The update itself and its condition, in either form. */
function readUpdate(input: Input): { readonly plan: UpdatePlan; readonly guard: Guard } {
  const legacy = input.AttributeUpdates === undefined ? undefined : planAttributeUpdates(input.AttributeUpdates);
  const tests = readExpected(input.Expected, input.ConditionalOperator);
  const variables = variablesOf(input.ExpressionAttributeNames, input.ExpressionAttributeValues);
  const plan = legacy ?? planExpression(input.UpdateExpression, variables);
  const guard = { ...tests, ...bindGuard("ConditionExpression", input.ConditionExpression, variables) };
  checkAllUsed(variables);
  return { plan, guard };
}

/** What ReturnValues asks for; undefined when that is nothing. */
function returnedAttributes(
  wanted: Input["ReturnValues"],
  plan: UpdatePlan,
  old: StoredItem | undefined,
  next: StoredItem | undefined,
): Item | undefined {
  const stored = wanted === "ALL_OLD" || wanted === "UPDATED_OLD" ? old : next;
  if (wanted === undefined || wanted === "NONE" || stored === undefined) return undefined;
  if (wanted === "ALL_OLD" || wanted === "ALL_NEW") return stored.item;
  const updated = projectItem(stored.item, plan.targets);
  return Object.keys(updated).length === 0 ? undefined : updated;
}
