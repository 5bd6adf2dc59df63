// Stages: names under which an API is served. A stage with auto-deploy serves the API as it is; any other serves a deployment.
import type { Context } from "../../contract/context.ts";
import type { InputOf } from "../../contract/models.ts";
import type { OperationOf } from "../../contract/service.ts";
import { characters, LOWER_ALPHANUMERIC } from "../../kernel/ids.ts";
import type { Transaction } from "../../storage/transaction.ts";
import { cache } from "./cache.ts";
import { deploy } from "./deployments.ts";
import { describeStage } from "./describe.ts";
import { badRequest, conflict, limitExceeded, noDeployment, noRouteSettings, notImplemented } from "./errors.ts";
import { deployments, type Stage, type StageSettings, stages, type TrafficSettings } from "./keys.ts";
import { STAGES_PER_API_MAX } from "./limits.ts";
import { pageOf, pageSize, requireApi, requireStage } from "./records.ts";
import { checkTags } from "./tags.ts";

type Changes = Omit<InputOf<"apigatewayv2", "UpdateStage">, "ApiId" | "StageName">;

export const createStage: OperationOf<"apigatewayv2", "CreateStage"> = async (context, input) => {
  const stage: Stage = { ...newStage(input.StageName, context.clock.now()), tags: input.Tags ?? {}, ...settingsOf(input) };
  await makeStage(context, input.ApiId, stage);
  return describeStage(stage);
};

/** A new stage. One that the same maker has made already takes the new settings. */
export async function makeStage(context: Context, apiId: string, stage: Stage): Promise<void> {
  checkStage(stage);
  noteApproximations(context, stage);
  await cache.change(context.storage, async (tx) => {
    await requireApi(tx, context, apiId);
    const known = await stages.scan(tx, [context.account, context.region, apiId], { limit: STAGES_PER_API_MAX });
    const same = known.find(({ value }) => value.name === stage.name)?.value;
    if (same && (stage.createdBy === undefined || same.createdBy !== stage.createdBy)) throw conflict("Stage already exists");
    if (!same && known.length >= STAGES_PER_API_MAX) throw limitExceeded("stages for this API");
    await checkDeployment(tx, context, apiId, stage);
    stages.set(tx, [context.account, context.region, apiId, stage.name], { ...stage, createdAtMs: same?.createdAtMs ?? stage.createdAtMs });
  });
}

export const getStage: OperationOf<"apigatewayv2", "GetStage"> = (context, input) =>
  context.storage.snapshot(async (tx) => describeStage(await requireStage(tx, context, input.ApiId, input.StageName)));

export const getStages: OperationOf<"apigatewayv2", "GetStages"> = async (context, input) => {
  const limit = pageSize(input.MaxResults);
  const found = await context.storage.snapshot(async (tx) => {
    await requireApi(tx, context, input.ApiId);
    return stages.scan(tx, [context.account, context.region, input.ApiId], {
      limit: limit + 1,
      ...(input.NextToken && { after: [context.account, context.region, input.ApiId, input.NextToken] }),
    });
  });
  const { records, ...next } = pageOf(found, limit);
  return { Items: records.map(({ value }) => describeStage(value)), ...next };
};

export const updateStage: OperationOf<"apigatewayv2", "UpdateStage"> = async (context, input) => {
  const changes = settingsOf(input);
  const deploymentId = characters(context.random, LOWER_ALPHANUMERIC, 6);
  const nowMs = context.clock.now();
  const stage = await cache.change(context.storage, async (tx) => {
    const before = await requireStage(tx, context, input.ApiId, input.StageName);
    const record: Stage = {
      ...before,
      ...changes,
      variables: { ...before.variables, ...changes.variables },
      routeSettings: { ...before.routeSettings, ...changes.routeSettings },
      updatedAtMs: nowMs,
    };
    if (record.autoDeploy && changes.deploymentId === undefined) delete record.deploymentId;
    checkStage(record);
    if (before.autoDeploy && record.deploymentId === undefined) {
      // What was served until now is what a stage without auto-deploy goes on serving.
      const api = await requireApi(tx, context, input.ApiId);
      await deploy(tx, context, api, { id: deploymentId, createdAtMs: nowMs, autoDeployed: true });
      record.deploymentId = deploymentId;
    }
    await checkDeployment(tx, context, input.ApiId, record);
    stages.set(tx, [context.account, context.region, input.ApiId, record.name], record);
    return record;
  });
  noteApproximations(context, stage);
  return describeStage(stage);
};

export const deleteStage: OperationOf<"apigatewayv2", "DeleteStage"> = async (context, input) => {
  await cache.change(context.storage, async (tx) => {
    const { name } = await requireStage(tx, context, input.ApiId, input.StageName);
    stages.delete(tx, [context.account, context.region, input.ApiId, name]);
  });
  return {};
};

