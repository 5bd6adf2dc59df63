// The job behind an event source mapping for SQS: receives batches, invokes the function, deletes what was done. A message is
// deleted only after the function's answer; a crash before that shows it again once its visibility timeout is over.
import type { Context } from "../../contract/context.ts";
import { defineJob, type JobScope } from "../../contract/service.ts";
import type { Attempt, Completion } from "../../jobs/job.ts";
import { delay } from "../../kernel/clock.ts";
import { AwsError } from "../../kernel/errors.ts";
import { parseArn } from "../../kernel/ids.ts";
import type { Transaction } from "../../storage/transaction.ts";
import { queueUrl } from "./async.ts";
import { matchesAny } from "./filters.ts";
import { type MappingRecord, type MappingState, mappings } from "./keys.ts";
import {
  DELETE_ATTEMPTS_MAX,
  MAPPINGS_MAX,
  POLL_LEASE_MS,
  POLL_WAIT_MS,
  POLL_WAIT_MS_MAX,
  SQS_BATCHES_MAX,
  SQS_LISTENERS_MAX,
  SQS_RECEIVE_MAX,
  SQS_WAIT_SECONDS,
  SYNC_PAYLOAD_BYTES_MAX,
} from "./limits.ts";
import { failedIds, type Message, recordOf } from "./sqs-batch.ts";

export interface PollJob extends JobScope {
  readonly uuid: string;
}

export const pollJob = defineJob<PollJob>({
  concurrency: MAPPINGS_MAX,
  leaseMs: POLL_LEASE_MS,
  retry: { attemptsMax: Number.POSITIVE_INFINITY, backoffMs: POLL_WAIT_MS, backoffMsMax: POLL_WAIT_MS_MAX },
  run: runMapping,
});

async function runMapping(context: Context, job: PollJob, attempt: Attempt): Promise<Completion | void> {
  const key: [string, string, string] = [job.account, job.region, job.uuid];
  const record = await context.storage.transact(async (tx) => {
    const now = await mappings.get(tx, key);
    if (!now) return undefined;
    const settled = SETTLED[now.state];
    if (settled === undefined) mappings.delete(tx, key);
    else if (settled !== now.state) mappings.set(tx, key, { ...now, state: settled });
    return settled === undefined ? undefined : { ...now, state: settled };
  });
  if (record?.state !== "Enabled") return;
  const stop = new AbortController();
  const end = () => stop.abort();
  attempt.signal.addEventListener("abort", end, { once: true });
  // Any change of the record ends this run: the change enqueued the next one.
  const unwatch = context.storage.watch(mappings.rangeOf(key), () => {
    changedSince(context, key, record).then(
      (changed) => changed && end(),
      () => end(),
    );
  });
  try {
    if (await changedSince(context, key, record)) end();
    await new Poller(context, record, attempt.signal.aborted ? attempt.signal : stop.signal).run();
  } finally {
    unwatch();
    attempt.signal.removeEventListener("abort", end);
  }
  if (attempt.signal.aborted) throw new Error("the platform stops");
  return { kind: "done", also: (tx) => ensureNext(context, tx, key, job) };
}

/** What a wish becomes once the job has seen it. */
const SETTLED: Readonly<Record<MappingState, MappingState | undefined>> = {
  Creating: "Enabled",
  Enabling: "Enabled",
  Updating: "Enabled",
  Enabled: "Enabled",
  Disabling: "Disabled",
  Disabled: "Disabled",
  Deleting: undefined,
};

async function changedSince(context: Context, key: [string, string, string], record: MappingRecord): Promise<boolean> {
  const now = await context.storage.snapshot((tx) => mappings.get(tx, key));
  return now?.state !== record.state || now.modifiedAtMs !== record.modifiedAtMs;
}

/** A mapping that still wants something has a job, whatever happened in between. */
async function ensureNext(context: Context, tx: Transaction, key: [string, string, string], job: PollJob): Promise<void> {
  const now = await mappings.get(tx, key);
  if (!now || now.state === "Disabled") return;
  await context.jobs.enqueue(tx, { type: "lambda.poll", lane: job.uuid, id: job.uuid, payload: job });
}

interface Batch {
  readonly messages: readonly Message[];
  readonly receivedAtMs: number;
}

/** Receives and delivers until its signal. One listener always waits for messages; more join while there is a backlog. */
class Poller {
  readonly #context: Context;
  readonly #mapping: MappingRecord;
  readonly #signal: AbortSignal;
  readonly #queue: { readonly url: string; readonly account: string; readonly region: string };
  readonly #workersMax: number;
  #workers = 0;
  #listening = 0;
  #throttledUntilMs = 0;
  #visibilityMs = 30_000;
  #whenDone: (() => void) | undefined;

