// What takes messages away without a client: the retention sweep, and the clearing of stores that a queue gave up.
// One job per queue that holds messages, never one per message.
import type { Context } from "../../contract/context.ts";
import { defineJob, type JobScope } from "../../contract/service.ts";
import type { Transaction } from "../../storage/transaction.ts";
import { bodies, messages, moved, type QueueRecord, tallies } from "./keys.ts";
import { JOB_BODIES_MAX, JOB_ENTRIES_MAX } from "./limits.ts";
import { findQueue, type QueueAddress } from "./queue-address.ts";
import { closeStore, type OpenStore, openStore, page, remove } from "./store.ts";

interface SweepPayload extends JobScope {
  readonly name: string;
  readonly store: string;
  /** Where the sweep goes on. */
  readonly after?: readonly [visibleAtMs: number, sequence: number];
  /** When the oldest message that stays was sent, as far as this sweep has seen. */
  readonly oldestAtMs?: number;
}

/** A queue is looked through at most this often, and no more often than 20 times in its retention period. */
const SWEEP_INTERVAL_MS_MIN = 10_000;
const SWEEPS_PER_RETENTION = 20;

export const retentionMs = (queue: QueueRecord): number => queue.retentionSeconds * 1000;

/** Sees to it that a sweep comes when a message sent at `sentAtMs` expires. Cheap when one is enqueued already. */
export async function planSweep(
  context: Context,
  tx: Transaction,
  address: QueueAddress,
  queue: QueueRecord,
  open: OpenStore,
  sentAtMs: number,
): Promise<void> {
  const dueAtMs = sentAtMs + retentionMs(queue);
  if (open.tally.sweepAtMs !== null && open.tally.sweepAtMs <= dueAtMs) return;
  open.tally.sweepAtMs = dueAtMs;
  const payload: SweepPayload = { ...address, store: queue.store };
  await context.jobs.enqueue(tx, { type: "sqs.sweep", lane: laneOf(address), id: queue.store, payload, dueAtMs });
}

const laneOf = (address: QueueAddress): string => `${address.account}/${address.region}/${address.name}`;

/** Removes expired messages, a page at a time, and comes again when the oldest of the others expires. */
export const sweep = defineJob<SweepPayload>({
  concurrency: 2,
  leaseMs: 30_000,
  retry: { attemptsMax: Number.POSITIVE_INFINITY, backoffMs: 1_000, backoffMsMax: 60_000 },
  run: (context, payload) =>
    context.storage.transact(async (tx) => {
      const queue = await findQueue(tx, payload);
      if (queue?.store !== payload.store) return;
      const open = await openStore(tx, payload, queue.store, context.clock.now());
      const expiredUntilMs = open.nowMs - retentionMs(queue);
      let oldestAtMs = payload.oldestAtMs ?? Number.POSITIVE_INFINITY;
      const found = await page(tx, open, payload.after, JOB_ENTRIES_MAX);
      for (const message of found) {
        if (message.record.sentAtMs <= expiredUntilMs) remove(tx, open, message);
        else oldestAtMs = Math.min(oldestAtMs, message.record.sentAtMs);
      }
      const last = found.at(-1);
      const more = found.length === JOB_ENTRIES_MAX && last !== undefined;
      const again = more ? open.nowMs : nextSweepAtMs(queue, open.nowMs, oldestAtMs);
      open.tally.sweepAtMs = again ?? null;
      closeStore(tx, open);
      if (again === undefined) return;
      const { account, region, name, store } = payload;
      const start: SweepPayload = { account, region, name, store };
      const rest: SweepPayload = more ? { ...start, after: [last.visibleAtMs, last.sequence], oldestAtMs } : start;
      return { kind: "again", dueAtMs: again, payload: rest };
    }),
});

function nextSweepAtMs(queue: QueueRecord, nowMs: number, oldestAtMs: number): number | undefined {
  if (oldestAtMs === Number.POSITIVE_INFINITY) return undefined;
  const intervalMs = Math.max(SWEEP_INTERVAL_MS_MIN, retentionMs(queue) / SWEEPS_PER_RETENTION);
  return Math.max(oldestAtMs + retentionMs(queue), nowMs + intervalMs);
}

interface DropPayload extends JobScope {
  readonly store: string;
}

/** Gives a store up: nobody can reach its messages once the transaction commits, and a job clears the keys. */
export async function dropStore(context: Context, tx: Transaction, address: QueueAddress, store: string): Promise<void> {
  const payload: DropPayload = { account: address.account, region: address.region, store };
  await context.jobs.enqueue(tx, { type: "sqs.drop", lane: store, id: store, payload });
  await context.jobs.cancel(tx, "sqs.sweep", laneOf(address), store);
}

export const drop = defineJob<DropPayload>({
  concurrency: 1,
  leaseMs: 30_000,
  retry: { attemptsMax: Number.POSITIVE_INFINITY, backoffMs: 1_000, backoffMsMax: 60_000 },
  run: (context, { account, region, store }) =>
    context.storage.transact(async (tx) => {
      const prefix = [account, region, store];
      let more = false;
      for (const { collection, limit } of [
        { collection: messages, limit: JOB_ENTRIES_MAX },
        { collection: moved, limit: JOB_ENTRIES_MAX },
        { collection: bodies, limit: JOB_BODIES_MAX },
      ]) {
        const entries = await tx.range(collection.rangeOf(prefix), { limit });
        for (const entry of entries) tx.delete(entry.key);
        more ||= entries.length === limit;
      }
      if (more) return { kind: "again", dueAtMs: context.clock.now() };
      tallies.delete(tx, [account, region, store]);
      return;
    }),
});
