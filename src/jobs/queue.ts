// What transactions do to the job queue: enqueue, cancel, lease, end an attempt. It knows neither clock nor handlers; it
// keeps the rules of `keys.ts`, above all that `next` names each lane's first waiting job.
import { assert } from "../kernel/assert.ts";
import type { ReadTransaction, Transaction } from "../storage/transaction.ts";
import { encodeValue } from "../storage/value.ts";
import { type JobRecord, type LeasedRecord, leased, named, next, waiting } from "./keys.ts";
import { JOB_BYTES_MAX } from "./limits.ts";
import { repeatAtMs } from "./retry.ts";

export interface JobKey {
  readonly type: string;
  readonly lane: string;
  readonly id: string;
}

/** Puts a job where it waits; one that waits under the same given id is replaced, one that runs gets it as its successor. */
export async function put(tx: Transaction, key: JobKey, job: JobRecord, dueAtMs: number): Promise<void> {
  assert(Number.isFinite(dueAtMs), `a job due at ${dueAtMs}`);
  const bytes = encodeValue(job);
  assert(
    bytes.length <= JOB_BYTES_MAX,
    `a job of ${bytes.length} bytes: up to ${JOB_BYTES_MAX} are allowed; larger things go to the blob store`,
  );
  if (job.named) {
    const running = await leased.get(tx, [key.type, key.lane, key.id]);
    if (running) {
      const { payload, enqueuedAtMs } = job;
      leased.set(tx, [key.type, key.lane, key.id], { ...running, successor: { payload, enqueuedAtMs, dueAtMs } });
      return;
    }
    await removeWaiting(tx, key);
    named.set(tx, [key.type, key.lane, key.id], dueAtMs);
  }
  const { type, lane, id } = key;
  const headMs = await firstDueAtMs(tx, type, lane);
  tx.set(waiting.key([type, lane, dueAtMs, id]), bytes);
  if (headMs === undefined || dueAtMs < headMs) moveHead(tx, type, lane, headMs, dueAtMs);
}

/** True when there was one. */
async function removeWaiting(tx: Transaction, { type, lane, id }: JobKey): Promise<boolean> {
  const dueAtMs = await named.get(tx, [type, lane, id]);
  if (dueAtMs === undefined) return false;
  named.delete(tx, [type, lane, id]);
  waiting.delete(tx, [type, lane, dueAtMs, id]);
  const headMs = await firstDueAtMs(tx, type, lane);
  if (headMs === undefined || headMs > dueAtMs) moveHead(tx, type, lane, dueAtMs, headMs);
  return true;
}

/** Removes a waiting job of a given id; one that runs will not be repeated, and nothing comes after it. */
export async function cancel(tx: Transaction, key: JobKey): Promise<void> {
  if (await removeWaiting(tx, key)) return;
  const running = await leased.get(tx, [key.type, key.lane, key.id]);
  if (!running) return;
  const { successor: _dropped, ...rest } = running;
  leased.set(tx, [key.type, key.lane, key.id], { ...rest, cancelled: true });
}

async function firstDueAtMs(tx: ReadTransaction, type: string, lane: string): Promise<number | undefined> {
  const [first] = await waiting.scan(tx, [type, lane], { limit: 1 });
  return first?.key[2];
}

function moveHead(tx: Transaction, type: string, lane: string, fromMs: number | undefined, toMs: number | undefined): void {
  if (fromMs === toMs) return;
  if (fromMs !== undefined) next.delete(tx, [type, fromMs, lane]);
  if (toMs !== undefined) next.set(tx, [type, toMs, lane], true);
}

export interface Lease {
  readonly key: JobKey;
  readonly record: LeasedRecord;
}

/** Leases up to `limit` jobs of a lane that are due. */
export async function leaseLane(
  tx: Transaction,
  type: string,
  lane: string,
  limit: number,
  terms: { readonly nowMs: number; readonly holder: string; readonly untilMs: number },
): Promise<Lease[]> {
  const found = await waiting.scan(tx, [type, lane], { limit: limit + 1 });
  const leases: Lease[] = [];
  for (const { key, value } of found) {
    const [, , dueAtMs, id] = key;
    if (leases.length === limit || dueAtMs > terms.nowMs) break;
    const record: LeasedRecord = { ...value, dueAtMs, holder: terms.holder, untilMs: terms.untilMs };
    waiting.delete(tx, key);
    if (value.named) named.delete(tx, [type, lane, id]);
    leased.set(tx, [type, lane, id], record);
    leases.push({ key: { type, lane, id }, record });
  }
  if (leases.length > 0) moveHead(tx, type, lane, found[0]?.key[2], found[leases.length]?.key[2]);
  return leases;
}

/** The lease as it stands now, or undefined when it is no longer `holder`'s. */
export async function heldLease(tx: ReadTransaction, { type, lane, id }: JobKey, holder: string): Promise<LeasedRecord | undefined> {
  const record = await leased.get(tx, [type, lane, id]);
  return record?.holder === holder ? record : undefined;
}

/** Ends a lease. The job goes on as `rest` says, if it is given and neither cancelled nor replaced; a successor takes its place. */
export async function endLease(
  tx: Transaction,
  key: JobKey,
  current: LeasedRecord,
  rest?: { readonly job: JobRecord; readonly dueAtMs: number },
): Promise<void> {
  leased.delete(tx, [key.type, key.lane, key.id]);
  if (current.successor) {
    const { payload, enqueuedAtMs, dueAtMs } = current.successor;
    await put(tx, key, { payload, enqueuedAtMs, failures: 0, interruptions: 0, named: true }, dueAtMs);
  } else if (rest && !current.cancelled) {
    await put(tx, key, rest.job, rest.dueAtMs);
  }
}

/** Gives a lease back without an end of the attempt: the job waits as before it, or a while longer when attempts keep being interrupted. */
export async function giveBack(tx: Transaction, key: JobKey, current: LeasedRecord, interrupted: boolean, nowMs: number): Promise<void> {
  const { payload, enqueuedAtMs, failures, named: given } = current;
  const interruptions = current.interruptions + (interrupted ? 1 : 0);
  const dueAtMs = interrupted && interruptions > 1 ? repeatAtMs(interruptions, nowMs) : current.dueAtMs;
  await endLease(tx, key, current, { job: { payload, enqueuedAtMs, failures, interruptions, named: given }, dueAtMs });
}
