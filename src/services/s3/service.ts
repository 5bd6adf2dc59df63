// S3's table of contents.
import { defineService } from "../../contract/service.ts";
import {
  getBucketAccelerateConfiguration,
  getBucketLogging,
  getBucketReplication,
  getBucketRequestPayment,
  getBucketWebsite,
  getObjectLockConfiguration,
} from "./absent-settings.ts";
import { getBucketAcl, getObjectAcl, putBucketAcl, putObjectAcl } from "./acl.ts";
import {
  deleteBucketCors,
  deleteBucketEncryption,
  deleteBucketOwnershipControls,
  deleteBucketTagging,
  deletePublicAccessBlock,
  getBucketCors,
  getBucketEncryption,
  getBucketOwnershipControls,
  getBucketTagging,
  getBucketVersioning,
  getPublicAccessBlock,
  putBucketCors,
  putBucketEncryption,
  putBucketOwnershipControls,
  putBucketTagging,
  putBucketVersioning,
  putPublicAccessBlock,
} from "./bucket-documents.ts";
import { deleteBucketPolicy, getBucketPolicy, getBucketPolicyStatus, putBucketPolicy } from "./bucket-policy.ts";
import { createBucket, deleteBucket, getBucketLocation, headBucket, listBuckets } from "./buckets.ts";
import { completeMultipartUpload } from "./complete-upload.ts";
import { copyObject } from "./copy-object.ts";
import { crossOrigin } from "./cross-origin.ts";
import { deleteObject, deleteObjects } from "./delete-object.ts";
import { getObject, headObject } from "./get-object.ts";
import { deleteBucketLifecycle, getBucketLifecycleConfiguration, lifecycleJob, putBucketLifecycleConfiguration } from "./lifecycle.ts";
import { listObjects, listObjectsV2, listObjectVersions } from "./list-objects.ts";
import { getBucketNotificationConfiguration, putBucketNotificationConfiguration } from "./notification-configuration.ts";
import { notifyJob } from "./notify.ts";
import { getObjectAttributes } from "./object-attributes.ts";
import { deleteObjectTagging, getObjectTagging, putObjectTagging } from "./object-tagging.ts";
import { putObject } from "./put-object.ts";
import { bucketPolicyType, bucketType } from "./resources.ts";
import { listParts, uploadPart, uploadPartCopy } from "./upload-parts.ts";
import { abortMultipartUpload, clearJob, createMultipartUpload, listMultipartUploads } from "./uploads.ts";

export const s3 = defineService<"s3">({
  id: "s3",
  operations: {
    AbortMultipartUpload: abortMultipartUpload,
    CompleteMultipartUpload: completeMultipartUpload,
    CopyObject: copyObject,
    CreateBucket: createBucket,
    CreateMultipartUpload: createMultipartUpload,
    DeleteBucket: deleteBucket,
    DeleteBucketCors: deleteBucketCors,
    DeleteBucketEncryption: deleteBucketEncryption,
    DeleteBucketLifecycle: deleteBucketLifecycle,
    DeleteBucketOwnershipControls: deleteBucketOwnershipControls,
    DeleteBucketPolicy: deleteBucketPolicy,
    DeleteBucketTagging: deleteBucketTagging,
    DeleteObject: deleteObject,
    DeleteObjects: deleteObjects,
    DeleteObjectTagging: deleteObjectTagging,
    DeletePublicAccessBlock: deletePublicAccessBlock,
    GetBucketAccelerateConfiguration: getBucketAccelerateConfiguration,
    GetBucketAcl: getBucketAcl,
    GetBucketCors: getBucketCors,
    GetBucketEncryption: getBucketEncryption,
    GetBucketLifecycleConfiguration: getBucketLifecycleConfiguration,
    GetBucketLocation: getBucketLocation,
    GetBucketLogging: getBucketLogging,
    GetBucketNotificationConfiguration: getBucketNotificationConfiguration,
    GetBucketOwnershipControls: getBucketOwnershipControls,
    GetBucketPolicy: getBucketPolicy,
    GetBucketPolicyStatus: getBucketPolicyStatus,
    GetBucketReplication: getBucketReplication,
    GetBucketRequestPayment: getBucketRequestPayment,
    GetBucketTagging: getBucketTagging,
    GetBucketVersioning: getBucketVersioning,
    GetBucketWebsite: getBucketWebsite,
    GetObject: getObject,
    GetObjectAcl: getObjectAcl,
    GetObjectAttributes: getObjectAttributes,
    GetObjectLockConfiguration: getObjectLockConfiguration,
    GetObjectTagging: getObjectTagging,
    GetPublicAccessBlock: getPublicAccessBlock,
    HeadBucket: headBucket,
    HeadObject: headObject,
    ListBuckets: listBuckets,
    ListMultipartUploads: listMultipartUploads,
    ListObjects: listObjects,
    ListObjectsV2: listObjectsV2,
    ListObjectVersions: listObjectVersions,
    ListParts: listParts,
    PutBucketAcl: putBucketAcl,
    PutBucketCors: putBucketCors,
    PutBucketEncryption: putBucketEncryption,
    PutBucketLifecycleConfiguration: putBucketLifecycleConfiguration,
    PutBucketNotificationConfiguration: putBucketNotificationConfiguration,
    PutBucketOwnershipControls: putBucketOwnershipControls,
    PutBucketPolicy: putBucketPolicy,
    PutBucketTagging: putBucketTagging,
    PutBucketVersioning: putBucketVersioning,
    PutObject: putObject,
    PutObjectAcl: putObjectAcl,
    PutObjectTagging: putObjectTagging,
    PutPublicAccessBlock: putPublicAccessBlock,
    UploadPart: uploadPart,
    UploadPartCopy: uploadPartCopy,
  },
  crossOrigin,
  jobs: { clear: clearJob, lifecycle: lifecycleJob, notify: notifyJob },
  resources: { "AWS::S3::Bucket": bucketType, "AWS::S3::BucketPolicy": bucketPolicyType },
});
