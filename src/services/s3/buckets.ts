// Buckets: create, delete, find, list. A name belongs to whoever took it first, over all accounts and regions.
import { withHeaders } from "../../contract/answer.ts";
import type { Context } from "../../contract/context.ts";
import type { InputOf, OutputOf } from "../../contract/models.ts";
import type { OperationOf } from "../../contract/service.ts";
import { AwsError } from "../../kernel/errors.ts";
import { hex } from "../../kernel/ids.ts";
import type { Transaction } from "../../storage/transaction.ts";
import { bucketOf } from "./access.ts";
import { checkTags } from "./attributes.ts";
import { bucketTags } from "./bucket-documents.ts";
import { isBucketName } from "./bucket-names.ts";
import { deleteConfigurations } from "./configuration.ts";
import {
  aclWithObjectOwnership,
  bucketAlreadyExists,
  bucketAlreadyOwnedByYou,
  bucketNotEmpty,
  illegalLocationConstraint,
  invalidArgument,
  invalidBucketName,
  invalidLocationConstraint,
  notFound,
  notImplemented,
} from "./errors.ts";
import { type Bucket, buckets, type ObjectOwnership, objects, ownedBuckets } from "./keys.ts";
import { BUCKET_PAGE_MAX, BUCKET_TAGS_MAX } from "./limits.ts";
import { ownerOf } from "./owner.ts";
import { readToken, writeToken } from "./tokens.ts";

type LocationConstraint = OutputOf<"s3", "GetBucketLocation">["LocationConstraint"];

/** The region that has no location constraint, and whose endpoint creates buckets anywhere. */
export const FIRST_REGION = "us-east-1";
const BUCKET_ID_LENGTH = 16;

export const createBucket: OperationOf<"s3", "CreateBucket"> = async (context, input) => {
  await makeBucket(context, input);
  const location = regionFor(context, input) === FIRST_REGION ? `/${input.Bucket}` : `http://${input.Bucket}.s3.amazonaws.com/`;
  return { Location: location, BucketArn: `arn:aws:s3:::${input.Bucket}` };
};

/**
 * Makes a bucket. With `maker` (a stack's resource) the bucket remembers who made it: asked again by the same maker it is
 * "found", and one that exists otherwise is "taken".
 */
export async function makeBucket(
  context: Context,
  input: InputOf<"s3", "CreateBucket">,
  maker?: string,
): Promise<"new" | "found" | "taken"> {
  if (!isBucketName(input.Bucket)) throw invalidBucketName(input.Bucket);
  const region = regionFor(context, input);
  refuse(input);
  const ownership = input.ObjectOwnership ?? "BucketOwnerEnforced";
  checkCreationAcl(context, input, ownership);
  const tags = input.CreateBucketConfiguration?.Tags ?? [];
  checkTags(tags);
  if (tags.length > BUCKET_TAGS_MAX) throw invalidArgument(`Bucket tag count cannot be greater than ${BUCKET_TAGS_MAX}`);
  const bucket: Bucket = {
    id: hex(context.random, BUCKET_ID_LENGTH),
    name: input.Bucket,
    account: context.account,
    region,
    createdAtMs: context.clock.now(),
    ownership,
    notifies: false,
    ...(maker !== undefined && { maker }),
  };
  return context.storage.transact(async (tx) => {
    const existing = await buckets.get(tx, [bucket.name]);
    if (existing) {
      if (maker !== undefined) return existing.maker === maker ? "found" : "taken";
      checkRecreation(existing, bucket);
      return "found";
    }
    buckets.set(tx, [bucket.name], bucket);
    ownedBuckets.set(tx, [bucket.account, bucket.name], { region, createdAtMs: bucket.createdAtMs });
    if (tags.length > 0) bucketTags.set(tx, bucket.id, tags);
    return "new";
  });
}

/** Where the bucket goes: the endpoint's region, unless the first region's endpoint is told another. */
function regionFor(context: Context, input: InputOf<"s3", "CreateBucket">): string {
  const constraint: string | undefined = input.CreateBucketConfiguration?.LocationConstraint;
  if (context.region === FIRST_REGION) {
    if (constraint === undefined || constraint === "") return FIRST_REGION;
    if (constraint === "EU") return "eu-west-1";
    if (constraint === FIRST_REGION || !/^[a-z]{2}(-[a-z]+)+-\d$/.test(constraint)) throw invalidLocationConstraint(constraint);
    return constraint;
  }
  if (constraint === undefined || constraint === "") throw illegalLocationConstraint("unspecified");
  const region = constraint === "EU" ? "eu-west-1" : constraint;
  if (region !== context.region) throw illegalLocationConstraint(constraint);
  return region;
}

function refuse(input: InputOf<"s3", "CreateBucket">): void {
  if (input.ObjectLockEnabledForBucket === true) throw notImplemented("x-amz-bucket-object-lock-enabled");
  if (input.BucketNamespace === "account-regional") throw notImplemented("x-amz-bucket-namespace");
  if (input.CreateBucketConfiguration?.Location ?? input.CreateBucketConfiguration?.Bucket)
    throw notImplemented("Location of a directory bucket");
}

