// Who a request says it is from: read from its signature, never believed for more than an account and a region until verified.
import { AwsError } from "../kernel/errors.ts";
import type { Incoming } from "./incoming.ts";

export interface Credential {
  readonly kind: "header" | "presigned";
  readonly accessKeyId: string;
  /** Of the scope: `20260101`, region, service. */
  readonly date: string;
  readonly region: string;
  readonly service: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
}

/** Signature Version 2 presigned URLs name a key and an expiry, no region and no service; they are not verified. */
export interface LegacyCredential {
  readonly kind: "legacy";
  readonly accessKeyId: string;
  /** Seconds since the epoch. */
  readonly expires: number | undefined;
}

const ALGORITHM = "AWS4-HMAC-SHA256";
const DEFAULT_ACCOUNT = "000000000000";
const DEFAULT_REGION = "us-east-1";

export function credentialOf(incoming: Incoming): Credential | LegacyCredential | undefined {
  const { authorization } = incoming.http.headers;
  if (authorization !== undefined) return headerCredential(authorization);
  if (incoming.http.query === "") return undefined;
  const scope = incoming.query.get("X-Amz-Credential");
  if (scope !== null) {
    const signedHeaders = incoming.query.get("X-Amz-SignedHeaders") ?? "host";
    return scoped("presigned", scope, signedHeaders, incoming.query.get("X-Amz-Signature") ?? "");
  }
  const accessKeyId = incoming.query.get("AWSAccessKeyId");
  if (accessKeyId === null || !incoming.query.has("Signature")) return undefined;
  const expires = incoming.query.get("Expires");
  return { kind: "legacy", accessKeyId, expires: expires === null ? undefined : Number(expires) };
}

function headerCredential(authorization: string): Credential | LegacyCredential | undefined {
  if (authorization.startsWith("AWS ")) {
    return { kind: "legacy", accessKeyId: authorization.slice(4).split(":")[0] ?? "", expires: undefined };
  }
  if (!authorization.startsWith(ALGORITHM)) return undefined;
  let scope = "";
  let signedHeaders = "";
  let signature = "";
  for (const part of authorization.slice(ALGORITHM.length).split(",")) {
    const equals = part.indexOf("=");
    const value = part.slice(equals + 1).trim();
    const name = part.slice(0, equals).trim();
    if (name === "Credential") scope = value;
    else if (name === "SignedHeaders") signedHeaders = value;
    else if (name === "Signature") signature = value;
  }
  if (scope === "" || signedHeaders === "" || signature === "") {
    throw new AwsError(
      "IncompleteSignature",
      "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter.",
      { status: 403 },
    );
  }
  return scoped("header", scope, signedHeaders, signature);
}

/** `AKID/20260101/us-east-1/s3/aws4_request`; an access key may hold slashes of its own. */
function scoped(kind: "header" | "presigned", scope: string, signedHeaders: string, signature: string): Credential {
  const parts = scope.split("/");
  const [date = "", region = "", service = "", terminal] = parts.slice(-4);
  if (parts.length < 5 || terminal !== "aws4_request") {
    throw new AwsError("IncompleteSignature", `Credential must have at least 5 slash-delimited elements, got '${scope}'`, { status: 403 });
  }
  return { kind, accessKeyId: parts.slice(0, -4).join("/"), date, region, service, signedHeaders: signedHeaders.split(";"), signature };
}

/** A 12-digit access key names its account; every other key, and none, is the default account's. */
export function accountOf(accessKeyId: string | undefined): string {
  return accessKeyId !== undefined && /^\d{12}$/.test(accessKeyId) ? accessKeyId : DEFAULT_ACCOUNT;
}

export function regionOf(credential: Credential | LegacyCredential | undefined): string {
  return credential && credential.kind !== "legacy" && credential.region !== "" ? credential.region : DEFAULT_REGION;
}
