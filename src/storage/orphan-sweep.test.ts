import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { seededRandom } from "../kernel/random.ts";
import { VirtualClock } from "../kernel/virtual-clock.ts";
import { write } from "./blob-conformance.ts";
import { isReferenced, referenceBlob, releaseBlob } from "./blob-references.ts";
import { openMemoryStorage } from "./engines/memory.ts";
import { openMemoryBlobs } from "./engines/memory-blobs.ts";
import { ORPHAN_GRACE_MS, RELEASE_GRACE_MS, SWEEP_PAGE, sweepOrphans, sweepReleased } from "./orphan-sweep.ts";

function setup() {
  const clock = new VirtualClock();
  const storage = openMemoryStorage({ rerun: seededRandom(2) });
  const blobs = openMemoryBlobs({ clock, random: seededRandom(1) });
  return {
    clock,
    storage,
    blobs,
    blob: async () => (await write(blobs, Buffer.from("x"))).id,
    reference: (id: string) => storage.transact((tx) => referenceBlob(tx, id)),
    release: (id: string) => storage.transact((tx) => releaseBlob(tx, id)),
    ids: async () => (await blobs.list(undefined, 10_000)).map((blob) => blob.id).sort(),
    sweep: () => ({ storage, blobs, nowMs: clock.now() }),
  };
}

describe("a blob that was let go of", () => {
  test("is deleted after its grace, not before", async () => {
    const s = setup();
    const [kept, gone] = [await s.blob(), await s.blob()];
    for (const id of [kept, gone]) await s.reference(id);
    await s.release(gone);
    assert.deepEqual(await sweepReleased(s.sweep()), { deleted: 0, dueAtMs: s.clock.now() + RELEASE_GRACE_MS });
    await s.clock.advance(RELEASE_GRACE_MS - 1);
    assert.equal((await sweepReleased(s.sweep())).deleted, 0);
    assert.deepEqual(await s.ids(), [kept, gone].sort());
    await s.clock.advance(1);
    assert.equal((await sweepReleased(s.sweep())).deleted, 1);
    assert.deepEqual(await s.ids(), [kept]);
    assert.deepEqual(await sweepReleased(s.sweep()), { deleted: 0, dueAtMs: undefined });
  });

  test("is kept while one of several references remains", async () => {
    const s = setup();
    const id = await s.blob();
    await s.reference(id);
    await s.reference(id);
    await s.release(id);
    assert.deepEqual(await sweepReleased(s.sweep()), { deleted: 0, dueAtMs: undefined });
    assert.equal(await s.storage.snapshot((tx) => isReferenced(tx, id)), true);
    await s.release(id);
    assert.equal(await s.storage.snapshot((tx) => isReferenced(tx, id)), false);
    await assert.rejects(s.release(id), /without having been referenced/);
    await assert.rejects(s.reference(id), /can not be referenced again/);
  });

  test("many take several steps", async () => {
    const s = setup();
    for (let i = 0; i < SWEEP_PAGE + 10; i++) {
      const id = await s.blob();
      await s.reference(id);
      await s.release(id);
    }
    let deleted = 0;
    let steps = 0;
    for (;;) {
      const step = await sweepReleased(s.sweep());
      deleted += step.deleted;
      steps++;
      if (step.dueAtMs === undefined) break;
      await s.clock.advance(Math.max(1, step.dueAtMs - s.clock.now()));
    }
    assert.equal(deleted, SWEEP_PAGE + 10);
    assert.ok(steps < 8, `${steps} steps`);
    assert.deepEqual(await s.ids(), []);
  });

  test("goes in its time, however many more are let go of meanwhile", async () => {
    const s = setup();
    const released = async () => {
      const id = await s.blob();
      await s.reference(id);
      await s.release(id);
      return id;
    };
    const early = await Promise.all(Array.from({ length: SWEEP_PAGE }, released));
    await sweepReleased(s.sweep());
    await s.clock.advance(RELEASE_GRACE_MS / 2);
    const late = await Promise.all(Array.from({ length: SWEEP_PAGE }, released));
    await sweepReleased(s.sweep());
    await s.clock.advance(RELEASE_GRACE_MS / 2);
    assert.equal((await sweepReleased(s.sweep())).deleted, early.length);
    assert.deepEqual(await s.ids(), late.sort());
    await s.clock.advance(RELEASE_GRACE_MS / 2);
    assert.equal((await sweepReleased(s.sweep())).deleted, late.length);
    assert.deepEqual(await s.ids(), []);
  });
});

describe("a blob that nobody ever pointed to", () => {
  test("is deleted after its grace; what is referenced or let go of is left to others", async () => {
    const s = setup();
    const [orphan, referenced, released] = [await s.blob(), await s.blob(), await s.blob()];
    for (const id of [referenced, released]) await s.reference(id);
    await s.release(released);
    await s.clock.advance(ORPHAN_GRACE_MS - 1);
    assert.deepEqual(await sweepOrphans(s.sweep(), undefined), { deleted: 0, after: undefined });
    await s.clock.advance(1);
    const young = await s.blob();
    assert.deepEqual(await sweepOrphans(s.sweep(), undefined), { deleted: 1, after: undefined });
    assert.ok(!(await s.ids()).includes(orphan));
    assert.deepEqual(await s.ids(), [referenced, released, young].sort());
  });

  test("is found in pages", async () => {
    const s = setup();
    const kept: string[] = [];
    for (let i = 0; i < SWEEP_PAGE * 2 + 5; i++) {
      const id = await s.blob();
      if (i % 3 === 0) continue;
      kept.push(id);
      await s.reference(id);
    }
    await s.clock.advance(ORPHAN_GRACE_MS);
    let after: string | undefined;
    let pages = 0;
    do {
      ({ after } = await sweepOrphans(s.sweep(), after));
      pages++;
    } while (after !== undefined);
    assert.equal(pages, 3);
    assert.deepEqual(await s.ids(), kept.sort());
  });
});
