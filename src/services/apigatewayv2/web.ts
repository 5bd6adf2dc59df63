// The data plane of HTTP APIs: a request, from its stage and route to its answer. The hot path: what can be worked out once
// per change of an API is compiled and kept in memory, and a request reads no storage.
import type { CallOptions, Context } from "../../contract/context.ts";
import type { WebHandler, WebRequest, WebResponse } from "../../contract/web.ts";
import { hasCode } from "../../kernel/errors.ts";
import { characters, hex, parseArn } from "../../kernel/ids.ts";
import type { ReadTransaction } from "../../storage/transaction.ts";
import { cache } from "./cache.ts";
import { decideCors, withCors } from "./cors.ts";
import { eventV1, eventV2, type RequestFacts } from "./event.ts";
import { apis, type Cors, deployed, deployments, type Integration, type Owner, owners, type Part, type Stage, stages } from "./keys.ts";
import { functionOf, withStageVariables } from "./lambda-uri.ts";
import { REQUEST_BODY_BYTES_MAX, ROUTES_PER_API_MAX, STAGES_PER_API_MAX } from "./limits.ts";
import { partsOf } from "./records.ts";
import { responseV1, responseV2 } from "./response.ts";
import { parseRouteKey } from "./route-key.ts";
import { compileRoutes, type Match, matchRoute, type RouteTable } from "./routing.ts";

/** An API as it is served; undefined members when there is no such API. */
interface Served {
  readonly owner: Owner | undefined;
  readonly disabled: boolean;
  readonly stages: ReadonlyMap<string, ServedStage>;
}

interface ServedStage {
  readonly name: string;
  readonly table: RouteTable<ServedRoute>;
  readonly cors: Cors | undefined;
  readonly variables: Readonly<Record<string, string>> | undefined;
}

interface ServedRoute {
  readonly key: string;
  /** `/users/{id}`, or `$default`. */
  readonly path: string;
  readonly integration: Integration | undefined;
  readonly functionName: string;
  readonly call: CallOptions;
}

const servedApi = cache.reader("api", async (tx, apiId): Promise<Served> => {
  const owner = await owners.get(tx, [apiId]);
  const api = owner && (await apis.get(tx, [owner.account, owner.region, apiId]));
  if (!owner || !api) return { owner: undefined, disabled: false, stages: new Map() };
  const found = await stages.scan(tx, [owner.account, owner.region, apiId], { limit: STAGES_PER_API_MAX });
  const compiled = new Map<string, ServedStage>();
  for (const { value: stage } of found) {
    const source = stage.autoDeploy
      ? { parts: await partsOf(tx, owner.account, owner.region, apiId), cors: api.cors }
      : await deployedSource(tx, owner, apiId, stage);
    if (source) compiled.set(stage.name, compileStage(owner, apiId, stage, source.parts, source.cors));
  }
  return { owner, disabled: api.disableExecuteApiEndpoint, stages: compiled };
});

async function deployedSource(tx: ReadTransaction, owner: Owner, apiId: string, stage: Stage) {
  if (stage.deploymentId === undefined) return undefined;
  const deployment = await deployments.get(tx, [owner.account, owner.region, apiId, stage.deploymentId]);
  if (!deployment) return undefined;
  const parts = await deployed.scan(tx, [owner.account, owner.region, apiId, deployment.id], { limit: ROUTES_PER_API_MAX });
  return { parts: parts.map((record) => record.value), cors: deployment.cors };
}

function compileStage(owner: Owner, apiId: string, stage: Stage, parts: readonly Part[], cors: Cors | undefined): ServedStage {
  const compiled = parts.map(({ route, integration }) => {
    const key = parseRouteKey(route.routeKey);
    const functionName = withStageVariables(functionOf(integration?.uri ?? "") ?? "", stage.variables);
    const arn = parseArn(functionName);
    const resource = key ? `${key.method === "ANY" ? "*" : key.method}${key.path}` : "$default";
    const served: ServedRoute = {
      key: route.routeKey,
      path: key?.path ?? "$default",
      integration,
      functionName,
      call: {
        service: "apigateway.amazonaws.com",
        sourceArn: `arn:aws:execute-api:${owner.region}:${owner.account}:${apiId}/${stage.name}/${resource}`,
        account: arn?.account || owner.account,
        region: arn?.region || owner.region,
      },
    };
    return { routeKey: route.routeKey, route: served };
  });
  const variables = Object.keys(stage.variables).length > 0 ? stage.variables : undefined;
  return { name: stage.name, table: compileRoutes(compiled), cors, variables };
}

