// The clockwork of scheduled rules: one job per enabled rule, due at its next tick. A tick that fell due while the platform was down
// fires once when it is up again, and the rhythm goes on from then; the ticks in between are not made up for.
import type { Context } from "../../contract/context.ts";
import { defineJob, type JobScope } from "../../contract/service.ts";
import { uuid } from "../../kernel/ids.ts";
import { nextTick, parseSchedule } from "../../kernel/schedule-expression.ts";
import type { Transaction } from "../../storage/transaction.ts";
import { enqueueDeliveries } from "./deliveries.ts";
import { type RuleRecord, rules } from "./keys.ts";
import { ruleArn, ruleKey } from "./rule-address.ts";

interface TickPayload extends JobScope {
  readonly name: string;
  readonly epoch: string;
  /** When this tick is due. */
  readonly atMs: number;
}

function nextTickOf(rule: RuleRecord, afterMs: number): number | undefined {
  const schedule = rule.scheduleExpression === undefined ? undefined : parseSchedule(rule.scheduleExpression);
  return schedule && nextTick(schedule, rule.anchorMs, afterMs);
}

/** Enqueues the first tick of a rule whose schedule begins now. A rule without a schedule, or without a tick to come, gets none. */
export async function planTick(context: Context, tx: Transaction, rule: RuleRecord): Promise<void> {
  const atMs = nextTickOf(rule, rule.anchorMs);
  if (atMs === undefined) return;
  const payload: TickPayload = { account: context.account, region: context.region, name: rule.name, epoch: rule.epoch, atMs };
  await context.jobs.enqueue(tx, { type: "eventbridge.tick", lane: ruleArn(context, rule.name), id: rule.epoch, payload, dueAtMs: atMs });
}

export async function stopTicks(context: Context, tx: Transaction, rule: RuleRecord): Promise<void> {
  await context.jobs.cancel(tx, "eventbridge.tick", ruleArn(context, rule.name), rule.epoch);
}

/** A scheduled event as the EventBridge User Guide shows it. */
function scheduledEvent(context: Context, id: string, arn: string, atMs: number): string {
  return JSON.stringify({
    version: "0",
    id,
    "detail-type": "Scheduled Event",
    source: "aws.events",
    account: context.account,
    time: `${new Date(atMs).toISOString().slice(0, 19)}Z`,
    region: context.region,
    resources: [arn],
    detail: {},
  });
}

/** One tick: the transaction that plans the next one enqueues a delivery for each target, so that each tick happens once. */
export const tick = defineJob<TickPayload>({
  concurrency: 4,
  leaseMs: 30_000,
  retry: { attemptsMax: Number.POSITIVE_INFINITY, backoffMs: 1_000, backoffMsMax: 60_000 },
  async run(context, payload) {
    const { name, epoch, atMs } = payload;
    const rule = await context.storage.snapshot((tx) => rules.get(tx, ruleKey(context, name)));
    if (rule?.epoch !== epoch) return;
    const arn = ruleArn(context, name);
    const id = uuid(context.random);
    const nowMs = context.clock.now();
    const also = async (tx: Transaction) => {
      const current = await rules.get(tx, ruleKey(context, name));
      if (current?.epoch !== epoch) return;
      await enqueueDeliveries(context, tx, current, { id, json: scheduledEvent(context, id, arn, atMs), atMs: nowMs });
    };
    const next = nextTickOf(rule, Math.max(atMs, nowMs));
    if (next === undefined) return { kind: "done", also };
    return { kind: "again", dueAtMs: next, payload: { ...payload, atMs: next }, also };
  },
});
