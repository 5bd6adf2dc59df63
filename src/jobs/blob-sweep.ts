// The sweep of blobs as a job: once an hour over all of them, and soon after a record let go of one.
import type { Clock } from "../kernel/clock.ts";
import type { Logger } from "../kernel/log.ts";
import { unseenReleases } from "../storage/blob-references.ts";
import type { BlobStore } from "../storage/blobs.ts";
import { ORPHAN_GRACE_MS, sweepOrphans, sweepReleased } from "../storage/orphan-sweep.ts";
import type { Storage } from "../storage/transaction.ts";
import type { Completion, JobDefinition, Jobs } from "./job.ts";

/** The job's type, for whoever looks definitions up by type. */
export const BLOB_SWEEP = "storage.sweep";

interface SweepPayload {
  readonly over: "all" | "released";
  /** For a sweep over all: where it goes on. */
  readonly after?: string;
}

const SWEEP_INTERVAL_MS = ORPHAN_GRACE_MS;
/** Between two steps of one sweep, in ms. */
const STEP_MS = 1_000;
const LANE = "blobs";

export interface BlobSweepOptions {
  readonly storage: Storage;
  readonly blobs: BlobStore;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly jobs: Jobs;
}

export interface BlobSweep {
  /** What the runner of jobs is to be given for `BLOB_SWEEP`. */
  readonly job: JobDefinition<unknown, unknown>;
  /** Enqueues the sweeps, now and whenever a blob is let go of. */
  start(): Promise<void>;
  stop(): void;
}

export function createBlobSweep({ storage, blobs, clock, logger, jobs }: BlobSweepOptions): BlobSweep {
  /** A sweep of released blobs is enqueued and has not begun: what is released now, it will see. */
  let coming = false;
  let unwatch = () => {};

  const enqueue = (payload: SweepPayload, dueAtMs: number) =>
    storage.transact((tx) => jobs.enqueue(tx, { type: BLOB_SWEEP, lane: LANE, id: payload.over, payload, dueAtMs }));

  const onRelease = () => {
    if (coming) return;
    coming = true;
    enqueue({ over: "released" }, clock.now() + STEP_MS).catch((error: unknown) => {
      coming = false;
      logger.log("error", "the sweep of blobs could not be enqueued", { error });
    });
  };

  const sweepAll = async (after: string | undefined): Promise<Completion> => {
    const nowMs = clock.now();
    const step = await sweepOrphans({ storage, blobs, nowMs }, after);
    if (step.deleted > 0) logger.log("info", "blobs that nobody ever pointed to were deleted", { deleted: step.deleted });
    if (step.after === undefined) return { kind: "again", dueAtMs: nowMs + SWEEP_INTERVAL_MS, payload: { over: "all" } };
    return { kind: "again", dueAtMs: nowMs + STEP_MS, payload: { over: "all", after: step.after } };
  };

  const job: JobDefinition<unknown, SweepPayload> = {
    concurrency: 1,
    leaseMs: 60_000,
    retry: { attemptsMax: Number.POSITIVE_INFINITY, backoffMs: 10_000, backoffMsMax: 600_000 },
    async run(_context, payload) {
      if (payload.over === "all") return sweepAll(payload.after);
      coming = false;
      const { deleted, dueAtMs } = await sweepReleased({ storage, blobs, nowMs: clock.now() });
      if (deleted > 0) logger.log("debug", "blobs that nobody points to any more were deleted", { deleted });
      return dueAtMs === undefined ? { kind: "done" } : { kind: "again", dueAtMs: Math.max(dueAtMs, clock.now() + STEP_MS) };
    },
  };

  return {
    job,
    async start() {
      unwatch = storage.watch(unseenReleases, onRelease);
      await enqueue({ over: "released" }, clock.now());
      await enqueue({ over: "all" }, clock.now());
    },
    stop: () => unwatch(),
  };
}
