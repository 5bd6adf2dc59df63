// From a folder with a serverless.yml to an app: its template, its functions, and what was accepted without effect. What is
// not supported stops the reading with the name of the construct and its line; nothing is deployed here.
import { basename, join } from "node:path";
import type { App, BuildOptions } from "../../app.ts";
import type { Files, PlatformCall } from "../../ports.ts";
import { DeployError, type Problem, problemAt } from "../../problem.ts";
import { isObject, type Json, type JsonObject, Positions } from "../../template/document.ts";
import { dotenvFiles, parseDotenv } from "./dotenv.ts";
import { addResource, type Draft } from "./draft.ts";
import { addFunctions, stringMap } from "./functions.ts";
import { ROLE_ID } from "./naming.ts";
import { templateOf } from "./resources.ts";
import { isIntrinsic, type Reading, type Section, sectionOf } from "./section.ts";
import { parseConfig, variableSources } from "./sources.ts";
import { resolveVariables } from "./variables.ts";

export interface ServerlessOptions {
  /** Absolute. */
  readonly directory: string;
  readonly files: Files;
  /** For `${ssm:…}`, `${cf:…}` and `${aws:accountId}`. */
  readonly call: PlatformCall;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** As given on the command line; they win over the file. */
  readonly stage?: string;
  readonly region?: string;
  /** Other options that `${opt:…}` sees. */
  readonly options?: Readonly<Record<string, string>>;
  /** `--param name=value`. */
  readonly params?: Readonly<Record<string, string>>;
  /** `${sls:instanceId}`: the same within one run. */
  readonly instanceId: string;
}

const FILE_NAMES = ["serverless.yml", "serverless.yaml", "serverless.json"];
const CODE_FILE_NAMES = ["serverless.ts", "serverless.js", "serverless.mjs", "serverless.cjs"];

/** The file that describes the app of a folder; undefined when there is none. */
async function findServerlessFile(files: Files, directory: string): Promise<string | undefined> {
  for (const name of [...FILE_NAMES, ...CODE_FILE_NAMES]) {
    if ((await files.stat(join(directory, name)))?.kind === "file") return join(directory, name);
  }
  return undefined;
}

/** Throws a DeployError that names every problem with its line. */
export async function readServerless(options: ServerlessOptions): Promise<App> {
  const path = await findServerlessFile(options.files, options.directory);
  if (path === undefined) throw problemAt(`there is no serverless.yml in ${options.directory}`);
  const file = basename(path);
  if (CODE_FILE_NAMES.includes(file)) throw problemAt(`${file} is not supported by Hearth: write the app as serverless.yml`);
  const positions = new Positions();
  const raw = parseConfig((await options.files.readText(path)) ?? "", file, positions);
  if (!isObject(raw)) throw problemAt(`${file} is empty or no mapping`, { file, line: 1, column: 1 });
  const read = new Set([path]);
  const { root, stage, region } = await resolved(options, raw, positions, read);
  return compile(options, root, { positions, problems: [], notices: new Set() }, stage, region, [...read]);
}

interface Resolved {
  readonly root: JsonObject;
  readonly stage: string;
  readonly region: string;
}

async function resolved(options: ServerlessOptions, raw: JsonObject, positions: Positions, read: Set<string>): Promise<Resolved> {
  const { directory, files } = options;
  const root = withDefaults(raw, options, positions);
  const provider = isObject(root["provider"]) ? root["provider"] : {};
  const env: Record<string, string | undefined> = { ...options.env };
  const given = {
    ...options.options,
    ...(options.stage !== undefined && { stage: options.stage }),
    ...(options.region !== undefined && { region: options.region }),
  };
  const sources = variableSources({
    directory,
    root,
    positions,
    files,
    call: (service, operation, input, scope) => options.call(service, operation, input, scope),
    options: given,
    env,
    params: options.params ?? {},
    instanceId: options.instanceId,
    stage: () => effective("stage"),
    region: () => effective("region"),
    onFile: (path) => read.add(path),
  });
  const scope = { positions, lookUp: sources };
  // Either may be needed by the other's variables, so neither is resolved before it is asked for.
  const effective = async (key: "stage" | "region"): Promise<string> => {
    const value =
      given[key] ?? (await resolveVariables(scope, provider[key] ?? null, positions.of(provider, key), [`self.provider.${key}`]));
    return typeof value === "string" && value !== "" ? value : key === "stage" ? "dev" : "us-east-1";
  };
  if (root["useDotenv"] === true) await loadDotenv(options, env, await effective("stage"), read);
  const out = await resolveVariables(scope, root, undefined);
  return { root: isObject(out) ? out : root, stage: await effective("stage"), region: await effective("region") };
}

/** `${self:provider.stage}` has a value even where the file gives none. */
function withDefaults(raw: JsonObject, options: ServerlessOptions, positions: Positions): JsonObject {
  const provider = typeof raw["provider"] === "string" ? { name: raw["provider"] } : raw["provider"];
  if (!isObject(provider)) return raw;
  const filled: JsonObject = {
    ...provider,
    stage: provider["stage"] ?? options.stage ?? "dev",
    region: provider["region"] ?? options.region ?? "us-east-1",
  };
  positions.copy(provider, filled);
  const root: JsonObject = { ...raw, provider: filled };
  positions.copy(raw, root);
  return root;
}

