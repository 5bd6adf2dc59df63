// The runner of jobs: one for a process. It finds out which types have jobs, gives back what a dead process held, and owns
// the alarm. What it must never do is lose a job, or stop because one failed.
import { type Clock, delay } from "../kernel/clock.ts";
import { hex } from "../kernel/ids.ts";
import type { Logger } from "../kernel/log.ts";
import type { Random } from "../kernel/random.ts";
import type { ReadTransaction, Storage } from "../storage/transaction.ts";
import { Alarm, type Sleeper } from "./alarm.ts";
import { forgetter, type Workshop } from "./attempt.ts";
import { createDeadLetters, type DeadLetters } from "./dead-letters.ts";
import type { JobDefinition, Jobs } from "./job.ts";
import { leased, next } from "./keys.ts";
import { LEASE_CHECK_MS, RELEASES_PER_TRANSACTION_MAX, STOP_GRACE_MS, STORAGE_RETRY_MS, STORAGE_RETRY_MS_MAX } from "./limits.ts";
import { cancel, giveBack, put } from "./queue.ts";
import { TypeQueue } from "./type-queue.ts";

export interface JobsOptions<C> {
  readonly storage: Storage;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Loaded when the first job of the type is due. Undefined: not known (yet); its jobs wait, and it is asked again later. */
  readonly definition: (type: string) => Promise<JobDefinition<C, unknown> | undefined>;
  readonly context: (type: string, payload: unknown) => C;
  /** No other process runs jobs of this storage, so that what a dead one held is free at once. Default: true. */
  readonly exclusive?: boolean;
}

export interface JobRunner {
  readonly jobs: Jobs;
  readonly deadLetters: DeadLetters;
  /** Begins to run what is due. */
  start(): void;
  /** Aborts what runs, waits for it for a bounded time; what has not ended is repeated by the next runner. */
  stop(): Promise<void>;
}

export function createJobs<C>(options: JobsOptions<C>): JobRunner {
  const { storage, clock, random, logger, exclusive = true } = options;
  const stopping = new AbortController();
  const stopped = new AbortController();
  const incarnation = hex(random, 16);
  const shop: Workshop<C> = {
    storage,
    clock,
    random,
    logger,
    context: options.context,
    incarnation,
    stopping: stopping.signal,
    stopped: stopped.signal,
  };
  const alarm = new Alarm(clock);
  const queues = new Map<string, TypeQueue<C>>();
  let sequence = 0;
  let running = false;

  /** From now on jobs of this type are seen as they come. */
  const wanted = (type: string): void => {
    if (queues.has(type) || stopping.signal.aborted) return;
    queues.set(type, new TypeQueue(type, shop, alarm, options.definition, () => running));
  };

  const jobs: Jobs = {
    async enqueue(tx, job) {
      wanted(job.type);
      const nowMs = clock.now();
      // Ids of jobs without one rise, so that those due in the same millisecond run in the order of their coming.
      const id = job.id ?? `${(sequence++).toString(36).padStart(8, "0")}-${incarnation}`;
      const { type, lane, payload, dueAtMs = nowMs } = job;
      const record = { payload, enqueuedAtMs: nowMs, failures: 0, interruptions: 0, named: job.id !== undefined };
      await put(tx, { type, lane, id }, record, Math.ceil(dueAtMs));
    },
    cancel: (tx, type, lane, id) => cancel(tx, { type, lane, id }),
  };

  const begin = async (): Promise<void> => {
    for (let waitMs = STORAGE_RETRY_MS; !stopping.signal.aborted; waitMs = Math.min(STORAGE_RETRY_MS_MAX, waitMs * 2)) {
      try {
        await releaseLeases(storage, clock, incarnation, exclusive);
        for (const type of await storage.snapshot(typesWaiting)) wanted(type);
        running = true;
        for (const queue of queues.values()) queue.wake();
        return;
      } catch (error) {
        logger.log("error", "the queue of jobs could not be read", { error });
        await delay(clock, waitMs, stopping.signal);
      }
    }
  };

  /** Only where processes share a storage: nobody tells of the death of another. */
  const check: Sleeper = {
    wake() {
      alarm.set(check, clock.now() + LEASE_CHECK_MS);
      void begin();
    },
  };

  return {
    jobs,
    deadLetters: createDeadLetters({
      storage,
      clock,
      wanted,
      forgetterOf: async (type) => forgetter(shop, type, await options.definition(type)),
    }),
    start() {
      void begin();
      if (!exclusive) alarm.set(check, clock.now() + LEASE_CHECK_MS);
    },
    async stop() {
      stopping.abort();
      alarm.clear();
      const grace = new AbortController();
      const ended = Promise.all([...queues.values()].map((queue) => queue.stop()));
      await Promise.race([ended, delay(clock, STOP_GRACE_MS, grace.signal)]);
      grace.abort();
      stopped.abort();
    },
  };
}

/** Gives back what other runners hold: of an exclusive storage all of it, else what has run out. */
async function releaseLeases(storage: Storage, clock: Clock, incarnation: string, exclusive: boolean): Promise<void> {
  let after: [type: string, lane: string, id: string] | undefined;
  do {
    const from = after;
    after = await storage.transact(async (tx) => {
      const found = await leased.scan(tx, [], { limit: RELEASES_PER_TRANSACTION_MAX, ...(from && { after: from }) });
      const nowMs = clock.now();
      for (const { key, value } of found) {
        const [type, lane, id] = key;
        const foreign = value.holder !== incarnation && (exclusive || value.untilMs <= nowMs);
        if (foreign) await giveBack(tx, { type, lane, id }, value, true, nowMs);
      }
      return found.length === RELEASES_PER_TRANSACTION_MAX ? found.at(-1)?.key : undefined;
    });
  } while (after);
}

/** The types that have waiting jobs, found by one short read each. */
async function typesWaiting(tx: ReadTransaction): Promise<string[]> {
  const types: string[] = [];
  for (;;) {
    const last = types.at(-1);
    const [first] = await next.scan(tx, [], { limit: 1, ...(last !== undefined && { from: [last, Number.POSITIVE_INFINITY] }) });
    if (!first) return types;
    types.push(first.key[0]);
  }
}