function checkCreationAcl(context: Context, input: InputOf<"s3", "CreateBucket">, ownership: ObjectOwnership): void {
  const grants = input.GrantFullControl ?? input.GrantRead ?? input.GrantReadACP ?? input.GrantWrite ?? input.GrantWriteACP;
  if (grants === undefined && (input.ACL === undefined || input.ACL === "private")) return;
  if (ownership === "BucketOwnerEnforced") throw aclWithObjectOwnership();
  context.ledger.add({
    service: "s3",
    operation: "CreateBucket",
    parameter: grants === undefined ? "ACL" : "Grant headers",
    note: "Access control lists are accepted where the bucket allows them, and grant nothing.",
  });
}

/** In the first region, creating one's own bucket again succeeds. */
function checkRecreation(existing: Bucket, asked: Bucket): void {
  if (existing.account !== asked.account) throw bucketAlreadyExists(asked.name);
  if (existing.region !== FIRST_REGION || asked.region !== FIRST_REGION) throw bucketAlreadyOwnedByYou(asked.name);
}

export const deleteBucket: OperationOf<"s3", "DeleteBucket"> = async (context, input) => {
  await context.storage.transact(async (tx) => {
    const bucket = await bucketOf(context, tx, input);
    if ((await objects.scan(tx, [bucket.id], { limit: 1 })).length > 0) throw bucketNotEmpty(bucket.name);
    await removeBucket(context, tx, bucket);
  });
  return {};
};

async function removeBucket(context: Context, tx: Transaction, bucket: Bucket): Promise<void> {
  buckets.delete(tx, [bucket.name]);
  ownedBuckets.delete(tx, [bucket.account, bucket.name]);
  await deleteConfigurations(tx, bucket.id);
  // Uploads that were never completed go with the bucket, however many there are.
  await context.jobs.enqueue(tx, {
    type: "s3.clear",
    lane: bucket.id,
    payload: { account: bucket.account, region: bucket.region, bucketId: bucket.id },
  });
  await context.jobs.cancel(tx, "s3.lifecycle", bucket.id, "daily");
}

export const headBucket: OperationOf<"s3", "HeadBucket"> = async (context, input) => {
  try {
    const bucket = await context.storage.snapshot((tx) => bucketOf(context, tx, input));
    return { BucketRegion: bucket.region, BucketArn: `arn:aws:s3:::${bucket.name}`, AccessPointAlias: false };
  } catch (error) {
    if (error instanceof AwsError && error.code === "NoSuchBucket")
      throw withHeaders(notFound(), { "x-amz-bucket-region": context.region });
    throw error;
  }
};

export const getBucketLocation: OperationOf<"s3", "GetBucketLocation"> = async (context, input) => {
  const bucket = await context.storage.snapshot((tx) => bucketOf(context, tx, input));
  return bucket.region === FIRST_REGION ? {} : { LocationConstraint: bucket.region as LocationConstraint };
};

/** How many records one step of a filtered listing reads. */
const STEP = 1000;

export const listBuckets: OperationOf<"s3", "ListBuckets"> = async (context, input) => {
  const max = input.MaxBuckets ?? BUCKET_PAGE_MAX;
  if (max < 1 || max > BUCKET_PAGE_MAX) {
    throw invalidArgument("Argument max-buckets must be an integer between 1 and 10000", "max-buckets", String(max));
  }
  const prefix = input.Prefix ?? "";
  const start = input.ContinuationToken === undefined ? undefined : readToken(input.ContinuationToken);
  const found = await context.storage.snapshot(async (tx) => {
    const page: { readonly name: string; readonly region: string; readonly createdAtMs: number }[] = [];
    let after = start;
    for (;;) {
      const records = await ownedBuckets.scan(tx, [context.account], {
        limit: STEP,
        ...(after !== undefined ? { after: [context.account, after] } : { from: [context.account, prefix] }),
      });
      for (const { key, value } of records) {
        if (!key[1].startsWith(prefix)) return page;
        if (input.BucketRegion !== undefined && input.BucketRegion !== value.region) continue;
        page.push({ name: key[1], ...value });
        if (page.length > max) return page;
      }
      after = records.at(-1)?.key[1];
      if (records.length < STEP) return page;
    }
  });
  const page = found.slice(0, max);
  const paged = input.MaxBuckets !== undefined || input.Prefix !== undefined || input.BucketRegion !== undefined;
  return {
    Owner: ownerOf(context.account),
    Buckets: page.map((bucket) => ({
      Name: bucket.name,
      CreationDate: new Date(bucket.createdAtMs),
      BucketArn: `arn:aws:s3:::${bucket.name}`,
      ...(paged && { BucketRegion: bucket.region }),
    })),
    ...(input.Prefix !== undefined && { Prefix: input.Prefix }),
    ...(found.length > max && { ContinuationToken: writeToken(page.at(-1)?.name ?? "") }),
  };
};
