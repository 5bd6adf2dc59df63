// The entry point of `hearth`: finds the command, runs it, turns what it throws into one line and an exit code.
import { readFileSync } from "node:fs";
import { keepAlive } from "../host/clock.ts";
import { CliError, type Command, helpOf, readArguments } from "./command.ts";
import { endWithReader } from "./terminal.ts";

/** Loaded when named: `hearth --help` and `hearth invoke` need not load the platform. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  dev: async () => (await import("./dev.ts")).dev,
  serve: async () => (await import("./serve.ts")).serve,
  deploy: async () => (await import("./deploy.ts")).deploy,
  invoke: async () => (await import("./invoke.ts")).invoke,
  logs: async () => (await import("./logs.ts")).logs,
};

async function main(argv: readonly string[]): Promise<number> {
  const [name = "--help", ...rest] = argv;
  if (name === "--version" || name === "-v") {
    console.log(version());
    return 0;
  }
  if (name === "--help" || name === "-h" || name === "help") {
    console.log(await overview());
    return 0;
  }
  const load = COMMANDS[name];
  if (!load) throw new CliError(`there is no command "${name}". Commands: ${Object.keys(COMMANDS).join(", ")}`, 2);
  const command = await load();
  if (rest.includes("--help") || rest.includes("-h")) {
    console.log(helpOf(command));
    return 0;
  }
  return command.run(readArguments(command, rest));
}

async function overview(): Promise<string> {
  const commands = await Promise.all(Object.values(COMMANDS).map((load) => load()));
  const width = Math.max(...commands.map((command) => `${command.name} ${command.usage}`.length)) + 2;
  const lines = commands.map((command) => `  ${`${command.name} ${command.usage}`.padEnd(width)}${command.summary}`);
  return ["Hearth: serverless without the cloud provider.", "", ...lines, "", "hearth COMMAND --help tells a command's options."].join(
    "\n",
  );
}

function version(): string {
  const file = new URL("../../package.json", import.meta.url);
  const parsed: unknown = JSON.parse(readFileSync(file, "utf8"));
  return typeof parsed === "object" && parsed !== null && "version" in parsed ? String(parsed.version) : "unknown";
}

const letGo = keepAlive();
endWithReader();
try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (error instanceof CliError) {
    console.error(`hearth: ${error.message}`);
    process.exitCode = error.exitCode;
  } else {
    console.error(error);
    process.exitCode = 70;
  }
} finally {
  letGo();
}
