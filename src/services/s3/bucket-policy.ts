// Bucket policies: checked as S3 checks them when they are put, stored, and answered. Nothing here enforces them.
import type { OperationOf } from "../../contract/service.ts";
import { changeBucket, publicAccessBlockOf, readDocument } from "./bucket-documents.ts";
import { configuration } from "./configuration.ts";
import { accessDenied, malformedPolicy, missingConfiguration } from "./errors.ts";
import { POLICY_BYTES_MAX } from "./limits.ts";

const policies = configuration<string>("policy");

export const putBucketPolicy: OperationOf<"s3", "PutBucketPolicy"> = async (context, input) => {
  const statements = parsePolicy(input.Policy, input.Bucket);
  const open = statements.some(isPublic);
  context.ledger.add({
    service: "s3",
    operation: "PutBucketPolicy",
    parameter: "Policy",
    note: "The policy is stored and answered; it neither grants nor denies anything.",
  });
  return changeBucket(context, input, async (tx, bucket) => {
    if (open && (await publicAccessBlockOf(tx, bucket))?.BlockPublicPolicy) {
      throw accessDenied(
        `User: arn:aws:iam::${context.account}:root is not authorized to perform: s3:PutBucketPolicy on resource: "arn:aws:s3:::${bucket.name}" because public policies are prevented by the BlockPublicPolicy setting in S3 Block Public Access.`,
      );
    }
    policies.set(tx, bucket.id, input.Policy);
  });
};

export const getBucketPolicy: OperationOf<"s3", "GetBucketPolicy"> = async (context, input) => {
  const policy = await readDocument(context, input, policies);
  if (policy === undefined) throw missing(input.Bucket);
  return { Policy: policy };
};

export const getBucketPolicyStatus: OperationOf<"s3", "GetBucketPolicyStatus"> = async (context, input) => {
  const policy = await readDocument(context, input, policies);
  if (policy === undefined) throw missing(input.Bucket);
  return { PolicyStatus: { IsPublic: parsePolicy(policy, input.Bucket).some(isPublic) } };
};

export const deleteBucketPolicy: OperationOf<"s3", "DeleteBucketPolicy"> = (context, input) =>
  changeBucket(context, input, (tx, bucket) => policies.delete(tx, bucket.id));

function missing(bucket: string) {
  return missingConfiguration("NoSuchBucketPolicy", "The bucket policy does not exist", bucket);
}

interface Statement {
  readonly [name: string]: unknown;
}

/** The statements of a policy for this bucket; throws MalformedPolicy. */
export function parsePolicy(text: string, bucket: string): readonly Statement[] {
  if (Buffer.byteLength(text) > POLICY_BYTES_MAX) throw malformedPolicy("Policy exceeds the maximum allowed document size.");
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw malformedPolicy("Policies must be valid JSON and the first byte must be '{'");
  }
  if (!isObject(document)) throw malformedPolicy("Policies must be valid JSON and the first byte must be '{'");
  const version = document["Version"];
  if (version !== undefined && version !== "2012-10-17" && version !== "2008-10-17") {
    throw malformedPolicy("The policy must contain a valid version string");
  }
  const given = document["Statement"];
  if (given === undefined) throw malformedPolicy("Missing required field Statement");
  const statements = listOf(given);
  if (statements.length === 0) throw malformedPolicy("Could not parse the policy: Statement is empty!");
  return statements.map((statement) => checkStatement(statement, bucket));
}

function checkStatement(statement: unknown, bucket: string): Statement {
  if (!isObject(statement)) throw malformedPolicy("Statement must be an object");
  for (const [name, other] of [["Effect"], ["Principal", "NotPrincipal"], ["Action", "NotAction"], ["Resource", "NotResource"]] as const) {
    if (statement[name] === undefined && (other === undefined || statement[other] === undefined)) {
      throw malformedPolicy(`Missing required field ${name}`);
    }
  }
  const effect = statement["Effect"];
  if (effect !== "Allow" && effect !== "Deny") throw malformedPolicy(`Invalid effect: ${String(effect)}`);
  for (const resource of listOf(statement["Resource"] ?? statement["NotResource"])) {
    const arn = `arn:aws:s3:::${bucket}`;
    const mine = typeof resource === "string" && (resource === arn || resource.startsWith(`${arn}/`) || resource.startsWith(`${arn}*`));
    if (!mine) throw malformedPolicy("Policy has invalid resource");
  }
  return statement;
}

/** Everybody is allowed something, and no condition narrows it. */
function isPublic(statement: Statement): boolean {
  if (statement["Effect"] !== "Allow" || statement["Condition"] !== undefined) return false;
  const principal = statement["Principal"];
  if (principal === "*") return true;
  return isObject(principal) && listOf(principal["AWS"]).includes("*");
}

function listOf(value: unknown): readonly unknown[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}

function isObject(value: unknown): value is Statement {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
