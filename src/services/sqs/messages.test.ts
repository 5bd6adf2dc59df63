import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createWorld, type World } from "../../testing/world.ts";
import { queues, tallies } from "./keys.ts";
import { sqs } from "./service.ts";

let world: World;
let count = 0;
before(async () => {
  world = await createWorld({ services: [{ id: "sqs", load: async () => sqs }] });
});
after(() => world.close());

async function queue(attributes: Record<string, string> = {}): Promise<string> {
  const { QueueUrl } = await world.call("sqs", "CreateQueue", { QueueName: `q${count++}`, Attributes: attributes });
  assert.ok(QueueUrl);
  return QueueUrl;
}
const arn = (url: string) => `arn:aws:sqs:us-east-1:000000000000:${url.split("/").at(-1)}`;
const send = (url: string, body: string, more: object = {}) =>
  world.call("sqs", "SendMessage", { QueueUrl: url, MessageBody: body, ...more });
async function receive(url: string, more: object = {}) {
  const { Messages } = await world.call("sqs", "ReceiveMessage", { QueueUrl: url, MaxNumberOfMessages: 10, ...more });
  return (Messages ?? []).map((message) => ({
    body: message.Body ?? "",
    handle: message.ReceiptHandle ?? "",
    id: message.MessageId ?? "",
    message,
  }));
}
const bodies = async (url: string, more: object = {}) => (await receive(url, more)).map(({ body }) => body);
async function counts(url: string): Promise<string> {
  const { Attributes } = await world.call("sqs", "GetQueueAttributes", { QueueUrl: url, AttributeNames: ["All"] });
  return [
    Attributes?.ApproximateNumberOfMessages,
    Attributes?.ApproximateNumberOfMessagesNotVisible,
    Attributes?.ApproximateNumberOfMessagesDelayed,
  ].join(" ");
}

test("send, receive, delete", async () => {
  const url = await queue();
  const sent = await send(url, "hello");
  assert.equal(sent.MD5OfMessageBody, "5d41402abc4b2a76b9719d911017c592");
  assert.equal(await counts(url), "1 0 0");
  const [first] = await receive(url, { AttributeNames: ["All"] });
  assert.ok(first);
  assert.equal(first.id, sent.MessageId);
  assert.equal(first.message.MD5OfBody, sent.MD5OfMessageBody);
  assert.deepEqual(first.message.Attributes, {
    SenderId: "000000000000",
    ApproximateFirstReceiveTimestamp: String(world.clock.now()),
    ApproximateReceiveCount: "1",
    SentTimestamp: String(world.clock.now()),
  });
  assert.equal(await counts(url), "0 1 0");
  assert.deepEqual(await bodies(url), []);
  await world.call("sqs", "DeleteMessage", { QueueUrl: url, ReceiptHandle: first.handle });
  assert.equal(await counts(url), "0 0 0");
  await world.advance(31_000);
  assert.deepEqual(await bodies(url), []);
  await world.call("sqs", "DeleteMessage", { QueueUrl: url, ReceiptHandle: first.handle });
});

test("a message comes back when its visibility timeout ends, with another handle; the old one no longer deletes", async () => {
  const url = await queue({ VisibilityTimeout: "10" });
  await send(url, "m");
  const [first] = await receive(url);
  await world.advance(9_999);
  assert.deepEqual(await bodies(url), []);
  await world.advance(1);
  assert.equal(await counts(url), "1 0 0");
  const [second] = await receive(url, { MessageSystemAttributeNames: ["ApproximateReceiveCount"] });
  assert.ok(first && second);
  assert.notEqual(first.handle, second.handle);
  assert.deepEqual(second.message.Attributes, { ApproximateReceiveCount: "2" });
  await world.call("sqs", "DeleteMessage", { QueueUrl: url, ReceiptHandle: first.handle });
  assert.equal(await counts(url), "0 1 0");
  await world.advance(10_000);
  await world.call("sqs", "DeleteMessage", { QueueUrl: url, ReceiptHandle: second.handle });
  assert.equal(await counts(url), "0 0 0");
});

