// GetLogEvents and FilterLogEvents: events of one stream, and of a group.
import { hash } from "node:crypto";
import type { OperationOf } from "../../contract/service.ts";
import { invalidParameter, invalidToken } from "./errors.ts";
import { expiredBeforeMs } from "./expiry.ts";
import { parseFilterPattern } from "./filter-pattern.ts";
import { getGroup, namedGroup } from "./groups.ts";
import { streams } from "./keys.ts";
import { CHUNK_SPAN_MS_MAX, PAGE_EVENTS_MAX, SEARCH_CHUNKS_MAX } from "./limits.ts";
import { decodePosition, encodePosition, type PlacedEvent, type Position, readEvents } from "./read.ts";
import { getStream } from "./streams.ts";

export const getLogEvents: OperationOf<"logs", "GetLogEvents"> = async (context, input) => {
  const name = namedGroup(input);
  const token = input.nextToken === undefined ? undefined : parseStreamToken(input.nextToken);
  const forward = token ? token.forward : (input.startFromHead ?? false);
  const { account, region } = context;
  const result = await context.storage.snapshot(async (tx) => {
    const group = await getGroup(tx, context, name);
    const stream = await getStream(tx, context, group, input.logStreamName);
    const scope = { account, region, groupId: group.id, streamId: stream.id, spanMs: stream.spanMs };
    return readEvents(tx, scope, {
      reverse: !forward,
      fromMs: Math.max(input.startTime ?? 0, expiredBeforeMs(group, context.clock.now())),
      untilMs: input.endTime ?? Number.POSITIVE_INFINITY,
      ...(token && { beyond: token.position }),
      limit: input.limit ?? PAGE_EVENTS_MAX,
      chunksMax: Number.POSITIVE_INFINITY,
    });
  });
  const events = forward ? result.events : result.events.toReversed();
  // At the end of the stream both tokens stay what they were: a reader that gets its own token back has seen everything.
  const start: Position = token?.position ?? [input.startTime ?? 0, 0, -1, "", -1];
  return {
    events: events.map(({ timestamp, message, ingestedMs }) => ({ timestamp, message, ingestionTime: ingestedMs })),
    nextForwardToken: streamToken(true, events.at(-1)?.position ?? start),
    nextBackwardToken: streamToken(false, events[0]?.position ?? start),
  };
};

const streamToken = (forward: boolean, position: Position): string => `${forward ? "f" : "b"}/${encodePosition(position)}/s`;

function parseStreamToken(token: string): { forward: boolean; position: Position } {
  const match = /^([fb])\/([A-Za-z0-9_-]+)\/s$/.exec(token);
  if (!match?.[2]) throw invalidToken();
  return { forward: match[1] === "f", position: decodePosition(match[2]) };
}

export const filterLogEvents: OperationOf<"logs", "FilterLogEvents"> = async (context, input) => {
  const name = namedGroup(input);
  const names = input.logStreamNames;
  const prefix = input.logStreamNamePrefix;
  if (names !== undefined && prefix !== undefined) {
    throw invalidParameter("logStreamNamePrefix and logStreamNames are mutually exclusive parameters.");
  }
  if (input.startTime !== undefined && input.endTime !== undefined && input.startTime > input.endTime) {
    throw invalidParameter("The start time cannot be after the end time.");
  }
  const matches = parseFilterPattern(input.filterPattern ?? "");
  const beyond = input.nextToken === undefined ? undefined : decodePosition(input.nextToken);
  const { account, region } = context;
  const result = await context.storage.snapshot(async (tx) => {
    const group = await getGroup(tx, context, name);
    const chosen = (stream: string) => (names ? names.includes(stream) : prefix === undefined || stream.startsWith(prefix));
    // Chunks of a deleted stream are there until a job has cleared them.
    const ids = new Map<string, string | undefined>();
    const idOf = async (stream: string) => {
      if (!ids.has(stream)) ids.set(stream, (await streams.get(tx, [account, region, group.id, stream]))?.id);
      return ids.get(stream);
    };
    // One stream is read through its own trail, not through its whole group.
    const only = names?.length === 1 ? await idOf(names[0] ?? "") : undefined;
    return readEvents(
      tx,
      { account, region, groupId: group.id, spanMs: CHUNK_SPAN_MS_MAX, ...(only !== undefined && { streamId: only }) },
      {
        reverse: false,
        fromMs: Math.max(input.startTime ?? 0, expiredBeforeMs(group, context.clock.now())),
        // Here, unlike in GetLogEvents, the end is included.
        untilMs: input.endTime === undefined ? Number.POSITIVE_INFINITY : input.endTime + 1,
        ...(beyond && { beyond }),
        limit: input.limit ?? PAGE_EVENTS_MAX,
        chunksMax: SEARCH_CHUNKS_MAX,
        readsStream: async (stream, streamId) => chosen(stream) && (await idOf(stream)) === streamId,
        wanted: matches,
      },
    );
  });
  return {
    events: result.events.map((event) => ({
      logStreamName: event.stream,
      timestamp: event.timestamp,
      message: event.message,
      ingestionTime: event.ingestedMs,
      eventId: eventId(event),
    })),
    // AWS answers an empty list since 2019.
    searchedLogStreams: [],
    ...(result.next && { nextToken: encodePosition(result.next) }),
  };
};

/** 56 digits that order as the times do, the same at every reading. */
function eventId({ position }: PlacedEvent): string {
  const digest = BigInt(`0x${hash("md5", JSON.stringify(position), "hex")}`);
  return `3${String(position[0]).padStart(16, "0")}${String(digest).padStart(39, "0")}`;
}
