// From an operation's output to its HTTP response, in the protocol that the request spoke.
import { httpAnswerOf } from "../contract/answer.ts";
import type { HttpResponse } from "../contract/http.ts";
import { encodeCbor } from "./cbor.ts";
import { EVENT_STREAM_TYPE, encodeEvents, eventMember } from "./event-stream.ts";
import { cborCodec, jsonCodec, restJsonCodec } from "./input.ts";
import { isPlainPayload, outputPlan, type RestPlan, writeBindings } from "./rest.ts";
import type { Member, OperationSchema, ProtocolId, Shape } from "./schema.ts";
import { escapeXml, XML_DECLARATION } from "./xml.ts";
import { namespaceOf, writeXml, writeXmlMembers } from "./xml-codec.ts";

type Output = Readonly<Record<string, unknown>>;
export type Headers = Record<string, string>;
type Body = HttpResponse["body"];

export const CONTENT_TYPES = {
  awsJson1_0: "application/x-amz-json-1.0",
  awsJson1_1: "application/x-amz-json-1.1",
  rpcv2Cbor: "application/cbor",
  awsQuery: "text/xml",
  ec2Query: "text/xml;charset=UTF-8",
  restJson1: "application/json",
  restXml: "application/xml",
} as const satisfies Record<ProtocolId, string>;

/** S3 gives every answer a second id; ours says nothing more than the first. */
export const S3_HOST_ID = "hearth";

/** Operations whose callers need a document even when there is nothing to say in it. */
const ALWAYS_A_BODY: ReadonlySet<string> = new Set(["CopyObject", "UploadPartCopy"]);

export function writeAnswer(protocol: ProtocolId, operation: OperationSchema, given: unknown, requestId: string): HttpResponse {
  const output = (given ?? {}) as Output;
  const response = encode(protocol, operation, output, requestId);
  const own = httpAnswerOf(output);
  if (!own) return response;
  return { status: own.status ?? response.status, headers: { ...response.headers, ...own.headers }, body: response.body };
}

function encode(protocol: ProtocolId, operation: OperationSchema, output: Output, requestId: string): HttpResponse {
  switch (protocol) {
    case "awsJson1_0":
    case "awsJson1_1":
      return encodeJson(protocol, operation, output, requestId);
    case "rpcv2Cbor":
      return encodeRpc(operation, output, requestId);
    case "awsQuery":
      return encodeQuery(operation, output, requestId);
    case "ec2Query":
      return encodeEc2(operation, output, requestId);
    case "restJson1":
      return encodeRestJson(operation, output, requestId);
    case "restXml":
      return encodeRestXml(operation, output, requestId);
  }
}

function encodeJson(protocol: "awsJson1_0" | "awsJson1_1", operation: OperationSchema, output: Output, requestId: string): HttpResponse {
  const shape = operation.output;
  const events = eventMember(shape);
  if (events) {
    const { [events.name]: stream, ...rest } = output;
    const initial = Buffer.from(JSON.stringify(jsonCodec.write(shape, rest)));
    const body = encodeEvents(events.shape, stream as AsyncIterable<unknown>, { kind: "json", codec: jsonCodec }, initial);
    return { status: 200, headers: { "x-amzn-requestid": requestId, "content-type": EVENT_STREAM_TYPE }, body };
  }
  // An operation without output answers an empty body, or `{}` in 1.0; clients take both.
  const body = shape.kind === "unit" && protocol === "awsJson1_1" ? "" : JSON.stringify(jsonCodec.write(shape, output));
  return { status: 200, headers: { "x-amzn-requestid": requestId, "content-type": CONTENT_TYPES[protocol] }, body };
}

function encodeRpc(operation: OperationSchema, output: Output, requestId: string): HttpResponse {
  const headers: Headers = { "x-amzn-requestid": requestId, "smithy-protocol": "rpc-v2-cbor" };
  if (operation.output.kind === "unit") return { status: 200, headers, body: "" };
  headers["content-type"] = CONTENT_TYPES.rpcv2Cbor;
  return { status: 200, headers, body: encodeCbor(cborCodec.write(operation.output, output)) };
}

function encodeQuery(operation: OperationSchema, output: Output, requestId: string): HttpResponse {
  const { name, service } = operation;
  const result =
    operation.output.kind === "unit" ? "" : `<${name}Result>${writeXmlMembers(operation.output.members, output).body}</${name}Result>`;
  const body = `${XML_DECLARATION}<${name}Response xmlns="${escapeXml(service.xmlNamespace)}">${result}<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata></${name}Response>`;
  return { status: 200, headers: { "x-amzn-requestid": requestId, "content-type": CONTENT_TYPES.awsQuery }, body };
}

