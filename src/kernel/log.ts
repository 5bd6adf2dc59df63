// What the platform itself has to say (functions' logs are CloudWatch Logs). Secrets are never passed to it.

export type LogLevel = "debug" | "info" | "warn" | "error";

export interface Logger {
  /** `fields` are plain values; an `error` field may hold anything that was thrown. */
  log(level: LogLevel, message: string, fields?: Readonly<Record<string, unknown>>): void;
}

export const silentLogger: Logger = { log: () => {} };
