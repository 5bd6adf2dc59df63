// The CloudFormation types of HTTP APIs. What a step makes carries the stack's and the resource's name, so that a step which
// runs again finds its own work and never adopts another's.
import type { Context } from "../../contract/context.ts";
import { type PropertyReader, readProperties } from "../../contract/properties.ts";
import type { Properties, ResourceRequest, ResourceState, ResourceType } from "../../contract/resource.ts";
import { hasCode } from "../../kernel/errors.ts";
import { deleteApi, makeApi, replaceSettings } from "./apis.ts";
import { deleteDeployment, makeDeployment, updateDeployment } from "./deployments.ts";
import { endpointOf } from "./describe.ts";
import { notImplemented } from "./errors.ts";
import { deleteIntegration, makeIntegration, newIntegration, replaceIntegration } from "./integrations.ts";
import type { ApiSettings, Cors, IntegrationSettings, RouteSettings, Stage, TrafficSettings } from "./keys.ts";
import { deleteRoute, makeRoute, refuseAuthorization, replaceRoute, targetOf } from "./routes.ts";
import { deleteStage, makeStage, newStage } from "./stages.ts";

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

/** Properties that have a meaning elsewhere and would change what is served: refused by name when they say anything. */
function refuse(p: PropertyReader, type: string, names: readonly string[]): void {
  for (const name of names) {
    const value = p.any(name);
    const empty =
      value === undefined || value === false || (typeof value === "object" && value !== null && Object.keys(value).length === 0);
    if (!empty) throw notImplemented(`The property ${name} of ${type}`);
  }
}

const API_PROPERTIES = [
  "Name",
  "ProtocolType",
  "Description",
  "Version",
  "CorsConfiguration",
  "DisableExecuteApiEndpoint",
  "IpAddressType",
  "Tags",
];

const api: ResourceType = {
  properties: API_PROPERTIES,
  replaceOn: ["ProtocolType"],
  create: async (context, request, properties) => {
    const made = await makeApi(context, apiSettings(readProperties(request, properties)), maker(request));
    return { physicalId: made.id, attributes: { ApiId: made.id, ApiEndpoint: endpointOf(context, made.id) } };
  },
  update: async (context, request, state, properties) => {
    await replaceSettings(context, state.physicalId, apiSettings(readProperties(request, properties)));
    return { ...state, attributes: { ApiId: state.physicalId, ApiEndpoint: endpointOf(context, state.physicalId) } };
  },
  delete: (context, _request, state) => unlessGone(deleteApi(context, { ApiId: state.physicalId })),
};

function apiSettings(p: PropertyReader): ApiSettings {
  if (p.requiredString("ProtocolType") !== "HTTP") throw notImplemented(`An API with the ProtocolType ${p.requiredString("ProtocolType")}`);
  const description = p.string("Description");
  const version = p.string("Version");
  const cors = p.object("CorsConfiguration");
  return {
    name: p.requiredString("Name"),
    ...(description !== undefined && { description }),
    ...(version !== undefined && { version }),
    ...(cors && { cors: corsOf(cors) }),
    disableExecuteApiEndpoint: p.boolean("DisableExecuteApiEndpoint") ?? false,
    ipAddressType: oneOf(p, "IpAddressType", ["ipv4", "dualstack"]) ?? "ipv4",
    tags: p.tags() ?? {},
  };
}

function corsOf(p: PropertyReader): Cors {
  p.only(["AllowCredentials", "AllowHeaders", "AllowMethods", "AllowOrigins", "ExposeHeaders", "MaxAge"]);
  const allowCredentials = p.boolean("AllowCredentials");
  const allowHeaders = p.strings("AllowHeaders");
  const allowMethods = p.strings("AllowMethods");
  const allowOrigins = p.strings("AllowOrigins");
  const exposeHeaders = p.strings("ExposeHeaders");
  const maxAge = p.integer("MaxAge");
  return {
    ...(allowCredentials !== undefined && { allowCredentials }),
    ...(allowHeaders && { allowHeaders }),
    ...(allowMethods && { allowMethods }),
    ...(allowOrigins && { allowOrigins }),
    ...(exposeHeaders && { exposeHeaders }),
    ...(maxAge !== undefined && { maxAge }),
  };
}

const INTEGRATION_REFUSED = [
  "IntegrationSubtype",
  "ConnectionId",
  "RequestParameters",
  "ResponseParameters",
  "TlsConfig",
  "RequestTemplates",
  "PassthroughBehavior",
  "ContentHandlingStrategy",
  "TemplateSelectionExpression",
];

