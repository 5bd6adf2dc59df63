// Queues themselves: create, find, list, describe, change, purge, delete.
import type { Context } from "../../contract/context.ts";
import type { OperationOf } from "../../contract/service.ts";
import { hex } from "../../kernel/ids.ts";
import type { Transaction } from "../../storage/transaction.ts";
import {
  fifoUnsupported,
  invalidQueueName,
  invalidValue,
  purgeInProgress,
  queueDoesNotExist,
  queueNameExists,
  unknownAttribute,
} from "./errors.ts";
import { type QueueRecord, queues, tallies, tasks } from "./keys.ts";
import { JOB_ENTRIES_MAX, PURGE_INTERVAL_MS, QUEUE_SCAN_PAGE, QUEUES_PER_PAGE_MAX } from "./limits.ts";
import { addressOf, addressOfArn, arnOf, findQueue, getQueue, type QueueAddress, urlOf } from "./queue-address.ts";
import {
  type AttributeMap,
  allowsSource,
  applyAttributes,
  DEFAULT_SETTINGS,
  describeSettings,
  differingAttribute,
} from "./queue-attributes.ts";
import { dropStore, planSweep, retentionMs } from "./retention.ts";
import { agedUntil, closeStore, isSettled, openStore, remove } from "./store.ts";
import { checkTags } from "./tags.ts";

const QUEUE_NAME = /^[A-Za-z0-9_-]{1,80}$/;
const STORE_ID_LENGTH = 16;

/** Read-only attributes; the others are the queue's settings. */
const COUNT_ATTRIBUTES = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed"];
const KNOWN_ATTRIBUTES = new Set([
  "All",
  "Policy",
  "VisibilityTimeout",
  "MaximumMessageSize",
  "MessageRetentionPeriod",
  ...COUNT_ATTRIBUTES,
  "CreatedTimestamp",
  "LastModifiedTimestamp",
  "QueueArn",
  "DelaySeconds",
  "ReceiveMessageWaitTimeSeconds",
  "RedrivePolicy",
  "FifoQueue",
  "ContentBasedDeduplication",
  "KmsMasterKeyId",
  "KmsDataKeyReusePeriodSeconds",
  "DeduplicationScope",
  "FifoThroughputLimit",
  "RedriveAllowPolicy",
  "SqsManagedSseEnabled",
]);

export const createQueue: OperationOf<"sqs", "CreateQueue"> = async (context, input) => {
  const name = input.QueueName;
  const attributes: AttributeMap = input.Attributes ?? {};
  if (name.endsWith(".fifo") || attributes["FifoQueue"] === "true") throw fifoUnsupported();
  if (!QUEUE_NAME.test(name)) throw invalidQueueName();
  const settings = applyAttributes(DEFAULT_SETTINGS, attributes);
  const tags = checkTags(context, {}, input.tags ?? {});
  noteKms(context, attributes);
  const address: QueueAddress = { account: context.account, region: context.region, name };
  const store = hex(context.random, STORE_ID_LENGTH);
  await context.storage.transact(async (tx) => {
    const existing = await findQueue(tx, address);
    if (existing) {
      const differing = differingAttribute(existing, attributes);
      if (differing) throw queueNameExists(differing);
      return;
    }
    await checkDeadLetterTarget(tx, address, attributes, settings.redrive?.deadLetterTargetArn);
    const nowMs = context.clock.now();
    const queue: QueueRecord = { ...settings, name, store, createdAtMs: nowMs, modifiedAtMs: nowMs, tags };
    queues.set(tx, [address.account, address.region, name], queue);
  });
  return { QueueUrl: urlOf(context, address) };
};

async function checkDeadLetterTarget(
  tx: Transaction,
  source: QueueAddress,
  attributes: AttributeMap,
  arn: string | undefined,
): Promise<void> {
  const asked = attributes["RedrivePolicy"];
  if (!asked || arn === undefined) return;
  const target = addressOfArn(arn);
  if (target && (target.account !== source.account || target.region !== source.region)) {
    throw invalidValue(asked, "RedrivePolicy", "Dead-letter target owner and region should be same as the source.");
  }
  const queue = target && (await findQueue(tx, target));
  if (!queue) throw invalidValue(asked, "RedrivePolicy", "Dead letter target does not exist.");
  if (!allowsSource(queue.redriveAllow, arnOf(source))) {
    throw invalidValue(asked, "RedrivePolicy", "The dead letter target's RedriveAllowPolicy does not permit this source queue.");
  }
}

