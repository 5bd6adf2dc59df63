import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { HASH_TABLE, openTables, RANGE_TABLE, sortedTable, type TestWorld } from "./testing/tables.ts";

let world: TestWorld;
before(async () => {
  world = await openTables(HASH_TABLE, RANGE_TABLE, sortedTable("numbers", "N"), sortedTable("bytes", "B"));
});
after(() => world.close());

const INVALID = "One or more parameter values were invalid: ";

async function refuses(operation: string, input: object, message: string | RegExp, code = "ValidationException") {
  await assert.rejects(world.send(operation, input), { code, message }, `${operation} ${JSON.stringify(input)}`);
}

const S = (text: string) => ({ S: text });
const N = (number: string | number) => ({ N: String(number) });

test("key condition expressions that AWS refuses", async () => {
  const ab = { ":a": S("1"), ":b": S("1") };
  const prefix = "Invalid KeyConditionExpression: ";
  const operator = "Invalid operator used in KeyConditionExpression: ";
  const condition = "Invalid condition in KeyConditionExpression: ";
  const nested = "KeyConditionExpressions cannot contain nested operations";
  const several = `${condition}Multiple attribute names used in one condition`;
  const paths = "KeyConditionExpressions cannot have conditions on nested attributes";
  const cases: [string, object | undefined, string | RegExp][] = [
    ["things are not gonna be ok", undefined, /^Invalid KeyConditionExpression: Syntax error; /],
    ["a > 4", undefined, `${prefix}Syntax error; token: "4", near: "> 4"`],
    [
      "attribute_type(a, b)",
      undefined,
      /^Invalid KeyConditionExpression: Incorrect operand type for operator or function; operator or function: attribute_type/,
    ],
    ["attribute_type(a, :a)", { ":a": S("S") }, `${operator}attribute_type`],
    ["a > b and size(b) > c or a > c", undefined, `${operator}OR`],
    ["a in (b, size(c), d)", undefined, `${operator}IN`],
    ["attribute_exists(a)", undefined, `${operator}attribute_exists`],
    ["attribute_not_exists(a)", undefined, `${operator}attribute_not_exists`],
    ["contains(a.d, b)", undefined, `${operator}contains`],
    ["not a > b", undefined, `${operator}NOT`],
    ["a <> b", undefined, `${operator}<>`],
    [":a between size(b) and size(a) and b > :b", ab, `${condition}BETWEEN operator must have the key attribute as its first operand`],
    ["begins_with(:a, b) and a > :b", ab, `${condition}begins_with operator must have the key attribute as its first operand`],
    ["size(b) > a AND a.b > b AND b > c", undefined, nested],
    ["a > size(b.d)", undefined, nested],
    ["a between size(b) and size(a)", undefined, nested],
    ["b > a.b", undefined, several],
    ["b between c[1] and d", undefined, several],
    ["a between b and size(a)", undefined, several],
    ["begins_with(a, b)", undefined, several],
    ["b.d > a AND c.d > e.f", undefined, paths],
    ["a.d > c", undefined, paths],
    ["b[0] > a", undefined, paths],
    [":b > :a AND a < :b", ab, `${condition}No key attribute specified`],
    [":a > b AND :a < :b", ab, `${condition}No key attribute specified`],
    ["b > :a AND b < :a and c = :a and d = :a", { ":a": N(1) }, "KeyConditionExpressions must only contain one condition per key"],
    ["(a > :a and b > :a) and (b > :a and c > :a)", { ":a": N(1) }, "KeyConditionExpressions must only contain one condition per key"],
    [":a = a and b = :a and :a = c", { ":a": S("a") }, "Conditions can be of length 1 or 2 only"],
    ["(a > :a and b > :a) and (c > :a and d > :a) and (e > :a and f > :a)", { ":a": S("a") }, "Conditions can be of length 1 or 2 only"],
    [
      "a between :b and :a",
      { ":a": S("a"), ":b": N(1) },
      `${prefix}The BETWEEN operator requires same data type for lower and upper bounds; ` +
        "lower bound operand: AttributeValue: {N:1}, upper bound operand: AttributeValue: {S:a}",
    ],
    [
      "a between :b and :a",
      { ":a": S("a"), ":b": S("b") },
      `${prefix}The BETWEEN operator requires upper bound to be greater than or equal to lower bound; ` +
        "lower bound operand: AttributeValue: {S:b}, upper bound operand: AttributeValue: {S:a}",
    ],
  ];
  for (const [KeyConditionExpression, values, message] of cases) {
    await refuses("Query", { TableName: "abc", KeyConditionExpression, ...(values && { ExpressionAttributeValues: values }) }, message);
  }
});

