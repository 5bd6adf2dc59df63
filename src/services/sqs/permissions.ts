// AddPermission and RemovePermission: statements of the queue's policy, by label.
import type { OperationOf } from "../../contract/service.ts";
import { AwsError } from "../../kernel/errors.ts";
import { invalidValue } from "./errors.ts";
import { queues } from "./keys.ts";
import { POLICY_ACTIONS_MAX, POLICY_STATEMENTS_MAX } from "./limits.ts";
import { addressOf, arnOf, getQueue } from "./queue-address.ts";

interface Policy {
  readonly Version: string;
  readonly Id: string;
  readonly Statement: readonly { readonly Sid?: string }[];
}

/** What a statement of AddPermission may allow; the rest is the owner's alone. */
const ACTIONS = [
  "*",
  "SendMessage",
  "ReceiveMessage",
  "DeleteMessage",
  "ChangeMessageVisibility",
  "GetQueueAttributes",
  "GetQueueUrl",
  "ListDeadLetterSourceQueues",
  "PurgeQueue",
];
const LABEL = /^[A-Za-z0-9_-]{1,80}$/;

/** `stored` was checked to be a JSON map when it was set. */
function parsePolicy(stored: string | undefined, arn: string): Policy {
  const empty: Policy = { Version: "2012-10-17", Id: `${arn}/SQSDefaultPolicy`, Statement: [] };
  if (stored === undefined) return empty;
  const policy = JSON.parse(stored) as Partial<Policy>;
  const statement = policy.Statement ?? [];
  return { ...empty, ...policy, Statement: Array.isArray(statement) ? statement : [statement] };
}

export const addPermission: OperationOf<"sqs", "AddPermission"> = async (context, input) => {
  const address = addressOf(context, input.QueueUrl);
  const { Label: label, AWSAccountIds: accounts, Actions: actions } = input;
  if (!LABEL.test(label)) {
    throw invalidValue(label, "Label", "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length.");
  }
  if (actions.length === 0) throw new AwsError("MissingParameter", "The request must contain the parameter Actions.");
  if (accounts.length === 0) throw new AwsError("MissingParameter", "The request must contain the parameter AWSAccountIds.");
  for (const account of accounts) {
    if (!/^\d{12}$/.test(account)) throw invalidValue(account, "PrincipalId", "Unable to verify.");
  }
  for (const action of actions) {
    if (!ACTIONS.includes(action))
      throw invalidValue(`SQS:${action}`, "ActionName", "Only the queue owner is allowed to invoke this action.");
  }
  if (actions.length > POLICY_ACTIONS_MAX) {
    throw new AwsError("OverLimit", `${actions.length} Actions were found, maximum allowed is ${POLICY_ACTIONS_MAX}.`, { status: 403 });
  }
  await context.storage.transact(async (tx) => {
    const queue = await getQueue(tx, address);
    const arn = arnOf(address);
    const policy = parsePolicy(queue.policy, arn);
    if (policy.Statement.some(({ Sid }) => Sid === label)) throw invalidValue(label, "Label", "Already exists.");
    if (policy.Statement.length >= POLICY_STATEMENTS_MAX) {
      const count = policy.Statement.length + 1;
      throw new AwsError("OverLimit", `${count} statements were found, maximum allowed is ${POLICY_STATEMENTS_MAX}.`, { status: 403 });
    }
    const principals = accounts.map((account) => `arn:aws:iam::${account}:root`);
    const names = actions.map((action) => `SQS:${action}`);
    const statement = {
      Sid: label,
      Effect: "Allow",
      Principal: { AWS: principals.length === 1 ? principals[0] : principals },
      Action: names.length === 1 ? names[0] : names,
      Resource: arn,
    };
    const next = JSON.stringify({ ...policy, Statement: [...policy.Statement, statement] });
    queues.set(tx, [address.account, address.region, address.name], { ...queue, policy: next, modifiedAtMs: context.clock.now() });
  });
  return {};
};

export const removePermission: OperationOf<"sqs", "RemovePermission"> = async (context, input) => {
  const address = addressOf(context, input.QueueUrl);
  await context.storage.transact(async (tx) => {
    const queue = await getQueue(tx, address);
    const policy = parsePolicy(queue.policy, arnOf(address));
    const kept = policy.Statement.filter(({ Sid }) => Sid !== input.Label);
    if (kept.length === policy.Statement.length) throw invalidValue(input.Label, "Label", "can't find label.");
    const { policy: _, ...rest } = queue;
    const next = { ...rest, modifiedAtMs: context.clock.now() };
    queues.set(
      tx,
      [address.account, address.region, address.name],
      kept.length === 0 ? next : { ...next, policy: JSON.stringify({ ...policy, Statement: kept }) },
    );
  });
  return {};
};
