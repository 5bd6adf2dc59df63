import assert from "node:assert/strict";
import { test } from "node:test";
import { AwsError } from "../../kernel/errors.ts";
import { settle } from "../../kernel/virtual-clock.ts";
import { lambdaWorld, QUEUE_ARN, QUEUE_URL } from "../../testing/lambda-world.ts";

type World = Awaited<ReturnType<typeof lambdaWorld>>;
interface SqsEvent {
  readonly Records: readonly { readonly messageId: string; readonly body: string }[];
}

async function mapped(settings: object = {}, queue: Record<string, string> = {}) {
  const world = await lambdaWorld();
  await world.call("sqs", "CreateQueue", { QueueName: "work", Attributes: queue });
  await world.create("f");
  const mapping = await world.call("lambda", "CreateEventSourceMapping", { FunctionName: "f", EventSourceArn: QUEUE_ARN, ...settings });
  return { world, mapping, uuid: mapping.UUID ?? "" };
}

async function send(world: World, ...bodies: string[]): Promise<void> {
  for (let from = 0; from < bodies.length; from += 10) {
    const entries = bodies.slice(from, from + 10).map((body, i) => ({ Id: String(i), MessageBody: body }));
    await world.call("sqs", "SendMessageBatch", { QueueUrl: QUEUE_URL, Entries: entries });
  }
}

const batches = (world: World) => world.events().map((event) => (event as SqsEvent).Records.map(({ body }) => body));

async function depth(world: World): Promise<[visible: number, inFlight: number]> {
  const names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"] as const;
  const { Attributes: attributes } = await world.call("sqs", "GetQueueAttributes", { QueueUrl: QUEUE_URL, AttributeNames: [...names] });
  return [Number(attributes?.[names[0]]), Number(attributes?.[names[1]])];
}

test("messages come as SQS events, and are deleted once they are handled", async () => {
  const { world, mapping } = await mapped();
  assert.equal(mapping.State, "Creating");
  assert.deepEqual([mapping.BatchSize, mapping.MaximumBatchingWindowInSeconds, mapping.FunctionResponseTypes], [10, 0, []]);
  await world.advance(100);
  await world.call("sqs", "SendMessage", {
    QueueUrl: QUEUE_URL,
    MessageBody: "hello",
    MessageAttributes: { text: { DataType: "String", StringValue: "v" }, bytes: { DataType: "Binary", BinaryValue: Buffer.from([1, 2]) } },
  });
  await world.advance(100);
  const [event] = world.events() as { Records: Record<string, unknown>[] }[];
  const [record] = event?.Records ?? [];
  assert.deepEqual(Object.keys(record ?? {}), [
    "messageId",
    "receiptHandle",
    "body",
    "attributes",
    "messageAttributes",
    "md5OfMessageAttributes",
    "md5OfBody",
    "eventSource",
    "eventSourceARN",
    "awsRegion",
  ]);
  assert.equal(record?.["md5OfBody"], "5d41402abc4b2a76b9719d911017c592");
  assert.deepEqual(record?.["messageAttributes"], {
    text: { stringValue: "v", stringListValues: [], binaryListValues: [], dataType: "String" },
    bytes: { binaryValue: "AQI=", stringListValues: [], binaryListValues: [], dataType: "Binary" },
  });
  assert.deepEqual([record?.["eventSource"], record?.["eventSourceARN"], record?.["awsRegion"]], ["aws:sqs", QUEUE_ARN, "us-east-1"]);
  const attributes = record?.["attributes"] as Record<string, string>;
  assert.equal(attributes["ApproximateReceiveCount"], "1");
  assert.deepEqual(await depth(world), [0, 0]);
  await world.close();
});

test("a failed batch is seen again after the visibility timeout, and then in the dead-letter queue", async () => {
  const { world } = await mapped({}, { VisibilityTimeout: "30" });
  await world.call("sqs", "CreateQueue", { QueueName: "dead" });
  const policy = JSON.stringify({ deadLetterTargetArn: QUEUE_ARN.replace("work", "dead"), maxReceiveCount: "2" });
  await world.call("sqs", "SetQueueAttributes", { QueueUrl: QUEUE_URL, Attributes: { RedrivePolicy: policy } });
  world.answers(() => {
    throw new Error("bad");
  });
  await send(world, "a", "b");
  await world.advance(1_000);
  assert.deepEqual(await depth(world), [0, 2]);
  assert.equal(batches(world).flat().length, 2);
  await world.advance(28_000);
  assert.equal(batches(world).flat().length, 2, "no repetition before the timeout");
  await world.advance(5_000);
  assert.equal(batches(world).flat().length, 4);
  await world.advance(60_000);
  assert.equal(batches(world).flat().length, 4);
  const { Messages: dead } = await world.call("sqs", "ReceiveMessage", {
    QueueUrl: QUEUE_URL.replace("work", "dead"),
    MaxNumberOfMessages: 10,
  });
  assert.deepEqual(dead?.map(({ Body: body }) => body).sort(), ["a", "b"]);
  await world.close();
});

