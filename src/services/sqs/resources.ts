// CloudFormation: AWS::SQS::Queue and AWS::SQS::QueuePolicy, through the service's own operations.
import type { Context } from "../../contract/context.ts";
import type { Properties, ResourceRequest, ResourceState, ResourceType } from "../../contract/resource.ts";
import { AwsError, hasCode } from "../../kernel/errors.ts";

const NUMBER_ATTRIBUTES = [
  "DelaySeconds",
  "MaximumMessageSize",
  "MessageRetentionPeriod",
  "ReceiveMessageWaitTimeSeconds",
  "VisibilityTimeout",
  "KmsDataKeyReusePeriodSeconds",
];
const JSON_ATTRIBUTES = ["RedrivePolicy", "RedriveAllowPolicy"];
const TEXT_ATTRIBUTES = [
  "KmsMasterKeyId",
  "SqsManagedSseEnabled",
  "FifoQueue",
  "ContentBasedDeduplication",
  "DeduplicationScope",
  "FifoThroughputLimit",
];

/** What an update sets back when a template stops naming it. */
const DEFAULTS: Readonly<Record<string, string>> = {
  DelaySeconds: "0",
  MaximumMessageSize: "1048576",
  MessageRetentionPeriod: "345600",
  ReceiveMessageWaitTimeSeconds: "0",
  VisibilityTimeout: "30",
  KmsMasterKeyId: "",
  SqsManagedSseEnabled: "true",
  RedrivePolicy: "",
  RedriveAllowPolicy: "",
};

/** Attributes as the operations take them. A template may write a number or a boolean as text, and a policy as an object or as text. */
function attributesOf(properties: Properties): Record<string, string> {
  const attributes: Record<string, string> = {};
  for (const name of [...NUMBER_ATTRIBUTES, ...TEXT_ATTRIBUTES]) {
    const value = properties[name];
    if (value !== undefined) attributes[name] = String(value);
  }
  for (const name of JSON_ATTRIBUTES) {
    const value = properties[name];
    if (value !== undefined) attributes[name] = typeof value === "string" ? value : JSON.stringify(value);
  }
  // FifoQueue: false says what a queue is anyway; the API refuses it.
  if (attributes["FifoQueue"] === "false") delete attributes["FifoQueue"];
  return attributes;
}

function tagsOf(properties: Properties): Record<string, string> {
  const tags = properties["Tags"];
  if (!Array.isArray(tags)) return {};
  return Object.fromEntries(
    tags.map((tag: unknown) => {
      const { Key, Value } = tag as { Key?: unknown; Value?: unknown };
      return [String(Key), String(Value)];
    }),
  );
}

/** How a repeated step knows the queue that an earlier attempt made from someone else's. */
const ownerTags = (request: ResourceRequest): Record<string, string> => ({
  "aws:cloudformation:stack-name": request.stackName,
  "aws:cloudformation:stack-id": request.stackId,
  "aws:cloudformation:logical-id": request.logicalId,
});

async function isForeign(context: Context, request: ResourceRequest, name: string): Promise<boolean> {
  try {
    const { QueueUrl: url = "" } = await context.call("sqs", "GetQueueUrl", { QueueName: name });
    const { Tags: tags } = await context.call("sqs", "ListQueueTags", { QueueUrl: url });
    return Object.entries(ownerTags(request)).some(([key, value]) => tags?.[key] !== value);
  } catch (error) {
    if (hasCode(error, "QueueDoesNotExist")) return false;
    throw error;
  }
}

async function stateOf(context: Context, url: string): Promise<ResourceState> {
  const { Attributes } = await context.call("sqs", "GetQueueAttributes", { QueueUrl: url, AttributeNames: ["QueueArn"] });
  const arn = Attributes?.QueueArn ?? "";
  return { physicalId: url, attributes: { Arn: arn, QueueName: arn.split(":").at(-1) ?? "", QueueUrl: url } };
}

export const queueResource: ResourceType = {
  properties: ["QueueName", ...NUMBER_ATTRIBUTES, ...JSON_ATTRIBUTES, ...TEXT_ATTRIBUTES, "Tags"],
  replaceOn: ["QueueName", "FifoQueue"],
  async create(context, request, properties) {
    const name = properties["QueueName"] === undefined ? request.generatedName(80) : String(properties["QueueName"]);
    if (await isForeign(context, request, name)) {
      throw new AwsError("AlreadyExists", `Resource of type 'AWS::SQS::Queue' with identifier '${name}' already exists.`);
    }
    const { QueueUrl: url = "" } = await context.call("sqs", "CreateQueue", {
      QueueName: name,
      Attributes: attributesOf(properties),
      tags: { ...tagsOf(properties), ...ownerTags(request) },
    });
    return stateOf(context, url);
  },
  async update(context, _request, state, properties, previous) {
    const attributes = attributesOf(properties);
    for (const name of Object.keys(attributesOf(previous))) {
      const standard = DEFAULTS[name];
      if (attributes[name] === undefined && standard !== undefined) attributes[name] = standard;
    }
    // Giving up a key of one's own sets the managed key back as well.
    if (attributes["KmsMasterKeyId"] === "" && attributes["SqsManagedSseEnabled"] === undefined)
      attributes["SqsManagedSseEnabled"] = "true";
    if (Object.keys(attributes).length > 0) {
      await context.call("sqs", "SetQueueAttributes", { QueueUrl: state.physicalId, Attributes: attributes });
    }
    const tags = tagsOf(properties);
    const gone = Object.keys(tagsOf(previous)).filter((key) => tags[key] === undefined);
    if (gone.length > 0) await context.call("sqs", "UntagQueue", { QueueUrl: state.physicalId, TagKeys: gone });
    if (Object.keys(tags).length > 0) await context.call("sqs", "TagQueue", { QueueUrl: state.physicalId, Tags: tags });
    return stateOf(context, state.physicalId);
  },
  async delete(context, _request, state) {
    await unlessGone(context.call("sqs", "DeleteQueue", { QueueUrl: state.physicalId }));
  },
};

async function unlessGone(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!hasCode(error, "QueueDoesNotExist")) throw error;
  }
}

function queueUrls(properties: Properties): string[] {
  const urls = properties["Queues"];
  return Array.isArray(urls) ? urls.map(String) : [];
}

async function setPolicy(context: Context, properties: Properties): Promise<void> {
  const document = properties["PolicyDocument"];
  if (document === undefined) throw new AwsError("ValidationError", "Property PolicyDocument is required.");
  const policy = typeof document === "string" ? document : JSON.stringify(document);
  for (const url of queueUrls(properties)) {
    await context.call("sqs", "SetQueueAttributes", { QueueUrl: url, Attributes: { Policy: policy } });
  }
}

async function clearPolicy(context: Context, urls: readonly string[]): Promise<void> {
  for (const url of urls) await unlessGone(context.call("sqs", "SetQueueAttributes", { QueueUrl: url, Attributes: { Policy: "" } }));
}

export const queuePolicyResource: ResourceType = {
  properties: ["PolicyDocument", "Queues"],
  replaceOn: [],
  async create(context, request, properties) {
    await setPolicy(context, properties);
    const id = request.generatedName();
    return { physicalId: id, attributes: { Id: id } };
  },
  async update(context, _request, state, properties, previous) {
    await setPolicy(context, properties);
    const kept = queueUrls(properties);
    await clearPolicy(
      context,
      queueUrls(previous).filter((url) => !kept.includes(url)),
    );
    return state;
  },
  async delete(context, _request, _state, properties) {
    await clearPolicy(context, queueUrls(properties));
  },
};
