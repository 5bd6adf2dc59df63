// CloudFormation: AWS::Logs::LogGroup, through the service's own operations.
import type { Context } from "../../contract/context.ts";
import type { InputOf } from "../../contract/models.ts";
import type { Properties, ResourceRequest, ResourceState, ResourceType } from "../../contract/resource.ts";
import { hasCode } from "../../kernel/errors.ts";
import { groupArn } from "./groups.ts";

function tagsOf(properties: Properties): Record<string, string> {
  const tags = properties["Tags"];
  if (!Array.isArray(tags)) return {};
  return Object.fromEntries(
    tags.map((tag: unknown) => {
      const { Key, Value } = tag as { Key?: unknown; Value?: unknown };
      return [String(Key), String(Value)];
    }),
  );
}

const stateOf = (context: Context, name: string): ResourceState => ({
  physicalId: name,
  attributes: { Arn: `${groupArn(context, name)}:*` },
});

/** How a repeated step knows the group that an earlier attempt made from someone else's. */
const ownerTags = (request: ResourceRequest): Record<string, string> => ({
  "aws:cloudformation:stack-name": request.stackName,
  "aws:cloudformation:stack-id": request.stackId,
  "aws:cloudformation:logical-id": request.logicalId,
});

async function isOwn(context: Context, request: ResourceRequest, name: string): Promise<boolean> {
  const { tags } = await context.call("logs", "ListTagsForResource", { resourceArn: groupArn(context, name) });
  return Object.entries(ownerTags(request)).every(([key, value]) => tags?.[key] === value);
}

async function setRetention(context: Context, name: string, days: unknown): Promise<void> {
  if (days === undefined) await context.call("logs", "DeleteRetentionPolicy", { logGroupName: name });
  else await context.call("logs", "PutRetentionPolicy", { logGroupName: name, retentionInDays: Number(days) });
}

const truth = (value: unknown): boolean => value === true || value === "true";

export const logGroupResource: ResourceType = {
  properties: ["LogGroupName", "RetentionInDays", "KmsKeyId", "LogGroupClass", "DeletionProtectionEnabled", "Tags"],
  replaceOn: ["LogGroupName"],
  async create(context, request, properties) {
    const name = properties["LogGroupName"] === undefined ? request.generatedName(512) : String(properties["LogGroupName"]);
    const tags = { ...tagsOf(properties), ...ownerTags(request) };
    const groupClass = properties["LogGroupClass"];
    const input: InputOf<"logs", "CreateLogGroup"> = {
      logGroupName: name,
      ...(properties["KmsKeyId"] !== undefined && { kmsKeyId: String(properties["KmsKeyId"]) }),
      ...((groupClass === "STANDARD" || groupClass === "INFREQUENT_ACCESS" || groupClass === "DELIVERY") && { logGroupClass: groupClass }),
      ...(truth(properties["DeletionProtectionEnabled"]) && { deletionProtectionEnabled: true }),
      tags,
    };
    try {
      await context.call("logs", "CreateLogGroup", input);
    } catch (error) {
      if (!hasCode(error, "ResourceAlreadyExistsException") || !(await isOwn(context, request, name))) throw error;
    }
    if (properties["RetentionInDays"] !== undefined) await setRetention(context, name, properties["RetentionInDays"]);
    return stateOf(context, name);
  },
  async update(context, _request, state, properties, previous) {
    const name = state.physicalId;
    if (properties["RetentionInDays"] !== previous["RetentionInDays"]) await setRetention(context, name, properties["RetentionInDays"]);
    const protection = truth(properties["DeletionProtectionEnabled"]);
    if (protection !== truth(previous["DeletionProtectionEnabled"])) {
      await context.call("logs", "PutLogGroupDeletionProtection", { logGroupIdentifier: name, deletionProtectionEnabled: protection });
    }
    const tags = tagsOf(properties);
    const resourceArn = groupArn(context, name);
    const gone = Object.keys(tagsOf(previous)).filter((key) => tags[key] === undefined);
    if (gone.length > 0) await context.call("logs", "UntagResource", { resourceArn, tagKeys: gone });
    if (Object.keys(tags).length > 0) await context.call("logs", "TagResource", { resourceArn, tags });
    return stateOf(context, name);
  },
  async delete(context, _request, state) {
    try {
      await context.call("logs", "DeleteLogGroup", { logGroupName: state.physicalId });
    } catch (error) {
      if (!hasCode(error, "ResourceNotFoundException")) throw error;
    }
  },
};
