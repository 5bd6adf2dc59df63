// Cases that AWS's answers are known for; what a case leaves open, a pattern leaves open.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type RawItem, readItem } from "../attribute-value.ts";
import { conditionOf, projectionOf, updateOf } from "./cache.ts";
import { bindCondition } from "./condition.ts";
import { bindProjection, projectItem } from "./projection.ts";
import { applyUpdate, bindUpdate } from "./update.ts";
import { checkAllUsed, readVariables } from "./variables.ts";

type Names = Record<string, string>;

function filter(text: string, values?: RawItem, names?: Names) {
  const variables = readVariables(names, values);
  return bindCondition("FilterExpression", conditionOf("FilterExpression", text), variables);
}

function update(text: string, values?: RawItem, names?: Names) {
  return bindUpdate(updateOf(text), readVariables(names, values));
}

function project(text: string, names?: Names) {
  return bindProjection(projectionOf(text), readVariables(names, undefined));
}

const refuses = (run: () => unknown, message: string | RegExp, text: string) =>
  assert.throws(run, { code: "ValidationException", message }, text);

test("these are syntax errors in an update", () => {
  const cases = [
    "whatever",
    "set a",
    "add a",
    "delete a",
    "set a=set",
    "remove a = b",
    "add a = b",
    "delete a = b",
    "delete a b",
    "delete a if_not_exist(b)",
    "add abort b",
    "add a if_not_exist(b)",
    "remove a b",
    "set a b",
    "set :a = b",
    "add :a b",
    "delete :a b",
    "remove :a",
    "set a = b / c",
    "set a = b * c",
    'set a[1] = "eight"',
    "set a[1] = 1",
    "SET a = if_not_exist(a, 100)",
    "SET if_not_exist(a, b) = a",
    "set (a = (b + c))",
    "set a = (b.c).d + e",
    "set a = (b.c)[0] + e",
    "set a = b + c + d",
    "set a = b,",
  ];
  for (const text of cases) refuses(() => update(text), /^Invalid UpdateExpression: Syntax error; /, text);
});

test("what an update may not say is told in AWS's order", () => {
  const S = { ":a": { S: "a" }, ":b": { S: "a" } };
  const names = { "#a": "a", "#b": "b" };
  const odd = { "#b": "b", "#c": "c", "#d": "[3]" };
  const prefix = "Invalid UpdateExpression: ";
  const paths = (relation: string, one: string, two: string) =>
    `Two document paths ${relation} with each other; must remove or rewrite one of these paths; path one: ${one}, path two: ${two}`;
  const cases: [string, string, RawItem | undefined, Names | undefined][] = [
    ["", "The expression can not be empty;", undefined, undefined],
    [" set #c = :c set abOrt = true ", "Attribute name is a reserved keyword; reserved keyword: abOrt", S, names],
    [" remove Absolute ", "Attribute name is a reserved keyword; reserved keyword: Absolute", S, names],
    ["set #c = if_not_exist(:c) set c = d", "Invalid function name; function: if_not_exist", S, names],
    ["set a = #c set c = :d", 'The "SET" section can only be used once in an update expression;', S, names],
    ["remove #d set a = b remove e", 'The "REMOVE" section can only be used once in an update expression;', S, names],
    ["add #d :e set a = b add e :f", 'The "ADD" section can only be used once in an update expression;', S, names],
    ["delete #d :e set a = b delete #e :f", 'The "DELETE" section can only be used once in an update expression;', S, names],
    ["SET #c = if_not_exists(:c)", "An expression attribute name used in the document path is not defined; attribute name: #c", S, names],
    ["SET #a = if_not_exists(:c)", "An expression attribute value used in expression is not defined; attribute value: :c", S, names],
    ["set d[1] = a, d.b = a, c[1].a = a, #c = if_not_exists(a)", paths("overlap", "[c, [1], a]", "[c]"), undefined, odd],
    ["set #c[3].#d = a, #c[3] = a", paths("overlap", "[c, [3], [3]]", "[c, [3]]"), undefined, odd],
    ["set #c[3].#d = a, #c.#d[3] = if_not_exists(a)", paths("conflict", "[c, [3], [3]]", "[c, [3], [3]]"), undefined, odd],
    ["remove a.#c set a[1] = #d", paths("conflict", "[a, c]", "[a, [1]]"), undefined, odd],
    ...(
      [
        ["set a = if_not_exists(c)", "if_not_exists", 1],
        ["set a = list_append(c)", "list_append", 1],
      ] as const
    ).map(([text, name, count]): [string, string, RawItem, Names] => [
      text,
      `Incorrect number of operands for operator or function; operator or function: ${name}, number of operands: ${count}`,
      S,
      names,
    ]),
    ["set a = if_not_exists(:a, c)", "Operator or function requires a document path; operator or function: if_not_exists", S, names],
    [
      "set a = if_not_exists(if_not_exists(a, b), c)",
      "Operator or function requires a document path; operator or function: if_not_exists",
      S,
      names,
    ],
  ];
  for (const [text, message, values, defined] of cases) refuses(() => update(text, values, defined), `${prefix}${message}`, text);
});

