// Lifecycle rules: which objects and uploads they expire at a moment. Pure.
import type { InputOf } from "../../contract/models.ts";
import { invalidArgument, invalidRequest, malformedXml } from "./errors.ts";
import type { StoredObject } from "./keys.ts";
import { LIFECYCLE_RULES_MAX } from "./limits.ts";

type Document = NonNullable<InputOf<"s3", "PutBucketLifecycleConfiguration">["LifecycleConfiguration"]>;
export type LifecycleRule = Document["Rules"][number];

export const DAY_MS = 86_400_000;
const ID_LENGTH_MAX = 255;

/** Throws what S3 answers to rules that it does not take. */
export function checkLifecycle(rules: readonly LifecycleRule[]): void {
  if (rules.length === 0 || rules.length > LIFECYCLE_RULES_MAX) throw malformedXml();
  const ids = rules.flatMap((rule) => rule.ID ?? []);
  if (new Set(ids).size < ids.length) throw invalidArgument("Rule ID must be unique. Found same ID for more than one rule");
  for (const rule of rules) checkRule(rule);
}

function checkRule(rule: LifecycleRule): void {
  if ((rule.ID ?? "").length > ID_LENGTH_MAX) throw invalidArgument("ID length should not exceed allowed limit of 255");
  if (rule.Filter !== undefined && rule.Prefix !== undefined) throw malformedXml();
  if (rule.Filter === undefined && rule.Prefix === undefined) throw malformedXml();
  const filters = Object.values(rule.Filter ?? {}).filter((value) => value !== undefined);
  if (filters.length > 1) throw malformedXml();
  const actions = [
    rule.Expiration,
    rule.Transitions,
    rule.NoncurrentVersionExpiration,
    rule.NoncurrentVersionTransitions,
    rule.AbortIncompleteMultipartUpload,
  ];
  if (actions.every((action) => action === undefined)) throw invalidRequest("At least one action needs to be specified in a rule");
  const { Expiration: expiration, AbortIncompleteMultipartUpload: abort } = rule;
  if (expiration) {
    const { Days, Date: date, ExpiredObjectDeleteMarker: marker } = expiration;
    if ([Days, date, marker].filter((value) => value !== undefined).length !== 1) throw malformedXml();
    if (Days !== undefined && Days < 1) throw invalidArgument("'Days' for Expiration action must be a positive integer");
    if (date && date.getTime() % DAY_MS !== 0) throw invalidArgument("'Date' must be at midnight GMT");
  }
  if (abort) {
    if ((abort.DaysAfterInitiation ?? 0) < 1) {
      throw invalidArgument("'DaysAfterInitiation' for AbortIncompleteMultipartUpload action must be a positive integer");
    }
    if (rule.Filter?.Tag ?? rule.Filter?.And?.Tags) {
      throw invalidRequest("AbortIncompleteMultipartUpload cannot be specified with Tags.");
    }
  }
}

/** True when an enabled rule has expired this object by now. */
export function isExpired(rules: readonly LifecycleRule[], key: string, object: StoredObject, nowMs: number): boolean {
  return rules.some((rule) => {
    if (rule.Status !== "Enabled" || !rule.Expiration) return false;
    const { Days, Date: date } = rule.Expiration;
    const due = Days === undefined ? date?.getTime() : nextMidnight(object.modifiedAtMs + Days * DAY_MS);
    return due !== undefined && due <= nowMs && applies(rule, key, object);
  });
}

/** True when an enabled rule gives an upload up by now. */
export function isAbandoned(rules: readonly LifecycleRule[], key: string, initiatedAtMs: number, nowMs: number): boolean {
  return rules.some((rule) => {
    const days = rule.AbortIncompleteMultipartUpload?.DaysAfterInitiation;
    if (rule.Status !== "Enabled" || days === undefined) return false;
    return nextMidnight(initiatedAtMs + days * DAY_MS) <= nowMs && key.startsWith(prefixOf(rule));
  });
}

/** Days end at the midnight (UTC) that follows them. */
export function nextMidnight(ms: number): number {
  return Math.ceil(ms / DAY_MS) * DAY_MS;
}

function prefixOf(rule: LifecycleRule): string {
  return rule.Prefix ?? rule.Filter?.Prefix ?? rule.Filter?.And?.Prefix ?? "";
}

function applies(rule: LifecycleRule, key: string, object: StoredObject): boolean {
  const { Filter: filter } = rule;
  const above = filter?.ObjectSizeGreaterThan ?? filter?.And?.ObjectSizeGreaterThan;
  const below = filter?.ObjectSizeLessThan ?? filter?.And?.ObjectSizeLessThan;
  const tags = filter?.Tag ? [filter.Tag] : (filter?.And?.Tags ?? []);
  return (
    key.startsWith(prefixOf(rule)) &&
    (above === undefined || object.size > above) &&
    (below === undefined || object.size < below) &&
    tags.every((tag) => object.tags?.some((own) => own.Key === tag.Key && own.Value === tag.Value))
  );
}
