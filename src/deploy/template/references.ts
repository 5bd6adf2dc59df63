// Who refers to whom in a template: the checks of names, and the order in which resources come to be.
import { isObject, type Json } from "./document.ts";
import { PSEUDO_PARAMETERS } from "./parameters.ts";
import { type Template, validationError } from "./template.ts";

interface Reference {
  readonly kind: "ref" | "attribute" | "condition";
  readonly name: string;
}

/**
 * Every name that a value refers to. With `conditions`, only those of the branches that are taken; without, all.
 */
function referencesOf(value: Json, conditions?: Readonly<Record<string, boolean>>): Reference[] {
  if (Array.isArray(value)) return value.flatMap((item) => referencesOf(item, conditions));
  if (!isObject(value)) return [];
  const entries = Object.entries(value);
  const [key, argument] = entries[0] ?? ["", null];
  if (entries.length !== 1) return entries.flatMap(([, item]) => referencesOf(item, conditions));
  switch (key) {
    case "Ref":
      return typeof argument === "string" ? [{ kind: "ref", name: argument }] : [];
    case "Fn::GetAtt": {
      const [name, ...rest] = Array.isArray(argument) ? argument : typeof argument === "string" ? argument.split(".") : [];
      return typeof name === "string" ? [{ kind: "attribute", name }, ...referencesOf(rest, conditions)] : [];
    }
    case "Fn::Sub":
      return substituted(argument, conditions);
    case "Fn::If": {
      const [name, yes, no] = Array.isArray(argument) ? argument : [];
      if (typeof name !== "string") return [];
      const taken = conditions === undefined ? [yes, no] : [conditions[name] ? yes : no];
      return [{ kind: "condition", name }, ...taken.flatMap((item) => referencesOf(item ?? null, conditions))];
    }
    default:
      return referencesOf(argument, conditions);
  }
}

function substituted(argument: Json, conditions?: Readonly<Record<string, boolean>>): Reference[] {
  const [template, variables] = Array.isArray(argument) ? argument : [argument];
  const own = isObject(variables) ? variables : {};
  const out = referencesOf(own, conditions);
  for (const match of typeof template === "string" ? template.matchAll(/\$\{([^!}][^}]*)\}/g) : []) {
    const name = (match[1] ?? "").trim();
    if (Object.hasOwn(own, name)) continue;
    const dot = name.startsWith("AWS::") ? -1 : name.indexOf(".");
    out.push(dot > 0 ? { kind: "attribute", name: name.slice(0, dot) } : { kind: "ref", name });
  }
  return out;
}

/** The resources that exist under these conditions. */
function activeResources(template: Template, conditions: Readonly<Record<string, boolean>>): string[] {
  return Object.entries(template.resources)
    .filter(([, resource]) => resource.condition === undefined || conditions[resource.condition] === true)
    .map(([id]) => id);
}

/** For each existing resource those that must exist before it, in the order of the template. Throws ValidationError for a cycle. */
export function dependencies(template: Template, conditions: Readonly<Record<string, boolean>>): Map<string, string[]> {
  const active = new Set(activeResources(template, conditions));
  const graph = new Map<string, string[]>();
  for (const id of active) {
    const resource = template.resources[id];
    if (!resource) continue;
    const names = referencesOf(resource.properties, conditions).filter((reference) => reference.kind !== "condition");
    const all = new Set([...resource.dependsOn, ...names.map((reference) => reference.name)]);
    graph.set(
      id,
      [...active].filter((other) => all.has(other)),
    );
  }
  const cycle = cyclic(graph);
  if (cycle.length > 0) throw validationError(`Circular dependency between resources: [${cycle.join(", ")}]`);
  return graph;
}

/** What is left when resources without open dependencies are taken away again and again, and so those that only lead into it. */
function cyclic(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const left = new Set(graph.keys());
  const trim = (isFree: (id: string) => boolean): void => {
    for (let changed = true; changed; ) {
      changed = false;
      for (const id of left) {
        if (!isFree(id)) continue;
        left.delete(id);
        changed = true;
      }
    }
  };
  trim((id) => !(graph.get(id) ?? []).some((other) => left.has(other)));
  trim((id) => ![...left].some((other) => (graph.get(other) ?? []).includes(id)));
  return [...left];
}

/** Checks that every name that a template uses is one that it declares. Throws ValidationError. */
export function checkReferences(template: Template): void {
  const parameters = new Set(Object.keys(template.parameters));
  const declared = (name: string): boolean => parameters.has(name) || PSEUDO_PARAMETERS.includes(name);
  const check = (value: Json, block: string): void => {
    const references = referencesOf(value);
    for (const { kind, name } of references) {
      if (kind === "attribute" && !template.resources[name]) {
        throw validationError(`Template error: instance of Fn::GetAtt references undefined resource ${name}`);
      }
      if (kind === "condition" && template.conditions[name] === undefined) throw unresolvedCondition(name, block);
    }
    const missing = references.filter(({ kind, name }) => kind === "ref" && !declared(name) && !template.resources[name]);
    if (missing.length > 0)
      throw unresolved(
        missing.map((reference) => reference.name),
        block,
      );
  };
  for (const [id, resource] of Object.entries(template.resources)) {
    check(resource.properties, "Resources");
    const missing = resource.dependsOn.filter((name) => !template.resources[name]);
    if (missing.length > 0) throw unresolved(missing, "Resources");
    if (resource.dependsOn.includes(id)) throw validationError(`Circular dependency between resources: [${id}]`);
    if (resource.condition !== undefined && template.conditions[resource.condition] === undefined) {
      throw unresolvedCondition(resource.condition, "Resources");
    }
  }
  for (const output of Object.values(template.outputs)) {
    check(output.value, "Outputs");
    if (output.exportName !== undefined) check(output.exportName, "Outputs");
    if (output.condition !== undefined && template.conditions[output.condition] === undefined) {
      throw unresolvedCondition(output.condition, "Outputs");
    }
  }
  const inConditions = Object.values(template.conditions).flatMap((value) => referencesOf(value));
  const wrong = inConditions.filter(({ kind, name }) => kind === "attribute" || (kind === "ref" && !declared(name)));
  if (wrong.length > 0) {
    const names = unique(wrong.map((reference) => reference.name)).join(", ");
    throw validationError(
      `Template format error: Unresolved dependencies [${names}]. Cannot reference resources in the Conditions block of the template`,
    );
  }
}

function unresolved(names: readonly string[], block: string) {
  return validationError(
    `Template format error: Unresolved resource dependencies [${unique(names).join(", ")}] in the ${block} block of the template`,
  );
}

function unresolvedCondition(name: string, block: string) {
  return validationError(`Template format error: Unresolved condition dependency ${name} in the ${block} block of the template`);
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)];
}