test("updates take operands of the types that AWS wants", () => {
  const values: RawItem = {
    ":a": { S: "a" },
    ":b": { N: "1" },
    ":c": { B: Buffer.from("a") },
    ":d": { BOOL: true },
    ":e": { NULL: true },
    ":f": { SS: ["a"] },
    ":g": { NS: ["1"] },
    ":h": { BS: [Buffer.from("a")] },
    ":i": { M: {} },
    ":j": { L: [] },
  };
  const cases: [string, string, string][] = [
    ["set a = list_append(:a, a)", "list_append", "S"],
    ["set a = list_append(a, :b)", "list_append", "N"],
    ["set a = list_append(:i, a)", "list_append", "M"],
    ["set a = a + :a", "+", "S"],
    ["set a = :c + a", "+", "B"],
    ["set a = a + :d", "+", "BOOL"],
    ["set a = a + :e", "+", "NULL"],
    ["set a = a + :f", "+", "SS"],
    ["set a = a - :g", "-", "NS"],
    ["set a = a - :h", "-", "BS"],
    ["set a = a - :j", "-", "L"],
  ];
  for (const [text, name, type] of cases) {
    refuses(
      () => update(text, values),
      `Invalid UpdateExpression: Incorrect operand type for operator or function; operator or function: ${name}, operand type: ${type}`,
      text,
    );
  }
  const sections: [string, string, string][] = [
    ["set b = list_append(:a, a), c = if_not_exists(a) add a.b :a", "ADD", "STRING"],
    ["delete a.b :a", "DELETE", "STRING"],
    ["add a.b :e", "ADD", "NULL"],
    ["add a.b :d", "ADD", "BOOLEAN"],
    ["delete a.b :c", "DELETE", "BINARY"],
    ["add a.b :i", "ADD", "MAP"],
    ["delete a.b :j", "DELETE", "LIST"],
    ["delete a.b :b", "DELETE", "NUMBER"],
  ];
  for (const [text, section, type] of sections) {
    const begin = `Invalid UpdateExpression: Incorrect operand type for operator or function; operator: ${section}, operand type: ${type}`;
    assert.throws(
      () => update(text, values),
      (error: Error) => error.message.startsWith(begin),
      text,
    );
  }
});

const BEFORE: RawItem = {
  pk: { S: "k" },
  n: { N: "5" },
  s: { S: "x" },
  l: { L: [{ S: "0" }, { S: "1" }, { S: "2" }, { S: "3" }] },
  m: { M: { a: { N: "1" }, l: { L: [{ M: { x: { N: "1" } } }] } } },
  ss: { SS: ["a", "b"] },
};
const UPDATE_VALUES: RawItem = {
  ":one": { N: "1" },
  ":x": { S: "X" },
  ":y": { S: "Y" },
  ":list": { L: [{ S: "new" }] },
  ":set": { SS: ["b", "c"] },
  ":all": { SS: ["a", "b"] },
  ":ns": { NS: ["1"] },
};

