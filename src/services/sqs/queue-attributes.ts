// Pure rules of queue attributes: from the strings that clients send to a queue record and back. No state, no clock.
import { AwsError } from "../../kernel/errors.ts";
import { parseArn } from "../../kernel/ids.ts";
import { fifoUnsupported, invalidAttributeValue, invalidValue, unknownAttribute } from "./errors.ts";
import type { QueueRecord, RedriveAllowPolicy, RedrivePolicy } from "./keys.ts";
import {
  DELAY_SECONDS_MAX,
  KMS_REUSE_SECONDS_MAX,
  KMS_REUSE_SECONDS_MIN,
  MESSAGE_BYTES_MAX,
  MESSAGE_BYTES_MIN,
  RECEIVE_COUNT_MAX,
  REDRIVE_ALLOW_SOURCES_MAX,
  RETENTION_SECONDS_MAX,
  RETENTION_SECONDS_MIN,
  VISIBILITY_SECONDS_MAX,
  WAIT_SECONDS_MAX,
} from "./limits.ts";

/** The members of a queue record that clients set. */
type QueueSettings = Omit<QueueRecord, "name" | "store" | "createdAtMs" | "modifiedAtMs" | "purgedAtMs" | "tags">;

export type AttributeMap = Readonly<Record<string, string>>;

export const DEFAULT_SETTINGS: QueueSettings = {
  delaySeconds: 0,
  bytesMax: MESSAGE_BYTES_MAX,
  retentionSeconds: 345_600,
  waitSeconds: 0,
  visibilitySeconds: 30,
  managedSse: true,
};

const NUMBERS = {
  DelaySeconds: { member: "delaySeconds", min: 0, max: DELAY_SECONDS_MAX },
  MaximumMessageSize: { member: "bytesMax", min: MESSAGE_BYTES_MIN, max: MESSAGE_BYTES_MAX },
  MessageRetentionPeriod: { member: "retentionSeconds", min: RETENTION_SECONDS_MIN, max: RETENTION_SECONDS_MAX },
  ReceiveMessageWaitTimeSeconds: { member: "waitSeconds", min: 0, max: WAIT_SECONDS_MAX },
  VisibilityTimeout: { member: "visibilitySeconds", min: 0, max: VISIBILITY_SECONDS_MAX },
  KmsDataKeyReusePeriodSeconds: { member: "kmsReuseSeconds", min: KMS_REUSE_SECONDS_MIN, max: KMS_REUSE_SECONDS_MAX },
} as const satisfies Record<string, { member: keyof QueueSettings; min: number; max: number }>;

/** Settings that `attributes` changes, as a copy of `current`. Empty text takes a policy or a key away. */
export function applyAttributes(current: QueueSettings, attributes: AttributeMap): QueueSettings {
  let settings: QueueSettings = { ...current };
  for (const [name, value] of Object.entries(attributes)) settings = applyAttribute(settings, name, value);
  if (attributes["KmsMasterKeyId"] && attributes["SqsManagedSseEnabled"] === "true") {
    throw new AwsError(
      "InvalidAttributeValue",
      "You can use one type of server-side encryption (SSE) at one time. You can either enable KMS SSE or SQS SSE.",
    );
  }
  return settings;
}

function applyAttribute(settings: QueueSettings, name: string, value: string): QueueSettings {
  if (isNumberAttribute(name)) {
    const { member, min, max } = NUMBERS[name];
    return { ...settings, [member]: wholeNumber(name, value, min, max) };
  }
  switch (name) {
    case "Policy":
      return withOptional(settings, "policy", value === "" ? undefined : checkPolicy(value));
    case "RedrivePolicy":
      return withOptional(settings, "redrive", value === "" ? undefined : parseRedrivePolicy(value));
    case "RedriveAllowPolicy":
      return withOptional(settings, "redriveAllow", value === "" ? undefined : parseRedriveAllowPolicy(value));
    case "KmsMasterKeyId": {
      const next = withOptional(settings, "kmsKeyId", value === "" ? undefined : value);
      return value === "" ? next : { ...next, managedSse: false };
    }
    case "SqsManagedSseEnabled": {
      if (value !== "true" && value !== "false") throw invalidAttributeValue(name);
      const next = value === "true" ? withOptional(settings, "kmsKeyId", undefined) : settings;
      return { ...next, managedSse: value === "true" };
    }
    case "FifoQueue":
      if (value === "true") throw fifoUnsupported();
      throw unknownAttribute(name);
    default:
      throw unknownAttribute(name);
  }
}

function withOptional<K extends "policy" | "redrive" | "redriveAllow" | "kmsKeyId">(
  settings: QueueSettings,
  member: K,
  value: QueueSettings[K],
): QueueSettings {
  const { [member]: _, ...rest } = settings;
  return value === undefined ? (rest as QueueSettings) : { ...settings, [member]: value };
}

const isNumberAttribute = (name: string): name is keyof typeof NUMBERS => Object.hasOwn(NUMBERS, name);

function wholeNumber(name: string, value: string, min: number, max: number): number {
  const number = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN;
  if (!(number >= min && number <= max)) throw invalidAttributeValue(name);
  return number;
}

function checkPolicy(value: string): string {
  const policy = parseJson(value);
  if (!isMap(policy)) throw invalidAttributeValue("Policy");
  return value;
}

