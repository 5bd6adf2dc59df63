// Multipart uploads: begin, abort, list. Parts are in upload-parts.ts, the end in complete-upload.ts.
import type { Context } from "../../contract/context.ts";
import type { InputOf } from "../../contract/models.ts";
import { defineJob, type JobScope, type OperationOf } from "../../contract/service.ts";
import { hex } from "../../kernel/ids.ts";
import { releaseBlob } from "../../storage/blob-references.ts";
import type { ReadTransaction, Transaction } from "../../storage/transaction.ts";
import { type BucketInput, bucketOf, noteRegion } from "./access.ts";
import { checkAcl } from "./acl.ts";
import { readAttributes } from "./attributes.ts";
import { type ChecksumAlgorithm, supported } from "./checksums.ts";
import { invalidRequest, noSuchUpload, notImplemented } from "./errors.ts";
import { type Bucket, type ChecksumType, parts, type Upload, uploads } from "./keys.ts";
import { PAGE_MAX, PART_NUMBER_MAX } from "./limits.ts";
import { nameEncoder, pageSize } from "./list-objects.ts";
import { list } from "./listing.ts";
import { ownerOf } from "./owner.ts";
import { encryptionFields, wholeSeconds } from "./write-object.ts";

/** Digits of an upload id that are its time, so that ids of one key order by it; and digits of chance. */
const TIME_DIGITS = 12;
const CHANCE_DIGITS = 52;

export const createMultipartUpload: OperationOf<"s3", "CreateMultipartUpload"> = async (context, input) => {
  const attributes = readAttributes(context, input);
  const checksum = uploadChecksum(input);
  const nowMs = context.clock.now();
  const uploadId = nowMs.toString(16).padStart(TIME_DIGITS, "0") + hex(context.random, CHANCE_DIGITS);
  const bucket = await context.storage.transact(async (tx) => {
    const bucket = await bucketOf(context, tx, input);
    checkAcl(context, bucket, input);
    const encryption = attributes.encryption ?? bucket.encryption;
    const upload: Upload = {
      ...attributes,
      ...(encryption && { encryption }),
      ...(checksum && { checksum }),
      initiatedAtMs: wholeSeconds(nowMs),
    };
    uploads.set(tx, [bucket.id, input.Key, uploadId], upload);
    return bucket;
  });
  noteRegion(context, bucket);
  return {
    Bucket: input.Bucket,
    Key: input.Key,
    UploadId: uploadId,
    ...(checksum && { ChecksumAlgorithm: checksum.algorithm, ChecksumType: checksum.type }),
    ...encryptionFields(attributes.encryption ?? bucket.encryption),
  };
};

/** The checksum that all parts are to bear, when the client names one. */
function uploadChecksum(input: InputOf<"s3", "CreateMultipartUpload">): Upload["checksum"] {
  if (input.ChecksumAlgorithm === undefined) {
    if (input.ChecksumType !== undefined) {
      throw invalidRequest("The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.");
    }
    return undefined;
  }
  const algorithm = supported(input.ChecksumAlgorithm);
  const type = input.ChecksumType ?? (algorithm === "CRC64NVME" ? "FULL_OBJECT" : "COMPOSITE");
  if (!typesOf(algorithm).includes(type)) {
    throw invalidRequest(`The ${type} checksum type cannot be used with the ${algorithm.toLowerCase()} checksum algorithm.`);
  }
  return { algorithm, type };
}

/** Only CRCs of parts combine to that of the whole; CRC-64 exists of wholes alone. */
function typesOf(algorithm: ChecksumAlgorithm): ChecksumType[] {
  if (algorithm === "CRC64NVME") return ["FULL_OBJECT"];
  return algorithm === "CRC32" || algorithm === "CRC32C" ? ["COMPOSITE", "FULL_OBJECT"] : ["COMPOSITE"];
}

export interface UploadInput extends BucketInput {
  readonly Key: string;
  readonly UploadId: string;
}

export async function uploadOf(
  context: Context,
  tx: ReadTransaction,
  input: UploadInput,
): Promise<{ readonly bucket: Bucket; readonly upload: Upload }> {
  const bucket = await bucketOf(context, tx, input);
  const upload = await uploads.get(tx, [bucket.id, input.Key, input.UploadId]);
  if (!upload) throw noSuchUpload(input.UploadId);
  return { bucket, upload };
}

