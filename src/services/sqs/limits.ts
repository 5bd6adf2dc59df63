// The quotas of Amazon SQS standard queues, with units in their names. Source: SQS Developer Guide, "Amazon SQS quotas".

export const DELAY_SECONDS_MAX = 900;
export const VISIBILITY_SECONDS_MAX = 43_200;
export const RETENTION_SECONDS_MIN = 60;
export const RETENTION_SECONDS_MAX = 1_209_600;
export const WAIT_SECONDS_MAX = 20;
export const MESSAGE_BYTES_MIN = 1_024;
export const MESSAGE_BYTES_MAX = 1_048_576;
/** All bodies and attributes of one batch request together. */
export const BATCH_BYTES_MAX = 1_048_576;
export const BATCH_ENTRIES_MAX = 10;
export const BATCH_ENTRY_ID_LENGTH_MAX = 80;
export const RECEIVE_MESSAGES_MAX = 10;
export const MESSAGE_ATTRIBUTES_MAX = 10;
export const ATTRIBUTE_NAME_LENGTH_MAX = 256;
export const ATTRIBUTE_TYPE_LENGTH_MAX = 256;
export const IN_FLIGHT_MESSAGES_MAX = 120_000;
export const RECEIVE_COUNT_MAX = 1_000;
export const KMS_REUSE_SECONDS_MIN = 60;
export const KMS_REUSE_SECONDS_MAX = 86_400;
export const QUEUE_TAGS_MAX = 50;
export const QUEUES_PER_PAGE_MAX = 1_000;
/** One PurgeQueue per queue in this time. */
export const PURGE_INTERVAL_MS = 60_000;
/** Statements that AddPermission may leave in a policy, and actions in one of them. */
export const POLICY_STATEMENTS_MAX = 20;
export const POLICY_ACTIONS_MAX = 7;
export const REDRIVE_ALLOW_SOURCES_MAX = 10;
export const MOVE_TASKS_LISTED_MAX = 10;
export const MOVE_RATE_MAX = 500;

// Our own bounds.

/** Bodies up to this many UTF-8 bytes live in the message record itself and are rewritten with it; longer ones have a record of their own. */
export const INLINE_BODY_BYTES_MAX = 4_096;
/** Entries whose change of state one transaction takes into the counts. */
export const SETTLE_ENTRIES_MAX = 1_000;
/** Range reads of one receive that meet only expired or dead-lettered messages. */
export const RECEIVE_ROUNDS_MAX = 20;
/** Records that one transaction of a background job looks at. */
export const JOB_ENTRIES_MAX = 500;
/** Long bodies that one transaction of a background job removes: each may be as large as a message. */
export const JOB_BODIES_MAX = 16;
/** Tasks that move messages without a rate of their own move this many in a transaction. */
export const MOVE_ENTRIES_MAX = 100;
/** Queues that one page of ListDeadLetterSourceQueues looks through at a time. */
export const QUEUE_SCAN_PAGE = 500;
