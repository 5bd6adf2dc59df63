// The engine: makes resources what a template says, one durable step at a time. It knows stacks only through its journal,
// and every step may run again after a crash. It must never decide what happens after a failure: its caller does.
import type { Context } from "../contract/context.ts";
import type { ResourceRequest, ResourceState, ResourceType } from "../contract/resource.ts";
import { messageOf } from "../kernel/errors.ts";
import { RESOURCES_AT_ONCE } from "./limits.ts";
import { generatedName } from "./names.ts";
import { decide, type ExistingResource, inOrder, isCustomNamed, type ResourceTypes, resolvedProperties, type Target } from "./plan.ts";
import type { Json, JsonObject } from "./template/document.ts";
import type { Environment } from "./template/intrinsics.ts";
import type { StackScope } from "./template/parameters.ts";
import type { DeletionPolicy, TemplateResource } from "./template/template.ts";

export type ResourceStatus = `${"CREATE" | "UPDATE" | "DELETE"}_${"IN_PROGRESS" | "COMPLETE" | "FAILED"}` | "DELETE_SKIPPED";

/** A physical resource, as it can be restored or deleted. */
interface Physical {
  readonly physicalId: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly properties: JsonObject;
  readonly generation: number;
}

/** What is stored of one resource of a stack. Plain data. */
export interface ResourceRecord extends ExistingResource {
  readonly logicalId: string;
  readonly properties: JsonObject;
  readonly status: ResourceStatus;
  readonly statusReason?: string;
  readonly generation: number;
  readonly dependsOn: readonly string[];
  readonly deletionPolicy: DeletionPolicy;
  readonly updateReplacePolicy: "Delete" | "Retain";
  readonly metadata?: Json;
  readonly updatedAtMs: number;
  /** The operation that created the logical resource: a rollback of it removes the resource again. */
  readonly createdBy: string;
  /** What it was before the operation that runs, until that is over; after a replacement the old physical resource. */
  readonly previous?: Physical;
  /** The physical resource that a rollback gave up. */
  readonly discarded?: Physical;
}

interface ResourceEvent {
  readonly logicalId: string;
  readonly type: string;
  readonly physicalId?: string;
  readonly status: ResourceStatus;
  readonly reason?: string;
  /** Properties as text, with secrets masked. */
  readonly properties?: string;
}

/** One durable step: what it writes is written together. */
export interface Step {
  readonly put?: ResourceRecord;
  readonly remove?: string;
  readonly events?: readonly ResourceEvent[];
}

/** Another operation has taken the stack over: the run that finds out ends, and says nothing. */
export class Superseded extends Error {
  override readonly name = "Superseded";
}

export interface Journal {
  /** Throws Superseded when another operation has taken the stack over. */
  write(step: Step): Promise<void>;
}

export interface Run {
  readonly context: Context;
  readonly scope: StackScope;
  readonly operationId: string;
  /** What exists; kept up to date with the journal. */
  readonly records: Map<string, ResourceRecord>;
  readonly types: ResourceTypes;
  readonly journal: Journal;
  /** Aborted when the platform stops: the run throws, to be repeated. */
  readonly signal: AbortSignal;
}

export interface Failure {
  readonly logicalId: string;
  readonly status: ResourceStatus;
  readonly reason: string;
}

/** The environment of a run: resources as they are now. */
export function environmentOf(run: Run, environment: Omit<Environment, "ref" | "attribute">): Environment {
  return {
    ...environment,
    ref: (id) => run.records.get(id)?.physicalId,
    attribute: (id, name) => run.records.get(id)?.attributes[name],
  };
}

/** Creates, updates and replaces until resources are as the target says; the failures, none when all went well. Removes nothing. */
export async function applyTarget(run: Run, target: Target): Promise<Failure[]> {
  const failures: Failure[] = [];
  await inParallel(run, target.graph, async (id) => {
    if (failures.length > 0) return false;
    const failure = await applyResource(run, target, id, () => failures.length > 0);
    if (failure) failures.push(failure);
    return failure === undefined;
  });
  return failures;
}

