// Jobs that were given up: kept to be looked at, run again or thrown away. They never run by themselves.

import type { Clock } from "../kernel/clock.ts";
import { messageOf } from "../kernel/errors.ts";
import type { Storage, Transaction } from "../storage/transaction.ts";
import { dead, type LeasedRecord } from "./keys.ts";
import { DEAD_LETTER_AGE_MS_MAX, DEAD_LETTER_ERROR_CHARACTERS_MAX, DEAD_LETTERS_PRUNED } from "./limits.ts";
import { type JobKey, put } from "./queue.ts";

export interface DeadLetterKey extends JobKey {
  readonly diedAtMs: number;
}

export interface DeadLetter extends DeadLetterKey {
  readonly payload: unknown;
  readonly enqueuedAtMs: number;
  readonly attempts: number;
  /** What the last attempt threw: name, message and stack, cut to a bound. */
  readonly error: string;
}

export interface DeadLetters {
  /** In order of type and time of death. `after` is the last one of the page before. */
  list(page: { readonly type?: string; readonly limit: number; readonly after?: DeadLetterKey }): Promise<DeadLetter[]>;
  /** Due now, as if it had just been enqueued. False when it is not there. */
  redrive(key: DeadLetterKey): Promise<boolean>;
  /** False when it is not there. */
  discard(key: DeadLetterKey): Promise<boolean>;
}

/** What its type has to do when a dead letter is thrown away. */
export type Forget = (tx: Transaction, payload: unknown) => Promise<void>;

/** Keeps what is given up, and lets go of what has been kept for long enough. */
export async function bury(
  tx: Transaction,
  key: JobKey,
  record: LeasedRecord,
  attempts: number,
  error: unknown,
  nowMs: number,
  forget: Forget,
): Promise<void> {
  const { payload, enqueuedAtMs, failures, interruptions, named } = record;
  const text = describe(error).slice(0, DEAD_LETTER_ERROR_CHARACTERS_MAX);
  dead.set(tx, [key.type, nowMs, key.lane, key.id], { payload, enqueuedAtMs, failures, interruptions, named, attempts, error: text });
  const old = await dead.scan(tx, [key.type], { limit: DEAD_LETTERS_PRUNED, before: [key.type, nowMs - DEAD_LETTER_AGE_MS_MAX] });
  for (const letter of old) {
    dead.delete(tx, letter.key);
    await forget(tx, letter.value.payload);
  }
}

function describe(error: unknown): string {
  return error instanceof Error && error.stack ? error.stack : messageOf(error);
}

export interface DeadLettersOptions {
  readonly storage: Storage;
  readonly clock: Clock;
  /** Is told the type of a job that is put back, before it is. */
  wanted(type: string): void;
  forgetterOf(type: string): Promise<Forget>;
}

export function createDeadLetters({ storage, clock, wanted, forgetterOf }: DeadLettersOptions): DeadLetters {
  const take = async (tx: Transaction, { type, diedAtMs, lane, id }: DeadLetterKey) => {
    const record = await dead.get(tx, [type, diedAtMs, lane, id]);
    if (record) dead.delete(tx, [type, diedAtMs, lane, id]);
    return record;
  };
  return {
    list: ({ type, limit, after }) =>
      storage.snapshot(async (tx) => {
        const from = after && { after: [after.type, after.diedAtMs, after.lane, after.id] satisfies [string, number, string, string] };
        const found = await dead.scan(tx, type === undefined ? [] : [type], { limit, ...from });
        return found.map(({ key, value }) => {
          const { payload, enqueuedAtMs, attempts, error } = value;
          return { type: key[0], diedAtMs: key[1], lane: key[2], id: key[3], payload, enqueuedAtMs, attempts, error };
        });
      }),
    redrive: (key) =>
      storage.transact(async (tx) => {
        const record = await take(tx, key);
        if (!record) return false;
        wanted(key.type);
        const nowMs = clock.now();
        const { payload, named } = record;
        await put(tx, key, { payload, enqueuedAtMs: nowMs, failures: 0, interruptions: 0, named }, nowMs);
        return true;
      }),
    async discard(key) {
      const forget = await forgetterOf(key.type);
      return storage.transact(async (tx) => {
        const record = await take(tx, key);
        if (record) await forget(tx, record.payload);
        return record !== undefined;
      });
    },
  };
}
