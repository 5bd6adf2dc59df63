// One attempt at a leased job: runs the handler, then ends the lease as the outcome says. Whatever a handler throws, the
// job is done, waits, or is a dead letter afterwards; it must never be lost.
import { assert } from "../kernel/assert.ts";
import { type Clock, delay } from "../kernel/clock.ts";
import type { Logger, LogLevel } from "../kernel/log.ts";
import type { Random } from "../kernel/random.ts";
import type { Storage, Transaction } from "../storage/transaction.ts";
import { bury, type Forget } from "./dead-letters.ts";
import type { Attempt, Completion, JobDefinition } from "./job.ts";
import { STORAGE_RETRY_MS, STORAGE_RETRY_MS_MAX } from "./limits.ts";
import { endLease, giveBack, heldLease, type JobKey, type Lease } from "./queue.ts";
import { retryAtMs } from "./retry.ts";

/** What attempts share. */
export interface Workshop<C> {
  readonly storage: Storage;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly context: (type: string, payload: unknown) => C;
  /** This run of the runner: a lease of any other is not its own. */
  readonly incarnation: string;
  /** Aborted when the runner is asked to stop. */
  readonly stopping: AbortSignal;
  /** Aborted when it has stopped: nothing touches the storage any more. */
  readonly stopped: AbortSignal;
}

type Outcome = { readonly completion: Completion } | { readonly error: unknown };

/** Never rejects. Resolves when the lease has ended, or can not be ended any more. */
export async function runAttempt<C>(
  shop: Workshop<C>,
  definition: JobDefinition<C, unknown>,
  lease: Lease,
  signal: AbortSignal,
): Promise<void> {
  const { key, record } = lease;
  const attempt: Attempt = {
    id: key.id,
    lane: key.lane,
    number: record.failures + 1,
    enqueuedAtMs: record.enqueuedAtMs,
    dueAtMs: record.dueAtMs,
    signal,
  };
  let context: C | undefined;
  let outcome: Outcome;
  try {
    context = shop.context(key.type, record.payload);
    outcome = { completion: (await definition.run(context, record.payload, attempt)) ?? { kind: "done" } };
  } catch (error) {
    outcome = { error };
  }
  if ("completion" in outcome && !shop.stopped.aborted) {
    const { completion } = outcome;
    try {
      await shop.storage.transact((tx) => complete(shop, tx, lease, completion));
      return;
    } catch (error) {
      outcome = { error };
    }
  }
  if ("error" in outcome) {
    await fail({ shop, definition, key, attempt, context, error: outcome.error, stopping: shop.stopping.aborted });
  }
}

async function complete<C>(shop: Workshop<C>, tx: Transaction, lease: Lease, completion: Completion): Promise<void> {
  const current = await heldLease(tx, lease.key, shop.incarnation);
  if (!current) return lostLease(shop, lease);
  if (completion.kind === "done") {
    await endLease(tx, lease.key, current);
  } else {
    assert(completion.kind === "again", `a job handler answered ${JSON.stringify(completion)}`);
    const { payload = current.payload } = completion;
    const job = { payload, enqueuedAtMs: current.enqueuedAtMs, failures: 0, interruptions: 0, named: current.named };
    await endLease(tx, lease.key, current, { job, dueAtMs: Math.ceil(completion.dueAtMs) });
  }
  await completion.also?.(tx);
}

function lostLease<C>(shop: Workshop<C>, { key }: Lease): void {
  shop.logger.log("warn", "a job's lease was lost while it ran: what it did is not recorded, and it runs again", { ...key });
}

/** What is said of an attempt that failed. */
interface Verdict {
  readonly level: LogLevel;
  readonly message: string;
}

const CANCELLED: Verdict = { level: "warn", message: "a cancelled job failed" };
const AGAIN: Verdict = { level: "warn", message: "a job failed and will be tried again" };
const DEAD: Verdict = { level: "error", message: "a job failed for good and is kept as a dead letter" };

/** What a definition's `dead` or `forget` threw. */
class BurialFailure extends Error {
  override readonly name = "BurialFailure";
}

/** What a definition has to do when a dead letter of its type is thrown away. */
export function forgetter<C>(
  shop: Pick<Workshop<C>, "context">,
  type: string,
  definition: Pick<JobDefinition<C, unknown>, "forget"> | undefined,
): Forget {
  return async (tx, payload) => definition?.forget?.(shop.context(type, payload), tx, payload);
}

interface Failed<C> {
  readonly shop: Workshop<C>;
  readonly definition: JobDefinition<C, unknown>;
  readonly key: JobKey;
  readonly attempt: Attempt;
  /** Undefined when it could not be made. */
  readonly context: C | undefined;
  readonly error: unknown;
  /** The platform was stopping: an error then says nothing about the job. */
  readonly stopping: boolean;
}

/** Repeats until the end of the attempt is stored, for the storage may fail for a while. */
async function fail<C>(failed: Failed<C>): Promise<void> {
  const { shop, key, attempt, error } = failed;
  let mayBury = true;
  for (let waitMs = STORAGE_RETRY_MS; !shop.stopped.aborted; waitMs = Math.min(STORAGE_RETRY_MS_MAX, waitMs * 2)) {
    try {
      const verdict = await shop.storage.transact((tx) => endFailed(tx, failed, mayBury));
      if (verdict) shop.logger.log(verdict.level, verdict.message, { ...key, attempt: attempt.number, error });
      return;
    } catch (thrown) {
      const burial = thrown instanceof BurialFailure;
      const message = burial ? "giving a job up failed: it will be tried again" : "the end of a job's attempt could not be stored";
      shop.logger.log("error", message, { ...key, error: burial ? thrown.cause : thrown });
      if (burial) mayBury = false;
      else await delay(shop.clock, waitMs, shop.stopped);
    }
  }
}

async function endFailed<C>(tx: Transaction, failed: Failed<C>, mayBury: boolean): Promise<Verdict | undefined> {
  const { shop, definition, key, attempt, error } = failed;
  const nowMs = shop.clock.now();
  const current = await heldLease(tx, key, shop.incarnation);
  if (!current) return undefined;
  if (failed.stopping) {
    await giveBack(tx, key, current, false, nowMs);
    return undefined;
  }
  const { payload, enqueuedAtMs, named } = current;
  const againAtMs = retryAtMs(definition.retry, current.failures + 1, enqueuedAtMs, nowMs, shop.random);
  if (current.cancelled || againAtMs !== undefined) {
    const job = { payload, enqueuedAtMs, failures: current.failures + 1, interruptions: 0, named };
    await endLease(tx, key, current, { job, dueAtMs: againAtMs ?? nowMs });
    return current.cancelled ? CANCELLED : AGAIN;
  }
  if (!mayBury) {
    // It waits as long as a job of its type ever does, and its last attempt is made once more.
    const job = { payload, enqueuedAtMs, failures: current.failures, interruptions: 0, named };
    await endLease(tx, key, current, { job, dueAtMs: nowMs + Math.max(STORAGE_RETRY_MS, definition.retry.backoffMsMax) });
    return AGAIN;
  }
  try {
    await bury(tx, key, current, attempt.number, error, nowMs, forgetter(shop, key.type, definition));
    await endLease(tx, key, current);
    if (definition.dead) await definition.dead(failed.context ?? shop.context(key.type, payload), tx, payload, error, attempt);
  } catch (thrown) {
    throw new BurialFailure("a job could not be given up", { cause: thrown });
  }
  return DEAD;
}
