// ReceiveMessage: takes visible messages out of sight for a while, dead-letters those received too often, and waits for a
// message when asked to. It must never take a message for a client that is gone.
import type { Context } from "../../contract/context.ts";
import type { OperationOf } from "../../contract/service.ts";
import type { Transaction } from "../../storage/transaction.ts";
import { invalidValue, overInFlightLimit, unknownAttribute } from "./errors.ts";
import { type MessageRecord, messages, type QueueRecord, queues } from "./keys.ts";
import { IN_FLIGHT_MESSAGES_MAX, RECEIVE_MESSAGES_MAX, RECEIVE_ROUNDS_MAX, VISIBILITY_SECONDS_MAX, WAIT_SECONDS_MAX } from "./limits.ts";
import { md5OfAttributes, selectAttributes } from "./message-content.ts";
import { addressOf, addressOfArn, arnOf, findQueue, getQueue, type QueueAddress, urlOf } from "./queue-address.ts";
import { formatReceipt } from "./receipt-handle.ts";
import { planSweep, retentionMs } from "./retention.ts";
import {
  add,
  bodyOf,
  claimVisible,
  closeStore,
  isSettled,
  type OpenStore,
  openStore,
  remove,
  replace,
  type StoredMessage,
} from "./store.ts";

interface Received {
  readonly message: StoredMessage;
  readonly body: string;
  readonly store: string;
}

/** What one attempt found, and, when it found nothing, where and how long to wait. */
interface Attempt {
  readonly received: readonly Received[];
  readonly waitSeconds: number;
  readonly store: string;
  readonly nowMs: number;
  readonly nextAtMs: number;
}

const SYSTEM_ATTRIBUTES = new Set([
  "All",
  "SenderId",
  "SentTimestamp",
  "ApproximateReceiveCount",
  "ApproximateFirstReceiveTimestamp",
  "SequenceNumber",
  "MessageDeduplicationId",
  "MessageGroupId",
  "AWSTraceHeader",
  "DeadLetterQueueSourceArn",
]);

export const receiveMessage: OperationOf<"sqs", "ReceiveMessage"> = async (context, input) => {
  const address = addressOf(context, input.QueueUrl);
  const limit = within(input.MaxNumberOfMessages, "MaxNumberOfMessages", 1, RECEIVE_MESSAGES_MAX) ?? 1;
  const wait = within(input.WaitTimeSeconds, "WaitTimeSeconds", 0, WAIT_SECONDS_MAX);
  const visibility = within(input.VisibilityTimeout, "VisibilityTimeout", 0, VISIBILITY_SECONDS_MAX);
  const system = new Set<string>([...(input.AttributeNames ?? []), ...(input.MessageSystemAttributeNames ?? [])]);
  for (const name of system) if (!SYSTEM_ATTRIBUTES.has(name)) throw unknownAttribute(name);
  if (input.ReceiveRequestAttemptId !== undefined) {
    throw invalidValue(
      input.ReceiveRequestAttemptId,
      "ReceiveRequestAttemptId",
      "The request include parameter that is not valid for this queue type",
    );
  }
  const attempt = () => context.storage.transact((tx) => take(context, tx, address, limit, visibility));

  if (context.signal.aborted) return {};
  let found = await attempt();
  const untilMs = context.clock.now() + (wait ?? found.waitSeconds) * 1000;
  if (found.received.length === 0 && untilMs > context.clock.now()) found = await waitForMessage(context, address, found, untilMs, attempt);
  if (found.received.length === 0) return {};
  return { Messages: found.received.map((received) => describe(received, system, input.MessageAttributeNames)) };
};

function within(value: number | undefined, name: string, min: number, max: number): number | undefined {
  if (value === undefined || (value >= min && value <= max)) return value;
  throw invalidValue(value, name, min === 1 ? "Must be between 1 and 10, if provided." : `Must be >= ${min} and <= ${max}, if provided.`);
}

/**
 * Repeats `attempt` whenever a commit writes where a message would become visible within the wait, and whenever one
 * becomes visible by time; ends with an empty answer at `untilMs` or when the client goes.
 */
async function waitForMessage(
  context: Context,
  { account, region, name }: QueueAddress,
  first: Attempt,
  untilMs: number,
  attempt: () => Promise<Attempt>,
): Promise<Attempt> {
  let store = first.store;
  let found = first;
  let woken = true;
  let wake = () => {};
  const onCommit = () => {
    woken = true;
    wake();
  };
  const listen = () => {
    const start = messages.key([account, region, store, found.nowMs, 0]);
    const end = messages.key([account, region, store, untilMs + 1, 0]);
    return context.storage.watch({ start, end }, onCommit);
  };
  // A purge gives the queue another store, a deletion ends the wait with an error.
  const unlistenQueue = context.storage.watch(queues.rangeOf([account, region, name]), onCommit);
  let unlisten = listen();
  const onAbort = () => wake();
  context.signal.addEventListener("abort", onAbort, { once: true });
  try {
    while (!context.signal.aborted) {
      if (woken) {
        woken = false;
        found = await attempt();
        if (found.received.length > 0) return found;
        if (found.store !== store) {
          store = found.store;
          unlisten();
          unlisten = listen();
        }
        continue;
      }
      const nowMs = context.clock.now();
      if (nowMs >= untilMs) return found;
      if (found.nextAtMs <= nowMs) {
        woken = true;
        continue;
      }
      await new Promise<void>((resolve) => {
        const timer = context.clock.setTimer(Math.min(untilMs, found.nextAtMs) - nowMs, resolve);
        wake = () => {
          timer.cancel();
          resolve();
        };
      });
      wake = () => {};
    }
    return found;
  } finally {
    unlisten();
    unlistenQueue();
    context.signal.removeEventListener("abort", onAbort);
  }
}

