// Real clients over a real socket, against the whole platform on disk: SDK v3, its document client, SDK v2's document client.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import {
  BatchGetItemCommand,
  ConditionalCheckFailedException,
  CreateTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  paginateScan,
  ResourceNotFoundException,
  TransactionCanceledException,
  TransactWriteItemsCommand,
  waitUntilTableExists,
} from "@aws-sdk/client-dynamodb";
import { BatchWriteCommand, DynamoDBDocumentClient, PutCommand, QueryCommand, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import AWS from "aws-sdk";
import { type Hearth, startHearth } from "../../app/hearth.ts";
import { clientConfiguration } from "../../testing/client.ts";
import { RANGE_TABLE } from "./testing/tables.ts";

const directory = mkdtempSync(join(tmpdir(), "hearth-dynamodb-"));
let hearth: Hearth;
let client: DynamoDBClient;
let documents: DynamoDBDocumentClient;

const start = async () => {
  hearth = await startHearth({ directory, port: 0, allowLocalCode: false, json: false, verbose: false });
  client = new DynamoDBClient(clientConfiguration(hearth.endpoint));
  documents = DynamoDBDocumentClient.from(client);
};

const stop = async () => {
  client.destroy();
  await hearth.close();
};

before(async () => {
  await start();
  await client.send(new CreateTableCommand(RANGE_TABLE));
  await waitUntilTableExists({ client, maxWaitTime: 30 }, { TableName: "range" });
});

after(async () => {
  await stop();
  rmSync(directory, { recursive: true, force: true });
});

test("SDK v3: every type of value, and modelled errors with their fields", async () => {
  const Item = {
    a: { S: "types" },
    b: { S: "1" },
    number: { N: "123456789012345678901234567890.12345678" },
    bytes: { B: Uint8Array.of(0, 255) },
    list: { L: [{ BOOL: true }, { NULL: true }, { M: { x: { SS: ["é"] } } }] },
    sets: { M: { ns: { NS: ["1.5"] }, bs: { BS: [Uint8Array.of(1)] } } },
  };
  await client.send(new PutItemCommand({ TableName: "range", Item }));
  const Key = { a: Item.a, b: Item.b };
  assert.deepEqual((await client.send(new GetItemCommand({ TableName: "range", Key }))).Item, Item);
  const again = {
    TableName: "range",
    Item,
    ConditionExpression: "attribute_not_exists(a)",
    ReturnValuesOnConditionCheckFailure: "ALL_OLD",
  } as const;
  await assert.rejects(client.send(new PutItemCommand(again)), (error: unknown) => {
    assert.ok(error instanceof ConditionalCheckFailedException);
    assert.equal(error.message, "The conditional request failed");
    assert.deepEqual(error.Item, Item);
    return true;
  });
  await assert.rejects(
    client.send(new GetItemCommand({ TableName: "absent", Key })),
    (error: unknown) => error instanceof ResourceNotFoundException,
  );
  await assert.rejects(client.send(new GetItemCommand({ TableName: "range", Key: { a: Item.a } })), {
    name: "ValidationException",
    message: "The provided key element does not match the schema",
  });
  const check = {
    TableName: "range",
    Key,
    ConditionExpression: "attribute_not_exists(a)",
    ReturnValuesOnConditionCheckFailure: "ALL_OLD",
  } as const;
  const transaction = {
    TransactItems: [{ Put: { TableName: "range", Item: { a: { S: "tx" }, b: { S: "1" } } } }, { ConditionCheck: check }],
  };
  await assert.rejects(client.send(new TransactWriteItemsCommand(transaction)), (error: unknown) => {
    assert.ok(error instanceof TransactionCanceledException);
    assert.equal(
      error.message,
      "Transaction cancelled, please refer cancellation reasons for specific reasons [None, ConditionalCheckFailed]",
    );
    assert.deepEqual(error.CancellationReasons, [
      { Code: "None" },
      { Code: "ConditionalCheckFailed", Message: "The conditional request failed", Item },
    ]);
    return true;
  });
});

test("the document client: single-table patterns", async () => {
  const orders = Array.from({ length: 25 }, (_, i) => ({
    a: "user#1",
    b: `order#${String(i).padStart(3, "0")}`,
    c: `status#${i % 2}`,
    total: i * 1.5,
  }));
  await documents.send(new BatchWriteCommand({ RequestItems: { range: orders.map((Item) => ({ PutRequest: { Item } })) } }));
  await documents.send(
    new PutCommand({ TableName: "range", Item: { a: "user#1", b: "profile", roles: new Set(["admin"]), deep: { list: [1, null, true] } } }),
  );
  const byPrefix = {
    TableName: "range",
    KeyConditionExpression: "a = :a AND begins_with(b, :b)",
    ExpressionAttributeValues: { ":a": "user#1", ":b": "order#" },
    ScanIndexForward: false,
    Limit: 2,
  };
  const { Items: latest, LastEvaluatedKey } = await documents.send(new QueryCommand(byPrefix));
  assert.deepEqual(
    latest?.map(({ b, total }) => [b, total]),
    [
      ["order#024", 36],
      ["order#023", 34.5],
    ],
  );
  assert.deepEqual(LastEvaluatedKey, { a: "user#1", b: "order#023" });
  const byStatus = {
    TableName: "range",
    IndexName: "index3",
    KeyConditionExpression: "c = :c",
    ExpressionAttributeValues: { ":c": "status#1" },
  };
  assert.equal((await documents.send(new QueryCommand(byStatus))).Count, 12);
  const counter = {
    TableName: "range",
    Key: { a: "user#1", b: "profile" },
    UpdateExpression: "ADD orders :one SET deep.#l[1] = :x, seen = if_not_exists(seen, :zero) + :one DELETE #r :admin",
    ExpressionAttributeNames: { "#l": "list", "#r": "roles" },
    ExpressionAttributeValues: { ":one": 1, ":zero": 0, ":x": "x", ":admin": new Set(["admin"]) },
    ReturnValues: "ALL_NEW",
  } as const;
  const { Attributes } = await documents.send(new UpdateCommand(counter));
  assert.deepEqual(Attributes, { a: "user#1", b: "profile", deep: { list: [1, "x", true] }, orders: 1, seen: 1 });
  await assert.rejects(
    documents.send(
      new UpdateCommand({
        TableName: "range",
        Key: counter.Key,
        UpdateExpression: "SET name = :x",
        ExpressionAttributeValues: { ":x": 1 },
      }),
    ),
    {
      message: "Invalid UpdateExpression: Attribute name is a reserved keyword; reserved keyword: name",
    },
  );
});

test("paginators and large answers", async () => {
  let count = 0;
  for await (const page of paginateScan({ client, pageSize: 4 }, { TableName: "range" })) count += page.Count ?? 0;
  const { Table } = await client.send(new DescribeTableCommand({ TableName: "range" }));
  assert.equal(count, Table?.ItemCount);
  const Keys = Array.from({ length: 20 }, (_, i) => ({ a: { S: "large" }, b: { S: String(i) } }));
  for (const key of Keys) await client.send(new PutItemCommand({ TableName: "range", Item: { ...key, v: { S: "v".repeat(100_000) } } }));
  const { Responses } = await client.send(new BatchGetItemCommand({ RequestItems: { range: { Keys } } }));
  assert.equal(Responses?.["range"]?.length, 20);
});

test("SDK v2 with the parameters from before expressions", async () => {
  const old = new AWS.DynamoDB.DocumentClient({
    endpoint: hearth.endpoint,
    region: "us-east-1",
    accessKeyId: "test",
    secretAccessKey: "test",
  });
  const Key = { a: "v2", b: "1" };
  await old.put({ TableName: "range", Item: { ...Key, n: 5, tags: old.createSet(["x"]), bytes: Buffer.from("hi") } }).promise();
  const { Item } = await old.get({ TableName: "range", Key, AttributesToGet: ["n", "bytes"] }).promise();
  assert.deepEqual(Item, { n: 5, bytes: Buffer.from("hi") });
  const updated = await old
    .update({
      TableName: "range",
      Key,
      AttributeUpdates: { n: { Action: "ADD", Value: 2 } },
      Expected: { n: { Value: 5 } },
      ReturnValues: "UPDATED_NEW",
    })
    .promise();
  assert.deepEqual(updated.Attributes, { n: 7 });
  const refused = old.put({ TableName: "range", Item: Key, Expected: { a: { Exists: false } } }).promise();
  await assert.rejects(refused, { code: "ConditionalCheckFailedException", message: "The conditional request failed" });
  const queried = await old
    .query({
      TableName: "range",
      KeyConditions: { a: { ComparisonOperator: "EQ", AttributeValueList: ["v2"] } },
      QueryFilter: { n: { ComparisonOperator: "GT", AttributeValueList: [6] } },
    })
    .promise();
  assert.equal(queried.Count, 1);
});

test("accounts and regions do not see each other", async () => {
  const elsewhere = new DynamoDBClient(clientConfiguration(hearth.endpoint, { accessKeyId: "111111111111" }));
  const otherRegion = new DynamoDBClient(clientConfiguration(hearth.endpoint, { region: "eu-west-1" }));
  for (const stranger of [elsewhere, otherRegion]) {
    await assert.rejects(stranger.send(new DescribeTableCommand({ TableName: "range" })), { name: "ResourceNotFoundException" });
    stranger.destroy();
  }
});

test("what was acknowledged is there after a restart", async () => {
  await client.send(new PutItemCommand({ TableName: "range", Item: { a: { S: "kept" }, b: { S: "1" }, c: { S: "kept" } } }));
  await stop();
  await start();
  const query = { TableName: "range", IndexName: "index3", KeyConditionExpression: "c = :c", ExpressionAttributeValues: { ":c": "kept" } };
  assert.equal((await documents.send(new QueryCommand(query))).Count, 1);
});