function encodeEc2(operation: OperationSchema, output: Output, requestId: string): HttpResponse {
  const { name, service } = operation;
  const inner = writeXmlMembers(operation.output.members, output).body;
  const body = `${XML_DECLARATION}<${name}Response xmlns="${escapeXml(service.xmlNamespace)}"><requestId>${requestId}</requestId>${inner}</${name}Response>`;
  return { status: 200, headers: { "x-amzn-requestid": requestId, "content-type": CONTENT_TYPES.ec2Query }, body };
}

/** A payload that goes out as it is; a bound header may have said already what it is. */
function plainBody(payload: Member, value: unknown, headers: Headers): Body {
  headers["content-type"] ??= payload.shape.kind === "blob" ? "application/octet-stream" : "text/plain";
  return value as Body;
}

function encodeRestJson(operation: OperationSchema, output: Output, requestId: string): HttpResponse {
  const headers: Headers = { "x-amzn-requestid": requestId };
  const plan = outputPlan(operation.output);
  const status = writeBindings(plan, output, headers) ?? operation.traits.http?.[2] ?? 200;
  return { status, headers, body: restJsonBody(plan, output, headers) };
}

function restJsonBody(plan: RestPlan, output: Output, headers: Headers): Body {
  const { payload } = plan;
  if (!payload) {
    if (plan.body.length === 0) return undefined;
    headers["content-type"] ??= CONTENT_TYPES.restJson1;
    return JSON.stringify(restJsonCodec.writeMembers(plan.body, output));
  }
  const value = output[payload.name];
  if (value === undefined || value === null) return undefined;
  if (isPlainPayload(payload.shape)) return plainBody(payload, value, headers);
  if (payload.shape.kind === "union" && payload.shape.streaming) {
    headers["content-type"] = EVENT_STREAM_TYPE;
    return encodeEvents(payload.shape, value as AsyncIterable<unknown>, { kind: "json", codec: restJsonCodec }, undefined);
  }
  headers["content-type"] ??= CONTENT_TYPES.restJson1;
  return JSON.stringify(restJsonCodec.write(payload.shape, value));
}

function encodeRestXml(operation: OperationSchema, output: Output, requestId: string): HttpResponse {
  const s3 = operation.service.id === "s3";
  const headers: Headers = s3 ? { "x-amz-request-id": requestId, "x-amz-id-2": S3_HOST_ID } : { "x-amzn-requestid": requestId };
  const plan = outputPlan(operation.output);
  const status = writeBindings(plan, output, headers) ?? operation.traits.http?.[2] ?? 200;
  return { status, headers, body: restXmlBody(operation, plan, output, headers) };
}

function restXmlBody(operation: OperationSchema, plan: RestPlan, output: Output, headers: Headers): Body {
  const { service } = operation;
  const { payload } = plan;
  if (!payload) {
    if (plan.body.length === 0) return undefined;
    headers["content-type"] ??= CONTENT_TYPES.restXml;
    return XML_DECLARATION + rootDocument(operation, operation.output, plan.body, output);
  }
  const value = output[payload.name] ?? (ALWAYS_A_BODY.has(operation.name) ? {} : undefined);
  if (value === undefined || value === null) return undefined;
  if (isPlainPayload(payload.shape)) return plainBody(payload, value, headers);
  if (payload.shape.kind === "union" && payload.shape.streaming) {
    headers["content-type"] = EVENT_STREAM_TYPE;
    return encodeEvents(payload.shape, value as AsyncIterable<unknown>, { kind: "xml" }, undefined);
  }
  headers["content-type"] ??= CONTENT_TYPES.restXml;
  const traits =
    payload.traits.xmlNamespace !== undefined || service.xmlNamespace === ""
      ? payload.traits
      : { ...payload.traits, xmlNamespace: service.xmlNamespace };
  return (
    XML_DECLARATION + writeXml(payload.shape, payload.traits.xmlName ?? payload.shape.traits.xmlName ?? payload.shape.name, value, traits)
  );
}

function rootDocument(operation: OperationSchema, shape: Shape, members: readonly Member[], output: Output): string {
  const { service } = operation;
  const namespace = namespaceOf(service.xmlNamespace === "" ? shape.traits : { xmlNamespace: service.xmlNamespace });
  // The one output of S3 that is a bare element with text in it.
  if (service.id === "s3" && operation.name === "GetBucketLocation") {
    return `<LocationConstraint${namespace}>${escapeXml(String(output["LocationConstraint"] ?? ""))}</LocationConstraint>`;
  }
  const { attributes, body } = writeXmlMembers(members, output);
  const root = shape.traits.xmlName ?? shape.name;
  return `<${root}${namespace}${attributes}>${body}</${root}>`;
}
