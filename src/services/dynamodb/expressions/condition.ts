// Conditions with names and values filled in: the checks that AWS makes of them, and what they say of an item.
import { attributeOf, compareScalars, describeValue, type Item, sameValue, type TypeName, typeOf, type Value } from "../attribute-value.ts";
import { invalid } from "../errors.ts";
import { IN_OPERANDS_MAX } from "../limits.ts";
import type { ExpressionKind } from "./lexer.ts";
import { describePath, findValue, headOf, type Path, samePath } from "./path.ts";
import type { Comparator, RawCondition, RawFunction, RawOperand } from "./syntax.ts";
import { bindPath, bindValue, type Variables } from "./variables.ts";

export type Operand =
  | { readonly kind: "path"; readonly path: Path }
  | { readonly kind: "value"; readonly value: Value }
  | { readonly kind: "size"; readonly operand: Operand };

export type Condition =
  | { readonly kind: "and" | "or"; readonly left: Condition; readonly right: Condition }
  | { readonly kind: "not"; readonly inner: Condition }
  | { readonly kind: "compare"; readonly operator: Comparator; readonly left: Operand; readonly right: Operand }
  | { readonly kind: "between"; readonly operand: Operand; readonly lower: Operand; readonly upper: Operand }
  | { readonly kind: "in"; readonly operand: Operand; readonly list: readonly Operand[] }
  | { readonly kind: "exists"; readonly path: Path; readonly wanted: boolean }
  | { readonly kind: "function"; readonly name: "attribute_type" | "begins_with" | "contains"; readonly args: readonly [Operand, Operand] };

const ORDERED_TYPES: readonly TypeName[] = ["S", "N", "B"];
const SIZED_TYPES: readonly TypeName[] = ["S", "B", "SS", "NS", "BS", "L", "M"];
const TEXT_TYPES: readonly TypeName[] = ["S", "B"];
const CONTAINER_TYPES: readonly TypeName[] = ["S", "B", "SS", "NS", "BS", "L"];
const ALL_TYPES: readonly string[] = ["B", "NULL", "SS", "BOOL", "L", "BS", "N", "NS", "S", "M"];

interface Binder {
  readonly kind: ExpressionKind;
  readonly variables: Variables;
}

/** Fills names and values in and checks the result, part by part from the left, as AWS does. */
export function bindCondition(kind: ExpressionKind, raw: RawCondition, variables: Variables): Condition {
  return bind({ kind, variables }, raw);
}

function bind(binder: Binder, raw: RawCondition): Condition {
  switch (raw.kind) {
    case "and":
    case "or":
      return { kind: raw.kind, left: bind(binder, raw.left), right: bind(binder, raw.right) };
    case "not":
      return { kind: "not", inner: bind(binder, raw.inner) };
    case "compare":
      return bindComparison(binder, raw);
    case "between":
      return bindBetween(binder, raw);
    case "in":
      return bindIn(binder, raw);
    case "function":
      return bindFunction(binder, raw);
  }
}

function bindOperand(binder: Binder, raw: RawOperand): Operand {
  if (raw.kind === "path") return { kind: "path", path: bindPath(binder.kind, raw.parts, binder.variables) };
  if (raw.kind === "value") return { kind: "value", value: bindValue(binder.kind, raw.name, binder.variables) };
  const args = raw.args.map((arg) => bindOperand(binder, arg));
  const [operand] = args;
  if (operand === undefined || args.length !== 1) throw wrongCount(binder, raw.name, args.length);
  checkType(binder, "size", operand, SIZED_TYPES);
  return { kind: "size", operand };
}

function bindComparison(binder: Binder, raw: Extract<RawCondition, { kind: "compare" }>): Condition {
  const left = bindOperand(binder, raw.left);
  const right = bindOperand(binder, raw.right);
  checkDistinct(binder, raw.operator, [left, right]);
  if (raw.operator !== "=" && raw.operator !== "<>") {
    for (const operand of [left, right]) checkType(binder, raw.operator, operand, ORDERED_TYPES);
  }
  return { kind: "compare", operator: raw.operator, left, right };
}

