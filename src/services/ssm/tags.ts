// Tags of parameters. Other kinds of resources that SSM tags do not exist here.
import type { Context } from "../../contract/context.ts";
import type { OperationOf } from "../../contract/service.ts";
import { invalidResourceId, invalidResourceType, tooManyTags, validation } from "./errors.ts";
import { type Parameter, parameters } from "./keys.ts";
import { TAGS_MAX } from "./limits.ts";

interface ResourceInput {
  readonly ResourceType: string;
  readonly ResourceId: string;
}

/** The rules for a whole set of tags. Lengths and characters are the model's. */
export function checkTags(tags: Readonly<Record<string, string>>): void {
  const keys = Object.keys(tags);
  if (keys.some((key) => key.toLowerCase().startsWith("aws:"))) {
    throw validation("Tag keys that begin with aws: are reserved for internal use and can't be modified.");
  }
  if (keys.length > TAGS_MAX) throw tooManyTags();
}

export const addTagsToResource: OperationOf<"ssm", "AddTagsToResource"> = async (context, input) => {
  const added = Object.fromEntries(input.Tags.map(({ Key, Value }) => [Key, Value]));
  await change(context, input, (tags) => ({ ...tags, ...added }));
  return {};
};

export const removeTagsFromResource: OperationOf<"ssm", "RemoveTagsFromResource"> = async (context, input) => {
  const gone = new Set(input.TagKeys);
  await change(context, input, (tags) => Object.fromEntries(Object.entries(tags).filter(([key]) => !gone.has(key))));
  return {};
};

export const listTagsForResource: OperationOf<"ssm", "ListTagsForResource"> = async (context, input) => {
  checkType(input);
  const parameter = await context.storage.snapshot((tx) => parameters.get(tx, [context.account, context.region, input.ResourceId.trim()]));
  if (!parameter) throw invalidResourceId();
  return { TagList: Object.entries(parameter.tags).map(([Key, Value]) => ({ Key, Value })) };
};

async function change(context: Context, input: ResourceInput, apply: (tags: Parameter["tags"]) => Parameter["tags"]): Promise<void> {
  checkType(input);
  await context.storage.transact(async (tx) => {
    const key: [string, string, string] = [context.account, context.region, input.ResourceId.trim()];
    const parameter = await parameters.get(tx, key);
    if (!parameter) throw invalidResourceId();
    const tags = apply(parameter.tags);
    checkTags(tags);
    parameters.set(tx, key, { ...parameter, tags });
  });
}

function checkType(input: ResourceInput): void {
  if (input.ResourceType === "Parameter") return;
  const known = [
    "Document",
    "ManagedInstance",
    "MaintenanceWindow",
    "PatchBaseline",
    "OpsItem",
    "OpsMetadata",
    "Automation",
    "Association",
  ];
  throw known.includes(input.ResourceType) ? invalidResourceId() : invalidResourceType();
}
