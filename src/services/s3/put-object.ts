// PutObject: takes in a body, then points to it under the conditions that the request names.
import type { OperationOf } from "../../contract/service.ts";
import { bucketOf, noteRegion } from "./access.ts";
import { checkAcl } from "./acl.ts";
import { readAttributes } from "./attributes.ts";
import { checksumFields, DEFAULT_ALGORITHM, requestedChecksum } from "./checksums.ts";
import { checkWrite } from "./conditions.ts";
import { notImplemented } from "./errors.ts";
import { objects } from "./keys.ts";
import { declaredBytes, receiveBody } from "./receive-body.ts";
import { encryptionFields, pointTo, writeObject } from "./write-object.ts";

export const putObject: OperationOf<"s3", "PutObject"> = async (context, input) => {
  if (input.WriteOffsetBytes !== undefined) throw notImplemented("x-amz-write-offset-bytes");
  const attributes = readAttributes(context, input);
  const asked = requestedChecksum(input, context.headers);
  const algorithm = asked?.algorithm ?? DEFAULT_ALGORITHM;
  const conditions = { ifMatch: input.IfMatch, ifNoneMatch: input.IfNoneMatch };
  const received = await receiveBody(context, input.Body, {
    algorithms: [algorithm],
    expectedMd5: input.ContentMD5,
    declaredBytes: declaredBytes(context, input.ContentLength),
    ...(asked?.value !== undefined && { expected: { [algorithm]: asked.value } }),
    // A large body is not taken in for a bucket that is not there, or under a condition that fails already.
    beforeBlob: () =>
      context.storage.snapshot(async (tx) => {
        const bucket = await bucketOf(context, tx, input);
        checkAcl(context, bucket, input);
        checkWrite(conditions, input.Key, await objects.get(tx, [bucket.id, input.Key]));
      }),
  });
  const { size, md5, checksums, content } = received;
  const { bucket, object } = await pointTo(context, received, async (tx) => {
    const bucket = await bucketOf(context, tx, input);
    checkAcl(context, bucket, input);
    const existing = await objects.get(tx, [bucket.id, input.Key]);
    checkWrite(conditions, input.Key, existing);
    const fresh = { ...attributes, size, etag: md5, checksums, checksumType: "FULL_OBJECT", content } as const;
    const object = await writeObject(context, tx, bucket, input.Key, existing, fresh, "ObjectCreated:Put");
    return { bucket, object };
  });
  noteRegion(context, bucket);
  return {
    ETag: `"${object.etag}"`,
    ...checksumFields(object.checksums),
    ChecksumType: object.checksumType,
    ...encryptionFields(object.encryption),
  };
};