function bindBetween(binder: Binder, raw: Extract<RawCondition, { kind: "between" }>): Condition {
  const operand = bindOperand(binder, raw.operand);
  const lower = bindOperand(binder, raw.lower);
  const upper = bindOperand(binder, raw.upper);
  checkDistinct(binder, "BETWEEN", [operand, lower, upper]);
  for (const each of [operand, lower, upper]) checkType(binder, "BETWEEN", each, ORDERED_TYPES);
  if (lower.kind === "value" && upper.kind === "value") {
    const bounds = `lower bound operand: ${describeValue(lower.value)}, upper bound operand: ${describeValue(upper.value)}`;
    const order = compareScalars(lower.value, upper.value);
    if (order === undefined) {
      throw fail(binder, `The BETWEEN operator requires same data type for lower and upper bounds; ${bounds}`);
    }
    if (order > 0) {
      throw fail(binder, `The BETWEEN operator requires upper bound to be greater than or equal to lower bound; ${bounds}`);
    }
  }
  return { kind: "between", operand, lower, upper };
}

function bindIn(binder: Binder, raw: Extract<RawCondition, { kind: "in" }>): Condition {
  const operand = bindOperand(binder, raw.operand);
  const list = raw.list.map((each) => bindOperand(binder, each));
  if (list.length > IN_OPERANDS_MAX) throw wrongCount(binder, "IN", list.length + 1);
  checkDistinct(binder, "IN", [operand, ...list]);
  return { kind: "in", operand, list };
}

function bindFunction(binder: Binder, raw: RawFunction): Condition {
  const { name } = raw;
  const args = raw.args.map((arg) => bindOperand(binder, arg));
  const [first, second] = args;
  if (name === "attribute_exists" || name === "attribute_not_exists") {
    if (first === undefined || args.length !== 1) throw wrongCount(binder, name, args.length);
    if (first.kind !== "path") throw fail(binder, `Operator or function requires a document path; operator or function: ${name}`);
    return { kind: "exists", path: first.path, wanted: name === "attribute_exists" };
  }
  if (first === undefined || second === undefined || args.length !== 2) throw wrongCount(binder, name, args.length);
  checkDistinct(binder, name, args);
  if (name === "attribute_type") {
    if (second.kind === "path") throw wrongType(binder, name, `{${ALL_TYPES.join(",")}}`);
    checkType(binder, name, second, ["S"]);
    const type = second.kind === "value" ? (second.value.S ?? "") : "";
    if (!ALL_TYPES.includes(type)) {
      throw fail(binder, `Invalid attribute type name found; type: ${type}, valid types: {${ALL_TYPES.join(",")}}`);
    }
    return { kind: "function", name, args: [first, second] };
  }
  if (name === "begins_with") {
    for (const operand of args) checkType(binder, name, operand, TEXT_TYPES);
    return { kind: "function", name, args: [first, second] };
  }
  checkType(binder, name, first, CONTAINER_TYPES);
  return { kind: "function", name: "contains", args: [first, second] };
}

function fail(binder: Binder, message: string): Error {
  return invalid(`Invalid ${binder.kind}: ${message}`);
}

function wrongCount(binder: Binder, name: string, count: number): Error {
  return fail(binder, `Incorrect number of operands for operator or function; operator or function: ${name}, number of operands: ${count}`);
}

function wrongType(binder: Binder, name: string, type: string): Error {
  return fail(binder, `Incorrect operand type for operator or function; operator or function: ${name}, operand type: ${type}`);
}

/** The type of a path is known only once there is an item. */
function checkType(binder: Binder, name: string, operand: Operand, allowed: readonly TypeName[]): void {
  if (operand.kind === "path") return;
  const type = operand.kind === "size" ? "N" : typeOf(operand.value);
  if (!allowed.includes(type)) throw wrongType(binder, name, type);
}

function checkDistinct(binder: Binder, name: string, operands: readonly Operand[]): void {
  const [first, ...others] = operands;
  if (first?.kind !== "path") return;
  if (others.some((other) => other.kind === "path" && samePath(other.path, first.path))) {
    throw fail(
      binder,
      `The first operand must be distinct from the remaining operands for this operator or function; ` +
        `operator: ${name}, first operand: ${describePath(first.path)}`,
    );
  }
}

