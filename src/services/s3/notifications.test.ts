// Notifications end to end: the configuration, the events, their delivery and its repetition. The destinations are stand-ins.
import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import type { InputOf } from "../../contract/models.ts";
import type { ServiceEntry } from "../../gateway/dispatch.ts";
import { AwsError } from "../../kernel/errors.ts";
import { createS3World, errorOf, pattern, type S3World, stream } from "./s3-world.test.ts";

type Document = InputOf<"s3", "PutBucketNotificationConfiguration">["NotificationConfiguration"];

const QUEUE = "arn:aws:sqs:us-east-1:000000000000:q";
const FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:f";

let world: S3World;
let sent: { readonly url: string; readonly body: string }[];
let invoked: { readonly name: string; readonly type: string; readonly body: string; readonly caller: unknown }[];
/** How many deliveries fail before one succeeds. */
let failures: number;

const fail = () => {
  if (failures-- > 0) throw new AwsError("ServiceUnavailable", "not now", { status: 503 });
};
const sqs: ServiceEntry = {
  id: "sqs",
  load: async () => ({
    id: "sqs",
    operations: {
      GetQueueAttributes: async (_context, input: { QueueUrl: string }) => {
        if (!input.QueueUrl.endsWith("/q")) throw new AwsError("QueueDoesNotExist", "The specified queue does not exist.");
        return {};
      },
      SendMessage: async (_context, input: { QueueUrl: string; MessageBody: string }) => {
        fail();
        sent.push({ url: input.QueueUrl, body: input.MessageBody });
        return {};
      },
    },
  }),
};
const lambda: ServiceEntry = {
  id: "lambda",
  load: async () => ({
    id: "lambda",
    operations: {
      GetFunction: async (_context, input: { FunctionName: string }) => {
        if (!input.FunctionName.endsWith(":f")) throw new AwsError("ResourceNotFoundException", "Function not found", { status: 404 });
        return {};
      },
      Invoke: async (context, input: { FunctionName: string; InvocationType: string; Payload: Uint8Array }) => {
        fail();
        invoked.push({
          name: input.FunctionName,
          type: input.InvocationType,
          body: Buffer.from(input.Payload).toString(),
          caller: context.principal,
        });
        return { StatusCode: 202 };
      },
    },
  }),
};

beforeEach(async () => {
  [sent, invoked, failures] = [[], [], 0];
  world = await createS3World({}, [sqs, lambda]);
  await world.call("s3", "CreateBucket", { Bucket: "box" });
});
afterEach(() => world.close());

const configure = (NotificationConfiguration: Document, more: object = {}) =>
  world.call("s3", "PutBucketNotificationConfiguration", { Bucket: "box", NotificationConfiguration, ...more });
const put = (Key: string, body = "x") => world.call("s3", "PutObject", { Bucket: "box", Key, Body: stream(Buffer.from(body)) });
const records = () => invoked.flatMap(({ body }) => JSON.parse(body).Records);

test("a function hears of a new object, in AWS's own form", async () => {
  await configure({ LambdaFunctionConfigurations: [{ Id: "rule", LambdaFunctionArn: FUNCTION, Events: ["s3:ObjectCreated:*"] }] });
  await put("my folder/a+b.txt", "hello");
  const timeMs = world.clock.now();
  await world.advance(10);
  assert.equal(invoked.length, 1);
  const [call] = invoked;
  assert.deepEqual([call?.name, call?.type], [FUNCTION, "Event"]);
  assert.deepEqual(call?.caller, { account: "000000000000", service: "s3.amazonaws.com", sourceArn: "arn:aws:s3:::box" });
  const [record] = records();
  const { responseElements, s3, ...rest } = record;
  assert.deepEqual(rest, {
    eventVersion: "2.1",
    eventSource: "aws:s3",
    awsRegion: "us-east-1",
    eventTime: new Date(timeMs).toISOString(),
    eventName: "ObjectCreated:Put",
    userIdentity: { principalId: "AWS:test" },
    requestParameters: { sourceIPAddress: "127.0.0.1" },
  });
  assert.match(responseElements["x-amz-request-id"], /^[0-9A-F]{16}$/);
  assert.equal(responseElements["x-amz-id-2"].length, 76);
  const { sequencer, ...object } = s3.object;
  assert.match(sequencer, /^[0-9A-F]{18}$/);
  assert.deepEqual(object, { key: "my+folder/a%2Bb.txt", size: 5, eTag: "5d41402abc4b2a76b9719d911017c592" });
  assert.deepEqual([s3.s3SchemaVersion, s3.configurationId], ["1.0", "rule"]);
  assert.deepEqual([s3.bucket.name, s3.bucket.arn], ["box", "arn:aws:s3:::box"]);
});

