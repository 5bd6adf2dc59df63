// Deployments: copies of an API as it was. Stages serve copies, so that a change of the API is seen only once deployed.
import type { Context } from "../../contract/context.ts";
import type { InputOf, OutputOf } from "../../contract/models.ts";
import type { OperationOf } from "../../contract/service.ts";
import { characters, LOWER_ALPHANUMERIC } from "../../kernel/ids.ts";
import type { ReadTransaction } from "../../storage/transaction.ts";
import { cache } from "./cache.ts";
import { badRequest, noDeployment, notImplemented } from "./errors.ts";
import { type ApiResource, type Deployment, deployed, deployments, stages } from "./keys.ts";
import { PAGE_SIZE_MAX, RESOURCES_PER_API_MAX, STAGES_PER_API_MAX } from "./limits.ts";
import { applyPatches, type PatchRule } from "./patch.ts";
import { pageSize, requireApi, resourcesOf } from "./records.ts";
import { checkStage, newStage, noteStage, saveNewStage } from "./stages.ts";

export const createDeployment: OperationOf<"apigateway", "CreateDeployment"> = async (context, input) =>
  describeDeployment(await makeDeployment(context, input));

/** A new deployment; or the one that the same maker has made already. */
export async function makeDeployment(
  context: Context,
  input: InputOf<"apigateway", "CreateDeployment">,
  createdBy?: string,
): Promise<Deployment> {
  if (input.canarySettings !== undefined) throw notImplemented("A canary deployment (canarySettings)");
  const id = characters(context.random, LOWER_ALPHANUMERIC, 6);
  const stageName = input.stageName === "" ? undefined : input.stageName;
  if (stageName === undefined && (input.variables !== undefined || input.stageDescription !== undefined)) {
    throw badRequest("Stage name must be specified when stage settings are given");
  }
  const nowMs = context.clock.now();
  if (input.cacheClusterEnabled) noteStage(context, { ...newStage("", "", nowMs), cacheClusterEnabled: true });
  if (input.tracingEnabled) noteStage(context, { ...newStage("", "", nowMs), tracingEnabled: true });
  return cache.change(context.storage, async (tx) => {
    const api = await requireApi(tx, context, input.restApiId);
    const own =
      createdBy === undefined ? undefined : (await allDeployments(tx, context, api.id)).find((other) => other.createdBy === createdBy);
    if (own) return own;
    const tree = await resourcesOf(tx, context, api.id);
    const methods = tree.flatMap((resource) => Object.values(resource.methods));
    if (methods.length === 0) throw badRequest("The REST API doesn't contain any methods");
    if (methods.some((method) => method.integration === undefined)) throw badRequest("No integration defined for method");
    const deployment: Deployment = {
      id,
      ...(input.description !== undefined && { description: input.description }),
      createdAtMs: nowMs,
      binaryMediaTypes: api.binaryMediaTypes,
      disableExecuteApiEndpoint: api.disableExecuteApiEndpoint,
      ...(createdBy !== undefined && { createdBy }),
    };
    deployments.set(tx, [context.account, context.region, api.id, id], deployment);
    for (const resource of tree) deployed.set(tx, [context.account, context.region, api.id, id, resource.id], resource);
    if (stageName !== undefined) {
      const known = await stages.get(tx, [context.account, context.region, api.id, stageName]);
      const stage = known ?? newStage(stageName, id, nowMs);
      stage.deploymentId = id;
      stage.updatedAtMs = nowMs;
      if (input.stageDescription !== undefined) stage.description = input.stageDescription;
      if (input.variables !== undefined) stage.variables = input.variables;
      if (input.cacheClusterEnabled !== undefined) stage.cacheClusterEnabled = input.cacheClusterEnabled;
      if (input.cacheClusterSize !== undefined) stage.cacheClusterSize = input.cacheClusterSize;
      if (input.tracingEnabled !== undefined) stage.tracingEnabled = input.tracingEnabled;
      checkStage(stage);
      if (known) stages.set(tx, [context.account, context.region, api.id, stageName], stage);
      else await saveNewStage(tx, context, api.id, stage);
    }
    return deployment;
  });
}

export const getDeployment: OperationOf<"apigateway", "GetDeployment"> = (context, input) =>
  context.storage.snapshot(async (tx) => {
    const deployment = await requireDeployment(tx, context, input.restApiId, input.deploymentId);
    if (!input.embed?.includes("apisummary")) return describeDeployment(deployment);
    return describeDeployment(deployment, await deployedResources(tx, context, input.restApiId, deployment.id));
  });

