// What an object carries besides its bytes: headers, user metadata, tags, storage class, encryption. Read from requests, never from storage.
import type { Context } from "../../contract/context.ts";
import type { InputOf } from "../../contract/models.ts";
import {
  invalidArgument,
  invalidStorageClass,
  invalidTag,
  keyTooLong,
  metadataTooLarge,
  notImplemented,
  tooManyObjectTags,
} from "./errors.ts";
import { KEY_BYTES_MAX, METADATA_BYTES_MAX, OBJECT_TAGS_MAX, TAG_KEY_LENGTH_MAX, TAG_VALUE_LENGTH_MAX } from "./limits.ts";

export type StorageClass = NonNullable<InputOf<"s3", "PutObject">["StorageClass"]>;
type ServerSideEncryption = NonNullable<InputOf<"s3", "PutObject">["ServerSideEncryption"]>;

export interface Tag {
  readonly Key: string;
  readonly Value: string;
}

/** Headers that an object is answered with. */
export interface ObjectHeaders {
  readonly contentType: string;
  readonly cacheControl?: string;
  readonly contentDisposition?: string;
  readonly contentEncoding?: string;
  readonly contentLanguage?: string;
  readonly expiresMs?: number;
  readonly websiteRedirect?: string;
}

export interface Encryption {
  readonly algorithm: ServerSideEncryption;
  readonly kmsKeyId?: string;
  readonly bucketKey?: boolean;
}

interface HeaderInput {
  readonly ContentType?: string | undefined;
  readonly CacheControl?: string | undefined;
  readonly ContentDisposition?: string | undefined;
  readonly ContentEncoding?: string | undefined;
  readonly ContentLanguage?: string | undefined;
  readonly Expires?: Date | undefined;
  readonly WebsiteRedirectLocation?: string | undefined;
}

/** What PutObject, CopyObject and CreateMultipartUpload have in common. */
interface AttributeInput extends HeaderInput {
  readonly ACL?: string | undefined;
  readonly GrantFullControl?: string | undefined;
  readonly GrantRead?: string | undefined;
  readonly GrantReadACP?: string | undefined;
  readonly GrantWriteACP?: string | undefined;
  readonly Key: string;
  readonly Metadata?: Readonly<Record<string, string>> | undefined;
  readonly Tagging?: string | undefined;
  readonly StorageClass?: StorageClass | undefined;
  readonly ServerSideEncryption?: ServerSideEncryption | undefined;
  readonly SSEKMSKeyId?: string | undefined;
  readonly SSEKMSEncryptionContext?: string | undefined;
  readonly BucketKeyEnabled?: boolean | undefined;
  readonly SSECustomerAlgorithm?: string | undefined;
  readonly SSECustomerKey?: string | undefined;
  readonly SSECustomerKeyMD5?: string | undefined;
  readonly ObjectLockMode?: string | undefined;
  readonly ObjectLockRetainUntilDate?: Date | undefined;
  readonly ObjectLockLegalHoldStatus?: string | undefined;
}

export interface Attributes {
  readonly headers: ObjectHeaders;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly tags?: readonly Tag[];
  readonly storageClass?: StorageClass;
  readonly encryption?: Encryption;
}

/** S3's content type of an object that was put without one. */
const CONTENT_TYPE = "binary/octet-stream";
/** Classes of other kinds of storage, which a general purpose bucket refuses. */
const FOREIGN_CLASSES: readonly string[] = ["OUTPOSTS", "SNOW", "EXPRESS_ONEZONE", "FSX_OPENZFS", "FSX_ONTAP"];
/** Classes whose objects cannot be read before they are restored. */
export const ARCHIVE_CLASSES: readonly string[] = ["GLACIER", "DEEP_ARCHIVE"];
const TAG_CHARACTERS = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

/** Everything of an object that its request says. Throws what S3 answers to what it must not say. */
export function readAttributes(context: Context, input: AttributeInput): Attributes {
  checkKey(input.Key);
  refuseUnsupported(input);
  const metadata = readMetadata(input.Metadata);
  const tags = input.Tagging === undefined ? undefined : parseTagging(input.Tagging);
  const storageClass = readStorageClass(input.StorageClass);
  const encryption = readEncryption(context, input);
  return {
    headers: readHeaders(input),
    ...(metadata && { metadata }),
    ...(tags && tags.length > 0 && { tags }),
    ...(storageClass && { storageClass }),
    ...(encryption && { encryption }),
  };
}

export function checkKey(key: string): void {
  // A UTF-16 unit takes at most three bytes: most keys need no counting.
  if (key.length * 3 <= KEY_BYTES_MAX) return;
  const size = Buffer.byteLength(key);
  if (size > KEY_BYTES_MAX) throw keyTooLong(size);
}

