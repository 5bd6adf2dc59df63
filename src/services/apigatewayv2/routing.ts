// Which route of an HTTP API a request meets, as "Routing API requests" in the API Gateway Developer Guide orders it: a full
// match of path and method, then a greedy one, then $default. Pure: compiled once per stage, then matched per request.
import { parseRouteKey } from "./route-key.ts";

interface Branch<T> {
  readonly literals: Map<string, Branch<T>>;
  /** Names differ between routes that share the branch: each ending keeps its own. */
  parameter?: Branch<T>;
  /** By method. */
  readonly ends: Map<string, Ending<T>>;
  readonly greedy: Map<string, Ending<T>>;
}

interface Ending<T> {
  readonly route: T;
  /** The names of the path variables, in order; the greedy one is the last. */
  readonly names: readonly string[];
}

export interface RouteTable<T> {
  readonly root: Branch<T>;
  readonly fallback: T | undefined;
}

export interface Match<T> {
  readonly route: T;
  /** Decoded. Undefined when the route has no path variables. */
  readonly parameters: Readonly<Record<string, string>> | undefined;
}

const newBranch = <T>(): Branch<T> => ({ literals: new Map(), ends: new Map(), greedy: new Map() });

export function compileRoutes<T>(routes: readonly { readonly routeKey: string; readonly route: T }[]): RouteTable<T> {
  const root = newBranch<T>();
  let fallback: T | undefined;
  for (const { routeKey, route } of routes) {
    const key = parseRouteKey(routeKey);
    if (key) plant(root, key.method, key.path, route);
    else fallback = route;
  }
  return { root, fallback };
}

function plant<T>(root: Branch<T>, method: string, path: string, route: T): void {
  const names: string[] = [];
  let branch = root;
  for (const part of segmentsOf(path)) {
    const variable = /^\{(.+?)(\+?)\}$/.exec(part);
    if (variable) names.push(variable[1] ?? "");
    if (variable?.[2] === "+") {
      branch.greedy.set(method, { route, names });
      return;
    }
    if (variable) {
      branch.parameter ??= newBranch<T>();
      branch = branch.parameter;
    } else {
      let next = branch.literals.get(part);
      if (!next) {
        next = newBranch<T>();
        branch.literals.set(part, next);
      }
      branch = next;
    }
  }
  branch.ends.set(method, { route, names });
}

/** `path` is without the stage, as it was sent. A trailing slash makes another path. */
export function matchRoute<T>(table: RouteTable<T>, method: string, path: string): Match<T> | undefined {
  const segments = segmentsOf(path).map(decodeSegment);
  const values: string[] = [];
  const found = full(table.root, method, segments, 0, values) ?? greedy(table.root, method, segments, 0, values);
  if (!found) return table.fallback === undefined ? undefined : { route: table.fallback, parameters: undefined };
  if (found.names.length === 0) return { route: found.route, parameters: undefined };
  return { route: found.route, parameters: Object.fromEntries(found.names.map((name, i) => [name, values[i] ?? ""])) };
}

/** The most specific route without greedy variables. `values` holds the variables on the way, in order. */
function full<T>(branch: Branch<T>, method: string, segments: readonly string[], at: number, values: string[]): Ending<T> | undefined {
  const segment = segments[at];
  if (segment === undefined) return branch.ends.get(method) ?? branch.ends.get("ANY");
  const literal = branch.literals.get(segment);
  const exact = literal && full(literal, method, segments, at + 1, values);
  if (exact || !branch.parameter || segment === "") return exact;
  values.push(segment);
  const found = full(branch.parameter, method, segments, at + 1, values);
  if (!found) values.pop();
  return found;
}

/** The route with a greedy variable whose path before it is the longest and most specific. */
function greedy<T>(branch: Branch<T>, method: string, segments: readonly string[], at: number, values: string[]): Ending<T> | undefined {
  const segment = segments[at];
  if (segment === undefined) return undefined;
  const literal = branch.literals.get(segment);
  const exact = literal && greedy(literal, method, segments, at + 1, values);
  if (exact) return exact;
  if (branch.parameter && segment !== "") {
    values.push(segment);
    const found = greedy(branch.parameter, method, segments, at + 1, values);
    if (found) return found;
    values.pop();
  }
  const rest = segments.slice(at).join("/");
  const found = rest === "" ? undefined : (branch.greedy.get(method) ?? branch.greedy.get("ANY"));
  if (found) values.push(rest);
  return found;
}

/** `/` has no segments; `/a/` has two, the second one empty. */
function segmentsOf(path: string): string[] {
  return path === "/" || path === "" ? [] : path.slice(1).split("/");
}

export function decodeSegment(segment: string): string {
  if (!segment.includes("%")) return segment;
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
