// The SDK v3 over real sockets, with signatures verified: every protocol, streams, checksums, presigned URLs, event streams.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { request as httpRequest } from "node:http";
import { Readable } from "node:stream";
import { after, before, test } from "node:test";
import { APIGatewayClient, GetRestApisCommand } from "@aws-sdk/client-api-gateway";
import { CloudFormationClient, DeleteStackCommand, DescribeStacksCommand, ValidateTemplateCommand } from "@aws-sdk/client-cloudformation";
import { CloudWatchLogsClient, StartLiveTailCommand } from "@aws-sdk/client-cloudwatch-logs";
import {
  ConditionalCheckFailedException,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { KinesisClient, PutRecordCommand, SubscribeToShardCommand } from "@aws-sdk/client-kinesis";
import {
  DeleteFunctionCommand,
  GetFunctionCommand,
  InvokeCommand,
  InvokeWithResponseStreamCommand,
  LambdaClient,
  ResourceNotFoundException,
} from "@aws-sdk/client-lambda";
import {
  type ChecksumAlgorithm,
  CopyObjectCommand,
  CreateBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketLocationCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  NoSuchKey,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import {
  CreateQueueCommand,
  GetQueueUrlCommand,
  QueueDoesNotExist,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { GetParameterCommand, PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { Upload } from "@aws-sdk/lib-storage";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { type Listener, listen } from "../../src/host/http-server.ts";
import { type ClientConfiguration, clientConfiguration } from "../../src/testing/client.ts";
import { CANNED_CREDENTIALS, cannedGateway } from "./canned-services.ts";

let listener: Listener;
let configuration: ClientConfiguration;
let s3: S3Client;

before(async () => {
  listener = await listen({ port: 0, handle: cannedGateway({ verify: true }).handle });
  configuration = clientConfiguration(`http://127.0.0.1:${listener.port}`, CANNED_CREDENTIALS);
  s3 = new S3Client({ ...configuration, forcePathStyle: true });
});

after(() => listener.close(0));

async function errorOf(promise: Promise<unknown>): Promise<Error & { $metadata?: { httpStatusCode?: number } }> {
  try {
    await promise;
  } catch (error) {
    assert.ok(error instanceof Error);
    return error;
  }
  throw new Error("no error was thrown");
}

test("AWS JSON 1.0: SQS and DynamoDB", async () => {
  const sqs = new SQSClient(configuration);
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: "q" }));
  assert.equal(QueueUrl, `http://127.0.0.1:${listener.port}/000000000000/q`);
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "hé" }));
  assert.equal((await sqs.send(new ReceiveMessageCommand({ QueueUrl }))).Messages?.[0]?.Body, "h <&> é");
  const missing = await errorOf(sqs.send(new GetQueueUrlCommand({ QueueName: "none" })));
  assert.ok(missing instanceof QueueDoesNotExist);
  assert.equal(missing.$metadata.httpStatusCode, 400);
  const dynamodb = new DynamoDBClient(configuration);
  const item = { pk: { S: "ü" }, b: { B: new Uint8Array([1, 2, 255]) }, s: { NS: ["1", "2"] }, m: { M: { x: { NULL: true as const } } } };
  assert.deepEqual((await dynamodb.send(new PutItemCommand({ TableName: "t", Item: item }))).Attributes, item);
  assert.equal(
    (await dynamodb.send(new GetItemCommand({ TableName: "t", Key: { pk: { S: "a" } } }))).Item?.["n"]?.N,
    "12345678901234567890.5",
  );
  const failed = await errorOf(dynamodb.send(new UpdateItemCommand({ TableName: "t", Key: { pk: { S: "a" } } })));
  assert.ok(failed instanceof ConditionalCheckFailedException);
  assert.deepEqual(failed.Item, { pk: { S: "old" } });
});

test("AWS JSON 1.1: SSM, with its validation in AWS's words", async () => {
  const ssm = new SSMClient(configuration);
  assert.equal((await ssm.send(new GetParameterCommand({ Name: "/a" }))).Parameter?.LastModifiedDate?.getTime(), 1_700_000_000_500);
  const invalid = await errorOf(ssm.send(new GetParameterCommand({ Name: "" })));
  assert.equal(
    `${invalid.name}: ${invalid.message}`,
    "ValidationException: 1 validation error detected: Value '' at 'name' failed to satisfy constraint: Member must have length greater than or equal to 1",
  );
  const missing = await errorOf(ssm.send(new PutParameterCommand({ Name: "/a", Value: "v" })));
  assert.match(`${missing.name}: ${missing.message}`, /NotImplemented: ssm:PutParameter is not implemented by Hearth/);
});

