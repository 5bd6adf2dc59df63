// The way of a request, as one list of steps: identify, authenticate, parse, authorize, validate, run, serialize. It must
// never touch a socket, and never throws: whatever happens becomes an answer in the protocol that the request spoke.
import type { Platform, Principal } from "../contract/context.ts";
import type { HttpHandler, HttpRequest, HttpResponse } from "../contract/http.ts";
import { AwsError, messageOf } from "../kernel/errors.ts";
import { uuid } from "../kernel/ids.ts";
import { writeAnswer } from "../protocol/answer.ts";
import { WireCall } from "../protocol/call.ts";
import { credentialOf, regionOf } from "../protocol/credential.ts";
import { writeError } from "../protocol/error-answer.ts";
import { headerSafe, isHeaderName } from "../protocol/header-text.ts";
import { identify } from "../protocol/identify.ts";
import { Incoming } from "../protocol/incoming.ts";
import { readInput } from "../protocol/input.ts";
import { BODY_BYTES_MAX } from "../protocol/limits.ts";
import type { OperationSchema } from "../protocol/schema.ts";
import { validateCall } from "../protocol/validation.ts";
import { type Authentication, authenticate } from "./authenticate.ts";
import { answerPreflight, grantedHeaders, preflightOf } from "./cross-origin.ts";
import type { Dispatcher, Scope } from "./dispatch.ts";
import { localstackHealth } from "./health.ts";
import { type WebRoute, webRouteOf, webTarget } from "./web-target.ts";

/** What a request wants to do, for whoever decides whether it may. */
export interface Authorization {
  readonly principal: Principal;
  readonly region: string;
  readonly service: string;
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
}

interface GatewayOptions {
  readonly platform: Platform;
  readonly dispatcher: Dispatcher;
  /** Domains that the platform answers under; `localhost` and LocalStack's by default. */
  readonly domains?: readonly string[];
  /** Default: signatures are read, not verified. */
  readonly authentication?: Authentication;
  /** Throws the AwsError of a denial. Default: everything is allowed. */
  readonly authorize?: (request: Authorization) => void | Promise<void>;
  /** The platform's own pages by exact path, such as `/_hearth/health`. */
  readonly pages?: Readonly<Record<string, HttpHandler>>;
}

export interface Gateway {
  readonly handle: HttpHandler;
}

const DEFAULT_DOMAINS = ["localhost", "localhost.localstack.cloud"];
const DEFAULT_REGION = "us-east-1";
const DEFAULT_ACCOUNT = "000000000000";

export function createGateway(options: GatewayOptions): Gateway {
  const domains = options.domains ?? DEFAULT_DOMAINS;
  return {
    handle: async (request) => {
      const { path } = request;
      if (path.startsWith("/_hearth/") || path.startsWith("/_localstack/")) {
        return answerPage(options, request);
      }
      const route = webRouteOf(request);
      return route ? answerWeb(options, route, request) : answerCall(options, domains, request);
    },
  };
}

async function answerCall(options: GatewayOptions, domains: readonly string[], request: HttpRequest): Promise<HttpResponse> {
  const requestId = uuid(options.platform.random);
  const incoming = new Incoming(request);
  let call: WireCall | undefined;
  try {
    const preflight = preflightOf(incoming, domains);
    if (preflight) return await answerPreflight(options.dispatcher, preflight, unsignedScope(request, requestId));
    call = new WireCall(incoming, credentialOf(incoming));
    await identify(call, domains);
    const { operation } = call;
    if (!operation) throw new Error("The call was not identified.");
    const output = await perform(options, call, operation, requestId);
    const response = writeAnswer(call.protocol, operation, output, requestId);
    return request.headers["origin"] === undefined ? response : await answerBrowser(options, call, response, requestId);
  } catch (error) {
    const known = call ?? new WireCall(incoming, undefined);
    if (!(error instanceof AwsError)) logDefect(options.platform, `${known.service?.id}:${known.operation?.name}`, error);
    const response = writeError(known, error, requestId);
    return request.headers["origin"] === undefined ? response : answerBrowser(options, known, response, requestId);
  }
}

/** What a page of another origin may see of an answer is for the resource to say; when that fails, it sees nothing. */
async function answerBrowser(options: GatewayOptions, call: WireCall, response: HttpResponse, requestId: string): Promise<HttpResponse> {
  try {
    const granted = await grantedHeaders(options.dispatcher, call, unsignedScope(call.incoming.http, requestId));
    return granted ? { ...response, headers: { ...response.headers, ...granted } } : response;
  } catch (error) {
    logDefect(options.platform, "CORS", error);
    return response;
  }
}

