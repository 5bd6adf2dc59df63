import assert from "node:assert/strict";
import { test } from "node:test";
import { HASH_TABLE, openTables, openWorld, RANGE_TABLE, type TestWorld } from "./testing/tables.ts";

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

const UNITS = { ReadCapacityUnits: 1, WriteCapacityUnits: 1 };
const defined = (...names: string[]) => names.map((AttributeName) => ({ AttributeName, AttributeType: "S" }));
const keys = (...parts: [string, "HASH" | "RANGE"][]) => parts.map(([AttributeName, KeyType]) => ({ AttributeName, KeyType }));
const index = (parts: [string, "HASH" | "RANGE"][], more: object = {}) => ({
  IndexName: "abc",
  KeySchema: keys(...parts),
  Projection: {},
  ...more,
});
const ALL = { Projection: { ProjectionType: "ALL" } };

test("CreateTable tells what is wrong in AWS's order", async () => {
  const world = await openWorld();
  const refuses = refusing(world);
  const undefinedKey = "Invalid KeySchema: Some index key attribute have no definition";
  const length = "TableName must be at least 3 characters long and at most 255 characters long";
  const notDefined = (names: string, definitions: string) =>
    `${INVALID}Some index key attributes are not defined in AttributeDefinitions. Keys: [${names}], AttributeDefinitions: [${definitions}]`;
  const notHash = "Invalid KeySchema: The first KeySchemaElement is not a HASH key type";
  const notRange = "Invalid KeySchema: The second KeySchemaElement is not a RANGE key type";
  const sameName = "Both the Hash Key and the Range Key element in the KeySchema have the same name";
  const table = (names: string[], parts: [string, "HASH" | "RANGE"][], more: object = {}) => ({
    TableName: "abc",
    AttributeDefinitions: defined(...names),
    KeySchema: keys(...parts),
    ProvisionedThroughput: UNITS,
    ...more,
  });
  const ab = (more: object) =>
    table(
      ["a", "b"],
      [
        ["a", "HASH"],
        ["b", "RANGE"],
      ],
      more,
    );
  const local = (...indexes: object[]) => ({ LocalSecondaryIndexes: indexes });
  const global = (...indexes: object[]) => ({ GlobalSecondaryIndexes: indexes.map((each) => ({ ProvisionedThroughput: UNITS, ...each })) });
  const cases: [object, string | RegExp][] = [
    [{ TableName: "ab" }, length],
    [{ TableName: "a".repeat(256) }, length],
    [
      { TableName: "abc;" },
      "1 validation error detected: Value 'abc;' at 'tableName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+",
    ],
    [
      { ...table(["a"], [["a", "HASH"]]), ProvisionedThroughput: undefined },
      `${INVALID}ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED`,
    ],
    [
      table(["a"], [["a", "HASH"]], { BillingMode: "PAY_PER_REQUEST" }),
      `${INVALID}Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST`,
    ],
    [
      table(["a"], [["a", "HASH"]], { ProvisionedThroughput: { ...UNITS, ReadCapacityUnits: 1_000_000_000_001 } }),
      "Given value 1000000000001 for ReadCapacityUnits is out of bounds",
    ],
    [
      table(
        [],
        [
          ["a", "HASH"],
          ["a", "HASH"],
        ],
      ),
      undefinedKey,
    ],
    [
      table(
        ["b"],
        [
          ["a", "HASH"],
          ["a", "HASH"],
        ],
      ),
      undefinedKey,
    ],
    [
      table(
        ["b"],
        [
          ["a", "HASH"],
          ["b", "RANGE"],
        ],
      ),
      undefinedKey,
    ],
    [table(["b"], [["a", "HASH"]]), notDefined("a", "b")],
    [
      table(
        ["a", "b"],
        [
          ["a", "HASH"],
          ["a", "HASH"],
        ],
      ),
      sameName,
    ],
    [
      table(
        ["a", "b"],
        [
          ["a", "HASH"],
          ["b", "HASH"],
        ],
      ),
      notRange,
    ],
    [
      table(
        ["a", "b"],
        [
          ["a", "RANGE"],
          ["b", "HASH"],
        ],
      ),
      notHash,
    ],
    [
      table(
        ["a", "c", "b"],
        [
          ["a", "HASH"],
          ["b", "RANGE"],
        ],
      ),
      `${INVALID}Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions`,
    ],
    [ab(local()), `${INVALID}List of LocalSecondaryIndexes is empty`],
    [ab({ GlobalSecondaryIndexes: [] }), `${INVALID}List of GlobalSecondaryIndexes is empty`],
    [
      table(["a", "b"], [["a", "HASH"]], local(index([["c", "RANGE"]]))),
      `${INVALID}Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex`,
    ],
    [
      ab(
        local(
          index([
            ["c", "RANGE"],
            ["d", "RANGE"],
          ]),
        ),
      ),
      notDefined("c, d", "a, b"),
    ],
    [ab(local(index([["a", "RANGE"]]))), notHash],
    [
      ab(
        local(
          index([
            ["a", "HASH"],
            ["a", "HASH"],
          ]),
        ),
      ),
      sameName,
    ],
    [
      ab(
        local(
          index([
            ["a", "HASH"],
            ["b", "HASH"],
          ]),
        ),
      ),
      notRange,
    ],
    [ab(local(index([["b", "HASH"]]))), `${INVALID}Index KeySchema does not have a range key for index: abc`],
    [
      ab(
        local(
          index([
            ["b", "HASH"],
            ["a", "RANGE"],
          ]),
        ),
      ),
      `${INVALID}Index KeySchema does not have the same leading hash key as table KeySchema for index: abc. index hash key: b, table hash key: a`,
    ],
    [
      ab(
        local(
          index([
            ["a", "HASH"],
            ["b", "RANGE"],
          ]),
        ),
      ),
      `${INVALID}Unknown ProjectionType: null`,
    ],
    [
      ab(
        local(
          index(
            [
              ["a", "HASH"],
              ["b", "RANGE"],
            ],
            { Projection: { ProjectionType: "ALL", NonKeyAttributes: ["x"] } },
          ),
        ),
      ),
      `${INVALID}ProjectionType is ALL, but NonKeyAttributes is specified`,
    ],
    [
      ab(
        local(
          index(
            [
              ["a", "HASH"],
              ["b", "RANGE"],
            ],
            { Projection: { ProjectionType: "KEYS_ONLY", NonKeyAttributes: ["x"] } },
          ),
        ),
      ),
      `${INVALID}ProjectionType is KEYS_ONLY, but NonKeyAttributes is specified`,
    ],
    [
      ab(
        local(
          index(
            [
              ["a", "HASH"],
              ["b", "RANGE"],
            ],
            { Projection: { ProjectionType: "INCLUDE" } },
          ),
        ),
      ),
      `${INVALID}ProjectionType is INCLUDE, but NonKeyAttributes is not specified`,
    ],
    [
      ab(
        local(
          index(
            [
              ["a", "HASH"],
              ["b", "RANGE"],
            ],
            ALL,
          ),
          index(
            [
              ["a", "HASH"],
              ["b", "RANGE"],
            ],
            ALL,
          ),
        ),
      ),
      `${INVALID}Duplicate index name: abc`,
    ],
    [
      ab({
        ...local(
          index(
            [
              ["a", "HASH"],
              ["b", "RANGE"],
            ],
            ALL,
          ),
        ),
        ...global(index([["a", "HASH"]], ALL)),
      }),
      `${INVALID}Duplicate index name: abc`,
    ],
    [
      ab(
        local(
          ...Array.from({ length: 6 }, (_, i) =>
            index(
              [
                ["a", "HASH"],
                ["b", "RANGE"],
              ],
              { ...ALL, IndexName: `abc${i}` },
            ),
          ),
        ),
      ),
      `${INVALID}Number of LocalSecondaryIndexes exceeds per-table limit of 5`,
    ],
    [
      ab(global(...Array.from({ length: 21 }, (_, i) => index([["a", "HASH"]], { ...ALL, IndexName: `abc${i}` })))),
      `${INVALID}GlobalSecondaryIndex count exceeds the per-table limit of 20`,
    ],
    [ab(global(index([["c", "RANGE"]]))), notDefined("c", "a, b")],
    [
      ab({ BillingMode: "PAY_PER_REQUEST", ProvisionedThroughput: undefined, ...global(index([["a", "HASH"]], ALL)) }),
      `${INVALID}ProvisionedThroughput should not be specified for index: abc when BillingMode is PAY_PER_REQUEST`,
    ],
    [
      table(["a", "b", "c"], [["a", "HASH"]], global(index([["b", "HASH"]], ALL))),
      `${INVALID}Some AttributeDefinitions are not used. AttributeDefinitions: [a, b, c], keys used: [a, b]`,
    ],
  ];
  for (const [input, message] of cases) await refuses("CreateTable", input, message);
  await refuses(
    "CreateTable",
    { ...ab({}), GlobalTableSourceArn: "arn:aws:dynamodb:us-east-1:0:table/x" },
    /GlobalTableSourceArn is not implemented/,
    "NotImplemented",
  );
  await world.close();
});

