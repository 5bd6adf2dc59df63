// CORS as HTTP APIs do it: preflights are answered by the gateway, and its headers take the place of the integration's. Pure.
import type { WebRequest, WebResponse } from "../../contract/web.ts";
import { badRequest } from "./errors.ts";
import type { Cors } from "./keys.ts";

type Headers = readonly (readonly [name: string, value: string])[];

/** What CORS has to say of one request; undefined when it is no CORS request. */
interface CorsDecision {
  /** For the answer to the request itself. Empty when the origin is not allowed. */
  readonly headers: Headers;
  /** Set when the request is a preflight. */
  readonly preflight: WebResponse | undefined;
}

export function decideCors(cors: Cors, request: WebRequest): CorsDecision | undefined {
  const origin = request.headers["origin"];
  if (origin === undefined) return undefined;
  const allowed = allowedOrigin(cors, origin);
  const credentials: Headers = cors.allowCredentials ? [["access-control-allow-credentials", "true"]] : [];
  const common: Headers = allowed === undefined ? [] : [["access-control-allow-origin", allowed], ...credentials];
  if (request.method === "OPTIONS" && request.headers["access-control-request-method"] !== undefined) {
    const headers = allowed === undefined ? [] : [...common, ...preflightHeaders(cors)];
    return { headers: common, preflight: { status: 204, headers, body: "" } };
  }
  const exposed: Headers =
    allowed !== undefined && cors.exposeHeaders?.length ? [["access-control-expose-headers", cors.exposeHeaders.join(",")]] : [];
  return { headers: [...common, ...exposed], preflight: undefined };
}

/** The integration's answer with the gateway's CORS headers in the place of its own. */
export function withCors(response: WebResponse, decision: CorsDecision | undefined): WebResponse {
  const own = response.headers.filter(([name]) => !name.toLowerCase().startsWith("access-control-"));
  return { ...response, headers: decision ? [...own, ...decision.headers] : own };
}

function allowedOrigin(cors: Cors, origin: string): string | undefined {
  const origins = cors.allowOrigins ?? [];
  if (origins.includes("*")) return "*";
  const lower = origin.toLowerCase();
  const found = origins.some((allowed) => {
    const wanted = allowed.toLowerCase();
    return wanted === lower || (wanted.endsWith("://*") && lower.startsWith(wanted.slice(0, -1)));
  });
  return found ? origin : undefined;
}

function preflightHeaders(cors: Cors): Headers {
  const headers: [string, string][] = [];
  if (cors.allowMethods?.length) headers.push(["access-control-allow-methods", cors.allowMethods.join(",")]);
  if (cors.allowHeaders?.length) headers.push(["access-control-allow-headers", cors.allowHeaders.join(",")]);
  if (cors.maxAge !== undefined && cors.maxAge > 0) headers.push(["access-control-max-age", String(cors.maxAge)]);
  return headers;
}

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "*"];

/** The configuration itself, when it is allowed. */
export function checkCors(cors: Cors): Cors {
  if (cors.allowCredentials && cors.allowOrigins?.includes("*")) {
    throw badRequest("Invalid CORS configuration: allowOrigins cannot be '*' when allowCredentials is true.");
  }
  for (const method of cors.allowMethods ?? []) {
    if (!METHODS.includes(method))
      throw badRequest(`Invalid CORS configuration: ${method} is not a valid method. Must be one of: [${METHODS.join(", ")}]`);
  }
  for (const origin of cors.allowOrigins ?? []) {
    if (origin !== "*" && !/^[a-z][a-z0-9+.-]*:\/\/[^/\s]+$/i.test(origin)) {
      throw badRequest(
        `Invalid CORS configuration: ${origin} is an invalid origin. It must be '*' or begin with a scheme such as https://, without a path.`,
      );
    }
  }
  return cors;
}
