// Time to live: UpdateTimeToLive, DescribeTimeToLive, and the job that removes what has expired. Until it does, expired items are
// read like any others, as on AWS.
import type { OperationOf } from "../../contract/service.ts";
import { defineJob, type JobScope } from "../../contract/service.ts";
import { attributeOf } from "./attribute-value.ts";
import { expirySeconds, readStored, writeChange } from "./changes.ts";
import { invalid, tableNotFound } from "./errors.ts";
import { expiredBy, expiryPrefix, tables } from "./keys.ts";
import { JOB_BATCH_ITEMS, TTL_AGE_SECONDS_MAX, TTL_SWEEP_MS } from "./limits.ts";
import { type FillPayload, FOREVER, LEASE_MS, type PurgePayload } from "./table-jobs.ts";
import { findTable } from "./table-record.ts";
import { readTableNameOfOperation, storageId } from "./tables.ts";

export const updateTimeToLive: OperationOf<"dynamodb", "UpdateTimeToLive"> = async (context, input) => {
  const name = readTableNameOfOperation(input.TableName);
  const { Enabled: enabled, AttributeName: attribute } = input.TimeToLiveSpecification;
  const { account, region } = context;
  const expiryId = storageId(context);
  await context.storage.transact(async (tx) => {
    const record = await tables.get(tx, [account, region, name]);
    if (record === undefined) throw tableNotFound(name);
    const { timeToLive: old, ...rest } = record;
    if (enabled && old?.attribute === attribute) throw invalid("TimeToLive is already enabled");
    if (old !== undefined && old.attribute !== attribute) {
      throw invalid(`TimeToLive is active on a different AttributeName: current AttributeName is ${old.attribute}`);
    }
    if (!enabled && old === undefined) throw invalid("TimeToLive is already disabled");
    tables.set(tx, [account, region, name], enabled ? { ...rest, timeToLive: { attribute, expiryId } } : rest);
    if (enabled) {
      const payload: FillPayload = { account, region, name, storageId: record.storageId, target: expiryId };
      await context.jobs.enqueue(tx, { type: "dynamodb.fill-expiry", lane: name, id: expiryId, payload });
      const sweep: ExpirePayload = { account, region, name, expiryId };
      await context.jobs.enqueue(tx, { type: "dynamodb.expire", lane: name, id: expiryId, payload: sweep });
    } else if (old !== undefined) {
      const payload: PurgePayload = { account, region, prefixes: [expiryPrefix(account, region, record.storageId, old.expiryId)] };
      await context.jobs.enqueue(tx, { type: "dynamodb.purge", lane: record.storageId, payload });
    }
  });
  return { TimeToLiveSpecification: { Enabled: enabled, AttributeName: attribute } };
};

export const describeTimeToLive: OperationOf<"dynamodb", "DescribeTimeToLive"> = async (context, input) => {
  const name = readTableNameOfOperation(input.TableName);
  const table = await context.storage.snapshot((tx) => findTable(tx, context, name));
  if (table === undefined) throw tableNotFound(name);
  const { timeToLive } = table.record;
  return {
    TimeToLiveDescription: {
      TimeToLiveStatus: timeToLive ? "ENABLED" : "DISABLED",
      ...(timeToLive && { AttributeName: timeToLive.attribute }),
    },
  };
};

interface ExpirePayload extends JobScope {
  readonly name: string;
  readonly expiryId: string;
}

/** Runs for as long as the time to live stays enabled. */
export const expire = defineJob<ExpirePayload>({
  concurrency: 2,
  leaseMs: LEASE_MS,
  retry: FOREVER,
  async run(context, payload) {
    const now = context.clock.now();
    const seconds = Math.floor(now / 1000);
    const found = await context.storage.transact(async (tx) => {
      const table = await findTable(tx, payload, payload.name);
      if (table?.expiry === undefined || table.record.timeToLive?.expiryId !== payload.expiryId) return undefined;
      const { attribute, prefix } = table.expiry;
      const entries = await tx.range(expiredBy(prefix, seconds - TTL_AGE_SECONDS_MAX, seconds), { limit: JOB_BATCH_ITEMS });
      for (const entry of entries) {
        const old = await readStored(tx, entry.value);
        const due = old && attributeOf(old.item, attribute) && expirySeconds(old.item, attribute);
        if (old !== undefined && due !== undefined && due <= seconds) writeChange(tx, table, { key: entry.value, old, next: undefined });
        else tx.delete(entry.key);
      }
      return entries.length;
    });
    if (found === undefined) return undefined;
    return { kind: "again", dueAtMs: found === JOB_BATCH_ITEMS ? now : now + TTL_SWEEP_MS };
  },
});
