// The CloudFormation types of REST APIs. What a step makes carries the stack's and the resource's name, so that a step which
// runs again finds its own work and never adopts another's.
import type { Context } from "../../contract/context.ts";
import { type PropertyReader, readProperties } from "../../contract/properties.ts";
import type { Properties, ResourceRequest, ResourceState, ResourceType } from "../../contract/resource.ts";
import { hasCode } from "../../kernel/errors.ts";
import { updateAccount } from "./account.ts";
import { deleteRestApi, makeRestApi, replaceSettings } from "./apis.ts";
import { deleteDeployment, makeDeployment, updateDeployment, withdraw } from "./deployments.ts";
import { putIntegration, putIntegrationResponse } from "./integrations.ts";
import { type ApiSettings, CACHE_CLUSTER_SIZES, type Stage } from "./keys.ts";
import { deleteMethod, makeMethod, putMethodResponse } from "./methods.ts";
import { deleteStage, makeStage, newStage } from "./stages.ts";
import { checkTags } from "./tags.ts";
import { deleteResource, makeResource } from "./tree.ts";

const maker = (request: ResourceRequest) => `${request.stackId}/${request.logicalId}`;

/** Deleting what is gone already is no error. */
async function unlessGone(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!hasCode(error, "NotFoundException")) throw error;
  }
}

function oneOf<const T extends string>(p: PropertyReader, name: string, allowed: readonly T[]): T | undefined {
  const value = p.string(name);
  if (value === undefined) return undefined;
  const found = allowed.find((candidate) => candidate === value);
  if (found === undefined) throw p.invalid(name, `${value} is not a valid enum value`);
  return found;
}

function settingsOf(p: PropertyReader): ApiSettings {
  const endpoint = p.object("EndpointConfiguration");
  endpoint?.only(["Types", "VpcEndpointIds", "IpAddressType"]);
  const types = (endpoint?.strings("Types") ?? ["EDGE"]).map((type) => {
    if (type !== "EDGE" && type !== "REGIONAL" && type !== "PRIVATE")
      throw p.invalid("EndpointConfiguration", `${type} is not a valid enum value`);
    return type;
  });
  const description = p.string("Description");
  const compression = p.integer("MinimumCompressionSize");
  const policy = p.json("Policy");
  return {
    name: p.requiredString("Name"),
    ...(description !== undefined && { description }),
    binaryMediaTypes: p.strings("BinaryMediaTypes") ?? [],
    ...(compression !== undefined && { minimumCompressionSize: compression }),
    apiKeySource: oneOf(p, "ApiKeySourceType", ["HEADER", "AUTHORIZER"]) ?? "HEADER",
    endpointTypes: types,
    ipAddressType:
      (endpoint && oneOf(endpoint, "IpAddressType", ["ipv4", "dualstack"])) ?? (types.includes("PRIVATE") ? "dualstack" : "ipv4"),
    vpcEndpointIds: endpoint?.strings("VpcEndpointIds") ?? [],
    ...(policy !== undefined && policy !== "" && { policy }),
    disableExecuteApiEndpoint: p.boolean("DisableExecuteApiEndpoint") ?? false,
    tags: checkTags(p.tags() ?? {}),
  };
}

/** `http://{api}.execute-api.localhost:4566`, where the API is reached: the attribute is Hearth's own, AWS has none such. */
function endpointOf(context: Context, apiId: string): string {
  const origin = new URL(context.clientOrigin);
  return `${origin.protocol}//${apiId}.execute-api.localhost${origin.port === "" ? "" : `:${origin.port}`}`;
}

const restApi: ResourceType = {
  properties: [
    "Name",
    "Description",
    "EndpointConfiguration",
    "BinaryMediaTypes",
    "Policy",
    "MinimumCompressionSize",
    "ApiKeySourceType",
    "DisableExecuteApiEndpoint",
    "Tags",
  ],
  replaceOn: [],
  create: async (context, request, properties) => {
    const api = await makeRestApi(context, settingsOf(readProperties(request, properties)), maker(request));
    const attributes = { RestApiId: api.id, RootResourceId: api.rootResourceId, HearthEndpoint: endpointOf(context, api.id) };
    return { physicalId: api.id, attributes };
  },
  update: async (context, request, state, properties) => {
    await replaceSettings(context, state.physicalId, settingsOf(readProperties(request, properties)));
    return { ...state, attributes: { ...state.attributes, HearthEndpoint: endpointOf(context, state.physicalId) } };
  },
  delete: (context, _request, state) => unlessGone(deleteRestApi(context, { restApiId: state.physicalId })),
};

