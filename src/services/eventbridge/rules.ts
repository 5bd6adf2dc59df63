// Rules: put, delete, enable, disable, describe, list, tag. A rule with a schedule has one job, whose id is the rule's epoch.
import type { Context } from "../../contract/context.ts";
import type { OperationOf } from "../../contract/service.ts";
import { hex, parseArn } from "../../kernel/ids.ts";
import { parseSchedule } from "../../kernel/schedule-expression.ts";
import type { Transaction } from "../../storage/transaction.ts";
import { invalidSchedule, limitExceeded, validation } from "./errors.ts";
import { parseEventPattern } from "./event-pattern.ts";
import { DEFAULT_BUS, type RuleRecord, type RuleState, rules, targets } from "./keys.ts";
import { PAGE_MAX, RECORD_PAGE, RULES_PER_BUS_MAX, TAGS_MAX } from "./limits.ts";
import { busArn, checkBus, getRule, isEnabled, noteRole, ruleArn, ruleKey } from "./rule-address.ts";
import { planTick, stopTicks } from "./ticks.ts";

export const putRule: OperationOf<"eventbridge", "PutRule"> = async (context, input) => {
  checkBus(input.EventBusName);
  const name = input.Name;
  const schedule = input.ScheduleExpression || undefined;
  const pattern = input.EventPattern || undefined;
  if (schedule === undefined && pattern === undefined)
    throw validation("Parameter(s) EventPattern or ScheduleExpression must be specified.");
  if (schedule !== undefined && !parseSchedule(schedule)) throw invalidSchedule();
  if (pattern !== undefined) parseEventPattern(pattern);
  if (input.RoleArn !== undefined) noteRole(context);
  const tags = checkTags(context, {}, input.Tags ?? []);
  const epoch = hex(context.random, 16);
  await context.storage.transact(async (tx) => {
    const previous = await rules.get(tx, ruleKey(context, name));
    if (!previous) {
      const all = await rules.scan(tx, [context.account, context.region, DEFAULT_BUS], { limit: RULES_PER_BUS_MAX });
      if (all.length >= RULES_PER_BUS_MAX) throw limitExceeded();
    }
    const state = input.State ?? "ENABLED";
    // The rhythm goes on when the schedule stays the same.
    const keeps = previous !== undefined && previous.scheduleExpression === schedule && isEnabled(previous.state) && isEnabled(state);
    const rule: RuleRecord = {
      name,
      state,
      anchorMs: keeps ? previous.anchorMs : context.clock.now(),
      epoch: keeps ? previous.epoch : epoch,
      tags: previous ? previous.tags : tags,
      ...(schedule !== undefined && { scheduleExpression: schedule }),
      ...(pattern !== undefined && { eventPattern: pattern }),
      ...(input.Description !== undefined && { description: input.Description }),
      ...(input.RoleArn !== undefined && { roleArn: input.RoleArn }),
    };
    if (!keeps) await reschedule(context, tx, previous, rule);
    rules.set(tx, ruleKey(context, name), rule);
  });
  return { RuleArn: ruleArn(context, name) };
};

async function reschedule(
  context: Context,
  tx: Transaction,
  previous: RuleRecord | undefined,
  next: RuleRecord | undefined,
): Promise<void> {
  if (previous) await stopTicks(context, tx, previous);
  if (next && isEnabled(next.state)) await planTick(context, tx, next);
}

export const deleteRule: OperationOf<"eventbridge", "DeleteRule"> = async (context, input) => {
  checkBus(input.EventBusName);
  await context.storage.transact(async (tx) => {
    const rule = await rules.get(tx, ruleKey(context, input.Name));
    if (!rule) return;
    const held = await targets.scan(tx, ruleKey(context, input.Name), { limit: 1 });
    if (held.length > 0) throw validation("Rule can't be deleted since it has targets.");
    await reschedule(context, tx, rule, undefined);
    rules.delete(tx, ruleKey(context, input.Name));
  });
  return {};
};

async function setState(context: Context, name: string, state: RuleState): Promise<void> {
  const epoch = hex(context.random, 16);
  await context.storage.transact(async (tx) => {
    const rule = await getRule(tx, context, name);
    if (isEnabled(rule.state) === isEnabled(state)) return;
    const next: RuleRecord = { ...rule, state, anchorMs: context.clock.now(), epoch };
    await reschedule(context, tx, rule, next);
    rules.set(tx, ruleKey(context, name), next);
  });
}

export const enableRule: OperationOf<"eventbridge", "EnableRule"> = async (context, input) => {
  checkBus(input.EventBusName);
  await setState(context, input.Name, "ENABLED");
  return {};
};

export const disableRule: OperationOf<"eventbridge", "DisableRule"> = async (context, input) => {
  checkBus(input.EventBusName);
  await setState(context, input.Name, "DISABLED");
  return {};
};

const describe = (context: Context, rule: RuleRecord) => ({
  Name: rule.name,
  Arn: ruleArn(context, rule.name),
  State: rule.state,
  EventBusName: DEFAULT_BUS,
  ...(rule.eventPattern !== undefined && { EventPattern: rule.eventPattern }),
  ...(rule.scheduleExpression !== undefined && { ScheduleExpression: rule.scheduleExpression }),
  ...(rule.description !== undefined && { Description: rule.description }),
  ...(rule.roleArn !== undefined && { RoleArn: rule.roleArn }),
});