/** Every path in a condition, from the left. */
export function conditionPaths(condition: Condition): Path[] {
  switch (condition.kind) {
    case "and":
    case "or":
      return [...conditionPaths(condition.left), ...conditionPaths(condition.right)];
    case "not":
      return conditionPaths(condition.inner);
    case "compare":
      return [condition.left, condition.right].flatMap(operandPaths);
    case "between":
      return [condition.operand, condition.lower, condition.upper].flatMap(operandPaths);
    case "in":
      return [condition.operand, ...condition.list].flatMap(operandPaths);
    case "exists":
      return [condition.path];
    case "function":
      return condition.args.flatMap(operandPaths);
  }
}

function operandPaths(operand: Operand): Path[] {
  if (operand.kind === "path") return [operand.path];
  return operand.kind === "size" ? operandPaths(operand.operand) : [];
}

/** Whether the condition holds for an item; for one that is not there, pass an empty item. */
export function holds(condition: Condition, item: Item): boolean {
  switch (condition.kind) {
    case "and":
      return holds(condition.left, item) && holds(condition.right, item);
    case "or":
      return holds(condition.left, item) || holds(condition.right, item);
    case "not":
      return !holds(condition.inner, item);
    case "compare":
      return compares(condition.operator, valueIn(condition.left, item), valueIn(condition.right, item));
    case "between": {
      const value = valueIn(condition.operand, item);
      return compares(">=", value, valueIn(condition.lower, item)) && compares("<=", value, valueIn(condition.upper, item));
    }
    case "in": {
      const value = valueIn(condition.operand, item);
      return condition.list.some((each) => compares("=", value, valueIn(each, item)));
    }
    case "exists":
      return (findValue(item, condition.path) !== undefined) === condition.wanted;
    case "function": {
      const [first, second] = condition.args;
      return callFunction(condition.name, valueIn(first, item), valueIn(second, item));
    }
  }
}

function valueIn(operand: Operand, item: Item): Value | undefined {
  if (operand.kind === "value") return operand.value;
  if (operand.kind === "path") {
    return operand.path.length === 1 ? attributeOf(item, headOf(operand.path)) : findValue(item, operand.path);
  }
  const value = valueIn(operand.operand, item);
  const size = value && sizeOf(value);
  return size === undefined ? undefined : { N: String(size) };
}

/** What the function `size` gives: characters in UTF-8 bytes, bytes, or members. */
function sizeOf(value: Value): number | undefined {
  if (value.S !== undefined) return Buffer.byteLength(value.S);
  if (value.B !== undefined) return value.B.length;
  if (value.M !== undefined) return Object.keys(value.M).length;
  return (value.SS ?? value.NS ?? value.BS ?? value.L)?.length;
}

/** A missing value is unequal to everything, and in no order with anything. */
export function compares(operator: Comparator, left: Value | undefined, right: Value | undefined): boolean {
  if (operator === "<>") return left === undefined || right === undefined || !sameValue(left, right);
  if (left === undefined || right === undefined) return false;
  if (operator === "=") return sameValue(left, right);
  const order = compareScalars(left, right);
  if (order === undefined) return false;
  if (operator === "<") return order < 0;
  if (operator === "<=") return order <= 0;
  if (operator === ">") return order > 0;
  return order >= 0;
}

function callFunction(name: "attribute_type" | "begins_with" | "contains", first: Value | undefined, second: Value | undefined): boolean {
  if (first === undefined || second === undefined) return false;
  if (name === "attribute_type") return typeOf(first) === second.S;
  return name === "begins_with" ? beginsWith(first, second) : containsValue(first, second);
}

export function beginsWith(value: Value, prefix: Value): boolean {
  if (value.S !== undefined && prefix.S !== undefined) return value.S.startsWith(prefix.S);
  if (value.B === undefined || prefix.B === undefined) return false;
  return value.B.length >= prefix.B.length && Buffer.compare(value.B.subarray(0, prefix.B.length), prefix.B) === 0;
}

export function containsValue(container: Value, member: Value): boolean {
  if (container.S !== undefined) return member.S !== undefined && container.S.includes(member.S);
  if (container.B !== undefined) return member.B !== undefined && Buffer.from(container.B).includes(Buffer.from(member.B));
  if (container.SS !== undefined) return member.S !== undefined && container.SS.includes(member.S);
  if (container.NS !== undefined) return member.N !== undefined && container.NS.includes(member.N);
  if (container.BS !== undefined) {
    const bytes = member.B;
    return bytes !== undefined && container.BS.some((each) => Buffer.compare(each, bytes) === 0);
  }
  return container.L?.some((each) => sameValue(each, member)) ?? false;
}
