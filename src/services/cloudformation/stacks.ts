// Stacks come to be, change and go: each call checks everything, then leaves a stack operation to the job.
import type { Context } from "../../contract/context.ts";
import type { InputOf, OutputOf } from "../../contract/models.ts";
import { planChanges } from "../../deploy/plan.ts";
import type { GivenParameter, StackScope } from "../../deploy/template/parameters.ts";
import { uuid } from "../../kernel/ids.ts";
import type { Transaction } from "../../storage/transaction.ts";
import { alreadyExists, notUpdatable, noUpdates, stackDoesNotExist, stackNamedDoesNotExist, validation } from "./errors.ts";
import { findStack, outputsOf, recordsOf, stackEvent, uidOf, writeStack } from "./journal.ts";
import { type Revision, type StackOperation, type StackRecord, type StackTag, stackNames, stacks, templates } from "./keys.ts";
import { operationJob } from "./operate.ts";
import { importedNames, type Prepared, prepareRevision, type ResourceCatalog, resolveOutputs } from "./revision.ts";
import { requestedTemplate, type TemplateRequest } from "./template-source.ts";
import { checkParameters } from "./unhonoured.ts";

/** States from which an update may begin. */
const UPDATABLE = [...["CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "CREATE_FAILED", "UPDATE_FAILED"]];

interface ParameterInput {
  readonly ParameterKey?: string | undefined;
  readonly ParameterValue?: string | undefined;
  readonly UsePreviousValue?: boolean | undefined;
}

interface RevisionInput extends TemplateRequest {
  readonly Parameters?: readonly ParameterInput[] | undefined;
  readonly Tags?: readonly StackTag[] | undefined;
  readonly Capabilities?: readonly string[] | undefined;
  readonly NotificationARNs?: readonly string[] | undefined;
}

/** Checks what a call asks a stack to become. `stack` is what exists, with its revision. */
export async function requestedRevision(
  context: Context,
  catalog: ResourceCatalog,
  input: RevisionInput,
  scope: StackScope,
  stack: StackRecord | undefined,
): Promise<Prepared> {
  const given = await requestedTemplate(context, input);
  const previous = stack?.revision;
  const text = given ?? (input.UsePreviousTemplate && previous ? await storedTemplate(context, stack.stackId, previous) : undefined);
  if (text === undefined) throw validation("Either Template URL or Template Body must be specified.");
  return prepareRevision(context, catalog, {
    text,
    parameters: givenParameters(input.Parameters),
    previous,
    tags: input.Tags,
    capabilities: input.Capabilities ?? [],
    notificationArns: input.NotificationARNs,
    scope,
  });
}

function givenParameters(parameters: readonly ParameterInput[] = []): GivenParameter[] {
  return parameters.map(({ ParameterKey: key = "", ParameterValue: value, UsePreviousValue: usePrevious }) => ({
    key,
    ...(value !== undefined && { value }),
    ...(usePrevious === true && { usePrevious }),
  }));
}

export function newScope(context: Context, stackName: string): StackScope {
  // API reference, CreateStack: letters, digits and hyphens, beginning with a letter, at most 128 of them.
  if (!/^[a-zA-Z][-a-zA-Z0-9]{0,127}$/.test(stackName)) {
    throw validation(
      `1 validation error detected: Value '${stackName}' at 'stackName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*`,
    );
  }
  const { account, region, partition } = context;
  const stackId = `arn:${partition}:cloudformation:${region}:${account}:stack/${stackName}/${uuid(context.random)}`;
  return { account, region, stackId, stackName, notificationArns: [] };
}

export function scopeOfStack(context: Context, stack: StackRecord): StackScope {
  const { account, region } = context;
  return { account, region, stackId: stack.stackId, stackName: stack.stackName, notificationArns: [] };
}

export async function storedTemplate(context: Context, stackId: string, revision: Revision): Promise<string> {
  const key = [context.account, context.region, uidOf(stackId), revision.templateId] as const;
  const text = await context.storage.snapshot((tx) => templates.get(tx, key));
  if (text === undefined) throw validation("The template of the stack is gone.");
  return text;
}

export function saveTemplate(context: Context, tx: Transaction, stackId: string, prepared: Prepared): void {
  templates.set(tx, [context.account, context.region, uidOf(stackId), prepared.revision.templateId], prepared.text);
}

export async function createStack(
  context: Context,
  catalog: ResourceCatalog,
  input: InputOf<"cloudformation", "CreateStack">,
): Promise<OutputOf<"cloudformation", "CreateStack">> {
  if (input.OnFailure !== undefined && input.DisableRollback !== undefined) {
    throw validation("Either DisableRollback or OnFailure can be specified, not both.");
  }
  checkParameters(context, "CreateStack", input);
  const present = await findStack(context, input.StackName);
  if (present) {
    if (input.ClientRequestToken !== undefined && present.token === input.ClientRequestToken) return { StackId: present.stackId };
    throw alreadyExists(input.StackName);
  }
  const scope = newScope(context, input.StackName);
  const prepared = await requestedRevision(context, catalog, input, scope, undefined);
  const policy = input.StackPolicyBody;
  if (policy !== undefined) checkPolicy(policy);
  const operation: StackOperation = {
    id: uuid(context.random),
    kind: "create",
    phase: "apply",
    next: prepared.revision,
    onFailure: input.OnFailure ?? (input.DisableRollback ? "DO_NOTHING" : "ROLLBACK"),
    ...(input.RetainExceptOnCreate && { retainExceptOnCreate: true }),
    ...(input.ClientRequestToken !== undefined && { token: input.ClientRequestToken }),
  };
  await context.storage.transact(async (tx) => {
    const key = [context.account, context.region, input.StackName] as const;
    if (await stackNames.has(tx, key)) throw alreadyExists(input.StackName);
    stackNames.set(tx, key, uidOf(scope.stackId));
    const record: StackRecord = {
      stackId: scope.stackId,
      stackName: input.StackName,
      status: "CREATE_IN_PROGRESS",
      statusReason: "User Initiated",
      createdAtMs: context.clock.now(),
      outputs: [],
      operation,
      disableRollback: input.DisableRollback ?? input.OnFailure === "DO_NOTHING",
      terminationProtection: input.EnableTerminationProtection ?? false,
      eventsCount: 0,
      ...(input.RoleARN !== undefined && { roleArn: input.RoleARN }),
      ...(input.TimeoutInMinutes !== undefined && { timeoutMinutes: input.TimeoutInMinutes }),
      ...(policy !== undefined && { policy }),
      ...(input.ClientRequestToken !== undefined && { token: input.ClientRequestToken }),
    };
    saveTemplate(context, tx, scope.stackId, prepared);
    writeStack(context, tx, record, [stackEvent(record)]);
    await context.jobs.enqueue(tx, operationJob(context, scope.stackId, operation.id));
  });
  return { StackId: scope.stackId };
}

export async function updateStack(
  context: Context,
  catalog: ResourceCatalog,
  input: InputOf<"cloudformation", "UpdateStack">,
): Promise<OutputOf<"cloudformation", "UpdateStack">> {
  checkParameters(context, "UpdateStack", input);
  const stack = await findStack(context, input.StackName);
  if (!stack || stack.status === "DELETE_COMPLETE") throw stackNamedDoesNotExist(input.StackName);
  if (input.ClientRequestToken !== undefined && stack.operation?.token === input.ClientRequestToken) return { StackId: stack.stackId };
  requireUpdatable(stack);
  if (input.StackPolicyBody !== undefined) checkPolicy(input.StackPolicyBody);
  const prepared = await requestedRevision(context, catalog, input, scopeOfStack(context, stack), stack);
  if (await isUnchanged(context, stack, prepared)) throw noUpdates();
  const options = {
    onFailure: input.DisableRollback ? ("DO_NOTHING" as const) : ("ROLLBACK" as const),
    ...(input.RetainExceptOnCreate && { retainExceptOnCreate: true }),
    ...(input.ClientRequestToken !== undefined && { token: input.ClientRequestToken }),
    ...(input.StackPolicyBody !== undefined && { policy: input.StackPolicyBody }),
  };
  await beginUpdate(context, stack, prepared, options);
  return { StackId: stack.stackId };
}

export function requireUpdatable(stack: StackRecord): void {
  if (!UPDATABLE.includes(stack.status)) throw notUpdatable(stack.stackId, stack.status);
}

interface UpdateOptions {
  readonly onFailure: StackOperation["onFailure"];
  readonly retainExceptOnCreate?: boolean;
  readonly token?: string;
  readonly policy?: string;
  readonly changeSetName?: string;
}

/** Leaves an update to the job. Throws ValidationError when the stack's state no longer allows one. */
export async function beginUpdate(context: Context, stack: StackRecord, prepared: Prepared, options: UpdateOptions): Promise<void> {
  const operation: StackOperation = {
    id: uuid(context.random),
    kind: "update",
    phase: "apply",
    next: prepared.revision,
    onFailure: options.onFailure,
    ...(options.retainExceptOnCreate && { retainExceptOnCreate: true }),
    ...(options.token !== undefined && { token: options.token }),
    ...(options.changeSetName !== undefined && { changeSetName: options.changeSetName }),
  };
  await context.storage.transact(async (tx) => {
    const current = await stacks.get(tx, [context.account, context.region, uidOf(stack.stackId)]);
    if (!current) throw stackNamedDoesNotExist(stack.stackName);
    requireUpdatable(current);
    const record: StackRecord = {
      ...current,
      status: "UPDATE_IN_PROGRESS",
      statusReason: "User Initiated",
      updatedAtMs: context.clock.now(),
      operation,
      ...(options.policy !== undefined && { policy: options.policy }),
    };
    saveTemplate(context, tx, stack.stackId, prepared);
    writeStack(context, tx, record, [stackEvent(record)]);
    await context.jobs.enqueue(tx, operationJob(context, stack.stackId, operation.id));
  });
}

/** True when an update would change no resource, output or tag. */
async function isUnchanged(context: Context, stack: StackRecord, prepared: Prepared): Promise<boolean> {
  if (stack.status === "CREATE_FAILED" || stack.status === "UPDATE_FAILED") return false;
  if (JSON.stringify(stack.revision?.tags) !== JSON.stringify(prepared.revision.tags)) return false;
  const records = await recordsOf(context, stack.stackId);
  const { target, types } = prepared;
  if ((await plannedChanges(context, stack, prepared)).length > 0) return false;
  const environment = {
    ...target.environment,
    ref: (id: string) => records.get(id)?.physicalId,
    attribute: (id: string, name: string) => records.get(id)?.attributes[name],
  };
  if (JSON.stringify(resolveOutputs(target, environment)) !== JSON.stringify(outputsOf(context, stack))) return false;
  if (JSON.stringify(importedNames(target, environment)) !== JSON.stringify(stack.imports ?? [])) return false;
  return [...target.graph.keys()].every((id) => {
    const [record, resource] = [records.get(id), target.template.resources[id]];
    const same = (name: "deletionPolicy" | "updateReplacePolicy" | "metadata") =>
      JSON.stringify(record?.[name]) === JSON.stringify(resource?.[name]);
    return types.has(resource?.type ?? "") && same("deletionPolicy") && same("updateReplacePolicy") && same("metadata");
  });
}

/** What an update to this revision would do. Dynamic references count by what they stand for now. */
export async function plannedChanges(context: Context, stack: StackRecord, prepared: Prepared) {
  const records = await recordsOf(context, stack.stackId);
  const { target, types } = prepared;
  const changedTypes = [...records.values()].filter((record) => {
    const resource = target.graph.has(record.logicalId) ? target.template.resources[record.logicalId] : undefined;
    return resource !== undefined && resource.type !== record.type;
  });
  if (changedTypes.length > 0) {
    const ids = changedTypes.map((record) => record.logicalId).join(", ");
    throw validation(
      `Update of resource type is not permitted. The new template modifies resource type of the following resources: [${ids}]`,
    );
  }
  return planChanges(target, records, types);
}

/** States in which a stack may not be deleted: the operation that runs must end first. */
const UNDELETABLE = [
  "UPDATE_IN_PROGRESS",
  "UPDATE_ROLLBACK_IN_PROGRESS",
  "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
  "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
];

export async function deleteStack(
  context: Context,
  input: InputOf<"cloudformation", "DeleteStack">,
): Promise<OutputOf<"cloudformation", "DeleteStack">> {
  checkParameters(context, "DeleteStack", input);
  if (input.DeletionMode === "FORCE_DELETE_STACK") {
    throw validation("The DeletionMode FORCE_DELETE_STACK is not supported by Hearth: name what may stay in RetainResources.");
  }
  const known = await findStack(context, input.StackName);
  if (!known || known.status === "DELETE_COMPLETE" || known.status === "DELETE_IN_PROGRESS") return {};
  const operationId = uuid(context.random);
  await context.storage.transact(async (tx) => {
    const stack = await stacks.get(tx, [context.account, context.region, uidOf(known.stackId)]);
    if (!stack) return;
    if (stack.terminationProtection) {
      throw validation(`Stack [${stack.stackName}] cannot be deleted while TerminationProtection is enabled`);
    }
    if (UNDELETABLE.includes(stack.status)) {
      throw validation(`Stack [${stack.stackName}] cannot be deleted while in status ${stack.status}`);
    }
    const retain = input.RetainResources ?? [];
    if (retain.length > 0 && stack.status !== "DELETE_FAILED") {
      throw validation(
        `Invalid operation on stack [${stack.stackId}]. RetainResources can only be specified while the stack is in DELETE_FAILED state`,
      );
    }
    const operation: StackOperation = {
      id: operationId,
      kind: "delete",
      phase: "delete",
      onFailure: "DO_NOTHING",
      retain,
      ...(input.ClientRequestToken !== undefined && { token: input.ClientRequestToken }),
    };
    const record: StackRecord = { ...stack, status: "DELETE_IN_PROGRESS", statusReason: "User Initiated", operation };
    writeStack(context, tx, record, [stackEvent(record)]);
    await context.jobs.enqueue(tx, operationJob(context, stack.stackId, operationId));
  });
  return {};
}

/** Takes a rollback up again that had failed. */
export async function continueUpdateRollback(
  context: Context,
  input: InputOf<"cloudformation", "ContinueUpdateRollback">,
): Promise<OutputOf<"cloudformation", "ContinueUpdateRollback">> {
  checkParameters(context, "ContinueUpdateRollback", input);
  const token = input.ClientRequestToken;
  const known = await findStack(context, input.StackName);
  if (!known) throw stackNamedDoesNotExist(input.StackName);
  await context.storage.transact(async (tx) => {
    const stack = await stacks.get(tx, [context.account, context.region, uidOf(known.stackId)]);
    if (stack?.status !== "UPDATE_ROLLBACK_FAILED" || !stack.suspended) {
      throw validation(`Stack:${known.stackId} is in ${known.status} state and can not continue update rollback.`);
    }
    const { suspended, ...rest } = stack;
    const record: StackRecord = {
      ...rest,
      operation: { ...suspended, phase: "rollback", ...(token !== undefined && { token }) },
      status: "UPDATE_ROLLBACK_IN_PROGRESS",
      statusReason: "User Initiated",
    };
    writeStack(context, tx, record, [stackEvent(record)]);
    await context.jobs.enqueue(tx, operationJob(context, stack.stackId, suspended.id));
  });
  return {};
}

export async function updateTerminationProtection(
  context: Context,
  input: InputOf<"cloudformation", "UpdateTerminationProtection">,
): Promise<OutputOf<"cloudformation", "UpdateTerminationProtection">> {
  const stack = await changeStack(context, input.StackName, (record) => ({
    ...record,
    terminationProtection: input.EnableTerminationProtection,
  }));
  return { StackId: stack.stackId };
}

export async function setStackPolicy(
  context: Context,
  input: InputOf<"cloudformation", "SetStackPolicy">,
): Promise<OutputOf<"cloudformation", "SetStackPolicy">> {
  checkParameters(context, "SetStackPolicy", input);
  const policy = input.StackPolicyBody ?? "";
  checkPolicy(policy);
  await changeStack(context, input.StackName, (record) => ({ ...record, policy }));
  return {};
}

function checkPolicy(policy: string): void {
  try {
    JSON.parse(policy);
  } catch {
    throw validation("Error validating stack policy: Invalid stack policy");
  }
}

export async function getStackPolicy(
  context: Context,
  input: InputOf<"cloudformation", "GetStackPolicy">,
): Promise<OutputOf<"cloudformation", "GetStackPolicy">> {
  const stack = await findStack(context, input.StackName);
  if (!stack) throw stackNamedDoesNotExist(input.StackName);
  return { StackPolicyBody: stack.policy };
}

async function changeStack(context: Context, nameOrId: string, change: (record: StackRecord) => StackRecord): Promise<StackRecord> {
  const known = await findStack(context, nameOrId);
  if (!known || known.status === "DELETE_COMPLETE") throw stackDoesNotExist(nameOrId);
  return context.storage.transact(async (tx) => {
    const current = await stacks.get(tx, [context.account, context.region, uidOf(known.stackId)]);
    return writeStack(context, tx, change(current ?? known), []);
  });
}
