// What `dev` and `deploy` share: how an app's folder and options are read, how progress and the result are shown.
import { existsSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import type { DeployResult, Progress } from "../deploy/deployment.ts";
import { DeployError } from "../deploy/problem.ts";
import { type Arguments, CliError, type OptionSpec } from "./command.ts";
import { columns, type Terminal } from "./terminal.ts";

export const APP_OPTIONS: Readonly<Record<"stage" | "region" | "param", OptionSpec>> = {
  stage: { type: "string", short: "s", value: "STAGE", help: "the stage to deploy (default: the file's, else dev)" },
  region: { type: "string", value: "REGION", help: "the region to deploy to (default: the file's, else us-east-1)" },
  param: { type: "string", value: "NAME=VALUE,…", help: "values for ${param:NAME}" },
};

/** What describes an app, in the order in which it is looked for. */
const APP_FILES = ["serverless.yml", "serverless.yaml", "serverless.json"];

/** The app's folder, absolute, or one clear line. */
export function appDirectory(argument: string | undefined): string {
  const directory = resolve(argument ?? ".");
  if (!existsSync(directory) || !statSync(directory).isDirectory()) throw new CliError(`there is no folder ${directory}`);
  if (!APP_FILES.some((name) => existsSync(join(directory, name)))) throw new CliError(`${directory} has no ${APP_FILES[0]}`);
  return directory;
}

export function appOptions(args: Arguments) {
  const stage = args.text("stage");
  const region = args.text("region");
  const params = readParams(args.text("param"));
  return {
    ...(stage !== undefined && { stage }),
    ...(region !== undefined && { region }),
    ...(params && { params }),
    options: { ...(stage !== undefined && { stage }), ...(region !== undefined && { region }) },
    env: process.env,
  };
}

function readParams(text: string | undefined): Record<string, string> | undefined {
  if (text === undefined) return undefined;
  return Object.fromEntries(
    text.split(",").map((pair) => {
      const at = pair.indexOf("=");
      if (at < 1) throw new CliError(`--param takes NAME=VALUE, not "${pair}"`, 2);
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
}

export function showProgress(terminal: Terminal): (progress: Progress) => void {
  return (progress) => {
    switch (progress.kind) {
      case "notice":
        terminal.line(`${terminal.style("yellow", "note")} ${progress.text}`);
        terminal.data({ type: "notice", text: progress.text });
        break;
      case "packaged":
        terminal.progress(`packaged ${progress.functions} functions in ${Math.round(progress.durationMs)} ms`);
        break;
      case "stack":
        terminal.progress(`${progress.stackName} ${progress.status}`);
        terminal.data({ type: "stack", stack: progress.stackName, status: progress.status, reason: progress.reason });
        break;
      case "resource":
        if (progress.event.status.endsWith("_FAILED"))
          terminal.line(`${terminal.style("red", "failed")} ${progress.event.logicalId}: ${progress.event.reason ?? ""}`);
        else terminal.progress(`${progress.event.logicalId} ${progress.event.status}`);
        terminal.data({ ...progress.event, type: "resource", resourceType: progress.event.type });
        break;
    }
  };
}

export function showResult(terminal: Terminal, result: DeployResult): void {
  terminal.line();
  if (result.endpoints.length > 0) {
    terminal.line(terminal.style("bold", "Endpoints"));
    const rows = result.endpoints.map((endpoint) => [`  ${endpoint.method}`, endpoint.url, terminal.style("dim", endpoint.function)]);
    for (const line of columns(rows)) terminal.line(line);
  }
  terminal.line(terminal.style("bold", "Functions"));
  for (const line of columns(result.functions.map((one) => [`  ${one.key}`, terminal.style("dim", one.name)]))) terminal.line(line);
  // The Serverless Framework makes an output of every function's ARN: true, and of no use to people.
  const outputs = Object.entries(result.outputs).filter(([name]) => !name.endsWith("LambdaFunctionQualifiedArn"));
  if (outputs.length > 0) terminal.line(terminal.style("bold", "Outputs"));
  for (const line of columns(outputs.map(([name, value]) => [`  ${name}`, value]))) terminal.line(line);
  terminal.line();
  terminal.data({ type: "deployed", ...result });
}

/** A deployment's failure as a line for people; whatever else was thrown stays what it is. */
export function deployFailure(error: unknown): unknown {
  return error instanceof DeployError ? new CliError(error.message) : error;
}
