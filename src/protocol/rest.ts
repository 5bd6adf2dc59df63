// REST bindings: which member stands in the path, the query, a header, the body; for requests in and answers out.
import { setOwn } from "./document-codec.ts";
import { serializationError } from "./errors.ts";
import { headerSafe } from "./header-text.ts";
import type { Incoming } from "./incoming.ts";
import { formatScalar, parseScalar } from "./scalar.ts";
import type { Member, OperationSchema, Shape, TimestampFormat } from "./schema.ts";

interface Bound {
  readonly member: Member;
  /** The name on the wire: of the query parameter, the header (lower case), or the prefix. */
  readonly wire: string;
}

/** A structure's members by place. */
export interface RestPlan {
  readonly labels: readonly Bound[];
  readonly queries: readonly Bound[];
  readonly queryMap: Member | undefined;
  readonly headers: readonly Bound[];
  readonly prefixes: readonly Bound[];
  readonly payload: Member | undefined;
  readonly status: Member | undefined;
  readonly body: readonly Member[];
}

const inputPlans = new Map<Shape, RestPlan>();
const outputPlans = new Map<Shape, RestPlan>();

export function inputPlan(shape: Shape): RestPlan {
  return cached(inputPlans, shape, planInput);
}

/** Labels and queries mean nothing on outputs, though API Gateway's models have them there. */
export function outputPlan(shape: Shape): RestPlan {
  return cached(outputPlans, shape, planOutput);
}

function cached(plans: Map<Shape, RestPlan>, shape: Shape, plan: (shape: Shape) => RestPlan): RestPlan {
  let known = plans.get(shape);
  if (!known) {
    known = plan(shape);
    plans.set(shape, known);
  }
  return known;
}

function planInput(shape: Shape): RestPlan {
  const inBody: Member[] = [];
  const labels: Bound[] = [];
  const queries: Bound[] = [];
  const headers: Bound[] = [];
  const prefixes: Bound[] = [];
  let queryMap: Member | undefined;
  let payload: Member | undefined;
  for (const member of shape.members) {
    const { traits } = member;
    if (traits.httpLabel === 1) labels.push({ member, wire: member.name });
    else if (traits.httpQuery !== undefined) queries.push({ member, wire: traits.httpQuery });
    else if (traits.httpQueryParams === 1) queryMap = member;
    else if (traits.httpHeader !== undefined) headers.push({ member, wire: traits.httpHeader.toLowerCase() });
    else if (traits.httpPrefixHeaders !== undefined) prefixes.push({ member, wire: traits.httpPrefixHeaders.toLowerCase() });
    else if (traits.httpPayload === 1) payload = member;
    else inBody.push(member);
  }
  return { labels, queries, queryMap, headers, prefixes, payload, status: undefined, body: inBody };
}

function planOutput(shape: Shape): RestPlan {
  const inBody: Member[] = [];
  const headers: Bound[] = [];
  const prefixes: Bound[] = [];
  let payload: Member | undefined;
  let status: Member | undefined;
  for (const member of shape.members) {
    const { traits } = member;
    if (traits.httpHeader !== undefined) headers.push({ member, wire: traits.httpHeader.toLowerCase() });
    else if (traits.httpPrefixHeaders !== undefined) prefixes.push({ member, wire: traits.httpPrefixHeaders.toLowerCase() });
    else if (traits.httpPayload === 1) payload = member;
    else if (traits.httpResponseCode === 1) status = member;
    else inBody.push(member);
  }
  return { labels: [], queries: [], queryMap: undefined, headers, prefixes, payload, status, body: inBody };
}

/** What the request line and the headers hold; the body is the protocol's own. */
export function readBindings(
  plan: RestPlan,
  operation: OperationSchema,
  incoming: Incoming,
  labels: Readonly<Record<string, string>>,
): Record<string, unknown> {
  const input: Record<string, unknown> = {};
  for (const { member, wire } of plan.labels) {
    const text = labels[wire];
    if (text !== undefined) input[member.name] = parseScalar(member.shape, text, "iso");
  }
  if (incoming.http.query !== "") readQueries(plan, operation, incoming.query, input);
  const { headers } = incoming.http;
  for (const { member, wire } of plan.headers) {
    const text = headers[wire];
    if (text !== undefined) input[member.name] = parseHeader(member.shape, text);
  }
  for (const { member, wire } of plan.prefixes) {
    const found: Record<string, unknown> = {};
    for (const name of Object.keys(headers)) {
      if (name.startsWith(wire) && name.length > wire.length) setOwn(found, name.slice(wire.length), headers[name]);
    }
    if (Object.keys(found).length > 0) input[member.name] = found;
  }
  return input;
}