async function applyResource(run: Run, target: Target, id: string, cancelled: () => boolean): Promise<Failure | undefined> {
  const resource = target.template.resources[id];
  const type = resource && run.types.get(resource.type);
  if (!resource || !type) return { logicalId: id, status: "CREATE_FAILED", reason: `Unrecognized resource type: ${resource?.type}` };
  const before = run.records.get(id);
  const draft = draftOf(run, target, id, resource, before);
  let properties: JsonObject;
  let shown: string;
  try {
    properties = await target.complete(resolvedProperties(resource, environmentOf(run, target.environment)));
    shown = JSON.stringify(resolvedProperties(resource, environmentOf(run, target.shown)));
  } catch (error) {
    run.signal.throwIfAborted();
    const status = before?.physicalId === undefined ? "CREATE_FAILED" : "UPDATE_FAILED";
    return failStep(run, { ...draft, status }, messageOf(error));
  }
  const decision = decide(before, type, properties);
  if (decision.action === "none") return settle(run, draft);
  if (decision.action === "modify" && before?.physicalId !== undefined) {
    return modify(run, type, { ...draft, previous: draft.previous ?? physicalOf(before, before.physicalId) }, properties, shown, cancelled);
  }
  if (decision.action === "replace" && before && isCustomNamed(type, before.properties, properties)) {
    const name = `CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename ${before.physicalId} and update the stack again.`;
    return failStep(run, { ...draft, status: "UPDATE_FAILED" }, name);
  }
  return create(run, type, draft, decision.action === "replace" ? before : undefined, properties, shown, cancelled);
}

/** The record as the template now describes it, before anything has been done. */
function draftOf(run: Run, target: Target, id: string, resource: TemplateResource, before?: ResourceRecord): ResourceRecord {
  return {
    logicalId: id,
    type: resource.type,
    attributes: before?.attributes ?? {},
    properties: before?.properties ?? {},
    status: before?.status ?? "CREATE_IN_PROGRESS",
    generation: before?.generation ?? 0,
    dependsOn: target.graph.get(id) ?? [],
    deletionPolicy: resource.deletionPolicy,
    updateReplacePolicy: resource.updateReplacePolicy,
    updatedAtMs: before?.updatedAtMs ?? run.context.clock.now(),
    createdBy: before?.createdBy ?? run.operationId,
    ...(resource.metadata !== undefined && { metadata: resource.metadata }),
    ...(before?.physicalId !== undefined && { physicalId: before.physicalId }),
    ...(before?.previous !== undefined && { previous: before.previous }),
  };
}

/** Nothing to do but to remember what the template says besides properties (policies, metadata, dependencies). */
async function settle(run: Run, draft: ResourceRecord): Promise<undefined> {
  const before = run.records.get(draft.logicalId);
  const interrupted = draft.status === "UPDATE_IN_PROGRESS" || draft.status === "UPDATE_FAILED" || draft.status === "CREATE_FAILED";
  const status = draft.status === "CREATE_FAILED" ? "CREATE_COMPLETE" : interrupted ? "UPDATE_COMPLETE" : draft.status;
  const record: ResourceRecord = { ...draft, status };
  if (JSON.stringify(before) !== JSON.stringify(record)) await put(run, record, interrupted ? [eventOf(record)] : []);
  return undefined;
}

