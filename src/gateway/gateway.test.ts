// The request path by tables: what a request is taken for, and what is answered to what nobody knows.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { Context } from "../contract/context.ts";
import type { HttpRequest, HttpResponse } from "../contract/http.ts";
import type { WebTarget } from "../contract/web.ts";
import { AwsError } from "../kernel/errors.ts";
import { createWorld, type World } from "../testing/world.ts";
import type { ServiceEntry } from "./dispatch.ts";
import { createGateway } from "./gateway.ts";

type Operations = Readonly<Record<string, (context: Context, input: never) => Promise<unknown>>>;

/** A service that answers with who asked and what for, in a member that its output has. */
function echo(
  id: "s3" | "sqs" | "sts" | "apigateway" | "apigatewayv2" | "ssm",
  operations: Operations,
  web?: Readonly<Record<string, unknown>>,
): ServiceEntry {
  return { id, load: async () => ({ id, operations, ...(web && { web }) }) as Awaited<ReturnType<ServiceEntry["load"]>> };
}

const api = async (context: { region: string }, target: WebTarget) =>
  target.id === "known1"
    ? { status: 200, headers: [["x-region", context.region]], body: `${target.kind} ${target.request.path}?${target.request.query}` }
    : undefined;

const strangeHeaders = async (_: unknown, target: WebTarget) => {
  const headers = [
    ["X-Several", "1"],
    ["X-Several", "2"],
    ["Content-Length", "5000"],
    ["transfer-encoding", "chunked"],
    ["no name", "x"],
    ["x-text", "line\nbreak é"],
  ];
  return target.id === "headers" ? { status: 200, headers, body: "x" } : undefined;
};

const bucketAndKey = async (_: unknown, input: { Bucket: string; Key?: string }) => ({ ContentType: `${input.Bucket}|${input.Key ?? ""}` });

const world: World = await createWorld({
  services: [
    echo("s3", {
      HeadObject: bucketAndKey,
      GetObject: bucketAndKey,
      GetObjectTagging: async (_, { Key }: { Key: string }) => {
        throw new AwsError("NoSuchKey", "The specified key does not exist.", { status: 404, fields: { Key } });
      },
      ListBuckets: async () => ({ Owner: { ID: "me" } }),
      GetBucketLocation: async () => ({}),
      HeadBucket: async (_, { Bucket }: { Bucket: string }) => ({ BucketRegion: Bucket }),
      PutObject: async () => {
        throw new TypeError("a defect that clients learn nothing of");
      },
    }),
    echo("sqs", {
      GetQueueUrl: async () => ({ QueueUrl: "u" }),
      SendMessage: async (_, { QueueUrl }: { QueueUrl: string }) => ({ MessageId: QueueUrl }),
    }),
    echo("sts", { GetCallerIdentity: async ({ account, region, sourceIp }) => ({ Account: account, UserId: region, Arn: sourceIp }) }),
    echo("apigateway", { GetRestApis: async () => ({ items: [{ id: "v1" }] }) }, { "execute-api": api }),
    echo("apigatewayv2", { GetApis: async () => ({ Items: [{ Name: "v2" }] }) }, { "execute-api": strangeHeaders }),
    echo("ssm", {
      GetParameter: async () => {
        throw new AwsError("ParameterNotFound", "");
      },
    }),
  ],
});
after(() => world.close());

interface Sent {
  readonly method?: string;
  readonly target?: string;
  readonly host?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly sourceIp?: string;
}

function request({
  method = "GET",
  target = "/",
  host = "localhost:4566",
  headers = {},
  body = "",
  sourceIp = "127.0.0.1",
}: Sent): HttpRequest {
  const [path = "/", query = ""] = target.split("?");
  const bytes = Buffer.from(body);
  return {
    method,
    path,
    query,
    headers: { host, "content-length": String(bytes.length), ...headers },
    rawHeaders: [],
    body: {
      collect: async () => bytes,
      async *[Symbol.asyncIterator]() {
        yield bytes;
      },
    },
    sourceIp,
    protocol: "HTTP/1.1",
    scheme: "http",
    signal: new AbortController().signal,
  };
}

