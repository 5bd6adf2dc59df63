// What stands in the arrays of an event pattern: values, and comparisons such as `{"prefix": "a"}`. Pure.
import { invalidPattern } from "./errors.ts";

export interface Field {
  readonly present: boolean;
  readonly value: unknown;
}

export type Condition = (field: Field) => boolean;
type TextTest = (text: string) => boolean;

const isMap = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);

/** One element of a field's array. */
export function parseCondition(condition: unknown, name: string): Condition {
  if (!isMap(condition)) {
    if (Array.isArray(condition)) throw invalidPattern(`"${name}" must not contain an array in an array`);
    return ({ present, value }) => present && value === condition;
  }
  const [operator, operand] = only(condition);
  switch (operator) {
    case "exists":
      if (typeof operand !== "boolean") throw invalidPattern("match type 'exists' must be true or false");
      // Objects do not exist for a leaf: `exists` works on leaf nodes only.
      return ({ present, value }) => (present && !isMap(value)) === operand;
    case "anything-but":
      return anythingBut(operand);
    case "numeric":
      return numeric(operand);
    case "cidr":
      return onText(cidr(operand));
    default:
      return onText(textTest(operator, operand));
  }
}

function only(condition: Record<string, unknown>): [operator: string, operand: unknown] {
  const [entry, ...others] = Object.entries(condition);
  if (!entry || others.length > 0) throw invalidPattern("Only one key allowed in match expression");
  return entry;
}

const onText =
  (test: TextTest): Condition =>
  ({ present, value }) =>
    present && typeof value === "string" && test(value);

/** The comparisons that `anything-but` takes as well. */
function textTest(operator: string, operand: unknown): TextTest {
  switch (operator) {
    case "prefix":
    case "suffix": {
      const { text, ignoreCase } = affix(operator, operand);
      const wanted = ignoreCase ? text.toLowerCase() : text;
      return (value) => {
        const actual = ignoreCase ? value.toLowerCase() : value;
        return operator === "prefix" ? actual.startsWith(wanted) : actual.endsWith(wanted);
      };
    }
    case "equals-ignore-case": {
      if (typeof operand !== "string") throw invalidPattern("equals-ignore-case match pattern must be a string");
      const wanted = operand.toLowerCase();
      return (value) => value.toLowerCase() === wanted;
    }
    case "wildcard":
      return wildcard(operand);
    default:
      throw invalidPattern(`Unrecognized match type ${operator}`);
  }
}

function affix(operator: string, operand: unknown): { text: string; ignoreCase: boolean } {
  if (typeof operand === "string") return { text: operand, ignoreCase: false };
  const text = isMap(operand) && Object.keys(operand).length === 1 ? operand["equals-ignore-case"] : undefined;
  if (typeof text !== "string") throw invalidPattern(`${operator} match pattern must be a string`);
  return { text, ignoreCase: true };
}

function wildcard(operand: unknown): TextTest {
  if (typeof operand !== "string") throw invalidPattern("wildcard match pattern must be a string");
  let source = "";
  for (let at = 0; at < operand.length; at++) {
    let character = operand[at] ?? "";
    if (character === "*") {
      if (operand[at + 1] === "*") throw invalidPattern("Consecutive wildcard characters are not allowed");
      source += "[^]*";
      continue;
    }
    if (character === "\\") {
      character = operand[++at] ?? "";
      if (character !== "*" && character !== "\\") throw invalidPattern("Invalid escape character in wildcard");
    }
    source += character.replace(/[.*+?^${}()|[\]\\]/, "\\$&");
  }
  const expression = new RegExp(`^${source}$`);
  return (value) => expression.test(value);
}

/** Matches a present value that is none of what is named. */
function anythingBut(operand: unknown): Condition {
  if (isMap(operand)) {
    const [operator, inner] = only(operand);
    const list: unknown[] = Array.isArray(inner) ? inner : [inner];
    const tests = list.map((each) => textTest(operator, each));
    return ({ present, value }) => present && !(typeof value === "string" && tests.some((test) => test(value)));
  }
  const refused: unknown[] = Array.isArray(operand) ? operand : [operand];
  const kinds = new Set(refused.map((each) => typeof each));
  if (kinds.size !== 1 || !(kinds.has("string") || kinds.has("number")))
    throw invalidPattern("Inside anything but list, start|null|boolean is not supported.");
  return ({ present, value }) => present && !refused.includes(value);
}

const NUMERIC_MAX = 5e9;

/** `["=", 3]`, or one bound, or a lower and an upper one. */
function numeric(operand: unknown): Condition {
  if (!Array.isArray(operand) || (operand.length !== 2 && operand.length !== 4))
    throw invalidPattern("Invalid numeric match: expected operators and numbers");
  const tests: ((value: number) => boolean)[] = [];
  for (let at = 0; at < operand.length; at += 2) {
    const operator: unknown = operand[at];
    const bound: unknown = operand[at + 1];
    if (typeof bound !== "number" || Math.abs(bound) > NUMERIC_MAX)
      throw invalidPattern("Value of numeric match must be a number between -5.0e9 and 5.0e9");
    const second = at === 2;
    if (operator === "=" && operand.length === 2) tests.push((value) => value === bound);
    else if (operator === ">" && !second) tests.push((value) => value > bound);
    else if (operator === ">=" && !second) tests.push((value) => value >= bound);
    else if (operator === "<" && (second || operand.length === 2)) tests.push((value) => value < bound);
    else if (operator === "<=" && (second || operand.length === 2)) tests.push((value) => value <= bound);
    else throw invalidPattern(`Unrecognized numeric range operator: ${String(operator)}`);
  }
  if (operand.length === 4 && !(Number(operand[1]) < Number(operand[3]))) throw invalidPattern("Bottom must be less than top");
  return ({ present, value }) => present && typeof value === "number" && tests.every((test) => test(value));
}

interface Address {
  readonly bits: bigint;
  readonly length: 32 | 128;
}

function cidr(operand: unknown): TextTest {
  const match = typeof operand === "string" ? /^([^/]+)\/(\d{1,3})$/.exec(operand) : null;
  const network = match?.[1] === undefined ? undefined : parseAddress(match[1]);
  const size = Number(match?.[2]);
  if (!network || size > network.length) throw invalidPattern("Malformed CIDR, one '/' required");
  const shift = BigInt(network.length - size);
  return (value) => {
    const address = parseAddress(value);
    return address?.length === network.length && address.bits >> shift === network.bits >> shift;
  };
}

function parseAddress(text: string): Address | undefined {
  const four = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (four) {
    const parts = four.slice(1).map(Number);
    return parts.some((part) => part > 255)
      ? undefined
      : { bits: parts.reduce((bits, part) => (bits << 8n) | BigInt(part), 0n), length: 32 };
  }
  const [head = "", tail, ...more] = text.split("::");
  if (!text.includes(":") || more.length > 0) return undefined;
  const before = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  const missing = 8 - before.length - after.length;
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined;
  const groups = [...before, ...Array.from({ length: tail === undefined ? 0 : missing }, () => "0"), ...after];
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return undefined;
  return { bits: groups.reduce((bits, group) => (bits << 16n) | BigInt(`0x${group}`), 0n), length: 128 };
}
