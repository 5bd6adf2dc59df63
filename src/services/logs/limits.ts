// The quotas of CloudWatch Logs, with units in their names. Source: API reference of PutLogEvents, FilterLogEvents and GetLogEvents, and "CloudWatch Logs quotas".

export const BATCH_EVENTS_MAX = 10_000;
/** Messages in UTF-8 and EVENT_OVERHEAD_BYTES for each event. */
export const BATCH_BYTES_MAX = 1_048_576;
export const EVENT_OVERHEAD_BYTES = 26;
export const EVENT_AGE_MS_MAX = 14 * 86_400_000;
export const EVENT_FUTURE_MS_MAX = 2 * 3_600_000;
export const BATCH_SPAN_MS_MAX = 24 * 3_600_000;
export const PAGE_EVENTS_MAX = 10_000;
export const PAGE_BYTES_MAX = 1_048_576;
export const DESCRIBE_PAGE_MAX = 50;
export const GROUP_TAGS_MAX = 50;
export const RETENTION_DAYS = [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];

// Our own bounds.

/** Events of one chunk lie within this time, so that a search by time knows how far back a chunk can begin. */
export const CHUNK_SPAN_MS_MAX = 10_000;
/** A chunk stays well below what one value of the storage may hold. */
export const CHUNK_BYTES_MAX = 524_288;
/** Chunks that are read at a time. */
export const CHUNK_PAGE = 64;
/** Chunks that one FilterLogEvents looks through before it answers with what it has and a token. */
export const SEARCH_CHUNKS_MAX = 4_096;
/** Records that one transaction of a background job removes. */
export const JOB_ENTRIES_MAX = 200;
/** Chunks that one transaction of a background job removes. */
export const JOB_CHUNKS_MAX = 50;
/** Groups or streams that are read at a time. */
export const RECORD_PAGE = 500;
/** The expiry of a group is looked at most and least often. */
export const EXPIRY_INTERVAL_MS_MIN = 3_600_000;
export const EXPIRY_INTERVAL_MS_MAX = 86_400_000;
