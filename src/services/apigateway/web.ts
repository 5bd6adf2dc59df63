// The data plane of REST APIs: a request on a stage, from its route to its answer. It must never serve what was not deployed.
import type { Context } from "../../contract/context.ts";
import type { WebHandler, WebRequest, WebResponse } from "../../contract/web.ts";
import { hasCode } from "../../kernel/errors.ts";
import { characters, hex, parseArn } from "../../kernel/ids.ts";
import { cache } from "./cache.ts";
import { formatRequestTime, proxyEvent, queryOf, type RequestFacts } from "./event.ts";
import { deployed, deployments, type Integration, type Owner, owners, stages } from "./keys.ts";
import { lambdaOf, withStageVariables } from "./lambda-uri.ts";
import { REQUEST_BODY_BYTES_MAX, RESOURCES_PER_API_MAX } from "./limits.ts";
import { answerMock } from "./mock.ts";
import { proxyResponse } from "./response.ts";
import { compileRoutes, matchRoute, type RouteTree } from "./routing.ts";
import type { TemplateScope } from "./template.ts";

interface Served {
  readonly routes: RouteTree;
  readonly deploymentId: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly binaryMediaTypes: readonly string[];
  readonly disabled: boolean;
}

const ownerOf = cache.reader("owner", async (tx, apiId) => ({ owner: await owners.get(tx, [apiId]) }));

const servedBy = cache.reader("stage", async (tx, id): Promise<{ readonly served: Served | undefined }> => {
  const [account = "", region = "", apiId = "", name = ""] = id.split("/");
  const stage = await stages.get(tx, [account, region, apiId, name]);
  const deployment = stage && (await deployments.get(tx, [account, region, apiId, stage.deploymentId]));
  if (!stage || !deployment) return { served: undefined };
  const tree = await deployed.scan(tx, [account, region, apiId, deployment.id], { limit: RESOURCES_PER_API_MAX + 1 });
  return {
    served: {
      routes: compileRoutes(tree.map((record) => record.value)),
      deploymentId: deployment.id,
      variables: stage.variables,
      binaryMediaTypes: deployment.binaryMediaTypes,
      disabled: deployment.disableExecuteApiEndpoint,
    },
  };
});

const EXTENDED_ID_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/** Answers `{api}.execute-api…/{stage}/…`; undefined for an API that is not a REST API. */
export const executeApi: WebHandler = async (context, target) => {
  const { owner } = await ownerOf(context.storage, target.id);
  if (!owner) return undefined;
  const { request } = target;
  const slash = request.path.indexOf("/", 1);
  const stage = request.path.slice(1, slash < 0 ? undefined : slash);
  const path = slash < 0 ? "/" : request.path.slice(slash);
  const trace: Trace = {
    requestId: context.requestId,
    extendedRequestId: `${characters(context.random, EXTENDED_ID_ALPHABET, 15)}=`,
    traceId: traceOf(context, request),
  };
  const { served } = await servedBy(context.storage, `${owner.account}/${owner.region}/${target.id}/${stage}`);
  if (!served || served.disabled) return gatewayError(trace, 403, "ForbiddenException", "Forbidden");
  if (request.body.length > REQUEST_BODY_BYTES_MAX) {
    return gatewayError(trace, 413, "RequestTooLargeException", `HTTP content length exceeded ${REQUEST_BODY_BYTES_MAX} bytes.`);
  }
  const match = matchRoute(served.routes, path);
  const method = match && (match.resource.methods[request.method] ?? match.resource.methods["ANY"]);
  if (!match || !method?.integration) {
    return gatewayError(trace, 403, "MissingAuthenticationTokenException", "Missing Authentication Token");
  }
  const origin = originOf(context.clientOrigin);
  const facts: RequestFacts = {
    account: owner.account,
    apiId: target.id,
    stage,
    deploymentId: served.deploymentId,
    stageVariables: served.variables,
    binaryMediaTypes: served.binaryMediaTypes,
    resourceId: match.resource.id,
    resourcePath: match.resource.path,
    pathParameters: match.parameters,
    path,
    nowMs: context.clock.now(),
    ...origin,
    ...trace,
  };
  if (method.integration.type === "MOCK") return mocked(method.integration, request, facts, trace);
  return invoked(context, owner, method.integration, request, facts, trace);
};

interface Trace {
  readonly requestId: string;
  readonly extendedRequestId: string;
  readonly traceId: string;
}

function mocked(integration: Integration, request: WebRequest, facts: RequestFacts, trace: Trace): WebResponse {
  const answer = answerMock(integration, request, templateScope(request, facts));
  if (answer === "unsupported media type") return gatewayError(trace, 415, "UnsupportedMediaTypeException", "Unsupported Media Type");
  if (answer === "invalid") return internalError(trace, 500);
  return answered(trace, answer, false);
}

