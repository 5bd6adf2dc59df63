// Exact decimal numbers as DynamoDB keeps them: up to 38 digits, written out in plain notation. Never a JavaScript number, but
// where both operands are short enough to be exact.
import { invalid } from "./errors.ts";
import { NUMBER_DIGITS_MAX, NUMBER_EXPONENT_MAX, NUMBER_EXPONENT_MIN } from "./limits.ts";

/** The value is `digits` × 10^`exponent`; digits have no leading and no trailing zeros, and zero has none at all. */
interface Decimal {
  readonly negative: boolean;
  readonly digits: string;
  readonly exponent: number;
}

const FORM = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/;
const PRECISION = "Attempting to store more than 38 significant digits in a Number";
const OVERFLOW = "Number overflow. Attempting to store a number with magnitude larger than supported range";
const UNDERFLOW = "Number underflow. Attempting to store a number with magnitude smaller than supported range";
/** Decimal digits that a double always holds exactly. */
const DOUBLE_DIGITS = 15;

/** The one way in which a number is stored and returned: `0015.789e6` becomes `15789000`. */
export function canonicalNumber(text: string): string {
  return isPlainInteger(text) ? text : format(parse(text));
}

/** At most 38 digits, no sign but a minus, no leading zero: canonical already. */
function isPlainInteger(text: string): boolean {
  const start = text.charCodeAt(0) === 0x2d ? 1 : 0;
  const length = text.length - start;
  if (length === 0 || length > NUMBER_DIGITS_MAX) return false;
  const first = text.charCodeAt(start);
  if (first === 0x30) return text.length === 1;
  for (let i = start; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x30 || code > 0x39) return false;
  }
  return true;
}

function parse(text: string): Decimal {
  const parts = FORM.exec(text);
  const whole = parts?.[2] ?? "";
  const fraction = parts?.[3] ?? "";
  if (!parts || whole.length + fraction.length === 0) {
    throw invalid(`The parameter cannot be converted to a numeric value${text === "" ? "" : `: ${text}`}`);
  }
  const decimal = reduce(parts[1] === "-", whole + fraction, Number(parts[4] ?? "0") - fraction.length);
  checkRange(decimal);
  return decimal;
}

function reduce(negative: boolean, allDigits: string, exponentOfLast: number): Decimal {
  let start = 0;
  while (start < allDigits.length && allDigits.charCodeAt(start) === 0x30) start++;
  let end = allDigits.length;
  while (end > start && allDigits.charCodeAt(end - 1) === 0x30) end--;
  if (start === end) return { negative: false, digits: "", exponent: 0 };
  return { negative, digits: allDigits.slice(start, end), exponent: exponentOfLast + allDigits.length - end };
}

function checkRange(decimal: Decimal): void {
  if (decimal.digits === "") return;
  const magnitude = decimal.exponent + decimal.digits.length - 1;
  if (magnitude > NUMBER_EXPONENT_MAX) throw invalid(OVERFLOW);
  if (magnitude < NUMBER_EXPONENT_MIN) throw invalid(UNDERFLOW);
  if (decimal.digits.length > NUMBER_DIGITS_MAX) throw invalid(PRECISION);
}

function format({ negative, digits, exponent }: Decimal): string {
  if (digits === "") return "0";
  const sign = negative ? "-" : "";
  if (exponent >= 0) return `${sign}${digits}${"0".repeat(exponent)}`;
  const point = digits.length + exponent;
  if (point > 0) return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
  return `${sign}0.${"0".repeat(-point)}${digits}`;
}

/** Splits what `canonicalNumber` made. */
function split(canonical: string): Decimal {
  const negative = canonical.charCodeAt(0) === 0x2d;
  const unsigned = negative ? canonical.slice(1) : canonical;
  const point = unsigned.indexOf(".");
  if (point < 0) return reduce(negative, unsigned, 0);
  return reduce(negative, unsigned.slice(0, point) + unsigned.slice(point + 1), point + 1 - unsigned.length);
}

