// Patch operations: which paths of a record may be changed, and how. A path that is not in the table is an error.
import type { InputOf } from "../../contract/models.ts";
import { badRequest } from "./errors.ts";

type PatchOperations = InputOf<"apigateway", "UpdateRestApi">["patchOperations"];
type Op = "add" | "remove" | "replace";

export interface PatchRule<T> {
  /** `/name`, or with parts that are free: `/variables/*`. */
  readonly path: string;
  readonly ops: readonly Op[];
  /** `keys` are the free parts of the path, unescaped; `value` is "" for a removal. */
  apply(record: T, op: Op, value: string, keys: readonly string[]): void;
}

/** Applies the operations in order to `record` itself. */
export function applyPatches<T>(record: T, operations: PatchOperations, rules: readonly PatchRule<T>[]): void {
  for (const { op = "", path = "", value } of operations ?? []) {
    if (op !== "add" && op !== "remove" && op !== "replace") {
      throw badRequest(`Invalid patch operation specified. Must be one of: [add, remove, replace]`);
    }
    const rule = rules.find((candidate) => candidate.ops.includes(op) && keysOf(candidate.path, path) !== undefined);
    if (!rule) {
      const allowed = rules.filter((candidate) => candidate.ops.includes(op)).map((candidate) => candidate.path.replaceAll("*", "{key}"));
      throw badRequest(`Invalid patch path  '${path}' specified for op '${op}'. Must be one of: [${allowed.join(", ")}]`);
    }
    rule.apply(record, op, op === "remove" ? "" : (value ?? ""), keysOf(rule.path, path) ?? []);
  }
}

function keysOf(pattern: string, path: string): string[] | undefined {
  const expected = pattern.split("/");
  const actual = path.split("/");
  if (expected.length !== actual.length) return undefined;
  const keys: string[] = [];
  for (const [i, part] of expected.entries()) {
    const given = actual[i] ?? "";
    if (part === "*") keys.push(given.replaceAll("~1", "/").replaceAll("~0", "~"));
    else if (part !== given) return undefined;
  }
  return keys;
}

/** `replace` of a boolean: API Gateway takes the words, in any case. */
export function booleanOf(value: string, path: string): boolean {
  if (/^true$/i.test(value)) return true;
  if (/^false$/i.test(value)) return false;
  throw badRequest(`Invalid value '${value}' specified for '${path}'. Must be one of: [true, false]`);
}

/** Rules for a map of strings, entry by entry. */
export function mapRules<T>(path: string, mapOf: (record: T) => Record<string, string>): PatchRule<T>[] {
  return [
    {
      path: `${path}/*`,
      ops: ["add", "replace", "remove"],
      apply: (record, op, value, [key = ""]) => {
        if (op === "remove") delete mapOf(record)[key];
        else mapOf(record)[key] = value;
      },
    },
  ];
}