test("a Query's parameters are read in AWS's order", async () => {
  const empty = { ComparisonOperator: "EQ", AttributeValueList: [{}] };
  const none = "The expression can not be empty;";
  const cases: [object, string][] = [
    [
      {
        ExclusiveStartKey: { a: {} },
        AttributesToGet: ["a", "a"],
        QueryFilter: { a: empty },
        ConditionalOperator: "OR",
        KeyConditions: { a: empty },
        ProjectionExpression: "",
        FilterExpression: "",
        KeyConditionExpression: "",
      },
      "Can not use both expression and non-expression parameters in the same request: " +
        "Non-expression parameters: {AttributesToGet, QueryFilter, ConditionalOperator, KeyConditions} " +
        "Expression parameters: {ProjectionExpression, FilterExpression, KeyConditionExpression}",
    ],
    [{ QueryFilter: { a: empty }, ExpressionAttributeNames: {} }, "ExpressionAttributeNames can only be specified when using expressions"],
    [
      { QueryFilter: { a: empty }, ExpressionAttributeValues: {} },
      "ExpressionAttributeValues can only be specified when using expressions: FilterExpression and KeyConditionExpression are null",
    ],
    [
      { ExclusiveStartKey: { a: {} }, AttributesToGet: ["a", "a"], QueryFilter: { a: empty } },
      "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes",
    ],
    [{ ExclusiveStartKey: { a: {} }, AttributesToGet: ["a", "a"], QueryFilter: {} }, `${INVALID}Duplicate value in attribute name: a`],
    [
      { ExclusiveStartKey: { a: {} }, KeyConditions: { a: empty } },
      "The provided starting key is invalid: Supplied AttributeValue is empty, must contain exactly one of the supported datatypes",
    ],
    [
      { ExclusiveStartKey: { a: { NS: ["1", "b"] } }, KeyConditions: { a: empty } },
      "The parameter cannot be converted to a numeric value: b",
    ],
    [{ KeyConditions: {} }, "Conditions can be of length 1 or 2 only"],
    [
      { KeyConditionExpression: "", FilterExpression: "", ExpressionAttributeValues: { ":0": S("b") } },
      `Invalid KeyConditionExpression: ${none}`,
    ],
    [
      {
        KeyConditionExpression: "attribute_type(a, :a)",
        FilterExpression: "",
        ProjectionExpression: "",
        ExpressionAttributeValues: { ":a": S("N") },
      },
      `Invalid FilterExpression: ${none}`,
    ],
    [
      {
        KeyConditionExpression: "attribute_type(a, :a)",
        FilterExpression: "a > b",
        ProjectionExpression: "",
        ExpressionAttributeValues: { ":a": S("N") },
      },
      `Invalid ProjectionExpression: ${none}`,
    ],
    [{}, "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request."],
  ];
  for (const [input, message] of cases) await refuses("Query", { TableName: "abc", ...input }, message);
  await refuses(
    "Query",
    { TableName: "abc", ExclusiveStartKey: {}, KeyConditionExpression: "z = :a", ExpressionAttributeValues: { ":a": N(1) } },
    "Requested resource not found",
    "ResourceNotFoundException",
  );
});

