// The resource-based policy of a function, version or alias: who may invoke it.
import type { OperationOf } from "../../contract/service.ts";
import { AwsError } from "../../kernel/errors.ts";
import { uuid } from "../../kernel/ids.ts";
import type { Transaction } from "../../storage/transaction.ts";
import { conflict, functionNotFound, notFound, revisionMismatch } from "./errors.ts";
import { type PolicyRecord, policies, type Statement } from "./keys.ts";
import { POLICY_BYTES_MAX } from "./limits.ts";
import { getFunctionRecord, hasQualifier } from "./lookup.ts";
import { type FunctionName, functionArn, parseFunctionName } from "./names.ts";

type Key = [account: string, region: string, name: string, qualifier: string];

export const addPermission: OperationOf<"lambda", "AddPermission"> = async (context, input) => {
  const name = parseFunctionName(context, input.FunctionName, input.Qualifier);
  const statement = statementOf(input, functionArn(name, name.name, name.qualifier));
  const revisionId = uuid(context.random);
  await context.storage.transact(async (tx) => {
    await checkExists(tx, name);
    const key = keyOf(name);
    const policy = await policies.get(tx, key);
    if (input.RevisionId !== undefined && input.RevisionId !== policy?.revisionId) throw revisionMismatch();
    const statements = policy?.statements ?? [];
    if (statements.some((other) => other.Sid === input.StatementId)) {
      throw conflict(
        `The statement id (${input.StatementId}) provided already exists. Please provide a new statement id, or remove the existing statement.`,
      );
    }
    const after: PolicyRecord = { revisionId, statements: [...statements, statement] };
    const bytes = Buffer.byteLength(policyText(after));
    if (bytes > POLICY_BYTES_MAX) {
      throw new AwsError(
        "PolicyLengthExceededException",
        `The final policy size (${bytes}) is bigger than the limit (${POLICY_BYTES_MAX}).`,
      );
    }
    policies.set(tx, key, after);
  });
  return { Statement: JSON.stringify(statement) };
};

export const removePermission: OperationOf<"lambda", "RemovePermission"> = async (context, input) => {
  const name = parseFunctionName(context, input.FunctionName, input.Qualifier);
  const revisionId = uuid(context.random);
  await context.storage.transact(async (tx) => {
    await checkExists(tx, name);
    const key = keyOf(name);
    const policy = await policies.get(tx, key);
    if (!policy) throw notFound("No policy is associated with the given resource.");
    if (input.RevisionId !== undefined && input.RevisionId !== policy.revisionId) throw revisionMismatch();
    const statements = policy.statements.filter((statement) => statement.Sid !== input.StatementId);
    if (statements.length === policy.statements.length) throw notFound(`Statement ${input.StatementId} is not found in resource policy.`);
    if (statements.length === 0) policies.delete(tx, key);
    else policies.set(tx, key, { revisionId, statements });
  });
  return {};
};

export const getPolicy: OperationOf<"lambda", "GetPolicy"> = async (context, input) => {
  const name = parseFunctionName(context, input.FunctionName, input.Qualifier);
  const policy = await context.storage.snapshot(async (tx) => {
    await getFunctionRecord(tx, name);
    return policies.get(tx, keyOf(name));
  });
  if (!policy) throw notFound();
  return { Policy: policyText(policy), RevisionId: policy.revisionId };
};

async function checkExists(tx: Transaction, name: FunctionName): Promise<void> {
  await getFunctionRecord(tx, name);
  if (name.qualifier !== undefined && !(await hasQualifier(tx, name, name.qualifier))) {
    throw functionNotFound(functionArn(name, name.name, name.qualifier));
  }
}

function keyOf(name: FunctionName): Key {
  return [name.account, name.region, name.name, name.qualifier ?? ""];
}

function policyText(policy: PolicyRecord): string {
  return JSON.stringify({ Version: "2012-10-17", Id: "default", Statement: policy.statements });
}

interface Grant {
  readonly StatementId: string;
  readonly Action: string;
  readonly Principal: string;
  readonly SourceArn?: string | undefined;
  readonly SourceAccount?: string | undefined;
  readonly EventSourceToken?: string | undefined;
  readonly PrincipalOrgID?: string | undefined;
  readonly FunctionUrlAuthType?: string | undefined;
  readonly InvokedViaFunctionUrl?: boolean | undefined;
}

/** The statement that AWS makes of a permission. */
export function statementOf(grant: Grant, resource: string): Statement {
  const equals: Record<string, string> = {
    ...(grant.SourceAccount !== undefined && { "AWS:SourceAccount": grant.SourceAccount }),
    ...(grant.EventSourceToken !== undefined && { "lambda:EventSourceToken": grant.EventSourceToken }),
    ...(grant.PrincipalOrgID !== undefined && { "aws:PrincipalOrgID": grant.PrincipalOrgID }),
    ...(grant.FunctionUrlAuthType !== undefined && { "lambda:FunctionUrlAuthType": grant.FunctionUrlAuthType }),
  };
  const condition = {
    ...(Object.keys(equals).length > 0 && { StringEquals: equals }),
    ...(grant.InvokedViaFunctionUrl !== undefined && { Bool: { "lambda:InvokedViaFunctionUrl": String(grant.InvokedViaFunctionUrl) } }),
    ...(grant.SourceArn !== undefined && { ArnLike: { "AWS:SourceArn": grant.SourceArn } }),
  };
  return {
    Sid: grant.StatementId,
    Effect: "Allow",
    Principal: principalOf(grant.Principal),
    Action: grant.Action,
    Resource: resource,
    ...(Object.keys(condition).length > 0 && { Condition: condition }),
  };
}

function principalOf(principal: string): Statement["Principal"] {
  if (principal === "*") return "*";
  if (/^\d{12}$/.test(principal)) return { AWS: `arn:aws:iam::${principal}:root` };
  if (principal.startsWith("arn:")) return { AWS: principal };
  return { Service: principal };
}
