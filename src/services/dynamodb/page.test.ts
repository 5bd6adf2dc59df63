import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { canonicalNumber } from "./decimal.ts";
import { HASH_TABLE, openTables, RANGE_TABLE, sortedTable, type TestWorld } from "./testing/tables.ts";

let world: TestWorld;
before(async () => {
  world = await openTables(HASH_TABLE, RANGE_TABLE, sortedTable("numbers", "N"), sortedTable("bytes", "B"));
});
after(() => world.close());

async function refuses(operation: string, input: object, message: string | RegExp, code = "ValidationException") {
  await assert.rejects(world.send(operation, input), { code, message }, `${operation} ${JSON.stringify(input)}`);
}

const put = (TableName: string, ...items: object[]) => Promise.all(items.map((Item) => world.send("PutItem", { TableName, Item })));
const S = (text: string) => ({ S: text });
const N = (number: string | number) => ({ N: String(number) });

const START = "The provided starting key is invalid";

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
