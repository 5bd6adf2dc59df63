// Every key and value of HTTP APIs. Nothing else writes below "apigatewayv2".
//
//   apis          account, region, api               → HttpApi
//   owners        api                                → Owner        (a request names only the API's id)
//   integrations  account, region, api, integration  → Integration
//   routes        account, region, api, route        → Route
//   stages        account, region, api, stage        → Stage
//   deployments   account, region, api, deployment   → Deployment
//   deployed      account, region, api, deployment, part  → Part    (a route with its integration, as it was when deployed)
import { Collection } from "../../storage/collection.ts";
import type { KeyRange } from "../../storage/transaction.ts";
import { prefixRange } from "../../storage/tuple.ts";

/** What CloudFormation made carries who made it (`stack id/logical id`), so that a step which is repeated finds its own work. */
interface Made {
  readonly createdBy?: string;
}

export interface Cors {
  allowCredentials?: boolean;
  allowHeaders?: string[];
  allowMethods?: string[];
  allowOrigins?: string[];
  exposeHeaders?: string[];
  maxAge?: number;
}

export interface ApiSettings {
  name: string;
  description?: string;
  version?: string;
  cors?: Cors;
  disableExecuteApiEndpoint: boolean;
  ipAddressType: "ipv4" | "dualstack";
  tags: Record<string, string>;
}

export interface HttpApi extends ApiSettings, Made {
  readonly id: string;
  readonly createdAtMs: number;
}

export interface Owner {
  readonly account: string;
  readonly region: string;
}

export interface IntegrationSettings {
  uri: string;
  payloadFormatVersion: "1.0" | "2.0";
  timeoutInMillis: number;
  integrationMethod?: string;
  description?: string;
  credentialsArn?: string;
}

export interface Integration extends IntegrationSettings, Made {
  readonly id: string;
  /** Made by quick create: it goes with its API, and cannot be deleted alone. */
  readonly managed?: boolean;
}

export interface RouteSettings {
  routeKey: string;
  /** The integration's id. */
  integrationId?: string;
  operationName?: string;
}

export interface Route extends RouteSettings, Made {
  readonly id: string;
  readonly managed?: boolean;
}

/** `RouteSettings` of the API: logging, metrics and throttling, kept as given. */
export interface TrafficSettings {
  dataTraceEnabled?: boolean;
  detailedMetricsEnabled?: boolean;
  loggingLevel?: "ERROR" | "INFO" | "OFF";
  throttlingBurstLimit?: number;
  throttlingRateLimit?: number;
}

export interface StageSettings {
  autoDeploy: boolean;
  deploymentId?: string;
  description?: string;
  variables: Record<string, string>;
  accessLog: { destinationArn?: string; format?: string };
  defaultRouteSettings: TrafficSettings;
  routeSettings: Record<string, TrafficSettings>;
  tags: Record<string, string>;
}

export interface Stage extends StageSettings, Made {
  readonly name: string;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  readonly managed?: boolean;
}

export interface Deployment extends Made {
  readonly id: string;
  readonly description?: string;
  readonly createdAtMs: number;
  readonly autoDeployed: boolean;
  readonly cors?: Cors;
}

export interface Part {
  readonly route: Route;
  readonly integration?: Integration;
}

type InApi = [account: string, region: string, api: string, id: string];

export const apis = new Collection<[account: string, region: string, api: string], HttpApi>("apigatewayv2", "apis");
export const owners = new Collection<[api: string], Owner>("apigatewayv2", "owners");
export const integrations = new Collection<InApi, Integration>("apigatewayv2", "integrations");
export const routes = new Collection<InApi, Route>("apigatewayv2", "routes");
export const stages = new Collection<InApi, Stage>("apigatewayv2", "stages");
export const deployments = new Collection<InApi, Deployment>("apigatewayv2", "deployments");
export const deployed = new Collection<[...InApi, part: string], Part>("apigatewayv2", "deployed");

/** All of the above: what the compiled stages in memory depend on. */
export const everything: KeyRange = prefixRange(["apigatewayv2"]);
