// The platform's own jobs: blobs that nothing points to are deleted in the background.
import type { Context } from "../contract/context.ts";
import type { Completion, JobDefinition, Jobs } from "../jobs/job.ts";
import { sweepOrphans, sweepReleased } from "../storage/orphan-sweep.ts";
import type { Storage } from "../storage/transaction.ts";

/** Between two looks at the blobs that were let go of, and between two passes over all blobs, in ms. */
const RELEASED_EVERY_MS = 60_000;
const ORPHANS_EVERY_MS = 3_600_000;
const LEASE_MS = 60_000;
const RETRY = { attemptsMax: Number.POSITIVE_INFINITY, backoffMs: 1_000, backoffMsMax: 300_000 };

interface OrphanPass {
  /** Where the pass goes on; absent at its beginning. */
  readonly after?: string;
}

const released: JobDefinition<Context, unknown> = {
  concurrency: 1,
  leaseMs: LEASE_MS,
  retry: RETRY,
  async run({ storage, blobs, clock }): Promise<Completion> {
    const { dueAtMs } = await sweepReleased({ storage, blobs, nowMs: clock.now() });
    return { kind: "again", dueAtMs: dueAtMs ?? clock.now() + RELEASED_EVERY_MS };
  },
};

const orphans: JobDefinition<Context, OrphanPass> = {
  concurrency: 1,
  leaseMs: LEASE_MS,
  retry: RETRY,
  async run({ storage, blobs, clock }, payload): Promise<Completion> {
    const { after } = await sweepOrphans({ storage, blobs, nowMs: clock.now() }, payload.after);
    return {
      kind: "again",
      dueAtMs: clock.now() + (after === undefined ? ORPHANS_EVERY_MS : 0),
      payload: after === undefined ? {} : { after },
    };
  },
};

export const sweepJobs: Readonly<Record<string, JobDefinition<Context, unknown>>> = { released, orphans };

/** Makes the two sweeps due; they go on by themselves. */
export async function scheduleSweeps(storage: Storage, jobs: Jobs): Promise<void> {
  await storage.transact(async (tx) => {
    for (const name of Object.keys(sweepJobs))
      await jobs.enqueue(tx, { type: `storage.${name}`, lane: "storage", id: "sweep", payload: {} });
  });
}
