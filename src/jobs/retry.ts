// When a failed attempt is repeated, if it is. Pure rules: they take the time and chance that they need.
import type { Random } from "../kernel/random.ts";
import type { RetryPolicy } from "./job.ts";
import { INTERRUPTION_BACKOFF_MS, INTERRUPTION_BACKOFF_MS_MAX } from "./limits.ts";

/** The wait after the `failures`th failure, in ms: between half and the whole of the doubled backoff. */
export function backoffMs(policy: Pick<RetryPolicy, "backoffMs" | "backoffMsMax">, failures: number, random: Random): number {
  const whole = Math.min(policy.backoffMsMax, policy.backoffMs * 2 ** (failures - 1));
  return Math.ceil(whole * (1 - random.float() / 2));
}

/** When to try again after the `failures`th failure, or undefined when the job is to be given up. */
export function retryAtMs(policy: RetryPolicy, failures: number, enqueuedAtMs: number, nowMs: number, random: Random): number | undefined {
  if (failures >= policy.attemptsMax) return undefined;
  const atMs = nowMs + backoffMs(policy, failures, random);
  if (policy.ageMsMax !== undefined && atMs - enqueuedAtMs > policy.ageMsMax) return undefined;
  return atMs;
}

/** When to try again after the `interruptions`th crash in the midst of an attempt. The first may not be the job's doing: it is repeated at once. */
export function repeatAtMs(interruptions: number, nowMs: number): number {
  if (interruptions <= 1) return nowMs;
  return nowMs + Math.min(INTERRUPTION_BACKOFF_MS_MAX, INTERRUPTION_BACKOFF_MS * 2 ** (interruptions - 2));
}
