// Reading and writing the records that operations share: each `require…` answers AWS's own error when nothing is there.
import type { Context } from "../../contract/context.ts";
import type { ReadTransaction, Transaction } from "../../storage/transaction.ts";
import { noApi, noIntegration, noMethod, noResource } from "./errors.ts";
import { type ApiResource, apis, type Integration, type Method, type RestApi, resources } from "./keys.ts";
import { PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX, RESOURCES_PER_API_MAX } from "./limits.ts";

/** The API, or the error that AWS answers for every operation on one that is not there. */
export async function requireApi(tx: ReadTransaction, context: Context, id: string): Promise<RestApi> {
  const api = await apis.get(tx, [context.account, context.region, id]);
  if (!api) throw noApi(context.account, id);
  return api;
}

export function pageSize(limit: number | undefined): number {
  return Math.min(Math.max(limit ?? PAGE_SIZE_DEFAULT, 1), PAGE_SIZE_MAX);
}

/** Every resource of an API; the root is among them. */
export async function resourcesOf(tx: ReadTransaction, context: Context, apiId: string): Promise<ApiResource[]> {
  const records = await resources.scan(tx, [context.account, context.region, apiId], { limit: RESOURCES_PER_API_MAX + 1 });
  return records.map((record) => record.value);
}

export async function requireResource(tx: ReadTransaction, context: Context, apiId: string, id: string): Promise<ApiResource> {
  const resource = await resources.get(tx, [context.account, context.region, apiId, id]);
  if (!resource) throw noResource();
  return resource;
}

export function saveResource(tx: Transaction, context: Context, apiId: string, resource: ApiResource): void {
  resources.set(tx, [context.account, context.region, apiId, resource.id], resource);
}

interface MethodAddress {
  readonly restApiId: string;
  readonly resourceId: string;
  readonly httpMethod: string;
}

/** The method and the resource that holds it: change the one, save the other. */
export async function requireMethod(
  tx: ReadTransaction,
  context: Context,
  address: MethodAddress,
): Promise<{ readonly resource: ApiResource; readonly method: Method }> {
  await requireApi(tx, context, address.restApiId);
  const resource = await requireResource(tx, context, address.restApiId, address.resourceId);
  const method = resource.methods[address.httpMethod.toUpperCase()];
  if (!method) throw noMethod();
  return { resource, method };
}

export function integrationOf(method: Method): Integration {
  if (!method.integration) throw noIntegration();
  return method.integration;
}
