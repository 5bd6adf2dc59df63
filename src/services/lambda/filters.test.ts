import assert from "node:assert/strict";
import { test } from "node:test";
import { checkPattern, matchesAny } from "./filters.ts";

const record = {
  messageId: "1",
  body: JSON.stringify({ a: "x", n: 5, list: ["p", "q"], deep: { b: null, t: true } }),
  attributes: { SenderId: "me" },
};

for (const [pattern, expected] of [
  [{ body: { a: ["x"] } }, true],
  [{ body: { a: ["y", "x"] } }, true],
  [{ body: { a: ["y"] } }, false],
  [{ body: { a: ["x"], n: [6] } }, false],
  [{ body: { n: [5] } }, true],
  [{ body: { n: ["5"] } }, false],
  [{ body: { list: ["q"] } }, true],
  [{ body: { deep: { b: [null], t: [true] } } }, true],
  [{ body: { a: [{ prefix: "x" }] } }, true],
  [{ body: { a: [{ suffix: "y" }] } }, false],
  [{ body: { a: [{ "equals-ignore-case": "X" }] } }, true],
  [{ body: { a: [{ wildcard: "*" }] } }, true],
  [{ body: { a: [{ wildcard: "y*" }] } }, false],
  [{ body: { a: [{ "anything-but": ["y", "z"] }] } }, true],
  [{ body: { a: [{ "anything-but": "x" }] } }, false],
  [{ body: { a: [{ "anything-but": { prefix: "x" } }] } }, false],
  [{ body: { missing: [{ "anything-but": "x" }] } }, false],
  [{ body: { n: [{ numeric: [">", 4, "<=", 5] }] } }, true],
  [{ body: { n: [{ numeric: ["<", 5] }] } }, false],
  [{ body: { n: [{ numeric: ["=", 5] }] } }, true],
  [{ body: { a: [{ exists: true }], z: [{ exists: false }] } }, true],
  [{ body: { a: [{ exists: false }] } }, false],
  [{ body: { $or: [{ a: ["y"] }, { n: [5] }] } }, true],
  [{ body: { $or: [{ a: ["y"] }, { n: [6] }] } }, false],
  [{ attributes: { SenderId: ["me"] } }, true],
] as const) {
  test(`${JSON.stringify(pattern)} is ${expected}`, () => assert.equal(matchesAny([JSON.stringify(pattern)], record), expected));
}

test("any of several patterns is enough; a plain body is matched as text", () => {
  assert.equal(matchesAny(['{"body":["other"]}', '{"body":["plain"]}'], { body: "plain" }), true);
  assert.equal(matchesAny(['{"body":{"a":["x"]}}'], { body: "plain" }), false);
});

for (const [pattern, valid] of [
  ['{"body":{"a":["x"]}}', true],
  ["{}", false],
  ["[]", false],
  ["{", false],
  ['{"body":"x"}', false],
  ['{"body":[]}', false],
  ['{"body":{}}', false],
  ['{"body":{"a":[{"regex":"x"}]}}', false],
] as const) {
  test(`${pattern} is ${valid ? "a" : "no"} pattern`, () => assert.equal(checkPattern(pattern) === undefined, valid));
}