  constructor(context: Context, mapping: MappingRecord, signal: AbortSignal) {
    this.#context = context;
    this.#mapping = mapping;
    this.#signal = signal;
    const arn = parseArn(mapping.eventSourceArn);
    this.#queue = {
      url: arn ? queueUrl(context, arn) : "",
      account: arn?.account ?? context.account,
      region: arn?.region ?? context.region,
    };
    this.#workersMax = mapping.concurrencyMax ?? SQS_BATCHES_MAX;
  }

  async run(): Promise<void> {
    if (this.#signal.aborted) return;
    await this.#readVisibility();
    const done = new Promise<void>((resolve) => {
      this.#whenDone = resolve;
    });
    this.#spawn();
    await done;
  }

  #spawn(): void {
    this.#workers++;
    this.#work()
      .catch((error: unknown) => {
        this.#context.logger.log("error", "A batch of an event source mapping could not be handled", {
          mapping: this.#mapping.uuid,
          error,
        });
      })
      .finally(() => {
        this.#workers--;
        if (this.#signal.aborted) {
          if (this.#workers === 0) this.#whenDone?.();
        } else if (this.#listening === 0 && this.#workers < this.#workersMax) this.#spawn();
      });
  }

  async #work(): Promise<void> {
    while (!this.#signal.aborted) {
      this.#listening++;
      let batch: Batch;
      try {
        batch = await this.#collect();
      } finally {
        this.#listening--;
      }
      if (batch.messages.length === 0) {
        if (this.#listening > 0) return;
        continue;
      }
      this.#grow(batch);
      await this.#deliver(batch);
      if (this.#listening >= SQS_LISTENERS_MAX) return;
    }
  }

  /** Somebody must listen while this batch is handled; a full batch says that there is more. */
  #grow(batch: Batch): void {
    if (this.#signal.aborted || this.#context.clock.now() < this.#throttledUntilMs) return;
    const full = batch.messages.length >= Math.min(this.#mapping.batchSize, SQS_RECEIVE_MAX);
    const wanted = full ? SQS_LISTENERS_MAX : 1;
    if (this.#listening < wanted && this.#workers < this.#workersMax) this.#spawn();
  }

  /** A batch: as many messages as one may have, or as come within the window. */
  async #collect(): Promise<Batch> {
    const { clock } = this.#context;
    const throttledMs = this.#throttledUntilMs - clock.now();
    if (throttledMs > 0) await delay(clock, throttledMs, this.#signal);
    const messages: Message[] = await this.#receive(SQS_WAIT_SECONDS, this.#mapping.batchSize);
    const receivedAtMs = clock.now();
    const untilMs = receivedAtMs + this.#mapping.windowSeconds * 1000;
    let bytes = sizeOf(messages);
    while (messages.length > 0 && messages.length < this.#mapping.batchSize && bytes < SYNC_PAYLOAD_BYTES_MAX && !this.#signal.aborted) {
      const leftMs = untilMs - clock.now();
      if (leftMs <= 0) break;
      const more = await this.#receive(Math.min(Math.floor(leftMs / 1000), SQS_WAIT_SECONDS), this.#mapping.batchSize - messages.length);
      if (more.length === 0 && leftMs < 1000) await delay(clock, leftMs, this.#signal);
      messages.push(...more);
      bytes += sizeOf(more);
    }
    return { messages, receivedAtMs };
  }

  async #receive(waitSeconds: number, room: number): Promise<Message[]> {
    if (this.#signal.aborted) return [];
    try {
      const { Messages: messages } = await this.#context.call(
        "sqs",
        "ReceiveMessage",
        {
          QueueUrl: this.#queue.url,
          MaxNumberOfMessages: Math.min(room, SQS_RECEIVE_MAX),
          WaitTimeSeconds: waitSeconds,
          MessageSystemAttributeNames: ["All"],
          MessageAttributeNames: ["All"],
        },
        this.#as(),
      );
      return [...(messages ?? [])];
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      // The queue is gone, or cannot be read now: it is asked again later, as AWS does.
      await delay(this.#context.clock, POLL_WAIT_MS, this.#signal);
      return [];
    }
  }

  async #deliver(batch: Batch): Promise<void> {
    const { eventSourceArn, filters } = this.#mapping;
    const done: Message[] = [];
    const wanted: { readonly message: Message; readonly record: ReturnType<typeof recordOf> }[] = [];
    for (const message of batch.messages) {
      const record = recordOf(message, eventSourceArn, this.#queue.region);
      // What no filter wants is deleted from the queue.
      if (filters && !matchesAny(filters, record)) done.push(message);
      else wanted.push({ message, record });
    }
    await this.#delete(done);
    for (const part of partsOf(wanted)) {
      const ids = new Set(part.map(({ record }) => record.messageId));
      const payload = Buffer.from(JSON.stringify({ Records: part.map(({ record }) => record) }));
      const failed = await this.#invoke(payload, ids, batch.receivedAtMs);
      await this.#delete(part.filter(({ record }) => !failed.has(record.messageId)).map(({ message }) => message));
    }
  }

  /** The ids of the messages that are to stay in the queue. */
  async #invoke(payload: Uint8Array, ids: ReadonlySet<string>, receivedAtMs: number): Promise<ReadonlySet<string>> {
    const { clock } = this.#context;
    for (let waitMs = POLL_WAIT_MS; ; waitMs = Math.min(waitMs * 2, POLL_WAIT_MS_MAX)) {
      try {
        const answer = await this.#context.call(
          "lambda",
          "Invoke",
          { FunctionName: this.#mapping.functionArn, Payload: payload },
          { service: "lambda.amazonaws.com", sourceArn: this.#mapping.eventSourceArn },
        );
        if (answer.FunctionError !== undefined) return ids;
        return this.#mapping.reportsItemFailures ? failedIds(answer.Payload ?? new Uint8Array(), ids) : NONE;
      } catch (error) {
        if (!(error instanceof AwsError)) throw error;
        this.#throttledUntilMs = clock.now() + waitMs;
        // Throttled: tried again as long as nobody else can have the messages; then they are the queue's again.
        const again = error.code === "TooManyRequestsException" && clock.now() + waitMs < receivedAtMs + this.#visibilityMs;
        if (!again || this.#signal.aborted) return ids;
        await delay(clock, waitMs, this.#signal);
      }
    }
  }

  async #delete(messages: readonly Message[]): Promise<void> {
    for (let from = 0; from < messages.length; from += SQS_RECEIVE_MAX) {
      let entries = messages
        .slice(from, from + SQS_RECEIVE_MAX)
        .map((message, i) => ({ Id: String(i), ReceiptHandle: message.ReceiptHandle ?? "" }));
      for (let attempt = 0; entries.length > 0 && attempt < DELETE_ATTEMPTS_MAX; attempt++) {
        if (attempt > 0) await delay(this.#context.clock, POLL_WAIT_MS, this.#signal);
        const retry = new Set<string>();
        try {
          const answer = await this.#context.call(
            "sqs",
            "DeleteMessageBatch",
            { QueueUrl: this.#queue.url, Entries: entries },
            this.#as(false),
          );
          for (const failure of answer.Failed ?? []) if (failure.SenderFault !== true) retry.add(failure.Id ?? "");
        } catch (error) {
          if (!(error instanceof AwsError) || error.status < 500) return;
          for (const entry of entries) retry.add(entry.Id);
        }
        entries = entries.filter((entry) => retry.has(entry.Id));
      }
    }
  }

  async #readVisibility(): Promise<void> {
    try {
      const { Attributes: attributes } = await this.#context.call(
        "sqs",
        "GetQueueAttributes",
        { QueueUrl: this.#queue.url, AttributeNames: ["VisibilityTimeout"] },
        this.#as(),
      );
      this.#visibilityMs = Number(attributes?.VisibilityTimeout ?? 30) * 1000;
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
    }
  }

  /** As the Lambda service, where the queue is. What ends a batch goes through even while the poller stops. */
  #as(stoppable = true) {
    const { account, region } = this.#queue;
    return {
      service: "lambda.amazonaws.com",
      sourceArn: this.#mapping.functionArn,
      account,
      region,
      ...(stoppable && { signal: this.#signal }),
    };
  }
}

const NONE: ReadonlySet<string> = new Set();

/** What a record has besides its body, in bytes, generously. */
const RECORD_BYTES = 2_048;

function sizeOf(messages: readonly Message[]): number {
  return messages.reduce((sum, message) => sum + Buffer.byteLength(message.Body ?? "") + RECORD_BYTES, 0);
}

/** Parts that fit into an invocation each. */
function* partsOf<T extends { readonly message: Message; readonly record: object }>(items: readonly T[]): Generator<T[]> {
  let part: T[] = [];
  let bytes = 0;
  for (const item of items) {
    const size = Buffer.byteLength(JSON.stringify(item.record)) + 1;
    if (part.length > 0 && bytes + size > SYNC_PAYLOAD_BYTES_MAX - RECORD_BYTES) {
      yield part;
      part = [];
      bytes = 0;
    }
    part.push(item);
    bytes += size;
  }
  if (part.length > 0) yield part;
}
