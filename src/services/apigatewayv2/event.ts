// The events that an HTTP API's Lambda integration hands to a function, in payload formats 2.0 and 1.0, member for member as
// "Create AWS Lambda proxy integrations for HTTP APIs" in the API Gateway Developer Guide has them. Pure.
import type { WebRequest } from "../../contract/web.ts";
import { decodeSegment } from "./routing.ts";

/** What is known of one request besides what the client sent. */
export interface RequestFacts {
  readonly account: string;
  readonly apiId: string;
  readonly stage: string;
  readonly stageVariables: Readonly<Record<string, string>> | undefined;
  readonly routeKey: string;
  readonly pathParameters: Readonly<Record<string, string>> | undefined;
  /** As sent: a named stage's name is part of it, `$default` is not. */
  readonly path: string;
  readonly requestId: string;
  readonly traceId: string;
  readonly nowMs: number;
  /** Where the client reached us: `http` and `4566`. */
  readonly forwardedProto: string;
  readonly forwardedPort: string;
}

// Maps that clients name the keys of have no prototype: a header may well be called `constructor`.

/** Headers of the connection, not of the request. */
const NOT_PASSED = new Set(["connection", "keep-alive", "transfer-encoding", "te", "upgrade", "expect", "proxy-connection"]);

export function eventV2(request: WebRequest, facts: RequestFacts): Record<string, unknown> {
  const domainName = domainNameOf(request.host, facts.apiId);
  const path = decodePath(facts.path);
  const cookie = request.headers["cookie"];
  const query = request.query === "" ? undefined : joinedQuery(request.query);
  const { body, isBase64Encoded } = bodyOf(request);
  return {
    version: "2.0",
    routeKey: facts.routeKey,
    rawPath: path,
    rawQueryString: request.query,
    ...(cookie !== undefined && { cookies: cookie.split(/;\s*/) }),
    headers: headersV2(request, facts),
    ...(query && { queryStringParameters: query }),
    requestContext: {
      accountId: facts.account,
      apiId: facts.apiId,
      domainName,
      domainPrefix: domainName.split(".", 1)[0] ?? facts.apiId,
      http: {
        method: request.method,
        path,
        protocol: request.protocol,
        sourceIp: request.sourceIp,
        userAgent: request.headers["user-agent"] ?? "",
      },
      requestId: facts.requestId,
      routeKey: facts.routeKey,
      stage: facts.stage,
      time: formatRequestTime(facts.nowMs),
      timeEpoch: facts.nowMs,
    },
    ...(facts.pathParameters && { pathParameters: facts.pathParameters }),
    ...(facts.stageVariables && { stageVariables: facts.stageVariables }),
    ...(body !== undefined && { body }),
    isBase64Encoded,
  };
}

export function eventV1(request: WebRequest, facts: RequestFacts, resourcePath: string): Record<string, unknown> {
  const domainName = domainNameOf(request.host, facts.apiId);
  const path = decodePath(facts.path);
  const query = request.query === "" ? undefined : queryOf(request.query);
  const headers = headersV1(request, facts);
  const { body, isBase64Encoded } = bodyOf(request);
  return {
    version: "1.0",
    resource: resourcePath,
    path,
    httpMethod: request.method,
    headers: lastOf(headers),
    multiValueHeaders: headers,
    queryStringParameters: query ? lastOf(query) : null,
    multiValueQueryStringParameters: query ?? null,
    requestContext: {
      accountId: facts.account,
      apiId: facts.apiId,
      domainName,
      domainPrefix: domainName.split(".", 1)[0] ?? facts.apiId,
      extendedRequestId: facts.requestId,
      httpMethod: request.method,
      identity: {
        accessKey: null,
        accountId: null,
        caller: null,
        cognitoAmr: null,
        cognitoAuthenticationProvider: null,
        cognitoAuthenticationType: null,
        cognitoIdentityId: null,
        cognitoIdentityPoolId: null,
        principalOrgId: null,
        sourceIp: request.sourceIp,
        user: null,
        userAgent: request.headers["user-agent"] ?? "",
        userArn: null,
      },
      path,
      protocol: request.protocol,
      requestId: facts.requestId,
      requestTime: formatRequestTime(facts.nowMs),
      requestTimeEpoch: facts.nowMs,
      resourceId: facts.routeKey,
      resourcePath,
      stage: facts.stage,
    },
    pathParameters: facts.pathParameters ?? null,
    stageVariables: facts.stageVariables ?? null,
    body: body ?? null,
    isBase64Encoded,
  };
}

/** The host that the client named when it names the API, without port; else the one that would. */
function domainNameOf(host: string, apiId: string): string {
  const name = host.replace(/:\d+$/, "");
  return name.startsWith(`${apiId}.`) ? name : `${apiId}.execute-api.localhost`;
}

/** HTTP APIs hand the path over decoded, in `rawPath` too. */
function decodePath(path: string): string {
  return path.includes("%") ? path.split("/").map(decodeSegment).join("/") : path;
}