test("every kind of change has its name; what is gone has no size", async () => {
  const Events = ["s3:ObjectCreated:*", "s3:ObjectRemoved:*", "s3:ObjectTagging:*"] as const;
  await configure({ LambdaFunctionConfigurations: [{ LambdaFunctionArn: FUNCTION, Events: [...Events] }] });
  await put("a");
  await world.call("s3", "CopyObject", { Bucket: "box", Key: "b", CopySource: "box/a" });
  const { UploadId = "" } = await world.call("s3", "CreateMultipartUpload", { Bucket: "box", Key: "c" });
  const part = await world.call("s3", "UploadPart", { Bucket: "box", Key: "c", UploadId, PartNumber: 1, Body: stream(pattern(10)) });
  const Parts = [{ PartNumber: 1, ETag: part.ETag ?? "" }];
  await world.call("s3", "CompleteMultipartUpload", { Bucket: "box", Key: "c", UploadId, MultipartUpload: { Parts } });
  await world.call("s3", "PutObjectTagging", { Bucket: "box", Key: "c", Tagging: { TagSet: [] } });
  await world.call("s3", "DeleteObject", { Bucket: "box", Key: "a" });
  await world.call("s3", "DeleteObject", { Bucket: "box", Key: "a" });
  await world.call("s3", "DeleteObjects", { Bucket: "box", Delete: { Objects: [{ Key: "b" }, { Key: "none" }] } });
  await world.advance(10);
  const told = records().map(
    (record: { eventName: string; s3: { object: { key: string } } }) => `${record.eventName} ${record.s3.object.key}`,
  );
  assert.deepEqual(told.sort(), [
    "ObjectCreated:CompleteMultipartUpload c",
    "ObjectCreated:Copy b",
    "ObjectCreated:Put a",
    "ObjectRemoved:Delete a",
    "ObjectRemoved:Delete b",
    "ObjectTagging:Put c",
  ]);
  const removed = records().find((record: { eventName: string }) => record.eventName === "ObjectRemoved:Delete");
  assert.deepEqual(Object.keys(removed.s3.object), ["key", "sequencer"]);
});

test("sequencers of a key grow, even within a millisecond and over its deletion", async () => {
  await configure({
    LambdaFunctionConfigurations: [{ LambdaFunctionArn: FUNCTION, Events: ["s3:ObjectCreated:*", "s3:ObjectRemoved:*"] }],
  });
  for (let n = 0; n < 5; n++) {
    await put("k", String(n));
    await world.call("s3", "DeleteObject", { Bucket: "box", Key: "k" });
  }
  await world.advance(10);
  const sequencers: string[] = records().map((record: { s3: { object: { sequencer: string } } }) => record.s3.object.sequencer);
  assert.equal(new Set(sequencers).size, 10);
});

test("a queue gets a test event first, and then what its filter lets through", async () => {
  const Filter = {
    Key: {
      FilterRules: [
        { Name: "prefix" as const, Value: "in/" },
        { Name: "suffix" as const, Value: ".jpg" },
      ],
    },
  };
  await configure({ QueueConfigurations: [{ QueueArn: QUEUE, Events: ["s3:ObjectCreated:Put"], Filter }] });
  await world.advance(10);
  assert.equal(sent.length, 1);
  assert.equal(sent[0]?.url, "http://127.0.0.1:4566/000000000000/q");
  const { Service, Event, Bucket, Time, RequestId, HostId } = JSON.parse(sent[0]?.body ?? "");
  assert.deepEqual([Service, Event, Bucket], ["Amazon S3", "s3:TestEvent", "box"]);
  assert.ok(Time && RequestId && HostId);
  for (const key of ["in/a.jpg", "in/a.png", "out/a.jpg"]) await put(key);
  await world.call("s3", "CopyObject", { Bucket: "box", Key: "in/b.jpg", CopySource: "box/in/a.jpg" });
  await world.advance(10);
  assert.deepEqual(
    sent.slice(1).map(({ body }) => JSON.parse(body).Records[0].s3.object.key),
    ["in/a.jpg"],
  );
});

test("a delivery that fails is repeated until it succeeds, and holds up nobody else", async () => {
  await configure({ LambdaFunctionConfigurations: [{ LambdaFunctionArn: FUNCTION, Events: ["s3:ObjectCreated:*"] }] });
  failures = 3;
  await put("a");
  await world.advance(10);
  assert.equal(invoked.length, 0);
  await world.advance(60_000);
  assert.equal(invoked.length, 1);
});

test("nothing is told of a write that was refused, nor after the configuration went", async () => {
  await configure({ LambdaFunctionConfigurations: [{ LambdaFunctionArn: FUNCTION, Events: ["s3:ObjectCreated:*"] }] });
  await put("a");
  await assert.rejects(world.call("s3", "PutObject", { Bucket: "box", Key: "a", IfNoneMatch: "*" }));
  await configure({});
  await put("b");
  await world.advance(1000);
  assert.equal(invoked.length, 1);
});

