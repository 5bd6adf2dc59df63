// Shows what functions print, as people want to read it: time, function, request, message; Lambda's own START and END lines
// become one line per invocation with its duration.
import { type Terminal, timeOfDay } from "./terminal.ts";

export interface LogLine {
  readonly timestampMs: number;
  readonly message: string;
}

const PLATFORM = /^(START|END|REPORT|INIT_START|INIT_REPORT) /;
const REPORT =
  /^REPORT RequestId: (\S+)\tDuration: ([\d.]+) ms\tBilled Duration: \d+ ms\tMemory Size: (\d+) MB\tMax Memory Used: (\d+) MB(?:\tInit Duration: ([\d.]+) ms)?/;
/** The form that Lambda gives to console output of Node functions: time, request, level, message. */
const CONSOLE = /^(\d{4}-\d\d-\d\dT[\d:.]+Z)\t(\S+)\t(\w+)\t([\s\S]*)$/;
const REQUEST_DIGITS = 8;

export function printFunctionLog(terminal: Terminal, functionName: string, lines: readonly LogLine[]): void {
  for (const line of lines) {
    if (terminal.json) terminal.data({ type: "log", function: functionName, timestamp: line.timestampMs, message: line.message });
    else printLine(terminal, functionName, line);
  }
}

function printLine(terminal: Terminal, functionName: string, line: LogLine): void {
  const head = `${terminal.style("dim", timeOfDay(line.timestampMs))} ${terminal.style("cyan", functionName)}`;
  const report = REPORT.exec(line.message);
  if (report) {
    const [, request = "", duration, , used, init] = report;
    const cold = init ? `, cold start ${init} ms` : "";
    terminal.line(`${head} ${terminal.style("dim", `${request.slice(0, REQUEST_DIGITS)} done in ${duration} ms${cold}, ${used} MB`)}`);
    return;
  }
  if (PLATFORM.test(line.message)) return;
  const printed = CONSOLE.exec(line.message);
  const request = printed?.[2] === "undefined" ? "" : (printed?.[2]?.slice(0, REQUEST_DIGITS) ?? "");
  const level = printed?.[3] ?? "";
  const text = thrown(printed?.[4] ?? "") ?? (printed?.[4] ?? line.message).replace(/\r/g, "\n").trimEnd();
  const shown =
    level === "ERROR" || level === "FATAL" || / Task timed out after /.test(text)
      ? terminal.style("red", text)
      : level === "WARN"
        ? terminal.style("yellow", text)
        : text;
  terminal.line(`${head} ${request ? `${terminal.style("dim", request)} ` : ""}${shown}`);
}

/** What Lambda logs of an error that nothing caught: a JSON document whose stack nobody can read. */
const THROWN = /^(Invoke Error|Uncaught Exception|Unhandled Promise Rejection) ?\t(\{[\s\S]*\})\s*$/;

/** The same for people: what happened, then the stack as Node would print it. */
function thrown(text: string): string | undefined {
  const [, what, document = ""] = THROWN.exec(text) ?? [];
  if (what === undefined) return undefined;
  try {
    const { stack }: { stack?: unknown } = JSON.parse(document);
    return Array.isArray(stack) && stack.length > 0 ? `${what}: ${stack.join("\n")}` : undefined;
  } catch {
    return undefined;
  }
}
