// A function's configuration: what a request asks for, checked and with defaults, and what answers show of it.
import type { Context } from "../../contract/context.ts";
import type { InputOf, OutputOf } from "../../contract/models.ts";
import { uuid } from "../../kernel/ids.ts";
import { readdressed } from "../../kernel/own-address.ts";
import { constraint, environmentTooLarge, invalid, reservedVariables, unsupported } from "./errors.ts";
import type { Code, Configuration } from "./keys.ts";
import {
  ENVIRONMENT_BYTES_MAX,
  EPHEMERAL_STORAGE_MB_DEFAULT,
  MEMORY_MB_DEFAULT,
  MEMORY_MB_MAX,
  TIMEOUT_SECONDS_DEFAULT,
  TIMEOUT_SECONDS_MAX,
} from "./limits.ts";
import { type FunctionName, functionArn } from "./names.ts";

type Settings = InputOf<"lambda", "UpdateFunctionConfiguration">;
type Shown = OutputOf<"lambda", "GetFunctionConfiguration">;

/** Variables that Lambda sets itself ("Defined runtime environment variables", those that are reserved). */
const RESERVED_VARIABLES: ReadonlySet<string> = new Set([
  "_HANDLER",
  "_X_AMZN_TRACE_ID",
  "AWS_DEFAULT_REGION",
  "AWS_REGION",
  "AWS_EXECUTION_ENV",
  "AWS_LAMBDA_FUNCTION_NAME",
  "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
  "AWS_LAMBDA_FUNCTION_VERSION",
  "AWS_LAMBDA_INITIALIZATION_TYPE",
  "AWS_LAMBDA_LOG_GROUP_NAME",
  "AWS_LAMBDA_LOG_STREAM_NAME",
  "AWS_ACCESS_KEY",
  "AWS_ACCESS_KEY_ID",
  "AWS_SECRET_ACCESS_KEY",
  "AWS_SESSION_TOKEN",
  "AWS_LAMBDA_RUNTIME_API",
  "LAMBDA_TASK_ROOT",
  "LAMBDA_RUNTIME_DIR",
]);

/** The parts of a configuration that a request may set, each checked. Absent members stay as they were. */
export function settingsOf(context: Context, input: Settings, operation: string): Partial<Configuration> {
  refuse(input);
  note(context, input, operation);
  if (input.Runtime !== undefined) checkRuntime(context, input.Runtime);
  if (input.Timeout !== undefined && input.Timeout > TIMEOUT_SECONDS_MAX) {
    throw constraint(input.Timeout, "timeout", `Member must have value less than or equal to ${TIMEOUT_SECONDS_MAX}`);
  }
  if (input.MemorySize !== undefined && input.MemorySize > MEMORY_MB_MAX) {
    throw constraint(input.MemorySize, "memorySize", `Member must have value less than or equal to ${MEMORY_MB_MAX}`);
  }
  const logging = input.LoggingConfig;
  const variables = input.Environment?.Variables;
  if (variables) checkVariables(variables);
  return {
    ...(input.Runtime !== undefined && { runtime: input.Runtime }),
    ...(input.Handler !== undefined && { handler: input.Handler }),
    ...(input.Role !== undefined && { role: input.Role }),
    ...(input.Description !== undefined && { description: input.Description }),
    ...(input.Timeout !== undefined && { timeoutSeconds: input.Timeout }),
    ...(input.MemorySize !== undefined && { memoryMb: input.MemorySize }),
    ...(input.Environment !== undefined && { environment: { ...variables }, environmentEndpoint: context.endpoint }),
    ...(input.EphemeralStorage?.Size !== undefined && { ephemeralStorageMb: input.EphemeralStorage.Size }),
    ...(logging?.LogGroup !== undefined && { logGroup: logging.LogGroup }),
    ...(logging?.LogFormat !== undefined && { logFormat: logging.LogFormat === "JSON" ? "JSON" : "Text" }),
    ...(logging?.ApplicationLogLevel !== undefined && { applicationLogLevel: logging.ApplicationLogLevel }),
    ...(input.TracingConfig?.Mode !== undefined && { tracingMode: input.TracingConfig.Mode }),
    ...(input.DeadLetterConfig !== undefined && { deadLetterArn: deadLetterTarget(input.DeadLetterConfig.TargetArn) }),
    ...(input.KMSKeyArn !== undefined && { kmsKeyArn: input.KMSKeyArn }),
  };
}

/** A new function's configuration. */
export function newConfiguration(context: Context, input: InputOf<"lambda", "CreateFunction">, code: Code): Configuration {
  if (input.PackageType === "Image") throw unsupported("PackageType Image");
  if (input.Code.ImageUri !== undefined) throw unsupported("Code.ImageUri");
  if (input.Runtime === undefined) throw invalid("Runtime is mandatory for functions created with deployment packages.");
  if (input.Handler === undefined) throw invalid("Handler is mandatory for functions created with deployment packages.");
  const settings = settingsOf(context, { ...input, FunctionName: input.FunctionName }, "CreateFunction");
  return {
    version: "$LATEST",
    ...stamped(context),
    code,
    runtime: input.Runtime,
    handler: input.Handler,
    role: input.Role,
    description: "",
    timeoutSeconds: TIMEOUT_SECONDS_DEFAULT,
    memoryMb: MEMORY_MB_DEFAULT,
    architecture: input.Architectures?.[0] ?? "x86_64",
    ephemeralStorageMb: EPHEMERAL_STORAGE_MB_DEFAULT,
    logFormat: "Text",
    tracingMode: "PassThrough",
    ...settings,
  };
}

