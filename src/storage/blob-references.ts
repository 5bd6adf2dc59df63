// Which blobs records point to. A service that writes a pointer to a blob says so in the same transaction, and says so
// again when the pointer goes: a blob is then never without a record for long, nor a record without its blob.
import { assert } from "../kernel/assert.ts";
import { Collection } from "./collection.ts";
import type { ReadTransaction, Transaction } from "./transaction.ts";

/** By blob: how many records point to it. */
const references = new Collection<[blobId: string], number>("storage", "blob-references");

/** By blob: since when nobody points to it any more, once the sweep has seen that; `UNSEEN` before. */
const leaving = new Collection<[blobId: string], number>("storage", "blobs-leaving");
/** The same in order of that time: exactly one entry for each of the other. */
const leavingByTime = new Collection<[sinceMs: number, blobId: string], true>("storage", "blobs-leaving-by-time");
/** A transaction has no clock: when it happened is noted by the sweep. */
const UNSEEN = 0;

/** One more record points to the blob. */
export async function referenceBlob(tx: Transaction, id: string): Promise<void> {
  const count = (await references.get(tx, [id])) ?? 0;
  assert(count > 0 || !(await isLeaving(tx, id)), `the blob ${id} was let go of before: it can not be referenced again`);
  references.set(tx, [id], count + 1);
}

/** One record less points to the blob; after the last one, the blob is deleted soon. */
export async function releaseBlob(tx: Transaction, id: string): Promise<void> {
  const count = (await references.get(tx, [id])) ?? 0;
  assert(count > 0, `the blob ${id} was let go of without having been referenced`);
  if (count > 1) {
    references.set(tx, [id], count - 1);
    return;
  }
  references.delete(tx, [id]);
  leaving.set(tx, [id], UNSEEN);
  leavingByTime.set(tx, [UNSEEN, id], true);
}

export function isReferenced(tx: ReadTransaction, id: string): Promise<boolean> {
  return references.has(tx, [id]);
}

/** The last reference went, and the blob is not deleted yet. */
export function isLeaving(tx: ReadTransaction, id: string): Promise<boolean> {
  return leaving.has(tx, [id]);
}

/** Where a blob's last reference shows when it goes: to be watched. */
export const unseenReleases = leavingByTime.rangeOf([UNSEEN]);

/** Notes of up to `limit` blobs that nobody points to them any more from now on; how many they were. */
export async function noteReleases(tx: Transaction, nowMs: number, limit: number): Promise<number> {
  const found = await leavingByTime.scan(tx, [UNSEEN], { limit });
  for (const { key } of found) {
    const [, id] = key;
    leavingByTime.delete(tx, key);
    leavingByTime.set(tx, [nowMs, id], true);
    leaving.set(tx, [id], nowMs);
  }
  return found.length;
}

/** Up to `limit` blobs that nobody points to, those of the longest time first. */
export async function leavingBlobs(tx: ReadTransaction, limit: number): Promise<{ readonly id: string; readonly sinceMs: number }[]> {
  const found = await leavingByTime.scan(tx, [], { limit, from: [UNSEEN + 1] });
  return found.map(({ key }) => ({ id: key[1], sinceMs: key[0] }));
}

/** The blob is deleted. */
export async function forgetBlob(tx: Transaction, id: string): Promise<void> {
  const sinceMs = await leaving.get(tx, [id]);
  if (sinceMs === undefined) return;
  leaving.delete(tx, [id]);
  leavingByTime.delete(tx, [sinceMs, id]);
}
