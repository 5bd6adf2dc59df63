// Smithy's protocol tests, in the form in which botocore's source distribution carries them: a request must parse to the
// parameters, a result must serialize to the response. They are not part of this repository:
//   pip download botocore --no-binary :all: --no-deps && tar xzf botocore-*.tar.gz
//   HEARTH_PROTOCOL_TESTS=botocore-…/tests/unit bin/node24 --test tests/wire/vectors.test.ts
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import type { HttpRequest, HttpResponse } from "../../src/contract/http.ts";
import { AwsError } from "../../src/kernel/errors.ts";
import { writeAnswer } from "../../src/protocol/answer.ts";
import { WireCall } from "../../src/protocol/call.ts";
import { decodeCbor } from "../../src/protocol/cbor.ts";
import { writeError } from "../../src/protocol/error-answer.ts";
import { Incoming } from "../../src/protocol/incoming.ts";
import { readInput } from "../../src/protocol/input.ts";
import { parseForm } from "../../src/protocol/query-codec.ts";
import type { OperationSchema, ProtocolId, Shape } from "../../src/protocol/schema.ts";
import { UriRouter } from "../../src/protocol/uri-router.ts";
import { parseXml, type XmlElement } from "../../src/protocol/xml.ts";
import { httpRequest } from "./request.ts";
import { type BotoOperation, type BotoSuite, vectorOperation } from "./vector-shapes.ts";

const directory = process.env["HEARTH_PROTOCOL_TESTS"];
const available = directory !== undefined && existsSync(join(directory, "protocols", "input"));

const FILES: readonly (readonly [file: string, protocol: ProtocolId])[] = [
  ["json", "awsJson1_1"],
  ["json_1_0", "awsJson1_0"],
  ["json_1_0-query-compatible", "awsJson1_0"],
  ["query", "awsQuery"],
  ["ec2", "ec2Query"],
  ["rest-json", "restJson1"],
  ["rest-xml", "restXml"],
  ["smithy-rpc-v2-cbor", "rpcv2Cbor"],
  ["smithy-rpc-v2-cbor-query-compatible", "rpcv2Cbor"],
  ["smithy-rpc-v2-cbor-non-query-compatible", "rpcv2Cbor"],
];

/** Vectors that say something of clients, or of what no service of AWS uses, each with its reason. */
const EXCLUDED: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [/^input SDKAppl|^input SDKAppend/, "says what a client compresses; the vector holds no compressed body"],
  [/^input \w*IdempotencyTokenAutoFill/, "says what a client fills in"],
  [
    /^input (QueryEmptyQueryMaps|Ec2EmptyQueryLists|RestJsonOmitsEmptyListQueryValues|\w*HttpPrefixHeadersAreNotPresent)/,
    "an empty collection is not sent, so none arrives",
  ],
  [/^input (RestJsonHttpWithEmptyStructurePayload|RestJsonHttpWithHeadersButNoPayload)/, "the client sends an empty document for nothing"],
  [/^input (RestJsonHostWithPath)/, "is about a client's endpoint with a path of its own"],
  [/^(input|output) MediaTypeHeader/, "no service that has schemas here binds media types to headers"],
  [
    /^input (RestJsonAllQueryStringTypes|RestJsonQueryStringEscaping|RestJsonSupports\w+QueryValues|RestJsonZeroAndFalseQueryValues|\w*QueryPrecedence)/,
    "the map of query parameters leaves out those that have members of their own, as API Gateway wants it",
  ],
  [/^output \w*DateTimeWith(Negative|Positive)Offset/, "says what a client reads; times are written in UTC"],
  [
    /^output (handles_unexpected|AwsJson10HandlesUnexpected|AwsJson11DeserializeIgnoreType|AwsJson10DeserializeIgnoreType|RestJsonDeserializeIgnoreType|RpcV2CborExtraFields)/,
    "says what a client ignores",
  ],
  [
    /^output (AwsJson10DeserializeAllowNulls|AwsJson11StructuresDontDeserializeNullValues|RestJsonDoesntDeserializeNull|RestJsonDeserializesDenseSetMapAndSkipsNull)/,
    "says what a client makes of null",
  ],
  [
    /^output QueryCompatible\w+CustomCodeError/,
    "botocore's form has the status of Query answers where the model has another for this protocol",
  ],
  [/^output \w*PayloadWithUnsetUnion/, "the host writes the length"],
  [/^output (Query|Ec2Query)(EmptyInputAndEmptyOutput|NoInputAndNoOutput|NoInputAndOutput)/, "the vector leaves the document out"],
];

