// Stages: names under which a deployment is served, with variables and settings.
import type { Context } from "../../contract/context.ts";
import type { OutputOf } from "../../contract/models.ts";
import type { OperationOf } from "../../contract/service.ts";
import type { ReadTransaction, Transaction } from "../../storage/transaction.ts";
import { cache } from "./cache.ts";
import { badRequest, conflict, limitExceeded, noDeployment, noStage, notImplemented } from "./errors.ts";
import { CACHE_CLUSTER_SIZES, deployments, type Stage, stages } from "./keys.ts";
import { STAGE_NAME_LENGTH_MAX, STAGES_PER_API_MAX } from "./limits.ts";
import { applyPatches, booleanOf, mapRules, type PatchRule } from "./patch.ts";
import { requireApi } from "./records.ts";
import { checkTags } from "./tags.ts";

export const createStage: OperationOf<"apigateway", "CreateStage"> = async (context, input) => {
  if (input.canarySettings !== undefined) throw notImplemented("A canary release (canarySettings)");
  const stage: Stage = {
    ...newStage(input.stageName, input.deploymentId, context.clock.now()),
    ...(input.description !== undefined && { description: input.description }),
    variables: input.variables ?? {},
    tags: checkTags(input.tags ?? {}),
    cacheClusterEnabled: input.cacheClusterEnabled ?? false,
    ...(input.cacheClusterSize !== undefined && { cacheClusterSize: input.cacheClusterSize }),
    ...(input.documentationVersion !== undefined && { documentationVersion: input.documentationVersion }),
    tracingEnabled: input.tracingEnabled ?? false,
  };
  await makeStage(context, input.restApiId, stage);
  return describeStage(stage);
};

/** A new stage. One that the same maker has made already takes the new settings. */
export async function makeStage(context: Context, apiId: string, stage: Stage): Promise<void> {
  checkStage(stage);
  noteStage(context, stage);
  await cache.change(context.storage, async (tx) => {
    await requireApi(tx, context, apiId);
    if (!(await deployments.has(tx, [context.account, context.region, apiId, stage.deploymentId]))) throw noDeployment();
    const known = await stages.get(tx, [context.account, context.region, apiId, stage.name]);
    if (known && stage.createdBy !== undefined && known.createdBy === stage.createdBy) {
      stages.set(tx, [context.account, context.region, apiId, stage.name], { ...stage, createdAtMs: known.createdAtMs });
    } else {
      await saveNewStage(tx, context, apiId, stage);
    }
  });
}

export const getStage: OperationOf<"apigateway", "GetStage"> = (context, input) =>
  context.storage.snapshot(async (tx) => describeStage(await requireStage(tx, context, input.restApiId, input.stageName)));

export const getStages: OperationOf<"apigateway", "GetStages"> = (context, input) =>
  context.storage.snapshot(async (tx) => {
    await requireApi(tx, context, input.restApiId);
    const found = await stages.scan(tx, [context.account, context.region, input.restApiId], { limit: STAGES_PER_API_MAX });
    const wanted = found.map((record) => record.value).filter((stage) => !input.deploymentId || stage.deploymentId === input.deploymentId);
    return { item: wanted.map(describeStage) };
  });

export const updateStage: OperationOf<"apigateway", "UpdateStage"> = async (context, input) => {
  const stage = await cache.change(context.storage, async (tx) => {
    const record = await requireStage(tx, context, input.restApiId, input.stageName);
    applyPatches(record, input.patchOperations, stageRules);
    checkStage(record);
    if (!(await deployments.has(tx, [context.account, context.region, input.restApiId, record.deploymentId]))) throw noDeployment();
    record.updatedAtMs = context.clock.now();
    stages.set(tx, [context.account, context.region, input.restApiId, record.name], record);
    return record;
  });
  noteStage(context, stage);
  return describeStage(stage);
};

export const deleteStage: OperationOf<"apigateway", "DeleteStage"> = async (context, input) => {
  await cache.change(context.storage, async (tx) => {
    const { name } = await requireStage(tx, context, input.restApiId, input.stageName);
    stages.delete(tx, [context.account, context.region, input.restApiId, name]);
  });
  return {};
};

