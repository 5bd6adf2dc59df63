import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { canonicalNumber } from "./decimal.ts";
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

const put = (TableName: string, ...items: object[]) => Promise.all(items.map((Item) => world.send("PutItem", { TableName, Item })));
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

const NUMBERS = [
  "-1e125",
  "-100",
  "-99.5",
  "-99",
  "-2",
  "-1.05",
  "-1",
  "-0.5",
  "-1e-130",
  "0",
  "1e-130",
  "0.5",
  "1",
  "1.05",
  "2",
  "9",
  "10",
  "99",
  "100",
  "1e125",
];

test("numbers, bytes and strings order as they should, in both directions", async () => {
  const shuffled = (list: readonly object[]) => [...list].sort((x, y) => JSON.stringify(x).length - JSON.stringify(y).length);
  await put("numbers", ...shuffled(NUMBERS.map((b) => ({ a: S("order"), b: N(b) }))));
  const numbers = NUMBERS.map(canonicalNumber);
  const query = (TableName: string, more: object = {}) =>
    world.items("Query", { TableName, KeyConditionExpression: "a = :a", ExpressionAttributeValues: { ":a": S("order") }, ...more });
  assert.deepEqual(
    (await query("numbers")).map((item) => item["b"]?.N),
    numbers,
  );
  assert.deepEqual(
    (await query("numbers", { ScanIndexForward: false })).map((item) => item["b"]?.N),
    [...numbers].reverse(),
  );
  const bytes = [[0], [0, 0], [0, 1], [0, 255], [1], [1, 0], [127], [128], [255], [255, 0], [255, 255]].map((list) =>
    Uint8Array.from(list),
  );
  await put("bytes", ...shuffled(bytes.map((b) => ({ a: S("order"), b: { B: b } }))));
  assert.deepEqual(
    (await query("bytes")).map((item) => [...(item["b"]?.B ?? [])]),
    bytes.map((each) => [...each]),
  );
  const strings = ["!", "A", "Z", "a", "aa", "b", "é", "\uE000", "\uFFFD", "😀"];
  await put("range", ...shuffled(strings.map((b) => ({ a: S("order"), b: S(b) }))));
  assert.deepEqual(
    (await query("range")).map((item) => item["b"]?.S),
    strings,
  );
});

test("conditions on the sort key select what they say", async () => {
  const names = ["a", "ab", "abc", "ac", "b"];
  await put("range", ...names.map((b) => ({ a: S("select"), b: S(b) })));
  const texts: [string, object, string[]][] = [
    ["b = :x", { ":x": S("ab") }, ["ab"]],
    ["b < :x", { ":x": S("ab") }, ["a"]],
    ["b <= :x", { ":x": S("ab") }, ["a", "ab"]],
    ["b > :x", { ":x": S("ab") }, ["abc", "ac", "b"]],
    ["b >= :x", { ":x": S("ab") }, ["ab", "abc", "ac", "b"]],
    [":x > b", { ":x": S("ab") }, ["a"]],
    ["b between :x and :y", { ":x": S("ab"), ":y": S("ac") }, ["ab", "abc", "ac"]],
    ["begins_with(b, :x)", { ":x": S("ab") }, ["ab", "abc"]],
    ["begins_with(b, :x)", { ":x": S("zz") }, []],
  ];
  for (const [text, values, expected] of texts) {
    const items = await world.items("Query", {
      TableName: "range",
      KeyConditionExpression: `a = :a and ${text}`,
      ExpressionAttributeValues: { ":a": S("select"), ...values },
    });
    assert.deepEqual(
      items.map((item) => item["b"]?.S),
      expected,
      text,
    );
  }
  await put(
    "bytes",
    ...[[0], [0, 255], [0, 255, 7], [255], [255, 255], [255, 255, 3]].map((b) => ({ a: S("select"), b: { B: Uint8Array.from(b) } })),
  );
  for (const [prefix, expected] of [
    [[0], [[0], [0, 255], [0, 255, 7]]],
    [
      [0, 255],
      [
        [0, 255],
        [0, 255, 7],
      ],
    ],
    [[255], [[255], [255, 255], [255, 255, 3]]],
    [
      [255, 255],
      [
        [255, 255],
        [255, 255, 3],
      ],
    ],
  ] as const) {
    const items = await world.items("Query", {
      TableName: "bytes",
      KeyConditionExpression: "a = :a and begins_with(b, :x)",
      ExpressionAttributeValues: { ":a": S("select"), ":x": { B: Uint8Array.from(prefix) } },
    });
    assert.deepEqual(
      items.map((item) => [...(item["b"]?.B ?? [])]),
      expected,
    );
  }
  const legacy = await world.items("Query", {
    TableName: "range",
    KeyConditions: {
      a: { ComparisonOperator: "EQ", AttributeValueList: [S("select")] },
      b: { ComparisonOperator: "BEGINS_WITH", AttributeValueList: [S("ab")] },
    },
    QueryFilter: { nope: { ComparisonOperator: "NULL" }, c: { ComparisonOperator: "NOT_NULL" } },
    ConditionalOperator: "OR",
  });
  assert.deepEqual(
    legacy.map((item) => item["b"]?.S),
    ["ab", "abc"],
  );
});

