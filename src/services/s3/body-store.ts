// The bytes of objects: small ones beside the record, larger ones in the blob store, multipart ones in the blobs of their
// parts. Blobs are let go in the transaction that drops the last pointer, and go for good after the readers that began before.
import type { Context } from "../../contract/context.ts";
import { releaseBlob } from "../../storage/blob-references.ts";
import type { ReadTransaction, Transaction } from "../../storage/transaction.ts";
import { bodies, type StoredBody, type StoredObject } from "./keys.ts";
import type { ByteRange } from "./ranges.ts";

/** Lets go of the bytes of an object that is overwritten or deleted. Its record is the caller's. */
export async function dropBody(tx: Transaction, bucketId: string, key: string, object: StoredObject): Promise<void> {
  if (object.place.kind === "blob") {
    await releaseBlob(tx, object.place.id);
    return;
  }
  if (object.place.kind === "parts") {
    const body = await bodies.get(tx, [bucketId, key]);
    if (body && "parts" in body) for (const part of body.parts) await releaseBlob(tx, part.blobId);
  }
  bodies.delete(tx, [bucketId, key]);
}

/** What stands beside the record of an object, to be read in the same transaction as the record. */
export async function sideBody(tx: ReadTransaction, bucketId: string, key: string, object: StoredObject): Promise<StoredBody | undefined> {
  return object.place.kind === "blob" || object.size === 0 ? undefined : bodies.get(tx, [bucketId, key]);
}

/** The bytes of an object, or of a range of it. Memory stays constant, however large it is. */
export function readBody(
  context: Context,
  object: StoredObject,
  body: StoredBody | undefined,
  range: ByteRange | undefined,
): AsyncIterable<Uint8Array> | Uint8Array {
  if (object.size === 0) return new Uint8Array(0);
  if (object.place.kind === "blob") return context.blobs.read(object.place.id, range);
  if (body === undefined) throw new Error(`an object of ${object.size} bytes has no body`);
  if ("bytes" in body) return range ? body.bytes.subarray(range.start, range.end + 1) : body.bytes;
  return readParts(context, body.parts, range ?? { start: 0, end: object.size - 1 });
}

async function* readParts(
  context: Context,
  parts: readonly { readonly size: number; readonly blobId: string }[],
  range: ByteRange,
): AsyncGenerator<Uint8Array> {
  let offset = 0;
  for (const part of parts) {
    const start = Math.max(range.start - offset, 0);
    const end = Math.min(range.end - offset, part.size - 1);
    if (part.size > 0 && start <= end) yield* context.blobs.read(part.blobId, { start, end });
    offset += part.size;
    if (offset > range.end) return;
  }
}

/** Any body as a stream, for copies. */
export async function* streamOf(body: AsyncIterable<Uint8Array> | Uint8Array): AsyncGenerator<Uint8Array> {
  if (body instanceof Uint8Array) yield body;
  else yield* body;
}
