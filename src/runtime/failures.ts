// What Lambda answers when an environment, not the function's code, ends an invocation: the documented error documents.
import type { ChildEnd } from "./ports.ts";

export interface Failure {
  readonly errorType: string;
  readonly errorMessage: string;
}

/** Seconds have two decimals. */
export function timedOut(requestId: string, timeoutMs: number): Failure {
  return {
    errorType: "Sandbox.Timedout",
    errorMessage: `RequestId: ${requestId} Error: Task timed out after ${(timeoutMs / 1000).toFixed(2)} seconds`,
  };
}

/** A process that ended before it answered. `outOfMemory`: the platform ended it, or V8 gave up. */
export function exited(requestId: string, end: ChildEnd, outOfMemory: boolean): Failure {
  if (end.startError !== undefined) {
    return { errorType: "Runtime.InvalidEntrypoint", errorMessage: `RequestId: ${requestId} Error: ${end.startError}` };
  }
  return { errorType: "Runtime.ExitError", errorMessage: `RequestId: ${requestId} Error: ${reason(end, outOfMemory)}` };
}

function reason(end: ChildEnd, outOfMemory: boolean): string {
  if (outOfMemory) return "Runtime exited with error: signal: killed";
  if (end.signal !== null) return `Runtime exited with error: signal: ${SIGNALS[end.signal] ?? end.signal.slice(3).toLowerCase()}`;
  if (end.code === 0 || end.code === null) return "Runtime exited without providing a reason";
  return `Runtime exited with error: exit status ${end.code}`;
}

/** As Go, in which Lambda's supervisor is written, names them. */
const SIGNALS: Readonly<Record<string, string>> = {
  SIGKILL: "killed",
  SIGTERM: "terminated",
  SIGABRT: "aborted",
  SIGSEGV: "segmentation fault",
  SIGINT: "interrupt",
  SIGBUS: "bus error",
  SIGILL: "illegal instruction",
  SIGFPE: "floating point exception",
  SIGTRAP: "trace/breakpoint trap",
  SIGHUP: "hangup",
};
