// Signature Version 4 checked: canonical request, derived key, comparison in constant time. Sources: IAM user guide, "Signature
// Version 4 signing process"; Amazon S3 API reference, "Authenticating requests". Secrets never leave this file.
import { createHmac, createSecretKey, hash, type KeyObject, timingSafeEqual } from "node:crypto";
import { AwsError } from "../kernel/errors.ts";
import type { Credential } from "./credential.ts";
import { signatureMismatch } from "./errors.ts";
import type { Incoming } from "./incoming.ts";
import { CLOCK_SKEW_MS_MAX, PRESIGNED_SECONDS_MAX, SIGNING_KEYS_MAX } from "./limits.ts";

/** What checks the chunks of a signed stream: each signature covers the one before it. */
export interface ChunkVerifier {
  chunk(signature: string, bytes: Uint8Array): void;
  trailers(signature: string, lines: string): void;
}

const EMPTY_SHA256 = hash("sha256", "", "hex");

/**
 * Throws the AwsError that AWS answers: SignatureDoesNotMatch, RequestTimeTooSkewed, AccessDenied for an expired URL.
 * @param payloadHash hex SHA-256 of the body as sent, asked for only where the signature covers it.
 */
export async function verifySignature(
  incoming: Incoming,
  credential: Credential,
  secret: string,
  nowMs: number,
  payloadHash: () => Promise<string>,
): Promise<void> {
  const s3 = credential.service === "s3";
  const signedAt = signingTime(incoming, credential);
  checkTime(incoming, credential, signedAt, nowMs, s3);
  const declared = incoming.http.headers["x-amz-content-sha256"];
  const payload = s3
    ? (declared ??
      (credential.kind === "presigned" ? (incoming.query.get("X-Amz-Content-Sha256") ?? "UNSIGNED-PAYLOAD") : "UNSIGNED-PAYLOAD"))
    : await payloadHash();
  const expected = sign(secret, credential, signedAt, canonicalRequest(incoming, credential, payload, s3));
  if (!equalHex(expected, credential.signature)) throw signatureMismatch();
}

function signingTime(incoming: Incoming, credential: Credential): string {
  if (credential.kind === "presigned") return incoming.query.get("X-Amz-Date") ?? "";
  const { headers } = incoming.http;
  const amzDate = headers["x-amz-date"];
  if (amzDate !== undefined) return amzDate;
  const parsed = new Date(headers["date"] ?? "");
  return Number.isNaN(parsed.getTime()) ? "" : `${parsed.toISOString().replace(/[-:]|\.\d+/g, "")}`;
}

/** Milliseconds of `20260101T000000Z`, or NaN. */
export function amzDateMs(text: string): number {
  const match = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/.exec(text);
  return match ? Date.parse(`${match[1]}-${match[2]}-${match[3]}T${match[4]}:${match[5]}:${match[6]}Z`) : Number.NaN;
}

function checkTime(incoming: Incoming, credential: Credential, signedAt: string, nowMs: number, s3: boolean): void {
  const signedMs = amzDateMs(signedAt);
  if (Number.isNaN(signedMs)) {
    throw new AwsError("AccessDenied", "AWS authentication requires a valid Date or x-amz-date header", { status: 403 });
  }
  if (!signedAt.startsWith(credential.date)) {
    throw new AwsError(
      "SignatureDoesNotMatch",
      `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${credential.date}' != '${signedAt.slice(0, 8)}', from '${signedAt}'.`,
      { status: 403 },
    );
  }
  if (credential.kind === "presigned") {
    checkExpiry(incoming, nowMs);
    if (signedMs - nowMs > CLOCK_SKEW_MS_MAX) throw new AwsError("AccessDenied", "Request is not yet valid", { status: 403 });
    return;
  }
  if (Math.abs(nowMs - signedMs) <= CLOCK_SKEW_MS_MAX) return;
  if (s3) {
    throw new AwsError("RequestTimeTooSkewed", "The difference between the request time and the current time is too large.", {
      status: 403,
      fields: { RequestTime: signedAt, ServerTime: new Date(nowMs).toISOString(), MaxAllowedSkewMilliseconds: String(CLOCK_SKEW_MS_MAX) },
    });
  }
  const now = compact(nowMs);
  const late = signedMs < nowMs;
  const edge = compact(late ? nowMs - CLOCK_SKEW_MS_MAX : nowMs + CLOCK_SKEW_MS_MAX);
  const relation = late
    ? `Signature expired: ${signedAt} is now earlier than ${edge} (${now} - 15 min.)`
    : `Signature not yet current: ${signedAt} is still later than ${edge} (${now} + 15 min.)`;
  throw new AwsError("InvalidSignatureException", relation, { status: 403 });
}

function compact(ms: number): string {
  return new Date(ms).toISOString().replace(/[-:]|\.\d+/g, "");
}