test("ChangeMessageVisibility moves the end of the timeout, up to 12 hours from the receive", async () => {
  const url = await queue();
  const change = (handle: string, seconds: number) =>
    world.call("sqs", "ChangeMessageVisibility", { QueueUrl: url, ReceiptHandle: handle, VisibilityTimeout: seconds });
  await send(url, "m");
  const [first] = await receive(url);
  assert.ok(first);
  await change(first.handle, 100);
  await world.advance(99_000);
  assert.deepEqual(await bodies(url), []);
  await assert.rejects(change(first.handle, 43_200), {
    code: "InvalidParameterValue",
    message:
      "Value 43200 for parameter VisibilityTimeout is invalid. Reason: Total VisibilityTimeout for the message is beyond the limit [43200 seconds].",
  });
  await assert.rejects(change(first.handle, 43_201), {
    message: "Value 43201 for parameter VisibilityTimeout is invalid. Reason: VisibilityTimeout must be an integer between 0 and 43200.",
  });
  await change(first.handle, 0);
  assert.equal(await counts(url), "1 0 0");
  await change(first.handle, 50);
  assert.equal(await counts(url), "1 0 0");
  const [second] = await receive(url);
  assert.ok(second);
  const gone = (handle: string) => ({
    code: "InvalidParameterValue",
    message: `Value ${handle} for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not available for visibility timeout change.`,
  });
  await assert.rejects(change(first.handle, 5), gone(first.handle));
  await world.call("sqs", "DeleteMessage", { QueueUrl: url, ReceiptHandle: second.handle });
  await assert.rejects(change(second.handle, 5), gone(second.handle));
  await assert.rejects(change("junk", 5), {
    code: "ReceiptHandleIsInvalid",
    message: 'The input receipt handle "junk" is not a valid receipt handle.',
  });
});

test("delays, of the message and of the queue", async () => {
  const url = await queue({ DelaySeconds: "5" });
  await send(url, "queue");
  await send(url, "own", { DelaySeconds: 10 });
  await send(url, "none", { DelaySeconds: 0 });
  assert.equal(await counts(url), "1 0 2");
  assert.deepEqual(await bodies(url), ["none"]);
  await world.advance(5_000);
  assert.equal(await counts(url), "1 1 1");
  assert.deepEqual(await bodies(url), ["queue"]);
  await world.advance(5_000);
  assert.deepEqual(await bodies(url), ["own"]);
  await assert.rejects(send(url, "x", { DelaySeconds: 901 }), {
    code: "InvalidParameterValue",
    message: "Value 901 for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900.",
  });
});

test("long polling: woken by a send, by time, ended by its own time and by the client", async () => {
  const url = await queue();
  const started = world.clock.now();
  let waiting = receive(url, { WaitTimeSeconds: 20 });
  await world.advance(3_000);
  await send(url, "a");
  assert.deepEqual(
    (await waiting).map(({ body }) => body),
    ["a"],
  );
  assert.equal(world.clock.now(), started + 3_000);

  waiting = receive(url, { WaitTimeSeconds: 20 });
  await send(url, "late", { DelaySeconds: 7 });
  await world.advance(6_999);
  let done = false;
  void waiting.then(() => {
    done = true;
  });
  await world.advance(0);
  assert.equal(done, false);
  await world.advance(1);
  assert.deepEqual(
    (await waiting).map(({ body }) => body),
    ["late"],
  );

  const empty = await queue({ ReceiveMessageWaitTimeSeconds: "2" });
  waiting = receive(empty);
  await world.advance(2_000);
  assert.deepEqual(await waiting, []);

  const abort = new AbortController();
  const context = world.dispatcher.context("sqs", "ReceiveMessage", {
    account: "000000000000",
    region: "us-east-1",
    principal: { account: "000000000000" },
    signal: abort.signal,
  });
  const aborted = sqs.operations.ReceiveMessage?.(context, { QueueUrl: empty, WaitTimeSeconds: 20 });
  await world.advance(1_000);
  abort.abort();
  assert.deepEqual(await aborted, {});
  await send(empty, "kept");
  assert.equal(await counts(empty), "1 0 0");
});

test("a purge in the middle of a long poll does not deafen it", async () => {
  const url = await queue();
  const waiting = receive(url, { WaitTimeSeconds: 20 });
  await world.advance(1_000);
  await world.call("sqs", "PurgeQueue", { QueueUrl: url });
  await world.advance(1_000);
  await send(url, "after");
  assert.deepEqual(
    (await waiting).map(({ body }) => body),
    ["after"],
  );
});

