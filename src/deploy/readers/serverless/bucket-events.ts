// `s3` events: a bucket that tells a function of its changes. The app's own buckets get a notification; one that exists
// elsewhere gets it through a resource that adds to what the bucket has.
import type { Json, JsonObject, Position } from "../../template/document.ts";
import { addPermission, addResource, attribute, type Draft } from "./draft.ts";
import { alphanumericId, bucketId, functionId, lambdaId } from "./naming.ts";
import { sectionOf } from "./section.ts";

/** The type of `services/cloudformation` that adds notifications to a bucket of another owner. */
const EXISTING_BUCKET_TYPE = "Hearth::S3::BucketNotification";

export function addBucketEvent(draft: Draft, key: string, value: Json, position: Position | undefined, path: string): void {
  const wrong = (message: string) => void draft.reading.problems.push({ message: `${path} ${message}`, ...(position && { position }) });
  const object = typeof value === "string" ? { bucket: value } : value;
  if (typeof object !== "object" || object === null || Array.isArray(object)) {
    wrong("must be the name of a bucket or an object");
    return;
  }
  const section = sectionOf(draft.reading, object, path, position);
  section.check({
    honoured: ["bucket", "event", "rules", "existing"],
    ignored: { forceDeploy: undefined },
  });
  const bucket = section.string("bucket");
  if (bucket === undefined) {
    wrong("needs the name of a bucket");
    return;
  }
  const existing = section.boolean("existing") ?? false;
  if (!existing && !/^[A-Za-z0-9.-]{3,63}$/.test(bucket)) {
    section.problem("bucket", `"${bucket}" is no name of a bucket`);
    return;
  }
  const rules = section.list("rules").flatMap((rule) => {
    rule.section?.check({ honoured: ["prefix", "suffix"] });
    return Object.entries(rule.section?.value ?? {}).map(([Name, Value]) => ({ Name, Value: Value ?? "" }));
  });
  const filter = rules.length > 0 && { Filter: { S3Key: { Rules: rules } } };
  const notification: JsonObject = {
    Event: section.string("event") ?? "s3:ObjectCreated:*",
    Function: attribute(lambdaId(key), "Arn"),
    ...filter,
  };
  const arn: JsonObject = { "Fn::Join": ["", ["arn:", { Ref: "AWS::Partition" }, ":s3:::", bucket]] };
  const account = { SourceAccount: { Ref: "AWS::AccountId" } };
  const permission = addPermission(draft, key, `${alphanumericId(bucket)}S3`, "s3.amazonaws.com", arn, position, account);
  if (existing) addToExisting(draft, key, bucket, notification, permission, position);
  else addToOwn(draft, bucket, notification, permission, position);
}

function addToOwn(draft: Draft, bucket: string, notification: JsonObject, permission: string, position: Position | undefined): void {
  const id = bucketId(bucket);
  if (!draft.resources[id]) {
    const properties: JsonObject = { BucketName: bucket, NotificationConfiguration: { LambdaConfigurations: [] } };
    addResource(draft, id, { Type: "AWS::S3::Bucket", Properties: properties, DependsOn: [] }, position);
  }
  const resource = draft.resources[id];
  listAt(resource, "Properties", "NotificationConfiguration", "LambdaConfigurations").push(notification);
  const needs = listAt(resource, "DependsOn");
  if (!needs.includes(permission)) needs.push(permission);
}

function addToExisting(
  draft: Draft,
  key: string,
  bucket: string,
  notification: JsonObject,
  permission: string,
  position: Position | undefined,
): void {
  const id = `${functionId(key)}CustomS3${alphanumericId(bucket)}`;
  if (!draft.resources[id]) {
    addResource(
      draft,
      id,
      { Type: EXISTING_BUCKET_TYPE, Properties: { Bucket: bucket, LambdaConfigurations: [] }, DependsOn: [permission] },
      position,
    );
  }
  listAt(draft.resources[id], "Properties", "LambdaConfigurations").push(notification);
}

/** The list at a place of a resource that was made here, with that list. */
function listAt(value: Json | undefined, ...path: string[]): Json[] {
  let current = value;
  for (const step of path) current = typeof current === "object" && current !== null && !Array.isArray(current) ? current[step] : undefined;
  return Array.isArray(current) ? current : [];
}
