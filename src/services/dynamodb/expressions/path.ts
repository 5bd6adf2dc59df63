// Document paths with their names filled in: what they find in an item, and how two of them relate.
import { attributeOf, type Item, type Value } from "../attribute-value.ts";
import { invalid } from "../errors.ts";
import type { ExpressionKind } from "./lexer.ts";

/** Names of attributes and indexes into lists; the first is always a name. */
export type Path = readonly (string | number)[];

export function headOf(path: Path): string {
  return String(path[0]);
}

export function findValue(item: Item, path: Path): Value | undefined {
  let value = attributeOf(item, headOf(path));
  for (let i = 1; i < path.length && value !== undefined; i++) {
    const part = path[i];
    if (typeof part === "number") value = value.L?.[part];
    else value = value.M && part !== undefined ? attributeOf(value.M, part) : undefined;
  }
  return value;
}

export function samePath(a: Path, b: Path): boolean {
  return a.length === b.length && a.every((part, index) => part === b[index]);
}

/** As messages show it: `[a, [1], b]`. */
export function describePath(path: Path): string {
  return `[${path.map((part) => (typeof part === "number" ? `[${part}]` : part)).join(", ")}]`;
}

type Relation = "apart" | "overlap" | "conflict";

/** Overlapping: one begins with the other. In conflict: one takes for a list what the other takes for a map. */
function relate(a: Path, b: Path): Relation {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const left = a[i];
    const right = b[i];
    if (typeof left !== typeof right) return "conflict";
    if (left !== right) return "apart";
  }
  return "overlap";
}

/** ValidationException when two paths cannot stand side by side. */
export function checkPathsApart(kind: ExpressionKind, paths: readonly Path[]): void {
  for (const relation of ["overlap", "conflict"] as const) {
    for (let later = 1; later < paths.length; later++) {
      for (let earlier = 0; earlier < later; earlier++) {
        const one = paths[earlier];
        const two = paths[later];
        if (one === undefined || two === undefined || relate(one, two) !== relation) continue;
        throw invalid(
          `Invalid ${kind}: Two document paths ${relation} with each other; must remove or rewrite one of these paths; ` +
            `path one: ${describePath(one)}, path two: ${describePath(two)}`,
        );
      }
    }
  }
}
