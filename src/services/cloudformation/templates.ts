// Templates as such: read back, checked, summarised.
import type { Context } from "../../contract/context.ts";
import type { InputOf, OutputOf } from "../../contract/models.ts";
import { checkReferences } from "../../deploy/template/references.ts";
import { readTemplate, type Template } from "../../deploy/template/template.ts";
import { changeSetNotFound, stackDoesNotExist, validation } from "./errors.ts";
import { findStack, uidOf } from "./journal.ts";
import { changeSets } from "./keys.ts";
import { requiredCapabilities } from "./revision.ts";
import { storedTemplate } from "./stacks.ts";
import { requestedTemplate } from "./template-source.ts";
import { checkParameters } from "./unhonoured.ts";

export async function getTemplate(
  context: Context,
  input: InputOf<"cloudformation", "GetTemplate">,
): Promise<OutputOf<"cloudformation", "GetTemplate">> {
  const name = input.StackName ?? "";
  const stack = await findStack(context, name);
  if (!stack) throw stackDoesNotExist(name);
  const changeSetName = input.ChangeSetName;
  let revision = stack.operation?.next ?? stack.revision;
  if (changeSetName !== undefined) {
    const prefix = [context.account, context.region, uidOf(stack.stackId)];
    const all = await context.storage.snapshot((tx) => changeSets.scan(tx, prefix, { limit: 1_000 }));
    const found = all.find(({ value }) => value.name === changeSetName || value.changeSetId === changeSetName);
    if (!found) throw changeSetNotFound(changeSetName);
    revision = found.value.revision;
  }
  if (!revision) throw validation(`Template is not available for stack ${stack.stackName}.`);
  const text = await storedTemplate(context, stack.stackId, revision);
  if (input.TemplateStage === "Processed" && readTemplate(text).transforms.length > 0) {
    const note = "The template is shown as it was given, before its transforms.";
    context.ledger.add({ service: "cloudformation", operation: "GetTemplate", parameter: "TemplateStage", note });
  }
  return { TemplateBody: text, StagesAvailable: ["Original", "Processed"] };
}

export async function validateTemplate(
  context: Context,
  input: InputOf<"cloudformation", "ValidateTemplate">,
): Promise<OutputOf<"cloudformation", "ValidateTemplate">> {
  const template = await givenTemplate(context, input);
  const { capabilities, types } = requiredCapabilities(template);
  return {
    Description: template.description,
    Parameters: Object.entries(template.parameters).map(([ParameterKey, parameter]) => ({
      ParameterKey,
      DefaultValue: parameter.default,
      NoEcho: parameter.noEcho,
      Description: parameter.description,
    })),
    Capabilities: capabilities,
    CapabilitiesReason: reasonFor(types),
    DeclaredTransforms: [...template.transforms],
  };
}

function reasonFor(types: readonly string[]): string | undefined {
  return types.length === 0 ? undefined : `The following resource(s) require capabilities: [${types.join(", ")}]`;
}

async function givenTemplate(context: Context, input: InputOf<"cloudformation", "ValidateTemplate">): Promise<Template> {
  const text = await requestedTemplate(context, input);
  if (text === undefined) throw validation("Either Template URL or Template Body must be specified.");
  const template = readTemplate(text);
  checkReferences(template);
  return template;
}

export async function getTemplateSummary(
  context: Context,
  input: InputOf<"cloudformation", "GetTemplateSummary">,
): Promise<OutputOf<"cloudformation", "GetTemplateSummary">> {
  checkParameters(context, "GetTemplateSummary", input);
  const template = input.StackName === undefined ? await givenTemplate(context, input) : await templateOfStack(context, input.StackName);
  const { capabilities, types } = requiredCapabilities(template);
  return {
    Description: template.description,
    Version: template.version,
    Metadata: template.metadata === undefined ? undefined : JSON.stringify(template.metadata),
    Parameters: Object.entries(template.parameters).map(([ParameterKey, parameter]) => ({
      ParameterKey,
      DefaultValue: parameter.default,
      ParameterType: parameter.type,
      NoEcho: parameter.noEcho,
      Description: parameter.description,
      ParameterConstraints: parameter.allowedValues ? { AllowedValues: [...parameter.allowedValues] } : {},
    })),
    Capabilities: capabilities,
    CapabilitiesReason: reasonFor(types),
    ResourceTypes: [...new Set(Object.values(template.resources).map((resource) => resource.type))],
    DeclaredTransforms: [...template.transforms],
  };
}

async function templateOfStack(context: Context, name: string): Promise<Template> {
  const stack = await findStack(context, name);
  const revision = stack?.revision ?? stack?.operation?.next;
  if (!stack || !revision) throw stackDoesNotExist(name);
  return readTemplate(await storedTemplate(context, stack.stackId, revision));
}
