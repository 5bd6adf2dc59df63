// A random history of senders, receivers, deletions, timeouts and dead letters, held against a plain model of what SQS promises.
import assert from "node:assert/strict";
import { test } from "node:test";
import { integer, pick, type Random, seededRandom } from "../../kernel/random.ts";
import { createWorld, type World } from "../../testing/world.ts";
import { sqs } from "./service.ts";

interface ModelMessage {
  readonly body: string;
  readonly sentAtMs: number;
  /** Order among messages that became visible at the same time. */
  order: number;
  visibleAtMs: number;
  receives: number;
  total: number;
  queue: "main" | "dead";
  /** The latest handle. */
  handle: string | undefined;
}

const STEPS = 400;
const MAX_RECEIVES = 3;
const VISIBILITY_SECONDS = 10;

interface History {
  readonly world: World;
  readonly random: Random;
  readonly urls: { readonly main: string; readonly dead: string };
  readonly retentionMs: number;
  readonly live: Map<string, ModelMessage>;
  /** Handles that were superseded, or whose message is gone. */
  readonly stale: string[];
  order: number;
  sent: number;
}

const nowOf = (history: History) => history.world.clock.now();

/** Messages of a queue that may be received now, in the order in which they became visible; expired ones are gone. */
function visible(history: History, queue: "main" | "dead"): [string, ModelMessage][] {
  const nowMs = nowOf(history);
  for (const [id, message] of history.live) if (message.sentAtMs + history.retentionMs <= nowMs) history.live.delete(id);
  return [...history.live]
    .filter(([, message]) => message.queue === queue && message.visibleAtMs <= nowMs)
    .sort(([, a], [, b]) => a.visibleAtMs - b.visibleAtMs || a.order - b.order);
}

async function send(history: History): Promise<void> {
  const { world, random, urls } = history;
  const entries = Array.from({ length: 1 + integer(random, 4) }, (_, i) => ({
    Id: `e${i}`,
    // Some bodies are too long to live in the message's own record.
    MessageBody: `m${history.sent++}${integer(random, 5) === 0 ? "x".repeat(5_000) : ""}`,
    DelaySeconds: integer(random, 3) === 0 ? integer(random, 8) : 0,
  }));
  const answer = await world.call("sqs", "SendMessageBatch", { QueueUrl: urls.main, Entries: entries });
  for (const entry of entries) {
    const id = answer.Successful?.find((result) => result?.Id === entry.Id)?.MessageId;
    assert.ok(id);
    history.live.set(id, {
      body: entry.MessageBody,
      sentAtMs: nowOf(history),
      order: history.order++,
      visibleAtMs: nowOf(history) + entry.DelaySeconds * 1000,
      receives: 0,
      total: 0,
      queue: "main",
      handle: undefined,
    });
  }
}

/** What a receive of `limit` messages has to give: the model moves dead letters on the way, as the queue does. */
function expectReceive(history: History, queue: "main" | "dead", limit: number): [string, ModelMessage][] {
  const expected: [string, ModelMessage][] = [];
  for (const [id, message] of visible(history, queue)) {
    if (expected.length === limit) break;
    if (queue === "main" && message.receives >= MAX_RECEIVES) {
      message.queue = "dead";
      message.receives = 0;
      message.visibleAtMs = nowOf(history);
      message.order = history.order++;
      if (message.handle) history.stale.push(message.handle);
      message.handle = undefined;
    } else expected.push([id, message]);
  }
  return expected;
}

async function receive(history: History): Promise<void> {
  const { world, random, urls } = history;
  const queue = integer(random, 6) === 0 ? "dead" : "main";
  const receivers = 1 + integer(random, 3);
  const limit = 1 + integer(random, 3);
  const seconds = integer(random, 3) === 0 ? 1 + integer(random, 20) : undefined;
  const expected = expectReceive(history, queue, receivers * limit);
  const answers = await Promise.all(
    Array.from({ length: receivers }, () =>
      world.call("sqs", "ReceiveMessage", {
        QueueUrl: urls[queue],
        MaxNumberOfMessages: limit,
        AttributeNames: ["All"],
        ...(seconds !== undefined && { VisibilityTimeout: seconds }),
      }),
    ),
  );
  const received = answers.flatMap((answer) => answer.Messages ?? []);
  const ids = received.map((message) => message?.MessageId ?? "");
  assert.equal(new Set(ids).size, ids.length, "a message was given to two receivers");
  assert.deepEqual(ids.toSorted(), expected.map(([id]) => id).toSorted());
  for (const message of received) {
    const model = history.live.get(message?.MessageId ?? "");
    assert.ok(model && message?.ReceiptHandle);
    if (model.handle) history.stale.push(model.handle);
    model.handle = message.ReceiptHandle;
    model.receives++;
    model.total++;
    model.visibleAtMs = nowOf(history) + (seconds ?? VISIBILITY_SECONDS) * 1000;
    assert.equal(message.Body, model.body);
    assert.equal(message.Attributes?.ApproximateReceiveCount, String(model.total));
    assert.equal(message.Attributes?.SentTimestamp, String(model.sentAtMs));
  }
}

