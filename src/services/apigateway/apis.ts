// REST APIs themselves: create, read, change, delete.
import type { Context } from "../../contract/context.ts";
import { defineJob, type OperationOf } from "../../contract/service.ts";
import { characters, LOWER_ALPHANUMERIC } from "../../kernel/ids.ts";
import { cache } from "./cache.ts";
import { describeApi } from "./describe.ts";
import { badRequest, limitExceeded, notImplemented } from "./errors.ts";
import { type ApiSettings, apis, deployed, deployments, owners, type RestApi, resources, stages } from "./keys.ts";
import { APIS_PER_REGION_MAX, RESOURCES_PER_API_MAX, STAGES_PER_API_MAX } from "./limits.ts";
import { applyPatches, booleanOf, type PatchRule } from "./patch.ts";
import { pageSize, requireApi } from "./records.ts";
import { checkTags } from "./tags.ts";

/** Records that one transaction of the sweep removes. */
const SWEEP_BATCH = 500;

export const createRestApi: OperationOf<"apigateway", "CreateRestApi"> = async (context, input) => {
  if (input.cloneFrom !== undefined) throw notImplemented("The parameter cloneFrom of CreateRestApi");
  const types = input.endpointConfiguration?.types ?? ["EDGE"];
  if (input.securityPolicy !== undefined)
    note(context, "securityPolicy", "The TLS policy of an API is not kept: the platform's own listener decides.");
  if (input.endpointAccessMode !== undefined) note(context, "endpointAccessMode", "The access mode of an API is not kept.");
  const settings: ApiSettings = {
    name: input.name,
    ...(input.description !== undefined && { description: input.description }),
    ...(input.version !== undefined && { version: input.version }),
    binaryMediaTypes: input.binaryMediaTypes ?? [],
    ...(input.minimumCompressionSize !== undefined && { minimumCompressionSize: input.minimumCompressionSize }),
    apiKeySource: input.apiKeySource ?? "HEADER",
    endpointTypes: types,
    ipAddressType: input.endpointConfiguration?.ipAddressType ?? (types.includes("PRIVATE") ? "dualstack" : "ipv4"),
    vpcEndpointIds: input.endpointConfiguration?.vpcEndpointIds ?? [],
    ...(input.policy !== undefined && input.policy !== "" && { policy: input.policy }),
    disableExecuteApiEndpoint: input.disableExecuteApiEndpoint ?? false,
    tags: checkTags(input.tags ?? {}),
  };
  return describeApi(await makeRestApi(context, settings));
};

/** A new API; or the one that the same maker has made already. */
export async function makeRestApi(context: Context, settings: ApiSettings, createdBy?: string): Promise<RestApi> {
  checkApi(settings);
  const api: RestApi = {
    ...settings,
    id: characters(context.random, LOWER_ALPHANUMERIC, 10),
    createdAtMs: context.clock.now(),
    rootResourceId: characters(context.random, LOWER_ALPHANUMERIC, 10),
    ...(createdBy !== undefined && { createdBy }),
  };
  noteApproximations(context, api);
  return cache.change(context.storage, async (tx) => {
    const known = await apis.scan(tx, [context.account, context.region], { limit: APIS_PER_REGION_MAX });
    const own = known.find(({ value }) => createdBy !== undefined && value.createdBy === createdBy);
    if (own) return own.value;
    if (known.length >= APIS_PER_REGION_MAX) throw limitExceeded("Maximum number of REST APIs has been reached.");
    apis.set(tx, [context.account, context.region, api.id], api);
    owners.set(tx, [api.id], { account: context.account, region: context.region });
    resources.set(tx, [context.account, context.region, api.id, api.rootResourceId], { id: api.rootResourceId, path: "/", methods: {} });
    return api;
  });
}

/** Puts other settings in the place of those that the API has. */
export async function replaceSettings(context: Context, apiId: string, settings: ApiSettings): Promise<void> {
  checkApi(settings);
  noteApproximations(context, settings);
  await cache.change(context.storage, async (tx) => {
    const { id, createdAtMs, rootResourceId, createdBy } = await requireApi(tx, context, apiId);
    const api: RestApi = { ...settings, id, createdAtMs, rootResourceId, ...(createdBy !== undefined && { createdBy }) };
    apis.set(tx, [context.account, context.region, id], api);
  });
}

export const getRestApi: OperationOf<"apigateway", "GetRestApi"> = (context, input) =>
  context.storage.snapshot(async (tx) => describeApi(await requireApi(tx, context, input.restApiId)));

export const getRestApis: OperationOf<"apigateway", "GetRestApis"> = async (context, input) => {
  const limit = pageSize(input.limit);
  const found = await context.storage.snapshot((tx) =>
    apis.scan(tx, [context.account, context.region], {
      limit: limit + 1,
      ...(input.position && { after: [context.account, context.region, input.position] }),
    }),
  );
  const items = found.slice(0, limit).map((record) => record.value);
  return { items: items.map(describeApi), ...(found.length > limit && { position: items.at(-1)?.id }) };
};

