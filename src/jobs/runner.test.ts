import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { LogLevel } from "../kernel/log.ts";
import { seededRandom } from "../kernel/random.ts";
import { settle, VirtualClock } from "../kernel/virtual-clock.ts";
import { openMemoryStorage } from "../storage/engines/memory.ts";
import type { Storage } from "../storage/transaction.ts";
import type { Attempt, Completion, JobDefinition, NewJob } from "./job.ts";
import { dead, leased, named, next, waiting } from "./keys.ts";
import { createJobs, type JobRunner } from "./runner.ts";

type Definition = JobDefinition<string, unknown>;
type Run = (payload: unknown, attempt: Attempt) => Promise<Completion | void>;

interface Bench {
  readonly clock: VirtualClock;
  readonly storage: Storage;
  readonly runner: JobRunner;
  readonly definitions: Map<string, Definition>;
  readonly logged: { level: LogLevel; message: string; fields: Readonly<Record<string, unknown>> | undefined }[];
  define(type: string, run: Run, rest?: Partial<Definition>): void;
  enqueue(...jobs: NewJob[]): Promise<void>;
}

interface BenchOptions {
  readonly seed?: number;
  readonly storage?: Storage;
  readonly clock?: VirtualClock;
  readonly exclusive?: boolean;
}

function bench(options: BenchOptions = {}): Bench {
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
async function census(storage: Storage) {
  return storage.snapshot(async (tx) => ({
    waiting: (await waiting.scan(tx, [], { limit: 10_000 })).length,
    named: (await named.scan(tx, [], { limit: 10_000 })).length,
    next: (await next.scan(tx, [], { limit: 10_000 })).length,
    leased: (await leased.scan(tx, [], { limit: 10_000 })).length,
    dead: (await dead.scan(tx, [], { limit: 10_000 })).length,
  }));
}

const EMPTY = { waiting: 0, named: 0, next: 0, leased: 0, dead: 0 };

describe("a job", () => {
  test("runs once, with what it was given, and leaves nothing behind", async () => {
    const b = bench();
    const ran: unknown[] = [];
    b.define("a.one", async (payload, { signal, ...attempt }) => void ran.push({ payload, attempt, aborted: signal.aborted }));
    b.runner.start();
    await b.enqueue({ type: "a.one", lane: "l", payload: { x: 1 }, id: "me" });
    await settle();
    const now = b.clock.now();
    assert.deepEqual(ran, [
      { payload: { x: 1 }, attempt: { id: "me", lane: "l", number: 1, enqueuedAtMs: now, dueAtMs: now }, aborted: false },
    ]);
    assert.deepEqual(await census(b.storage), EMPTY);
    await b.runner.stop();
  });

  test("runs when it is due, not before", async () => {
    const b = bench();
    const ran: number[] = [];
    b.define("a.one", async () => void ran.push(b.clock.monotonic()));
    b.runner.start();
    await b.enqueue({ type: "a.one", lane: "l", payload: 0, dueAtMs: b.clock.now() + 5_000 });
    await b.enqueue({ type: "a.one", lane: "m", payload: 0, dueAtMs: b.clock.now() + 90 * 60_000 });
    await b.clock.advance(4_999);
    assert.deepEqual(ran, []);
    await b.clock.advance(1);
    assert.deepEqual(ran, [5_000]);
    await b.clock.advance(2 * 3_600_000);
    assert.deepEqual(ran, [5_000, 90 * 60_000]);
    assert.equal(b.clock.nextAtMs, undefined, "no timer is left when nothing waits");
    await b.runner.stop();
  });
});