async function pages(operation: "Query" | "Scan", input: object) {
  const out: { items: Record<string, unknown>[]; count: unknown; scanned: unknown; last: unknown }[] = [];
  let start: object = {};
  for (;;) {
    const page = await world.send(operation, { ...input, ...start });
    out.push({
      items: page["Items"] as Record<string, unknown>[],
      count: page["Count"],
      scanned: page["ScannedCount"],
      last: page["LastEvaluatedKey"],
    });
    if (page["LastEvaluatedKey"] === undefined) return out;
    start = { ExclusiveStartKey: page["LastEvaluatedKey"] };
  }
}

test("pages end at the limit, before the filter, and go on where they ended", async () => {
  await put("numbers", ...Array.from({ length: 10 }, (_, i) => ({ a: S("paged"), b: N(i), odd: { BOOL: i % 2 === 1 } })));
  const input = { TableName: "numbers", KeyConditionExpression: "a = :a", ExpressionAttributeValues: { ":a": S("paged") } };
  for (const ScanIndexForward of [true, false]) {
    const found = await pages("Query", { ...input, Limit: 3, ScanIndexForward });
    assert.deepEqual(
      found.map(({ count }) => count),
      [3, 3, 3, 1],
    );
    const order = found.flatMap(({ items }) => items.map((item) => (item["b"] as { N: string }).N));
    const numbers = Array.from({ length: 10 }, (_, i) => String(i));
    assert.deepEqual(order, ScanIndexForward ? numbers : numbers.reverse());
  }
  const filtered = await pages("Query", {
    ...input,
    Limit: 4,
    FilterExpression: "odd = :t",
    ExpressionAttributeValues: { ":a": S("paged"), ":t": { BOOL: true } },
  });
  assert.deepEqual(
    filtered.map(({ count, scanned }) => [count, scanned]),
    [
      [2, 4],
      [2, 4],
      [1, 2],
    ],
  );
  // A page that ends with the last item does not know it.
  const exact = await world.send("Query", { ...input, Limit: 10 });
  assert.deepEqual(exact["LastEvaluatedKey"], { a: S("paged"), b: N(9) });
  const counted = await world.send("Query", { ...input, Select: "COUNT", Limit: 2 });
  assert.deepEqual(counted, { Count: 2, ScannedCount: 2, LastEvaluatedKey: { a: S("paged"), b: N(1) } });
});

test("a page holds a megabyte, with the item that crosses it", async () => {
  const e = S("e".repeat(43_000));
  await put("numbers", ...Array.from({ length: 30 }, (_, i) => ({ a: S("large"), b: N(i), e })));
  const input = { TableName: "numbers", KeyConditionExpression: "a = :a", ExpressionAttributeValues: { ":a": S("large") } };
  const size = 43_000 + "a".length + "large".length + "b".length + 2 + "e".length;
  const perPage = Math.floor((1024 * 1024) / size) + 1;
  for (const Select of ["ALL_ATTRIBUTES", "COUNT"]) {
    const found = await pages("Query", { ...input, Select });
    assert.deepEqual(
      found.map(({ count }) => count),
      [perPage, 30 - perPage],
    );
  }
  const { ConsumedCapacity } = await world.send("Query", { ...input, Limit: 3, ReturnConsumedCapacity: "TOTAL" });
  assert.deepEqual(ConsumedCapacity, { TableName: "numbers", CapacityUnits: Math.ceil((3 * size) / 4096) / 2 });
});