const integration: ResourceType = {
  properties: [
    "ApiId",
    "IntegrationType",
    "IntegrationUri",
    "PayloadFormatVersion",
    "TimeoutInMillis",
    "IntegrationMethod",
    "Description",
    "CredentialsArn",
    "ConnectionType",
    ...INTEGRATION_REFUSED,
  ],
  replaceOn: ["ApiId"],
  create: async (context, request, properties) => {
    const p = readProperties(request, properties);
    const made = await makeIntegration(context, p.requiredString("ApiId"), integrationSettings(p), maker(request));
    return { physicalId: made.id, attributes: { IntegrationId: made.id } };
  },
  update: async (context, request, state, properties) => {
    const p = readProperties(request, properties);
    await replaceIntegration(context, p.requiredString("ApiId"), state.physicalId, integrationSettings(p));
    return state;
  },
  delete: (context, request, state, properties) =>
    unlessGone(
      deleteIntegration(context, { ApiId: readProperties(request, properties).requiredString("ApiId"), IntegrationId: state.physicalId }),
    ),
};

function integrationSettings(p: PropertyReader): IntegrationSettings {
  const type = p.requiredString("IntegrationType");
  if (type !== "AWS_PROXY") throw notImplemented(`An integration of the type ${type}`);
  refuse(p, "AWS::ApiGatewayV2::Integration", INTEGRATION_REFUSED);
  if (oneOf(p, "ConnectionType", ["INTERNET", "VPC_LINK"]) === "VPC_LINK")
    throw notImplemented("An integration over a VPC link (ConnectionType)");
  const payloadFormatVersion = oneOf(p, "PayloadFormatVersion", ["1.0", "2.0"]);
  if (payloadFormatVersion === undefined) throw p.invalid("PayloadFormatVersion", "is a required parameter for integration");
  const timeoutInMillis = p.integer("TimeoutInMillis");
  if (timeoutInMillis !== undefined && (timeoutInMillis < 50 || timeoutInMillis > 30_000)) {
    throw p.invalid("TimeoutInMillis", "must be between 50 and 30000");
  }
  const integrationMethod = p.string("IntegrationMethod");
  const description = p.string("Description");
  const credentialsArn = p.string("CredentialsArn");
  return {
    ...newIntegration("", { uri: p.requiredString("IntegrationUri"), payloadFormatVersion }),
    ...(timeoutInMillis !== undefined && { timeoutInMillis }),
    ...(integrationMethod !== undefined && { integrationMethod }),
    ...(description !== undefined && { description }),
    ...(credentialsArn !== undefined && { credentialsArn }),
  };
}

const ROUTE_REFUSED = [
  "ApiKeyRequired",
  "ModelSelectionExpression",
  "RequestModels",
  "RequestParameters",
  "RouteResponseSelectionExpression",
];

const route: ResourceType = {
  properties: [
    "ApiId",
    "RouteKey",
    "Target",
    "OperationName",
    "AuthorizationType",
    "AuthorizerId",
    "AuthorizationScopes",
    ...ROUTE_REFUSED,
  ],
  replaceOn: ["ApiId"],
  create: async (context, request, properties) => {
    const p = readProperties(request, properties);
    const made = await makeRoute(context, p.requiredString("ApiId"), routeSettings(p), maker(request));
    return { physicalId: made.id, attributes: { RouteId: made.id } };
  },
  update: async (context, request, state, properties) => {
    const p = readProperties(request, properties);
    await replaceRoute(context, p.requiredString("ApiId"), state.physicalId, routeSettings(p));
    return state;
  },
  delete: (context, request, state, properties) =>
    unlessGone(deleteRoute(context, { ApiId: readProperties(request, properties).requiredString("ApiId"), RouteId: state.physicalId })),
};

function routeSettings(p: PropertyReader): RouteSettings {
  refuseAuthorization(p.string("AuthorizationType"), p.string("AuthorizerId"), p.strings("AuthorizationScopes"));
  refuse(p, "AWS::ApiGatewayV2::Route", ROUTE_REFUSED);
  const target = p.string("Target");
  const operationName = p.string("OperationName");
  return {
    routeKey: p.requiredString("RouteKey"),
    ...(target !== undefined && { integrationId: targetOf(target) }),
    ...(operationName !== undefined && { operationName }),
  };
}

