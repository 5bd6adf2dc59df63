// CreateTable, DescribeTable, ListTables and DeleteTable. A table is ready when its record is written, and gone when it is removed;
// what it held goes with a job, under an id that no later table has.
import type { Context } from "../../contract/context.ts";
import type { OperationOf } from "../../contract/service.ts";
import { AwsError } from "../../kernel/errors.ts";
import { hex, uuid } from "../../kernel/ids.ts";
import { constraintFailed, invalid, invalidValue, resourceInUse, tableNotFound } from "./errors.ts";
import { tablePrefixes, tables } from "./keys.ts";
import { LIST_TABLES_MAX, TABLE_NAME_CHARACTERS_MAX, TABLE_NAME_CHARACTERS_MIN, TAGS_MAX } from "./limits.ts";
import { nameProblems } from "./request.ts";
import { describe } from "./table-description.ts";
import type { PurgePayload } from "./table-jobs.ts";
import { findTable, type TableRecord, tableNameOf } from "./table-record.ts";
import {
  checkAttributesUsed,
  checkIndexes,
  readAttributes,
  readIndex,
  readOnDemand,
  readTableKey,
  readThroughput,
} from "./table-schema.ts";
import { type CountPayload, currentSizes, isCountDue } from "./table-sizes.ts";

type CreateInput = Parameters<OperationOf<"dynamodb", "CreateTable">>[1];

/** The name in the TableName of a table operation, whose length has an error of its own. */
export function readTableNameOfOperation(nameOrArn: string): string {
  const name = tableNameOf(nameOrArn);
  if (name.length < TABLE_NAME_CHARACTERS_MIN || name.length > TABLE_NAME_CHARACTERS_MAX) {
    throw invalid("TableName must be at least 3 characters long and at most 255 characters long");
  }
  const problems = nameProblems("tableName", name);
  if (problems.length > 0) throw constraintFailed(problems);
  return name;
}

/** Fourteen hexadecimal digits: enough to be another's name never again within one account. */
export function storageId(context: Context): string {
  return hex(context.random, 14);
}

export const createTable: OperationOf<"dynamodb", "CreateTable"> = async (context, input) => {
  const name = readTableNameOfOperation(input.TableName);
  refuseGlobalTables(input);
  const record = newRecord(context, name, input);
  noteUnhonoured(context, input);
  await context.storage.transact(async (tx) => {
    const key: [string, string, string] = [context.account, context.region, name];
    if (await tables.has(tx, key)) throw resourceInUse(`Table already exists: ${name}`);
    tables.set(tx, key, record);
  });
  return { TableDescription: describe(context, record, undefined, "CREATING") };
};

function newRecord(context: Context, name: string, input: CreateInput): TableRecord {
  const billing = input.BillingMode ?? "PROVISIONED";
  const throughput = readThroughput(billing, input.ProvisionedThroughput);
  const attributes = readAttributes(input.AttributeDefinitions ?? []);
  const key = readTableKey(input.KeySchema ?? [], attributes);
  const { LocalSecondaryIndexes: locals, GlobalSecondaryIndexes: globals } = input;
  if (locals?.length === 0) throw invalidValue("List of LocalSecondaryIndexes is empty");
  if (globals?.length === 0) throw invalidValue("List of GlobalSecondaryIndexes is empty");
  if (locals !== undefined && key.sort === undefined) {
    throw invalidValue("Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex");
  }
  const table = { key, attributes, billing };
  const indexes = [
    ...(locals ?? []).map((raw) => readIndex("local", raw, table, storageId(context))),
    ...(globals ?? []).map((raw) => readIndex("global", raw, table, storageId(context))),
  ];
  checkIndexes(indexes);
  checkAttributesUsed(attributes, key, indexes);
  const now = context.clock.now();
  return {
    name,
    tableId: uuid(context.random),
    storageId: storageId(context),
    createdAtMs: now,
    status: "ACTIVE",
    attributes,
    key,
    billing,
    ...(billing === "PAY_PER_REQUEST" && { onDemandSinceMs: now }),
    throughput,
    ...readOnDemand(input.OnDemandThroughput),
    indexes,
    ...readStream(context, input.StreamSpecification),
    ...readEncryption(context, input.SSESpecification),
    ...(input.TableClass !== undefined && { tableClass: { name: input.TableClass } }),
    deletionProtection: input.DeletionProtectionEnabled ?? false,
    tags: readTags(input.Tags ?? []),
  };
}

/** Replicas in other regions do not exist here. */
export function refuseGlobalTables(input: {
  readonly GlobalTableSourceArn?: unknown;
  readonly GlobalTableSettingsReplicationMode?: unknown;
  readonly ReplicaUpdates?: unknown;
  readonly MultiRegionConsistency?: unknown;
  readonly GlobalTableWitnessUpdates?: unknown;
}): void {
  const names = [
    "GlobalTableSourceArn",
    "GlobalTableSettingsReplicationMode",
    "ReplicaUpdates",
    "MultiRegionConsistency",
    "GlobalTableWitnessUpdates",
  ] as const;
  const given = names.find((name) => input[name] !== undefined);
  if (given !== undefined) {
    throw new AwsError("NotImplemented", `The parameter ${given} is not implemented by Hearth: there are no global tables.`, {
      status: 501,
    });
  }
}

