// The properties of AWS::S3::Bucket in CloudFormation's own names, read into the documents of S3's operations.
import type { InputOf } from "../../contract/models.ts";
import type { PropertyReader } from "../../contract/properties.ts";
import { AwsError } from "../../kernel/errors.ts";

type Ownership = NonNullable<InputOf<"s3", "CreateBucket">["ObjectOwnership"]>;
type Acl = NonNullable<InputOf<"s3", "CreateBucket">["ACL"]>;
type Encryption = InputOf<"s3", "PutBucketEncryption">["ServerSideEncryptionConfiguration"];
type Algorithm = NonNullable<Encryption["Rules"][number]["ApplyServerSideEncryptionByDefault"]>["SSEAlgorithm"];
type Cors = InputOf<"s3", "PutBucketCors">["CORSConfiguration"];
type Lifecycle = NonNullable<InputOf<"s3", "PutBucketLifecycleConfiguration">["LifecycleConfiguration"]>;
type Rule = Lifecycle["Rules"][number];
type Transition = NonNullable<Rule["Transitions"]>[number];
type TransitionClass = Transition["StorageClass"];
type Notifications = InputOf<"s3", "PutBucketNotificationConfiguration">["NotificationConfiguration"];
type Event = NonNullable<Notifications["QueueConfigurations"]>[number]["Events"][number];

/** The template's names of canned lists, and S3's. */
const ACLS: ReadonlyMap<string, Acl> = new Map([
  ["Private", "private"],
  ["PublicRead", "public-read"],
  ["PublicReadWrite", "public-read-write"],
  ["AuthenticatedRead", "authenticated-read"],
]);

export function readAcl(p: PropertyReader): Acl | undefined {
  const name = p.string("AccessControl");
  if (name === undefined) return undefined;
  const acl = ACLS.get(name);
  if (!acl) throw p.invalid("AccessControl", `${name} is not supported`);
  return acl;
}

export function readOwnership(p: PropertyReader): Ownership | undefined {
  const controls = p.object("OwnershipControls");
  controls?.only(["Rules"]);
  const [rule] = controls?.objects("Rules") ?? [];
  rule?.only(["ObjectOwnership"]);
  const ownership = rule?.requiredString("ObjectOwnership");
  if (ownership === undefined) return undefined;
  if (ownership !== "BucketOwnerEnforced" && ownership !== "BucketOwnerPreferred" && ownership !== "ObjectWriter") {
    throw p.invalid("OwnershipControls", `${ownership} is not a valid enum value`);
  }
  return ownership;
}

export function readPublicAccess(p: PropertyReader) {
  const block = p.requiredObject("PublicAccessBlockConfiguration");
  block.only(["BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"]);
  return {
    BlockPublicAcls: block.boolean("BlockPublicAcls") ?? false,
    BlockPublicPolicy: block.boolean("BlockPublicPolicy") ?? false,
    IgnorePublicAcls: block.boolean("IgnorePublicAcls") ?? false,
    RestrictPublicBuckets: block.boolean("RestrictPublicBuckets") ?? false,
  };
}

export function readEncryption(p: PropertyReader): Encryption {
  const encryption = p.requiredObject("BucketEncryption");
  encryption.only(["ServerSideEncryptionConfiguration"]);
  const rules = encryption.objects("ServerSideEncryptionConfiguration").map((rule) => {
    rule.only(["BucketKeyEnabled", "ServerSideEncryptionByDefault"]);
    const chosen = rule.object("ServerSideEncryptionByDefault");
    chosen?.only(["KMSMasterKeyID", "SSEAlgorithm"]);
    const key = chosen?.string("KMSMasterKeyID");
    const bucketKey = rule.boolean("BucketKeyEnabled");
    return {
      ...(chosen && {
        ApplyServerSideEncryptionByDefault: {
          SSEAlgorithm: chosen.requiredString("SSEAlgorithm") as Algorithm,
          ...(key !== undefined && { KMSMasterKeyID: key }),
        },
      }),
      ...(bucketKey !== undefined && { BucketKeyEnabled: bucketKey }),
    };
  });
  return { Rules: rules };
}

