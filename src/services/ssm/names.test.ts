// The rules for names, as tables.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { isBelow, newName, parseName, parsePath } from "./names.ts";

describe("a name to make", () => {
  for (const [name, made] of [
    ["a", "a"],
    ["/a", "/a"],
    [" /a/b-c_d.e ", "/a/b-c_d.e"],
    ["/awsome/x", "/awsome/x"],
    [`/${Array(15).fill("x").join("/")}`, `/${Array(15).fill("x").join("/")}`],
    ["x".repeat(1011), "x".repeat(1011)],
  ] as const) {
    test(`${name.slice(0, 40)} is taken`, () => assert.equal(newName(name), made));
  }

  for (const [name, code] of [
    ["", "ValidationException"],
    ["/", "ValidationException"],
    ["a/b", "ValidationException"],
    ["/a/", "ValidationException"],
    ["/a//b", "ValidationException"],
    ["/a b", "ValidationException"],
    ["/ä", "ValidationException"],
    ["awsome", "ValidationException"],
    ["SSM-x", "ValidationException"],
    ["/ssm/x", "ValidationException"],
    ["/aws/x", "AccessDeniedException"],
    ["/AWS/x", "AccessDeniedException"],
    ["x".repeat(1012), "ValidationException"],
    [`/${Array(16).fill("x").join("/")}`, "HierarchyLevelLimitExceededException"],
  ] as const) {
    test(`${name.slice(0, 40)} is refused`, () => assert.throws(() => newName(name), { code }));
  }
});

describe("a name to find", () => {
  const arn = "arn:aws:ssm:us-east-1:000000000000:parameter";
  const owner = { account: "000000000000", region: "us-east-1" };
  for (const [text, query] of [
    ["/a/b", { names: ["/a/b"] }],
    [" a ", { names: ["a"] }],
    ["/a:12", { names: ["/a"], selector: { text: ":12", version: 12 } }],
    ["/a:prod", { names: ["/a"], selector: { text: ":prod", label: "prod" } }],
    [`${arn}/a/b`, { names: ["/a/b"], owner }],
    [`${arn}/a:3`, { names: ["/a", "a"], owner, selector: { text: ":3", version: 3 } }],
  ] as const) {
    test(text, () => assert.deepEqual(parseName(text), query));
  }
  for (const text of ["/a:", "/a:1:2"])
    test(`${text} is refused`, () => assert.throws(() => parseName(text), { code: "ValidationException" }));
});

describe("a path", () => {
  for (const [text, path] of [
    ["/", ""],
    ["/a", "/a"],
    ["/a/b/", "/a/b"],
  ] as const) {
    test(text, () => assert.equal(parsePath(text), path));
  }
  for (const text of ["a", "", "/a b", "//", "/ssm"])
    test(`"${text}" is refused`, () => assert.throws(() => parsePath(text), { code: "ValidationException" }));

  for (const [name, path, direct, deep] of [
    ["/a/b", "/a", true, true],
    ["/a/b/c", "/a", false, true],
    ["/ab/c", "/a", false, false],
    ["/a", "/a", false, false],
    ["x", "", true, true],
    ["/x", "", true, true],
    ["/x/y", "", false, true],
  ] as const) {
    test(`${name} below ${path || "/"}`, () => assert.deepEqual([isBelow(name, path, false), isBelow(name, path, true)], [direct, deep]));
  }
});