test("dead letters: moved at the receive that is one too many, with count and sending time kept", async () => {
  const dead = await queue();
  const url = await queue({
    VisibilityTimeout: "1",
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn: arn(dead), maxReceiveCount: 2 }),
  });
  const sentAt = world.clock.now();
  const { MessageId } = await send(url, "poison", { MessageAttributes: { k: { DataType: "String", StringValue: "v" } } });
  for (let i = 0; i < 2; i++) {
    assert.deepEqual(await bodies(url), ["poison"]);
    await world.advance(1_000);
  }
  assert.deepEqual(await bodies(url), []);
  assert.equal(await counts(url), "0 0 0");
  assert.equal(await counts(dead), "1 0 0");
  const [moved] = await receive(dead, { AttributeNames: ["All"], MessageAttributeNames: ["All"] });
  assert.ok(moved);
  assert.equal(moved.id, MessageId);
  assert.equal(moved.message.Attributes?.ApproximateReceiveCount, "3");
  assert.equal(moved.message.Attributes?.SentTimestamp, String(sentAt));
  assert.equal(moved.message.Attributes?.DeadLetterQueueSourceArn, arn(url));
  assert.deepEqual(moved.message.MessageAttributes, { k: { DataType: "String", StringValue: "v" } });
  const sources = await world.call("sqs", "ListDeadLetterSourceQueues", { QueueUrl: dead });
  assert.deepEqual(sources.queueUrls, [url]);
});

test("expired messages are not received, and are removed", async () => {
  const url = await queue({ MessageRetentionPeriod: "60", VisibilityTimeout: "5" });
  await send(url, "old");
  await send(url, "touched", {});
  await receive(url, { MaxNumberOfMessages: 1 });
  await world.advance(50_000);
  await send(url, "young");
  await world.advance(9_999);
  assert.equal(await counts(url), "3 0 0");
  await world.advance(1);
  assert.deepEqual(await bodies(url), ["young"]);
  await world.advance(80_000);
  assert.equal(await counts(url), "0 0 0");
  const left = await world.platform.storage.snapshot((tx) =>
    tx.range({ start: Uint8Array.of(2), end: Uint8Array.of(255) }, { limit: 1000 }),
  );
  assert.equal(left.filter(({ value }) => Buffer.from(value).includes("young")).length, 0);
});

test("a shorter retention period expires what is already there", async () => {
  const url = await queue();
  await send(url, "m");
  await world.advance(100_000);
  await world.call("sqs", "SetQueueAttributes", { QueueUrl: url, Attributes: { MessageRetentionPeriod: "60" } });
  assert.deepEqual(await bodies(url), []);
  await world.advance(1_000);
  assert.equal(await counts(url), "0 0 0");
});

test("batches: entries fail alone, requests fail as a whole", async () => {
  const url = await queue({ MaximumMessageSize: "1024" });
  const sent = await world.call("sqs", "SendMessageBatch", {
    QueueUrl: url,
    Entries: [
      { Id: "a", MessageBody: "one", MessageAttributes: { k: { DataType: "Number", StringValue: "1" } } },
      { Id: "b", MessageBody: "bad\u0000" },
      { Id: "c", MessageBody: "x".repeat(1025) },
      { Id: "d", MessageBody: "two", DelaySeconds: 1000 },
      { Id: "e", MessageBody: "three" },
    ],
  });
  assert.deepEqual(
    sent.Successful?.map(({ Id }) => Id),
    ["a", "e"],
  );
  assert.deepEqual(
    sent.Failed?.map(({ Id, Code, SenderFault }) => `${Id} ${Code} ${SenderFault}`),
    ["b InvalidMessageContents true", "d InvalidParameterValue true", "c InvalidParameterValue true"],
  );
  const received = await receive(url);
  const deleted = await world.call("sqs", "DeleteMessageBatch", {
    QueueUrl: url,
    Entries: [...received.map(({ handle }, i) => ({ Id: `m${i}`, ReceiptHandle: handle })), { Id: "junk", ReceiptHandle: "junk" }],
  });
  assert.equal(deleted.Successful?.length, 2);
  assert.deepEqual(
    deleted.Failed?.map(({ Id, Code }) => `${Id} ${Code}`),
    ["junk ReceiptHandleIsInvalid"],
  );
  assert.equal(await counts(url), "0 0 0");

  const entries = (ids: string[]) => ids.map((Id) => ({ Id, MessageBody: "x" }));
  const cases: [entries: { Id: string; MessageBody: string }[], code: string, message: string][] = [
    [[], "EmptyBatchRequest", "There should be at least one SendMessageBatchRequestEntry in the request."],
    [entries("abcdefghijk".split("")), "TooManyEntriesInBatchRequest", "Maximum number of entries per request are 10. You have sent 11."],
    [entries(["a", "a"]), "BatchEntryIdsNotDistinct", "Id a repeated."],
    [
      entries(["a b"]),
      "InvalidBatchEntryId",
      "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.",
    ],
    [
      entries(["a", "b"]).map((entry) => ({ ...entry, MessageBody: "x".repeat(524_289) })),
      "BatchRequestTooLong",
      "Batch requests cannot be longer than 1048576 bytes. You have sent 1048578 bytes.",
    ],
  ];
  for (const [Entries, code, message] of cases) {
    await assert.rejects(world.call("sqs", "SendMessageBatch", { QueueUrl: url, Entries }), { code, message });
  }
});

