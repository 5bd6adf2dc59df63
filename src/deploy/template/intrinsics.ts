// Intrinsic functions: a template's value and an environment give plain data. Pure; what the environment does not know
// (a resource that does not exist yet) is an error here, so callers resolve a resource after those that it refers to.
import { cidrBlocks } from "./cidr.ts";
import { isObject, type Json, type JsonObject } from "./document.ts";
import { type Template, validationError } from "./template.ts";

/** What names in a template stand for. */
export interface Environment {
  readonly template: Template;
  /** Values of parameters; lists for list types. */
  readonly parameters: Readonly<Record<string, Json>>;
  /** `AWS::Region` and its kind, without AWS::NoValue. */
  readonly pseudo: Readonly<Record<string, Json>>;
  readonly conditions: Readonly<Record<string, boolean>>;
  /** The physical id of a resource; undefined when the stack has none of that name. */
  ref(logicalId: string): string | undefined;
  /** An attribute of a resource; undefined when its type has none of that name. */
  attribute(logicalId: string, name: string): string | undefined;
  exportValue(name: string): string | undefined;
}

/** `AWS::NoValue`: a property or list item that goes away. */
const NO_VALUE = Symbol("AWS::NoValue");
type Value = Json | typeof NO_VALUE;

/** A resource's properties, an output's value. Undefined when the whole is AWS::NoValue. */
export function resolve(value: Json, environment: Environment): Json | undefined {
  const resolved = evaluate(value, environment);
  return resolved === NO_VALUE ? undefined : resolved;
}

/** As `resolve`, for what must be one string. */
export function resolveText(value: Json, environment: Environment, what: string): string {
  const resolved = resolve(value, environment);
  if (resolved === undefined || resolved === null || typeof resolved === "object") {
    throw validationError(`Template format error: ${what} must resolve to a string.`);
  }
  return String(resolved);
}

function evaluate(value: Json, environment: Environment): Value {
  if (Array.isArray(value)) return value.map((item) => evaluate(item, environment)).filter((item): item is Json => item !== NO_VALUE);
  if (!isObject(value)) return value;
  const call = functionOf(value);
  if (call) return call.apply(value[call.name] ?? null, environment);
  const out: JsonObject = {};
  for (const [key, item] of Object.entries(value)) {
    const resolved = evaluate(item, environment);
    if (resolved !== NO_VALUE) out[key] = resolved;
  }
  return out;
}

type Intrinsic = (argument: Json, environment: Environment) => Value;

/** The function that an object calls: it has that one key. */
function functionOf(value: JsonObject): { name: string; apply: Intrinsic } | undefined {
  const keys = Object.keys(value);
  // `Ref` beside other keys is a key like any other; `Fn::…` never is.
  const name = keys.find((key) => key.startsWith("Fn::")) ?? (keys.length === 1 && keys[0] === "Ref" ? "Ref" : undefined);
  if (name === undefined) return undefined;
  if (keys.length > 1) throw templateError(`${name} object must be the only key of its object, found [${keys.join(", ")}]`);
  const apply = INTRINSICS[name];
  if (!apply) throw templateError(`${name} is not supported by Hearth.`);
  return { name, apply };
}

