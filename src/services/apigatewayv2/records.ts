// Reading the records that operations share: each `require…` answers AWS's own error when nothing is there.
import type { Context } from "../../contract/context.ts";
import type { ReadTransaction } from "../../storage/transaction.ts";
import { badRequest, noApi, noDeployment, noIntegration, noRoute, noStage } from "./errors.ts";
import {
  apis,
  type Deployment,
  deployments,
  type HttpApi,
  type Integration,
  integrations,
  type Part,
  type Route,
  routes,
  type Stage,
  stages,
} from "./keys.ts";
import { INTEGRATIONS_PER_API_MAX, PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX, ROUTES_PER_API_MAX } from "./limits.ts";

export async function requireApi(tx: ReadTransaction, context: Context, id: string): Promise<HttpApi> {
  const api = await apis.get(tx, [context.account, context.region, id]);
  if (!api) throw noApi(context.account, id);
  return api;
}

export async function requireIntegration(tx: ReadTransaction, context: Context, apiId: string, id: string): Promise<Integration> {
  await requireApi(tx, context, apiId);
  const integration = await integrations.get(tx, [context.account, context.region, apiId, id]);
  if (!integration) throw noIntegration(id);
  return integration;
}

export async function requireRoute(tx: ReadTransaction, context: Context, apiId: string, id: string): Promise<Route> {
  await requireApi(tx, context, apiId);
  const route = await routes.get(tx, [context.account, context.region, apiId, id]);
  if (!route) throw noRoute(id);
  return route;
}

export async function requireStage(tx: ReadTransaction, context: Context, apiId: string, name: string): Promise<Stage> {
  await requireApi(tx, context, apiId);
  const stage = await stages.get(tx, [context.account, context.region, apiId, name]);
  if (!stage) throw noStage(name);
  return stage;
}

export async function requireDeployment(tx: ReadTransaction, context: Context, apiId: string, id: string): Promise<Deployment> {
  await requireApi(tx, context, apiId);
  const deployment = await deployments.get(tx, [context.account, context.region, apiId, id]);
  if (!deployment) throw noDeployment(id);
  return deployment;
}

/** Every route of an API with its integration, as they are now. */
export async function partsOf(tx: ReadTransaction, account: string, region: string, apiId: string): Promise<Part[]> {
  const found = await integrations.scan(tx, [account, region, apiId], { limit: INTEGRATIONS_PER_API_MAX });
  const byId = new Map(found.map(({ value }) => [value.id, value]));
  const all = await routes.scan(tx, [account, region, apiId], { limit: ROUTES_PER_API_MAX });
  return all.map(({ value: route }) => {
    const integration = route.integrationId === undefined ? undefined : byId.get(route.integrationId);
    return { route, ...(integration && { integration }) };
  });
}

/** The page size that a request asks for, which this API takes as text. */
export function pageSize(maxResults: string | undefined): number {
  if (maxResults === undefined) return PAGE_SIZE_DEFAULT;
  if (!/^\d+$/.test(maxResults) || Number(maxResults) < 1) throw badRequest(`Invalid value for maxResults: ${maxResults}`);
  return Math.min(Number(maxResults), PAGE_SIZE_MAX);
}

/** One page of records that were read with `limit + 1`. */
export function pageOf<R extends { readonly key: readonly (string | number | boolean | Uint8Array)[] }>(
  found: readonly R[],
  limit: number,
) {
  const records = found.slice(0, limit);
  const last = records.at(-1)?.key.at(-1);
  return { records, ...(found.length > limit && typeof last === "string" && { NextToken: last }) };
}