test("partial batch responses leave the failed messages", async (t) => {
  for (const [name, answer, left] of [
    ["one failed", (ids: string[]) => ({ batchItemFailures: [{ itemIdentifier: ids[1] }] }), 1],
    ["none failed", () => ({ batchItemFailures: [] }), 0],
    ["no list", () => ({}), 0],
    ["null", () => null, 0],
    ["an unknown id", () => ({ batchItemFailures: [{ itemIdentifier: "other" }] }), 3],
    ["an empty id", () => ({ batchItemFailures: [{ itemIdentifier: "" }] }), 3],
    ["no id", () => ({ batchItemFailures: [{ id: "x" }] }), 3],
    ["no list of objects", () => ({ batchItemFailures: "x" }), 3],
    ["text", () => "done", 3],
  ] as const) {
    await t.test(name, async () => {
      const { world, uuid } = await mapped({ FunctionResponseTypes: ["ReportBatchItemFailures"], Enabled: false });
      await send(world, "a", "b", "c");
      world.answers((event) => answer((event as SqsEvent).Records.map(({ messageId }) => messageId)));
      await world.call("lambda", "UpdateEventSourceMapping", { UUID: uuid, Enabled: true });
      await world.advance(1_000);
      assert.deepEqual(
        batches(world).map((batch) => [...batch].sort()),
        [["a", "b", "c"]],
      );
      assert.deepEqual(await depth(world), [0, left]);
      await world.close();
    });
  }
});

test("without ReportBatchItemFailures an answer means nothing", async () => {
  const { world } = await mapped();
  world.answers((event) => ({ batchItemFailures: (event as SqsEvent).Records.map(({ messageId }) => ({ itemIdentifier: messageId })) }));
  await send(world, "a");
  await world.advance(1_000);
  assert.deepEqual(await depth(world), [0, 0]);
  await world.close();
});

test("a batching window gathers messages", async () => {
  const { world } = await mapped({ BatchSize: 25, MaximumBatchingWindowInSeconds: 5 });
  await world.advance(100);
  for (let i = 0; i < 4; i++) {
    await send(world, `${i}`);
    await world.advance(1_000);
  }
  assert.deepEqual(batches(world), []);
  await world.advance(1_500);
  assert.deepEqual(batches(world), [["0", "1", "2", "3"]]);
  await send(world, ...Array.from({ length: 30 }, (_, i) => `more ${i}`));
  await world.advance(500);
  assert.equal(batches(world)[1]?.length, 25, "a full batch does not wait");
  await world.advance(6_000);
  assert.equal(batches(world).flat().length, 34);
  await world.close();
});

test("concurrency grows with the backlog, up to its maximum", async () => {
  const { world } = await mapped({ BatchSize: 1, ScalingConfig: { MaximumConcurrency: 3 } });
  let running = 0;
  let most = 0;
  const gates: (() => void)[] = [];
  world.answers(async () => {
    most = Math.max(most, ++running);
    await new Promise<void>((resolve) => gates.push(resolve));
    running--;
  });
  await send(world, ...Array.from({ length: 9 }, (_, i) => `${i}`));
  for (let i = 0; i < 20 && gates.length < 9; i++) {
    await world.advance(500);
    gates[i]?.();
  }
  while (running > 0) {
    for (const open of gates) open();
    await settle();
  }
  await world.advance(1_000);
  assert.equal(most, 3);
  assert.deepEqual(await depth(world), [0, 0]);
  await world.close();
});

test("a throttled batch is tried again while nobody else can have it, and costs no message", async () => {
  const { world } = await mapped();
  let throttles = 2;
  world.answers(() => {
    if (throttles-- > 0) throw new AwsError("TooManyRequestsException", "Rate Exceeded.", { status: 429 });
    return null;
  });
  await send(world, "a");
  await world.advance(10_000);
  assert.equal(world.requests.length, 3);
  assert.deepEqual(await depth(world), [0, 0]);
  await world.close();
});

