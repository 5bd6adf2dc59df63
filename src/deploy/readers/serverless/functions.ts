// Functions of a serverless.yml: each becomes a function, its log group and its event sources.
import type { AppFunction, AppRoute } from "../../app.ts";
import type { Json, JsonObject, Position } from "../../template/document.ts";
import { addBucketEvent } from "./bucket-events.ts";
import { addResource, attribute, type Draft } from "./draft.ts";
import { addHttpApi, readHttpApiEvent } from "./http-api-events.ts";
import { addRestApi, readHttpEvent } from "./http-events.ts";
import { lambdaId, logGroupId, ROLE_ID } from "./naming.ts";
import { addQueueEvent } from "./queue-events.ts";
import { addScheduleEvent } from "./schedule-events.ts";
import { isIntrinsic, type Section, sectionOf } from "./section.ts";

/** What the Serverless Framework sets where nothing is said. */
const MEMORY_MB = 1_024;
const TIMEOUT_S = 6;
const DEFAULT_RUNTIME = "nodejs22.x";
const FUNCTION_NAME_LENGTH_MAX = 64;

const FUNCTION_KEYS = {
  honoured: [
    ...["handler", "name", "description", "runtime", "memorySize", "timeout", "environment", "events", "package", "role"],
    ...["reservedConcurrency", "tags", "architecture", "logRetentionInDays", "disableLogs", "dependsOn", "condition"],
  ],
  ignored: {
    iamRoleStatements: "is recorded nowhere: every call is allowed",
    iamRoleStatementsName: undefined,
    iamRoleStatementsInherit: undefined,
    versionFunction: "has no effect: versions are not published at deployment",
    tracing: "has no effect: traces are not collected yet",
    provisionedConcurrency: "has no effect: an environment starts in milliseconds",
    ephemeralStorageSize: "has no effect: /tmp is bounded by the disk",
  },
  refused: {
    url: "function URLs are not there yet",
    layers: "layers are not there yet",
    vpc: "functions run on this machine's network",
    image: "functions run without containers",
    fileSystemConfig: "there is no EFS",
    onError: "name a dead-letter queue on the queue that feeds the function",
    destinations: "destinations are not there yet",
    maximumRetryAttempts: "asynchronous invocations are retried as AWS does by default",
    maximumEventAge: "asynchronous invocations are kept as AWS does by default",
    snapStart: "it is not there yet",
    kmsKeyArn: "there are no keys",
  },
} as const;

/** Every function with its events. `functions` may be an object or a list of objects. */
export function addFunctions(draft: Draft, root: Section): { functions: AppFunction[]; routes: AppRoute[] } {
  const sections = functionSections(draft, root);
  const http: NonNullable<ReturnType<typeof readHttpEvent>>[] = [];
  const httpApi: NonNullable<ReturnType<typeof readHttpApiEvent>>[] = [];
  const functions = [...sections].flatMap(([key, section]) => {
    const added = addFunction(draft, root, key, section);
    let schedules = 1;
    section.list("events").forEach(({ value, position }, index) => {
      const [kind = "", more] =
        typeof value === "string"
          ? [value]
          : Object.keys(value !== null && typeof value === "object" && !Array.isArray(value) ? value : {});
      const path = `${section.path}.events[${index}].${kind}`;
      const event: Json = typeof value === "object" && value !== null && !Array.isArray(value) ? (value[kind] ?? null) : null;
      const problem = (message: string) => void draft.reading.problems.push({ message, ...(position && { position }) });
      if (more !== undefined) problem(`${section.path}.events[${index}] names two events: ${kind} and ${more}`);
      else if (kind === "http") push(http, readHttpEvent(draft, key, event, position, path));
      else if (kind === "httpApi") push(httpApi, readHttpApiEvent(draft, key, event, position, path));
      else if (kind === "sqs") addQueueEvent(draft, key, event, position, path);
      else if (kind === "s3") addBucketEvent(draft, key, event, position, path);
      else if (kind === "schedule") schedules += addScheduleEvent(draft, key, event, position, path, schedules);
      else
        problem(
          `${section.path}.events[${index}]: the event ${kind || JSON.stringify(value)} is not supported by Hearth; http, httpApi, sqs, s3 and schedule are`,
        );
    });
    return added ? [added] : [];
  });
  addRestApi(draft, http);
  addHttpApi(draft, httpApi);
  const rest = http.map(
    (event): AppRoute => ({ api: "rest", method: event.method.toUpperCase(), path: `/${event.path}`, functionKey: event.key }),
  );
  const routes = httpApi.map((event): AppRoute => {
    const [method = "", path = ""] = event.routeKey === "*" ? ["ANY", "$default"] : event.routeKey.split(" ");
    return { api: "http", method, path, functionKey: event.key };
  });
  return { functions, routes: [...rest, ...routes] };
}

