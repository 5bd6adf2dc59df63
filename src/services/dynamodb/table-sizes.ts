// How many items a table and its indexes hold, and how large they are: counted at once while they are few, by a job otherwise.
import type { Context } from "../../contract/context.ts";
import { defineJob, type JobScope } from "../../contract/service.ts";
import type { Key, ReadTransaction } from "../../storage/transaction.ts";
import { encodedSize } from "./item-codec.ts";
import { below, beyond, tables } from "./keys.ts";
import { COUNT_AT_ONCE_MAX, COUNT_INTERVAL_MS, JOB_BATCH_ITEMS, PAGE_BYTES_MAX } from "./limits.ts";
import { findTable, type Measure, type Measured, type Table } from "./table-record.ts";

/** Reads batch after batch, with no end but the range's; `undefined` when it gave up because there is too much. */
async function measureAtOnce(tx: ReadTransaction, prefix: Key): Promise<Measure | undefined> {
  let measure: Measure = { items: 0, bytes: 0 };
  let range = below(prefix);
  for (;;) {
    const entries = await tx.range(range, { limit: JOB_BATCH_ITEMS });
    measure = added(measure, entries);
    const last = entries[entries.length - 1];
    if (last === undefined || entries.length < JOB_BATCH_ITEMS) return measure;
    if (measure.items >= COUNT_AT_ONCE_MAX || measure.bytes >= PAGE_BYTES_MAX) return undefined;
    range = beyond(range, last.key, false);
  }
}

function added(measure: Measure, entries: readonly { readonly value: Uint8Array }[]): Measure {
  return {
    items: measure.items + entries.length,
    bytes: entries.reduce((sum, { value }) => sum + encodedSize(value), measure.bytes),
  };
}

/** The sizes to show: of this moment for a small table, else of the last count. */
export async function currentSizes(tx: ReadTransaction, table: Table, nowMs: number): Promise<Measured | undefined> {
  const whole = await measureAtOnce(tx, table.prefix);
  if (whole === undefined) return table.record.measured;
  const indexes: Record<string, Measure> = {};
  for (const { name, prefix } of table.indexes) {
    const measure = await measureAtOnce(tx, prefix);
    if (measure === undefined) return table.record.measured;
    indexes[name] = measure;
  }
  return { atMs: nowMs, table: whole, indexes };
}

/** True when the sizes shown are not of this moment, and a new count is due. */
export function isCountDue(sizes: Measured | undefined, nowMs: number): boolean {
  return sizes === undefined || nowMs - sizes.atMs >= COUNT_INTERVAL_MS;
}

export interface CountPayload extends JobScope {
  readonly name: string;
  readonly storageId: string;
}

/** Counts a large table in many short reads. */
export const count = defineJob<CountPayload>({
  concurrency: 1,
  leaseMs: 60_000,
  retry: { attemptsMax: 5, backoffMs: 1_000, backoffMsMax: 60_000 },
  async run(context, payload, attempt) {
    const table = await context.storage.snapshot((tx) => findTable(tx, payload, payload.name));
    if (table?.record.storageId !== payload.storageId) return;
    const whole = await measureInSteps(context, table.prefix, attempt.signal);
    const indexes: Record<string, Measure> = {};
    for (const { name, prefix } of table.indexes) indexes[name] = await measureInSteps(context, prefix, attempt.signal);
    attempt.signal.throwIfAborted();
    await context.storage.transact(async (tx) => {
      const current = await findTable(tx, payload, payload.name);
      if (current?.record.storageId !== payload.storageId) return;
      const measured = { atMs: context.clock.now(), table: whole, indexes };
      tables.set(tx, [payload.account, payload.region, payload.name], { ...current.record, measured });
    });
  },
});

async function measureInSteps(context: Context, prefix: Key, signal: AbortSignal): Promise<Measure> {
  let measure: Measure = { items: 0, bytes: 0 };
  let range = below(prefix);
  for (;;) {
    signal.throwIfAborted();
    const from = range;
    const entries = await context.storage.snapshot((tx) => tx.range(from, { limit: JOB_BATCH_ITEMS }));
    measure = added(measure, entries);
    const last = entries[entries.length - 1];
    if (last === undefined || entries.length < JOB_BATCH_ITEMS) return measure;
    range = beyond(range, last.key, false);
  }
}
