// The consumer of the queue. A message may come more than once, and one that fails must not drag the others of its batch along.
import { UpdateCommand } from "@aws-sdk/lib-dynamodb";
import type { SQSBatchItemFailure, SQSBatchResponse, SQSEvent } from "aws-lambda";
import { required } from "../environment.ts";
import { parseMessage, totalCents } from "../orders.ts";
import { isConditionFailure, orderIndex, orderKey, TableName, table } from "../table.ts";

const currency = required("CURRENCY");

export async function handler(event: SQSEvent): Promise<SQSBatchResponse> {
  const results = await Promise.allSettled(event.Records.map((record) => processOrder(record.body)));
  const batchItemFailures: SQSBatchItemFailure[] = [];
  for (const [index, result] of results.entries()) {
    const messageId = event.Records[index]?.messageId;
    if (result.status === "fulfilled" || messageId === undefined) continue;
    console.error("the message failed", { messageId, reason: String(result.reason) });
    batchItemFailures.push({ itemIdentifier: messageId });
  }
  return { batchItemFailures };
}

/** PENDING, or not there yet (it came by upload), becomes PROCESSED. Any other state means that this was done before. */
async function processOrder(body: string): Promise<void> {
  const { orderId, userId, lines, createdAt, source } = parseMessage(body);
  const { GSI1PK, GSI1SK } = orderIndex(userId, orderId, createdAt);
  try {
    await table.send(
      new UpdateCommand({
        TableName,
        Key: orderKey(orderId),
        UpdateExpression: `SET #status = :processed, processedAt = :now, id = if_not_exists(id, :id), userId = if_not_exists(userId, :user),
          #lines = if_not_exists(#lines, :lines), totalCents = if_not_exists(totalCents, :total), currency = if_not_exists(currency, :currency),
          #source = if_not_exists(#source, :source), createdAt = if_not_exists(createdAt, :created),
          GSI1PK = if_not_exists(GSI1PK, :pk), GSI1SK = if_not_exists(GSI1SK, :sk) ADD processedCount :one`,
        ConditionExpression: "attribute_not_exists(PK) OR #status = :pending",
        ExpressionAttributeNames: { "#status": "status", "#lines": "lines", "#source": "source" },
        ExpressionAttributeValues: {
          ":processed": "PROCESSED",
          ":pending": "PENDING",
          ":now": new Date().toISOString(),
          ":id": orderId,
          ":user": userId,
          ":lines": lines,
          ":total": totalCents(lines),
          ":currency": currency,
          ":source": source,
          ":created": createdAt,
          ":pk": GSI1PK,
          ":sk": GSI1SK,
          ":one": 1,
        },
      }),
    );
    console.log("processed", { orderId });
  } catch (error) {
    if (!isConditionFailure(error)) throw error;
    console.log("processed before", { orderId });
  }
}
