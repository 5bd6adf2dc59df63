// AWS::S3::Bucket and AWS::S3::BucketPolicy for CloudFormation, by way of S3's own operations.
import { isDeepStrictEqual } from "node:util";
import type { Context } from "../../contract/context.ts";
import type { InputOf } from "../../contract/models.ts";
import { type PropertyReader, readProperties } from "../../contract/properties.ts";
import type { Properties, ResourceState, ResourceType } from "../../contract/resource.ts";
import { AwsError, hasCode } from "../../kernel/errors.ts";
import {
  readAcl,
  readCors,
  readEncryption,
  readLifecycle,
  readNotifications,
  readOwnership,
  readPublicAccess,
} from "./bucket-properties.ts";
import { FIRST_REGION, makeBucket } from "./buckets.ts";

const NAME_LENGTH_MAX = 63;

type LocationConstraint = NonNullable<InputOf<"s3", "CreateBucket">["CreateBucketConfiguration"]>["LocationConstraint"];

export const bucketType: ResourceType = {
  properties: [
    "BucketName",
    "AccessControl",
    "BucketEncryption",
    "CorsConfiguration",
    "LifecycleConfiguration",
    "NotificationConfiguration",
    "OwnershipControls",
    "PublicAccessBlockConfiguration",
    "Tags",
    "VersioningConfiguration",
  ],
  replaceOn: ["BucketName"],

  async create(context, request, properties) {
    const p = readProperties(request, properties);
    const name = p.string("BucketName") ?? request.generatedName(NAME_LENGTH_MAX, { lowerCase: true });
    const ownership = readOwnership(p);
    const acl = readAcl(p);
    const input = {
      Bucket: name,
      ...(context.region !== FIRST_REGION && { CreateBucketConfiguration: { LocationConstraint: context.region as LocationConstraint } }),
      ...(ownership && { ObjectOwnership: ownership }),
      ...(acl && { ACL: acl }),
    };
    // A step that is repeated after a crash finds its own bucket; anybody else's is not taken over.
    const made = await makeBucket(context, input, `${request.stackId}/${request.logicalId}`);
    if (made === "taken") {
      throw new AwsError("AlreadyExists", `Resource of type 'AWS::S3::Bucket' with identifier '${name}' already exists.`);
    }
    try {
      await configure(context, name, p, readProperties(request, {}));
    } catch (error) {
      if (made === "new") await context.call("s3", "DeleteBucket", { Bucket: name });
      throw error;
    }
    return stateOf(context, name);
  },

  async update(context, request, state, properties, previous) {
    await configure(context, state.physicalId, readProperties(request, properties), readProperties(request, previous));
    return stateOf(context, state.physicalId);
  },

  async delete(context, _request, state) {
    await unless(context.call("s3", "DeleteBucket", { Bucket: state.physicalId }), "NoSuchBucket");
  },
};

function stateOf(context: Context, name: string): ResourceState {
  const website = context.region === FIRST_REGION ? `s3-website-${context.region}` : `s3-website.${context.region}`;
  return {
    physicalId: name,
    attributes: {
      Arn: `arn:aws:s3:::${name}`,
      DomainName: `${name}.s3.amazonaws.com`,
      RegionalDomainName: `${name}.s3.${context.region}.amazonaws.com`,
      DualStackDomainName: `${name}.s3.dualstack.${context.region}.amazonaws.com`,
      WebsiteURL: `http://${name}.${website}.amazonaws.com`,
    },
  };
}