async function loadDotenv(
  options: ServerlessOptions,
  env: Record<string, string | undefined>,
  stage: string,
  read: Set<string>,
): Promise<void> {
  for (const name of dotenvFiles(stage)) {
    const path = join(options.directory, name);
    read.add(path);
    const text = await options.files.readText(path);
    if (text === undefined) continue;
    for (const [key, value] of Object.entries(parseDotenv(text, env))) env[key] ??= value;
    return;
  }
}

const TOP_KEYS = {
  honoured: [
    ...["service", "provider", "functions", "resources", "outputs", "custom", "package", "plugins", "params"],
    ...["useDotenv", "build", "stages"],
  ],
  ignored: {
    frameworkVersion: undefined,
    configValidationMode: undefined,
    variablesResolutionMode: undefined,
    unresolvedVariablesNotificationMode: undefined,
    deprecationNotificationMode: undefined,
    disabledDeprecations: undefined,
    org: "has no effect: there is no dashboard to send to",
    app: undefined,
    tenant: undefined,
    console: undefined,
    configurationInput: undefined,
  },
  refused: { layers: "layers are not there yet", extends: "templates are not merged", state: "there is no state store" },
} as const;

const PROVIDER_KEYS = {
  honoured: [
    ...["name", "runtime", "region", "stage", "memorySize", "timeout", "environment", "tags", "stackTags", "logRetentionInDays"],
    ...["apiGateway", "httpApi", "stackName", "apiName", "architecture", "role", "iam", "iamRoleStatements", "endpointType"],
  ],
  ignored: {
    deploymentBucket: "has no effect: code goes to a bucket of the platform",
    deploymentPrefix: undefined,
    deploymentMethod: undefined,
    profile: "has no effect: there is no AWS account",
    versionFunctions: undefined,
    lambdaHashingVersion: undefined,
    cfnRole: undefined,
    iamManagedPolicies: "is recorded nowhere: every call is allowed",
    rolePermissionsBoundary: undefined,
    tracing: "has no effect: traces are not collected yet",
    logs: "has no effect: functions' logs are always kept, access logs never",
    disableRollback: undefined,
    rollbackConfiguration: undefined,
    notificationArns: "has no effect",
    stackPolicy: "has no effect",
    provisionedConcurrency: "has no effect: an environment starts in milliseconds",
    eventBridge: undefined,
    logDataProtectionPolicy: "has no effect",
  },
  refused: {
    vpc: "functions run on this machine's network",
    layers: "layers are not there yet",
    ecr: "functions run without containers",
    s3: "declare the bucket under resources",
    alb: "there are no load balancers",
    kinesis: "streams are not there yet",
    stackParameters: "the stack has no parameters",
    resourcePolicy: "policies are not enforced",
    websocketsApiName: "WebSocket APIs are not there yet",
    websocketApiId: "WebSocket APIs are not there yet",
    vpcEndpointIds: "functions run on this machine's network",
    kmsKeyArn: "there are no keys",
  },
} as const;

function compile(options: ServerlessOptions, value: JsonObject, reading: Reading, stage: string, region: string, files: string[]): App {
  const root = sectionOf(reading, value, "");
  root.check(TOP_KEYS);
  const service = serviceName(root);
  const provider = root.object("provider");
  if (!provider) throw new DeployError([...reading.problems, problem(root, "provider", "provider is missing")]);
  provider.check(PROVIDER_KEYS);
  if (provider.string("name") !== "aws") provider.problem("name", `"${provider.string("name") ?? ""}" is not supported by Hearth; aws is`);
  checkPlugins(root, reading);
  const stages = root.object("stages");
  for (const name of Object.keys(stages?.value ?? {})) {
    stages
      ?.object(name)
      ?.check({ honoured: ["params"], ignored: { observability: "has no effect" }, refused: { resolvers: "values come from variables" } });
  }
  const draft: Draft = { reading, service, stage, region, provider, resources: {}, outputs: {}, origins: new Map() };
  addRole(draft, root);
  const { functions, routes } = addFunctions(draft, root);
  const template = templateOf(draft, root);
  const build = buildOptions(root);
  if (isObject(template["Resources"]) && Object.keys(template["Resources"]).length === 0) {
    reading.problems.push(problem(root, "service", "there is nothing to deploy: no functions and no resources"));
  }
  if (reading.problems.length > 0) throw new DeployError(reading.problems);
  return {
    directory: options.directory,
    service,
    stage,
    region,
    stackName: provider.string("stackName") ?? `${service}-${stage}`,
    template,
    tags: { STAGE: stage, ...stringMap(provider.object("stackTags")), ...stringMap(provider.object("tags")) },
    functions,
    routes,
    build,
    notices: [...reading.notices],
    files,
    origins: draft.origins,
  };
}

function problem(section: Section, key: string, message: string): Problem {
  const position = section.at(key);
  return { message, ...(position && { position }) };
}