test("Query: STS and CloudFormation", async () => {
  const sts = new STSClient({ ...configuration, region: "eu-central-1" });
  assert.deepEqual((({ Account, UserId }) => [Account, UserId])(await sts.send(new GetCallerIdentityCommand({}))), [
    "000000000000",
    "eu-central-1",
  ]);
  const unknown = await errorOf(sts.send(new AssumeRoleCommand({ RoleArn: "arn:aws:iam::1:role/r", RoleSessionName: "ss" })));
  assert.match(unknown.message, /sts:AssumeRole is not implemented/);
  const cloudformation = new CloudFormationClient(configuration);
  const { Stacks } = await cloudformation.send(new DescribeStacksCommand({ StackName: "s <&>" }));
  assert.deepEqual([Stacks?.[0]?.StackName, Stacks?.[0]?.Outputs?.[0]?.OutputValue], ["s <&>", "<b>"]);
  await cloudformation.send(new DeleteStackCommand({ StackName: "s" }));
  const invalid = await errorOf(cloudformation.send(new DeleteStackCommand({ StackName: undefined })));
  assert.match(
    invalid.message,
    /1 validation error detected: Value null at 'stackName' failed to satisfy constraint: Member must not be null/,
  );
  assert.match((await errorOf(cloudformation.send(new ValidateTemplateCommand({ TemplateBody: "{}" })))).message, /not implemented/);
});

test("REST-JSON: Lambda and API Gateway", async () => {
  const lambda = new LambdaClient(configuration);
  const { Payload } = await lambda.send(new InvokeCommand({ FunctionName: "f", Payload: JSON.stringify({ a: 1 }) }));
  assert.equal(Payload?.transformToString(), '{"a":1}');
  const missing = await errorOf(lambda.send(new GetFunctionCommand({ FunctionName: "f" })));
  assert.ok(missing instanceof ResourceNotFoundException);
  assert.deepEqual([missing.$metadata.httpStatusCode, missing.Type], [404, "User"]);
  assert.equal((await lambda.send(new DeleteFunctionCommand({ FunctionName: "f" }))).$metadata.httpStatusCode, 204);
  assert.match(
    (await errorOf(lambda.send(new GetFunctionCommand({ FunctionName: "a b" })))).message,
    /Member must satisfy regular expression pattern/,
  );
  const apigateway = new APIGatewayClient(configuration);
  assert.equal((await apigateway.send(new GetRestApisCommand({}))).items?.[0]?.createdDate?.getTime(), 1_700_000_000_000);
});

for (const ChecksumAlgorithm of [undefined, "CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"] as const) {
  for (const [kind, make] of [
    ["bytes", () => Buffer.from("hello wörld")],
    ["a stream", () => Readable.from([Buffer.alloc(300_000, 1), Buffer.alloc(200_000, 2)])],
  ] as const) {
    test(`S3: PUT ${kind} with ${ChecksumAlgorithm ?? "the default checksum"}, and GET`, async () => {
      const key = `k é+/${kind}`;
      const body = make();
      const length = body instanceof Buffer ? body.length : 500_000;
      const checksum = ChecksumAlgorithm === undefined ? {} : { ChecksumAlgorithm: ChecksumAlgorithm as ChecksumAlgorithm };
      await s3.send(
        new PutObjectCommand({
          Bucket: "bucket",
          Key: key,
          Body: body,
          ContentLength: length,
          ContentType: "text/x",
          Metadata: { one: "1" },
          ...checksum,
        }),
      );
      const got = await s3.send(new GetObjectCommand({ Bucket: "bucket", Key: key }));
      assert.deepEqual(
        [got.ContentLength, got.ContentType, got.ContentEncoding, got.Metadata],
        [length, "text/x", undefined, { one: "1" }],
      );
      assert.equal((await got.Body?.transformToByteArray())?.length, length);
    });
  }
}