function noteKms(context: Context, attributes: AttributeMap): void {
  if (!attributes["KmsMasterKeyId"]) return;
  context.ledger.add({
    service: "sqs",
    operation: context.operation,
    parameter: "KmsMasterKeyId",
    note: "The key is kept and shown, but messages are not encrypted with it, and its permissions are not asked.",
  });
}

export const deleteQueue: OperationOf<"sqs", "DeleteQueue"> = async (context, input) => {
  const address = addressOf(context, input.QueueUrl);
  await context.storage.transact(async (tx) => {
    const queue = await getQueue(tx, address);
    queues.delete(tx, [address.account, address.region, address.name]);
    const moves = await tasks.scan(tx, [address.account, address.region, address.name], { limit: JOB_ENTRIES_MAX });
    for (const { key } of moves) tasks.delete(tx, key);
    await dropStore(context, tx, address, queue.store);
  });
  return {};
};

export const getQueueUrl: OperationOf<"sqs", "GetQueueUrl"> = async (context, input) => {
  const address: QueueAddress = { account: input.QueueOwnerAWSAccountId ?? context.account, region: context.region, name: input.QueueName };
  const queue = await context.storage.snapshot((tx) => findQueue(tx, address));
  if (!queue) throw queueDoesNotExist();
  return { QueueUrl: urlOf(context, address) };
};

export const listQueues: OperationOf<"sqs", "ListQueues"> = async (context, input) => {
  const prefix = input.QueueNamePrefix ?? "";
  const limit = pageSize(input.MaxResults);
  const after = input.NextToken === undefined ? undefined : tokenName(input.NextToken);
  const { account, region } = context;
  const found = await context.storage.snapshot((tx) =>
    queues.scan(tx, [account, region], {
      limit: limit + 1,
      ...(prefix !== "" && { before: [account, region, `${prefix}\u{10FFFF}`] }),
      ...(after !== undefined ? { after: [account, region, after] as const } : { from: [account, region, prefix] }),
    }),
  );
  const names = found.slice(0, limit).map(({ value }) => value.name);
  if (names.length === 0) return {};
  const last = names.at(-1);
  return {
    QueueUrls: names.map((name) => urlOf(context, { account, region, name })),
    // AWS pages only when asked to by MaxResults.
    ...(input.MaxResults !== undefined && found.length > limit && last !== undefined && { NextToken: nameToken(last) }),
  };
};

function pageSize(asked: number | undefined): number {
  if (asked !== undefined && !(asked >= 1 && asked <= QUEUES_PER_PAGE_MAX)) {
    throw invalidValue(asked, "MaxResults", `Must be between 1 and ${QUEUES_PER_PAGE_MAX}, if provided.`);
  }
  return asked ?? QUEUES_PER_PAGE_MAX;
}

const nameToken = (name: string): string => Buffer.from(name).toString("base64");

function tokenName(token: string): string {
  const name = Buffer.from(token, "base64").toString();
  if (!QUEUE_NAME.test(name)) throw invalidValue(token, "NextToken", "The token is not valid.");
  return name;
}

export const listDeadLetterSourceQueues: OperationOf<"sqs", "ListDeadLetterSourceQueues"> = async (context, input) => {
  const address = addressOf(context, input.QueueUrl);
  const limit = pageSize(input.MaxResults);
  const arn = arnOf(address);
  const { account, region } = address;
  const sources: string[] = [];
  let after = input.NextToken === undefined ? undefined : tokenName(input.NextToken);
  let more = true;
  await context.storage.snapshot((tx) => getQueue(tx, address));
  while (more && sources.length <= limit) {
    const found = await context.storage.snapshot((tx) =>
      queues.scan(tx, [account, region], {
        limit: QUEUE_SCAN_PAGE,
        ...(after !== undefined && { after: [account, region, after] as const }),
      }),
    );
    for (const { value } of found) if (value.redrive?.deadLetterTargetArn === arn) sources.push(value.name);
    after = found.at(-1)?.value.name ?? after;
    more = found.length === QUEUE_SCAN_PAGE;
  }
  const names = sources.slice(0, limit);
  const last = names.at(-1);
  return {
    queueUrls: names.map((name) => urlOf(context, { account, region, name })),
    ...(input.MaxResults !== undefined && sources.length > limit && last !== undefined && { NextToken: nameToken(last) }),
  };
};

