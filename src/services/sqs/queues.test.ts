import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import type { ResourceRequest } from "../../contract/resource.ts";
import { createWorld, type World } from "../../testing/world.ts";
import { queuePolicyResource, queueResource } from "./resources.ts";
import { sqs } from "./service.ts";

let world: World;
beforeEach(async () => {
  world = await createWorld({ services: [{ id: "sqs", load: async () => sqs }] });
});

const ORIGIN = "http://127.0.0.1:4566/000000000000";
const arn = (name: string) => `arn:aws:sqs:us-east-1:000000000000:${name}`;
const create = async (name: string, Attributes: Record<string, string> = {}) => {
  const { QueueUrl } = await world.call("sqs", "CreateQueue", { QueueName: name, Attributes });
  return QueueUrl ?? "";
};
const attributes = async (QueueUrl: string, ...names: string[]) =>
  (await world.call("sqs", "GetQueueAttributes", { QueueUrl, AttributeNames: names as ["All"] })).Attributes;
const MISSING = { code: "QueueDoesNotExist", message: "The specified queue does not exist." };

test("a queue is created once, with AWS's defaults", async () => {
  const url = await create("q");
  assert.equal(url, `${ORIGIN}/q`);
  const seconds = String(world.clock.now() / 1000);
  assert.deepEqual(await attributes(url, "All"), {
    VisibilityTimeout: "30",
    MaximumMessageSize: "1048576",
    MessageRetentionPeriod: "345600",
    DelaySeconds: "0",
    ReceiveMessageWaitTimeSeconds: "0",
    CreatedTimestamp: seconds,
    LastModifiedTimestamp: seconds,
    SqsManagedSseEnabled: "true",
    QueueArn: arn("q"),
    ApproximateNumberOfMessages: "0",
    ApproximateNumberOfMessagesNotVisible: "0",
    ApproximateNumberOfMessagesDelayed: "0",
  });
  assert.equal(await create("q"), url);
  assert.equal(await create("q", { VisibilityTimeout: "30" }), url);
  await assert.rejects(create("q", { VisibilityTimeout: "31" }), {
    code: "QueueNameExists",
    message: "A queue already exists with the same name and a different value for attribute VisibilityTimeout",
  });
  await assert.rejects(attributes(url, "Foo"), { code: "InvalidAttributeName", message: "Unknown Attribute Foo." });
  for (const name of ["a b", "", "x".repeat(81), "a.b"]) await assert.rejects(create(name), { code: "InvalidParameterValue" }, name);
  await assert.rejects(create("q.fifo", { FifoQueue: "true" }), { code: "UnsupportedOperation" });
});

test("accounts and regions are apart", async () => {
  await create("q");
  const elsewhere = { account: "111111111111", region: "eu-west-1" };
  await assert.rejects(world.call("sqs", "GetQueueUrl", { QueueName: "q" }, elsewhere), MISSING);
  const { QueueUrl } = await world.call("sqs", "CreateQueue", { QueueName: "q" }, elsewhere);
  assert.equal(QueueUrl, "http://127.0.0.1:4566/111111111111/q");
  await world.call("sqs", "SendMessage", { QueueUrl, MessageBody: "m" }, elsewhere);
  assert.equal((await attributes(`${ORIGIN}/q`, "All"))?.ApproximateNumberOfMessages, "0");
  const owned = await world.call("sqs", "GetQueueUrl", { QueueName: "q", QueueOwnerAWSAccountId: "111111111111" }, { region: "eu-west-1" });
  assert.equal(owned.QueueUrl, QueueUrl);
});

test("lists, by prefix and in pages", async () => {
  assert.deepEqual(await world.call("sqs", "ListQueues", {}), {});
  for (const name of ["b1", "a2", "a1", "a3"]) await create(name);
  const list = async (input: object) => {
    const { QueueUrls, NextToken } = await world.call("sqs", "ListQueues", input);
    return { names: QueueUrls?.map((url) => url?.split("/").at(-1)).join(" "), token: NextToken };
  };
  assert.equal((await list({})).names, "a1 a2 a3 b1");
  assert.equal((await list({ QueueNamePrefix: "a" })).names, "a1 a2 a3");
  const first = await list({ MaxResults: 2, QueueNamePrefix: "a" });
  assert.equal(first.names, "a1 a2");
  const second = await list({ MaxResults: 2, QueueNamePrefix: "a", NextToken: first.token });
  assert.deepEqual(second, { names: "a3", token: undefined });
  await assert.rejects(list({ MaxResults: 0 }), { code: "InvalidParameterValue" });
});

