// Requests that are not AWS API calls: a deployed API's own endpoints, recognised by host or path.
import type { HttpRequest } from "../contract/http.ts";
import type { WebRequest, WebTarget } from "../contract/web.ts";

/** Where a request goes, before its body is read. */
export interface WebRoute {
  readonly kind: string;
  readonly id: string;
  /** Still encoded; begins with the stage's name. */
  readonly path: string;
  /** From the host, where it names one. */
  readonly region: string | undefined;
}

const HOST = /^([a-z0-9-]+)\.(execute-api|lambda-url)\.(?:([a-z]{2}(?:-[a-z]+)+-\d)\.)?[a-z0-9.-]+$/i;
/** An id that is missing is as unknown as any other: such a path is no bucket's. */
const PATH = /^\/_aws\/(execute-api|lambda-url)(?:\/([^/]*)(\/.*)?)?$/;
/** LocalStack's form of the same. */
const USER_REQUEST = /^\/restapis\/([^/]+)\/([^/]+)\/_user_request_(\/.*)?$/;

export function webRouteOf(request: HttpRequest): WebRoute | undefined {
  const { path } = request;
  const host = request.headers["host"] ?? "";
  if (host.includes(".execute-api.") || host.includes(".lambda-url.")) {
    const match = HOST.exec(host.replace(/:\d+$/, ""));
    if (match) return { kind: (match[2] ?? "").toLowerCase(), id: match[1] ?? "", path, region: match[3] };
  }
  if (path.startsWith("/_aws/")) {
    const match = PATH.exec(path);
    if (match) return { kind: match[1] ?? "", id: match[2] ?? "", path: match[3] ?? "/", region: undefined };
  }
  if (path.startsWith("/restapis/")) {
    const match = USER_REQUEST.exec(path);
    if (match) return { kind: "execute-api", id: match[1] ?? "", path: `/${match[2]}${match[3] ?? "/"}`, region: undefined };
  }
  return undefined;
}

export function webTarget(route: WebRoute, request: HttpRequest, body: Uint8Array): WebTarget {
  const webRequest: WebRequest = {
    method: request.method,
    path: route.path,
    query: request.query,
    headers: request.headers,
    rawHeaders: request.rawHeaders,
    body,
    host: request.headers["host"] ?? "",
    sourceIp: request.sourceIp,
    protocol: request.protocol,
  };
  return { kind: route.kind, id: route.id, request: webRequest };
}