const apiResource: ResourceType = {
  properties: ["RestApiId", "ParentId", "PathPart"],
  replaceOn: ["RestApiId", "ParentId", "PathPart"],
  create: async (context, request, properties) => {
    const p = readProperties(request, properties);
    const input = {
      restApiId: p.requiredString("RestApiId"),
      parentId: p.requiredString("ParentId"),
      pathPart: p.requiredString("PathPart"),
    };
    const { id } = await makeResource(context, input, maker(request));
    return { physicalId: id, attributes: { ResourceId: id } };
  },
  update: async (_context, _request, state) => state,
  delete: (context, request, state, properties) =>
    unlessGone(
      deleteResource(context, { restApiId: readProperties(request, properties).requiredString("RestApiId"), resourceId: state.physicalId }),
    ),
};

const METHOD_PROPERTIES = [
  "RestApiId",
  "ResourceId",
  "HttpMethod",
  "AuthorizationType",
  "AuthorizerId",
  "AuthorizationScopes",
  "ApiKeyRequired",
  "OperationName",
  "RequestModels",
  "RequestParameters",
  "RequestValidatorId",
  "MethodResponses",
  "Integration",
];

const method: ResourceType = {
  properties: METHOD_PROPERTIES,
  replaceOn: ["RestApiId", "ResourceId", "HttpMethod"],
  create: putMethodResource,
  update: (context, request, _state, properties) => putMethodResource(context, request, properties),
  delete: (context, request, _state, properties) => unlessGone(deleteMethod(context, methodAddress(readProperties(request, properties)))),
};

function methodAddress(p: PropertyReader) {
  return {
    restApiId: p.requiredString("RestApiId"),
    resourceId: p.requiredString("ResourceId"),
    httpMethod: p.requiredString("HttpMethod").toUpperCase(),
  };
}

/** The method, its responses, its integration and that one's responses: made anew as a whole. */
async function putMethodResource(context: Context, request: ResourceRequest, properties: Properties): Promise<ResourceState> {
  const p = readProperties(request, properties);
  const address = methodAddress(p);
  const authorizerId = p.string("AuthorizerId");
  const scopes = p.strings("AuthorizationScopes");
  const validator = p.string("RequestValidatorId");
  const operationName = p.string("OperationName");
  await makeMethod(
    context,
    {
      ...address,
      authorizationType: p.string("AuthorizationType") ?? "NONE",
      apiKeyRequired: p.boolean("ApiKeyRequired") ?? false,
      ...(authorizerId !== undefined && { authorizerId }),
      ...(scopes !== undefined && { authorizationScopes: scopes }),
      ...(validator !== undefined && { requestValidatorId: validator }),
      ...(operationName !== undefined && { operationName }),
      requestModels: p.stringMap("RequestModels") ?? {},
      requestParameters: booleanMap(p.object("RequestParameters")),
    },
    maker(request),
  );
  for (const response of p.objects("MethodResponses")) {
    response.only(["StatusCode", "ResponseParameters", "ResponseModels"]);
    await putMethodResponse(context, {
      ...address,
      statusCode: response.requiredString("StatusCode"),
      responseParameters: booleanMap(response.object("ResponseParameters")),
      responseModels: response.stringMap("ResponseModels") ?? {},
    });
  }
  const integration = p.object("Integration");
  if (integration) await putIntegrationProperty(context, address, integration);
  return { physicalId: `${address.restApiId}|${address.resourceId}|${address.httpMethod}`, attributes: {} };
}