async function take(
  context: Context,
  tx: Transaction,
  address: QueueAddress,
  limit: number,
  visibility: number | undefined,
): Promise<Attempt> {
  const queue = await getQueue(tx, address);
  const open = await openStore(tx, address, queue.store, context.clock.now());
  const visibleAtMs = open.nowMs + (visibility ?? queue.visibilitySeconds) * 1000;
  const received: Received[] = [];
  const taken = new Set<number>();
  let touched = !isSettled(open);
  let full = false;
  for (let round = 0; round < RECEIVE_ROUNDS_MAX && received.length < limit && !full; round++) {
    // What this receive took with a visibility of 0 is visible again, but not to this receive.
    const asked = limit + taken.size;
    const found = await claimVisible(tx, open, asked);
    for (const message of found) {
      if (taken.has(message.sequence) || received.length === limit) continue;
      if (open.tally.inFlight >= IN_FLIGHT_MESSAGES_MAX) {
        if (received.length === 0) throw overInFlightLimit(urlOf(context, address));
        full = true;
        break;
      }
      touched = true;
      if (message.record.sentAtMs + retentionMs(queue) <= open.nowMs) {
        remove(tx, open, message);
      } else if (!(await deadLetter(context, tx, address, queue, open, message))) {
        const body = await bodyOf(tx, open, message);
        const next = replace(tx, open, message, receivedRecord(message.record, open.nowMs), visibleAtMs);
        received.push({ message: next, body, store: open.store });
        taken.add(message.sequence);
      }
    }
    if (found.length < asked) break;
  }
  if (touched) closeStore(tx, open);
  return { received, waitSeconds: queue.waitSeconds, store: queue.store, nowMs: open.nowMs, nextAtMs: open.tally.nextAtMs };
}

function receivedRecord(record: MessageRecord, nowMs: number): MessageRecord {
  const { moved: _, ...rest } = record;
  return { ...rest, receives: record.receives + 1, firstReceivedAtMs: record.firstReceivedAtMs ?? nowMs, receivedAtMs: nowMs };
}

/** Moves a message that was received often enough to the dead-letter queue; false when it stays, also because that queue is gone. */
async function deadLetter(
  context: Context,
  tx: Transaction,
  address: QueueAddress,
  queue: QueueRecord,
  open: OpenStore,
  message: StoredMessage,
): Promise<boolean> {
  const { redrive } = queue;
  if (!redrive || message.record.receives < redrive.maxReceiveCount) return false;
  const target = addressOfArn(redrive.deadLetterTargetArn);
  const targetQueue = target && (await findQueue(tx, target));
  if (!targetQueue || targetQueue.store === open.store) return false;
  const body = await bodyOf(tx, open, message);
  remove(tx, open, message);
  const targetStore = await openStore(tx, target, targetQueue.store, open.nowMs);
  const { moved: _, receives, receivedAtMs: __, body: ___, ...rest } = message.record;
  const record: MessageRecord = {
    ...rest,
    receives: 0,
    receivesBefore: (message.record.receivesBefore ?? 0) + receives,
    deadLetteredBy: arnOf(address),
  };
  add(tx, targetStore, record, body, targetStore.nowMs);
  await planSweep(context, tx, target, targetQueue, targetStore, record.sentAtMs);
  closeStore(tx, targetStore);
  return true;
}

function describe(received: Received, system: ReadonlySet<string>, attributeNames: readonly string[] | undefined) {
  const { record, sequence, visibleAtMs } = received.message;
  const selected = selectAttributes(record.attributes, attributeNames);
  return {
    MessageId: record.id,
    ReceiptHandle: formatReceipt({ store: received.store, sequence, visibleAtMs, receives: record.receives }),
    MD5OfBody: record.md5,
    Body: received.body,
    ...(system.size > 0 && { Attributes: systemAttributes(record, system) }),
    ...(selected && { MD5OfMessageAttributes: md5OfAttributes(selected), MessageAttributes: selected }),
  };
}

function systemAttributes(record: MessageRecord, wanted: ReadonlySet<string>): Record<string, string> {
  const all: Record<string, string | undefined> = {
    SenderId: record.sender,
    ApproximateFirstReceiveTimestamp: String(record.firstReceivedAtMs),
    ApproximateReceiveCount: String((record.receivesBefore ?? 0) + record.receives),
    SentTimestamp: String(record.sentAtMs),
    AWSTraceHeader: record.trace,
    MessageGroupId: record.group,
    DeadLetterQueueSourceArn: record.deadLetteredBy,
  };
  const chosen: Record<string, string> = {};
  for (const [name, value] of Object.entries(all)) {
    if (value !== undefined && (wanted.has("All") || wanted.has(name))) chosen[name] = value;
  }
  return chosen;
}
