// Cases that AWS's answers are known for; what a case leaves open, a pattern leaves open.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type RawItem, readItem } from "../attribute-value.ts";
import { conditionOf } from "./cache.ts";
import { bindCondition, holds } from "./condition.ts";
import { readVariables } from "./variables.ts";

type Names = Record<string, string>;

function filter(text: string, values?: RawItem, names?: Names) {
  const variables = readVariables(names, values);
  return bindCondition("FilterExpression", conditionOf("FilterExpression", text), variables);
}

const refuses = (run: () => unknown, message: string | RegExp, text: string) =>
  assert.throws(run, { code: "ValidationException", message }, text);

test("syntax errors name the token and what stands near it", () => {
  const cases: [string, string, string][] = [
    ["things are not gonna be ok", "are", "things are not"],
    ["a > 4", "4", "> 4"],
    ["a =", "<EOF>", "="],
    ["attribute_exists(Pictures-RearView)", "-", "Pictures-RearView"],
    ["attribute_exists(Pictures..RearView)", ".", "..RearView"],
    ["a in b", "b", "in b"],
    ["b[:a] > a", ":a", "[:a]"],
    ["ü > a", "ü", "ü >"],
    ["a = :a b", "b", ":a b"],
  ];
  for (const [text, token, near] of cases) {
    refuses(() => filter(text), `Invalid FilterExpression: Syntax error; token: "${token}", near: "${near}"`, text);
  }
});

