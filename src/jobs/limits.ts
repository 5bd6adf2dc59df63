// Bounds of the job queue. They are ours, chosen so that nothing grows without end; none is an AWS quota.

/** The largest job record, encoded, payload included, in bytes. */
export const JOB_BYTES_MAX = 1024 * 1024;
/** Lanes that one round of turns takes from the index. A lane that becomes due waits for at most one round. */
export const LANES_PER_ROUND_MAX = 128;
/** Jobs that one transaction leases. */
export const LEASES_PER_TRANSACTION_MAX = 64;
/** Leases of a dead process that one transaction gives back. */
export const RELEASES_PER_TRANSACTION_MAX = 256;
/** Wait before a type without a definition is looked up again, in ms; doubled up to the second. */
export const UNKNOWN_TYPE_RETRY_MS = 1_000;
export const UNKNOWN_TYPE_RETRY_MS_MAX = 60_000;
/** Wait before a transaction of the runner's own that failed is tried again, in ms; doubled up to the second. */
export const STORAGE_RETRY_MS = 100;
export const STORAGE_RETRY_MS_MAX = 10_000;
/** Wait after the second and later interruptions (crashes) in the midst of one attempt, in ms; doubled up to the second. */
export const INTERRUPTION_BACKOFF_MS = 1_000;
export const INTERRUPTION_BACKOFF_MS_MAX = 60_000;
/** How long `stop` waits for handlers, in ms. */
export const STOP_GRACE_MS = 5_000;
/** The longest timer, in ms: a longer wait is several of them. */
export const TIMER_MS_MAX = 3_600_000;
/** The most that is kept of a dead letter's error, in characters. */
export const DEAD_LETTER_ERROR_CHARACTERS_MAX = 4_000;
/** How long a dead letter is kept, in ms. */
export const DEAD_LETTER_AGE_MS_MAX = 14 * 24 * 3_600_000;
/** Dead letters past that age that go whenever another one comes. */
export const DEAD_LETTERS_PRUNED = 4;
/** How often runners that share a storage look for leases that have run out, in ms: a dead node cannot tell. */
export const LEASE_CHECK_MS = 15_000;
