// SendMessage and SendMessageBatch. One transaction writes the message and the queue's counts; nothing is sent in part.
import type { Context } from "../../contract/context.ts";
import type { OperationOf } from "../../contract/service.ts";
import { AwsError } from "../../kernel/errors.ts";
import { uuid } from "../../kernel/ids.ts";
import type { Transaction } from "../../storage/transaction.ts";
import { checkBatch, type FailedEntry, failedEntry } from "./batch.ts";
import { batchTooLong, invalidValue, messageTooLong } from "./errors.ts";
import type { MessageRecord, QueueRecord } from "./keys.ts";
import { BATCH_BYTES_MAX, DELAY_SECONDS_MAX, MESSAGE_BYTES_MAX } from "./limits.ts";
import {
  type AttributeInput,
  checkAttributes,
  checkBody,
  checkSystemAttributes,
  md5,
  md5OfAttributes,
  messageBytes,
} from "./message-content.ts";
import { addressOf, getQueue, type QueueAddress } from "./queue-address.ts";
import { planSweep } from "./retention.ts";
import { add, closeStore, type OpenStore, openStore } from "./store.ts";

interface MessageInput {
  readonly MessageBody: string;
  readonly DelaySeconds?: number | undefined;
  readonly MessageAttributes?: Readonly<Record<string, AttributeInput>> | undefined;
  readonly MessageSystemAttributes?: Readonly<Record<string, AttributeInput>> | undefined;
  readonly MessageDeduplicationId?: string | undefined;
  readonly MessageGroupId?: string | undefined;
}

/** A message that passed every check that does not depend on its queue. */
interface Draft {
  readonly record: MessageRecord;
  readonly body: string;
  readonly bytes: number;
  readonly delaySeconds: number | undefined;
  readonly traceMd5: string | undefined;
}

function draft(context: Context, input: MessageInput): Draft {
  const body = input.MessageBody;
  checkBody(body);
  const attributes = checkAttributes(input.MessageAttributes);
  const trace = checkSystemAttributes(input.MessageSystemAttributes);
  const bytes = messageBytes(body, attributes);
  if (bytes > MESSAGE_BYTES_MAX) throw messageTooLong(MESSAGE_BYTES_MAX);
  const delaySeconds = input.DelaySeconds;
  if (delaySeconds !== undefined && !(delaySeconds >= 0 && delaySeconds <= DELAY_SECONDS_MAX)) {
    throw invalidValue(delaySeconds, "DelaySeconds", `DelaySeconds must be >= 0 and <= ${DELAY_SECONDS_MAX}.`);
  }
  if (input.MessageDeduplicationId !== undefined) {
    throw invalidValue(
      input.MessageDeduplicationId,
      "MessageDeduplicationId",
      "The request include parameter that is not valid for this queue type",
    );
  }
  if (input.MessageGroupId !== undefined) {
    context.ledger.add({
      service: "sqs",
      operation: context.operation,
      parameter: "MessageGroupId",
      note: "A standard queue keeps the group of a message, but does not order receives fairly between groups.",
    });
  }
  const record: MessageRecord = {
    id: uuid(context.random),
    md5: md5(body),
    sentAtMs: context.clock.now(),
    sender: context.principal.account,
    receives: 0,
    ...(attributes && { attributes }),
    ...(trace !== undefined && { trace }),
    ...(input.MessageGroupId !== undefined && { group: input.MessageGroupId }),
  };
  const traceMd5 = trace === undefined ? undefined : md5OfAttributes({ AWSTraceHeader: { DataType: "String", StringValue: trace } });
  return { record, body, bytes, delaySeconds, traceMd5 };
}

async function store(
  context: Context,
  tx: Transaction,
  address: QueueAddress,
  queue: QueueRecord,
  open: OpenStore,
  message: Draft,
): Promise<void> {
  const delayMs = (message.delaySeconds ?? queue.delaySeconds) * 1000;
  add(tx, open, message.record, message.body, open.nowMs + delayMs);
  await planSweep(context, tx, address, queue, open, message.record.sentAtMs);
}

const answer = (message: Draft) => ({
  MessageId: message.record.id,
  MD5OfMessageBody: message.record.md5,
  ...(message.record.attributes && { MD5OfMessageAttributes: md5OfAttributes(message.record.attributes) }),
  ...(message.traceMd5 !== undefined && { MD5OfMessageSystemAttributes: message.traceMd5 }),
});

export const sendMessage: OperationOf<"sqs", "SendMessage"> = async (context, input) => {
  const address = addressOf(context, input.QueueUrl);
  const message = draft(context, input);
  await context.storage.transact(async (tx) => {
    const queue = await getQueue(tx, address);
    if (message.bytes > queue.bytesMax) throw messageTooLong(queue.bytesMax);
    const open = await openStore(tx, address, queue.store, context.clock.now());
    await store(context, tx, address, queue, open, message);
    closeStore(tx, open);
  });
  return answer(message);
};

export const sendMessageBatch: OperationOf<"sqs", "SendMessageBatch"> = async (context, input) => {
  const address = addressOf(context, input.QueueUrl);
  checkBatch("SendMessageBatchRequestEntry", input.Entries);
  const failed: FailedEntry[] = [];
  const drafts: { id: string; message: Draft }[] = [];
  const bytes = input.Entries.reduce((sum, entry) => sum + rawBytes(entry), 0);
  if (bytes > BATCH_BYTES_MAX) throw batchTooLong(bytes);
  for (const entry of input.Entries) {
    try {
      drafts.push({ id: entry.Id, message: draft(context, entry) });
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      failed.push(failedEntry(entry.Id, error));
    }
  }
  const tooLong = new Map<string, AwsError>();
  await context.storage.transact(async (tx) => {
    tooLong.clear();
    const queue = await getQueue(tx, address);
    const open = await openStore(tx, address, queue.store, context.clock.now());
    for (const { id, message } of drafts) {
      if (message.bytes > queue.bytesMax) tooLong.set(id, messageTooLong(queue.bytesMax));
      else await store(context, tx, address, queue, open, message);
    }
    closeStore(tx, open);
  });
  for (const [id, error] of tooLong) failed.push(failedEntry(id, error));
  const sent = drafts.filter(({ id }) => !tooLong.has(id));
  return {
    Successful: sent.map(({ id, message }) => ({ Id: id, ...answer(message) })),
    Failed: failed,
  };
};

/** The size of an entry before anything is checked, for the limit of the whole batch. */
function rawBytes(entry: MessageInput): number {
  let bytes = Buffer.byteLength(entry.MessageBody);
  for (const [name, attribute] of Object.entries(entry.MessageAttributes ?? {})) {
    bytes += Buffer.byteLength(name) + Buffer.byteLength(attribute.DataType ?? "");
    bytes += attribute.BinaryValue?.length ?? Buffer.byteLength(attribute.StringValue ?? "");
  }
  return bytes;
}