function push<T>(list: T[], item: T | undefined): void {
  if (item !== undefined) list.push(item);
}

function functionSections(draft: Draft, root: Section): Map<string, Section> {
  const value = root.get("functions");
  const parts = Array.isArray(value)
    ? root.list("functions").map((item) => item.section)
    : value === undefined
      ? []
      : [root.object("functions")];
  const out = new Map<string, Section>();
  for (const part of parts) {
    for (const key of Object.keys(part?.value ?? {})) {
      const section = part?.object(key);
      if (!part || !section) continue;
      if (out.has(key)) part.problem(key, "is declared twice");
      if (!/^[a-zA-Z0-9-_]+$/.test(key)) part.problem(key, "is no name of a function: letters, digits, - and _ are allowed");
      out.set(key, sectionOf(draft.reading, section.value, `functions.${key}`, part.at(key)));
    }
  }
  return out;
}

function addFunction(draft: Draft, root: Section, key: string, section: Section): AppFunction | undefined {
  const { provider, service, stage } = draft;
  section.check(FUNCTION_KEYS);
  const handler = section.string("handler");
  if (handler === undefined) {
    draft.reading.problems.push({ message: `${section.path} needs a handler`, ...(section.position && { position: section.position }) });
    return undefined;
  }
  const name = section.string("name") ?? `${service}-${stage}-${key}`;
  if (name.length > FUNCTION_NAME_LENGTH_MAX) {
    const message = `${section.path}: the function's name "${name}" is longer than ${FUNCTION_NAME_LENGTH_MAX} characters; give it a shorter name`;
    draft.reading.problems.push({ message, ...(section.position && { position: section.position }) });
  }
  const runtime = section.string("runtime") ?? provider.string("runtime") ?? DEFAULT_RUNTIME;
  const settings = lambdaSettings(draft, section);
  const needs = section.strings("dependsOn") ?? [];
  const logGroup = addLogGroup(draft, key, section, name);
  const condition = section.string("condition");
  addResource(
    draft,
    lambdaId(key),
    {
      Type: "AWS::Lambda::Function",
      Properties: { Code: {}, Handler: handler, Runtime: runtime, FunctionName: name, ...settings },
      DependsOn: [...logGroup, ...needs],
      ...(condition !== undefined && { Condition: condition }),
    },
    section.position,
  );
  draft.outputs[`${lambdaId(key)}QualifiedArn`] = {
    Description: "The function as it is now",
    Value: { "Fn::Join": ["", [attribute(lambdaId(key), "Arn"), ":$LATEST"]] },
  };
  const own = packageOf(section);
  const app = packageOf(root);
  const artifact = own.artifact ?? app.artifact;
  return {
    key,
    logicalId: lambdaId(key),
    name,
    runtime,
    handler,
    position: section.at("handler"),
    patterns: [...app.patterns, ...own.patterns],
    individually: own.individually ?? app.individually ?? false,
    ...(artifact !== undefined && { artifact }),
  };
}

