// Change sets: a revision that was checked and planned, kept until it is carried out. Made at once, so that a client that
// waits for CREATE_COMPLETE finds it at its first look.
import type { Context } from "../../contract/context.ts";
import type { InputOf, OutputOf } from "../../contract/models.ts";
import type { PlannedChange } from "../../deploy/plan.ts";
import { uuid } from "../../kernel/ids.ts";
import { asCapability, describedParameters } from "./described-revision.ts";
import {
  changeSetAlreadyExists,
  changeSetNotExecutable,
  changeSetNotFound,
  NO_CHANGES,
  stackNamedDoesNotExist,
  validation,
} from "./errors.ts";
import { findStack, stackEvent, uidOf, writeStack } from "./journal.ts";
import { type ChangeSetRecord, changeSets, type StackOperation, type StackRecord, stackNames, stacks } from "./keys.ts";
import { PAGE_SIZE } from "./limits.ts";
import { operationJob } from "./operate.ts";
import { loadRevision, type Prepared, type ResourceCatalog } from "./revision.ts";
import {
  beginUpdate,
  newScope,
  plannedChanges,
  requestedRevision,
  requireUpdatable,
  saveTemplate,
  scopeOfStack,
  storedTemplate,
} from "./stacks.ts";
import { checkParameters } from "./unhonoured.ts";

type Answer<K extends "CreateChangeSet" | "DescribeChangeSet" | "ExecuteChangeSet" | "DeleteChangeSet" | "ListChangeSets"> = Promise<
  OutputOf<"cloudformation", K>
>;

export async function createChangeSet(
  context: Context,
  catalog: ResourceCatalog,
  input: InputOf<"cloudformation", "CreateChangeSet">,
): Answer<"CreateChangeSet"> {
  checkParameters(context, "CreateChangeSet", input);
  if (input.ChangeSetType === "IMPORT") throw validation("Importing resources is not supported by Hearth.");
  const kind = input.ChangeSetType ?? "UPDATE";
  const present = await findStack(context, input.StackName);
  const stack = present && present.status !== "DELETE_COMPLETE" ? present : undefined;
  if (kind === "CREATE" && stack && stack.status !== "REVIEW_IN_PROGRESS") {
    throw validation(`Stack [${stack.stackName}] already exists and cannot be created again with the changeSet [${input.ChangeSetName}].`);
  }
  if (kind === "UPDATE") {
    if (!stack) throw stackNamedDoesNotExist(input.StackName);
    requireUpdatable(stack);
  }
  const scope = stack ? scopeOfStack(context, stack) : newScope(context, input.StackName);
  const prepared = await requestedRevision(context, catalog, input, scope, stack);
  const record = stack ?? reviewStack(context, scope.stackId, input.StackName);
  const changes = await plannedChanges(context, record, prepared);
  const isEmpty = changes.length === 0 && sameRevision(stack, prepared);
  const { account, region, partition } = context;
  const changeSet: ChangeSetRecord = {
    changeSetId: `arn:${partition}:cloudformation:${region}:${account}:changeSet/${input.ChangeSetName}/${uuid(context.random)}`,
    name: input.ChangeSetName,
    kind: kind === "CREATE" ? "CREATE" : "UPDATE",
    createdAtMs: context.clock.now(),
    status: isEmpty ? "FAILED" : "CREATE_COMPLETE",
    executionStatus: isEmpty ? "UNAVAILABLE" : "AVAILABLE",
    revision: prepared.revision,
    changes,
    ...(isEmpty && { statusReason: NO_CHANGES }),
    ...(input.Description !== undefined && { description: input.Description }),
    ...(input.OnStackFailure !== undefined && { onFailure: input.OnStackFailure }),
    ...(input.RoleARN !== undefined && { roleArn: input.RoleARN }),
    ...(input.ClientToken !== undefined && { token: input.ClientToken }),
  };
  const made = await context.storage.transact(async (tx) => {
    const key = [account, region, uidOf(record.stackId), changeSet.name] as const;
    const known = await changeSets.get(tx, key);
    if (known?.token !== undefined && known.token === changeSet.token) return known;
    if (known && !isSpent(known)) throw changeSetAlreadyExists(changeSet.name);
    if (!stack) {
      const nameKey = [account, region, record.stackName] as const;
      if (await stackNames.has(tx, nameKey)) throw validation(`Stack [${record.stackName}] is being created by another request.`);
      stackNames.set(tx, nameKey, uidOf(record.stackId));
      writeStack(context, tx, record, [stackEvent(record)]);
    }
    saveTemplate(context, tx, record.stackId, prepared);
    changeSets.set(tx, key, changeSet);
    return changeSet;
  });
  return { Id: made.changeSetId, StackId: record.stackId };
}

/**
 * The name of a change set that will do nothing any more is free: `aws cloudformation deploy` names them by the second,
 * and here several fit into one.
 */