export const deleteAccessLogSettings: OperationOf<"apigatewayv2", "DeleteAccessLogSettings"> = async (context, input) => {
  await cache.change(context.storage, async (tx) => {
    const stage = await requireStage(tx, context, input.ApiId, input.StageName);
    stages.set(tx, [context.account, context.region, input.ApiId, stage.name], { ...stage, accessLog: {} });
  });
  return {};
};

export const deleteRouteSettings: OperationOf<"apigatewayv2", "DeleteRouteSettings"> = async (context, input) => {
  await cache.change(context.storage, async (tx) => {
    const stage = await requireStage(tx, context, input.ApiId, input.StageName);
    if (!stage.routeSettings[input.RouteKey]) throw noRouteSettings(input.RouteKey);
    delete stage.routeSettings[input.RouteKey];
    stages.set(tx, [context.account, context.region, input.ApiId, stage.name], stage);
  });
  return {};
};

export function newStage(name: string, nowMs: number): Stage {
  return {
    name,
    autoDeploy: false,
    variables: {},
    accessLog: {},
    defaultRouteSettings: {},
    routeSettings: {},
    tags: {},
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
  };
}

/** The settings that an input names. */
function settingsOf(input: Changes): Partial<StageSettings> {
  if (input.ClientCertificateId !== undefined) throw badRequest("ClientCertificateId is not supported for HTTP APIs");
  const log = input.AccessLogSettings;
  return {
    ...(input.AutoDeploy !== undefined && { autoDeploy: input.AutoDeploy }),
    ...(input.DeploymentId !== undefined && { deploymentId: input.DeploymentId }),
    ...(input.Description !== undefined && { description: input.Description }),
    ...(input.StageVariables !== undefined && { variables: input.StageVariables }),
    ...(log && {
      accessLog: {
        ...(log.DestinationArn !== undefined && { destinationArn: log.DestinationArn }),
        ...(log.Format !== undefined && { format: log.Format }),
      },
    }),
    ...(input.DefaultRouteSettings && { defaultRouteSettings: trafficOf(input.DefaultRouteSettings) }),
    ...(input.RouteSettings && {
      routeSettings: Object.fromEntries(Object.entries(input.RouteSettings).map(([key, settings]) => [key, trafficOf(settings)])),
    }),
  };
}

function trafficOf(input: NonNullable<Changes["DefaultRouteSettings"]>): TrafficSettings {
  return {
    ...(input.DataTraceEnabled !== undefined && { dataTraceEnabled: input.DataTraceEnabled }),
    ...(input.DetailedMetricsEnabled !== undefined && { detailedMetricsEnabled: input.DetailedMetricsEnabled }),
    ...(input.LoggingLevel !== undefined && { loggingLevel: input.LoggingLevel }),
    ...(input.ThrottlingBurstLimit !== undefined && { throttlingBurstLimit: input.ThrottlingBurstLimit }),
    ...(input.ThrottlingRateLimit !== undefined && { throttlingRateLimit: input.ThrottlingRateLimit }),
  };
}

function checkStage(stage: Stage): void {
  if (stage.name !== "$default" && !/^[A-Za-z0-9_-]+$/.test(stage.name)) {
    throw badRequest("Stage name only allows a-zA-Z0-9_- or $default");
  }
  if (stage.autoDeploy && stage.deploymentId !== undefined) throw badRequest("DeploymentId cannot be specified when AutoDeploy is enabled");
  for (const [name, value] of Object.entries(stage.variables)) {
    if (!/^[A-Za-z0-9_]+$/.test(name)) throw badRequest(`Invalid stage variable name: ${name}`);
    if (!/^[A-Za-z0-9 \-._~:/?#&=,]*$/.test(value)) throw badRequest(`Invalid stage variable value: ${value}`);
  }
  checkTags(stage.tags);
}

async function checkDeployment(tx: Transaction, context: Context, apiId: string, { deploymentId }: Stage): Promise<void> {
  if (deploymentId === undefined) return;
  if (!(await deployments.has(tx, [context.account, context.region, apiId, deploymentId]))) throw noDeployment(deploymentId);
}

function noteApproximations(context: Context, stage: Stage): void {
  const note = (parameter: string, text: string) =>
    context.ledger.add({ service: "apigatewayv2", operation: context.operation, parameter, note: text });
  if (stage.accessLog.destinationArn !== undefined) note("AccessLogSettings", "Access logs are not written.");
  for (const settings of [stage.defaultRouteSettings, ...Object.values(stage.routeSettings)]) {
    if (settings.throttlingBurstLimit !== undefined || settings.throttlingRateLimit !== undefined)
      note("RouteSettings", "Requests are not throttled.");
    if (settings.detailedMetricsEnabled) note("RouteSettings", "Metrics of routes are not recorded.");
    if (settings.dataTraceEnabled || (settings.loggingLevel !== undefined && settings.loggingLevel !== "OFF")) {
      throw notImplemented("Execution logging of an HTTP API (DataTraceEnabled, LoggingLevel), which AWS has for WebSocket APIs only,");
    }
  }
}
