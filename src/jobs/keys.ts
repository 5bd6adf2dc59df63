// Every key of the job queue. A job stands in exactly one of `waiting` and `leased`.
//
//   jobs waiting  type lane dueAtMs id   the job, in the order in which its lane runs
//   jobs named    type lane id           when the waiting job of that name is due; only for ids that the caller gave
//   jobs next     type dueAtMs lane      for each lane with waiting jobs, when the first of them is due: exactly one entry
//   jobs leased   type lane id           the job while it runs, who runs it, and the job of that name that comes after it
//   jobs dead     type diedAtMs lane id  what was given up
import { Collection } from "../storage/collection.ts";

export interface JobRecord {
  readonly payload: unknown;
  readonly enqueuedAtMs: number;
  /** Attempts that ended in an error. */
  readonly failures: number;
  /** Attempts in a row that were cut off by a crash; they do not count as failures. */
  readonly interruptions: number;
  /** The caller gave the id, so that another job of that id replaces this one. */
  readonly named: boolean;
}

export interface LeasedRecord extends JobRecord {
  readonly dueAtMs: number;
  /** The incarnation of the runner that holds it. */
  readonly holder: string;
  readonly untilMs: number;
  /** Cancelled while it ran: its end is its end, whatever comes of it. */
  readonly cancelled?: true;
  /** Enqueued under the same id while it ran. */
  readonly successor?: { readonly payload: unknown; readonly enqueuedAtMs: number; readonly dueAtMs: number };
}

export interface DeadRecord extends JobRecord {
  readonly attempts: number;
  readonly error: string;
}

export const waiting = new Collection<[type: string, lane: string, dueAtMs: number, id: string], JobRecord>("jobs", "waiting");
export const named = new Collection<[type: string, lane: string, id: string], number>("jobs", "named");
export const next = new Collection<[type: string, dueAtMs: number, lane: string], true>("jobs", "next");
export const leased = new Collection<[type: string, lane: string, id: string], LeasedRecord>("jobs", "leased");
export const dead = new Collection<[type: string, diedAtMs: number, lane: string, id: string], DeadRecord>("jobs", "dead");