test("comparison operators take lists of the right length and type", async () => {
  const test1 = (ComparisonOperator: string, AttributeValueList?: object[]) => ({
    a: { ComparisonOperator, ...(AttributeValueList && { AttributeValueList }) },
  });
  const x = S("a");
  const bytes = Buffer.from("a");
  const counts: [string, object[] | undefined][] = [
    ...["EQ", "NE", "LE", "LT", "GE", "GT", "CONTAINS", "NOT_CONTAINS", "BEGINS_WITH", "IN", "BETWEEN"].map((name): [string, undefined] => [
      name,
      undefined,
    ]),
    ["EQ", []],
    ["NULL", [x]],
    ["NOT_NULL", [x]],
    ...["EQ", "NE", "LE", "CONTAINS", "NULL"].map((name): [string, object[]] => [name, [x, x]]),
    ["BETWEEN", [x, x, x]],
  ];
  const types: [string, object][] = [
    ...["LT", "LE", "GT", "GE", "IN"].flatMap((name) =>
      [{ BOOL: true }, { NULL: true }, { SS: ["a"] }, { BS: [bytes] }, { M: {} }, { L: [] }].map((value): [string, object] => [
        name,
        value,
      ]),
    ),
    ...["CONTAINS", "NOT_CONTAINS"].flatMap((name) =>
      [{ SS: ["a"] }, { NS: ["1"] }, { M: {} }, { L: [] }].map((value): [string, object] => [name, value]),
    ),
    ...[{ N: "1" }, { BOOL: true }, { SS: ["a"] }, { M: {} }].map((value): [string, object] => ["BEGINS_WITH", value]),
  ];
  for (const attribute of ["QueryFilter", "KeyConditions"]) {
    for (const [name, list] of counts) {
      await refuses(
        "Query",
        { TableName: "abc", [attribute]: test1(name, list) },
        `${INVALID}Invalid number of argument(s) for the ${name} ComparisonOperator`,
      );
    }
    for (const [name, value] of types) {
      await refuses(
        "Query",
        { TableName: "abc", [attribute]: test1(name, [value]) },
        `${INVALID}ComparisonOperator ${name} is not valid for ${Object.keys(value)[0]} AttributeValue type`,
      );
    }
    await refuses(
      "Query",
      { TableName: "abc", [attribute]: test1("BETWEEN", [{ BOOL: true }, { BOOL: true }]) },
      `${INVALID}ComparisonOperator BETWEEN is not valid for BOOL AttributeValue type`,
    );
    await refuses(
      "Query",
      { TableName: "abc", [attribute]: test1("IN", [S("b"), N(1)]) },
      `${INVALID}AttributeValues inside AttributeValueList must be of same type`,
    );
    await refuses(
      "Query",
      { TableName: "abc", [attribute]: test1("BETWEEN", [S("b"), S("a")]) },
      "The BETWEEN condition was provided a range where the lower bound is greater than the upper bound",
    );
  }
});

const START = "The provided starting key is invalid";
const SCHEMA = "The provided key element does not match the schema";

