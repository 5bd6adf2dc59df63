// Storage and jobs by themselves, each as a ratio to what the same machine does in the same run without them: transactions to
// writing and syncing a file, reads to a Map of the same keys. `bin/node24 bench/storage.ts [seconds per measurement]`.
import { closeSync, fdatasync, mkdtempSync, openSync, rmSync, write } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { hostClock } from "../src/host/clock.ts";
import { createJobs } from "../src/jobs/runner.ts";
import { silentLogger } from "../src/kernel/log.ts";
import { seededRandom } from "../src/kernel/random.ts";
import { Collection } from "../src/storage/collection.ts";
import { openFileBlobs } from "../src/storage/engines/file-blobs.ts";
import { openLmdbStorage } from "../src/storage/engines/lmdb.ts";
import { openMemoryStorage } from "../src/storage/engines/memory.ts";
import type { Storage } from "../src/storage/transaction.ts";

const SECONDS = Number(process.argv[2] ?? 2);
const CALLERS = 64;
const KEYS = 100_000;
const VALUE = { name: "a record", count: 17, tags: ["x", "y"], body: "z".repeat(100) };
const directory = mkdtempSync(join(tmpdir(), "hearth-bench-"));
const records = new Collection<[number], typeof VALUE>("bench");
const random = seededRandom(1);
const someKey = () => Math.floor(random.float() * KEYS);

/** Calls a second, with so many callers that each wait for their own. */
async function rate(callers: number, call: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  const end = start + SECONDS * 1_000;
  let count = 0;
  const caller = async () => {
    while (performance.now() < end) {
      await call();
      count++;
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  return count / ((performance.now() - start) / 1_000);
}

function report(name: string, perSecond: number, baseline: number): void {
  console.log(
    `${name.padEnd(52)} ${Math.round(perSecond).toLocaleString("en").padStart(10)}/s ${(perSecond / baseline).toPrecision(3).padStart(10)}`,
  );
}

const put = (storage: Storage) => () => {
  const key = someKey();
  return storage.transact(async (tx) => records.set(tx, [key], VALUE));
};

async function syncBaseline(): Promise<number> {
  const file = openSync(join(directory, "baseline"), "w");
  const page = Buffer.alloc(8_192);
  const [writePage, sync] = [promisify(write), promisify(fdatasync)];
  const perSecond = await rate(1, async () => {
    await writePage(file, page, 0, page.length, 0);
    await sync(file);
  });
  closeSync(file);
  return perSecond;
}

async function mapBaseline(): Promise<number> {
  const map = new Map(Array.from({ length: KEYS }, (_, key) => [`bench ${key}`, VALUE]));
  return rate(1, async () => {
    for (let i = 0; i < 100; i++) map.get(`bench ${someKey()}`);
  }).then((perSecond) => perSecond * 100);
}

async function readsOf(name: string, storage: Storage, baseline: number): Promise<void> {
  for (let key = 0; key < KEYS; key += 1_000) {
    await storage.transact(async (tx) => {
      for (let i = key; i < key + 1_000; i++) records.set(tx, [i], VALUE);
    });
  }
  const bytes = Array.from({ length: KEYS }, (_, key) => records.key([key]));
  const gets = await rate(1, () =>
    storage.snapshot(async (tx) => {
      for (let i = 0; i < 100; i++) await tx.get(bytes[someKey()] ?? new Uint8Array());
    }),
  );
  report(`${name}: gets, 100 in a snapshot`, gets * 100, baseline);
  report(
    `${name}: gets of a decoded record, one a snapshot`,
    await rate(1, () => storage.snapshot((tx) => records.get(tx, [someKey()]))),
    baseline,
  );
  const rows = await rate(1, () =>
    storage.snapshot((tx) => tx.range({ start: records.key([someKey() / 2]), end: records.key([KEYS]) }, { limit: 100 })),
  );
  report(`${name}: rows, ranges of 100`, rows * 100, baseline);
}

async function jobsOf(name: string, storage: Storage, baseline: number): Promise<void> {
  let finished: (() => void)[] = [];
  const runner = createJobs<undefined>({
    storage,
    clock: hostClock,
    random,
    logger: silentLogger,
    context: () => undefined,
    definition: async () => ({
      concurrency: CALLERS,
      leaseMs: 30_000,
      retry: { attemptsMax: 1, backoffMs: 1, backoffMsMax: 1 },
      async run() {
        finished.pop()?.();
      },
    }),
  });
  runner.start();
  const perSecond = await rate(CALLERS, async () => {
    const ran = new Promise<void>((resolve) => finished.push(resolve));
    await storage.transact((tx) => runner.jobs.enqueue(tx, { type: "bench.job", lane: `lane ${someKey() % 10}`, payload: VALUE }));
    await ran;
  });
  report(`${name}: jobs, enqueued and run, ${CALLERS} callers`, perSecond, baseline);
  finished = [];
  await runner.stop();
}

async function blobsOf(baseline: number): Promise<void> {
  const blobs = openFileBlobs({ directory: join(directory, "blobs"), random, clock: hostClock });
  const ids: string[] = [];
  const body = Buffer.alloc(4_096, 1);
  const puts = await rate(16, async () => {
    const writer = await blobs.create();
    await writer.write(body);
    ids.push((await writer.finish()).id);
  });
  report("blobs: writes of 4 KB, 16 callers", puts, baseline);
  const gets = await rate(16, async () => {
    for await (const _chunk of blobs.read(ids[someKey() % ids.length] ?? ""));
  });
  report("blobs: reads of 4 KB, 16 callers", gets, baseline);
}

const syncs = await syncBaseline();
const lookups = await mapBaseline();
report("baseline: write and sync a page of a file", syncs, syncs);
report("baseline: look up in a Map", lookups, lookups);
const lmdb = openLmdbStorage({ directory });
report("LMDB: durable transactions, 1 caller", await rate(1, put(lmdb)), syncs);
report(`LMDB: durable transactions, ${CALLERS} callers`, await rate(CALLERS, put(lmdb)), syncs);
await readsOf("LMDB", lmdb, lookups);
await jobsOf("LMDB", lmdb, syncs);
await lmdb.close();
const memory = openMemoryStorage();
report(`memory: transactions, ${CALLERS} callers`, await rate(CALLERS, put(memory)), lookups);
await readsOf("memory", memory, lookups);
await jobsOf("memory", memory, lookups);
await blobsOf(syncs);
rmSync(directory, { recursive: true });
