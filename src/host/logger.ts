// The platform's own log on standard error: one line an entry, readable, or JSON when a program reads it.
import { inspect } from "node:util";
import type { Logger, LogLevel } from "../kernel/log.ts";

const RANK: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 };

export function createLogger(options: {
  readonly level: LogLevel;
  readonly json: boolean;
  readonly write: (line: string) => void;
}): Logger {
  return {
    log(level, message, fields = {}) {
      if (RANK[level] < RANK[options.level]) return;
      if (options.json) {
        options.write(JSON.stringify({ level, message, ...fields, ...("error" in fields && { error: describe(fields["error"]) }) }));
        return;
      }
      const rest = Object.entries(fields).map(
        ([name, value]) =>
          `${name}=${name === "error" ? describe(value) : typeof value === "string" ? value : inspect(value, { breakLength: Infinity })}`,
      );
      options.write([`hearth: ${level === "info" ? "" : `${level}: `}${message}`, ...rest].join(" "));
    },
  };
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : inspect(error);
}

export function writeStandardError(line: string): void {
  process.stderr.write(`${line}\n`);
}
