import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { HASH_TABLE, openTables, RANGE_TABLE, sortedTable, type TestWorld } from "./testing/tables.ts";

let world: TestWorld;
before(async () => {
  world = await openTables(HASH_TABLE, RANGE_TABLE, sortedTable("numbers", "N"), sortedTable("bytes", "B"));
});
after(() => world.close());

const INVALID = "One or more parameter values were invalid: ";
const MISMATCH = "The provided key element does not match the schema";

async function refuses(operation: string, input: object, message: string | RegExp, code = "ValidationException") {
  await assert.rejects(world.send(operation, input), { code, message }, `${operation} ${JSON.stringify(input).slice(0, 200)}`);
}

test("PutItem tells what is wrong in AWS's order", async () => {
  const mixed =
    "Can not use both expression and non-expression parameters in the same request: " +
    "Non-expression parameters: {Expected} Expression parameters: {ConditionExpression}";
  const big = (bytes: number) => ({ a: { S: "k" }, b: { S: "x".repeat(bytes) } });
  const cases: [object, string][] = [
    [{ Item: { a: {} }, Expected: { a: {} }, ExpressionAttributeNames: {}, ConditionExpression: "" }, mixed],
    [
      { Item: { a: {} }, Expected: { a: {} }, ExpressionAttributeNames: {}, ExpressionAttributeValues: {} },
      "ExpressionAttributeNames can only be specified when using expressions",
    ],
    [
      { Item: { a: {} }, ExpressionAttributeValues: {} },
      "ExpressionAttributeValues can only be specified when using expressions: ConditionExpression is null",
    ],
    [{ Item: { a: {} }, Expected: { a: {} } }, "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"],
    [{ Item: { a: { SS: [] } }, ExpressionAttributeNames: {}, ConditionExpression: "" }, `${INVALID}An string set  may not be empty`],
    [{ Item: big(409_600 - 3 + 1), Expected: { a: {} } }, "Item size has exceeded the maximum allowed size"],
    [{ Item: {}, Expected: { a: {} } }, `${INVALID}Value must be provided when Exists is null for Attribute: a`],
    [{ Item: {}, Expected: { a: { Exists: true } } }, `${INVALID}Value must be provided when Exists is true for Attribute: a`],
    [
      { Item: {}, Expected: { a: { Exists: false, Value: { S: "a" } } } },
      `${INVALID}Value cannot be used when Exists is false for Attribute: a`,
    ],
    [{ Item: {}, ReturnValues: "ALL_NEW" }, "ReturnValues can only be ALL_OLD or NONE"],
    [
      { Item: {}, Expected: { a: { ComparisonOperator: "LT" } } },
      `${INVALID}Value or AttributeValueList must be used with ComparisonOperator: LT for Attribute: a`,
    ],
    [
      { Item: {}, Expected: { a: { Exists: true, ComparisonOperator: "LT" } } },
      `${INVALID}Exists and ComparisonOperator cannot be used together for Attribute: a`,
    ],
    [
      { Item: {}, Expected: { a: { AttributeValueList: [{ S: "a" }], Value: { S: "a" }, ComparisonOperator: "LT" } } },
      `${INVALID}Value and AttributeValueList cannot be used together for Attribute: a`,
    ],
    [
      { Item: {}, Expected: { a: { AttributeValueList: [{ S: "a" }] } } },
      `${INVALID}AttributeValueList can only be used with a ComparisonOperator for Attribute: a`,
    ],
    [
      { Item: {}, Expected: { a: { AttributeValueList: [], ComparisonOperator: "EQ" } } },
      `${INVALID}Invalid number of argument(s) for the EQ ComparisonOperator`,
    ],
    [
      { Item: {}, Expected: { a: { Value: { S: "a" }, ComparisonOperator: "NULL" } } },
      `${INVALID}Invalid number of argument(s) for the NULL ComparisonOperator`,
    ],
    [
      { Item: {}, Expected: { a: { Value: { S: "a" }, ComparisonOperator: "BETWEEN" } } },
      `${INVALID}Invalid number of argument(s) for the BETWEEN ComparisonOperator`,
    ],
    [
      { Item: {}, ExpressionAttributeNames: {}, ExpressionAttributeValues: {}, ConditionExpression: "" },
      "ExpressionAttributeNames must not be empty",
    ],
    [{ Item: {}, ExpressionAttributeValues: {}, ConditionExpression: "" }, "ExpressionAttributeValues must not be empty"],
    [{ Item: {}, ConditionExpression: "" }, "Invalid ConditionExpression: The expression can not be empty;"],
  ];
  for (const [input, message] of cases) await refuses("PutItem", { TableName: "absent-table", ...input }, message);
  await refuses("PutItem", { TableName: "absent-table", Item: {} }, "Requested resource not found", "ResourceNotFoundException");
  await refuses(
    "PutItem",
    { TableName: "absent-table", Item: big(409_600 - 3) },
    "Requested resource not found",
    "ResourceNotFoundException",
  );
});

