// Parts of a multipart upload: sent, copied, listed. Each is a blob of its own, whatever its size.
import type { Context } from "../../contract/context.ts";
import type { ByteStream } from "../../contract/models.ts";
import type { OperationOf } from "../../contract/service.ts";
import { referenceBlob, releaseBlob } from "../../storage/blob-references.ts";
import { type bucketOf, noteRegion } from "./access.ts";
import { readBody, streamOf } from "./body-store.ts";
import { algorithmsOf, type ChecksumAlgorithm, checksumFields, DEFAULT_ALGORITHM, requestedChecksum } from "./checksums.ts";
import { findSource, parseCopySource } from "./copy-source.ts";
import { invalidArgument, invalidRequest, notImplemented } from "./errors.ts";
import { type Bucket, type Part, parts, type Upload } from "./keys.ts";
import { PART_NUMBER_MAX, PUT_BYTES_MAX } from "./limits.ts";
import { pageSize } from "./list-objects.ts";
import { ownerOf } from "./owner.ts";
import { parseCopyRange } from "./ranges.ts";
import { declaredBytes, type Reception, receiveBody } from "./receive-body.ts";
import { type UploadInput, uploadOf } from "./uploads.ts";
import { encryptionFields, pointTo, wholeSeconds } from "./write-object.ts";

export const uploadPart: OperationOf<"s3", "UploadPart"> = async (context, input) => {
  checkNumber(input.PartNumber);
  if (input.SSECustomerAlgorithm ?? input.SSECustomerKey) throw notImplemented("x-amz-server-side-encryption-customer-algorithm");
  const asked = requestedChecksum(input, context.headers);
  const { bucket, upload } = await context.storage.snapshot((tx) => uploadOf(context, tx, input));
  noteRegion(context, bucket);
  const algorithms = algorithmsFor(upload, asked?.algorithm);
  const part = await takePart(context, input, input.PartNumber, input.Body, {
    algorithms,
    expectedMd5: input.ContentMD5,
    declaredBytes: declaredBytes(context, input.ContentLength),
    ...(asked?.value !== undefined && { expected: { [asked.algorithm]: asked.value } }),
  });
  const told = asked?.algorithm ?? upload.checksum?.algorithm ?? DEFAULT_ALGORITHM;
  return {
    ETag: `"${part.etag}"`,
    ...checksumFields({ ...(part.checksums[told] !== undefined && { [told]: part.checksums[told] }) }),
    ...encryptionFields(upload.encryption),
  };
};

export const uploadPartCopy: OperationOf<"s3", "UploadPartCopy"> = async (context, input) => {
  checkNumber(input.PartNumber);
  if (input.SSECustomerAlgorithm ?? input.SSECustomerKey) throw notImplemented("x-amz-server-side-encryption-customer-algorithm");
  const source = parseCopySource(input.CopySource);
  const { bucket, upload, found } = await context.storage.snapshot(async (tx) => ({
    ...(await uploadOf(context, tx, input)),
    found: await findSource(context, tx, source, input),
  }));
  noteRegion(context, bucket);
  const range = input.CopySourceRange === undefined ? undefined : parseCopyRange(input.CopySourceRange, found.object.size);
  const size = range ? range.end - range.start + 1 : found.object.size;
  if (size > PUT_BYTES_MAX) {
    throw invalidRequest(`The specified copy source is larger than the maximum allowable size for a copy source: ${PUT_BYTES_MAX}`);
  }
  const body = streamOf(readBody(context, found.object, found.body, range));
  const part = await takePart(context, input, input.PartNumber, body, { algorithms: algorithmsFor(upload, undefined) });
  return {
    CopyPartResult: { ETag: `"${part.etag}"`, LastModified: new Date(part.modifiedAtMs), ...checksumFields(part.checksums) },
    ...encryptionFields(upload.encryption),
  };
};

