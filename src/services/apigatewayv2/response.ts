// What a function answered, as the client gets it, in both payload formats. Pure.
import type { WebResponse } from "../../contract/web.ts";

type Headers = (readonly [name: string, value: string])[];

/** Headers that belong to the connection between the gateway and the client. */
const DROPPED = new Set(["connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade", "content-length"]);
const TEXT = "text/plain;charset=UTF-8";

/**
 * Format 2.0: an object with a status code is a response; whatever else is JSON is the body of one.
 * Undefined when it is neither, which answers 500.
 */
export function responseV2(payload: Uint8Array): WebResponse | undefined {
  const text = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString("utf8");
  const answer = parse(text);
  if (answer === undefined) return undefined;
  if (!isRecord(answer.value) || answer.value["statusCode"] === undefined) {
    const body = typeof answer.value === "string" ? answer.value : text;
    return { status: 200, headers: [["content-type", "application/json"]], body };
  }
  const cookies = answer.value["cookies"] ?? [];
  if (!Array.isArray(cookies)) return undefined;
  return responseOf(answer.value, { "set-cookie": cookies });
}

/** Format 1.0: a response, or undefined for anything else, which answers 500. */
export function responseV1(payload: Uint8Array): WebResponse | undefined {
  const text = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString("utf8");
  const answer = parse(text);
  if (!answer || !isRecord(answer.value) || answer.value["statusCode"] === undefined) return undefined;
  return responseOf(answer.value, answer.value["multiValueHeaders"] ?? {});
}

function responseOf(answer: Readonly<Record<string, unknown>>, multiple: unknown): WebResponse | undefined {
  const status = statusOf(answer["statusCode"]);
  const headers = headersOf(answer["headers"] ?? {}, multiple);
  const text = answer["body"] ?? "";
  const encoded = answer["isBase64Encoded"] ?? false;
  if (status === undefined || headers === undefined || typeof text !== "string" || typeof encoded !== "boolean") return undefined;
  if (!headers.some(([name]) => name === "content-type")) headers.push(["content-type", TEXT]);
  return { status, headers, body: encoded ? Buffer.from(text, "base64") : text };
}

function parse(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function statusOf(value: unknown): number | undefined {
  const status = typeof value === "number" ? value : typeof value === "string" && /^\d{3}$/.test(value) ? Number(value) : Number.NaN;
  return Number.isInteger(status) && status >= 100 && status <= 599 ? status : undefined;
}

/** Lower case, as HTTP APIs send them. A header with several values keeps only those. */
function headersOf(single: unknown, multiple: unknown): Headers | undefined {
  if (!isRecord(single) || !isRecord(multiple)) return undefined;
  const headers: Headers = [];
  const several = new Set(Object.keys(multiple).map((name) => name.toLowerCase()));
  for (const [name, value] of Object.entries(single)) {
    const lower = name.toLowerCase();
    if (typeof value === "object" && value !== null) return undefined;
    // Cookies of their own member come beside a Set-Cookie header, they do not replace it.
    if (value === null || DROPPED.has(lower) || (several.has(lower) && lower !== "set-cookie")) continue;
    headers.push([lower, String(value)]);
  }
  for (const [name, values] of Object.entries(multiple)) {
    if (!Array.isArray(values)) return undefined;
    if (!DROPPED.has(name.toLowerCase())) for (const value of values) headers.push([name.toLowerCase(), String(value)]);
  }
  return headers;
}
