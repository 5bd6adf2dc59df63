// The change plan: what separates a template from the resources that exist. Pure; the engine and change sets decide with it.
import type { Properties, ResourceType } from "../contract/resource.ts";
import { isObject, type JsonObject } from "./template/document.ts";
import { type Environment, resolve } from "./template/intrinsics.ts";
import { type Template, type TemplateResource, validationError } from "./template/template.ts";

/** What the plan needs to know of a resource that exists. */
export interface ExistingResource {
  readonly type: string;
  readonly physicalId?: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** Resolved, as last applied. */
  readonly properties: Properties;
}

export type ResourceTypes = ReadonlyMap<string, ResourceType>;

interface PropertyChange {
  readonly name: string;
  readonly replaces: boolean;
}

type Decision =
  | { readonly action: "none" | "add" }
  | { readonly action: "modify" | "replace"; readonly changes: readonly PropertyChange[] };

/** What must happen to one resource, given its resolved properties. */
export function decide(existing: ExistingResource | undefined, type: ResourceType, properties: Properties): Decision {
  if (existing?.physicalId === undefined) return { action: "add" };
  const names = new Set([...Object.keys(existing.properties), ...Object.keys(properties)]);
  const changes = [...names]
    .filter((name) => !type.ignored?.includes(name) && !sameValue(existing.properties[name], properties[name]))
    .map((name) => ({ name, replaces: type.replaceOn.includes(name) }));
  if (changes.length === 0) return { action: "none" };
  return { action: changes.some((change) => change.replaces) ? "replace" : "modify", changes };
}

/** Equal as CloudFormation sees it: the order of keys does not matter, and 5 is "5". */
export function sameValue(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (Array.isArray(left) && Array.isArray(right)) {
    return left.length === right.length && left.every((item, index) => sameValue(item, right[index]));
  }
  if (typeof left === "object" && typeof right === "object" && left !== null && right !== null) {
    if (Array.isArray(left) || Array.isArray(right)) return false;
    const a: Properties = { ...left };
    const b: Properties = { ...right };
    const names = new Set([...Object.keys(a), ...Object.keys(b)]);
    return [...names].every((name) => sameValue(a[name], b[name]));
  }
  const scalar = (value: unknown) => value !== null && value !== undefined && typeof value !== "object";
  return scalar(left) && scalar(right) && String(left) === String(right);
}

export interface PlannedChange {
  readonly logicalId: string;
  readonly type: string;
  readonly action: "add" | "modify" | "replace" | "remove";
  readonly physicalId?: string;
  readonly changes: readonly PropertyChange[];
}

/** Stands for what is known only once a resource exists; unlike any value that a template can hold. */
const unknownValue = (name: string): string => `\u0001${name}`;

/** What a stack is to become. */
export interface Target {
  readonly template: Template;
  /** The resources that exist under the template's conditions, each with those that it needs. */
  readonly graph: ReadonlyMap<string, readonly string[]>;
  readonly environment: Omit<Environment, "ref" | "attribute">;
  /** As `environment`, with NoEcho parameters masked: for what people see. */
  readonly shown: Omit<Environment, "ref" | "attribute">;
  /** Replaces dynamic references. */
  complete(properties: JsonObject): Promise<JsonObject>;
}

/** Changes in the order in which they would be made; removals come last. */
export async function planChanges(
  target: Target,
  existing: ReadonlyMap<string, ExistingResource>,
  types: ResourceTypes,
): Promise<PlannedChange[]> {
  const { graph, template } = target;
  const changes: PlannedChange[] = [];
  const fresh = new Set<string>();
  const known = (id: string) => (fresh.has(id) ? undefined : existing.get(id));
  const lookUp: Environment = {
    ...target.environment,
    ref: (id) => (graph.has(id) ? (known(id)?.physicalId ?? unknownValue(id)) : undefined),
    attribute: (id, name) => (graph.has(id) ? (known(id)?.attributes[name] ?? unknownValue(`${id}.${name}`)) : undefined),
  };
  for (const id of inOrder(graph)) {
    const resource = template.resources[id];
    const type = resource && types.get(resource.type);
    if (!resource || !type) continue;
    const before = existing.get(id);
    const resolved = resolvedProperties(resource, lookUp);
    const isOpen = /\{\{resolve:[^}]*\\u0001/.test(JSON.stringify(resolved));
    const decision = decide(before, type, isOpen ? resolved : await target.complete(resolved));
    if (decision.action === "none") continue;
    if (decision.action !== "modify") fresh.add(id);
    changes.push({
      logicalId: id,
      type: resource.type,
      action: decision.action,
      ...(before?.physicalId !== undefined && { physicalId: before.physicalId }),
      changes: "changes" in decision ? decision.changes : [],
    });
  }
  for (const [id, record] of existing) {
    if (graph.has(id)) continue;
    const physical = record.physicalId !== undefined && { physicalId: record.physicalId };
    changes.push({ logicalId: id, type: record.type, action: "remove", changes: [], ...physical });
  }
  return changes;
}

export function resolvedProperties(resource: TemplateResource, environment: Environment): JsonObject {
  const resolved = resolve(resource.properties, environment);
  return isObject(resolved) ? resolved : {};
}

/** Dependencies first; otherwise the order of the graph. The graph has no cycle. */
export function inOrder(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const out = new Set<string>();
  const visit = (id: string): void => {
    if (out.has(id)) return;
    for (const other of graph.get(id) ?? []) if (graph.has(other)) visit(other);
    out.add(id);
  };
  for (const id of graph.keys()) visit(id);
  return [...out];
}

/** Loads the types of a template. Throws ValidationError when one is unknown, or a property of a known one is. */
export async function loadTypes(
  template: Template,
  load: (name: string) => Promise<ResourceType | undefined>,
): Promise<Map<string, ResourceType>> {
  const types = new Map<string, ResourceType>();
  const unknown: string[] = [];
  for (const name of new Set(Object.values(template.resources).map((resource) => resource.type))) {
    const type = await load(name);
    if (type) types.set(name, type);
    else unknown.push(name);
  }
  if (unknown.length > 0) throw validationError(`Template format error: Unrecognized resource types: [${unknown.join(", ")}]`);
  for (const [id, resource] of Object.entries(template.resources)) {
    const type = types.get(resource.type);
    const wrong = Object.keys(resource.properties).filter(
      (name) => !type?.properties.includes(name) && !type?.ignored?.includes(name) && !name.startsWith("Fn::"),
    );
    if (wrong.length > 0) {
      throw validationError(
        `Properties validation failed for resource ${id} with message: [#: ${wrong.map((name) => `extraneous key [${name}] is not permitted`).join(", ")}] (${resource.type})`,
      );
    }
  }
  return types;
}

/** The properties whose change alone makes another resource of the same name impossible. */
const NAMES = ["BucketName", "FunctionName", "LogGroupName", "Name", "QueueName", "RoleName", "TableName", "TopicName"];

/** A named resource cannot be replaced: the new one would need the name while the old one has it. */
export function isCustomNamed(type: ResourceType, before: Properties, after: Properties): boolean {
  return NAMES.some((name) => type.replaceOn.includes(name) && after[name] !== undefined && sameValue(before[name], after[name]));
}
