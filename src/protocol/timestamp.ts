// Timestamps on the wire: seconds since the epoch, ISO 8601 (RFC 3339), or the date of HTTP headers.
import { serializationError } from "./errors.ts";
import type { TimestampFormat } from "./schema.ts";

const ISO = /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}:\d{2})(\.\d+)?(Z|[+-]\d{2}:?\d{2})$/i;
const HTTP = /^[A-Z][a-z]{2,8}, \d{1,2}[ -][A-Z][a-z]{2}[ -]\d{2,4} \d{2}:\d{2}:\d{2}(\.\d+)? GMT$/;
const NUMBER = /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i;

export function dateOfSeconds(seconds: number): Date {
  return checked(new Date(Math.round(seconds * 1000)), seconds);
}

/** Text in one of the three forms; `format` is what the model asks for, and the others are refused except by lenient protocols. */
export function parseTimestamp(text: string, format: TimestampFormat): Date {
  if (format === "epoch" && NUMBER.test(text)) return dateOfSeconds(Number(text));
  if (format === "iso" && ISO.test(text)) return checked(new Date(text), text);
  if (format === "http" && HTTP.test(text)) return checked(parseHttpDate(text), text);
  throw invalid(text);
}

/** Query and XML services take any of the three. */
export function parseAnyTimestamp(text: string): Date {
  if (NUMBER.test(text)) return dateOfSeconds(Number(text));
  if (ISO.test(text)) return checked(new Date(text), text);
  if (HTTP.test(text)) return checked(parseHttpDate(text), text);
  if (/^\d{4}-\d{2}-\d{2}$/.test(text)) return checked(new Date(text), text);
  throw invalid(text);
}

/** V8 reads HTTP dates but ignores their fractions of a second. */
function parseHttpDate(text: string): Date {
  const fraction = /\.(\d+) GMT$/.exec(text)?.[1];
  const whole = Date.parse(fraction === undefined ? text : text.replace(/\.\d+ GMT$/, " GMT"));
  return new Date(whole + (fraction === undefined ? 0 : Math.round(Number(`0.${fraction}`) * 1000)));
}

export function formatTimestamp(date: Date, format: TimestampFormat): string {
  if (format === "iso") return isoTimestamp(date);
  if (format === "http") return httpTimestamp(date);
  return String(date.getTime() / 1000);
}

/** Milliseconds only where there are some. */
function isoTimestamp(date: Date): string {
  const text = date.toISOString();
  return text.endsWith(".000Z") ? `${text.slice(0, -5)}Z` : text;
}

function httpTimestamp(date: Date): string {
  const ms = date.getUTCMilliseconds();
  const text = date.toUTCString();
  return ms === 0 ? text : `${text.slice(0, -4)}.${String(ms).padStart(3, "0")} GMT`;
}

function checked(date: Date, given: unknown): Date {
  if (Number.isNaN(date.getTime())) throw invalid(given);
  return date;
}

function invalid(given: unknown) {
  return serializationError(`The timestamp ${JSON.stringify(given)} is not valid.`);
}
