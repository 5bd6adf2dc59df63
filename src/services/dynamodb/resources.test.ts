import assert from "node:assert/strict";
import { test } from "node:test";
import type { Properties, ResourceRequest } from "../../contract/resource.ts";
import { tableResource } from "./resources.ts";
import { openWorld } from "./testing/tables.ts";

const REQUEST: ResourceRequest = {
  stackName: "app-dev",
  stackId: "arn:aws:cloudformation:us-east-1:000000000000:stack/app-dev/1",
  logicalId: "Orders",
  generatedName: () => "app-dev-Orders-ABC",
};

const BASE: Properties = {
  AttributeDefinitions: [
    { AttributeName: "pk", AttributeType: "S" },
    { AttributeName: "sk", AttributeType: "S" },
  ],
  KeySchema: [
    { AttributeName: "pk", KeyType: "HASH" },
    { AttributeName: "sk", KeyType: "RANGE" },
  ],
  BillingMode: "PAY_PER_REQUEST",
};

const definition = (AttributeName: string) => ({ AttributeName, AttributeType: "S" });
const global = (name: string, attribute: string) => ({
  IndexName: name,
  KeySchema: [{ AttributeName: attribute, KeyType: "HASH" }],
  Projection: { ProjectionType: "ALL" },
});

test("a table is made once, however often it is tried", async () => {
  const world = await openWorld();
  const context = world.context("dynamodb");
  const properties = {
    ...BASE,
    StreamSpecification: { StreamViewType: "NEW_IMAGE" },
    TimeToLiveSpecification: { AttributeName: "ttl", Enabled: "true" },
    Tags: [{ Key: "team", Value: "shop" }],
    SSESpecification: { SSEEnabled: true },
    DeletionProtectionEnabled: "false",
  };
  const state = await tableResource.create(context, REQUEST, properties);
  assert.equal(state.physicalId, "app-dev-Orders-ABC");
  assert.equal(state.attributes["Arn"], "arn:aws:dynamodb:us-east-1:000000000000:table/app-dev-Orders-ABC");
  assert.match(state.attributes["StreamArn"] ?? "", /\/stream\/2026-01-01T00:00:00\.000$/);
  assert.deepEqual(await tableResource.create(context, REQUEST, properties), state);
  const { TimeToLiveDescription: ttl } = await world.call("dynamodb", "DescribeTimeToLive", { TableName: state.physicalId });
  assert.deepEqual(ttl, { TimeToLiveStatus: "ENABLED", AttributeName: "ttl" });
  const other = { ...REQUEST, logicalId: "Other" };
  await assert.rejects(tableResource.create(context, other, properties), { code: "ResourceInUseException" });
  await tableResource.delete(context, REQUEST, state, properties);
  await tableResource.delete(context, REQUEST, state, properties);
  assert.deepEqual((await world.call("dynamodb", "ListTables", {})).TableNames, []);
  await world.close();
});