test("a table is created, shown, listed and deleted", async () => {
  const world = await openWorld();
  const refuses = refusing(world);
  const created = (
    await world.send("CreateTable", { ...RANGE_TABLE, TableClass: "STANDARD_INFREQUENT_ACCESS", SSESpecification: { Enabled: true } })
  )["TableDescription"] as Described;
  assert.equal(created["TableStatus"], "CREATING");
  await refuses("CreateTable", RANGE_TABLE, "Table already exists: range", "ResourceInUseException");
  const table = await described(world, "range");
  assert.equal(table["TableStatus"], "ACTIVE");
  assert.equal(table["TableArn"], "arn:aws:dynamodb:us-east-1:000000000000:table/range");
  assert.deepEqual(table["CreationDateTime"], new Date(world.clock.now()));
  assert.deepEqual(table["KeySchema"], RANGE_TABLE.KeySchema);
  assert.deepEqual(table["TableClassSummary"], { TableClass: "STANDARD_INFREQUENT_ACCESS" });
  assert.deepEqual(table["BillingModeSummary"], {
    BillingMode: "PAY_PER_REQUEST",
    LastUpdateToPayPerRequestDateTime: new Date(world.clock.now()),
  });
  assert.equal((table["SSEDescription"] as { Status: string }).Status, "ENABLED");
  assert.deepEqual(
    table.LocalSecondaryIndexes?.map((each) => each["IndexArn"]),
    ["index1", "index2"].map((name) => `${table["TableArn"]}/index/${name}`),
  );
  assert.deepEqual(
    table.GlobalSecondaryIndexes?.map((each) => [each["IndexName"], each["IndexStatus"], each["Projection"]]),
    [
      ["index3", "ACTIVE", { ProjectionType: "ALL" }],
      ["index4", "ACTIVE", { ProjectionType: "INCLUDE", NonKeyAttributes: ["e"] }],
    ],
  );
  for (const TableName of ["xyz", "abc", "mno"]) await world.send("CreateTable", { ...HASH_TABLE, TableName });
  assert.deepEqual(await world.send("ListTables", {}), { TableNames: ["abc", "mno", "range", "xyz"] });
  assert.deepEqual(await world.send("ListTables", { Limit: 2 }), { TableNames: ["abc", "mno"], LastEvaluatedTableName: "mno" });
  assert.deepEqual(await world.send("ListTables", { ExclusiveStartTableName: "mno" }), { TableNames: ["range", "xyz"] });
  assert.deepEqual((await world.call("dynamodb", "ListTables", {}, { region: "eu-west-1" })).TableNames, []);
  assert.deepEqual((await world.call("dynamodb", "ListTables", {}, { account: "111111111111" })).TableNames, []);
  const gone = (await world.send("DeleteTable", { TableName: "range" }))["TableDescription"] as Described;
  assert.equal(gone["TableStatus"], "DELETING");
  for (const operation of ["DescribeTable", "DeleteTable", "DescribeTimeToLive"]) {
    await refuses(operation, { TableName: "range" }, "Requested resource not found: Table: range not found", "ResourceNotFoundException");
  }
  await world.close();
});

