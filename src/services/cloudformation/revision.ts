// From a template's text and parameters to what the engine works on: everything that can be found wrong before anything
// is created is found here.
import { createHash } from "node:crypto";
import type { Context } from "../../contract/context.ts";
import type { ResourceType } from "../../contract/resource.ts";
import { loadTypes, type ResourceTypes, type Target } from "../../deploy/plan.ts";
import { isObject, type Json, type JsonObject } from "../../deploy/template/document.ts";
import { checkDynamicReferences, resolveDynamicReferences } from "../../deploy/template/dynamic-references.ts";
import { type Environment, evaluateConditions, resolve, resolveText } from "../../deploy/template/intrinsics.ts";
import {
  type GivenParameter,
  parameterTexts,
  parameterValues,
  pseudoParameters,
  type StackScope,
  ssmNames,
} from "../../deploy/template/parameters.ts";
import { checkReferences, dependencies } from "../../deploy/template/references.ts";
import { readTemplate, type Template } from "../../deploy/template/template.ts";
import { hasCode } from "../../kernel/errors.ts";
import { readdressed } from "../../kernel/own-address.ts";
import { insufficientCapabilities, validation } from "./errors.ts";
import { exported, imports, type Revision, type StackOutput, type StackTag } from "./keys.ts";
import { EXPORTS_MAX, TAGS_MAX } from "./limits.ts";

/** Where resource types come from: the services that own them. */
export interface ResourceCatalog {
  resourceType(name: string): Promise<ResourceType | undefined>;
}

/** A template that has passed every check that it can pass alone. */
async function checkedTemplate(catalog: ResourceCatalog, text: string): Promise<{ template: Template; types: ResourceTypes }> {
  const template = readTemplate(text);
  checkReferences(template);
  for (const resource of Object.values(template.resources)) checkDynamicReferences(resource.properties);
  const types = await loadTypes(template, (name) => catalog.resourceType(name));
  return { template, types };
}

interface RevisionRequest {
  readonly text: string;
  readonly parameters: readonly GivenParameter[];
  readonly previous: Revision | undefined;
  readonly tags: readonly StackTag[] | undefined;
  readonly capabilities: readonly string[];
  readonly notificationArns: readonly string[] | undefined;
  readonly scope: StackScope;
}

export interface Prepared {
  readonly revision: Revision;
  readonly text: string;
  readonly types: ResourceTypes;
  readonly target: Target;
}

/** Checks a requested revision wholly. Throws ValidationError or InsufficientCapabilitiesException. */
export async function prepareRevision(context: Context, catalog: ResourceCatalog, request: RevisionRequest): Promise<Prepared> {
  const { template } = await checkedTemplate(catalog, request.text);
  const needed = requiredCapabilities(template).capabilities;
  if (needed.some((capability) => !satisfies(request.capabilities, capability))) throw insufficientCapabilities(needed);
  const tags = request.tags ?? request.previous?.tags ?? [];
  if (tags.length > TAGS_MAX) throw validation(`Member must have length less than or equal to ${TAGS_MAX}`);
  const parameters = parameterTexts(template, request.parameters, request.previous?.parameters);
  const revision: Revision = {
    templateId: createHash("sha256").update(request.text).digest("hex").slice(0, 32),
    parameters,
    ssmValues: await readSsmParameters(context, ssmNames(template, parameters)),
    tags,
    capabilities: request.capabilities,
    notificationArns: request.notificationArns ?? request.previous?.notificationArns ?? [],
    ...(template.description !== undefined && { description: template.description }),
  };
  return loadRevision(context, catalog, request.scope, revision, request.text);
}

/** A revision that was checked before, ready to be worked on. */
export async function loadRevision(
  context: Context,
  catalog: ResourceCatalog,
  scope: StackScope,
  revision: Revision,
  text: string,
): Promise<Prepared> {
  const { template, types } = await checkedTemplate(catalog, text);
  const pseudo = pseudoParameters({ ...scope, notificationArns: revision.notificationArns });
  const parameters = parameterValues(template, revision.parameters, revision.ssmValues);
  const masked = Object.entries(parameters).map(([name, value]): [string, Json] => [
    name,
    template.parameters[name]?.noEcho ? "****" : value,
  ]);
  const conditions = evaluateConditions(template, parameters, pseudo);
  const exportValue = await exportLookup(context);
  const environment = { template, parameters, pseudo, conditions, exportValue };
  const target: Target = {
    template,
    graph: dependencies(template, conditions),
    environment,
    shown: { ...environment, parameters: Object.fromEntries(masked) },
    complete: async (properties) => {
      const resolved = await resolveDynamicReferences(properties, (name, secure) => readParameter(context, name, secure));
      return isObject(resolved) ? resolved : properties;
    },
  };
  return { revision, text, types, target };
}