export const abortMultipartUpload: OperationOf<"s3", "AbortMultipartUpload"> = async (context, input) => {
  if (input.IfMatchInitiatedTime !== undefined) throw notImplemented("x-amz-if-match-initiated-time");
  await context.storage.transact(async (tx) => {
    const { bucket } = await uploadOf(context, tx, input);
    await removeUpload(tx, bucket.id, input.Key, input.UploadId);
  });
  return {};
};

/** Takes an upload away, with the bytes of its parts. */
export async function removeUpload(tx: Transaction, bucketId: string, key: string, uploadId: string): Promise<void> {
  for (const part of await parts.scan(tx, [uploadId], { limit: PART_NUMBER_MAX })) {
    await releaseBlob(tx, part.value.blobId);
    parts.delete(tx, part.key);
  }
  uploads.delete(tx, [bucketId, key, uploadId]);
}

export const listMultipartUploads: OperationOf<"s3", "ListMultipartUploads"> = async (context, input) => {
  const limit = Math.max(pageSize(input.MaxUploads, "max-uploads"), 1);
  const keyMarker = input.KeyMarker;
  const { bucket, listing } = await context.storage.snapshot(async (tx) => {
    const bucket = await bucketOf(context, tx, input);
    const listing = await list(tx, uploads, bucket.id, {
      prefix: input.Prefix ?? "",
      delimiter: input.Delimiter,
      after: keyMarker,
      // Without a key the marker of an upload means nothing.
      ...(keyMarker && input.UploadIdMarker && { afterRecord: [bucket.id, keyMarker, input.UploadIdMarker] }),
      limit,
    });
    return { bucket, listing };
  });
  noteRegion(context, bucket);
  const encode = nameEncoder(input.EncodingType);
  const owner = ownerOf(bucket.account);
  const last = listing.entries.at(-1);
  return {
    Bucket: bucket.name,
    KeyMarker: encode(keyMarker ?? ""),
    UploadIdMarker: input.UploadIdMarker ?? "",
    MaxUploads: limit,
    IsTruncated: listing.truncated,
    Prefix: encode(input.Prefix ?? ""),
    ...(input.Delimiter && { Delimiter: encode(input.Delimiter) }),
    ...(input.EncodingType && { EncodingType: input.EncodingType }),
    ...(listing.truncated &&
      last && { NextKeyMarker: encode(last.name), ...(last.kind === "record" && { NextUploadIdMarker: last.record.key[2] }) }),
    Uploads: listing.entries.flatMap((entry) =>
      entry.kind === "prefix"
        ? []
        : [
            {
              Key: encode(entry.name),
              UploadId: entry.record.key[2],
              Initiated: new Date(entry.record.value.initiatedAtMs),
              StorageClass: entry.record.value.storageClass ?? "STANDARD",
              Owner: owner,
              Initiator: owner,
              ...(entry.record.value.checksum && {
                ChecksumAlgorithm: entry.record.value.checksum.algorithm,
                ChecksumType: entry.record.value.checksum.type,
              }),
            },
          ],
    ),
    CommonPrefixes: listing.entries.flatMap((entry) => (entry.kind === "prefix" ? [{ Prefix: encode(entry.name) }] : [])),
  };
};

interface Clear extends JobScope {
  readonly bucketId: string;
}

/** Takes away the uploads that a deleted bucket left, one transaction each. */
export const clearJob = defineJob<Clear>({
  concurrency: 2,
  leaseMs: 60_000,
  retry: { attemptsMax: Number.POSITIVE_INFINITY, backoffMs: 1_000, backoffMsMax: 600_000 },
  async run(context, { bucketId }) {
    for (;;) {
      const found = await context.storage.snapshot((tx) => uploads.scan(tx, [bucketId], { limit: PAGE_MAX }));
      for (const { key } of found) await context.storage.transact((tx) => removeUpload(tx, ...key));
      if (found.length < PAGE_MAX) return;
    }
  },
});
