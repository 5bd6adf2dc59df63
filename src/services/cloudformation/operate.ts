// The job that carries a stack operation out, from whatever step a crash left it at: apply, and clean up; or roll back, and
// clean up; or delete.
import type { Context } from "../../contract/context.ts";
import type { ResourceType } from "../../contract/resource.ts";
import { defineJob, type JobScope } from "../../contract/service.ts";
import {
  applyTarget,
  cleanUp,
  deleteResources,
  environmentOf,
  type Failure,
  type ResourceRecord,
  type Run,
  restorePrevious,
  Superseded,
} from "../../deploy/engine.ts";
import type { StackScope } from "../../deploy/template/parameters.ts";
import type { Attempt } from "../../jobs/job.ts";
import { messageOf } from "../../kernel/errors.ts";
import type { Transaction } from "../../storage/transaction.ts";
import { validation } from "./errors.ts";
import { moveStack, openJournal, outputsOf, ownedStack, recordsOf, stackEvent, uidOf, writeStack } from "./journal.ts";
import {
  changeSets,
  exported,
  imports,
  type OperationPhase,
  type Revision,
  type StackOperation,
  type StackOutput,
  type StackRecord,
  type StackStatus,
  stackNames,
  stacks,
  templates,
} from "./keys.ts";
import { DELETED_STACK_KEPT_MS, OPERATIONS_AT_ONCE } from "./limits.ts";
import { importedNames, importerOf, loadRevision, type Prepared, type ResourceCatalog, resolveOutputs } from "./revision.ts";

interface OperationJob extends JobScope {
  readonly stackId: string;
  readonly operationId: string;
}

/** The job takes one stack at a time: a newer operation of the same stack waits for the step that runs to end. */
export function operationJob(context: Context, stackId: string, operationId: string) {
  const payload: OperationJob = { account: context.account, region: context.region, stackId, operationId };
  return { type: "cloudformation.operate", lane: stackId, id: stackId, payload };
}

export function operateJob(catalog: ResourceCatalog) {
  return defineJob<OperationJob>({
    concurrency: OPERATIONS_AT_ONCE,
    leaseMs: 30_000,
    retry: { attemptsMax: Number.POSITIVE_INFINITY, backoffMs: 100, backoffMsMax: 10_000 },
    run: async (context, payload, attempt) => {
      try {
        await operate(context, catalog, payload, attempt);
      } catch (error) {
        if (!(error instanceof Superseded)) throw error;
      }
    },
  });
}

/** A change of the stack that is written with a step's end. */
type Change = (stack: StackRecord, tx: Transaction) => StackRecord | Promise<StackRecord>;

interface Work {
  readonly context: Context;
  readonly catalog: ResourceCatalog;
  readonly stackId: string;
  readonly operationId: string;
  readonly run: Run;
  /** The same as the run's; grows with the template. */
  readonly types: Map<string, ResourceType>;
}

async function operate(context: Context, catalog: ResourceCatalog, payload: OperationJob, attempt: Attempt): Promise<void> {
  const { stackId, operationId } = payload;
  const records = await recordsOf(context, stackId);
  const first = await context.storage.snapshot((tx) => stacks.get(tx, [context.account, context.region, uidOf(stackId)]));
  if (first?.operation?.id !== operationId) return;
  const types = new Map<string, ResourceType>();
  for (const name of new Set([...records.values()].map((record) => record.type))) {
    const type = await catalog.resourceType(name);
    if (type) types.set(name, type);
  }
  const journal = openJournal(context, stackId, operationId);
  const run: Run = { context, scope: scopeOf(context, first), operationId, records, types, journal, signal: attempt.signal };
  const work: Work = { context, catalog, stackId, operationId, run, types };
  for (let stack: StackRecord | undefined = first; stack?.operation; ) {
    attempt.signal.throwIfAborted();
    stack = await PHASES[stack.operation.phase](work, stack, stack.operation);
  }
}

type Phase = (work: Work, stack: StackRecord, operation: StackOperation) => Promise<StackRecord>;