async function invoked(
  context: Context,
  owner: Owner,
  integration: Integration,
  request: WebRequest,
  facts: RequestFacts,
  trace: Trace,
): Promise<WebResponse> {
  const functionName = withStageVariables(lambdaOf(integration.uri ?? "")?.functionName ?? "", facts.stageVariables);
  // Lambda's Invoke is a POST: any other integration method reaches nothing that answers.
  if (functionName === "" || integration.httpMethod !== "POST") return internalError(trace, 500);
  const payload = Buffer.from(JSON.stringify(proxyEvent(request, facts)));
  const sourceArn = `arn:aws:execute-api:${owner.region}:${owner.account}:${facts.apiId}/${facts.stage}/${request.method}${facts.resourcePath}`;
  const arn = parseArn(functionName);
  const invocation = context.call(
    "lambda",
    "Invoke",
    { FunctionName: functionName, Payload: payload },
    { service: "apigateway.amazonaws.com", sourceArn, account: arn?.account || owner.account, region: arn?.region || owner.region },
  );
  try {
    const result = await within(context, invocation, integration.timeoutInMillis);
    if (result === undefined) return gatewayError(trace, 504, "InternalServerErrorException", "Endpoint request timed out");
    if (result.FunctionError !== undefined) return internalError(trace, 502);
    const answer = proxyResponse(result.Payload ?? new Uint8Array(), facts.binaryMediaTypes, request.headers["accept"]);
    if (answer) return answered(trace, answer, true);
    context.logger.log("warn", "Malformed Lambda proxy response", {
      api: facts.apiId,
      resource: facts.resourcePath,
      function: functionName,
    });
    return internalError(trace, 502);
  } catch (error) {
    if (hasCode(error, "RequestTooLargeException")) return gatewayError(trace, 413, "RequestTooLargeException", "Request Too Long");
    context.logger.log("warn", "The integration of a REST API failed", {
      api: facts.apiId,
      resource: facts.resourcePath,
      function: functionName,
      error,
    });
    return internalError(trace, 500);
  }
}

/** What the work gives, or undefined once `timeoutMs` has passed; the work itself goes on. */
async function within<T>(context: Context, work: Promise<T>, timeoutMs: number): Promise<T | undefined> {
  let stop = () => {};
  const timeout = new Promise<undefined>((resolve) => {
    const timer = context.clock.setTimer(timeoutMs, () => resolve(undefined));
    stop = () => timer.cancel();
  });
  try {
    return await Promise.race([work, timeout]);
  } finally {
    stop();
    work.catch(() => {});
  }
}

function templateScope(request: WebRequest, facts: RequestFacts): TemplateScope {
  const values: Readonly<Record<string, string | number | undefined>> = {
    accountId: facts.account,
    apiId: facts.apiId,
    deploymentId: facts.deploymentId,
    domainName: request.host,
    extendedRequestId: facts.extendedRequestId,
    httpMethod: request.method,
    "identity.sourceIp": request.sourceIp,
    "identity.userAgent": request.headers["user-agent"],
    path: `/${facts.stage}${facts.path}`,
    protocol: request.protocol,
    requestId: facts.requestId,
    requestTime: formatRequestTime(facts.nowMs),
    requestTimeEpoch: facts.nowMs,
    resourceId: facts.resourceId,
    resourcePath: facts.resourcePath,
    stage: facts.stage,
  };
  const query = queryOf(request.query);
  return {
    parameter: (place, name) => {
      if (place === "path") return facts.pathParameters[name];
      return place === "querystring" ? query?.[name]?.at(-1) : request.headers[name.toLowerCase()];
    },
    body: Buffer.from(request.body).toString("utf8"),
    contextValue: (path) => values[path],
    stageVariables: facts.stageVariables,
  };
}

function answered(trace: Trace, response: WebResponse, traced: boolean): WebResponse {
  const headers: [string, string][] = [
    ["x-amzn-RequestId", trace.requestId],
    ["x-amz-apigw-id", trace.extendedRequestId],
  ];
  if (traced) headers.push(["X-Amzn-Trace-Id", trace.traceId]);
  return { ...response, headers: [...headers, ...response.headers] };
}

function internalError(trace: Trace, status: 500 | 502): WebResponse {
  return gatewayError(trace, status, "InternalServerErrorException", "Internal server error");
}

/** An answer of the gateway's own: the default gateway responses. */
function gatewayError(trace: Trace, status: number, errorType: string, message: string): WebResponse {
  return {
    status,
    headers: [
      ["x-amzn-RequestId", trace.requestId],
      ["x-amzn-ErrorType", errorType],
      ["x-amz-apigw-id", trace.extendedRequestId],
      ["Content-Type", "application/json"],
    ],
    body: JSON.stringify({ message }),
  };
}

function traceOf(context: Context, request: WebRequest): string {
  const sent = /Root=[^;]+/.exec(request.headers["x-amzn-trace-id"] ?? "")?.[0];
  return sent ?? `Root=1-${Math.floor(context.clock.now() / 1000).toString(16)}-${hex(context.random, 24)}`;
}

function originOf(clientOrigin: string): { readonly forwardedProto: string; readonly forwardedPort: string } {
  const found = /^(https?):\/\/.*?(?::(\d+))?$/.exec(clientOrigin);
  const forwardedProto = found?.[1] ?? "http";
  return { forwardedProto, forwardedPort: found?.[2] ?? (forwardedProto === "https" ? "443" : "80") };
}
