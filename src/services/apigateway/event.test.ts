import assert from "node:assert/strict";
import { test } from "node:test";
import type { WebRequest } from "../../contract/web.ts";
import { domainNameOf, proxyEvent as eventOf, formatRequestTime, queryOf, type RequestFacts } from "./event.ts";

/** As the function gets it. */
const proxyEvent = (...given: Parameters<typeof eventOf>): Record<string, unknown> => JSON.parse(JSON.stringify(eventOf(...given)));

const facts: RequestFacts = {
  account: "123456789012",
  apiId: "abcdefghij",
  stage: "dev",
  deploymentId: "dep123",
  stageVariables: {},
  binaryMediaTypes: ["image/png"],
  resourceId: "res123",
  resourcePath: "/users/{id}",
  pathParameters: { id: "a%40b" },
  path: "/users/a%40b",
  requestId: "11111111-2222-4333-8444-555555555555",
  extendedRequestId: "ABCDEFGHIJKLMNO=",
  traceId: "Root=1-68e90d18-000000000000000000000000",
  nowMs: Date.UTC(2026, 9, 10, 13, 55, 36),
  forwardedProto: "http",
  forwardedPort: "4566",
};

function request(given: Partial<WebRequest> = {}): WebRequest {
  const rawHeaders = given.rawHeaders ?? [
    ["host", "abcdefghij.execute-api.localhost:4566"],
    ["User-Agent", "curl/8"],
    ["X-Thing", "one"],
    ["X-Thing", "two"],
    ["Connection", "keep-alive"],
    ["Content-Length", "2"],
  ];
  const headers: Record<string, string> = Object.create(null);
  for (const [name, value] of rawHeaders) {
    const known = headers[name.toLowerCase()];
    headers[name.toLowerCase()] = known === undefined ? value : `${known}, ${value}`;
  }
  return {
    method: "GET",
    path: "/dev/users/a%40b",
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

test("the event has every member of payload format 1.0, and no other", () => {
  assert.deepEqual(proxyEvent(request({ query: "a=1&a=2&b=%C3%A9+x&flag" }), facts), {
    resource: "/users/{id}",
    path: "/users/a%40b",
    httpMethod: "GET",
    headers: {
      Host: "abcdefghij.execute-api.localhost:4566",
      "User-Agent": "curl/8",
      "X-Thing": "two",
      "X-Amzn-Trace-Id": "Root=1-68e90d18-000000000000000000000000",
      "X-Forwarded-For": "10.1.2.3",
      "X-Forwarded-Port": "4566",
      "X-Forwarded-Proto": "http",
    },
    multiValueHeaders: {
      Host: ["abcdefghij.execute-api.localhost:4566"],
      "User-Agent": ["curl/8"],
      "X-Thing": ["one", "two"],
      "X-Amzn-Trace-Id": ["Root=1-68e90d18-000000000000000000000000"],
      "X-Forwarded-For": ["10.1.2.3"],
      "X-Forwarded-Port": ["4566"],
      "X-Forwarded-Proto": ["http"],
    },
    queryStringParameters: { a: "2", b: "é x", flag: "" },
    multiValueQueryStringParameters: { a: ["1", "2"], b: ["é x"], flag: [""] },
    pathParameters: { id: "a%40b" },
    stageVariables: null,
    requestContext: {
      resourceId: "res123",
      resourcePath: "/users/{id}",
      httpMethod: "GET",
      extendedRequestId: "ABCDEFGHIJKLMNO=",
      requestTime: "10/Oct/2026:13:55:36 +0000",
      path: "/dev/users/a%40b",
      accountId: "123456789012",
      protocol: "HTTP/1.1",
      stage: "dev",
      domainPrefix: "abcdefghij",
      requestTimeEpoch: facts.nowMs,
      requestId: "11111111-2222-4333-8444-555555555555",
      identity: {
        cognitoIdentityPoolId: null,
        accountId: null,
        cognitoIdentityId: null,
        caller: null,
        sourceIp: "10.1.2.3",
        principalOrgId: null,
        accessKey: null,
        cognitoAuthenticationType: null,
        cognitoAuthenticationProvider: null,
        userArn: null,
        userAgent: "curl/8",
        user: null,
      },
      domainName: "abcdefghij.execute-api.localhost",
      deploymentId: "dep123",
      apiId: "abcdefghij",
    },
    body: null,
    isBase64Encoded: false,
  });
});

test("what is absent is null", () => {
  const event = proxyEvent(request({ rawHeaders: [["Host", "127.0.0.1:4566"]] }), {
    ...facts,
    pathParameters: {},
    stageVariables: { a: "b" },
  });
  assert.equal(event["queryStringParameters"], null);
  assert.equal(event["multiValueQueryStringParameters"], null);
  assert.equal(event["pathParameters"], null);
  assert.deepEqual(event["stageVariables"], { a: "b" });
});

const bodies: [type: string | undefined, body: Buffer, expected: string | null, encoded: boolean][] = [
  ["application/json", Buffer.from("{}"), "{}", false],
  [undefined, Buffer.from("é"), "é", false],
  ["image/png", Buffer.from([0xff, 0x00]), "/wA=", true],
  ["image/png", Buffer.alloc(0), null, false],
  ["application/x-www-form-urlencoded", Buffer.from("a=1"), "a=1", false],
];

test("a body is text unless its type is one of the API's binary media types", () => {
  for (const [type, body, expected, encoded] of bodies) {
    const event = proxyEvent(request({ body, rawHeaders: type === undefined ? [] : [["Content-Type", type]] }), facts);
    assert.equal(event["body"], expected, String(type));
    assert.equal(event["isBase64Encoded"], encoded, String(type));
  }
});

test("headers that a proxy before us sent are kept or extended", () => {
  const event = proxyEvent(
    request({
      rawHeaders: [
        ["x-forwarded-for", "192.0.2.1"],
        ["x-forwarded-proto", "gopher"],
        ["x-amzn-trace-id", "Root=1-2-3"],
      ],
    }),
    facts,
  );
  assert.deepEqual(event["headers"], {
    "x-amzn-trace-id": "Root=1-2-3",
    "X-Forwarded-For": "192.0.2.1, 10.1.2.3",
    "X-Forwarded-Port": "4566",
    "X-Forwarded-Proto": "http",
  });
});

test("a query is decoded once", () => {
  const entries = (query: string) => Object.entries(queryOf(query) ?? {});
  assert.equal(queryOf(""), null);
  assert.equal(queryOf("&"), null);
  assert.deepEqual(entries("a=%2541&%62=1=2"), [
    ["a", ["%41"]],
    ["b", ["1=2"]],
  ]);
  assert.deepEqual(entries("__proto__=x&constructor=y"), [
    ["__proto__", ["x"]],
    ["constructor", ["y"]],
  ]);
  assert.deepEqual(entries("a=%zz"), [["a", ["%zz"]]]);
});

test("a header may have any name", () => {
  const event = proxyEvent(
    request({
      rawHeaders: [
        ["constructor", "a"],
        ["constructor", "b"],
        ["toString", "c"],
      ],
    }),
    facts,
  );
  assert.deepEqual(Object.entries(event["multiValueHeaders"] ?? {}).slice(0, 2), [
    ["constructor", ["a", "b"]],
    ["toString", ["c"]],
  ]);
});

test("times and names", () => {
  assert.equal(formatRequestTime(0), "01/Jan/1970:00:00:00 +0000");
  assert.equal(domainNameOf("abc.execute-api.localhost:4566", "abc"), "abc.execute-api.localhost");
  assert.equal(domainNameOf("127.0.0.1:4566", "abc"), "abc.execute-api.localhost");
});