const deployment: ResourceType = {
  properties: ["ApiId", "Description", "StageName"],
  replaceOn: ["ApiId", "StageName"],
  create: async (context, request, properties) => {
    const p = readProperties(request, properties);
    const description = p.string("Description");
    const stageName = p.string("StageName");
    const input = {
      ApiId: p.requiredString("ApiId"),
      ...(description !== undefined && { Description: description }),
      ...(stageName !== undefined && { StageName: stageName }),
    };
    const made = await makeDeployment(context, input, `${maker(request)}/${stageName ?? ""}`);
    return { physicalId: made.id, attributes: { DeploymentId: made.id } };
  },
  update: async (context, request, state, properties) => {
    const p = readProperties(request, properties);
    await updateDeployment(context, {
      ApiId: p.requiredString("ApiId"),
      DeploymentId: state.physicalId,
      Description: p.string("Description") ?? "",
    });
    return state;
  },
  delete: (context, request, state, properties) =>
    unlessGone(
      deleteDeployment(context, { ApiId: readProperties(request, properties).requiredString("ApiId"), DeploymentId: state.physicalId }),
    ),
};

const stage: ResourceType = {
  properties: [
    "ApiId",
    "StageName",
    "AutoDeploy",
    "DeploymentId",
    "Description",
    "StageVariables",
    "AccessLogSettings",
    "DefaultRouteSettings",
    "RouteSettings",
    "Tags",
  ],
  replaceOn: ["ApiId", "StageName"],
  create: putStageResource,
  update: (context, request, _state, properties) => putStageResource(context, request, properties),
  delete: (context, request, state, properties) =>
    unlessGone(deleteStage(context, { ApiId: readProperties(request, properties).requiredString("ApiId"), StageName: state.physicalId })),
};

async function putStageResource(context: Context, request: ResourceRequest, properties: Properties): Promise<ResourceState> {
  const p = readProperties(request, properties);
  const deploymentId = p.string("DeploymentId");
  const description = p.string("Description");
  const log = p.object("AccessLogSettings");
  log?.only(["DestinationArn", "Format"]);
  const destinationArn = log?.string("DestinationArn");
  const format = log?.string("Format");
  const defaults = p.object("DefaultRouteSettings");
  const perRoute = p.object("RouteSettings");
  const record: Stage = {
    ...newStage(p.requiredString("StageName"), context.clock.now()),
    autoDeploy: p.boolean("AutoDeploy") ?? false,
    ...(deploymentId !== undefined && { deploymentId }),
    ...(description !== undefined && { description }),
    variables: p.stringMap("StageVariables") ?? {},
    accessLog: { ...(destinationArn !== undefined && { destinationArn }), ...(format !== undefined && { format }) },
    defaultRouteSettings: trafficOf(defaults),
    routeSettings: Object.fromEntries(Object.keys(perRoute?.value ?? {}).map((key) => [key, trafficOf(perRoute?.object(key))])),
    tags: p.tags() ?? {},
    createdBy: maker(request),
  };
  await makeStage(context, p.requiredString("ApiId"), record);
  return { physicalId: record.name, attributes: {} };
}

function trafficOf(p: PropertyReader | undefined): TrafficSettings {
  if (!p) return {};
  p.only(["DataTraceEnabled", "DetailedMetricsEnabled", "LoggingLevel", "ThrottlingBurstLimit", "ThrottlingRateLimit"]);
  const dataTraceEnabled = p.boolean("DataTraceEnabled");
  const detailedMetricsEnabled = p.boolean("DetailedMetricsEnabled");
  const loggingLevel = oneOf(p, "LoggingLevel", ["ERROR", "INFO", "OFF"]);
  const throttlingBurstLimit = p.integer("ThrottlingBurstLimit");
  const throttlingRateLimit = p.number("ThrottlingRateLimit");
  return {
    ...(dataTraceEnabled !== undefined && { dataTraceEnabled }),
    ...(detailedMetricsEnabled !== undefined && { detailedMetricsEnabled }),
    ...(loggingLevel !== undefined && { loggingLevel }),
    ...(throttlingBurstLimit !== undefined && { throttlingBurstLimit }),
    ...(throttlingRateLimit !== undefined && { throttlingRateLimit }),
  };
}

export const resourceTypes: Readonly<Record<string, ResourceType>> = {
  "AWS::ApiGatewayV2::Api": api,
  "AWS::ApiGatewayV2::Deployment": deployment,
  "AWS::ApiGatewayV2::Integration": integration,
  "AWS::ApiGatewayV2::Route": route,
  "AWS::ApiGatewayV2::Stage": stage,
};
