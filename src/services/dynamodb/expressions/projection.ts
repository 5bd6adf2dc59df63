// Projections: the parts of an item that a list of paths names, in the item's own shape.
import { attributeOf, type Item, setAttribute, type Value } from "../attribute-value.ts";
import { checkPathsApart, type Path } from "./path.ts";
import type { RawPath } from "./syntax.ts";
import { bindPath, type Variables } from "./variables.ts";

export function bindProjection(raw: readonly RawPath[], variables: Variables): Path[] {
  const paths = raw.map((path) => bindPath("ProjectionExpression", path.parts, variables));
  checkPathsApart("ProjectionExpression", paths);
  return paths;
}

/** Branches by name or index; a leaf takes everything below it. */
type Branches = Map<string | number, Branches | "all">;

export function projectItem(item: Item, paths: readonly Path[]): Item {
  const tree: Branches = new Map();
  for (const path of paths) grow(tree, path);
  return pickFromMap(item, tree);
}

function grow(tree: Branches, path: Path): void {
  let branches = tree;
  for (let i = 0; i < path.length; i++) {
    const part = path[i];
    if (part === undefined) return;
    const next = branches.get(part);
    if (next === "all") return;
    if (i === path.length - 1) {
      branches.set(part, "all");
      return;
    }
    const deeper: Branches = next ?? new Map();
    if (next === undefined) branches.set(part, deeper);
    branches = deeper;
  }
}

function pickFromMap(map: Item, branches: Branches): Item {
  const out: Item = {};
  for (const [name, below] of branches) {
    if (typeof name === "number") continue;
    const value = attributeOf(map, name);
    const picked = value && pick(value, below);
    if (picked !== undefined) setAttribute(out, name, picked);
  }
  return out;
}

function pick(value: Value, branches: Branches | "all"): Value | undefined {
  if (branches === "all") return value;
  if (value.M !== undefined) {
    const M = pickFromMap(value.M, branches);
    return Object.keys(M).length === 0 ? undefined : { M };
  }
  if (value.L === undefined) return undefined;
  const L: Value[] = [];
  const indexes = [...branches.keys()].filter((part) => typeof part === "number").sort((a, b) => a - b);
  for (const index of indexes) {
    const element = value.L[index];
    const picked = element && pick(element, branches.get(index) ?? "all");
    if (picked !== undefined) L.push(picked);
  }
  return L.length === 0 ? undefined : { L };
}
