// The real clock.
import type { Clock } from "../kernel/clock.ts";

/** setTimeout's longest delay; longer ones are set again when it has passed. */
const DELAY_MS_MAX = 2_147_483_647;

export const hostClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimer(delayMs, callback) {
    let handle: NodeJS.Timeout;
    const arm = (leftMs: number): void => {
      const stepMs = Math.min(leftMs, DELAY_MS_MAX);
      handle = setTimeout(() => (leftMs > stepMs ? arm(leftMs - stepMs) : callback()), Math.max(0, stepMs));
      handle.unref();
    };
    arm(delayMs);
    return { cancel: () => clearTimeout(handle) };
  },
};

/** The clock's timers do not keep a process alive, so that the platform never does; a command that waits for one must. Returns the end of it. */
export function keepAlive(): () => void {
  const timer = setInterval(() => {}, DELAY_MS_MAX);
  return () => clearInterval(timer);
}
