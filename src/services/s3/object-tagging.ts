// Tags of objects. They change without a new object: neither its ETag nor its time moves.
import type { Context } from "../../contract/context.ts";
import type { OperationOf } from "../../contract/service.ts";
import { type BucketInput, bucketOf } from "./access.ts";
import { checkTags, type Tag } from "./attributes.ts";
import { noSuchKey, tooManyObjectTags } from "./errors.ts";
import { checkVersion } from "./get-object.ts";
import { objects } from "./keys.ts";
import { OBJECT_TAGS_MAX } from "./limits.ts";
import type { ObjectEvent } from "./notification-rules.ts";
import { announce } from "./notify.ts";

interface ObjectInput extends BucketInput {
  readonly Key: string;
  readonly VersionId?: string | undefined;
}

export const putObjectTagging: OperationOf<"s3", "PutObjectTagging"> = async (context, input) => {
  const tags = input.Tagging.TagSet;
  checkTags(tags);
  if (tags.length > OBJECT_TAGS_MAX) throw tooManyObjectTags();
  await setTags(context, input, tags, "ObjectTagging:Put");
  return {};
};

export const deleteObjectTagging: OperationOf<"s3", "DeleteObjectTagging"> = async (context, input) => {
  await setTags(context, input, [], "ObjectTagging:Delete");
  return {};
};

export const getObjectTagging: OperationOf<"s3", "GetObjectTagging"> = (context, input) =>
  context.storage.snapshot(async (tx) => {
    const bucket = await bucketOf(context, tx, input);
    checkVersion(input.Key, input.VersionId);
    const object = await objects.get(tx, [bucket.id, input.Key]);
    if (!object) throw noSuchKey(input.Key);
    return { TagSet: object.tags ?? [] };
  });

async function setTags(context: Context, input: ObjectInput, tags: readonly Tag[], event: ObjectEvent): Promise<void> {
  await context.storage.transact(async (tx) => {
    const bucket = await bucketOf(context, tx, input);
    checkVersion(input.Key, input.VersionId);
    const object = await objects.get(tx, [bucket.id, input.Key]);
    if (!object) throw noSuchKey(input.Key);
    const { tags: _before, ...rest } = object;
    objects.set(tx, [bucket.id, input.Key], { ...rest, ...(tags.length > 0 && { tags }) });
    await announce(context, tx, bucket, { event, key: input.Key, etag: object.etag });
  });
}
