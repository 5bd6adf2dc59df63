import assert from "node:assert/strict";
import { test } from "node:test";
import { responseV1, responseV2 } from "./response.ts";

const bytes = (answer: unknown) => Buffer.from(JSON.stringify(answer));
const JSON_TYPE = [["content-type", "application/json"]];
const TEXT_TYPE = ["content-type", "text/plain;charset=UTF-8"];

const inferred: [answer: unknown, body: string][] = [
  [{ message: "hi" }, '{"message":"hi"}'],
  ["hi", "hi"],
  [5, "5"],
  [null, "null"],
  [[1, 2], "[1,2]"],
  [{}, "{}"],
  [{ body: "x" }, '{"body":"x"}'],
];

test("format 2.0: without a status code the answer is the body", () => {
  for (const [answer, body] of inferred)
    assert.deepEqual(responseV2(bytes(answer)), { status: 200, headers: JSON_TYPE, body }, JSON.stringify(answer));
});

const given: [answer: unknown, status: number, headers: string[][], body: string][] = [
  [{ statusCode: 204 }, 204, [TEXT_TYPE], ""],
  [{ statusCode: "404", body: "no" }, 404, [TEXT_TYPE], "no"],
  [
    { statusCode: 200, headers: { "Content-Type": "text/html", "X-N": 1 }, body: "<p>" },
    200,
    [
      ["content-type", "text/html"],
      ["x-n", "1"],
    ],
    "<p>",
  ],
  [{ statusCode: 200, cookies: ["a=1; Secure", "b=2"] }, 200, [["set-cookie", "a=1; Secure"], ["set-cookie", "b=2"], TEXT_TYPE], ""],
  [{ statusCode: 200, body: "aGk=", isBase64Encoded: true }, 200, [TEXT_TYPE], "hi"],
  [{ statusCode: 200, headers: { Connection: "close", "Content-Length": "9" } }, 200, [TEXT_TYPE], ""],
];

test("format 2.0: with a status code it is a response", () => {
  for (const [answer, status, headers, body] of given) {
    const response = responseV2(bytes(answer));
    assert.deepEqual([response?.status, response?.headers, String(response?.body)], [status, headers, body], JSON.stringify(answer));
  }
});

test("format 1.0 wants a response, with multiple values", () => {
  assert.deepEqual(responseV1(bytes({ statusCode: 200, headers: { A: "1" }, multiValueHeaders: { A: ["2", "3"] }, body: "x" })), {
    status: 200,
    headers: [["a", "2"], ["a", "3"], TEXT_TYPE],
    body: "x",
  });
  for (const answer of [{ message: "hi" }, "hi", null, {}]) assert.equal(responseV1(bytes(answer)), undefined, JSON.stringify(answer));
});

const invalid: unknown[] = [
  { statusCode: "ok" },
  { statusCode: 700 },
  { statusCode: 200, body: {} },
  { statusCode: 200, headers: [] },
  { statusCode: 200, headers: { a: {} } },
  { statusCode: 200, cookies: "a=1" },
  { statusCode: 200, isBase64Encoded: "true" },
];

test("what is no valid response is none", () => {
  for (const answer of invalid) assert.equal(responseV2(bytes(answer)), undefined, JSON.stringify(answer));
  assert.equal(responseV2(Buffer.from("{")), undefined);
});
