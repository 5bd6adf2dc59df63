// Tags of tables: TagResource, UntagResource, ListTagsOfResource.
import type { Context } from "../../contract/context.ts";
import type { OperationOf } from "../../contract/service.ts";
import { AwsError } from "../../kernel/errors.ts";
import { parseArn } from "../../kernel/ids.ts";
import { invalid } from "./errors.ts";
import { tables } from "./keys.ts";
import { TABLE_NAME_CHARACTERS_MIN, TAGS_PAGE } from "./limits.ts";
import type { TableRecord } from "./table-record.ts";
import { readTags } from "./tables.ts";

function tableKeyOf(resourceArn: string): [account: string, region: string, name: string] {
  const arn = parseArn(resourceArn);
  const name = arn?.resource.startsWith("table/") ? arn.resource.slice("table/".length) : "";
  if (arn?.service !== "dynamodb" || name.length < TABLE_NAME_CHARACTERS_MIN) {
    throw invalid(`Invalid TableArn: Invalid ResourceArn provided as input ${resourceArn}`);
  }
  return [arn.account, arn.region, name];
}

function notFound(resourceArn: string): AwsError {
  return new AwsError("ResourceNotFoundException", `Requested resource not found: ResourcArn: ${resourceArn} not found`);
}

async function changeTags(
  context: Context,
  resourceArn: string,
  change: (tags: TableRecord["tags"]) => TableRecord["tags"],
): Promise<void> {
  const key = tableKeyOf(resourceArn);
  await context.storage.transact(async (tx) => {
    const record = key[0] === context.account ? await tables.get(tx, key) : undefined;
    if (record === undefined) throw notFound(resourceArn);
    tables.set(tx, key, { ...record, tags: change(record.tags) });
  });
}

export const tagResource: OperationOf<"dynamodb", "TagResource"> = async (context, input) => {
  tableKeyOf(input.ResourceArn);
  if (input.Tags.length === 0) throw invalid("Atleast one Tag needs to be provided as Input.");
  const added = readTags(input.Tags);
  await changeTags(context, input.ResourceArn, (tags) => {
    const merged = new Map([...tags, ...added].map(({ key, value }) => [key, value]));
    return readTags([...merged].map(([Key, Value]) => ({ Key, Value })));
  });
  return {};
};

export const untagResource: OperationOf<"dynamodb", "UntagResource"> = async (context, input) => {
  tableKeyOf(input.ResourceArn);
  if (input.TagKeys.length === 0) throw invalid("Atleast one Tag Key needs to be provided as Input.");
  await changeTags(context, input.ResourceArn, (tags) => tags.filter(({ key }) => !input.TagKeys.includes(key)));
  return {};
};

export const listTagsOfResource: OperationOf<"dynamodb", "ListTagsOfResource"> = async (context, input) => {
  const key = tableKeyOf(input.ResourceArn);
  const record = await context.storage.snapshot(async (tx) => (key[0] === context.account ? tables.get(tx, key) : undefined));
  if (record === undefined) throw notFound(input.ResourceArn);
  const start = input.NextToken === undefined ? 0 : Number(input.NextToken);
  if (!Number.isSafeInteger(start) || start < 0) throw invalid("Invalid NextToken");
  const end = start + TAGS_PAGE;
  return {
    Tags: record.tags.slice(start, end).map(({ key: Key, value: Value }) => ({ Key, Value })),
    ...(end < record.tags.length && { NextToken: String(end) }),
  };
};
