// What the runtime needs from the host, and what it tells the platform. The host implements the first, the app takes the second.

/** A running child process with a channel: a stream of bytes both ways, at its descriptor 3. */
export interface ChildProcess {
  /** Undefined when it could not be started; `exited` follows. */
  readonly pid: number | undefined;
  send(bytes: Uint8Array): void;
  /** Nothing more will be sent: the process sees the end of the channel, and may still write to it. */
  end(): void;
  /** To the process and all that it started. */
  kill(signal: "SIGTERM" | "SIGKILL"): void;
  /** Resident memory that it shares with no other process, in KiB; undefined where the operating system does not tell. */
  privateMemoryKb(): number | undefined;
}

export interface ChildListener {
  channel(chunk: Uint8Array): void;
  output(chunk: Uint8Array): void;
  /** Called once, after everything that the process wrote was handed over. */
  exited(end: ChildEnd): void;
}

export interface ChildEnd {
  readonly code: number | null;
  readonly signal: string | null;
  /** Why the process could not be started at all. */
  readonly startError?: string;
}

export interface ChildCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly directory: string;
  /** All of it: nothing of the platform's own environment reaches the child. */
  readonly environment: Readonly<Record<string, string>>;
}

export interface ProcessPort {
  /** The Node that runs the platform: absolute path. */
  readonly nodePath: string;
  readonly nodeVersion: string;
  spawn(command: ChildCommand, listener: ChildListener): ChildProcess;
}

export interface CodeFile {
  /** Relative, with forward slashes, without `..`. */
  readonly path: string;
  readonly executable: boolean;
  /** The path that a symbolic link points to, instead of bytes. */
  readonly linkTo?: string;
  readonly bytes: Uint8Array;
}

export interface FilePort {
  /** Writes the files into a new folder and gives it its name when all are there; the absolute path. Replaces nothing: a folder of this name is taken as it is. */
  install(name: string, files: AsyncIterable<CodeFile>): Promise<string>;
  /** A folder for what a process writes to its temporary directory. Its absolute path, at once; it exists when the promise resolves. */
  temporary(name: string): { readonly path: string; readonly ready: Promise<void> };
  removeTemporary(name: string): void;
  /** A folder for compiled code that processes share. */
  readonly compileCache: string;
  /** Calls `listener` when something below the folder changes, until the returned function is called. */
  watch(path: string, listener: () => void): () => void;
}

export interface LogEntry {
  readonly timestampMs: number;
  /** Ends with a line break, as Lambda's do. */
  readonly message: string;
  /** Absent for what is printed outside an invocation. */
  readonly requestId?: string;
}

/** What one environment logged in a short time. */
export interface LogBatch {
  readonly account: string;
  readonly region: string;
  readonly functionName: string;
  readonly logGroup: string;
  readonly logStream: string;
  readonly entries: readonly LogEntry[];
}

/** Takes batches in order; it must not throw, and it must not be slow. */
export type LogSink = (batch: LogBatch) => void;

export interface InvocationSummary {
  readonly account: string;
  readonly region: string;
  readonly functionName: string;
  readonly functionArn: string;
  readonly version: string;
  readonly requestId: string;
  readonly startedAtMs: number;
  readonly durationMs: number;
  readonly billedMs: number;
  /** Only when the environment was started for this invocation. */
  readonly initMs?: number;
  readonly memoryMb: number;
  readonly maxMemoryMb: number;
  readonly status: "ok" | "error" | "timeout" | "exit";
  /** The error's type and message where there is one. */
  readonly error?: { readonly type: string; readonly message: string };
}
