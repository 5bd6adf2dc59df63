// Targets of rules: put, remove, list. Functions and queues are called; any other target is refused by name.
import type { OperationOf } from "../../contract/service.ts";
import { parseArn } from "../../kernel/ids.ts";
import { limitExceeded, validation } from "./errors.ts";
import { type Target, targets } from "./keys.ts";
import { PAGE_MAX, TARGETS_PER_REQUEST_MAX, TARGETS_PER_RULE_MAX } from "./limits.ts";
import { checkBus, getRule, noteRole, ruleKey } from "./rule-address.ts";
import { decodeToken, encodeToken } from "./rules.ts";
import { checkTargetInput, targetKind } from "./target-input.ts";

/** Parameters for kinds of targets that are not supported, so that one of them is a mistake in any case. */
const FOREIGN = [
  "KinesisParameters",
  "RunCommandParameters",
  "EcsParameters",
  "BatchParameters",
  "HttpParameters",
  "RedshiftDataParameters",
  "SageMakerPipelineParameters",
  "AppSyncParameters",
] as const;

function checkTarget(target: Target): void {
  const arn = parseArn(target.Arn);
  if (!arn) throw validation(`Parameter ${target.Arn} is not valid. Reason: Provided Arn is not in correct format.`);
  if (targetKind(target.Arn) === undefined) {
    throw validation(
      `Target ${target.Id}: targets of ${arn.service} are not supported by Hearth yet, only Lambda functions and SQS queues.`,
    );
  }
  if (targetKind(target.Arn) === "sqs" && arn.resource.endsWith(".fifo")) {
    throw validation(`Target ${target.Id}: FIFO queues are not supported by Hearth yet.`);
  }
  for (const name of FOREIGN) {
    if (target[name] !== undefined) throw validation(`Parameter(s) ${name} not valid for target ${target.Id} of ${arn.service}.`);
  }
  if (target.DeadLetterConfig?.Arn !== undefined && parseArn(target.DeadLetterConfig.Arn)?.service !== "sqs") {
    throw validation(`Parameter DeadLetterConfig.Arn of target ${target.Id} is not valid: it must be the ARN of an SQS queue.`);
  }
  checkTargetInput(target);
}

export const putTargets: OperationOf<"eventbridge", "PutTargets"> = async (context, input) => {
  checkBus(input.EventBusName);
  if (input.Targets.length > TARGETS_PER_REQUEST_MAX) throw limitExceeded();
  for (const target of input.Targets) checkTarget(target);
  if (input.Targets.some((target) => target.RoleArn !== undefined)) noteRole(context);
  await context.storage.transact(async (tx) => {
    await getRule(tx, context, input.Rule);
    const held = await targets.scan(tx, ruleKey(context, input.Rule), { limit: TARGETS_PER_RULE_MAX });
    const ids = new Set([...held.map(({ key }) => key[4]), ...input.Targets.map(({ Id }) => Id)]);
    if (ids.size > TARGETS_PER_RULE_MAX) throw limitExceeded();
    for (const target of input.Targets) targets.set(tx, [...ruleKey(context, input.Rule), target.Id], target);
  });
  return { FailedEntryCount: 0, FailedEntries: [] };
};

export const removeTargets: OperationOf<"eventbridge", "RemoveTargets"> = async (context, input) => {
  checkBus(input.EventBusName);
  const failed = await context.storage.transact(async (tx) => {
    await getRule(tx, context, input.Rule);
    const unknown: string[] = [];
    for (const id of input.Ids) {
      const key = [...ruleKey(context, input.Rule), id] as const;
      if (await targets.has(tx, key)) targets.delete(tx, key);
      else unknown.push(id);
    }
    return unknown;
  });
  return {
    FailedEntryCount: failed.length,
    FailedEntries: failed.map((id) => ({
      TargetId: id,
      ErrorCode: "ResourceNotFoundException",
      ErrorMessage: `Target ${id} does not exist on rule ${input.Rule}.`,
    })),
  };
};

export const listTargetsByRule: OperationOf<"eventbridge", "ListTargetsByRule"> = async (context, input) => {
  checkBus(input.EventBusName);
  const limit = input.Limit ?? PAGE_MAX;
  const after = input.NextToken === undefined ? undefined : decodeToken(input.NextToken);
  const place = ruleKey(context, input.Rule);
  const found = await context.storage.snapshot(async (tx) => {
    await getRule(tx, context, input.Rule);
    return targets.scan(tx, place, { limit: limit + 1, ...(after !== undefined && { after: [...place, after] as const }) });
  });
  const shown = found.slice(0, limit);
  const last = shown.at(-1);
  return {
    Targets: shown.map(({ value }) => value),
    ...(found.length > limit && last && { NextToken: encodeToken(last.key[4]) }),
  };
};
