// The tree of an API's resources: `/users`, `/users/{id}`, `/{proxy+}`. Which of them a request meets is routing.ts.
import type { Context } from "../../contract/context.ts";
import type { OperationOf } from "../../contract/service.ts";
import { characters, LOWER_ALPHANUMERIC } from "../../kernel/ids.ts";
import type { Transaction } from "../../storage/transaction.ts";
import { describeResource } from "./describe.ts";
import { badRequest, conflict, limitExceeded, noResource } from "./errors.ts";
import { type ApiResource, resources } from "./keys.ts";
import { RESOURCES_PER_API_MAX } from "./limits.ts";
import { applyPatches, type PatchRule } from "./patch.ts";
import { pageSize, requireApi, requireResource, resourcesOf, saveResource } from "./records.ts";

export const createResource: OperationOf<"apigateway", "CreateResource"> = async (context, input) =>
  describeResource(await makeResource(context, input), false);

/** A new resource; or the one that the same maker has made already. */
export async function makeResource(
  context: Context,
  input: { readonly restApiId: string; readonly parentId: string; readonly pathPart: string },
  createdBy?: string,
): Promise<ApiResource> {
  const id = characters(context.random, LOWER_ALPHANUMERIC, 6);
  return context.storage.transact(async (tx) => {
    await requireApi(tx, context, input.restApiId);
    const all = await resourcesOf(tx, context, input.restApiId);
    const parent = all.find((resource) => resource.id === input.parentId);
    if (!parent) throw noResource();
    const own = all.find((resource) => createdBy !== undefined && resource.createdBy === createdBy && resource.parentId === parent.id);
    if (own?.pathPart === input.pathPart) return own;
    if (all.length >= RESOURCES_PER_API_MAX) throw limitExceeded("Maximum number of resources for this API has been reached.");
    checkPlace(all, parent, input.pathPart);
    const resource: ApiResource = {
      id,
      parentId: parent.id,
      pathPart: input.pathPart,
      path: below(parent.path, input.pathPart),
      methods: {},
      ...(createdBy !== undefined && { createdBy }),
    };
    saveResource(tx, context, input.restApiId, resource);
    return resource;
  });
}

export const getResource: OperationOf<"apigateway", "GetResource"> = (context, input) =>
  context.storage.snapshot(async (tx) => {
    await requireApi(tx, context, input.restApiId);
    return describeResource(await requireResource(tx, context, input.restApiId, input.resourceId), embedsMethods(input.embed));
  });

export const getResources: OperationOf<"apigateway", "GetResources"> = async (context, input) => {
  const limit = pageSize(input.limit);
  const found = await context.storage.snapshot(async (tx) => {
    await requireApi(tx, context, input.restApiId);
    return resources.scan(tx, [context.account, context.region, input.restApiId], {
      limit: limit + 1,
      ...(input.position && { after: [context.account, context.region, input.restApiId, input.position] }),
    });
  });
  const items = found.slice(0, limit).map((record) => record.value);
  return {
    items: items.map((resource) => describeResource(resource, embedsMethods(input.embed))),
    ...(found.length > limit && { position: items.at(-1)?.id }),
  };
};

export const updateResource: OperationOf<"apigateway", "UpdateResource"> = (context, input) =>
  context.storage.transact(async (tx) => {
    await requireApi(tx, context, input.restApiId);
    const all = await resourcesOf(tx, context, input.restApiId);
    const resource = all.find((candidate) => candidate.id === input.resourceId);
    if (!resource) throw noResource();
    if (resource.parentId === undefined) throw badRequest("Root resource of a REST API can not be updated");
    applyPatches(resource, input.patchOperations, resourceRules);
    const parent = all.find((candidate) => candidate.id === resource.parentId);
    if (!parent) throw noResource();
    for (let above: ApiResource | undefined = parent; above; above = all.find((candidate) => candidate.id === above?.parentId)) {
      if (above.id === resource.id) throw badRequest("A resource can not be moved below itself");
    }
    checkPlace(
      all.filter((candidate) => candidate.id !== resource.id),
      parent,
      resource.pathPart ?? "",
    );
    renamePaths(tx, context, input.restApiId, all, resource, below(parent.path, resource.pathPart ?? ""));
    return describeResource(resource, false);
  });

export const deleteResource: OperationOf<"apigateway", "DeleteResource"> = async (context, input) => {
  await context.storage.transact(async (tx) => {
    await requireApi(tx, context, input.restApiId);
    const all = await resourcesOf(tx, context, input.restApiId);
    const resource = all.find((candidate) => candidate.id === input.resourceId);
    if (!resource) throw noResource();
    if (resource.parentId === undefined) throw badRequest("Root resource of a REST API can not be deleted");
    const remove = (gone: ApiResource): void => {
      resources.delete(tx, [context.account, context.region, input.restApiId, gone.id]);
      for (const child of all) if (child.parentId === gone.id) remove(child);
    };
    remove(resource);
  });
  return {};
};

const resourceRules: readonly PatchRule<ApiResource>[] = [
  {
    path: "/pathPart",
    ops: ["replace"],
    apply: (resource, _op, value) => {
      resource.pathPart = value;
    },
  },
  {
    path: "/parentId",
    ops: ["replace"],
    apply: (resource, _op, value) => {
      resource.parentId = value;
    },
  },
];

const isVariable = (part: string) => part.startsWith("{");
const isGreedy = (part: string) => part.endsWith("+}");

function checkPlace(all: readonly ApiResource[], parent: ApiResource, pathPart: string): void {
  if (!/^([a-zA-Z0-9._:-]+|\{[a-zA-Z0-9._:-]+\+?\})$/.test(pathPart)) {
    throw badRequest(
      "Resource's path part only allow a-zA-Z0-9._-: or a valid greedy path variable and curly braces at the beginning and the end.",
    );
  }
  if (isGreedy(parent.pathPart ?? "")) {
    throw badRequest(`Cannot create a child of a resource with a greedy path variable: ${parent.pathPart}`);
  }
  for (const sibling of all) {
    if (sibling.parentId !== parent.id) continue;
    const part = sibling.pathPart ?? "";
    if (part === pathPart) throw conflict(`Another resource with the same parent already has this name: ${pathPart}`);
    if (isVariable(part) && isVariable(pathPart) && isGreedy(part) === isGreedy(pathPart)) {
      throw badRequest(
        `A sibling (${sibling.id}) of this resource already has a variable path part -- only one unique variable path part is allowed`,
      );
    }
  }
}

function renamePaths(
  tx: Transaction,
  context: Context,
  apiId: string,
  all: readonly ApiResource[],
  resource: ApiResource,
  path: string,
): void {
  resource.path = path;
  saveResource(tx, context, apiId, resource);
  for (const child of all) {
    if (child.parentId === resource.id) renamePaths(tx, context, apiId, all, child, below(path, child.pathPart ?? ""));
  }
}

function below(path: string, part: string): string {
  return path === "/" ? `/${part}` : `${path}/${part}`;
}

function embedsMethods(embed: readonly string[] | undefined): boolean {
  return embed?.includes("methods") ?? false;
}
