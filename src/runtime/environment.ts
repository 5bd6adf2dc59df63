// An execution environment: one process that runs one function, one invocation at a time. Its life: starting → idle ⇄ busy →
// stopping → gone. It answers every invocation that it was given, whatever becomes of the process.
import type { FunctionSpec, InvocationRequest, InvocationResult } from "../contract/runtime.ts";
import { assert } from "../kernel/assert.ts";
import type { Clock, Timer } from "../kernel/clock.ts";
import { adapterOf, environmentOf } from "./adapters.ts";
import { frameReader, initFrame, invokeFrame, KIND } from "./channel.ts";
import { exited, type Failure, timedOut } from "./failures.ts";
import { INIT_MS_MAX, STOP_MS_MAX } from "./limits.ts";
import { type EnvironmentLog, reportLine } from "./log.ts";
import type { ChildEnd, ChildProcess, FilePort, InvocationSummary, ProcessPort } from "./ports.ts";

export interface EnvironmentHost {
  readonly clock: Clock;
  readonly processes: ProcessPort;
  readonly files: FilePort;
  /** Loaded, and without an invocation. */
  ready(environment: Environment): void;
  /** Could not load the function; it will be gone. */
  failed(environment: Environment, failure: InitFailure): void;
  /** Answered, and free for the next invocation. */
  idle(environment: Environment, durationMs: number): void;
  gone(environment: Environment): void;
  invoked(summary: InvocationSummary): void;
}

/** Why there is no function to run. */
export type InitFailure =
  | { readonly kind: "error"; readonly document: Uint8Array }
  | { readonly kind: "exit"; readonly end: ChildEnd; readonly outOfMemory: boolean }
  /** Lambda starts again then, within the invocation. */
  | { readonly kind: "timeout" };

interface Running {
  readonly request: InvocationRequest;
  readonly startedAtMs: number;
  readonly startedMonotonicMs: number;
  readonly timer: Timer | undefined;
  resolve(result: InvocationResult): void;
}

interface End {
  readonly payload: Uint8Array;
  readonly failure?: Failure;
  readonly status: InvocationSummary["status"];
  readonly durationMs?: number;
  /** What REPORT says of the end. */
  readonly note?: string;
}

export class Environment {
  readonly spec: FunctionSpec;
  readonly name: string;
  /** Which state of the function's code and configuration it was started for. */
  readonly generation: number;
  readonly log: EnvironmentLog;
  state: "starting" | "idle" | "busy" | "stopping" | "gone" = "starting";
  idleSinceMs = 0;
  readonly #host: EnvironmentHost;
  readonly #child: ChildProcess;
  readonly #startedMs: number;
  /** Undefined once an invocation reported it. */
  #initMs: number | undefined;
  #initTimer: Timer | undefined;
  #stopTimer: Timer | undefined;
  #running: Running | undefined;
  #maxMemoryKb = 0;
  #outOfMemory = false;
  #outputText = "";

  /** @param withinInvocation the initialization has no limit of its own: its time is the invocation's */
  constructor(host: EnvironmentHost, spec: FunctionSpec, name: string, generation: number, log: EnvironmentLog, withinInvocation: boolean) {
    const adapter = adapterOf(spec.runtime);
    assert(adapter, `no adapter for the runtime ${spec.runtime}`);
    this.#host = host;
    this.spec = spec;
    this.name = name;
    this.generation = generation;
    this.log = log;
    this.#startedMs = host.clock.monotonic();
    const start = adapter.start(spec, { processes: host.processes, compileCache: host.files.compileCache });
    const temporary = host.files.temporary(name);
    const read = frameReader((kind, body) => this.#receive(kind, body));
    this.#child = host.processes.spawn(
      {
        command: start.command,
        args: start.args,
        directory: spec.codeDirectory,
        environment: environmentOf(spec, log.source.logStream, temporary.path, start),
      },
      {
        channel: (chunk) => {
          if (this.state !== "gone") read(chunk);
        },
        output: (chunk) => this.#output(chunk),
        exited: (end) => this.#exited(end),
      },
    );
    const init = initFrame(start.init);
    temporary.ready.then(
      () => this.#child.send(init),
      () => this.#child.kill("SIGKILL"),
    );
    if (!withinInvocation) this.#initTimer = host.clock.setTimer(INIT_MS_MAX, () => this.#initTimedOut());
  }