test("these are syntax errors in a condition", () => {
  const cases = [
    'attribute_exists("Pictures.RearView")',
    "attribute_exists(Pi#ctures.RearView)",
    "attribute_exists(asdf[a])",
    "a in b, c",
    "a > between",
    "a in (b,c,)",
    "(a)between(b.(c.d))and(c)",
    "(a)between(b.c.d)and((c)",
    "#$.b > a",
    "a > :things.stuff",
    "b[#_] > a",
    "(a)between(b.c[4.5].#d)and(:a)",
    "size(a).b > a",
    "(size(a)).b > a",
    "size(a)[0] > a",
    "(size(a))[0] > a",
    "size()",
    "a = b = c",
    "(a = b",
    "a = b)",
    "not",
    "a",
    ":a",
    "and a = b",
    `${"(".repeat(1000)}a = b${")".repeat(1000)}`,
  ];
  for (const text of cases) refuses(() => filter(text), /^Invalid FilterExpression: Syntax error; token: "/, text);
});

test("parentheses around parentheses are redundant", () => {
  const cases = [
    "a=a and a > ((views))",
    "(a)between(((b.c)).d)and(c)",
    "a > whatever((:things), ((a)))",
    "a=a AND ((a=a AND a=a)) AND a=a",
    "a=a OR ((a=a OR a=a)) OR a=a",
    "a=a AND ((a=a AND (a=a AND a=a)))",
  ];
  for (const text of cases) refuses(() => filter(text), "Invalid FilterExpression: The expression has redundant parentheses;", text);
});

test("what a condition may not say is told in AWS's order", () => {
  const prefix = "Invalid FilterExpression: ";
  const cases: [string, string][] = [
    ["", "The expression can not be empty;"],
    ["  ", "The expression can not be empty;"],
    ["a=a and whatever((:things)) > a", "Invalid function name; function: whatever"],
    ["attRIbute_exIsts((views), #a)", "Invalid function name; function: attRIbute_exIsts"],
    ...(
      [
        ["a=a and attribute_exists((views), (#a)) > b", "attribute_exists"],
        ["attribute_not_exists(things) > b", "attribute_not_exists"],
        ["attribute_type(things, :a) > b", "attribute_type"],
        ["begins_with(things, a) > b", "begins_with"],
        ["contains(:things, c) > b", "contains"],
        ["size(contains(a, b)) > a", "contains"],
        ["size(things)", "size"],
        ["(size(things))", "size"],
        ["not size(things)", "size"],
        ["a between b and attribute_exists(things)", "attribute_exists"],
        ["a in (b, attribute_exists(things))", "attribute_exists"],
      ] as const
    ).map(([text, name]): [string, string] => [
      text,
      `The function is not allowed to be used this way in an expression; function: ${name}`,
    ]),
    ["attribute_exists(views, #a)", "Attribute name is a reserved keyword; reserved keyword: views"],
    [":a < abOrT", "Attribute name is a reserved keyword; reserved keyword: abOrT"],
    ["a.name = b", "Attribute name is a reserved keyword; reserved keyword: name"],
    ...(
      [
        ["attribute_exists(#Pictures.RearView, :a) and a=a", "#Pictures"],
        ["begins_with(Pictures.#RearView)", "#RearView"],
        ["(#P between :lo and :hi) and (#PC in (:cat1, :cat2))", "#P"],
        ["#4g > a", "#4g"],
        ["#_ > a", "#_"],
        ["(a)between(b.c[45].#d)and(:a)", "#d"],
      ] as const
    ).map(([text, name]): [string, string] => [
      text,
      `An expression attribute name used in the document path is not defined; attribute name: ${name}`,
    ]),
    ...(
      [
        ["begins_with(:hello, #a, #b)", ":hello"],
        [":a < :b", ":a"],
        [":_ > a", ":_"],
      ] as const
    ).map(([text, name]): [string, string] => [
      text,
      `An expression attribute value used in expression is not defined; attribute value: ${name}`,
    ]),
    ...(
      [
        ["attribute_exists(things, a) and a=a", "attribute_exists", 2],
        ["attribute_not_exists(things, b)", "attribute_not_exists", 2],
        ["attribute_type(things)", "attribute_type", 1],
        ["begins_with(things)", "begins_with", 1],
        ["begins_with(things, size(a), b)", "begins_with", 3],
        ["contains(things)", "contains", 1],
        ["size(things, a) > b", "size", 2],
      ] as const
    ).map(([text, name, count]): [string, string] => [
      text,
      `Incorrect number of operands for operator or function; operator or function: ${name}, number of operands: ${count}`,
    ]),
  ];
  for (const [text, message] of cases) refuses(() => filter(text), `${prefix}${message}`, text);
});

test("operands have the types that AWS wants", () => {
  const scalarValues: RawItem[string][] = [
    { B: Buffer.from("a") },
    { BOOL: true },
    { NULL: true },
    { L: [] },
    { M: {} },
    { SS: ["1"] },
    { NS: ["1"] },
  ];
  const cases: [string, string, RawItem[string]][] = [
    ["attribute_type(a, size(a)) and a=a and a=:a", "attribute_type", { N: "1" }],
    ["attribute_type(a, :a)", "attribute_type", { N: "1" }],
    ...scalarValues.map((value): [string, string, RawItem[string]] => ["attribute_type(a, :a)", "attribute_type", value]),
    ["begins_with(a, size(a)) and a=:a", "begins_with", { N: "1" }],
    ["begins_with(a, :a)", "begins_with", { N: "1" }],
    ...scalarValues.slice(1).map((value): [string, string, RawItem[string]] => ["begins_with(:a, a)", "begins_with", value]),
    ["size(size(a)) > :a", "size", { N: "1" }],
    ["attribute_not_exists(size(:a))", "size", { N: "1" }],
    ["size(:a) > a", "size", { BOOL: true }],
    ["size(:a) > a", "size", { NULL: true }],
    ["a < :a", "<", { M: {} }],
    ["a between :a and b", "BETWEEN", { BOOL: true }],
  ];
  for (const [text, name, value] of cases) {
    const type = Object.keys(value)[0];
    refuses(
      () => filter(text, { ":a": value }),
      `Invalid FilterExpression: Incorrect operand type for operator or function; operator or function: ${name}, operand type: ${type}`,
      text,
    );
  }
  refuses(
    () => filter("attribute_type(a, :a)", { ":a": { S: "1" } }),
    /^Invalid FilterExpression: Invalid attribute type name found; type: 1, valid types: \{((B|NULL|SS|BOOL|L|BS|N|NS|S|M),?){10}\}$/,
    "a type",
  );
  for (const [text, name] of [
    ["attribute_exists(:a) and a=a", "attribute_exists"],
    ["attribute_not_exists(size(:a))", "attribute_not_exists"],
  ] as const) {
    refuses(
      () => filter(text, { ":a": { S: "1" } }),
      `Invalid FilterExpression: Operator or function requires a document path; operator or function: ${name}`,
      text,
    );
  }
});

test("an attribute is not compared with itself", () => {
  const cases: [string, string, string][] = [
    ["a = a AND #a = b AND :views > a", "=", "[a]"],
    ["#a <> a", "<>", "[a]"],
    ["((a=a) OR (a=a))", "=", "[a]"],
    ["contains(ab.bc[1].a, ab.bc[1].#a)", "contains", "[ab, bc, [1], a]"],
    ["attribute_type(ab.bc[1].#a, ab.bc[1].a)", "attribute_type", "[ab, bc, [1], a]"],
    ["begins_with(ab.bc[1].a, ab.bc[1].#a)", "begins_with", "[ab, bc, [1], a]"],
  ];
  for (const [text, operator, path] of cases) {
    refuses(
      () => filter(text, undefined, { "#a": "a" }),
      "Invalid FilterExpression: The first operand must be distinct from the remaining operands for this operator or function; " +
        `operator: ${operator}, first operand: ${path}`,
      text,
    );
  }
});

test("conditions hold or do not", () => {
  const item = readItem({
    s: { S: "hello" },
    n: { N: "5" },
    m: { M: { in: { L: [{ N: "1" }, { S: "two" }] }, é: { S: "é" } } },
    ss: { SS: ["a", "b"] },
    ns: { NS: ["1", "2"] },
    l: { L: [{ S: "a" }, { N: "1" }] },
    b: { B: Buffer.from("hello") },
    yes: { BOOL: true },
    nothing: { NULL: true },
  });
  const values: RawItem = {
    ":hel": { S: "hel" },
    ":hello": { S: "hello" },
    ":ll": { S: "ll" },
    ":a": { S: "a" },
    ":five": { N: "5.0" },
    ":four": { N: "4" },
    ":six": { N: "6" },
    ":one": { N: "1" },
    ":two": { N: "2" },
    ":bytes": { B: Buffer.from("hel") },
    ":N": { S: "N" },
    ":true": { BOOL: true },
  };
  const cases: [string, boolean][] = [
    ["s = :hello", true],
    ["s <> :hello", false],
    ["nope <> :hello", true],
    ["nope = :hello", false],
    ["nope < :hello", false],
    ["not nope = :hello", true],
    ["n = :five", true],
    ["n > :four and n < :six", true],
    ["n between :four and :six", true],
    ["n between :six and l", false],
    ["n in (:four, :five)", true],
    ["s in (:four, :hel)", false],
    ["n > :hello", false],
    [":four < n", true],
    ["begins_with(s, :hel)", true],
    ["begins_with(b, :bytes)", true],
    ["begins_with(n, :hel)", false],
    ["contains(s, :ll)", true],
    ["contains(ss, :a)", true],
    ["contains(ns, :one)", true],
    ["contains(ns, :five)", false],
    ["contains(l, :one)", true],
    ["contains(b, :bytes)", true],
    ["contains(s, :one)", false],
    ["attribute_exists(m.#in[1])", true],
    ["attribute_exists(m.#in[2])", false],
    ["attribute_not_exists(m.nope.deeper)", true],
    ["attribute_type(n, :N)", true],
    ["attribute_type(s, :N)", false],
    ["size(s) = :five", true],
    ["size(m.#e) = :two", true],
    ["size(ss) = :two", true],
    ["size(m) = :two", true],
    ["size(n) = :two", false],
    ["yes = :true", true],
    // OR binds weaker than AND, NOT stronger than both.
    ["s = :hello or n = :four and n = :four", true],
    ["(s = :hello or n = :four) and n = :four", false],
    ["not s = :hello or n = :five", true],
    ["not (s = :hello or n = :five)", false],
    ["s = :hel or not n = :four", true],
    ["NOT s = :hel AND n In (:five)", true],
  ];
  const names = { "#in": "in", "#e": "é" };
  for (const [text, expected] of cases) assert.equal(holds(filter(text, values, names), item), expected, text);
});
