// Services that say just enough for a client to be satisfied, so that what is tested is the wire. No rules, no limits.
import { createHash } from "node:crypto";
import { withStatus } from "../../src/contract/answer.ts";
import type { Context, Platform } from "../../src/contract/context.ts";
import { createLedger } from "../../src/contract/ledger.ts";
import type { WebResponse, WebTarget } from "../../src/contract/web.ts";
import { createDispatcher, type LoadedService, type ServiceEntry } from "../../src/gateway/dispatch.ts";
import { createGateway, type Gateway } from "../../src/gateway/gateway.ts";
import { hostClock } from "../../src/host/clock.ts";
import { hostRandom } from "../../src/host/random.ts";
import { AwsError } from "../../src/kernel/errors.ts";
import { silentLogger } from "../../src/kernel/log.ts";
import { validateInput } from "../../src/protocol/validation.ts";

type Input = Readonly<Record<string, unknown>>;
type Operation = (context: Context, input: Input) => Promise<unknown>;

const md5 = (bytes: Uint8Array | string) => createHash("md5").update(bytes).digest("hex");
const text = (input: Input, name: string): string => String(input[name]);

interface StoredObject {
  readonly bytes: Buffer;
  readonly input: Input;
}

async function bodyOf(input: Input): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of (input["Body"] as AsyncIterable<Uint8Array> | undefined) ?? []) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function s3(): Readonly<Record<string, Operation>> {
  const objects = new Map<string, StoredObject>();
  const parts = new Map<string, Map<number, Buffer>>();
  const find = (input: Input): StoredObject => {
    const found = objects.get(`${text(input, "Bucket")}/${text(input, "Key")}`);
    if (!found) throw new AwsError("NoSuchKey", "The specified key does not exist.", { fields: { Key: input["Key"] } });
    return found;
  };
  const head = ({ bytes, input }: StoredObject) => ({
    ContentLength: bytes.length,
    ContentType: input["ContentType"],
    ContentEncoding: input["ContentEncoding"],
    ETag: `"${md5(bytes)}"`,
    Metadata: input["Metadata"],
    LastModified: new Date(1_700_000_000_000),
  });
  return {
    CreateBucket: async (_, input) => ({ Location: `/${text(input, "Bucket")}` }),
    ListBuckets: async () => ({ Buckets: [{ Name: "one", CreationDate: new Date(0) }], Owner: { ID: "id", DisplayName: "me" } }),
    GetBucketLocation: async () => ({ LocationConstraint: "eu-west-1" }),
    PutObject: async (_, input) => {
      const bytes = await bodyOf(input);
      const { Body: __, ...rest } = input;
      objects.set(`${text(input, "Bucket")}/${text(input, "Key")}`, { bytes, input: rest });
      return { ETag: `"${md5(bytes)}"`, ChecksumCRC32: input["ChecksumCRC32"], ChecksumCRC64NVME: input["ChecksumCRC64NVME"] };
    },
    GetObject: async (_, input) => {
      const found = find(input);
      const range = /^bytes=(\d+)-(\d+)$/.exec(text(input, "Range"));
      if (!range) return { ...head(found), Body: found.bytes };
      const part = found.bytes.subarray(Number(range[1]), Number(range[2]) + 1);
      const contentRange = `bytes ${range[1]}-${range[2]}/${found.bytes.length}`;
      return withStatus({ ...head(found), Body: part, ContentLength: part.length, ContentRange: contentRange }, 206);
    },
    HeadObject: async (_, input) => {
      if (!objects.has(`${text(input, "Bucket")}/${text(input, "Key")}`)) throw new AwsError("NotFound", "Not Found", { status: 404 });
      return head(find(input));
    },
    CopyObject: async () => ({ CopyObjectResult: { ETag: '"copied"', LastModified: new Date(0) } }),
    DeleteObject: async () => ({}),
    DeleteObjects: async (_, input) => ({
      Deleted: (input["Delete"] as { Objects: { Key: string }[] }).Objects.map(({ Key }) => ({ Key })),
    }),
    ListObjectsV2: async (_, input) => {
      const keys = [...objects.keys()].filter((key) => key.startsWith(`${text(input, "Bucket")}/`));
      const contents = keys.map((key) => ({
        Key: key.slice(key.indexOf("/") + 1),
        Size: 1,
        LastModified: new Date(0),
        ETag: '"e"',
        StorageClass: "STANDARD",
      }));
      return { Name: input["Bucket"], KeyCount: keys.length, Contents: contents, IsTruncated: false, MaxKeys: 1000, Prefix: "" };
    },
    ListObjects: async (_, input) => ({ Name: input["Bucket"], Marker: "", Contents: [] }),
    CreateMultipartUpload: async (_, input) => {
      parts.set("upload", new Map());
      return { UploadId: "upload", Bucket: input["Bucket"], Key: input["Key"] };
    },
    UploadPart: async (_, input) => {
      const bytes = await bodyOf(input);
      parts.get(text(input, "UploadId"))?.set(Number(input["PartNumber"]), bytes);
      return { ETag: `"${md5(bytes)}"`, ChecksumCRC32: input["ChecksumCRC32"] };
    },
    CompleteMultipartUpload: async (_, input) => {
      const uploaded = [...(parts.get(text(input, "UploadId")) ?? [])].sort(([a], [b]) => a - b).map(([, bytes]) => bytes);
      objects.set(`${text(input, "Bucket")}/${text(input, "Key")}`, { bytes: Buffer.concat(uploaded), input: {} });
      return { Bucket: input["Bucket"], Key: input["Key"], ETag: `"x-${uploaded.length}"`, Location: "http://x" };
    },
  };
}