export function readCors(p: PropertyReader): Cors {
  const cors = p.requiredObject("CorsConfiguration");
  cors.only(["CorsRules"]);
  const rules = cors.objects("CorsRules").map((rule) => {
    rule.only(["AllowedHeaders", "AllowedMethods", "AllowedOrigins", "ExposedHeaders", "Id", "MaxAge"]);
    const headers = rule.strings("AllowedHeaders");
    const exposed = rule.strings("ExposedHeaders");
    const id = rule.string("Id");
    const maxAge = rule.integer("MaxAge");
    return {
      AllowedMethods: rule.requiredStrings("AllowedMethods"),
      AllowedOrigins: rule.requiredStrings("AllowedOrigins"),
      ...(headers && { AllowedHeaders: headers }),
      ...(exposed && { ExposeHeaders: exposed }),
      ...(id !== undefined && { ID: id }),
      ...(maxAge !== undefined && { MaxAgeSeconds: maxAge }),
    };
  });
  return { CORSRules: rules };
}

export function readLifecycle(p: PropertyReader): Lifecycle {
  const lifecycle = p.requiredObject("LifecycleConfiguration");
  lifecycle.only(["Rules"]);
  return { Rules: lifecycle.objects("Rules").map(readRule) };
}

function readRule(rule: PropertyReader): Rule {
  rule.only([
    "AbortIncompleteMultipartUpload",
    "ExpirationDate",
    "ExpirationInDays",
    "ExpiredObjectDeleteMarker",
    "Id",
    "NoncurrentVersionExpiration",
    "NoncurrentVersionExpirationInDays",
    "ObjectSizeGreaterThan",
    "ObjectSizeLessThan",
    "Prefix",
    "Status",
    "TagFilters",
    "Transition",
    "Transitions",
  ]);
  const status = rule.requiredString("Status");
  if (status !== "Enabled" && status !== "Disabled") throw rule.invalid("Status", `${status} is not a valid enum value`);
  const id = rule.string("Id");
  const expiration = readExpiration(rule);
  const transition = rule.object("Transition");
  const transitions = [...(transition ? [transition] : []), ...rule.objects("Transitions")].map(readTransition);
  const abort = rule.object("AbortIncompleteMultipartUpload");
  abort?.only(["DaysAfterInitiation"]);
  const noncurrent = rule.object("NoncurrentVersionExpiration");
  noncurrent?.only(["NoncurrentDays", "NewerNoncurrentVersions"]);
  const noncurrentDays = noncurrent?.integer("NoncurrentDays") ?? rule.integer("NoncurrentVersionExpirationInDays");
  const newer = noncurrent?.integer("NewerNoncurrentVersions");
  return {
    Status: status,
    Filter: readFilter(rule),
    ...(id !== undefined && { ID: id }),
    ...(expiration && { Expiration: expiration }),
    ...(transitions.length > 0 && { Transitions: transitions }),
    ...(abort && { AbortIncompleteMultipartUpload: { DaysAfterInitiation: abort.requiredInteger("DaysAfterInitiation") } }),
    ...(noncurrentDays !== undefined && {
      NoncurrentVersionExpiration: { NoncurrentDays: noncurrentDays, ...(newer !== undefined && { NewerNoncurrentVersions: newer }) },
    }),
  };
}

