// From a bucket's name to its record, for whoever asks: the one place that decides who reaches a bucket.
import type { Context } from "../../contract/context.ts";
import type { ReadTransaction } from "../../storage/transaction.ts";
import { isBucketName } from "./bucket-names.ts";
import { accessDenied, invalidBucketName, noSuchBucket } from "./errors.ts";
import { type Bucket, buckets } from "./keys.ts";

/** What every request on a bucket says. */
export interface BucketInput {
  readonly Bucket: string;
  readonly ExpectedBucketOwner?: string | undefined;
}

/** The bucket, when it exists and belongs to the caller's account. */
export async function bucketOf(context: Context, tx: ReadTransaction, input: BucketInput): Promise<Bucket> {
  const bucket = await buckets.get(tx, [input.Bucket]);
  if (!bucket) throw isBucketName(input.Bucket) ? noSuchBucket(input.Bucket) : invalidBucketName(input.Bucket);
  if (bucket.account !== context.account) throw accessDenied();
  if (input.ExpectedBucketOwner !== undefined && input.ExpectedBucketOwner !== bucket.account) throw accessDenied();
  return bucket;
}

/** Says aloud that AWS would have sent the client to the bucket's own region. Not within a transaction, which may run twice. */
export function noteRegion(context: Context, bucket: Bucket): void {
  if (bucket.region === context.region) return;
  context.ledger.add({
    service: "s3",
    operation: context.operation,
    note: `The bucket ${bucket.name} is in ${bucket.region} and was asked through ${context.region}: AWS redirects, Hearth answers.`,
  });
}