const sqs: Readonly<Record<string, Operation>> = {
  CreateQueue: async (context, input) => ({ QueueUrl: `${context.clientOrigin}/${context.account}/${text(input, "QueueName")}` }),
  GetQueueUrl: async () => {
    throw new AwsError("QueueDoesNotExist", "The specified queue does not exist.");
  },
  SendMessage: async (_, input) => ({ MessageId: text(input, "QueueUrl"), MD5OfMessageBody: md5(text(input, "MessageBody")) }),
  ReceiveMessage: async () => ({ Messages: [{ MessageId: "m", ReceiptHandle: "r", Body: "h <&> é", MD5OfBody: md5("h <&> é") }] }),
  GetQueueAttributes: async () => ({ Attributes: { DelaySeconds: "1", QueueArn: "arn" } }),
};

const dynamodb: Readonly<Record<string, Operation>> = {
  PutItem: async (_, input) => ({ Attributes: input["Item"] }),
  GetItem: async () => ({
    Item: {
      pk: { S: "é" },
      n: { N: "12345678901234567890.5" },
      b: { B: new Uint8Array([0, 255]) },
      l: { L: [{ BOOL: true }, { NULL: true }] },
    },
  }),
  UpdateItem: async () => {
    throw new AwsError("ConditionalCheckFailedException", "The conditional request failed", { fields: { Item: { pk: { S: "old" } } } });
  },
};

async function* live(): AsyncGenerator<unknown> {
  yield { sessionStart: { sessionId: "s" } };
  yield { sessionUpdate: { sessionMetadata: { sampled: false }, sessionResults: [{ message: "héllo", timestamp: 5 }] } };
}

async function* streamed(): AsyncGenerator<unknown> {
  yield { PayloadChunk: { Payload: Buffer.from("part 1,") } };
  yield { PayloadChunk: { Payload: Buffer.from("part 2") } };
  yield { InvokeComplete: {} };
}

async function* records(): AsyncGenerator<unknown> {
  yield {
    SubscribeToShardEvent: {
      Records: [{ Data: Buffer.from("abc"), PartitionKey: "p", SequenceNumber: "1" }],
      ContinuationSequenceNumber: "1",
      MillisBehindLatest: 0,
    },
  };
  throw new AwsError("ResourceInUseException", "another subscriber");
}

