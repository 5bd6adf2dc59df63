// The quotas of EventBridge, with units in their names. Source: EventBridge User Guide, "Quotas"; API reference of PutTargets and PutEvents.

export const TARGETS_PER_REQUEST_MAX = 10;
export const TARGETS_PER_RULE_MAX = 5;
export const RULES_PER_BUS_MAX = 300;
export const TAGS_MAX = 50;
export const PAGE_MAX = 100;
export const EVENTS_PER_REQUEST_MAX = 10;
/** All entries of one PutEvents together. */
export const EVENTS_BYTES_MAX = 1_048_576;
export const PATTERN_LENGTH_MAX = 4_096;
/** Unless the target's own policy says less. */
export const RETRY_ATTEMPTS_MAX = 185;
export const EVENT_AGE_SECONDS_MAX = 86_400;

// Our own bounds.

/** Rules or targets that are read at a time. */
export const RECORD_PAGE = 500;
/** Combinations of `$or` in one pattern. */
export const OR_COMBINATIONS_MAX = 1_000;