/** A presigned URL that has run out is refused even where signatures are not verified. */
export function checkExpiry(incoming: Incoming, nowMs: number): void {
  const signedAt = amzDateMs(incoming.query.get("X-Amz-Date") ?? "");
  const text = incoming.query.get("X-Amz-Expires");
  const seconds = Number(text);
  if (Number.isNaN(signedAt) || text === null || !/^-?\d+$/.test(text)) {
    throw new AwsError(
      "AuthorizationQueryParametersError",
      "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.",
      { status: 400 },
    );
  }
  if (seconds > PRESIGNED_SECONDS_MAX || seconds < 0) {
    const message =
      seconds < 0
        ? "X-Amz-Expires must be non-negative"
        : "X-Amz-Expires must be less than a week (in seconds) that is, the given X-Amz-Expires must be less than 604800 seconds";
    throw new AwsError("AuthorizationQueryParametersError", message, { status: 400 });
  }
  const expiresMs = signedAt + seconds * 1000;
  if (nowMs > expiresMs) {
    throw new AwsError("AccessDenied", "Request has expired", {
      status: 403,
      fields: {
        "X-Amz-Expires": text,
        Expires: `${new Date(expiresMs).toISOString().slice(0, 19)}Z`,
        ServerTime: `${new Date(nowMs).toISOString().slice(0, 19)}Z`,
      },
    });
  }
}

export function canonicalRequest(incoming: Incoming, credential: Credential, payload: string, s3: boolean): string {
  const { method, path, query, headers } = incoming.http;
  let lines = "";
  for (const name of credential.signedHeaders) lines += `${name}:${(headers[name] ?? "").trim().replace(/\s+/g, " ")}\n`;
  return `${method}\n${canonicalPath(path, s3)}\n${canonicalQuery(query)}\n${lines}\n${credential.signedHeaders.join(";")}\n${payload}`;
}

/** S3 signs the path as sent; every other service normalizes it and encodes it once more. */
function canonicalPath(path: string, s3: boolean): string {
  if (path === "/" || path === "") return "/";
  if (s3)
    return path
      .split("/")
      .map((part) => encodeRfc3986(decodeOnce(part)))
      .join("/");
  const kept: string[] = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part === "..") kept.pop();
    else kept.push(encodeRfc3986(part));
  }
  return `/${kept.join("/")}${path.endsWith("/") && kept.length > 0 ? "/" : ""}`;
}

function canonicalQuery(query: string): string {
  if (query === "") return "";
  const pairs: [name: string, value: string][] = [];
  for (const pair of query.split("&")) {
    if (pair === "") continue;
    const equals = pair.indexOf("=");
    const name = encodeRfc3986(decodeForm(equals < 0 ? pair : pair.slice(0, equals)));
    if (name === "X-Amz-Signature") continue;
    pairs.push([name, encodeRfc3986(decodeForm(equals < 0 ? "" : pair.slice(equals + 1)))]);
  }
  pairs.sort(([nameA, valueA], [nameB, valueB]) => compare(nameA, nameB) || compare(valueA, valueB));
  return pairs.map(([name, value]) => `${name}=${value}`).join("&");
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function encodeRfc3986(text: string): string {
  try {
    return encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
  } catch {
    return text;
  }
}

function decodeOnce(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function decodeForm(text: string): string {
  return decodeOnce(text.replace(/\+/g, "%20"));
}

function scopeOf(credential: Credential): string {
  return `${credential.date}/${credential.region}/${credential.service}/aws4_request`;
}

function sign(secret: string, credential: Credential, signedAt: string, canonical: string): string {
  const toSign = `AWS4-HMAC-SHA256\n${signedAt}\n${scopeOf(credential)}\n${hash("sha256", canonical, "hex")}`;
  return createHmac("sha256", signingKey(secret, credential)).update(toSign).digest("hex");
}

/** Derived keys by secret and scope, as KeyObjects: an HMAC with a Buffer key costs eight times as much. */
const signingKeys = new Map<string, KeyObject>();

function signingKey(secret: string, credential: Credential): KeyObject {
  const id = `${credential.date}/${credential.region}/${credential.service}/${secret}`;
  let key = signingKeys.get(id);
  if (!key) {
    if (signingKeys.size >= SIGNING_KEYS_MAX) signingKeys.clear();
    const day = hmac(`AWS4${secret}`, credential.date);
    key = createSecretKey(hmac(hmac(hmac(day, credential.region), credential.service), "aws4_request"));
    signingKeys.set(id, key);
  }
  return key;
}

function hmac(key: string | Buffer, data: string): Buffer {
  return createHmac("sha256", key).update(data).digest();
}

function equalHex(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}

/** For `STREAMING-AWS4-HMAC-SHA256-PAYLOAD` and its form with trailers, once the request's own signature has been verified. */
export function chunkVerifier(incoming: Incoming, credential: Credential, secret: string): ChunkVerifier {
  const key = signingKey(secret, credential);
  const prefix = `${signingTime(incoming, credential)}\n${scopeOf(credential)}\n`;
  let previous = credential.signature;
  const check = (signature: string, toSign: string) => {
    const expected = createHmac("sha256", key).update(toSign).digest("hex");
    if (!equalHex(expected, signature)) throw signatureMismatch();
    previous = expected;
  };
  return {
    chunk: (signature, bytes) =>
      check(signature, `AWS4-HMAC-SHA256-PAYLOAD\n${prefix}${previous}\n${EMPTY_SHA256}\n${hash("sha256", bytes, "hex")}`),
    trailers: (signature, lines) => check(signature, `AWS4-HMAC-SHA256-TRAILER\n${prefix}${previous}\n${hash("sha256", lines, "hex")}`),
  };
}
