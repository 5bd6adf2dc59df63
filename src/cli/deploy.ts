// `hearth deploy`: brings an app to a running platform, over the wire.
import { deployApp } from "../deploy/deployment.ts";
import { createBundler } from "../host/bundler.ts";
import { hostClock } from "../host/clock.ts";
import { createFiles } from "../host/files.ts";
import { hostRandom } from "../host/random.ts";
import { uuid } from "../kernel/ids.ts";
import { APP_OPTIONS, appDirectory, appOptions, deployFailure, showProgress, showResult } from "./app.ts";
import type { Command } from "./command.ts";
import { DEFAULT_ENDPOINT, remoteCall } from "./remote.ts";
import { createTerminal } from "./terminal.ts";

export const deploy: Command = {
  name: "deploy",
  usage: "[DIR]",
  summary: "Deploy an app to a running platform",
  positionalsMin: 0,
  positionalsMax: 1,
  options: {
    endpoint: { type: "string", value: "URL", help: `where the platform listens (default ${DEFAULT_ENDPOINT})` },
    ...APP_OPTIONS,
    json: { type: "boolean", help: "one JSON document per line, for programs" },
  },
  async run(args) {
    const terminal = createTerminal({ json: args.flag("json") });
    const directory = appDirectory(args.positionals[0]);
    const endpoint = args.text("endpoint") ?? DEFAULT_ENDPOINT;
    try {
      const result = await deployApp({
        directory,
        mode: "upload",
        files: createFiles(),
        bundler: createBundler(),
        call: remoteCall(endpoint, args.text("region") ?? "us-east-1"),
        clock: hostClock,
        endpoint,
        ...appOptions(args),
        instanceId: uuid(hostRandom),
        onProgress: showProgress(terminal),
      });
      showResult(terminal, result);
      terminal.line(result.changed ? `${result.stackName} is deployed` : `${result.stackName} was up to date`);
      return 0;
    } catch (error) {
      throw deployFailure(error);
    }
  },
};
