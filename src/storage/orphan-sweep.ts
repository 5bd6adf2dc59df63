// Deletes blobs that nobody needs: those that records have let go of, and those that were written and never pointed to,
// as a crash between the two leaves them. It must never delete what a record points to, or may yet.
import { forgetBlob, isLeaving, isReferenced, leavingBlobs, noteReleases } from "./blob-references.ts";
import type { BlobStore } from "./blobs.ts";
import type { Storage } from "./transaction.ts";

/** A blob without a reference is left alone for this long after it was written, in ms: its transaction may still come. */
export const ORPHAN_GRACE_MS = 3_600_000;
/**
 * A blob that was let go of stays for this long, in ms: a reader may have found its id just before, and one that reads many in a
 * row, as of an object in parts, comes to the last of them late.
 */
export const RELEASE_GRACE_MS = 15 * 60_000;
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
  const noted = await storage.transact((tx) => noteReleases(tx, nowMs, SWEEP_PAGE));
  const found = await storage.snapshot((tx) => leavingBlobs(tx, SWEEP_PAGE));
  const ripe = found.filter(({ sinceMs }) => sinceMs + RELEASE_GRACE_MS <= nowMs);
  for (const { id } of ripe) await blobs.delete(id);
  if (ripe.length > 0) {
    await storage.transact(async (tx) => {
      for (const { id } of ripe) await forgetBlob(tx, id);
    });
  }
  if (noted === SWEEP_PAGE || ripe.length === SWEEP_PAGE) return { deleted: ripe.length, dueAtMs: nowMs };
  const first = found[ripe.length];
  return { deleted: ripe.length, dueAtMs: first && first.sinceMs + RELEASE_GRACE_MS };
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
    for (const { id } of old) if (!(await isReferenced(tx, id)) && !(await isLeaving(tx, id))) out.push(id);
    return out;
  });
  for (const id of orphans) await blobs.delete(id);
  return { deleted: orphans.length, after: page.length === SWEEP_PAGE ? page.at(-1)?.id : undefined };
}