function addLogGroup(draft: Draft, key: string, section: Section, name: string): string[] {
  if (section.boolean("disableLogs")) return [];
  const retention = section.number("logRetentionInDays", 1, 3_653) ?? draft.provider.number("logRetentionInDays", 1, 3_653);
  const properties: JsonObject = { LogGroupName: `/aws/lambda/${name}`, ...(retention !== undefined && { RetentionInDays: retention }) };
  addResource(draft, logGroupId(key), { Type: "AWS::Logs::LogGroup", Properties: properties }, section.position);
  return [logGroupId(key)];
}

function lambdaSettings(draft: Draft, section: Section): JsonObject {
  const { provider } = draft;
  const description = section.string("description");
  const environment = environmentOf(draft, [provider.object("environment"), section.object("environment")]);
  const tags = { ...stringMap(provider.object("stackTags")), ...stringMap(provider.object("tags")), ...stringMap(section.object("tags")) };
  const reserved = section.number("reservedConcurrency", 0, 1_000_000);
  const architecture = section.string("architecture") ?? provider.string("architecture");
  if (architecture !== undefined && architecture !== "x86_64" && architecture !== "arm64") {
    (section.has("architecture") ? section : provider).problem("architecture", "must be x86_64 or arm64");
  }
  return {
    MemorySize: section.number("memorySize", 128, 10_240) ?? provider.number("memorySize", 128, 10_240) ?? MEMORY_MB,
    Timeout: section.number("timeout", 1, 900) ?? provider.number("timeout", 1, 900) ?? TIMEOUT_S,
    Role: roleOf(draft, section),
    ...(description !== undefined && { Description: description }),
    ...(Object.keys(environment).length > 0 && { Environment: { Variables: environment } }),
    ...(Object.keys(tags).length > 0 && { Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) }),
    ...(reserved !== undefined && { ReservedConcurrentExecutions: reserved }),
    ...(architecture !== undefined && { Architectures: [architecture] }),
  };
}

function environmentOf(draft: Draft, sections: readonly (Section | undefined)[]): JsonObject {
  const out: JsonObject = {};
  for (const section of sections) {
    for (const [name, value] of Object.entries(section?.value ?? {})) {
      if (value === null) delete out[name];
      else if (typeof value !== "object") out[name] = String(value);
      else if (isIntrinsic(value)) out[name] = value;
      else draft.reading.problems.push(withPosition(`${section?.path}.${name} must be a string`, section?.at(name)));
    }
  }
  return out;
}

function withPosition(message: string, position: Position | undefined) {
  return { message, ...(position && { position }) };
}

export function stringMap(section: Section | undefined): Record<string, string> {
  const entries = Object.entries(section?.value ?? {}).filter(([, value]) => value !== null && typeof value !== "object");
  return Object.fromEntries(entries.map(([name, value]) => [name, String(value)]));
}

/** A role that the app names, or the one that is declared for it. */
function roleOf(draft: Draft, section: Section): Json {
  const iam = draft.provider.object("iam");
  const role = section.get("role") ?? draft.provider.get("role") ?? iam?.get("role");
  if (typeof role === "string") return role.startsWith("arn:") ? role : attribute(role, "Arn");
  return isIntrinsic(role) ? role : attribute(ROLE_ID, "Arn");
}

function packageOf(section: Section): { patterns: string[]; individually: boolean | undefined; artifact: string | undefined } {
  const settings = section.object("package");
  settings?.check({
    honoured: ["patterns", "include", "exclude", "individually", "artifact"],
    ignored: { excludeDevDependencies: undefined, path: undefined },
  });
  const excluded = (settings?.strings("exclude") ?? []).map((pattern) => `!${pattern}`);
  const patterns = [...excluded, ...(settings?.strings("include") ?? []), ...(settings?.strings("patterns") ?? [])];
  return { patterns, individually: settings?.boolean("individually"), artifact: settings?.string("artifact") };
}
