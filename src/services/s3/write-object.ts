// The write that every way of making an object ends with: the record, its bytes or the pointer to them, and the event, in
// one transaction. What stood under the key before lets go of its bytes.
import type { Context } from "../../contract/context.ts";
import { AwsError } from "../../kernel/errors.ts";
import { referenceBlob } from "../../storage/blob-references.ts";
import type { Transaction } from "../../storage/transaction.ts";
import type { Attributes, Encryption } from "./attributes.ts";
import { dropBody } from "./body-store.ts";
import type { ChecksumValues } from "./checksums.ts";
import { type BodyPart, type Bucket, bodies, type ChecksumType, objects, type Place, type StoredObject } from "./keys.ts";
import type { ObjectEvent } from "./notification-rules.ts";
import { announce } from "./notify.ts";
import { discard, type ReceivedBody } from "./receive-body.ts";

export interface NewObject extends Attributes {
  readonly size: number;
  readonly etag: string;
  readonly checksums: ChecksumValues;
  readonly checksumType: ChecksumType;
  readonly content: { readonly bytes: Uint8Array } | { readonly blobId: string } | { readonly parts: readonly BodyPart[] };
  readonly upload?: NonNullable<StoredObject["upload"]>;
}

/** @param existing what stands under the key now, as this transaction read it. */
export async function writeObject(
  context: Context,
  tx: Transaction,
  bucket: Bucket,
  key: string,
  existing: StoredObject | undefined,
  fresh: NewObject,
  event: ObjectEvent,
): Promise<StoredObject> {
  const { content, ...rest } = fresh;
  // First the new pointer, then the old one goes: a copy onto itself keeps its blob. Parts were pointed to when they came.
  if ("blobId" in content) await referenceBlob(tx, content.blobId);
  if (existing) await dropBody(tx, bucket.id, key, existing);
  const encryption = fresh.encryption ?? bucket.encryption;
  const object: StoredObject = {
    ...rest,
    ...(encryption && { encryption }),
    modifiedAtMs: wholeSeconds(context.clock.now()),
    place: placeOf(content),
  };
  if (!("blobId" in content) && fresh.size > 0) bodies.set(tx, [bucket.id, key], content);
  objects.set(tx, [bucket.id, key], object);
  await announce(context, tx, bucket, { event, key, size: object.size, etag: object.etag });
  return object;
}

function placeOf(content: NewObject["content"]): Place {
  if ("blobId" in content) return { kind: "blob", id: content.blobId };
  return { kind: "bytes" in content ? "inline" : "parts" };
}

export function wholeSeconds(ms: number): number {
  return Math.floor(ms / 1000) * 1000;
}

/** Runs the transaction that points to a received body, and removes the body when the transaction refuses it. */
export async function pointTo<T>(context: Context, received: ReceivedBody, write: (tx: Transaction) => Promise<T>): Promise<T> {
  try {
    return await context.storage.transact(write);
  } catch (error) {
    // After any other failure the commit may have happened: a blob that nothing points to is the orphan sweep's.
    if (error instanceof AwsError) await discard(context, received);
    throw error;
  }
}

/** The encryption members of answers. */
export function encryptionFields(encryption: Encryption | undefined) {
  return {
    ServerSideEncryption: encryption?.algorithm,
    SSEKMSKeyId: encryption?.kmsKeyId,
    BucketKeyEnabled: encryption?.bucketKey,
  };
}