test("a new table of an old name is empty, and what the old one held goes away", async () => {
  const world = await openTables(RANGE_TABLE);
  for (let i = 0; i < 450; i++) {
    await world.send("PutItem", { TableName: "range", Item: { a: S("x"), b: S(String(i)), c: S("c"), d: S("d") } });
  }
  const everything = { start: Uint8Array.of(0), end: Uint8Array.of(0xff) };
  const keysLeft = async () => {
    const entries = await world.platform.storage.snapshot((tx) => tx.range(everything, { limit: 10_000 }));
    return entries.filter(({ key }) => /dynamodb\0\x02(items|index|expiry)\0/.test(Buffer.from(key).toString("latin1"))).length;
  };
  assert.equal(await keysLeft(), 450 * 5);
  await world.send("DeleteTable", { TableName: "range" });
  await world.send("CreateTable", RANGE_TABLE);
  assert.deepEqual(await world.items("Scan", { TableName: "range" }), []);
  await world.send("PutItem", { TableName: "range", Item: { a: S("new"), b: S("1") } });
  await world.advance(60_000);
  assert.equal(await keysLeft(), 1);
  assert.equal((await world.items("Scan", { TableName: "range" })).length, 1);
  await world.close();
});

test("a protected table is not deleted", async () => {
  const world = await openTables({ ...HASH_TABLE, DeletionProtectionEnabled: true });
  const refuses = refusing(world);
  await refuses(
    "DeleteTable",
    { TableName: "hash" },
    "Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.",
  );
  await world.send("UpdateTable", { TableName: "hash", DeletionProtectionEnabled: false });
  await world.send("DeleteTable", { TableName: "hash" });
  await world.close();
});

