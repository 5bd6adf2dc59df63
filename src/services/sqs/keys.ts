// Every key and value of SQS. The decision behind it: docs/decisions/0040-sqs-layout.md.
//
//   sqs queues    account region name                       → QueueRecord
//   sqs messages  account region store visibleAtMs sequence → MessageRecord   one index: who may be received when
//   sqs bodies    account region store sequence             → string          only bodies above INLINE_BODY_BYTES_MAX
//   sqs moved     account region store sequence             → visibleAtMs     only messages whose visibility was changed
//   sqs tallies   account region store                      → TallyRow        counts, without a scan
//   sqs tasks     account region name taskId                → MoveTask
//
// A `store` is the life of a queue's content: PurgeQueue and DeleteQueue give it up at once, and a job clears it.
import { Collection } from "../../storage/collection.ts";

export interface QueueRecord {
  readonly name: string;
  readonly store: string;
  readonly createdAtMs: number;
  readonly modifiedAtMs: number;
  readonly purgedAtMs?: number;
  readonly delaySeconds: number;
  readonly bytesMax: number;
  readonly retentionSeconds: number;
  readonly waitSeconds: number;
  readonly visibilitySeconds: number;
  readonly policy?: string;
  readonly redrive?: RedrivePolicy;
  readonly redriveAllow?: RedriveAllowPolicy;
  readonly kmsKeyId?: string;
  readonly kmsReuseSeconds?: number;
  readonly managedSse: boolean;
  readonly tags: Readonly<Record<string, string>>;
}

export interface RedrivePolicy {
  readonly deadLetterTargetArn: string;
  readonly maxReceiveCount: number;
}

export interface RedriveAllowPolicy {
  readonly redrivePermission: "allowAll" | "denyAll" | "byQueue";
  readonly sourceQueueArns?: readonly string[];
}

export interface StoredAttribute {
  readonly DataType: string;
  readonly StringValue?: string;
  readonly BinaryValue?: Uint8Array;
}

export interface MessageRecord {
  readonly id: string;
  /** Absent when it is in `bodies`. */
  readonly body?: string;
  readonly md5: string;
  readonly sentAtMs: number;
  readonly sender: string;
  readonly attributes?: Readonly<Record<string, StoredAttribute>>;
  readonly trace?: string;
  readonly group?: string;
  /** Receives from this queue: what `maxReceiveCount` counts. */
  readonly receives: number;
  /** Receives from queues that it was in before, as ApproximateReceiveCount counts over all queues. */
  readonly receivesBefore?: number;
  readonly firstReceivedAtMs?: number;
  readonly receivedAtMs?: number;
  /** ARN of the queue that dead-lettered it. */
  readonly deadLetteredBy?: string;
  /** Its visibility was changed: `moved` says where it is. */
  readonly moved?: true;
}

/**
 * The counts of a store. A message becomes visible by time alone, with no transaction: entries at or before the cursor
 * (`settledAtMs`, `settledSequence`) are counted as visible, those after it as delayed or in flight by what they are.
 */
export interface Tally {
  /** The number of the next message. */
  sequence: number;
  visible: number;
  delayed: number;
  inFlight: number;
  settledAtMs: number;
  settledSequence: number;
  /** No entry after the cursor is before this time: until then there is nothing to settle. Infinity when none is. */
  nextAtMs: number;
  /** When the retention sweep is due; null while none is enqueued. */
  sweepAtMs: number | null;
}

/** A tally as it is stored, read and written by every operation on messages: without the names of its members. */
export type TallyRow = readonly [
  sequence: number,
  visible: number,
  delayed: number,
  inFlight: number,
  settledAtMs: number,
  settledSequence: number,
  nextAtMs: number,
  sweepAtMs: number | null,
];

type MoveStatus = "RUNNING" | "COMPLETED" | "CANCELLING" | "CANCELLED" | "FAILED";

export interface MoveTask {
  readonly id: string;
  readonly sourceArn: string;
  readonly destinationArn?: string;
  readonly rate?: number;
  readonly status: MoveStatus;
  readonly startedAtMs: number;
  readonly moved: number;
  readonly toMove: number;
  readonly failure?: string;
}

export type MessageKey = readonly [account: string, region: string, store: string, visibleAtMs: number, sequence: number];

export const queues = new Collection<readonly [account: string, region: string, name: string], QueueRecord>("sqs", "queues");
export const messages = new Collection<MessageKey, MessageRecord>("sqs", "messages");
export const bodies = new Collection<readonly [account: string, region: string, store: string, sequence: number], string>("sqs", "bodies");
export const moved = new Collection<readonly [account: string, region: string, store: string, sequence: number], number>("sqs", "moved");
export const tallies = new Collection<readonly [account: string, region: string, store: string], TallyRow>("sqs", "tallies");
export const tasks = new Collection<readonly [account: string, region: string, name: string, taskId: string], MoveTask>("sqs", "tasks");