function signedFor(service: string, accessKey = "test", region = "us-east-1"): Readonly<Record<string, string>> {
  return {
    authorization: `AWS4-HMAC-SHA256 Credential=${accessKey}/20260101/${region}/${service}/aws4_request, SignedHeaders=host, Signature=00`,
  };
}

const FORM = { "content-type": "application/x-www-form-urlencoded" };
const JSON_10 = { "content-type": "application/x-amz-json-1.0" };

async function answer(sent: Sent, gateway = world.gateway): Promise<HttpResponse> {
  return gateway.handle(request(sent));
}

for (const [name, sent, status, pattern] of [
  [
    "Query by signing name",
    { method: "POST", headers: { ...FORM, ...signedFor("sts", "123456789012", "eu-west-1") }, body: "Action=GetCallerIdentity" },
    200,
    /<UserId>eu-west-1<\/UserId><Account>123456789012<\/Account>/,
  ],
  [
    "Query by version, unsigned",
    { method: "POST", headers: FORM, body: "Action=GetCallerIdentity&Version=2011-06-15" },
    200,
    /<Account>000000000000</,
  ],
  [
    "the address that a request came from",
    { target: "/?Action=GetCallerIdentity&Version=2011-06-15", sourceIp: "192.0.2.9" },
    200,
    /<Arn>192\.0\.2\.9<\/Arn>/,
  ],
  ["Query by GET", { target: "/?Action=GetCallerIdentity&Version=2011-06-15" }, 200, /<Account>000000000000</],
  [
    "Query: an unknown action",
    { method: "POST", headers: { ...FORM, ...signedFor("sts") }, body: "Action=Nonsense" },
    400,
    /<Code>InvalidAction<\/Code><Message>The action Nonsense is not valid/,
  ],
  [
    "Query: one that is not implemented",
    { method: "POST", headers: { ...FORM, ...signedFor("sts") }, body: "Action=GetSessionToken" },
    501,
    /<Code>NotImplemented<\/Code><Message>sts:GetSessionToken is not implemented by Hearth/,
  ],
  [
    "Query: an unknown service",
    { method: "POST", headers: { ...FORM, ...signedFor("nothing") }, body: "Action=Foo&Version=1999-01-01" },
    400,
    /InvalidAction/,
  ],
  [
    "Query to SQS by hand, unsigned",
    { method: "POST", target: "/000000000000/q", headers: FORM, body: "Action=SendMessage&MessageBody=x" },
    200,
    /<MessageId>/,
  ],
  [
    "Query to SQS at the queue's own URL",
    { method: "POST", target: "/000000000000/q", headers: { ...FORM, ...signedFor("sqs") }, body: "Action=SendMessage&MessageBody=x" },
    200,
    /<MessageId>http:\/\/localhost:4566\/000000000000\/q<\/MessageId>/,
  ],
  [
    "JSON",
    { method: "POST", headers: { ...JSON_10, "x-amz-target": "AmazonSQS.GetQueueUrl" }, body: '{"QueueName":"q"}' },
    200,
    /"QueueUrl":"u"/,
  ],
  [
    "JSON: an unknown target",
    { method: "POST", headers: { ...JSON_10, "x-amz-target": "Nobody.Foo" }, body: "{}" },
    400,
    /UnknownOperationException.*Nobody\.Foo/,
  ],
  [
    "JSON: an unknown operation",
    { method: "POST", headers: { ...JSON_10, "x-amz-target": "AmazonSQS.Foo" }, body: "{}" },
    400,
    /UnknownOperationException.*sqs:Foo/,
  ],
  [
    "JSON: a service that is not implemented",
    { method: "POST", headers: { ...JSON_10, "x-amz-target": "TrentService.ListKeys" }, body: "{}" },
    501,
    /kms:ListKeys is not implemented/,
  ],
  [
    "JSON that is none",
    { method: "POST", headers: { ...JSON_10, "x-amz-target": "AmazonSQS.GetQueueUrl" }, body: "{" },
    400,
    /SerializationException/,
  ],
  [
    "an error without a message",
    {
      method: "POST",
      headers: { "content-type": "application/x-amz-json-1.1", "x-amz-target": "AmazonSSM.GetParameter" },
      body: '{"Name":"a"}',
    },
    400,
    /^\{"__type":"ParameterNotFound"/,
  ],
  [
    "CBOR: an unknown service",
    { method: "POST", target: "/service/Nobody/operation/Foo", headers: { "smithy-protocol": "rpc-v2-cbor" } },
    404,
    /UnknownOperationException/,
  ],
  ["REST: API Gateway v1", { target: "/restapis", headers: signedFor("apigateway") }, 200, /"id":"v1"/],
  ["REST: API Gateway v2, by the same signing name", { target: "/v2/apis", headers: signedFor("apigateway") }, 200, /"name":"v2"/],
  ["REST: an unknown path", { target: "/nonsense/x", headers: signedFor("lambda") }, 404, /lambda has no operation for GET \/nonsense\/x/],
  ["REST: an unknown signing name", { headers: signedFor("nothing") }, 404, /No service is known by the signing name nothing/],
  ["REST by host, unsigned", { target: "/restapis", host: "apigateway.us-east-1.amazonaws.com" }, 200, /"id":"v1"/],
  ["S3: no bucket", { headers: signedFor("s3") }, 200, /<ListAllMyBucketsResult xmlns="http:\/\/s3\.amazonaws\.com\/doc\/2006-03-01\/">/],
  [
    "S3: what an error is about",
    { target: "/bucket/a%26b?tagging", headers: signedFor("s3") },
    404,
    /<Error><Code>NoSuchKey<\/Code><Message>The specified key does not exist\.<\/Message><Key>a&amp;b<\/Key><RequestId>/,
  ],
  [
    "S3: a bare location",
    { target: "/bucket?location", headers: signedFor("s3") },
    200,
    /<LocationConstraint xmlns="[^"]+"><\/LocationConstraint>$/,
  ],
  ["S3: a method that there is not", { method: "PATCH", target: "/bucket/key" }, 405, /<Code>MethodNotAllowed<\/Code>/],
  [
    "S3: a defect of ours",
    { method: "PUT", target: "/bucket/key", headers: { "content-length": "0" } },
    500,
    /<Code>InternalFailure<\/Code>(?!.*defect)/,
  ],
  [
    "S3: an expired presigned URL",
    {
      target:
        "/bucket/key?X-Amz-Credential=test%2F20200101%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20200101T000000Z&X-Amz-Expires=60&X-Amz-Signature=0",
    },
    403,
    /<Message>Request has expired<\/Message>/,
  ],
  ["a credential that is cut off", { headers: { authorization: "AWS4-HMAC-SHA256 Credential=x" } }, 403, /IncompleteSignature/],
  ["LocalStack's health", { target: "/_localstack/health" }, 200, /"sqs":"available"/],
  ["a page that there is not", { target: "/_hearth/nothing" }, 404, /has no page/],
] as const) {
  test(name, async () => {
    const got = await answer(sent);
    assert.match(String(got.body), pattern);
    assert.equal(got.status, status);
  });
}

