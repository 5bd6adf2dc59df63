// The template model: a parsed and checked CloudFormation template. Checks here need the template alone; what its
// references mean is found in `references.ts`.
import { AwsError } from "../../kernel/errors.ts";
import { MAPPINGS_MAX, OUTPUTS_MAX, PARAMETERS_MAX, RESOURCES_MAX } from "../limits.ts";
import { DocumentError, isObject, type Json, type JsonObject, Positions, parseDocument } from "./document.ts";

export interface TemplateParameter {
  readonly type: string;
  readonly default?: string;
  readonly allowedValues?: readonly string[];
  readonly allowedPattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minValue?: number;
  readonly maxValue?: number;
  readonly noEcho: boolean;
  readonly description?: string;
  readonly constraintDescription?: string;
}

export type DeletionPolicy = "Delete" | "Retain" | "RetainExceptOnCreate";

export interface TemplateResource {
  readonly type: string;
  readonly properties: JsonObject;
  readonly dependsOn: readonly string[];
  readonly condition?: string;
  readonly deletionPolicy: DeletionPolicy;
  readonly updateReplacePolicy: "Delete" | "Retain";
  readonly metadata?: Json;
}

interface TemplateOutput {
  readonly value: Json;
  readonly description?: string;
  readonly condition?: string;
  readonly exportName?: Json;
}

export interface Template {
  readonly description?: string;
  readonly version?: string;
  readonly metadata?: JsonObject;
  readonly transforms: readonly string[];
  readonly parameters: Readonly<Record<string, TemplateParameter>>;
  readonly mappings: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, Json>>>>>>;
  readonly conditions: Readonly<Record<string, Json>>;
  readonly resources: Readonly<Record<string, TemplateResource>>;
  readonly outputs: Readonly<Record<string, TemplateOutput>>;
}

export function validationError(message: string): AwsError {
  return new AwsError("ValidationError", message);
}

function formatError(message: string): AwsError {
  return validationError(`Template format error: ${message}`);
}

/** Reads a template's text, YAML or JSON. Throws ValidationError. */
export function readTemplate(text: string): Template {
  return checkTemplate(parseTemplateText(text));
}

function parseTemplateText(text: string): Json {
  const looksJson = /^\s*\{/.test(text);
  if (looksJson) {
    try {
      return JSON.parse(text) as Json;
    } catch {
      // A YAML flow mapping may begin with a brace too; what is neither is reported as JSON below.
    }
  }
  try {
    return parseDocument(text, { file: "template", positions: new Positions() });
  } catch (error) {
    if (!(error instanceof DocumentError)) throw error;
    const { line, column } = error.position;
    if (error.message.startsWith("unknown tag")) throw formatError(`${error.message} (line ${line}, column ${column})`);
    throw formatError(`${looksJson ? "JSON" : "YAML"} not well-formed. (line ${line}, column ${column})`);
  }
}

const SECTIONS = [
  ...["AWSTemplateFormatVersion", "Description", "Metadata", "Parameters", "Mappings", "Conditions", "Rules"],
  ...["Transform", "Hooks", "Resources", "Outputs"],
];
/** Transforms that need no macro: Fn::Length and Fn::ToJsonString are intrinsic here. */
const TRANSFORMS = ["AWS::LanguageExtensions"];

/** Checks parsed data and gives it its shape. Throws ValidationError. */
export function checkTemplate(data: Json): Template {
  if (!isObject(data)) throw formatError("unsupported structure.");
  const unknown = Object.keys(data).filter((key) => !SECTIONS.includes(key));
  if (unknown.length > 0) throw validationError(`Invalid template property or properties [${unknown.join(", ")}]`);
  refuseNulls(data, "");
  for (const section of ["Rules", "Hooks"]) {
    if (data[section] !== undefined) throw formatError(`the section ${section} is not supported by Hearth.`);
  }
  const version = data["AWSTemplateFormatVersion"];
  if (version !== undefined && version !== "2010-09-09") throw formatError(`Unsupported template version: ${text(version)}.`);
  const description = data["Description"];
  if (description !== undefined && typeof description !== "string") throw formatError("Description must be a string.");
  const transforms = transformsOf(data["Transform"]);
  const resources = mapSection(data, "Resources", (value, id) => resourceOf(id, value));
  if (Object.keys(resources).length === 0) throw formatError("At least one Resources member must be defined.");
  const metadata = data["Metadata"];
  return {
    ...(description !== undefined && { description }),
    ...(version !== undefined && { version: text(version) }),
    ...(isObject(metadata) && { metadata }),
    transforms,
    parameters: bounded(
      "parameters",
      PARAMETERS_MAX,
      mapSection(data, "Parameters", (value, name) => parameterOf(name, value)),
    ),
    mappings: bounded("mappings", MAPPINGS_MAX, mapSection(data, "Mappings", mappingOf)),
    conditions: mapSection(data, "Conditions", (value) => value),
    resources: bounded("resources", RESOURCES_MAX, resources),
    outputs: bounded(
      "outputs",
      OUTPUTS_MAX,
      mapSection(data, "Outputs", (value, name) => outputOf(name, value)),
    ),
  };
}

function bounded<T extends object>(what: string, max: number, items: T): T {
  const count = Object.keys(items).length;
  if (count > max) throw formatError(`Number of ${what}, ${count}, is greater than maximum allowed, ${max}`);
  return items;
}

function transformsOf(value: Json | undefined): string[] {
  const list = value === undefined ? [] : Array.isArray(value) ? value : [value];
  return list.map((item) => {
    const name = isObject(item) ? text(item["Name"] ?? "") : text(item);
    if (!TRANSFORMS.includes(name)) throw formatError(`the transform ${name} is not supported by Hearth.`);
    return name;
  });
}

function mapSection<T>(data: JsonObject, section: string, read: (value: Json, name: string) => T): Record<string, T> {
  const value = data[section];
  if (value === undefined) return {};
  if (!isObject(value)) throw formatError(`[/${section}] must be an object.`);
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, read(item, name)]));
}