function readHeaders(input: HeaderInput): ObjectHeaders {
  const encoding = input.ContentEncoding?.split(",")
    .map((coding) => coding.trim())
    // The coding of the request's own transfer is no property of the object.
    .filter((coding) => coding !== "" && coding !== "aws-chunked")
    .join(",");
  const redirect = input.WebsiteRedirectLocation;
  if (redirect !== undefined && !/^(\/|https?:\/\/)/.test(redirect)) {
    throw invalidArgument(
      "The website redirect location must have a prefix of 'http://' or 'https://' or '/'.",
      "x-amz-website-redirect-location",
    );
  }
  return {
    contentType: input.ContentType || CONTENT_TYPE,
    ...(input.CacheControl && { cacheControl: input.CacheControl }),
    ...(input.ContentDisposition && { contentDisposition: input.ContentDisposition }),
    ...(encoding && { contentEncoding: encoding }),
    ...(input.ContentLanguage && { contentLanguage: input.ContentLanguage }),
    ...(input.Expires && { expiresMs: input.Expires.getTime() }),
    ...(redirect !== undefined && { websiteRedirect: redirect }),
  };
}

function readMetadata(metadata: Readonly<Record<string, string>> | undefined): Readonly<Record<string, string>> | undefined {
  const entries = Object.entries(metadata ?? {});
  if (entries.length === 0) return undefined;
  let size = 0;
  for (const [name, value] of entries) size += Buffer.byteLength(name) + Buffer.byteLength(value);
  if (size > METADATA_BYTES_MAX) throw metadataTooLarge(size);
  return Object.fromEntries(entries.map(([name, value]) => [name.toLowerCase(), value]));
}

function readStorageClass(name: StorageClass | undefined): StorageClass | undefined {
  if (name === undefined || name === "STANDARD") return undefined;
  if (FOREIGN_CLASSES.includes(name)) throw invalidStorageClass(name);
  return name;
}

function readEncryption(context: Context, input: AttributeInput): Encryption | undefined {
  const algorithm = input.ServerSideEncryption;
  const kms = algorithm === "aws:kms" || algorithm === "aws:kms:dsse";
  if (!kms && input.SSEKMSKeyId !== undefined) {
    throw invalidArgument(
      "Server Side Encryption with KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms",
      "x-amz-server-side-encryption",
    );
  }
  if (algorithm === undefined) return undefined;
  context.ledger.add({
    service: "s3",
    operation: context.operation,
    parameter: "ServerSideEncryption",
    note: "The algorithm is recorded and answered; the bytes are stored as they are.",
  });
  return {
    algorithm,
    ...(input.SSEKMSKeyId !== undefined && { kmsKeyId: input.SSEKMSKeyId }),
    ...(input.BucketKeyEnabled !== undefined && { bucketKey: input.BucketKeyEnabled }),
  };
}

function refuseUnsupported(input: AttributeInput): void {
  if (input.SSECustomerAlgorithm ?? input.SSECustomerKey ?? input.SSECustomerKeyMD5) {
    throw notImplemented("x-amz-server-side-encryption-customer-algorithm");
  }
  if (input.ObjectLockMode ?? input.ObjectLockRetainUntilDate) throw notImplemented("x-amz-object-lock-mode");
  if (input.ObjectLockLegalHoldStatus === "ON") throw notImplemented("x-amz-object-lock-legal-hold");
}

/** `a=1&b=2`, URL encoded, as the x-amz-tagging header carries tags. */
export function parseTagging(header: string): Tag[] {
  const tags: Tag[] = [];
  for (const pair of header.split("&")) {
    if (pair === "") continue;
    const [key = "", ...rest] = pair.split("=");
    try {
      tags.push({ Key: decode(key), Value: decode(rest.join("=")) });
    } catch {
      throw taggingHeader();
    }
  }
  if (new Set(tags.map((tag) => tag.Key)).size < tags.length) throw taggingHeader();
  checkTags(tags);
  if (tags.length > OBJECT_TAGS_MAX) throw tooManyObjectTags();
  return tags;
}

function taggingHeader() {
  return invalidArgument(
    "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.",
    "x-amz-tagging",
  );
}

function decode(text: string): string {
  return decodeURIComponent(text.replaceAll("+", " "));
}

/** The rules for every tag, of objects and of buckets. */
export function checkTags(tags: readonly Tag[]): void {
  const seen = new Set<string>();
  for (const { Key, Value } of tags) {
    if (Key.length === 0 || Key.length > TAG_KEY_LENGTH_MAX || !TAG_CHARACTERS.test(Key)) {
      throw invalidTag("The TagKey you have provided is invalid", Key);
    }
    if (Value.length > TAG_VALUE_LENGTH_MAX || !TAG_CHARACTERS.test(Value))
      throw invalidTag("The TagValue you have provided is invalid", Key);
    if (Key.toLowerCase().startsWith("aws:")) throw invalidTag("System tags cannot be added/updated by requester", Key);
    if (seen.has(Key)) throw invalidTag("Cannot provide multiple Tags with the same key", Key);
    seen.add(Key);
  }
}
