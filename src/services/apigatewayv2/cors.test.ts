import assert from "node:assert/strict";
import { test } from "node:test";
import type { WebRequest } from "../../contract/web.ts";
import { checkCors, decideCors, withCors } from "./cors.ts";
import type { Cors } from "./keys.ts";

const request = (method: string, headers: Record<string, string>): WebRequest => ({
  method,
  path: "/",
  query: "",
  headers,
  rawHeaders: Object.entries(headers),
  body: new Uint8Array(),
  host: "",
  sourceIp: "",
  protocol: "HTTP/1.1",
});

const cors: Cors = {
  allowOrigins: ["https://a.example", "http://*"],
  allowMethods: ["GET", "POST"],
  allowHeaders: ["content-type"],
  exposeHeaders: ["x-own"],
  allowCredentials: true,
  maxAge: 300,
};

const origins: [cors: Cors, origin: string, allowed: string | undefined][] = [
  [cors, "https://a.example", "https://a.example"],
  [cors, "https://b.example", undefined],
  [cors, "http://anything:3000", "http://anything:3000"],
  [{ allowOrigins: ["*"] }, "https://b.example", "*"],
  [{}, "https://a.example", undefined],
];

test("an origin is allowed by name, by scheme or as any", () => {
  for (const [given, origin, allowed] of origins) {
    const headers = Object.fromEntries(decideCors(given, request("GET", { origin }))?.headers ?? []);
    assert.equal(headers["access-control-allow-origin"], allowed, origin);
  }
});

test("a preflight is answered, others only get headers", () => {
  const preflight = decideCors(
    cors,
    request("OPTIONS", { origin: "https://a.example", "access-control-request-method": "POST" }),
  )?.preflight;
  assert.equal(preflight?.status, 204);
  assert.deepEqual(Object.fromEntries(preflight?.headers ?? []), {
    "access-control-allow-origin": "https://a.example",
    "access-control-allow-credentials": "true",
    "access-control-allow-methods": "GET,POST",
    "access-control-allow-headers": "content-type",
    "access-control-max-age": "300",
  });
  const refused = decideCors(cors, request("OPTIONS", { origin: "https://b.example", "access-control-request-method": "POST" }))?.preflight;
  assert.deepEqual(refused, { status: 204, headers: [], body: "" });
  assert.equal(decideCors(cors, request("OPTIONS", { origin: "https://a.example" }))?.preflight, undefined);
  assert.equal(decideCors(cors, request("GET", {})), undefined);
  assert.deepEqual(decideCors(cors, request("GET", { origin: "https://a.example" }))?.headers, [
    ["access-control-allow-origin", "https://a.example"],
    ["access-control-allow-credentials", "true"],
    ["access-control-expose-headers", "x-own"],
  ]);
});

test("the integration's own CORS headers give way", () => {
  const response = {
    status: 200,
    headers: [
      ["Access-Control-Allow-Origin", "evil"],
      ["x-own", "1"],
    ] as const,
    body: "",
  };
  assert.deepEqual(withCors(response, { headers: [["access-control-allow-origin", "*"]], preflight: undefined }).headers, [
    ["x-own", "1"],
    ["access-control-allow-origin", "*"],
  ]);
  assert.deepEqual(withCors(response, undefined).headers, [["x-own", "1"]]);
});

test("a configuration that cannot be is refused", () => {
  for (const wrong of [
    { allowCredentials: true, allowOrigins: ["*"] },
    { allowMethods: ["FETCH"] },
    { allowOrigins: ["a.example"] },
    { allowOrigins: ["https://a/b"] },
  ]) {
    assert.throws(() => checkCors(wrong), { code: "BadRequestException" }, JSON.stringify(wrong));
  }
  assert.equal(checkCors(cors), cors);
});