async function perform(options: GatewayOptions, call: WireCall, operation: OperationSchema, requestId: string): Promise<unknown> {
  const { platform, dispatcher } = options;
  const service = operation.service.id;
  const { principal, verifier } = await authenticate(call, options.authentication, platform.clock.now());
  const run = await dispatcher.find(service, operation.name);
  const input = await readInput(call, operation, verifier);
  const scope = new RequestScope(call.incoming.http, principal, regionOf(call.credential), requestId);
  if (options.authorize) await options.authorize({ principal, region: scope.region, service, operation: operation.name, input });
  const checked = validateCall(operation, call.protocol, input);
  if (checked) await checked;
  return run(dispatcher.context(service, operation.name, scope), input as never);
}

/** A class, so that the signal and the address are made only for an operation that looks at them. */
class RequestScope implements Scope {
  readonly account: string;
  readonly region: string;
  readonly principal: Principal;
  readonly requestId: string;
  readonly clientOrigin: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly #request: HttpRequest;

  constructor(request: HttpRequest, principal: Principal, region: string, requestId: string) {
    this.account = principal.account;
    this.region = region;
    this.principal = principal;
    this.requestId = requestId;
    this.clientOrigin = `${request.scheme}://${request.headers["host"] ?? "localhost"}`;
    this.headers = request.headers;
    this.#request = request;
  }

  get sourceIp(): string {
    return this.#request.sourceIp;
  }

  get signal(): AbortSignal {
    return this.#request.signal;
  }
}

function unsignedScope(request: HttpRequest, requestId: string, region = DEFAULT_REGION): Scope {
  return new RequestScope(request, { account: DEFAULT_ACCOUNT }, region, requestId);
}

async function answerPage(options: GatewayOptions, request: HttpRequest): Promise<HttpResponse> {
  const page = options.pages?.[request.path];
  try {
    if (page) return await page(request);
    if (request.path === "/_localstack/health") return localstackHealth(options.dispatcher);
    return json(404, { message: `Hearth has no page ${request.path}.` });
  } catch (error) {
    logDefect(options.platform, request.path, error);
    return json(500, { message: "The page has failed." });
  }
}

async function answerWeb(options: GatewayOptions, route: WebRoute, request: HttpRequest): Promise<HttpResponse> {
  const { dispatcher, platform } = options;
  try {
    const target = webTarget(route, request, await request.body.collect(BODY_BYTES_MAX));
    const scope = unsignedScope(request, uuid(platform.random), route.region);
    for (const entry of dispatcher.entries) {
      if (entry.web && !entry.web.includes(route.kind)) continue;
      const handler = (await dispatcher.service(entry.id)).web?.[route.kind];
      const response = await handler?.(dispatcher.context(entry.id, route.kind, scope), target);
      if (response) return { status: response.status, headers: headerLines(response.headers), body: response.body };
    }
    return json(403, { message: "Forbidden" }, { "x-amzn-errortype": "ForbiddenException" });
  } catch (error) {
    if (error instanceof AwsError && error.status === 413) return json(413, { message: "Request Too Long" });
    logDefect(platform, `${route.kind} ${route.id}`, error);
    return json(500, { message: "Internal Server Error" }, { "x-amzn-errortype": "InternalServerErrorException" });
  }
}

/** What belongs to a connection, or is for the host to count, is not for a function to say. */
const HOST_HEADERS: ReadonlySet<string> = new Set([
  "connection",
  "content-length",
  "keep-alive",
  "proxy-connection",
  "transfer-encoding",
  "upgrade",
]);

/** Names that come several times become one with several values. */
function headerLines(headers: readonly (readonly [name: string, value: string])[]): Record<string, string | string[]> {
  const lines: Record<string, string | string[]> = {};
  for (const [name, text] of headers) {
    if (HOST_HEADERS.has(name.toLowerCase()) || !isHeaderName(name)) continue;
    const value = headerSafe(text);
    const known = lines[name];
    if (known === undefined) lines[name] = value;
    else if (Array.isArray(known)) known.push(value);
    else lines[name] = [known, value];
  }
  return lines;
}

function json(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): HttpResponse {
  return { status, headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(body) };
}

function logDefect(platform: Platform, what: string, error: unknown): void {
  platform.logger.log("error", `${what} failed: ${messageOf(error)}`, { error });
}