test("UpdateTable tells what is wrong", async () => {
  const world = await openTables(HASH_TABLE, {
    ...HASH_TABLE,
    TableName: "provisioned",
    BillingMode: "PROVISIONED",
    ProvisionedThroughput: UNITS,
  });
  const refuses = refusing(world);
  const one = (update: object) => ({ TableName: "hash", GlobalSecondaryIndexUpdates: [update] });
  const none = `${INVALID}One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, GlobalSecondaryIndexUpdate.Delete must not be null`;
  const cases: [object, string | RegExp, string?][] = [
    [
      { TableName: "hash" },
      "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates or SSESpecification or ReplicaUpdates is required",
    ],
    [one({}), none],
    [
      { TableName: "hash", GlobalSecondaryIndexUpdates: [{ Delete: { IndexName: "abc" } }, { Delete: { IndexName: "abc" } }] },
      `${INVALID}Only one global secondary index update per index is allowed simultaneously. Index: abc`,
    ],
    [
      { TableName: "hash", GlobalSecondaryIndexUpdates: [{ Delete: { IndexName: "abc" } }, { Delete: { IndexName: "abd" } }] },
      "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table",
      "LimitExceededException",
    ],
    [
      { TableName: "hash", BillingMode: "PAY_PER_REQUEST", ProvisionedThroughput: UNITS },
      /Neither ReadCapacityUnits nor WriteCapacityUnits can be specified/,
    ],
    [
      { TableName: "hash", BillingMode: "PROVISIONED" },
      `${INVALID}ProvisionedThroughput must be specified when BillingMode is PROVISIONED`,
    ],
    [
      { TableName: "provisioned", ProvisionedThroughput: UNITS },
      /^The provisioned throughput for the table will not change\. The requested value equals the current value\. Current ReadCapacityUnits provisioned for the table: 1\./,
    ],
    [
      { TableName: "absent", BillingMode: "PAY_PER_REQUEST" },
      "Requested resource not found: Table: absent not found",
      "ResourceNotFoundException",
    ],
    [one({ Delete: { IndexName: "abc" } }), "Requested resource not found", "ResourceNotFoundException"],
    [
      one({ Create: index([["g", "HASH"]], ALL) }),
      `${INVALID}Some index key attributes are not defined in AttributeDefinitions. Keys: [g], AttributeDefinitions: [a]`,
    ],
    [
      { ...one({ Create: index([["g", "HASH"]], ALL) }), AttributeDefinitions: [{ AttributeName: "a", AttributeType: "N" }] },
      /Cannot redefine attribute a as N/,
    ],
    [
      { TableName: "hash", ReplicaUpdates: [{ Create: { RegionName: "eu-west-1" } }] },
      /ReplicaUpdates is not implemented/,
      "NotImplemented",
    ],
  ];
  for (const [input, message, code] of cases) await refuses("UpdateTable", input, message, code);
  await world.close();
});