  /** Runs one invocation. The environment must be idle, or starting within an invocation. */
  run(request: InvocationRequest): Promise<InvocationResult> {
    assert(
      this.#running === undefined && (this.state === "idle" || this.state === "starting"),
      `an invocation in a ${this.state} environment`,
    );
    const { clock } = this.#host;
    this.log.begin(request.requestId);
    this.log.line(`START RequestId: ${request.requestId} Version: ${this.spec.version}`);
    return new Promise((resolve) => {
      this.#running = {
        request,
        resolve,
        startedAtMs: clock.now(),
        startedMonotonicMs: clock.monotonic(),
        timer: clock.setTimer(this.spec.timeoutMs, () => this.#timedOut()),
      };
      if (this.state === "idle") this.#sendInvocation(request, this.spec.timeoutMs);
    });
  }

  /** Answers an invocation for which the function could not be loaded. */
  runFailed(request: InvocationRequest, failure: Exclude<InitFailure, { kind: "timeout" }>): Promise<InvocationResult> {
    const { clock } = this.#host;
    this.log.begin(request.requestId, true);
    this.log.line(`START RequestId: ${request.requestId} Version: ${this.spec.version}`);
    return new Promise((resolve) => {
      this.#running = { request, resolve, startedAtMs: clock.now(), startedMonotonicMs: this.#startedMs, timer: undefined };
      if (failure.kind === "error") this.#finishWithDocument(failure.document, "error");
      else this.#finishExited(failure.end, failure.outOfMemory);
    });
  }

  /** Ends the process: politely, then not. */
  stop(): void {
    if (this.state === "stopping" || this.state === "gone") return;
    this.state = "stopping";
    this.#initTimer?.cancel();
    this.#child.kill("SIGTERM");
    // A signal that comes just before the process begins to wait does not wake it; the end of the channel does.
    this.#child.end();
    this.#stopTimer = this.#host.clock.setTimer(STOP_MS_MAX, () => this.#child.kill("SIGKILL"));
  }

  kill(): void {
    if (this.state === "gone") return;
    this.state = "stopping";
    this.#initTimer?.cancel();
    this.#child.kill("SIGKILL");
  }

  /** Ends the process when it takes more memory than the function has. */
  checkMemory(): void {
    if (this.state !== "busy" && this.state !== "starting") return;
    const privateKb = this.#child.privateMemoryKb();
    if (privateKb === undefined) return;
    if (privateKb <= this.spec.memoryMb * 1024) return;
    this.#maxMemoryKb = Math.max(this.#maxMemoryKb, privateKb);
    this.#outOfMemory = true;
    this.#child.kill("SIGKILL");
  }