test("attributes change, and are checked", async () => {
  const url = await create("q");
  const set = (Attributes: Record<string, string>) => world.call("sqs", "SetQueueAttributes", { QueueUrl: url, Attributes });
  await world.advance(5_000);
  await set({ VisibilityTimeout: "5", Policy: '{"Version":"2012-10-17","Statement":[]}' });
  const found = await attributes(url, "VisibilityTimeout", "Policy", "LastModifiedTimestamp");
  assert.deepEqual(found, {
    VisibilityTimeout: "5",
    LastModifiedTimestamp: String(world.clock.now() / 1000),
    Policy: '{"Version":"2012-10-17","Statement":[]}',
  });
  await set({ Policy: "" });
  assert.equal(await attributes(url, "Policy"), undefined);
  const policy = (target: string) => JSON.stringify({ deadLetterTargetArn: target, maxReceiveCount: 1 });
  const value = policy(arn("none"));
  await assert.rejects(set({ RedrivePolicy: value }), {
    code: "InvalidParameterValue",
    message: `Value ${value} for parameter RedrivePolicy is invalid. Reason: Dead letter target does not exist.`,
  });
  const dead = await create("dead", {
    RedriveAllowPolicy: JSON.stringify({ redrivePermission: "byQueue", sourceQueueArns: [arn("other")] }),
  });
  await assert.rejects(set({ RedrivePolicy: policy(arn("dead")) }), { code: "InvalidParameterValue" });
  await world.call("sqs", "SetQueueAttributes", { QueueUrl: dead, Attributes: { RedriveAllowPolicy: "" } });
  await set({ RedrivePolicy: policy(arn("dead")) });
  assert.deepEqual(await attributes(url, "RedrivePolicy"), { RedrivePolicy: policy(arn("dead")) });
  await set({ KmsMasterKeyId: "alias/k" });
  assert.deepEqual(await attributes(url, "KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds", "SqsManagedSseEnabled"), {
    KmsMasterKeyId: "alias/k",
    KmsDataKeyReusePeriodSeconds: "300",
    SqsManagedSseEnabled: "false",
  });
  assert.ok(world.platform.ledger.entries().some(({ parameter }) => parameter === "KmsMasterKeyId"));
});

test("a deleted queue is gone with its messages, and its name is free", async () => {
  const url = await create("q");
  await world.call("sqs", "SendMessage", { QueueUrl: url, MessageBody: "needle" });
  await world.call("sqs", "DeleteQueue", { QueueUrl: url });
  await assert.rejects(world.call("sqs", "ReceiveMessage", { QueueUrl: url }), MISSING);
  await assert.rejects(world.call("sqs", "DeleteQueue", { QueueUrl: url }), MISSING);
  await create("q");
  assert.deepEqual(await world.call("sqs", "ReceiveMessage", { QueueUrl: url }), {});
  await world.advance(1_000);
  const left = await world.platform.storage.snapshot((tx) =>
    tx.range({ start: Uint8Array.of(2), end: Uint8Array.of(255) }, { limit: 1000 }),
  );
  assert.equal(left.filter(({ value }) => Buffer.from(value).includes("needle")).length, 0);
});

test("a purge takes every message, at most once a minute", async () => {
  const url = await create("q");
  for (let i = 0; i < 3; i++) await world.call("sqs", "SendMessage", { QueueUrl: url, MessageBody: "m", DelaySeconds: i });
  const held = await world.call("sqs", "ReceiveMessage", { QueueUrl: url });
  await world.call("sqs", "PurgeQueue", { QueueUrl: url });
  const counted = await attributes(
    url,
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
  );
  assert.deepEqual(Object.values(counted ?? {}), ["0", "0", "0"]);
  await world.call("sqs", "DeleteMessage", { QueueUrl: url, ReceiptHandle: held.Messages?.[0]?.ReceiptHandle ?? "" });
  await assert.rejects(world.call("sqs", "PurgeQueue", { QueueUrl: url }), {
    code: "PurgeQueueInProgress",
    message: "Only one PurgeQueue operation on q is allowed every 60 seconds.",
  });
  await world.advance(60_000);
  await world.call("sqs", "PurgeQueue", { QueueUrl: url });
});

