import assert from "node:assert/strict";
import { test } from "node:test";
import { silentLogger } from "../kernel/log.ts";
import { seededRandom } from "../kernel/random.ts";
import { settle } from "../kernel/virtual-clock.ts";
import { write } from "../storage/blob-conformance.ts";
import { referenceBlob, releaseBlob } from "../storage/blob-references.ts";
import { openMemoryBlobs } from "../storage/engines/memory-blobs.ts";
import { ORPHAN_GRACE_MS, RELEASE_GRACE_MS } from "../storage/orphan-sweep.ts";
import { BLOB_SWEEP, createBlobSweep } from "./blob-sweep.ts";
import { bench } from "./testing/bench.ts";

test("blobs go when they are let go of, and when nobody ever pointed to them, without a clock that ticks meanwhile", async () => {
  const b = bench();
  const { clock, storage, runner } = b;
  const startedAtMs = clock.now();
  const blobs = openMemoryBlobs({ clock, random: seededRandom(1) });
  const sweep = createBlobSweep({ storage, blobs, clock, logger: silentLogger, jobs: runner.jobs });
  b.definitions.set(BLOB_SWEEP, sweep.job);
  runner.start();
  await sweep.start();
  await settle();
  const ids = async () => (await blobs.list(undefined, 100)).map((blob) => blob.id).sort();
  const blob = async () => (await write(blobs, Buffer.from("x"))).id;
  const [kept, first, second, third] = [await blob(), await blob(), await blob(), await blob()];
  await storage.transact(async (tx) => {
    for (const id of [kept, first, second, third]) await referenceBlob(tx, id);
  });
  // Past the moment at which leases would have been renewed, had the sweeps taken longer.
  await clock.advance(60_000);
  assert.equal((clock.nextAtMs ?? 0) - clock.now(), ORPHAN_GRACE_MS - 60_000, "nothing is due before the next sweep of all");

  await storage.transact((tx) => releaseBlob(tx, first));
  await clock.advance(RELEASE_GRACE_MS / 2);
  await storage.transact((tx) => releaseBlob(tx, second));
  await clock.advance(RELEASE_GRACE_MS * 4);
  assert.deepEqual(await ids(), [kept, third].sort());
  assert.equal(clock.nextAtMs, startedAtMs + 2 * ORPHAN_GRACE_MS, "it rests once all is done: nothing is due before the next sweep of all");

  await storage.transact((tx) => releaseBlob(tx, third));
  const orphan = await blob();
  await clock.advance(RELEASE_GRACE_MS * 3);
  assert.deepEqual(await ids(), [kept, orphan].sort());
  await clock.advance(ORPHAN_GRACE_MS * 2);
  assert.deepEqual(await ids(), [kept]);
  sweep.stop();
  await runner.stop();
});