function readQueries(plan: RestPlan, operation: OperationSchema, query: URLSearchParams, input: Record<string, unknown>): void {
  for (const { member, wire } of plan.queries) {
    const { shape } = member;
    if (shape.kind === "list") {
      const all = query.getAll(wire);
      const element = shape.element?.shape;
      if (all.length > 0 && element) input[member.name] = all.map((text) => parseScalar(element, text, "iso"));
      continue;
    }
    const text = query.get(wire);
    if (text === null || (text === "" && shape.kind !== "string")) continue;
    input[member.name] = parseScalar(shape, text, "iso");
  }
  if (plan.queryMap) readQueryMap(plan, plan.queryMap, operation, query, input);
}

function readQueryMap(
  plan: RestPlan,
  member: Member,
  operation: OperationSchema,
  query: URLSearchParams,
  input: Record<string, unknown>,
): void {
  const lists = member.shape.element?.shape.kind === "list";
  const bound = new Set([...plan.queries.map(({ wire }) => wire), ...staticQueryNames(operation)]);
  const found: Record<string, unknown> = {};
  for (const [name, value] of query) {
    if (bound.has(name)) continue;
    if (!lists) {
      if (!Object.hasOwn(found, name)) setOwn(found, name, value);
    } else if (Object.hasOwn(found, name)) (found[name] as string[]).push(value);
    else setOwn(found, name, [value]);
  }
  if (Object.keys(found).length > 0) input[member.name] = found;
}

function staticQueryNames(operation: OperationSchema): string[] {
  const query = operation.traits.http?.[1].split("?")[1];
  return query ? query.split("&").map((pair) => pair.split("=")[0] ?? "") : [];
}

function parseHeader(shape: Shape, text: string): unknown {
  if (shape.kind === "list" && shape.element) {
    const element = shape.element.shape;
    return splitHeader(text, element).map((item) => parseScalar(element, item, "http"));
  }
  return parseScalar(shape, text, "http");
}

/** Values are divided by commas; quotes protect commas, and HTTP dates hold one each. */
function splitHeader(text: string, element: Shape): string[] {
  if (element.kind === "timestamp" && (element.timestamp ?? "http") === "http") {
    return (text.match(/[^,]+,[^,]+/g) ?? []).map((date) => date.trim());
  }
  const out: string[] = [];
  let rest = text.trim();
  while (rest !== "") {
    const quoted = /^"((?:[^"\\]|\\.)*)"\s*(?:,\s*|$)/.exec(rest);
    const plain = quoted ? undefined : /^([^,]*?)\s*(?:,\s*|$)/.exec(rest);
    const whole = quoted?.[0] ?? plain?.[0];
    if (whole === undefined) throw serializationError("A header's list of values is not well-formed.");
    out.push(quoted ? (quoted[1] ?? "").replace(/\\(.)/g, "$1") : (plain?.[1] ?? ""));
    rest = rest.slice(whole.length);
  }
  return out;
}

function formatHeader(shape: Shape, value: unknown, format: TimestampFormat = "http"): string {
  if (shape.kind === "list" && shape.element) {
    const element = shape.element.shape;
    return (value as readonly unknown[]).map((item) => quoteWhereNeeded(element, formatHeader(element, item, format))).join(", ");
  }
  return formatScalar(shape, value, format);
}

function quoteWhereNeeded(element: Shape, text: string): string {
  return element.kind === "string" && /[",]/.test(text) ? `"${text.replace(/["\\]/g, "\\$&")}"` : text;
}

/** Headers and status of an output or an error, as its members bind them. */
export function writeBindings(
  plan: RestPlan,
  output: Readonly<Record<string, unknown>>,
  headers: Record<string, string>,
): number | undefined {
  for (const { member, wire } of plan.headers) {
    const value = output[member.name];
    if (value !== undefined && value !== null) headers[wire] = headerSafe(formatHeader(member.shape, value));
  }
  for (const { member, wire } of plan.prefixes) {
    const values = output[member.name] as Record<string, unknown> | undefined;
    for (const name of Object.keys(values ?? {})) {
      headers[wire + name.toLowerCase()] = headerSafe(String(values?.[name]));
    }
  }
  const status = plan.status && output[plan.status.name];
  return typeof status === "number" ? status : undefined;
}

export function parseJsonBody(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw serializationError("The request body is not valid JSON.");
  }
}

export function isPlainPayload(shape: Shape): boolean {
  return shape.kind === "blob" || shape.kind === "string";
}
