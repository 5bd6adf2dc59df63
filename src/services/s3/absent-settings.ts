// Settings that no bucket here can have: their readers answer as S3 does where nothing was set, because nothing can be.
import type { OperationOf } from "../../contract/service.ts";
import { findBucket } from "./bucket-documents.ts";
import { missingConfiguration } from "./errors.ts";

export const getBucketAccelerateConfiguration: OperationOf<"s3", "GetBucketAccelerateConfiguration"> = async (context, input) => {
  await findBucket(context, input);
  return {};
};

export const getBucketLogging: OperationOf<"s3", "GetBucketLogging"> = async (context, input) => {
  await findBucket(context, input);
  return {};
};

export const getBucketRequestPayment: OperationOf<"s3", "GetBucketRequestPayment"> = async (context, input) => {
  await findBucket(context, input);
  return { Payer: "BucketOwner" };
};

export const getBucketReplication: OperationOf<"s3", "GetBucketReplication"> = async (context, input) => {
  await findBucket(context, input);
  throw missingConfiguration("ReplicationConfigurationNotFoundError", "The replication configuration was not found", input.Bucket);
};

export const getBucketWebsite: OperationOf<"s3", "GetBucketWebsite"> = async (context, input) => {
  await findBucket(context, input);
  throw missingConfiguration("NoSuchWebsiteConfiguration", "The specified bucket does not have a website configuration", input.Bucket);
};

export const getObjectLockConfiguration: OperationOf<"s3", "GetObjectLockConfiguration"> = async (context, input) => {
  await findBucket(context, input);
  throw missingConfiguration(
    "ObjectLockConfigurationNotFoundError",
    "Object Lock configuration does not exist for this bucket",
    input.Bucket,
  );
};
