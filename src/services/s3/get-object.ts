// GetObject and HeadObject: the same question, with and without the bytes.
import { withHeaders, withStatus } from "../../contract/answer.ts";
import type { Context } from "../../contract/context.ts";
import type { InputOf, OutputOf } from "../../contract/models.ts";
import type { OperationOf } from "../../contract/service.ts";
import { AwsError } from "../../kernel/errors.ts";
import { bucketOf, noteRegion } from "./access.ts";
import { ARCHIVE_CLASSES } from "./attributes.ts";
import { readBody, sideBody } from "./body-store.ts";
import { type ChecksumValues, checksumFields } from "./checksums.ts";
import { checkRead } from "./conditions.ts";
import {
  invalidArgument,
  invalidObjectState,
  invalidPartNumber,
  invalidRequest,
  noSuchKey,
  noSuchVersion,
  notFound,
  notImplemented,
} from "./errors.ts";
import { type Bucket, objects, type StoredBody, type StoredObject } from "./keys.ts";
import { type ByteRange, contentRange, parseRange } from "./ranges.ts";
import { encryptionFields } from "./write-object.ts";

type ReadInput = InputOf<"s3", "HeadObject">;

interface Found {
  readonly bucket: Bucket;
  readonly object: StoredObject;
  readonly body: StoredBody | undefined;
}

export const getObject: OperationOf<"s3", "GetObject"> = async (context, input) => {
  const found = await find(context, input);
  const { object, body } = found;
  if (object.storageClass && ARCHIVE_CLASSES.includes(object.storageClass)) throw invalidObjectState(object.storageClass);
  const part = select(input, found);
  const output: OutputOf<"s3", "GetObject"> = {
    ...describe(input, object, part),
    Body: readBody(context, object, body, part.range),
    ...(object.tags && { TagCount: object.tags.length }),
  };
  return part.range ? withStatus(output, 206) : output;
};

export const headObject: OperationOf<"s3", "HeadObject"> = async (context, input) => {
  try {
    const found = await find(context, input);
    const part = select(input, found);
    const output: OutputOf<"s3", "HeadObject"> = {
      ...describe(input, found.object, part),
      ...(found.object.tags && { TagCount: found.object.tags.length }),
    };
    return part.range ? withStatus(output, 206) : output;
  } catch (error) {
    // An answer to HEAD has no body that could tell a missing key from a missing bucket.
    if (error instanceof AwsError && error.status === 404) throw notFound();
    throw error;
  }
};

/** The object under its conditions, and what stands beside it, of one moment. */
async function find(context: Context, input: ReadInput): Promise<Found> {
  if (input.SSECustomerAlgorithm ?? input.SSECustomerKey) throw notImplemented("x-amz-server-side-encryption-customer-algorithm");
  const found = await context.storage.snapshot(async (tx) => {
    const bucket = await bucketOf(context, tx, input);
    checkVersion(input.Key, input.VersionId);
    const object = await objects.get(tx, [bucket.id, input.Key]);
    if (!object) throw noSuchKey(input.Key);
    return { bucket, object, body: await sideBody(tx, bucket.id, input.Key, object) };
  });
  noteRegion(context, found.bucket);
  try {
    checkRead(
      {
        ifMatch: input.IfMatch,
        ifNoneMatch: input.IfNoneMatch,
        ifModifiedSince: input.IfModifiedSince,
        ifUnmodifiedSince: input.IfUnmodifiedSince,
      },
      found.object,
    );
  } catch (error) {
    if (!(error instanceof AwsError) || error.status !== 304) throw error;
    throw withHeaders(error, { etag: `"${found.object.etag}"`, "last-modified": new Date(found.object.modifiedAtMs).toUTCString() });
  }
  return found;
}

/** Objects have one version, called `null`, as in a bucket that never had versioning. */
export function checkVersion(key: string, versionId: string | undefined): void {
  if (versionId === undefined || versionId === "null") return;
  if (/^[A-Za-z0-9._-]{32}$/.test(versionId)) throw noSuchVersion(key, versionId);
  throw invalidArgument("Invalid version id specified", "versionId", versionId);
}

interface Selection {
  readonly range?: ByteRange;
  readonly partCount?: number;
  /** Of the whole object, or of the part that was asked for. */
  readonly checksums: ChecksumValues;
}

/** What of the object is asked for: all, a range, or a part. */
function select(input: ReadInput, { object, body }: Found): Selection {
  const { PartNumber, Range } = input;
  if (PartNumber === undefined) {
    const range = parseRange(Range, object.size);
    return { ...(range && { range }), checksums: range ? {} : object.checksums };
  }
  if (Range !== undefined) throw invalidRequest("Cannot specify both Range header and partNumber query parameter");
  if (PartNumber < 1)
    throw invalidArgument("PartNumber must be an integer between 1 and 10000, inclusive", "partNumber", String(PartNumber));
  const parts = body && "parts" in body ? body.parts : undefined;
  const count = parts?.length ?? 1;
  if (PartNumber > count) throw invalidPartNumber(PartNumber, count);
  const before = (parts ?? []).slice(0, PartNumber - 1).reduce((sum, part) => sum + part.size, 0);
  const part = parts?.[PartNumber - 1];
  const size = part?.size ?? object.size;
  return {
    ...(size > 0 && { range: { start: before, end: before + size - 1 } }),
    ...(object.upload && { partCount: object.upload.partCount }),
    checksums: part?.checksums ?? object.checksums,
  };
}

/** The members that both answers share. */
function describe(input: ReadInput, object: StoredObject, selection: Selection) {
  const { headers } = object;
  const { range } = selection;
  const expires = input.ResponseExpires ?? (headers.expiresMs === undefined ? undefined : new Date(headers.expiresMs));
  return {
    AcceptRanges: "bytes",
    LastModified: new Date(object.modifiedAtMs),
    ContentLength: range ? range.end - range.start + 1 : object.size,
    ETag: `"${object.etag}"`,
    ContentType: input.ResponseContentType ?? headers.contentType,
    CacheControl: input.ResponseCacheControl ?? headers.cacheControl,
    ContentDisposition: input.ResponseContentDisposition ?? headers.contentDisposition,
    ContentEncoding: input.ResponseContentEncoding ?? headers.contentEncoding,
    ContentLanguage: input.ResponseContentLanguage ?? headers.contentLanguage,
    Expires: expires,
    WebsiteRedirectLocation: headers.websiteRedirect,
    Metadata: object.metadata,
    StorageClass: object.storageClass,
    PartsCount: selection.partCount,
    ...(range && { ContentRange: contentRange(range, object.size) }),
    ...encryptionFields(object.encryption),
    ...(input.ChecksumMode === "ENABLED" && { ...checksumFields(selection.checksums), ...checksumTypeOf(object, selection) }),
  };
}

function checksumTypeOf(object: StoredObject, selection: Selection) {
  return Object.keys(selection.checksums).length === 0 ? {} : { ChecksumType: object.checksumType };
}