function isSpent(changeSet: ChangeSetRecord): boolean {
  return (
    changeSet.status === "FAILED" ||
    (changeSet.executionStatus.startsWith("EXECUTE_") && changeSet.executionStatus !== "EXECUTE_IN_PROGRESS")
  );
}

function reviewStack(context: Context, stackId: string, stackName: string): StackRecord {
  return {
    stackId,
    stackName,
    status: "REVIEW_IN_PROGRESS",
    statusReason: "User Initiated",
    createdAtMs: context.clock.now(),
    outputs: [],
    disableRollback: false,
    terminationProtection: false,
    eventsCount: 0,
  };
}

/** Outputs, tags and metadata make a change too: only the same template with the same parameters and tags is none. */
function sameRevision(stack: StackRecord | undefined, { revision }: Prepared): boolean {
  if (!stack?.revision) return false;
  const told = ({ templateId, parameters, ssmValues, tags }: typeof revision) => JSON.stringify([templateId, parameters, ssmValues, tags]);
  return told(stack.revision) === told(revision);
}

interface Found {
  readonly stack: StackRecord;
  readonly changeSet: ChangeSetRecord;
}

/** By id alone, or by name with the stack's name or id. */
async function findChangeSet(context: Context, nameOrId: string, stackNameOrId: string | undefined): Promise<Found> {
  if (stackNameOrId === undefined && !nameOrId.startsWith("arn:")) {
    throw validation("StackName must be specified if ChangeSetName is not specified as an ARN.");
  }
  const { account, region } = context;
  if (stackNameOrId !== undefined) {
    const stack = await findStack(context, stackNameOrId);
    if (!stack) throw stackNamedDoesNotExist(stackNameOrId);
    const found = (await changeSetsOf(context, stack)).find((changeSet) => [changeSet.name, changeSet.changeSetId].includes(nameOrId));
    if (!found) throw changeSetNotFound(nameOrId);
    return { stack, changeSet: found };
  }
  const all = await context.storage.snapshot((tx) => changeSets.scan(tx, [account, region], { limit: PAGE_SIZE * PAGE_SIZE }));
  const found = all.find((record) => record.value.changeSetId === nameOrId);
  const stack = found && (await context.storage.snapshot((tx) => stacks.get(tx, [account, region, found.key[2]])));
  if (!found || !stack) throw changeSetNotFound(nameOrId);
  return { stack, changeSet: found.value };
}

async function changeSetsOf(context: Context, stack: StackRecord): Promise<ChangeSetRecord[]> {
  const prefix = [context.account, context.region, uidOf(stack.stackId)];
  const found = await context.storage.snapshot((tx) => changeSets.scan(tx, prefix, { limit: PAGE_SIZE * PAGE_SIZE }));
  return found.map((record) => record.value);
}

export async function describeChangeSet(
  context: Context,
  input: InputOf<"cloudformation", "DescribeChangeSet">,
): Answer<"DescribeChangeSet"> {
  checkParameters(context, "DescribeChangeSet", input);
  const { stack, changeSet } = await findChangeSet(context, input.ChangeSetName, input.StackName);
  const { revision } = changeSet;
  return {
    ChangeSetName: changeSet.name,
    ChangeSetId: changeSet.changeSetId,
    StackId: stack.stackId,
    StackName: stack.stackName,
    Description: changeSet.description,
    Parameters: await describedParameters(context, stack.stackId, revision),
    CreationTime: new Date(changeSet.createdAtMs),
    ExecutionStatus: changeSet.executionStatus,
    Status: changeSet.status,
    StatusReason: changeSet.statusReason,
    NotificationARNs: [...revision.notificationArns],
    RollbackConfiguration: {},
    Capabilities: revision.capabilities.map(asCapability),
    Tags: [...revision.tags],
    Changes: changeSet.changes.map((change) => ({ Type: "Resource" as const, ResourceChange: describedChange(change) })),
    IncludeNestedStacks: false,
    OnStackFailure: changeSet.onFailure,
  };
}

function describedChange(change: PlannedChange) {
  const isReplaced = change.action === "replace";
  return {
    Action: ({ add: "Add", modify: "Modify", replace: "Modify", remove: "Remove" } as const)[change.action],
    LogicalResourceId: change.logicalId,
    PhysicalResourceId: change.physicalId,
    ResourceType: change.type,
    Replacement: change.action === "modify" ? ("False" as const) : isReplaced ? ("True" as const) : undefined,
    Scope: change.changes.length > 0 ? ["Properties" as const] : [],
    Details: change.changes.map((property) => ({
      Target: {
        Attribute: "Properties" as const,
        Name: property.name,
        RequiresRecreation: property.replaces ? ("Always" as const) : ("Never" as const),
      },
      Evaluation: "Static" as const,
      ChangeSource: "DirectModification" as const,
    })),
  };
}