/** Lower case; several values of one header joined with a comma; cookies are a member of their own. */
function headersV2(request: WebRequest, facts: RequestFacts): Record<string, string> {
  const headers: Record<string, string> = Object.create(null);
  for (const [name, value] of request.rawHeaders) {
    const lower = name.toLowerCase();
    if (NOT_PASSED.has(lower) || lower === "cookie") continue;
    const known = headers[lower];
    headers[lower] = known === undefined ? value : `${known},${value}`;
  }
  const forwardedFor = headers["x-forwarded-for"];
  headers["x-amzn-trace-id"] ??= facts.traceId;
  headers["x-forwarded-for"] = forwardedFor === undefined ? request.sourceIp : `${forwardedFor}, ${request.sourceIp}`;
  headers["x-forwarded-port"] = facts.forwardedPort;
  headers["x-forwarded-proto"] = facts.forwardedProto;
  return headers;
}

function headersV1(request: WebRequest, facts: RequestFacts): Record<string, string[]> {
  const headers: Record<string, string[]> = Object.create(null);
  const sent: Record<string, string> = {};
  for (const [name, value] of request.rawHeaders) {
    const lower = name.toLowerCase();
    if (NOT_PASSED.has(lower)) continue;
    const own = FORWARDED[lower];
    if (own !== undefined) sent[own] = value;
    else {
      const key = lower === "host" ? "Host" : lower === "user-agent" ? "User-Agent" : lower === "content-length" ? "Content-Length" : name;
      const known = headers[key];
      if (known) known.push(value);
      else headers[key] = [value];
    }
  }
  const forwardedFor = sent["X-Forwarded-For"];
  headers["X-Amzn-Trace-Id"] = [sent["X-Amzn-Trace-Id"] ?? facts.traceId];
  headers["X-Forwarded-For"] = [forwardedFor === undefined ? request.sourceIp : `${forwardedFor}, ${request.sourceIp}`];
  headers["X-Forwarded-Port"] = [facts.forwardedPort];
  headers["X-Forwarded-Proto"] = [facts.forwardedProto];
  return headers;
}

const FORWARDED: Readonly<Record<string, string>> = {
  "x-amzn-trace-id": "X-Amzn-Trace-Id",
  "x-forwarded-for": "X-Forwarded-For",
  "x-forwarded-port": "X-Forwarded-Port",
  "x-forwarded-proto": "X-Forwarded-Proto",
};

function lastOf(values: Readonly<Record<string, readonly string[]>>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, list]) => [name, list.at(-1) ?? ""]));
}

function queryOf(query: string): Record<string, string[]> | undefined {
  const values: Record<string, string[]> = Object.create(null);
  for (const pair of query.split("&")) {
    if (pair === "") continue;
    const equals = pair.indexOf("=");
    const name = decodeQuery(equals < 0 ? pair : pair.slice(0, equals));
    const value = equals < 0 ? "" : decodeQuery(pair.slice(equals + 1));
    const known = values[name];
    if (known) known.push(value);
    else values[name] = [value];
  }
  return Object.keys(values).length > 0 ? values : undefined;
}

/** Several values of one parameter are joined with a comma. */
function joinedQuery(query: string): Record<string, string> | undefined {
  const values = queryOf(query);
  return values && Object.fromEntries(Object.entries(values).map(([name, list]) => [name, list.join(",")]));
}

function decodeQuery(text: string): string {
  return decodeSegment(text.replaceAll("+", " "));
}

/** Text as it is, anything else in Base64; a body whose type is not said is text when it is valid UTF-8. */
function bodyOf(request: WebRequest): { readonly body: string | undefined; readonly isBase64Encoded: boolean } {
  if (request.body.length === 0) return { body: undefined, isBase64Encoded: false };
  const bytes = Buffer.from(request.body.buffer, request.body.byteOffset, request.body.byteLength);
  const type = request.headers["content-type"];
  const text = type === undefined ? isUtf8Text(bytes) : isTextType(type);
  return { body: bytes.toString(text ? "utf8" : "base64"), isBase64Encoded: !text };
}

function isUtf8Text(bytes: Buffer): boolean {
  return Buffer.from(bytes.toString("utf8")).equals(bytes);
}

/** Media types that HTTP APIs pass as text. `application/x-www-form-urlencoded` is not one of them. */
export function isTextType(contentType: string): boolean {
  const type = (contentType.split(";", 1)[0] ?? "").trim().toLowerCase();
  if (type.startsWith("text/") || type.endsWith("+json") || type.endsWith("+xml")) return true;
  return type === "application/json" || type === "application/xml" || type === "application/javascript";
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** `10/Oct/2026:13:55:36 +0000` */
function formatRequestTime(ms: number): string {
  const iso = new Date(ms).toISOString();
  const month = MONTHS[Number(iso.slice(5, 7)) - 1] ?? "";
  return `${iso.slice(8, 10)}/${month}/${iso.slice(0, 4)}:${iso.slice(11, 19)} +0000`;
}