test("names of tables have a form", async () => {
  const begin = (count: number) => `${count} validation error${count > 1 ? "s" : ""} detected: `;
  const pattern = "failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+";
  await refuses("PutItem", { TableName: "abc;", Item: {} }, `${begin(1)}Value 'abc;' at 'tableName' ${pattern}`);
  await refuses(
    "PutItem",
    { TableName: "a;", Item: {} },
    `${begin(2)}Value 'a;' at 'tableName' ${pattern}; Value 'a;' at 'tableName' failed to satisfy constraint: Member must have length greater than or equal to 3`,
  );
  await world.send("GetItem", { TableName: "arn:aws:dynamodb:us-east-1:000000000000:table/hash", Key: { a: { S: "x" } } });
});

test("PutItem holds the item against the table", async () => {
  const types = ["S", "N", "B", "BOOL", "NULL", "SS", "NS", "BS", "M", "L"];
  const values: Record<string, unknown> = {
    N: "1",
    B: Buffer.from("a"),
    BOOL: true,
    NULL: true,
    SS: ["a"],
    NS: ["1"],
    BS: [Buffer.from("a")],
    M: {},
    L: [],
  };
  for (const type of types.slice(1)) {
    await refuses(
      "PutItem",
      { TableName: "hash", Item: { a: { [type]: values[type] } } },
      `${INVALID}Type mismatch for key a expected: S actual: ${type}`,
    );
  }
  const notEmpty = (kind: string, key: string) =>
    `One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty ${kind} value. Key: ${key}`;
  const cases: [string, object, string | RegExp][] = [
    ["hash", {}, `${INVALID}Missing the key a in the item`],
    ["hash", { b: { S: "a" } }, `${INVALID}Missing the key a in the item`],
    ["range", { a: { S: "a" } }, `${INVALID}Missing the key b in the item`],
    ["hash", { a: { S: "" } }, notEmpty("string", "a")],
    ["bytes", { a: { S: "a" }, b: { B: new Uint8Array() } }, notEmpty("binary", "b")],
    ["range", { a: { S: "a" }, b: { S: "a" }, c: { N: "1" } }, /Type mismatch for Index Key c Expected: S Actual: N IndexName: index\d$/],
    [
      "range",
      { a: { S: "a" }, b: { S: "a" }, c: { S: "" } },
      /The AttributeValue for a key attribute cannot contain an empty string value\. IndexName: index\d, IndexKey: c$/,
    ],
    ["hash", { a: { S: "x".repeat(2049) } }, `${INVALID}Size of hashkey has exceeded the maximum size limit of2048 bytes`],
    ["hash", { a: { S: "é".repeat(1025) } }, `${INVALID}Size of hashkey has exceeded the maximum size limit of2048 bytes`],
    [
      "range",
      { a: { S: "a" }, b: { S: "x".repeat(1025) } },
      `${INVALID}Aggregated size of all range keys has exceeded the size limit of 1024 bytes`,
    ],
  ];
  for (const [TableName, Item, message] of cases) await refuses("PutItem", { TableName, Item }, message);
  await world.send("PutItem", { TableName: "hash", Item: { a: { S: "é".repeat(1024) } } });
  await world.send("PutItem", {
    TableName: "range",
    Item: { a: { S: "\0".repeat(2048) }, b: { S: "\0".repeat(1024) }, c: { S: "\0".repeat(1024) }, d: { S: "\0".repeat(1024) } },
  });
  const [longest] = await world.items("Query", {
    TableName: "range",
    IndexName: "index4",
    KeyConditionExpression: "c = :c",
    ExpressionAttributeValues: { ":c": { S: "\0".repeat(1024) } },
  });
  assert.equal(longest?.["a"]?.S?.length, 2048);
});

