// `hearth dev`: one app, running: platform, deployment, reload on save, function logs, until Ctrl-C.
import { relative, resolve } from "node:path";
import type { Hearth } from "../app/hearth.ts";
import { type Deployment, type DeployResult, openDeployment } from "../deploy/deployment.ts";
import { DeployError } from "../deploy/problem.ts";
import { createBundler } from "../host/bundler.ts";
import { hostClock } from "../host/clock.ts";
import { watchFiles } from "../host/file-watcher.ts";
import { createFiles } from "../host/files.ts";
import { hostRandom } from "../host/random.ts";
import { uuid } from "../kernel/ids.ts";
import { APP_OPTIONS, appDirectory, appOptions, deployFailure, showProgress, showResult } from "./app.ts";
import type { Arguments, Command } from "./command.ts";
import { printFunctionLog } from "./function-log.ts";
import { showNextSteps } from "./next-steps.ts";
import { DEFAULT_PORT, PLATFORM_OPTIONS, startPlatform, untilStopped } from "./platform.ts";
import { createTerminal, type Terminal } from "./terminal.ts";

export const dev: Command = {
  name: "dev",
  usage: "[DIR]",
  summary: "Run an app: deploy, watch, reload, show its logs",
  positionalsMin: 0,
  positionalsMax: 1,
  options: {
    ...PLATFORM_OPTIONS,
    data: { type: "string", value: "DIR", help: "where state is kept (default .hearth in the app's folder)" },
    ...APP_OPTIONS,
  },
  async run(args) {
    const terminal = createTerminal({ json: args.flag("json") });
    const begun = performance.now();
    const directory = appDirectory(args.positionals[0]);
    const shown = functionLogs(terminal);
    const hearth = await startPlatform({
      directory: resolve(args.text("data") ?? resolve(directory, ".hearth")),
      port: args.number("port", 0, 65_535) ?? DEFAULT_PORT,
      allowLocalCode: true,
      json: terminal.json,
      verbose: args.flag("verbose"),
      onFunctionLog: (log) => shown.accept(log.functionName, log.entries),
    });
    try {
      const deployment = openAppDeployment(args, terminal, directory, hearth);
      const result = await deployment.deploy();
      shown.names(result);
      showResult(terminal, result);
      showNextSteps(terminal, hearth.endpoint, result);
      const watcher = reload(terminal, directory, deployment, shown, result);
      // Before it is said that it runs: a signal may come right then.
      const stopped = untilStopped(async () => {
        watcher.close();
        await hearth.close();
      });
      const readyMs = Math.round(performance.now() - begun);
      terminal.line(`${terminal.style("green", result.stackName)} is ready on ${hearth.endpoint} (${readyMs} ms). Ctrl-C stops it.`);
      terminal.data({ type: "ready", endpoint: hearth.endpoint, stack: result.stackName, readyMs });
      return await stopped;
    } catch (error) {
      await hearth.close();
      throw deployFailure(error);
    }
  },
};

function openAppDeployment(args: Arguments, terminal: Terminal, directory: string, hearth: Hearth): Deployment {
  return openDeployment({
    directory,
    mode: "local",
    files: createFiles(),
    bundler: createBundler(),
    call: async (service, operation, input, scope) => asRecord(await hearth.call(service, operation, input, scope)),
    clock: hostClock,
    endpoint: hearth.endpoint,
    ...appOptions(args),
    instanceId: uuid(hostRandom),
    onProgress: showProgress(terminal),
  });
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

/** Functions by the names that serverless.yml gives them; what they print before these are known waits. */
function functionLogs(terminal: Terminal) {
  const keys = new Map<string, string>();
  return {
    names(result: DeployResult) {
      for (const one of result.functions) keys.set(one.name, one.key);
    },
    accept(name: string, entries: Parameters<typeof printFunctionLog>[2]) {
      printFunctionLog(terminal, keys.get(name) ?? name, entries);
    },
  };
}

/** Saves become new code; a mistake is shown and what ran goes on running. */
function reload(
  terminal: Terminal,
  directory: string,
  deployment: Deployment,
  shown: ReturnType<typeof functionLogs>,
  first: DeployResult,
) {
  const known = new Set(first.endpoints.map(endpointLine));
  const watcher = watchFiles((paths) => void rebuild(paths));
  watcher.update(deployment.watched());
  const rebuild = async (paths: readonly string[]): Promise<void> => {
    const names = paths.map((path) => relative(directory, path)).join(", ");
    try {
      const done = await deployment.rebuild(paths);
      if (done.result) shown.names(done.result);
      const what = done.redeployed ? "redeployed" : done.updated.length > 0 ? `reloaded ${done.updated.join(", ")}` : "nothing to reload";
      terminal.line(`${terminal.style("green", "↻")} ${names}: ${what} (${Math.round(done.durationMs)} ms)`);
      for (const line of done.result?.endpoints.map(endpointLine) ?? []) {
        if (!known.has(line)) terminal.line(`  ${line}`);
        known.add(line);
      }
      terminal.data({
        type: "reload",
        files: paths,
        redeployed: done.redeployed,
        updated: done.updated,
        durationMs: done.durationMs,
        ...(done.result && { endpoints: done.result.endpoints }),
      });
    } catch (error) {
      if (!(error instanceof DeployError)) throw error;
      terminal.line(`${terminal.style("red", "✗")} ${names}: ${error.message}`);
      terminal.data({ type: "reload-failed", files: paths, message: error.message });
    }
    watcher.update(deployment.watched());
  };
  return watcher;
}

function endpointLine(endpoint: DeployResult["endpoints"][number]): string {
  return `${endpoint.method}  ${endpoint.url}  ${endpoint.function}`;
}
