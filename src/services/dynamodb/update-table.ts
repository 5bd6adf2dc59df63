// UpdateTable. Everything but a new global index takes effect at once; a new index is filled by a job, and until then the table is
// UPDATING and its index CREATING.
import type { Context } from "../../contract/context.ts";
import type { OperationOf } from "../../contract/service.ts";
import { invalid, invalidValue, limitExceeded, resourceInUse, resourceNotFound, tableNotFound } from "./errors.ts";
import { indexPrefix, tables } from "./keys.ts";
import { describe } from "./table-description.ts";
import type { FillPayload, PurgePayload } from "./table-jobs.ts";
import type { IndexRecord, TableRecord, Throughput } from "./table-record.ts";
import {
  checkedThroughput,
  checkIndexes,
  readAttributes,
  readIndex,
  readOnDemand,
  readThroughput,
  usedAttributes,
} from "./table-schema.ts";
import { noteUnhonoured, readEncryption, readStream, readTableNameOfOperation, refuseGlobalTables, storageId } from "./tables.ts";

type Input = Parameters<OperationOf<"dynamodb", "UpdateTable">>[1];
type IndexUpdate = NonNullable<Input["GlobalSecondaryIndexUpdates"]>[number];

export const updateTable: OperationOf<"dynamodb", "UpdateTable"> = async (context, input) => {
  const name = readTableNameOfOperation(input.TableName);
  refuseGlobalTables(input);
  checkRequest(input);
  noteUnhonoured(context, input);
  const { account, region } = context;
  const ids = (input.GlobalSecondaryIndexUpdates ?? []).map(() => storageId(context));
  const shown = await context.storage.transact(async (tx) => {
    const old = await tables.get(tx, [account, region, name]);
    if (old === undefined) throw tableNotFound(name);
    const deletesOnly = (input.GlobalSecondaryIndexUpdates ?? []).some((update) => update.Delete !== undefined);
    if (old.status === "UPDATING" && !deletesOnly) {
      throw resourceInUse(`Attempt to change a resource which is still in use: Table is being updated: ${name}`);
    }
    const next = withIndexes(withSettings(context, old, input), input, ids);
    tables.set(tx, [account, region, name], next);
    for (const index of added(old, next)) {
      const payload: FillPayload = { account, region, name, storageId: old.storageId, target: index.indexId };
      await context.jobs.enqueue(tx, { type: "dynamodb.fill-index", lane: name, id: index.indexId, payload });
    }
    const prefixes = added(next, old).map((index) => indexPrefix(account, region, old.storageId, index.indexId));
    if (prefixes.length > 0) {
      const payload: PurgePayload = { account, region, prefixes };
      await context.jobs.enqueue(tx, { type: "dynamodb.purge", lane: old.storageId, payload });
    }
    return next;
  });
  return { TableDescription: describe(context, shown, undefined, "UPDATING") };
};

/** The indexes of `next` that `old` does not have. */
function added(old: TableRecord, next: TableRecord): readonly IndexRecord[] {
  return next.indexes.filter(({ indexId }) => !old.indexes.some((other) => other.indexId === indexId));
}

function checkRequest(input: Input): void {
  const updates = input.GlobalSecondaryIndexUpdates;
  const changes = [
    input.ProvisionedThroughput,
    input.BillingMode,
    input.StreamSpecification,
    input.SSESpecification,
    input.TableClass,
    input.DeletionProtectionEnabled,
    input.OnDemandThroughput,
    input.WarmThroughput,
  ];
  if (changes.every((change) => change === undefined) && (updates === undefined || updates.length === 0)) {
    throw invalid(
      "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates or SSESpecification or ReplicaUpdates is required",
    );
  }
  if (input.BillingMode === "PAY_PER_REQUEST" && input.ProvisionedThroughput !== undefined) {
    throw invalidValue("Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST");
  }
  if (input.BillingMode === "PROVISIONED" && input.ProvisionedThroughput === undefined) {
    throw invalidValue("ProvisionedThroughput must be specified when BillingMode is PROVISIONED");
  }
  checkIndexUpdates(updates ?? []);
}

function checkIndexUpdates(updates: readonly IndexUpdate[]): void {
  const names = new Set<string>();
  for (const update of updates) {
    const name = (update.Create ?? update.Update ?? update.Delete)?.IndexName;
    if (name === undefined) {
      throw invalidValue(
        "One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, GlobalSecondaryIndexUpdate.Delete must not be null",
      );
    }
    if (names.has(name)) {
      throw invalidValue(`Only one global secondary index update per index is allowed simultaneously. Index: ${name}`);
    }
    names.add(name);
  }
  if (updates.filter((update) => update.Create ?? update.Delete).length > 1) {
    throw limitExceeded("Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table");
  }
}

function withSettings(context: Context, old: TableRecord, input: Input): TableRecord {
  const now = context.clock.now();
  const billing = input.BillingMode ?? old.billing;
  const switches = billing !== old.billing;
  const { stream: _stream, encryption: _encryption, ...rest } = old;
  return {
    ...rest,
    ...updatedStream(context, old, input),
    ...(input.SSESpecification === undefined
      ? old.encryption && { encryption: old.encryption }
      : readEncryption(context, input.SSESpecification)),
    billing,
    ...(switches && billing === "PAY_PER_REQUEST" && { onDemandSinceMs: now, indexes: old.indexes.map(withoutThroughput) }),
    throughput: updatedThroughput(old, input, billing, now),
    ...readOnDemand(input.OnDemandThroughput),
    ...(input.TableClass !== undefined && { tableClass: { name: input.TableClass, sinceMs: now } }),
    deletionProtection: input.DeletionProtectionEnabled ?? old.deletionProtection,
  };
}