test("what is put is got", async () => {
  const Item = {
    a: { S: "whole" },
    b: { S: "" },
    c: { B: new Uint8Array() },
    d: { SS: [""] },
    e: { N: "-0015.789e6" },
    f: { L: [{ M: { deep: { NS: ["1.10"] } } }] },
    g: { NULL: true },
    h: { BOOL: false },
  };
  assert.deepEqual(await world.send("PutItem", { TableName: "hash", Item }), {});
  const answer = await world.send("GetItem", { TableName: "hash", Key: { a: { S: "whole" } } });
  assert.deepEqual(answer["Item"], { ...Item, e: { N: "-15789000" }, f: { L: [{ M: { deep: { NS: ["1.1"] } } }] } });
  assert.deepEqual(await world.send("GetItem", { TableName: "hash", Key: { a: { S: "nobody" } } }), {});
  const picked = await world.send("GetItem", {
    TableName: "hash",
    Key: { a: { S: "whole" } },
    ProjectionExpression: "f[0].#d, h",
    ExpressionAttributeNames: { "#d": "deep" },
  });
  assert.deepEqual(picked["Item"], { f: { L: [{ M: { deep: { NS: ["1.1"] } } }] }, h: { BOOL: false } });
  assert.deepEqual(
    (await world.send("GetItem", { TableName: "hash", Key: { a: { S: "whole" } }, AttributesToGet: ["h", "nope"] }))["Item"],
    { h: { BOOL: false } },
  );
});

test("a key alone has exactly the key attributes", async () => {
  const keys = [{}, { b: { S: "a" } }, { a: { S: "a" }, b: { S: "a" } }, { a: { N: "1" } }, { a: { M: {} } }, { a: { NULL: true } }];
  for (const Key of keys) {
    for (const operation of ["GetItem", "DeleteItem", "UpdateItem"]) await refuses(operation, { TableName: "hash", Key }, MISMATCH);
  }
  await refuses("GetItem", { TableName: "range", Key: { a: { S: "a" } } }, MISMATCH);
  await refuses("GetItem", { TableName: "hash", Key: { a: { S: "" } } }, /cannot contain an empty string value\. Key: a$/);
  await refuses("GetItem", { TableName: "hash", Key: {}, AttributesToGet: ["a", "a"] }, `${INVALID}Duplicate value in attribute name: a`);
  await refuses("GetItem", { TableName: "absent-table", Key: {} }, "Requested resource not found", "ResourceNotFoundException");
});

test("conditions guard every write, in both forms", async () => {
  const TableName = "hash";
  const key = { a: { S: "guarded" } };
  await world.send("PutItem", { TableName, Item: { ...key, v: { N: "1" } } });
  const fails = [
    { ConditionExpression: "attribute_not_exists(a)" },
    { ConditionExpression: "#v > :one", ExpressionAttributeNames: { "#v": "v" }, ExpressionAttributeValues: { ":one": { N: "1" } } },
    { Expected: { a: { Exists: false } } },
    { Expected: { v: { Value: { N: "2" } } } },
    { Expected: { v: { ComparisonOperator: "NULL" } } },
    { Expected: { v: { ComparisonOperator: "GT", AttributeValueList: [{ N: "1" }] } } },
    { Expected: { v: { Value: { N: "1" } }, a: { Exists: false } } },
    { Expected: { v: { Value: { N: "2" } }, a: { Exists: false } }, ConditionalOperator: "OR" },
  ];
  const inputs: [string, object][] = [
    ["PutItem", { Item: { ...key, v: { N: "9" } } }],
    ["DeleteItem", { Key: key }],
    ["UpdateItem", { Key: key }],
  ];
  for (const condition of fails) {
    for (const [operation, input] of inputs) {
      await refuses(operation, { TableName, ...input, ...condition }, "The conditional request failed", "ConditionalCheckFailedException");
    }
  }
  await assert.rejects(
    world.send("PutItem", {
      TableName,
      Item: key,
      ConditionExpression: "attribute_not_exists(a)",
      ReturnValuesOnConditionCheckFailure: "ALL_OLD",
    }),
    { code: "ConditionalCheckFailedException", fields: { Item: { ...key, v: { N: "1" } } } },
  );
  await assert.rejects(
    world.send("DeleteItem", {
      TableName,
      Key: { a: { S: "none" } },
      ConditionExpression: "attribute_exists(a)",
      ReturnValuesOnConditionCheckFailure: "ALL_OLD",
    }),
    { code: "ConditionalCheckFailedException", fields: {} },
  );
  const succeed = [
    { ConditionExpression: "attribute_exists(a)" },
    { Expected: { v: { Value: { N: "1.0" } } } },
    { Expected: { v: { ComparisonOperator: "BETWEEN", AttributeValueList: [{ N: "0" }, { N: "2" }] } } },
    { Expected: { v: { Value: { N: "2" } }, a: { Value: key.a } }, ConditionalOperator: "OR" },
    { Expected: { nope: { ComparisonOperator: "NE", AttributeValueList: [{ N: "0" }] } } },
  ];
  for (const condition of succeed) await world.send("PutItem", { TableName, Item: { ...key, v: { N: "1" } }, ...condition });
});