test("ChangeMessageVisibilityBatch", async () => {
  const url = await queue();
  await send(url, "a");
  await send(url, "b");
  const [a, b] = await receive(url);
  assert.ok(a && b);
  const changed = await world.call("sqs", "ChangeMessageVisibilityBatch", {
    QueueUrl: url,
    Entries: [
      { Id: "a", ReceiptHandle: a.handle, VisibilityTimeout: 0 },
      { Id: "b", ReceiptHandle: b.handle, VisibilityTimeout: 43_201 },
    ],
  });
  assert.deepEqual(changed.Successful, [{ Id: "a" }]);
  assert.equal(changed.Failed?.[0]?.Code, "InvalidParameterValue");
  assert.deepEqual(await bodies(url), ["a"]);
});

test("more messages than one transaction counts become visible at once", async () => {
  const url = await queue();
  for (let batch = 0; batch < 250; batch++) {
    await world.call("sqs", "SendMessageBatch", {
      QueueUrl: url,
      Entries: Array.from({ length: 10 }, (_, i) => ({ Id: `e${i}`, MessageBody: "m", DelaySeconds: 1 + (batch % 3) })),
    });
  }
  assert.equal(await counts(url), "0 0 2500");
  await world.advance(5_000);
  await send(url, "in between");
  await receive(url);
  assert.equal(await counts(url), "2491 10 0");
});

test("at most 120,000 messages are in flight", async () => {
  const url = await queue();
  await send(url, "m");
  const { storage } = world.platform;
  const { Messages } = await world.call("sqs", "ReceiveMessage", { QueueUrl: url });
  assert.equal(Messages?.length, 1);
  await send(url, "one too many");
  await storage.transact(async (tx) => {
    const record = await queues.get(tx, ["000000000000", "us-east-1", url.split("/").at(-1) ?? ""]);
    const key = ["000000000000", "us-east-1", record?.store ?? ""] as const;
    const row = await tallies.get(tx, key);
    assert.ok(row);
    const [sequence, visible, delayed, , ...rest] = row;
    tallies.set(tx, key, [sequence, visible, delayed, 120_000, ...rest]);
  });
  await assert.rejects(receive(url), { code: "OverLimit" });
});

test("large bodies, up to 1 MiB with attributes", async () => {
  const url = await queue();
  const body = "é".repeat(524_288);
  await send(url, body);
  const [received] = await receive(url);
  assert.equal(received?.body, body);
  await world.call("sqs", "DeleteMessage", { QueueUrl: url, ReceiptHandle: received?.handle ?? "" });
  const left = await world.platform.storage.snapshot((tx) =>
    tx.range({ start: Uint8Array.of(2), end: Uint8Array.of(255) }, { limit: 1000 }),
  );
  assert.ok(left.every(({ value }) => value.length < 100_000));
  await assert.rejects(send(url, `${body}x`), {
    code: "InvalidParameterValue",
    message: "One or more parameters are invalid. Reason: Message must be shorter than 1048576 bytes.",
  });
});

test("the ranges of ReceiveMessage's parameters", async () => {
  const url = await queue();
  const cases: [input: object, message: string][] = [
    [{ MaxNumberOfMessages: 0 }, "Value 0 for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided."],
    [{ MaxNumberOfMessages: 11 }, "Value 11 for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided."],
    [{ WaitTimeSeconds: 21 }, "Value 21 for parameter WaitTimeSeconds is invalid. Reason: Must be >= 0 and <= 20, if provided."],
    [
      { VisibilityTimeout: 43_201 },
      "Value 43201 for parameter VisibilityTimeout is invalid. Reason: Must be >= 0 and <= 43200, if provided.",
    ],
    [{ AttributeNames: ["Foo"] }, "Unknown Attribute Foo."],
  ];
  for (const [input, message] of cases) await assert.rejects(receive(url, input), { message });
  await assert.rejects(receive("http://localhost:4566/000000000000/none"), {
    code: "QueueDoesNotExist",
    message: "The specified queue does not exist.",
  });
});

test("with a visibility timeout of 0 a receive returns each message once, and the next one again", async () => {
  const url = await queue({ VisibilityTimeout: "0" });
  for (const body of ["a", "b", "c"]) await send(url, body);
  assert.deepEqual((await bodies(url)).sort(), ["a", "b", "c"]);
  assert.deepEqual((await bodies(url)).sort(), ["a", "b", "c"]);
  assert.equal(await counts(url), "3 0 0");
});
