// The queue of one type of jobs as its runner sees it: takes due jobs lane by lane in fair turns, keeps within the type's
// concurrency, renews leases. It is woken by commits, by the alarm and by the end of attempts; it never polls.
import { assert } from "../kernel/assert.ts";
import type { ReadTransaction, Transaction } from "../storage/transaction.ts";
import type { Alarm, Sleeper } from "./alarm.ts";
import { runAttempt, type Workshop } from "./attempt.ts";
import type { JobDefinition } from "./job.ts";
import { leased, next } from "./keys.ts";
import {
  LANES_PER_ROUND_MAX,
  LEASES_PER_TRANSACTION_MAX,
  STORAGE_RETRY_MS,
  STORAGE_RETRY_MS_MAX,
  UNKNOWN_TYPE_RETRY_MS,
  UNKNOWN_TYPE_RETRY_MS_MAX,
} from "./limits.ts";
import { heldLease, type Lease, leaseLane } from "./queue.ts";

interface Running {
  readonly lease: Lease;
  readonly abort: AbortController;
  readonly ended: Promise<void>;
}

/** Lanes take turns in rounds: a round is a page of the index of due lanes, the next round goes on after it. */
interface Turns {
  readonly round: readonly string[];
  /** The place in the round whose turn is next. */
  readonly turn: number;
  /** The last key of the index page that the round came from; undefined when the index begins anew. */
  readonly after: NextKey | undefined;
}

type NextKey = [type: string, dueAtMs: number, lane: string];

interface Taken extends Turns {
  readonly leases: readonly Lease[];
  /** All that was due is leased. */
  readonly swept: boolean;
  /** When the next job is due, once swept. */
  readonly dueAtMs: number | undefined;
}

export class TypeQueue<C> implements Sleeper {
  readonly type: string;
  readonly #shop: Workshop<C>;
  readonly #alarm: Alarm;
  readonly #load: (type: string) => Promise<JobDefinition<C, unknown> | undefined>;
  readonly #started: () => boolean;
  readonly #running = new Set<Running>();
  readonly #renewal: Sleeper = { wake: () => void this.#renew() };
  readonly #unwatch: () => void;
  #definition: JobDefinition<C, unknown> | undefined;
  #turns: Turns = { round: [], turn: 0, after: undefined };
  #passing = false;
  #again = false;
  /** There may be due jobs that found no free place. */
  #backlog = false;
  #failedPasses = 0;
  #failedLoads = 0;
  #loadAgainAtMs = 0;

  constructor(
    type: string,
    shop: Workshop<C>,
    alarm: Alarm,
    load: (type: string) => Promise<JobDefinition<C, unknown> | undefined>,
    started: () => boolean,
  ) {
    this.type = type;
    this.#shop = shop;
    this.#alarm = alarm;
    this.#load = load;
    this.#started = started;
    this.#unwatch = shop.storage.watch(next.rangeOf([type]), () => this.wake());
  }