export async function executeChangeSet(
  context: Context,
  catalog: ResourceCatalog,
  input: InputOf<"cloudformation", "ExecuteChangeSet">,
): Answer<"ExecuteChangeSet"> {
  const { stack, changeSet } = await findChangeSet(context, input.ChangeSetName, input.StackName);
  if (changeSet.status !== "CREATE_COMPLETE") throw changeSetNotExecutable(changeSet.changeSetId, changeSet.status);
  if (changeSet.executionStatus !== "AVAILABLE") throw changeSetNotExecutable(changeSet.changeSetId, changeSet.executionStatus);
  const onFailure = input.DisableRollback ? "DO_NOTHING" : (changeSet.onFailure ?? "ROLLBACK");
  const options = {
    onFailure,
    changeSetName: changeSet.name,
    ...(input.RetainExceptOnCreate && { retainExceptOnCreate: true }),
    ...(input.ClientRequestToken !== undefined && { token: input.ClientRequestToken }),
  } as const;
  if (stack.status === "REVIEW_IN_PROGRESS") {
    await beginCreate(context, stack, changeSet, options);
  } else {
    const text = await storedTemplate(context, stack.stackId, changeSet.revision);
    const prepared = await loadRevision(context, catalog, scopeOfStack(context, stack), changeSet.revision, text);
    await beginUpdate(context, stack, prepared, options);
  }
  await markExecuted(context, stack, changeSet);
  return {};
}

async function beginCreate(
  context: Context,
  stack: StackRecord,
  changeSet: ChangeSetRecord,
  options: Pick<StackOperation, "onFailure" | "retainExceptOnCreate" | "token" | "changeSetName">,
): Promise<void> {
  const id = uuid(context.random);
  await context.storage.transact(async (tx) => {
    const current = await stacks.get(tx, [context.account, context.region, uidOf(stack.stackId)]);
    if (current?.status !== "REVIEW_IN_PROGRESS") throw changeSetNotExecutable(changeSet.changeSetId, "EXECUTE_IN_PROGRESS");
    const operation: StackOperation = { ...options, id, kind: "create", phase: "apply", next: changeSet.revision };
    const record: StackRecord = {
      ...current,
      status: "CREATE_IN_PROGRESS",
      statusReason: "User Initiated",
      updatedAtMs: context.clock.now(),
      changeSetId: changeSet.changeSetId,
      disableRollback: options.onFailure === "DO_NOTHING",
      operation,
    };
    writeStack(context, tx, record, [stackEvent(record)]);
    await context.jobs.enqueue(tx, operationJob(context, stack.stackId, id));
  });
}

/** The executed change set shows its progress; every other one of the stack is obsolete from now on. */
async function markExecuted(context: Context, stack: StackRecord, executed: ChangeSetRecord): Promise<void> {
  const { account, region } = context;
  const uid = uidOf(stack.stackId);
  await context.storage.transact(async (tx) => {
    for (const { key, value } of await changeSets.scan(tx, [account, region, uid], { limit: PAGE_SIZE * PAGE_SIZE })) {
      if (value.changeSetId !== executed.changeSetId) changeSets.delete(tx, key);
      else if (value.executionStatus === "AVAILABLE") changeSets.set(tx, key, { ...value, executionStatus: "EXECUTE_IN_PROGRESS" });
    }
    const record = await stacks.get(tx, [account, region, uid]);
    if (record) stacks.set(tx, [account, region, uid], { ...record, changeSetId: executed.changeSetId });
  });
}

export async function deleteChangeSet(context: Context, input: InputOf<"cloudformation", "DeleteChangeSet">): Answer<"DeleteChangeSet"> {
  const { stack, changeSet } = await findChangeSet(context, input.ChangeSetName, input.StackName).catch((error: unknown) => {
    // A change set that is gone already is no error when its stack is there.
    if (error instanceof Error && "code" in error && error.code === "ChangeSetNotFoundException")
      return { stack: undefined, changeSet: undefined };
    throw error;
  });
  if (!stack) return {};
  if (changeSet.executionStatus === "EXECUTE_IN_PROGRESS") {
    throw changeSetNotExecutable(changeSet.changeSetId, "EXECUTE_IN_PROGRESS");
  }
  await context.storage.transact(async (tx) => {
    changeSets.delete(tx, [context.account, context.region, uidOf(stack.stackId), changeSet.name]);
  });
  return {};
}

export async function listChangeSets(context: Context, input: InputOf<"cloudformation", "ListChangeSets">): Answer<"ListChangeSets"> {
  checkParameters(context, "ListChangeSets", input);
  const stack = await findStack(context, input.StackName);
  if (!stack) throw stackNamedDoesNotExist(input.StackName);
  const all = await changeSetsOf(context, stack);
  return {
    Summaries: all.map((changeSet) => ({
      StackId: stack.stackId,
      StackName: stack.stackName,
      ChangeSetId: changeSet.changeSetId,
      ChangeSetName: changeSet.name,
      ExecutionStatus: changeSet.executionStatus,
      Status: changeSet.status,
      StatusReason: changeSet.statusReason,
      CreationTime: new Date(changeSet.createdAtMs),
      Description: changeSet.description,
      IncludeNestedStacks: false,
    })),
  };
}