const INTRINSICS: Readonly<Record<string, Intrinsic>> = {
  Ref: (name, environment) => {
    if (typeof name !== "string") throw templateError("All Ref values must be strings");
    return reference(name, environment);
  },
  "Fn::GetAtt": (argument, environment) => {
    const [logicalId, ...rest] = Array.isArray(argument) ? argument : typeof argument === "string" ? argument.split(".") : [];
    const names = rest.map((part) => evaluate(part, environment));
    if (typeof logicalId !== "string" || logicalId === "" || names.length === 0 || names.some((name) => typeof name !== "string")) {
      throw templateError("every Fn::GetAtt object requires two non-empty parameters, the resource name and the resource attribute");
    }
    return attribute(logicalId, names.join("."), environment);
  },
  "Fn::Sub": substitute,
  "Fn::Join": (argument, environment) => {
    const [delimiter, list] = listOf(argument, environment);
    if (typeof delimiter !== "string" || !Array.isArray(list)) {
      throw templateError(
        "every Fn::Join object requires two parameters, (1) a string delimiter and (2) a list of strings to be joined or a function that returns a list of strings (such as Fn::GetAZs) to be joined.",
      );
    }
    return list.map((item) => textOf(item, "Fn::Join")).join(delimiter);
  },
  "Fn::Split": (argument, environment) => {
    const [delimiter, source] = listOf(argument, environment);
    if (typeof delimiter !== "string" || delimiter === "" || typeof source !== "string") {
      throw templateError(
        "every Fn::Split object requires two parameters, (1) a string delimiter and (2) a string to be split or a function that returns a string to be split.",
      );
    }
    return source.split(delimiter);
  },
  "Fn::Select": (argument, environment) => {
    const [index, list] = listOf(argument, environment);
    if (index === undefined || !/^\d+$/.test(String(index)) || !Array.isArray(list)) {
      throw templateError("Fn::Select requires a list argument with two elements: an integer index and a list");
    }
    const item = list[Number(index)];
    if (item === undefined) throw templateError(`Fn::Select cannot select nonexistent value at index ${index}`);
    return item;
  },
  "Fn::If": (argument, environment) => {
    if (!Array.isArray(argument) || argument.length !== 3 || typeof argument[0] !== "string") {
      throw templateError("Fn::If requires a list argument with three elements, the first of them the name of a condition");
    }
    return evaluate(argument[conditionNamed(argument[0], environment) ? 1 : 2] ?? null, environment);
  },
  "Fn::FindInMap": findInMap,
  "Fn::ImportValue": (argument, environment) => {
    const name = textOf(evaluate(argument, environment), "Fn::ImportValue");
    const value = environment.exportValue(name);
    if (value === undefined) throw validationError(`No export named ${name} found.`);
    return value;
  },
  "Fn::Base64": (argument, environment) => Buffer.from(textOf(evaluate(argument, environment), "Fn::Base64"), "utf8").toString("base64"),
  "Fn::Cidr": (argument, environment) => {
    const [block, count, bits] = listOf(argument, environment);
    return cidrBlocks(textOf(block ?? null, "Fn::Cidr"), Number(count), Number(bits ?? 8));
  },
  "Fn::GetAZs": (argument, environment) => {
    const region = textOf(evaluate(argument, environment), "Fn::GetAZs") || String(environment.pseudo["AWS::Region"]);
    return ["a", "b", "c"].map((zone) => region + zone);
  },
  "Fn::Length": (argument, environment) => {
    needsLanguageExtensions("Fn::Length", environment);
    const list = evaluate(argument, environment);
    if (!Array.isArray(list)) throw templateError("Fn::Length requires a list argument");
    return list.length;
  },
  "Fn::ToJsonString": (argument, environment) => {
    needsLanguageExtensions("Fn::ToJsonString", environment);
    const value = evaluate(argument, environment);
    if (value === NO_VALUE || typeof value !== "object") throw templateError("Fn::ToJsonString requires an object or a list");
    return JSON.stringify(value);
  },
  "Fn::And": logical,
  "Fn::Or": logical,
  "Fn::Not": logical,
  "Fn::Equals": logical,
};

function logical(): never {
  throw templateError("Fn::And, Fn::Or, Fn::Not and Fn::Equals may stand in Conditions only; refer to a condition with Fn::If");
}

function reference(name: string, environment: Environment): Value {
  if (name === "AWS::NoValue") return NO_VALUE;
  const known = Object.hasOwn(environment.parameters, name) ? environment.parameters[name] : environment.pseudo[name];
  const value = known ?? environment.ref(name);
  if (value === undefined) throw unresolved(name);
  return value;
}

function attribute(logicalId: string, name: string, environment: Environment): string {
  if (environment.ref(logicalId) === undefined) throw unresolved(logicalId);
  const value = environment.attribute(logicalId, name);
  if (value === undefined) throw templateError(`resource ${logicalId} does not support attribute type ${name} in Fn::GetAtt`);
  return value;
}

function unresolved(name: string) {
  return validationError(`Template format error: Unresolved resource dependencies [${name}] in the Resources block of the template`);
}

function substitute(argument: Json, environment: Environment): string {
  const [template, variables = {}] = Array.isArray(argument) ? argument : [argument];
  if (typeof template !== "string" || !isObject(variables)) {
    throw templateError(
      "One or more Fn::Sub intrinsic functions don't specify expected arguments. Specify a string as first argument, and an optional second argument to specify a mapping of values to replace in the string",
    );
  }
  return template.replaceAll(/\$\{([^}]*)\}/g, (_match, inner: string) => {
    const name = inner.trim();
    if (name.startsWith("!")) return `\${${name.slice(1)}}`;
    if (!/^[A-Za-z0-9_.:]+$/.test(name)) {
      throw templateError("variable names in Fn::Sub syntax must contain only alphanumeric characters, underscores, periods, and colons");
    }
    if (Object.hasOwn(variables, name)) return textOf(evaluate(variables[name] ?? null, environment), "Fn::Sub");
    const dot = name.indexOf(".");
    if (dot > 0 && !name.startsWith("AWS::")) return attribute(name.slice(0, dot), name.slice(dot + 1), environment);
    return textOf(reference(name, environment), "Fn::Sub");
  });
}

