// Who calls: the account and region that a signature names, and, where asked for, the proof of it. It must never let a
// secret into an error or a log.
import { hash } from "node:crypto";
import type { Principal } from "../contract/context.ts";
import { AwsError } from "../kernel/errors.ts";
import type { WireCall } from "../protocol/call.ts";
import { accountOf, type Credential } from "../protocol/credential.ts";
import { type ChunkVerifier, checkExpiry, chunkVerifier, verifySignature } from "../protocol/signature.ts";

export interface Authentication {
  /** Check signatures and refuse unsigned requests. */
  readonly verifySignatures: boolean;
  /** The secret of an access key; undefined when there is no such key. */
  secretOf(accessKeyId: string): string | undefined | Promise<string | undefined>;
}

interface Caller {
  readonly principal: Principal;
  /** For the chunks of a signed stream. */
  readonly verifier: ChunkVerifier | undefined;
}

/** Operations that callers without credentials may use (AWS STS and Cognito API references); a user's token stands for them in Cognito. */
const UNSIGNED_OPERATIONS: Readonly<Record<string, ReadonlySet<string>>> = {
  sts: new Set(["AssumeRoleWithSAML", "AssumeRoleWithWebIdentity"]),
  "cognito-idp": new Set(
    (
      "AssociateSoftwareToken ChangePassword CompleteWebAuthnRegistration ConfirmDevice ConfirmForgotPassword ConfirmSignUp DeleteUser " +
      "DeleteUserAttributes DeleteWebAuthnCredential ForgetDevice ForgotPassword GetDevice GetTokensFromRefreshToken GetUser " +
      "GetUserAttributeVerificationCode GetUserAuthFactors GlobalSignOut InitiateAuth ListDevices ListUserSessions ListWebAuthnCredentials " +
      "ResendConfirmationCode RespondToAuthChallenge RevokeToken RevokeUserSession SetUserMFAPreference SetUserSettings SignUp StartWebAuthnRegistration " +
      "UpdateAuthEventFeedback UpdateDeviceStatus UpdateUserAttributes VerifySoftwareToken VerifyUserAttribute"
    ).split(" "),
  ),
};

/** Throws the AwsError that AWS answers to a request that is expired, not signed, or signed wrongly. */
export async function authenticate(call: WireCall, authentication: Authentication | undefined, nowMs: number): Promise<Caller> {
  const { credential, incoming } = call;
  if (authentication?.verifySignatures) return { principal: principalOf(call), verifier: await verify(call, authentication, nowMs) };
  if (credential?.kind === "presigned") checkExpiry(incoming, nowMs);
  else if (credential?.kind === "legacy" && credential.expires !== undefined && nowMs > credential.expires * 1000) {
    throw new AwsError("AccessDenied", "Request has expired", { status: 403 });
  }
  return { principal: principalOf(call), verifier: undefined };
}

function principalOf({ credential }: WireCall): Principal {
  const account = accountOf(credential?.accessKeyId);
  return credential ? { account, accessKeyId: credential.accessKeyId } : { account };
}

async function verify(call: WireCall, authentication: Authentication, nowMs: number): Promise<ChunkVerifier | undefined> {
  const { credential, incoming } = call;
  if (!credential) {
    if (UNSIGNED_OPERATIONS[call.service?.id ?? ""]?.has(call.operation?.name ?? "")) return undefined;
    throw isS3(call) ? new AwsError("AccessDenied", "Access Denied", { status: 403 }) : missingToken();
  }
  if (credential.kind === "legacy") {
    throw new AwsError("InvalidRequest", "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.");
  }
  const secret = await authentication.secretOf(credential.accessKeyId);
  if (secret === undefined) throw unknownKey(call, credential);
  try {
    await verifySignature(incoming, credential, secret, nowMs, async () => hash("sha256", await incoming.raw(), "hex"));
  } catch (error) {
    throw inWordsOf(call, error);
  }
  const signedChunks = incoming.http.headers["x-amz-content-sha256"]?.startsWith("STREAMING-AWS4-HMAC-SHA256-PAYLOAD") === true;
  return signedChunks ? chunkVerifier(incoming, credential, secret) : undefined;
}

function isS3(call: WireCall): boolean {
  return call.service?.id === "s3";
}

function missingToken(): AwsError {
  return new AwsError("MissingAuthenticationTokenException", "Missing Authentication Token", { status: 403 });
}

function unknownKey(call: WireCall, credential: Credential): AwsError {
  if (isS3(call)) {
    return new AwsError("InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.", {
      status: 403,
      fields: { AWSAccessKeyId: credential.accessKeyId },
    });
  }
  const query = call.protocol === "awsQuery" || call.protocol === "ec2Query";
  return new AwsError(
    query ? "InvalidClientTokenId" : "UnrecognizedClientException",
    "The security token included in the request is invalid.",
    {
      status: query ? 403 : 400,
    },
  );
}

/** The same failure has another code in each family of services. */
function inWordsOf(call: WireCall, error: unknown): unknown {
  if (!(error instanceof AwsError) || isS3(call)) return error;
  const query = call.protocol === "awsQuery" || call.protocol === "ec2Query";
  if (error.code === "SignatureDoesNotMatch" && !query) return new AwsError("InvalidSignatureException", error.message, { status: 403 });
  if (error.code === "InvalidSignatureException" && query) return new AwsError("SignatureDoesNotMatch", error.message, { status: 403 });
  return error;
}
