// Lambda's quotas, by name and with their source (Lambda quotas page and the API reference unless said otherwise), and the
// bounds that this service sets itself.

export const FUNCTION_NAME_LENGTH_MAX = 64;
export const TIMEOUT_SECONDS_DEFAULT = 3;
export const TIMEOUT_SECONDS_MAX = 900;
export const MEMORY_MB_DEFAULT = 128;
export const MEMORY_MB_MAX = 10_240;
export const EPHEMERAL_STORAGE_MB_DEFAULT = 512;
/** All variables of a function together, as JSON. */
export const ENVIRONMENT_BYTES_MAX = 4_096;
/** A zip archive in the request itself. */
export const ZIP_UPLOAD_BYTES_MAX = 52_428_800;
/** A zip archive from S3: not larger than what may be unpacked. */
export const CODE_BYTES_MAX = 262_144_000;
export const CODE_STORAGE_BYTES_MAX = 80_530_636_800;
export const SYNC_PAYLOAD_BYTES_MAX = 6_291_456;
/** 1 MB since October 2025. */
export const ASYNC_PAYLOAD_BYTES_MAX = 1_048_576;
/** Larger ones go to the blob store: a job holds at most 1 MiB with all that is around it. */
export const ASYNC_PAYLOAD_INLINE_BYTES_MAX = 262_144;
export const CONCURRENT_EXECUTIONS_MAX = 1_000;
/** What reserved concurrency must leave to the other functions. */
export const UNRESERVED_CONCURRENCY_MIN = 100;
export const POLICY_BYTES_MAX = 20_480;
export const TAGS_MAX = 50;
/** ListFunctions and ListVersionsByFunction answer at most 50 whatever is asked for. */
export const LIST_ITEMS_MAX = 50;
export const LIST_MAPPINGS_MAX = 100;
/** What a scan over all functions of an account and region takes at once. */
export const SCAN_PAGE = 1_000;
export const VERSIONS_SCAN_MAX = 10_000;

// Asynchronous invocation ("Understanding retry behavior in Lambda").
export const ASYNC_RETRIES_DEFAULT = 2;
export const ASYNC_AGE_SECONDS_DEFAULT = 21_600;
/** Before the second and the third attempt, in ms. */
export const ASYNC_RETRY_WAITS_MS: readonly number[] = [60_000, 120_000];
/** After a throttle: from 1 s, doubled up to 5 minutes. */
export const ASYNC_THROTTLE_WAIT_MS = 1_000;
export const ASYNC_THROTTLE_WAIT_MS_MAX = 300_000;
/** Asynchronous invocations that run at once, in one process. */
export const ASYNC_CONCURRENCY = 100;
export const ASYNC_LEASE_MS = 60_000;

// Event source mappings for SQS ("Using Lambda with Amazon SQS").
export const SQS_BATCH_SIZE_DEFAULT = 10;
/** A larger batch needs a batching window. */
export const SQS_BATCH_SIZE_WITHOUT_WINDOW_MAX = 10;
/** A FIFO queue has no batching window. */
export const SQS_FIFO_BATCH_SIZE_MAX = 10;
export const SQS_RECEIVE_MAX = 10;
export const SQS_WAIT_SECONDS = 20;
/** Lambda begins with five concurrent batches. */
export const SQS_LISTENERS_MAX = 5;
/** Batches at once where the mapping does not say. AWS goes up to 1,250; here they are processes of one machine. */
export const SQS_BATCHES_MAX = 100;
/** Mappings that one process serves. */
export const MAPPINGS_MAX = 1_000;
export const POLL_LEASE_MS = 30_000;
/** After an error of the queue, and the first wait after a throttle; doubled up to the other. */
export const POLL_WAIT_MS = 1_000;
export const POLL_WAIT_MS_MAX = 60_000;
export const DELETE_ATTEMPTS_MAX = 5;

/** Functions and versions whose configurations are kept in memory for invocations. */
export const FUNCTIONS_CACHED_MAX = 1_000;
