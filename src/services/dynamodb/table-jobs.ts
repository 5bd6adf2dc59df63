// What goes on behind a table: filling a new index, filling the expiry entries of a new time to live, removing what a deleted table
// or index leaves. Each run does one batch and hands its place on, so that no transaction is long and a crash repeats one batch.
import type { Context } from "../../contract/context.ts";
import { defineJob, type JobScope } from "../../contract/service.ts";
import type { Completion, RetryPolicy } from "../../jobs/job.ts";
import type { Transaction } from "../../storage/transaction.ts";
import { addToExpiry, addToIndex } from "./changes.ts";
import { decodeItem, type StoredItem } from "./item-codec.ts";
import { below, beyond, tables } from "./keys.ts";
import { JOB_BATCH_ITEMS } from "./limits.ts";
import { findTable, type Table, type TableRecord } from "./table-record.ts";

/** This work must be done: it is tried until it is. */
export const FOREVER: RetryPolicy = { attemptsMax: Number.POSITIVE_INFINITY, backoffMs: 500, backoffMsMax: 60_000 };
export const LEASE_MS = 30_000;

export interface PurgePayload extends JobScope {
  readonly prefixes: readonly Uint8Array[];
}

export const purge = defineJob<PurgePayload>({
  concurrency: 2,
  leaseMs: LEASE_MS,
  retry: FOREVER,
  async run(context, payload) {
    const [prefix, ...rest] = payload.prefixes;
    if (prefix === undefined) return;
    const removed = await context.storage.transact(async (tx) => {
      const entries = await tx.range(below(prefix), { limit: JOB_BATCH_ITEMS });
      for (const { key } of entries) tx.delete(key);
      return entries.length;
    });
    const prefixes = removed < JOB_BATCH_ITEMS ? rest : payload.prefixes;
    return prefixes.length === 0 ? undefined : again(context, { ...payload, prefixes });
  },
});

export interface FillPayload extends JobScope {
  readonly name: string;
  readonly storageId: string;
  /** An index's id, or an expiry's. */
  readonly target: string;
  /** The last item that is done. */
  readonly after?: Uint8Array;
}

export const fillIndex = defineJob<FillPayload>({
  concurrency: 2,
  leaseMs: LEASE_MS,
  retry: FOREVER,
  run: (context, payload) =>
    fill(context, payload, (table) => {
      const index = table.indexes.find(({ indexId }) => indexId === payload.target);
      if (index === undefined) return undefined;
      return {
        add: (tx, stored) => addToIndex(tx, table, index, stored),
        finish: (tx) => tables.set(tx, [payload.account, payload.region, table.name], activated(table.record, payload.target)),
      };
    }),
});

export const fillExpiry = defineJob<FillPayload>({
  concurrency: 2,
  leaseMs: LEASE_MS,
  retry: FOREVER,
  run: (context, payload) =>
    fill(context, payload, (table) => {
      if (table.record.timeToLive?.expiryId !== payload.target) return undefined;
      return { add: (tx, stored) => addToExpiry(tx, table, stored), finish: () => {} };
    }),
});

interface Filling {
  add(tx: Transaction, stored: StoredItem): void;
  finish(tx: Transaction): void;
}

/** One batch of a table's items; `begin` says undefined when there is nothing to fill any more. */
async function fill(context: Context, payload: FillPayload, begin: (table: Table) => Filling | undefined): Promise<Completion | undefined> {
  const after = await context.storage.transact(async (tx) => {
    const table = await findTable(tx, payload, payload.name);
    if (table?.record.storageId !== payload.storageId) return undefined;
    const filling = begin(table);
    if (filling === undefined) return undefined;
    const range = below(table.prefix);
    const entries = await tx.range(payload.after ? beyond(range, payload.after, false) : range, { limit: JOB_BATCH_ITEMS });
    for (const { value } of entries) filling.add(tx, decodeItem(value));
    if (entries.length === JOB_BATCH_ITEMS) return entries[entries.length - 1]?.key;
    filling.finish(tx);
    return undefined;
  });
  return after && again(context, { ...payload, after });
}

function again(context: Context, payload: unknown): Completion {
  return { kind: "again", dueAtMs: context.clock.now(), payload };
}

function activated(record: TableRecord, indexId: string): TableRecord {
  const indexes = record.indexes.map((index) => (index.indexId === indexId ? { ...index, status: "ACTIVE" as const } : index));
  return { ...record, indexes, status: indexes.every(({ status }) => status === "ACTIVE") ? "ACTIVE" : "UPDATING" };
}
