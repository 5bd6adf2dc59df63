// Which protocol a request speaks, which service and operation it names: read from the request itself, never assumed from
// the service, because clients of one service speak several protocols.
import { AwsError } from "../kernel/errors.ts";
import type { WireCall } from "./call.ts";
import { loadedSchema, loadSchema, SERVICE_ENTRIES } from "./catalog.ts";
import { textOf } from "./incoming.ts";
import { parseForm } from "./query-codec.ts";
import { isS3Host, s3Target } from "./s3-target.ts";
import type { ServiceEntry, ServiceSchema } from "./schema.ts";
import { UriRouter } from "./uri-router.ts";

const byTarget = new Map(SERVICE_ENTRIES.map((entry) => [entry.target, entry]));
const FORM_TYPE = "application/x-www-form-urlencoded";
const QUERY_PROTOCOLS: ReadonlySet<string> = new Set(["awsQuery", "ec2Query"]);
const REST_PROTOCOLS: ReadonlySet<string> = new Set(["restJson1", "restXml"]);
const queryEntries = SERVICE_ENTRIES.filter((entry) => QUERY_PROTOCOLS.has(entry.protocol) || entry.queryCompatible);
const restEntries = SERVICE_ENTRIES.filter((entry) => REST_PROTOCOLS.has(entry.protocol));
const S3 = SERVICE_ENTRIES.find((entry) => entry.id === "s3");
/** S3 signs with other names for some kinds of buckets. */
const S3_SIGNING_NAMES: ReadonlySet<string> = new Set(["s3", "s3express", "s3-outposts", "s3-object-lambda"]);
/** The path of a queue's URL: whoever posts to one by hand says nothing else of the service. */
const QUEUE_PATH = /^\/\d{12}\/[^/]+\/?$/;
const routers = new Map<string, UriRouter>();

/** Fills in protocol, service, operation, labels and form. Throws what the protocol answers to a name it does not know. */
export async function identify(call: WireCall, domains: readonly string[]): Promise<void> {
  const { headers } = call.incoming.http;
  const target = headers["x-amz-target"];
  if (target !== undefined) return identifyTarget(call, target);
  if (headers["smithy-protocol"] === "rpc-v2-cbor") return identifyRpc(call);
  if (isQuery(call)) return identifyQuery(call);
  return identifyRest(call, domains);
}

async function schemaOf(call: WireCall, entry: ServiceEntry): Promise<ServiceSchema> {
  const schema = loadedSchema(entry.id) ?? (await loadSchema(entry.id));
  call.service = schema;
  return schema;
}

async function identifyTarget(call: WireCall, target: string): Promise<void> {
  const dot = target.lastIndexOf(".");
  const entry = byTarget.get(target.slice(0, dot));
  const type = call.incoming.http.headers["content-type"] ?? "";
  if (type.includes("json-1.0")) call.protocol = "awsJson1_0";
  else if (type.includes("json-1.1")) call.protocol = "awsJson1_1";
  else call.protocol = entry?.protocol === "awsJson1_0" ? "awsJson1_0" : "awsJson1_1";
  if (!entry) throw unknownOperation(`No service answers to the target ${target}.`);
  const schema = await schemaOf(call, entry);
  const name = target.slice(dot + 1);
  call.operation = schema.operations.get(name);
  if (!call.operation) throw unknownOperation(`${schema.id}:${name} is not an operation that Hearth knows.`);
}

async function identifyRpc(call: WireCall): Promise<void> {
  call.protocol = "rpcv2Cbor";
  const match = /\/service\/([^/]+)\/operation\/([^/]+)$/.exec(call.incoming.http.path);
  const entry = match && byTarget.get(match[1] ?? "");
  if (!entry) throw unknownOperation(`No service answers to the path ${call.incoming.http.path}.`, 404);
  const schema = await schemaOf(call, entry);
  const name = match[2] ?? "";
  call.operation = schema.operations.get(name);
  if (!call.operation) throw unknownOperation(`${schema.id}:${name} is not an operation that Hearth knows.`, 404);
}

