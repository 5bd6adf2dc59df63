// Every key and value of EventBridge.
//
//   eventbridge rules   account region bus name          → RuleRecord
//   eventbridge targets account region bus rule targetId → Target
import type { InputOf } from "../../contract/models.ts";
import { Collection } from "../../storage/collection.ts";

export type RuleState = NonNullable<InputOf<"eventbridge", "PutRule">["State"]>;
export type Target = NonNullable<InputOf<"eventbridge", "PutTargets">["Targets"]>[number];

export interface RuleRecord {
  readonly name: string;
  readonly scheduleExpression?: string;
  readonly eventPattern?: string;
  readonly state: RuleState;
  readonly description?: string;
  readonly roleArn?: string;
  /** Rates count from here: when the schedule was set or enabled. */
  readonly anchorMs: number;
  /** Changes with the schedule: a tick of an older epoch does nothing. */
  readonly epoch: string;
  readonly tags: Readonly<Record<string, string>>;
}

export const rules = new Collection<readonly [account: string, region: string, bus: string, name: string], RuleRecord>(
  "eventbridge",
  "rules",
);
export const targets = new Collection<readonly [account: string, region: string, bus: string, rule: string, targetId: string], Target>(
  "eventbridge",
  "targets",
);

/** The only bus so far. */
export const DEFAULT_BUS = "default";