async function modify(
  run: Run,
  type: ResourceType,
  draft: ResourceRecord,
  properties: JsonObject,
  shown: string,
  cancelled: () => boolean,
): Promise<Failure | undefined> {
  const started = stamp(run, { ...draft, status: "UPDATE_IN_PROGRESS" });
  await put(run, started, [{ ...eventOf(started), properties: shown }]);
  let state: ResourceState;
  try {
    state = await type.update(run.context, requestOf(run, started), stateOf(started), properties, started.properties);
  } catch (error) {
    run.signal.throwIfAborted();
    return failStep(run, { ...started, status: "UPDATE_FAILED" }, messageOf(error), shown);
  }
  const record = stamp(run, { ...started, ...state, attributes: { ...state.attributes }, properties, status: "UPDATE_COMPLETE" });
  const note = noteIgnored(run, type, record);
  if (cancelled()) return failStep(run, { ...record, status: "UPDATE_FAILED" }, "Resource update cancelled", shown);
  await put(run, record, [{ ...eventOf(record), ...note, properties: shown }]);
  return undefined;
}

async function create(
  run: Run,
  type: ResourceType,
  draft: ResourceRecord,
  replaced: ResourceRecord | undefined,
  properties: JsonObject,
  shown: string,
  cancelled: () => boolean,
): Promise<Failure | undefined> {
  const { physicalId: _old, ...rest } = draft;
  const previous = rest.previous ?? (replaced?.physicalId === undefined ? undefined : physicalOf(replaced, replaced.physicalId));
  // A record that has something to go back to is a resource being updated, even when a crash left no new physical id yet.
  const verb = previous ? "UPDATE" : "CREATE";
  const started: ResourceRecord = stamp(run, {
    ...rest,
    attributes: {},
    generation: replaced ? draft.generation + 1 : draft.generation,
    ...(previous !== undefined && { previous }),
    status: `${verb}_IN_PROGRESS`,
  });
  const reason = previous && { reason: "Requested update requires the creation of a new physical resource; hence creating one." };
  const shownId = previous && { physicalId: previous.physicalId };
  await put(run, started, [{ ...eventOf(started), ...shownId, ...reason, properties: shown }]);
  let state: ResourceState;
  try {
    state = await type.create(run.context, requestOf(run, started), properties);
  } catch (error) {
    run.signal.throwIfAborted();
    return failStep(run, { ...started, status: `${verb}_FAILED` }, messageOf(error), shown);
  }
  const record = stamp(run, { ...started, ...state, attributes: { ...state.attributes }, properties, status: `${verb}_COMPLETE` });
  const note = noteIgnored(run, type, record);
  if (cancelled()) {
    return failStep(run, { ...record, status: `${verb}_FAILED` }, `Resource ${previous ? "update" : "creation"} cancelled`, shown);
  }
  const initiated = { ...eventOf(record), status: started.status, reason: "Resource creation Initiated", properties: shown };
  try {
    await put(run, record, [initiated, { ...eventOf(record), ...note, properties: shown }]);
  } catch (error) {
    // Nobody will know of the new resource: it goes at once.
    if (error instanceof Superseded) await type.delete(run.context, requestOf(run, started), state, properties);
    throw error;
  }
  return undefined;
}

/** Properties that are accepted without effect: in the ledger, and as the reason of the event, so that it can be said aloud. */
function noteIgnored(run: Run, type: ResourceType, record: ResourceRecord): { reason?: string } {
  const ignored = Object.keys(record.properties).filter((name) => type.ignored?.includes(name));
  for (const parameter of ignored) {
    run.context.ledger.add({
      service: "cloudformation",
      operation: record.type,
      parameter,
      note: "The property is recorded and has no effect.",
    });
  }
  return ignored.length === 0 ? {} : { reason: `No effect on Hearth: ${ignored.join(", ")}` };
}

async function failStep(run: Run, record: ResourceRecord, reason: string, shown?: string): Promise<Failure> {
  const failed = stamp(run, { ...record, statusReason: reason });
  await put(run, failed, [{ ...eventOf(failed), ...(shown !== undefined && { properties: shown }) }]);
  return { logicalId: record.logicalId, status: record.status, reason };
}

