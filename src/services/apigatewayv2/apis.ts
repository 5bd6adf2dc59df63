// HTTP APIs themselves: create, read, change, delete. WebSocket APIs are refused by name.
import type { Context } from "../../contract/context.ts";
import type { InputOf } from "../../contract/models.ts";
import { defineJob, type OperationOf } from "../../contract/service.ts";
import { characters, LOWER_ALPHANUMERIC } from "../../kernel/ids.ts";
import { cache } from "./cache.ts";
import { checkCors } from "./cors.ts";
import { describeApi } from "./describe.ts";
import { badRequest, limitExceeded, notImplemented } from "./errors.ts";
import { checkIntegration, newIntegration } from "./integrations.ts";
import { type ApiSettings, apis, type Cors, deployed, deployments, type HttpApi, integrations, owners, routes, stages } from "./keys.ts";
import { APIS_PER_REGION_MAX, INTEGRATIONS_PER_API_MAX, ROUTES_PER_API_MAX, STAGES_PER_API_MAX } from "./limits.ts";
import { pageOf, pageSize, requireApi } from "./records.ts";
import { parseRouteKey } from "./route-key.ts";
import { newStage } from "./stages.ts";
import { checkTags } from "./tags.ts";

/** Records that one transaction of the sweep removes. */
const SWEEP_BATCH = 500;

export const createApi: OperationOf<"apigatewayv2", "CreateApi"> = async (context, input) => {
  if (input.ProtocolType === "WEBSOCKET") throw notImplemented("An API with the ProtocolType WEBSOCKET");
  if (
    input.RouteSelectionExpression !== undefined &&
    input.RouteSelectionExpression !== "${request.method} ${request.path}" &&
    input.RouteSelectionExpression !== "$request.method $request.path"
  ) {
    throw badRequest("RouteSelectionExpression must be ${request.method} ${request.path} for HTTP APIs");
  }
  noteUnused(context, input);
  const settings: ApiSettings = {
    name: input.Name,
    ...(input.Description !== undefined && { description: input.Description }),
    ...(input.Version !== undefined && { version: input.Version }),
    ...(input.CorsConfiguration && { cors: corsOf(input.CorsConfiguration) }),
    disableExecuteApiEndpoint: input.DisableExecuteApiEndpoint ?? false,
    ipAddressType: input.IpAddressType ?? "ipv4",
    tags: input.Tags ?? {},
  };
  const quick =
    input.Target === undefined
      ? undefined
      : { target: input.Target, routeKey: input.RouteKey ?? "$default", credentialsArn: input.CredentialsArn };
  if (!quick && (input.RouteKey !== undefined || input.CredentialsArn !== undefined)) {
    throw badRequest("RouteKey and CredentialsArn can only be specified together with Target");
  }
  return describeApi(context, await makeApi(context, settings, undefined, quick));
};

/** Quick create: an API with one function behind one route, on an auto-deployed $default stage. */
interface QuickCreate {
  readonly target: string;
  readonly routeKey: string;
  readonly credentialsArn: string | undefined;
}

/** A new API; or the one that the same maker has made already. */
export async function makeApi(context: Context, settings: ApiSettings, createdBy?: string, quick?: QuickCreate): Promise<HttpApi> {
  checkSettings(settings);
  const nowMs = context.clock.now();
  const newId = (length: number) => characters(context.random, LOWER_ALPHANUMERIC, length);
  const api: HttpApi = { ...settings, id: newId(10), createdAtMs: nowMs, ...(createdBy !== undefined && { createdBy }) };
  if (quick) parseRouteKey(quick.routeKey);
  const integration = quick && { ...newIntegration(newId(7), { uri: quick.target, payloadFormatVersion: "2.0" }), managed: true };
  if (integration) checkIntegration(integration);
  const routeId = newId(7);
  return cache.change(context.storage, async (tx) => {
    const known = await apis.scan(tx, [context.account, context.region], { limit: APIS_PER_REGION_MAX });
    const own = known.find(({ value }) => createdBy !== undefined && value.createdBy === createdBy);
    if (own) return own.value;
    if (known.length >= APIS_PER_REGION_MAX) throw limitExceeded("APIs");
    apis.set(tx, [context.account, context.region, api.id], api);
    owners.set(tx, [api.id], { account: context.account, region: context.region });
    if (quick && integration) {
      const scope = [context.account, context.region, api.id] as const;
      integrations.set(tx, [...scope, integration.id], integration);
      routes.set(tx, [...scope, routeId], { id: routeId, routeKey: quick.routeKey, integrationId: integration.id, managed: true });
      stages.set(tx, [...scope, "$default"], { ...newStage("$default", nowMs), autoDeploy: true, managed: true });
    }
    return api;
  });
}

/** Puts other settings in the place of those that the API has. */
export async function replaceSettings(context: Context, apiId: string, settings: ApiSettings): Promise<void> {
  checkSettings(settings);
  await cache.change(context.storage, async (tx) => {
    const { id, createdAtMs, createdBy } = await requireApi(tx, context, apiId);
    apis.set(tx, [context.account, context.region, id], { ...settings, id, createdAtMs, ...(createdBy !== undefined && { createdBy }) });
  });
}

export const getApi: OperationOf<"apigatewayv2", "GetApi"> = (context, input) =>
  context.storage.snapshot(async (tx) => describeApi(context, await requireApi(tx, context, input.ApiId)));