interface Case {
  readonly id: string;
  readonly description?: string;
  readonly given: BotoOperation;
  readonly params?: unknown;
  readonly serialized?: {
    readonly method?: string;
    readonly uri: string;
    readonly headers?: Record<string, string>;
    readonly body?: string;
  };
  readonly result?: unknown;
  readonly error?: Record<string, unknown>;
  readonly errorCode?: string;
  readonly errorMessage?: string;
  readonly response?: { readonly status_code: number; readonly headers?: Record<string, string>; readonly body?: string };
}

function suitesOf(kind: "input" | "output", file: string): readonly (BotoSuite & { readonly cases: readonly Case[] })[] {
  return JSON.parse(readFileSync(join(directory ?? "", "protocols", kind, `${file}.json`), "utf8"));
}

function requestOf({ serialized }: Case, protocol: ProtocolId): HttpRequest {
  const { method = "POST", uri = "/", headers = {}, body = "" } = serialized ?? { uri: "/" };
  return httpRequest({ method, target: uri, headers, body: Buffer.from(body, protocol === "rpcv2Cbor" ? "base64" : "utf8") });
}

async function parsed(vector: Case, operation: OperationSchema, protocol: ProtocolId): Promise<unknown> {
  const incoming = new Incoming(requestOf(vector, protocol));
  const call = new WireCall(incoming, undefined);
  call.protocol = protocol;
  call.service = operation.service;
  call.operation = operation;
  if (protocol === "awsQuery" || protocol === "ec2Query") call.form = parseForm(vector.serialized?.body ?? "");
  if (protocol === "restJson1" || protocol === "restXml") {
    const match = new UriRouter(operation.service).match(incoming);
    assert.ok(match, "the request has a route");
    call.labels = match.labels;
  }
  const input = await readInput(call, operation, undefined);
  for (const name of Object.keys(input)) {
    const value = input[name];
    if (typeof value === "object" && value !== null && Symbol.asyncIterator in value) {
      const chunks: Uint8Array[] = [];
      for await (const chunk of value as AsyncIterable<Uint8Array>) chunks.push(chunk);
      input[name] = Buffer.concat(chunks);
    }
  }
  return input;
}

const NUMBERS: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  "-Infinity": Number.NEGATIVE_INFINITY,
};

/** The vectors' values (times in seconds, blobs as text) as an operation has them. */
function typed(shape: Shape, value: unknown): unknown {
  if (value === null || value === undefined) return value;
  switch (shape.kind) {
    case "timestamp":
      return new Date(Number(value) * 1000);
    case "blob":
      return new Uint8Array(Buffer.from(String(value)));
    case "number":
      return typeof value === "string" ? (NUMBERS[value] ?? Number(value)) : value;
    case "list":
      return (value as unknown[]).map((item) => (shape.element ? typed(shape.element.shape, item) : item));
    case "map":
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, shape.element ? typed(shape.element.shape, item) : item]));
    case "structure":
    case "union":
      return Object.fromEntries(
        shape.members
          .filter(({ name }) => name in (value as object))
          .map(({ name, shape: of }) => [name, typed(of, (value as Record<string, unknown>)[name])]),
      );
    default:
      return value;
  }
}

function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return `bytes:${Buffer.from(value).toString("hex")}`;
  if (value instanceof Date) return `time:${value.getTime()}`;
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => item !== undefined && item !== null)
      .map(([key, item]) => [key, plain(item)]),
  );
}

function xmlTree(element: XmlElement): unknown {
  const children = element.children.map(xmlTree).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  const attributes = Object.fromEntries([...element.attributes].filter(([name]) => !name.startsWith("xmlns")));
  return { name: element.name, attributes, ...(children.length > 0 ? { children } : { text: element.text.trim() }) };
}

function document(body: string, protocol: ProtocolId): unknown {
  if (body === "") return undefined;
  if (protocol === "rpcv2Cbor") return plain(decodeCbor(Buffer.from(body, "base64")));
  if (protocol === "awsQuery" || protocol === "ec2Query" || protocol === "restXml") {
    return body.trimStart().startsWith("<") ? xmlTree(withoutIds(parseXml(body))) : body;
  }
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}

