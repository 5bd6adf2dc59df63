// Put and GetBucketNotificationConfiguration: from the model's document to rules and back.
import type { Context } from "../../contract/context.ts";
import type { InputOf, OutputOf } from "../../contract/models.ts";
import type { OperationOf } from "../../contract/service.ts";
import { AwsError } from "../../kernel/errors.ts";
import { parseArn, uuid } from "../../kernel/ids.ts";
import { changeBucket, findBucket, readDocument } from "./bucket-documents.ts";
import { destinationInvalid, invalidArgument, settingNotImplemented } from "./errors.ts";
import { type Bucket, buckets } from "./keys.ts";
import { KEY_BYTES_MAX, NOTIFICATIONS_MAX } from "./limits.ts";
import { checkOverlaps, type NotificationRule, neverHappens } from "./notification-rules.ts";
import { announceTest, notificationRules, queueUrl, targetOf } from "./notify.ts";

type Document = InputOf<"s3", "PutBucketNotificationConfiguration">["NotificationConfiguration"];
type Filter = NonNullable<Document["QueueConfigurations"]>[number]["Filter"];
type Event = NonNullable<Document["QueueConfigurations"]>[number]["Events"][number];

export const putBucketNotificationConfiguration: OperationOf<"s3", "PutBucketNotificationConfiguration"> = async (context, input) => {
  const rules = readRules(context, input.NotificationConfiguration);
  checkOverlaps(rules);
  const bucket = await findBucket(context, input);
  for (const rule of rules) checkRegion(bucket, rule);
  if (input.SkipDestinationValidation !== true) for (const rule of rules) await checkDestination(context, rule);
  return changeBucket(context, input, async (tx, current) => {
    buckets.set(tx, [current.name], { ...current, notifies: rules.length > 0 });
    if (rules.length > 0) notificationRules.set(tx, current.id, rules);
    else notificationRules.delete(tx, current.id);
    if (input.SkipDestinationValidation === true) return;
    for (const rule of rules) if (rule.kind === "queue") await announceTest(context, tx, current, rule);
  });
};

export const getBucketNotificationConfiguration: OperationOf<"s3", "GetBucketNotificationConfiguration"> = async (context, input) => {
  const rules = (await readDocument(context, input, notificationRules)) ?? [];
  const queues = rules.filter((rule) => rule.kind === "queue").map((rule) => ({ ...describe(rule), QueueArn: rule.arn }));
  const functions = rules.filter((rule) => rule.kind === "function").map((rule) => ({ ...describe(rule), LambdaFunctionArn: rule.arn }));
  const output: OutputOf<"s3", "GetBucketNotificationConfiguration"> = {
    ...(queues.length > 0 && { QueueConfigurations: queues }),
    ...(functions.length > 0 && { LambdaFunctionConfigurations: functions }),
  };
  return output;
};

function readRules(context: Context, document: Document): NotificationRule[] {
  if ((document.TopicConfigurations ?? []).length > 0) throw settingNotImplemented("A notification to an SNS topic (TopicConfigurations)");
  if (document.EventBridgeConfiguration) throw settingNotImplemented("Notification to EventBridge (EventBridgeConfiguration)");
  const rules = [
    ...(document.QueueConfigurations ?? []).map((entry) => readRule(context, "queue", entry.QueueArn, entry)),
    ...(document.LambdaFunctionConfigurations ?? []).map((entry) => readRule(context, "function", entry.LambdaFunctionArn, entry)),
  ];
  if (rules.length > NOTIFICATIONS_MAX) throw invalidArgument(`The number of notification configurations exceeds ${NOTIFICATIONS_MAX}`);
  if (new Set(rules.map((rule) => rule.id)).size < rules.length) throw invalidArgument("Same ID used for multiple configurations", "Id");
  return rules;
}

function readRule(
  context: Context,
  kind: NotificationRule["kind"],
  arn: string,
  entry: { readonly Id?: string | undefined; readonly Events: readonly Event[]; readonly Filter?: Filter },
): NotificationRule {
  const parsed = parseArn(arn);
  if (parsed?.service !== (kind === "queue" ? "sqs" : "lambda")) throw invalidArgument("The ARN could not be parsed", "ARN", arn);
  if (kind === "queue" && arn.endsWith(".fifo")) throw destinationInvalid(arn, "FIFO queues take no S3 events");
  if (entry.Events.length === 0) throw invalidArgument("The notification configuration names no events", "Event");
  for (const event of entry.Events) {
    if (neverHappens(event)) {
      context.ledger.add({
        service: "s3",
        operation: "PutBucketNotificationConfiguration",
        parameter: `Event ${event}`,
        note: "The subscription is stored; this event never happens here.",
      });
    }
  }
  return { id: entry.Id ?? uuid(context.random), kind, arn, events: entry.Events, ...readFilter(entry.Filter) };
}

function readFilter(filter: Filter): { prefix?: string; suffix?: string } {
  const out: { prefix?: string; suffix?: string } = {};
  for (const { Name, Value = "" } of filter?.Key?.FilterRules ?? []) {
    const name = Name?.toLowerCase();
    if (name !== "prefix" && name !== "suffix")
      throw invalidArgument("filter rule name must be either prefix or suffix", "FilterRule.Name", Name);
    if (out[name] !== undefined) throw invalidArgument(`Cannot specify more than one ${name} rule in a filter.`, "FilterRule.Name", Name);
    if (Buffer.byteLength(Value) > KEY_BYTES_MAX)
      throw invalidArgument("Size of filter rule value cannot exceed 1024 bytes in UTF-8 representation", "FilterRule.Value", Value);
    out[name] = Value;
  }
  return out;
}

function checkRegion(bucket: Bucket, rule: NotificationRule): void {
  if (targetOf(rule.arn).region === bucket.region) return;
  throw invalidArgument("The notification destination service region is not valid for the bucket location constraint", "Region", rule.arn);
}

/** A destination must be there. Whether it admits S3 shows at delivery. */
async function checkDestination(context: Context, rule: NotificationRule): Promise<void> {
  try {
    const as = targetOf(rule.arn);
    if (rule.kind === "function") await context.call("lambda", "GetFunction", { FunctionName: rule.arn }, as);
    else await context.call("sqs", "GetQueueAttributes", { QueueUrl: queueUrl(context, rule.arn), AttributeNames: ["QueueArn"] }, as);
  } catch (error) {
    if (error instanceof AwsError && error.status < 500) throw destinationInvalid(rule.arn, "The destination does not exist");
    throw error;
  }
}

function describe(rule: NotificationRule) {
  const filters = [
    ...(rule.prefix === undefined ? [] : [{ Name: "Prefix" as const, Value: rule.prefix }]),
    ...(rule.suffix === undefined ? [] : [{ Name: "Suffix" as const, Value: rule.suffix }]),
  ];
  return {
    Id: rule.id,
    Events: rule.events as Event[],
    ...(filters.length > 0 && { Filter: { Key: { FilterRules: filters.map(({ Name, Value }) => ({ Name: Name as "prefix", Value })) } } }),
  };
}