for (const [host, target, expected] of [
  ["localhost:4566", "/bucket/a/b%20c", "bucket|a/b c"],
  ["127.0.0.1:4566", "/bucket/a//b/", "bucket|a//b/"],
  ["bucket.s3.localhost:4566", "/a/b", "bucket|a/b"],
  ["my.dotted.bucket.s3.localhost:4566", "/a", "my.dotted.bucket|a"],
  ["bucket.s3.eu-west-1.localhost", "/a", "bucket|a"],
  ["bucket.localhost:4566", "/a", "bucket|a"],
  ["bucket.s3.localhost.localstack.cloud:4566", "/a", "bucket|a"],
  ["bucket.s3.us-east-1.amazonaws.com", "/a", "bucket|a"],
  ["bucket.s3.amazonaws.com", "/a", "bucket|a"],
  ["bucket.s3-eu-west-1.amazonaws.com", "/a", "bucket|a"],
  ["s3.us-east-1.amazonaws.com", "/bucket/a", "bucket|a"],
  ["s3.localhost:4566", "/bucket/a%2Fb", "bucket|a/b"],
  ["BUCKET.S3.LOCALHOST", "/Case", "bucket|Case"],
  ["example.org", "/bucket/%E9", "bucket|%E9"],
] as const) {
  test(`S3: ${host}${target} is ${expected}`, async () => {
    assert.equal((await answer({ host, target })).headers["content-type"], expected);
  });
}

