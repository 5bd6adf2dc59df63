// Route keys of HTTP APIs: `GET /pets/{id}`, `ANY /{proxy+}`, `$default`. Pure.
import { badRequest } from "./errors.ts";

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "ANY"];

export interface RouteKey {
  readonly method: string;
  readonly path: string;
}

/** Undefined for `$default`; throws when it is no route key. */
export function parseRouteKey(key: string): RouteKey | undefined {
  if (key === "$default") return undefined;
  const found = /^([A-Z]+) (\/\S*)$/.exec(key);
  const method = found?.[1] ?? "";
  const path = found?.[2] ?? "";
  if (!found || !METHODS.includes(method)) {
    throw badRequest(
      'The provided route key is not formatted properly for HTTP protocol. Format should be "<HTTP METHOD> /<RESOURCE PATH>" or "$default"',
    );
  }
  const names = new Set<string>();
  const segments = path.slice(1).split("/");
  for (const [index, segment] of segments.entries()) {
    const variable = /^\{([^{}/]+)\}$/.exec(segment)?.[1];
    if (variable === undefined) {
      if (/[{}]/.test(segment)) throw badRequest(`Invalid route key ${key}: a path variable must be a whole path segment.`);
      continue;
    }
    const greedy = variable.endsWith("+");
    const name = greedy ? variable.slice(0, -1) : variable;
    if (greedy && index < segments.length - 1)
      throw badRequest(`Invalid route key ${key}: a greedy path variable must be the last path segment.`);
    if (!/^[A-Za-z0-9._-]+$/.test(name)) throw badRequest(`Invalid route key ${key}: the path variable ${name} is not valid.`);
    if (names.has(name)) throw badRequest(`Invalid route key ${key}: the path variable ${name} occurs twice.`);
    names.add(name);
  }
  return { method, path };
}
