// CloudFormation: AWS::Events::Rule with its targets, through the service's own operations.
import type { Context } from "../../contract/context.ts";
import type { InputOf } from "../../contract/models.ts";
import type { Properties, ResourceRequest, ResourceState, ResourceType } from "../../contract/resource.ts";
import { AwsError, hasCode } from "../../kernel/errors.ts";
import type { RuleState, Target } from "./keys.ts";

/** Members of a target that a template may name; the service refuses those that it does not support. */
const TARGET_NUMBERS = ["MaximumRetryAttempts", "MaximumEventAgeInSeconds"];

function targetsOf(properties: Properties): Target[] {
  const list = properties["Targets"];
  if (list === undefined) return [];
  if (!Array.isArray(list)) throw new AwsError("ValidationError", "Property Targets must be a list.");
  return list.map((entry: unknown) => {
    const target = entry as Target;
    if (typeof target.Id !== "string" || typeof target.Arn !== "string") {
      throw new AwsError("ValidationError", "Each of Targets needs an Id and an Arn.");
    }
    const policy = target.RetryPolicy as Readonly<Record<string, unknown>> | undefined;
    if (!policy) return target;
    // A template may write numbers as text.
    return {
      ...target,
      RetryPolicy: Object.fromEntries(TARGET_NUMBERS.flatMap((name) => (policy[name] === undefined ? [] : [[name, Number(policy[name])]]))),
    };
  });
}

function tagsOf(properties: Properties): { Key: string; Value: string }[] {
  const tags = properties["Tags"];
  if (!Array.isArray(tags)) return [];
  return tags.map((tag: unknown) => {
    const { Key, Value } = tag as { Key?: unknown; Value?: unknown };
    return { Key: String(Key), Value: String(Value) };
  });
}

const STATES: readonly RuleState[] = ["ENABLED", "DISABLED", "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"];

function ruleInput(name: string, properties: Properties): InputOf<"eventbridge", "PutRule"> {
  const text = (key: string) => (properties[key] === undefined ? undefined : String(properties[key]));
  const pattern = properties["EventPattern"];
  const state = properties["State"] === undefined ? undefined : STATES.find((known) => known === properties["State"]);
  if (properties["State"] !== undefined && state === undefined) {
    throw new AwsError("ValidationError", `Property State is not valid: ${String(properties["State"])}.`);
  }
  const schedule = text("ScheduleExpression");
  const description = text("Description");
  const role = text("RoleArn");
  const bus = text("EventBusName");
  return {
    Name: name,
    ...(pattern !== undefined && { EventPattern: typeof pattern === "string" ? pattern : JSON.stringify(pattern) }),
    ...(schedule !== undefined && { ScheduleExpression: schedule }),
    ...(description !== undefined && { Description: description }),
    ...(role !== undefined && { RoleArn: role }),
    ...(bus !== undefined && { EventBusName: bus }),
    ...(state && { State: state }),
  };
}

/** How a repeated step knows the rule that an earlier attempt made from someone else's. */
const ownerTags = (request: ResourceRequest) => [
  { Key: "aws:cloudformation:stack-name", Value: request.stackName },
  { Key: "aws:cloudformation:stack-id", Value: request.stackId },
  { Key: "aws:cloudformation:logical-id", Value: request.logicalId },
];

async function isForeign(context: Context, request: ResourceRequest, name: string): Promise<boolean> {
  try {
    const { Arn: arn = "" } = await context.call("eventbridge", "DescribeRule", { Name: name });
    const { Tags: tags = [] } = await context.call("eventbridge", "ListTagsForResource", { ResourceARN: arn });
    return ownerTags(request).some(({ Key, Value }) => !tags.some((tag) => tag?.Key === Key && tag.Value === Value));
  } catch (error) {
    if (hasCode(error, "ResourceNotFoundException")) return false;
    throw error;
  }
}

async function setTargets(context: Context, name: string, wanted: readonly Target[]): Promise<void> {
  const { Targets: held = [] } = await context.call("eventbridge", "ListTargetsByRule", { Rule: name });
  const gone = held.flatMap((target) => (target?.Id !== undefined && !wanted.some(({ Id }) => Id === target.Id) ? [target.Id] : []));
  if (gone.length > 0) await context.call("eventbridge", "RemoveTargets", { Rule: name, Ids: gone });
  if (wanted.length > 0) await context.call("eventbridge", "PutTargets", { Rule: name, Targets: [...wanted] });
}

const stateOf = (name: string, arn: string): ResourceState => ({ physicalId: name, attributes: { Arn: arn } });

export const ruleResource: ResourceType = {
  properties: ["Name", "Description", "ScheduleExpression", "EventPattern", "State", "RoleArn", "EventBusName", "Targets", "Tags"],
  replaceOn: ["Name", "EventBusName"],
  async create(context, request, properties) {
    const name = properties["Name"] === undefined ? request.generatedName(64) : String(properties["Name"]);
    if (await isForeign(context, request, name)) {
      throw new AwsError("AlreadyExists", `Resource of type 'AWS::Events::Rule' with identifier '${name}' already exists.`);
    }
    const input = { ...ruleInput(name, properties), Tags: [...tagsOf(properties), ...ownerTags(request)] };
    const { RuleArn: arn = "" } = await context.call("eventbridge", "PutRule", input);
    try {
      await setTargets(context, name, targetsOf(properties));
    } catch (error) {
      // The resource does not exist for the stack when this step fails: nothing of it may stay.
      await remove(context, name);
      throw error;
    }
    return stateOf(name, arn);
  },
  async update(context, _request, state, properties, previous) {
    const name = state.physicalId;
    const { RuleArn: arn = "" } = await context.call("eventbridge", "PutRule", ruleInput(name, properties));
    await setTargets(context, name, targetsOf(properties));
    const tags = tagsOf(properties);
    const gone = tagsOf(previous).flatMap(({ Key }) => (tags.some((tag) => tag.Key === Key) ? [] : [Key]));
    if (gone.length > 0) await context.call("eventbridge", "UntagResource", { ResourceARN: arn, TagKeys: gone });
    if (tags.length > 0) await context.call("eventbridge", "TagResource", { ResourceARN: arn, Tags: tags });
    return stateOf(name, arn);
  },
  async delete(context, _request, state) {
    await remove(context, state.physicalId);
  },
};

async function remove(context: Context, name: string): Promise<void> {
  try {
    await setTargets(context, name, []);
    await context.call("eventbridge", "DeleteRule", { Name: name });
  } catch (error) {
    if (!hasCode(error, "ResourceNotFoundException")) throw error;
  }
}