test("key conditions are held against the keys of the table or index", async () => {
  const by = (KeyConditionExpression: string, values: object) => ({ KeyConditionExpression, ExpressionAttributeValues: values });
  const one = { ":a": S("1") };
  const legacy = (conditions: Record<string, [string, ...object[]]>) => ({
    KeyConditions: Object.fromEntries(
      Object.entries(conditions).map(([name, [ComparisonOperator, ...AttributeValueList]]) => [
        name,
        { ComparisonOperator, AttributeValueList },
      ]),
    ),
  });
  const notSupported = "Query key condition not supported";
  const notIndexable = "Attempted conditional constraint is not an indexable operation";
  const cases: [object, string][] = [
    [{ TableName: "hash", IndexName: "whatever", ...by("a = :a", one) }, "The table does not have the specified index: whatever"],
    [
      { TableName: "range", IndexName: "index3", ConsistentRead: true, ...by("z = :a", one) },
      "Consistent reads are not supported on global secondary indexes",
    ],
    [{ TableName: "range", ...by("z between :a and :a", one) }, "Query condition missed key schema element: a"],
    [{ TableName: "range", IndexName: "index3", ...by("z = :a", one) }, "Query condition missed key schema element: c"],
    [{ TableName: "range", ...by("a = :a and c = :a", one) }, "Query condition missed key schema element: b"],
    [{ TableName: "range", IndexName: "index1", ...by("a = :a and b = :a", one) }, "Query condition missed key schema element: c"],
    [{ TableName: "range", IndexName: "index4", ...by("c = :a and b = :a", one) }, "Query condition missed key schema element: d"],
    ...["a > :a", "a < :a", ":a <= a", "begins_with(a, :a)", "a between :a and :a", "a = :a AND b = :a", "y = :a and z = :a"].map(
      (text): [object, string] => [{ TableName: "hash", ...by(text, one) }, notSupported],
    ),
    [{ TableName: "range", IndexName: "index3", ...by("c = :a AND b = :a", one) }, notSupported],
    [{ TableName: "hash", ...by(":a > a", { ":a": N(1) }) }, `${INVALID}Condition parameter type does not match schema type`],
    ...(["NULL", "NOT_NULL"] as const).map((name): [object, string] => [{ TableName: "hash", ...legacy({ a: [name] }) }, notIndexable]),
    ...(["NE", "CONTAINS", "NOT_CONTAINS", "IN"] as const).map((name): [object, string] => [
      { TableName: "hash", ...legacy({ a: [name, S("a")] }) },
      notIndexable,
    ]),
    [{ TableName: "range", ...legacy({ a: ["EQ", S("b")], b: ["IN", S("a")] }) }, notIndexable],
    [
      { TableName: "range", ...by("a = :a and b = :e", { ":a": S("1"), ":e": S("") }) },
      "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: b",
    ],
    [
      { TableName: "range", ...by("a = :a", one), QueryFilter: { a: { ComparisonOperator: "EQ", AttributeValueList: [S("a")] } } },
      "Can not use both expression and non-expression parameters in the same request: Non-expression parameters: {QueryFilter} Expression parameters: {KeyConditionExpression}",
    ],
    [
      {
        TableName: "range",
        ...legacy({ a: ["EQ", S("a")] }),
        QueryFilter: { b: { ComparisonOperator: "EQ", AttributeValueList: [S("a")] } },
      },
      "QueryFilter can only contain non-primary key attributes: Primary key attribute: b",
    ],
    ...["attribute_exists(a.b) AND b = :a", "a = :a", "a[1] = :a"].map((FilterExpression): [object, string] => [
      { TableName: "hash", ...by("a = :a", one), FilterExpression },
      "Filter Expression can only contain non-primary key attributes: Primary key attribute: a",
    ]),
    [
      { TableName: "range", ...by("a = :a", one), FilterExpression: "d[1] = :a" },
      "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: IndexKey: d",
    ],
    [
      { TableName: "range", IndexName: "index4", Select: "ALL_ATTRIBUTES", ...by("c = :a", one) },
      `${INVALID}Select type ALL_ATTRIBUTES is not supported for global secondary index index4 because its projection type is not ALL`,
    ],
    [
      { TableName: "range", IndexName: "index4", ProjectionExpression: "a, z", ...by("c = :a", one) },
      `${INVALID}Global secondary index index4 does not project [z]`,
    ],
    [
      { TableName: "hash", Select: "ALL_PROJECTED_ATTRIBUTES", ...by("a = :a", one) },
      `${INVALID}ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName`,
    ],
    [
      { TableName: "hash", Select: "SPECIFIC_ATTRIBUTES", ...by("a = :a", one) },
      "Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES",
    ],
    [
      { TableName: "hash", Select: "COUNT", ProjectionExpression: "a", ...by("a = :a", one) },
      "Cannot specify the ProjectionExpression when choosing to get only the Count",
    ],
  ];
  for (const [input, message] of cases) await refuses("Query", input, message);
});