test("ReturnValues says what was and what is", async () => {
  const TableName = "hash";
  const Key = { a: { S: "returns" } };
  const old = { ...Key, n: { N: "1" }, m: { M: { x: { S: "x" }, y: { S: "y" } } } };
  assert.deepEqual(await world.send("PutItem", { TableName, Item: old, ReturnValues: "ALL_OLD" }), {});
  assert.deepEqual(await world.send("PutItem", { TableName, Item: old, ReturnValues: "ALL_OLD" }), { Attributes: old });
  const update = { TableName, Key, UpdateExpression: "SET m.x = :z, q = :z REMOVE n", ExpressionAttributeValues: { ":z": { S: "z" } } };
  const next = { ...Key, m: { M: { x: { S: "z" }, y: { S: "y" } } }, q: { S: "z" } };
  const cases: [string, object | undefined][] = [
    ["NONE", undefined],
    ["ALL_OLD", old],
    ["UPDATED_OLD", { m: { M: { x: { S: "x" } } }, n: { N: "1" } }],
    ["ALL_NEW", next],
    ["UPDATED_NEW", { m: { M: { x: { S: "z" } } }, q: { S: "z" } }],
  ];
  for (const [ReturnValues, expected] of cases) {
    await world.send("PutItem", { TableName, Item: old });
    assert.deepEqual((await world.send("UpdateItem", { ...update, ReturnValues }))["Attributes"], expected, ReturnValues);
  }
  assert.deepEqual(await world.send("DeleteItem", { TableName, Key, ReturnValues: "ALL_OLD" }), { Attributes: next });
  assert.deepEqual(await world.send("DeleteItem", { TableName, Key, ReturnValues: "ALL_OLD" }), {});
});

test("UpdateItem makes an item that is not there, unless it only takes away", async () => {
  const TableName = "hash";
  const get = async (name: string) => (await world.send("GetItem", { TableName, Key: { a: { S: name } } }))["Item"];
  await world.send("UpdateItem", { TableName, Key: { a: { S: "fresh1" } } });
  assert.deepEqual(await get("fresh1"), { a: { S: "fresh1" } });
  await world.send("UpdateItem", { TableName, Key: { a: { S: "fresh2" } }, UpdateExpression: "REMOVE x" });
  assert.equal(await get("fresh2"), undefined);
  await world.send("UpdateItem", {
    TableName,
    Key: { a: { S: "fresh3" } },
    AttributeUpdates: { n: { Action: "ADD", Value: { N: "3" } }, s: { Value: { S: "s" } } },
  });
  assert.deepEqual(await get("fresh3"), { a: { S: "fresh3" }, n: { N: "3" }, s: { S: "s" } });
  await world.send("UpdateItem", {
    TableName,
    Key: { a: { S: "fresh3" } },
    AttributeUpdates: {
      n: { Action: "ADD", Value: { N: "-1" } },
      s: { Action: "DELETE" },
      l: { Action: "ADD", Value: { L: [{ S: "x" }] } },
    },
  });
  assert.deepEqual(await get("fresh3"), { a: { S: "fresh3" }, n: { N: "2" }, l: { L: [{ S: "x" }] } });
});

