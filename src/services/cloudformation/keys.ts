// Every key and value of CloudFormation.
//
//   cloudformation names      account region stackName                 → id of the stack that has the name now
//   cloudformation stacks     account region stackUid                  → StackRecord
//   cloudformation resources  account region stackUid logicalId        → ResourceRecord
//   cloudformation templates  account region stackUid templateId       → template text
//   cloudformation events     account region stackUid sequence         → EventRecord
//   cloudformation changesets account region stackUid changeSetName    → ChangeSetRecord
//   cloudformation exports    account region exportName                → ExportRecord
//   cloudformation imports    account region exportName stackUid       → true
import type { ResourceRecord } from "../../deploy/engine.ts";
import type { PlannedChange } from "../../deploy/plan.ts";
import { Collection } from "../../storage/collection.ts";

export type StackStatus =
  | "REVIEW_IN_PROGRESS"
  | `CREATE_${"IN_PROGRESS" | "COMPLETE" | "FAILED"}`
  | `ROLLBACK_${"IN_PROGRESS" | "COMPLETE" | "FAILED"}`
  | `UPDATE_${"IN_PROGRESS" | "COMPLETE_CLEANUP_IN_PROGRESS" | "COMPLETE" | "FAILED"}`
  | `UPDATE_ROLLBACK_${"IN_PROGRESS" | "COMPLETE_CLEANUP_IN_PROGRESS" | "COMPLETE" | "FAILED"}`
  | `DELETE_${"IN_PROGRESS" | "COMPLETE" | "FAILED"}`;

/** What a stack is made from. */
export interface Revision {
  readonly templateId: string;
  /** As given; for SSM types the name of the SSM parameter. */
  readonly parameters: Readonly<Record<string, string>>;
  /** What SSM parameters held when the revision was made. */
  readonly ssmValues: Readonly<Record<string, string>>;
  readonly tags: readonly StackTag[];
  readonly capabilities: readonly string[];
  readonly notificationArns: readonly string[];
  readonly description?: string;
}

export interface StackTag {
  readonly Key: string;
  readonly Value: string;
}

export interface StackOutput {
  readonly key: string;
  readonly value: string;
  readonly description?: string;
  readonly exportName?: string;
}

/** `apply` makes resources as `next` says; `rollback` goes back to the stack's own revision; `cleanup` removes what is left over. */
export type OperationPhase = "apply" | "rollback" | "cleanup" | "rollback-cleanup" | "delete";

export interface StackOperation {
  readonly id: string;
  readonly kind: "create" | "update" | "delete";
  readonly phase: OperationPhase;
  readonly next?: Revision;
  readonly outputs?: readonly StackOutput[];
  readonly retain?: readonly string[];
  readonly onFailure: "ROLLBACK" | "DELETE" | "DO_NOTHING";
  /** A rollback deletes what the operation created, whatever its deletion policy. */
  readonly retainExceptOnCreate?: boolean;
  readonly token?: string;
  readonly changeSetName?: string;
  readonly reason?: string;
}

export interface StackRecord {
  readonly stackId: string;
  readonly stackName: string;
  readonly status: StackStatus;
  readonly statusReason?: string;
  readonly createdAtMs: number;
  readonly updatedAtMs?: number;
  readonly deletedAtMs?: number;
  /** What the stack was last made from, wholly; absent until the first creation has succeeded. */
  readonly revision?: Revision;
  readonly outputs: readonly StackOutput[];
  /** Where the platform was reached when the outputs were made. */
  readonly outputsEndpoint?: string;
  /** The names of the exports that it imports. */
  readonly imports?: readonly string[];
  readonly operation?: StackOperation;
  /** The operation whose rollback failed: ContinueUpdateRollback takes it up again. */
  readonly suspended?: StackOperation;
  readonly disableRollback: boolean;
  readonly terminationProtection: boolean;
  readonly roleArn?: string;
  readonly timeoutMinutes?: number;
  readonly changeSetId?: string;
  readonly policy?: string;
  readonly token?: string;
  readonly eventsCount: number;
}

export interface EventRecord {
  readonly eventId: string;
  readonly logicalId: string;
  readonly physicalId: string;
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly properties?: string;
  readonly token?: string;
  readonly atMs: number;
}

export interface ChangeSetRecord {
  readonly changeSetId: string;
  readonly name: string;
  readonly kind: "CREATE" | "UPDATE";
  readonly description?: string;
  readonly createdAtMs: number;
  readonly status: "CREATE_COMPLETE" | "FAILED";
  readonly statusReason?: string;
  readonly executionStatus: "UNAVAILABLE" | "AVAILABLE" | "EXECUTE_IN_PROGRESS" | "EXECUTE_COMPLETE" | "EXECUTE_FAILED" | "OBSOLETE";
  readonly revision: Revision;
  readonly changes: readonly PlannedChange[];
  readonly onFailure?: "ROLLBACK" | "DELETE" | "DO_NOTHING";
  readonly roleArn?: string;
  /** Of the call that made it: the same call again is answered with what it made. */
  readonly token?: string;
}

interface ExportRecord {
  readonly value: string;
  /** Where the platform was reached when the value was made. */
  readonly endpoint?: string;
  readonly stackUid: string;
  readonly stackId: string;
}

/** A resource as it is kept: with where the platform was reached at the time. */
type StoredResource = ResourceRecord & { readonly endpoint?: string };

type StackKey = readonly [account: string, region: string, stackUid: string];

export const stackNames = new Collection<readonly [account: string, region: string, name: string], string>("cloudformation", "names");
export const stacks = new Collection<StackKey, StackRecord>("cloudformation", "stacks");
export const resources = new Collection<readonly [...StackKey, logicalId: string], StoredResource>("cloudformation", "resources");
export const templates = new Collection<readonly [...StackKey, templateId: string], string>("cloudformation", "templates");
export const events = new Collection<readonly [...StackKey, sequence: number], EventRecord>("cloudformation", "events");
export const changeSets = new Collection<readonly [...StackKey, name: string], ChangeSetRecord>("cloudformation", "changesets");
export const exported = new Collection<readonly [account: string, region: string, name: string], ExportRecord>("cloudformation", "exports");
export const imports = new Collection<readonly [account: string, region: string, name: string, stackUid: string], true>(
  "cloudformation",
  "imports",
);
