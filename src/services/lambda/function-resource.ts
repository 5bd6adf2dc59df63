// CloudFormation: AWS::Lambda::Function, through the service's own operations.
import type { Context } from "../../contract/context.ts";
import type { InputOf } from "../../contract/models.ts";
import type { Properties, ResourceState, ResourceType } from "../../contract/resource.ts";
import { AwsError, hasCode } from "../../kernel/errors.ts";
import { inlineArchive } from "./inline-code.ts";
import { EPHEMERAL_STORAGE_MB_DEFAULT, MEMORY_MB_DEFAULT, TIMEOUT_SECONDS_DEFAULT } from "./limits.ts";
import { isOwn, list, number, object, ownerTags, required, tagsOf, text } from "./properties.ts";

type Settings = Omit<InputOf<"lambda", "UpdateFunctionConfiguration">, "FunctionName">;
type CodeInput = InputOf<"lambda", "CreateFunction">["Code"];
type Architectures = InputOf<"lambda", "CreateFunction">["Architectures"];

/** What an update sets back when a template stops naming it. */
const DEFAULTS: Readonly<Record<string, Settings>> = {
  Description: { Description: "" },
  Timeout: { Timeout: TIMEOUT_SECONDS_DEFAULT },
  MemorySize: { MemorySize: MEMORY_MB_DEFAULT },
  Environment: { Environment: { Variables: {} } },
  EphemeralStorage: { EphemeralStorage: { Size: EPHEMERAL_STORAGE_MB_DEFAULT } },
  TracingConfig: { TracingConfig: { Mode: "PassThrough" } },
  DeadLetterConfig: { DeadLetterConfig: { TargetArn: "" } },
  KmsKeyArn: { KMSKeyArn: "" },
  LoggingConfig: { LoggingConfig: { LogFormat: "Text" } },
};

export const functionResource: ResourceType = {
  properties: [
    "Architectures",
    "Code",
    "DeadLetterConfig",
    "Description",
    "Environment",
    "EphemeralStorage",
    "FileSystemConfigs",
    "FunctionName",
    "Handler",
    "ImageConfig",
    "KmsKeyArn",
    "Layers",
    "LoggingConfig",
    "MemorySize",
    "PackageType",
    "ReservedConcurrentExecutions",
    "Role",
    "Runtime",
    "SnapStart",
    "Tags",
    "Timeout",
    "TracingConfig",
    "VpcConfig",
  ],
  ignored: ["CodeSigningConfigArn", "RecursiveLoop", "RuntimeManagementConfig"],
  replaceOn: ["FunctionName", "PackageType"],
  async create(context, request, properties) {
    const name = text(properties, "FunctionName") ?? request.generatedName(64);
    const existing = await ownerOf(context, name);
    if (existing && !isOwn(request, existing)) {
      throw new AwsError("AlreadyExists", `Resource of type 'AWS::Lambda::Function' with identifier '${name}' already exists.`);
    }
    if (!existing) {
      await context.call("lambda", "CreateFunction", {
        FunctionName: name,
        Code: codeOf(properties),
        ...(properties["Architectures"] !== undefined && { Architectures: architecturesOf(properties) }),
        ...(properties["PackageType"] !== undefined && { PackageType: required(properties, "PackageType") as "Zip" }),
        Tags: { ...tagsOf(properties), ...ownerTags(request) },
        ...settingsOf(properties),
        Role: required(properties, "Role"),
      });
    }
    await setConcurrency(context, name, properties);
    return stateOf(context, name);
  },
  async update(context, _request, state, properties, previous) {
    const name = state.physicalId;
    const changed = (key: string) => JSON.stringify(properties[key]) !== JSON.stringify(previous[key]);
    if (changed("Code") || changed("Architectures")) {
      const architectures = properties["Architectures"] === undefined ? undefined : architecturesOf(properties);
      await context.call("lambda", "UpdateFunctionCode", {
        FunctionName: name,
        ...codeOf(properties),
        ...(architectures && { Architectures: architectures }),
      });
    }
    const settings: Settings = { ...dropped(properties, previous), ...settingsOf(properties) };
    if (JSON.stringify(settings) !== JSON.stringify(settingsOf(previous))) {
      await context.call("lambda", "UpdateFunctionConfiguration", { FunctionName: name, ...settings });
    }
    if (changed("ReservedConcurrentExecutions")) await setConcurrency(context, name, properties);
    if (changed("Tags")) await setTags(context, state, properties, previous);
    return stateOf(context, name);
  },
  async delete(context, _request, state) {
    try {
      await context.call("lambda", "DeleteFunction", { FunctionName: state.physicalId });
    } catch (error) {
      if (!hasCode(error, "ResourceNotFoundException")) throw error;
    }
  },
};

