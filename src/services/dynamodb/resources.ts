// AWS::DynamoDB::Table for CloudFormation. Updates change global indexes one at a time, as the API demands.
import type { Context } from "../../contract/context.ts";
import type { InputOf, OutputOf } from "../../contract/models.ts";
import { type PropertyReader, readProperties } from "../../contract/properties.ts";
import type { ResourceRequest, ResourceState, ResourceType } from "../../contract/resource.ts";
import { delay } from "../../kernel/clock.ts";
import { hasCode } from "../../kernel/errors.ts";
import { TABLE_NAME_CHARACTERS_MAX } from "./limits.ts";

type CreateInput = InputOf<"dynamodb", "CreateTable">;
type UpdateInput = InputOf<"dynamodb", "UpdateTable">;
type GlobalIndex = NonNullable<CreateInput["GlobalSecondaryIndexes"]>[number];

/** Between two looks at an index that is being filled. */
const POLL_MS = 100;

export const tableResource: ResourceType = {
  properties: [
    "TableName",
    "AttributeDefinitions",
    "KeySchema",
    "BillingMode",
    "ProvisionedThroughput",
    "OnDemandThroughput",
    "GlobalSecondaryIndexes",
    "LocalSecondaryIndexes",
    "StreamSpecification",
    "SSESpecification",
    "TableClass",
    "DeletionProtectionEnabled",
    "TimeToLiveSpecification",
    "Tags",
  ],
  ignored: ["PointInTimeRecoverySpecification", "ContributorInsightsSpecification", "ResourcePolicy", "WarmThroughput"],
  replaceOn: ["TableName", "KeySchema", "LocalSecondaryIndexes"],

  async create(context, request, properties) {
    const p = readProperties(request, properties);
    const name = p.string("TableName") ?? request.generatedName(TABLE_NAME_CHARACTERS_MAX);
    try {
      await context.call("dynamodb", "CreateTable", createInput(name, p, stackTags(request)));
    } catch (error) {
      // A repetition after a crash finds its own table.
      if (!hasCode(error, "ResourceInUseException") || !(await isOwn(context, name, request))) throw error;
    }
    await setTimeToLive(context, name, p);
    return stateOf(context, name);
  },

  async update(context, request, state, properties, previous) {
    const name = state.physicalId;
    const p = readProperties(request, properties);
    const before = readProperties(request, previous);
    for (const change of updateInputs(await whenActive(context, name), p, before)) {
      await whenActive(context, name);
      await context.call("dynamodb", "UpdateTable", { ...change, TableName: name });
    }
    await changeIndexes(context, name, p, before);
    await setTimeToLive(context, name, p);
    await changeTags(context, name, p, before);
    return stateOf(context, name);
  },

  async delete(context, _request, state) {
    try {
      await whenActive(context, state.physicalId);
      await context.call("dynamodb", "DeleteTable", { TableName: state.physicalId });
    } catch (error) {
      if (!hasCode(error, "ResourceNotFoundException")) throw error;
    }
  },
};

/** How a table says which resource made it: AWS's own stack tags. */
function stackTags(request: ResourceRequest) {
  return [
    { Key: "aws:cloudformation:stack-name", Value: request.stackName },
    { Key: "aws:cloudformation:stack-id", Value: request.stackId },
    { Key: "aws:cloudformation:logical-id", Value: request.logicalId },
  ];
}

/** True for a table that this resource made. */
async function isOwn(context: Context, name: string, request: ResourceRequest): Promise<boolean> {
  const arn = (await stateOf(context, name)).attributes["Arn"] ?? "";
  const { Tags: tags = [] } = await context.call("dynamodb", "ListTagsOfResource", { ResourceArn: arn });
  return stackTags(request).every(({ Key, Value }) => tags.some((tag) => tag.Key === Key && tag.Value === Value));
}

async function stateOf(context: Context, name: string): Promise<ResourceState> {
  const { Table: table } = await context.call("dynamodb", "DescribeTable", { TableName: name });
  return {
    physicalId: name,
    attributes: { Arn: table?.TableArn ?? "", ...(table?.LatestStreamArn !== undefined && { StreamArn: table.LatestStreamArn }) },
  };
}

async function whenActive(context: Context, name: string): Promise<TableDescription> {
  for (;;) {
    const { Table: table } = await context.call("dynamodb", "DescribeTable", { TableName: name });
    if (table?.TableStatus === "ACTIVE") return table;
    context.signal.throwIfAborted();
    await delay(context.clock, POLL_MS, context.signal);
  }
}

