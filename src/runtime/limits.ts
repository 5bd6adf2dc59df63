// Bounds of the runtime. Lambda's own figures name their source (Lambda quotas, "Understanding the Lambda execution environment lifecycle").

/** Lambda ends an initialization after this long and begins it again within the invocation. */
export const INIT_MS_MAX = 10_000;
/** Invocations that run or wait at once, in all: Lambda's default quota of an account. */
export const CONCURRENCY_MAX = 1_000;
/** Processes at once, in all. Beyond it invocations wait for one that becomes idle. */
export const ENVIRONMENTS_MAX = 200;
/** Processes of one function at once. */
export const ENVIRONMENTS_PER_FUNCTION_MAX = 100;
/** Processes that start at the same time: more would only make each of them slower. */
export const STARTS_MAX = 4;
/** An invocation that found no environment in this time is throttled. */
export const WAIT_MS_MAX = 20_000;
/** A wait this long is worth the start of another process; shorter ones are taken as they are when the function is known to be quick. */
export const SCALE_OUT_WAIT_MS = 40;
/** An environment that was not used for this long is ended. */
export const IDLE_MS_MAX = 5 * 60_000;
/** Between SIGTERM and SIGKILL. Lambda gives a function with extensions 2 s in all. */
export const STOP_MS_MAX = 500;
/** How often the memory of busy processes is looked at. */
export const MEMORY_CHECK_MS = 200;
/** How long log entries are gathered before they are handed over. */
export const LOG_BATCH_MS = 50;
/** Handed over earlier when there are this many. CloudWatch Logs takes at most 10,000 events in a call. */
export const LOG_BATCH_ENTRIES_MAX = 1_000;
/** One log event, in characters; CloudWatch Logs takes 1 MB. Longer ones are cut. */
export const LOG_ENTRY_LENGTH_MAX = 256 * 1024;
/** The log that an invocation answers when asked to, in bytes. */
export const LOG_TAIL_BYTES_MAX = 4 * 1024;
/** One frame of the channel, in bytes: an answer of 6 MB, escaped. */
export const FRAME_BYTES_MAX = 64 * 1024 * 1024;
/** Unpacked code of a function, in bytes (Lambda quotas: 250 MB with layers). */
export const CODE_BYTES_MAX = 262_144_000;
/** Files in an archive. */
export const CODE_FILES_MAX = 200_000;
/** The share of a function's memory that V8's old generation may take, as Lambda's Node runtimes set it. */
export const OLD_SPACE_SHARE = 0.9;