/** What every change of code or configuration renews. */
export function stamped(context: Context): Pick<Configuration, "revisionId" | "contentId" | "modifiedAtMs"> {
  return { revisionId: uuid(context.random), contentId: uuid(context.random), modifiedAtMs: context.clock.now() };
}

export function checkRuntime(context: Context, runtime: string): void {
  const answer = context.runtime.supports(runtime);
  if (answer !== true) throw invalid(answer);
}

/** What a function cannot do without is refused by name. */
function refuse(input: Settings): void {
  if (input.Layers && input.Layers.length > 0) throw unsupported("Layers");
  if (input.FileSystemConfigs && input.FileSystemConfigs.length > 0) throw unsupported("FileSystemConfigs");
  if (input.ImageConfig !== undefined) throw unsupported("ImageConfig");
  if (input.CapacityProviderConfig !== undefined) throw unsupported("CapacityProviderConfig");
  if (input.DurableConfig !== undefined) throw unsupported("DurableConfig");
}

/** What a function works without is noted. */
function note(context: Context, input: Settings, operation: string): void {
  const add = (parameter: string, note: string) => context.ledger.add({ service: "lambda", operation, parameter, note });
  if (input.VpcConfig?.SubnetIds?.length) add("VpcConfig", "Functions run in no VPC; they reach what the machine reaches.");
  if (input.TracingConfig?.Mode === "Active") add("TracingConfig", "No trace segments are recorded.");
  if (input.KMSKeyArn) add("KMSKeyArn", "Environment variables are not encrypted with the key.");
  if (input.SnapStart?.ApplyOn === "PublishedVersions") add("SnapStart", "No snapshot is taken; functions start as usual.");
  if (input.EphemeralStorage && input.EphemeralStorage.Size !== EPHEMERAL_STORAGE_MB_DEFAULT) {
    add("EphemeralStorage", "The size of the temporary directory is not limited.");
  }
  if (input.LoggingConfig?.LogFormat === "JSON") add("LoggingConfig", "The platform's own log lines stay text; the function's are JSON.");
  if (input.LoggingConfig?.SystemLogLevel) add("LoggingConfig", "The platform's own log lines are not filtered by level.");
}

function checkVariables(variables: Readonly<Record<string, string>>): void {
  const reserved = Object.keys(variables).filter((name) => RESERVED_VARIABLES.has(name));
  if (reserved.length > 0) throw reservedVariables(reserved);
  const text = JSON.stringify(variables);
  if (Buffer.byteLength(text) > ENVIRONMENT_BYTES_MAX) throw environmentTooLarge(text);
}

function deadLetterTarget(arn: string | undefined): string {
  if (arn === undefined || arn === "") return "";
  if (/^arn:aws[a-zA-Z-]*:sqs:/.test(arn)) return arn;
  if (/^arn:aws[a-zA-Z-]*:sns:/.test(arn)) throw unsupported("An SNS topic as DeadLetterConfig.TargetArn");
  throw invalid(`The provided target arn ${arn} is invalid.`);
}

/** The group that a function's log goes to. */
export function logGroupOf(name: string, configuration: Configuration): string {
  return configuration.logGroup ?? `/aws/lambda/${name}`;
}

/** The variables, with addresses of the platform as they are now. */
export function environmentOf(context: Context, configuration: Configuration): Readonly<Record<string, string>> | undefined {
  const { environment, environmentEndpoint } = configuration;
  return environment && readdressed(environment, environmentEndpoint, context.endpoint);
}

/** The configuration as answers show it. @param qualified shows the ARN with its version */
export function shown(context: Context, name: FunctionName, configuration: Configuration, qualifier?: string): Shown {
  const { code } = configuration;
  const environment = environmentOf(context, configuration);
  return {
    FunctionName: name.name,
    FunctionArn: functionArn(name, name.name, qualifier),
    Runtime: configuration.runtime as Shown["Runtime"],
    Role: configuration.role,
    Handler: configuration.handler,
    CodeSize: code.kind === "archive" ? code.bytes : 0,
    Description: configuration.description,
    Timeout: configuration.timeoutSeconds,
    MemorySize: configuration.memoryMb,
    LastModified: new Date(configuration.modifiedAtMs).toISOString().replace("Z", "+0000"),
    CodeSha256: code.sha256,
    Version: configuration.version,
    ...(environment && { Environment: { Variables: environment, Error: undefined } }),
    ...(configuration.deadLetterArn && { DeadLetterConfig: { TargetArn: configuration.deadLetterArn } }),
    ...(configuration.kmsKeyArn && { KMSKeyArn: configuration.kmsKeyArn }),
    TracingConfig: { Mode: configuration.tracingMode as "Active" | "PassThrough" },
    RevisionId: configuration.revisionId,
    State: "Active",
    LastUpdateStatus: "Successful",
    PackageType: "Zip",
    Architectures: [configuration.architecture as "x86_64" | "arm64"],
    EphemeralStorage: { Size: configuration.ephemeralStorageMb },
    SnapStart: { ApplyOn: "None", OptimizationStatus: "Off" },
    LoggingConfig: {
      LogFormat: configuration.logFormat,
      LogGroup: logGroupOf(name.name, configuration),
      ApplicationLogLevel: configuration.applicationLogLevel as "INFO" | undefined,
      SystemLogLevel: undefined,
    },
  } as Shown;
}
