// Tags of HTTP APIs and their stages, which are named by ARNs without an account: `arn:aws:apigateway:us-east-1::/apis/…`.
import type { Context } from "../../contract/context.ts";
import type { OperationOf } from "../../contract/service.ts";
import { parseArn } from "../../kernel/ids.ts";
import type { ReadTransaction, Transaction } from "../../storage/transaction.ts";
import { badRequest } from "./errors.ts";
import { apis, stages } from "./keys.ts";
import { TAGS_PER_RESOURCE_MAX } from "./limits.ts";
import { requireApi, requireStage } from "./records.ts";

/** Something that has tags, read in this transaction; `save` writes it back. */
interface Tagged {
  readonly tags: Record<string, string>;
  save(tx: Transaction): void;
}

export const tagResource: OperationOf<"apigatewayv2", "TagResource"> = async (context, input) => {
  await context.storage.transact(async (tx) => {
    const tagged = await find(tx, context, input.ResourceArn);
    Object.assign(tagged.tags, input.Tags ?? {});
    checkTags(tagged.tags);
    tagged.save(tx);
  });
  return {};
};

export const untagResource: OperationOf<"apigatewayv2", "UntagResource"> = async (context, input) => {
  await context.storage.transact(async (tx) => {
    const tagged = await find(tx, context, input.ResourceArn);
    for (const key of input.TagKeys) delete tagged.tags[key];
    tagged.save(tx);
  });
  return {};
};

export const getTags: OperationOf<"apigatewayv2", "GetTags"> = (context, input) =>
  context.storage.snapshot(async (tx) => ({ Tags: (await find(tx, context, input.ResourceArn)).tags }));

/** The tags themselves, when they are allowed. */
export function checkTags(tags: Record<string, string>): Record<string, string> {
  const keys = Object.keys(tags);
  if (keys.length > TAGS_PER_RESOURCE_MAX) throw badRequest(`Tags count cannot exceed ${TAGS_PER_RESOURCE_MAX}`);
  for (const key of keys) {
    if (key.toLowerCase().startsWith("aws:")) throw badRequest("Tag keys that start with aws: are reserved for AWS use");
    if (key.length < 1 || key.length > 128) throw badRequest("Tag keys must be between 1 and 128 characters long");
    if ((tags[key] ?? "").length > 256) throw badRequest("Tag values must be at most 256 characters long");
  }
  return tags;
}

async function find(tx: ReadTransaction, context: Context, arn: string): Promise<Tagged> {
  const parsed = parseArn(arn);
  const [, kind, apiId, below, stageName, ...rest] = parsed?.resource.split("/") ?? [];
  const whole = below === undefined || (below === "stages" && stageName);
  if (parsed?.service !== "apigateway" || kind !== "apis" || !apiId || !whole || rest.length > 0) {
    throw badRequest("Invalid ARN specified in the request");
  }
  if (stageName === undefined) {
    const api = await requireApi(tx, context, apiId);
    return { tags: api.tags, save: (writer) => apis.set(writer, [context.account, context.region, apiId], api) };
  }
  const stage = await requireStage(tx, context, apiId, stageName);
  return { tags: stage.tags, save: (writer) => stages.set(writer, [context.account, context.region, apiId, stageName], stage) };
}