function serviceName(root: Section): string {
  const value = root.get("service");
  const name = isObject(value) ? value["name"] : value;
  if (typeof name === "string" && /^[a-zA-Z][0-9A-Za-z-]*$/.test(name)) return name;
  root.problem("service", name === undefined ? "is missing" : "must begin with a letter and hold letters, digits and - only");
  return "app";
}

/** The role of the functions, unless the app names another: recorded with its statements, not enforced. */
function addRole(draft: Draft, root: Section): void {
  const { provider, service, stage, region } = draft;
  const iam = provider.object("iam");
  iam?.check({ honoured: ["role", "deploymentRole"] });
  const role = iam?.get("role");
  const settings = isObject(role) && !isIntrinsic(role) ? iam?.object("role") : undefined;
  settings?.check({ honoured: ["statements", "name", "managedPolicies", "path", "permissionsBoundary", "tags"] });
  const statements = [...listOf(provider.get("iamRoleStatements")), ...listOf(settings?.get("statements"))];
  if (statements.length > 0) {
    draft.reading.notices.add(
      `${settings ? "provider.iam.role.statements" : "provider.iamRoleStatements"} are recorded and not enforced: every call is allowed`,
    );
  }
  const isNamed = provider.has("role") || (role !== undefined && !settings);
  if (isNamed || root.get("functions") === undefined) return;
  const path = settings?.string("path");
  const managed = settings?.get("managedPolicies");
  addResource(
    draft,
    ROLE_ID,
    {
      Type: "AWS::IAM::Role",
      Properties: {
        AssumeRolePolicyDocument: {
          Version: "2012-10-17",
          Statement: [{ Effect: "Allow", Principal: { Service: ["lambda.amazonaws.com"] }, Action: ["sts:AssumeRole"] }],
        },
        Policies: [
          {
            PolicyName: `${stage}-${service}-lambda`,
            PolicyDocument: { Version: "2012-10-17", Statement: statements.length > 0 ? statements : [logStatement()] },
          },
        ],
        Path: path ?? "/",
        RoleName: settings?.get("name") ?? `${service}-${stage}-${region}-lambdaRole`,
        ...(Array.isArray(managed) && { ManagedPolicyArns: managed }),
      },
    },
    provider.position,
  );
}

function logStatement(): JsonObject {
  return { Effect: "Allow", Action: ["logs:CreateLogStream", "logs:CreateLogGroup", "logs:PutLogEvents"], Resource: ["*"] };
}

function listOf(value: Json | undefined): Json[] {
  return Array.isArray(value) ? value : [];
}

/** Plugins whose work the platform does itself, or that only matter elsewhere. */
const PLUGINS_WITHOUT_EFFECT: Readonly<Record<string, string>> = {
  "serverless-offline": "the platform runs the app itself",
  "serverless-offline-sqs": "the platform has queues",
  "serverless-offline-ssm": "the platform has parameters",
  "serverless-s3-local": "the platform has buckets",
  "serverless-dynamodb-local": "the platform has tables",
  "serverless-dynamodb": "the platform has tables",
  "serverless-localstack": "the platform is reached without it",
  "serverless-esbuild": "functions are bundled by esbuild",
  "serverless-webpack": "functions are bundled by esbuild",
  "serverless-bundle": "functions are bundled by esbuild",
  "serverless-plugin-typescript": "functions are bundled by esbuild",
  "serverless-plugin-optimize": "functions are bundled by esbuild",
  "serverless-dotenv-plugin": "set useDotenv: true to load .env files",
  "serverless-prune-plugin": "no versions are published",
  "serverless-deployment-bucket": "code goes to a bucket of the platform",
  "serverless-iam-roles-per-function": "every call is allowed",
  "serverless-plugin-tracing": "traces are not collected yet",
};

function checkPlugins(root: Section, reading: Reading): void {
  const value = root.get("plugins");
  const list = isObject(value) ? listOf(value["modules"]) : listOf(value);
  for (const [index, item] of list.entries()) {
    const name = String(item);
    const reason = PLUGINS_WITHOUT_EFFECT[name];
    if (reason !== undefined) reading.notices.add(`the plugin ${name} is not run: ${reason}`);
    else {
      const position = (Array.isArray(value) ? reading.positions.of(value, index) : undefined) ?? root.at("plugins");
      reading.problems.push({ message: `the plugin ${name} is not supported by Hearth`, ...(position && { position }) });
    }
  }
}

/** `build.esbuild` of the framework's version 4, or `custom.esbuild` of the plugin. */
function buildOptions(root: Section): BuildOptions {
  const build = root.object("build");
  const given = build?.get("esbuild") ?? root.object("custom")?.get("esbuild");
  const settings = isObject(given) ? given : {};
  const external = [...listOf(settings["external"]), ...listOf(settings["exclude"])].filter(
    (name) => typeof name === "string" && name !== "*",
  );
  const { format, target } = settings;
  return {
    bundle: given !== false && settings["bundle"] !== false,
    minify: settings["minify"] === true,
    sourceMaps: settings["sourcemap"] !== false,
    external: external.map(String),
    ...(typeof target === "string" && { target }),
    ...((format === "esm" || format === "cjs") && { format }),
  };
}
