// Where a request's template comes from: its own text, an object in S3, or the stack's present one.
import type { Context } from "../../contract/context.ts";
import { TEMPLATE_BODY_BYTES_MAX, TEMPLATE_BYTES_MAX } from "../../deploy/limits.ts";
import { hasCode } from "../../kernel/errors.ts";
import { validation } from "./errors.ts";

export interface TemplateRequest {
  readonly TemplateBody?: string | undefined;
  readonly TemplateURL?: string | undefined;
  readonly UsePreviousTemplate?: boolean | undefined;
}

/** The text that was asked for; undefined when the previous template was. Throws ValidationError. */
export async function requestedTemplate(context: Context, request: TemplateRequest): Promise<string | undefined> {
  const { TemplateBody: body, TemplateURL: url, UsePreviousTemplate: previous } = request;
  const given = [body !== undefined, url !== undefined, previous === true].filter(Boolean).length;
  if (given > 1 || (body !== undefined && url !== undefined)) {
    throw validation(
      previous
        ? "Specify only one of TemplateBody, TemplateURL or UsePreviousTemplate."
        : "Specify only one of TemplateBody or TemplateURL",
    );
  }
  if (url !== undefined) return readFromS3(context, url);
  if (body !== undefined && Buffer.byteLength(body) > TEMPLATE_BODY_BYTES_MAX) {
    throw validation(
      `1 validation error detected: Value at 'templateBody' failed to satisfy constraint: Member must have length less than or equal to ${TEMPLATE_BODY_BYTES_MAX}`,
    );
  }
  return body;
}

async function readFromS3(context: Context, url: string): Promise<string> {
  const place = objectOf(url);
  if (!place) throw validation("TemplateURL must be a supported URL.");
  const { bucket, key, versionId } = place;
  const answer = await context
    .call("s3", "GetObject", { Bucket: bucket, Key: key, ...(versionId !== undefined && { VersionId: versionId }) })
    .catch((error: unknown) => {
      if (!hasCode(error, "NoSuchKey", "NoSuchBucket", "AccessDenied", "NoSuchVersion")) throw error;
      throw validation(
        `S3 error: ${error.message}\nFor more information check http://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html`,
      );
    });
  const chunks: Uint8Array[] = [];
  let size = 0;
  const body = answer.Body ?? new Uint8Array();
  for await (const chunk of body instanceof Uint8Array ? [body] : body) {
    size += chunk.byteLength;
    if (size > TEMPLATE_BYTES_MAX) {
      throw validation(`Template may not exceed ${TEMPLATE_BYTES_MAX} bytes in size.`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** Path-style and virtual-host forms of AWS, of this platform, and of LocalStack. */
export function objectOf(url: string): { bucket: string; key: string; versionId?: string } | undefined {
  if (!URL.canParse(url)) return undefined;
  const { protocol, hostname, pathname, searchParams } = new URL(url);
  if (protocol !== "https:" && protocol !== "http:") return undefined;
  const path = decodeURIComponent(pathname.slice(1));
  const version = searchParams.get("versionId");
  const found = (bucket: string, key: string) =>
    bucket === "" || key === "" ? undefined : { bucket, key, ...(version !== null && { versionId: version }) };
  const virtual = /^(.+)\.s3[.-]?([a-z0-9-]+\.)*(amazonaws\.com|localhost|localstack\.cloud)$/.exec(hostname);
  if (virtual?.[1]) return found(virtual[1], path);
  const slash = path.indexOf("/");
  return slash < 0 ? undefined : found(path.slice(0, slash), path.slice(slash + 1));
}
