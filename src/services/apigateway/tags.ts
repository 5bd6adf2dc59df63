// Tags of REST APIs and their stages, which are named by ARNs without an account: `arn:aws:apigateway:us-east-1::/restapis/…`.
import type { Context } from "../../contract/context.ts";
import type { OperationOf } from "../../contract/service.ts";
import { parseArn } from "../../kernel/ids.ts";
import type { ReadTransaction, Transaction } from "../../storage/transaction.ts";
import { badRequest, noApi, noStage } from "./errors.ts";
import { apis, stages } from "./keys.ts";
import { TAGS_PER_RESOURCE_MAX } from "./limits.ts";

/** Something that has tags, read in this transaction; `save` writes it back. */
interface Tagged {
  readonly tags: Record<string, string>;
  save(tx: Transaction): void;
}

export const tagResource: OperationOf<"apigateway", "TagResource"> = async (context, input) => {
  await context.storage.transact(async (tx) => {
    const tagged = await find(tx, context, input.resourceArn);
    Object.assign(tagged.tags, input.tags);
    checkTags(tagged.tags);
    tagged.save(tx);
  });
  return {};
};

export const untagResource: OperationOf<"apigateway", "UntagResource"> = async (context, input) => {
  await context.storage.transact(async (tx) => {
    const tagged = await find(tx, context, input.resourceArn);
    for (const key of input.tagKeys) delete tagged.tags[key];
    tagged.save(tx);
  });
  return {};
};

export const getTags: OperationOf<"apigateway", "GetTags"> = (context, input) =>
  context.storage.snapshot(async (tx) => ({ tags: (await find(tx, context, input.resourceArn)).tags }));

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
  const valid =
    parsed?.service === "apigateway" &&
    kind === "restapis" &&
    apiId &&
    (below === undefined || (below === "stages" && stageName)) &&
    rest.length === 0;
  if (!valid) throw badRequest(`Invalid ARN specified in the request`);
  if (stageName === undefined) {
    const api = await apis.get(tx, [context.account, context.region, apiId]);
    if (!api) throw noApi(context.account, apiId);
    return { tags: api.tags, save: (writer) => apis.set(writer, [context.account, context.region, apiId], api) };
  }
  const stage = await stages.get(tx, [context.account, context.region, apiId, stageName]);
  if (!stage) throw noStage();
  return { tags: stage.tags, save: (writer) => stages.set(writer, [context.account, context.region, apiId, stageName], stage) };
}