function createInput(name: string, p: PropertyReader, ownTags: readonly { Key: string; Value: string }[]): CreateInput {
  const locals = p.objects("LocalSecondaryIndexes").map(readLocalIndex);
  const globals = p.objects("GlobalSecondaryIndexes").map(readGlobalIndex);
  const stream = readStream(p);
  const encryption = readEncryption(p);
  const tableClass = readTableClass(p);
  const billing = readBilling(p);
  const tags = [...Object.entries(p.tags() ?? {}).map(([Key, Value]) => ({ Key, Value })), ...ownTags];
  const throughput = readThroughput(p.object("ProvisionedThroughput"));
  const onDemand = readOnDemand(p.object("OnDemandThroughput"));
  const isProtected = p.boolean("DeletionProtectionEnabled");
  return {
    TableName: name,
    AttributeDefinitions: readDefinitions(p),
    KeySchema: readKeySchema(p),
    ...(locals.length > 0 && { LocalSecondaryIndexes: locals }),
    ...(globals.length > 0 && { GlobalSecondaryIndexes: globals }),
    ...(billing && { BillingMode: billing }),
    ...(throughput && { ProvisionedThroughput: throughput }),
    ...(onDemand && { OnDemandThroughput: onDemand }),
    ...(stream && { StreamSpecification: stream }),
    ...(encryption && { SSESpecification: encryption }),
    ...(tableClass && { TableClass: tableClass }),
    ...(isProtected !== undefined && { DeletionProtectionEnabled: isProtected }),
    Tags: tags,
  };
}

function oneOf<T extends string>(p: PropertyReader, name: string, values: readonly T[]): T | undefined {
  const text = p.string(name);
  if (text === undefined) return undefined;
  const value = values.find((candidate) => candidate === text);
  if (value === undefined) throw p.invalid(name, `${text} is not a valid enum value`);
  return value;
}

function readBilling(p: PropertyReader) {
  return oneOf(p, "BillingMode", ["PROVISIONED", "PAY_PER_REQUEST"]);
}

function readTableClass(p: PropertyReader) {
  return oneOf(p, "TableClass", ["STANDARD", "STANDARD_INFREQUENT_ACCESS"]);
}

function readDefinitions(p: PropertyReader) {
  return p.objects("AttributeDefinitions").map((definition) => {
    definition.only(["AttributeName", "AttributeType"]);
    definition.requiredString("AttributeType");
    return {
      AttributeName: definition.requiredString("AttributeName"),
      AttributeType: oneOf(definition, "AttributeType", ["S", "N", "B"]) ?? "S",
    };
  });
}

function readKeySchema(p: PropertyReader) {
  return p.objects("KeySchema").map((element) => {
    element.only(["AttributeName", "KeyType"]);
    element.requiredString("KeyType");
    return { AttributeName: element.requiredString("AttributeName"), KeyType: oneOf(element, "KeyType", ["HASH", "RANGE"]) ?? "HASH" };
  });
}

function readThroughput(p: PropertyReader | undefined) {
  if (p === undefined) return undefined;
  p.only(["ReadCapacityUnits", "WriteCapacityUnits"]);
  return { ReadCapacityUnits: p.requiredInteger("ReadCapacityUnits"), WriteCapacityUnits: p.requiredInteger("WriteCapacityUnits") };
}

function readOnDemand(p: PropertyReader | undefined) {
  if (p === undefined) return undefined;
  p.only(["MaxReadRequestUnits", "MaxWriteRequestUnits"]);
  const reads = p.integer("MaxReadRequestUnits");
  const writes = p.integer("MaxWriteRequestUnits");
  return { ...(reads !== undefined && { MaxReadRequestUnits: reads }), ...(writes !== undefined && { MaxWriteRequestUnits: writes }) };
}

function readLocalIndex(p: PropertyReader) {
  p.only(["IndexName", "KeySchema", "Projection"]);
  return {
    IndexName: p.requiredString("IndexName"),
    KeySchema: readKeySchema(p),
    Projection: readProjection(p.requiredObject("Projection")),
  };
}

