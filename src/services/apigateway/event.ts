// The event that a REST API's Lambda proxy integration hands to a function (payload format 1.0), member for member as
// "Input format of a Lambda function for proxy integration" in the API Gateway Developer Guide has it. Pure.
import type { WebRequest } from "../../contract/web.ts";
import { isBinary } from "./media-type.ts";

/** What is known of one request besides what the client sent. */
export interface RequestFacts {
  readonly account: string;
  readonly apiId: string;
  readonly stage: string;
  readonly deploymentId: string;
  readonly stageVariables: Readonly<Record<string, string>>;
  readonly binaryMediaTypes: readonly string[];
  /** Of the resource that was met, `/users/{id}`. */
  readonly resourceId: string;
  readonly resourcePath: string;
  readonly pathParameters: Readonly<Record<string, string>>;
  /** As sent, without the stage. */
  readonly path: string;
  readonly requestId: string;
  readonly extendedRequestId: string;
  readonly traceId: string;
  readonly nowMs: number;
  /** Where the client reached us: `http` and `4566`. */
  readonly forwardedProto: string;
  readonly forwardedPort: string;
}

// Maps that clients name the keys of have no prototype: a header may well be called `constructor`.

/** Headers of the connection, not of the request; and the length, which REST APIs do not pass on. */
const NOT_PASSED = new Set([
  "connection",
  "keep-alive",
  "transfer-encoding",
  "te",
  "upgrade",
  "expect",
  "content-length",
  "proxy-connection",
]);

export function proxyEvent(request: WebRequest, facts: RequestFacts): Record<string, unknown> {
  const { headers, multiValueHeaders } = headersOf(request, facts);
  const query = queryOf(request.query);
  const binary = request.body.length > 0 && isBinary(facts.binaryMediaTypes, request.headers["content-type"]);
  const body = request.body.length === 0 ? null : bytesOf(request.body).toString(binary ? "base64" : "utf8");
  return {
    resource: facts.resourcePath,
    path: facts.path,
    httpMethod: request.method,
    headers,
    multiValueHeaders,
    queryStringParameters: query && Object.fromEntries(Object.entries(query).map(([name, values]) => [name, values.at(-1) ?? ""])),
    multiValueQueryStringParameters: query,
    pathParameters: orNull(facts.pathParameters),
    stageVariables: orNull(facts.stageVariables),
    requestContext: requestContext(request, facts),
    body,
    isBase64Encoded: binary,
  };
}

function requestContext(request: WebRequest, facts: RequestFacts): Record<string, unknown> {
  const domainName = domainNameOf(request.host, facts.apiId);
  return {
    resourceId: facts.resourceId,
    resourcePath: facts.resourcePath,
    httpMethod: request.method,
    extendedRequestId: facts.extendedRequestId,
    requestTime: formatRequestTime(facts.nowMs),
    path: `/${facts.stage}${facts.path}`,
    accountId: facts.account,
    protocol: request.protocol,
    stage: facts.stage,
    domainPrefix: domainName.split(".", 1)[0] ?? facts.apiId,
    requestTimeEpoch: facts.nowMs,
    requestId: facts.requestId,
    identity: {
      cognitoIdentityPoolId: null,
      accountId: null,
      cognitoIdentityId: null,
      caller: null,
      sourceIp: request.sourceIp,
      principalOrgId: null,
      accessKey: null,
      cognitoAuthenticationType: null,
      cognitoAuthenticationProvider: null,
      userArn: null,
      userAgent: request.headers["user-agent"] ?? null,
      user: null,
    },
    domainName,
    deploymentId: facts.deploymentId,
    apiId: facts.apiId,
  };
}

/** The host that the client named when it names the API, without port; else the one that would. */
export function domainNameOf(host: string, apiId: string): string {
  const name = host.replace(/:\d+$/, "");
  return name.startsWith(`${apiId}.`) ? name : `${apiId}.execute-api.localhost`;
}

function headersOf(request: WebRequest, facts: RequestFacts) {
  const multiValueHeaders: Record<string, string[]> = Object.create(null);
  let forwardedFor = request.sourceIp;
  let traced = false;
  for (const [name, value] of request.rawHeaders) {
    const lower = name.toLowerCase();
    if (NOT_PASSED.has(lower) || lower === "x-forwarded-port" || lower === "x-forwarded-proto") continue;
    if (lower === "x-forwarded-for") {
      forwardedFor = `${value}, ${forwardedFor}`;
      continue;
    }
    if (lower === "x-amzn-trace-id") traced = true;
    const key = lower === "host" ? "Host" : name;
    const known = multiValueHeaders[key];
    if (known) known.push(value);
    else multiValueHeaders[key] = [value];
  }
  if (!traced) multiValueHeaders["X-Amzn-Trace-Id"] = [facts.traceId];
  multiValueHeaders["X-Forwarded-For"] = [forwardedFor];
  multiValueHeaders["X-Forwarded-Port"] = [facts.forwardedPort];
  multiValueHeaders["X-Forwarded-Proto"] = [facts.forwardedProto];
  const headers: Record<string, string> = Object.create(null);
  for (const name in multiValueHeaders) headers[name] = multiValueHeaders[name]?.at(-1) ?? "";
  return { headers, multiValueHeaders };
}

/** Parameters with their values, decoded; null when there are none. */
export function queryOf(query: string): Record<string, string[]> | null {
  if (query === "") return null;
  const values: Record<string, string[]> = Object.create(null);
  for (const pair of query.split("&")) {
    if (pair === "") continue;
    const equals = pair.indexOf("=");
    const name = decode(equals < 0 ? pair : pair.slice(0, equals));
    const value = equals < 0 ? "" : decode(pair.slice(equals + 1));
    const known = values[name];
    if (known) known.push(value);
    else values[name] = [value];
  }
  return Object.keys(values).length > 0 ? values : null;
}

function decode(text: string): string {
  const spaced = text.replaceAll("+", " ");
  try {
    return decodeURIComponent(spaced);
  } catch {
    return spaced;
  }
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** `10/Oct/2026:13:55:36 +0000` */
export function formatRequestTime(ms: number): string {
  const iso = new Date(ms).toISOString();
  const month = MONTHS[Number(iso.slice(5, 7)) - 1] ?? "";
  return `${iso.slice(8, 10)}/${month}/${iso.slice(0, 4)}:${iso.slice(11, 19)} +0000`;
}

function orNull(map: Readonly<Record<string, string>>): Readonly<Record<string, string>> | null {
  return Object.keys(map).length > 0 ? map : null;
}

function bytesOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
