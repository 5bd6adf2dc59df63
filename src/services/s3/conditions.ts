// Conditional requests: pure rules over an object's ETag and time. HTTP times have seconds, and so have S3's objects.
import { noSuchKey, notImplemented, notModified, preconditionFailed } from "./errors.ts";

/** What of an object the conditions look at. */
interface Validators {
  /** Without quotes. */
  readonly etag: string;
  readonly modifiedAtMs: number;
}

export interface ReadConditions {
  readonly ifMatch?: string | undefined;
  readonly ifNoneMatch?: string | undefined;
  readonly ifModifiedSince?: Date | undefined;
  readonly ifUnmodifiedSince?: Date | undefined;
}

/** Throws 412 or 304 when an object must not be answered. An ETag that is given decides; the time beside it is not looked at. */
export function checkRead(conditions: ReadConditions, object: Validators): void {
  const failed = failedCondition(conditions, object);
  if (failed === "If-None-Match" || failed === "If-Modified-Since") throw notModified();
  if (failed) throw preconditionFailed(failed);
}

/** As `checkRead` for the source of a copy, where everything that fails is 412. */
export function checkCopySource(conditions: ReadConditions, object: Validators): void {
  const failed = failedCondition(conditions, object);
  if (failed) throw preconditionFailed(`x-amz-copy-source-${failed}`);
}

function failedCondition(conditions: ReadConditions, object: Validators): string | undefined {
  const { ifMatch, ifNoneMatch, ifModifiedSince, ifUnmodifiedSince } = conditions;
  const modifiedAtMs = seconds(object.modifiedAtMs);
  if (ifMatch !== undefined) {
    if (!matches(ifMatch, object.etag)) return "If-Match";
  } else if (ifUnmodifiedSince && modifiedAtMs > seconds(ifUnmodifiedSince.getTime())) return "If-Unmodified-Since";
  if (ifNoneMatch !== undefined) {
    if (matches(ifNoneMatch, object.etag)) return "If-None-Match";
  } else if (ifModifiedSince && modifiedAtMs <= seconds(ifModifiedSince.getTime())) return "If-Modified-Since";
  return undefined;
}

interface WriteConditions {
  readonly ifMatch?: string | undefined;
  readonly ifNoneMatch?: string | undefined;
}

/** Throws when an object must not be written over what is there (or is not). */
export function checkWrite(conditions: WriteConditions, key: string, existing: Validators | undefined): void {
  const { ifMatch, ifNoneMatch } = conditions;
  if (ifNoneMatch !== undefined) {
    if (ifNoneMatch !== "*") throw notImplemented("If-None-Match");
    if (existing) throw preconditionFailed("If-None-Match");
  }
  if (ifMatch !== undefined) {
    if (!existing) throw noSuchKey(key);
    if (!matches(ifMatch, existing.etag)) throw preconditionFailed("If-Match");
  }
}

/** Throws when an object must not be deleted. */
export function checkDelete(ifMatch: string | undefined, existing: Validators | undefined): void {
  if (ifMatch === undefined) return;
  if (!existing || !matches(ifMatch, existing.etag)) throw preconditionFailed("If-Match");
}

function seconds(ms: number): number {
  return Math.floor(ms / 1000);
}

/** `condition` is `*`, one entity tag, or several with commas between them; quotes may be missing. */
function matches(condition: string, etag: string): boolean {
  return condition.split(",").some((item) => {
    const tag = bareEtag(item);
    return tag === "*" || tag === etag;
  });
}

export function bareEtag(etag: string): string {
  return etag
    .trim()
    .replace(/^W\//, "")
    .replace(/^"(.*)"$/, "$1");
}