function readGlobalIndex(p: PropertyReader): GlobalIndex {
  p.only([
    "IndexName",
    "KeySchema",
    "Projection",
    "ProvisionedThroughput",
    "OnDemandThroughput",
    "WarmThroughput",
    "ContributorInsightsSpecification",
  ]);
  const throughput = readThroughput(p.object("ProvisionedThroughput"));
  const onDemand = readOnDemand(p.object("OnDemandThroughput"));
  return {
    IndexName: p.requiredString("IndexName"),
    KeySchema: readKeySchema(p),
    Projection: readProjection(p.requiredObject("Projection")),
    ...(throughput && { ProvisionedThroughput: throughput }),
    ...(onDemand && { OnDemandThroughput: onDemand }),
  };
}

function readProjection(p: PropertyReader) {
  p.only(["ProjectionType", "NonKeyAttributes"]);
  const type = oneOf(p, "ProjectionType", ["ALL", "KEYS_ONLY", "INCLUDE"]);
  const included = p.strings("NonKeyAttributes");
  return { ...(type && { ProjectionType: type }), ...(included && included.length > 0 && { NonKeyAttributes: included }) };
}

function readStream(p: PropertyReader) {
  const stream = p.object("StreamSpecification");
  if (stream === undefined) return undefined;
  stream.only(["StreamViewType", "ResourcePolicy"]);
  const view = oneOf(stream, "StreamViewType", ["KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES"]);
  return { StreamEnabled: true, ...(view && { StreamViewType: view }) };
}

function readEncryption(p: PropertyReader) {
  const encryption = p.object("SSESpecification");
  if (encryption === undefined) return undefined;
  encryption.only(["SSEEnabled", "SSEType", "KMSMasterKeyId"]);
  const enabled = encryption.boolean("SSEEnabled") ?? false;
  const type = oneOf(encryption, "SSEType", ["KMS"]);
  const key = encryption.string("KMSMasterKeyId");
  return { Enabled: enabled, ...(type && { SSEType: type }), ...(key && { KMSMasterKeyId: key }) };
}

type TableDescription = NonNullable<OutputOf<"dynamodb", "DescribeTable">["Table"]>;

/**
 * The calls of UpdateTable for everything but the shape of indexes, each for one kind of thing. What the API refuses to do twice is
 * compared with the table as it is, since an update may begin again in its middle.
 */
function updateInputs(table: TableDescription, p: PropertyReader, before: PropertyReader): Omit<UpdateInput, "TableName">[] {
  const changed = (name: string) => JSON.stringify(p.any(name)) !== JSON.stringify(before.any(name));
  const inputs = [...billingInputs(table, p), ...streamInputs(table, p)];
  if (changed("OnDemandThroughput")) inputs.push({ OnDemandThroughput: readOnDemand(p.object("OnDemandThroughput")) ?? {} });
  if (changed("SSESpecification")) inputs.push({ SSESpecification: readEncryption(p) ?? { Enabled: false } });
  if (changed("TableClass")) inputs.push({ TableClass: readTableClass(p) ?? "STANDARD" });
  if (changed("DeletionProtectionEnabled")) inputs.push({ DeletionProtectionEnabled: p.boolean("DeletionProtectionEnabled") ?? false });
  return inputs;
}

function billingInputs(table: TableDescription, p: PropertyReader): Omit<UpdateInput, "TableName">[] {
  const billing = readBilling(p) ?? "PROVISIONED";
  const current = table.BillingModeSummary?.BillingMode ?? "PROVISIONED";
  const switches = billing !== current;
  if (billing === "PAY_PER_REQUEST") return switches ? [{ BillingMode: billing }] : [];
  const throughput = readThroughput(p.object("ProvisionedThroughput"));
  const units = table.ProvisionedThroughput;
  const same = units?.ReadCapacityUnits === throughput?.ReadCapacityUnits && units?.WriteCapacityUnits === throughput?.WriteCapacityUnits;
  if (!switches && same) return [];
  const present = (table.GlobalSecondaryIndexes ?? []).map((index) => index.IndexName);
  const indexes = p.objects("GlobalSecondaryIndexes").map(readGlobalIndex);
  const updates = indexes.flatMap(({ IndexName, ProvisionedThroughput }) =>
    switches && ProvisionedThroughput && present.includes(IndexName) ? [{ Update: { IndexName, ProvisionedThroughput } }] : [],
  );
  return [
    {
      BillingMode: billing,
      ...(throughput && { ProvisionedThroughput: throughput }),
      ...(updates.length > 0 && { GlobalSecondaryIndexUpdates: updates }),
    },
  ];
}

