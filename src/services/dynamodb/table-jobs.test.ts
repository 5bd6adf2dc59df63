import assert from "node:assert/strict";
import { test } from "node:test";
import { HASH_TABLE, openTables, RANGE_TABLE, type TestWorld } from "./testing/tables.ts";

const INVALID = "One or more parameter values were invalid: ";
const S = (text: string) => ({ S: text });

const refusing =
  (world: TestWorld) =>
  (operation: string, input: object, message: string | RegExp, code = "ValidationException") =>
    assert.rejects(world.send(operation, input), { code, message }, `${operation} ${JSON.stringify(input)}`);

type Described = Record<string, unknown> & {
  GlobalSecondaryIndexes?: Record<string, unknown>[];
  LocalSecondaryIndexes?: Record<string, unknown>[];
};
async function described(world: TestWorld, TableName: string): Promise<Described> {
  return (await world.send("DescribeTable", { TableName }))["Table"] as Described;
}

const defined = (...names: string[]) => names.map((AttributeName) => ({ AttributeName, AttributeType: "S" }));
const keys = (...parts: [string, "HASH" | "RANGE"][]) => parts.map(([AttributeName, KeyType]) => ({ AttributeName, KeyType }));
const index = (parts: [string, "HASH" | "RANGE"][], more: object = {}) => ({
  IndexName: "abc",
  KeySchema: keys(...parts),
  Projection: {},
  ...more,
});
const ALL = { Projection: { ProjectionType: "ALL" } };

test("a global index that is added is filled, kept up meanwhile, and can be deleted", async () => {
  const world = await openTables(HASH_TABLE);
  const refuses = refusing(world);
  const put = (i: number, g: object = S(`g${i % 3}`)) => world.send("PutItem", { TableName: "hash", Item: { a: S(`item${i}`), g } });
  for (let i = 0; i < 500; i++) await put(i);
  await put(500, { N: "1" });
  const add = {
    TableName: "hash",
    AttributeDefinitions: defined("a", "g"),
    GlobalSecondaryIndexUpdates: [{ Create: index([["g", "HASH"]], ALL) }],
  };
  const shown = (await world.send("UpdateTable", add))["TableDescription"] as Described;
  assert.equal(shown["TableStatus"], "UPDATING");
  assert.deepEqual(
    shown.GlobalSecondaryIndexes?.map((each) => [each["IndexStatus"], each["Backfilling"]]),
    [["CREATING", true]],
  );
  const query = {
    TableName: "hash",
    IndexName: "abc",
    KeyConditionExpression: "g = :g",
    ExpressionAttributeValues: { ":g": S("g1") },
    Select: "COUNT",
  };
  // Whatever has happened of it by now, these writes are seen in the end.
  await put(0, S("g1"));
  await world.send("DeleteItem", { TableName: "hash", Key: { a: S("item1") } });
  await refuses(
    "PutItem",
    { TableName: "hash", Item: { a: S("x"), g: { N: "1" } } },
    `${INVALID}Type mismatch for Index Key g Expected: S Actual: N IndexName: abc`,
  );
  await world.advance(1_000);
  const table = await described(world, "hash");
  assert.equal(table["TableStatus"], "ACTIVE");
  assert.deepEqual(
    table.GlobalSecondaryIndexes?.map((each) => [each["IndexStatus"], each["ItemCount"]]),
    [["ACTIVE", 499]],
  );
  assert.equal((await world.send("Query", query))["Count"], 167);
  await refuses("UpdateTable", add, "Attempting to create an index which already exists");
  await world.send("UpdateTable", { TableName: "hash", GlobalSecondaryIndexUpdates: [{ Delete: { IndexName: "abc" } }] });
  await refuses("Query", query, "The table does not have the specified index: abc");
  await world.advance(1_000);
  const after = await described(world, "hash");
  assert.equal(after.GlobalSecondaryIndexes, undefined);
  assert.deepEqual(after["AttributeDefinitions"], defined("a"));
  await world.send("UpdateTable", add);
  await world.advance(1_000);
  assert.equal((await world.send("Query", query))["Count"], 167);
  await world.close();
});

test("an index that is being filled is not read", async () => {
  const world = await openTables(HASH_TABLE);
  const updated = world.send("UpdateTable", {
    TableName: "hash",
    AttributeDefinitions: defined("a", "g"),
    GlobalSecondaryIndexUpdates: [{ Create: index([["g", "HASH"]], ALL) }],
  });
  const query = world.send("Query", {
    TableName: "hash",
    IndexName: "abc",
    KeyConditionExpression: "g = :g",
    ExpressionAttributeValues: { ":g": S("g") },
  });
  const early = query.catch((error: Error) => error.message);
  await updated;
  assert.match(
    String(await early),
    /The table does not have the specified index: abc|Cannot read from backfilling global secondary index: abc/,
  );
  await world.close();
});