async function ownerOf(context: Context, name: string): Promise<Readonly<Record<string, string | undefined>> | undefined> {
  try {
    const { Tags: tags } = await context.call("lambda", "GetFunction", { FunctionName: name });
    return tags ?? {};
  } catch (error) {
    if (hasCode(error, "ResourceNotFoundException")) return undefined;
    throw error;
  }
}

async function stateOf(context: Context, name: string): Promise<ResourceState> {
  const { FunctionArn: arn } = await context.call("lambda", "GetFunctionConfiguration", { FunctionName: name });
  return { physicalId: name, attributes: { Arn: arn ?? "" } };
}

function codeOf(properties: Properties): CodeInput {
  const code = object(properties, "Code");
  if (!code) throw new AwsError("ValidationError", "Property Code is required.");
  const source = text(code, "ZipFile");
  if (source !== undefined) return { ZipFile: inlineArchive(source, text(properties, "Runtime") ?? "") };
  const names = ["S3Bucket", "S3Key", "S3ObjectVersion", "ImageUri"] as const;
  return Object.fromEntries(names.flatMap((name) => (code[name] === undefined ? [] : [[name, text(code, name)]]))) as CodeInput;
}

function architecturesOf(properties: Properties): NonNullable<Architectures> {
  return (list(properties, "Architectures") ?? []).map(String) as NonNullable<Architectures>;
}

/** What an operation that configures a function takes, each member with the type that the model gives it. */
function settingsOf(properties: Properties): Settings {
  const timeout = number(properties, "Timeout");
  const memory = number(properties, "MemorySize");
  const environment = object(properties, "Environment");
  const storage = object(properties, "EphemeralStorage");
  const tracing = object(properties, "TracingConfig");
  const deadLetters = object(properties, "DeadLetterConfig");
  const settings: Record<string, unknown> = {
    Role: text(properties, "Role"),
    Runtime: text(properties, "Runtime"),
    Handler: text(properties, "Handler"),
    Description: text(properties, "Description"),
    Timeout: timeout,
    MemorySize: memory,
    Environment: environment && { Variables: variablesOf(object(environment, "Variables") ?? {}) },
    EphemeralStorage: storage && { Size: number(storage, "Size") },
    TracingConfig: tracing && { Mode: text(tracing, "Mode") },
    DeadLetterConfig: deadLetters && { TargetArn: text(deadLetters, "TargetArn") ?? "" },
    KMSKeyArn: text(properties, "KmsKeyArn"),
    Layers: list(properties, "Layers"),
    FileSystemConfigs: list(properties, "FileSystemConfigs"),
    ImageConfig: object(properties, "ImageConfig"),
    VpcConfig: object(properties, "VpcConfig"),
    SnapStart: object(properties, "SnapStart"),
    LoggingConfig: object(properties, "LoggingConfig"),
  };
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined)) as Settings;
}

function variablesOf(variables: Properties): Record<string, string> {
  return Object.fromEntries(Object.keys(variables).map((name) => [name, text(variables, name) ?? ""]));
}

function dropped(properties: Properties, previous: Properties): Settings {
  const gone = Object.entries(DEFAULTS).filter(([name]) => previous[name] !== undefined && properties[name] === undefined);
  return Object.assign({}, ...gone.map(([, setting]) => setting));
}

async function setConcurrency(context: Context, name: string, properties: Properties): Promise<void> {
  const reserved = number(properties, "ReservedConcurrentExecutions");
  if (reserved === undefined) await context.call("lambda", "DeleteFunctionConcurrency", { FunctionName: name });
  else await context.call("lambda", "PutFunctionConcurrency", { FunctionName: name, ReservedConcurrentExecutions: reserved });
}

async function setTags(context: Context, state: ResourceState, properties: Properties, previous: Properties): Promise<void> {
  const arn = state.attributes["Arn"] ?? "";
  const tags = tagsOf(properties);
  const gone = Object.keys(tagsOf(previous)).filter((key) => tags[key] === undefined);
  if (gone.length > 0) await context.call("lambda", "UntagResource", { Resource: arn, TagKeys: gone });
  if (Object.keys(tags).length > 0) await context.call("lambda", "TagResource", { Resource: arn, Tags: tags });
}