test("UpdateItem tells what is wrong", async () => {
  const N = { ":a": { N: "1" } };
  const key = { TableName: "hash", Key: { a: { S: "k" } } };
  const range = { TableName: "range", Key: { a: { S: "k" }, b: { S: "k" } } };
  const partOfKey = (name: string) => `${INVALID}Cannot update attribute ${name}. This attribute is part of the key`;
  const scalars = "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: IndexKey: d";
  const cases: [object, string | RegExp][] = [
    [
      { ...key, Expected: { a: {} }, AttributeUpdates: {}, ExpressionAttributeNames: {}, ConditionExpression: "", UpdateExpression: "" },
      "Can not use both expression and non-expression parameters in the same request: " +
        "Non-expression parameters: {AttributeUpdates, Expected} Expression parameters: {UpdateExpression, ConditionExpression}",
    ],
    [
      { ...key, ExpressionAttributeValues: {} },
      "ExpressionAttributeValues can only be specified when using expressions: UpdateExpression and ConditionExpression are null",
    ],
    [
      { ...key, Expected: { a: {} }, AttributeUpdates: { a: {} } },
      `${INVALID}Only DELETE action is allowed when no attribute value is specified`,
    ],
    [
      { ...key, AttributeUpdates: { a: { Action: "DELETE", Value: { S: "1" } } } },
      `${INVALID}DELETE action with value is not supported for the type S`,
    ],
    [
      { ...key, AttributeUpdates: { a: { Action: "ADD", Value: { BOOL: true } } } },
      `${INVALID}ADD action is not supported for the type BOOL`,
    ],
    [{ ...key, AttributeUpdates: { a: { Value: { S: "x" } } } }, partOfKey("a")],
    [{ ...key, UpdateExpression: "add a.b :a", ExpressionAttributeValues: N }, partOfKey("a")],
    [{ ...key, UpdateExpression: "remove d set b = :a, a = :a", ExpressionAttributeValues: N }, partOfKey("a")],
    [{ ...key, UpdateExpression: "set a = a.b + a[1]" }, partOfKey("a")],
    [{ ...range, UpdateExpression: "set d[1] = :a add b.b :a", ExpressionAttributeValues: N }, partOfKey("b")],
    [
      { ...range, AttributeUpdates: { c: { Value: { N: "1" } } } },
      /^One or more parameter values were invalid: Type mismatch for Index Key c Expected: S Actual: N IndexName: index\d$/,
    ],
    [
      { ...range, UpdateExpression: "set d.a = a add c :a", ExpressionAttributeValues: N },
      /Type mismatch for Index Key c Expected: S Actual: N/,
    ],
    [
      { ...range, UpdateExpression: "set e = c[1], c = a + :a", ExpressionAttributeValues: N },
      /Type mismatch for Index Key c Expected: S Actual: N/,
    ],
    [{ ...range, UpdateExpression: "add d.b :a", ExpressionAttributeValues: N }, scalars],
    [{ ...range, UpdateExpression: "set e = list_append(a, b), f = d[1]" }, scalars],
    [{ ...key, UpdateExpression: "set c = b" }, "The provided expression refers to an attribute that does not exist in the item"],
    [{ ...key, UpdateExpression: "set b.a = a" }, "The document path provided in the update expression is invalid for update"],
    [
      { ...key, UpdateExpression: "set e = a + :a", ExpressionAttributeValues: N },
      "An operand in the update expression has an incorrect data type",
    ],
    [
      { ...key, AttributeUpdates: { b: { Value: { S: "a".repeat(409_599) } }, c: { Value: { N: `${"1".repeat(38)}${"0".repeat(88)}` } } } },
      "Item size to update has exceeded the maximum allowed size",
    ],
    [
      {
        ...key,
        UpdateExpression: "remove b",
        ConditionExpression: "c = :b",
        ExpressionAttributeValues: { ":a": { S: "a" }, ":b": { S: "a" } },
      },
      "Value provided in ExpressionAttributeValues unused in expressions: keys: {:a}",
    ],
  ];
  for (const [input, message] of cases) await refuses("UpdateItem", input, message);
  await world.send("UpdateItem", { ...range, UpdateExpression: "set e = :a", ExpressionAttributeValues: N });
  await refuses(
    "UpdateItem",
    { ...range, UpdateExpression: "set c = e" },
    "The update expression attempted to update the secondary index key to unsupported type",
  );
  await world.send("UpdateItem", { ...key, AttributeUpdates: { ss: { Value: { SS: ["1"] } } } });
  await refuses(
    "UpdateItem",
    { ...key, AttributeUpdates: { ss: { Action: "DELETE", Value: { NS: ["1"] } } } },
    "Type mismatch for attribute to update",
  );
  await refuses(
    "UpdateItem",
    { ...key, AttributeUpdates: { ss: { Action: "ADD", Value: { NS: ["1"] } } } },
    "Type mismatch for attribute to update",
  );
});