function mappingOf(value: Json, name: string): Record<string, Record<string, Json>> {
  if (!isObject(value)) throw formatError(`Mapping ${name} must be an object.`);
  for (const [key, attributes] of Object.entries(value)) {
    if (!isObject(attributes)) throw formatError(`Every Mappings attribute must be an object: ${name}/${key}.`);
    for (const attribute of Object.values(attributes)) {
      if (isObject(attribute)) throw formatError("Every Mappings attribute must be a String or a List.");
    }
  }
  return value as Record<string, Record<string, Json>>;
}

const PARAMETER_KEYS = [
  ...["Type", "Default", "AllowedValues", "AllowedPattern", "MinLength", "MaxLength", "MinValue", "MaxValue"],
  ...["NoEcho", "Description", "ConstraintDescription"],
];
const PARAMETER_TYPES =
  /^(String|Number|List<Number>|List<String>|CommaDelimitedList|(List<)?AWS::[A-Za-z0-9:]+>?|AWS::SSM::Parameter::(Name|Value<.+>))$/;

function parameterOf(name: string, value: Json): TemplateParameter {
  if (!/^[A-Za-z0-9]+$/.test(name)) throw formatError(`Parameter name ${name} is non alphanumeric.`);
  if (!isObject(value)) throw formatError(`Every Parameters object must contain a Type member.`);
  const unknown = Object.keys(value).find((key) => !PARAMETER_KEYS.includes(key));
  if (unknown !== undefined) throw validationError(`Invalid template parameter property '${unknown}'`);
  const type = value["Type"];
  if (typeof type !== "string") throw formatError("Every Parameters object must contain a Type member.");
  if (!PARAMETER_TYPES.test(type)) throw formatError(`Unrecognized parameter type: ${type}`);
  const string = (key: string) => (value[key] === undefined ? undefined : text(value[key]));
  const number = (key: string) => (value[key] === undefined ? undefined : numberOf(name, key, value[key]));
  const fallback = value["Default"];
  const allowed = value["AllowedValues"];
  if (allowed !== undefined && !Array.isArray(allowed)) throw formatError(`Every AllowedValues member must be a list: ${name}.`);
  const allowedPattern = string("AllowedPattern");
  const minLength = number("MinLength");
  const maxLength = number("MaxLength");
  const minValue = number("MinValue");
  const maxValue = number("MaxValue");
  const description = string("Description");
  const constraintDescription = string("ConstraintDescription");
  return {
    type,
    noEcho: text(value["NoEcho"] ?? false).toLowerCase() === "true",
    ...(fallback !== undefined && { default: Array.isArray(fallback) ? fallback.map(text).join(",") : text(fallback) }),
    ...(allowed !== undefined && { allowedValues: allowed.map(text) }),
    ...(allowedPattern !== undefined && { allowedPattern }),
    ...(minLength !== undefined && { minLength }),
    ...(maxLength !== undefined && { maxLength }),
    ...(minValue !== undefined && { minValue }),
    ...(maxValue !== undefined && { maxValue }),
    ...(description !== undefined && { description }),
    ...(constraintDescription !== undefined && { constraintDescription }),
  };
}

