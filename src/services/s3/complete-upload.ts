// CompleteMultipartUpload: the named parts become an object, without their bytes being touched again.
import { hash } from "node:crypto";
import type { Context } from "../../contract/context.ts";
import type { InputOf } from "../../contract/models.ts";
import type { OperationOf } from "../../contract/service.ts";
import { combineCrc } from "../../kernel/checksums.ts";
import { releaseBlob } from "../../storage/blob-references.ts";
import type { Transaction } from "../../storage/transaction.ts";
import { bucketOf, noteRegion } from "./access.ts";
import { type ChecksumAlgorithm, type ChecksumValues, checksumFields, checksumOfBytes, DEFAULT_ALGORITHM, valuesOf } from "./checksums.ts";
import { bareEtag, checkWrite } from "./conditions.ts";
import { badDigest, entityTooSmall, invalidPart, invalidPartOrder, invalidRequest, noSuchUpload, notImplemented } from "./errors.ts";
import { type Bucket, type ChecksumType, objects, type Part, parts, type StoredObject, type Upload, uploads } from "./keys.ts";
import { PART_BYTES_MIN, PART_NUMBER_MAX } from "./limits.ts";
import { encryptionFields, writeObject } from "./write-object.ts";

type CompleteRequest = InputOf<"s3", "CompleteMultipartUpload">;
type NamedPart = NonNullable<NonNullable<CompleteRequest["MultipartUpload"]>["Parts"]>[number];

export const completeMultipartUpload: OperationOf<"s3", "CompleteMultipartUpload"> = async (context, input) => {
  if (input.SSECustomerAlgorithm ?? input.SSECustomerKey) throw notImplemented("x-amz-server-side-encryption-customer-algorithm");
  const named = input.MultipartUpload?.Parts ?? [];
  if (named.length === 0) throw invalidRequest("You must specify at least one part");
  const { bucket, object } = await context.storage.transact(async (tx) => {
    const bucket = await bucketOf(context, tx, input);
    const upload = await uploads.get(tx, [bucket.id, input.Key, input.UploadId]);
    const existing = await objects.get(tx, [bucket.id, input.Key]);
    if (upload) return { bucket, object: await complete(context, tx, input, bucket, upload, named, existing) };
    // A client that lost the first answer asks again.
    if (existing?.upload?.id === input.UploadId) return { bucket, object: existing };
    throw noSuchUpload(input.UploadId);
  });
  noteRegion(context, bucket);
  return {
    Location: `${context.clientOrigin}/${bucket.name}/${input.Key.split("/").map(encodeURIComponent).join("/")}`,
    Bucket: bucket.name,
    Key: input.Key,
    ETag: `"${object.etag}"`,
    ...checksumFields(object.checksums),
    ChecksumType: object.checksumType,
    ...encryptionFields(object.encryption),
  };
};

async function complete(
  context: Context,
  tx: Transaction,
  input: CompleteRequest,
  bucket: Bucket,
  upload: Upload,
  named: readonly NamedPart[],
  existing: StoredObject | undefined,
): Promise<StoredObject> {
  checkWrite({ ifMatch: input.IfMatch, ifNoneMatch: input.IfNoneMatch }, input.Key, existing);
  const sent = await parts.scan(tx, [input.UploadId], { limit: PART_NUMBER_MAX });
  const chosen = choose(input.UploadId, named, new Map(sent.map(({ value }) => [value.number, value])));
  checkPartChecksums(upload, named);
  const size = chosen.reduce((sum, part) => sum + part.size, 0);
  if (input.MpuObjectSize !== undefined && input.MpuObjectSize !== size) {
    throw invalidRequest(
      `The provided 'x-amz-mp-object-size' header value ${input.MpuObjectSize} does not match what was computed: ${size}`,
    );
  }
  const { algorithm, type } = upload.checksum ?? { algorithm: DEFAULT_ALGORITHM, type: "FULL_OBJECT" as const };
  if (input.ChecksumType !== undefined && input.ChecksumType !== type) {
    throw invalidRequest(`The upload was created using the ${type} checksum mode. The complete request must use the same checksum mode.`);
  }
  const checksums = { [algorithm]: checksumOfParts(algorithm, type, chosen) };
  checkExpected(input, checksums);
  const { initiatedAtMs: _initiated, checksum: _checksum, ...attributes } = upload;
  const used = new Set(chosen.map((part) => part.number));
  for (const { key, value } of sent) {
    if (!used.has(value.number)) await releaseBlob(tx, value.blobId);
    parts.delete(tx, key);
  }
  uploads.delete(tx, [bucket.id, input.Key, input.UploadId]);
  const fresh = {
    ...attributes,
    size,
    etag: `${hash("md5", Buffer.from(chosen.map((part) => part.etag).join(""), "hex"), "hex")}-${chosen.length}`,
    checksums,
    checksumType: type,
    content: {
      parts: chosen.map(({ number, size: partSize, blobId, checksums: sums }) => ({ number, size: partSize, blobId, checksums: sums })),
    },
    upload: { id: input.UploadId, partCount: chosen.length },
  };
  return writeObject(context, tx, bucket, input.Key, existing, fresh, "ObjectCreated:CompleteMultipartUpload");
}