test("sizes are counted, by a job where they are large", async () => {
  const world = await openTables(HASH_TABLE);
  const put = (i: number) => world.send("PutItem", { TableName: "hash", Item: { a: S(`item${String(i).padStart(4, "0")}`) } });
  for (let i = 0; i < 10; i++) await put(i);
  const sizes = async () => {
    const table = await described(world, "hash");
    return [table["ItemCount"], table["TableSizeBytes"]];
  };
  assert.deepEqual(await sizes(), [10, 90]);
  for (let i = 10; i < 1_500; i++) await put(i);
  await sizes();
  await world.advance(1_000);
  assert.deepEqual(await sizes(), [1_500, 1_500 * 9]);
  await world.close();
});

test("expired items are removed in the background, from their indexes too", async () => {
  const world = await openTables(RANGE_TABLE);
  const refuses = refusing(world);
  const seconds = (ms: number) => ({ N: String(Math.floor((world.clock.now() + ms) / 1000)) });
  const put = (b: string, ttl: object) => world.send("PutItem", { TableName: "range", Item: { a: S("t"), b: S(b), c: S("c"), ttl } });
  const left = async () =>
    (
      await world.items("Query", {
        TableName: "range",
        IndexName: "index3",
        KeyConditionExpression: "c = :c",
        ExpressionAttributeValues: { ":c": S("c") },
      })
    )
      .map((item) => item["b"]?.S)
      .sort();
  await put("before", seconds(30_000));
  await put("never", S("text"));
  await put("ancient", seconds(-6 * 365 * 24 * 3600 * 1000));
  assert.deepEqual((await world.send("DescribeTimeToLive", { TableName: "range" }))["TimeToLiveDescription"], {
    TimeToLiveStatus: "DISABLED",
  });
  const spec = { Enabled: true, AttributeName: "ttl" };
  assert.deepEqual(await world.send("UpdateTimeToLive", { TableName: "range", TimeToLiveSpecification: spec }), {
    TimeToLiveSpecification: spec,
  });
  await refuses("UpdateTimeToLive", { TableName: "range", TimeToLiveSpecification: spec }, "TimeToLive is already enabled");
  await refuses(
    "UpdateTimeToLive",
    { TableName: "range", TimeToLiveSpecification: { ...spec, AttributeName: "x" } },
    "TimeToLive is active on a different AttributeName: current AttributeName is ttl",
  );
  assert.deepEqual((await world.send("DescribeTimeToLive", { TableName: "range" }))["TimeToLiveDescription"], {
    TimeToLiveStatus: "ENABLED",
    AttributeName: "ttl",
  });
  await put("soon", seconds(30_000));
  await put("later", seconds(300_000));
  await put("moved", seconds(30_000));
  await world.send("UpdateItem", {
    TableName: "range",
    Key: { a: S("t"), b: S("moved") },
    UpdateExpression: "SET #t = :t",
    ExpressionAttributeNames: { "#t": "ttl" },
    ExpressionAttributeValues: { ":t": seconds(300_000) },
  });
  await world.advance(20_000);
  assert.deepEqual(await left(), ["ancient", "before", "later", "moved", "never", "soon"]);
  await world.advance(40_000);
  assert.deepEqual(await left(), ["ancient", "later", "moved", "never"]);
  await world.send("UpdateTimeToLive", { TableName: "range", TimeToLiveSpecification: { ...spec, Enabled: false } });
  await refuses(
    "UpdateTimeToLive",
    { TableName: "range", TimeToLiveSpecification: { ...spec, Enabled: false } },
    "TimeToLive is already disabled",
  );
  await world.advance(600_000);
  assert.deepEqual(await left(), ["ancient", "later", "moved", "never"]);
  await world.send("UpdateTimeToLive", { TableName: "range", TimeToLiveSpecification: spec });
  await world.advance(60_000);
  assert.deepEqual(await left(), ["ancient", "never"]);
  await world.close();
});

test("many expired items go in one sweep", async () => {
  const world = await openTables(HASH_TABLE);
  const ttl = { N: String(Math.floor(world.clock.now() / 1000) - 5) };
  for (let i = 0; i < 450; i++) await world.send("PutItem", { TableName: "hash", Item: { a: S(`i${i}`), ttl } });
  await world.send("UpdateTimeToLive", { TableName: "hash", TimeToLiveSpecification: { Enabled: true, AttributeName: "ttl" } });
  await world.advance(40_000);
  assert.equal((await world.send("Scan", { TableName: "hash", Select: "COUNT" }))["Count"], 0);
  await world.close();
});
