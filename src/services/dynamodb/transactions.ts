// TransactWriteItems and TransactGetItems: all or nothing, with a reason for each action when it is nothing.
import { createHash } from "node:crypto";
import type { Context } from "../../contract/context.ts";
import type { OperationOf } from "../../contract/service.ts";
import { AwsError, hasCode } from "../../kernel/errors.ts";
import type { ReadTransaction, Transaction } from "../../storage/transaction.ts";
import type { Item } from "./attribute-value.ts";
import { addUnits, type ConsumedCapacity, consumedCapacity, noUnits, readUnits, type Units, writeUnits } from "./capacity.ts";
import { readStored, writeChange } from "./changes.ts";
import { invalid } from "./errors.ts";
import type { Path } from "./expressions/path.ts";
import { projectItem } from "./expressions/projection.ts";
import { checkAllUsed } from "./expressions/variables.ts";
import type { StoredItem } from "./item-codec.ts";
import { checkItem, checkKey, readKey } from "./item-keys.ts";
import { checkGuard, collectionMetrics, readNewItem } from "./items.ts";
import { itemKey, tokenExpiry, tokens } from "./keys.ts";
import { TRANSACTION_BYTES_MAX, TRANSACTION_TOKEN_MS } from "./limits.ts";
import {
  bindGuard,
  checkParameters,
  checkScalarKeys,
  type Guard,
  guardPaths,
  pickAttributes,
  readProjection,
  readTableName,
  variablesOf,
} from "./request.ts";
import { keyNames, loadTable, type Table } from "./table-record.ts";
import { checkPlan, planExpression, runPlan, type UpdatePlan } from "./update-plan.ts";

type WriteInput = Parameters<OperationOf<"dynamodb", "TransactWriteItems">>[1];
type RawAction = WriteInput["TransactItems"][number];

/** One action, read but not yet held against its table. */
interface Action {
  readonly name: string;
  readonly verb: "check" | "put" | "delete" | "update";
  /** The item that is put, or the key. */
  readonly item: Item;
  readonly next: StoredItem | undefined;
  readonly plan: UpdatePlan | undefined;
  readonly guard: Guard;
  readonly onFailure: string | undefined;
}

/** An action and what it found. */
interface Prepared {
  readonly table: Table;
  readonly key: Uint8Array;
  readonly old: StoredItem | undefined;
  readonly next: StoredItem | undefined;
}

interface Reason {
  readonly Code: string;
  readonly Message?: string;
  readonly Item?: Item;
}

const NO_REASON: Reason = { Code: "None" };

export const transactWriteItems: OperationOf<"dynamodb", "TransactWriteItems"> = async (context, input) => {
  const actions = input.TransactItems.map(readAction);
  if (actions.reduce((sum, { next }) => sum + (next?.size ?? 0), 0) > TRANSACTION_BYTES_MAX) {
    throw invalid("Transaction request cannot exceed 4 MB");
  }
  const outcome = await context.storage.transact(async (tx) => {
    const repeated = input.ClientRequestToken !== undefined && (await isRepeated(context, tx, input));
    const prepared = await prepareAll(tx, context, actions, repeated);
    if (!repeated) for (const each of prepared) if (each.next !== each.old) writeChange(tx, each.table, each);
    return { prepared, repeated };
  });
  const { prepared, repeated } = outcome;
  // A repeated request has done nothing but read.
  const kind = repeated ? "Read" : "Write";
  const capacity = capacityByTable(
    prepared.map(({ table, old, next }) => ({
      table,
      units: repeated ? { ...noUnits(), table: readUnits((next ?? old)?.size ?? 0, true, true) } : writeUnits(table, old, next, true),
    })),
    input.ReturnConsumedCapacity,
    kind,
  );
  const metrics = input.ReturnItemCollectionMetrics === "SIZE" ? metricsByTable(prepared) : undefined;
  return { ...(capacity && { ConsumedCapacity: capacity }), ...(metrics && { ItemCollectionMetrics: metrics }) };
};

