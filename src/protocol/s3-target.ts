// Where an S3 request points: bucket in the path (`/bucket/key`) or in the host (`bucket.s3.…/key`).
import type { Incoming } from "./incoming.ts";
import type { BucketPath } from "./uri-router.ts";

const AWS_HOST = /^(?:(.+)\.)?s3(?:[.-](?:dualstack\.)?[a-z]{2}(?:-[a-z]+)+-\d)?(?:\.dualstack)?\.amazonaws\.com$/;
const S3_LABELS = /^(?:(.+)\.)?s3(?:[.-][a-z]{2}(?:-[a-z]+)+-\d)?$/;

/**
 * @param domains those that the platform answers under, such as `localhost`: `bucket.s3.localhost`,
 * `bucket.s3.eu-west-1.localhost`, `bucket.localhost`.
 */
export function s3Target(incoming: Incoming, domains: readonly string[]): BucketPath {
  const { path } = incoming.http;
  const bucket = bucketOfHost(incoming.hostName, domains);
  if (bucket !== undefined) return { bucket, key: path.slice(1) };
  const slash = path.indexOf("/", 1);
  const first = slash < 0 ? path.slice(1) : path.slice(1, slash);
  return first === "" ? { bucket: undefined, key: "" } : { bucket: first, key: slash < 0 ? "" : path.slice(slash + 1) };
}

/** True when the host itself says that it is S3's. */
export function isS3Host(hostName: string, domains: readonly string[]): boolean {
  if (AWS_HOST.test(hostName)) return true;
  const labels = labelsBelow(hostName, domains);
  return labels !== undefined && S3_LABELS.test(labels);
}

function bucketOfHost(hostName: string, domains: readonly string[]): string | undefined {
  const aws = AWS_HOST.exec(hostName);
  if (aws) return aws[1];
  const labels = labelsBelow(hostName, domains);
  if (labels === undefined) return undefined;
  const s3 = S3_LABELS.exec(labels);
  return s3 ? s3[1] : labels;
}

/** What stands before the longest matching domain; undefined when the host is a domain itself, or none of ours. */
function labelsBelow(hostName: string, domains: readonly string[]): string | undefined {
  let found: string | undefined;
  for (const domain of domains) {
    if (hostName === domain) return undefined;
    if (!hostName.endsWith(`.${domain}`)) continue;
    const labels = hostName.slice(0, -domain.length - 1);
    if (found === undefined || labels.length < found.length) found = labels;
  }
  return found;
}