async function remove(history: History): Promise<void> {
  const { world, random, urls } = history;
  const held = [...history.live].filter(([, message]) => message.handle !== undefined);
  if (held.length === 0) return;
  const [id, message] = pick(random, held);
  await world.call("sqs", "DeleteMessage", { QueueUrl: urls[message.queue], ReceiptHandle: message.handle ?? "" });
  history.stale.push(message.handle ?? "");
  history.live.delete(id);
}

/** A stale handle deletes nothing. */
async function removeStale(history: History): Promise<void> {
  if (history.stale.length === 0) return;
  await history.world.call("sqs", "DeleteMessage", { QueueUrl: history.urls.main, ReceiptHandle: pick(history.random, history.stale) });
}

async function changeVisibility(history: History): Promise<void> {
  const { world, random, urls } = history;
  const held = [...history.live].filter(
    ([, message]) => message.handle !== undefined && message.sentAtMs + history.retentionMs > nowOf(history),
  );
  if (held.length === 0) return;
  const [, message] = pick(random, held);
  const seconds = integer(random, 15);
  await world.call("sqs", "ChangeMessageVisibility", {
    QueueUrl: urls[message.queue],
    ReceiptHandle: message.handle ?? "",
    VisibilityTimeout: seconds,
  });
  // One whose timeout has run out stays as it is.
  if (message.visibleAtMs > nowOf(history)) message.visibleAtMs = nowOf(history) + seconds * 1000;
}

async function checkCounts(history: History): Promise<void> {
  const nowMs = nowOf(history);
  for (const queue of ["main", "dead"] as const) {
    const { Attributes } = await history.world.call("sqs", "GetQueueAttributes", {
      QueueUrl: history.urls[queue],
      AttributeNames: ["All"],
    });
    const all = [...history.live.values()].filter((message) => message.queue === queue);
    const hidden = all.filter((message) => message.visibleAtMs > nowMs);
    const expected = [
      all.length - hidden.length,
      hidden.filter(({ receives }) => receives > 0).length,
      hidden.filter(({ receives }) => receives === 0).length,
    ];
    const actual = [
      Attributes?.ApproximateNumberOfMessages,
      Attributes?.ApproximateNumberOfMessagesNotVisible,
      Attributes?.ApproximateNumberOfMessagesDelayed,
    ];
    assert.deepEqual(actual, expected.map(String), queue);
  }
}

async function run(seed: number, retentionSeconds: number): Promise<void> {
  const world = await createWorld({ services: [{ id: "sqs", load: async () => sqs }], seed });
  const random = seededRandom(seed);
  const both = { MessageRetentionPeriod: String(retentionSeconds), VisibilityTimeout: String(VISIBILITY_SECONDS) };
  const dead = await world.call("sqs", "CreateQueue", { QueueName: "dead", Attributes: both });
  const main = await world.call("sqs", "CreateQueue", {
    QueueName: "main",
    Attributes: {
      ...both,
      RedrivePolicy: JSON.stringify({ deadLetterTargetArn: "arn:aws:sqs:us-east-1:000000000000:dead", maxReceiveCount: MAX_RECEIVES }),
    },
  });
  const urls = { main: main.QueueUrl ?? "", dead: dead.QueueUrl ?? "" };
  const history: History = { world, random, urls, retentionMs: retentionSeconds * 1000, live: new Map(), stale: [], order: 0, sent: 0 };
  const lasting = retentionSeconds > 3_600;
  const steps = [send, send, receive, receive, receive, remove, removeStale, changeVisibility];
  for (let step = 0; step < STEPS; step++) {
    await pick(random, steps)(history);
    if (integer(random, 2) === 0) await world.advance(integer(random, 4_000));
    if (lasting && step % 5 === 0) await checkCounts(history);
  }
  assert.ok(history.sent > 100);
  // Nothing is lost: what the model still has can be received in the end, and nothing else.
  await world.advance(60_000);
  for (const queue of ["main", "dead"] as const) {
    for (;;) {
      const expected = expectReceive(history, queue, 10);
      const { Messages = [] } = await world.call("sqs", "ReceiveMessage", { QueueUrl: urls[queue], MaxNumberOfMessages: 10 });
      assert.deepEqual(Messages.map((message) => message?.MessageId ?? "").toSorted(), expected.map(([id]) => id).toSorted());
      if (Messages.length === 0) break;
      for (const message of Messages) {
        await world.call("sqs", "DeleteMessage", { QueueUrl: urls[queue], ReceiptHandle: message?.ReceiptHandle ?? "" });
        history.live.delete(message?.MessageId ?? "");
      }
    }
  }
  assert.equal(history.live.size, 0);
  await world.advance(2 * retentionSeconds * 1000);
  await checkCounts(history);
  await world.close();
}

test("random histories with lasting messages keep every promise and every count", async () => {
  for (let seed = 1; seed <= 12; seed++) await run(seed, 345_600);
});

test("random histories with messages that expire", async () => {
  for (let seed = 101; seed <= 112; seed++) await run(seed, 60);
});