function withoutThroughput(index: IndexRecord): IndexRecord {
  return index.kind === "global" ? { ...index, throughput: { read: 0, write: 0 } } : index;
}

function updatedThroughput(old: TableRecord, input: Input, billing: TableRecord["billing"], nowMs: number): Throughput {
  if (billing !== old.billing) return readThroughput(billing, input.ProvisionedThroughput);
  if (input.ProvisionedThroughput === undefined) return old.throughput;
  const next = readThroughput(billing, input.ProvisionedThroughput);
  const { read, write } = old.throughput;
  if (next.read === read && next.write === write && (input.GlobalSecondaryIndexUpdates ?? []).length === 0) {
    throw invalid(
      "The provisioned throughput for the table will not change. The requested value equals the current value. " +
        `Current ReadCapacityUnits provisioned for the table: ${read}. Requested ReadCapacityUnits: ${next.read}. ` +
        `Current WriteCapacityUnits provisioned for the table: ${write}. Requested WriteCapacityUnits: ${next.write}. ` +
        "Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits.",
    );
  }
  return changedThroughput(old.throughput, next, nowMs);
}

function changedThroughput(old: Throughput, next: Throughput, nowMs: number): Throughput {
  return {
    ...old,
    ...next,
    ...((next.read > old.read || next.write > old.write) && { lastIncreaseMs: nowMs }),
    ...((next.read < old.read || next.write < old.write) && { lastDecreaseMs: nowMs }),
  };
}

function updatedStream(context: Context, old: TableRecord, input: Input): Pick<TableRecord, "stream"> {
  const raw = input.StreamSpecification;
  if (raw === undefined) return old.stream === undefined ? {} : { stream: old.stream };
  if (raw.StreamEnabled && old.stream?.enabled) throw invalidValue("Table already has an enabled stream");
  if (!raw.StreamEnabled && !old.stream?.enabled) throw invalidValue("Table does not have a stream to disable");
  if (raw.StreamEnabled) return readStream(context, raw);
  return old.stream === undefined ? {} : { stream: { ...old.stream, enabled: false } };
}

/** The record with its global indexes changed, and without definitions that no key uses any more. */
function withIndexes(record: TableRecord, input: Input, ids: readonly string[]): TableRecord {
  const updates = input.GlobalSecondaryIndexUpdates ?? [];
  let attributes = mergedAttributes(record, input);
  let indexes = record.indexes;
  updates.forEach((update, position) => {
    if (update.Create !== undefined) {
      const { IndexName: name } = update.Create;
      if (indexes.some((index) => index.name === name)) throw invalid(`Attempting to create an index which already exists`);
      const index = readIndex("global", update.Create, { ...record, attributes }, ids[position] ?? "");
      indexes = [...indexes, { ...index, status: "CREATING" }];
    } else if (update.Delete !== undefined) {
      const { IndexName: name } = update.Delete;
      if (!indexes.some((index) => index.name === name && index.kind === "global")) throw resourceNotFound();
      indexes = indexes.filter((index) => index.name !== name);
    } else if (update.Update !== undefined) {
      indexes = withIndexThroughput(record, indexes, update.Update);
    }
  });
  checkIndexes(indexes);
  const without = indexes.find(({ kind, throughput }) => kind === "global" && throughput?.read === 0);
  if (record.billing === "PROVISIONED" && without !== undefined) {
    throw invalidValue(`ProvisionedThroughput must be specified for index: ${without.name}`);
  }
  const used = usedAttributes(record.key, indexes);
  attributes = attributes.filter(({ name }) => used.has(name));
  return { ...record, attributes, indexes, status: indexes.some(({ status }) => status === "CREATING") ? "UPDATING" : "ACTIVE" };
}

function mergedAttributes(record: TableRecord, input: Input): TableRecord["attributes"] {
  const given = readAttributes(input.AttributeDefinitions ?? []);
  for (const { name, type } of given) {
    const known = record.attributes.find((attribute) => attribute.name === name);
    if (known !== undefined && known.type !== type) {
      throw invalidValue(`Cannot redefine attribute ${name} as ${type}; it is already defined as ${known.type}`);
    }
  }
  return [...record.attributes, ...given.filter(({ name }) => !record.attributes.some((attribute) => attribute.name === name))];
}

function withIndexThroughput(
  record: TableRecord,
  indexes: readonly IndexRecord[],
  update: NonNullable<IndexUpdate["Update"]>,
): readonly IndexRecord[] {
  const index = indexes.find(({ name, kind }) => name === update.IndexName && kind === "global");
  if (index === undefined) throw resourceNotFound();
  if (update.ProvisionedThroughput !== undefined && record.billing === "PAY_PER_REQUEST") {
    throw invalidValue(`ProvisionedThroughput should not be specified for index: ${update.IndexName} when BillingMode is PAY_PER_REQUEST`);
  }
  const throughput = update.ProvisionedThroughput && { throughput: checkedThroughput(update.ProvisionedThroughput) };
  const changed = { ...index, ...throughput, ...readOnDemand(update.OnDemandThroughput) };
  return indexes.map((other) => (other === index ? changed : other));
}
