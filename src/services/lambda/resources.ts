// CloudFormation: the resource types that belong to a function, through the service's own operations.
import type { Context } from "../../contract/context.ts";
import type { InputOf } from "../../contract/models.ts";
import type { Properties, ResourceRequest, ResourceState, ResourceType } from "../../contract/resource.ts";
import { hasCode } from "../../kernel/errors.ts";
import { functionResource } from "./function-resource.ts";
import { boolean, isOwn, list, number, object, ownerTags, required, tagsOf, text } from "./properties.ts";

async function unlessGone(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!hasCode(error, "ResourceNotFoundException")) throw error;
  }
}

const PERMISSION_MEMBERS = ["SourceArn", "SourceAccount", "EventSourceToken", "PrincipalOrgID", "FunctionUrlAuthType"] as const;

const permission: ResourceType = {
  properties: ["Action", "FunctionName", "Principal", "InvokedViaFunctionUrl", ...PERMISSION_MEMBERS],
  replaceOn: ["Action", "FunctionName", "Principal", "InvokedViaFunctionUrl", ...PERMISSION_MEMBERS],
  async create(context, request, properties) {
    const id = request.generatedName(100);
    const functionName = required(properties, "FunctionName");
    // An earlier attempt may have made it: the same statement takes its place.
    await unlessGone(context.call("lambda", "RemovePermission", { FunctionName: functionName, StatementId: id }));
    const viaUrl = boolean(properties, "InvokedViaFunctionUrl");
    const members = PERMISSION_MEMBERS.flatMap((name) => (properties[name] === undefined ? [] : [[name, text(properties, name)]]));
    await context.call("lambda", "AddPermission", {
      FunctionName: functionName,
      StatementId: id,
      Action: required(properties, "Action"),
      Principal: required(properties, "Principal"),
      ...(Object.fromEntries(members) as Partial<InputOf<"lambda", "AddPermission">>),
      ...(viaUrl !== undefined && { InvokedViaFunctionUrl: viaUrl }),
    });
    return { physicalId: id, attributes: { Id: id } };
  },
  update: async (_context, _request, state) => state,
  async delete(context, _request, state, properties) {
    const input = { FunctionName: required(properties, "FunctionName"), StatementId: state.physicalId };
    await unlessGone(context.call("lambda", "RemovePermission", input));
  },
};

const MAPPING_PROPERTIES = [
  "BatchSize",
  "BisectBatchOnFunctionError",
  "DestinationConfig",
  "Enabled",
  "EventSourceArn",
  "FilterCriteria",
  "FunctionName",
  "FunctionResponseTypes",
  "KmsKeyArn",
  "MaximumBatchingWindowInSeconds",
  "MaximumRecordAgeInSeconds",
  "MaximumRetryAttempts",
  "ParallelizationFactor",
  "ProvisionedPollerConfig",
  "ScalingConfig",
  "StartingPosition",
  "StartingPositionTimestamp",
  "Tags",
  "TumblingWindowInSeconds",
];

const mapping: ResourceType = {
  properties: MAPPING_PROPERTIES,
  ignored: ["MetricsConfig", "LoggingConfig"],
  replaceOn: ["EventSourceArn", "StartingPosition", "StartingPositionTimestamp"],
  async create(context, request, properties) {
    const functionName = required(properties, "FunctionName");
    const eventSourceArn = required(properties, "EventSourceArn");
    const made = await ownMapping(context, request, functionName, eventSourceArn);
    if (made) return made;
    const answer = await context.call("lambda", "CreateEventSourceMapping", {
      ...mappingSettings(properties),
      ...streamSettings(properties),
      FunctionName: functionName,
      EventSourceArn: eventSourceArn,
      Tags: { ...tagsOf(properties), ...ownerTags(request) },
    });
    return mappingState(answer);
  },
  async update(context, _request, state, properties, previous) {
    const dropped = {
      ...(previous["BatchSize"] !== undefined && { BatchSize: 10 }),
      ...(previous["MaximumBatchingWindowInSeconds"] !== undefined && { MaximumBatchingWindowInSeconds: 0 }),
      ...(previous["FunctionResponseTypes"] !== undefined && { FunctionResponseTypes: [] }),
      ...(previous["FilterCriteria"] !== undefined && { FilterCriteria: { Filters: [] } }),
      ...(previous["ScalingConfig"] !== undefined && { ScalingConfig: {} }),
    };
    const answer = await context.call("lambda", "UpdateEventSourceMapping", {
      Enabled: true,
      ...dropped,
      ...mappingSettings(properties),
      UUID: state.physicalId,
      FunctionName: required(properties, "FunctionName"),
    });
    return mappingState(answer);
  },
  async delete(context, _request, state) {
    try {
      await unlessGone(context.call("lambda", "DeleteEventSourceMapping", { UUID: state.physicalId }));
    } catch (error) {
      // It is being deleted already.
      if (!hasCode(error, "ResourceInUseException")) throw error;
    }
  },
};