function readAction(raw: RawAction): Action {
  const given = [raw.ConditionCheck, raw.Put, raw.Delete, raw.Update].filter((action) => action !== undefined);
  const [only] = given;
  if (only === undefined || given.length > 1) {
    throw invalid("TransactItems can only contain one of Check, Put, Update or Delete");
  }
  const name = readTableName(only.TableName);
  const expressions = {
    ...(raw.Update && { UpdateExpression: raw.Update.UpdateExpression }),
    ConditionExpression: only.ConditionExpression,
  };
  checkParameters({
    legacy: {},
    expressions,
    valueExpressions: expressions,
    names: only.ExpressionAttributeNames,
    values: only.ExpressionAttributeValues,
  });
  const next = raw.Put && readNewItem(raw.Put.Item);
  const item = next?.item ?? readKey((raw.ConditionCheck ?? raw.Delete ?? raw.Update)?.Key ?? {});
  const variables = variablesOf(only.ExpressionAttributeNames, only.ExpressionAttributeValues);
  const plan = raw.Update && planExpression(raw.Update.UpdateExpression, variables);
  const guard = bindGuard("ConditionExpression", only.ConditionExpression, variables);
  checkAllUsed(variables);
  const verb = raw.Put ? "put" : raw.Update ? "update" : raw.Delete ? "delete" : "check";
  return { name, verb, item, next, plan, guard, onFailure: only.ReturnValuesOnConditionCheckFailure };
}

/** Reads and judges every action before any is written; throws TransactionCanceledException when one of them fails. */
async function prepareAll(tx: ReadTransaction, context: Context, actions: readonly Action[], repeated: boolean): Promise<Prepared[]> {
  const tables: Table[] = [];
  for (const { name } of actions) tables.push(await loadTable(tx, context, name));
  const prepared: Prepared[] = [];
  const reasons: Reason[] = [];
  const seen = new Set<string>();
  for (const [position, action] of actions.entries()) {
    const table = tables[position];
    if (table === undefined) continue;
    try {
      const each = await prepare(tx, table, action, repeated, seen);
      prepared.push(each);
      reasons.push(NO_REASON);
    } catch (error) {
      reasons.push(reasonOf(error));
    }
  }
  if (prepared.length < actions.length) throw canceled(reasons);
  return prepared;
}

const DUPLICATE = "Transaction request cannot include multiple operations on one item";

async function prepare(tx: ReadTransaction, table: Table, action: Action, repeated: boolean, seen: Set<string>): Promise<Prepared> {
  if (action.next !== undefined) checkItem(table, action.item);
  else checkKey(table, action.item);
  if (action.plan !== undefined) checkPlan(table, action.plan);
  checkScalarKeys(table, guardPaths(action.guard));
  const key = itemKey(table.prefix, table.key, action.item);
  const id = Buffer.from(key).toString("latin1");
  if (seen.has(id)) throw new AwsError("DuplicateItem", DUPLICATE);
  seen.add(id);
  const old = await readStored(tx, key);
  if (repeated) return { table, key, old, next: old };
  checkGuard(action.guard, old, action.onFailure);
  if (action.verb === "put") return { table, key, old, next: action.next };
  if (action.verb === "delete") return { table, key, old, next: undefined };
  return { table, key, old, next: action.plan === undefined ? old : runPlan(table, action.plan, action.item, old) };
}

function reasonOf(error: unknown): Reason {
  if (hasCode(error, "ConditionalCheckFailedException")) {
    return { Code: "ConditionalCheckFailed", Message: error.message, ...error.fields };
  }
  if (hasCode(error, "ValidationException")) return { Code: "ValidationError", Message: error.message };
  // Two actions on one item are no reason among others: the request as a whole is refused.
  if (hasCode(error, "DuplicateItem")) throw invalid(DUPLICATE);
  throw error;
}

function canceled(reasons: readonly Reason[]): AwsError {
  const codes = reasons.map(({ Code }) => Code).join(", ");
  const message = `Transaction cancelled, please refer cancellation reasons for specific reasons [${codes}]`;
  return new AwsError("TransactionCanceledException", message, { fields: { CancellationReasons: reasons } });
}

/** Tokens of a while ago that each new one takes with it. */
const FORGOTTEN_AT_ONCE = 4;

/** Whether the token has done its work already; remembers it when not. The same token with another request is an error. */
async function isRepeated(context: Context, tx: Transaction, input: WriteInput): Promise<boolean> {
  const { account, region } = context;
  const token = input.ClientRequestToken ?? "";
  const now = context.clock.now();
  const requestHash = hashOf(input.TransactItems);
  const known = await tokens.get(tx, [account, region, token]);
  if (known !== undefined && known.expiresAtMs > now) {
    if (known.requestHash === requestHash) return true;
    throw new AwsError(
      "IdempotentParameterMismatchException",
      "DynamoDB rejected the request because you retried a request with a different payload but with an idempotent token that was already used.",
    );
  }
  if (known !== undefined) tokenExpiry.delete(tx, [account, region, known.expiresAtMs, token]);
  for (const { key } of await tokenExpiry.scan(tx, [account, region], { limit: FORGOTTEN_AT_ONCE, before: [account, region, now] })) {
    tokenExpiry.delete(tx, key);
    tokens.delete(tx, [account, region, key[3]]);
  }
  const expiresAtMs = now + TRANSACTION_TOKEN_MS;
  tokens.set(tx, [account, region, token], { requestHash, expiresAtMs });
  tokenExpiry.set(tx, [account, region, expiresAtMs, token], true);
  return false;
}

