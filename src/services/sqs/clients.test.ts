// SQS through real clients over a real socket: the v3 client checks the digests that we answer, and types our errors; v2 and the old
// Query protocol are what older applications speak.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  BatchEntryIdsNotDistinct,
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  PurgeQueueCommand,
  PurgeQueueInProgress,
  QueueDoesNotExist,
  QueueNameExists,
  ReceiptHandleIsInvalid,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { createWorld, type World } from "../../testing/world.ts";
import { sqs as service } from "./service.ts";

let world: World;
let sqs: SQSClient;
let endpoint: string;
before(async () => {
  world = await createWorld({ services: [{ id: "sqs", load: async () => service }] });
  const configuration = await world.listen();
  endpoint = configuration.endpoint;
  sqs = new SQSClient(configuration);
});
after(async () => {
  sqs.destroy();
  await world.close();
});

test("a message with attributes of every type, there and back", async () => {
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: "typed" }));
  assert.equal(QueueUrl, `${endpoint}/000000000000/typed`);
  const MessageAttributes = {
    text: { DataType: "String.label", StringValue: "é <&>" },
    number: { DataType: "Number", StringValue: "-1.5" },
    bytes: { DataType: "Binary.png", BinaryValue: Uint8Array.of(0, 255, 1) },
  };
  const trace = { AWSTraceHeader: { DataType: "String", StringValue: "Root=1-5759e988-bd862e3fe1be46a994272793" } };
  const MessageBody = 'line\n"quotes" 😀';
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody, MessageAttributes, MessageSystemAttributes: trace }));
  const received = await sqs.send(
    new ReceiveMessageCommand({ QueueUrl, MessageAttributeNames: ["All"], MessageSystemAttributeNames: ["All"] }),
  );
  const [message] = received.Messages ?? [];
  assert.equal(message?.Body, MessageBody);
  assert.deepEqual(message?.MessageAttributes, MessageAttributes);
  assert.equal(message?.Attributes?.AWSTraceHeader, trace.AWSTraceHeader.StringValue);
  await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message?.ReceiptHandle }));
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["All"] }));
  assert.equal(Attributes?.ApproximateNumberOfMessagesNotVisible, "0");
});

test("errors arrive as the client's own classes", async () => {
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: "errors" }));
  const twice = [
    { Id: "a", MessageBody: "x" },
    { Id: "a", MessageBody: "x" },
  ];
  await sqs.send(new PurgeQueueCommand({ QueueUrl }));
  await assert.rejects(sqs.send(new PurgeQueueCommand({ QueueUrl })), PurgeQueueInProgress);
  await assert.rejects(sqs.send(new ReceiveMessageCommand({ QueueUrl: `${QueueUrl}x` })), QueueDoesNotExist);
  await assert.rejects(sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: "junk" })), ReceiptHandleIsInvalid);
  await assert.rejects(sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries: twice })), BatchEntryIdsNotDistinct);
  await assert.rejects(sqs.send(new CreateQueueCommand({ QueueName: "errors", Attributes: { DelaySeconds: "1" } })), QueueNameExists);
  await assert.rejects(sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "x", DelaySeconds: 901 })), {
    name: "InvalidParameterValue",
    message: "Value 901 for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900.",
  });
});

test("a client that gives up on a long poll loses no message", async () => {
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: "polled" }));
  const abort = new AbortController();
  const gone = sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 }), { abortSignal: abort.signal });
  const waiting = sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 }));
  await world.advance(1_000);
  abort.abort();
  await assert.rejects(gone, { name: "AbortError" });
  await world.advance(1_000);
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "for the one who waits" }));
  assert.deepEqual(
    (await waiting).Messages?.map(({ Body }) => Body),
    ["for the one who waits"],
  );
});

test("the Query protocol, on the queue's own address", async () => {
  const query = async (path: string, parameters: Record<string, string>) => {
    const body = new URLSearchParams({ Version: "2012-11-05", ...parameters });
    const response = await fetch(`${endpoint}${path}`, { method: "POST", body });
    return { status: response.status, text: await response.text() };
  };
  const created = await query("/", {
    Action: "CreateQueue",
    QueueName: "old",
    "Attribute.1.Name": "VisibilityTimeout",
    "Attribute.1.Value": "7",
  });
  assert.match(created.text, new RegExp(`<QueueUrl>${endpoint}/000000000000/old</QueueUrl>`));
  const sent = await query("/000000000000/old", {
    Action: "SendMessage",
    MessageBody: "a & b",
    "MessageAttribute.1.Name": "k",
    "MessageAttribute.1.Value.DataType": "String",
    "MessageAttribute.1.Value.StringValue": "v",
  });
  assert.match(sent.text, /<MD5OfMessageAttributes>[0-9a-f]{32}<\/MD5OfMessageAttributes>/);
  const received = await query("/000000000000/old", {
    Action: "ReceiveMessage",
    "AttributeName.1": "All",
    "MessageAttributeName.1": "All",
  });
  assert.match(received.text, /<Body>a &amp; b<\/Body>/);
  assert.match(received.text, /<Name>k<\/Name><Value><StringValue>v<\/StringValue>|<Name>k<\/Name><Value>.*<StringValue>v<\/StringValue>/);
  const missing = await query("/000000000000/none", { Action: "ReceiveMessage" });
  assert.equal(missing.status, 400);
  assert.match(
    missing.text,
    /<Code>AWS\.SimpleQueueService\.NonExistentQueue<\/Code><Message>The specified queue does not exist\.<\/Message>/,
  );
});
