// The SDK v2 (in maintenance, still in many functions) over real sockets: its own ways of Query, S3 and signatures.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { type Listener, listen } from "../../src/host/http-server.ts";
import { CANNED_CREDENTIALS, cannedGateway } from "./canned-services.ts";

process.env["AWS_SDK_JS_SUPPRESS_MAINTENANCE_MODE_MESSAGE"] = "1";

/** The part of the package that is used here: its own types are older than TypeScript's strictness. */
interface Call {
  promise(): Promise<Record<string, unknown>>;
}
type Client = Readonly<Record<string, (input?: object) => Call>> & { getSignedUrl(operation: string, input: object): string };
type ClientClass = new (options: object) => Client;
interface Package {
  readonly SQS: ClientClass;
  readonly S3: ClientClass;
  readonly Lambda: ClientClass;
  readonly STS: ClientClass;
  readonly Kinesis: ClientClass;
  readonly DynamoDB: ClientClass & { readonly DocumentClient: ClientClass };
}

const AWS = createRequire(import.meta.url)("aws-sdk") as Package;

let listener: Listener;
let options: object;

before(async () => {
  listener = await listen({ port: 0, handle: cannedGateway({ verify: true }).handle });
  options = { ...CANNED_CREDENTIALS, region: "us-east-1", endpoint: `http://127.0.0.1:${listener.port}`, maxRetries: 0 };
});

after(() => listener.close(0));

async function call(client: Client, operation: string, input?: object): Promise<Record<string, unknown>> {
  const method = client[operation];
  assert.ok(method, operation);
  return method.call(client, input).promise();
}

async function codeOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    const { code, statusCode } = error as { code: string; statusCode: number };
    return [code, statusCode];
  }
  return "no error";
}

test("SQS and STS", async () => {
  const sqs = new AWS.SQS(options);
  const { QueueUrl } = await call(sqs, "createQueue", { QueueName: "q", Attributes: { DelaySeconds: "1" } });
  assert.equal((await call(sqs, "sendMessage", { QueueUrl, MessageBody: "é" }))["MessageId"], QueueUrl);
  assert.deepEqual(await codeOf(call(sqs, "getQueueUrl", { QueueName: "none" })), ["AWS.SimpleQueueService.NonExistentQueue", 400]);
  assert.equal((await call(new AWS.STS(options), "getCallerIdentity"))["Account"], "000000000000");
});

test("DynamoDB and Kinesis", async () => {
  const documents = new AWS.DynamoDB.DocumentClient(options);
  const { Item } = await call(documents, "get", { TableName: "table", Key: { pk: "a" } });
  assert.equal((Item as { pk: string }).pk, "é");
  assert.deepEqual(await codeOf(call(documents, "update", { TableName: "table", Key: { pk: "a" } })), [
    "ConditionalCheckFailedException",
    400,
  ]);
  assert.equal(
    (await call(new AWS.Kinesis(options), "putRecord", { StreamName: "s", Data: "abc", PartitionKey: "p" }))["SequenceNumber"],
    "1",
  );
});

test("Lambda", async () => {
  const lambda = new AWS.Lambda(options);
  assert.equal(String((await call(lambda, "invoke", { FunctionName: "f", Payload: "{}" }))["Payload"]), "{}");
  assert.deepEqual(await codeOf(call(lambda, "getFunction", { FunctionName: "f" })), ["ResourceNotFoundException", 404]);
});

test("S3, with Signature Version 4", async () => {
  const s3 = new AWS.S3({ ...options, s3ForcePathStyle: true, signatureVersion: "v4" });
  await call(s3, "createBucket", { Bucket: "bucket" });
  await call(s3, "putObject", { Bucket: "bucket", Key: "k é/x", Body: "hi", Metadata: { a: "b" } });
  const got = await call(s3, "getObject", { Bucket: "bucket", Key: "k é/x" });
  assert.deepEqual([String(got["Body"]), got["Metadata"]], ["hi", { a: "b" }]);
  await call(s3, "upload", { Bucket: "bucket", Key: "multi", Body: Buffer.alloc(11 << 20) });
  assert.equal((await call(s3, "headObject", { Bucket: "bucket", Key: "multi" }))["ContentLength"], 11 << 20);
  assert.equal((await call(s3, "getBucketLocation", { Bucket: "bucket" }))["LocationConstraint"], "eu-west-1");
  assert.deepEqual(await codeOf(call(s3, "getObject", { Bucket: "bucket", Key: "none" })), ["NoSuchKey", 404]);
});

test("S3, signed by Version 2 where nobody verifies: account and expiry are read", async () => {
  const open = await listen({ port: 0, handle: cannedGateway({ verify: false }).handle });
  const s3 = new AWS.S3({ ...options, endpoint: `http://127.0.0.1:${open.port}`, s3ForcePathStyle: true, signatureVersion: "v2" });
  assert.equal(((await call(s3, "listBuckets"))["Buckets"] as unknown[]).length, 1);
  await call(s3, "putObject", { Bucket: "bucket", Key: "k", Body: "hi" });
  const url = s3.getSignedUrl("getObject", { Bucket: "bucket", Key: "k" });
  assert.equal(await (await fetch(url)).text(), "hi");
  const expired = await fetch(url.replace(/Expires=\d+/, "Expires=1"));
  assert.equal(expired.status, 403);
  assert.match(await expired.text(), /Request has expired/);
  await open.close(0);
});