/** Below zero, zero or above zero, as `a` is less than, equal to or greater than `b`; both canonical. */
export function compareNumbers(a: string, b: string): number {
  if (a === b) return 0;
  if (a.length <= DOUBLE_DIGITS && b.length <= DOUBLE_DIGITS) return Number(a) - Number(b);
  const left = split(a);
  const right = split(b);
  const sign = signOf(left) - signOf(right);
  if (sign !== 0) return sign;
  const magnitude = compareMagnitudes(left, right);
  return left.negative ? -magnitude : magnitude;
}

function signOf(decimal: Decimal): number {
  if (decimal.digits === "") return 0;
  return decimal.negative ? -1 : 1;
}

function compareMagnitudes(a: Decimal, b: Decimal): number {
  const byExponent = a.exponent + a.digits.length - (b.exponent + b.digits.length);
  if (byExponent !== 0) return byExponent;
  if (a.digits === b.digits) return 0;
  return a.digits < b.digits ? -1 : 1;
}

/** The exact sum of two canonical numbers; an error where it has more than 38 digits or leaves the range. */
export function addNumbers(a: string, b: string): string {
  if (a.length < DOUBLE_DIGITS && b.length < DOUBLE_DIGITS && !a.includes(".") && !b.includes(".")) return String(Number(a) + Number(b));
  return sum(split(a), split(b));
}

/** The exact difference, as `addNumbers`. */
export function subtractNumbers(a: string, b: string): string {
  const subtrahend = split(b);
  return sum(split(a), { ...subtrahend, negative: !subtrahend.negative });
}

function sum(a: Decimal, b: Decimal): string {
  const exponent = Math.min(a.exponent, b.exponent);
  const total = scaled(a, exponent) + scaled(b, exponent);
  const negative = total < 0n;
  const decimal = reduce(negative, (negative ? -total : total).toString(), exponent);
  checkRange(decimal);
  return format(decimal);
}

function scaled({ negative, digits, exponent }: Decimal, to: number): bigint {
  if (digits === "") return 0n;
  const magnitude = BigInt(digits) * 10n ** BigInt(exponent - to);
  return negative ? -magnitude : magnitude;
}

/** What a number counts towards the size of an item: a byte for two digits, one for the exponent, one for a minus. */
export function numberBytes(canonical: string): number {
  let significant = 0;
  let zeros = 0;
  let negative = 0;
  for (let i = 0; i < canonical.length; i++) {
    const code = canonical.charCodeAt(i);
    if (code === 0x2d) negative = 1;
    else if (code === 0x30) zeros++;
    else if (code !== 0x2e) {
      significant += significant === 0 ? 1 : zeros + 1;
      zeros = 0;
    }
  }
  return ((significant + 1) >> 1) + 1 + negative;
}

/**
 * Bytes that order as the numbers do. Zero is 02. A positive number is 03, its exponent (0 to 255), then one byte for each two
 * digits, from 1 to 100; a negative one is 01 and the complement of the rest, closed by FF so that more digits mean less.
 */
export function numberKey(canonical: string): Uint8Array {
  const { negative, digits, exponent } = split(canonical);
  if (digits === "") return Uint8Array.of(2);
  const pairs = (digits.length + 1) >> 1;
  const out = new Uint8Array(2 + pairs + (negative ? 1 : 0));
  const magnitude = exponent + digits.length - 1 - NUMBER_EXPONENT_MIN;
  out[0] = negative ? 1 : 3;
  out[1] = negative ? 255 - magnitude : magnitude;
  for (let pair = 0; pair < pairs; pair++) {
    const high = digits.charCodeAt(pair * 2) - 0x30;
    const low = pair * 2 + 1 < digits.length ? digits.charCodeAt(pair * 2 + 1) - 0x30 : 0;
    const two = high * 10 + low;
    out[2 + pair] = negative ? 100 - two : two + 1;
  }
  if (negative) out[out.length - 1] = 0xff;
  return out;
}
