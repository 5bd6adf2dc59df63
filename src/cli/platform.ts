// What `dev` and `serve` share: starting the platform with errors that say what to do, and stopping it on a signal.
import { type Hearth, type HearthOptions, startHearth } from "../app/hearth.ts";
import { CliError, type OptionSpec } from "./command.ts";

export const PLATFORM_OPTIONS: Readonly<Record<"port" | "data" | "json" | "verbose", OptionSpec>> = {
  port: { type: "string", short: "p", value: "PORT", help: "where to listen on loopback (default 4566; 0 takes a free one)" },
  data: { type: "string", value: "DIR", help: "where state is kept (default .hearth)" },
  json: { type: "boolean", help: "one JSON document per line, for programs" },
  verbose: { type: "boolean", help: "say more about what the platform itself does" },
};

export const DEFAULT_PORT = 4566;

/** Starts it, or throws one clear line: port in use, data directory not writable or in use by another process. */
export async function startPlatform(options: HearthOptions): Promise<Hearth> {
  try {
    return await startHearth(options);
  } catch (error) {
    throw explain(error, options);
  }
}

function explain(error: unknown, options: HearthOptions): unknown {
  if (!(error instanceof Error)) return error;
  const code = "code" in error ? String(error.code) : "";
  const data = options.directory;
  switch (code) {
    case "EADDRINUSE":
      return new CliError(
        `port ${options.port} is in use. Stop what listens there (another Hearth, LocalStack?), or choose another with --port.`,
      );
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return "syscall" in error && error.syscall === "listen"
        ? new CliError(`listening on port ${options.port} is not permitted. Choose one above 1023 with --port.`)
        : new CliError(`the data directory ${data} cannot be written. Make it writable, or choose another with --data.`);
    case "ENOTDIR":
    case "EEXIST":
      return new CliError(`the data directory ${data} is not a folder. Choose another with --data.`);
    case "ENOSPC":
      return new CliError(`the disk that holds ${data} is full.`);
    default:
      return / is in use by process /.test(error.message)
        ? new CliError(`${error.message}. Stop that one, or choose another directory with --data.`)
        : error;
  }
}

/** A terminal's Ctrl-C reaches every process of its group, and launchers (npx, our own) pass it on: within this, in ms, it is one. */
const SAME_SIGNAL_MS = 500;

/** Resolves with the exit code once a signal came and `stop` is done. A second signal ends the process at once. */
export function untilStopped(stop: () => Promise<void>): Promise<number> {
  return new Promise((resolve) => {
    let firstMs: number | undefined;
    const onSignal = () => {
      const nowMs = performance.now();
      if (firstMs !== undefined && nowMs - firstMs > SAME_SIGNAL_MS) process.exit(130);
      if (firstMs !== undefined) return;
      firstMs = nowMs;
      stop().then(
        () => resolve(0),
        (error: unknown) => {
          console.error(error);
          resolve(70);
        },
      );
    };
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, onSignal);
  });
}
