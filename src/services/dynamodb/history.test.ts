// Random histories of writes and reads against a plain model: a map of items, and indexes computed from it anew at every look.
import assert from "node:assert/strict";
import { test } from "node:test";
import { integer, pick, type Random, seededRandom } from "../../kernel/random.ts";
import type { Item, Value } from "./attribute-value.ts";
import { compareScalars } from "./attribute-value.ts";
import { openTables, RANGE_TABLE, type TestWorld } from "./testing/tables.ts";

const STEPS = 600;
const TABLE = "range";

type Model = Map<string, Item>;
const keyOf = (item: Item) => JSON.stringify([item["a"], item["b"]]);
const S = (text: string): Value => ({ S: text });

function randomKey(random: Random): Item {
  return { a: S(pick(random, ["p0", "p1", "p2"])), b: S(pick(random, ["", "a", "aa", "b", "\0", "é", "😀"]) + String(integer(random, 4))) };
}

function randomAttributes(random: Random): Item {
  const item: Item = {};
  if (random.float() < 0.7) item["c"] = S(pick(random, ["c0", "c1"]));
  if (random.float() < 0.6) item["d"] = S(`d${integer(random, 5)}`);
  if (random.float() < 0.5) item["e"] = { N: String(integer(random, 100)) };
  if (random.float() < 0.3) item["f"] = { L: [S("x"), { BOOL: true }] };
  return item;
}

const SOURCES = [
  { IndexName: undefined, partition: "a", sort: "b", held: undefined, partitions: ["p0", "p1", "p2"] },
  { IndexName: "index1", partition: "a", sort: "c", held: undefined, partitions: ["p0", "p1", "p2"] },
  { IndexName: "index2", partition: "a", sort: "d", held: ["a", "b", "c", "d"], partitions: ["p0", "p1", "p2"] },
  { IndexName: "index3", partition: "c", sort: undefined, held: undefined, partitions: ["c0", "c1"] },
  { IndexName: "index4", partition: "c", sort: "d", held: ["a", "b", "c", "d", "e"], partitions: ["c0", "c1"] },
] as const;

type Source = (typeof SOURCES)[number];

const picked = (item: Item, held: readonly string[] | undefined): Item =>
  Object.fromEntries(Object.entries(item).filter(([name]) => held === undefined || held.includes(name)));

/** What the source holds of one partition, ordered by its sort key; where that says nothing, in any order. */
function expected(model: Model, source: Source, partition: string): Item[] {
  const { sort } = source;
  const items = [...model.values()].filter(
    (item) => item[source.partition]?.S === partition && (sort === undefined || item[sort] !== undefined),
  );
  if (sort !== undefined) items.sort((x, y) => compareScalars(x[sort] ?? S(""), y[sort] ?? S("")) ?? 0);
  return items.map((item) => picked(item, source.held));
}

async function checkSource(world: TestWorld, random: Random, model: Model, source: Source, step: string): Promise<void> {
  const partition = pick(random, source.partitions);
  const forward = random.float() < 0.5;
  const limit = 1 + integer(random, 6);
  const found: Item[] = [];
  let start: object = {};
  for (;;) {
    const page = await world.send("Query", {
      TableName: TABLE,
      ...(source.IndexName && { IndexName: source.IndexName }),
      KeyConditionExpression: `${source.partition} = :p`,
      ExpressionAttributeValues: { ":p": S(partition) },
      ScanIndexForward: forward,
      Limit: limit,
      ...start,
    });
    found.push(...(page["Items"] as Item[]));
    if (page["LastEvaluatedKey"] === undefined) break;
    start = { ExclusiveStartKey: page["LastEvaluatedKey"] };
  }
  const wanted = expected(model, source, partition);
  const { sort } = source;
  if (sort !== undefined) {
    const order = (items: Item[]) => items.map((item) => item[sort]?.S);
    assert.deepEqual(
      order(found),
      forward ? order(wanted) : order(wanted).reverse(),
      `${step}: order on ${source.IndexName ?? "the table"}`,
    );
  }
  const sorted = (items: Item[]) => items.map((item) => JSON.stringify(Object.entries(item).sort())).sort();
  assert.deepEqual(sorted(found), sorted(wanted), `${step}: content on ${source.IndexName ?? "the table"}`);
}

async function step(world: TestWorld, random: Random, model: Model): Promise<string> {
  const key = randomKey(random);
  const old = model.get(keyOf(key));
  const choice = random.float();
  if (choice < 0.4) {
    const Item = { ...key, ...randomAttributes(random) };
    const answer = await world.send("PutItem", { TableName: TABLE, Item, ReturnValues: "ALL_OLD" });
    assert.deepEqual(answer["Attributes"], old);
    model.set(keyOf(key), Item);
    return "PutItem";
  }
  if (choice < 0.55) {
    const answer = await world.send("DeleteItem", { TableName: TABLE, Key: key, ReturnValues: "ALL_OLD" });
    assert.deepEqual(answer["Attributes"], old);
    model.delete(keyOf(key));
    return "DeleteItem";
  }
  if (choice < 0.8) {
    const next: Item = { ...(old ?? key), c: S("c1"), e: { N: String(Number(old?.["e"]?.N ?? "0") + 1) } };
    delete next["d"];
    const answer = await world.send("UpdateItem", {
      TableName: TABLE,
      Key: key,
      UpdateExpression: "SET c = :c REMOVE d ADD e :one",
      ExpressionAttributeValues: { ":c": S("c1"), ":one": { N: "1" } },
      ReturnValues: "ALL_NEW",
    });
    assert.deepEqual(answer["Attributes"], next);
    model.set(keyOf(key), next);
    return "UpdateItem";
  }
  const items = new Map<string, Item>();
  for (let i = 0; i < 4; i++) {
    const item = { ...randomKey(random), ...randomAttributes(random) };
    items.set(keyOf(item), item);
  }
  const putting = choice < 0.9;
  const requests = [...items.values()];
  if (putting) await world.send("BatchWriteItem", { RequestItems: { [TABLE]: requests.map((Item) => ({ PutRequest: { Item } })) } });
  else await world.send("TransactWriteItems", { TransactItems: requests.map((Item) => ({ Put: { TableName: TABLE, Item } })) });
  for (const [id, item] of items) model.set(id, item);
  return putting ? "BatchWriteItem" : "TransactWriteItems";
}

for (const seed of [1, 2, 3]) {
  test(`a random history agrees with the model (seed ${seed})`, async () => {
    const random = seededRandom(seed);
    const world = await openTables(RANGE_TABLE);
    const model: Model = new Map();
    for (let i = 0; i < STEPS; i++) {
      const name = `step ${i}, ${await step(world, random, model)}`;
      await checkSource(world, random, model, pick(random, SOURCES), name);
      const key = randomKey(random);
      const { Item } = await world.send("GetItem", { TableName: TABLE, Key: key });
      assert.deepEqual(Item, model.get(keyOf(key)), name);
    }
    const scanned = await world.items("Scan", { TableName: TABLE });
    assert.equal(scanned.length, model.size);
    const indexed = await world.items("Scan", { TableName: TABLE, IndexName: "index4" });
    assert.equal(indexed.length, [...model.values()].filter((item) => item["c"] && item["d"]).length);
    await world.close();
  });
}
