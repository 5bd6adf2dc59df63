// A scalar from and to text: values of forms, XML elements, headers, query strings and labels.
import { serializationError } from "./errors.ts";
import type { Shape, TimestampFormat } from "./schema.ts";
import { formatTimestamp, parseAnyTimestamp, parseTimestamp } from "./timestamp.ts";

const NUMBER = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;
const BASE64 = /^[A-Za-z0-9+/\s]*={0,2}\s*$/;

/** `format` is the default of the place where the text stands; undefined takes any form of time. */
export function parseScalar(shape: Shape, text: string, format?: TimestampFormat): unknown {
  switch (shape.kind) {
    case "number":
    case "bigDecimal":
      return parseNumber(text);
    case "boolean":
      return parseBoolean(text);
    case "blob":
      return parseBase64(text);
    case "timestamp":
      return format === undefined ? parseAnyTimestamp(text) : parseTimestamp(text, shape.timestamp ?? format);
    case "bigInteger":
      if (!/^-?\d+$/.test(text)) throw serializationError(`${JSON.stringify(text)} is not an integer.`);
      return BigInt(text);
    default:
      return text;
  }
}

function parseNumber(text: string): number {
  const trimmed = text.trim();
  if (NUMBER.test(trimmed)) return Number(trimmed);
  if (trimmed === "NaN") return Number.NaN;
  if (trimmed === "Infinity") return Number.POSITIVE_INFINITY;
  if (trimmed === "-Infinity") return Number.NEGATIVE_INFINITY;
  throw serializationError(`${JSON.stringify(text)} is not a number.`);
}

function parseBoolean(text: string): boolean {
  const lower = text.trim().toLowerCase();
  if (lower === "true") return true;
  if (lower === "false") return false;
  throw serializationError(`${JSON.stringify(text)} is not a boolean.`);
}

function parseBase64(text: string): Uint8Array {
  if (!BASE64.test(text)) throw serializationError("The blob is not valid base64.");
  const bytes = Buffer.from(text, "base64");
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}

export function formatScalar(shape: Shape, value: unknown, format: TimestampFormat): string {
  if (shape.kind === "timestamp") return formatTimestamp(value as Date, shape.timestamp ?? format);
  if (shape.kind === "blob") return (typeof value === "string" ? Buffer.from(value) : Buffer.from(value as Uint8Array)).toString("base64");
  return String(value);
}
