import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { HASH_TABLE, openTables, RANGE_TABLE, type TestWorld } from "./testing/tables.ts";

let world: TestWorld;
before(async () => {
  world = await openTables(HASH_TABLE, RANGE_TABLE);
});
after(() => world.close());

const S = (text: string) => ({ S: text });
const get = async (name: string) => (await world.send("GetItem", { TableName: "hash", Key: { a: S(name) } }))["Item"];
const write = (TransactItems: object[], more: object = {}) => world.send("TransactWriteItems", { TransactItems, ...more });
const put = (name: string, more: object = {}) => ({ Put: { TableName: "hash", Item: { a: S(name) }, ...more } });

async function refuses(operation: string, input: object, message: string | RegExp, code = "ValidationException") {
  await assert.rejects(world.send(operation, input), { code, message }, `${operation} ${JSON.stringify(input).slice(0, 300)}`);
}

test("BatchWriteItem puts and deletes", async () => {
  const answer = await world.send("BatchWriteItem", {
    RequestItems: {
      hash: [{ PutRequest: { Item: { a: S("b1") } } }, { PutRequest: { Item: { a: S("b2") } } }],
      range: [{ PutRequest: { Item: { a: S("b"), b: S("1"), c: S("c") } } }],
    },
    ReturnConsumedCapacity: "TOTAL",
    ReturnItemCollectionMetrics: "SIZE",
  });
  assert.deepEqual(answer, {
    UnprocessedItems: {},
    ConsumedCapacity: [
      { TableName: "hash", CapacityUnits: 2 },
      { TableName: "range", CapacityUnits: 3 },
    ],
    ItemCollectionMetrics: { range: [{ ItemCollectionKey: { a: S("b") }, SizeEstimateRangeGB: [0, 1] }] },
  });
  await world.send("BatchWriteItem", { RequestItems: { hash: [{ DeleteRequest: { Key: { a: S("b1") } } }] } });
  assert.equal(await get("b1"), undefined);
  assert.deepEqual(await get("b2"), { a: S("b2") });
});