function mappingState(answer: { readonly UUID?: string | undefined; readonly EventSourceMappingArn?: string | undefined }): ResourceState {
  const id = answer.UUID ?? "";
  return { physicalId: id, attributes: { Id: id, EventSourceMappingArn: answer.EventSourceMappingArn ?? "" } };
}

async function ownMapping(
  context: Context,
  request: ResourceRequest,
  functionName: string,
  eventSourceArn: string,
): Promise<ResourceState | undefined> {
  const input = { FunctionName: functionName, EventSourceArn: eventSourceArn };
  const { EventSourceMappings: found } = await context.call("lambda", "ListEventSourceMappings", input).catch((error: unknown) => {
    if (hasCode(error, "ResourceNotFoundException")) return { EventSourceMappings: [] };
    throw error;
  });
  for (const item of found ?? []) {
    if (item.State === "Deleting") continue;
    const { Tags: tags } = await context.call("lambda", "ListTags", { Resource: item.EventSourceMappingArn ?? "" });
    if (isOwn(request, tags)) return mappingState(item);
  }
  return undefined;
}

function mappingSettings(properties: Properties): Omit<InputOf<"lambda", "UpdateEventSourceMapping">, "UUID"> {
  const scaling = object(properties, "ScalingConfig");
  const concurrency = scaling && number(scaling, "MaximumConcurrency");
  const types = list(properties, "FunctionResponseTypes");
  const settings: Record<string, unknown> = {
    Enabled: boolean(properties, "Enabled"),
    BatchSize: number(properties, "BatchSize"),
    MaximumBatchingWindowInSeconds: number(properties, "MaximumBatchingWindowInSeconds"),
    FilterCriteria: criteriaOf(properties),
    FunctionResponseTypes: types?.map(String),
    ScalingConfig: scaling && (concurrency === undefined ? {} : { MaximumConcurrency: concurrency }),
    KMSKeyArn: text(properties, "KmsKeyArn"),
    ProvisionedPollerConfig: object(properties, "ProvisionedPollerConfig"),
    DestinationConfig: object(properties, "DestinationConfig"),
    MaximumRecordAgeInSeconds: number(properties, "MaximumRecordAgeInSeconds"),
    MaximumRetryAttempts: number(properties, "MaximumRetryAttempts"),
    BisectBatchOnFunctionError: boolean(properties, "BisectBatchOnFunctionError"),
    ParallelizationFactor: number(properties, "ParallelizationFactor"),
    TumblingWindowInSeconds: number(properties, "TumblingWindowInSeconds"),
  };
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}

function streamSettings(properties: Properties): Partial<InputOf<"lambda", "CreateEventSourceMapping">> {
  const position = text(properties, "StartingPosition");
  return position === undefined ? {} : { StartingPosition: position as "LATEST" };
}

/** A pattern may be written as an object in a template. */
function criteriaOf(properties: Properties): { Filters: { Pattern: string }[] } | undefined {
  const criteria = object(properties, "FilterCriteria");
  if (!criteria) return undefined;
  return {
    Filters: (list(criteria, "Filters") ?? []).map((filter) => {
      const { Pattern: pattern } = filter as { readonly Pattern?: unknown };
      return { Pattern: typeof pattern === "string" ? pattern : JSON.stringify(pattern ?? {}) };
    }),
  };
}

const version: ResourceType = {
  properties: ["CodeSha256", "Description", "FunctionName"],
  ignored: ["ProvisionedConcurrencyConfig", "RuntimePolicy"],
  replaceOn: ["CodeSha256", "Description", "FunctionName"],
  async create(context, _request, properties) {
    const description = text(properties, "Description");
    const sha = text(properties, "CodeSha256");
    const answer = await context.call("lambda", "PublishVersion", {
      FunctionName: required(properties, "FunctionName"),
      ...(description !== undefined && { Description: description }),
      ...(sha !== undefined && { CodeSha256: sha }),
    });
    const arn = answer.FunctionArn ?? "";
    return { physicalId: arn, attributes: { FunctionArn: arn, Version: answer.Version ?? "" } };
  },
  update: async (_context, _request, state) => state,
  async delete(context, _request, state) {
    await unlessGone(context.call("lambda", "DeleteFunction", { FunctionName: state.physicalId }));
  },
};

