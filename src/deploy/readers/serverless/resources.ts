// The `resources` and `outputs` of a serverless.yml: CloudFormation of the app's own, laid over what its functions made.
import { isObject, type Json, type JsonObject } from "../../template/document.ts";
import type { Draft } from "./draft.ts";
import { type Section, sectionOf } from "./section.ts";

const TEMPLATE_SECTIONS = ["Resources", "Outputs", "Conditions", "Parameters", "Mappings", "Metadata", "Description"];
/** Attributes of a resource that extensions may change. */
const EXTENSIBLE = ["Properties", "DependsOn", "Condition", "DeletionPolicy", "UpdateReplacePolicy", "Metadata"];

/** The whole template. */
export function templateOf(draft: Draft, root: Section): JsonObject {
  const { service, reading } = draft;
  const template: JsonObject = {
    AWSTemplateFormatVersion: "2010-09-09",
    Description: `The AWS CloudFormation template for the app ${service}`,
    Resources: draft.resources,
    Outputs: draft.outputs,
  };
  const value = root.get("resources");
  const parts = Array.isArray(value)
    ? root.list("resources").map((item) => item.section)
    : value === undefined
      ? []
      : [root.object("resources")];
  for (const part of parts) {
    if (!part) continue;
    part.check({ honoured: [...TEMPLATE_SECTIONS, "extensions"], refused: { Transform: "macros are not there" } });
    for (const name of TEMPLATE_SECTIONS) {
      const section = part.get(name);
      if (section === undefined) continue;
      if (name === "Description") template[name] = section;
      else if (!isObject(section)) part.problem(name, "must be an object");
      else addSection(draft, template, name, sectionOf(reading, section, `${part.path}.${name}`, part.at(name)));
    }
    extend(draft, part);
  }
  addOutputs(draft, template, root);
  return template;
}

function addSection(draft: Draft, template: JsonObject, name: string, section: Section): void {
  const target = isObject(template[name]) ? template[name] : {};
  template[name] = target;
  for (const [id, value] of Object.entries(section.value)) {
    if (value === null) continue;
    const known = target[id];
    target[id] = known === undefined ? value : merge(known, value);
    const position = section.at(id);
    if (name === "Resources" && position) draft.origins.set(id, position);
  }
}

function extend(draft: Draft, part: Section): void {
  const extensions = part.object("extensions");
  for (const id of Object.keys(extensions?.value ?? {})) {
    const extension = extensions?.object(id);
    const resource = draft.resources[id];
    if (!extension) continue;
    if (!resource) {
      extensions?.problem(id, "extends a resource that is not in the template");
      continue;
    }
    extension.check({ honoured: EXTENSIBLE });
    for (const [name, value] of Object.entries(extension.value)) {
      if (name === "DependsOn") resource[name] = [...asList(resource[name]), ...asList(value)];
      else resource[name] = merge(resource[name] ?? null, value);
    }
  }
}

function asList(value: Json | undefined): Json[] {
  return Array.isArray(value) ? value : value === undefined || value === null ? [] : [value];
}

/** Objects are merged, all else is replaced. */
function merge(under: Json, over: Json): Json {
  if (!isObject(under) || !isObject(over)) return over;
  const out: JsonObject = { ...under };
  for (const [key, value] of Object.entries(over)) {
    const known = out[key];
    out[key] = known === undefined ? value : merge(known, value);
  }
  return out;
}

/** `outputs` at the top: a value, or `{value, description, export}` in CloudFormation's words. */
function addOutputs(draft: Draft, template: JsonObject, root: Section): void {
  const outputs = root.object("outputs");
  for (const key of Object.keys(outputs?.value ?? {})) {
    const value = outputs?.get(key);
    if (value === undefined) continue;
    const target = isObject(template["Outputs"]) ? template["Outputs"] : draft.outputs;
    target[key] = isObject(value) && value["Value"] !== undefined ? value : { Value: value };
  }
}
