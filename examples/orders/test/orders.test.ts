// The whole app, from outside: against a platform where it is deployed (`hearth dev`), over HTTP and the SDK.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { before, test } from "node:test";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { EventBridgeClient, ListRulesCommand } from "@aws-sdk/client-eventbridge";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { GetObjectCommand, NoSuchKey, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import {
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { DynamoDBDocumentClient, GetCommand } from "@aws-sdk/lib-dynamodb";
import { call, configuration, eventually, findStack, post, type Stack } from "./platform.ts";

const sqs = new SQSClient(configuration);
const s3 = new S3Client({ ...configuration, forcePathStyle: true });
const lambda = new LambdaClient(configuration);
const table = DynamoDBDocumentClient.from(new DynamoDBClient(configuration));

let stack: Stack;
before(async () => {
  stack = await findStack();
});

async function newUser(name = "Ada"): Promise<string> {
  const { status, body } = await post(`${stack.restUrl}/users`, { name, email: `${name.toLowerCase()}@example.com` });
  assert.equal(status, 201);
  return body.id;
}

const lines = [
  { sku: "book", quantity: 2, priceCents: 1250 },
  { sku: "pen", quantity: 1, priceCents: 99 },
];

const processed = (id: string) =>
  eventually(`order ${id} is processed`, async () => {
    const { body } = await call(`${stack.restUrl}/orders/${id}`);
    return body.status === "PROCESSED" ? body : undefined;
  });

test("users are created, read and listed", async () => {
  const id = await newUser("Grace");
  const { status, body } = await call(`${stack.restUrl}/users/${id}`);
  assert.equal(status, 200);
  assert.deepEqual([body.name, body.email], ["Grace", "grace@example.com"]);
  const page = await call(`${stack.restUrl}/users?limit=1`);
  assert.equal(page.body.users.length, 1);
  const listed = await eventually("the user is listed", async () => {
    const { body: list } = await call(`${stack.restUrl}/users?limit=100`);
    return list.users.find((user) => user.id === id);
  });
  assert.equal(listed.name, "Grace");
});

test("an order is taken, queued and processed", async () => {
  const userId = await newUser();
  const { status, body } = await post(`${stack.restUrl}/orders`, { userId, lines });
  assert.equal(status, 202);
  assert.deepEqual([body.status, body.totalCents, body.currency], ["PENDING", 2599, "EUR"]);
  const order = await processed(body.id);
  assert.equal(order.processedCount, 1);
  assert.equal(order.source, "api");
});

test("a repeated request with the same key is the same order, and a repeated message is processed once", async () => {
  const userId = await newUser();
  const key = { "Idempotency-Key": randomUUID() };
  const first = await post(`${stack.restUrl}/orders`, { userId, lines }, key);
  const second = await post(`${stack.restUrl}/orders`, { userId, lines }, key);
  assert.equal(second.status, 200);
  assert.equal(second.body.id, first.body.id);
  const { createdAt } = await processed(first.body.id);
  const message = { orderId: first.body.id, userId, lines, createdAt, source: "api" };
  await sqs.send(new SendMessageCommand({ QueueUrl: stack.queueUrl, MessageBody: JSON.stringify(message) }));
  await eventually("the queue is empty", async () => {
    const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl: stack.queueUrl, AttributeNames: ["All"] }));
    const left = Number(Attributes?.ApproximateNumberOfMessages) + Number(Attributes?.ApproximateNumberOfMessagesNotVisible);
    return left === 0 ? true : undefined;
  });
  assert.equal((await processed(first.body.id)).processedCount, 1);
});

test("a user's orders are listed, newest first, in pages", async () => {
  const userId = await newUser();
  const ids: string[] = [];
  for (let count = 0; count < 3; count++) ids.push((await post(`${stack.restUrl}/orders`, { userId, lines })).body.id);
  const first = await eventually("all orders are listed", async () => {
    const { body } = await call(`${stack.restUrl}/users/${userId}/orders?limit=2`);
    return body.orders[0]?.id === ids[2] ? body : undefined;
  });
  const rest = await call(`${stack.restUrl}/users/${userId}/orders?limit=2&next=${first.next}`);
  assert.deepEqual(
    [...first.orders, ...rest.body.orders].map((order) => order.id),
    ids.toReversed(),
  );
});

test("mistakes are answered", async () => {
  const userId = await newUser();
  const answers = await Promise.all([
    call(`${stack.restUrl}/users/nobody`),
    call(`${stack.restUrl}/orders/none`),
    post(`${stack.restUrl}/users`, { name: "x", email: "none" }),
    post(`${stack.restUrl}/orders`, { userId: "nobody", lines }),
    post(`${stack.restUrl}/orders`, { userId, lines: [] }),
    post(`${stack.restUrl}/orders`, { userId, lines: [{ sku: "x", quantity: 0, priceCents: 1 }] }),
    call(`${stack.restUrl}/orders`, { method: "POST", body: "no json" }),
    call(`${stack.restUrl}/nothing/here`),
    call(`${stack.httpUrl}/nothing/here`),
  ]);
  assert.deepEqual(
    answers.map((answer) => answer.status),
    [404, 404, 400, 404, 400, 400, 400, 403, 404],
  );
  assert.equal(answers[7]?.body.message, "Missing Authentication Token");
});

