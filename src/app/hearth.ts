// Composition: the one file that knows everything. It opens, wires and closes; whatever has a rule in it belongs elsewhere.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Context, Platform } from "../contract/context.ts";
import { createLedger } from "../contract/ledger.ts";
import { createDispatcher, type Dispatcher } from "../gateway/dispatch.ts";
import { createGateway } from "../gateway/gateway.ts";
import { hostClock } from "../host/clock.ts";
import { openFunctionFiles } from "../host/function-files.ts";
import { type Listener, listen } from "../host/http-server.ts";
import { createLogger, writeStandardError } from "../host/logger.ts";
import { openProcesses } from "../host/processes.ts";
import { hostRandom } from "../host/random.ts";
import { BLOB_SWEEP, createBlobSweep } from "../jobs/blob-sweep.ts";
import type { JobDefinition } from "../jobs/job.ts";
import { createJobs } from "../jobs/runner.ts";
import type { Logger } from "../kernel/log.ts";
import { validateInput } from "../protocol/validation.ts";
import { createRuntime } from "../runtime/runtime.ts";
import { openFileBlobs } from "../storage/engines/file-blobs.ts";
import { openLmdbStorage } from "../storage/engines/lmdb.ts";
import { createLogForwarder, type FunctionLog } from "./log-forwarder.ts";
import { platformPages } from "./pages.ts";
import { SERVICES } from "./services.ts";

export interface HearthOptions {
  /** All state, one process at a time; made if need be. */
  readonly directory: string;
  /** Loopback; 0 takes a free port. */
  readonly port: number;
  /** Lambda may take code from folders of this machine: for `hearth dev`, never on a server. */
  readonly allowLocalCode: boolean;
  /** The platform's own log as JSON lines. */
  readonly json: boolean;
  /** The platform's own log from `debug` on, instead of from `warn`. */
  readonly verbose: boolean;
  /** Sees what functions print, besides CloudWatch Logs. */
  onFunctionLog?(log: FunctionLog & { readonly functionName: string }): void;
}

/** An operation as the account and region given; the defaults are 000000000000 and us-east-1. */
export type PlatformCall = (
  service: string,
  operation: string,
  input: Readonly<Record<string, unknown>>,
  scope?: CallScope,
) => Promise<unknown>;

export interface CallScope {
  readonly account?: string;
  readonly region?: string;
}

export interface Hearth {
  /** `http://127.0.0.1:4566` */
  readonly endpoint: string;
  readonly call: PlatformCall;
  /** Ends requests, functions and jobs in order; what was acknowledged is on disk. */
  close(): Promise<void>;
}

export const DEFAULT_ACCOUNT = "000000000000";
export const DEFAULT_REGION = "us-east-1";

/** Throws what the file system and sockets throw: a port in use, a directory that cannot be written. */
export async function startHearth(options: HearthOptions): Promise<Hearth> {
  const { directory } = options;
  const logger = createLogger({
    level: options.verbose ? "debug" : "warn",
    json: options.json,
    write: writeStandardError,
  });
  // What is kept here is the platform's alone: secrets, other people's data.
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const storage = openLmdbStorage({ directory: join(directory, "storage") });
  let listener: Listener | undefined;
  try {
    const blobs = openFileBlobs({ directory: join(directory, "blobs"), clock: hostClock, random: hostRandom });
    const endpoint = { url: "" };
    const ledger = createLedger();
    const runner = createJobs({
      storage,
      clock: hostClock,
      random: hostRandom,
      logger,
      definition: async (type) => (type === BLOB_SWEEP ? sweep.job : definitionOf(dispatcher, type)),
      context: (type, payload) => contextOf(dispatcher, type, payload),
    });
    const sweep = createBlobSweep({ storage, blobs, clock: hostClock, logger, jobs: runner.jobs });
    const forwarder = createLogForwarder({
      clock: hostClock,
      logger,
      call: (operation, input, scope) => call("logs", operation, input, scope),
    });
    const runtime = createRuntime({
      clock: hostClock,
      random: hostRandom,
      logger: announcing(logger),
      processes: openProcesses(),
      files: openFunctionFiles({ directory: join(directory, "functions") }),
      logs: (batch) => {
        forwarder.accept(batch);
        options.onFunctionLog?.(batch);
      },
    });
    const platform: Platform = {
      clock: hostClock,
      random: hostRandom,
      logger,
      storage,
      blobs,
      jobs: runner.jobs,
      ledger,
      runtime,
      get endpoint() {
        return endpoint.url;
      },
      partition: "aws",
      allowLocalCode: options.allowLocalCode,
    };
    const dispatcher = createDispatcher(platform, SERVICES, validateInput);
    const call: PlatformCall = (service, operation, input, scope) => dispatcher.call(service, operation, input, scopeOf(scope));
    const gateway = createGateway({ platform, dispatcher, pages: platformPages({ ledger, dispatcher, deadLetters: runner.deadLetters }) });
    listener = await listen({ port: options.port, handle: gateway.handle });
    endpoint.url = `http://127.0.0.1:${listener.port}`;
    runner.start();
    await sweep.start();
    const close = closer({ listener, sweep, runner, runtime, forwarder, storage });
    return { endpoint: endpoint.url, call, close };
  } catch (error) {
    await listener?.close(0);
    await storage.close();
    throw error;
  }
}

interface Parts {
  readonly listener: Listener;
  readonly sweep: { stop(): void };
  readonly runner: { stop(): Promise<void> };
  readonly runtime: { close(): Promise<void> };
  readonly forwarder: { flush(): Promise<void> };
  readonly storage: { close(): Promise<void> };
}

/** First nothing new comes in, then what runs ends, then what it said is kept. */
function closer(parts: Parts): () => Promise<void> {
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    parts.sweep.stop();
    await Promise.all([parts.listener.close(), parts.runner.stop()]);
    await parts.runtime.close();
    await parts.forwarder.flush();
    await parts.storage.close();
  };
  return () => {
    closing ??= close();
    return closing;
  };
}

function scopeOf(scope: CallScope = {}) {
  const account = scope.account ?? DEFAULT_ACCOUNT;
  return { account, region: scope.region ?? DEFAULT_REGION, principal: { account } };
}

/** `s3.notify` is the job `notify` of the service s3. */
async function definitionOf(dispatcher: Dispatcher, type: string): Promise<JobDefinition<Context, unknown> | undefined> {
  const [service = "", name = ""] = type.split(".");
  return (await dispatcher.service(service)).jobs?.[name];
}

function contextOf(dispatcher: Dispatcher, type: string, payload: unknown): Context {
  const [service = "", name = ""] = type.split(".");
  const scope: CallScope = typeof payload === "object" && payload !== null ? payload : {};
  return dispatcher.context(service, name, scopeOf(scope));
}

/** What the runtime has to tell about how functions run is for people: shown at `info` whatever the level. */
function announcing(logger: Logger): Logger {
  return { log: (level, message, fields) => logger.log(level === "info" ? "warn" : level, message, fields) };
}
