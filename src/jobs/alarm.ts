// Many wake-up times over one clock timer. It never wakes anybody who has not asked.
import type { Clock, Timer } from "../kernel/clock.ts";
import { TIMER_MS_MAX } from "./limits.ts";

export interface Sleeper {
  wake(): void;
}

export class Alarm {
  readonly #clock: Clock;
  readonly #times = new Map<Sleeper, number>();
  #timer: Timer | undefined;
  #timerAtMs = Number.POSITIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Wakes `sleeper` once at `atMs`, or never when that is undefined; the last call counts. */
  set(sleeper: Sleeper, atMs: number | undefined): void {
    if (atMs === undefined) this.#times.delete(sleeper);
    else this.#times.set(sleeper, atMs);
    if (atMs !== undefined && atMs < this.#timerAtMs) this.#arm();
  }

  clear(): void {
    this.#times.clear();
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#timerAtMs = Number.POSITIVE_INFINITY;
  }

  #arm(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    let firstMs = Number.POSITIVE_INFINITY;
    for (const atMs of this.#times.values()) if (atMs < firstMs) firstMs = atMs;
    this.#timerAtMs = firstMs;
    if (firstMs === Number.POSITIVE_INFINITY) return;
    const delayMs = Math.min(TIMER_MS_MAX, Math.max(0, firstMs - this.#clock.now()));
    this.#timer = this.#clock.setTimer(delayMs, () => this.#ring());
  }

  #ring(): void {
    this.#timer = undefined;
    this.#timerAtMs = Number.POSITIVE_INFINITY;
    const nowMs = this.#clock.now();
    const due = [...this.#times].filter(([, atMs]) => atMs <= nowMs);
    for (const [sleeper] of due) this.#times.delete(sleeper);
    for (const [sleeper] of due) sleeper.wake();
    this.#arm();
  }
}
