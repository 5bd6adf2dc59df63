import assert from "node:assert/strict";
import { test } from "node:test";
import { printFunctionLog } from "./function-log.ts";
import type { Terminal } from "./terminal.ts";

const REQUEST = "4a8b29da-1760-41a4-8b46-39db2852b042";

/** The lines that people see, without the time. */
function shown(...messages: string[]): string[] {
  const lines: string[] = [];
  const terminal: Terminal = {
    json: false,
    style: (_style, text) => text,
    line: (text = "") => lines.push(text.replace(/^[\d:.]+ /, "")),
    data: () => {},
    progress: () => {},
  };
  printFunctionLog(
    terminal,
    "f",
    messages.map((message) => ({ timestampMs: 0, message })),
  );
  return lines;
}

const line = (level: string, text: string, request = REQUEST) => `2026-11-21T04:38:53.044Z\t${request}\t${level}\t${text}\n`;
const failure = JSON.stringify({
  errorType: "TypeError",
  errorMessage: "bad",
  stack: ["TypeError: bad", "    at f (/app/handler.ts:1:2)"],
});

test("what functions print is shown as people read it", () => {
  const cases: [message: string, lines: string[]][] = [
    [line("INFO", "one\ntwo"), ["f 4a8b29da one\ntwo"]],
    [line("INFO", '{"level":"INFO"}'), ['f 4a8b29da {"level":"INFO"}']],
    [line("ERROR", `Invoke Error \t${failure}`), ["f 4a8b29da Invoke Error: TypeError: bad\n    at f (/app/handler.ts:1:2)"]],
    [
      line("ERROR", `Uncaught Exception \t${failure}`, "undefined"),
      ["f Uncaught Exception: TypeError: bad\n    at f (/app/handler.ts:1:2)"],
    ],
    [line("ERROR", "Invoke Error \t{cut off"), ["f 4a8b29da Invoke Error \t{cut off"]],
    [line("ERROR", 'Invoke Error \t{"errorMessage":"no stack"}'), ['f 4a8b29da Invoke Error \t{"errorMessage":"no stack"}']],
    [`START RequestId: ${REQUEST} Version: $LATEST\n`, []],
    [
      `REPORT RequestId: ${REQUEST}\tDuration: 2.75 ms\tBilled Duration: 74 ms\tMemory Size: 1024 MB\tMax Memory Used: 47 MB\tInit Duration: 70.50 ms\t\n`,
      ["f 4a8b29da done in 2.75 ms, cold start 70.50 ms, 47 MB"],
    ],
  ];
  for (const [message, lines] of cases) assert.deepEqual(shown(message), lines, message);
});