const SERVICES: Readonly<Record<string, Readonly<Record<string, Operation>>>> = {
  apigateway: { GetRestApis: async () => ({ items: [{ id: "abc", name: "api", createdDate: new Date(1_700_000_000_000) }] }) },
  cloudformation: {
    DescribeStacks: async (_, input) => ({
      Stacks: [
        {
          StackName: input["StackName"],
          CreationTime: new Date(0),
          StackStatus: "CREATE_COMPLETE",
          Outputs: [{ OutputKey: "a", OutputValue: "<b>" }],
        },
      ],
    }),
    DeleteStack: async () => ({}),
  },
  dynamodb,
  kinesis: { PutRecord: async () => ({ ShardId: "s", SequenceNumber: "1" }), SubscribeToShard: async () => ({ EventStream: records() }) },
  lambda: {
    Invoke: async (_, input) => ({ StatusCode: 200, ExecutedVersion: "$LATEST", Payload: input["Payload"] }),
    GetFunction: async () => {
      throw new AwsError("ResourceNotFoundException", "Function not found: f");
    },
    DeleteFunction: async () => ({ StatusCode: 204 }),
    InvokeWithResponseStream: async () => ({ StatusCode: 200, ResponseStreamContentType: "text/plain", EventStream: streamed() }),
  },
  logs: { StartLiveTail: async () => ({ responseStream: live() }) },
  s3: s3(),
  sqs,
  ssm: {
    GetParameter: async (_, input) => ({ Parameter: { Name: input["Name"], Value: "v", LastModifiedDate: new Date(1_700_000_000_500) } }),
  },
  sts: {
    GetCallerIdentity: async (context) => ({
      Account: context.account,
      Arn: `arn:aws:iam::${context.account}:root`,
      UserId: context.region,
    }),
  },
};

async function answerApi(context: Context, { id, request }: WebTarget): Promise<WebResponse | undefined> {
  if (id !== "abc123") return undefined;
  const body = JSON.stringify({
    path: request.path,
    query: request.query,
    method: request.method,
    body: Buffer.from(request.body).toString(),
    region: context.region,
  });
  return {
    status: 201,
    headers: [
      ["Set-Cookie", "a=1"],
      ["Set-Cookie", "b=2"],
      ["X-Custom", "Kept"],
    ],
    body,
  };
}

function entryOf(id: string, operations: Readonly<Record<string, Operation>>): ServiceEntry {
  const web = id === "apigateway" ? { "execute-api": answerApi } : {};
  return { id, web: Object.keys(web), load: async () => ({ id, operations, web }) as LoadedService };
}

const unused = (): never => {
  throw new Error("canned services have no state");
};

const platform: Platform = {
  clock: hostClock,
  random: hostRandom,
  logger: silentLogger,
  storage: { transact: unused, snapshot: unused, watch: unused, close: unused } as Platform["storage"],
  blobs: {} as Platform["blobs"],
  jobs: { enqueue: unused, cancel: unused },
  ledger: createLedger(),
  runtime: { invoke: unused, retire: unused, unpack: unused, supports: unused },
  endpoint: "http://127.0.0.1:4566",
  partition: "aws",
  allowLocalCode: false,
};

export const CANNED_CREDENTIALS = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" };

/** A gateway over canned services. With `verify`, only requests signed with the canned credentials pass. */
export function cannedGateway(options: { readonly verify: boolean }): Gateway {
  const entries = Object.entries(SERVICES).map(([id, operations]) => entryOf(id, operations));
  const dispatcher = createDispatcher(platform, entries, validateInput);
  const secretOf = (id: string) => (id === CANNED_CREDENTIALS.accessKeyId ? CANNED_CREDENTIALS.secretAccessKey : undefined);
  return createGateway({ platform, dispatcher, ...(options.verify && { authentication: { verifySignatures: true, secretOf } }) });
}
