// Which blobs records point to. A service that writes a pointer to a blob says so in the same transaction, and says so
// again when the pointer goes: a blob is then never without a record for long, nor a record without its blob.
import { assert } from "../kernel/assert.ts";
import { Collection } from "./collection.ts";
import type { ReadTransaction, Transaction } from "./transaction.ts";

/** By blob: how many records point to it. */
const references = new Collection<[blobId: string], number>("storage", "blob-references");

/** By blob: since when nobody points to it any more, once the sweep has seen that; 0 before. */
export const released = new Collection<[blobId: string], number>("storage", "blobs-released");

/** One more record points to the blob. */
export async function referenceBlob(tx: Transaction, id: string): Promise<void> {
  const count = (await references.get(tx, [id])) ?? 0;
  assert(count > 0 || !(await released.has(tx, [id])), `the blob ${id} was let go of before: it can not be referenced again`);
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
  released.set(tx, [id], 0);
}

export function isReferenced(tx: ReadTransaction, id: string): Promise<boolean> {
  return references.has(tx, [id]);
}