function findInMap(argument: Json, environment: Environment): Value {
  const parts = Array.isArray(argument) ? argument : [];
  if (parts.length < 3) {
    throw templateError("every Fn::FindInMap object requires three parameters, the map name, map key and the attribute for return value");
  }
  const [map, key, attributeName] = parts.slice(0, 3).map((part) => textOf(evaluate(part, environment), "Fn::FindInMap"));
  const found = environment.template.mappings[map ?? ""]?.[key ?? ""]?.[attributeName ?? ""];
  if (found !== undefined) return found;
  const fallback = parts[3];
  if (isObject(fallback) && fallback["DefaultValue"] !== undefined) {
    needsLanguageExtensions("The DefaultValue of Fn::FindInMap", environment);
    return evaluate(fallback["DefaultValue"], environment);
  }
  throw templateError(`Unable to get mapping for ${map}::${key}::${attributeName}`);
}

function needsLanguageExtensions(what: string, environment: Environment): void {
  if (!environment.template.transforms.includes("AWS::LanguageExtensions")) {
    throw templateError(`${what} needs the transform AWS::LanguageExtensions`);
  }
}

function listOf(argument: Json, environment: Environment): Json[] {
  const value = evaluate(argument, environment);
  return Array.isArray(value) ? value : [];
}

function textOf(value: Value, where: string): string {
  if (value === NO_VALUE || value === null || typeof value === "object") throw templateError(`every ${where} value must be a string`);
  return String(value);
}

function conditionNamed(name: string, environment: Environment): boolean {
  const value = environment.conditions[name];
  if (value === undefined) throw templateError(`Template error: Unresolved condition dependency ${name}`);
  return value;
}

function templateError(message: string) {
  return validationError(message.startsWith("Template ") ? message : `Template error: ${message}`);
}

/** Every condition of a template, from parameters, mappings and pseudo parameters alone. */
export function evaluateConditions(
  template: Template,
  parameters: Readonly<Record<string, Json>>,
  pseudo: Readonly<Record<string, Json>>,
): Record<string, boolean> {
  const done: Record<string, boolean> = {};
  const open = new Set<string>();
  const environment: Environment = {
    template,
    parameters,
    pseudo,
    conditions: done,
    ref: () => undefined,
    attribute: () => undefined,
    exportValue: () => undefined,
  };
  const named = (name: string): boolean => {
    const known = done[name];
    if (known !== undefined) return known;
    const expression = template.conditions[name];
    if (expression === undefined)
      throw templateError(`Template format error: Unresolved condition dependency ${name} in the Conditions block of the template`);
    if (open.has(name)) throw templateError(`Template format error: Circular dependency between conditions: [${[...open].join(", ")}]`);
    open.add(name);
    const value = truth(expression);
    open.delete(name);
    done[name] = value;
    return value;
  };
  const truth = (expression: Json): boolean => {
    if (expression === true || expression === "true") return true;
    if (expression === false || expression === "false") return false;
    const [entry] = isObject(expression) ? Object.entries(expression) : [];
    const [name, argument] = entry ?? ["", null];
    const list = Array.isArray(argument) ? argument : [];
    if (name === "Condition" && typeof argument === "string") return named(argument);
    if (name === "Fn::Equals") {
      if (list.length !== 2) throw templateError("every Fn::Equals object requires a list of 2 string parameters.");
      const [left, right] = list.map((item) => comparable(item));
      return left === right;
    }
    if (name === "Fn::Not") {
      if (list.length !== 1) throw templateError("every Fn::Not object requires one boolean parameter.");
      return !truth(list[0] ?? null);
    }
    if (name === "Fn::And" || name === "Fn::Or") {
      if (list.length < 2 || list.length > 10) {
        throw templateError(`every ${name} object requires a list of at least 2 and at most 10 boolean parameters.`);
      }
      const values = list.map(truth);
      return name === "Fn::And" ? values.every(Boolean) : values.some(Boolean);
    }
    throw templateError("Template format error: Conditions can only be boolean operations on parameters and other conditions");
  };
  // A condition within Fn::If inside Fn::Equals is looked up by name, so those it may need come first.
  const comparable = (item: Json): string => {
    for (const name of conditionNames(item)) named(name);
    const value = resolve(item, environment);
    return value !== null && typeof value === "object" ? JSON.stringify(value) : String(value);
  };
  for (const name of Object.keys(template.conditions)) named(name);
  return done;
}

function conditionNames(value: Json): string[] {
  if (Array.isArray(value)) return value.flatMap(conditionNames);
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, item]) =>
    key === "Fn::If" && Array.isArray(item) && typeof item[0] === "string"
      ? [item[0], ...conditionNames(item.slice(1))]
      : conditionNames(item),
  );
}
