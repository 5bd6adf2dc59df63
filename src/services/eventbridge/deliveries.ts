// Deliveries: one job for each event and target, repeated as the target's retry policy says, then given to its dead-letter queue.
import type { Context } from "../../contract/context.ts";
import { defineJob, type JobScope } from "../../contract/service.ts";
import type { Completion } from "../../jobs/job.ts";
import { AwsError, hasCode, messageOf } from "../../kernel/errors.ts";
import { parseArn } from "../../kernel/ids.ts";
import type { Transaction } from "../../storage/transaction.ts";
import { type RuleRecord, type Target, targets } from "./keys.ts";
import { EVENT_AGE_SECONDS_MAX, RETRY_ATTEMPTS_MAX, TARGETS_PER_RULE_MAX } from "./limits.ts";
import { ruleArn, ruleKey } from "./rule-address.ts";
import { targetInput, targetKind } from "./target-input.ts";

/** An event that a rule took. */
export interface TakenEvent {
  readonly id: string;
  readonly json: string;
  /** When it came in. */
  readonly atMs: number;
}

interface DeliveryPayload extends JobScope {
  readonly ruleName: string;
  readonly target: Target;
  readonly event: TakenEvent;
}

interface DeadLetterPayload extends JobScope {
  readonly queueArn: string;
  readonly ruleArn: string;
  readonly targetArn: string;
  readonly event: string;
  readonly errorCode: string;
  readonly errorMessage: string;
  readonly condition: string;
  readonly attempts: number;
}

/** As events.amazonaws.com, which resource policies name. */
const AS = "events.amazonaws.com";

/** What repeating cannot help. */
const HOPELESS = [
  "ResourceNotFoundException",
  "AccessDeniedException",
  "QueueDoesNotExist",
  "InvalidRequestContentException",
  "InvalidMessageContents",
  "RequestTooLargeException",
  "NotImplemented",
];

export async function enqueueDeliveries(context: Context, tx: Transaction, rule: RuleRecord, event: TakenEvent): Promise<void> {
  const found = await targets.scan(tx, ruleKey(context, rule.name), { limit: TARGETS_PER_RULE_MAX });
  for (const { value: target } of found) {
    const payload: DeliveryPayload = { account: context.account, region: context.region, ruleName: rule.name, target, event };
    await context.jobs.enqueue(tx, {
      type: "eventbridge.deliver",
      lane: target.Arn,
      id: `${rule.name}/${target.Id}/${event.id}`,
      payload,
    });
  }
}

export const deliver = defineJob<DeliveryPayload>({
  concurrency: 16,
  leaseMs: 60_000,
  // The target's own policy ends it, below.
  retry: { attemptsMax: Number.POSITIVE_INFINITY, backoffMs: 1_000, backoffMsMax: 900_000 },
  async run(context, payload, attempt): Promise<Completion | undefined> {
    try {
      await send(context, payload);
      return undefined;
    } catch (error) {
      const policy = payload.target.RetryPolicy;
      const ageMs = context.clock.now() - payload.event.atMs;
      const hopeless = hasCode(error, ...HOPELESS);
      const retried = attempt.number - 1;
      const tooOften = retried >= (policy?.MaximumRetryAttempts ?? RETRY_ATTEMPTS_MAX);
      const tooOld = ageMs >= (policy?.MaximumEventAgeInSeconds ?? EVENT_AGE_SECONDS_MAX) * 1000;
      if (!hopeless && !tooOften && !tooOld) throw error;
      return giveUp(context, payload, error, tooOld && !tooOften ? "MaximumEventAgeInSeconds" : "MaximumRetryAttempts", retried);
    }
  },
});

async function send(context: Context, { ruleName, target, event }: DeliveryPayload): Promise<void> {
  const arn = parseArn(target.Arn);
  const sourceArn = ruleArn(context, ruleName);
  const text = targetInput(target, event.json, { ruleArn: sourceArn, ruleName, ingestionTime: new Date(event.atMs).toISOString() });
  const as = { service: AS, sourceArn, ...(arn && { account: arn.account, region: arn.region }) };
  if (targetKind(target.Arn) === "lambda") {
    await context.call("lambda", "Invoke", { FunctionName: target.Arn, InvocationType: "Event", Payload: Buffer.from(text) }, as);
    return;
  }
  const group = target.SqsParameters?.MessageGroupId;
  await context.call(
    "sqs",
    "SendMessage",
    { QueueUrl: queueUrl(context, target.Arn), MessageBody: text, ...(group && { MessageGroupId: group }) },
    as,
  );
}

function queueUrl(context: Context, queueArn: string): string {
  const arn = parseArn(queueArn);
  return `${context.endpoint}/${arn?.account}/${arn?.resource}`;
}

function giveUp(context: Context, payload: DeliveryPayload, error: unknown, condition: string, attempts: number): Completion {
  const { target, ruleName, event, account, region } = payload;
  const arn = ruleArn(context, ruleName);
  const queueArn = target.DeadLetterConfig?.Arn;
  context.logger.log("warn", "an event was not delivered", {
    rule: arn,
    target: target.Arn,
    attempts: attempts + 1,
    deadLetterQueue: queueArn,
    error,
  });
  if (queueArn === undefined) return { kind: "done" };
  const letter: DeadLetterPayload = {
    account,
    region,
    queueArn,
    ruleArn: arn,
    targetArn: target.Arn,
    event: event.json,
    errorCode: error instanceof AwsError ? error.code : "INTERNAL_ERROR",
    errorMessage: messageOf(error),
    condition,
    attempts,
  };
  return { kind: "done", also: (tx) => context.jobs.enqueue(tx, { type: "eventbridge.deadLetter", lane: queueArn, payload: letter }) };
}

/** Sends an event to the dead-letter queue, with the attributes that the EventBridge User Guide lists. */
export const deadLetter = defineJob<DeadLetterPayload>({
  concurrency: 2,
  leaseMs: 60_000,
  retry: { attemptsMax: 20, backoffMs: 1_000, backoffMsMax: 900_000 },
  async run(context, letter) {
    const text = (value: string) => ({ DataType: "String", StringValue: value || "-" });
    const arn = parseArn(letter.queueArn);
    await context.call(
      "sqs",
      "SendMessage",
      {
        QueueUrl: queueUrl(context, letter.queueArn),
        MessageBody: letter.event,
        MessageAttributes: {
          RULE_ARN: text(letter.ruleArn),
          TARGET_ARN: text(letter.targetArn),
          ERROR_CODE: text(letter.errorCode),
          ERROR_MESSAGE: text(letter.errorMessage),
          EXHAUSTED_RETRY_CONDITION: text(letter.condition),
          RETRY_ATTEMPTS: { DataType: "Number", StringValue: String(letter.attempts) },
        },
      },
      { service: AS, sourceArn: letter.ruleArn, ...(arn && { account: arn.account, region: arn.region }) },
    );
  },
});