async function putIntegrationProperty(context: Context, address: ReturnType<typeof methodAddress>, p: PropertyReader): Promise<void> {
  p.only([
    "Type",
    "IntegrationHttpMethod",
    "Uri",
    "Credentials",
    "RequestParameters",
    "RequestTemplates",
    "PassthroughBehavior",
    "ContentHandling",
    "TimeoutInMillis",
    "CacheNamespace",
    "CacheKeyParameters",
    "ConnectionType",
    "ConnectionId",
    "ResponseTransferMode",
    "IntegrationResponses",
  ]);
  const text = <const K extends string>(key: K, property: string) => {
    const value = p.string(property);
    return value === undefined ? {} : { [key]: value };
  };
  const connectionType = oneOf(p, "ConnectionType", ["INTERNET", "VPC_LINK"]);
  const contentHandling = oneOf(p, "ContentHandling", ["CONVERT_TO_BINARY", "CONVERT_TO_TEXT"]);
  const responseTransferMode = oneOf(p, "ResponseTransferMode", ["BUFFERED", "STREAM"]);
  const timeoutInMillis = p.integer("TimeoutInMillis");
  const type = oneOf(p, "Type", ["AWS", "AWS_PROXY", "HTTP", "HTTP_PROXY", "MOCK"]);
  if (type === undefined) throw p.invalid("Type", "required key [Type] not found");
  await putIntegration(context, {
    ...address,
    type,
    ...text("integrationHttpMethod", "IntegrationHttpMethod"),
    ...text("uri", "Uri"),
    ...text("credentials", "Credentials"),
    ...text("passthroughBehavior", "PassthroughBehavior"),
    ...text("cacheNamespace", "CacheNamespace"),
    ...text("connectionId", "ConnectionId"),
    ...(connectionType !== undefined && { connectionType }),
    ...(contentHandling !== undefined && { contentHandling }),
    ...(responseTransferMode !== undefined && { responseTransferMode }),
    ...(timeoutInMillis !== undefined && { timeoutInMillis }),
    requestParameters: p.stringMap("RequestParameters") ?? {},
    requestTemplates: p.stringMap("RequestTemplates") ?? {},
    cacheKeyParameters: p.strings("CacheKeyParameters") ?? [],
  });
  for (const response of p.objects("IntegrationResponses")) {
    response.only(["StatusCode", "SelectionPattern", "ResponseParameters", "ResponseTemplates", "ContentHandling"]);
    const selectionPattern = response.string("SelectionPattern");
    const handling = oneOf(response, "ContentHandling", ["CONVERT_TO_BINARY", "CONVERT_TO_TEXT"]);
    await putIntegrationResponse(context, {
      ...address,
      statusCode: response.requiredString("StatusCode"),
      ...(selectionPattern !== undefined && { selectionPattern }),
      responseParameters: response.stringMap("ResponseParameters") ?? {},
      responseTemplates: response.stringMap("ResponseTemplates") ?? {},
      ...(handling !== undefined && { contentHandling: handling }),
    });
  }
}

function booleanMap(p: PropertyReader | undefined): Record<string, boolean> {
  if (!p) return {};
  return Object.fromEntries(Object.keys(p.value).map((name) => [name, p.boolean(name) ?? false]));
}

const stagePartOf = (stageName: string | undefined, description: Properties | undefined) => `/${JSON.stringify([stageName, description])}`;

const deployment: ResourceType = {
  properties: ["RestApiId", "Description", "StageName", "StageDescription"],
  replaceOn: ["RestApiId", "StageName", "StageDescription"],
  create: async (context, request, properties) => {
    const p = readProperties(request, properties);
    const description = p.string("Description");
    const stageName = p.string("StageName");
    const stage = p.object("StageDescription");
    stage?.only(["Description", "Variables", "TracingEnabled", "CacheClusterEnabled", "CacheClusterSize"]);
    const stageDescription = stage?.string("Description");
    const variables = stage?.stringMap("Variables");
    const tracingEnabled = stage?.boolean("TracingEnabled");
    const cacheClusterEnabled = stage?.boolean("CacheClusterEnabled");
    const cacheClusterSize = stage && oneOf(stage, "CacheClusterSize", CACHE_CLUSTER_SIZES);
    const { id } = await makeDeployment(
      context,
      {
        restApiId: p.requiredString("RestApiId"),
        ...(description !== undefined && { description }),
        ...(stageName !== undefined && { stageName }),
        ...(stageDescription !== undefined && { stageDescription }),
        ...(variables !== undefined && { variables }),
        ...(tracingEnabled !== undefined && { tracingEnabled }),
        ...(cacheClusterEnabled !== undefined && { cacheClusterEnabled }),
        ...(cacheClusterSize !== undefined && { cacheClusterSize }),
      },
      // A replacement is another deployment of the same resource: the stage is part of who made it.
      `${maker(request)}${stagePartOf(stageName, stage?.value)}`,
    );
    return { physicalId: id, attributes: { DeploymentId: id } };
  },
  update: async (context, request, state, properties) => {
    const p = readProperties(request, properties);
    await updateDeployment(context, {
      restApiId: p.requiredString("RestApiId"),
      deploymentId: state.physicalId,
      patchOperations: [{ op: "replace", path: "/description", value: p.string("Description") ?? "" }],
    });
    return state;
  },
  delete: async (context, request, state, properties) => {
    const p = readProperties(request, properties);
    const restApiId = p.requiredString("RestApiId");
    const stageName = p.string("StageName");
    if (stageName !== undefined) {
      const sameStage = stagePartOf(stageName, undefined).replace(/null\]$/, "");
      const isOurs = (createdBy: string) => createdBy.startsWith(`${request.stackId}/`) && createdBy.includes(sameStage);
      await withdraw(context, restApiId, stageName, state.physicalId, isOurs);
    }
    await unlessGone(deleteDeployment(context, { restApiId, deploymentId: state.physicalId }));
  },
};

