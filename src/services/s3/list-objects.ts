// ListObjects, ListObjectsV2 and ListObjectVersions: one listing, three ways to ask for the next page.
import type { Context } from "../../contract/context.ts";
import type { InputOf, OutputOf } from "../../contract/models.ts";
import type { OperationOf } from "../../contract/service.ts";
import { type BucketInput, bucketOf, noteRegion } from "./access.ts";
import { algorithmsOf } from "./checksums.ts";
import { invalidArgument } from "./errors.ts";
import { type Bucket, objects, type StoredObject } from "./keys.ts";
import { PAGE_MAX } from "./limits.ts";
import { type Listing, list } from "./listing.ts";
import { ownerOf } from "./owner.ts";
import { readToken, writeToken } from "./tokens.ts";

type Contents = NonNullable<OutputOf<"s3", "ListObjects">["Contents"]>[number];
const NULL_VERSION = "null";

type ObjectListing = Listing<[string, string], StoredObject>;

export const listObjects: OperationOf<"s3", "ListObjects"> = async (context, input) => {
  const limit = pageSize(input.MaxKeys);
  const { bucket, listing } = await page(context, input, limit, input.Marker);
  const encode = nameEncoder(input.EncodingType);
  const next = listing.truncated && input.Delimiter ? listing.entries.at(-1)?.name : undefined;
  return {
    Name: bucket.name,
    Prefix: encode(input.Prefix ?? ""),
    Marker: encode(input.Marker ?? ""),
    MaxKeys: limit,
    IsTruncated: listing.truncated,
    ...(input.Delimiter && { Delimiter: encode(input.Delimiter) }),
    ...(input.EncodingType && { EncodingType: input.EncodingType }),
    ...(next !== undefined && { NextMarker: encode(next) }),
    ...entriesOf(listing, encode, bucket),
  };
};

export const listObjectsV2: OperationOf<"s3", "ListObjectsV2"> = async (context, input) => {
  const limit = pageSize(input.MaxKeys);
  if (input.ContinuationToken === "") throw invalidArgument("The continuation token provided is incorrect", "continuation-token");
  const token = input.ContinuationToken === undefined ? undefined : readToken(input.ContinuationToken);
  const { bucket, listing } = await page(context, input, limit, token ?? input.StartAfter);
  const encode = nameEncoder(input.EncodingType);
  return {
    Name: bucket.name,
    Prefix: encode(input.Prefix ?? ""),
    MaxKeys: limit,
    KeyCount: listing.entries.length,
    IsTruncated: listing.truncated,
    ...(input.Delimiter && { Delimiter: encode(input.Delimiter) }),
    ...(input.EncodingType && { EncodingType: input.EncodingType }),
    ...(input.StartAfter !== undefined && { StartAfter: encode(input.StartAfter) }),
    ...(input.ContinuationToken !== undefined && { ContinuationToken: input.ContinuationToken }),
    ...(listing.truncated && { NextContinuationToken: writeToken(listing.entries.at(-1)?.name ?? "") }),
    ...entriesOf(listing, encode, input.FetchOwner === true ? bucket : undefined),
  };
};

/** Every object has the one version of a bucket without versioning, called `null`. */
export const listObjectVersions: OperationOf<"s3", "ListObjectVersions"> = async (context, input) => {
  if (input.VersionIdMarker && !input.KeyMarker) {
    throw invalidArgument("A version-id marker cannot be specified without a key marker.", "version-id-marker", input.VersionIdMarker);
  }
  const limit = pageSize(input.MaxKeys);
  const { bucket, listing } = await page(context, input, limit, input.KeyMarker);
  const encode = nameEncoder(input.EncodingType);
  const owner = ownerOf(bucket.account);
  const last = listing.truncated ? listing.entries.at(-1) : undefined;
  const { Contents, CommonPrefixes } = entriesOf(listing, encode, bucket);
  return {
    Name: bucket.name,
    Prefix: encode(input.Prefix ?? ""),
    KeyMarker: encode(input.KeyMarker ?? ""),
    VersionIdMarker: input.VersionIdMarker ?? "",
    MaxKeys: limit,
    IsTruncated: listing.truncated,
    ...(input.Delimiter && { Delimiter: encode(input.Delimiter) }),
    ...(input.EncodingType && { EncodingType: input.EncodingType }),
    ...(last && { NextKeyMarker: encode(last.name), ...(last.kind === "record" && { NextVersionIdMarker: NULL_VERSION }) }),
    ...(Contents && {
      Versions: Contents.map((object) => ({
        ...object,
        // The model knows only STANDARD here; S3 answers the object's own.
        StorageClass: object.StorageClass as "STANDARD",
        Owner: owner,
        VersionId: NULL_VERSION,
        IsLatest: true,
      })),
    }),
    ...(CommonPrefixes && { CommonPrefixes }),
  };
};

async function page(
  context: Context,
  input: BucketInput & Pick<InputOf<"s3", "ListObjects">, "Prefix" | "Delimiter">,
  limit: number,
  after: string | undefined,
): Promise<{ readonly bucket: Bucket; readonly listing: ObjectListing }> {
  const question = { prefix: input.Prefix ?? "", delimiter: input.Delimiter, after, limit };
  const found = await context.storage.snapshot(async (tx) => {
    const bucket = await bucketOf(context, tx, input);
    return { bucket, listing: await list(tx, objects, bucket.id, question) };
  });
  noteRegion(context, found.bucket);
  return found;
}

/** Pages hold at most PAGE_MAX entries, whatever is asked. */
export function pageSize(asked: number | undefined, name = "maxKeys"): number {
  if (asked === undefined) return PAGE_MAX;
  if (asked < 0) throw invalidArgument(`Argument ${name} must be an integer between 0 and 2147483647`, name, String(asked));
  return Math.min(asked, PAGE_MAX);
}

function entriesOf(listing: ObjectListing, encode: (name: string) => string, ownedIn: Bucket | undefined) {
  const owner = ownedIn && ownerOf(ownedIn.account);
  const contents: Contents[] = [];
  const prefixes: { Prefix: string }[] = [];
  for (const entry of listing.entries) {
    if (entry.kind === "prefix") prefixes.push({ Prefix: encode(entry.name) });
    else contents.push({ ...describe(encode(entry.name), entry.record.value), ...(owner && { Owner: owner }) });
  }
  return { ...(contents.length > 0 && { Contents: contents }), ...(prefixes.length > 0 && { CommonPrefixes: prefixes }) };
}

function describe(key: string, object: StoredObject): Contents {
  return {
    Key: key,
    LastModified: new Date(object.modifiedAtMs),
    ETag: `"${object.etag}"`,
    ChecksumAlgorithm: algorithmsOf(object.checksums),
    ChecksumType: object.checksumType,
    Size: object.size,
    StorageClass: object.storageClass ?? "STANDARD",
  };
}

/** `encoding-type=url` percent-encodes names, so that any character survives XML; slashes stay. */
export function nameEncoder(encoding: string | undefined): (name: string) => string {
  if (encoding === undefined) return (name) => name;
  if (encoding !== "url") throw invalidArgument("Invalid Encoding Method specified in Request", "encoding-type", encoding);
  return (name) =>
    encodeURIComponent(name)
      .replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
      .replaceAll("%2F", "/");
}
