import assert from "node:assert/strict";
import { test } from "node:test";
import type { WebRequest } from "../../contract/web.ts";
import { eventV1, eventV2, isTextType, type RequestFacts } from "./event.ts";

const facts: RequestFacts = {
  account: "123456789012",
  apiId: "abcdefghij",
  stage: "$default",
  stageVariables: undefined,
  routeKey: "GET /users/{id}",
  pathParameters: { id: "a@b" },
  path: "/users/a%40b",
  requestId: "ABCDEFGHIJKLMNO=",
  traceId: "Root=1-68e90d18-000000000000000000000000",
  nowMs: Date.UTC(2026, 9, 10, 13, 55, 36),
  forwardedProto: "http",
  forwardedPort: "4566",
};

function request(given: Partial<WebRequest> = {}): WebRequest {
  const rawHeaders = given.rawHeaders ?? [
    ["Host", "abcdefghij.execute-api.localhost:4566"],
    ["User-Agent", "curl/8"],
    ["X-Thing", "one"],
    ["X-Thing", "two"],
    ["Cookie", "a=1; b=2"],
    ["Connection", "keep-alive"],
  ];
  const headers: Record<string, string> = Object.create(null);
  for (const [name, value] of rawHeaders) {
    const known = headers[name.toLowerCase()];
    headers[name.toLowerCase()] = known === undefined ? value : `${known}, ${value}`;
  }
  return {
    method: "GET",
    path: "/users/a%40b",
    query: "",
    body: new Uint8Array(),
    host: headers["host"] ?? "",
    sourceIp: "10.1.2.3",
    protocol: "HTTP/1.1",
    ...given,
    rawHeaders,
    headers,
  };
}

/** As the function gets it. */
const json = (event: unknown): Record<string, unknown> => JSON.parse(JSON.stringify(event));

test("format 2.0 has every member, and leaves out what there is not", () => {
  assert.deepEqual(json(eventV2(request({ query: "a=1&a=2&b=%C3%A9+x" }), facts)), {
    version: "2.0",
    routeKey: "GET /users/{id}",
    rawPath: "/users/a@b",
    rawQueryString: "a=1&a=2&b=%C3%A9+x",
    cookies: ["a=1", "b=2"],
    headers: {
      host: "abcdefghij.execute-api.localhost:4566",
      "user-agent": "curl/8",
      "x-thing": "one,two",
      "x-amzn-trace-id": "Root=1-68e90d18-000000000000000000000000",
      "x-forwarded-for": "10.1.2.3",
      "x-forwarded-port": "4566",
      "x-forwarded-proto": "http",
    },
    queryStringParameters: { a: "1,2", b: "é x" },
    requestContext: {
      accountId: "123456789012",
      apiId: "abcdefghij",
      domainName: "abcdefghij.execute-api.localhost",
      domainPrefix: "abcdefghij",
      http: { method: "GET", path: "/users/a@b", protocol: "HTTP/1.1", sourceIp: "10.1.2.3", userAgent: "curl/8" },
      requestId: "ABCDEFGHIJKLMNO=",
      routeKey: "GET /users/{id}",
      stage: "$default",
      time: "10/Oct/2026:13:55:36 +0000",
      timeEpoch: facts.nowMs,
    },
    pathParameters: { id: "a@b" },
    isBase64Encoded: false,
  });
  const bare = json(eventV2(request({ rawHeaders: [] }), { ...facts, pathParameters: undefined, stageVariables: { v: "1" } }));
  assert.deepEqual(
    ["cookies", "queryStringParameters", "pathParameters", "body"].filter((name) => name in bare),
    [],
  );
  assert.deepEqual(bare["stageVariables"], { v: "1" });
});

test("format 1.0 has nulls and multiple values", () => {
  const event = json(eventV1(request({ query: "a=1&a=2" }), { ...facts, stage: "dev", path: "/dev/users/a%40b" }, "/users/{id}"));
  assert.equal(event["version"], "1.0");
  assert.equal(event["resource"], "/users/{id}");
  assert.equal(event["path"], "/dev/users/a@b");
  assert.deepEqual(event["queryStringParameters"], { a: "2" });
  assert.deepEqual(event["multiValueQueryStringParameters"], { a: ["1", "2"] });
  assert.deepEqual((event["multiValueHeaders"] as Record<string, string[]>)["X-Thing"], ["one", "two"]);
  assert.deepEqual((event["headers"] as Record<string, string>)["X-Thing"], "two");
  assert.deepEqual((event["headers"] as Record<string, string>)["Cookie"], "a=1; b=2");
  assert.equal(event["body"], null);
  assert.equal(event["stageVariables"], null);
  assert.equal((event["requestContext"] as Record<string, unknown>)["resourcePath"], "/users/{id}");
});

const bodies: [type: string | undefined, body: Buffer, expected: string | undefined, encoded: boolean][] = [
  ["application/json", Buffer.from("{}"), "{}", false],
  ["application/json; charset=utf-8", Buffer.from("{}"), "{}", false],
  ["text/csv", Buffer.from("é"), "é", false],
  ["application/x-www-form-urlencoded", Buffer.from("a=1"), "YT0x", true],
  ["application/octet-stream", Buffer.from([0, 255]), "AP8=", true],
  [undefined, Buffer.from("é"), "é", false],
  [undefined, Buffer.from([0, 255]), "AP8=", true],
  ["image/png", Buffer.alloc(0), undefined, false],
];

test("a body is text by its type, anything else is Base64", () => {
  for (const [type, body, expected, encoded] of bodies) {
    const event = eventV2(request({ body, rawHeaders: type === undefined ? [] : [["content-type", type]] }), facts);
    assert.deepEqual([event["body"], event["isBase64Encoded"]], [expected, encoded], String(type));
  }
  for (const type of ["application/problem+json", "image/svg+xml", "application/xml", "application/javascript"])
    assert(isTextType(type), type);
});

test("headers that a proxy before us sent are kept or extended, and may have any name", () => {
  const event = json(
    eventV2(
      request({
        rawHeaders: [
          ["X-Forwarded-For", "192.0.2.1"],
          ["x-amzn-trace-id", "Root=1-2-3"],
          ["constructor", "a"],
          ["constructor", "b"],
        ],
      }),
      facts,
    ),
  );
  assert.deepEqual(event["headers"], {
    "x-forwarded-for": "192.0.2.1, 10.1.2.3",
    "x-amzn-trace-id": "Root=1-2-3",
    constructor: "a,b",
    "x-forwarded-port": "4566",
    "x-forwarded-proto": "http",
  });
});
