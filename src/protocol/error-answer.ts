// From anything thrown to the HTTP response that AWS would give, in the protocol that the request spoke.
import { httpAnswerOf } from "../contract/answer.ts";
import type { HttpResponse } from "../contract/http.ts";
import { AwsError } from "../kernel/errors.ts";
import { CONTENT_TYPES, type Headers, S3_HOST_ID } from "./answer.ts";
import type { WireCall } from "./call.ts";
import { encodeCbor } from "./cbor.ts";
import { internalFailure } from "./errors.ts";
import { cborCodec, jsonCodec, restJsonCodec } from "./input.ts";
import { outputPlan, writeBindings } from "./rest.ts";
import type { Shape } from "./schema.ts";
import { escapeXml, XML_DECLARATION } from "./xml.ts";
import { writeXmlMembers } from "./xml-codec.ts";

/** An error with what the service's model adds to it. */
interface ModelledError {
  readonly error: AwsError;
  readonly shape: Shape | undefined;
  readonly name: string;
  readonly queryCode: string;
  readonly status: number;
  readonly sender: boolean;
  /** The model's members, message included. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** DynamoDB's own namespace in `__type` carries its version; errors of the framework below it have namespaces of theirs. */
const NAMESPACES: Readonly<Record<string, string>> = {
  "com.amazonaws.dynamodb": "com.amazonaws.dynamodb.v20120810",
  ValidationException: "com.amazon.coral.validate",
  SerializationException: "com.amazon.coral.service",
  UnknownOperationException: "com.amazon.coral.service",
  InternalFailure: "com.amazon.coral.service",
};

/** Anything but an AwsError is a defect of ours: the caller has logged it, and the client learns no more than that it happened. */
export function writeError(call: WireCall, thrown: unknown, requestId: string): HttpResponse {
  const error = thrown instanceof AwsError ? thrown : internalFailure();
  const modelled = modelledError(call, error);
  const response = encode(call, modelled, requestId);
  const bodiless = call.incoming.http.method === "HEAD" || response.status === 304 || response.status === 204;
  const own = httpAnswerOf(error);
  const headers = own?.headers ? { ...response.headers, ...own.headers } : response.headers;
  if (!bodiless) return { status: own?.status ?? response.status, headers, body: response.body };
  const { "content-type": _, ...rest } = headers;
  return { status: own?.status ?? response.status, headers: rest, body: undefined };
}

function modelledError(call: WireCall, error: AwsError): ModelledError {
  const { service, protocol } = call;
  const shape = service?.errors.get(error.code) ?? service?.errorsByQueryCode.get(error.code);
  const query = shape?.traits.awsQueryError;
  const speaksQuery = protocol === "awsQuery" || protocol === "ec2Query";
  const status = statusOf(error, shape, speaksQuery);
  const fields: Record<string, unknown> = { ...error.fields };
  for (const { name } of shape?.members ?? []) if (name.toLowerCase() === "message") fields[name] ??= error.message;
  const sender = shape?.traits.error === undefined ? error.fault === "client" : shape.traits.error === "client";
  // Lambda's errors say whose fault they are in the body too.
  if (service?.id === "lambda" && shape?.members.some(({ name }) => name === "Type")) fields["Type"] ??= sender ? "User" : "Service";
  return {
    error,
    shape,
    name: shape?.name ?? error.code,
    queryCode: query?.[0] ?? shape?.name ?? error.code,
    status,
    sender,
    fields,
  };
}

function statusOf(error: AwsError, shape: Shape | undefined, query: boolean): number {
  if (!shape) return error.status;
  const { traits } = shape;
  if (query && traits.awsQueryError) return traits.awsQueryError[1];
  if (traits.httpError !== undefined) return traits.httpError;
  // The model names no status: what the service says, unless it contradicts whose fault it is.
  return traits.error === "server" && error.status < 500 ? 500 : error.status;
}

function encode(call: WireCall, modelled: ModelledError, requestId: string): HttpResponse {
  switch (call.protocol) {
    case "awsJson1_0":
    case "awsJson1_1":
    case "rpcv2Cbor":
      return encodeDocument(call, modelled, requestId);
    case "restJson1":
      return encodeRestJson(modelled, requestId);
    case "awsQuery":
      return encodeQuery(call, modelled, requestId);
    case "ec2Query":
      return encodeEc2(modelled, requestId);
    case "restXml":
      return encodeRestXml(call, modelled, requestId);
  }
}

function typeName(call: WireCall, name: string): string {
  if (call.protocol === "awsJson1_1") return name;
  const own = call.service?.errors.has(name) ? call.service.namespace : undefined;
  const namespace = own ?? NAMESPACES[name] ?? call.service?.namespace ?? "com.amazon.coral.service";
  return `${NAMESPACES[namespace] ?? namespace}#${name}`;
}

function encodeDocument(call: WireCall, modelled: ModelledError, requestId: string): HttpResponse {
  const { error, shape, fields } = modelled;
  const cbor = call.protocol === "rpcv2Cbor";
  const members = shape ? ((cbor ? cborCodec : jsonCodec).write(shape, fields) as object) : error.fields;
  const body: Record<string, unknown> = { __type: typeName(call, modelled.name), ...members };
  if (body["message"] === undefined && body["Message"] === undefined && error.message !== "") body["message"] = error.message;
  const headers: Headers = { "x-amzn-requestid": requestId, "content-type": CONTENT_TYPES[call.protocol] };
  if (call.service?.queryCompatible) headers["x-amzn-query-error"] = `${modelled.queryCode};${modelled.sender ? "Sender" : "Receiver"}`;
  if (cbor) headers["smithy-protocol"] = "rpc-v2-cbor";
  return { status: modelled.status, headers, body: cbor ? encodeCbor(body) : JSON.stringify(body) };
}

function encodeRestJson({ error, shape, fields, name, status }: ModelledError, requestId: string): HttpResponse {
  const headers: Headers = { "x-amzn-requestid": requestId };
  let members: Record<string, unknown> = { ...error.fields };
  if (shape) {
    const plan = outputPlan(shape);
    writeBindings(plan, fields, headers);
    members = restJsonCodec.writeMembers(plan.body, fields);
  }
  if (members["message"] === undefined && members["Message"] === undefined) members["message"] = error.message;
  headers["x-amzn-errortype"] = name;
  headers["content-type"] = CONTENT_TYPES.restJson1;
  return { status, headers, body: JSON.stringify(members) };
}

/** The members besides the message, as XML elements. */
function extraElements({ shape, fields, error }: ModelledError): string {
  if (!shape) return fieldElements(error.fields);
  const members = shape.members.filter(({ name, traits }) => name.toLowerCase() !== "message" && traits.httpHeader === undefined);
  return writeXmlMembers(members, fields).body;
}

function fieldElements(fields: Readonly<Record<string, unknown>>): string {
  return Object.keys(fields)
    .map((name) => `<${name}>${escapeXml(String(fields[name]))}</${name}>`)
    .join("");
}

/** S3 says in its errors what they are about (`Key`, `BucketName`), although its model has no members for it. */
function unmodelledElements({ shape, error }: ModelledError): string {
  if (!shape) return "";
  const known = new Set(shape.members.map(({ name }) => name));
  return fieldElements(Object.fromEntries(Object.entries(error.fields).filter(([name]) => !known.has(name))));
}

function encodeQuery(call: WireCall, modelled: ModelledError, requestId: string): HttpResponse {
  const { error, queryCode, sender, status } = modelled;
  const namespace = call.service ? ` xmlns="${escapeXml(call.service.xmlNamespace)}"` : "";
  const inner = `<Type>${sender ? "Sender" : "Receiver"}</Type><Code>${escapeXml(queryCode)}</Code><Message>${escapeXml(error.message)}</Message>${extraElements(modelled)}`;
  const body = `${XML_DECLARATION}<ErrorResponse${namespace}><Error>${inner}</Error><RequestId>${requestId}</RequestId></ErrorResponse>`;
  return { status, headers: { "x-amzn-requestid": requestId, "content-type": CONTENT_TYPES.awsQuery }, body };
}

function encodeEc2(modelled: ModelledError, requestId: string): HttpResponse {
  const { error, queryCode, status } = modelled;
  const body = `${XML_DECLARATION}<Response><Errors><Error><Code>${escapeXml(queryCode)}</Code><Message>${escapeXml(error.message)}</Message>${extraElements(modelled)}</Error></Errors><RequestID>${requestId}</RequestID></Response>`;
  return { status, headers: { "x-amzn-requestid": requestId, "content-type": CONTENT_TYPES.ec2Query }, body };
}

function encodeRestXml(call: WireCall, modelled: ModelledError, requestId: string): HttpResponse {
  const { error, name, sender, status } = modelled;
  const inner = `<Code>${escapeXml(name)}</Code><Message>${escapeXml(error.message)}</Message>${extraElements(modelled)}`;
  const headers: Headers = { "content-type": CONTENT_TYPES.restXml };
  if (modelled.shape) writeBindings(outputPlan(modelled.shape), modelled.fields, headers);
  if (call.service === undefined || call.service.id === "s3") {
    headers["x-amz-request-id"] = requestId;
    headers["x-amz-id-2"] = S3_HOST_ID;
    const body = `${XML_DECLARATION}<Error>${inner}${unmodelledElements(modelled)}<RequestId>${requestId}</RequestId><HostId>${S3_HOST_ID}</HostId></Error>`;
    return { status, headers, body };
  }
  headers["x-amzn-requestid"] = requestId;
  const body = `${XML_DECLARATION}<ErrorResponse xmlns="${escapeXml(call.service.xmlNamespace)}"><Error><Type>${sender ? "Sender" : "Receiver"}</Type>${inner}</Error><RequestId>${requestId}</RequestId></ErrorResponse>`;
  return { status, headers, body };
}