test("updates change what they say and nothing else", () => {
  const cases: [string, RawItem][] = [
    ["SET n = n + :one", { n: { N: "6" } }],
    ["SET n = :one - n", { n: { N: "-4" } }],
    ["SET c = if_not_exists(c, :one) + :one", { c: { N: "2" } }],
    ["SET c = if_not_exists(n, :one)", { c: { N: "5" } }],
    ["SET s = n, n = s", { s: { N: "5" }, n: { S: "x" } }],
    ["SET m.a = :x", { m: { M: { a: { S: "X" }, l: { L: [{ M: { x: { N: "1" } } }] } } } }],
    ["SET m.l[0].x = :x", { m: { M: { a: { N: "1" }, l: { L: [{ M: { x: { S: "X" } } }] } } } }],
    ["SET m.b = m.a + :one", { m: { M: { a: { N: "1" }, l: { L: [{ M: { x: { N: "1" } } }] }, b: { N: "2" } } } }],
    ["SET l[1] = :x", { l: { L: [{ S: "0" }, { S: "X" }, { S: "2" }, { S: "3" }] } }],
    ["SET l[20] = :y, l[10] = :x", { l: { L: [{ S: "0" }, { S: "1" }, { S: "2" }, { S: "3" }, { S: "X" }, { S: "Y" }] } }],
    ["REMOVE l[0], l[2]", { l: { L: [{ S: "1" }, { S: "3" }] } }],
    ["REMOVE l[1] SET l[2] = :x", { l: { L: [{ S: "0" }, { S: "X" }, { S: "3" }] } }],
    ["REMOVE l[9]", {}],
    ["REMOVE m.nope, nope", {}],
    ["SET l = list_append(l, :list)", { l: { L: [{ S: "0" }, { S: "1" }, { S: "2" }, { S: "3" }, { S: "new" }] } }],
    ["SET l = list_append(:list, if_not_exists(q, :list))", { l: { L: [{ S: "new" }, { S: "new" }] } }],
    ["ADD n :one", { n: { N: "6" } }],
    ["ADD fresh :one", { fresh: { N: "1" } }],
    ["ADD ss :set", { ss: { SS: ["a", "b", "c"] } }],
    ["ADD m.cnt :one", { m: { M: { a: { N: "1" }, l: { L: [{ M: { x: { N: "1" } } }] }, cnt: { N: "1" } } } }],
    ["DELETE ss :set", { ss: { SS: ["a"] } }],
    ["DELETE nope :set", {}],
    ["set a = ((m.a)+(n))", { a: { N: "6" } }],
  ];
  const before = readItem(BEFORE);
  const frozen = JSON.stringify(before);
  for (const [text, changes] of cases) {
    const after = applyUpdate(before, update(text, UPDATE_VALUES));
    assert.deepEqual(after, { ...before, ...changes }, text);
    assert.equal(JSON.stringify(before), frozen, `${text} left the old item alone`);
  }
  assert.deepEqual(Object.keys(applyUpdate(before, update("REMOVE n, s DELETE ss :all", UPDATE_VALUES))), ["pk", "l", "m"]);
});

test("updates that meet the wrong item are refused", () => {
  const wrongType = "An operand in the update expression has an incorrect data type";
  const missing = "The provided expression refers to an attribute that does not exist in the item";
  const wrongPath = "The document path provided in the update expression is invalid for update";
  const cases: [string, string][] = [
    ["SET n = s + :one", wrongType],
    ["SET n = if_not_exists(s, :one) + :one", wrongType],
    ["SET l = list_append(ss, :list)", wrongType],
    ["ADD s :one", wrongType],
    ["ADD ss :ns", wrongType],
    ["DELETE n :set", wrongType],
    ["DELETE m :set", wrongType],
    ["SET a = nope", missing],
    ["SET a = nope + :one", missing],
    ["SET a = list_append(nope, :list)", missing],
    ["SET nope.a = :one", wrongPath],
    ["SET s.a = :one", wrongPath],
    ["SET s[0] = :one", wrongPath],
    ["SET m[0] = :one", wrongPath],
    ["SET l.a = :one", wrongPath],
    ["REMOVE nope.a", wrongPath],
    ["REMOVE m[0]", wrongPath],
    ["ADD nope.a :one", wrongPath],
    ["DELETE l.a :set", wrongPath],
  ];
  for (const [text, message] of cases) refuses(() => applyUpdate(readItem(BEFORE), update(text, UPDATE_VALUES)), message, text);
});

test("projections pick paths in the item's own shape", () => {
  const item = readItem({
    a: { M: { b: { L: [{ N: "0" }, { N: "1" }, { M: { c: { S: "x" }, d: { S: "y" } } }] }, e: { S: "e" } } },
    f: { S: "f" },
  });
  const cases: [string, RawItem][] = [
    ["f", { f: { S: "f" } }],
    ["a.e, f", { a: { M: { e: { S: "e" } } }, f: { S: "f" } }],
    ["a.b[2].c, a.b[0]", { a: { M: { b: { L: [{ N: "0" }, { M: { c: { S: "x" } } }] } } } }],
    ["a.b[9], nope, f.g", {}],
  ];
  for (const [text, expected] of cases) assert.deepEqual(projectItem(item, project(text)), expected, text);
});

