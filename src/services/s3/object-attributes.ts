// GetObjectAttributes: what an object is, without its bytes.
import { withHeaders } from "../../contract/answer.ts";
import type { InputOf, OutputOf } from "../../contract/models.ts";
import type { OperationOf } from "../../contract/service.ts";
import { bucketOf, noteRegion } from "./access.ts";
import { sideBody } from "./body-store.ts";
import { checksumFields } from "./checksums.ts";
import { invalidArgument, noSuchKey, notImplemented } from "./errors.ts";
import { checkVersion } from "./get-object.ts";
import { objects, type StoredBody, type StoredObject } from "./keys.ts";
import { PAGE_MAX } from "./limits.ts";

export const getObjectAttributes: OperationOf<"s3", "GetObjectAttributes"> = async (context, input) => {
  if (input.SSECustomerAlgorithm ?? input.SSECustomerKey) throw notImplemented("x-amz-server-side-encryption-customer-algorithm");
  const { bucket, object, body } = await context.storage.snapshot(async (tx) => {
    const bucket = await bucketOf(context, tx, input);
    checkVersion(input.Key, input.VersionId);
    const object = await objects.get(tx, [bucket.id, input.Key]);
    if (!object) throw noSuchKey(input.Key);
    return { bucket, object, body: await sideBody(tx, bucket.id, input.Key, object) };
  });
  noteRegion(context, bucket);
  const wanted = new Set<string>(input.ObjectAttributes);
  const output: OutputOf<"s3", "GetObjectAttributes"> = {
    LastModified: new Date(object.modifiedAtMs),
    ...(wanted.has("ETag") && { ETag: object.etag }),
    ...(wanted.has("Checksum") && { Checksum: { ...checksumFields(object.checksums), ChecksumType: object.checksumType } }),
    ...(wanted.has("ObjectParts") && object.upload && { ObjectParts: partsOf(input, object, body) }),
    ...(wanted.has("StorageClass") && { StorageClass: object.storageClass ?? "STANDARD" }),
    ...(wanted.has("ObjectSize") && { ObjectSize: object.size }),
  };
  return withHeaders(output, { "last-modified": new Date(object.modifiedAtMs).toUTCString() });
};

/** S3 shows single parts only of uploads that were begun with a composite checksum. */
function partsOf(input: InputOf<"s3", "GetObjectAttributes">, object: StoredObject, body: StoredBody | undefined) {
  const parts = body && "parts" in body && object.checksumType === "COMPOSITE" ? body.parts : [];
  const limit = Math.min(input.MaxParts ?? PAGE_MAX, PAGE_MAX);
  const marker = Number(input.PartNumberMarker ?? 0);
  if (!Number.isInteger(marker) || marker < 0) {
    throw invalidArgument(
      "Provided part-number-marker not an integer or within integer range",
      "part-number-marker",
      input.PartNumberMarker,
    );
  }
  const rest = parts.filter((part) => part.number > marker);
  const page = rest.slice(0, limit);
  return {
    TotalPartsCount: object.upload?.partCount,
    ...(parts.length > 0 && {
      PartNumberMarker: String(marker),
      NextPartNumberMarker: String(page.at(-1)?.number ?? marker),
      MaxParts: limit,
      IsTruncated: rest.length > limit,
      Parts: page.map((part) => ({ PartNumber: part.number, Size: part.size, ...checksumFields(part.checksums) })),
    }),
  };
}