test("what CloudFormation cannot mean stops the resource by name", async () => {
  const world = await openWorld();
  const context = world.context("dynamodb");
  const cases: [Properties, RegExp][] = [
    [{ ...BASE, BillingMode: "FREE" }, /#\/BillingMode: FREE is not a valid enum value/],
    [{ ...BASE, SSESpecification: { Enabled: true } }, /extraneous key \[Enabled\]/],
    [
      { ...BASE, GlobalSecondaryIndexes: [{ IndexName: "x" }] },
      /GlobalSecondaryIndexes\/0: required key \[(Projection|KeySchema)\] not found/,
    ],
    [{ ...BASE, ProvisionedThroughput: { ReadCapacityUnits: "x", WriteCapacityUnits: 1 } }, /ReadCapacityUnits/],
  ];
  for (const [properties, message] of cases) await assert.rejects(tableResource.create(context, REQUEST, properties), { message });
  await world.close();
});

test("an update changes indexes one at a time and waits for each", async () => {
  const world = await openWorld();
  const context = world.context("dynamodb");
  const first = {
    ...BASE,
    AttributeDefinitions: [...(BASE["AttributeDefinitions"] as object[]), definition("x"), definition("y")],
    GlobalSecondaryIndexes: [global("byX", "x"), global("byY", "y")],
    Tags: [{ Key: "old", Value: "1" }],
    TimeToLiveSpecification: { AttributeName: "ttl", Enabled: true },
  };
  const state = await tableResource.create(context, REQUEST, first);
  const second = {
    ...BASE,
    AttributeDefinitions: [...(BASE["AttributeDefinitions"] as object[]), ...["y", "z", "w"].map(definition)],
    // byY changes its key: it is deleted and made anew.
    GlobalSecondaryIndexes: [global("byY", "z"), global("byZ", "z"), global("byW", "w"), global("byY2", "y")],
    Tags: [{ Key: "new", Value: "2" }],
    TimeToLiveSpecification: { AttributeName: "expires", Enabled: true },
    DeletionProtectionEnabled: true,
    TableClass: "STANDARD_INFREQUENT_ACCESS",
    StreamSpecification: { StreamViewType: "KEYS_ONLY" },
  };
  const updating = tableResource.update(context, REQUEST, state, second, first);
  await world.advance(10_000);
  const after = await updating;
  assert.equal(after.physicalId, state.physicalId);
  const { Table: table } = await world.call("dynamodb", "DescribeTable", { TableName: state.physicalId });
  const indexes = (table?.GlobalSecondaryIndexes ?? []).map((index) => [
    index.IndexName,
    index.KeySchema?.[0]?.AttributeName,
    index.IndexStatus,
  ]);
  assert.deepEqual(indexes.sort(), [
    ["byW", "w", "ACTIVE"],
    ["byY", "z", "ACTIVE"],
    ["byY2", "y", "ACTIVE"],
    ["byZ", "z", "ACTIVE"],
  ]);
  assert.equal(table?.DeletionProtectionEnabled, true);
  assert.equal(table?.TableClassSummary?.TableClass, "STANDARD_INFREQUENT_ACCESS");
  assert.match(after.attributes["StreamArn"] ?? "", /\/stream\//);
  const { Tags: tags } = await world.call("dynamodb", "ListTagsOfResource", { ResourceArn: after.attributes["Arn"] ?? "" });
  assert.deepEqual(
    (tags ?? []).map(({ Key }) => Key).filter((key) => !key?.startsWith("aws:")),
    ["new"],
  );
  const { TimeToLiveDescription: ttl } = await world.call("dynamodb", "DescribeTimeToLive", { TableName: state.physicalId });
  assert.equal(ttl?.AttributeName, "expires");
  const again = tableResource.update(context, REQUEST, after, second, second);
  await world.advance(1_000);
  assert.deepEqual(await again, after);
  await world.close();
});

test("billing and streams change, and an update that begins again does nothing twice", async () => {
  const world = await openWorld();
  const context = world.context("dynamodb");
  const withIndex = { ...BASE, AttributeDefinitions: [...(BASE["AttributeDefinitions"] as object[]), definition("x")] };
  const first = { ...withIndex, GlobalSecondaryIndexes: [global("byX", "x")], StreamSpecification: { StreamViewType: "NEW_IMAGE" } };
  const units = { ReadCapacityUnits: "5", WriteCapacityUnits: 2 };
  const second = {
    ...withIndex,
    BillingMode: "PROVISIONED",
    ProvisionedThroughput: units,
    GlobalSecondaryIndexes: [{ ...global("byX", "x"), ProvisionedThroughput: units }],
    StreamSpecification: { StreamViewType: "OLD_IMAGE" },
  };
  const state = await tableResource.create(context, REQUEST, first);
  await world.advance(1_000);
  const shown = async () => (await world.call("dynamodb", "DescribeTable", { TableName: state.physicalId })).Table;
  for (let attempt = 0; attempt < 2; attempt++) {
    const after = await tableResource.update(context, REQUEST, state, second, first);
    assert.equal(after.attributes["StreamArn"], `${after.attributes["Arn"]}/stream/2026-01-01T00:00:01.000`);
    const table = await shown();
    assert.equal(table?.BillingModeSummary?.BillingMode, "PROVISIONED");
    assert.deepEqual(
      table?.GlobalSecondaryIndexes?.map((index) => index.ProvisionedThroughput?.ReadCapacityUnits),
      [5],
    );
    assert.equal(table?.StreamSpecification?.StreamViewType, "OLD_IMAGE");
  }
  const third = { ...first, StreamSpecification: undefined };
  const last = await tableResource.update(context, REQUEST, state, third, second);
  assert.equal((await shown())?.BillingModeSummary?.BillingMode, "PAY_PER_REQUEST");
  assert.equal((await shown())?.StreamSpecification, undefined);
  assert.equal(last.physicalId, state.physicalId);
  await world.close();
});
