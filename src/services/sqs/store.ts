// The content of one queue within a transaction: its messages in order of when they may be received, and counts that follow
// every change. Whoever opens a store closes it in the same transaction, or the counts are not written.
import type { ReadTransaction, Transaction } from "../../storage/transaction.ts";
import { bodies, type MessageKey, type MessageRecord, messages, moved, type Tally, type TallyRow, tallies } from "./keys.ts";
import { INLINE_BODY_BYTES_MAX, SETTLE_ENTRIES_MAX } from "./limits.ts";
import type { QueueAddress } from "./queue-address.ts";
import type { Receipt } from "./receipt-handle.ts";

export interface OpenStore {
  readonly account: string;
  readonly region: string;
  readonly store: string;
  readonly tally: Tally;
  /** The queue's own time: the clock's, but never before what its counts have seen. */
  readonly nowMs: number;
}

/** A message where it is. */
export interface StoredMessage {
  readonly visibleAtMs: number;
  readonly sequence: number;
  readonly record: MessageRecord;
}

const NEW_TALLY: TallyRow = [0, 0, 0, 0, 0, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, null];

function tallyOf(row: TallyRow): Tally {
  const [sequence, visible, delayed, inFlight, settledAtMs, settledSequence, nextAtMs, sweepAtMs] = row;
  return { sequence, visible, delayed, inFlight, settledAtMs, settledSequence, nextAtMs, sweepAtMs };
}

/** Opens a store with its counts taken up to now, unless more changed state by time than one transaction looks at. */
export async function openStore(tx: ReadTransaction, address: QueueAddress, store: string, clockNowMs: number): Promise<OpenStore> {
  const { account, region } = address;
  const tally = tallyOf((await tallies.get(tx, [account, region, store])) ?? NEW_TALLY);
  const open: OpenStore = { account, region, store, tally, nowMs: Math.max(clockNowMs, tally.settledAtMs) };
  await settle(tx, open);
  return open;
}

export function closeStore(tx: Transaction, open: OpenStore): void {
  const { sequence, visible, delayed, inFlight, settledAtMs, settledSequence, nextAtMs, sweepAtMs } = open.tally;
  const row: TallyRow = [sequence, visible, delayed, inFlight, settledAtMs, settledSequence, nextAtMs, sweepAtMs];
  tallies.set(tx, [open.account, open.region, open.store], row);
}

const keyOf = (open: OpenStore, visibleAtMs: number, sequence: number): MessageKey => [
  open.account,
  open.region,
  open.store,
  visibleAtMs,
  sequence,
];

/** Takes into the counts what became visible since the cursor. Costs nothing while nothing did. */
async function settle(tx: ReadTransaction, open: OpenStore): Promise<void> {
  const { tally, nowMs } = open;
  if (tally.nextAtMs > nowMs) {
    moveCursor(tally, nowMs, Number.POSITIVE_INFINITY);
    return;
  }
  const prefix = [open.account, open.region, open.store];
  const after = keyOf(open, tally.settledAtMs, tally.settledSequence);
  const found = await messages.scan(tx, prefix, { after, limit: SETTLE_ENTRIES_MAX });
  for (const { key, value } of found) {
    if (key[3] > nowMs) {
      tally.nextAtMs = key[3];
      moveCursor(tally, nowMs, Number.POSITIVE_INFINITY);
      return;
    }
    if (value.receives > 0) tally.inFlight--;
    else tally.delayed--;
    tally.visible++;
    moveCursor(tally, key[3], key[4]);
  }
  if (found.length < SETTLE_ENTRIES_MAX) {
    tally.nextAtMs = Number.POSITIVE_INFINITY;
    moveCursor(tally, nowMs, Number.POSITIVE_INFINITY);
  } else {
    tally.nextAtMs = tally.settledAtMs;
  }
}

function moveCursor(tally: Tally, atMs: number, sequence: number): void {
  tally.settledAtMs = atMs;
  tally.settledSequence = sequence;
}

/** True when the counts hold for now; false when `openStore` must run again, after the counts were written. */
export const isSettled = (open: OpenStore): boolean =>
  open.tally.settledAtMs >= open.nowMs && open.tally.settledSequence === Number.POSITIVE_INFINITY;

function count(open: OpenStore, message: StoredMessage, by: 1 | -1): void {
  const { tally } = open;
  const { visibleAtMs, sequence } = message;
  if (visibleAtMs < tally.settledAtMs || (visibleAtMs === tally.settledAtMs && sequence <= tally.settledSequence)) {
    tally.visible += by;
    return;
  }
  if (message.record.receives > 0) tally.inFlight += by;
  else tally.delayed += by;
  if (by === 1) tally.nextAtMs = Math.min(tally.nextAtMs, visibleAtMs);
}

