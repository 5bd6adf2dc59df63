// Which changes of a bucket are told to whom: pure rules over a notification configuration, and the event record itself.
import { invalidArgument } from "./errors.ts";

/** The changes that happen here. */
export type ObjectEvent =
  | "ObjectCreated:Put"
  | "ObjectCreated:Copy"
  | "ObjectCreated:CompleteMultipartUpload"
  | "ObjectRemoved:Delete"
  | "ObjectTagging:Put"
  | "ObjectTagging:Delete"
  | "LifecycleExpiration:Delete";

export interface NotificationRule {
  readonly id: string;
  readonly kind: "function" | "queue";
  readonly arn: string;
  /** `s3:ObjectCreated:*` and the like. */
  readonly events: readonly string[];
  readonly prefix?: string;
  readonly suffix?: string;
}

/** Types that may be subscribed to, as the model's; the second group happens on AWS and never here. */
const HAPPENING = [
  "s3:ObjectCreated:*",
  "s3:ObjectCreated:Put",
  "s3:ObjectCreated:Copy",
  "s3:ObjectCreated:CompleteMultipartUpload",
  "s3:ObjectRemoved:*",
  "s3:ObjectRemoved:Delete",
  "s3:ObjectTagging:*",
  "s3:ObjectTagging:Put",
  "s3:ObjectTagging:Delete",
  "s3:LifecycleExpiration:*",
  "s3:LifecycleExpiration:Delete",
];
const ELSEWHERE = [
  "s3:ObjectCreated:Post",
  "s3:ObjectRemoved:DeleteMarkerCreated",
  "s3:LifecycleExpiration:DeleteMarkerCreated",
  "s3:LifecycleTransition",
  "s3:IntelligentTiering",
  "s3:ObjectAcl:Put",
  "s3:ObjectRestore:*",
  "s3:ObjectRestore:Post",
  "s3:ObjectRestore:Completed",
  "s3:ObjectRestore:Delete",
  "s3:ReducedRedundancyLostObject",
  "s3:Replication:*",
  "s3:Replication:OperationFailedReplication",
  "s3:Replication:OperationMissedThreshold",
  "s3:Replication:OperationNotTracked",
  "s3:Replication:OperationReplicatedAfterThreshold",
];

/** Throws for a type that S3 does not know; true for one that never happens here. */
export function neverHappens(event: string): boolean {
  if (HAPPENING.includes(event)) return false;
  if (ELSEWHERE.includes(event)) return true;
  throw invalidArgument("A specified event is not supported for notifications.", "Event", event);
}

export function matchesRule(rule: NotificationRule, event: ObjectEvent, key: string): boolean {
  const family = event.slice(0, event.indexOf(":"));
  return (
    rule.events.some((wanted) => wanted === `s3:${event}` || wanted === `s3:${family}:*`) &&
    key.startsWith(rule.prefix ?? "") &&
    key.endsWith(rule.suffix ?? "")
  );
}

/** Throws when two rules would tell the same change of the same key. */
export function checkOverlaps(rules: readonly NotificationRule[]): void {
  rules.forEach((a, index) => {
    for (const b of rules.slice(index + 1)) {
      if (!a.events.some((event) => b.events.some((other) => sameEvents(event, other)))) continue;
      const [prefixA, prefixB, suffixA, suffixB] = [a.prefix ?? "", b.prefix ?? "", a.suffix ?? "", b.suffix ?? ""];
      const prefixes = prefixA.startsWith(prefixB) || prefixB.startsWith(prefixA);
      const suffixes = suffixA.endsWith(suffixB) || suffixB.endsWith(suffixA);
      if (!prefixes || !suffixes) continue;
      const filtered = prefixA !== "" || prefixB !== "" || suffixA !== "" || suffixB !== "";
      throw invalidArgument(
        filtered
          ? "Configuration is ambiguously defined. Cannot have overlapping suffixes in two rules if the prefixes are overlapping for the same event type."
          : "Configurations overlap. Configurations on the same bucket cannot share a common event type.",
      );
    }
  });
}

function sameEvents(a: string, b: string): boolean {
  if (a === b) return true;
  const covers = (wide: string, narrow: string) => wide.endsWith(":*") && narrow.startsWith(wide.slice(0, -1));
  return covers(a, b) || covers(b, a);
}

/** A change of one object, as it is told. */
export interface Change {
  readonly event: ObjectEvent;
  readonly key: string;
  /** Absent where there is no object any more. */
  readonly size?: number;
  readonly etag?: string;
}

interface EventFacts {
  readonly region: string;
  readonly timeMs: number;
  readonly requestId: string;
  readonly hostId: string;
  readonly principalId: string;
  readonly sourceIp: string;
  readonly ruleId: string;
  readonly bucket: string;
  readonly ownerId: string;
  /** Grows with every change of a key, compared as text. */
  readonly sequencer: string;
}

/** One record of https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html */
export function eventRecord(change: Change, facts: EventFacts) {
  return {
    eventVersion: change.event.startsWith("ObjectCreated:") || change.event.startsWith("ObjectRemoved:") ? "2.1" : "2.3",
    eventSource: "aws:s3",
    awsRegion: facts.region,
    eventTime: new Date(facts.timeMs).toISOString(),
    eventName: change.event,
    userIdentity: { principalId: facts.principalId },
    requestParameters: { sourceIPAddress: facts.sourceIp },
    responseElements: { "x-amz-request-id": facts.requestId, "x-amz-id-2": facts.hostId },
    s3: {
      s3SchemaVersion: "1.0",
      configurationId: facts.ruleId,
      bucket: { name: facts.bucket, ownerIdentity: { principalId: facts.ownerId }, arn: `arn:aws:s3:::${facts.bucket}` },
      object: {
        key: eventKey(change.key),
        ...(change.size !== undefined && { size: change.size }),
        ...(change.etag !== undefined && { eTag: change.etag }),
        sequencer: facts.sequencer,
      },
    },
  };
}

/** URL encoding as S3's events have it: a space is a plus sign, slashes stay. */
export function eventKey(key: string): string {
  return encodeURIComponent(key)
    .replace(/[!'()~]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll("%20", "+")
    .replaceAll("%2F", "/");
}