test("tags", async () => {
  const url = await create("q");
  await world.call("sqs", "TagQueue", { QueueUrl: url, Tags: { a: "1", b: "2" } });
  await world.call("sqs", "UntagQueue", { QueueUrl: url, TagKeys: ["a", "zz"] });
  assert.deepEqual(await world.call("sqs", "ListQueueTags", { QueueUrl: url }), { Tags: { b: "2" } });
  await assert.rejects(world.call("sqs", "TagQueue", { QueueUrl: url, Tags: { "aws:x": "1" } }), { code: "InvalidParameterValue" });
  const many = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`k${i}`, ""]));
  await assert.rejects(world.call("sqs", "TagQueue", { QueueUrl: url, Tags: many }), { code: "InvalidParameterValue" });
});

test("permissions are statements of the policy", async () => {
  const url = await create("q");
  const add = (Label: string, Actions: string[], AWSAccountIds = ["111111111111"]) =>
    world.call("sqs", "AddPermission", { QueueUrl: url, Label, AWSAccountIds, Actions });
  await add("l", ["SendMessage"]);
  const policy = JSON.parse((await attributes(url, "Policy"))?.Policy ?? "");
  assert.deepEqual(policy, {
    Version: "2012-10-17",
    Id: `${arn("q")}/SQSDefaultPolicy`,
    Statement: [
      { Sid: "l", Effect: "Allow", Principal: { AWS: "arn:aws:iam::111111111111:root" }, Action: "SQS:SendMessage", Resource: arn("q") },
    ],
  });
  const cases: [work: () => Promise<unknown>, code: string, message: string][] = [
    [() => add("l", ["SendMessage"]), "InvalidParameterValue", "Value l for parameter Label is invalid. Reason: Already exists."],
    [
      () => add("m", ["CreateQueue"]),
      "InvalidParameterValue",
      "Value SQS:CreateQueue for parameter ActionName is invalid. Reason: Only the queue owner is allowed to invoke this action.",
    ],
    [
      () => add("m", ["SendMessage"], ["12"]),
      "InvalidParameterValue",
      "Value 12 for parameter PrincipalId is invalid. Reason: Unable to verify.",
    ],
    [
      () =>
        add(
          "m",
          Array.from({ length: 8 }, () => "SendMessage"),
        ),
      "OverLimit",
      "8 Actions were found, maximum allowed is 7.",
    ],
    [
      () => world.call("sqs", "RemovePermission", { QueueUrl: url, Label: "zz" }),
      "InvalidParameterValue",
      "Value zz for parameter Label is invalid. Reason: can't find label.",
    ],
  ];
  for (const [work, code, message] of cases) await assert.rejects(work, { code, message });
  await world.call("sqs", "RemovePermission", { QueueUrl: url, Label: "l" });
  assert.equal(await attributes(url, "Policy"), undefined);
});

