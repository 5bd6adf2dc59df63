// A stack whose operation is about to end is worth a moment's wait: AWS's clients look again only after many seconds. It
// must never hold an answer longer than the limit, or once the client is gone.
import type { Context } from "../../contract/context.ts";
import { findStack, uidOf } from "./journal.ts";
import { type StackRecord, stacks } from "./keys.ts";
import { SETTLE_WAIT_MS } from "./limits.ts";

/** The stack as `findStack` gives it, once no operation works on it or the wait is over. */
export async function settledStack(context: Context, nameOrId: string): Promise<StackRecord | undefined> {
  const first = await findStack(context, nameOrId);
  if (!first?.operation) return first;
  const { account, region, clock, signal, storage } = context;
  let over = false;
  let written = false;
  let wake = () => {};
  const end = () => {
    over = true;
    wake();
  };
  const unwatch = storage.watch(stacks.rangeOf([account, region, uidOf(first.stackId)]), () => {
    written = true;
    wake();
  });
  const timer = clock.setTimer(SETTLE_WAIT_MS, end);
  signal.addEventListener("abort", end, { once: true });
  if (signal.aborted) end();
  try {
    for (;;) {
      written = false;
      const stack = await findStack(context, nameOrId);
      if (over || !stack?.operation) return stack;
      if (written) continue;
      await new Promise<void>((resolve) => {
        wake = resolve;
        if (over) resolve();
      });
    }
  } finally {
    unwatch();
    timer.cancel();
    signal.removeEventListener("abort", end);
  }
}
