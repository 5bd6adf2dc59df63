// CopyObject: reads a source and writes it as a new object. Bytes of any size pass through in pieces.
import type { Context } from "../../contract/context.ts";
import type { InputOf } from "../../contract/models.ts";
import type { OperationOf } from "../../contract/service.ts";
import type { Transaction } from "../../storage/transaction.ts";
import { bucketOf, noteRegion } from "./access.ts";
import { checkAcl } from "./acl.ts";
import { type Attributes, readAttributes } from "./attributes.ts";
import { readBody, streamOf } from "./body-store.ts";
import { algorithmsOf, type ChecksumAlgorithm, checksumFields, DEFAULT_ALGORITHM, supported } from "./checksums.ts";
import { checkWrite } from "./conditions.ts";
import { type CopySource, type FoundSource, findSource, parseCopySource } from "./copy-source.ts";
import { invalidArgument, invalidRequest, notImplemented } from "./errors.ts";
import { type Bucket, objects, type StoredObject } from "./keys.ts";
import { PUT_BYTES_MAX } from "./limits.ts";
import { receiveBody } from "./receive-body.ts";
import { encryptionFields, type NewObject, pointTo, writeObject } from "./write-object.ts";

type CopyRequest = InputOf<"s3", "CopyObject">;

export const copyObject: OperationOf<"s3", "CopyObject"> = async (context, input) => {
  const asked = readAttributes(context, input);
  const source = parseCopySource(input.CopySource);
  checkDirectives(input, source, asked);
  const algorithm = input.ChecksumAlgorithm === undefined ? undefined : supported(input.ChecksumAlgorithm);
  const found = await context.storage.snapshot(async (tx) => {
    const bucket = await bucketOf(context, tx, input);
    checkAcl(context, bucket, input);
    checkWrite({ ifMatch: input.IfMatch, ifNoneMatch: input.IfNoneMatch }, input.Key, await objects.get(tx, [bucket.id, input.Key]));
    return findSource(context, tx, source, input);
  });
  if (found.object.size > PUT_BYTES_MAX) {
    throw invalidRequest(`The specified copy source is larger than the maximum allowable size for a copy source: ${PUT_BYTES_MAX}`);
  }
  return write(context, input, found, attributesOf(input, asked, found), algorithm);
};

function checkDirectives(input: CopyRequest, source: CopySource, asked: Attributes): void {
  if (input.AnnotationDirective !== undefined) throw notImplemented("x-amz-annotation-directive");
  if (input.MetadataDirective !== undefined && !["COPY", "REPLACE"].includes(input.MetadataDirective)) {
    throw invalidArgument("Unknown metadata directive.", "x-amz-metadata-directive", input.MetadataDirective);
  }
  if (input.TaggingDirective !== undefined && !["COPY", "REPLACE"].includes(input.TaggingDirective)) {
    throw invalidArgument("Unknown tagging directive.", "x-amz-tagging-directive", input.TaggingDirective);
  }
  const itself = source.bucket === input.Bucket && source.key === input.Key && source.versionId === undefined;
  const changes =
    input.MetadataDirective === "REPLACE" ||
    input.StorageClass !== undefined ||
    asked.headers.websiteRedirect !== undefined ||
    asked.encryption !== undefined ||
    input.ChecksumAlgorithm !== undefined;
  if (itself && !changes) {
    throw invalidRequest(
      "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
    );
  }
}

/** What the copy carries: the source's, or what the request replaces it with. Storage class and encryption are never the source's. */
function attributesOf(input: CopyRequest, asked: Attributes, { object }: FoundSource): Attributes {
  const replaced = input.MetadataDirective === "REPLACE";
  const { websiteRedirect: _of, ...headers } = object.headers;
  const metadata = replaced ? asked.metadata : object.metadata;
  const tags = input.TaggingDirective === "REPLACE" ? asked.tags : object.tags;
  const redirect = asked.headers.websiteRedirect;
  return {
    headers: replaced ? asked.headers : { ...headers, ...(redirect !== undefined && { websiteRedirect: redirect }) },
    ...(metadata && { metadata }),
    ...(tags && { tags }),
    ...(asked.storageClass && { storageClass: asked.storageClass }),
    ...(asked.encryption && { encryption: asked.encryption }),
  };
}

async function write(
  context: Context,
  input: CopyRequest,
  found: FoundSource,
  attributes: Attributes,
  asked: ChecksumAlgorithm | undefined,
): ReturnType<OperationOf<"s3", "CopyObject">> {
  const algorithm = asked ?? algorithmsOf(found.object.checksums)[0] ?? DEFAULT_ALGORITHM;
  const { bucket, object } =
    (await writeShared(context, input, found, attributes, algorithm)) ?? (await writeBytes(context, input, found, attributes, algorithm));
  noteRegion(context, bucket);
  return {
    CopyObjectResult: {
      ETag: `"${object.etag}"`,
      LastModified: new Date(object.modifiedAtMs),
      ...checksumFields(object.checksums),
      ChecksumType: object.checksumType,
    },
    ...encryptionFields(object.encryption),
  };
}

interface Written {
  readonly bucket: Bucket;
  readonly object: StoredObject;
}

/** The copy points to the source's blob. Undefined when there is no such blob, or not any more. */
async function writeShared(
  context: Context,
  input: CopyRequest,
  { bucket: from, key, object: source }: FoundSource,
  attributes: Attributes,
  algorithm: ChecksumAlgorithm,
): Promise<Written | undefined> {
  const { place, size, etag, checksumType } = source;
  const sum = source.checksums[algorithm];
  if (place.kind !== "blob" || sum === undefined || checksumType !== "FULL_OBJECT") return undefined;
  return context.storage.transact(async (tx) => {
    const now = (await objects.get(tx, [from.id, key]))?.place;
    if (now?.kind !== "blob" || now.id !== place.id) return undefined;
    const fresh = { ...attributes, size, etag, checksums: { [algorithm]: sum }, checksumType, content: { blobId: place.id } };
    return writeTo(context, tx, input, fresh);
  });
}

/** The copy gets bytes of its own, which pass through here. */
async function writeBytes(
  context: Context,
  input: CopyRequest,
  found: FoundSource,
  attributes: Attributes,
  algorithm: ChecksumAlgorithm,
): Promise<Written> {
  const body = streamOf(readBody(context, found.object, found.body, undefined));
  const received = await receiveBody(context, body, { algorithms: [algorithm] });
  const { size, md5, checksums, content } = received;
  const fresh = { ...attributes, size, etag: md5, checksums, checksumType: "FULL_OBJECT", content } as const;
  return pointTo(context, received, (tx) => writeTo(context, tx, input, fresh));
}

async function writeTo(context: Context, tx: Transaction, input: CopyRequest, fresh: NewObject): Promise<Written> {
  const bucket = await bucketOf(context, tx, input);
  const existing = await objects.get(tx, [bucket.id, input.Key]);
  checkWrite({ ifMatch: input.IfMatch, ifNoneMatch: input.IfNoneMatch }, input.Key, existing);
  return { bucket, object: await writeObject(context, tx, bucket, input.Key, existing, fresh, "ObjectCreated:Copy") };
}
