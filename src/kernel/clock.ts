// Time as a parameter. Nothing outside `host/` reads a real clock or sets a real timer; tests and simulations pass a clock that they move themselves.

/** A pending call of a clock. Cancelling one that has fired, or twice, does nothing. */
export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Wall time in milliseconds since the Unix epoch; whole numbers. */
  now(): number;
  /** Milliseconds since an arbitrary start, never going back, with fractions: for durations only. */
  monotonic(): number;
  /** Calls `callback` once, `delayMs` from now (0 means soon, never synchronously). A pending timer does not keep a process alive. */
  setTimer(delayMs: number, callback: () => void): Timer;
}

/** Resolves after `delayMs`, or at once when `signal` is aborted (it never rejects; look at the signal). */
export function delay(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) {
      resolve();
      return;
    }
    const onAbort = () => {
      timer.cancel();
      resolve();
    };
    const timer = clock.setTimer(delayMs, () => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    });
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}