test("browsers may call the REST API", async () => {
  const { status, headers } = await call(`${stack.restUrl}/orders`, {
    method: "OPTIONS",
    headers: { Origin: "https://shop.example", "Access-Control-Request-Method": "POST" },
  });
  assert.equal(status, 200);
  assert.equal(headers.get("access-control-allow-origin"), "*");
  assert.match(headers.get("access-control-allow-methods") ?? "", /POST/);
});

test("a message that can never be processed ends in the dead-letter queue, the rest of its batch does not", async () => {
  const poison = `poison ${randomUUID()}`;
  const good = { orderId: randomUUID(), userId: await newUser(), lines, createdAt: new Date().toISOString(), source: "upload" };
  await sqs.send(
    new SendMessageBatchCommand({
      QueueUrl: stack.queueUrl,
      Entries: [
        { Id: "poison", MessageBody: poison },
        { Id: "good", MessageBody: JSON.stringify(good) },
      ],
    }),
  );
  assert.equal((await processed(good.orderId)).processedCount, 1);
  await eventually(
    "the message is in the dead-letter queue",
    async () => {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({
          QueueUrl: stack.deadLetterQueueUrl,
          MaxNumberOfMessages: 10,
          WaitTimeSeconds: 1,
          VisibilityTimeout: 1,
        }),
      );
      return Messages.find((message) => message.Body === poison);
    },
    60,
  );
});

test("an upload becomes orders, and a report of what was wrong in it", async () => {
  const userId = await newUser();
  const name = randomUUID();
  const upload = JSON.stringify([
    { userId, lines },
    { userId, lines: [] },
    { userId, lines },
  ]);
  await s3.send(new PutObjectCommand({ Bucket: stack.uploadBucket, Key: `uploads/${name}.json`, Body: upload }));
  const orders = await eventually("both valid orders are processed", async () => {
    const { body } = await call(`${stack.restUrl}/users/${userId}/orders`);
    return body.orders.length === 2 && body.orders.every((order) => order.status === "PROCESSED") ? body.orders : undefined;
  });
  assert.deepEqual(
    orders.map((order) => order.source),
    ["upload", "upload"],
  );
  const report = await eventually("the report is written", async () => {
    try {
      const object = await s3.send(new GetObjectCommand({ Bucket: stack.uploadBucket, Key: `rejected/${name}.json` }));
      return await object.Body?.transformToString();
    } catch (error) {
      if (error instanceof NoSuchKey) return undefined;
      throw error;
    }
  });
  assert.deepEqual(JSON.parse(report), { upload: `uploads/${name}.json`, problems: ["[1]: lines must be a list of 1 to 100 items"] });
});

test("the summary is scheduled hourly, and counts the orders", async () => {
  const { Rules = [] } = await new EventBridgeClient(configuration).send(new ListRulesCommand({}));
  assert(Rules.some((rule) => rule.ScheduleExpression === "rate(1 hour)" && rule.State === "ENABLED"));
  const { body } = await post(`${stack.restUrl}/orders`, { userId: await newUser(), lines });
  await processed(body.id);
  const result = await lambda.send(
    new InvokeCommand({ FunctionName: stack.functionName("summarize"), Payload: JSON.stringify({ reason: "test" }) }),
  );
  assert.equal(result.FunctionError, undefined);
  const summary = JSON.parse(result.Payload?.transformToString() ?? "");
  assert(summary.byStatus.PROCESSED >= 1);
  const { Item } = await table.send(new GetCommand({ TableName: stack.tableName, Key: { PK: "SUMMARY", SK: summary.hour } }));
  assert.equal(Item?.["reason"], "test");
});

test("the HTTP API tells its status and takes webhooks", async () => {
  const status = await call(`${stack.httpUrl}/status`);
  assert.equal(status.status, 200);
  assert.deepEqual([status.body.service, status.body.currency, status.body.ok], ["orders", "EUR", true]);
  assert.equal(status.headers.get("apigw-requestid"), status.body.requestId);

  const { body } = await post(`${stack.restUrl}/orders`, { userId: await newUser(), lines });
  const secret = { "X-Webhook-Secret": "no-secret" };
  assert.equal((await post(`${stack.httpUrl}/webhooks/payments/${body.id}`, {}, secret)).status, 204);
  assert.match((await call(`${stack.restUrl}/orders/${body.id}`)).body.paidAt, /^\d{4}-/);
  assert.equal((await post(`${stack.httpUrl}/webhooks/payments/${body.id}`, {})).status, 401);
  assert.equal((await post(`${stack.httpUrl}/webhooks/payments/none`, {}, secret)).status, 404);
  assert.equal((await post(`${stack.httpUrl}/webhooks/refunds/1`, {}, secret)).status, 404);
});