/** Puts what is new or changed, and takes away what is no longer there. */
async function configure(context: Context, name: string, now: PropertyReader, before: PropertyReader): Promise<void> {
  const Bucket = name;
  const step = async (property: string, put: () => Promise<unknown>, remove: () => Promise<unknown>): Promise<void> => {
    if (isDeepStrictEqual(now.any(property), before.any(property))) return;
    if (now.has(property)) await put();
    else await remove();
  };
  const call = context.call;
  await step(
    "OwnershipControls",
    async () => {
      const ownership = readOwnership(now);
      if (ownership)
        await call("s3", "PutBucketOwnershipControls", { Bucket, OwnershipControls: { Rules: [{ ObjectOwnership: ownership }] } });
    },
    () => call("s3", "DeleteBucketOwnershipControls", { Bucket }),
  );
  await step(
    "PublicAccessBlockConfiguration",
    () => call("s3", "PutPublicAccessBlock", { Bucket, PublicAccessBlockConfiguration: readPublicAccess(now) }),
    () => call("s3", "DeletePublicAccessBlock", { Bucket }),
  );
  await step(
    "AccessControl",
    async () => {
      const ACL = readAcl(now);
      // At its creation the bucket was told; the owner's control alone needs no list.
      if (before.has("AccessControl") && ACL) await call("s3", "PutBucketAcl", { Bucket, ACL });
    },
    async () => {},
  );
  await step(
    "VersioningConfiguration",
    async () => {
      const versioning = now.requiredObject("VersioningConfiguration");
      versioning.only(["Status"]);
      const Status = versioning.requiredString("Status");
      if (Status !== "Enabled" && Status !== "Suspended") throw versioning.invalid("Status", `${Status} is not a valid enum value`);
      await call("s3", "PutBucketVersioning", { Bucket, VersioningConfiguration: { Status } });
    },
    async () => {},
  );
  await step(
    "BucketEncryption",
    () => call("s3", "PutBucketEncryption", { Bucket, ServerSideEncryptionConfiguration: readEncryption(now) }),
    () => call("s3", "DeleteBucketEncryption", { Bucket }),
  );
  await step(
    "CorsConfiguration",
    () => call("s3", "PutBucketCors", { Bucket, CORSConfiguration: readCors(now) }),
    () => call("s3", "DeleteBucketCors", { Bucket }),
  );
  await step(
    "LifecycleConfiguration",
    () => call("s3", "PutBucketLifecycleConfiguration", { Bucket, LifecycleConfiguration: readLifecycle(now) }),
    () => call("s3", "DeleteBucketLifecycle", { Bucket }),
  );
  await step(
    "Tags",
    () => {
      const tags = Object.entries(now.tags() ?? {}).map(([Key, Value]) => ({ Key, Value }));
      return call("s3", "PutBucketTagging", { Bucket, Tagging: { TagSet: tags } });
    },
    () => call("s3", "DeleteBucketTagging", { Bucket }),
  );
  await step(
    "NotificationConfiguration",
    () => call("s3", "PutBucketNotificationConfiguration", { Bucket, NotificationConfiguration: readNotifications(now) }),
    () => call("s3", "PutBucketNotificationConfiguration", { Bucket, NotificationConfiguration: {} }),
  );
}

export const bucketPolicyType: ResourceType = {
  properties: ["Bucket", "PolicyDocument"],
  replaceOn: ["Bucket"],

  async create(context, request, properties) {
    const bucket = readProperties(request, properties).requiredString("Bucket");
    await putPolicy(context, request, properties);
    return { physicalId: bucket, attributes: {} };
  },

  async update(context, request, state, properties) {
    await putPolicy(context, request, properties);
    return state;
  },

  async delete(context, _request, state) {
    await unless(context.call("s3", "DeleteBucketPolicy", { Bucket: state.physicalId }), "NoSuchBucket");
  },
};

async function putPolicy(context: Context, request: { readonly logicalId: string }, properties: Properties): Promise<void> {
  const p = readProperties(request, properties);
  const Policy = p.json("PolicyDocument");
  if (Policy === undefined) throw p.invalid("PolicyDocument", "required key [PolicyDocument] not found");
  await context.call("s3", "PutBucketPolicy", { Bucket: p.requiredString("Bucket"), Policy });
}

/** Waits for a call whose failure with this code is as good as success. */
async function unless(call: Promise<unknown>, code: string): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (!hasCode(error, code)) throw error;
  }
}
