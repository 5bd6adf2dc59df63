// Attribute values: what a client may send, how it is made canonical, how two of them compare. Values are shared between
// requests and stored items: never change one in place.
import { canonicalNumber, compareNumbers } from "./decimal.ts";
import { invalid, invalidValue } from "./errors.ts";
import { NESTING_LEVELS_MAX } from "./limits.ts";

interface Types {
  S: string;
  N: string;
  B: Uint8Array;
  SS: string[];
  NS: string[];
  BS: Uint8Array[];
  M: Record<string, Value>;
  L: Value[];
  NULL: boolean;
  BOOL: boolean;
}

export type TypeName = keyof Types;

/** Exactly one member is there. Numbers are canonical. */
export type Value = { [K in TypeName]: { [P in K]: Types[P] } & { [P in Exclude<TypeName, K>]?: never } }[TypeName];

/** Attributes by name. */
export type Item = Record<string, Value>;

/** A value as it arrives: any number of members, numbers in any form. */
export interface RawValue {
  readonly S?: string | undefined;
  readonly N?: string | undefined;
  readonly B?: Uint8Array | undefined;
  readonly SS?: readonly string[] | undefined;
  readonly NS?: readonly string[] | undefined;
  readonly BS?: readonly Uint8Array[] | undefined;
  readonly M?: RawItem | undefined;
  readonly L?: readonly RawValue[] | undefined;
  readonly NULL?: boolean | undefined;
  readonly BOOL?: boolean | undefined;
}
export type RawItem = { readonly [name: string]: RawValue };

const EMPTY = "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes";
const SEVERAL = "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes";
const NESTED = "Nesting Levels have exceeded supported limits";

export function typeOf(value: Value): TypeName {
  if (value.S !== undefined) return "S";
  if (value.N !== undefined) return "N";
  if (value.M !== undefined) return "M";
  if (value.L !== undefined) return "L";
  if (value.BOOL !== undefined) return "BOOL";
  if (value.NULL !== undefined) return "NULL";
  if (value.SS !== undefined) return "SS";
  if (value.NS !== undefined) return "NS";
  if (value.BS !== undefined) return "BS";
  return "B";
}

/** Checks a value and makes its numbers canonical; ValidationException in AWS's words where it cannot be one. */
export function readValue(raw: RawValue, depth = 0): Value {
  if (raw.S !== undefined && single(raw)) return { S: raw.S };
  if (raw.N !== undefined) return readNumber(raw, raw.N);
  if (raw.NULL === false) throw invalidValue("Null attribute value types must have the value of true");
  checkSets(raw);
  const NS = raw.NS && readNumberSet(raw.NS);
  const count = memberCount(raw);
  if (count === 0) throw invalid(EMPTY);
  if (count > 1) throw invalid(SEVERAL);
  if (raw.B !== undefined) return { B: raw.B };
  if (raw.BOOL !== undefined) return { BOOL: raw.BOOL };
  if (raw.NULL !== undefined) return { NULL: true };
  if (raw.SS !== undefined) return { SS: [...raw.SS] };
  if (NS !== undefined) return { NS };
  if (raw.BS !== undefined) return { BS: [...raw.BS] };
  if (depth >= NESTING_LEVELS_MAX) throw invalidValue(NESTED);
  if (raw.L !== undefined) return { L: raw.L.map((element) => readValue(element, depth + 1)) };
  return { M: readItem(raw.M ?? {}, depth + 1) };
}

function readNumber(raw: RawValue, text: string): Value {
  const N = canonicalNumber(text);
  if (!single(raw)) throw invalid(SEVERAL);
  return { N };
}

/** Checks all attributes of a map, item or key. */
export function readItem(raw: RawItem, depth = 0): Item {
  const item: Item = {};
  for (const name in raw) {
    const value = raw[name];
    if (value !== undefined) setAttribute(item, name, readValue(value, depth));
  }
  return item;
}

/** As `item[name] = value`, for names of any kind. */
export function setAttribute(item: Item, name: string, value: Value): void {
  if (name === "__proto__") Object.defineProperty(item, name, { value, enumerable: true, configurable: true, writable: true });
  else item[name] = value;
}

/** As `item[name]`, never what an object inherits. */
export function attributeOf(item: Item, name: string): Value | undefined {
  return Object.hasOwn(item, name) ? item[name] : undefined;
}

const TYPE_NAMES: readonly TypeName[] = ["S", "N", "B", "SS", "NS", "BS", "M", "L", "NULL", "BOOL"];

function memberCount(raw: RawValue): number {
  let count = 0;
  for (const name of TYPE_NAMES) if (raw[name] !== undefined) count++;
  return count;
}