/** One condition stands for itself, several are joined. */
function readFilter(rule: PropertyReader): NonNullable<Rule["Filter"]> {
  const prefix = rule.string("Prefix");
  const above = rule.integer("ObjectSizeGreaterThan");
  const below = rule.integer("ObjectSizeLessThan");
  const tags = rule.objects("TagFilters").map((tag) => ({ Key: tag.requiredString("Key"), Value: tag.requiredString("Value") }));
  const conditions = {
    ...(prefix !== undefined && { Prefix: prefix }),
    ...(above !== undefined && { ObjectSizeGreaterThan: above }),
    ...(below !== undefined && { ObjectSizeLessThan: below }),
  };
  const count = Object.keys(conditions).length + tags.length;
  if (count > 1) return { And: { ...conditions, ...(tags.length > 0 && { Tags: tags }) } };
  const [tag] = tags;
  if (tag) return { Tag: tag };
  return count === 0 ? { Prefix: "" } : conditions;
}

function readExpiration(rule: PropertyReader): Rule["Expiration"] {
  const days = rule.integer("ExpirationInDays");
  const date = rule.string("ExpirationDate");
  const marker = rule.boolean("ExpiredObjectDeleteMarker");
  if (days === undefined && date === undefined && marker === undefined) return undefined;
  return {
    ...(days !== undefined && { Days: days }),
    ...(date !== undefined && { Date: readDate(rule, "ExpirationDate", date) }),
    ...(marker !== undefined && { ExpiredObjectDeleteMarker: marker }),
  };
}

function readTransition(transition: PropertyReader): Transition {
  transition.only(["StorageClass", "TransitionDate", "TransitionInDays"]);
  const days = transition.integer("TransitionInDays");
  const date = transition.string("TransitionDate");
  return {
    StorageClass: transition.requiredString("StorageClass") as NonNullable<TransitionClass>,
    ...(days !== undefined && { Days: days }),
    ...(date !== undefined && { Date: readDate(transition, "TransitionDate", date) }),
  };
}

function readDate(reader: PropertyReader, name: string, text: string): Date {
  const date = new Date(text);
  if (Number.isNaN(date.getTime())) throw reader.invalid(name, `${text} is not a date`);
  return date;
}

export function readNotifications(p: PropertyReader): Notifications {
  const document = p.requiredObject("NotificationConfiguration");
  document.only(["EventBridgeConfiguration", "LambdaConfigurations", "QueueConfigurations", "TopicConfigurations"]);
  if (document.object("EventBridgeConfiguration")?.boolean("EventBridgeEnabled") !== false && document.has("EventBridgeConfiguration")) {
    throw new AwsError("NotImplemented", "Notification to EventBridge (EventBridgeConfiguration) is not implemented by Hearth's S3.", {
      status: 501,
    });
  }
  const topics = document.objects("TopicConfigurations");
  if (topics.length > 0) {
    throw new AwsError("NotImplemented", "A notification to an SNS topic (TopicConfigurations) is not implemented by Hearth's S3.", {
      status: 501,
    });
  }
  return {
    QueueConfigurations: document.objects("QueueConfigurations").map((entry) => {
      entry.only(["Event", "Filter", "Queue"]);
      return { QueueArn: entry.requiredString("Queue"), ...readSubscription(entry) };
    }),
    LambdaFunctionConfigurations: document.objects("LambdaConfigurations").map((entry) => {
      entry.only(["Event", "Filter", "Function"]);
      return { LambdaFunctionArn: entry.requiredString("Function"), ...readSubscription(entry) };
    }),
  };
}

function readSubscription(entry: PropertyReader) {
  const filter = entry.object("Filter");
  filter?.only(["S3Key"]);
  const key = filter?.requiredObject("S3Key");
  key?.only(["Rules"]);
  const rules = key?.objects("Rules").map((rule) => {
    rule.only(["Name", "Value"]);
    const name = rule.requiredString("Name").toLowerCase();
    if (name !== "prefix" && name !== "suffix") throw rule.invalid("Name", "filter rule name must be either prefix or suffix");
    return { Name: name, Value: rule.requiredString("Value") } as const;
  });
  return { Events: [entry.requiredString("Event") as Event], ...(rules && { Filter: { Key: { FilterRules: rules } } }) };
}