export const getApis: OperationOf<"apigatewayv2", "GetApis"> = async (context, input) => {
  const limit = pageSize(input.MaxResults);
  const found = await context.storage.snapshot((tx) =>
    apis.scan(tx, [context.account, context.region], {
      limit: limit + 1,
      ...(input.NextToken && { after: [context.account, context.region, input.NextToken] }),
    }),
  );
  const { records, ...next } = pageOf(found, limit);
  return { Items: records.map(({ value }) => describeApi(context, value)), ...next };
};

export const updateApi: OperationOf<"apigatewayv2", "UpdateApi"> = async (context, input) => {
  noteUnused(context, input);
  if (input.Target !== undefined || input.RouteKey !== undefined || input.CredentialsArn !== undefined) {
    throw notImplemented("Changing what quick create made (Target, RouteKey, CredentialsArn of UpdateApi)");
  }
  const api = await cache.change(context.storage, async (tx) => {
    const record = await requireApi(tx, context, input.ApiId);
    if (input.Name !== undefined) record.name = input.Name;
    if (input.Description !== undefined) record.description = input.Description;
    if (input.Version !== undefined) record.version = input.Version;
    if (input.CorsConfiguration !== undefined) record.cors = corsOf(input.CorsConfiguration);
    if (input.DisableExecuteApiEndpoint !== undefined) record.disableExecuteApiEndpoint = input.DisableExecuteApiEndpoint;
    if (input.IpAddressType !== undefined) record.ipAddressType = input.IpAddressType;
    checkSettings(record);
    apis.set(tx, [context.account, context.region, record.id], record);
    return record;
  });
  return describeApi(context, api);
};

export const deleteCorsConfiguration: OperationOf<"apigatewayv2", "DeleteCorsConfiguration"> = async (context, input) => {
  await cache.change(context.storage, async (tx) => {
    const record = await requireApi(tx, context, input.ApiId);
    delete record.cors;
    apis.set(tx, [context.account, context.region, record.id], record);
  });
  return {};
};

export const deleteApi: OperationOf<"apigatewayv2", "DeleteApi"> = async (context, input) => {
  await cache.change(context.storage, async (tx) => {
    const { id } = await requireApi(tx, context, input.ApiId);
    const scope = [context.account, context.region, id] as const;
    for (const { key } of await routes.scan(tx, scope, { limit: ROUTES_PER_API_MAX })) routes.delete(tx, key);
    for (const { key } of await integrations.scan(tx, scope, { limit: INTEGRATIONS_PER_API_MAX })) integrations.delete(tx, key);
    for (const { key } of await stages.scan(tx, scope, { limit: STAGES_PER_API_MAX })) stages.delete(tx, key);
    owners.delete(tx, [id]);
    apis.delete(tx, [...scope]);
    await context.jobs.enqueue(tx, {
      type: "apigatewayv2.sweep",
      lane: id,
      payload: { account: context.account, region: context.region, apiId: id },
    });
  });
  return {};
};

/** Removes what a deleted API had deployed, which may be more than one transaction should write. */
export const sweep = defineJob<{ account: string; region: string; apiId: string }>({
  concurrency: 1,
  leaseMs: 30_000,
  retry: { attemptsMax: Number.POSITIVE_INFINITY, backoffMs: 1_000, backoffMsMax: 60_000 },
  run: async (context, { account, region, apiId }) => {
    const more = await context.storage.transact(async (tx) => {
      const copies = await deployed.scan(tx, [account, region, apiId], { limit: SWEEP_BATCH });
      for (const { key } of copies) deployed.delete(tx, key);
      const made = await deployments.scan(tx, [account, region, apiId], { limit: SWEEP_BATCH });
      for (const { key } of made) deployments.delete(tx, key);
      return copies.length === SWEEP_BATCH || made.length === SWEEP_BATCH;
    });
    return more ? { kind: "again", dueAtMs: context.clock.now() } : { kind: "done" };
  },
});

function corsOf(input: NonNullable<InputOf<"apigatewayv2", "CreateApi">["CorsConfiguration"]>): Cors {
  return {
    ...(input.AllowCredentials !== undefined && { allowCredentials: input.AllowCredentials }),
    ...(input.AllowHeaders !== undefined && { allowHeaders: input.AllowHeaders }),
    ...(input.AllowMethods !== undefined && { allowMethods: input.AllowMethods }),
    ...(input.AllowOrigins !== undefined && { allowOrigins: input.AllowOrigins }),
    ...(input.ExposeHeaders !== undefined && { exposeHeaders: input.ExposeHeaders }),
    ...(input.MaxAge !== undefined && { maxAge: input.MaxAge }),
  };
}

function checkSettings(settings: ApiSettings): void {
  if (settings.cors) checkCors(settings.cors);
  checkTags(settings.tags);
}

/** Members that belong to WebSocket APIs. */
function noteUnused(
  context: Context,
  input: { readonly ApiKeySelectionExpression?: string | undefined; readonly DisableSchemaValidation?: boolean | undefined },
): void {
  for (const parameter of ["ApiKeySelectionExpression", "DisableSchemaValidation"] as const) {
    if (input[parameter] === undefined) continue;
    context.ledger.add({
      service: "apigatewayv2",
      operation: context.operation,
      parameter,
      note: "Has a meaning for WebSocket APIs only; an HTTP API does not use it.",
    });
  }
}
