// Reading events in the order of their times, forwards and backwards, out of chunks that may overlap: the one place that knows
// that order. Pages go on from a position, so that nothing is kept between requests.
import type { ReadTransaction } from "../../storage/transaction.ts";
import { invalidToken } from "./errors.ts";
import { type Chunk, chunks, trails } from "./keys.ts";
import { CHUNK_PAGE, EVENT_OVERHEAD_BYTES, PAGE_BYTES_MAX } from "./limits.ts";

/** Where an event stands among all events of its group: by time, then by chunk, then within the chunk. */
export type Position = readonly [timeMs: number, firstMs: number, sequence: number, streamId: string, index: number];

export interface PlacedEvent {
  readonly position: Position;
  readonly timestamp: number;
  readonly message: string;
  readonly ingestedMs: number;
  readonly stream: string;
}

interface Scope {
  readonly account: string;
  readonly region: string;
  readonly groupId: string;
  /** Absent: the whole group. */
  readonly streamId?: string;
  /** No chunk here spans more time than this. */
  readonly spanMs: number;
}

interface Reading {
  readonly reverse: boolean;
  /** Inclusive. */
  readonly fromMs: number;
  /** Exclusive. */
  readonly untilMs: number;
  /** Events after this one (before it, in reverse). */
  readonly beyond?: Position;
  readonly limit: number;
  /** Chunks to look through beyond where the reading begins. */
  readonly chunksMax: number;
  /** Whether any event of this stream is wanted. Default: all are. */
  readsStream?(name: string, streamId: string): Promise<boolean>;
  wanted?(message: string): boolean;
}

interface ReadResult {
  /** In the order of reading. */
  readonly events: readonly PlacedEvent[];
  /** Where to go on; undefined when there is nothing more. */
  readonly next?: Position;
}

interface PlacedChunk {
  readonly firstMs: number;
  readonly sequence: number;
  readonly streamId: string;
  readonly chunk: Chunk;
}

function comparePositions(a: Position, b: Position): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2] || (a[3] < b[3] ? -1 : a[3] > b[3] ? 1 : 0) || a[4] - b[4];
}

const INDEX_MAX = Number.MAX_SAFE_INTEGER;

/**
 * Chunks come in the order of their first events, and later events of a chunk may stand after the first one of the next.
 * So events are held back until no chunk that is still to come can hold one that stands before them.
 */
export async function readEvents(tx: ReadTransaction, scope: Scope, reading: Reading): Promise<ReadResult> {
  const { reverse, beyond } = reading;
  const order = reverse ? (a: PlacedEvent, b: PlacedEvent) => comparePositions(b.position, a.position) : byPosition;
  const events: PlacedEvent[] = [];
  let held: PlacedEvent[] = [];
  let bytes = 0;
  let searched = 0;
  let last: PlacedChunk | undefined;
  for (;;) {
    const page = await readChunks(tx, scope, reading, last);
    for (const placed of page) {
      held.push(...(await wantedEvents(placed, reading)));
      if (!beyond || (reverse ? placed.firstMs <= beyond[0] : placed.firstMs >= beyond[0])) searched++;
    }
    last = page.at(-1) ?? last;
    const complete = page.length < CHUNK_PAGE;
    const safe = (event: PlacedEvent) => {
      if (complete || !last) return true;
      return reverse ? event.timestamp >= last.firstMs + scope.spanMs : event.timestamp <= last.firstMs;
    };
    const ready = held.filter(safe).sort(order);
    held = held.filter((event) => !safe(event));
    for (const event of ready) {
      const size = Buffer.byteLength(event.message) + EVENT_OVERHEAD_BYTES;
      const previous = events.at(-1);
      if (previous && (events.length === reading.limit || bytes + size > PAGE_BYTES_MAX)) return { events, next: previous.position };
      events.push(event);
      bytes += size;
    }
    if (complete) return { events };
    if (searched >= reading.chunksMax && last) return { events, next: endOfSearch(last, reverse, scope.spanMs) };
  }
}

