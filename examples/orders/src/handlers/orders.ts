// POST /orders, GET /orders/{id}, GET /users/{id}/orders
import { createHash, randomUUID } from "node:crypto";
import { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { GetCommand, PutCommand, QueryCommand } from "@aws-sdk/lib-dynamodb";
import { required } from "../environment.ts";
import { bodyOf, encodeToken, HttpError, handle, json, pageOf, pathParameter } from "../http.ts";
import { type OrderMessage, parseOrder, totalCents } from "../orders.ts";
import { INDEX, isConditionFailure, orderIndex, orderKey, ordersOf, TableName, table, userKey } from "../table.ts";

const queue = new SQSClient({});
const QueueUrl = required("QUEUE_URL");
const currency = required("CURRENCY");

/**
 * Takes an order: written as PENDING, then queued. A caller that sends an `Idempotency-Key` may repeat the request after a
 * failure: it gets the same order, which is queued again as long as it waits, so that a crash between the two steps loses nothing.
 */
export const create = handle(async (event) => {
  const request = parseOrder(bodyOf(event));
  if (typeof request === "string") throw new HttpError(400, request);
  const { Item: user } = await table.send(new GetCommand({ TableName, Key: userKey(request.userId) }));
  if (!user) throw new HttpError(404, "There is no such user");

  const idempotencyKey = headerOf(event.headers, "idempotency-key");
  const id =
    idempotencyKey === undefined
      ? randomUUID()
      : createHash("sha256").update(`${request.userId}\n${idempotencyKey}`).digest("hex").slice(0, 32);
  const createdAt = new Date().toISOString();
  const order = { id, ...request, totalCents: totalCents(request.lines), currency, status: "PENDING", source: "api", createdAt };
  try {
    await table.send(
      new PutCommand({
        TableName,
        Item: { ...orderKey(id), ...orderIndex(request.userId, id, createdAt), ...order },
        ConditionExpression: "attribute_not_exists(PK)",
      }),
    );
  } catch (error) {
    if (!isConditionFailure(error)) throw error;
    const known = await table.send(new GetCommand({ TableName, Key: orderKey(id), ConsistentRead: true }));
    if (known.Item?.["status"] !== "PENDING") return json(200, describe(known.Item ?? {}));
    const message: OrderMessage = { ...request, orderId: id, createdAt: String(known.Item["createdAt"]), source: "api" };
    await queue.send(new SendMessageCommand({ QueueUrl, MessageBody: JSON.stringify(message) }));
    return json(200, describe(known.Item));
  }
  const message: OrderMessage = { ...request, orderId: id, createdAt, source: "api" };
  await queue.send(new SendMessageCommand({ QueueUrl, MessageBody: JSON.stringify(message) }));
  return json(202, order);
});

export const get = handle(async (event) => {
  const { Item } = await table.send(new GetCommand({ TableName, Key: orderKey(pathParameter(event, "id")), ConsistentRead: true }));
  if (!Item) throw new HttpError(404, "There is no such order");
  return json(200, describe(Item));
});

export const listOfUser = handle(async (event) => {
  const page = await table.send(
    new QueryCommand({
      TableName,
      IndexName: INDEX,
      KeyConditionExpression: "GSI1PK = :user AND begins_with(GSI1SK, :order)",
      ExpressionAttributeValues: { ":user": ordersOf(pathParameter(event, "id")), ":order": "ORDER#" },
      ScanIndexForward: false,
      ...pageOf(event),
    }),
  );
  return json(200, { orders: (page.Items ?? []).map(describe), next: encodeToken(page.LastEvaluatedKey) });
});

function describe({ PK: _pk, SK: _sk, GSI1PK: _index, GSI1SK: _sort, ...order }: Record<string, unknown>) {
  return order;
}

/** REST APIs pass header names on as the client wrote them. */
function headerOf(headers: Readonly<Record<string, string | undefined>>, name: string): string | undefined {
  return Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1];
}
