// Lifecycle configurations: stored as they are put, and carried out by one job per bucket after every midnight (UTC).
import type { Context } from "../../contract/context.ts";
import type { OutputOf } from "../../contract/models.ts";
import { defineJob, type JobScope, type OperationOf } from "../../contract/service.ts";
import { changeBucket, readDocument } from "./bucket-documents.ts";
import { configuration } from "./configuration.ts";
import { removeObject } from "./delete-object.ts";
import { malformedXml, missingConfiguration } from "./errors.ts";
import { type Bucket, buckets, objects, uploads } from "./keys.ts";
import { checkLifecycle, DAY_MS, isAbandoned, isExpired, type LifecycleRule, nextMidnight } from "./lifecycle-rules.ts";
import { PAGE_MAX } from "./limits.ts";
import { removeUpload } from "./uploads.ts";

interface Lifecycle {
  readonly rules: readonly LifecycleRule[];
  readonly minimumSize: OutputOf<"s3", "GetBucketLifecycleConfiguration">["TransitionDefaultMinimumObjectSize"];
}

const lifecycles = configuration<Lifecycle>("lifecycle");

/** The one job of a bucket: a configuration put again replaces it. */
const JOB_ID = "daily";

interface Daily extends JobScope {
  readonly bucket: string;
  readonly bucketId: string;
}

export const putBucketLifecycleConfiguration: OperationOf<"s3", "PutBucketLifecycleConfiguration"> = async (context, input) => {
  const rules = input.LifecycleConfiguration?.Rules;
  if (!rules) throw malformedXml();
  checkLifecycle(rules);
  for (const part of ["Transitions", "NoncurrentVersionTransitions", "NoncurrentVersionExpiration"] as const) {
    if (rules.every((rule) => rule[part] === undefined)) continue;
    context.ledger.add({ service: "s3", operation: context.operation, parameter: part, note: "Stored and answered; never carried out." });
  }
  const minimumSize = input.TransitionDefaultMinimumObjectSize ?? "all_storage_classes_128K";
  await changeBucket(context, input, async (tx, bucket) => {
    const named = rules.map((rule, index) => ({ ...rule, ID: rule.ID ?? `rule-${index + 1}` }));
    lifecycles.set(tx, bucket.id, { rules: named, minimumSize });
    const payload: Daily = { account: bucket.account, region: bucket.region, bucket: bucket.name, bucketId: bucket.id };
    const dueAtMs = nextMidnight(context.clock.now() + 1);
    await context.jobs.enqueue(tx, { type: "s3.lifecycle", lane: bucket.id, id: JOB_ID, payload, dueAtMs });
  });
  return { TransitionDefaultMinimumObjectSize: minimumSize };
};

export const getBucketLifecycleConfiguration: OperationOf<"s3", "GetBucketLifecycleConfiguration"> = async (context, input) => {
  const found = await readDocument(context, input, lifecycles);
  if (!found) throw missingConfiguration("NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist", input.Bucket);
  return { Rules: found.rules, TransitionDefaultMinimumObjectSize: found.minimumSize };
};

export const deleteBucketLifecycle: OperationOf<"s3", "DeleteBucketLifecycle"> = (context, input) =>
  changeBucket(context, input, async (tx, bucket) => {
    lifecycles.delete(tx, bucket.id);
    await context.jobs.cancel(tx, "s3.lifecycle", bucket.id, JOB_ID);
  });

export const lifecycleJob = defineJob<Daily>({
  concurrency: 2,
  leaseMs: 60_000,
  retry: { attemptsMax: Number.POSITIVE_INFINITY, backoffMs: 1_000, backoffMsMax: 600_000 },
  async run(context, payload) {
    const nowMs = context.clock.now();
    const found = await context.storage.snapshot(async (tx) => {
      const bucket = await buckets.get(tx, [payload.bucket]);
      if (bucket?.id !== payload.bucketId) return undefined;
      const lifecycle = await lifecycles.get(tx, bucket.id);
      return lifecycle && { bucket, rules: lifecycle.rules };
    });
    if (!found) return undefined;
    await expireObjects(context, found.bucket, found.rules, nowMs);
    await abandonUploads(context, found.bucket, found.rules, nowMs);
    return { kind: "again", dueAtMs: nextMidnight(nowMs - (nowMs % DAY_MS) + 1) };
  },
});

/** Page by page; what is removed is looked at again in the transaction that removes it. */
async function expireObjects(context: Context, bucket: Bucket, rules: readonly LifecycleRule[], nowMs: number): Promise<void> {
  let after: [string, string] | undefined;
  for (;;) {
    const start = after;
    const page = await context.storage.snapshot((tx) => objects.scan(tx, [bucket.id], { limit: PAGE_MAX, ...(start && { after: start }) }));
    const expired = page.filter(({ key, value }) => isExpired(rules, key[1], value, nowMs));
    if (expired.length > 0) {
      await context.storage.transact(async (tx) => {
        for (const { key } of expired) {
          const object = await objects.get(tx, key);
          if (object && isExpired(rules, key[1], object, nowMs)) {
            await removeObject(context, tx, bucket, key[1], object, "LifecycleExpiration:Delete");
          }
        }
      });
    }
    after = page.at(-1)?.key;
    if (page.length < PAGE_MAX) return;
  }
}

async function abandonUploads(context: Context, bucket: Bucket, rules: readonly LifecycleRule[], nowMs: number): Promise<void> {
  let after: [string, string, string] | undefined;
  for (;;) {
    const start = after;
    const page = await context.storage.snapshot((tx) => uploads.scan(tx, [bucket.id], { limit: PAGE_MAX, ...(start && { after: start }) }));
    for (const { key, value } of page) {
      if (isAbandoned(rules, key[1], value.initiatedAtMs, nowMs)) await context.storage.transact((tx) => removeUpload(tx, ...key));
    }
    after = page.at(-1)?.key;
    if (page.length < PAGE_MAX) return;
  }
}