/** Each phase does its work and moves the stack to the next one, or ends the operation. */
const PHASES: Readonly<Record<OperationPhase, Phase>> = {
  apply: async (work, stack, operation) => {
    const { next } = operation;
    if (!next) return finish(work, "UPDATE_COMPLETE");
    let prepared: Prepared;
    try {
      prepared = await loadStackRevision(work, stack, next);
    } catch (error) {
      work.run.signal.throwIfAborted();
      return failed(work, operation, [], messageOf(error));
    }
    for (const [name, type] of prepared.types) work.types.set(name, type);
    const failures = await applyTarget(work.run, prepared.target);
    if (failures.length > 0) return failed(work, operation, failures);
    let outputs: StackOutput[];
    let imported: string[];
    try {
      const environment = environmentOf(work.run, prepared.target.environment);
      outputs = resolveOutputs(prepared.target, environment);
      imported = importedNames(prepared.target, environment);
      await checkExports(work.context, stack, outputs);
    } catch (error) {
      work.run.signal.throwIfAborted();
      return failed(work, operation, [], messageOf(error));
    }
    const commit: Change = async (record, tx) => {
      await writeExports(work.context, tx, record, outputs, imported);
      return { ...record, revision: next, outputs, outputsEndpoint: work.context.endpoint, imports: imported };
    };
    if (operation.kind === "create") return finish(work, "CREATE_COMPLETE", undefined, commit);
    return move(work, "cleanup", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", undefined, commit);
  },

  cleanup: async (work, stack) => {
    const graph = stack.revision && (await loadStackRevision(work, stack, stack.revision)).target.graph;
    const failures = await cleanUp(work.run, (record) => graph?.has(record.logicalId) ?? true, isRetained);
    const reason = failures.length > 0 ? "Update successful. One or more resources could not be deleted." : undefined;
    return finish(work, "UPDATE_COMPLETE", reason);
  },

  rollback: async (work, _stack, operation) => {
    if (operation.kind === "create") {
      const failures = await deleteResources(work.run, new Set(work.run.records.keys()), isKeptByRollback(operation));
      return failures.length > 0
        ? finish(work, "ROLLBACK_FAILED", `The following resource(s) failed to delete: [${names(failures)}]. `)
        : finish(work, "ROLLBACK_COMPLETE");
    }
    const failures = await restorePrevious(work.run);
    if (failures.length > 0)
      return finish(work, "UPDATE_ROLLBACK_FAILED", `The following resource(s) failed to update: [${names(failures)}]. `, suspend);
    return move(work, "rollback-cleanup", "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS");
  },

  "rollback-cleanup": async (work, _stack, operation) => {
    const isOlder = (record: ResourceRecord) => record.createdBy !== work.operationId;
    await cleanUp(work.run, isOlder, isKeptByRollback(operation));
    return finish(work, "UPDATE_ROLLBACK_COMPLETE");
  },

  delete: async (work, stack, operation) => {
    for (const output of stack.outputs) {
      const importer = output.exportName === undefined ? undefined : await importerOf(work.context, output.exportName);
      if (importer === undefined) continue;
      const name = await stackNameOf(work.context, importer);
      return finish(work, "DELETE_FAILED", `Delete canceled. Cannot delete export ${output.exportName} as it is in use by ${name}.`);
    }
    const kept = (record: ResourceRecord) => isRetained(record) || operation.retain?.includes(record.logicalId) === true;
    const failures = await deleteResources(work.run, new Set(work.run.records.keys()), kept);
    if (failures.length > 0) {
      return finish(work, "DELETE_FAILED", `The following resource(s) failed to delete: [${names(failures)}]. `);
    }
    return finishDeletion(work);
  },
};

function scopeOf(context: Context, stack: StackRecord): StackScope {
  const { account, region } = context;
  return { account, region, stackId: stack.stackId, stackName: stack.stackName, notificationArns: [] };
}

async function loadStackRevision(work: Work, stack: StackRecord, revision: Revision): Promise<Prepared> {
  const { account, region } = work.context;
  const key = [account, region, uidOf(stack.stackId), revision.templateId] as const;
  const text = await work.context.storage.snapshot((tx) => templates.get(tx, key));
  if (text === undefined) throw validation("The template of the stack is gone.");
  return loadRevision(work.context, work.catalog, scopeOf(work.context, stack), revision, text);
}

/** The deletion policy RetainExceptOnCreate, or the parameter of that name, lets a rollback delete what it has just created. */
function isKeptByRollback(operation: StackOperation): (record: ResourceRecord) => boolean {
  return (record) => record.deletionPolicy === "Retain" && !operation.retainExceptOnCreate;
}

function isRetained(record: ResourceRecord): boolean {
  return record.deletionPolicy !== "Delete";
}

/** What it would take to go on with a rollback stays with the stack. */
const suspend: Change = (stack) => ({ ...stack, ...(stack.operation && { suspended: stack.operation }) });

function names(failures: readonly Failure[]): string {
  return failures.map((failure) => failure.logicalId).join(", ");
}

function failed(work: Work, operation: StackOperation, failures: readonly Failure[], problem?: string): Promise<StackRecord> {
  const created = failures.filter((failure) => failure.status.startsWith("CREATE"));
  const updated = failures.filter((failure) => failure.status.startsWith("UPDATE"));
  const parts = [
    ...(created.length > 0 ? [`The following resource(s) failed to create: [${names(created)}]. `] : []),
    ...(updated.length > 0 ? [`The following resource(s) failed to update: [${names(updated)}]. `] : []),
    ...(problem === undefined ? [] : [problem]),
  ];
  const reason = parts.join("");
  const status = operation.kind === "create" ? "CREATE_FAILED" : "UPDATE_FAILED";
  if (operation.onFailure === "DO_NOTHING") return finish(work, status, reason);
  if (operation.kind === "create" && operation.onFailure === "DELETE")
    return move(work, "delete", "DELETE_IN_PROGRESS", `${reason}Delete requested by user.`);
  const rollback = operation.kind === "create" ? "ROLLBACK_IN_PROGRESS" : "UPDATE_ROLLBACK_IN_PROGRESS";
  return move(work, "rollback", rollback, operation.kind === "create" ? `${reason}Rollback requested by user.` : reason);
}

function move(work: Work, phase: OperationPhase, status: StackStatus, reason?: string, also?: Change): Promise<StackRecord> {
  return moveStack(work.context, work.stackId, work.operationId, async (stack, tx) => {
    const { statusReason: _old, ...rest } = also ? await also(stack, tx) : stack;
    const operation = stack.operation && { ...stack.operation, phase };
    return { ...rest, status, ...(operation && { operation }), ...(reason !== undefined && { statusReason: reason }) };
  });
}

/** Ends the operation. */
function finish(work: Work, status: StackStatus, reason?: string, also?: Change): Promise<StackRecord> {
  const { context } = work;
  return context.storage.transact(async (tx) => {
    const stack = await ownedStack(context, tx, work.stackId, work.operationId);
    await finishChangeSet(context, tx, stack, status);
    const { operation, statusReason: _old, ...rest } = also ? await also(stack, tx) : stack;
    const next: StackRecord = { ...rest, status, ...(reason !== undefined && { statusReason: reason }) };
    return writeStack(context, tx, next, [stackEvent(next, operation?.token)]);
  });
}

async function finishChangeSet(context: Context, tx: Transaction, stack: StackRecord, status: StackStatus): Promise<void> {
  const name = stack.operation?.changeSetName;
  if (name === undefined) return;
  const key = [context.account, context.region, uidOf(stack.stackId), name] as const;
  const changeSet = await changeSets.get(tx, key);
  if (!changeSet) return;
  const isComplete = status === "CREATE_COMPLETE" || status === "UPDATE_COMPLETE";
  changeSets.set(tx, key, { ...changeSet, executionStatus: isComplete ? "EXECUTE_COMPLETE" : "EXECUTE_FAILED" });
}

/** The stack gives its name free; it can be described by its id until it is forgotten. */
function finishDeletion(work: Work): Promise<StackRecord> {
  const { context } = work;
  return context.storage.transact(async (tx) => {
    const stack = await ownedStack(context, tx, work.stackId, work.operationId);
    await finishChangeSet(context, tx, stack, "DELETE_COMPLETE");
    const { operation, statusReason: _old, suspended: _suspended, ...rest } = stack;
    const key = [context.account, context.region, stack.stackName] as const;
    if ((await stackNames.get(tx, key)) === uidOf(stack.stackId)) stackNames.delete(tx, key);
    await writeExports(context, tx, stack, [], []);
    const deletedAtMs = context.clock.now();
    const next: StackRecord = { ...rest, status: "DELETE_COMPLETE", deletedAtMs, outputs: [] };
    const payload = { account: context.account, region: context.region, stackId: stack.stackId };
    const dueAtMs = deletedAtMs + DELETED_STACK_KEPT_MS;
    await context.jobs.enqueue(tx, { type: "cloudformation.forget", lane: stack.stackId, id: stack.stackId, payload, dueAtMs });
    return writeStack(context, tx, next, [stackEvent(next, operation?.token)]);
  });
}

async function stackNameOf(context: Context, uid: string): Promise<string> {
  const stack = await context.storage.snapshot((tx) => stacks.get(tx, [context.account, context.region, uid]));
  return stack?.stackName ?? uid;
}

/** Exports are unique in an account and region, and those in use stay as they are. */
async function checkExports(context: Context, stack: StackRecord, outputs: readonly StackOutput[]): Promise<void> {
  const { account, region } = context;
  const uid = uidOf(stack.stackId);
  const next = new Map(outputs.map((output) => [output.exportName, output.value]));
  for (const name of next.keys()) {
    if (name === undefined) continue;
    const known = await context.storage.snapshot((tx) => exported.get(tx, [account, region, name]));
    if (known && known.stackUid !== uid) {
      throw validation(`Export with name ${name} is already exported by stack ${await stackNameOf(context, known.stackUid)}.`);
    }
  }
  for (const { exportName, value } of outputsOf(context, stack)) {
    if (exportName === undefined || next.get(exportName) === value) continue;
    const importer = await importerOf(context, exportName);
    if (importer === undefined) continue;
    const name = await stackNameOf(context, importer);
    throw validation(`Export ${exportName} cannot be ${next.has(exportName) ? "updated" : "deleted"} as it is in use by ${name}`);
  }
}

async function writeExports(
  context: Context,
  tx: Transaction,
  stack: StackRecord,
  outputs: readonly StackOutput[],
  imported: readonly string[],
): Promise<void> {
  const { account, region } = context;
  const { stackId } = stack;
  const stackUid = uidOf(stackId);
  for (const { exportName } of stack.outputs) if (exportName !== undefined) exported.delete(tx, [account, region, exportName]);
  for (const { exportName, value } of outputs) {
    if (exportName !== undefined) exported.set(tx, [account, region, exportName], { value, endpoint: context.endpoint, stackUid, stackId });
  }
  for (const name of stack.imports ?? []) imports.delete(tx, [account, region, name, stackUid]);
  for (const name of imported) imports.set(tx, [account, region, name, stackUid], true);
}