test("projections that AWS refuses", () => {
  const prefix = "Invalid ProjectionExpression: ";
  for (const text of ["whatever(stuff)", ":a", "abort,", "a,,b", "a..b", "a[b]", "(a.b).c", "(a)", "(a),(b)", "(a,b)", "a-b"]) {
    refuses(() => project(text), /^Invalid ProjectionExpression: Syntax error; /, text);
  }
  const names = { "#a": "a", "#b": "[3]" };
  const cases: [string, string][] = [
    ["", "The expression can not be empty;"],
    ["a.abORt", "Attribute name is a reserved keyword; reserved keyword: abORt"],
    ["#a,ABSoLUTE", "Attribute name is a reserved keyword; reserved keyword: ABSoLUTE"],
    ["a,b,#c", "An expression attribute name used in the document path is not defined; attribute name: #c"],
    ...(
      [
        ["b[1], b.a, #a.b, a", "overlap", "[a, b]", "[a]"],
        ["a, #a[1]", "overlap", "[a]", "[a, [1]]"],
        ["a.b, #a[1], #b", "conflict", "[a, b]", "[a, [1]]"],
        ["a.b[1], #a[1], #b", "conflict", "[a, b, [1]]", "[a, [1]]"],
        ["a[3].b, #a.#b.b", "conflict", "[a, [3], b]", "[a, [3], b]"],
      ] as const
    ).map(([text, relation, one, two]): [string, string] => [
      text,
      `Two document paths ${relation} with each other; must remove or rewrite one of these paths; path one: ${one}, path two: ${two}`,
    ]),
  ];
  for (const [text, message] of cases) refuses(() => project(text, names), `${prefix}${message}`, text);
});

test("names and values are checked for themselves", () => {
  const cases: [Names | undefined, RawItem | undefined, string][] = [
    [{}, undefined, "ExpressionAttributeNames must not be empty"],
    [{ a: "a" }, undefined, 'ExpressionAttributeNames contains invalid key: Syntax error; key: "a"'],
    [{ "#a-b": "a" }, undefined, 'ExpressionAttributeNames contains invalid key: Syntax error; key: "#a-b"'],
    [undefined, {}, "ExpressionAttributeValues must not be empty"],
    [undefined, { a: { S: "a" } }, 'ExpressionAttributeValues contains invalid key: Syntax error; key: "a"'],
    [
      undefined,
      { ":b": {} },
      "ExpressionAttributeValues contains invalid value: Supplied AttributeValue is empty, must contain exactly one of the supported datatypes for key :b",
    ],
    [
      undefined,
      { ":b": { NS: ["1", "b"] } },
      "ExpressionAttributeValues contains invalid value: The parameter cannot be converted to a numeric value: b for key :b",
    ],
    [
      undefined,
      { ":b": { SS: [] } },
      "ExpressionAttributeValues contains invalid value: One or more parameter values were invalid: An string set  may not be empty for key :b",
    ],
  ];
  for (const [names, values, message] of cases) refuses(() => readVariables(names, values), message, message);
});

test("what is defined and not used is refused", () => {
  const variables = readVariables({ "#a": "a", "#b": "b" }, { ":c": { S: "c" } });
  bindCondition("ConditionExpression", conditionOf("ConditionExpression", "x = :c"), variables);
  refuses(() => checkAllUsed(variables), "Value provided in ExpressionAttributeNames unused in expressions: keys: {#a, #b}", "names");
  const values = readVariables(undefined, { ":a": { S: "a" }, ":b": { S: "b" } });
  bindCondition("ConditionExpression", conditionOf("ConditionExpression", "x = :b"), values);
  refuses(() => checkAllUsed(values), "Value provided in ExpressionAttributeValues unused in expressions: keys: {:a}", "values");
});

test("expressions have limits", () => {
  refuses(
    () => filter(`a = ${"b".repeat(4096)}`),
    /^Invalid FilterExpression: Expression size has exceeded the maximum allowed size;/,
    "4 KB",
  );
  const many = Array.from({ length: 160 }, (_, i) => `a=b${i}`).join(" AND ");
  refuses(() => filter(many), /The expression contains an excessive number of operators/, "300 operators");
  refuses(() => filter(`a IN (${Array.from({ length: 101 }, (_, i) => `b${i}`).join(",")})`), /IN/, "100 operands");
});