async function exportLookup(context: Context): Promise<(name: string) => string | undefined> {
  const { account, region } = context;
  const records = await context.storage.snapshot((tx) => exported.scan(tx, [account, region], { limit: EXPORTS_MAX }));
  const values = new Map(records.map(({ key, value }) => [key[2], readdressed(value.value, value.endpoint, context.endpoint)] as const));
  return (name) => values.get(name);
}

async function readSsmParameters(context: Context, names: Readonly<Record<string, string>>): Promise<Record<string, string>> {
  const values: Record<string, string> = {};
  for (const [parameter, name] of Object.entries(names)) values[parameter] = await readParameter(context, name, false);
  return values;
}

async function readParameter(context: Context, name: string, withDecryption: boolean): Promise<string> {
  try {
    const answer = await context.call("ssm", "GetParameter", { Name: name, WithDecryption: withDecryption });
    const { Type, Value } = answer.Parameter ?? {};
    if (Type === "SecureString" && !withDecryption) {
      throw validation(`Parameters [${name}] referenced by template have types not supported by CloudFormation.`);
    }
    return Value ?? "";
  } catch (error) {
    if (!hasCode(error, "ParameterNotFound", "ParameterVersionNotFound")) throw error;
    throw validation(`Unable to fetch parameters [${name}] from parameter store for this account.`);
  }
}

const NAMED_TYPES: Readonly<Record<string, string | undefined>> = {
  "AWS::IAM::AccessKey": undefined,
  "AWS::IAM::Group": "GroupName",
  "AWS::IAM::InstanceProfile": "InstanceProfileName",
  "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
  "AWS::IAM::Policy": undefined,
  "AWS::IAM::Role": "RoleName",
  "AWS::IAM::User": "UserName",
  "AWS::IAM::UserToGroupAddition": undefined,
};

/** What a template needs the caller to acknowledge, and why: IAM resources. */
export function requiredCapabilities(template: Template): { capabilities: ("CAPABILITY_IAM" | "CAPABILITY_NAMED_IAM")[]; types: string[] } {
  const ofIam = Object.values(template.resources).filter((resource) => Object.hasOwn(NAMED_TYPES, resource.type));
  if (ofIam.length === 0) return { capabilities: [], types: [] };
  const named = ofIam.some((resource) => {
    const property = NAMED_TYPES[resource.type];
    return property !== undefined && resource.properties[property] !== undefined;
  });
  return { capabilities: [named ? "CAPABILITY_NAMED_IAM" : "CAPABILITY_IAM"], types: [...new Set(ofIam.map((resource) => resource.type))] };
}

function satisfies(given: readonly string[], needed: string): boolean {
  return given.includes(needed) || (needed === "CAPABILITY_IAM" && given.includes("CAPABILITY_NAMED_IAM"));
}

/** The outputs of a stack whose resources exist. Throws ValidationError. */
export function resolveOutputs(target: Target, environment: Environment): StackOutput[] {
  const { template } = target;
  return Object.entries(template.outputs)
    .filter(([, output]) => output.condition === undefined || environment.conditions[output.condition] === true)
    .flatMap(([key, output]): StackOutput[] => {
      const value = resolve(output.value, environment);
      if (value === undefined) return [];
      if (value === null || typeof value === "object") {
        throw validation(
          `Template format error: Output ${key} is malformed. The Value field of every Outputs member must evaluate to a String.`,
        );
      }
      return [
        {
          key,
          value: String(value),
          ...(output.description !== undefined && { description: output.description }),
          ...(output.exportName !== undefined && { exportName: resolveText(output.exportName, environment, `the export name of ${key}`) }),
        },
      ];
    });
}

/** The names of the exports that a template imports. */
export function importedNames(target: Target, environment: Environment): string[] {
  const names = new Set<string>();
  const walk = (value: Json): void => {
    if (Array.isArray(value)) for (const item of value) walk(item);
    if (!isObject(value)) return;
    const name = value["Fn::ImportValue"];
    if (name !== undefined) names.add(resolveText(name, environment, "Fn::ImportValue"));
    for (const item of Object.values(value)) walk(item);
  };
  for (const id of target.graph.keys()) walk(target.template.resources[id]?.properties ?? ({} satisfies JsonObject));
  for (const output of Object.values(target.template.outputs)) walk(output.value);
  return [...names];
}

/** The stack that imports an export, if one does. */
export async function importerOf(context: Context, name: string): Promise<string | undefined> {
  const { account, region } = context;
  const [first] = await context.storage.snapshot((tx) => imports.scan(tx, [account, region, name], { limit: 1 }));
  return first?.key[3];
}
