// DeleteObject and DeleteObjects. Deleting what is not there succeeds, and tells nobody.
import type { Context } from "../../contract/context.ts";
import type { OutputOf } from "../../contract/models.ts";
import type { OperationOf } from "../../contract/service.ts";
import { AwsError } from "../../kernel/errors.ts";
import type { Transaction } from "../../storage/transaction.ts";
import { bucketOf, noteRegion } from "./access.ts";
import { checkKey } from "./attributes.ts";
import { dropBody } from "./body-store.ts";
import { checkDelete } from "./conditions.ts";
import { malformedXml, notImplemented } from "./errors.ts";
import { checkVersion } from "./get-object.ts";
import { type Bucket, objects, type StoredObject } from "./keys.ts";
import { DELETE_KEYS_MAX } from "./limits.ts";
import type { ObjectEvent } from "./notification-rules.ts";
import { announce } from "./notify.ts";

export const deleteObject: OperationOf<"s3", "DeleteObject"> = async (context, input) => {
  if (input.IfMatchSize !== undefined) throw notImplemented("x-amz-if-match-size");
  if (input.IfMatchLastModifiedTime !== undefined) throw notImplemented("x-amz-if-match-last-modified-time");
  checkKey(input.Key);
  const bucket = await context.storage.transact(async (tx) => {
    const bucket = await bucketOf(context, tx, input);
    checkVersion(input.Key, input.VersionId);
    await removeUnder(context, tx, bucket, input.Key, input.IfMatch);
    return bucket;
  });
  noteRegion(context, bucket);
  return {};
};

export const deleteObjects: OperationOf<"s3", "DeleteObjects"> = async (context, input) => {
  const entries = input.Delete.Objects;
  if (entries.length === 0 || entries.length > DELETE_KEYS_MAX) throw malformedXml();
  const { bucket, output } = await context.storage.transact(async (tx) => {
    const bucket = await bucketOf(context, tx, input);
    const deleted: NonNullable<OutputOf<"s3", "DeleteObjects">["Deleted"]>[number][] = [];
    const errors: NonNullable<OutputOf<"s3", "DeleteObjects">["Errors"]>[number][] = [];
    for (const entry of entries) {
      const version = entry.VersionId === undefined ? {} : { VersionId: entry.VersionId };
      try {
        if (entry.Size !== undefined || entry.LastModifiedTime !== undefined)
          throw notImplemented("Size or LastModifiedTime of an object to delete");
        checkVersion(entry.Key, entry.VersionId);
        checkKey(entry.Key);
        await removeUnder(context, tx, bucket, entry.Key, entry.ETag);
        deleted.push({ Key: entry.Key, ...version });
      } catch (error) {
        if (!(error instanceof AwsError)) throw error;
        errors.push({ Key: entry.Key, ...version, Code: error.code, Message: error.message });
      }
    }
    return { bucket, output: { ...(input.Delete.Quiet !== true && { Deleted: deleted }), ...(errors.length > 0 && { Errors: errors }) } };
  });
  noteRegion(context, bucket);
  return output;
};

async function removeUnder(context: Context, tx: Transaction, bucket: Bucket, key: string, ifMatch: string | undefined): Promise<void> {
  const existing = await objects.get(tx, [bucket.id, key]);
  checkDelete(ifMatch, existing);
  if (existing) await removeObject(context, tx, bucket, key, existing, "ObjectRemoved:Delete");
}

/** Takes an object away, with its bytes and its event. */
export async function removeObject(
  context: Context,
  tx: Transaction,
  bucket: Bucket,
  key: string,
  object: StoredObject,
  event: ObjectEvent,
): Promise<void> {
  await dropBody(tx, bucket.id, key, object);
  objects.delete(tx, [bucket.id, key]);
  await announce(context, tx, bucket, { event, key });
}
