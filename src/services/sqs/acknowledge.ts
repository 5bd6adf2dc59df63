// DeleteMessage, ChangeMessageVisibility and their batches: what a consumer says about a message that it received.
import type { Context } from "../../contract/context.ts";
import type { OperationOf } from "../../contract/service.ts";
import { AwsError } from "../../kernel/errors.ts";
import type { Transaction } from "../../storage/transaction.ts";
import { checkBatch, type FailedEntry, failedEntry } from "./batch.ts";
import { invalidReceiptHandle, invalidValue, notAvailable } from "./errors.ts";
import { VISIBILITY_SECONDS_MAX } from "./limits.ts";
import { addressOf, getQueue, type QueueAddress } from "./queue-address.ts";
import { parseReceipt, type Receipt } from "./receipt-handle.ts";
import { closeStore, locate, type OpenStore, openStore, remove, replace } from "./store.ts";

function receiptOf(handle: string): Receipt {
  const receipt = parseReceipt(handle);
  if (!receipt) throw invalidReceiptHandle(handle);
  return receipt;
}

/** Only the latest receipt of a message deletes it; any other succeeds without effect, as the API reference says. */
async function deleteOne(tx: Transaction, open: OpenStore, receipt: Receipt): Promise<void> {
  const message = await locate(tx, open, receipt);
  if (message) remove(tx, open, message);
}

/**
 * Moves a message that is in flight. One whose timeout has run out but which nobody received again is left alone, without an
 * error, as AWS answers; one that is gone, or was received again, is an error.
 */
async function changeOne(tx: Transaction, open: OpenStore, handle: string, receipt: Receipt, seconds: number): Promise<void> {
  const message = await locate(tx, open, receipt);
  if (!message) throw notAvailable(handle);
  if (message.visibleAtMs <= open.nowMs) return;
  const visibleAtMs = open.nowMs + seconds * 1000;
  const receivedAtMs = message.record.receivedAtMs ?? open.nowMs;
  if (visibleAtMs > receivedAtMs + VISIBILITY_SECONDS_MAX * 1000) {
    throw invalidValue(
      seconds,
      "VisibilityTimeout",
      `Total VisibilityTimeout for the message is beyond the limit [${VISIBILITY_SECONDS_MAX} seconds].`,
    );
  }
  replace(tx, open, message, { ...message.record, moved: true }, visibleAtMs);
}

function checkTimeout(seconds: number): void {
  if (seconds >= 0 && seconds <= VISIBILITY_SECONDS_MAX) return;
  throw invalidValue(seconds, "VisibilityTimeout", `VisibilityTimeout must be an integer between 0 and ${VISIBILITY_SECONDS_MAX}.`);
}

async function withStore<T>(context: Context, address: QueueAddress, act: (tx: Transaction, open: OpenStore) => Promise<T>): Promise<T> {
  return context.storage.transact(async (tx) => {
    const queue = await getQueue(tx, address);
    const open = await openStore(tx, address, queue.store, context.clock.now());
    const result = await act(tx, open);
    closeStore(tx, open);
    return result;
  });
}

export const deleteMessage: OperationOf<"sqs", "DeleteMessage"> = async (context, input) => {
  const address = addressOf(context, input.QueueUrl);
  const receipt = receiptOf(input.ReceiptHandle);
  await withStore(context, address, (tx, open) => deleteOne(tx, open, receipt));
  return {};
};

export const changeMessageVisibility: OperationOf<"sqs", "ChangeMessageVisibility"> = async (context, input) => {
  const address = addressOf(context, input.QueueUrl);
  checkTimeout(input.VisibilityTimeout);
  const receipt = receiptOf(input.ReceiptHandle);
  await withStore(context, address, (tx, open) => changeOne(tx, open, input.ReceiptHandle, receipt, input.VisibilityTimeout));
  return {};
};

export const deleteMessageBatch: OperationOf<"sqs", "DeleteMessageBatch"> = async (context, input) => {
  const address = addressOf(context, input.QueueUrl);
  checkBatch("DeleteMessageBatchRequestEntry", input.Entries);
  return actOnEach(context, address, input.Entries, (tx, open, entry) => deleteOne(tx, open, receiptOf(entry.ReceiptHandle)));
};

export const changeMessageVisibilityBatch: OperationOf<"sqs", "ChangeMessageVisibilityBatch"> = async (context, input) => {
  const address = addressOf(context, input.QueueUrl);
  checkBatch("ChangeMessageVisibilityBatchRequestEntry", input.Entries);
  return actOnEach(context, address, input.Entries, async (tx, open, entry) => {
    const seconds = entry.VisibilityTimeout ?? 0;
    checkTimeout(seconds);
    await changeOne(tx, open, entry.ReceiptHandle, receiptOf(entry.ReceiptHandle), seconds);
  });
};

async function actOnEach<E extends { readonly Id: string }>(
  context: Context,
  address: QueueAddress,
  entries: readonly E[],
  act: (tx: Transaction, open: OpenStore, entry: E) => Promise<void>,
) {
  return withStore(context, address, async (tx, open) => {
    const successful: { Id: string }[] = [];
    const failed: FailedEntry[] = [];
    for (const entry of entries) {
      try {
        await act(tx, open, entry);
        successful.push({ Id: entry.Id });
      } catch (error) {
        if (!(error instanceof AwsError)) throw error;
        failed.push(failedEntry(entry.Id, error));
      }
    }
    return { Successful: successful, Failed: failed };
  });
}