test("S3: ranges, copies, listings, deletions, errors", async () => {
  await s3.send(new CreateBucketCommand({ Bucket: "bucket" }));
  await s3.send(new PutObjectCommand({ Bucket: "bucket", Key: "r", Body: "0123456789" }));
  const part = await s3.send(new GetObjectCommand({ Bucket: "bucket", Key: "r", Range: "bytes=2-4" }));
  assert.deepEqual([part.$metadata.httpStatusCode, part.ContentRange, await part.Body?.transformToString()], [206, "bytes 2-4/10", "234"]);
  assert.equal(
    (await s3.send(new CopyObjectCommand({ Bucket: "bucket", Key: "c", CopySource: "bucket/r" }))).CopyObjectResult?.ETag,
    '"copied"',
  );
  assert.ok((await s3.send(new ListObjectsV2Command({ Bucket: "bucket" }))).Contents?.some(({ Key }) => Key === "r"));
  assert.deepEqual(
    (await s3.send(new DeleteObjectsCommand({ Bucket: "bucket", Delete: { Objects: [{ Key: "a" }, { Key: "b <" }] } }))).Deleted?.map(
      ({ Key }) => Key,
    ),
    ["a", "b <"],
  );
  assert.equal((await s3.send(new DeleteObjectCommand({ Bucket: "bucket", Key: "r" }))).$metadata.httpStatusCode, 204);
  assert.equal((await s3.send(new GetBucketLocationCommand({ Bucket: "bucket" }))).LocationConstraint, "eu-west-1");
  assert.equal((await s3.send(new ListBucketsCommand({}))).Buckets?.[0]?.Name, "one");
  const missing = await errorOf(s3.send(new GetObjectCommand({ Bucket: "bucket", Key: "none" })));
  assert.ok(missing instanceof NoSuchKey);
  assert.equal((await errorOf(s3.send(new HeadObjectCommand({ Bucket: "bucket", Key: "none" })))).$metadata?.httpStatusCode, 404);
});

test("S3: a multipart upload of a stream of unknown length", async () => {
  const chunk = Buffer.alloc(1024 * 1024, 7);
  const body = Readable.from(
    (function* () {
      for (let i = 0; i < 11; i++) yield chunk;
    })(),
  );
  await new Upload({ client: s3, params: { Bucket: "bucket", Key: "multi", Body: body } }).done();
  const { ContentLength } = await s3.send(new HeadObjectCommand({ Bucket: "bucket", Key: "multi" }));
  assert.equal(ContentLength, 11 * chunk.length);
});

test("S3: virtual-host style", async () => {
  const sent: string[] = [];
  const client = new S3Client({ ...configuration, endpoint: `http://localhost:${listener.port}` });
  client.middlewareStack.add(
    (next) => async (args) => {
      const request = args.request as { hostname: string; headers: Record<string, string> };
      sent.push(request.headers["host"] ?? "");
      // Names below localhost are not resolved everywhere: the signed Host header stays.
      request.hostname = "127.0.0.1";
      return next(args);
    },
    { step: "finalizeRequest", priority: "low", name: "toLoopback" },
  );
  await client.send(new PutObjectCommand({ Bucket: "my-bucket", Key: "a/b", Body: "x" }));
  assert.equal(sent[0], `my-bucket.localhost:${listener.port}`);
  const got = await s3.send(new GetObjectCommand({ Bucket: "my-bucket", Key: "a/b" }));
  assert.equal(await got.Body?.transformToString(), "x");
});

function fetchUrl(url: string, options: { method?: string; body?: string } = {}): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { method: options.method ?? "GET" }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }));
    });
    request.on("error", reject);
    request.end(options.body);
  });
}

test("S3: presigned URLs to put and to get", async () => {
  const put = await getSignedUrl(s3, new PutObjectCommand({ Bucket: "bucket", Key: "pre signed" }), { expiresIn: 60 });
  assert.equal((await fetchUrl(put, { method: "PUT", body: "by url" })).status, 200);
  const get = await getSignedUrl(s3, new GetObjectCommand({ Bucket: "bucket", Key: "pre signed" }), { expiresIn: 60 });
  assert.deepEqual(await fetchUrl(get), { status: 200, body: "by url" });
  const changed = await fetchUrl(get.replace("pre%20signed", "other"));
  assert.equal(changed.status, 403);
  assert.match(changed.body, /<Code>SignatureDoesNotMatch<\/Code>/);
  const expired = await getSignedUrl(s3, new GetObjectCommand({ Bucket: "bucket", Key: "k" }), { expiresIn: 60, signingDate: new Date(0) });
  assert.match((await fetchUrl(expired)).body, /<Code>AccessDenied<\/Code><Message>Request has expired<\/Message>/);
});

