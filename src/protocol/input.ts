// From an identified call to the input of its operation. Types are checked here; lengths, ranges and patterns afterwards.
import type { WireCall } from "./call.ts";
import { decodeCbor } from "./cbor.ts";
import { DocumentCodec } from "./document-codec.ts";
import { malformedXml } from "./errors.ts";
import { textOf } from "./incoming.ts";
import { readQueryInput } from "./query-codec.ts";
import { inputPlan, isPlainPayload, parseJsonBody, type RestPlan, readBindings } from "./rest.ts";
import type { Member, OperationSchema } from "./schema.ts";
import type { ChunkVerifier } from "./signature.ts";
import { collectUpload, openUpload, type Upload } from "./upload.ts";
import { parseXml } from "./xml.ts";
import { readXml, readXmlMembers } from "./xml-codec.ts";

export const jsonCodec = new DocumentCodec("json");
export const restJsonCodec = new DocumentCodec("restJson");
export const cborCodec = new DocumentCodec("cbor");

type Input = Record<string, unknown>;

/** @param verifier for the chunks of a signed stream; undefined where signatures are not verified. */
export async function readInput(call: WireCall, operation: OperationSchema, verifier: ChunkVerifier | undefined): Promise<Input> {
  switch (call.protocol) {
    case "awsJson1_0":
    case "awsJson1_1":
      return readJson(call, operation);
    case "rpcv2Cbor":
      return readCbor(call, operation);
    case "awsQuery":
    case "ec2Query":
      return readForm(call, operation);
    case "restJson1":
      return readRestJson(call, operation);
    case "restXml":
      return readRestXml(call, operation, verifier);
  }
}

async function readJson(call: WireCall, operation: OperationSchema): Promise<Input> {
  const body = await call.incoming.body();
  const document = body.length === 0 ? {} : parseJsonBody(textOf(body));
  return jsonCodec.read(operation.input, document) as Input;
}

async function readCbor(call: WireCall, operation: OperationSchema): Promise<Input> {
  const body = await call.incoming.body();
  const document = body.length === 0 ? {} : decodeCbor(body);
  return cborCodec.read(operation.input, document) as Input;
}

function readForm(call: WireCall, operation: OperationSchema): Input {
  const input = readQueryInput(operation.input, call.form ?? new Map(), call.protocol === "ec2Query");
  const { http } = call.incoming;
  // Old SQS clients post to the queue's own URL and do not repeat it.
  if (operation.service.id === "sqs" && input["QueueUrl"] === undefined && http.path !== "/") {
    input["QueueUrl"] = `${http.scheme}://${http.headers["host"] ?? ""}${http.path}`;
  }
  return input;
}

async function readRestJson(call: WireCall, operation: OperationSchema): Promise<Input> {
  if (operation.input.kind === "unit") return {};
  const plan = inputPlan(operation.input);
  const input = readBindings(plan, operation, call.incoming, call.labels);
  const { payload } = plan;
  if (payload === undefined && plan.body.length === 0) return input;
  const body = await call.incoming.body();
  if (payload && isPlainPayload(payload.shape)) {
    if (payload.shape.streaming) input[payload.name] = oneChunk(body);
    else if (body.length > 0) input[payload.name] = payload.shape.kind === "string" ? textOf(body) : plainBytes(body);
  } else if (body.length > 0) {
    const document = parseJsonBody(textOf(body));
    if (payload) input[payload.name] = restJsonCodec.read(payload.shape, document);
    else Object.assign(input, restJsonCodec.readMembers(plan.body, document));
  }
  return input;
}

/** Operations are given bytes, not Node's own kind of them. */
function plainBytes(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

async function* oneChunk(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  if (bytes.length > 0) yield bytes;
}

async function readRestXml(call: WireCall, operation: OperationSchema, verifier: ChunkVerifier | undefined): Promise<Input> {
  if (operation.input.kind === "unit") return {};
  const plan = inputPlan(operation.input);
  const input = readBindings(plan, operation, call.incoming, call.labels);
  if (plan.payload === undefined && plan.body.length === 0) return input;
  const upload = await openUpload(call.incoming.http, verifier, (name, value) => {
    const member = checksumMember(plan, name);
    if (member) input[member.name] = value;
  });
  if (plan.payload && isPlainPayload(plan.payload.shape)) {
    if (plan.payload.shape.streaming) bindUpload(input, plan.payload, operation, upload);
    else {
      const bytes = await collectUpload(upload);
      if (bytes.length > 0) input[plan.payload.name] = plan.payload.shape.kind === "string" ? textOf(bytes) : plainBytes(bytes);
    }
    return input;
  }
  const bytes = await collectUpload(upload);
  if (bytes.length > 0) readXmlBody(input, plan, bytes);
  return input;
}

/** The stream, and the length and encoding of the object itself rather than of its framing. */
function bindUpload(input: Input, payload: Member, operation: OperationSchema, upload: Upload): void {
  input[payload.name] = upload.body;
  for (const { name } of operation.input.members) {
    if (name === "ContentLength" && upload.contentLength !== undefined) input[name] = upload.contentLength;
    if (name === "ContentEncoding") {
      if (upload.contentEncoding === undefined) delete input[name];
      else input[name] = upload.contentEncoding;
    }
  }
}

function checksumMember(plan: RestPlan, header: string): Member | undefined {
  return plan.headers.find(({ wire }) => wire === header)?.member;
}

function readXmlBody(input: Input, plan: RestPlan, bytes: Uint8Array): void {
  const root = parseXml(xmlText(bytes));
  if (plan.payload) input[plan.payload.name] = readXml(plan.payload.shape, root);
  else Object.assign(input, readXmlMembers(plan.body, root));
}

function xmlText(bytes: Uint8Array): string {
  try {
    return textOf(bytes);
  } catch {
    throw malformedXml();
  }
}
