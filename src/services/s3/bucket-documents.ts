// The documents of a bucket: tags, CORS rules, public access block, encryption, ownership, versioning. Each is stored as
// its model has it; what has no effect says so in the ledger.
import type { Context } from "../../contract/context.ts";
import type { InputOf } from "../../contract/models.ts";
import type { OperationOf } from "../../contract/service.ts";
import type { Transaction } from "../../storage/transaction.ts";
import { type BucketInput, bucketOf } from "./access.ts";
import { checkTags, type Encryption, type Tag } from "./attributes.ts";
import { type Configuration, configuration } from "./configuration.ts";
import { invalidArgument, invalidRequest, malformedXml, missingConfiguration, settingNotImplemented } from "./errors.ts";
import { type Bucket, buckets } from "./keys.ts";
import { BUCKET_TAGS_MAX, CORS_RULES_MAX } from "./limits.ts";

export type CorsRules = InputOf<"s3", "PutBucketCors">["CORSConfiguration"]["CORSRules"];
type PublicAccessBlock = InputOf<"s3", "PutPublicAccessBlock">["PublicAccessBlockConfiguration"];

export const bucketTags = configuration<readonly Tag[]>("tags");
export const corsRules = configuration<CorsRules>("cors");
/** `null` once it was deleted: a new bucket has one that blocks everything. */
const publicAccessBlocks = configuration<PublicAccessBlock | null>("publicAccessBlock");
const versioning = configuration<"Suspended">("versioning");

/** A change of a bucket or of one of its documents. */
export async function changeBucket(
  context: Context,
  input: BucketInput,
  change: (tx: Transaction, bucket: Bucket) => void | Promise<void>,
): Promise<Record<string, never>> {
  await context.storage.transact(async (tx) => {
    const bucket = await bucketOf(context, tx, input);
    await change(tx, bucket);
  });
  return {};
}

/** A document of a bucket, or undefined. */
export function readDocument<T>(context: Context, input: BucketInput, document: Configuration<T>): Promise<T | undefined> {
  return context.storage.snapshot(async (tx) => document.get(tx, (await bucketOf(context, tx, input)).id));
}

/** A bucket whose only question is whether it is there. */
export function findBucket(context: Context, input: BucketInput): Promise<Bucket> {
  return context.storage.snapshot((tx) => bucketOf(context, tx, input));
}

export const putBucketTagging: OperationOf<"s3", "PutBucketTagging"> = async (context, input) => {
  const tags = input.Tagging.TagSet;
  checkTags(tags);
  if (tags.length > BUCKET_TAGS_MAX) throw invalidArgument(`Bucket tag count cannot be greater than ${BUCKET_TAGS_MAX}`);
  return changeBucket(context, input, (tx, bucket) => bucketTags.set(tx, bucket.id, tags));
};

export const getBucketTagging: OperationOf<"s3", "GetBucketTagging"> = async (context, input) => {
  const tags = await readDocument(context, input, bucketTags);
  if (!tags) throw missingConfiguration("NoSuchTagSet", "The TagSet does not exist", input.Bucket);
  return { TagSet: tags };
};

export const deleteBucketTagging: OperationOf<"s3", "DeleteBucketTagging"> = (context, input) =>
  changeBucket(context, input, (tx, bucket) => bucketTags.delete(tx, bucket.id));

const CORS_METHODS = ["GET", "PUT", "HEAD", "POST", "DELETE"];

export const putBucketCors: OperationOf<"s3", "PutBucketCors"> = async (context, input) => {
  const rules = input.CORSConfiguration.CORSRules;
  if (rules.length === 0 || rules.length > CORS_RULES_MAX) throw malformedXml();
  for (const rule of rules) {
    for (const method of rule.AllowedMethods) {
      if (!CORS_METHODS.includes(method)) {
        throw invalidRequest(`Found unsupported HTTP method in CORS config. Unsupported method is ${method}`);
      }
    }
    for (const origin of rule.AllowedOrigins) {
      if (origin.split("*").length > 2) throw invalidRequest(`AllowedOrigin "${origin}" can not have more than one wildcard.`);
    }
    for (const header of rule.AllowedHeaders ?? []) {
      if (header.split("*").length > 2) throw invalidRequest(`AllowedHeader "${header}" can not have more than one wildcard.`);
    }
    for (const header of rule.ExposeHeaders ?? []) {
      if (header.includes("*")) {
        throw invalidRequest(`ExposeHeader "${header}" contains wildcard. We currently do not support wildcard for ExposeHeader.`);
      }
    }
  }
  return changeBucket(context, input, (tx, bucket) => corsRules.set(tx, bucket.id, rules));
};

export const getBucketCors: OperationOf<"s3", "GetBucketCors"> = async (context, input) => {
  const rules = await readDocument(context, input, corsRules);
  if (!rules) throw missingConfiguration("NoSuchCORSConfiguration", "The CORS configuration does not exist", input.Bucket);
  return { CORSRules: rules };
};

export const deleteBucketCors: OperationOf<"s3", "DeleteBucketCors"> = (context, input) =>
  changeBucket(context, input, (tx, bucket) => corsRules.delete(tx, bucket.id));

const BLOCKS_EVERYTHING = { BlockPublicAcls: true, IgnorePublicAcls: true, BlockPublicPolicy: true, RestrictPublicBuckets: true };

/** The setting as it applies; undefined when its owner deleted it. */
export async function publicAccessBlockOf(tx: Transaction, bucket: Bucket): Promise<PublicAccessBlock | undefined> {
  const stored = await publicAccessBlocks.get(tx, bucket.id);
  return stored === undefined ? BLOCKS_EVERYTHING : (stored ?? undefined);
}