test("move tasks bring dead letters back as new messages, at their rate, until they are cancelled", async () => {
  const dead = await create("dead");
  const url = await create("q", {
    VisibilityTimeout: "0",
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn: arn("dead"), maxReceiveCount: 1 }),
  });
  const start = (more: object = {}) => world.call("sqs", "StartMessageMoveTask", { SourceArn: arn("dead"), ...more });
  const list = async (more: object = {}) =>
    (await world.call("sqs", "ListMessageMoveTasks", { SourceArn: arn("dead"), ...more })).Results ?? [];
  const count = async (QueueUrl: string) => (await attributes(QueueUrl, "ApproximateNumberOfMessages"))?.ApproximateNumberOfMessages;
  const bury = async (size: number) => {
    for (let i = 0; i < size; i++) await world.call("sqs", "SendMessage", { QueueUrl: url, MessageBody: `m${i}` });
    for (let i = 0; i < 2 * size; i++) await world.call("sqs", "ReceiveMessage", { QueueUrl: url, MaxNumberOfMessages: 10 });
  };
  await assert.rejects(start({ SourceArn: arn("none") }), { code: "ResourceNotFoundException" });
  await assert.rejects(start({ SourceArn: arn("q") }), {
    code: "InvalidParameterValue",
    message: "Source queue must be configured as a Dead Letter Queue.",
  });
  await bury(5);
  assert.equal(await count(dead), "5");
  await world.advance(1_000);
  await start();
  await world.advance(100);
  assert.equal(await count(dead), "0");
  assert.equal(await count(url), "5");
  const [done] = await list();
  assert.deepEqual(
    { ...done, StartedTimestamp: 0 },
    {
      Status: "COMPLETED",
      SourceArn: arn("dead"),
      ApproximateNumberOfMessagesMoved: 5,
      ApproximateNumberOfMessagesToMove: 5,
      StartedTimestamp: 0,
    },
  );
  const { Messages } = await world.call("sqs", "ReceiveMessage", { QueueUrl: url, AttributeNames: ["All"] });
  assert.equal(Messages?.[0]?.Attributes?.ApproximateReceiveCount, "1");
  assert.equal(Messages?.[0]?.Attributes?.DeadLetterQueueSourceArn, undefined);

  for (let i = 0; i < 10; i++) await world.call("sqs", "ReceiveMessage", { QueueUrl: url, MaxNumberOfMessages: 10 });
  assert.equal(await count(dead), "5");
  const other = await create("other");
  const { TaskHandle = "" } = await start({ DestinationArn: arn("other"), MaxNumberOfMessagesPerSecond: 2 });
  await world.advance(100);
  assert.equal(await count(other), "2");
  await assert.rejects(start(), { code: "UnsupportedOperation" });
  await world.advance(1_000);
  assert.equal(await count(other), "4");
  assert.equal((await list())[0]?.TaskHandle, TaskHandle);
  assert.deepEqual(await world.call("sqs", "CancelMessageMoveTask", { TaskHandle }), { ApproximateNumberOfMessagesMoved: 4 });
  await world.advance(2_000);
  assert.equal(await count(other), "4");
  assert.deepEqual(
    (await list({ MaxResults: 10 })).map((task) => task?.Status),
    ["CANCELLED", "COMPLETED"],
  );
  await assert.rejects(world.call("sqs", "CancelMessageMoveTask", { TaskHandle }), { code: "UnsupportedOperation" });

  await world.call("sqs", "SendMessage", { QueueUrl: dead, MessageBody: "direct" });
  await world.call("sqs", "PurgeQueue", { QueueUrl: dead });
  await world.call("sqs", "SendMessage", { QueueUrl: dead, MessageBody: "direct" });
  await world.advance(1_000);
  await start();
  await world.advance(100);
  const [failed] = await list();
  assert.equal(failed?.Status, "FAILED");
  assert.equal(failed?.FailureReason, "CouldNotDetermineMessageSource");
  assert.equal(await count(dead), "1");
});

test("CloudFormation: queues and their policies", async () => {
  const context = world.context("cloudformation");
  const request: ResourceRequest = {
    stackName: "s",
    stackId: "arn:aws:cloudformation:us-east-1:000000000000:stack/s/1",
    logicalId: "Orders",
    generatedName: () => "s-Orders-X",
  };
  const dead = await queueResource.create(context, { ...request, logicalId: "Dead" }, { QueueName: "dead" });
  const properties = {
    VisibilityTimeout: "45",
    RedrivePolicy: { deadLetterTargetArn: dead.attributes["Arn"], maxReceiveCount: 3 },
    FifoQueue: false,
    Tags: [{ Key: "team", Value: "shop" }],
  };
  const state = await queueResource.create(context, request, properties);
  assert.deepEqual(state, {
    physicalId: `${ORIGIN}/s-Orders-X`,
    attributes: { Arn: arn("s-Orders-X"), QueueName: "s-Orders-X", QueueUrl: `${ORIGIN}/s-Orders-X` },
  });
  assert.deepEqual(await queueResource.create(context, request, properties), state);
  await assert.rejects(queueResource.create(context, { ...request, logicalId: "Other" }, properties), {
    message: "Resource of type 'AWS::SQS::Queue' with identifier 's-Orders-X' already exists.",
  });
  await queueResource.update(context, request, state, { DelaySeconds: 3 }, properties);
  const after = await attributes(state.physicalId, "All");
  assert.equal(after?.VisibilityTimeout, "30");
  assert.equal(after?.DelaySeconds, "3");
  assert.equal(after?.RedrivePolicy, undefined);
  const { Tags } = await world.call("sqs", "ListQueueTags", { QueueUrl: state.physicalId });
  assert.equal(Tags?.["team"], undefined);

  const policy = { PolicyDocument: { Version: "2012-10-17", Statement: [] }, Queues: [state.physicalId] };
  const attached = await queuePolicyResource.create(context, request, policy);
  assert.equal((await attributes(state.physicalId, "Policy"))?.Policy, JSON.stringify(policy.PolicyDocument));
  await queuePolicyResource.delete(context, request, attached, policy);
  assert.equal(await attributes(state.physicalId, "Policy"), undefined);
  await queueResource.delete(context, request, state, properties);
  await queueResource.delete(context, request, state, properties);
});
