// One attempt at a leased job: runs the handler, then ends the lease as the outcome says. Whatever a handler throws, the
// job is done, waits, or is a dead letter afterwards; it must never be lost.
import { assert } from "../kernel/assert.ts";
import { type Clock, delay } from "../kernel/clock.ts";
import type { Logger } from "../kernel/log.ts";
import type { Random } from "../kernel/random.ts";
import type { Storage, Transaction } from "../storage/transaction.ts";
import { bury } from "./dead-letters.ts";
import type { Attempt, Completion, JobDefinition } from "./job.ts";
import type { LeasedRecord } from "./keys.ts";
import { STORAGE_RETRY_MS, STORAGE_RETRY_MS_MAX } from "./limits.ts";
import { endLease, giveBack, heldLease, type Lease } from "./queue.ts";
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
  if ("error" in outcome) await fail(shop, definition, lease, attempt, context, outcome.error);
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

/** Repeats until the end of the attempt is stored, for the storage may fail for a while. */
async function fail<C>(
  shop: Workshop<C>,
  definition: JobDefinition<C, unknown>,
  lease: Lease,
  attempt: Attempt,
  context: C | undefined,
  error: unknown,
): Promise<void> {
  const { key } = lease;
  // When the platform stops, an error says nothing about the job.
  const stopped = shop.stopping.aborted;
  let burial: "wanted" | "failed" = "wanted";
  for (let waitMs = STORAGE_RETRY_MS; !shop.stopped.aborted; waitMs = Math.min(STORAGE_RETRY_MS_MAX, waitMs * 2)) {
    let hookFailed = false;
    try {
      const said = await shop.storage.transact(async (tx): Promise<string | undefined> => {
        hookFailed = false;
        const current = await heldLease(tx, key, shop.incarnation);
        if (!current) return undefined;
        if (stopped) {
          await giveBack(tx, key, current, false, shop.clock.now());
          return undefined;
        }
        const failures = current.failures + 1;
        const againAtMs = burial === "failed" ? afterBurialMs(shop, definition) : nextAtMs(shop, definition, current, failures);
        if (current.cancelled || againAtMs !== undefined) {
          await endLease(tx, key, current, {
            job: failedJob(current, burial === "failed" ? current.failures : failures),
            dueAtMs: againAtMs ?? 0,
          });
          return current.cancelled ? "a cancelled job failed" : "a job failed and will be tried again";
        }
        await bury(tx, key, current, attempt.number, error, shop.clock.now());
        await endLease(tx, key, current);
        try {
          if (definition.dead)
            await definition.dead(context ?? shop.context(key.type, current.payload), tx, current.payload, error, attempt);
        } catch (thrown) {
          hookFailed = true;
          throw thrown;
        }
        return "a job failed for good and is kept as a dead letter";
      });
      if (said) shop.logger.log(said.includes("for good") ? "error" : "warn", said, { ...key, attempt: attempt.number, error });
      return;
    } catch (thrown) {
      shop.logger.log(
        "error",
        hookFailed ? "giving a job up failed: it will be tried again" : "the end of a job's attempt could not be stored",
        {
          ...key,
          error: thrown,
        },
      );
      if (hookFailed) burial = "failed";
      else await delay(shop.clock, waitMs, shop.stopped);
    }
  }
}

function failedJob(current: LeasedRecord, failures: number) {
  const { payload, enqueuedAtMs, named } = current;
  return { payload, enqueuedAtMs, failures, interruptions: 0, named };
}

function nextAtMs<C>(
  shop: Workshop<C>,
  definition: JobDefinition<C, unknown>,
  current: LeasedRecord,
  failures: number,
): number | undefined {
  return retryAtMs(definition.retry, failures, current.enqueuedAtMs, shop.clock.now(), shop.random);
}

/** A job that could not even be given up waits as long as a job of its type ever does. */
function afterBurialMs<C>(shop: Workshop<C>, definition: JobDefinition<C, unknown>): number {
  return shop.clock.now() + Math.max(STORAGE_RETRY_MS, definition.retry.backoffMsMax);
}