function parseRedrivePolicy(value: string): RedrivePolicy {
  const refuse = (reason: string) => invalidValue(value, "RedrivePolicy", reason);
  const policy = parseJson(value);
  if (!isMap(policy)) throw refuse("Redrive policy is not a valid JSON map.");
  const { deadLetterTargetArn: arn, maxReceiveCount, ...others } = policy;
  const other = Object.keys(others)[0];
  if (other !== undefined) throw refuse(`Redrive policy contains unsupported attribute: ${other}.`);
  if (arn === undefined) throw refuse("Redrive policy does not contain mandatory attribute: deadLetterTargetArn.");
  if (maxReceiveCount === undefined) throw refuse("Redrive policy does not contain mandatory attribute: maxReceiveCount.");
  const count = typeof maxReceiveCount === "string" && /^\d{1,6}$/.test(maxReceiveCount) ? Number(maxReceiveCount) : maxReceiveCount;
  if (typeof count !== "number" || !Number.isInteger(count) || count < 1 || count > RECEIVE_COUNT_MAX) {
    throw refuse(
      `Invalid value for maxReceiveCount: ${String(maxReceiveCount)}, valid values are from 1 to ${RECEIVE_COUNT_MAX} both inclusive.`,
    );
  }
  if (typeof arn !== "string" || parseArn(arn)?.service !== "sqs") throw refuse("Invalid value for deadLetterTargetArn.");
  return { deadLetterTargetArn: arn, maxReceiveCount: count };
}

function parseRedriveAllowPolicy(value: string): RedriveAllowPolicy {
  const refuse = (reason: string) => invalidValue(value, "RedriveAllowPolicy", reason);
  const policy = parseJson(value);
  if (!isMap(policy)) throw refuse("Redrive allow policy is not a valid JSON map.");
  const { redrivePermission: permission, sourceQueueArns: sources, ...others } = policy;
  const other = Object.keys(others)[0];
  if (other !== undefined) throw refuse(`Redrive allow policy contains unsupported attribute: ${other}.`);
  if (permission !== "allowAll" && permission !== "denyAll" && permission !== "byQueue") {
    throw refuse("Invalid value for redrivePermission, valid values are allowAll, denyAll and byQueue.");
  }
  if (permission !== "byQueue") {
    if (sources !== undefined) throw refuse("sourceQueueArns is only valid when redrivePermission is byQueue.");
    return { redrivePermission: permission };
  }
  if (!Array.isArray(sources) || sources.length === 0 || sources.length > REDRIVE_ALLOW_SOURCES_MAX) {
    throw refuse(`sourceQueueArns must contain from 1 to ${REDRIVE_ALLOW_SOURCES_MAX} queue ARNs.`);
  }
  if (!sources.every((arn) => typeof arn === "string" && parseArn(arn)?.service === "sqs"))
    throw refuse("sourceQueueArns must contain queue ARNs.");
  return { redrivePermission: permission, sourceQueueArns: sources.map(String) };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const isMap = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);

/** What clients may ask for that is kept in the record; counts and the ARN are the operation's. */
export function describeSettings(queue: QueueRecord): Record<string, string> {
  return {
    VisibilityTimeout: String(queue.visibilitySeconds),
    MaximumMessageSize: String(queue.bytesMax),
    MessageRetentionPeriod: String(queue.retentionSeconds),
    DelaySeconds: String(queue.delaySeconds),
    ReceiveMessageWaitTimeSeconds: String(queue.waitSeconds),
    CreatedTimestamp: String(Math.floor(queue.createdAtMs / 1000)),
    LastModifiedTimestamp: String(Math.floor(queue.modifiedAtMs / 1000)),
    ...(queue.policy !== undefined && { Policy: queue.policy }),
    ...(queue.redrive && { RedrivePolicy: JSON.stringify(queue.redrive) }),
    ...(queue.redriveAllow && { RedriveAllowPolicy: JSON.stringify(queue.redriveAllow) }),
    ...(queue.kmsKeyId !== undefined && {
      KmsMasterKeyId: queue.kmsKeyId,
      KmsDataKeyReusePeriodSeconds: String(queue.kmsReuseSeconds ?? 300),
    }),
    SqsManagedSseEnabled: String(queue.managedSse),
  };
}

/** The first of `wanted`'s attributes whose value the queue does not have: what makes a second CreateQueue fail. */
export function differingAttribute(queue: QueueSettings, wanted: AttributeMap): string | undefined {
  const asked = applyAttributes(queue, wanted);
  const member: Record<string, keyof QueueSettings> = {
    Policy: "policy",
    RedrivePolicy: "redrive",
    RedriveAllowPolicy: "redriveAllow",
    KmsMasterKeyId: "kmsKeyId",
    SqsManagedSseEnabled: "managedSse",
  };
  return Object.keys(wanted).find((name) => {
    const key = isNumberAttribute(name) ? NUMBERS[name].member : member[name];
    return key !== undefined && JSON.stringify(asked[key]) !== JSON.stringify(queue[key]);
  });
}

/** May `sourceArn` name the queue with this policy as its dead-letter queue? */
export function allowsSource(policy: RedriveAllowPolicy | undefined, sourceArn: string): boolean {
  if (policy === undefined || policy.redrivePermission === "allowAll") return true;
  return policy.redrivePermission === "byQueue" && (policy.sourceQueueArns?.includes(sourceArn) ?? false);
}