for (const [host, target, expected] of [
  ["localhost:4566", "/_aws/execute-api/known1/dev/a%20b?x=1", "us-east-1 execute-api /dev/a%20b?x=1"],
  ["localhost:4566", "/_aws/execute-api/known1", "us-east-1 execute-api /?"],
  ["known1.execute-api.localhost:4566", "/dev/a", "us-east-1 execute-api /dev/a?"],
  ["known1.execute-api.eu-west-1.amazonaws.com", "/dev/a", "eu-west-1 execute-api /dev/a?"],
  ["known1.execute-api.localhost.localstack.cloud:4566", "/dev/", "us-east-1 execute-api /dev/?"],
  ["localhost:4566", "/restapis/known1/dev/_user_request_/a/b?c", "us-east-1 execute-api /dev/a/b?c"],
  ["localhost:4566", "/restapis/known1/dev/_user_request_", "us-east-1 execute-api /dev/?"],
  ["localhost:4566", "/_aws/execute-api/known1/$default/a", "us-east-1 execute-api /$default/a?"],
  ["localhost:4566", "/_aws/execute-api/other1/dev/", '{"message":"Forbidden"}'],
  ["localhost:4566", "/_aws/execute-api//dev/", '{"message":"Forbidden"}'],
  ["localhost:4566", "/_aws/execute-api/", '{"message":"Forbidden"}'],
  ["localhost:4566", "/_aws/execute-api", '{"message":"Forbidden"}'],
  ["other1.execute-api.localhost:4566", "/", '{"message":"Forbidden"}'],
  ["known1.lambda-url.us-east-1.localhost:4566", "/", '{"message":"Forbidden"}'],
] as const) {
  test(`web: ${host}${target} is ${expected}`, async () => {
    const got = await answer({ host, target });
    assert.equal(got.status === 200 ? `${String(got.headers["x-region"])} ${String(got.body)}` : got.body, expected);
    if (got.status !== 200) assert.equal(got.status, 403);
  });
}

test("web: an API's headers go out as HTTP allows them", async () => {
  const got = await answer({ target: "/_aws/execute-api/headers/dev/" });
  assert.deepEqual(got.headers, { "X-Several": ["1", "2"], "x-text": "line break é".replace("é", Buffer.from("é").toString("latin1")) });
});

test("a denial of whoever authorizes is the answer, and nothing runs", async () => {
  const gateway = createGateway({
    platform: world.platform,
    dispatcher: world.dispatcher,
    authorize: ({ service, operation, principal }) => {
      throw new AwsError("AccessDenied", `User: ${principal.account} may not ${service}:${operation}`, { status: 403 });
    },
  });
  const got = await answer({ method: "HEAD", target: "/bucket/key" }, gateway);
  assert.deepEqual([got.status, got.body], [403, undefined]);
  assert.match(String((await answer({ target: "/bucket/key" }, gateway)).body), /000000000000 may not s3:GetObject/);
});

test("a page of the platform's own", async () => {
  const page = async (sent: HttpRequest): Promise<HttpResponse> => ({ status: 200, headers: {}, body: sent.path });
  const gateway = createGateway({ platform: world.platform, dispatcher: world.dispatcher, pages: { "/_hearth/health": page } });
  assert.equal((await answer({ target: "/_hearth/health" }, gateway)).body, "/_hearth/health");
});