/** The parts that the request names, in its order, which must be ascending. */
function choose(uploadId: string, named: readonly NamedPart[], sent: ReadonlyMap<number, Part>): Part[] {
  let before = 0;
  for (const { PartNumber = 0 } of named) {
    if (PartNumber <= before) throw invalidPartOrder(uploadId);
    before = PartNumber;
  }
  const chosen = named.map((name) => {
    const { PartNumber = 0, ETag = "" } = name;
    const part = sent.get(PartNumber);
    if (!part || bareEtag(ETag) !== part.etag || !sumsMatch(name, part)) throw invalidPart(uploadId, PartNumber, bareEtag(ETag));
    return part;
  });
  for (const part of chosen.slice(0, -1)) {
    if (part.size < PART_BYTES_MIN) throw entityTooSmall(part.size, PART_BYTES_MIN, part.number, part.etag);
  }
  return chosen;
}

function sumsMatch(named: NamedPart, part: Part): boolean {
  const stored: Readonly<Record<string, string | undefined>> = part.checksums;
  return Object.entries(valuesOf(named)).every(([algorithm, value]) => stored[algorithm] === undefined || stored[algorithm] === value);
}

/** An upload that was begun with a composite checksum is completed with those of its parts. */
function checkPartChecksums(upload: Upload, named: readonly NamedPart[]): void {
  if (upload.checksum?.type !== "COMPOSITE") return;
  const { algorithm } = upload.checksum;
  for (const name of named) {
    if (valuesOf(name)[algorithm] !== undefined) continue;
    throw invalidRequest(
      `The upload was created using a ${algorithm.toLowerCase()} checksum. The complete request must include the checksum for each part. It was missing for part ${name.PartNumber} in the request.`,
    );
  }
}

/** Of the parts' checksums: their combination, or the checksum of all of them with the number of parts behind. */
function checksumOfParts(algorithm: ChecksumAlgorithm, type: ChecksumType, chosen: readonly Part[]): string {
  const values = chosen.map((part) => part.checksums[algorithm] ?? "");
  if (type === "COMPOSITE") {
    const joined = Buffer.concat(values.map((value) => Buffer.from(value, "base64")));
    return `${checksumOfBytes(algorithm, joined)}-${chosen.length}`;
  }
  if (algorithm !== "CRC32" && algorithm !== "CRC32C" && algorithm !== "CRC64NVME") throw new Error(`${algorithm} does not combine`);
  return values.reduce((sum, value, index) => combineCrc(algorithm, sum, value, chosen[index]?.size ?? 0));
}

function checkExpected(input: CompleteRequest, computed: ChecksumValues): void {
  const values: Readonly<Record<string, string | undefined>> = computed;
  for (const [algorithm, value] of Object.entries(valuesOf(input))) {
    const own = values[algorithm];
    if (own !== undefined && own !== value && own.replace(/-\d+$/, "") !== value) throw badDigest(algorithm.toLowerCase());
  }
}
