// An upload is a list of orders. Valid ones go to the queue; what is wrong with the others is written beside the upload.
import { createHash } from "node:crypto";
import { GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { SendMessageBatchCommand, SQSClient } from "@aws-sdk/client-sqs";
import type { S3Event } from "aws-lambda";
import { required } from "../environment.ts";
import { type OrderMessage, parseOrder } from "../orders.ts";

const bucket = new S3Client({});
const queue = new SQSClient({});
const QueueUrl = required("QUEUE_URL");
/** The most entries of a batch that SQS takes. */
const BATCH_MAX = 10;

export async function handler(event: S3Event): Promise<void> {
  for (const record of event.Records) {
    const Key = decodeURIComponent(record.s3.object.key.replaceAll("+", " "));
    await importObject(record.s3.bucket.name, Key, record.eventTime);
  }
}

async function importObject(Bucket: string, Key: string, createdAt: string): Promise<void> {
  const object = await bucket.send(new GetObjectCommand({ Bucket, Key }));
  const text = (await object.Body?.transformToString()) ?? "";
  const { messages, problems } = read(text, Key, createdAt);
  for (let at = 0; at < messages.length; at += BATCH_MAX) await send(messages.slice(at, at + BATCH_MAX));
  console.log("imported", { key: Key, orders: messages.length, problems: problems.length });
  if (problems.length === 0) return;
  const report = Key.replace(/^uploads\//, "rejected/");
  await bucket.send(
    new PutObjectCommand({ Bucket, Key: report, Body: JSON.stringify({ upload: Key, problems }), ContentType: "application/json" }),
  );
}

/** An order's id comes from its place in the upload: the same event again makes the same orders. */
function read(text: string, key: string, createdAt: string): { messages: OrderMessage[]; problems: string[] } {
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch {
    return { messages: [], problems: ["The upload is not JSON"] };
  }
  if (!Array.isArray(list)) return { messages: [], problems: ["The upload must be a list of orders"] };
  const messages: OrderMessage[] = [];
  const problems: string[] = [];
  for (const [index, item] of list.entries()) {
    const order = parseOrder(item);
    if (typeof order === "string") {
      problems.push(`[${index}]: ${order}`);
      continue;
    }
    const orderId = createHash("sha256").update(`${key}\n${createdAt}\n${index}`).digest("hex").slice(0, 32);
    messages.push({ ...order, orderId, createdAt, source: "upload" });
  }
  return { messages, problems };
}

async function send(messages: readonly OrderMessage[]): Promise<void> {
  const Entries = messages.map((message, index) => ({ Id: String(index), MessageBody: JSON.stringify(message) }));
  const { Failed = [] } = await queue.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
  // Thrown, the whole upload is tried again: orders that were sent already are known by their ids.
  if (Failed.length > 0) throw new Error(`${Failed.length} orders could not be queued: ${Failed[0]?.Message}`);
}