export const getDeployments: OperationOf<"apigateway", "GetDeployments"> = async (context, input) => {
  const limit = pageSize(input.limit);
  const found = await context.storage.snapshot(async (tx) => {
    await requireApi(tx, context, input.restApiId);
    return deployments.scan(tx, [context.account, context.region, input.restApiId], {
      limit: limit + 1,
      ...(input.position && { after: [context.account, context.region, input.restApiId, input.position] }),
    });
  });
  const items = found.slice(0, limit).map((record) => record.value);
  return { items: items.map((deployment) => describeDeployment(deployment)), ...(found.length > limit && { position: items.at(-1)?.id }) };
};

export const updateDeployment: OperationOf<"apigateway", "UpdateDeployment"> = (context, input) =>
  context.storage.transact(async (tx) => {
    const deployment = await requireDeployment(tx, context, input.restApiId, input.deploymentId);
    applyPatches(deployment, input.patchOperations, deploymentRules);
    deployments.set(tx, [context.account, context.region, input.restApiId, deployment.id], deployment);
    return describeDeployment(deployment);
  });

export const deleteDeployment: OperationOf<"apigateway", "DeleteDeployment"> = async (context, input) => {
  await cache.change(context.storage, async (tx) => {
    const { id } = await requireDeployment(tx, context, input.restApiId, input.deploymentId);
    const serving = await stages.scan(tx, [context.account, context.region, input.restApiId], { limit: STAGES_PER_API_MAX });
    if (serving.some(({ value }) => value.deploymentId === id)) {
      throw badRequest("Active stages pointing to this deployment must be moved or deleted");
    }
    const scope = [context.account, context.region, input.restApiId, id] as const;
    for (const { key } of await deployed.scan(tx, scope, { limit: RESOURCES_PER_API_MAX + 1 })) deployed.delete(tx, key);
    deployments.delete(tx, [...scope]);
  });
  return {};
};

async function requireDeployment(tx: ReadTransaction, context: Context, apiId: string, id: string): Promise<Deployment> {
  await requireApi(tx, context, apiId);
  const deployment = await deployments.get(tx, [context.account, context.region, apiId, id]);
  if (!deployment) throw noDeployment();
  return deployment;
}

/**
 * Takes a deployment off the stage that it is served on: the latest other one that `isOurs` goes back there, as when an update
 * is rolled back; without one, the stage goes.
 */
export async function withdraw(
  context: Context,
  apiId: string,
  stageName: string,
  id: string,
  isOurs: (createdBy: string) => boolean,
): Promise<void> {
  await cache.change(context.storage, async (tx) => {
    const stage = await stages.get(tx, [context.account, context.region, apiId, stageName]);
    if (stage?.deploymentId !== id) return;
    const others = await allDeployments(tx, context, apiId);
    const ours = others.filter((other) => other.id !== id && other.createdBy !== undefined && isOurs(other.createdBy));
    const [latest] = ours.sort((a, b) => b.createdAtMs - a.createdAtMs);
    if (latest) stages.set(tx, [context.account, context.region, apiId, stageName], { ...stage, deploymentId: latest.id });
    else stages.delete(tx, [context.account, context.region, apiId, stageName]);
  });
}

async function allDeployments(tx: ReadTransaction, context: Context, apiId: string): Promise<Deployment[]> {
  const all: Deployment[] = [];
  let after: [string, string, string, string] | undefined;
  for (;;) {
    const page = await deployments.scan(tx, [context.account, context.region, apiId], { limit: PAGE_SIZE_MAX, ...(after && { after }) });
    all.push(...page.map((record) => record.value));
    if (page.length < PAGE_SIZE_MAX) return all;
    after = page.at(-1)?.key;
  }
}

async function deployedResources(tx: ReadTransaction, context: Context, apiId: string, id: string): Promise<ApiResource[]> {
  const records = await deployed.scan(tx, [context.account, context.region, apiId, id], { limit: RESOURCES_PER_API_MAX + 1 });
  return records.map((record) => record.value);
}

const deploymentRules: readonly PatchRule<Deployment>[] = [
  {
    path: "/description",
    ops: ["replace"],
    apply: (deployment, _op, value) => {
      deployment.description = value;
    },
  },
];

function describeDeployment(deployment: Deployment, tree?: readonly ApiResource[]): OutputOf<"apigateway", "GetDeployment"> {
  return {
    id: deployment.id,
    description: deployment.description,
    createdDate: new Date(deployment.createdAtMs),
    ...(tree && {
      apiSummary: Object.fromEntries(
        tree
          .filter((resource) => Object.keys(resource.methods).length > 0)
          .map((resource) => [
            resource.path,
            Object.fromEntries(
              Object.keys(resource.methods).map((method) => [method, { authorizationType: "NONE", apiKeyRequired: false }]),
            ),
          ]),
      ),
    }),
  };
}
