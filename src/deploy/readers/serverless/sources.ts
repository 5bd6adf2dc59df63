// Where variables of a serverless.yml get their values: the file itself, options, the environment, other files, and the
// platform (parameters, outputs of stacks, the account). A source that is not here stops the deployment by name.
import { extname, isAbsolute, join, relative } from "node:path";
import { hasCode } from "../../../kernel/errors.ts";
import type { Files, PlatformCall } from "../../ports.ts";
import { problemAt } from "../../problem.ts";
import {
  DocumentError,
  isObject,
  type Json,
  type JsonObject,
  type Position,
  type Positions,
  parseDocument,
} from "../../template/document.ts";
import type { LookUp, Lookup } from "./variables.ts";

interface SourceOptions {
  readonly directory: string;
  readonly root: JsonObject;
  readonly positions: Positions;
  readonly files: Files;
  readonly call: PlatformCall;
  /** As `${opt:…}` sees them; stage and region are in it when they were given. */
  readonly options: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly params: Readonly<Record<string, string>>;
  readonly instanceId: string;
  stage(): Promise<string>;
  region(): Promise<string>;
  /** Told of every file that is read. */
  onFile(path: string): void;
}

type SourceFunction = (options: SourceOptions, lookup: Lookup, position: Position | undefined) => Promise<Json | undefined>;

export function variableSources(options: SourceOptions): LookUp {
  return (lookup, position) => {
    const source = SOURCES[lookup.type];
    if (!source) {
      throw problemAt(`\${${lookup.type}:…} is not supported by Hearth; known are ${Object.keys(SOURCES).join(", ")}`, position);
    }
    return source(options, lookup, position);
  };
}

const SOURCES: Readonly<Record<string, SourceFunction>> = {
  self: async ({ root }, { address = "", descend }) => descend("self", root, address === "" ? [] : address.split(".")),
  opt: async ({ options }, { address }) => (address === undefined || address === "" ? { ...options } : options[address]),
  env: async ({ env }, { address = "" }) => env[address],
  file: readFileSource,
  param: async (options, { address = "", descend }) => {
    const given = options.params[address];
    if (given !== undefined) return given;
    const stage = await options.stage();
    // `params` is how version 3 of the framework writes them, `stages` how version 4 does.
    for (const name of [stage, "default"]) {
      for (const path of [
        ["params", name, address],
        ["stages", name, "params", address],
      ]) {
        const value = await descend("self", options.root, path);
        if (value !== undefined && value !== null) return value;
      }
    }
    return undefined;
  },
  sls: async (options, { address }, position) => {
    if (address === "instanceId") return options.instanceId;
    if (address === "stage") return options.stage();
    throw problemAt(`\${sls:${address}} is not supported by Hearth; known are instanceId, stage`, position);
  },
  aws: async (options, { address }, position) => {
    if (address === "region") return options.region();
    if (address === "accountId") return asJson((await options.call("sts", "GetCallerIdentity", {}))["Account"]);
    throw problemAt(`\${aws:${address}} is not supported by Hearth; known are accountId, region`, position);
  },
  strToBool: async (_options, { params }, position) => {
    const text = (params[0] ?? "").replace(/^(["'])(.*)\1$/, "$2").toLowerCase();
    if (["true", "1"].includes(text)) return true;
    if (["false", "0", "null", "undefined", ""].includes(text)) return false;
    throw problemAt(`strToBool(${params[0]}): expected "true", "false", "1", "0" or nothing`, position);
  },
  ssm: readSsm,
  cf: readStackOutput,
};

async function readFileSource(options: SourceOptions, lookup: Lookup, position: Position | undefined): Promise<Json | undefined> {
  const name = lookup.params.join(",").replace(/^~(?=\/)/, options.env["HOME"] ?? "~");
  const path = isAbsolute(name) ? name : join(options.directory, name);
  const shown = relative(options.directory, path);
  options.onFile(path);
  const text = await options.files.readText(path);
  if (text === undefined) return undefined;
  const address = lookup.address === undefined || lookup.address === "" ? [] : lookup.address.split(".");
  switch (extname(path)) {
    case ".yml":
    case ".yaml":
    case ".json":
    case ".tfstate":
      return lookup.descend(`file(${shown})`, parseConfig(text, shown, options.positions), address);
    case ".js":
    case ".cjs":
    case ".mjs":
    case ".ts":
      throw problemAt(`\${file(${name})}: JavaScript files are not supported by Hearth; write the values as YAML or JSON`, position);
    default:
      return address.length === 0 ? text.trim() : undefined;
  }
}

/** Reads YAML or JSON of the app. Throws a DeployError with the line that is broken. */
export function parseConfig(text: string, file: string, positions: Positions): Json {
  try {
    return parseDocument(text, { file, positions });
  } catch (error) {
    if (error instanceof DocumentError)
      throw problemAt(`${file.endsWith(".json") ? "JSON" : "YAML"} is not well-formed: ${error.message}`, error.position);
    throw error;
  }
}

async function readSsm(options: SourceOptions, lookup: Lookup): Promise<Json | undefined> {
  const [, name = "", old] = /^(.*?)(?:~(true|false|split))?$/.exec(lookup.address ?? "") ?? [];
  const flags = lookup.params.filter((param) => param === "raw" || param === "noDecrypt");
  const region = lookup.params.find((param) => param !== "raw" && param !== "noDecrypt");
  const decrypt = old !== "false" && !flags.includes("noDecrypt");
  const answer = await absent(
    options.call("ssm", "GetParameter", { Name: name, WithDecryption: decrypt }, region === undefined ? undefined : { region }),
    ["ParameterNotFound", "ParameterVersionNotFound"],
  );
  const parameter = isRecord(answer?.["Parameter"]) ? answer["Parameter"] : undefined;
  const value = parameter?.["Value"];
  if (typeof value !== "string" || flags.includes("raw")) return asJson(value);
  if (parameter?.["Type"] === "StringList" || old === "split") return value.split(",");
  return parameter?.["Type"] === "SecureString" ? structured(value) : value;
}

/** A secret that holds a JSON object is that object; any other text stays text. */
function structured(text: string): Json {
  try {
    const value: Json = JSON.parse(text);
    return isObject(value) ? value : text;
  } catch {
    return text;
  }
}

async function readStackOutput(options: SourceOptions, lookup: Lookup, position: Position | undefined): Promise<Json | undefined> {
  const address = lookup.address ?? "";
  const dot = address.lastIndexOf(".");
  if (dot < 1) throw problemAt(`\${cf:${address}}: expected stackName.outputKey`, position);
  const [region] = lookup.params;
  const answer = await absent(
    options.call("cloudformation", "DescribeStacks", { StackName: address.slice(0, dot) }, region === undefined ? undefined : { region }),
    ["ValidationError"],
  );
  const [stack] = Array.isArray(answer?.["Stacks"]) ? answer["Stacks"] : [];
  const outputs: unknown[] = isRecord(stack) && Array.isArray(stack["Outputs"]) ? stack["Outputs"] : [];
  const output = outputs.find((item) => isRecord(item) && item["OutputKey"] === address.slice(dot + 1));
  return isRecord(output) ? asJson(output["OutputValue"]) : undefined;
}

async function absent<T>(answer: Promise<T>, codes: readonly string[]): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (hasCode(error, ...codes)) return undefined;
    throw error;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function asJson(value: unknown): Json | undefined {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? value : undefined;
}
