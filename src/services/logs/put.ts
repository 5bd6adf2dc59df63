// PutLogEvents: one chunk per call, as long as its events lie close together. Called by the runtime for every function's output.
import type { OperationOf } from "../../contract/service.ts";
import { invalidParameter } from "./errors.ts";
import { expiredBeforeMs } from "./expiry.ts";
import { getGroup } from "./groups.ts";
import { type Chunk, chunks, type GroupRecord, streams, trails } from "./keys.ts";
import {
  BATCH_BYTES_MAX,
  BATCH_EVENTS_MAX,
  BATCH_SPAN_MS_MAX,
  CHUNK_BYTES_MAX,
  CHUNK_SPAN_MS_MAX,
  EVENT_AGE_MS_MAX,
  EVENT_FUTURE_MS_MAX,
  EVENT_OVERHEAD_BYTES,
} from "./limits.ts";
import { getStream, sequenceToken } from "./streams.ts";

interface Event {
  readonly timestamp: number;
  readonly message: string;
}

interface Rejected {
  readonly tooOldLogEventEndIndex?: number;
  readonly expiredLogEventEndIndex?: number;
  readonly tooNewLogEventStartIndex?: number;
}

/** Which events are taken, and what is said of the others. Indexes of ends are exclusive. */
export function sift(
  events: readonly Event[],
  group: GroupRecord,
  nowMs: number,
): { accepted: readonly Event[]; rejected: Rejected | undefined } {
  const oldestMs = nowMs - EVENT_AGE_MS_MAX;
  const expiredMs = expiredBeforeMs(group, nowMs);
  const tooOld = firstIndex(events, (event) => event.timestamp >= oldestMs);
  const expired = firstIndex(events, (event) => event.timestamp >= expiredMs);
  const tooNew = firstIndex(events, (event) => event.timestamp > nowMs + EVENT_FUTURE_MS_MAX);
  const rejected: Rejected = {
    ...(tooOld > 0 && { tooOldLogEventEndIndex: tooOld }),
    ...(expired > 0 && { expiredLogEventEndIndex: expired }),
    ...(tooNew < events.length && { tooNewLogEventStartIndex: tooNew }),
  };
  const accepted = events.slice(Math.max(tooOld, expired), tooNew);
  return { accepted, rejected: Object.keys(rejected).length === 0 ? undefined : rejected };
}

function firstIndex(events: readonly Event[], matches: (event: Event) => boolean): number {
  const index = events.findIndex(matches);
  return index < 0 ? events.length : index;
}

function checkBatch(events: readonly Event[]): number {
  if (events.length > BATCH_EVENTS_MAX) {
    throw invalidParameter(`Too many log events: ${events.length} exceeds limit of ${BATCH_EVENTS_MAX}`);
  }
  let bytes = 0;
  let previousMs = Number.NEGATIVE_INFINITY;
  for (const { timestamp, message } of events) {
    bytes += Buffer.byteLength(message) + EVENT_OVERHEAD_BYTES;
    if (timestamp < previousMs) throw invalidParameter("Log events in a single PutLogEvents request must be in chronological order.");
    previousMs = timestamp;
  }
  if (bytes > BATCH_BYTES_MAX) throw invalidParameter(`Upload too large: ${bytes} bytes exceeds limit of ${BATCH_BYTES_MAX}`);
  return bytes;
}

interface Part {
  readonly times: number[];
  readonly messages: string[];
  bytes: number;
}

/** Cuts a batch where it spans too much time or too many bytes for one chunk. */
export function cut(events: readonly Event[]): Part[] {
  const parts: Part[] = [];
  let part: Part | undefined;
  for (const { timestamp, message } of events) {
    const bytes = Buffer.byteLength(message) + EVENT_OVERHEAD_BYTES;
    const firstMs = part?.times[0];
    if (!part || firstMs === undefined || timestamp - firstMs > CHUNK_SPAN_MS_MAX || part.bytes + bytes > CHUNK_BYTES_MAX) {
      part = { times: [], messages: [], bytes: 0 };
      parts.push(part);
    }
    part.times.push(timestamp);
    part.messages.push(message);
    part.bytes += bytes;
  }
  return parts;
}

export const putLogEvents: OperationOf<"logs", "PutLogEvents"> = async (context, input) => {
  const events: readonly Event[] = input.logEvents;
  checkBatch(events);
  const { account, region } = context;
  if (input.entity !== undefined) {
    context.ledger.add({ service: "logs", operation: context.operation, parameter: "entity", note: "Entities of events are not kept." });
  }
  return context.storage.transact(async (tx) => {
    const group = await getGroup(tx, context, input.logGroupName);
    const stream = await getStream(tx, context, group, input.logStreamName);
    const nowMs = context.clock.now();
    const { accepted, rejected } = sift(events, group, nowMs);
    const firstMs = accepted[0]?.timestamp;
    const lastMs = accepted.at(-1)?.timestamp;
    if (firstMs === undefined || lastMs === undefined) {
      return { nextSequenceToken: sequenceToken(stream.sequence), rejectedLogEventsInfo: rejected };
    }
    if (lastMs - firstMs > BATCH_SPAN_MS_MAX) {
      throw invalidParameter("The batch of log events in a single PutLogEvents request cannot span more than 24 hours.");
    }
    let { sequence, bytes, spanMs } = stream;
    for (const part of cut(accepted)) {
      const partFirstMs = part.times[0] ?? firstMs;
      const chunk: Chunk = { stream: stream.name, ingestedMs: nowMs, times: part.times, messages: part.messages };
      chunks.set(tx, [account, region, group.id, partFirstMs, sequence, stream.id], chunk);
      trails.set(tx, [account, region, group.id, stream.id, partFirstMs, sequence], part.bytes);
      sequence++;
      bytes += part.bytes;
      spanMs = Math.max(spanMs, (part.times.at(-1) ?? partFirstMs) - partFirstMs);
    }
    streams.set(tx, [account, region, group.id, stream.name], {
      ...stream,
      sequence,
      bytes,
      spanMs,
      firstEventMs: Math.min(stream.firstEventMs ?? firstMs, firstMs),
      lastEventMs: Math.max(stream.lastEventMs ?? lastMs, lastMs),
      lastIngestionMs: nowMs,
    });
    return { nextSequenceToken: sequenceToken(sequence), ...(rejected && { rejectedLogEventsInfo: rejected }) };
  });
};