test("an upload that is not what its checksum says is refused", async () => {
  const client = new S3Client({ ...configuration, forcePathStyle: true });
  const error = await errorOf(client.send(new PutObjectCommand({ Bucket: "bucket", Key: "bad", Body: "abc", ChecksumCRC32: "AAAAAA==" })));
  assert.equal(error.name, "BadDigest");
  const md5 = createHash("md5").update("other").digest("base64");
  const mismatch = await errorOf(client.send(new PutObjectCommand({ Bucket: "bucket", Key: "bad", Body: "abc", ContentMD5: md5 })));
  assert.equal(mismatch.message, "The Content-MD5 you specified did not match what we received.");
});

test("HTTP/2: Kinesis, with an event stream that ends in a modelled error", async () => {
  const kinesis = new KinesisClient(configuration);
  assert.equal(
    (await kinesis.send(new PutRecordCommand({ StreamName: "s", Data: Buffer.from("abc"), PartitionKey: "p" }))).SequenceNumber,
    "1",
  );
  const consumer = "arn:aws:kinesis:us-east-1:000000000000:stream/s/consumer/c:1";
  const { EventStream } = await kinesis.send(
    new SubscribeToShardCommand({ ConsumerARN: consumer, ShardId: "0", StartingPosition: { Type: "LATEST" } }),
  );
  const seen: string[] = [];
  const error = await errorOf(
    (async () => {
      for await (const event of EventStream ?? []) seen.push(Buffer.from(event.SubscribeToShardEvent?.Records?.[0]?.Data ?? []).toString());
    })(),
  );
  assert.deepEqual([seen, error.name], [["abc"], "ResourceInUseException"]);
  kinesis.destroy();
});

test("event streams over REST-JSON and AWS JSON", async () => {
  const lambda = new LambdaClient(configuration);
  const { EventStream } = await lambda.send(new InvokeWithResponseStreamCommand({ FunctionName: "f" }));
  let text = "";
  for await (const event of EventStream ?? []) text += Buffer.from(event.PayloadChunk?.Payload ?? []).toString();
  assert.equal(text, "part 1,part 2");
  const logs = new CloudWatchLogsClient(configuration);
  const { responseStream } = await logs.send(
    new StartLiveTailCommand({ logGroupIdentifiers: ["arn:aws:logs:us-east-1:000000000000:log-group:g"] }),
  );
  const messages: unknown[] = [];
  for await (const event of responseStream ?? [])
    messages.push(event.sessionStart?.sessionId ?? event.sessionUpdate?.sessionResults?.[0]?.message);
  assert.deepEqual(messages, ["s", "héllo"]);
});

test("credentials that do not match are refused in each protocol's words", async () => {
  const wrong = { ...configuration, credentials: { ...CANNED_CREDENTIALS, secretAccessKey: "no" } };
  const unknown = { ...configuration, credentials: { accessKeyId: "UNKNOWN", secretAccessKey: "no" } };
  for (const [send, name] of [
    [() => new STSClient(wrong).send(new GetCallerIdentityCommand({})), "SignatureDoesNotMatch"],
    [() => new SSMClient(wrong).send(new GetParameterCommand({ Name: "a" })), "InvalidSignatureException"],
    [() => new S3Client({ ...wrong, forcePathStyle: true }).send(new ListBucketsCommand({})), "SignatureDoesNotMatch"],
    [() => new STSClient(unknown).send(new GetCallerIdentityCommand({})), "InvalidClientTokenId"],
    [() => new DynamoDBClient(unknown).send(new QueryCommand({ TableName: "t" })), "UnrecognizedClientException"],
    [() => new S3Client({ ...unknown, forcePathStyle: true }).send(new ListBucketsCommand({})), "InvalidAccessKeyId"],
  ] as const) {
    assert.equal((await errorOf(send())).name, name);
  }
});
