// Deletes blobs that nobody needs: those that records have let go of, and those that were written and never pointed to,
// as a crash between the two leaves them. It must never delete what a record points to, or may yet.
import { isReferenced, released } from "./blob-references.ts";
import type { BlobStore } from "./blobs.ts";
import type { Storage } from "./transaction.ts";

/** A blob without a reference is left alone for this long after it was written, in ms: its transaction may still come. */
export const ORPHAN_GRACE_MS = 3_600_000;
/** A blob that was let go of stays for this long, in ms: a reader may have found its id just before. */
export const RELEASE_GRACE_MS = 60_000;
/** Blobs that one step looks at. */
export const SWEEP_PAGE = 256;

export interface Sweep {
  readonly storage: Storage;
  readonly blobs: BlobStore;
  readonly nowMs: number;
}

/** One step over the blobs that were let go of. `dueAtMs` is when the next one is worth while; undefined when none is left. */
export async function sweepReleased({
  storage,
  blobs,
  nowMs,
}: Sweep): Promise<{ readonly deleted: number; readonly dueAtMs: number | undefined }> {
  const found = await storage.transact(async (tx) => {
    const page = await released.scan(tx, [], { limit: SWEEP_PAGE });
    for (const { key, value } of page) if (value === 0) released.set(tx, key, nowMs);
    return page;
  });
  const ripe = found.filter(({ value }) => value !== 0 && value + RELEASE_GRACE_MS <= nowMs);
  for (const { key } of ripe) await blobs.delete(key[0]);
  if (ripe.length > 0) {
    await storage.transact(async (tx) => {
      for (const { key } of ripe) released.delete(tx, key);
    });
  }
  if (found.length === 0) return { deleted: 0, dueAtMs: undefined };
  const more = ripe.length === found.length && found.length === SWEEP_PAGE;
  return { deleted: ripe.length, dueAtMs: more ? nowMs : nowMs + RELEASE_GRACE_MS };
}

/** One step over all blobs, from after this id. `after` is where the next step begins; undefined at the end. */
export async function sweepOrphans(
  sweep: Sweep,
  after: string | undefined,
): Promise<{ readonly deleted: number; readonly after: string | undefined }> {
  const { storage, blobs, nowMs } = sweep;
  const page = await blobs.list(after, SWEEP_PAGE);
  const old = page.filter((blob) => blob.writtenAtMs + ORPHAN_GRACE_MS <= nowMs);
  const orphans = await storage.snapshot(async (tx) => {
    const out: string[] = [];
    for (const { id } of old) if (!(await isReferenced(tx, id)) && !(await released.has(tx, [id]))) out.push(id);
    return out;
  });
  for (const id of orphans) await blobs.delete(id);
  return { deleted: orphans.length, after: page.length === SWEEP_PAGE ? page.at(-1)?.id : undefined };
}
