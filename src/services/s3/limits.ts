// Named limits of S3 with their documented source. "guide" is the S3 User Guide, "api" the API reference.

/** A body up to this size lives in the keyspace beside its record: one transaction, no file. Ours, not AWS's. */
export const INLINE_BYTES_MAX = 32 * 1024;
/** guide: "object keys": 1,024 bytes of UTF-8. */
export const KEY_BYTES_MAX = 1024;
/** guide: "user-defined object metadata": 2 KB of names and values together. */
export const METADATA_BYTES_MAX = 2 * 1024;
/** api: PutObject, UploadPart and the source of CopyObject: 5 GiB. */
export const PUT_BYTES_MAX = 5 * 1024 ** 3;
/** api: CompleteMultipartUpload: every part but the last has at least 5 MiB. */
export const PART_BYTES_MIN = 5 * 1024 ** 2;
/** api: UploadPart: numbers from 1 to 10,000. */
export const PART_NUMBER_MAX = 10_000;
/** api: ListObjectsV2, ListParts, ListMultipartUploads: entries of one page. */
export const PAGE_MAX = 1000;
/** api: ListBuckets: buckets of one page. */
export const BUCKET_PAGE_MAX = 10_000;
/** api: DeleteObjects: keys in one request. */
export const DELETE_KEYS_MAX = 1000;
/** guide: "object tagging": tags of an object. */
export const OBJECT_TAGS_MAX = 10;
/** guide: "bucket tagging": tags of a bucket. */
export const BUCKET_TAGS_MAX = 50;
export const TAG_KEY_LENGTH_MAX = 128;
export const TAG_VALUE_LENGTH_MAX = 256;
/** guide: "bucket policies": 20 KB. */
export const POLICY_BYTES_MAX = 20 * 1024;
/** api: PutBucketCors: rules of a bucket. */
export const CORS_RULES_MAX = 100;
/** guide: "lifecycle configuration": rules of a bucket. */
export const LIFECYCLE_RULES_MAX = 1000;
/** guide: "event notifications": configurations of a bucket. */
export const NOTIFICATIONS_MAX = 100;
