// The job that removes what is left of a stack once it is no longer listed.
import type { Context } from "../../contract/context.ts";
import { defineJob, type JobScope } from "../../contract/service.ts";
import type { Transaction } from "../../storage/transaction.ts";
import { uidOf } from "./journal.ts";
import { changeSets, events, resources, stacks, templates } from "./keys.ts";
import { FORGET_BATCH } from "./limits.ts";

interface ForgetJob extends JobScope {
  readonly stackId: string;
}

export const forgetJob = defineJob<ForgetJob>({
  concurrency: 1,
  leaseMs: 30_000,
  retry: { attemptsMax: 10, backoffMs: 1_000, backoffMsMax: 60_000 },
  run: async (context, payload) => {
    const uid = uidOf(payload.stackId);
    while (await context.storage.transact((tx) => removeSome(context, tx, uid)));
  },
});

/** True while there may be more. */
async function removeSome(context: Context, tx: Transaction, uid: string): Promise<boolean> {
  const prefix = [context.account, context.region, uid] as const;
  let removed = 0;
  for (const collection of [events, changeSets, resources, templates] as const) {
    const range = collection.rangeOf(prefix);
    for (const entry of await tx.range(range, { limit: FORGET_BATCH })) {
      tx.delete(entry.key);
      removed++;
    }
  }
  if (removed === 0) stacks.delete(tx, prefix);
  return removed > 0;
}
