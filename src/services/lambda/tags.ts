// Tags of functions and of event source mappings, which are named by ARN.
import type { Context } from "../../contract/context.ts";
import type { OperationOf } from "../../contract/service.ts";
import type { AwsError } from "../../kernel/errors.ts";
import { parseArn } from "../../kernel/ids.ts";
import type { Transaction } from "../../storage/transaction.ts";
import { functionNotFound, invalid, notFound } from "./errors.ts";
import { functions, mappings } from "./keys.ts";
import { TAGS_MAX } from "./limits.ts";
import { functionArn, parseFunctionName } from "./names.ts";

type Tags = Readonly<Record<string, string>>;

/** What belongs to AWS's own names may be set by CloudFormation only. */
export function checkTags(context: Context, tags: Tags): void {
  if (Object.keys(tags).length > TAGS_MAX) throw tooMany();
  for (const key of Object.keys(tags)) {
    if (key.toLowerCase().startsWith("aws:") && context.principal.service !== "cloudformation.amazonaws.com")
      throw invalid(`System tags cannot be added/updated by requester: ${key}`);
  }
}

export const tagResource: OperationOf<"lambda", "TagResource"> = async (context, input) => {
  checkTags(context, { ...input.Tags });
  await change(context, input.Resource, (tags) => ({ ...tags, ...input.Tags }));
  return {};
};

export const untagResource: OperationOf<"lambda", "UntagResource"> = async (context, input) => {
  const gone = new Set(input.TagKeys);
  await change(context, input.Resource, (tags) => Object.fromEntries(Object.entries(tags).filter(([key]) => !gone.has(key))));
  return {};
};

export const listTags: OperationOf<"lambda", "ListTags"> = async (context, input) => {
  const tags = await change(context, input.Resource, undefined);
  return { Tags: tags };
};

async function change(context: Context, arn: string, edit: ((tags: Tags) => Tags) | undefined): Promise<Tags> {
  const edited = (tags: Tags): Tags => {
    const after = edit ? edit(tags) : tags;
    if (Object.keys(after).length > TAGS_MAX) throw tooMany();
    return after;
  };
  return context.storage.transact((tx) => {
    const [kind, id] = (parseArn(arn)?.resource ?? "").split(":");
    if (kind === "event-source-mapping" && id) return changeMapping(context, tx, arn, id, edited);
    return changeFunction(context, tx, arn, edited);
  });
}

async function changeMapping(context: Context, tx: Transaction, arn: string, uuid: string, edit: (tags: Tags) => Tags): Promise<Tags> {
  const key: [string, string, string] = [context.account, context.region, uuid];
  const record = await mappings.get(tx, key);
  if (!record) throw notFound(`Event source mapping not found: ${arn}`);
  const tags = edit(record.tags);
  if (tags !== record.tags) mappings.set(tx, key, { ...record, tags });
  return tags;
}

async function changeFunction(context: Context, tx: Transaction, arn: string, edit: (tags: Tags) => Tags): Promise<Tags> {
  const name = parseFunctionName(context, arn);
  if (name.qualifier !== undefined)
    throw invalid("Tags on function aliases and versions are not supported. Please specify a function ARN.");
  const key: [string, string, string] = [name.account, name.region, name.name];
  const record = await functions.get(tx, key);
  if (!record) throw functionNotFound(functionArn(name, name.name));
  const tags = edit(record.tags);
  if (tags !== record.tags) functions.set(tx, key, { ...record, tags });
  return tags;
}

function tooMany(): AwsError {
  return invalid("Number of tags exceeds resource tag limit.");
}
