// From method and URI to a REST operation, by the models' URI templates. What tells two operations of one template apart
// (query parameters and headers that they require) comes from their input shapes.
import type { Incoming } from "./incoming.ts";
import type { OperationSchema, ServiceSchema } from "./schema.ts";

type Segment =
  | { readonly kind: "literal"; readonly text: string }
  | { readonly kind: "label"; readonly name: string }
  | { readonly kind: "greedy"; readonly name: string };

interface Route {
  readonly operation: OperationSchema;
  readonly segments: readonly Segment[];
  readonly greedy: boolean;
  /** Of the template: `?list-type=2`, `?acl`. */
  readonly query: readonly (readonly [name: string, value: string | undefined])[];
  /** `x-id`, which only the JavaScript SDK sends: a hint, never required. */
  readonly hint: string | undefined;
  readonly requiredQueries: readonly string[];
  readonly requiredHeaders: readonly string[];
  /** S3: the operation is one of a bucket, or of an object in it. */
  readonly needsBucket: boolean;
  readonly score: number;
}

interface RestMatch {
  readonly operation: OperationSchema;
  readonly labels: Readonly<Record<string, string>>;
}

/** Where an S3 request points: the bucket is in the path or the host. Both as sent, still encoded. */
export interface BucketPath {
  readonly bucket: string | undefined;
  readonly key: string;
}

export class UriRouter {
  readonly #routes = new Map<string, Route[]>();

  constructor(service: ServiceSchema) {
    for (const operation of service.operations.values()) {
      const method = operation.traits.http?.[0];
      if (method === undefined) continue;
      const route = routeOf(operation);
      const known = this.#routes.get(method);
      if (known) known.push(route);
      else this.#routes.set(method, [route]);
    }
    for (const routes of this.#routes.values()) routes.sort((a, b) => b.score - a.score);
  }

  match(incoming: Incoming): RestMatch | undefined {
    const parts = incoming.http.path.split("/").slice(1);
    if (parts.at(-1) === "") parts.pop();
    const routes = this.#routes.get(incoming.http.method) ?? [];
    let incomplete: RestMatch | undefined;
    for (const route of routes) {
      if (!matchesQuery(route, incoming)) continue;
      const labels = matchSegments(route, parts);
      if (!labels) continue;
      if (hasRequired(route, incoming)) return { operation: route.operation, labels };
      // Validation will name what is missing.
      incomplete ??= { operation: route.operation, labels };
    }
    return incomplete;
  }

  /** S3: keys may hold empty segments, so the path below the bucket is one piece. */
  matchBucket(incoming: Incoming, { bucket, key }: BucketPath): RestMatch | undefined {
    const hint = incoming.http.query.includes("x-id=") ? incoming.query.get("x-id") : null;
    for (const route of this.#routes.get(incoming.http.method) ?? []) {
      if (route.needsBucket !== (bucket !== undefined) || route.greedy !== (key !== "")) continue;
      if (hint !== null && route.hint !== undefined && hint !== route.hint) continue;
      if (!matchesQuery(route, incoming) || !hasRequired(route, incoming)) continue;
      const labels: Record<string, string> = {};
      if (bucket !== undefined) labels["Bucket"] = decode(bucket);
      if (key !== "") labels["Key"] = decode(key);
      return { operation: route.operation, labels };
    }
    return undefined;
  }
}

function routeOf(operation: OperationSchema): Route {
  const [, uri = "/"] = operation.traits.http ?? [];
  const [path = "/", search = ""] = uri.split("?");
  const segments = path.split("/").filter(Boolean).map(segmentOf);
  const pairs = search === "" ? [] : search.split("&").map(pairOf);
  const query = pairs.filter(([name]) => name !== "x-id");
  const { members } = operation.input;
  const required = members.filter((member) => member.required);
  const requiredQueries = required.map((member) => member.traits.httpQuery).filter((name) => name !== undefined);
  const requiredHeaders = required.map((member) => member.traits.httpHeader?.toLowerCase()).filter((name) => name !== undefined);
  const literals = segments.filter((segment) => segment.kind === "literal").length;
  const greedy = segments.some((segment) => segment.kind === "greedy");
  return {
    operation,
    segments,
    greedy,
    query,
    hint: pairs.find(([name]) => name === "x-id")?.[1],
    requiredQueries,
    requiredHeaders,
    // S3's client schemas leave {Bucket} out of the URI: it is the label that the template does not name.
    needsBucket: members.some((member) => member.name === "Bucket" && member.traits.httpLabel === 1),
    score: literals * 1000 + (greedy ? 0 : 500) + query.length * 100 + requiredQueries.length * 10 + requiredHeaders.length,
  };
}

function segmentOf(text: string): Segment {
  if (!text.startsWith("{")) return { kind: "literal", text: decode(text) };
  return text.endsWith("+}") ? { kind: "greedy", name: text.slice(1, -2) } : { kind: "label", name: text.slice(1, -1) };
}

function pairOf(text: string): readonly [string, string | undefined] {
  const equals = text.indexOf("=");
  return equals < 0 ? [text, undefined] : [text.slice(0, equals), text.slice(equals + 1)];
}

function matchesQuery(route: Route, incoming: Incoming): boolean {
  if (route.query.length === 0) return true;
  if (incoming.http.query === "") return false;
  const { query } = incoming;
  for (const [name, value] of route.query) {
    const given = query.get(name);
    if (given === null || (value !== undefined && value !== given)) return false;
  }
  return true;
}

function hasRequired(route: Route, incoming: Incoming): boolean {
  if (route.requiredQueries.length > 0) {
    if (incoming.http.query === "") return false;
    for (const name of route.requiredQueries) if (!incoming.query.has(name)) return false;
  }
  for (const name of route.requiredHeaders) if (incoming.http.headers[name] === undefined) return false;
  return true;
}

function matchSegments(route: Route, parts: readonly string[]): Record<string, string> | undefined {
  const { segments } = route;
  if (route.greedy ? parts.length < segments.length : parts.length !== segments.length) return undefined;
  const labels: Record<string, string> = {};
  let at = 0;
  for (let i = 0; i < segments.length; i++) {
    const segment = segments[i];
    if (!segment) return undefined;
    const part = parts[at] ?? "";
    if (segment.kind === "greedy") {
      const taken = parts.length - at - (segments.length - i - 1);
      labels[segment.name] = parts
        .slice(at, at + taken)
        .map(decode)
        .join("/");
      at += taken;
      continue;
    }
    const text = decode(part);
    if (segment.kind === "literal" ? text !== segment.text : text === "") return undefined;
    if (segment.kind === "label") labels[segment.name] = text;
    at++;
  }
  return labels;
}

/** Percent-decoding that leaves alone what is not an encoding. */
export function decode(text: string): string {
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
