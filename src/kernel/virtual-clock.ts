// A clock that moves only when told to: the one that tests and simulations pass where production passes the host's clock.
import type { Clock, Timer } from "./clock.ts";

interface Pending {
  readonly atMs: number;
  readonly sequence: number;
  readonly callback: () => void;
}

export class VirtualClock implements Clock {
  #nowMs: number;
  readonly #startMs: number;
  #sequence = 0;
  #pending: Pending[] = [];

  /** @param startMs wall time at the start; the default is a round moment that is easy to recognise in output. */
  constructor(startMs: number = Date.UTC(2026, 0, 1)) {
    this.#nowMs = startMs;
    this.#startMs = startMs;
  }

  now(): number {
    return this.#nowMs;
  }

  monotonic(): number {
    return this.#nowMs - this.#startMs;
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    const entry: Pending = { atMs: this.#nowMs + Math.max(0, delayMs), sequence: this.#sequence++, callback };
    this.#pending.push(entry);
    return {
      cancel: () => {
        this.#pending = this.#pending.filter((other) => other !== entry);
      },
    };
  }

  /** When the next timer is due, or undefined when none is set. */
  get nextAtMs(): number | undefined {
    return this.#next()?.atMs;
  }

  /**
   * Moves time forward by `byMs`, firing due timers in order of time and then of setting, and letting
   * promise reactions run after each: what a timer sets in motion is seen before the next one fires.
   */
  async advance(byMs: number): Promise<void> {
    const untilMs = this.#nowMs + byMs;
    await settle();
    for (let next = this.#next(); next !== undefined && next.atMs <= untilMs; next = this.#next()) {
      const due = next;
      this.#pending = this.#pending.filter((other) => other !== due);
      this.#nowMs = Math.max(this.#nowMs, due.atMs);
      due.callback();
      await settle();
    }
    this.#nowMs = untilMs;
  }

  #next(): Pending | undefined {
    let first: Pending | undefined;
    for (const entry of this.#pending) {
      if (first === undefined || entry.atMs < first.atMs || (entry.atMs === first.atMs && entry.sequence < first.sequence)) first = entry;
    }
    return first;
  }
}

/** Lets promise reactions and already finished I/O run: turns of the event loop, no time. */
export async function settle(turns = 8): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
}
