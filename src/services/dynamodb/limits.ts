// Named limits of DynamoDB with their units. Source: developer guide, "Service, account, and table quotas" and "Constraints in
// Amazon DynamoDB", and the API reference, unless a line says otherwise. Never a place for tuning.

export const ITEM_BYTES_MAX = 400 * 1024;
export const PARTITION_KEY_BYTES_MAX = 2048;
export const SORT_KEY_BYTES_MAX = 1024;
/** Lists and maps within lists and maps. */
export const NESTING_LEVELS_MAX = 32;

export const NUMBER_DIGITS_MAX = 38;
/** Exponents of the first digit: 1E-130 to 9.99…E+125. */
export const NUMBER_EXPONENT_MIN = -130;
export const NUMBER_EXPONENT_MAX = 125;

export const EXPRESSION_BYTES_MAX = 4 * 1024;
export const EXPRESSION_OPERATORS_MAX = 300;
export const IN_OPERANDS_MAX = 100;
/** Of all expression attribute values, or names, of one request. */
export const EXPRESSION_VARIABLES_BYTES_MAX = 2 * 1024 * 1024;
export const EXPRESSION_NAME_BYTES_MAX = 255;

/** Read by one Query or Scan before filtering. */
export const PAGE_BYTES_MAX = 1024 * 1024;
export const BATCH_GET_KEYS_MAX = 100;
export const BATCH_GET_BYTES_MAX = 16 * 1024 * 1024;
export const BATCH_WRITE_REQUESTS_MAX = 25;
export const BATCH_WRITE_BYTES_MAX = 16 * 1024 * 1024;
export const TRANSACTION_BYTES_MAX = 4 * 1024 * 1024;
/** How long a client token of TransactWriteItems keeps its meaning. */
export const TRANSACTION_TOKEN_MS = 10 * 60 * 1000;

export const LOCAL_INDEXES_MAX = 5;
export const GLOBAL_INDEXES_MAX = 20;
/** Attributes named by INCLUDE projections, over all indexes of a table. */
export const PROJECTED_ATTRIBUTES_MAX = 100;
export const TABLE_NAME_CHARACTERS_MIN = 3;
export const TABLE_NAME_CHARACTERS_MAX = 255;
export const TAGS_MAX = 50;
export const TAGS_PAGE = 10;
export const LIST_TABLES_MAX = 100;
export const PROVISIONED_UNITS_MAX = 1_000_000_000_000;

/** What DescribeLimits answers: the quotas of a new account. */
export const ACCOUNT_UNITS_MAX = 80_000;
export const TABLE_UNITS_MAX = 40_000;

export const READ_UNIT_BYTES = 4 * 1024;
export const WRITE_UNIT_BYTES = 1024;

/** An item whose time to live lies further back is left alone ("Using time to live"). */
export const TTL_AGE_SECONDS_MAX = 5 * 365 * 24 * 60 * 60;
/** How often expired items of a table are looked for. Ours: AWS promises "within a few days". */
export const TTL_SWEEP_MS = 15_000;
/** Items that one transaction of a background job touches. Ours. */
export const JOB_BATCH_ITEMS = 200;
/** DescribeTable counts this many entries at once; what is larger is counted by a job. Ours. */
export const COUNT_AT_ONCE_MAX = 1_000;
/** How often a large table is counted anew: "approximately every six hours". */
export const COUNT_INTERVAL_MS = 6 * 60 * 60 * 1000;
/** Parsed expressions that are kept. Ours. */
export const EXPRESSION_CACHE_MAX = 2_000;
/** Compiled table records that are kept. Ours. */
export const TABLE_CACHE_MAX = 1_000;