/** What is accepted, shown again, and without effect otherwise. */
export function noteUnhonoured(
  context: Context,
  input: Pick<
    CreateInput,
    "StreamSpecification" | "SSESpecification" | "ProvisionedThroughput" | "OnDemandThroughput" | "WarmThroughput"
  > & {
    readonly ResourcePolicy?: unknown;
  },
): void {
  const note = (parameter: string, text: string) =>
    context.ledger.add({ service: "dynamodb", operation: context.operation, parameter, note: text });
  if (input.StreamSpecification?.StreamEnabled)
    note("StreamSpecification", "The stream has an ARN but no records: changes are not published.");
  if (input.SSESpecification?.Enabled) note("SSESpecification", "Items are not encrypted with the key that is named.");
  if (input.ProvisionedThroughput) note("ProvisionedThroughput", "Requests are never throttled.");
  if (input.OnDemandThroughput) note("OnDemandThroughput", "Requests are never throttled.");
  if (input.WarmThroughput) note("WarmThroughput", "Tables have no warm throughput of their own.");
  if (input.ResourcePolicy) note("ResourcePolicy", "Resource-based policies are not enforced.");
}

/** A stream's label is the moment at which it was enabled. */
export function readStream(context: Context, raw: CreateInput["StreamSpecification"]): Pick<TableRecord, "stream"> {
  if (raw === undefined) return {};
  const { StreamEnabled: enabled, StreamViewType: viewType } = raw;
  if (enabled && viewType === undefined) throw invalidValue("StreamViewType is required when StreamEnabled is true");
  if (!enabled && viewType !== undefined) throw invalidValue("Table's StreamEnabled is false but StreamViewType specified");
  if (!enabled) return {};
  const label = new Date(context.clock.now()).toISOString().slice(0, -1);
  return { stream: { enabled: true, label, ...(viewType !== undefined && { viewType }) } };
}

export function readEncryption(context: Context, raw: CreateInput["SSESpecification"]): Pick<TableRecord, "encryption"> {
  if (raw?.Enabled !== true) return {};
  const key = raw.KMSMasterKeyId ?? "alias/aws/dynamodb";
  const keyArn = key.startsWith("arn:")
    ? key
    : `arn:aws:kms:${context.region}:${context.account}:${key.includes("/") ? key : `key/${key}`}`;
  return { encryption: { keyArn } };
}

export function readTags(raw: readonly { readonly Key: string; readonly Value: string }[]): TableRecord["tags"] {
  const tags = new Map(raw.map(({ Key, Value }) => [Key, Value]));
  if (tags.size < raw.length) throw invalidValue("Duplicate tag key");
  if (tags.size > TAGS_MAX) throw invalid(`One or more parameter values were invalid: Number of tags exceeds the limit of ${TAGS_MAX}`);
  return [...tags].map(([key, value]) => ({ key, value }));
}

export const describeTable: OperationOf<"dynamodb", "DescribeTable"> = async (context, input) => {
  const name = readTableNameOfOperation(input.TableName);
  const now = context.clock.now();
  const { record, sizes } = await context.storage.snapshot(async (tx) => {
    const table = await findTable(tx, context, name);
    if (table === undefined) throw tableNotFound(name);
    return { record: table.record, sizes: await currentSizes(tx, table, now) };
  });
  if (isCountDue(sizes, now)) {
    const payload: CountPayload = { account: context.account, region: context.region, name, storageId: record.storageId };
    await context.storage.transact((tx) => context.jobs.enqueue(tx, { type: "dynamodb.count", lane: name, id: record.storageId, payload }));
  }
  return { Table: describe(context, record, sizes) };
};

export const listTables: OperationOf<"dynamodb", "ListTables"> = async (context, input) => {
  const limit = input.Limit ?? LIST_TABLES_MAX;
  const owner: [string, string] = [context.account, context.region];
  const records = await context.storage.snapshot((tx) =>
    tables.scan(tx, owner, {
      limit: limit + 1,
      ...(input.ExclusiveStartTableName !== undefined && { after: [...owner, input.ExclusiveStartTableName] }),
    }),
  );
  const TableNames = records.slice(0, limit).map(({ value }) => value.name);
  const last = TableNames[TableNames.length - 1];
  return { TableNames, ...(records.length > limit && last !== undefined && { LastEvaluatedTableName: last }) };
};

export const deleteTable: OperationOf<"dynamodb", "DeleteTable"> = async (context, input) => {
  const name = readTableNameOfOperation(input.TableName);
  const { account, region } = context;
  const record = await context.storage.transact(async (tx) => {
    const found = await tables.get(tx, [account, region, name]);
    if (found === undefined) throw tableNotFound(name);
    if (found.deletionProtection) {
      throw invalid("Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.");
    }
    if (found.status === "UPDATING") {
      throw resourceInUse(`Attempt to change a resource which is still in use: Table is being updated: ${name}`);
    }
    tables.delete(tx, [account, region, name]);
    const payload: PurgePayload = { account, region, prefixes: tablePrefixes(account, region, found.storageId) };
    await context.jobs.enqueue(tx, { type: "dynamodb.purge", lane: found.storageId, payload });
    return found;
  });
  return { TableDescription: describe(context, record, undefined, "DELETING") };
};
