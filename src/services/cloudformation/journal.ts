// The durable steps of a stack operation: each writes the stack, its resources and its events in one transaction, and
// only as long as the operation is still the stack's own.
import type { Context } from "../../contract/context.ts";
import { type Journal, type ResourceRecord, Superseded } from "../../deploy/engine.ts";
import { uuid } from "../../kernel/ids.ts";
import { readdressed } from "../../kernel/own-address.ts";
import type { Transaction } from "../../storage/transaction.ts";
import { type EventRecord, events, resources, type StackOutput, type StackRecord, stackNames, stacks } from "./keys.ts";
import { STACK_RESOURCES_MAX } from "./limits.ts";

/** The part of a stack's id that is its own: the last. */
export function uidOf(stackId: string): string {
  return stackId.slice(stackId.lastIndexOf("/") + 1);
}

type NewEvent = Omit<EventRecord, "eventId" | "atMs" | "physicalId"> & { readonly physicalId?: string | undefined };

/** Writes a stack with the events that go with it. Returns the record as written. */
export function writeStack(context: Context, tx: Transaction, stack: StackRecord, added: readonly NewEvent[]): StackRecord {
  const { account, region } = context;
  const uid = uidOf(stack.stackId);
  let sequence = stack.eventsCount;
  for (const event of added) {
    const atMs = context.clock.now();
    const isStack = event.type === "AWS::CloudFormation::Stack";
    // A resource may pass through the same status twice within a millisecond: the number keeps its events apart.
    const eventId = isStack ? uuid(context.random) : `${event.logicalId}-${event.status}-${new Date(atMs).toISOString()}-${sequence}`;
    events.set(tx, [account, region, uid, sequence++], { ...event, eventId, atMs, physicalId: event.physicalId ?? "" });
  }
  const written = { ...stack, eventsCount: sequence };
  stacks.set(tx, [account, region, uid], written);
  return written;
}

/** The event that tells of the stack itself. */
export function stackEvent(stack: StackRecord, token: string | undefined = stack.operation?.token): NewEvent {
  return {
    logicalId: stack.stackName,
    physicalId: stack.stackId,
    type: "AWS::CloudFormation::Stack",
    status: stack.status,
    ...(stack.statusReason !== undefined && { reason: stack.statusReason }),
    ...(token !== undefined && { token }),
  };
}

/** The stack, when the operation is still its own. Throws Superseded otherwise. */
export async function ownedStack(context: Context, tx: Transaction, stackId: string, operationId: string): Promise<StackRecord> {
  const stack = await stacks.get(tx, [context.account, context.region, uidOf(stackId)]);
  if (stack?.operation?.id !== operationId) throw new Superseded("another operation has taken the stack over");
  return stack;
}

export function openJournal(context: Context, stackId: string, operationId: string): Journal {
  const { account, region } = context;
  const uid = uidOf(stackId);
  return {
    write: (step) =>
      context.storage.transact(async (tx) => {
        const stack = await ownedStack(context, tx, stackId, operationId);
        const token = stack.operation?.token;
        if (step.put) resources.set(tx, [account, region, uid, step.put.logicalId], { ...step.put, endpoint: context.endpoint });
        if (step.remove !== undefined) resources.delete(tx, [account, region, uid, step.remove]);
        const added = (step.events ?? []).map((event) => ({ ...event, ...(token !== undefined && { token }) }));
        if (added.length > 0) writeStack(context, tx, stack, added);
      }),
  };
}

/** Changes the stack and tells of its new status. */
export function moveStack(
  context: Context,
  stackId: string,
  operationId: string,
  change: (stack: StackRecord, tx: Transaction) => StackRecord | Promise<StackRecord>,
): Promise<StackRecord> {
  return context.storage.transact(async (tx) => {
    const stack = await ownedStack(context, tx, stackId, operationId);
    const next = await change(stack, tx);
    return writeStack(context, tx, next, next.status === stack.status ? [] : [stackEvent(next, stack.operation?.token)]);
  });
}

/** The resources of a stack, by logical id. */
export async function recordsOf(context: Context, stackId: string): Promise<Map<string, ResourceRecord>> {
  const prefix = [context.account, context.region, uidOf(stackId)];
  const found = await context.storage.snapshot((tx) => resources.scan(tx, prefix, { limit: STACK_RESOURCES_MAX }));
  return new Map(
    found.map(({ value: { endpoint, ...record } }) => [record.logicalId, readdressed(record, endpoint, context.endpoint)] as const),
  );
}

/** What a stack puts out, with addresses of the platform as they are now. */
export function outputsOf(context: Context, stack: StackRecord): readonly StackOutput[] {
  return readdressed(stack.outputs, stack.outputsEndpoint, context.endpoint);
}

/** A stack by name (the one that has it now) or by id (deleted ones too). */
export function findStack(context: Context, nameOrId: string): Promise<StackRecord | undefined> {
  const { account, region } = context;
  return context.storage.snapshot(async (tx) => {
    const uid = nameOrId.startsWith("arn:") ? uidOf(nameOrId) : await stackNames.get(tx, [account, region, nameOrId]);
    return uid === undefined ? undefined : stacks.get(tx, [account, region, uid]);
  });
}