function checkNumber(number: number): void {
  if (number >= 1 && number <= PART_NUMBER_MAX) return;
  throw invalidArgument("Part number must be an integer between 1 and 10000, inclusive", "partNumber", String(number));
}

/** What is computed of a part: what the upload was begun with; else the default, which combines, and what the part names. */
function algorithmsFor(upload: Upload, asked: ChecksumAlgorithm | undefined): ChecksumAlgorithm[] {
  const expected = upload.checksum?.algorithm;
  if (expected === undefined) return [...new Set([DEFAULT_ALGORITHM, asked ?? DEFAULT_ALGORITHM])];
  if (asked !== undefined && asked !== expected) {
    throw invalidRequest(
      `Checksum Type mismatch occurred, expected checksum Type: ${expected.toLowerCase()}, actual checksum Type: ${asked.toLowerCase()}`,
    );
  }
  return [expected];
}

async function takePart(
  context: Context,
  input: UploadInput,
  number: number,
  body: ByteStream | undefined,
  reception: Reception,
): Promise<Part> {
  const received = await receiveBody(context, body, { ...reception, inlineBytesMax: 0 });
  if (!("blobId" in received.content)) throw new Error("a part is always a blob");
  const part: Part = {
    number,
    size: received.size,
    blobId: received.content.blobId,
    etag: received.md5,
    checksums: received.checksums,
    modifiedAtMs: wholeSeconds(context.clock.now()),
  };
  await pointTo(context, received, async (tx) => {
    // The upload may have ended while the bytes came in.
    await uploadOf(context, tx, input);
    const before = await parts.get(tx, [input.UploadId, number]);
    if (before) await releaseBlob(tx, before.blobId);
    await referenceBlob(tx, part.blobId);
    parts.set(tx, [input.UploadId, number], part);
  });
  return part;
}

export const listParts: OperationOf<"s3", "ListParts"> = async (context, input) => {
  const limit = pageSize(input.MaxParts, "max-parts");
  const marker = readMarker(input.PartNumberMarker);
  const { bucket, upload, found } = await context.storage.snapshot(async (tx) => {
    const { bucket, upload } = await uploadOf(context, tx, input);
    return { bucket, upload, found: await partsAfter(tx, input.UploadId, marker, limit + 1) };
  });
  noteRegion(context, bucket);
  const page = found.slice(0, limit);
  return {
    Bucket: bucket.name,
    Key: input.Key,
    UploadId: input.UploadId,
    PartNumberMarker: String(marker),
    NextPartNumberMarker: String(page.at(-1)?.number ?? marker),
    MaxParts: limit,
    IsTruncated: limit > 0 && found.length > limit,
    StorageClass: upload.storageClass ?? "STANDARD",
    ...ownersOf(bucket),
    ...(upload.checksum && { ChecksumAlgorithm: upload.checksum.algorithm, ChecksumType: upload.checksum.type }),
    Parts: page.map((part) => ({
      PartNumber: part.number,
      LastModified: new Date(part.modifiedAtMs),
      ETag: `"${part.etag}"`,
      Size: part.size,
      // The default is S3's own affair until the object is complete.
      ...checksumFields(upload.checksum || algorithmsOf(part.checksums).length > 1 ? part.checksums : {}),
    })),
  };
};

function ownersOf(bucket: Bucket) {
  const owner = ownerOf(bucket.account);
  return { Owner: owner, Initiator: owner };
}

function readMarker(marker: string | undefined): number {
  if (marker === undefined || marker === "") return 0;
  if (!/^\d{1,10}$/.test(marker)) {
    throw invalidArgument("Provided part-number-marker not an integer or within integer range", "part-number-marker", marker);
  }
  return Number(marker);
}

async function partsAfter(tx: Parameters<typeof bucketOf>[1], uploadId: string, marker: number, limit: number): Promise<Part[]> {
  const found = await parts.scan(tx, [uploadId], { limit, after: [uploadId, marker] });
  return found.map((record) => record.value);
}