/** Adds a message that is new to this store. */
export function add(tx: Transaction, open: OpenStore, record: MessageRecord, body: string, visibleAtMs: number): void {
  const sequence = open.tally.sequence++;
  const inline = body.length <= INLINE_BODY_BYTES_MAX && Buffer.byteLength(body) <= INLINE_BODY_BYTES_MAX;
  const { body: _, ...rest } = record;
  const stored: MessageRecord = inline ? { ...rest, body } : rest;
  if (!inline) bodies.set(tx, [open.account, open.region, open.store, sequence], body);
  messages.set(tx, keyOf(open, visibleAtMs, sequence), stored);
  count(open, { visibleAtMs, sequence, record: stored }, 1);
}

/** Puts a message at another time with another record; its body stays where it is. */
export function replace(
  tx: Transaction,
  open: OpenStore,
  message: StoredMessage,
  record: MessageRecord,
  visibleAtMs: number,
): StoredMessage {
  const next: StoredMessage = { visibleAtMs, sequence: message.sequence, record };
  if (visibleAtMs !== message.visibleAtMs) messages.delete(tx, keyOf(open, message.visibleAtMs, message.sequence));
  count(open, message, -1);
  messages.set(tx, keyOf(open, visibleAtMs, message.sequence), record);
  count(open, next, 1);
  const place = [open.account, open.region, open.store, message.sequence] as const;
  if (record.moved) moved.set(tx, place, visibleAtMs);
  else if (message.record.moved) moved.delete(tx, place);
  return next;
}

export function remove(tx: Transaction, open: OpenStore, message: StoredMessage): void {
  messages.delete(tx, keyOf(open, message.visibleAtMs, message.sequence));
  const place = [open.account, open.region, open.store, message.sequence] as const;
  if (message.record.body === undefined) bodies.delete(tx, place);
  if (message.record.moved) moved.delete(tx, place);
  count(open, message, -1);
}

export async function bodyOf(tx: ReadTransaction, open: OpenStore, message: StoredMessage): Promise<string> {
  return message.record.body ?? (await bodies.get(tx, [open.account, open.region, open.store, message.sequence])) ?? "";
}

/** Messages that may be received now, the longest visible first. Concurrent receivers skip each other's. */
export async function claimVisible(tx: Transaction, open: OpenStore, limit: number): Promise<StoredMessage[]> {
  const prefix = [open.account, open.region, open.store];
  const found = await messages.claim(tx, prefix, { before: [...prefix, open.nowMs + 1], limit });
  return found.map(({ key, value }) => ({ visibleAtMs: key[3], sequence: key[4], record: value }));
}

/** Messages whose place is at or before `untilMs`: no message is sent after the time of its place, so these are all that old. */
export async function agedUntil(tx: ReadTransaction, open: OpenStore, untilMs: number, limit: number): Promise<StoredMessage[]> {
  const prefix = [open.account, open.region, open.store];
  const found = await messages.scan(tx, prefix, { before: [...prefix, untilMs + 1], limit });
  return found.map(({ key, value }) => ({ visibleAtMs: key[3], sequence: key[4], record: value }));
}

/** All messages from `after` on, in any state: for jobs that look through a store in pages. */
export async function page(
  tx: ReadTransaction,
  open: OpenStore,
  after: readonly [visibleAtMs: number, sequence: number] | undefined,
  limit: number,
): Promise<StoredMessage[]> {
  const found = await messages.scan(tx, [open.account, open.region, open.store], {
    limit,
    ...(after && { after: keyOf(open, after[0], after[1]) }),
  });
  return found.map(({ key, value }) => ({ visibleAtMs: key[3], sequence: key[4], record: value }));
}

/** The message of a receipt, when that receipt is its latest. */
export async function locate(tx: ReadTransaction, open: OpenStore, receipt: Receipt): Promise<StoredMessage | undefined> {
  if (receipt.store !== open.store) return undefined;
  const { sequence } = receipt;
  let visibleAtMs = receipt.visibleAtMs;
  let record = await messages.get(tx, keyOf(open, visibleAtMs, sequence));
  if (!record) {
    const place = await moved.get(tx, [open.account, open.region, open.store, sequence]);
    if (place === undefined) return undefined;
    visibleAtMs = place;
    record = await messages.get(tx, keyOf(open, visibleAtMs, sequence));
  }
  return record && record.receives === receipt.receives ? { visibleAtMs, sequence, record } : undefined;
}