const alias: ResourceType = {
  properties: ["Description", "FunctionName", "FunctionVersion", "Name", "RoutingConfig"],
  ignored: ["ProvisionedConcurrencyConfig"],
  replaceOn: ["FunctionName", "Name"],
  async create(context, _request, properties) {
    const input = aliasInput(properties);
    try {
      return aliasState(await context.call("lambda", "CreateAlias", input));
    } catch (error) {
      if (!hasCode(error, "ResourceConflictException")) throw error;
      // An earlier attempt made it; what somebody else made stays as it is.
      const existing = await context.call("lambda", "GetAlias", { FunctionName: input.FunctionName, Name: input.Name });
      if (existing.FunctionVersion !== input.FunctionVersion) throw error;
      return aliasState(existing);
    }
  },
  async update(context, _request, _state, properties) {
    const input = aliasInput(properties);
    return aliasState(
      await context.call("lambda", "UpdateAlias", {
        ...input,
        Description: input.Description ?? "",
        RoutingConfig: input.RoutingConfig ?? { AdditionalVersionWeights: {} },
      }),
    );
  },
  async delete(context, _request, _state, properties) {
    const { FunctionName, Name } = aliasInput(properties);
    await unlessGone(context.call("lambda", "DeleteAlias", { FunctionName, Name }));
  },
};

function aliasInput(properties: Properties): InputOf<"lambda", "CreateAlias"> {
  const description = text(properties, "Description");
  const routing = object(properties, "RoutingConfig");
  const weights = routing && (list(routing, "AdditionalVersionWeights") ?? []);
  return {
    FunctionName: required(properties, "FunctionName"),
    FunctionVersion: required(properties, "FunctionVersion"),
    Name: required(properties, "Name"),
    ...(description !== undefined && { Description: description }),
    ...(weights && {
      RoutingConfig: {
        AdditionalVersionWeights: Object.fromEntries(
          weights.map((weight) => [required(weight as Properties, "FunctionVersion"), number(weight as Properties, "FunctionWeight") ?? 0]),
        ),
      },
    }),
  };
}

function aliasState(answer: { readonly AliasArn?: string | undefined }): ResourceState {
  const arn = answer.AliasArn ?? "";
  return { physicalId: arn, attributes: { AliasArn: arn } };
}

const eventInvokeConfig: ResourceType = {
  properties: ["DestinationConfig", "FunctionName", "MaximumEventAgeInSeconds", "MaximumRetryAttempts", "Qualifier"],
  replaceOn: ["FunctionName", "Qualifier"],
  async create(context, request, properties) {
    await putEventInvokeConfig(context, properties);
    return { physicalId: request.generatedName(), attributes: {} };
  },
  async update(context, _request, state, properties) {
    await putEventInvokeConfig(context, properties);
    return state;
  },
  async delete(context, _request, _state, properties) {
    const input = { FunctionName: required(properties, "FunctionName"), Qualifier: required(properties, "Qualifier") };
    await unlessGone(context.call("lambda", "DeleteFunctionEventInvokeConfig", input));
  },
};

async function putEventInvokeConfig(context: Context, properties: Properties): Promise<void> {
  const retries = number(properties, "MaximumRetryAttempts");
  const age = number(properties, "MaximumEventAgeInSeconds");
  const destinations = object(properties, "DestinationConfig");
  const side = (name: "OnSuccess" | "OnFailure") => {
    const target = destinations && object(destinations, name);
    return target && { [name]: { Destination: required(target, "Destination") } };
  };
  const input = {
    FunctionName: required(properties, "FunctionName"),
    Qualifier: required(properties, "Qualifier"),
    ...(retries !== undefined && { MaximumRetryAttempts: retries }),
    ...(age !== undefined && { MaximumEventAgeInSeconds: age }),
    ...(destinations && { DestinationConfig: { ...side("OnSuccess"), ...side("OnFailure") } }),
  };
  await context.call("lambda", "PutFunctionEventInvokeConfig", input);
}

/** A name that no type of this service has is refused by the deployment itself. */
export const resources: Readonly<Record<string, ResourceType>> = {
  "AWS::Lambda::Alias": alias,
  "AWS::Lambda::EventInvokeConfig": eventInvokeConfig,
  "AWS::Lambda::EventSourceMapping": mapping,
  "AWS::Lambda::Function": functionResource,
  "AWS::Lambda::Permission": permission,
  "AWS::Lambda::Version": version,
};