export const describeRule: OperationOf<"eventbridge", "DescribeRule"> = async (context, input) => {
  checkBus(input.EventBusName);
  const rule = await context.storage.snapshot((tx) => getRule(tx, context, input.Name));
  return { ...describe(context, rule), CreatedBy: context.account };
};

export const listRules: OperationOf<"eventbridge", "ListRules"> = async (context, input) => {
  checkBus(input.EventBusName);
  const prefix = input.NamePrefix ?? "";
  const limit = input.Limit ?? PAGE_MAX;
  const scope = [context.account, context.region, DEFAULT_BUS] as const;
  const after = input.NextToken === undefined ? undefined : decodeToken(input.NextToken);
  const found = await context.storage.snapshot((tx) =>
    rules.scan(tx, scope, {
      limit: limit + 1,
      ...(prefix !== "" && { before: [...scope, `${prefix}\u{10FFFF}`] }),
      ...(after !== undefined ? { after: [...scope, after] as const } : { from: [...scope, prefix] }),
    }),
  );
  const shown = found.slice(0, limit);
  const last = shown.at(-1);
  return {
    Rules: shown.map(({ value }) => describe(context, value)),
    ...(found.length > limit && last && { NextToken: encodeToken(last.value.name) }),
  };
};

export const encodeToken = (name: string): string => Buffer.from(name).toString("base64url");

export function decodeToken(token: string): string {
  const name = Buffer.from(token, "base64url").toString();
  if (encodeToken(name) !== token) throw validation("The NextToken is not valid.");
  return name;
}

export const listRuleNamesByTarget: OperationOf<"eventbridge", "ListRuleNamesByTarget"> = async (context, input) => {
  checkBus(input.EventBusName);
  const limit = input.Limit ?? PAGE_MAX;
  const after = input.NextToken === undefined ? undefined : decodeToken(input.NextToken);
  const scope = [context.account, context.region, DEFAULT_BUS] as const;
  const names = new Set<string>();
  await context.storage.snapshot(async (tx) => {
    let from: readonly [string, string, string, string, string] | undefined;
    for (;;) {
      const page = await targets.scan(tx, scope, { limit: RECORD_PAGE, ...(from && { after: from }) });
      for (const { key, value } of page) if (value.Arn === input.TargetArn) names.add(key[3]);
      from = page.at(-1)?.key;
      if (page.length < RECORD_PAGE) return;
    }
  });
  const rest = [...names].filter((name) => after === undefined || name > after);
  const shown = rest.slice(0, limit);
  const last = shown.at(-1);
  return { RuleNames: shown, ...(rest.length > limit && last !== undefined && { NextToken: encodeToken(last) }) };
};

type Tags = Readonly<Record<string, string>>;

function checkTags(context: Context, current: Tags, added: readonly { readonly Key: string; readonly Value: string }[]): Tags {
  for (const { Key: key } of added) {
    // CloudFormation marks what it made.
    if (/^aws:/i.test(key) && context.principal.service === undefined)
      throw validation("System tags cannot be added/updated by requester.");
  }
  const tags = { ...current, ...Object.fromEntries(added.map(({ Key, Value }) => [Key, Value])) };
  if (Object.keys(tags).length > TAGS_MAX) throw validation(`A resource can have no more than ${TAGS_MAX} tags.`);
  return tags;
}

function ruleOfArn(arn: string): string {
  const match = /^rule\/(?:default\/)?([.\-_A-Za-z0-9]+)$/.exec(parseArn(arn)?.resource ?? "");
  if (!match?.[1]) throw validation(`Parameter ResourceARN is not valid: only the tags of rules are supported, not those of ${arn}.`);
  return match[1];
}

async function changeTags(context: Context, arn: string, update: (tags: Tags) => Tags): Promise<void> {
  const name = ruleOfArn(arn);
  await context.storage.transact(async (tx) => {
    const rule = await getRule(tx, context, name);
    rules.set(tx, ruleKey(context, name), { ...rule, tags: update(rule.tags) });
  });
}

export const tagResource: OperationOf<"eventbridge", "TagResource"> = async (context, input) => {
  await changeTags(context, input.ResourceARN, (tags) => checkTags(context, tags, input.Tags));
  return {};
};

export const untagResource: OperationOf<"eventbridge", "UntagResource"> = async (context, input) => {
  await changeTags(context, input.ResourceARN, (tags) =>
    Object.fromEntries(Object.entries(tags).filter(([key]) => !input.TagKeys.includes(key))),
  );
  return {};
};

export const listTagsForResource: OperationOf<"eventbridge", "ListTagsForResource"> = async (context, input) => {
  const rule = await context.storage.snapshot((tx) => getRule(tx, context, ruleOfArn(input.ResourceARN)));
  return { Tags: Object.entries(rule.tags).map(([Key, Value]) => ({ Key, Value })) };
};

export const describeEventBus: OperationOf<"eventbridge", "DescribeEventBus"> = async (context, input) => {
  const name = checkBus(input.Name);
  return { Name: name, Arn: busArn(context, name) };
};

export const listEventBuses: OperationOf<"eventbridge", "ListEventBuses"> = async (context, input) => ({
  EventBuses: DEFAULT_BUS.startsWith(input.NamePrefix ?? "") ? [{ Name: DEFAULT_BUS, Arn: busArn(context, DEFAULT_BUS) }] : [],
});
