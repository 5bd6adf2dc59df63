// What removes events: the retention policy of a group, and the deletion of groups and streams. One job per group that has a policy.
import type { Context } from "../../contract/context.ts";
import { defineJob, type JobScope } from "../../contract/service.ts";
import type { Transaction } from "../../storage/transaction.ts";
import { chunks, type GroupRecord, groups, type StreamRecord, streams, trails } from "./keys.ts";
import { CHUNK_SPAN_MS_MAX, EXPIRY_INTERVAL_MS_MAX, EXPIRY_INTERVAL_MS_MIN, JOB_CHUNKS_MAX, JOB_ENTRIES_MAX } from "./limits.ts";

const DAY_MS = 86_400_000;

/** Events before this time are expired: they are not shown, and a job removes them. */
export const expiredBeforeMs = (group: GroupRecord, nowMs: number): number =>
  group.retentionDays === undefined ? Number.NEGATIVE_INFINITY : nowMs - group.retentionDays * DAY_MS;

interface ExpirePayload extends JobScope {
  readonly name: string;
  readonly groupId: string;
}

/** Enqueues the expiry of a group whose policy changed, or takes it back. */
export async function planExpiry(context: Context, tx: Transaction, group: GroupRecord): Promise<void> {
  const { account, region } = context;
  if (group.retentionDays === undefined) return context.jobs.cancel(tx, "logs.expire", group.id, group.id);
  const payload: ExpirePayload = { account, region, name: group.name, groupId: group.id };
  return context.jobs.enqueue(tx, { type: "logs.expire", lane: group.id, id: group.id, payload });
}

/** Removes chunks whose events all expired, and comes again when the next one will have. */
export const expire = defineJob<ExpirePayload>({
  concurrency: 1,
  leaseMs: 30_000,
  retry: { attemptsMax: Number.POSITIVE_INFINITY, backoffMs: 1_000, backoffMsMax: 60_000 },
  run: (context, { account, region, name, groupId }) =>
    context.storage.transact(async (tx) => {
      const group = await groups.get(tx, [account, region, name]);
      if (group?.id !== groupId || group.retentionDays === undefined) return;
      const nowMs = context.clock.now();
      const untilMs = expiredBeforeMs(group, nowMs) - CHUNK_SPAN_MS_MAX;
      const prefix = [account, region, groupId] as const;
      const found = await chunks.scan(tx, prefix, { limit: JOB_CHUNKS_MAX });
      const expired = found.filter(({ key }) => key[3] < untilMs);
      const freed = new Map<string, number>();
      for (const { key, value } of expired) {
        const [, , , firstMs, sequence, streamId] = key;
        const trail = [account, region, groupId, streamId, firstMs, sequence] as const;
        freed.set(value.stream, (freed.get(value.stream) ?? 0) + ((await trails.get(tx, trail)) ?? 0));
        chunks.delete(tx, key);
        trails.delete(tx, trail);
      }
      for (const [stream, bytes] of freed) {
        const record = await streams.get(tx, [...prefix, stream]);
        if (record) streams.set(tx, [...prefix, stream], { ...record, bytes: Math.max(0, record.bytes - bytes) });
      }
      if (expired.length === JOB_CHUNKS_MAX) return { kind: "again", dueAtMs: nowMs };
      const next = found[expired.length];
      const dueMs = next ? next.key[3] + group.retentionDays * DAY_MS + CHUNK_SPAN_MS_MAX + 1 : Number.POSITIVE_INFINITY;
      return { kind: "again", dueAtMs: Math.min(Math.max(dueMs, nowMs + EXPIRY_INTERVAL_MS_MIN), nowMs + EXPIRY_INTERVAL_MS_MAX) };
    }),
});

interface DropPayload extends JobScope {
  readonly groupId: string;
  /** Absent: the whole group. */
  readonly streamId?: string;
}

/** The group's record is gone already: nobody can reach its events. */
export async function dropGroup(context: Context, tx: Transaction, group: GroupRecord): Promise<void> {
  const payload: DropPayload = { account: context.account, region: context.region, groupId: group.id };
  await context.jobs.cancel(tx, "logs.expire", group.id, group.id);
  await context.jobs.enqueue(tx, { type: "logs.drop", lane: group.id, id: group.id, payload });
}

export async function dropStream(context: Context, tx: Transaction, group: GroupRecord, stream: StreamRecord): Promise<void> {
  const payload: DropPayload = { account: context.account, region: context.region, groupId: group.id, streamId: stream.id };
  await context.jobs.enqueue(tx, { type: "logs.drop", lane: group.id, id: stream.id, payload });
}

export const drop = defineJob<DropPayload>({
  concurrency: 1,
  leaseMs: 30_000,
  retry: { attemptsMax: Number.POSITIVE_INFINITY, backoffMs: 1_000, backoffMsMax: 60_000 },
  run: (context, { account, region, groupId, streamId }) =>
    context.storage.transact(async (tx) => {
      const scope = [account, region, groupId] as const;
      const found = await trails.scan(tx, streamId === undefined ? scope : [...scope, streamId], { limit: JOB_ENTRIES_MAX });
      for (const { key } of found) {
        const [, , , stream, firstMs, sequence] = key;
        chunks.delete(tx, [...scope, firstMs, sequence, stream]);
        trails.delete(tx, key);
      }
      const records = streamId === undefined ? await streams.scan(tx, scope, { limit: JOB_ENTRIES_MAX }) : [];
      for (const { key } of records) streams.delete(tx, key);
      if (Math.max(found.length, records.length) === JOB_ENTRIES_MAX) return { kind: "again", dueAtMs: context.clock.now() };
      return;
    }),
});