export const putPublicAccessBlock: OperationOf<"s3", "PutPublicAccessBlock"> = (context, input) => {
  const asked = input.PublicAccessBlockConfiguration;
  return changeBucket(context, input, (tx, bucket) =>
    publicAccessBlocks.set(tx, bucket.id, {
      BlockPublicAcls: asked.BlockPublicAcls ?? false,
      IgnorePublicAcls: asked.IgnorePublicAcls ?? false,
      BlockPublicPolicy: asked.BlockPublicPolicy ?? false,
      RestrictPublicBuckets: asked.RestrictPublicBuckets ?? false,
    }),
  );
};

export const getPublicAccessBlock: OperationOf<"s3", "GetPublicAccessBlock"> = async (context, input) => {
  const stored = await readDocument(context, input, publicAccessBlocks);
  if (stored === null) {
    throw missingConfiguration("NoSuchPublicAccessBlockConfiguration", "The public access block configuration was not found", input.Bucket);
  }
  return { PublicAccessBlockConfiguration: stored ?? BLOCKS_EVERYTHING };
};

export const deletePublicAccessBlock: OperationOf<"s3", "DeletePublicAccessBlock"> = (context, input) =>
  changeBucket(context, input, (tx, bucket) => publicAccessBlocks.set(tx, bucket.id, null));

export const putBucketEncryption: OperationOf<"s3", "PutBucketEncryption"> = async (context, input) => {
  const rules = input.ServerSideEncryptionConfiguration.Rules;
  const [rule] = rules;
  if (!rule || rules.length > 1) throw malformedXml();
  const chosen = rule.ApplyServerSideEncryptionByDefault;
  if (chosen?.KMSMasterKeyID !== undefined && chosen.SSEAlgorithm === "AES256") {
    throw invalidArgument("a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse");
  }
  if (rule.BlockedEncryptionTypes?.EncryptionType?.some((type) => type !== "NONE" && type !== "SSE-C")) throw malformedXml();
  const encryption: Encryption = {
    algorithm: chosen?.SSEAlgorithm ?? "AES256",
    ...(chosen?.KMSMasterKeyID !== undefined && { kmsKeyId: chosen.KMSMasterKeyID }),
    ...(rule.BucketKeyEnabled !== undefined && { bucketKey: rule.BucketKeyEnabled }),
  };
  context.ledger.add({
    service: "s3",
    operation: "PutBucketEncryption",
    parameter: "ServerSideEncryptionConfiguration",
    note: "The algorithm is recorded and answered; the bytes are stored as they are.",
  });
  return changeBucket(context, input, (tx, bucket) => buckets.set(tx, [bucket.name], { ...bucket, encryption }));
};

export const getBucketEncryption: OperationOf<"s3", "GetBucketEncryption"> = async (context, input) => {
  const { encryption } = await findBucket(context, input);
  if (!encryption) {
    throw missingConfiguration(
      "ServerSideEncryptionConfigurationNotFoundError",
      "The server side encryption configuration was not found",
      input.Bucket,
    );
  }
  const rule = {
    ApplyServerSideEncryptionByDefault: {
      SSEAlgorithm: encryption.algorithm,
      ...(encryption.kmsKeyId !== undefined && { KMSMasterKeyID: encryption.kmsKeyId }),
    },
    BucketKeyEnabled: encryption.bucketKey ?? false,
  };
  return { ServerSideEncryptionConfiguration: { Rules: [rule] } };
};

export const deleteBucketEncryption: OperationOf<"s3", "DeleteBucketEncryption"> = (context, input) =>
  changeBucket(context, input, (tx, { encryption: _gone, ...bucket }) => buckets.set(tx, [bucket.name], bucket));

export const putBucketOwnershipControls: OperationOf<"s3", "PutBucketOwnershipControls"> = async (context, input) => {
  const [rule, ...more] = input.OwnershipControls.Rules;
  if (!rule || more.length > 0) throw malformedXml();
  const ownership = rule.ObjectOwnership;
  return changeBucket(context, input, (tx, bucket) => buckets.set(tx, [bucket.name], { ...bucket, ownership }));
};

export const getBucketOwnershipControls: OperationOf<"s3", "GetBucketOwnershipControls"> = async (context, input) => {
  const { ownership } = await findBucket(context, input);
  if (!ownership) {
    throw missingConfiguration("OwnershipControlsNotFoundError", "The bucket ownership controls were not found", input.Bucket);
  }
  return { OwnershipControls: { Rules: [{ ObjectOwnership: ownership }] } };
};

export const deleteBucketOwnershipControls: OperationOf<"s3", "DeleteBucketOwnershipControls"> = (context, input) =>
  changeBucket(context, input, (tx, { ownership: _gone, ...bucket }) => buckets.set(tx, [bucket.name], bucket));

export const putBucketVersioning: OperationOf<"s3", "PutBucketVersioning"> = async (context, input) => {
  const { Status, MFADelete } = input.VersioningConfiguration;
  if (MFADelete === "Enabled") throw settingNotImplemented("VersioningConfiguration with MFADelete Enabled");
  if (Status === "Enabled") throw settingNotImplemented("VersioningConfiguration with Status Enabled");
  if (Status !== "Suspended") throw malformedXml();
  context.ledger.add({
    service: "s3",
    operation: "PutBucketVersioning",
    parameter: "Status",
    note: "A bucket with suspended versioning behaves as one that never had it: deletes leave no markers.",
  });
  return changeBucket(context, input, (tx, bucket) => versioning.set(tx, bucket.id, "Suspended"));
};

export const getBucketVersioning: OperationOf<"s3", "GetBucketVersioning"> = async (context, input) => {
  const status = await readDocument(context, input, versioning);
  return status === undefined ? {} : { Status: status };
};
