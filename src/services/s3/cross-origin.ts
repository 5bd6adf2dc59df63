// A bucket's CORS rules at work: which requests of a browser are allowed, and with which headers of the answer.
import type { Context } from "../../contract/context.ts";
import type { CrossOrigin, CrossOriginRequest } from "../../contract/cross-origin.ts";
import { type CorsRules, corsRules } from "./bucket-documents.ts";
import { corsForbidden } from "./errors.ts";
import { buckets } from "./keys.ts";

/** Who asks does not matter: a preflight is not signed. */
export const crossOrigin: CrossOrigin = {
  preflight: async (context, request) => {
    const found = await rulesOf(context, request.bucket);
    if (found === "no bucket") throw corsForbidden("Bucket not found", request.method, request.hasKey);
    if (!found) throw corsForbidden("CORS is not enabled for this bucket.", request.method, request.hasKey);
    const headers = grantedHeaders(found, request);
    if (!headers) {
      throw corsForbidden(
        "This CORS request is not allowed. This is usually because the evalution of Origin, request method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's CORS spec.",
        request.method,
        request.hasKey,
      );
    }
    return headers;
  },
  answer: async (context, request) => {
    const found = await rulesOf(context, request.bucket);
    return found === undefined || found === "no bucket" ? undefined : grantedHeaders(found, request);
  },
};

function rulesOf(context: Context, name: string): Promise<CorsRules | "no bucket" | undefined> {
  return context.storage.snapshot(async (tx) => {
    const bucket = await buckets.get(tx, [name]);
    return bucket ? corsRules.get(tx, bucket.id) : "no bucket";
  });
}

/** What the first rule that matches gives; undefined when none does. */
export function grantedHeaders(
  rules: CorsRules,
  request: Omit<CrossOriginRequest, "bucket" | "hasKey">,
): Record<string, string> | undefined {
  for (const rule of rules) {
    if (!rule.AllowedMethods.includes(request.method)) continue;
    const origin = rule.AllowedOrigins.find((pattern) => matches(pattern, request.origin));
    if (origin === undefined) continue;
    const allowed = (rule.AllowedHeaders ?? []).map((pattern) => pattern.toLowerCase());
    if (!request.headers.every((header) => allowed.some((pattern) => matches(pattern, header)))) continue;
    return {
      "access-control-allow-origin": origin === "*" ? "*" : request.origin,
      "access-control-allow-methods": rule.AllowedMethods.join(", "),
      ...(request.headers.length > 0 && { "access-control-allow-headers": request.headers.join(", ") }),
      ...(rule.ExposeHeaders && rule.ExposeHeaders.length > 0 && { "access-control-expose-headers": rule.ExposeHeaders.join(", ") }),
      ...(rule.MaxAgeSeconds !== undefined && { "access-control-max-age": String(rule.MaxAgeSeconds) }),
      // Credentials are for origins that are named, as browsers demand.
      ...(origin !== "*" && { "access-control-allow-credentials": "true" }),
      vary: "Origin, Access-Control-Request-Headers, Access-Control-Request-Method",
    };
  }
  return undefined;
}

/** A pattern may hold one `*`, for any text. */
function matches(pattern: string, text: string): boolean {
  const star = pattern.indexOf("*");
  if (star < 0) return pattern === text;
  const [before, after] = [pattern.slice(0, star), pattern.slice(star + 1)];
  return text.length >= before.length + after.length && text.startsWith(before) && text.endsWith(after);
}