function numberOf(parameter: string, key: string, value: Json | undefined): number {
  const number = Number(value);
  if (!Number.isFinite(number)) throw formatError(`Parameter ${parameter}: ${key} must be a number.`);
  return number;
}

const RESOURCE_KEYS = [
  ...["Type", "Properties", "DependsOn", "Condition", "DeletionPolicy", "UpdateReplacePolicy", "Metadata"],
  ...["CreationPolicy", "UpdatePolicy", "Description"],
];

function resourceOf(id: string, value: Json): TemplateResource {
  if (!/^[A-Za-z0-9]+$/.test(id)) throw formatError(`Resource name ${id} is non alphanumeric.`);
  if (!isObject(value)) throw formatError("Every Resources object must be an object.");
  const type = value["Type"];
  if (typeof type !== "string") throw formatError(`[/Resources/${id}] Every Resources object must contain a Type member.`);
  const unknown = Object.keys(value).find((key) => !RESOURCE_KEYS.includes(key));
  if (unknown !== undefined) throw validationError(`Invalid template resource property '${unknown}'`);
  for (const key of ["CreationPolicy", "UpdatePolicy"]) {
    if (value[key] !== undefined) throw formatError(`[/Resources/${id}/${key}] ${key} is not supported by Hearth.`);
  }
  const properties = value["Properties"] ?? {};
  if (!isObject(properties)) throw formatError(`[/Resources/${id}/Properties] must be an object.`);
  const condition = value["Condition"];
  if (condition !== undefined && typeof condition !== "string") throw formatError(`[/Resources/${id}/Condition] must be a string.`);
  const metadata = value["Metadata"];
  return {
    type,
    properties,
    dependsOn: dependsOn(id, value["DependsOn"]),
    ...(condition !== undefined && { condition }),
    deletionPolicy: policyOf(id, "DeletionPolicy", value["DeletionPolicy"]),
    updateReplacePolicy: policyOf(id, "UpdateReplacePolicy", value["UpdateReplacePolicy"]) === "Retain" ? "Retain" : "Delete",
    ...(metadata !== undefined && { metadata }),
  };
}

function dependsOn(id: string, value: Json | undefined): string[] {
  const list = value === undefined ? [] : Array.isArray(value) ? value : [value];
  return list.map((item) => {
    if (typeof item !== "string")
      throw formatError(`[/Resources/${id}/DependsOn] every DependsOn value must be a string or a list of strings.`);
    return item;
  });
}

function policyOf(id: string, key: string, value: Json | undefined): DeletionPolicy {
  if (value === undefined || value === "Delete") return "Delete";
  if (value === "Retain" || (value === "RetainExceptOnCreate" && key === "DeletionPolicy")) return value;
  if (value === "Snapshot") throw formatError(`[/Resources/${id}/${key}] Snapshot is not supported by Hearth; use Retain or Delete.`);
  throw formatError(`Unrecognized ${key} ${text(value)} for resource ${id}`);
}

function outputOf(name: string, value: Json): TemplateOutput {
  if (!/^[A-Za-z0-9]+$/.test(name)) throw formatError(`Output name ${name} is non alphanumeric.`);
  if (!isObject(value)) throw formatError(`Output ${name} is malformed.`);
  if (value["Value"] === undefined) throw formatError(`Every Outputs member must contain a Value object`);
  const unknown = Object.keys(value).find((key) => !["Value", "Description", "Condition", "Export"].includes(key));
  if (unknown !== undefined) throw formatError(`Output ${name} is malformed. The property ${unknown} is unknown.`);
  const description = value["Description"];
  const condition = value["Condition"];
  const exported = value["Export"];
  if (exported !== undefined && (!isObject(exported) || exported["Name"] === undefined)) {
    throw formatError(`Output ${name} is malformed. The Export property must contain a Name.`);
  }
  return {
    value: value["Value"],
    ...(description !== undefined && { description: text(description) }),
    ...(condition !== undefined && { condition: text(condition) }),
    ...(isObject(exported) && exported["Name"] !== undefined && { exportName: exported["Name"] }),
  };
}

function refuseNulls(value: Json, path: string): void {
  if (value === null) throw formatError(`[${path}] 'null' values are not allowed in templates`);
  if (typeof value === "object") for (const [key, item] of Object.entries(value)) refuseNulls(item, `${path}/${key}`);
}

function text(value: Json | undefined): string {
  return typeof value === "string" ? value : JSON.stringify(value ?? null);
}