const REQUEST_ID_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/** Answers `{api}.execute-api…/…`; undefined for an API that is not an HTTP API. */
export const executeApi: WebHandler = async (context, target) => {
  const known = servedApi(context.storage, target.id);
  const served = known instanceof Promise ? await known : known;
  if (!served.owner) return undefined;
  const requestId = `${characters(context.random, REQUEST_ID_ALPHABET, 15)}=`;
  const { request } = target;
  const place = served.disabled ? undefined : placeOf(served, request.path);
  if (!place) return gatewayError(requestId, 404, "Not Found");
  const cors = place.stage.cors && decideCors(place.stage.cors, request);
  if (cors?.preflight) return withRequestId(requestId, cors.preflight);
  const response = await answer(context, served.owner, target.id, place, request, requestId);
  return place.stage.cors ? withCors(response, cors) : response;
};

interface Place {
  readonly stage: ServedStage;
  /** Below the stage: what routes match. */
  readonly path: string;
  /** As the function sees it: with a named stage's name. */
  readonly eventPath: string;
}

/** A path that begins with a stage's name is that stage's; any other is the `$default` stage's. */
function placeOf(served: Served, path: string): Place | undefined {
  const slash = path.indexOf("/", 1);
  const first = path.slice(1, slash < 0 ? undefined : slash);
  const below = slash < 0 ? "/" : path.slice(slash);
  const named = served.stages.get(first === "%24default" ? "$default" : first);
  if (named) return { stage: named, path: below, eventPath: named.name === "$default" ? below : path };
  const stage = served.stages.get("$default");
  return stage && { stage, path: path === "" ? "/" : path, eventPath: path === "" ? "/" : path };
}

async function answer(
  context: Context,
  owner: Owner,
  apiId: string,
  place: Place,
  request: WebRequest,
  requestId: string,
): Promise<WebResponse> {
  if (request.body.length > REQUEST_BODY_BYTES_MAX) return gatewayError(requestId, 413, "Request Entity Too Large");
  const match = matchRoute(place.stage.table, request.method, place.path);
  if (!match) return gatewayError(requestId, 404, "Not Found");
  const { integration, functionName, call } = match.route;
  if (!integration || functionName === "") return internalError(requestId);
  const event = eventOf(context, owner, apiId, place, match, integration, request, requestId);
  const invocation = context.call("lambda", "Invoke", { FunctionName: functionName, Payload: Buffer.from(JSON.stringify(event)) }, call);
  try {
    const result = await within(context, invocation, integration.timeoutInMillis);
    if (result === undefined) return gatewayError(requestId, 503, "Service Unavailable");
    if (result.FunctionError !== undefined) return internalError(requestId);
    const payload = result.Payload ?? new Uint8Array();
    const response = integration.payloadFormatVersion === "2.0" ? responseV2(payload) : responseV1(payload);
    if (response) return withRequestId(requestId, response);
    context.logger.log("warn", "The function's answer is not a valid response", {
      api: apiId,
      route: match.route.key,
      function: functionName,
    });
    return internalError(requestId);
  } catch (error) {
    if (hasCode(error, "RequestTooLargeException")) return gatewayError(requestId, 413, "Request Entity Too Large");
    context.logger.log("warn", "The integration of an HTTP API failed", {
      api: apiId,
      route: match.route.key,
      function: functionName,
      error,
    });
    return hasCode(error, "TooManyRequestsException") ? gatewayError(requestId, 503, "Service Unavailable") : internalError(requestId);
  }
}

function eventOf(
  context: Context,
  owner: Owner,
  apiId: string,
  { stage, eventPath }: Place,
  { route, parameters }: Match<ServedRoute>,
  integration: Integration,
  request: WebRequest,
  requestId: string,
): Record<string, unknown> {
  const nowMs = context.clock.now();
  const facts: RequestFacts = {
    account: owner.account,
    apiId,
    stage: stage.name,
    stageVariables: stage.variables,
    routeKey: route.key,
    pathParameters: parameters,
    path: eventPath,
    requestId,
    traceId: `Root=1-${Math.floor(nowMs / 1000).toString(16)}-${hex(context.random, 24)}`,
    nowMs,
    ...originOf(context.clientOrigin),
  };
  return integration.payloadFormatVersion === "2.0" ? eventV2(request, facts) : eventV1(request, facts, route.path);
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

function withRequestId(requestId: string, response: WebResponse): WebResponse {
  return { ...response, headers: [...response.headers, ["apigw-requestid", requestId]] };
}

function internalError(requestId: string): WebResponse {
  return gatewayError(requestId, 500, "Internal Server Error");
}

/** An answer of the gateway's own. */
function gatewayError(requestId: string, status: number, message: string): WebResponse {
  return {
    status,
    headers: [
      ["content-type", "application/json"],
      ["apigw-requestid", requestId],
    ],
    body: JSON.stringify({ message }),
  };
}

function originOf(clientOrigin: string): { readonly forwardedProto: string; readonly forwardedPort: string } {
  const found = /^(https?):\/\/.*?(?::(\d+))?$/.exec(clientOrigin);
  const forwardedProto = found?.[1] ?? "http";
  return { forwardedProto, forwardedPort: found?.[2] ?? (forwardedProto === "https" ? "443" : "80") };
}
