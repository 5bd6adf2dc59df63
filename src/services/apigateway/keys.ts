// Every key and value of REST APIs. Nothing else writes below "apigateway".
//
//   apis         account, region, api                        → RestApi
//   owners       api                                         → Owner            (a request names only the API's id)
//   resources    account, region, api, resource              → ApiResource      (with its methods and their integrations)
//   deployments  account, region, api, deployment            → Deployment
//   deployed     account, region, api, deployment, resource  → ApiResource      (as it was when deployed)
//   stages       account, region, api, stage                 → Stage
//   accounts     account, region                             → AccountSettings
import { Collection } from "../../storage/collection.ts";
import type { KeyRange } from "../../storage/transaction.ts";
import { prefixRange } from "../../storage/tuple.ts";

/** What CloudFormation made carries who made it (`stack id/logical id`), so that a step which is repeated finds its own work. */
interface Made {
  readonly createdBy?: string;
}

export interface RestApi extends ApiSettings, Made {
  readonly id: string;
  readonly createdAtMs: number;
  readonly rootResourceId: string;
}

export interface ApiSettings {
  name: string;
  description?: string;
  version?: string;
  binaryMediaTypes: string[];
  minimumCompressionSize?: number;
  apiKeySource: "HEADER" | "AUTHORIZER";
  endpointTypes: ("EDGE" | "REGIONAL" | "PRIVATE")[];
  ipAddressType: "ipv4" | "dualstack";
  vpcEndpointIds: string[];
  policy?: string;
  disableExecuteApiEndpoint: boolean;
  tags: Record<string, string>;
}

export interface Owner {
  readonly account: string;
  readonly region: string;
}

export type ContentHandling = "CONVERT_TO_BINARY" | "CONVERT_TO_TEXT";

export interface IntegrationResponse {
  readonly statusCode: string;
  selectionPattern?: string;
  responseParameters: Record<string, string>;
  responseTemplates: Record<string, string>;
  contentHandling?: ContentHandling;
}

export interface Integration {
  readonly type: "AWS_PROXY" | "MOCK";
  httpMethod?: string;
  uri?: string;
  credentials?: string;
  requestParameters: Record<string, string>;
  requestTemplates: Record<string, string>;
  passthroughBehavior: "WHEN_NO_MATCH" | "WHEN_NO_TEMPLATES" | "NEVER";
  contentHandling?: ContentHandling;
  timeoutInMillis: number;
  cacheNamespace: string;
  cacheKeyParameters: string[];
  integrationResponses: Record<string, IntegrationResponse>;
}

export interface MethodResponse {
  readonly statusCode: string;
  responseParameters: Record<string, boolean>;
  responseModels: Record<string, string>;
}

export interface Method extends Made {
  readonly httpMethod: string;
  operationName?: string;
  requestParameters: Record<string, boolean>;
  requestModels: Record<string, string>;
  methodResponses: Record<string, MethodResponse>;
  integration?: Integration;
}

export interface ApiResource extends Made {
  readonly id: string;
  parentId?: string;
  pathPart?: string;
  path: string;
  methods: Record<string, Method>;
}

export interface Deployment extends Made {
  readonly id: string;
  description?: string;
  readonly createdAtMs: number;
  /** What of the API itself takes effect only when deployed. */
  readonly binaryMediaTypes: string[];
  readonly disableExecuteApiEndpoint: boolean;
}

export interface Stage extends Made {
  readonly name: string;
  deploymentId: string;
  description?: string;
  variables: Record<string, string>;
  tags: Record<string, string>;
  cacheClusterEnabled: boolean;
  cacheClusterSize?: CacheClusterSize;
  documentationVersion?: string;
  tracingEnabled: boolean;
  accessLog: { destinationArn?: string; format?: string };
  /** By resource path and method, both of which may be an asterisk: settings by their patch name, such as `throttling/rateLimit`. */
  methodSettings: Record<string, Record<string, string>>;
  readonly createdAtMs: number;
  updatedAtMs: number;
}

export const CACHE_CLUSTER_SIZES = ["0.5", "1.6", "6.1", "13.5", "28.4", "58.2", "118", "237"] as const;
export type CacheClusterSize = (typeof CACHE_CLUSTER_SIZES)[number];

export interface AccountSettings {
  cloudwatchRoleArn?: string;
}

export const apis = new Collection<[account: string, region: string, api: string], RestApi>("apigateway", "apis");
export const owners = new Collection<[api: string], Owner>("apigateway", "owners");
export const resources = new Collection<[account: string, region: string, api: string, resource: string], ApiResource>(
  "apigateway",
  "resources",
);
export const deployments = new Collection<[account: string, region: string, api: string, deployment: string], Deployment>(
  "apigateway",
  "deployments",
);
export const deployed = new Collection<[account: string, region: string, api: string, deployment: string, resource: string], ApiResource>(
  "apigateway",
  "deployed",
);
export const stages = new Collection<[account: string, region: string, api: string, stage: string], Stage>("apigateway", "stages");
export const accounts = new Collection<[account: string, region: string], AccountSettings>("apigateway", "accounts");

/** All of the above: what the compiled stages in memory depend on. */
export const everything: KeyRange = prefixRange(["apigateway"]);