const stage: ResourceType = {
  properties: [
    "RestApiId",
    "StageName",
    "DeploymentId",
    "Description",
    "Variables",
    "Tags",
    "MethodSettings",
    "AccessLogSetting",
    "TracingEnabled",
    "CacheClusterEnabled",
    "CacheClusterSize",
    "DocumentationVersion",
  ],
  replaceOn: ["RestApiId", "StageName"],
  create: putStageResource,
  update: (context, request, _state, properties) => putStageResource(context, request, properties),
  delete: (context, request, state, properties) =>
    unlessGone(
      deleteStage(context, { restApiId: readProperties(request, properties).requiredString("RestApiId"), stageName: state.physicalId }),
    ),
};

async function putStageResource(context: Context, request: ResourceRequest, properties: Properties): Promise<ResourceState> {
  const p = readProperties(request, properties);
  const name = p.requiredString("StageName");
  const description = p.string("Description");
  const accessLog = p.object("AccessLogSetting");
  accessLog?.only(["DestinationArn", "Format"]);
  const destinationArn = accessLog?.string("DestinationArn");
  const format = accessLog?.string("Format");
  const cacheClusterSize = oneOf(p, "CacheClusterSize", CACHE_CLUSTER_SIZES);
  const documentationVersion = p.string("DocumentationVersion");
  const record: Stage = {
    ...newStage(name, p.requiredString("DeploymentId"), context.clock.now()),
    ...(description !== undefined && { description }),
    variables: p.stringMap("Variables") ?? {},
    tags: checkTags(p.tags() ?? {}),
    cacheClusterEnabled: p.boolean("CacheClusterEnabled") ?? false,
    ...(cacheClusterSize !== undefined && { cacheClusterSize }),
    ...(documentationVersion !== undefined && { documentationVersion }),
    tracingEnabled: p.boolean("TracingEnabled") ?? false,
    accessLog: { ...(destinationArn !== undefined && { destinationArn }), ...(format !== undefined && { format }) },
    methodSettings: methodSettingsOf(p.objects("MethodSettings")),
    createdBy: maker(request),
  };
  await makeStage(context, p.requiredString("RestApiId"), record);
  return { physicalId: name, attributes: {} };
}

/** CloudFormation's members by the names that patches have. */
const METHOD_SETTINGS = {
  MetricsEnabled: "metrics/enabled",
  LoggingLevel: "logging/loglevel",
  DataTraceEnabled: "logging/dataTrace",
  ThrottlingBurstLimit: "throttling/burstLimit",
  ThrottlingRateLimit: "throttling/rateLimit",
  CachingEnabled: "caching/enabled",
  CacheTtlInSeconds: "caching/ttlInSeconds",
  CacheDataEncrypted: "caching/dataEncrypted",
};

function methodSettingsOf(list: readonly PropertyReader[]): Stage["methodSettings"] {
  const settings: Stage["methodSettings"] = {};
  for (const p of list) {
    p.only(["ResourcePath", "HttpMethod", ...Object.keys(METHOD_SETTINGS)]);
    const path = (p.string("ResourcePath") ?? "/*").replace(/^\//, "");
    const values = Object.entries(METHOD_SETTINGS).flatMap(([member, name]) => {
      const value = p.string(member);
      return value === undefined ? [] : [[name, value] as const];
    });
    settings[`${path}/${p.string("HttpMethod") ?? "*"}`] = Object.fromEntries(values);
  }
  return settings;
}

const account: ResourceType = {
  properties: ["CloudWatchRoleArn"],
  replaceOn: [],
  create: async (context, request, properties) => {
    await setRole(context, readProperties(request, properties).string("CloudWatchRoleArn"));
    return { physicalId: request.generatedName(), attributes: {} };
  },
  update: async (context, request, state, properties) => {
    await setRole(context, readProperties(request, properties).string("CloudWatchRoleArn"));
    return state;
  },
  // The account's settings stay, as on AWS: they belong to no stack.
  delete: async () => {},
};

async function setRole(context: Context, arn: string | undefined): Promise<void> {
  await updateAccount(context, { patchOperations: [{ op: "replace", path: "/cloudwatchRoleArn", value: arn ?? "" }] });
}

export const resourceTypes: Readonly<Record<string, ResourceType>> = {
  "AWS::ApiGateway::Account": account,
  "AWS::ApiGateway::Deployment": deployment,
  "AWS::ApiGateway::Method": method,
  "AWS::ApiGateway::Resource": apiResource,
  "AWS::ApiGateway::RestApi": restApi,
  "AWS::ApiGateway::Stage": stage,
};
