import assert from "node:assert/strict";
import { test } from "node:test";
import { proxyResponse } from "./response.ts";

const respond = (answer: unknown, types: string[] = [], accept?: string) =>
  proxyResponse(Buffer.from(JSON.stringify(answer)), types, accept);

const JSON_TYPE = ["Content-Type", "application/json"];
const accepted: [answer: unknown, status: number, headers: string[][], body: string][] = [
  [{ statusCode: 200, body: "hi" }, 200, [JSON_TYPE], "hi"],
  [{ statusCode: "201", body: null }, 201, [JSON_TYPE], ""],
  [{}, 200, [JSON_TYPE], ""],
  [{ statusCode: 200, headers: { "content-type": "text/html" }, body: "<p>" }, 200, [["content-type", "text/html"]], "<p>"],
  [{ statusCode: 200, headers: { "X-N": 5, "X-B": true, "X-Null": null } }, 200, [["X-N", "5"], ["X-B", "true"], JSON_TYPE], ""],
  [
    { statusCode: 200, headers: { A: "1", B: "2" }, multiValueHeaders: { a: ["x", "y"] } },
    200,
    [["B", "2"], ["a", "x"], ["a", "y"], JSON_TYPE],
    "",
  ],
  [
    { statusCode: 200, multiValueHeaders: { "Set-Cookie": ["a=1", "b=2"] } },
    200,
    [["Set-Cookie", "a=1"], ["Set-Cookie", "b=2"], JSON_TYPE],
    "",
  ],
  [
    { statusCode: 401, headers: { "WWW-Authenticate": "Basic", Server: "x", "Transfer-Encoding": "chunked" } },
    401,
    [["x-amzn-Remapped-WWW-Authenticate", "Basic"], ["x-amzn-Remapped-Server", "x"], JSON_TYPE],
    "",
  ],
  [{ statusCode: 200, body: "aGk=", isBase64Encoded: true }, 200, [JSON_TYPE], "aGk="],
];

test("a proxy response becomes the client's answer", () => {
  for (const [answer, status, headers, body] of accepted) {
    const response = respond(answer);
    assert.equal(response?.status, status, JSON.stringify(answer));
    assert.deepEqual(response?.headers, headers, JSON.stringify(answer));
    assert.equal(response?.body, body);
  }
});

test("Base64 is decoded only when the client accepts a binary media type of the API", () => {
  const answer = { statusCode: 200, body: "aGk=", isBase64Encoded: true };
  assert.equal(respond(answer, ["image/png"], "image/png")?.body.toString(), "hi");
  assert.equal(respond(answer, ["*/*"])?.body.toString(), "hi");
  assert.equal(respond(answer, ["image/png"], "text/html")?.body, "aGk=");
});

const malformed: unknown[] = [
  null,
  "text",
  5,
  [],
  { message: "hello" },
  { statusCode: 200, extra: 1 },
  { statusCode: 200, body: { a: 1 } },
  { statusCode: 200, body: 5 },
  { statusCode: "ok" },
  { statusCode: 99 },
  { statusCode: 600 },
  { statusCode: 200, headers: "x" },
  { statusCode: 200, headers: { A: ["x"] } },
  { statusCode: 200, multiValueHeaders: { A: "x" } },
  { statusCode: 200, isBase64Encoded: "yes" },
];

test("anything else is malformed", () => {
  for (const answer of malformed) assert.equal(respond(answer), undefined, JSON.stringify(answer));
  assert.equal(proxyResponse(Buffer.from("{"), [], undefined), undefined);
  assert.equal(proxyResponse(new Uint8Array(), [], undefined), undefined);
});