test("concurrent counters lose nothing", async () => {
  const input = {
    TableName: "hash",
    Key: { a: { S: "counter" } },
    UpdateExpression: "ADD n :one",
    ExpressionAttributeValues: { ":one": { N: "1" } },
  };
  await Promise.all(Array.from({ length: 50 }, () => world.send("UpdateItem", input)));
  const { Item } = await world.send("GetItem", { TableName: "hash", Key: { a: { S: "counter" } } });
  assert.deepEqual(Item, { a: { S: "counter" }, n: { N: "50" } });
});

test("consumed capacity is computed as documented", async () => {
  const kilobytes = (count: number) => ({ S: "x".repeat(count * 1024) });
  const put = (TableName: string, Item: object) => world.send("PutItem", { TableName, Item, ReturnConsumedCapacity: "INDEXES" });
  const plain = (TableName: string, units: number) => ({ TableName, CapacityUnits: units, Table: { CapacityUnits: units } });
  assert.deepEqual((await put("hash", { a: { S: "cap" } }))["ConsumedCapacity"], plain("hash", 1));
  assert.deepEqual((await put("hash", { a: { S: "cap" }, v: kilobytes(3) }))["ConsumedCapacity"], plain("hash", 4));
  // The larger of the two versions counts.
  assert.deepEqual((await put("hash", { a: { S: "cap" } }))["ConsumedCapacity"], plain("hash", 4));
  const get = (more: object) =>
    world.send("GetItem", { TableName: "hash", Key: { a: { S: "cap" } }, ReturnConsumedCapacity: "TOTAL", ...more });
  assert.deepEqual((await get({}))["ConsumedCapacity"], { TableName: "hash", CapacityUnits: 0.5 });
  assert.deepEqual((await get({ ConsistentRead: true }))["ConsumedCapacity"], { TableName: "hash", CapacityUnits: 1 });
  await put("hash", { a: { S: "cap" }, v: kilobytes(5) });
  assert.deepEqual((await get({}))["ConsumedCapacity"], { TableName: "hash", CapacityUnits: 1 });
  const indexed = { a: { S: "cap" }, b: { S: "b" }, c: { S: "c" } };
  assert.deepEqual((await put("range", indexed))["ConsumedCapacity"], {
    TableName: "range",
    CapacityUnits: 3,
    Table: { CapacityUnits: 1 },
    LocalSecondaryIndexes: { index1: { CapacityUnits: 1 } },
    GlobalSecondaryIndexes: { index3: { CapacityUnits: 1 } },
  });
  // An entry that does not change costs nothing, one that moves costs two writes.
  assert.deepEqual((await put("range", indexed))["ConsumedCapacity"], plain("range", 1));
  const moved = (await put("range", { ...indexed, c: { S: "c2" } }))["ConsumedCapacity"];
  assert.deepEqual(moved, {
    TableName: "range",
    CapacityUnits: 5,
    Table: { CapacityUnits: 1 },
    LocalSecondaryIndexes: { index1: { CapacityUnits: 2 } },
    GlobalSecondaryIndexes: { index3: { CapacityUnits: 2 } },
  });
});

test("item collections are measured where there is a local index", async () => {
  const Item = { a: { S: "collection" }, b: { S: "b" } };
  const onRange = await world.send("PutItem", { TableName: "range", Item, ReturnItemCollectionMetrics: "SIZE" });
  assert.deepEqual(onRange, { ItemCollectionMetrics: { ItemCollectionKey: { a: { S: "collection" } }, SizeEstimateRangeGB: [0, 1] } });
  assert.deepEqual(await world.send("PutItem", { TableName: "hash", Item, ReturnItemCollectionMetrics: "SIZE" }), {});
});