test("indexes hold what they project, of the items that have their keys", async () => {
  const items = [
    { a: S("ix"), b: S("1"), c: S("c1"), d: S("d2"), e: S("e"), f: S("f") },
    { a: S("ix"), b: S("2"), c: S("c1"), d: S("d1"), e: S("e") },
    { a: S("ix"), b: S("3"), c: S("c1") },
    { a: S("ix"), b: S("4") },
  ];
  await put("range", ...items);
  const on = (IndexName: string, name: string, value: string, more: object = {}) =>
    world.items("Query", {
      TableName: "range",
      IndexName,
      KeyConditionExpression: `${name} = :v`,
      ExpressionAttributeValues: { ":v": S(value) },
      ...more,
    });
  const byB = (list: { b?: unknown }[]) => list.map((item) => (item.b as { S: string }).S).sort();
  assert.deepEqual(byB(await on("index1", "a", "ix")), ["1", "2", "3"]);
  assert.deepEqual(byB(await on("index3", "c", "c1")), ["1", "2", "3"]);
  // Ordered by d, only with d, only what is projected.
  assert.deepEqual(await on("index4", "c", "c1"), [
    { a: S("ix"), b: S("2"), c: S("c1"), d: S("d1"), e: S("e") },
    { a: S("ix"), b: S("1"), c: S("c1"), d: S("d2"), e: S("e") },
  ]);
  // A local index reads what it does not hold from the table.
  assert.deepEqual(await on("index2", "a", "ix"), [
    { a: S("ix"), b: S("2"), c: S("c1"), d: S("d1") },
    { a: S("ix"), b: S("1"), c: S("c1"), d: S("d2") },
  ]);
  assert.deepEqual(await on("index2", "a", "ix", { Select: "ALL_ATTRIBUTES" }), [items[1], items[0]]);
  assert.deepEqual(await on("index2", "a", "ix", { ProjectionExpression: "f, b" }), [{ b: S("2") }, { b: S("1"), f: S("f") }]);
  const { ConsumedCapacity } = await world.send("Query", {
    TableName: "range",
    IndexName: "index2",
    Select: "ALL_ATTRIBUTES",
    KeyConditionExpression: "a = :v",
    ExpressionAttributeValues: { ":v": S("ix") },
    ReturnConsumedCapacity: "INDEXES",
  });
  assert.deepEqual(ConsumedCapacity, {
    TableName: "range",
    CapacityUnits: 1.5,
    Table: { CapacityUnits: 1 },
    LocalSecondaryIndexes: { index2: { CapacityUnits: 0.5 } },
  });
  const two = await pages("Query", {
    TableName: "range",
    IndexName: "index3",
    Limit: 1,
    KeyConditionExpression: "c = :v",
    ExpressionAttributeValues: { ":v": S("c1") },
  });
  assert.deepEqual(two.flatMap(({ items: found }) => byB(found)).sort(), ["1", "2", "3"]);
  assert.deepEqual(Object.keys(two[0]?.last ?? {}).sort(), ["a", "b", "c"]);
});

test("segments divide a table, and a start key belongs to one", async () => {
  const names = Array.from({ length: 100 }, (_, i) => `item${i}`);
  await put("hash", ...names.map((name) => ({ a: S(name) })));
  const all = (await pages("Scan", { TableName: "hash", Limit: 7 })).flatMap(({ items }) =>
    items.map((item) => (item["a"] as { S: string }).S),
  );
  assert.deepEqual([...all].sort(), [...names].sort());
  assert.notDeepEqual(all, [...all].sort(), "partitions scatter");
  for (const TotalSegments of [1, 2, 7]) {
    const parts = await Promise.all(
      Array.from({ length: TotalSegments }, (_, Segment) => pages("Scan", { TableName: "hash", Segment, TotalSegments, Limit: 9 })),
    );
    const found = parts.flatMap((part) => part.flatMap(({ items }) => items.map((item) => (item["a"] as { S: string }).S)));
    assert.deepEqual(found, all, `${TotalSegments} segments`);
    assert.ok(
      parts.every((part) => part.some(({ items }) => items.length > 0)),
      "each has its share",
    );
  }
  const [first] = await pages("Scan", { TableName: "hash", Segment: 1, TotalSegments: 2, Limit: 1 });
  await refuses(
    "Scan",
    { TableName: "hash", Segment: 0, TotalSegments: 2, ExclusiveStartKey: first?.last },
    `${START}: Invalid ExclusiveStartKey. Please use ExclusiveStartKey with correct Segment. TotalSegments: 2 Segment: 0`,
  );
  const filtered = await world.items("Scan", {
    TableName: "hash",
    FilterExpression: "begins_with(a, :p)",
    ExpressionAttributeValues: { ":p": S("item1") },
  });
  assert.equal(filtered.length, 11);
  const legacy = await world.items("Scan", {
    TableName: "hash",
    ScanFilter: { a: { ComparisonOperator: "IN", AttributeValueList: [S("item1"), S("item2")] } },
  });
  assert.equal(legacy.length, 2);
});