/** There is no cache to flush: nothing that is served comes from one. */
export const flushStageCache: OperationOf<"apigateway", "FlushStageCache"> = async (context, input) => {
  await context.storage.snapshot((tx) => requireStage(tx, context, input.restApiId, input.stageName));
  return {};
};

export function newStage(name: string, deploymentId: string, nowMs: number): Stage {
  return {
    name,
    deploymentId,
    variables: {},
    tags: {},
    cacheClusterEnabled: false,
    tracingEnabled: false,
    accessLog: {},
    methodSettings: {},
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
  };
}

export async function saveNewStage(tx: Transaction, context: Context, apiId: string, stage: Stage): Promise<void> {
  const known = await stages.scan(tx, [context.account, context.region, apiId], { limit: STAGES_PER_API_MAX });
  if (known.some(({ value }) => value.name === stage.name)) throw conflict("Stage already exists");
  if (known.length >= STAGES_PER_API_MAX) throw limitExceeded("Maximum number of stages for this API has been reached.");
  stages.set(tx, [context.account, context.region, apiId, stage.name], stage);
}

/** Names and variables are allowed, or AWS's own error. */
export function checkStage(stage: Stage): void {
  if (!/^[a-zA-Z0-9_-]+$/.test(stage.name) || stage.name.length > STAGE_NAME_LENGTH_MAX) {
    throw badRequest("Stage name only allows a-zA-Z0-9_-");
  }
  for (const [name, value] of Object.entries(stage.variables)) {
    if (!/^[A-Za-z0-9_]+$/.test(name)) {
      throw badRequest(`Invalid stage variable name: '${name}'. Please use alphanumeric characters and the symbol '_'.`);
    }
    if (!/^[A-Za-z0-9 \-._~:/?#&=,]*$/.test(value)) {
      throw badRequest(
        "Invalid stage variable value: Please use values with alphanumeric characters and the symbols ' ', -', '.', '_', ':', '/', '?', '&', '=', and ','.",
      );
    }
  }
}

/** What of a stage has no effect here. */
export function noteStage(context: Context, stage: Stage): void {
  const note = (parameter: string, text: string) =>
    context.ledger.add({ service: "apigateway", operation: context.operation, parameter, note: text });
  if (stage.cacheClusterEnabled) note("cacheClusterEnabled", "Responses are not cached.");
  if (stage.tracingEnabled) note("tracingEnabled", "Requests to the API are not traced.");
  if (stage.accessLog.destinationArn !== undefined) note("accessLogSettings", "Access logs are not written.");
  if (Object.keys(stage.methodSettings).length > 0)
    note("methodSettings", "Logging, metrics, throttling and caching of methods have no effect.");
}

async function requireStage(tx: ReadTransaction, context: Context, apiId: string, name: string): Promise<Stage> {
  await requireApi(tx, context, apiId);
  const stage = await stages.get(tx, [context.account, context.region, apiId, name]);
  if (!stage) throw noStage();
  return stage;
}

/** By patch name: the member of MethodSetting that shows it, and the kind of its value. */
const METHOD_SETTINGS = {
  "metrics/enabled": ["metricsEnabled", "boolean"],
  "logging/loglevel": ["loggingLevel", "string"],
  "logging/dataTrace": ["dataTraceEnabled", "boolean"],
  "throttling/burstLimit": ["throttlingBurstLimit", "number"],
  "throttling/rateLimit": ["throttlingRateLimit", "number"],
  "caching/enabled": ["cachingEnabled", "boolean"],
  "caching/ttlInSeconds": ["cacheTtlInSeconds", "number"],
  "caching/dataEncrypted": ["cacheDataEncrypted", "boolean"],
  "caching/requireAuthorizationForCacheControl": ["requireAuthorizationForCacheControl", "boolean"],
  "caching/unauthorizedCacheControlHeaderStrategy": ["unauthorizedCacheControlHeaderStrategy", "string"],
} as const;
const isMethodSetting = (name: string): name is keyof typeof METHOD_SETTINGS => name in METHOD_SETTINGS;

const stageRules: readonly PatchRule<Stage>[] = [
  {
    path: "/deploymentId",
    ops: ["replace"],
    apply: (stage, _op, value) => {
      stage.deploymentId = value;
    },
  },
  {
    path: "/description",
    ops: ["replace"],
    apply: (stage, _op, value) => {
      stage.description = value;
    },
  },
  {
    path: "/documentationVersion",
    ops: ["replace"],
    apply: (stage, _op, value) => {
      stage.documentationVersion = value;
    },
  },
  {
    path: "/tracingEnabled",
    ops: ["replace"],
    apply: (stage, _op, value) => {
      stage.tracingEnabled = booleanOf(value, "/tracingEnabled");
    },
  },
  {
    path: "/cacheClusterEnabled",
    ops: ["replace"],
    apply: (stage, _op, value) => {
      stage.cacheClusterEnabled = booleanOf(value, "/cacheClusterEnabled");
    },
  },
  {
    path: "/cacheClusterSize",
    ops: ["replace"],
    apply: (stage, _op, value) => {
      const size = CACHE_CLUSTER_SIZES.find((known) => known === value);
      if (!size) throw badRequest(`Invalid cache cluster size specified. Must be one of: [${CACHE_CLUSTER_SIZES.join(", ")}]`);
      stage.cacheClusterSize = size;
    },
  },
  ...mapRules<Stage>("/variables", (stage) => stage.variables),
  {
    path: "/accessLogSettings/destinationArn",
    ops: ["add", "replace"],
    apply: (stage, _op, value) => {
      stage.accessLog.destinationArn = value;
    },
  },
  {
    path: "/accessLogSettings/format",
    ops: ["add", "replace"],
    apply: (stage, _op, value) => {
      stage.accessLog.format = value;
    },
  },
  {
    path: "/accessLogSettings",
    ops: ["remove"],
    apply: (stage) => {
      stage.accessLog = {};
    },
  },
  {
    path: "/canarySettings/*",
    ops: ["add", "replace", "remove"],
    apply: () => {
      throw notImplemented("A canary release (canarySettings)");
    },
  },
  {
    path: "/clientCertificateId",
    ops: ["replace"],
    apply: () => {
      throw notImplemented("A client certificate (clientCertificateId)");
    },
  },
  {
    path: "/*/*/*/*",
    ops: ["add", "replace"],
    apply: (stage, _op, value, [resource = "", method = "", group = "", name = ""]) => {
      const setting = `${group}/${name}`;
      if (!isMethodSetting(setting)) throw badRequest(`Invalid method setting path: /${resource}/${method}/${setting}`);
      const id = `${resource.replace(/^\//, "")}/${method}`;
      stage.methodSettings[id] = { ...stage.methodSettings[id], [setting]: value };
    },
  },
  {
    path: "/*/*",
    ops: ["remove"],
    apply: (stage, _op, _value, [resource = "", method = ""]) => {
      delete stage.methodSettings[`${resource.replace(/^\//, "")}/${method}`];
    },
  },
];

function describeSettings(settings: Readonly<Record<string, string>>): Record<string, string | number | boolean> {
  const shown: Record<string, string | number | boolean> = {};
  for (const [name, value] of Object.entries(settings)) {
    if (!isMethodSetting(name)) continue;
    const [member, kind] = METHOD_SETTINGS[name];
    shown[member] = kind === "boolean" ? value.toLowerCase() === "true" : kind === "number" ? Number(value) : value;
  }
  return shown;
}

function describeStage(stage: Stage): OutputOf<"apigateway", "GetStage"> {
  const settings = Object.entries(stage.methodSettings);
  return {
    deploymentId: stage.deploymentId,
    stageName: stage.name,
    description: stage.description,
    cacheClusterEnabled: stage.cacheClusterEnabled,
    cacheClusterSize: stage.cacheClusterSize,
    cacheClusterStatus: "NOT_AVAILABLE",
    methodSettings: Object.fromEntries(settings.map(([id, values]) => [id, describeSettings(values)])),
    ...(Object.keys(stage.variables).length > 0 && { variables: stage.variables }),
    documentationVersion: stage.documentationVersion,
    ...(Object.keys(stage.accessLog).length > 0 && {
      accessLogSettings: { destinationArn: stage.accessLog.destinationArn, format: stage.accessLog.format },
    }),
    tracingEnabled: stage.tracingEnabled,
    ...(Object.keys(stage.tags).length > 0 && { tags: stage.tags }),
    createdDate: new Date(stage.createdAtMs),
    lastUpdatedDate: new Date(stage.updatedAtMs),
  };
}
