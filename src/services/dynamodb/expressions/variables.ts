// The expression attribute names and values of one request, and which of them were used. Defined ones that no expression uses are
// an error, as are used ones that are not defined.

import { hasCode } from "../../../kernel/errors.ts";
import { type RawItem, type RawValue, readValue, type Value } from "../attribute-value.ts";
import { invalid, invalidValue } from "../errors.ts";
import { itemSize } from "../item-codec.ts";
import { EXPRESSION_NAME_BYTES_MAX, EXPRESSION_VARIABLES_BYTES_MAX } from "../limits.ts";
import type { ExpressionKind } from "./lexer.ts";
import type { Path } from "./path.ts";
import type { RawPathPart } from "./syntax.ts";

export interface Variables {
  readonly names: ReadonlyMap<string, string>;
  readonly values: ReadonlyMap<string, Value>;
  readonly usedNames: Set<string>;
  readonly usedValues: Set<string>;
}

const NAME_KEY = /^#[A-Za-z0-9_]+$/;
const VALUE_KEY = /^:[A-Za-z0-9_]+$/;

/** Reads and checks what a request defines. */
export function readVariables(
  names: Readonly<Record<string, string>> | undefined,
  values: Readonly<Record<string, RawValue>> | undefined,
): Variables {
  return { names: readNames(names), values: readValues(values), usedNames: new Set(), usedValues: new Set() };
}

function readNames(names: Readonly<Record<string, string>> | undefined): ReadonlyMap<string, string> {
  if (names === undefined) return EMPTY;
  const entries = Object.entries(names);
  if (entries.length === 0) throw invalid("ExpressionAttributeNames must not be empty");
  let bytes = 0;
  for (const [key, name] of entries) {
    if (!NAME_KEY.test(key)) throw invalid(`ExpressionAttributeNames contains invalid key: Syntax error; key: "${key}"`);
    if (name === "") throw invalid(`ExpressionAttributeNames contains invalid value: Empty attribute name for key ${key}`);
    if (key.length > EXPRESSION_NAME_BYTES_MAX) {
      throw invalid("ExpressionAttributeNames contains invalid key: Expression attribute name must not exceed 255 bytes");
    }
    bytes += Buffer.byteLength(name) + key.length;
  }
  if (bytes > EXPRESSION_VARIABLES_BYTES_MAX) throw invalidValue("ExpressionAttributeNames exceeds the maximum allowed size");
  return new Map(entries);
}

function readValues(values: RawItem | undefined): ReadonlyMap<string, Value> {
  if (values === undefined) return EMPTY;
  const entries = Object.entries(values);
  if (entries.length === 0) throw invalid("ExpressionAttributeValues must not be empty");
  for (const [key] of entries) {
    if (!VALUE_KEY.test(key)) throw invalid(`ExpressionAttributeValues contains invalid key: Syntax error; key: "${key}"`);
  }
  const out = new Map<string, Value>();
  for (const [key, value] of entries) out.set(key, readNamedValue(key, value));
  if (!isSmall(out) && itemSize(Object.fromEntries(out)) > EXPRESSION_VARIABLES_BYTES_MAX) {
    throw invalidValue("ExpressionAttributeValues exceeds the maximum allowed size");
  }
  return out;
}

/** A few short scalars, as nearly always: certainly below the limit. */
function isSmall(values: ReadonlyMap<string, Value>): boolean {
  if (values.size > 100) return false;
  for (const { S, N, B, BOOL, NULL } of values.values()) {
    if (N === undefined && BOOL === undefined && NULL === undefined && (S ?? B ?? UNKNOWN).length > 1024) return false;
  }
  return true;
}

const UNKNOWN = { length: Number.POSITIVE_INFINITY };

function readNamedValue(key: string, raw: RawValue): Value {
  try {
    return readValue(raw);
  } catch (error) {
    if (!hasCode(error, "ValidationException")) throw error;
    throw invalid(`ExpressionAttributeValues contains invalid value: ${error.message} for key ${key}`);
  }
}

const EMPTY: ReadonlyMap<string, never> = new Map<string, never>();

/** A path with its placeholders filled in. */
export function bindPath(kind: ExpressionKind, parts: readonly RawPathPart[], variables: Variables): Path {
  return parts.map((part) => {
    if ("index" in part) return part.index;
    if ("name" in part) return part.name;
    const name = variables.names.get(part.placeholder);
    if (name === undefined) {
      throw invalid(
        `Invalid ${kind}: An expression attribute name used in the document path is not defined; attribute name: ${part.placeholder}`,
      );
    }
    variables.usedNames.add(part.placeholder);
    return name;
  });
}

export function bindValue(kind: ExpressionKind, name: string, variables: Variables): Value {
  const value = variables.values.get(name);
  if (value === undefined) {
    throw invalid(`Invalid ${kind}: An expression attribute value used in expression is not defined; attribute value: ${name}`);
  }
  variables.usedValues.add(name);
  return value;
}

/** To be called once every expression of the request is bound. */
export function checkAllUsed(variables: Variables): void {
  report("ExpressionAttributeNames", variables.names, variables.usedNames);
  report("ExpressionAttributeValues", variables.values, variables.usedValues);
}

function report(parameter: string, defined: ReadonlyMap<string, unknown>, used: ReadonlySet<string>): void {
  if (used.size === defined.size) return;
  const unused = [...defined.keys()].filter((key) => !used.has(key));
  throw invalid(`Value provided in ${parameter} unused in expressions: keys: {${unused.join(", ")}}`);
}