export const updateRestApi: OperationOf<"apigateway", "UpdateRestApi"> = async (context, input) => {
  const api = await cache.change(context.storage, async (tx) => {
    const record = await requireApi(tx, context, input.restApiId);
    applyPatches(record, input.patchOperations, apiRules);
    checkApi(record);
    apis.set(tx, [context.account, context.region, record.id], record);
    return record;
  });
  noteApproximations(context, api);
  return describeApi(api);
};

export const deleteRestApi: OperationOf<"apigateway", "DeleteRestApi"> = async (context, input) => {
  await cache.change(context.storage, async (tx) => {
    const { id } = await requireApi(tx, context, input.restApiId);
    const scope = [context.account, context.region, id] as const;
    for (const { key } of await resources.scan(tx, scope, { limit: RESOURCES_PER_API_MAX + 1 })) resources.delete(tx, key);
    for (const { key } of await stages.scan(tx, scope, { limit: STAGES_PER_API_MAX })) stages.delete(tx, key);
    owners.delete(tx, [id]);
    apis.delete(tx, [...scope]);
    await context.jobs.enqueue(tx, {
      type: "apigateway.sweep",
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

const isEndpointType = (value: string): value is RestApi["endpointTypes"][number] => ["EDGE", "REGIONAL", "PRIVATE"].includes(value);

const apiRules: readonly PatchRule<RestApi>[] = [
  {
    path: "/name",
    ops: ["replace"],
    apply: (api, _op, value) => {
      api.name = value;
    },
  },
  {
    path: "/description",
    ops: ["replace", "remove"],
    apply: (api, _op, value) => {
      api.description = value;
    },
  },
  {
    path: "/version",
    ops: ["replace"],
    apply: (api, _op, value) => {
      api.version = value;
    },
  },
  {
    path: "/binaryMediaTypes/*",
    ops: ["add", "replace", "remove"],
    apply: (api, op, value, [type = ""]) => {
      api.binaryMediaTypes = api.binaryMediaTypes.filter((known) => known !== type);
      if (op !== "remove") api.binaryMediaTypes.push(op === "replace" && value !== "" ? value : type);
    },
  },
  {
    path: "/minimumCompressionSize",
    ops: ["replace", "remove"],
    apply: (api, _op, value) => {
      if (value === "") delete api.minimumCompressionSize;
      else api.minimumCompressionSize = Number(value);
    },
  },
  {
    path: "/apiKeySource",
    ops: ["replace"],
    apply: (api, _op, value) => {
      if (value !== "HEADER" && value !== "AUTHORIZER")
        throw badRequest("Invalid API key source specified. Must be one of: [HEADER, AUTHORIZER]");
      api.apiKeySource = value;
    },
  },
  {
    path: "/policy",
    ops: ["replace", "remove"],
    apply: (api, _op, value) => {
      if (value === "") delete api.policy;
      else api.policy = value;
    },
  },
  {
    path: "/disableExecuteApiEndpoint",
    ops: ["replace"],
    apply: (api, _op, value) => {
      api.disableExecuteApiEndpoint = booleanOf(value, "/disableExecuteApiEndpoint");
    },
  },
  {
    path: "/endpointConfiguration/types/*",
    ops: ["replace"],
    apply: (api, _op, value) => {
      if (!isEndpointType(value)) throw badRequest(`Invalid endpoint type ${value}. Must be one of: [EDGE, REGIONAL, PRIVATE]`);
      api.endpointTypes = [value];
    },
  },
  {
    path: "/endpointConfiguration/ipAddressType",
    ops: ["replace"],
    apply: (api, _op, value) => {
      if (value !== "ipv4" && value !== "dualstack")
        throw badRequest("Invalid IP address type specified. Must be one of: [ipv4, dualstack]");
      api.ipAddressType = value;
    },
  },
  {
    path: "/endpointConfiguration/vpcEndpointIds",
    ops: ["add", "remove"],
    apply: (api, op, value) => {
      api.vpcEndpointIds = op === "add" ? [...api.vpcEndpointIds, value] : api.vpcEndpointIds.filter((id) => id !== value);
    },
  },
];

function checkApi(api: ApiSettings): void {
  if (api.name.trim() === "") throw badRequest("REST API Name cannot be blank");
  const size = api.minimumCompressionSize;
  if (size !== undefined && !(Number.isInteger(size) && size >= 0 && size <= 10_485_760)) {
    throw badRequest("Invalid minimum compression size, must be between 0 and 10485760");
  }
  if (api.endpointTypes.length !== 1) throw badRequest("Cannot create an api with multiple Endpoint Types.");
}

function note(context: Context, parameter: string, text: string): void {
  context.ledger.add({ service: "apigateway", operation: context.operation, parameter, note: text });
}

function noteApproximations(context: Context, api: ApiSettings): void {
  if (api.policy !== undefined)
    note(context, "policy", "The resource policy of a REST API is kept and not evaluated: every caller may call it.");
  if (api.minimumCompressionSize !== undefined) note(context, "minimumCompressionSize", "Responses are not compressed.");
  if (api.endpointTypes.includes("PRIVATE")) note(context, "endpointConfiguration", "A private API is reachable wherever the platform is.");
}
