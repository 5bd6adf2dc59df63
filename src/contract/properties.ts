// Pure readers of CloudFormation properties, for the resource types of every service. CloudFormation is loose ("5" is a
// number, "true" a boolean, a number a string) and so are they; what cannot be meant stops the resource by name and path.
//
//   const p = readProperties(request, properties);
//   const name = p.string("QueueName") ?? request.generatedName(80);
//   const delay = p.integer("DelaySeconds");                 // 5 and "5" are both 5
//   const code = p.requiredObject("Code");                   // a reader of the nested object
//   code.only(["S3Bucket", "S3Key", "ZipFile"]);             // any other nested key stops the resource by name
//   for (const rule of p.objects("Rules")) rule.requiredString("Id");
import { AwsError } from "../kernel/errors.ts";
import type { Properties } from "./resource.ts";

/** Reads one object of properties. An absent property, or null, is undefined; one of a wrong type throws a ValidationError. */
export interface PropertyReader {
  /** The object as it is. */
  readonly value: Properties;
  has(name: string): boolean;
  string(name: string): string | undefined;
  requiredString(name: string): string;
  number(name: string): number | undefined;
  requiredNumber(name: string): number;
  integer(name: string): number | undefined;
  requiredInteger(name: string): number;
  boolean(name: string): boolean | undefined;
  /** A list of strings; a single string counts as a list of one, as CloudFormation takes it. */
  strings(name: string): string[] | undefined;
  requiredStrings(name: string): string[];
  /** A map of strings, such as environment variables. */
  stringMap(name: string): Record<string, string> | undefined;
  object(name: string): PropertyReader | undefined;
  requiredObject(name: string): PropertyReader;
  /** The objects of a list; none when it is absent. */
  objects(name: string): PropertyReader[];
  /** A JSON document given as an object or as text; always handed out as text. */
  json(name: string): string | undefined;
  /** Anything, as it is. */
  any(name: string): unknown;
  /** Tags given as a list of `{Key, Value}` or as a map; undefined when there are none. */
  tags(name?: string): Record<string, string> | undefined;
  /** Stops when the object has a key that is not among these. */
  only(names: readonly string[]): void;
  /** The error for a value of this object that is of the right type and still wrong. */
  invalid(name: string, problem: string): AwsError;
}

/** @param request the resource's request, for its logical id in messages. */
export function readProperties(request: { readonly logicalId: string }, properties: Properties): PropertyReader {
  return reader(request.logicalId, "#", properties);
}

/** What the stack event shows when properties are wrong. `path` is a JSON pointer that begins with `#`. */
function propertyError(logicalId: string, path: string, problem: string): AwsError {
  return new AwsError("ValidationError", `Properties validation failed for resource ${logicalId} with message: [${path}: ${problem}]`);
}

function reader(logicalId: string, path: string, value: Properties): PropertyReader {
  const at = (name: string) => `${path}/${name}`;
  const wrong = (name: string, expected: string, found: unknown) =>
    propertyError(logicalId, at(name), `expected type: ${expected}, found: ${kindOf(found)}`);
  const get = (name: string): unknown => value[name] ?? undefined;
  const required = <T>(name: string, read: T | undefined): T => {
    if (read === undefined) throw propertyError(logicalId, path, `required key [${name}] not found`);
    return read;
  };

  const string = (name: string): string | undefined => {
    const found = get(name);
    return found === undefined ? undefined : (asString(found) ?? fail(wrong(name, "String", found)));
  };
  const number = (name: string): number | undefined => {
    const found = get(name);
    return found === undefined ? undefined : (asNumber(found) ?? fail(wrong(name, "Number", found)));
  };
  const integer = (name: string): number | undefined => {
    const found = number(name);
    if (found !== undefined && !Number.isSafeInteger(found)) throw wrong(name, "Integer", found);
    return found;
  };
  const strings = (name: string): string[] | undefined => {
    const found = get(name);
    if (found === undefined) return undefined;
    if (!Array.isArray(found)) return [asString(found) ?? fail(wrong(name, "JSONArray", found))];
    return found.map((item, index) => asString(item) ?? fail(wrong(`${name}/${index}`, "String", item)));
  };
  const object = (name: string): PropertyReader | undefined => {
    const found = get(name);
    if (found === undefined) return undefined;
    if (!isRecord(found)) throw wrong(name, "JSONObject", found);
    return reader(logicalId, at(name), found);
  };
  const stringMap = (name: string): Record<string, string> | undefined => {
    const found = object(name)?.value;
    if (!found) return undefined;
    const entries = Object.entries(found).map(([key, item]) => [key, asString(item) ?? fail(wrong(`${name}/${key}`, "String", item))]);
    return Object.fromEntries(entries);
  };
  const objects = (name: string): PropertyReader[] => {
    const found = get(name);
    if (found === undefined) return [];
    if (!Array.isArray(found)) throw wrong(name, "JSONArray", found);
    return found.map((item, index) => {
      if (!isRecord(item)) throw wrong(`${name}/${index}`, "JSONObject", item);
      return reader(logicalId, `${at(name)}/${index}`, item);
    });
  };

  return {
    value,
    has: (name) => get(name) !== undefined,
    string,
    requiredString: (name) => required(name, string(name)),
    number,
    requiredNumber: (name) => required(name, number(name)),
    integer,
    requiredInteger: (name) => required(name, integer(name)),
    boolean: (name) => {
      const found = get(name);
      return found === undefined ? undefined : (asBoolean(found) ?? fail(wrong(name, "Boolean", found)));
    },
    strings,
    requiredStrings: (name) => required(name, strings(name)),
    stringMap,
    object,
    requiredObject: (name) => required(name, object(name)),
    objects,
    json: (name) => {
      const found = get(name);
      if (found === undefined) return undefined;
      return typeof found === "string" ? found : JSON.stringify(found);
    },
    any: get,
    tags: (name = "Tags") => {
      if (!Array.isArray(get(name))) return stringMap(name);
      return Object.fromEntries(objects(name).map((tag) => [tag.requiredString("Key"), tag.string("Value") ?? ""]));
    },
    only: (names) => {
      for (const key of Object.keys(value)) {
        if (!names.includes(key)) throw propertyError(logicalId, path, `extraneous key [${key}] is not permitted`);
      }
    },
    invalid: (name, problem) => propertyError(logicalId, at(name), problem),
  };
}

function isRecord(value: unknown): value is Properties {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function asString(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  return typeof value === "number" || typeof value === "boolean" ? String(value) : undefined;
}

function asNumber(value: unknown): number | undefined {
  if (typeof value === "number") return value;
  return typeof value === "string" && /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(value.trim()) ? Number(value) : undefined;
}

function asBoolean(value: unknown): boolean | undefined {
  if (typeof value === "boolean") return value;
  const text = typeof value === "string" ? value.toLowerCase() : undefined;
  return text === "true" ? true : text === "false" ? false : undefined;
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return "JSONArray";
  if (typeof value === "object") return "JSONObject";
  return `${typeof value === "string" ? "String" : typeof value === "number" ? "Number" : "Boolean"} (${String(value)})`;
}

function fail(error: AwsError): never {
  throw error;
}
