// `hearth serve`: the platform alone, for deployments to come.
import { resolve } from "node:path";
import type { Command } from "./command.ts";
import { DEFAULT_PORT, PLATFORM_OPTIONS, startPlatform, untilStopped } from "./platform.ts";
import { createTerminal } from "./terminal.ts";

export const serve: Command = {
  name: "serve",
  usage: "",
  summary: "Run the platform alone",
  positionalsMin: 0,
  positionalsMax: 0,
  options: PLATFORM_OPTIONS,
  async run(args) {
    const terminal = createTerminal({ json: args.flag("json") });
    const directory = resolve(args.text("data") ?? ".hearth");
    const begun = performance.now();
    const hearth = await startPlatform({
      directory,
      port: args.number("port", 0, 65_535) ?? DEFAULT_PORT,
      allowLocalCode: false,
      json: terminal.json,
      verbose: args.flag("verbose"),
    });
    // Before it is said that it runs: a signal may come right then.
    const stopped = untilStopped(() => hearth.close());
    const readyMs = Math.round(performance.now() - begun);
    terminal.line(`Hearth is ready on ${hearth.endpoint} (${readyMs} ms), state in ${directory}`);
    terminal.data({ type: "ready", endpoint: hearth.endpoint, data: directory, readyMs });
    return await stopped;
  },
};
