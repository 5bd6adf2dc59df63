// Cases that AWS's answers are known for; what a case leaves open, a pattern leaves open.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type RawItem, readItem } from "../attribute-value.ts";
import { conditionOf, projectionOf, updateOf } from "./cache.ts";
import { bindCondition, holds } from "./condition.ts";
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