/** Brings every resource that the operation changed back to what it was; what it created is left for `cleanUp`. */
export async function restorePrevious(run: Run): Promise<Failure[]> {
  const failures: Failure[] = [];
  const changed = [...run.records.values()].filter((record) => record.previous !== undefined);
  const graph = new Map(changed.map((record) => [record.logicalId, record.dependsOn]));
  await inParallel(run, graph, async (id) => {
    const record = run.records.get(id);
    const failure = record?.previous && (await restore(run, record, record.previous));
    if (failure) failures.push(failure);
    return failure === undefined;
  });
  return failures;
}

async function restore(run: Run, record: ResourceRecord, previous: Physical): Promise<Failure | undefined> {
  const { previous: _previous, statusReason: _reason, ...rest } = record;
  if (record.physicalId !== previous.physicalId) {
    const discarded = record.physicalId === undefined ? undefined : physicalOf(record, record.physicalId);
    const restored = stamp(run, { ...rest, ...previous, status: "UPDATE_COMPLETE", ...(discarded && { discarded }) });
    const started = { ...eventOf(restored), status: "UPDATE_IN_PROGRESS" as const };
    await put(run, restored, [started, eventOf(restored)]);
    return undefined;
  }
  const type = run.types.get(record.type);
  const started = stamp(run, { ...rest, previous, status: "UPDATE_IN_PROGRESS" });
  await put(run, started, [eventOf(started)]);
  let state: ResourceState | undefined;
  try {
    state = await type?.update(run.context, requestOf(run, started), stateOf(record), previous.properties, record.properties);
  } catch (error) {
    run.signal.throwIfAborted();
    return failStep(run, { ...started, status: "UPDATE_FAILED" }, messageOf(error));
  }
  const restored = stamp(run, { ...rest, ...previous, ...(state && { attributes: { ...state.attributes } }), status: "UPDATE_COMPLETE" });
  await put(run, restored, [eventOf(restored)]);
  return undefined;
}

/**
 * Removes what no longer belongs to the stack: logical resources that `belongs` refuses, and physical ones that were
 * replaced or given up. Failures are reported and their physical resources forgotten, as CloudFormation does after an update.
 */
export async function cleanUp(
  run: Run,
  belongs: (record: ResourceRecord) => boolean,
  isRetained: (record: ResourceRecord) => boolean,
): Promise<Failure[]> {
  const leaving = new Set([...run.records.values()].filter((record) => !belongs(record)).map((record) => record.logicalId));
  const failures = await deleteResources(run, leaving, isRetained, true);
  const graph = new Map([...run.records.values()].map((record) => [record.logicalId, record.dependsOn]));
  for (const id of inOrder(graph).reverse()) {
    const record = run.records.get(id);
    if (!record?.previous && !record?.discarded) continue;
    const { previous, discarded, ...rest } = record;
    const isReplaced = previous !== undefined && previous.physicalId !== record.physicalId && record.physicalId !== undefined;
    const old = isReplaced ? await deletePhysical(run, { ...rest, ...previous }, record.updateReplacePolicy) : undefined;
    const given = discarded && (await deletePhysical(run, { ...rest, ...discarded }, "Delete"));
    failures.push(...[old, given].filter((failure) => failure !== undefined));
    await put(run, rest, []);
  }
  return failures;
}

/** Deletes resources, each after those that depend on it. Those that are retained are forgotten without being deleted. */
export async function deleteResources(
  run: Run,
  ids: ReadonlySet<string>,
  isRetained: (record: ResourceRecord) => boolean,
  forgetFailed = false,
): Promise<Failure[]> {
  const failures: Failure[] = [];
  const records = [...run.records.values()].filter((record) => ids.has(record.logicalId));
  const dependents = new Map<string, string[]>(records.map((record) => [record.logicalId, []]));
  for (const record of records) for (const id of record.dependsOn) dependents.get(id)?.push(record.logicalId);
  await inParallel(run, dependents, async (id) => {
    const record = run.records.get(id);
    if (!record) return true;
    const failure = await deletePhysical(run, record, isRetained(record) ? "Retain" : "Delete");
    if (failure) failures.push(failure);
    if (failure && !forgetFailed) return false;
    await run.journal.write({ remove: id });
    run.records.delete(id);
    return true;
  });
  return failures;
}