const byPosition = (a: PlacedEvent, b: PlacedEvent) => comparePositions(a.position, b.position);

/** Everything up to the last chunk that was read has been seen, as far as it was safe to show. */
function endOfSearch(last: PlacedChunk, reverse: boolean, spanMs: number): Position {
  return reverse
    ? [last.firstMs + spanMs, Number.NEGATIVE_INFINITY, -1, "", -1]
    : [last.firstMs, last.firstMs, last.sequence, last.streamId, INDEX_MAX];
}

async function wantedEvents(placed: PlacedChunk, reading: Reading): Promise<PlacedEvent[]> {
  const { chunk, firstMs, sequence, streamId } = placed;
  const found: PlacedEvent[] = [];
  if (reading.readsStream && !(await reading.readsStream(chunk.stream, streamId))) return found;
  for (let index = 0; index < chunk.times.length; index++) {
    const timestamp = chunk.times[index] ?? 0;
    if (timestamp < reading.fromMs || timestamp >= reading.untilMs) continue;
    const position: Position = [timestamp, firstMs, sequence, streamId, index];
    if (reading.beyond) {
      const compared = comparePositions(position, reading.beyond);
      if (reading.reverse ? compared >= 0 : compared <= 0) continue;
    }
    const message = chunk.messages[index] ?? "";
    if (reading.wanted && !reading.wanted(message)) continue;
    found.push({ position, timestamp, message, ingestedMs: chunk.ingestedMs, stream: chunk.stream });
  }
  return found;
}

/** The next page of chunks that may hold events of the range. */
async function readChunks(tx: ReadTransaction, scope: Scope, reading: Reading, last: PlacedChunk | undefined): Promise<PlacedChunk[]> {
  const { account, region, groupId, streamId } = scope;
  const { reverse, beyond } = reading;
  const prefix = streamId === undefined ? ([account, region, groupId] as const) : ([account, region, groupId, streamId] as const);
  const fromMs = Math.max(reading.fromMs, !reverse && beyond ? beyond[0] : Number.NEGATIVE_INFINITY) - scope.spanMs;
  const untilMs = Math.min(reading.untilMs, reverse && beyond ? beyond[0] + 1 : Number.POSITIVE_INFINITY);
  const bounds = { from: [...prefix, fromMs], before: [...prefix, untilMs], limit: CHUNK_PAGE, reverse };
  if (streamId === undefined) {
    const after = last && ([account, region, groupId, last.firstMs, last.sequence, last.streamId] as const);
    const found = await chunks.scan(tx, prefix, { ...bounds, ...(after && { after }) });
    return found.map(({ key, value }) => ({ firstMs: key[3], sequence: key[4], streamId: key[5], chunk: value }));
  }
  const after = last && ([account, region, groupId, streamId, last.firstMs, last.sequence] as const);
  const found = await trails.scan(tx, prefix, { ...bounds, ...(after && { after }) });
  const placed: PlacedChunk[] = [];
  for (const { key } of found) {
    const chunk = await chunks.get(tx, [account, region, groupId, key[4], key[5], streamId]);
    if (chunk) placed.push({ firstMs: key[4], sequence: key[5], streamId, chunk });
  }
  return placed;
}

/** A position as part of a token. */
export const encodePosition = (position: Position): string =>
  Buffer.from(JSON.stringify(position.map((part) => (part === Number.NEGATIVE_INFINITY ? null : part)))).toString("base64url");

export function decodePosition(text: string): Position {
  try {
    const parts: unknown = JSON.parse(Buffer.from(text, "base64url").toString());
    if (Array.isArray(parts) && parts.length === 5) {
      const [timeMs, firstMs, sequence, streamId, index]: unknown[] = parts;
      const first = firstMs === null ? Number.NEGATIVE_INFINITY : firstMs;
      if (typeof timeMs === "number" && typeof first === "number" && typeof sequence === "number" && typeof index === "number") {
        if (typeof streamId === "string") return [timeMs, first, sequence, streamId, index];
      }
    }
  } catch {
    // Not one of our tokens: answered below.
  }
  throw invalidToken();
}