test("filters decide what the function sees; the rest is deleted", async () => {
  const filter = { Filters: [{ Pattern: JSON.stringify({ body: { kind: ["order"], total: [{ numeric: [">", 10] }] } }) }] };
  const { world } = await mapped({ FilterCriteria: filter });
  await send(world, '{"kind":"order","total":11}', '{"kind":"order","total":9}', '{"kind":"other","total":11}', "no json");
  await world.advance(1_000);
  assert.deepEqual(batches(world), [['{"kind":"order","total":11}']]);
  assert.deepEqual(await depth(world), [0, 0]);
  await world.close();
});

test("states: enabled, disabled, changed, deleted", async () => {
  const { world, uuid } = await mapped();
  const state = async () => (await world.call("lambda", "GetEventSourceMapping", { UUID: uuid })).State;
  const update = async (settings: object) => (await world.call("lambda", "UpdateEventSourceMapping", { UUID: uuid, ...settings })).State;
  await world.advance(100);
  assert.equal(await state(), "Enabled");
  assert.equal(await update({ Enabled: false }), "Disabling");
  await world.advance(100);
  assert.equal(await state(), "Disabled");
  await send(world, "while disabled");
  await world.advance(60_000);
  assert.equal(world.requests.length, 0);
  assert.equal(await update({ Enabled: true, BatchSize: 2 }), "Enabling");
  await world.advance(100);
  assert.equal(await state(), "Enabled");
  assert.deepEqual(batches(world), [["while disabled"]]);
  assert.equal(await update({ BatchSize: 5 }), "Updating");
  await world.advance(100);
  assert.equal(await state(), "Enabled");
  assert.equal((await world.call("lambda", "DeleteEventSourceMapping", { UUID: uuid })).State, "Deleting");
  await world.advance(100);
  await assert.rejects(state(), { code: "ResourceNotFoundException", message: "The resource you requested does not exist." });
  await send(world, "after");
  await world.advance(60_000);
  assert.equal(world.requests.length, 1);
  await world.close();
});

test("what is refused of a mapping", async (t) => {
  const { world, uuid } = await mapped({}, { VisibilityTimeout: "20" });
  await world.create("slow", { Timeout: 60 });
  const cases: readonly (readonly [name: string, input: object, code: string, message: RegExp])[] = [
    ["the same again", {}, "ResourceConflictException", new RegExp(`existing mapping with UUID ${uuid}$`)],
    ["no function", { FunctionName: "absent" }, "InvalidParameterValueException", /^Function does not exist$/],
    ["no queue", { EventSourceArn: `${QUEUE_ARN}x` }, "InvalidParameterValueException", /NonExistentQueue/],
    [
      "a slow function",
      { FunctionName: "slow" },
      "InvalidParameterValueException",
      /^Queue visibility timeout: 20 seconds is less than Function timeout: 60 seconds$/,
    ],
    [
      "a large batch without window",
      { BatchSize: 11 },
      "InvalidParameterValueException",
      /^Maximum batch window in seconds must be greater than 0/,
    ],
    [
      "a stream",
      { EventSourceArn: "arn:aws:kinesis:us-east-1:000000000000:stream/s" },
      "InvalidParameterValueException",
      /service kinesis is not supported/,
    ],
    ["a stream's parameter", { StartingPosition: "LATEST" }, "InvalidParameterValueException", /^Unsupported StartingPosition parameter/],
    [
      "a bad filter",
      { FilterCriteria: { Filters: [{ Pattern: '{"body":{"a":"x"}}' }] } },
      "InvalidParameterValueException",
      /^Invalid filter pattern definition/,
    ],
  ];
  for (const [name, input, code, message] of cases) {
    await t.test(name, async () => {
      await assert.rejects(
        world.call("lambda", "CreateEventSourceMapping", { FunctionName: "f", EventSourceArn: QUEUE_ARN, ...input }),
        (error: AwsError) => {
          assert.equal(error.code, code);
          assert.match(error.message, message);
          return true;
        },
      );
    });
  }
  await world.close();
});

test("lists and tags of mappings", async () => {
  const { world, uuid, mapping } = await mapped({ Tags: { a: "1" } });
  const list = async (input: object) =>
    (await world.call("lambda", "ListEventSourceMappings", input)).EventSourceMappings?.map((one) => one.UUID);
  assert.deepEqual(await list({}), [uuid]);
  assert.deepEqual(await list({ FunctionName: "f" }), [uuid]);
  assert.deepEqual(await list({ EventSourceArn: `${QUEUE_ARN}x` }), []);
  assert.deepEqual((await world.call("lambda", "ListTags", { Resource: mapping.EventSourceMappingArn ?? "" })).Tags, { a: "1" });
  await world.close();
});