test("billing mode and throughput change", async () => {
  const world = await openTables({ ...HASH_TABLE, BillingMode: "PROVISIONED", ProvisionedThroughput: UNITS });
  await world.send("UpdateTable", { TableName: "hash", ProvisionedThroughput: { ReadCapacityUnits: 5, WriteCapacityUnits: 1 } });
  const now = new Date(world.clock.now());
  assert.deepEqual((await described(world, "hash"))["ProvisionedThroughput"], {
    NumberOfDecreasesToday: 0,
    ReadCapacityUnits: 5,
    WriteCapacityUnits: 1,
    LastIncreaseDateTime: now,
  });
  await world.send("UpdateTable", { TableName: "hash", BillingMode: "PAY_PER_REQUEST" });
  const table = await described(world, "hash");
  assert.deepEqual(table["BillingModeSummary"], { BillingMode: "PAY_PER_REQUEST", LastUpdateToPayPerRequestDateTime: now });
  assert.deepEqual(table["ProvisionedThroughput"], { NumberOfDecreasesToday: 0, ReadCapacityUnits: 0, WriteCapacityUnits: 0 });
  assert.ok(world.platform.ledger.entries().some(({ parameter }) => parameter === "ProvisionedThroughput"));
  await world.close();
});

test("a stream has a name, and the ledger says that it has no records", async () => {
  const world = await openTables({ ...HASH_TABLE, StreamSpecification: { StreamEnabled: true, StreamViewType: "NEW_IMAGE" } });
  const refuses = refusing(world);
  const table = await described(world, "hash");
  assert.deepEqual(table["StreamSpecification"], { StreamEnabled: true, StreamViewType: "NEW_IMAGE" });
  assert.equal(table["LatestStreamLabel"], "2026-01-01T00:00:00.000");
  assert.equal(table["LatestStreamArn"], `${table["TableArn"]}/stream/2026-01-01T00:00:00.000`);
  assert.ok(
    world.platform.ledger.entries().some(({ operation, parameter }) => operation === "CreateTable" && parameter === "StreamSpecification"),
  );
  await refuses(
    "UpdateTable",
    { TableName: "hash", StreamSpecification: { StreamEnabled: true, StreamViewType: "KEYS_ONLY" } },
    /already has an enabled stream/,
  );
  await world.send("UpdateTable", { TableName: "hash", StreamSpecification: { StreamEnabled: false } });
  const off = await described(world, "hash");
  assert.equal(off["StreamSpecification"], undefined);
  assert.equal(off["LatestStreamArn"], table["LatestStreamArn"]);
  await world.close();
});