function isQuery(call: WireCall): boolean {
  const { http } = call.incoming;
  if (http.method === "POST") return http.headers["content-type"]?.startsWith(FORM_TYPE) === true;
  return http.query.includes("Action=") && call.incoming.query.has("Action");
}

async function identifyQuery(call: WireCall): Promise<void> {
  const { incoming } = call;
  call.protocol = "awsQuery";
  const posted = incoming.http.method === "POST" ? textOf(await incoming.body()) : "";
  const form = parseForm(posted === "" ? incoming.http.query : posted);
  call.form = form;
  const action = form.get("Action") ?? "";
  const entry = queryEntry(call, form);
  if (!entry) throw invalidAction(action, form.get("Version"));
  const schema = await schemaOf(call, entry);
  if (schema.protocol === "ec2Query") call.protocol = "ec2Query";
  call.operation = schema.operations.get(action);
  if (!call.operation) throw invalidAction(action, form.get("Version"), schema.id);
}

function queryEntry(call: WireCall, form: ReadonlyMap<string, string>): ServiceEntry | undefined {
  const { credential, incoming } = call;
  const signed = credential && credential.kind !== "legacy" ? credential.service : undefined;
  const version = form.get("Version");
  const candidates = signed === undefined ? [] : queryEntries.filter((entry) => entry.signingName === signed);
  return (
    candidates.find((entry) => entry.version === version) ??
    candidates[0] ??
    queryEntries.find((entry) => entry.version === version) ??
    queryEntries.find((entry) => entry.endpointPrefix === incoming.hostName.split(".")[0]) ??
    (QUEUE_PATH.test(incoming.http.path) ? queryEntries.find((entry) => entry.id === "sqs") : undefined)
  );
}

async function identifyRest(call: WireCall, domains: readonly string[]): Promise<void> {
  const candidates = restCandidates(call, domains);
  for (const entry of candidates) {
    const schema = await schemaOf(call, entry);
    call.protocol = schema.protocol;
    let router = routers.get(entry.id);
    if (!router) {
      router = new UriRouter(schema);
      routers.set(entry.id, router);
    }
    const s3 = entry.id === "s3";
    const match = s3 ? router.matchBucket(call.incoming, s3Target(call.incoming, domains)) : router.match(call.incoming);
    if (match) {
      call.operation = match.operation;
      call.labels = match.labels;
      return;
    }
  }
  throw noRoute(call);
}

/** By signing name, then by host; whatever is left over is S3's, as every path is one of its own. */
function restCandidates(call: WireCall, domains: readonly string[]): readonly ServiceEntry[] {
  const { credential, incoming } = call;
  const signed = credential && credential.kind !== "legacy" ? credential.service : undefined;
  if (signed !== undefined && !S3_SIGNING_NAMES.has(signed)) {
    const candidates = restEntries.filter((entry) => entry.signingName === signed);
    if (candidates.length > 0) return candidates;
    call.protocol = "restJson1";
    throw unknownOperation(`No service is known by the signing name ${signed}.`, 404);
  }
  if (signed === undefined && !isS3Host(incoming.hostName, domains)) {
    const first = incoming.hostName.split(".")[0];
    const candidates = restEntries.filter((entry) => entry.id !== "s3" && entry.endpointPrefix === first);
    if (candidates.length > 0 && incoming.hostName !== first) return candidates;
  }
  return S3 ? [S3] : [];
}

function noRoute(call: WireCall): AwsError {
  const { method, path } = call.incoming.http;
  if (call.service?.id === "s3") {
    return new AwsError("MethodNotAllowed", "The specified method is not allowed against this resource.", {
      status: 405,
      fields: { Method: method, ResourceType: "OBJECT" },
    });
  }
  return unknownOperation(`${call.service?.id ?? "No service"} has no operation for ${method} ${path}.`, 404);
}

function unknownOperation(message: string, status = 400): AwsError {
  return new AwsError("UnknownOperationException", message, { status });
}

function invalidAction(action: string, version: string | undefined, service?: string): AwsError {
  const where = service === undefined ? `version ${version ?? "(none)"}` : service;
  return new AwsError(
    "InvalidAction",
    `The action ${action} is not valid for this web service: ${where} has no such operation that Hearth knows.`,
  );
}
