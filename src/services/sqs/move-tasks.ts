// Message move tasks: a dead-letter queue's messages go back to where they came from, or elsewhere, by a job.
// Every message leaves one queue and enters the other in the same transaction.
import type { Context } from "../../contract/context.ts";
import { defineJob, type JobScope, type OperationOf } from "../../contract/service.ts";
import { AwsError } from "../../kernel/errors.ts";
import { uuid } from "../../kernel/ids.ts";
import type { ReadTransaction, Transaction } from "../../storage/transaction.ts";
import { invalidParameter, invalidValue, noSuchResource } from "./errors.ts";
import { type MessageRecord, type MoveTask, type QueueRecord, queues, tasks } from "./keys.ts";
import { MOVE_ENTRIES_MAX, MOVE_RATE_MAX, MOVE_TASKS_LISTED_MAX, QUEUE_SCAN_PAGE } from "./limits.ts";
import { addressOfArn, arnOf, findQueue, type QueueAddress } from "./queue-address.ts";
import { planSweep } from "./retention.ts";
import { add, bodyOf, claimVisible, closeStore, type OpenStore, openStore, remove, type StoredMessage } from "./store.ts";

interface MovePayload extends JobScope {
  readonly name: string;
  readonly taskId: string;
}

export const startMessageMoveTask: OperationOf<"sqs", "StartMessageMoveTask"> = async (context, input) => {
  const source = addressOfArn(input.SourceArn);
  if (!source)
    throw invalidParameter(
      "You must use this format to specify the SourceArn: arn:<partition>:<service>:<region>:<account-id>:<resource-id>",
    );
  const rate = input.MaxNumberOfMessagesPerSecond;
  if (rate !== undefined && !(rate >= 1 && rate <= MOVE_RATE_MAX)) {
    throw invalidValue(rate, "MaxNumberOfMessagesPerSecond", `Must be between 1 and ${MOVE_RATE_MAX}, if provided.`);
  }
  const destination = input.DestinationArn === undefined ? undefined : addressOfArn(input.DestinationArn);
  if (input.DestinationArn !== undefined && !destination) {
    throw invalidParameter(
      "You must use this format to specify the DestinationArn: arn:<partition>:<service>:<region>:<account-id>:<resource-id>",
    );
  }
  if (destination && arnOf(destination) === arnOf(source)) {
    throw invalidParameter("The source queue and the destination queue of a message move task must differ.");
  }
  const id = uuid(context.random);
  await context.storage.transact(async (tx) => {
    const queue = await findQueue(tx, source);
    if (!queue) throw noSuchResource("SourceArn");
    if (destination && !(await findQueue(tx, destination))) throw noSuchResource("DestinationArn");
    if (!(await isDeadLetterQueue(tx, source))) throw invalidParameter("Source queue must be configured as a Dead Letter Queue.");
    const earlier = await tasks.scan(tx, placeOf(source), { limit: QUEUE_SCAN_PAGE });
    if (earlier.some(({ value }) => value.status === "RUNNING" || value.status === "CANCELLING")) {
      throw new AwsError(
        "UnsupportedOperation",
        "There is already a task running. Only one active task is allowed for a source queue arn at a given time.",
      );
    }
    const newestFirst = earlier.sort((a, b) => b.value.startedAtMs - a.value.startedAtMs);
    for (const { key } of newestFirst.slice(MOVE_TASKS_LISTED_MAX - 1)) tasks.delete(tx, key);
    const open = await openStore(tx, source, queue.store, context.clock.now());
    const { visible, delayed, inFlight } = open.tally;
    const task: MoveTask = {
      id,
      sourceArn: input.SourceArn,
      status: "RUNNING",
      startedAtMs: context.clock.now(),
      moved: 0,
      toMove: visible + delayed + inFlight,
      ...(input.DestinationArn !== undefined && { destinationArn: input.DestinationArn }),
      ...(rate !== undefined && { rate }),
    };
    tasks.set(tx, [...placeOf(source), id], task);
    const payload: MovePayload = { ...source, taskId: id };
    await context.jobs.enqueue(tx, { type: "sqs.move", lane: input.SourceArn, id, payload });
  });
  return { TaskHandle: handleOf(id, input.SourceArn) };
};

const placeOf = (address: QueueAddress) => [address.account, address.region, address.name] as const;

const handleOf = (taskId: string, sourceArn: string): string => Buffer.from(JSON.stringify({ taskId, sourceArn })).toString("base64");

async function isDeadLetterQueue(tx: ReadTransaction, address: QueueAddress): Promise<boolean> {
  const arn = arnOf(address);
  const { account, region } = address;
  let after: string | undefined;
  for (;;) {
    const found = await queues.scan(tx, [account, region], {
      limit: QUEUE_SCAN_PAGE,
      ...(after !== undefined && { after: [account, region, after] as const }),
    });
    if (found.some(({ value }) => value.redrive?.deadLetterTargetArn === arn)) return true;
    if (found.length < QUEUE_SCAN_PAGE) return false;
    after = found.at(-1)?.value.name;
  }
}

