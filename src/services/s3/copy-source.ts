// The source of CopyObject and UploadPartCopy: the x-amz-copy-source header, and the object that it names.
import type { Context } from "../../contract/context.ts";
import type { ReadTransaction } from "../../storage/transaction.ts";
import { bucketOf } from "./access.ts";
import { ARCHIVE_CLASSES } from "./attributes.ts";
import { sideBody } from "./body-store.ts";
import { checkCopySource } from "./conditions.ts";
import { invalidArgument, invalidObjectState, noSuchKey, notImplemented } from "./errors.ts";
import { checkVersion } from "./get-object.ts";
import { type Bucket, objects, type StoredBody, type StoredObject } from "./keys.ts";

export interface CopySource {
  readonly bucket: string;
  readonly key: string;
  readonly versionId?: string;
}

/** `bucket/key` or `/bucket/key`, URL encoded, perhaps with `?versionId=` behind. */
export function parseCopySource(header: string): CopySource {
  const [path = "", query] = split(header, "?versionId=");
  let name: string;
  try {
    name = decodeURIComponent(path.replaceAll("+", " ")).replace(/^\//, "");
  } catch {
    throw invalidArgument("Invalid copy source encoding.", "x-amz-copy-source", header);
  }
  if (name.startsWith("arn:")) throw notImplemented("x-amz-copy-source of an access point");
  const slash = name.indexOf("/");
  if (slash <= 0 || slash === name.length - 1) {
    throw invalidArgument("Copy Source must mention the source bucket and key: sourcebucket/sourcekey", "x-amz-copy-source", header);
  }
  return { bucket: name.slice(0, slash), key: name.slice(slash + 1), ...(query !== undefined && { versionId: query }) };
}

function split(text: string, mark: string): [string, string?] {
  const at = text.indexOf(mark);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + mark.length)];
}

interface CopyInput {
  readonly CopySource: string;
  readonly CopySourceIfMatch?: string | undefined;
  readonly CopySourceIfNoneMatch?: string | undefined;
  readonly CopySourceIfModifiedSince?: Date | undefined;
  readonly CopySourceIfUnmodifiedSince?: Date | undefined;
  readonly CopySourceSSECustomerAlgorithm?: string | undefined;
  readonly CopySourceSSECustomerKey?: string | undefined;
  readonly ExpectedSourceBucketOwner?: string | undefined;
}

export interface FoundSource {
  readonly bucket: Bucket;
  readonly key: string;
  readonly object: StoredObject;
  readonly body: StoredBody | undefined;
}

/** The source object, when it is there and the request's conditions on it hold. */
export async function findSource(context: Context, tx: ReadTransaction, source: CopySource, input: CopyInput): Promise<FoundSource> {
  if (input.CopySourceSSECustomerAlgorithm ?? input.CopySourceSSECustomerKey) {
    throw notImplemented("x-amz-copy-source-server-side-encryption-customer-algorithm");
  }
  const bucket = await bucketOf(context, tx, { Bucket: source.bucket, ExpectedBucketOwner: input.ExpectedSourceBucketOwner });
  checkVersion(source.key, source.versionId);
  const object = await objects.get(tx, [bucket.id, source.key]);
  if (!object) throw noSuchKey(source.key);
  checkCopySource(
    {
      ifMatch: input.CopySourceIfMatch,
      ifNoneMatch: input.CopySourceIfNoneMatch,
      ifModifiedSince: input.CopySourceIfModifiedSince,
      ifUnmodifiedSince: input.CopySourceIfUnmodifiedSince,
    },
    object,
  );
  if (object.storageClass && ARCHIVE_CLASSES.includes(object.storageClass)) throw invalidObjectState(object.storageClass);
  return { bucket, key: source.key, object, body: await sideBody(tx, bucket.id, source.key, object) };
}