describe("the configuration", () => {
  test("comes back with ids and filters", async () => {
    assert.deepEqual(await world.call("s3", "GetBucketNotificationConfiguration", { Bucket: "box" }), {});
    const Filter = { Key: { FilterRules: [{ Name: "suffix" as const, Value: ".x" }] } };
    await configure({
      QueueConfigurations: [{ Id: "q", QueueArn: QUEUE, Events: ["s3:ObjectRemoved:*"] }],
      LambdaFunctionConfigurations: [{ LambdaFunctionArn: FUNCTION, Events: ["s3:ObjectCreated:Put", "s3:ObjectCreated:Copy"], Filter }],
    });
    const got = await world.call("s3", "GetBucketNotificationConfiguration", { Bucket: "box" });
    assert.deepEqual(got.QueueConfigurations, [{ Id: "q", QueueArn: QUEUE, Events: ["s3:ObjectRemoved:*"] }]);
    const [rule] = got.LambdaFunctionConfigurations ?? [];
    assert.match(rule?.Id ?? "", /^[0-9a-f-]{36}$/);
    assert.deepEqual(rule?.Filter, { Key: { FilterRules: [{ Name: "Suffix", Value: ".x" }] } });
  });

  const lambdaRule = (more: object = {}) => ({ LambdaFunctionArn: FUNCTION, Events: ["s3:ObjectCreated:*" as const], ...more });
  const cases: [name: string, document: Document, code: string, message: RegExp][] = [
    [
      "a function that is not there",
      { LambdaFunctionConfigurations: [lambdaRule({ LambdaFunctionArn: `${FUNCTION}2` })] },
      "InvalidArgument",
      /Unable to validate/,
    ],
    [
      "a queue that is not there",
      { QueueConfigurations: [{ QueueArn: `${QUEUE}2`, Events: ["s3:ObjectCreated:*"] }] },
      "InvalidArgument",
      /Unable to validate/,
    ],
    [
      "a FIFO queue",
      { QueueConfigurations: [{ QueueArn: `${QUEUE}.fifo`, Events: ["s3:ObjectCreated:*"] }] },
      "InvalidArgument",
      /Unable to validate/,
    ],
    ["no ARN", { LambdaFunctionConfigurations: [lambdaRule({ LambdaFunctionArn: "f" })] }, "InvalidArgument", /could not be parsed/],
    [
      "another region",
      { LambdaFunctionConfigurations: [lambdaRule({ LambdaFunctionArn: FUNCTION.replace("us-east-1", "eu-west-1") })] },
      "InvalidArgument",
      /region is not valid/,
    ],
    [
      "two for one event",
      { LambdaFunctionConfigurations: [lambdaRule({ Id: "a" }), lambdaRule({ Id: "b" })] },
      "InvalidArgument",
      /Configurations overlap/,
    ],
    ["an id twice", { LambdaFunctionConfigurations: [lambdaRule({ Id: "a" }), lambdaRule({ Id: "a" })] }, "InvalidArgument", /Same ID/],
    ["an unknown event", { LambdaFunctionConfigurations: [lambdaRule({ Events: ["s3:Nothing"] })] }, "InvalidArgument", /not supported/],
    [
      "a topic",
      { TopicConfigurations: [{ TopicArn: "arn:aws:sns:us-east-1:000000000000:t", Events: ["s3:ObjectCreated:*"] }] },
      "NotImplemented",
      /TopicConfigurations/,
    ],
    ["EventBridge", { EventBridgeConfiguration: {} }, "NotImplemented", /EventBridgeConfiguration/],
    [
      "a filter of another name",
      { LambdaFunctionConfigurations: [lambdaRule({ Filter: { Key: { FilterRules: [{ Name: "infix", Value: "x" }] } } })] },
      "InvalidArgument",
      /either prefix or suffix/,
    ],
    [
      "two prefixes in one filter",
      {
        LambdaFunctionConfigurations: [
          lambdaRule({
            Filter: {
              Key: {
                FilterRules: [
                  { Name: "prefix", Value: "x" },
                  { Name: "Prefix", Value: "y" },
                ],
              },
            },
          }),
        ],
      },
      "InvalidArgument",
      /more than one prefix/,
    ],
  ];
  for (const [name, document, code, message] of cases) {
    test(`refuses ${name}`, async () => {
      const error = await errorOf(configure(document));
      assert.equal(error.code, code);
      assert.match(error.message, message);
      assert.deepEqual(await world.call("s3", "GetBucketNotificationConfiguration", { Bucket: "box" }), {});
    });
  }

  test("takes a destination unseen when told so, and notes events that never happen", async () => {
    const document = { LambdaFunctionConfigurations: [{ LambdaFunctionArn: `${FUNCTION}2`, Events: ["s3:ObjectRestore:*" as const] }] };
    await configure(document, { SkipDestinationValidation: true });
    assert.match(world.platform.ledger.entries()[0]?.parameter ?? "", /ObjectRestore/);
  });
});