test("tables bear tags", async () => {
  const world = await openTables({ ...HASH_TABLE, Tags: [{ Key: "a", Value: "1" }] });
  const refuses = refusing(world);
  const ResourceArn = "arn:aws:dynamodb:us-east-1:000000000000:table/hash";
  await world.send("TagResource", {
    ResourceArn,
    Tags: [
      { Key: "b", Value: "2" },
      { Key: "a", Value: "3" },
    ],
  });
  assert.deepEqual(await world.send("ListTagsOfResource", { ResourceArn }), {
    Tags: [
      { Key: "a", Value: "3" },
      { Key: "b", Value: "2" },
    ],
  });
  await world.send("UntagResource", { ResourceArn, TagKeys: ["a", "nope"] });
  assert.deepEqual(await world.send("ListTagsOfResource", { ResourceArn }), { Tags: [{ Key: "b", Value: "2" }] });
  await world.send("TagResource", { ResourceArn, Tags: Array.from({ length: 14 }, (_, i) => ({ Key: `k${i}`, Value: "v" })) });
  const first = await world.send("ListTagsOfResource", { ResourceArn });
  assert.equal((first["Tags"] as object[]).length, 10);
  const second = await world.send("ListTagsOfResource", { ResourceArn, NextToken: first["NextToken"] });
  assert.equal((second["Tags"] as object[]).length, 5);
  assert.equal(second["NextToken"], undefined);
  const absent = "arn:aws:dynamodb:us-east-1:000000000000:table/absent";
  await refuses(
    "TagResource",
    { ResourceArn: "a:b:c:d:e:f/g", Tags: [] },
    "Invalid TableArn: Invalid ResourceArn provided as input a:b:c:d:e:f/g",
  );
  await refuses("TagResource", { ResourceArn, Tags: [] }, "Atleast one Tag needs to be provided as Input.");
  await refuses("UntagResource", { ResourceArn, TagKeys: [] }, "Atleast one Tag Key needs to be provided as Input.");
  await refuses(
    "TagResource",
    { ResourceArn: absent, Tags: [{ Key: "a", Value: "b" }] },
    `Requested resource not found: ResourcArn: ${absent} not found`,
    "ResourceNotFoundException",
  );
  await refuses(
    "TagResource",
    { ResourceArn, Tags: Array.from({ length: 50 }, (_, i) => ({ Key: `n${i}`, Value: "v" })) },
    /Number of tags exceeds the limit of 50/,
  );
  await world.close();
});

test("the service says its limits and where it is", async () => {
  const world = await openTables(HASH_TABLE);
  assert.deepEqual(await world.send("DescribeLimits", {}), {
    AccountMaxReadCapacityUnits: 80_000,
    AccountMaxWriteCapacityUnits: 80_000,
    TableMaxReadCapacityUnits: 40_000,
    TableMaxWriteCapacityUnits: 40_000,
  });
  assert.deepEqual(await world.send("DescribeEndpoints", {}), { Endpoints: [{ Address: "127.0.0.1:4566", CachePeriodInMinutes: 1440 }] });
  assert.deepEqual(await world.send("DescribeContinuousBackups", { TableName: "hash" }), {
    ContinuousBackupsDescription: {
      ContinuousBackupsStatus: "ENABLED",
      PointInTimeRecoveryDescription: { PointInTimeRecoveryStatus: "DISABLED" },
    },
  });
  await refusing(world)("DescribeContinuousBackups", { TableName: "absent" }, "Table not found: absent", "TableNotFoundException");
  await refusing(world)(
    "ExecuteStatement",
    { Statement: "SELECT * FROM hash" },
    /dynamodb:ExecuteStatement is not implemented/,
    "NotImplemented",
  );
  await world.close();
});