  #sendInvocation(request: InvocationRequest, remainingMs: number): void {
    this.state = "busy";
    const meta = {
      requestId: request.requestId,
      arn: request.invokedArn,
      remainingMs,
      ...(request.traceId !== undefined && { traceId: request.traceId }),
      ...(request.clientContext !== undefined && { clientContext: request.clientContext }),
    };
    this.#child.send(invokeFrame(meta, request.payload));
  }

  #receive(kind: number, body: Buffer): void {
    if (kind === KIND.log) {
      this.log.event(body.toString());
      return;
    }
    if (kind === KIND.output) {
      this.log.text("stream", body.toString());
      return;
    }
    this.#maxMemoryKb = Math.max(this.#maxMemoryKb, body.readUInt32BE(0));
    if (kind === KIND.ready) this.#loaded();
    else if (kind === KIND.response) this.#finish({ payload: body.subarray(4), status: "ok" });
    else if (kind === KIND.failure) this.#finishWithDocument(body.subarray(4), "error");
    else if (kind === KIND.fatal) this.#fatal(body.subarray(4));
  }

  #loaded(): void {
    this.#initTimer?.cancel();
    if (this.state !== "starting") return;
    const initMs = this.#host.clock.monotonic() - this.#startedMs;
    const running = this.#running;
    if (running) {
      // The initialization was part of the invocation: its time is in the duration already.
      const usedMs = this.#host.clock.monotonic() - running.startedMonotonicMs;
      this.#sendInvocation(running.request, this.spec.timeoutMs - usedMs);
      return;
    }
    this.#initMs = initMs;
    this.log.initialized();
    this.#becomeIdle();
    this.#host.ready(this);
  }

  #becomeIdle(): void {
    this.state = "idle";
    this.idleSinceMs = this.#host.clock.monotonic();
  }

  #fatal(document: Buffer): void {
    const starting = this.state === "starting";
    this.#initTimer?.cancel();
    if (this.state !== "gone") this.state = "stopping";
    if (this.#running) this.#finishWithDocument(document, "error");
    else if (starting) this.#host.failed(this, { kind: "error", document });
  }

  #output(chunk: Uint8Array): void {
    const text = Buffer.from(chunk).toString();
    this.#outputText = (this.#outputText + text).slice(-OUTPUT_KEPT_LENGTH);
    this.log.text("descriptor", text);
  }

  #exited(end: ChildEnd): void {
    const { state } = this;
    this.state = "gone";
    this.#initTimer?.cancel();
    this.#stopTimer?.cancel();
    this.log.endText();
    const outOfMemory = this.#outOfMemory || (end.signal === "SIGABRT" && this.#outputText.includes("JavaScript heap out of memory"));
    if (this.#running) this.#finishExited(end, outOfMemory);
    else if (state === "starting") this.#host.failed(this, { kind: "exit", end, outOfMemory });
    this.#host.files.removeTemporary(this.name);
    this.#host.gone(this);
  }

  #initTimedOut(): void {
    if (this.state !== "starting") return;
    this.log.line(`INIT_REPORT Init Duration: ${INIT_MS_MAX.toFixed(2)} ms\tPhase: init\tStatus: timeout`);
    this.kill();
    this.#host.failed(this, { kind: "timeout" });
  }

  #timedOut(): void {
    const running = this.#running;
    if (!running) return;
    const { timeoutMs } = this.spec;
    const failure = timedOut(running.request.requestId, timeoutMs);
    const seconds = (timeoutMs / 1000).toFixed(2);
    this.log.event(
      `${new Date(this.#host.clock.now()).toISOString()} ${running.request.requestId} Task timed out after ${seconds} seconds\n\n`,
    );
    this.kill();
    this.#finish({ payload: documentBytes(failure), failure, status: "timeout", durationMs: timeoutMs, note: "Status: timeout" });
  }

  #finishExited(end: ChildEnd, outOfMemory: boolean): void {
    const running = this.#running;
    if (!running) return;
    const failure = exited(running.request.requestId, end, outOfMemory);
    this.log.event(`${failure.errorMessage}\n${failure.errorType}\n`);
    const note = `Status: error\tError Type: ${outOfMemory ? "Runtime.OutOfMemory" : failure.errorType}`;
    this.#finish({ payload: documentBytes(failure), failure, status: "exit", note });
  }

  #finishWithDocument(document: Uint8Array, status: "error"): void {
    const failure = JSON.parse(Buffer.from(document).toString()) as Failure;
    this.#finish({ payload: document, failure, status });
  }

  #finish(end: End): void {
    const running = this.#running;
    if (!running) return;
    this.#running = undefined;
    running.timer?.cancel();
    const { clock } = this.#host;
    const { requestId } = running.request;
    const durationMs = end.durationMs ?? clock.monotonic() - running.startedMonotonicMs;
    const initMs = this.#initMs;
    this.#initMs = undefined;
    const report = {
      requestId,
      durationMs,
      // Initialization is billed with the first invocation (AWS Lambda announcement of August 2025).
      billedMs: Math.ceil(durationMs + (initMs ?? 0)),
      memoryMb: this.spec.memoryMb,
      maxMemoryMb: Math.min(this.spec.memoryMb, Math.ceil(this.#maxMemoryKb / 1024)),
      ...(initMs !== undefined && { initMs }),
    };
    this.log.endText();
    this.log.line(`END RequestId: ${requestId}`);
    this.log.line(reportLine({ ...report, ...(end.note !== undefined && { status: end.note }) }));
    const logTail = this.log.end();
    this.#summarize(running, report, end);
    if (this.state === "busy") {
      this.#becomeIdle();
      this.#host.idle(this, durationMs);
    }
    running.resolve({ payload: end.payload, logTail, ...(end.failure && { functionError: "Unhandled" }) });
  }

  #summarize(
    running: Running,
    report: Omit<InvocationSummary, keyof ReturnType<typeof identity> | "startedAtMs" | "status">,
    end: End,
  ): void {
    this.#host.invoked({
      ...identity(this.spec),
      ...report,
      startedAtMs: running.startedAtMs,
      status: end.status,
      ...(end.failure && { error: { type: end.failure.errorType, message: end.failure.errorMessage } }),
    });
  }
}

/** How much of what a process wrote is kept to see why it ended, in characters. */
const OUTPUT_KEPT_LENGTH = 4_096;

function identity(spec: FunctionSpec) {
  return { account: spec.account, region: spec.region, functionName: spec.name, functionArn: spec.arn, version: spec.version };
}

function documentBytes(failure: Failure): Uint8Array {
  return Buffer.from(JSON.stringify(failure));
}
