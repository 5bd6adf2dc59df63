// The log of an environment: what its process prints and the platform's own lines, gathered into batches for the sink.
// An event that was taken is handed over; nothing is dropped.
import type { Clock, Timer } from "../kernel/clock.ts";
import { LOG_BATCH_ENTRIES_MAX, LOG_BATCH_MS, LOG_ENTRY_LENGTH_MAX, LOG_TAIL_BYTES_MAX } from "./limits.ts";
import type { LogBatch, LogEntry, LogSink } from "./ports.ts";

type Source = Omit<LogBatch, "entries">;

/** Gathers the entries of all environments and hands them over together. */
export class LogBatches {
  readonly #clock: Clock;
  readonly #sink: LogSink;
  readonly #dirty = new Set<EnvironmentLog>();
  #timer: Timer | undefined;

  constructor(clock: Clock, sink: LogSink) {
    this.#clock = clock;
    this.#sink = sink;
  }

  open(source: Source): EnvironmentLog {
    return new EnvironmentLog(this.#clock, source, (log, full) => {
      this.#dirty.add(log);
      if (full) this.flush();
      else this.#timer ??= this.#clock.setTimer(LOG_BATCH_MS, () => this.flush());
    });
  }

  flush(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    const logs = [...this.#dirty];
    this.#dirty.clear();
    for (const log of logs) {
      const entries = log.take();
      if (entries.length > 0) this.#sink({ ...log.source, entries });
    }
  }
}

export class EnvironmentLog {
  readonly source: Source;
  readonly #clock: Clock;
  readonly #changed: (log: EnvironmentLog, full: boolean) => void;
  #entries: LogEntry[] = [];
  #requestId: string | undefined;
  /** Events of the running invocation, for its tail. */
  #lines: string[] = [];
  /** The initialization is kept too: it belongs to the log of an invocation that it makes fail. */
  #keepsLines = true;
  /** Text without its line break yet: of the streams that the runtime writes to, and of the process's own descriptors. */
  readonly #partial = { stream: "", descriptor: "" };

  constructor(clock: Clock, source: Source, changed: (log: EnvironmentLog, full: boolean) => void) {
    this.#clock = clock;
    this.source = source;
    this.#changed = changed;
  }

  begin(requestId: string, withInitialization = false): void {
    this.#requestId = requestId;
    this.#keepsLines = true;
    if (!withInitialization) this.#lines = [];
  }

  /** Once the function is loaded, what it prints between invocations belongs to none. */
  initialized(): void {
    this.#keepsLines = false;
    this.#lines = [];
  }

  /** One event; the line break at its end is added. */
  line(message: string): void {
    this.event(`${message}\n`);
  }

  event(message: string): void {
    const kept = message.length > LOG_ENTRY_LENGTH_MAX ? `${message.slice(0, LOG_ENTRY_LENGTH_MAX)}\n` : message;
    const timestampMs = this.#clock.now();
    this.#entries.push(
      this.#requestId === undefined ? { timestampMs, message: kept } : { timestampMs, message: kept, requestId: this.#requestId },
    );
    if (this.#keepsLines) this.#lines.push(kept);
    if (this.#entries.length === 1 || this.#entries.length >= LOG_BATCH_ENTRIES_MAX) {
      this.#changed(this, this.#entries.length >= LOG_BATCH_ENTRIES_MAX);
    }
  }

  /** Text of a standard stream: an event for each line, the last one once its line break comes. */
  text(source: "stream" | "descriptor", text: string): void {
    const parts = (this.#partial[source] + text).split("\n");
    this.#partial[source] = parts.pop() ?? "";
    for (const part of parts) this.line(part);
    if (this.#partial[source].length > LOG_ENTRY_LENGTH_MAX) this.endText();
  }

  /** The lines that have no end yet, as events. */
  endText(): void {
    for (const source of ["stream", "descriptor"] as const) {
      const rest = this.#partial[source];
      this.#partial[source] = "";
      if (rest !== "") this.line(rest);
    }
  }

  /** Ends the invocation: the last part of its log. */
  end(): string {
    const all = this.#lines.join("");
    this.#requestId = undefined;
    this.initialized();
    if (all.length * 3 <= LOG_TAIL_BYTES_MAX) return all;
    const bytes = Buffer.from(all);
    if (bytes.length <= LOG_TAIL_BYTES_MAX) return all;
    // Not from within a character.
    let from = bytes.length - LOG_TAIL_BYTES_MAX;
    while (((bytes[from] ?? 0) & 0xc0) === 0x80) from++;
    return bytes.toString("utf8", from);
  }

  take(): LogEntry[] {
    const taken = this.#entries;
    this.#entries = [];
    return taken;
  }
}

/** `YYYY/MM/DD/[$LATEST]<32 hexadecimal digits>` */
export function logStreamName(nowMs: number, version: string, id: string): string {
  return `${new Date(nowMs).toISOString().slice(0, 10).replaceAll("-", "/")}/[${version}]${id}`;
}

export interface Report {
  readonly requestId: string;
  readonly durationMs: number;
  readonly billedMs: number;
  readonly memoryMb: number;
  readonly maxMemoryMb: number;
  readonly initMs?: number;
  readonly status?: string;
}

/** Lambda's REPORT line: tabs after each part, durations with two decimals. */
export function reportLine(report: Report): string {
  const init = report.initMs === undefined ? "" : `Init Duration: ${report.initMs.toFixed(2)} ms\t`;
  const status = report.status === undefined ? "" : `${report.status}\t`;
  return (
    `REPORT RequestId: ${report.requestId}\tDuration: ${report.durationMs.toFixed(2)} ms\tBilled Duration: ${report.billedMs} ms\t` +
    `Memory Size: ${report.memoryMb} MB\tMax Memory Used: ${report.maxMemoryMb} MB\t${init}${status}`
  );
}
