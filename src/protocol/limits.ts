// Bounds on what a client may send, with their units and where they come from. Beyond each there is an error, never a crash.

const MIB = 1024 * 1024;

/** A body that is parsed as a whole. The largest that a service takes is Lambda's CreateFunction: 50 MB of zip in base64 (AWS Lambda quotas). */
export const BODY_BYTES_MAX = 128 * MIB;

/** A streamed body up to this size is read at once, and its checksums are known before the operation runs. */
export const BODY_BYTES_BUFFERED = 256 * 1024;

/** A compressed body may grow to this when unpacked: AWS limits compressible requests to far less (PutMetricData: 1 MB). */
export const INFLATED_BYTES_MAX = 128 * MIB;

/** Nesting of lists, maps and structures in a request. DynamoDB allows 32 levels of attribute values, each of which takes two. */
export const NESTING_MAX = 200;

/** Pairs of a form, elements of an XML document: SQS batches and CloudFormation parameters stay far below. */
export const FORM_PAIRS_MAX = 100_000;
export const XML_ELEMENTS_MAX = 1_000_000;

/** A chunk header or trailer line of `aws-chunked`: size in hexadecimal, extension and signature. */
export const CHUNK_LINE_BYTES_MAX = 4096;
/** Trailer lines of one body: a checksum and its signature. */
export const CHUNK_TRAILERS_MAX = 16;
/** A signed chunk is held until its signature is checked. SDKs send 64 KiB to 8 MiB. */
export const SIGNED_CHUNK_BYTES_MAX = 16 * MIB;

/** Requests signed longer ago, or further ahead, than this are refused (IAM: "Signature Version 4", five minutes; S3: fifteen). */
export const CLOCK_SKEW_MS_MAX = 15 * 60 * 1000;

/** The longest a presigned URL may live (Amazon S3: sharing objects with presigned URLs, seven days). */
export const PRESIGNED_SECONDS_MAX = 7 * 24 * 3600;

/** Derived signing keys kept; a day, region and service each have one. */
export const SIGNING_KEYS_MAX = 1000;

/** Constraint failures that one message lists. */
export const VALIDATION_FAILURES_MAX = 50;