test("BatchWriteItem tells what is wrong", async () => {
  const puts = (count: number) => Array.from({ length: count }, (_, i) => ({ PutRequest: { Item: { a: S(`x${i}`) } } }));
  const cases: [object, string | RegExp, string?][] = [
    [
      { "a;": puts(1) },
      /^1 validation error detected: Value '\{.+\}' at 'requestItems' failed to satisfy constraint: Map keys must satisfy constraint: \[Member must have length less than or equal to 255, /,
    ],
    [{ hash: puts(20), range: puts(6) }, "Too many items requested for the BatchWriteItem call"],
    [{ abc: [{}] }, /^Supplied AttributeValue is empty/],
    [{ abc: [{ PutRequest: { Item: {} }, DeleteRequest: { Key: {} } }] }, /^Supplied AttributeValue has more than one datatypes set/],
    [{ abc: [{ PutRequest: { Item: { a: { S: "x".repeat(409_601) } } } }] }, "Item size has exceeded the maximum allowed size"],
    [{ abc: puts(25) }, "Requested resource not found", "ResourceNotFoundException"],
    [{ hash: [...puts(1), ...puts(1)] }, "Provided list of item keys contains duplicates"],
    [{ hash: [...puts(1), { DeleteRequest: { Key: { a: S("x0") } } }] }, "Provided list of item keys contains duplicates"],
    [{ hash: [{ PutRequest: { Item: { b: S("x") } } }] }, "One or more parameter values were invalid: Missing the key a in the item"],
    [{ hash: [{ DeleteRequest: { Key: { b: S("x") } } }] }, "The provided key element does not match the schema"],
  ];
  for (const [RequestItems, message, code] of cases) await refuses("BatchWriteItem", { RequestItems }, message, code);
  await refuses("BatchWriteItem", { RequestItems: { hash: [...puts(2), { PutRequest: { Item: { b: S("x") } } }] } }, /Missing the key a/);
  assert.equal(await get("x0"), undefined, "nothing of a refused batch is written");
});

test("BatchGetItem reads what there is, and tells what is wrong", async () => {
  await world.send("BatchWriteItem", {
    RequestItems: { hash: ["g1", "g2"].map((name) => ({ PutRequest: { Item: { a: S(name), v: S("v"), w: S("w") } } })) },
  });
  const Keys = ["g1", "nope", "g2"].map((name) => ({ a: S(name) }));
  const answer = await world.send("BatchGetItem", {
    RequestItems: { hash: { Keys, ProjectionExpression: "a, #v", ExpressionAttributeNames: { "#v": "v" }, ConsistentRead: true } },
    ReturnConsumedCapacity: "TOTAL",
  });
  assert.deepEqual(answer, {
    Responses: {
      hash: [
        { a: S("g1"), v: S("v") },
        { a: S("g2"), v: S("v") },
      ],
    },
    UnprocessedKeys: {},
    ConsumedCapacity: [{ TableName: "hash", CapacityUnits: 3 }],
  });
  const many = (count: number) => Array.from({ length: count }, (_, i) => ({ a: S(String(i)) }));
  const cases: [object, string | RegExp, string?][] = [
    [{ abc: { Keys: many(100) }, abd: { Keys: many(1) } }, "Too many items requested for the BatchGetItem call"],
    [
      { abc: { Keys: [{}], AttributesToGet: ["a"], ProjectionExpression: "" } },
      /^Can not use both expression and non-expression parameters in the same request/,
    ],
    [
      { abc: { Keys: [{}], AttributesToGet: ["a"], ExpressionAttributeNames: {} } },
      "ExpressionAttributeNames can only be specified when using expressions",
    ],
    [
      { abc: { Keys: [{}], AttributesToGet: ["a", "a"] } },
      "One or more parameter values were invalid: Duplicate value in attribute name: a",
    ],
    [{ abc: { Keys: [{}], ProjectionExpression: "" } }, "Invalid ProjectionExpression: The expression can not be empty;"],
    [{ abc: { Keys: [{}] } }, "Requested resource not found", "ResourceNotFoundException"],
    [{ hash: { Keys: [{}] } }, "The provided key element does not match the schema"],
    [{ hash: { Keys: [{ a: S("1") }, { a: S("1") }] } }, "Provided list of item keys contains duplicates"],
  ];
  for (const [RequestItems, message, code] of cases) await refuses("BatchGetItem", { RequestItems }, message, code);
});

test("BatchGetItem stops at 16 MB and says what is left", async () => {
  const v = S("x".repeat(400_000));
  const Keys = Array.from({ length: 50 }, (_, i) => ({ a: S(`big${i}`) }));
  for (const key of Keys) await world.send("PutItem", { TableName: "hash", Item: { ...key, v } });
  const answer = await world.send("BatchGetItem", { RequestItems: { hash: { Keys } } });
  const found = (answer["Responses"] as { hash: object[] }).hash;
  const left = (answer["UnprocessedKeys"] as { hash: { Keys: object[] } }).hash.Keys;
  assert.equal(found.length, Math.floor((16 * 1024 * 1024) / (400_000 + 6)) + 1);
  assert.deepEqual(left, Keys.slice(found.length));
});

test("a transaction writes all or nothing, with a reason for each action", async () => {
  await write([
    put("t1"),
    { Update: { TableName: "hash", Key: { a: S("t2") }, UpdateExpression: "SET n = :n", ExpressionAttributeValues: { ":n": { N: "1" } } } },
  ]);
  assert.deepEqual([await get("t1"), await get("t2")], [{ a: S("t1") }, { a: S("t2"), n: { N: "1" } }]);
  const failing = [
    put("t3"),
    { Delete: { TableName: "hash", Key: { a: S("t1") } } },
    {
      ConditionCheck: {
        TableName: "hash",
        Key: { a: S("t2") },
        ConditionExpression: "n > :n",
        ExpressionAttributeValues: { ":n": { N: "5" } },
        ReturnValuesOnConditionCheckFailure: "ALL_OLD",
      },
    },
    { Put: { TableName: "hash", Item: { a: { N: "1" } } } },
    { Update: { TableName: "hash", Key: { a: S("t4") }, UpdateExpression: "SET n = m" } },
    put("t2x", { ConditionExpression: "attribute_exists(a)" }),
  ];
  await assert.rejects(write(failing), {
    code: "TransactionCanceledException",
    message:
      "Transaction cancelled, please refer cancellation reasons for specific reasons " +
      "[None, None, ConditionalCheckFailed, ValidationError, ValidationError, ConditionalCheckFailed]",
    fields: {
      CancellationReasons: [
        { Code: "None" },
        { Code: "None" },
        { Code: "ConditionalCheckFailed", Message: "The conditional request failed", Item: { a: S("t2"), n: { N: "1" } } },
        { Code: "ValidationError", Message: "One or more parameter values were invalid: Type mismatch for key a expected: S actual: N" },
        { Code: "ValidationError", Message: "The provided expression refers to an attribute that does not exist in the item" },
        { Code: "ConditionalCheckFailed", Message: "The conditional request failed" },
      ],
    },
  });
  assert.deepEqual([await get("t1"), await get("t3")], [{ a: S("t1") }, undefined]);
  await write([
    failing[1] ?? {},
    { ConditionCheck: { TableName: "hash", Key: { a: S("nobody") }, ConditionExpression: "attribute_not_exists(a)" } },
  ]);
  assert.equal(await get("t1"), undefined);
  assert.equal(await get("nobody"), undefined, "a check leaves nothing");
});

test("transactions tell what is wrong", async () => {
  const twice = "Transaction request cannot include multiple operations on one item";
  await refuses("TransactWriteItems", { TransactItems: [put("d"), { Delete: { TableName: "hash", Key: { a: S("d") } } }] }, twice);
  await refuses("TransactGetItems", { TransactItems: [1, 2].map(() => ({ Get: { TableName: "hash", Key: { a: S("d") } } })) }, twice);
  await refuses("TransactWriteItems", { TransactItems: [{}] }, /TransactItems can only contain one of/);
  await refuses(
    "TransactWriteItems",
    { TransactItems: [{ Put: { TableName: "absent", Item: { a: S("x") } } }] },
    "Requested resource not found",
    "ResourceNotFoundException",
  );
  await refuses(
    "TransactWriteItems",
    { TransactItems: [put("x", { ConditionExpression: "a >" })] },
    /^Invalid ConditionExpression: Syntax error/,
  );
  const v = S("x".repeat(400_000));
  await refuses(
    "TransactWriteItems",
    { TransactItems: Array.from({ length: 11 }, (_, i) => ({ Put: { TableName: "hash", Item: { a: S(`v${i}`), v } } })) },
    /cannot exceed 4 MB/,
  );
  await assert.rejects(world.send("TransactGetItems", { TransactItems: [{ Get: { TableName: "hash", Key: { b: S("d") } } }] }), {
    code: "TransactionCanceledException",
    fields: { CancellationReasons: [{ Code: "ValidationError", Message: "The provided key element does not match the schema" }] },
  });
});

test("a client token does its work once in ten minutes", async () => {
  const increment = {
    Update: { TableName: "hash", Key: { a: S("token") }, UpdateExpression: "ADD n :n", ExpressionAttributeValues: { ":n": { N: "1" } } },
  };
  const count = async () => ((await get("token")) as { n: { N: string } } | undefined)?.n.N;
  const first = await write([increment], { ClientRequestToken: "tok", ReturnConsumedCapacity: "TOTAL" });
  assert.deepEqual(first, { ConsumedCapacity: [{ TableName: "hash", CapacityUnits: 2, WriteCapacityUnits: 2 }] });
  const again = await write([increment], { ClientRequestToken: "tok", ReturnConsumedCapacity: "TOTAL" });
  assert.deepEqual(again, { ConsumedCapacity: [{ TableName: "hash", CapacityUnits: 2, ReadCapacityUnits: 2 }] });
  assert.equal(await count(), "1");
  await refuses(
    "TransactWriteItems",
    { TransactItems: [put("other")], ClientRequestToken: "tok" },
    /retried a request with a different payload/,
    "IdempotentParameterMismatchException",
  );
  await write([increment], { ClientRequestToken: "tok2" });
  assert.equal(await count(), "2");
  await world.advance(9 * 60_000);
  await write([increment], { ClientRequestToken: "tok" });
  assert.equal(await count(), "2");
  await world.advance(61_000);
  await write([increment], { ClientRequestToken: "tok" });
  assert.equal(await count(), "3");
});

test("a transaction that failed may be tried again under its token", async () => {
  const guarded = [put("retry", { ConditionExpression: "attribute_not_exists(a)" }), put("retry2")];
  await write([put("retry")]);
  await assert.rejects(write(guarded, { ClientRequestToken: "again" }), { code: "TransactionCanceledException" });
  await world.send("DeleteItem", { TableName: "hash", Key: { a: S("retry") } });
  await write(guarded, { ClientRequestToken: "again" });
  assert.deepEqual(await get("retry2"), { a: S("retry2") });
});

test("TransactGetItems reads one state", async () => {
  await write([put("tg1", {}), { Put: { TableName: "hash", Item: { a: S("tg2"), m: { M: { x: S("x"), y: S("y") } } } } }]);
  const answer = await world.send("TransactGetItems", {
    TransactItems: [
      { Get: { TableName: "hash", Key: { a: S("tg1") } } },
      { Get: { TableName: "hash", Key: { a: S("tg0") } } },
      { Get: { TableName: "hash", Key: { a: S("tg2") }, ProjectionExpression: "m.x" } },
    ],
    ReturnConsumedCapacity: "TOTAL",
  });
  assert.deepEqual(answer, {
    Responses: [{ Item: { a: S("tg1") } }, {}, { Item: { m: { M: { x: S("x") } } } }],
    ConsumedCapacity: [{ TableName: "hash", CapacityUnits: 6, ReadCapacityUnits: 6 }],
  });
});

test("transfers between accounts keep the sum, whatever their order", async () => {
  const names = ["acc0", "acc1", "acc2", "acc3"];
  for (const name of names) await world.send("PutItem", { TableName: "hash", Item: { a: S(name), n: { N: "100" } } });
  const transfer = (from: string, to: string) => {
    const side = (name: string, sign: string, more: object = {}) => ({
      Update: {
        TableName: "hash",
        Key: { a: S(name) },
        UpdateExpression: `SET n = n ${sign} :x`,
        ExpressionAttributeValues: { ":x": { N: "30" } },
        ...more,
      },
    });
    return write([side(from, "-", { ConditionExpression: "n >= :x" }), side(to, "+")]).catch((error: { code: string }) => error.code);
  };
  const outcomes = await Promise.all(
    Array.from({ length: 40 }, (_, i) => transfer(names[i % 4] ?? "", names[(i + 1 + (i % 3)) % 4] ?? "")),
  );
  assert.ok(outcomes.every((outcome) => outcome === "TransactionCanceledException" || typeof outcome === "object"));
  const balances = await Promise.all(names.map(async (name) => Number(((await get(name)) as { n: { N: string } }).n.N)));
  assert.equal(
    balances.reduce((sum, each) => sum + each, 0),
    400,
  );
  assert.ok(balances.every((each) => each >= 0));
});