async function deletePhysical(run: Run, record: ResourceRecord, policy: DeletionPolicy): Promise<Failure | undefined> {
  const known = run.records.get(record.logicalId);
  const isCurrent = known?.physicalId === record.physicalId;
  const write = (status: ResourceStatus, reason?: string): Promise<void> => {
    const { statusReason: _old, ...rest } = record;
    const next = stamp(run, { ...rest, status, ...(reason !== undefined && { statusReason: reason }) });
    return isCurrent ? put(run, next, [eventOf(next)]) : run.journal.write({ events: [eventOf(next)] });
  };
  if (policy === "Retain") {
    await write("DELETE_SKIPPED");
    return undefined;
  }
  await write("DELETE_IN_PROGRESS");
  try {
    if (record.physicalId !== undefined) {
      await run.types.get(record.type)?.delete(run.context, requestOf(run, record), stateOf(record), record.properties);
    }
  } catch (error) {
    run.signal.throwIfAborted();
    const reason = messageOf(error);
    await write("DELETE_FAILED", reason);
    return { logicalId: record.logicalId, status: "DELETE_FAILED", reason };
  }
  await write("DELETE_COMPLETE");
  return undefined;
}

/** Runs `step` for every node after those that it needs; where a step says false, what needs it does not run. */
async function inParallel(run: Run, graph: ReadonlyMap<string, readonly string[]>, step: (id: string) => Promise<boolean>): Promise<void> {
  const waiting = new Map([...graph].map(([id, needs]) => [id, new Set(needs.filter((need) => graph.has(need)))]));
  const running = new Map<string, Promise<void>>();
  let thrown: unknown;
  const start = (id: string): void => {
    waiting.delete(id);
    const done = step(id).then(
      (ok) => {
        if (ok) for (const needs of waiting.values()) needs.delete(id);
      },
      (error: unknown) => {
        thrown ??= error ?? new Error("a step failed");
      },
    );
    running.set(
      id,
      done.finally(() => running.delete(id)),
    );
  };
  for (;;) {
    run.signal.throwIfAborted();
    if (thrown === undefined) {
      for (const [id, needs] of [...waiting]) if (needs.size === 0 && running.size < RESOURCES_AT_ONCE) start(id);
    }
    if (running.size === 0) break;
    await Promise.race(running.values());
  }
  if (thrown !== undefined) throw thrown;
}

async function put(run: Run, record: ResourceRecord, events: readonly ResourceEvent[]): Promise<void> {
  await run.journal.write({ put: record, events });
  run.records.set(record.logicalId, record);
}

function stamp(run: Run, record: ResourceRecord): ResourceRecord {
  return { ...record, updatedAtMs: run.context.clock.now() };
}

function eventOf(record: ResourceRecord): ResourceEvent {
  return {
    logicalId: record.logicalId,
    type: record.type,
    status: record.status,
    ...(record.physicalId !== undefined && { physicalId: record.physicalId }),
    ...(record.statusReason !== undefined && { reason: record.statusReason }),
  };
}

function physicalOf(record: ResourceRecord, physicalId: string): Physical {
  return { physicalId, attributes: record.attributes, properties: record.properties, generation: record.generation };
}

function stateOf(record: ResourceRecord): ResourceState {
  return { physicalId: record.physicalId ?? "", attributes: record.attributes };
}

function requestOf(run: Run, record: ResourceRecord): ResourceRequest {
  const { stackId, stackName } = run.scope;
  const { logicalId, generation } = record;
  return {
    stackName,
    stackId,
    logicalId,
    generatedName: (maxLength, options) => generatedName({ stackId, stackName, logicalId, generation }, maxLength, options),
  };
}
