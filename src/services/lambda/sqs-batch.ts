// Batches of messages: the event that a function gets of them, and what its answer means for each. Pure rules.
import type { OutputOf } from "../../contract/models.ts";

export type Message = NonNullable<OutputOf<"sqs", "ReceiveMessage">["Messages"]>[number];

export interface SqsRecord extends Readonly<Record<string, unknown>> {
  readonly messageId: string;
  readonly body: string;
}

/** A record of an SQS event, its members in the order in which AWS writes them. */
export function recordOf(message: Message, queueArn: string, region: string): SqsRecord {
  const attributes = message.MessageAttributes;
  const shown: Record<string, object> = {};
  for (const [name, attribute] of Object.entries(attributes ?? {})) {
    if (!attribute) continue;
    shown[name] = {
      ...(attribute.StringValue !== undefined && { stringValue: attribute.StringValue }),
      ...(attribute.BinaryValue !== undefined && { binaryValue: Buffer.from(attribute.BinaryValue).toString("base64") }),
      stringListValues: [],
      binaryListValues: [],
      dataType: attribute.DataType,
    };
  }
  return {
    messageId: message.MessageId ?? "",
    receiptHandle: message.ReceiptHandle ?? "",
    body: message.Body ?? "",
    attributes: { ...message.Attributes },
    messageAttributes: shown,
    ...(message.MD5OfMessageAttributes !== undefined && { md5OfMessageAttributes: message.MD5OfMessageAttributes }),
    md5OfBody: message.MD5OfBody,
    eventSource: "aws:sqs",
    eventSourceARN: queueArn,
    awsRegion: region,
  };
}

/**
 * Which messages a function's answer leaves in the queue. AWS takes the whole batch as failed when the answer is no JSON
 * object, when an identifier is empty, missing or not of this batch; and as done when there is no list, or an empty one
 * ("Implementing partial batch responses").
 */
export function failedIds(answer: Uint8Array, ids: ReadonlySet<string>): ReadonlySet<string> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(answer).toString());
  } catch {
    return ids;
  }
  if (parsed === null || parsed === undefined) return NONE;
  if (typeof parsed !== "object") return ids;
  const list: unknown = Reflect.get(parsed, "batchItemFailures");
  if (list === null || list === undefined) return NONE;
  if (!Array.isArray(list)) return ids;
  const failed = new Set<string>();
  for (const entry of list) {
    const id: unknown = typeof entry === "object" && entry !== null ? Reflect.get(entry, "itemIdentifier") : undefined;
    if (typeof id !== "string" || !ids.has(id)) return ids;
    failed.add(id);
  }
  return failed;
}

const NONE: ReadonlySet<string> = new Set();
