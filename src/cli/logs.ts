// `hearth logs`: what a function printed, and with --follow what it prints from now on.
import { hostClock } from "../host/clock.ts";
import { delay } from "../kernel/clock.ts";
import { hasCode } from "../kernel/errors.ts";
import { CliError, type Command } from "./command.ts";
import { printFunctionLog } from "./function-log.ts";
import { resolveFunctionName } from "./function-name.ts";
import { DEFAULT_ENDPOINT, type RemoteCall, remoteCall } from "./remote.ts";
import { createTerminal } from "./terminal.ts";

/** Between two looks at the log when following, in ms. */
const FOLLOW_MS = 500;
/** A line can arrive this much later than its time says, in ms: followed reads overlap by so much and skip what was shown. */
const OVERLAP_MS = 5_000;
const UNITS_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

interface Line {
  readonly id: string;
  readonly timestampMs: number;
  readonly message: string;
}

export const logs: Command = {
  name: "logs",
  usage: "NAME",
  summary: "Print a function's log",
  positionalsMin: 1,
  positionalsMax: 1,
  options: {
    follow: { type: "boolean", short: "f", help: "go on with new lines until stopped" },
    since: { type: "string", value: "TIME", help: "how far back: 30s, 10m, 2h, 1d (default 1h)" },
    filter: { type: "string", value: "PATTERN", help: "a CloudWatch Logs filter pattern" },
    endpoint: { type: "string", value: "URL", help: `where the platform listens (default ${DEFAULT_ENDPOINT})` },
    region: { type: "string", value: "REGION", help: "default us-east-1" },
    json: { type: "boolean", help: "one JSON line per log line" },
  },
  async run(args) {
    const terminal = createTerminal({ json: args.flag("json") });
    const call = remoteCall(args.text("endpoint") ?? DEFAULT_ENDPOINT, args.text("region") ?? "us-east-1");
    let fromMs = hostClock.now() - duration(args.text("since") ?? "1h");
    const name = await resolveFunctionName(call, args.positionals[0] ?? "");
    let shown = new Set<string>();
    for (;;) {
      const lines = await read(call, `/aws/lambda/${name}`, fromMs, args.text("filter"));
      const fresh = lines.filter((line) => !shown.has(line.id));
      printFunctionLog(terminal, name, fresh);
      if (!args.flag("follow")) return 0;
      shown = new Set(lines.map((line) => line.id));
      const newest = lines.at(-1)?.timestampMs;
      if (newest !== undefined) fromMs = Math.max(fromMs, newest - OVERLAP_MS);
      await delay(hostClock, FOLLOW_MS);
    }
  },
};

async function read(call: RemoteCall, logGroupName: string, startTime: number, filterPattern: string | undefined): Promise<Line[]> {
  const lines: Line[] = [];
  let nextToken: unknown;
  do {
    const input = {
      logGroupName,
      startTime: Math.max(0, startTime),
      ...(filterPattern && { filterPattern }),
      ...(nextToken ? { nextToken } : {}),
    };
    let page: Record<string, unknown>;
    try {
      page = await call("logs", "FilterLogEvents", input);
    } catch (error) {
      if (hasCode(error, "ResourceNotFoundException")) return [];
      throw error;
    }
    const events = Array.isArray(page["events"]) ? page["events"] : [];
    for (const event of events)
      lines.push({ id: String(event.eventId), timestampMs: Number(event.timestamp), message: String(event.message) });
    nextToken = page["nextToken"];
  } while (nextToken);
  return lines.sort((a, b) => a.timestampMs - b.timestampMs);
}

function duration(text: string): number {
  const match = /^(\d+)([smhd])$/.exec(text);
  const unit = UNITS_MS[match?.[2] ?? ""];
  if (!match || unit === undefined) throw new CliError(`--since takes a number and s, m, h or d, such as 10m; not "${text}"`, 2);
  return Number(match[1]) * unit;
}
