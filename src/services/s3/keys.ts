// Every key and value of S3. Bucket names are one namespace over all accounts; everything in a bucket is keyed by the
// bucket's own id, so that a bucket created again under an old name never meets what the old one left.
//
//   buckets          name                          → Bucket
//   owned            account, name                 → OwnedBucket         what ListBuckets reads
//   configurations   bucketId, kind                → the modelled document (CORS, tags, policy …)
//   objects          bucketId, key                 → StoredObject        never a body: listings read these
//   bodies           bucketId, key                 → StoredBody          small bodies, and the parts of large ones
//   uploads          bucketId, key, uploadId       → Upload              upload ids order by time
//   parts            uploadId, number              → Part
//   sequences        bucketId, shard               → number              the last sequencer of an event
import type { InputOf } from "../../contract/models.ts";
import { Collection } from "../../storage/collection.ts";
import type { Encryption, ObjectHeaders, StorageClass, Tag } from "./attributes.ts";
import type { ChecksumValues } from "./checksums.ts";

export type ObjectOwnership = NonNullable<InputOf<"s3", "CreateBucket">["ObjectOwnership"]>;

export interface Bucket {
  readonly id: string;
  readonly name: string;
  readonly account: string;
  readonly region: string;
  readonly createdAtMs: number;
  /** Absent once its owner deleted the setting. */
  readonly ownership?: ObjectOwnership;
  /** True while there is a notification configuration: other buckets' writes do not look for one. */
  readonly notifies: boolean;
  /** The bucket's default, when it was set. */
  readonly encryption?: Encryption;
  /** The stack's resource that made it, if one did. */
  readonly maker?: string;
}

interface OwnedBucket {
  readonly region: string;
  readonly createdAtMs: number;
}

export type ChecksumType = "FULL_OBJECT" | "COMPOSITE";

/** Where the bytes are: nowhere, in `bodies`, in one blob, or in the blobs of its parts (listed in `bodies`). */
export type Place = { readonly kind: "inline" } | { readonly kind: "blob"; readonly id: string } | { readonly kind: "parts" };

export interface StoredObject {
  readonly size: number;
  /** Without quotes. */
  readonly etag: string;
  /** Whole seconds: S3 knows no finer time of an object. */
  readonly modifiedAtMs: number;
  readonly headers: ObjectHeaders;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly tags?: readonly Tag[];
  /** Absent means STANDARD. */
  readonly storageClass?: StorageClass;
  readonly encryption?: Encryption;
  readonly checksums: ChecksumValues;
  readonly checksumType: ChecksumType;
  readonly place: Place;
  /** The upload that made it and the number of its parts: a repeated CompleteMultipartUpload is answered from here. */
  readonly upload?: { readonly id: string; readonly partCount: number };
}

export interface BodyPart {
  readonly number: number;
  readonly size: number;
  readonly blobId: string;
  readonly checksums: ChecksumValues;
}

export type StoredBody = { readonly bytes: Uint8Array } | { readonly parts: readonly BodyPart[] };

export interface Upload {
  readonly initiatedAtMs: number;
  readonly headers: ObjectHeaders;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly tags?: readonly Tag[];
  readonly storageClass?: StorageClass;
  readonly encryption?: Encryption;
  /** What the client asked for, if it did. */
  readonly checksum?: { readonly algorithm: keyof ChecksumValues; readonly type: ChecksumType };
}

export interface Part extends BodyPart {
  readonly etag: string;
  readonly modifiedAtMs: number;
}

export const buckets = new Collection<[name: string], Bucket>("s3", "buckets");
export const ownedBuckets = new Collection<[account: string, name: string], OwnedBucket>("s3", "owned");
/** All kinds of documents, for what deletes a bucket; read and written through `configuration`. */
export const configurations = new Collection<[bucketId: string, kind: string], unknown>("s3", "configurations");
export const objects = new Collection<[bucketId: string, key: string], StoredObject>("s3", "objects");
export const bodies = new Collection<[bucketId: string, key: string], StoredBody>("s3", "bodies");
export const uploads = new Collection<[bucketId: string, key: string, uploadId: string], Upload>("s3", "uploads");
export const parts = new Collection<[uploadId: string, number: number], Part>("s3", "parts");
export const sequences = new Collection<[bucketId: string, shard: number], number>("s3", "sequences");
