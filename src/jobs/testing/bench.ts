// A runner of jobs on a bench: storage in memory, a clock that the test moves, definitions that it makes up.
import type { LogLevel } from "../../kernel/log.ts";
import { seededRandom } from "../../kernel/random.ts";
import { VirtualClock } from "../../kernel/virtual-clock.ts";
import { openMemoryStorage } from "../../storage/engines/memory.ts";
import type { Storage } from "../../storage/transaction.ts";
import type { Attempt, Completion, JobDefinition, NewJob } from "../job.ts";
import { dead, leased, named, next, waiting } from "../keys.ts";
import { createJobs, type JobRunner } from "../runner.ts";

export type Definition = JobDefinition<string, unknown>;
type Run = (payload: unknown, attempt: Attempt) => Promise<Completion | void>;

export interface Bench {
  readonly clock: VirtualClock;
  readonly storage: Storage;
  readonly runner: JobRunner;
  readonly definitions: Map<string, Definition>;
  readonly logged: { level: LogLevel; message: string; fields: Readonly<Record<string, unknown>> | undefined }[];
  define(type: string, run: Run, rest?: Partial<Definition>): void;
  enqueue(...jobs: NewJob[]): Promise<void>;
}

export interface BenchOptions {
  readonly seed?: number;
  readonly storage?: Storage;
  readonly clock?: VirtualClock;
  readonly exclusive?: boolean;
}

export function bench(options: BenchOptions = {}): Bench {
  const clock = options.clock ?? new VirtualClock();
  const random = seededRandom(options.seed ?? 1);
  const storage = options.storage ?? openMemoryStorage({ rerun: seededRandom(99) });
  const definitions = new Map<string, Definition>();
  const logged: Bench["logged"] = [];
  const runner = createJobs<string>({
    storage,
    clock,
    random,
    logger: { log: (level, message, fields) => logged.push({ level, message, fields }) },
    definition: async (type) => definitions.get(type),
    context: (type) => `context of ${type}`,
    ...(options.exclusive !== undefined && { exclusive: options.exclusive }),
  });
  return {
    clock,
    storage,
    runner,
    definitions,
    logged,
    define: (type, run, rest) =>
      definitions.set(type, {
        concurrency: 10,
        leaseMs: 30_000,
        retry: { attemptsMax: 3, backoffMs: 1_000, backoffMsMax: 60_000 },
        run: (_context, payload, attempt) => run(payload, attempt),
        ...rest,
      }),
    enqueue: (...jobs) =>
      storage.transact(async (tx) => {
        for (const job of jobs) await runner.jobs.enqueue(tx, job);
      }),
  };
}

/** How many entries each part of the queue holds. */
export async function census(storage: Storage) {
  return storage.snapshot(async (tx) => ({
    waiting: (await waiting.scan(tx, [], { limit: 10_000 })).length,
    named: (await named.scan(tx, [], { limit: 10_000 })).length,
    next: (await next.scan(tx, [], { limit: 10_000 })).length,
    leased: (await leased.scan(tx, [], { limit: 10_000 })).length,
    dead: (await dead.scan(tx, [], { limit: 10_000 })).length,
  }));
}

export const EMPTY = { waiting: 0, named: 0, next: 0, leased: 0, dead: 0 };