export const getQueueAttributes: OperationOf<"sqs", "GetQueueAttributes"> = async (context, input) => {
  const address = addressOf(context, input.QueueUrl);
  const names: readonly string[] = input.AttributeNames ?? [];
  for (const name of names) if (!KNOWN_ATTRIBUTES.has(name)) throw unknownAttribute(name);
  const wanted = new Set(names);
  const all = wanted.has("All");
  const counting = all || COUNT_ATTRIBUTES.some((name) => wanted.has(name));
  const queue = await context.storage.snapshot((tx) => getQueue(tx, address));
  const available: Record<string, string> = {
    ...describeSettings(queue),
    QueueArn: arnOf(address),
    ...(counting && (await countMessages(context, address))),
  };
  const attributes = Object.fromEntries(Object.entries(available).filter(([name]) => all || wanted.has(name)));
  return Object.keys(attributes).length === 0 ? {} : { Attributes: attributes };
};

/** Exact counts: settles in as many transactions as it takes, and leaves out what expired at the front of the queue. */
async function countMessages(context: Context, address: QueueAddress): Promise<Record<string, string>> {
  for (;;) {
    const tally = await context.storage.transact(async (tx) => {
      const queue = await getQueue(tx, address);
      const [, visibleBefore] = (await tallies.get(tx, [address.account, address.region, queue.store])) ?? [];
      const open = await openStore(tx, address, queue.store, context.clock.now());
      const expired = await agedUntil(tx, open, open.nowMs - retentionMs(queue), JOB_ENTRIES_MAX);
      for (const message of expired) remove(tx, open, message);
      const done = isSettled(open) && expired.length < JOB_ENTRIES_MAX;
      if (!done || expired.length > 0 || visibleBefore !== open.tally.visible) closeStore(tx, open);
      return done ? open.tally : undefined;
    });
    if (tally) {
      return {
        ApproximateNumberOfMessages: String(tally.visible),
        ApproximateNumberOfMessagesNotVisible: String(tally.inFlight),
        ApproximateNumberOfMessagesDelayed: String(tally.delayed),
      };
    }
  }
}

export const setQueueAttributes: OperationOf<"sqs", "SetQueueAttributes"> = async (context, input) => {
  const address = addressOf(context, input.QueueUrl);
  const attributes: AttributeMap = input.Attributes;
  noteKms(context, attributes);
  await context.storage.transact(async (tx) => {
    const queue = await getQueue(tx, address);
    const { name, store, createdAtMs, purgedAtMs, tags, modifiedAtMs: _, ...current } = queue;
    const settings = applyAttributes(current, attributes);
    await checkDeadLetterTarget(tx, address, attributes, settings.redrive?.deadLetterTargetArn);
    const next: QueueRecord = {
      ...settings,
      name,
      store,
      createdAtMs,
      modifiedAtMs: context.clock.now(),
      tags,
      ...(purgedAtMs !== undefined && { purgedAtMs }),
    };
    queues.set(tx, [address.account, address.region, name], next);
    if (next.retentionSeconds < queue.retentionSeconds) {
      const open = await openStore(tx, address, store, context.clock.now());
      await planSweep(context, tx, address, next, open, open.nowMs - retentionMs(next));
      closeStore(tx, open);
    }
  });
  return {};
};

export const purgeQueue: OperationOf<"sqs", "PurgeQueue"> = async (context, input) => {
  const address = addressOf(context, input.QueueUrl);
  const store = hex(context.random, STORE_ID_LENGTH);
  await context.storage.transact(async (tx) => {
    const queue = await getQueue(tx, address);
    const nowMs = context.clock.now();
    if (queue.purgedAtMs !== undefined && nowMs < queue.purgedAtMs + PURGE_INTERVAL_MS) throw purgeInProgress(address.name);
    queues.set(tx, [address.account, address.region, address.name], { ...queue, store, purgedAtMs: nowMs });
    await dropStore(context, tx, address, queue.store);
  });
  return {};
};
