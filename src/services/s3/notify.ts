// Tells functions and queues of changed objects. The event leaves with the transaction that changed the object, as a job
// per destination, and is delivered at least once.
import { createHash } from "node:crypto";
import type { Context } from "../../contract/context.ts";
import { defineJob, type JobScope } from "../../contract/service.ts";
import { parseArn } from "../../kernel/ids.ts";
import type { Transaction } from "../../storage/transaction.ts";
import { configuration } from "./configuration.ts";
import { type Bucket, sequences } from "./keys.ts";
import { type Change, eventRecord, matchesRule, type NotificationRule } from "./notification-rules.ts";
import { canonicalUserId } from "./owner.ts";

export const notificationRules = configuration<readonly NotificationRule[]>("notification");

/** Keys of a bucket share this many sequences: writers of different keys rarely meet, events of one key stay in order. */
const SEQUENCE_SHARDS = 64;
/** Sequencers per millisecond: a sequence never lags behind the clock, and may run ahead of it. */
const SEQUENCE_STEP = 1024;
const SEQUENCER_DIGITS = 18;

interface Delivery extends JobScope {
  readonly kind: "function" | "queue";
  readonly arn: string;
  readonly bucket: string;
  /** The event document, as it is sent. */
  readonly body: string;
}

/** Enqueues what the bucket's configuration wants told of a change. */
export async function announce(context: Context, tx: Transaction, bucket: Bucket, change: Change): Promise<void> {
  if (!bucket.notifies) return;
  const rules = (await notificationRules.get(tx, bucket.id)) ?? [];
  const matching = rules.filter((rule) => matchesRule(rule, change.event, change.key));
  if (matching.length === 0) return;
  const timeMs = context.clock.now();
  const sequencer = await nextSequencer(tx, bucket.id, change.key, timeMs);
  for (const rule of matching) {
    const record = eventRecord(change, {
      region: bucket.region,
      timeMs,
      requestId: requestIdOf(context.requestId),
      hostId: hostIdOf(context.requestId),
      principalId: `AWS:${context.principal.accessKeyId ?? context.account}`,
      sourceIp: context.sourceIp,
      ruleId: rule.id,
      bucket: bucket.name,
      ownerId: canonicalUserId(bucket.account).slice(0, 14).toUpperCase(),
      sequencer,
    });
    await enqueueDelivery(context, tx, bucket, rule, JSON.stringify({ Records: [record] }));
  }
}

/** What S3 sends to a queue when a configuration names it, to see that it can. */
export async function announceTest(context: Context, tx: Transaction, bucket: Bucket, rule: NotificationRule): Promise<void> {
  const event = {
    Service: "Amazon S3",
    Event: "s3:TestEvent",
    Time: new Date(context.clock.now()).toISOString(),
    Bucket: bucket.name,
    RequestId: requestIdOf(context.requestId),
    HostId: hostIdOf(context.requestId),
  };
  await enqueueDelivery(context, tx, bucket, rule, JSON.stringify(event));
}

async function enqueueDelivery(context: Context, tx: Transaction, bucket: Bucket, rule: NotificationRule, body: string): Promise<void> {
  const payload: Delivery = {
    account: bucket.account,
    region: bucket.region,
    kind: rule.kind,
    arn: rule.arn,
    bucket: bucket.name,
    body,
  };
  await context.jobs.enqueue(tx, { type: "s3.notify", lane: `${bucket.name}/${rule.id}`, payload });
}

async function nextSequencer(tx: Transaction, bucketId: string, key: string, nowMs: number): Promise<string> {
  const shard = (createHash("md5").update(key).digest()[0] ?? 0) % SEQUENCE_SHARDS;
  const last = (await sequences.get(tx, [bucketId, shard])) ?? 0;
  const next = Math.max(last + 1, nowMs * SEQUENCE_STEP);
  sequences.set(tx, [bucketId, shard], next);
  return next.toString(16).toUpperCase().padStart(SEQUENCER_DIGITS, "0");
}

function requestIdOf(id: string): string {
  return id.replaceAll("-", "").slice(0, 16).toUpperCase();
}

function hostIdOf(id: string): string {
  return createHash("sha512").update(id).digest("base64").slice(0, 76);
}

const MINUTE_MS = 60_000;

export const notifyJob = defineJob<Delivery>({
  concurrency: 16,
  leaseMs: MINUTE_MS,
  retry: { attemptsMax: Number.POSITIVE_INFINITY, backoffMs: 500, backoffMsMax: 5 * MINUTE_MS, ageMsMax: 24 * 60 * MINUTE_MS },
  async run(context, delivery) {
    const as = { ...targetOf(delivery.arn), service: "s3.amazonaws.com", sourceArn: `arn:aws:s3:::${delivery.bucket}` };
    if (delivery.kind === "function") {
      const input = { FunctionName: delivery.arn, InvocationType: "Event", Payload: Buffer.from(delivery.body) } as const;
      await context.call("lambda", "Invoke", input, as);
    } else {
      await context.call("sqs", "SendMessage", { QueueUrl: queueUrl(context, delivery.arn), MessageBody: delivery.body }, as);
    }
  },
});

export function queueUrl(context: Context, arn: string): string {
  const parsed = parseArn(arn);
  return `${context.endpoint}/${parsed?.account}/${parsed?.resource}`;
}

/** The account and region that a destination lives in. */
export function targetOf(arn: string): { readonly account: string; readonly region: string } {
  const parsed = parseArn(arn);
  return { account: parsed?.account ?? "", region: parsed?.region ?? "" };
}