test("start keys are held against the keys and the condition", async () => {
  const a = S("a");
  const on = (KeyConditionExpression: string, value: object = S("b")) => ({
    KeyConditionExpression,
    ExpressionAttributeValues: { ":a": value },
  });
  const z = on("z = :a", N(1));
  const oneRow = "The query can return at most one row and cannot be restarted";
  const outside = "The provided starting key is outside query boundaries based on provided conditions";
  const predicate = "The provided starting key does not match the range key predicate";
  const cases: [string, string | undefined, object, object, string][] = [
    ["hash", undefined, z, {}, START],
    ["hash", undefined, z, { b: a }, START],
    ["hash", undefined, z, { a, b: a }, START],
    ["hash", undefined, z, { a: N(1) }, SCHEMA],
    ["range", undefined, z, { a: { B: Buffer.from("a") } }, START],
    ["range", undefined, z, { a: N(1), z: a }, SCHEMA],
    ["range", "index1", z, { a, b: a }, START],
    ["range", "index1", z, { a: N(1), x: a, y: a }, SCHEMA],
    ["range", "index3", z, { a, b: a, z: a }, START],
    ["range", "index3", z, { x: a, y: a, c: N(1) }, SCHEMA],
    ["range", undefined, z, { a, b: N(1) }, "Query condition missed key schema element: a"],
    ["range", undefined, on("a = :a"), { a, c: N(1) }, START],
    ["range", undefined, on("a = :a"), { a, b: N(1) }, SCHEMA],
    ["range", "index1", on("a = :a"), { a, b: a, c: N(1) }, SCHEMA],
    ["range", "index1", on("a = :a"), { a, b: N(1), c: a }, `${START}: ${SCHEMA}`],
    ["range", "index3", on("c = :a"), { x: N(1), y: N(1), c: a }, `${START}: ${SCHEMA}`],
    ["range", "index4", on("c = :a"), { a, b: a, c: a, e: a }, START],
    ["range", undefined, on("a = :a"), { a, b: a }, outside],
    ["range", "index1", on("a = :a"), { a, b: a, c: a }, outside],
    ["range", "index3", on("c = :a"), { a, b: a, c: a }, outside],
    ["range", undefined, on("a = :a and b > :a"), { a, b: a }, predicate],
    ["range", "index4", on("c = :a and d > :a"), { a, b: a, c: S("b"), d: a }, predicate],
    ["range", undefined, on("a = :a and b < :a"), { a, b: a }, oneRow],
    ["range", undefined, on("a = :a and b = :a"), { a: S("b"), b: S("b") }, oneRow],
  ];
  for (const [TableName, IndexName, condition, ExclusiveStartKey, message] of cases) {
    await refuses("Query", { TableName, ...(IndexName && { IndexName }), ExclusiveStartKey, ...condition }, message);
  }
});

test("a Scan's parameters and start keys are checked", async () => {
  const a = S("a");
  const all = { FilterExpression: "attribute_exists(a.b.c)" };
  const cases: [object, string | RegExp][] = [
    [
      { TableName: "abc", Segment: 1, ExclusiveStartKey: { a: {} }, AttributesToGet: ["a", "a"] },
      `${INVALID}Duplicate value in attribute name: a`,
    ],
    [
      { TableName: "abc", TotalSegments: 1, FilterExpression: "", ExclusiveStartKey: { a: { S: "a", N: "1" } } },
      /^The provided starting key is invalid: Supplied AttributeValue has more than one/,
    ],
    [
      { TableName: "abc", Segment: 1, FilterExpression: "" },
      "The TotalSegments parameter is required but was not present in the request when Segment parameter is present",
    ],
    [
      { TableName: "abc", TotalSegments: 1, FilterExpression: "" },
      "The Segment parameter is required but was not present in the request when parameter TotalSegments is present",
    ],
    [
      { TableName: "abc", Segment: 1, TotalSegments: 1 },
      "The Segment parameter is zero-based and must be less than parameter TotalSegments: Segment: 1 is not less than TotalSegments: 1",
    ],
    [
      { TableName: "abc", FilterExpression: "a > b", ProjectionExpression: "" },
      "Invalid ProjectionExpression: The expression can not be empty;",
    ],
    [{ TableName: "hash", IndexName: "whatever", ...all, ExclusiveStartKey: {} }, "The table does not have the specified index: whatever"],
    [{ TableName: "range", IndexName: "index1", ExclusiveStartKey: { a } }, START],
    [{ TableName: "range", IndexName: "index1", ExclusiveStartKey: { a, b: a, c: N(1) } }, SCHEMA],
    [{ TableName: "range", IndexName: "index1", ExclusiveStartKey: { a, b: N(1), c: a } }, `${START}: ${SCHEMA}`],
    [{ TableName: "range", IndexName: "index4", Select: "ALL_ATTRIBUTES", ExclusiveStartKey: { a: N(1), b: N(1), c: a, e: N(1) } }, START],
    [
      { TableName: "range", IndexName: "index4", Select: "ALL_ATTRIBUTES", ...all, ExclusiveStartKey: { x: N(1), y: N(1), c: a, d: a } },
      `${INVALID}Select type ALL_ATTRIBUTES is not supported for global secondary index index4 because its projection type is not ALL`,
    ],
    [{ TableName: "hash", ...all, ExclusiveStartKey: { a: N(1) } }, `${START}: ${SCHEMA}`],
    [{ TableName: "range", ExclusiveStartKey: { a } }, `${START}: ${SCHEMA}`],
    [{ TableName: "hash", ...all }, "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: Key: a"],
  ];
  for (const [input, message] of cases) await refuses("Scan", input, message);
});
