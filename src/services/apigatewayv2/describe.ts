// Records as the API shows them. Pure.
import type { Context } from "../../contract/context.ts";
import type { OutputOf } from "../../contract/models.ts";
import type { Cors, Deployment, HttpApi, Integration, Route, Stage, TrafficSettings } from "./keys.ts";

/** `http://{api}.execute-api.localhost:4566`: where the client that asks reaches the API. */
export function endpointOf(context: Context, apiId: string): string {
  const origin = new URL(context.clientOrigin);
  return `${origin.protocol}//${apiId}.execute-api.localhost${origin.port === "" ? "" : `:${origin.port}`}`;
}

export function describeApi(context: Context, api: HttpApi): NonNullable<OutputOf<"apigatewayv2", "GetApis">["Items"]>[number] {
  return {
    ApiEndpoint: endpointOf(context, api.id),
    ApiId: api.id,
    ApiKeySelectionExpression: "$request.header.x-api-key",
    CorsConfiguration: api.cors && describeCors(api.cors),
    CreatedDate: new Date(api.createdAtMs),
    Description: api.description,
    DisableExecuteApiEndpoint: api.disableExecuteApiEndpoint,
    IpAddressType: api.ipAddressType,
    Name: api.name,
    ProtocolType: "HTTP",
    RouteSelectionExpression: "$request.method $request.path",
    Tags: api.tags,
    Version: api.version,
  };
}

function describeCors(cors: Cors) {
  return {
    AllowCredentials: cors.allowCredentials,
    AllowHeaders: cors.allowHeaders,
    AllowMethods: cors.allowMethods,
    AllowOrigins: cors.allowOrigins,
    ExposeHeaders: cors.exposeHeaders,
    MaxAge: cors.maxAge,
  };
}

export function describeIntegration(integration: Integration): OutputOf<"apigatewayv2", "GetIntegration"> {
  return {
    ...(integration.managed && { ApiGatewayManaged: true }),
    ConnectionType: "INTERNET",
    CredentialsArn: integration.credentialsArn,
    Description: integration.description,
    IntegrationId: integration.id,
    IntegrationMethod: integration.integrationMethod ?? "POST",
    IntegrationType: "AWS_PROXY",
    IntegrationUri: integration.uri,
    PayloadFormatVersion: integration.payloadFormatVersion,
    TimeoutInMillis: integration.timeoutInMillis,
  };
}

export function describeRoute(route: Route): NonNullable<OutputOf<"apigatewayv2", "GetRoutes">["Items"]>[number] {
  return {
    ...(route.managed && { ApiGatewayManaged: true }),
    ApiKeyRequired: false,
    AuthorizationType: "NONE",
    OperationName: route.operationName,
    RouteId: route.id,
    RouteKey: route.routeKey,
    Target: route.integrationId === undefined ? undefined : `integrations/${route.integrationId}`,
  };
}

export function describeStage(stage: Stage): NonNullable<OutputOf<"apigatewayv2", "GetStages">["Items"]>[number] {
  const { destinationArn, format } = stage.accessLog;
  return {
    ...(stage.managed && { ApiGatewayManaged: true }),
    AccessLogSettings:
      destinationArn === undefined && format === undefined ? undefined : { DestinationArn: destinationArn, Format: format },
    AutoDeploy: stage.autoDeploy,
    CreatedDate: new Date(stage.createdAtMs),
    DefaultRouteSettings: describeTraffic(stage.defaultRouteSettings),
    DeploymentId: stage.deploymentId,
    Description: stage.description,
    LastUpdatedDate: new Date(stage.updatedAtMs),
    RouteSettings: Object.fromEntries(Object.entries(stage.routeSettings).map(([key, settings]) => [key, describeTraffic(settings)])),
    StageName: stage.name,
    StageVariables: stage.variables,
    Tags: stage.tags,
  };
}

function describeTraffic(settings: TrafficSettings) {
  return {
    DataTraceEnabled: settings.dataTraceEnabled,
    DetailedMetricsEnabled: settings.detailedMetricsEnabled ?? false,
    LoggingLevel: settings.loggingLevel,
    ThrottlingBurstLimit: settings.throttlingBurstLimit,
    ThrottlingRateLimit: settings.throttlingRateLimit,
  };
}

export function describeDeployment(deployment: Deployment): OutputOf<"apigatewayv2", "GetDeployment"> {
  return {
    AutoDeployed: deployment.autoDeployed,
    CreatedDate: new Date(deployment.createdAtMs),
    DeploymentId: deployment.id,
    DeploymentStatus: "DEPLOYED",
    Description: deployment.description,
  };
}