/** Request ids and the names of roots are not the vectors' business. */
function withoutIds(root: XmlElement): XmlElement {
  const children = root.children.filter(({ name }) => !["ResponseMetadata", "requestId", "RequestId", "RequestID"].includes(name));
  return { ...root, children, text: children.length > 0 ? "" : root.text };
}

function bodyText(body: HttpResponse["body"], protocol: ProtocolId): string {
  if (body === undefined) return "";
  if (typeof body === "string") return protocol === "rpcv2Cbor" ? Buffer.from(body).toString("base64") : body;
  if (body instanceof Uint8Array) return Buffer.from(body).toString(protocol === "rpcv2Cbor" ? "base64" : "utf8");
  throw new Error("a stream");
}

function answered(vector: Case, operation: OperationSchema, protocol: ProtocolId): HttpResponse {
  if (vector.errorCode === undefined) return writeAnswer(protocol, operation, typed(operation.output, vector.result ?? {}), "id");
  const shape = operation.service.errors.get(vector.errorCode) ?? operation.service.errorsByQueryCode.get(vector.errorCode);
  const call = new WireCall(new Incoming(requestOf(vector, protocol)), undefined);
  call.protocol = protocol;
  call.service = operation.service;
  const fields = shape ? (typed(shape, vector.error ?? {}) as Record<string, unknown>) : {};
  return writeError(
    call,
    new AwsError(vector.errorCode, vector.errorMessage ?? "", { fields, status: vector.response?.status_code ?? 400 }),
    "id",
  );
}

/** The members of an error, wherever a document holds them: of the forms that clients take, services write one. */
function checkError(vector: Case, operation: OperationSchema, protocol: ProtocolId): void {
  const response = answered(vector, operation, protocol);
  assert.equal(response.status, vector.response?.status_code);
  const text = bodyText(response.body, protocol);
  const got = JSON.stringify(document(text, protocol));
  assert.ok(
    got.includes(vector.errorCode ?? "") ||
      String(response.headers["x-amzn-errortype"] ?? response.headers["x-amzn-query-error"]).includes(vector.errorCode ?? ""),
    got,
  );
  for (const value of Object.values(vector.error ?? {})) {
    const wanted = typeof value === "string" ? value : "bar";
    assert.ok(got.includes(wanted) || Object.values(response.headers).includes(wanted), `${wanted} in ${got}`);
  }
}

function checkOutput(vector: Case, operation: OperationSchema, protocol: ProtocolId): void {
  const response = answered(vector, operation, protocol);
  assert.equal(response.status, vector.response?.status_code);
  const wanted = document(vector.response?.body ?? "", protocol);
  const got = document(bodyText(response.body, protocol), protocol);
  if (!isDeepStrictEqual(wanted ?? {}, got ?? {})) assert.deepEqual(got, wanted);
  for (const [name, value] of Object.entries(vector.response?.headers ?? {})) {
    if (["content-type", "x-amzn-requestid", "x-amz-target"].includes(name.toLowerCase())) continue;
    assert.equal(response.headers[name.toLowerCase()], value, name);
  }
}

if (!available)
  test("Smithy's protocol tests", {
    skip: "HEARTH_PROTOCOL_TESTS does not lead to tests/unit of botocore's source distribution",
  }, () => {});
else {
  for (const [file, protocol] of FILES) {
    for (const kind of ["input", "output"] as const) {
      for (const suite of suitesOf(kind, file)) {
        for (const vector of suite.cases) {
          const reason = EXCLUDED.find(([pattern]) => pattern.test(`${kind} ${vector.id}`))?.[1];
          test(`${kind} ${file} ${vector.id}`, { ...(reason !== undefined && { skip: reason }) }, async () => {
            const operation = vectorOperation(
              suite,
              vector.given,
              protocol,
              file.endsWith("-query-compatible") && !file.endsWith("non-query-compatible"),
            );
            if (kind === "input")
              assert.deepEqual(plain(await parsed(vector, operation, protocol)), plain(typed(operation.input, vector.params ?? {})));
            else if (vector.errorCode !== undefined) checkError(vector, operation, protocol);
            else checkOutput(vector, operation, protocol);
          });
        }
      }
    }
  }
}
