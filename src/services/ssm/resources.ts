// AWS::SSM::Parameter for CloudFormation.
import type { Context } from "../../contract/context.ts";
import type { InputOf } from "../../contract/models.ts";
import { type PropertyReader, readProperties } from "../../contract/properties.ts";
import type { ResourceState, ResourceType } from "../../contract/resource.ts";
import { AwsError, hasCode } from "../../kernel/errors.ts";
import { NAME_LENGTH_MAX } from "./limits.ts";
import { put } from "./put-parameter.ts";

export const parameterType: ResourceType = {
  properties: ["AllowedPattern", "DataType", "Description", "Name", "Policies", "Tags", "Tier", "Type", "Value"],
  replaceOn: ["Name"],

  async create(context, request, properties) {
    const p = readProperties(request, properties);
    const name = p.string("Name") ?? request.generatedName(NAME_LENGTH_MAX);
    const tags = Object.entries(p.tags() ?? {}).map(([Key, Value]) => ({ Key, Value }));
    try {
      // Put again by the same resource after a crash, it is not another's.
      await put(context, { Name: name, ...valuesOf(p), ...(tags.length > 0 && { Tags: tags }) }, `${request.stackId}/${request.logicalId}`);
    } catch (error) {
      if (!hasCode(error, "ParameterAlreadyExists")) throw error;
      throw new AwsError("AlreadyExists", `Resource of type 'AWS::SSM::Parameter' with identifier '${name}' already exists.`);
    }
    return stateOf(p, name);
  },

  async update(context, request, state, properties, previous) {
    const p = readProperties(request, properties);
    const name = state.physicalId;
    await put(context, { Name: name, Overwrite: true, ...valuesOf(p) });
    await retag(context, name, p.tags() ?? {}, readProperties(request, previous).tags() ?? {});
    return stateOf(p, name);
  },

  async delete(context, _request, state) {
    try {
      await context.call("ssm", "DeleteParameter", { Name: state.physicalId });
    } catch (error) {
      if (!hasCode(error, "ParameterNotFound")) throw error;
    }
  },
};

function valuesOf(p: PropertyReader) {
  const type = p.requiredString("Type");
  if (type !== "String" && type !== "StringList")
    throw p.invalid("Type", `${type} is not supported in a template: String or StringList is`);
  const tier = p.string("Tier") as InputOf<"ssm", "PutParameter">["Tier"];
  const pattern = p.string("AllowedPattern");
  const dataType = p.string("DataType");
  const policies = p.json("Policies");
  return {
    Type: type,
    Value: p.requiredString("Value"),
    // A description that a template no longer has goes.
    Description: p.string("Description") ?? "",
    ...(tier !== undefined && { Tier: tier }),
    ...(pattern !== undefined && { AllowedPattern: pattern }),
    ...(dataType !== undefined && { DataType: dataType }),
    ...(policies !== undefined && { Policies: policies }),
  } as const;
}

function stateOf(p: PropertyReader, name: string): ResourceState {
  return { physicalId: name, attributes: { Type: p.requiredString("Type"), Value: p.requiredString("Value") } };
}

async function retag(
  context: Context,
  name: string,
  now: Readonly<Record<string, string>>,
  before: Readonly<Record<string, string>>,
): Promise<void> {
  const resource = { ResourceType: "Parameter", ResourceId: name } as const;
  const gone = Object.keys(before).filter((key) => now[key] === undefined);
  if (gone.length > 0) await context.call("ssm", "RemoveTagsFromResource", { ...resource, TagKeys: gone });
  const tags = Object.entries(now).map(([Key, Value]) => ({ Key, Value }));
  if (tags.length > 0) await context.call("ssm", "AddTagsToResource", { ...resource, Tags: tags });
}