/** A stream's view cannot change: the stream is disabled, and another one enabled. */
function streamInputs(table: TableDescription, p: PropertyReader): Omit<UpdateInput, "TableName">[] {
  const wanted = readStream(p);
  const current = table.StreamSpecification;
  if (wanted?.StreamViewType === current?.StreamViewType && (wanted !== undefined) === (current?.StreamEnabled === true)) return [];
  return [
    ...(current?.StreamEnabled ? [{ StreamSpecification: { StreamEnabled: false } }] : []),
    ...(wanted ? [{ StreamSpecification: wanted }] : []),
  ];
}

/** Deletes, changes and creates global indexes, one call for each. */
async function changeIndexes(context: Context, name: string, p: PropertyReader, before: PropertyReader): Promise<void> {
  const { Table: table } = await context.call("dynamodb", "DescribeTable", { TableName: name });
  const present = new Set((table?.GlobalSecondaryIndexes ?? []).map((index) => index.IndexName));
  const wanted = p.objects("GlobalSecondaryIndexes").map(readGlobalIndex);
  const old = new Map(before.objects("GlobalSecondaryIndexes").map((each) => [each.requiredString("IndexName"), readGlobalIndex(each)]));
  const kept = new Set<string>();
  for (const index of wanted) {
    const previous = old.get(index.IndexName);
    if (previous !== undefined && sameShape(previous, index)) kept.add(index.IndexName);
  }
  for (const IndexName of old.keys()) {
    if (kept.has(IndexName) || !present.has(IndexName)) continue;
    await changeIndex(context, name, p, { Delete: { IndexName } });
    present.delete(IndexName);
  }
  for (const index of wanted) {
    const { IndexName, ProvisionedThroughput } = index;
    if (!present.has(IndexName)) {
      await changeIndex(context, name, p, { Create: index });
    } else if (
      ProvisionedThroughput &&
      JSON.stringify(old.get(IndexName)?.ProvisionedThroughput) !== JSON.stringify(ProvisionedThroughput)
    ) {
      await changeIndex(context, name, p, { Update: { IndexName, ProvisionedThroughput } });
    }
  }
}

function sameShape(a: GlobalIndex, b: GlobalIndex): boolean {
  return JSON.stringify([a.KeySchema, a.Projection]) === JSON.stringify([b.KeySchema, b.Projection]);
}

type IndexUpdate = NonNullable<UpdateInput["GlobalSecondaryIndexUpdates"]>[number];

async function changeIndex(context: Context, name: string, p: PropertyReader, update: IndexUpdate): Promise<void> {
  await whenActive(context, name);
  const definitions = update.Create ? { AttributeDefinitions: readDefinitions(p) } : {};
  await context.call("dynamodb", "UpdateTable", { TableName: name, ...definitions, GlobalSecondaryIndexUpdates: [update] });
  await whenActive(context, name);
}

async function setTimeToLive(context: Context, name: string, p: PropertyReader): Promise<void> {
  const wanted = p.object("TimeToLiveSpecification");
  wanted?.only(["AttributeName", "Enabled"]);
  const enabled = wanted?.boolean("Enabled") ?? false;
  const attribute = wanted?.string("AttributeName");
  const { TimeToLiveDescription: current } = await context.call("dynamodb", "DescribeTimeToLive", { TableName: name });
  const active = current?.TimeToLiveStatus === "ENABLED" ? current.AttributeName : undefined;
  if (active !== undefined && (!enabled || active !== attribute)) await switchTimeToLive(context, name, active, false);
  if (enabled && attribute !== undefined && active !== attribute) await switchTimeToLive(context, name, attribute, true);
}

async function switchTimeToLive(context: Context, name: string, AttributeName: string, Enabled: boolean): Promise<void> {
  await context.call("dynamodb", "UpdateTimeToLive", { TableName: name, TimeToLiveSpecification: { AttributeName, Enabled } });
}

async function changeTags(context: Context, name: string, p: PropertyReader, before: PropertyReader): Promise<void> {
  const wanted = p.tags() ?? {};
  const gone = Object.keys(before.tags() ?? {}).filter((key) => !(key in wanted));
  const ResourceArn = (await stateOf(context, name)).attributes["Arn"] ?? "";
  if (gone.length > 0) await context.call("dynamodb", "UntagResource", { ResourceArn, TagKeys: gone });
  const Tags = Object.entries(wanted).map(([Key, Value]) => ({ Key, Value }));
  if (Tags.length > 0) await context.call("dynamodb", "TagResource", { ResourceArn, Tags });
}
