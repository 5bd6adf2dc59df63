// The job contract: the only background mechanism. A job is a durable entry due at a time; it is leased, retried with
// backoff and, when its attempts are used up, dead-lettered. At least once: handlers repeat safely.
import type { Transaction } from "../storage/transaction.ts";

/** How a failed attempt is repeated. */
export interface RetryPolicy {
  /** Attempts in all, the first one included. Infinity is allowed for work that must go on. */
  readonly attemptsMax: number;
  /** Wait before the second attempt, in ms; doubled for each one after, with jitter of up to half. */
  readonly backoffMs: number;
  readonly backoffMsMax: number;
  /** After this age a job is not tried again. */
  readonly ageMsMax?: number;
}

/** What a job's handler knows of the attempt. */
export interface Attempt {
  readonly id: string;
  readonly lane: string;
  /** 1 for the first. */
  readonly number: number;
  readonly enqueuedAtMs: number;
  readonly dueAtMs: number;
  /** Aborted when the platform stops or the lease is lost: give up, the job will run again. */
  readonly signal: AbortSignal;
}

/** What to do in the transaction that ends a successful attempt. */
export type Completion =
  /** Done: the entry goes; `also` writes in the same transaction (and may enqueue further jobs). */
  | { readonly kind: "done"; also?(tx: Transaction): Promise<void> }
  /** Not done, but not failed either: runs again at `dueAtMs` as a first attempt, with this payload if given. */
  | { readonly kind: "again"; readonly dueAtMs: number; readonly payload?: unknown; also?(tx: Transaction): Promise<void> };

/** A kind of job. `P` is its payload: plain data, at most 1 MiB encoded; larger things go to the blob store. */
export interface JobDefinition<C, P> {
  /** Attempts that run at once, over all lanes. */
  readonly concurrency: number;
  /** A lease runs out this long after its last renewal; the runner renews it while the handler runs. */
  readonly leaseMs: number;
  readonly retry: RetryPolicy;
  /** Does the work. Throwing fails the attempt. Returning nothing means done. */
  run(context: C, payload: P, attempt: Attempt): Promise<Completion | void>;
  /** Called in the transaction that gives the job up, with what the last attempt threw. The entry is kept among the dead letters as well. */
  dead?(context: C, tx: Transaction, payload: P, error: unknown, attempt: Attempt): Promise<void>;
  /** Called in the transaction that throws a dead letter away, by hand or for its age: lets go of what the payload points to. */
  forget?(context: C, tx: Transaction, payload: P): Promise<void>;
}

export interface NewJob {
  /** `service.name` of a definition, such as `s3.notify`. */
  readonly type: string;
  /** Jobs of one lane run in order of due time, lanes take fair turns: name the queue, bucket or function that a job is for. */
  readonly lane: string;
  readonly payload: unknown;
  /** Default: now. */
  readonly dueAtMs?: number;
  /** Unique within type and lane. A waiting job with the same id is replaced; while it runs, the new one waits for its end. Default: random. */
  readonly id?: string;
}

/** Written in the caller's transaction: the job exists exactly when the rest of the transaction does (an outbox). */
export interface Jobs {
  enqueue(tx: Transaction, job: NewJob): Promise<void>;
  /** Removes a waiting job; one that runs will not be repeated. */
  cancel(tx: Transaction, type: string, lane: string, id: string): Promise<void>;
}
