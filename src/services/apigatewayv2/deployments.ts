// Deployments: copies of an API's routes and integrations as they were, for stages without auto-deploy.
import type { Context } from "../../contract/context.ts";
import type { InputOf } from "../../contract/models.ts";
import type { OperationOf } from "../../contract/service.ts";
import { characters, LOWER_ALPHANUMERIC } from "../../kernel/ids.ts";
import type { Transaction } from "../../storage/transaction.ts";
import { cache } from "./cache.ts";
import { describeDeployment } from "./describe.ts";
import { badRequest } from "./errors.ts";
import { type Deployment, deployed, deployments, type HttpApi, stages } from "./keys.ts";
import { PAGE_SIZE_MAX, ROUTES_PER_API_MAX, STAGES_PER_API_MAX } from "./limits.ts";
import { pageOf, pageSize, partsOf, requireApi, requireDeployment, requireStage } from "./records.ts";

export const createDeployment: OperationOf<"apigatewayv2", "CreateDeployment"> = async (context, input) =>
  describeDeployment(await makeDeployment(context, input));

/** A new deployment; or the one that the same maker has made already. */
export async function makeDeployment(
  context: Context,
  input: InputOf<"apigatewayv2", "CreateDeployment">,
  createdBy?: string,
): Promise<Deployment> {
  const id = characters(context.random, LOWER_ALPHANUMERIC, 6);
  const nowMs = context.clock.now();
  return cache.change(context.storage, async (tx) => {
    const api = await requireApi(tx, context, input.ApiId);
    const own = createdBy === undefined ? undefined : await deploymentBy(tx, context, api.id, createdBy);
    if (own) return own;
    const deployment = await deploy(tx, context, api, {
      id,
      ...(input.Description !== undefined && { description: input.Description }),
      createdAtMs: nowMs,
      autoDeployed: false,
      ...(createdBy !== undefined && { createdBy }),
    });
    if (input.StageName !== undefined) {
      const stage = await requireStage(tx, context, api.id, input.StageName);
      if (stage.autoDeploy) throw badRequest("Deployment cannot be created for a stage with auto-deploy enabled");
      stages.set(tx, [context.account, context.region, api.id, stage.name], { ...stage, deploymentId: id, updatedAtMs: nowMs });
    }
    return deployment;
  });
}

/** Writes a deployment and the copy that belongs to it. */
export async function deploy(tx: Transaction, context: Context, api: HttpApi, description: Omit<Deployment, "cors">): Promise<Deployment> {
  const parts = await partsOf(tx, context.account, context.region, api.id);
  if (parts.length === 0) throw badRequest("At least one route is required before deploying the Api.");
  const deployment: Deployment = { ...description, ...(api.cors && { cors: api.cors }) };
  deployments.set(tx, [context.account, context.region, api.id, deployment.id], deployment);
  for (const part of parts) deployed.set(tx, [context.account, context.region, api.id, deployment.id, part.route.id], part);
  return deployment;
}

export const getDeployment: OperationOf<"apigatewayv2", "GetDeployment"> = (context, input) =>
  context.storage.snapshot(async (tx) => describeDeployment(await requireDeployment(tx, context, input.ApiId, input.DeploymentId)));

export const getDeployments: OperationOf<"apigatewayv2", "GetDeployments"> = async (context, input) => {
  const limit = pageSize(input.MaxResults);
  const found = await context.storage.snapshot(async (tx) => {
    await requireApi(tx, context, input.ApiId);
    return deployments.scan(tx, [context.account, context.region, input.ApiId], {
      limit: limit + 1,
      ...(input.NextToken && { after: [context.account, context.region, input.ApiId, input.NextToken] }),
    });
  });
  const { records, ...next } = pageOf(found, limit);
  return { Items: records.map(({ value }) => describeDeployment(value)), ...next };
};

export const updateDeployment: OperationOf<"apigatewayv2", "UpdateDeployment"> = (context, input) =>
  context.storage.transact(async (tx) => {
    const deployment: Deployment = {
      ...(await requireDeployment(tx, context, input.ApiId, input.DeploymentId)),
      ...(input.Description !== undefined && { description: input.Description }),
    };
    deployments.set(tx, [context.account, context.region, input.ApiId, deployment.id], deployment);
    return describeDeployment(deployment);
  });

export const deleteDeployment: OperationOf<"apigatewayv2", "DeleteDeployment"> = async (context, input) => {
  await cache.change(context.storage, async (tx) => {
    const { id } = await requireDeployment(tx, context, input.ApiId, input.DeploymentId);
    const scope = [context.account, context.region, input.ApiId] as const;
    const serving = await stages.scan(tx, scope, { limit: STAGES_PER_API_MAX });
    if (serving.some(({ value }) => value.deploymentId === id)) {
      throw badRequest("Active stages pointing to this deployment must be moved or deleted");
    }
    for (const { key } of await deployed.scan(tx, [...scope, id], { limit: ROUTES_PER_API_MAX })) deployed.delete(tx, key);
    deployments.delete(tx, [...scope, id]);
  });
  return {};
};

async function deploymentBy(tx: Transaction, context: Context, apiId: string, createdBy: string): Promise<Deployment | undefined> {
  let after: [string, string, string, string] | undefined;
  for (;;) {
    const page = await deployments.scan(tx, [context.account, context.region, apiId], { limit: PAGE_SIZE_MAX, ...(after && { after }) });
    const own = page.find(({ value }) => value.createdBy === createdBy);
    if (own || page.length < PAGE_SIZE_MAX) return own?.value;
    after = page.at(-1)?.key;
  }
}
