// Routes: which requests go to which integration. A route that would need authorization is refused by name: it must never be
// served open.
import type { Context } from "../../contract/context.ts";
import type { InputOf } from "../../contract/models.ts";
import type { OperationOf } from "../../contract/service.ts";
import { characters, LOWER_ALPHANUMERIC } from "../../kernel/ids.ts";
import type { Transaction } from "../../storage/transaction.ts";
import { cache } from "./cache.ts";
import { describeRoute } from "./describe.ts";
import { badRequest, conflict, limitExceeded, noIntegration, notImplemented } from "./errors.ts";
import { integrations, type Route, type RouteSettings, routes } from "./keys.ts";
import { ROUTES_PER_API_MAX } from "./limits.ts";
import { pageOf, pageSize, requireApi, requireRoute } from "./records.ts";
import { parseRouteKey } from "./route-key.ts";

type Changes = Omit<InputOf<"apigatewayv2", "UpdateRoute">, "ApiId" | "RouteId">;

export const createRoute: OperationOf<"apigatewayv2", "CreateRoute"> = async (context, input) => {
  refuse(input);
  return describeRoute(await makeRoute(context, input.ApiId, { routeKey: input.RouteKey, ...settingsOf(input) }));
};

/** A new route. One that the same maker has made already takes the new settings. */
export async function makeRoute(context: Context, apiId: string, settings: RouteSettings, createdBy?: string): Promise<Route> {
  parseRouteKey(settings.routeKey);
  const newId = characters(context.random, LOWER_ALPHANUMERIC, 7);
  return cache.change(context.storage, async (tx) => {
    await requireApi(tx, context, apiId);
    const known = await routes.scan(tx, [context.account, context.region, apiId], { limit: ROUTES_PER_API_MAX });
    const same = known.find(({ value }) => value.routeKey === settings.routeKey)?.value;
    if (same && (createdBy === undefined || same.createdBy !== createdBy)) throw taken(settings.routeKey);
    if (!same && known.length >= ROUTES_PER_API_MAX) throw limitExceeded("routes for this API");
    await checkTarget(tx, context, apiId, settings);
    const route: Route = { ...settings, id: same?.id ?? newId, ...(createdBy !== undefined && { createdBy }) };
    routes.set(tx, [context.account, context.region, apiId, route.id], route);
    return route;
  });
}

/** Puts other settings in the place of those that the route has. */
export async function replaceRoute(context: Context, apiId: string, id: string, settings: RouteSettings): Promise<void> {
  parseRouteKey(settings.routeKey);
  await cache.change(context.storage, async (tx) => {
    const { createdBy, managed } = await requireRoute(tx, context, apiId, id);
    await checkKeyFree(tx, context, apiId, id, settings.routeKey);
    await checkTarget(tx, context, apiId, settings);
    routes.set(tx, [context.account, context.region, apiId, id], {
      ...settings,
      id,
      ...(createdBy !== undefined && { createdBy }),
      ...(managed !== undefined && { managed }),
    });
  });
}

export const getRoute: OperationOf<"apigatewayv2", "GetRoute"> = (context, input) =>
  context.storage.snapshot(async (tx) => describeRoute(await requireRoute(tx, context, input.ApiId, input.RouteId)));

export const getRoutes: OperationOf<"apigatewayv2", "GetRoutes"> = async (context, input) => {
  const limit = pageSize(input.MaxResults);
  const found = await context.storage.snapshot(async (tx) => {
    await requireApi(tx, context, input.ApiId);
    return routes.scan(tx, [context.account, context.region, input.ApiId], {
      limit: limit + 1,
      ...(input.NextToken && { after: [context.account, context.region, input.ApiId, input.NextToken] }),
    });
  });
  const { records, ...next } = pageOf(found, limit);
  return { Items: records.map(({ value }) => describeRoute(value)), ...next };
};

export const updateRoute: OperationOf<"apigatewayv2", "UpdateRoute"> = async (context, input) => {
  refuse(input);
  const changes = settingsOf(input);
  if (input.RouteKey !== undefined) parseRouteKey(input.RouteKey);
  const route = await cache.change(context.storage, async (tx) => {
    const record: Route = {
      ...(await requireRoute(tx, context, input.ApiId, input.RouteId)),
      ...(input.RouteKey !== undefined && { routeKey: input.RouteKey }),
      ...changes,
    };
    await checkKeyFree(tx, context, input.ApiId, record.id, record.routeKey);
    await checkTarget(tx, context, input.ApiId, record);
    routes.set(tx, [context.account, context.region, input.ApiId, record.id], record);
    return record;
  });
  return describeRoute(route);
};

export const deleteRoute: OperationOf<"apigatewayv2", "DeleteRoute"> = async (context, input) => {
  await cache.change(context.storage, async (tx) => {
    const { id } = await requireRoute(tx, context, input.ApiId, input.RouteId);
    routes.delete(tx, [context.account, context.region, input.ApiId, id]);
  });
  return {};
};

/** The integration that a target, `integrations/{id}`, names. */
export function targetOf(target: string): string {
  const id = /^integrations\/([A-Za-z0-9]+)$/.exec(target)?.[1];
  if (id === undefined) throw badRequest(`Invalid target specified: ${target}. Must be integrations/<integration id>`);
  return id;
}

/** Refuses what would need someone to be known: authorizers and keys. */
export function refuseAuthorization(
  type: string | undefined,
  authorizerId: string | undefined,
  scopes: readonly string[] | undefined,
): void {
  if (type !== undefined && type !== "NONE") throw notImplemented(`A route with the AuthorizationType ${type}`);
  if (authorizerId !== undefined) throw notImplemented("A route with an AuthorizerId");
  if (scopes !== undefined && scopes.length > 0) throw notImplemented("A route with AuthorizationScopes");
}

function settingsOf(input: Changes): Omit<RouteSettings, "routeKey"> {
  return {
    ...(input.Target !== undefined && { integrationId: targetOf(input.Target) }),
    ...(input.OperationName !== undefined && { operationName: input.OperationName }),
  };
}

function refuse(input: Changes): void {
  refuseAuthorization(input.AuthorizationType, input.AuthorizerId, input.AuthorizationScopes);
  if (input.ApiKeyRequired) throw badRequest("ApiKeyRequired is not supported for HTTP APIs");
  for (const name of ["ModelSelectionExpression", "RouteResponseSelectionExpression"] as const) {
    if (input[name] !== undefined) throw badRequest(`${name} is not supported for HTTP APIs`);
  }
  if (Object.keys(input.RequestModels ?? {}).length > 0) throw badRequest("RequestModels is not supported for HTTP APIs");
  if (Object.keys(input.RequestParameters ?? {}).length > 0) throw badRequest("RequestParameters is not supported for HTTP APIs");
}

function taken(routeKey: string) {
  return conflict(`Route with key ${routeKey} already exists for this API`);
}

async function checkKeyFree(tx: Transaction, context: Context, apiId: string, id: string, routeKey: string): Promise<void> {
  const known = await routes.scan(tx, [context.account, context.region, apiId], { limit: ROUTES_PER_API_MAX });
  if (known.some(({ value }) => value.routeKey === routeKey && value.id !== id)) throw taken(routeKey);
}

async function checkTarget(tx: Transaction, context: Context, apiId: string, { integrationId }: RouteSettings): Promise<void> {
  if (integrationId === undefined) return;
  if (!(await integrations.has(tx, [context.account, context.region, apiId, integrationId]))) throw noIntegration(integrationId);
}
