// `hearth invoke`: runs a function once and prints its answer; its log goes to standard error.
import { readFileSync } from "node:fs";
import { CliError, type Command } from "./command.ts";
import { resolveFunctionName } from "./function-name.ts";
import { DEFAULT_ENDPOINT, remoteCall } from "./remote.ts";
import { createTerminal } from "./terminal.ts";

export const invoke: Command = {
  name: "invoke",
  usage: "NAME",
  summary: "Invoke a function and print its answer",
  positionalsMin: 1,
  positionalsMax: 1,
  options: {
    data: { type: "string", short: "d", value: "JSON", help: "the event; @FILE reads a file, @- standard input (default {})" },
    async: { type: "boolean", help: "queue the event and return at once" },
    endpoint: { type: "string", value: "URL", help: `where the platform listens (default ${DEFAULT_ENDPOINT})` },
    region: { type: "string", value: "REGION", help: "default us-east-1" },
    json: { type: "boolean", help: "print one JSON document: status, functionError, payload, log" },
  },
  async run(args) {
    const terminal = createTerminal({ json: args.flag("json") });
    const call = remoteCall(args.text("endpoint") ?? DEFAULT_ENDPOINT, args.text("region") ?? "us-east-1");
    const payload = readPayload(args.text("data") ?? "{}");
    const name = await resolveFunctionName(call, args.positionals[0] ?? "");
    const answer = await call("lambda", "Invoke", {
      FunctionName: name,
      InvocationType: args.flag("async") ? "Event" : "RequestResponse",
      ...(!args.flag("async") && { LogType: "Tail" }),
      Payload: Buffer.from(payload),
    });
    const body = answer["Payload"] instanceof Uint8Array ? Buffer.from(answer["Payload"]).toString("utf8") : "";
    const log = typeof answer["LogResult"] === "string" ? Buffer.from(answer["LogResult"], "base64").toString("utf8") : "";
    const failed = answer["FunctionError"] !== undefined;
    terminal.data({
      function: name,
      status: answer["StatusCode"],
      ...(failed && { functionError: answer["FunctionError"] }),
      payload: parseOr(body),
      log,
    });
    if (!terminal.json) {
      if (log) process.stderr.write(log.endsWith("\n") ? log : `${log}\n`);
      terminal.line(args.flag("async") ? `${name}: queued` : pretty(body));
    }
    return failed ? 1 : 0;
  },
};

function readPayload(data: string): string {
  const text = data.startsWith("@") ? readSource(data.slice(1)) : data;
  try {
    JSON.parse(text);
  } catch {
    throw new CliError(`--data is not JSON: ${text.slice(0, 60)}`, 2);
  }
  return text;
}

function readSource(path: string): string {
  try {
    return readFileSync(path === "-" ? 0 : path, "utf8");
  } catch {
    throw new CliError(`cannot read ${path}`, 2);
  }
}

function parseOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function pretty(text: string): string {
  const parsed = parseOr(text);
  return typeof parsed === "string" && parsed === text ? text : JSON.stringify(parsed, null, 2);
}