  /** Looks for due jobs, now or, when it is looking already, once more. */
  wake(): void {
    if (this.#shop.stopping.aborted || !this.#started()) return;
    this.#again = true;
    if (!this.#passing) void this.#pass();
  }

  /** Aborts what runs. Resolves when all of it has ended. */
  async stop(): Promise<void> {
    this.#unwatch();
    for (const running of this.#running) running.abort.abort();
    await Promise.all([...this.#running].map((running) => running.ended));
  }

  async #pass(): Promise<void> {
    this.#passing = true;
    try {
      while (this.#again && !this.#shop.stopping.aborted) {
        this.#again = false;
        const definition = await this.#define();
        if (definition) await this.#leaseAndRun(definition);
      }
      this.#failedPasses = 0;
    } catch (error) {
      if (!this.#shop.stopping.aborted) {
        const waitMs = Math.min(STORAGE_RETRY_MS_MAX, STORAGE_RETRY_MS * 2 ** this.#failedPasses++);
        this.#shop.logger.log("error", "jobs could not be leased", { type: this.type, error });
        this.#alarm.set(this, this.#shop.clock.now() + waitMs);
      }
    }
    this.#passing = false;
    // A wake that came while the pass failed waits for the alarm.
  }

  async #define(): Promise<JobDefinition<C, unknown> | undefined> {
    if (this.#definition) return this.#definition;
    if (this.#shop.clock.now() < this.#loadAgainAtMs) return undefined;
    try {
      this.#definition = await this.#load(this.type);
      if (this.#definition) return this.#definition;
      this.#shop.logger.log("error", "there are jobs of an unknown type: they wait", { type: this.type });
    } catch (error) {
      this.#shop.logger.log("error", "a job's definition could not be loaded: its jobs wait", { type: this.type, error });
    }
    const waitMs = Math.min(UNKNOWN_TYPE_RETRY_MS_MAX, UNKNOWN_TYPE_RETRY_MS * 2 ** this.#failedLoads++);
    this.#loadAgainAtMs = this.#shop.clock.now() + waitMs;
    this.#alarm.set(this, this.#loadAgainAtMs);
    return undefined;
  }

  /** Until no place is free or no job is due. */
  async #leaseAndRun(definition: JobDefinition<C, unknown>): Promise<void> {
    for (;;) {
      const free = Math.min(definition.concurrency - this.#running.size, LEASES_PER_TRANSACTION_MAX);
      this.#backlog = free <= 0;
      if (this.#backlog || this.#shop.stopping.aborted) return;
      const taken = await this.#shop.storage.transact((tx) => this.#take(tx, free, definition.leaseMs));
      this.#turns = { round: taken.round, turn: taken.turn, after: taken.after };
      for (const lease of taken.leases) this.#start(definition, lease);
      if (taken.swept) {
        this.#alarm.set(this, taken.dueAtMs);
        return;
      }
    }
  }

  /** Leases up to `limit` due jobs. Runs in a transaction: it changes nothing of the queue itself. */
  async #take(tx: Transaction, limit: number, leaseMs: number): Promise<Taken> {
    const nowMs = this.#shop.clock.now();
    const terms = { nowMs, holder: this.#shop.incarnation, untilMs: nowMs + leaseMs };
    const leases: Lease[] = [];
    let { round, turn, after } = this.#turns;
    let leasesAtPage = -1;
    while (leases.length < limit) {
      const lane = round[turn];
      if (lane !== undefined) {
        const share = Math.ceil((limit - leases.length) / (round.length - turn));
        leases.push(...(await leaseLane(tx, this.type, lane, share, terms)));
        turn++;
        continue;
      }
      // Each lane that the index names has a due job: a page that yields none would be read for ever.
      assert(leases.length > leasesAtPage, `the index of due lanes of ${this.type} names lanes without due jobs`);
      const page = await dueLanes(tx, this.type, nowMs, after);
      if (page.length === 0 && after === undefined) {
        return { leases, round: [], turn: 0, after, swept: true, dueAtMs: await nextDueAtMs(tx, this.type) };
      }
      leasesAtPage = page.length === 0 ? -1 : leases.length;
      round = page.map((key) => key[2]);
      turn = 0;
      after = page.length < LANES_PER_ROUND_MAX ? undefined : page.at(-1);
    }
    return { leases, round, turn, after, swept: false, dueAtMs: undefined };
  }

  #start(definition: JobDefinition<C, unknown>, lease: Lease): void {
    const abort = new AbortController();
    if (this.#running.size === 0) this.#alarm.set(this.#renewal, this.#shop.clock.now() + definition.leaseMs / 3);
    const running: Running = {
      lease,
      abort,
      ended: runAttempt(this.#shop, definition, lease, abort.signal).then(() => {
        this.#running.delete(running);
        if (this.#running.size === 0) this.#alarm.set(this.#renewal, undefined);
        if (this.#backlog) this.wake();
      }),
    };
    this.#running.add(running);
    if (this.#shop.stopping.aborted) abort.abort();
  }

  /** Holds on to what runs; lets go of what has been taken away. */
  async #renew(): Promise<void> {
    const definition = this.#definition;
    if (!definition || this.#running.size === 0 || this.#shop.stopping.aborted) return;
    const { storage, clock, incarnation, logger } = this.#shop;
    this.#alarm.set(this.#renewal, clock.now() + definition.leaseMs / 3);
    const all = [...this.#running];
    try {
      const lost = await storage.transact(async (tx) => {
        const gone: Running[] = [];
        for (const running of all) {
          const { type, lane, id } = running.lease.key;
          const current = await heldLease(tx, running.lease.key, incarnation);
          if (current) leased.set(tx, [type, lane, id], { ...current, untilMs: clock.now() + definition.leaseMs });
          else if (this.#running.has(running)) gone.push(running);
        }
        return gone;
      });
      for (const running of lost) running.abort.abort();
    } catch (error) {
      logger.log("error", "leases of jobs could not be renewed", { type: this.type, error });
    }
  }
}

async function dueLanes(tx: ReadTransaction, type: string, nowMs: number, after: NextKey | undefined): Promise<NextKey[]> {
  const found = await next.scan(tx, [type], { limit: LANES_PER_ROUND_MAX, before: [type, nowMs + 1], ...(after && { after }) });
  return found.map((entry) => entry.key);
}

async function nextDueAtMs(tx: ReadTransaction, type: string): Promise<number | undefined> {
  const [first] = await next.scan(tx, [type], { limit: 1 });
  return first?.key[1];
}
