// Where a rule is: its bus, its key, its ARN and its record.
import type { Context } from "../../contract/context.ts";
import { formatArn, parseArn } from "../../kernel/ids.ts";
import type { ReadTransaction } from "../../storage/transaction.ts";
import { noSuchBus, noSuchRule } from "./errors.ts";
import { DEFAULT_BUS, type RuleRecord, type RuleState, rules } from "./keys.ts";

type Here = Pick<Context, "account" | "region">;

export const ruleArn = (here: Here, name: string): string =>
  formatArn({ partition: "aws", service: "events", region: here.region, account: here.account, resource: `rule/${name}` });

export const busArn = (here: Here, name: string): string =>
  formatArn({ partition: "aws", service: "events", region: here.region, account: here.account, resource: `event-bus/${name}` });

/** The bus that an EventBusName, a name or an ARN, stands for. */
export function checkBus(nameOrArn: string | undefined): string {
  const name = nameOrArn === undefined ? DEFAULT_BUS : (parseArn(nameOrArn)?.resource.replace(/^event-bus\//, "") ?? nameOrArn);
  if (name !== DEFAULT_BUS) throw noSuchBus(name);
  return name;
}

export const ruleKey = (here: Here, name: string) => [here.account, here.region, DEFAULT_BUS, name] as const;

export async function getRule(tx: ReadTransaction, here: Here, name: string): Promise<RuleRecord> {
  const rule = await rules.get(tx, ruleKey(here, name));
  if (!rule) throw noSuchRule(name);
  return rule;
}

export const isEnabled = (state: RuleState): boolean => state !== "DISABLED";

export function noteRole(context: Context): void {
  context.ledger.add({
    service: "eventbridge",
    operation: context.operation,
    parameter: "RoleArn",
    note: "The role is kept and shown, but targets are called as events.amazonaws.com, without it.",
  });
}
