// What a function answered, as the client gets it: "Output format of a Lambda function for proxy integration" in the API
// Gateway Developer Guide. Pure.
import type { WebResponse } from "../../contract/web.ts";
import { isBinary } from "./media-type.ts";

type Headers = (readonly [name: string, value: string])[];

const MEMBERS = new Set(["statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded"]);

/** Headers that REST APIs keep for themselves: the function's own come out as `x-amzn-Remapped-…` ("Important notes"). */
const REMAPPED = new Set([
  "authorization",
  "connection",
  "content-length",
  "content-md5",
  "date",
  "expect",
  "host",
  "max-forwards",
  "proxy-authenticate",
  "server",
  "trailer",
  "upgrade",
  "user-agent",
  "via",
  "www-authenticate",
]);
const DROPPED = new Set(["transfer-encoding", "te", "keep-alive"]);

/** Undefined when it is not a proxy response ("Malformed Lambda proxy response"), which answers 502. */
export function proxyResponse(
  payload: Uint8Array,
  binaryMediaTypes: readonly string[],
  accept: string | undefined,
): WebResponse | undefined {
  const answer = parse(payload);
  if (!isRecord(answer)) return undefined;
  for (const member in answer) if (!MEMBERS.has(member)) return undefined;
  const status = statusOf(answer["statusCode"]);
  const headers = headersOf(answer["headers"] ?? {}, answer["multiValueHeaders"] ?? {});
  const text = answer["body"] ?? "";
  const encoded = answer["isBase64Encoded"] ?? false;
  if (status === undefined || headers === undefined || typeof text !== "string" || typeof encoded !== "boolean") return undefined;
  if (!headers.some(([name]) => name.toLowerCase() === "content-type")) headers.push(["Content-Type", "application/json"]);
  return { status, headers, body: encoded && isBinary(binaryMediaTypes, accept) ? Buffer.from(text, "base64") : text };
}

function parse(payload: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString("utf8"));
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** 200 when there is none; a number or its digits otherwise. */
function statusOf(value: unknown): number | undefined {
  if (value === undefined || value === null) return 200;
  const status = typeof value === "number" ? value : typeof value === "string" && /^\d{3}$/.test(value) ? Number(value) : Number.NaN;
  return Number.isInteger(status) && status >= 100 && status <= 599 ? status : undefined;
}

/** Single and multiple values together; a header that has both keeps only the multiple ones. */
function headersOf(single: unknown, multiple: unknown): Headers | undefined {
  if (!isRecord(single) || !isRecord(multiple)) return undefined;
  const headers: Headers = [];
  const several = new Set(Object.keys(multiple).map((name) => name.toLowerCase()));
  for (const [name, value] of Object.entries(single)) {
    if (typeof value === "object" && value !== null) return undefined;
    if (value !== null && !several.has(name.toLowerCase())) push(headers, name, String(value));
  }
  for (const [name, values] of Object.entries(multiple)) {
    if (!Array.isArray(values)) return undefined;
    for (const value of values) push(headers, name, String(value));
  }
  return headers;
}

function push(headers: Headers, name: string, value: string): void {
  const lower = name.toLowerCase();
  if (DROPPED.has(lower)) return;
  headers.push([REMAPPED.has(lower) ? `x-amzn-Remapped-${name}` : name, value]);
}
