// Takes what functions print and brings it to CloudWatch Logs in batches. It must never delay a function, nor grow without
// bound when the platform cannot keep up: then it drops the oldest and says so in the log itself.
import type { Clock } from "../kernel/clock.ts";
import { hasCode, messageOf } from "../kernel/errors.ts";
import type { Logger } from "../kernel/log.ts";

/** What the runtime hands over: lines of one log stream. */
export interface FunctionLog {
  readonly account: string;
  readonly region: string;
  readonly logGroup: string;
  readonly logStream: string;
  readonly entries: readonly { readonly timestampMs: number; readonly message: string }[];
}

type LogsOperation = "PutLogEvents" | "CreateLogStream" | "CreateLogGroup";
export type LogsCall = (
  operation: LogsOperation,
  input: Record<string, unknown>,
  scope: { account: string; region: string },
) => Promise<unknown>;

/** Lines held at most, over all streams. */
const LINES_MAX = 100_000;
/** Lines in one PutLogEvents call (the API's limit is 10,000) and their bytes, 26 for each line included (its limit is 1,048,576). */
const BATCH_LINES_MAX = 5_000;
const BATCH_BYTES_MAX = 900_000;

interface Pending {
  readonly log: FunctionLog;
  entries: { timestampMs: number; message: string }[];
}

export interface LogForwarder {
  accept(log: FunctionLog): void;
  /** Resolves when all that is held is written. */
  flush(): Promise<void>;
}

export function createLogForwarder(options: { readonly clock: Clock; readonly logger: Logger; readonly call: LogsCall }): LogForwarder {
  const { clock, logger, call } = options;
  let pending = new Map<string, Pending>();
  let held = 0;
  let writing: Promise<void> | undefined;

  const write = async ({ log, entries }: Pending): Promise<void> => {
    const scope = { account: log.account, region: log.region };
    const name = { logGroupName: log.logGroup, logStreamName: log.logStream };
    for (const batch of batches(entries)) {
      const logEvents = batch.map((entry) => ({ timestamp: entry.timestampMs, message: entry.message }));
      try {
        await call("PutLogEvents", { ...name, logEvents }, scope);
      } catch (error) {
        if (!hasCode(error, "ResourceNotFoundException")) throw error;
        await create(call, name, scope);
        await call("PutLogEvents", { ...name, logEvents }, scope);
      }
    }
  };

  /** Goes on until nothing is held: what comes while it writes is the next round's, so batches grow with the load. */
  const drain = async (): Promise<void> => {
    while (pending.size > 0) {
      const round = pending;
      pending = new Map();
      held = 0;
      for (const one of round.values()) {
        try {
          await write(one);
        } catch (error) {
          logger.log("error", "could not keep a function's log", {
            logGroup: one.log.logGroup,
            lines: one.entries.length,
            error: messageOf(error),
          });
        }
      }
    }
    writing = undefined;
  };

  return {
    accept(log) {
      const id = `${log.account}\n${log.region}\n${log.logGroup}\n${log.logStream}`;
      let one = pending.get(id);
      if (!one) {
        one = { log, entries: [] };
        pending.set(id, one);
      }
      for (const entry of log.entries) one.entries.push(entry);
      held += log.entries.length;
      if (held > LINES_MAX) {
        const dropped = one.entries.length;
        one.entries = [{ timestampMs: clock.now(), message: `[hearth: ${dropped} lines dropped, the log could not keep up]` }];
        held -= dropped - 1;
      }
      writing ??= drain();
    },
    flush: () => writing ?? Promise.resolve(),
  };
}

async function create(
  call: LogsCall,
  name: { logGroupName: string; logStreamName: string },
  scope: { account: string; region: string },
): Promise<void> {
  for (const [operation, input] of [
    ["CreateLogGroup", { logGroupName: name.logGroupName }],
    ["CreateLogStream", name],
  ] as const) {
    try {
      await call(operation, input, scope);
    } catch (error) {
      if (!hasCode(error, "ResourceAlreadyExistsException")) throw error;
    }
  }
}

function* batches(entries: readonly { timestampMs: number; message: string }[]): Generator<{ timestampMs: number; message: string }[]> {
  const ordered = [...entries].sort((a, b) => a.timestampMs - b.timestampMs);
  let batch: { timestampMs: number; message: string }[] = [];
  let bytes = 0;
  for (const entry of ordered) {
    const size = Buffer.byteLength(entry.message) + 26;
    if (batch.length > 0 && (batch.length >= BATCH_LINES_MAX || bytes + size > BATCH_BYTES_MAX)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(entry);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}