export const listMessageMoveTasks: OperationOf<"sqs", "ListMessageMoveTasks"> = async (context, input) => {
  const limit = input.MaxResults ?? 1;
  if (!(limit >= 1 && limit <= MOVE_TASKS_LISTED_MAX)) {
    throw invalidValue(limit, "MaxResults", `Must be between 1 and ${MOVE_TASKS_LISTED_MAX}, if provided.`);
  }
  const source = addressOfArn(input.SourceArn);
  const found = await context.storage.snapshot(async (tx) => {
    if (!source || !(await findQueue(tx, source))) throw noSuchResource("SourceArn");
    return tasks.scan(tx, placeOf(source), { limit: QUEUE_SCAN_PAGE });
  });
  const newestFirst = found.map(({ value }) => value).sort((a, b) => b.startedAtMs - a.startedAtMs);
  return {
    Results: newestFirst.slice(0, limit).map((task) => ({
      ...(task.status === "RUNNING" && { TaskHandle: handleOf(task.id, task.sourceArn) }),
      Status: task.status,
      SourceArn: task.sourceArn,
      ...(task.destinationArn !== undefined && { DestinationArn: task.destinationArn }),
      ...(task.rate !== undefined && { MaxNumberOfMessagesPerSecond: task.rate }),
      ApproximateNumberOfMessagesMoved: task.moved,
      ApproximateNumberOfMessagesToMove: task.toMove,
      ...(task.failure !== undefined && { FailureReason: task.failure }),
      StartedTimestamp: task.startedAtMs,
    })),
  };
};

export const cancelMessageMoveTask: OperationOf<"sqs", "CancelMessageMoveTask"> = async (context, input) => {
  const handle = parseHandle(input.TaskHandle);
  const source = handle && addressOfArn(handle.sourceArn);
  if (!source) throw invalidParameter("Value for parameter TaskHandle is invalid.");
  const count = await context.storage.transact(async (tx) => {
    const task = await tasks.get(tx, [...placeOf(source), handle.taskId]);
    if (!task) throw new AwsError("ResourceNotFoundException", "Task does not exist.", { status: 404 });
    if (task.status !== "RUNNING") {
      throw new AwsError("UnsupportedOperation", `Only active tasks can be cancelled: this one is ${task.status}.`);
    }
    tasks.set(tx, [...placeOf(source), task.id], { ...task, status: "CANCELLING" });
    return task.moved;
  });
  return { ApproximateNumberOfMessagesMoved: count };
};

function parseHandle(handle: string): { taskId: string; sourceArn: string } | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(handle, "base64").toString());
    if (typeof value !== "object" || value === null || !("taskId" in value) || !("sourceArn" in value)) return undefined;
    return { taskId: String(value.taskId), sourceArn: String(value.sourceArn) };
  } catch {
    return undefined;
  }
}

/** Moves a batch, and comes again: a second later when the task has a rate, at once when it has none. */
export const move = defineJob<MovePayload>({
  concurrency: 2,
  leaseMs: 30_000,
  retry: { attemptsMax: Number.POSITIVE_INFINITY, backoffMs: 1_000, backoffMsMax: 60_000 },
  run: (context, payload) =>
    context.storage.transact(async (tx) => {
      const place = [...placeOf(payload), payload.taskId] as const;
      const task = await tasks.get(tx, place);
      const queue = await findQueue(tx, payload);
      if (!task || !queue) return;
      if (task.status === "CANCELLING") tasks.set(tx, place, { ...task, status: "CANCELLED" });
      if (task.status !== "RUNNING") return;
      const open = await openStore(tx, payload, queue.store, context.clock.now());
      const found = await claimVisible(tx, open, task.rate ?? MOVE_ENTRIES_MAX);
      let count = 0;
      let failure: string | undefined;
      for (const message of found) {
        failure = await moveOne(context, tx, open, message, task);
        if (failure !== undefined) break;
        count++;
      }
      closeStore(tx, open);
      const moved = task.moved + count;
      if (failure !== undefined) {
        tasks.set(tx, place, { ...task, moved, status: "FAILED", failure });
        return;
      }
      if (found.length === 0) {
        tasks.set(tx, place, { ...task, moved, status: "COMPLETED" });
        return;
      }
      tasks.set(tx, place, { ...task, moved });
      return { kind: "again", dueAtMs: context.clock.now() + (task.rate === undefined ? 0 : 1000) };
    }),
});

/** Why the message could not be moved, in AWS's words; undefined when it was. A moved message is a new one: id, age and counts begin again. */
async function moveOne(
  context: Context,
  tx: Transaction,
  open: OpenStore,
  message: StoredMessage,
  task: MoveTask,
): Promise<string | undefined> {
  const arn = task.destinationArn ?? message.record.deadLetteredBy;
  if (arn === undefined) return "CouldNotDetermineMessageSource";
  const target = addressOfArn(arn);
  const queue: QueueRecord | undefined = target && (await findQueue(tx, target));
  if (!target || !queue) return "AWS.SimpleQueueService.NonExistentQueue";
  const body = await bodyOf(tx, open, message);
  remove(tx, open, message);
  const { md5, sender, attributes, trace, group } = message.record;
  const targetStore = await openStore(tx, target, queue.store, open.nowMs);
  const record: MessageRecord = {
    id: uuid(context.random),
    md5,
    sentAtMs: targetStore.nowMs,
    sender,
    receives: 0,
    ...(attributes && { attributes }),
    ...(trace !== undefined && { trace }),
    ...(group !== undefined && { group }),
  };
  add(tx, targetStore, record, body, targetStore.nowMs + queue.delaySeconds * 1000);
  await planSweep(context, tx, target, queue, targetStore, record.sentAtMs);
  closeStore(tx, targetStore);
  return undefined;
}