function hashOf(items: WriteInput["TransactItems"]): string {
  const text = JSON.stringify(items, (_name, value: unknown) => (value instanceof Uint8Array ? [...value] : value));
  return createHash("sha256").update(text).digest("hex");
}

function capacityByTable(
  actions: readonly { readonly table: Table; readonly units: Units }[],
  detail: string | undefined,
  kind: "Read" | "Write",
): ConsumedCapacity[] | undefined {
  const byTable = new Map<Table, Units>();
  for (const { table, units } of actions) {
    const sum = byTable.get(table) ?? noUnits();
    addUnits(sum, units);
    byTable.set(table, sum);
  }
  const out = [...byTable].flatMap(([table, units]) => consumedCapacity(table, units, detail, kind) ?? []);
  return out.length === 0 ? undefined : out;
}

function metricsByTable(prepared: readonly Prepared[]) {
  const out: Record<string, NonNullable<ReturnType<typeof collectionMetrics>>[]> = {};
  for (const { table, old, next } of prepared) {
    const item = next?.item ?? old?.item;
    const metrics = item && collectionMetrics(table, pickAttributes(item, keyNames(table.key)));
    if (metrics !== undefined) out[table.name] = [...(out[table.name] ?? []), metrics];
  }
  return Object.keys(out).length === 0 ? undefined : out;
}

interface Read {
  readonly name: string;
  readonly key: Item;
  readonly projection: readonly Path[] | undefined;
}

export const transactGetItems: OperationOf<"dynamodb", "TransactGetItems"> = async (context, input) => {
  const reads = input.TransactItems.map(({ Get: get }): Read => {
    const name = readTableName(get.TableName);
    const expressions = { ProjectionExpression: get.ProjectionExpression };
    checkParameters({ legacy: {}, expressions, valueExpressions: {}, names: get.ExpressionAttributeNames, values: undefined });
    const key = readKey(get.Key);
    const variables = variablesOf(get.ExpressionAttributeNames, undefined);
    const projection = readProjection(get.ProjectionExpression, undefined, variables);
    checkAllUsed(variables);
    return { name, key, projection };
  });
  const found = await context.storage.snapshot(async (tx) => {
    const tables: Table[] = [];
    for (const { name } of reads) tables.push(await loadTable(tx, context, name));
    const out: { table: Table; stored: StoredItem | undefined }[] = [];
    const reasons: Reason[] = [];
    const seen = new Set<string>();
    for (const [position, { key }] of reads.entries()) {
      const table = tables[position];
      if (table === undefined) continue;
      try {
        checkKey(table, key);
        const place = itemKey(table.prefix, table.key, key);
        const id = Buffer.from(place).toString("latin1");
        if (seen.has(id)) throw new AwsError("DuplicateItem", DUPLICATE);
        seen.add(id);
        out.push({ table, stored: await readStored(tx, place) });
        reasons.push(NO_REASON);
      } catch (error) {
        reasons.push(reasonOf(error));
      }
    }
    if (out.length < reads.length) throw canceled(reasons);
    return out;
  });
  if (found.reduce((sum, { stored }) => sum + (stored?.size ?? 0), 0) > TRANSACTION_BYTES_MAX) {
    throw invalid("The aggregate size of the items in the transaction cannot exceed 4 MB");
  }
  const units = found.map(({ table, stored }) => ({ table, units: { ...noUnits(), table: readUnits(stored?.size ?? 0, true, true) } }));
  const capacity = capacityByTable(units, input.ReturnConsumedCapacity, "Read");
  const Responses = found.map(({ stored }, position) => {
    const projection = reads[position]?.projection;
    if (stored === undefined) return {};
    return { Item: projection ? projectItem(stored.item, projection) : stored.item };
  });
  return { Responses, ...(capacity && { ConsumedCapacity: capacity }) };
};
