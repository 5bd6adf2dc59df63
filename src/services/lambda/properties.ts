// Values of template properties, which may come as text where a number or a boolean is meant.
import type { Properties, ResourceRequest } from "../../contract/resource.ts";
import { AwsError } from "../../kernel/errors.ts";

export function text(properties: Properties, name: string): string | undefined {
  const value = properties[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value === "object") throw wrong(name, "a string");
  return String(value);
}

export function required(properties: Properties, name: string): string {
  const value = text(properties, name);
  if (value === undefined) throw new AwsError("ValidationError", `Property ${name} is required.`);
  return value;
}

export function number(properties: Properties, name: string): number | undefined {
  const value = text(properties, name);
  if (value === undefined) return undefined;
  const parsed = Number(value);
  if (value.trim() === "" || Number.isNaN(parsed)) throw wrong(name, "a number");
  return parsed;
}

export function boolean(properties: Properties, name: string): boolean | undefined {
  const value = text(properties, name);
  if (value === undefined) return undefined;
  if (value !== "true" && value !== "false") throw wrong(name, "true or false");
  return value === "true";
}

export function object(properties: Properties, name: string): Properties | undefined {
  const value = properties[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "object" || Array.isArray(value)) throw wrong(name, "an object");
  return value as Properties;
}

export function list(properties: Properties, name: string): readonly unknown[] | undefined {
  const value = properties[name];
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value)) throw wrong(name, "a list");
  return value;
}

/** `[{Key, Value}]`, or an object of them. */
export function tagsOf(properties: Properties): Record<string, string> {
  const tags = properties["Tags"];
  if (tags === undefined || tags === null) return {};
  if (!Array.isArray(tags))
    return Object.fromEntries(Object.entries(object(properties, "Tags") ?? {}).map(([key, value]) => [key, String(value)]));
  return Object.fromEntries(tags.map((tag: unknown) => [required(tag as Properties, "Key"), text(tag as Properties, "Value") ?? ""]));
}

/** How a repeated step knows what an earlier attempt made from someone else's. */
export function ownerTags(request: ResourceRequest): Record<string, string> {
  return {
    "aws:cloudformation:stack-name": request.stackName,
    "aws:cloudformation:stack-id": request.stackId,
    "aws:cloudformation:logical-id": request.logicalId,
  };
}

export function isOwn(request: ResourceRequest, tags: Readonly<Record<string, string | undefined>> | undefined): boolean {
  return Object.entries(ownerTags(request)).every(([key, value]) => tags?.[key] === value);
}

function wrong(name: string, wanted: string): AwsError {
  return new AwsError("ValidationError", `Value of property ${name} must be ${wanted}.`);
}