/** The common case without a count: one own member. */
function single(raw: RawValue): boolean {
  let members = 0;
  for (const name in raw) if (name !== "" && ++members > 1) return memberCount(raw) === 1;
  return true;
}

function checkSets(raw: RawValue): void {
  if (raw.SS !== undefined) {
    if (raw.SS.length === 0) throw invalidValue("An string set  may not be empty");
    if (new Set(raw.SS).size !== raw.SS.length) throw invalidValue(`Input collection [${raw.SS.join(", ")}] contains duplicates.`);
  }
  if (raw.NS !== undefined && raw.NS.length === 0) throw invalidValue("An number set  may not be empty");
  if (raw.BS !== undefined) {
    if (raw.BS.length === 0) throw invalidValue("Binary sets should not be empty");
    const texts = raw.BS.map(base64);
    if (new Set(texts).size !== texts.length) throw invalidValue(`Input collection [${texts.join(", ")}]of type BS contains duplicates.`);
  }
}

function readNumberSet(raw: readonly string[]): string[] {
  const numbers = raw.map(canonicalNumber);
  if (new Set(numbers).size !== numbers.length) throw invalid("Input collection contains duplicates");
  return numbers;
}

export function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}

/** By UTF-8 bytes, which is by code points: code units order otherwise only where surrogates meet what lies above them. */
export function compareStrings(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const left = a.charCodeAt(i);
    const right = b.charCodeAt(i);
    if (left === right) continue;
    const leftHigh = left >= 0xd800 && left <= 0xdfff;
    const rightHigh = right >= 0xd800 && right <= 0xdfff;
    if (leftHigh === rightHigh) return left - right;
    return leftHigh ? 1 : -1;
  }
  return a.length - b.length;
}

/** The order of two scalars of one type; undefined where there is none. */
export function compareScalars(a: Value, b: Value): number | undefined {
  if (a.S !== undefined && b.S !== undefined) return compareStrings(a.S, b.S);
  if (a.N !== undefined && b.N !== undefined) return compareNumbers(a.N, b.N);
  if (a.B !== undefined && b.B !== undefined) return Buffer.compare(a.B, b.B);
  return undefined;
}

/** Equal in type and content; the order in a set does not matter. */
export function sameValue(a: Value, b: Value): boolean {
  if (a.S !== undefined) return a.S === b.S;
  if (a.N !== undefined) return a.N === b.N;
  if (a.B !== undefined) return b.B !== undefined && Buffer.compare(a.B, b.B) === 0;
  if (a.BOOL !== undefined) return a.BOOL === b.BOOL;
  if (a.NULL !== undefined) return b.NULL !== undefined;
  if (a.SS !== undefined) return b.SS !== undefined && sameSet(a.SS, b.SS);
  if (a.NS !== undefined) return b.NS !== undefined && sameSet(a.NS, b.NS);
  if (a.BS !== undefined) return b.BS !== undefined && sameSet(a.BS.map(base64), b.BS.map(base64));
  if (a.L !== undefined) return b.L !== undefined && sameList(a.L, b.L);
  return a.M !== undefined && b.M !== undefined && sameItem(a.M, b.M);
}

function sameSet(a: readonly string[], b: readonly string[]): boolean {
  if (a.length !== b.length) return false;
  const members = new Set(a);
  return b.every((member) => members.has(member));
}

function sameList(a: readonly Value[], b: readonly Value[]): boolean {
  if (a.length !== b.length) return false;
  return a.every((value, index) => {
    const other = b[index];
    return other !== undefined && sameValue(value, other);
  });
}

function sameItem(a: Item, b: Item): boolean {
  const names = Object.keys(a);
  if (names.length !== Object.keys(b).length) return false;
  return names.every((name) => {
    const left = attributeOf(a, name);
    const right = attributeOf(b, name);
    return left !== undefined && right !== undefined && sameValue(left, right);
  });
}

/** How messages show a value: `AttributeValue: {S:a}`. */
export function describeValue(value: Value): string {
  const type = typeOf(value);
  return `AttributeValue: {${type}:${contentOf(value)}}`;
}

function contentOf(value: Value): string {
  if (value.B !== undefined) return base64(value.B);
  if (value.BS !== undefined) return `[${value.BS.map(base64).join(", ")}]`;
  if (value.L !== undefined) return `[${value.L.map(describeValue).join(", ")}]`;
  if (value.M !== undefined) {
    return `{${Object.entries(value.M)
      .map(([name, inner]) => `${name}=${describeValue(inner)}`)
      .join(", ")}}`;
  }
  const set = value.SS ?? value.NS;
  if (set !== undefined) return `[${set.join(", ")}]`;
  return String(value.S ?? value.N ?? value.BOOL ?? value.NULL);
}
