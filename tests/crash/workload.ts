// A platform's storage, jobs and blobs under random work, to be killed at any moment. It says on standard output what it
// tries and what was acknowledged, one line each. Arguments: data directory, seed, hours that its clock is ahead, `work` or `drain`.
import { writeSync } from "node:fs";
import { join } from "node:path";
import { hostClock } from "../../src/host/clock.ts";
import { BLOB_SWEEP, createBlobSweep } from "../../src/jobs/blob-sweep.ts";
import type { JobDefinition } from "../../src/jobs/job.ts";
import { leased, waiting } from "../../src/jobs/keys.ts";
import { createJobs } from "../../src/jobs/runner.ts";
import type { Clock } from "../../src/kernel/clock.ts";
import { hex } from "../../src/kernel/ids.ts";
import type { Logger } from "../../src/kernel/log.ts";
import { integer, seededRandom } from "../../src/kernel/random.ts";
import { referenceBlob, releaseBlob } from "../../src/storage/blob-references.ts";
import { openFileBlobs } from "../../src/storage/engines/file-blobs.ts";
import { openLmdbStorage } from "../../src/storage/engines/lmdb.ts";
import { begun, CLIENTS, cell, cellBytes, digestOf, done, enqueued, mirror, type Pointer, pointer, register, total } from "./state.ts";

const [directory = "", seed = "1", hoursAhead = "0", mode = "work"] = process.argv.slice(2);
const random = seededRandom(Number(seed));
const clock: Clock = { ...hostClock, now: () => hostClock.now() + Number(hoursAhead) * 3_600_000 };

/** What is due later than this from now waits for time to pass: a sweep between rounds, a job that was cut off again and again. */
const PAUSE_MS = 3_000;
/** Jobs that a look at the queue takes in, those that pause included. */
const LOOK_JOBS = 100;

/** Blocks until the parent's pipe has it: a line that was written outlives the kill. */
function say(line: string): void {
  for (let bytes = Buffer.from(`${line}\n`); bytes.length > 0; ) {
    try {
      bytes = bytes.subarray(writeSync(1, bytes));
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EAGAIN")) throw error;
    }
  }
}

const logger: Logger = {
  log(level, message, fields) {
    if (level === "error" || (level === "warn" && !String(fields?.["error"]).includes("on purpose")))
      say(`log ${level} ${message} ${String(fields?.["error"])}`);
  },
};

const storage = openLmdbStorage({ directory });
const blobs = openFileBlobs({ directory: join(directory, "blobs"), random, clock });

/** Begins in a transaction of its own, now and then fails or goes again, and is done in the one that ends it. */
const step: JobDefinition<undefined, { job: string }> = {
  concurrency: 16,
  leaseMs: 10_000,
  retry: { attemptsMax: Number.POSITIVE_INFINITY, backoffMs: 5, backoffMsMax: 50 },
  async run(_context, { job }) {
    await storage.transact(async (tx) => begun.set(tx, [job], ((await begun.get(tx, [job])) ?? 0) + 1));
    if (integer(random, 8) === 0) throw new Error("on purpose");
    if (integer(random, 8) === 0) return { kind: "again", dueAtMs: clock.now() + integer(random, 20) };
    return { kind: "done", also: async (tx) => done.set(tx, [job], ((await done.get(tx, [job])) ?? 0) + 1) };
  },
};

const runner = createJobs<undefined>({
  storage,
  clock,
  random,
  logger,
  definition: async (type) =>
    type === BLOB_SWEEP ? sweep.job : type === "crash.step" ? (step as JobDefinition<undefined, unknown>) : undefined,
  context: () => undefined,
});
const sweep = createBlobSweep({ storage, blobs, clock, logger, jobs: runner.jobs });

async function writeRegister(client: number): Promise<void> {
  const sequence = await storage.transact(async (tx) => {
    const next = ((await register.get(tx, [client])) ?? 0) + 1;
    say(`try write ${client} ${next}`);
    register.set(tx, [client], next);
    cell.set(tx, [client, next], cellBytes(client, next));
    total.set(tx, ["total"], ((await total.get(tx, ["total"])) ?? 0) + 1);
    mirror.set(tx, [client], next);
    return next;
  });
  say(`ack write ${client} ${sequence}`);
}

async function enqueueJob(): Promise<void> {
  const job = hex(random, 16);
  say(`try job ${job}`);
  const named = integer(random, 3) === 0;
  await storage.transact(async (tx) => {
    enqueued.set(tx, [job], true);
    const dueAtMs = clock.now() + (integer(random, 3) === 0 ? integer(random, 100) : 0);
    await runner.jobs.enqueue(tx, {
      type: "crash.step",
      lane: `lane ${integer(random, 5)}`,
      payload: { job },
      dueAtMs,
      ...(named && { id: job }),
    });
  });
  say(`ack job ${job}`);
}

async function writeBlob(): Promise<void> {
  const writer = await blobs.create();
  const chunks = Array.from({ length: integer(random, 4) }, () => random.bytes(integer(random, 3_000)));
  for (const chunk of chunks) await writer.write(chunk);
  if (integer(random, 10) === 0) return writer.abort();
  const { id, size } = await writer.finish();
  // Some are never pointed to, as after a crash right here.
  if (integer(random, 10) === 0) return undefined;
  const name = hex(random, 16);
  await storage.transact(async (tx) => {
    pointer.set(tx, [name], { id, size, digest: digestOf(chunks) });
    await referenceBlob(tx, id);
  });
  say(`ack blob ${name} ${id}`);
  return undefined;
}

async function removeBlob(): Promise<void> {
  const from = hex(random, 16);
  await storage.transact(async (tx): Promise<Pointer | undefined> => {
    const [first] = await pointer.scan(tx, [], { limit: 1, from: [from] });
    if (!first) return undefined;
    say(`try remove ${first.key[0]}`);
    pointer.delete(tx, first.key);
    await releaseBlob(tx, first.value.id);
    return first.value;
  });
}

async function client(number: number): Promise<void> {
  for (;;) {
    const choice = integer(random, 10);
    if (choice < 5) await writeRegister(number);
    else if (choice < 8) await enqueueJob();
    else if (choice < 9) await writeBlob();
    else await removeBlob();
  }
}

runner.start();
await sweep.start();
say("ready");
if (mode === "drain") {
  for (let left = -1; left !== 0; ) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    left = await storage.snapshot(async (tx) => {
      const running = await leased.scan(tx, [], { limit: 1 });
      const jobs = await waiting.scan(tx, [], { limit: LOOK_JOBS });
      const later = jobs.filter(({ key }) => key[2] > clock.now() + PAUSE_MS);
      return running.length + (jobs.length === LOOK_JOBS ? LOOK_JOBS : jobs.length - later.length);
    });
  }
  await runner.stop();
  await storage.close();
  say("drained");
} else {
  await Promise.all(Array.from({ length: CLIENTS }, (_, number) => client(number)));
}
