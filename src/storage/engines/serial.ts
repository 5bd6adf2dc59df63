// Transactions one at a time, in order of arrival: what every engine within one process shares. Its reads are synchronous
// underneath, so a transaction takes microtasks only; it must never wait for a disk or a timer.
import { AssertionFailure, assert } from "../../kernel/assert.ts";
import { integer, type Random } from "../../kernel/random.ts";
import {
  type Entry,
  KEY_BYTES_MAX,
  type Key,
  type KeyRange,
  type RangeOptions,
  type Transaction,
  VALUE_BYTES_MAX,
  type Value,
} from "../transaction.ts";
import { type Cursor, OrderedMap, textOf } from "./ordered-map.ts";

/** A key as it was last written; without a value it was deleted. */
export interface Write {
  readonly key: Key;
  readonly value: Value | undefined;
}

/** Committed writes that are not in the store yet. */
export interface Layer {
  /** Rises from layer to layer; 0 is the store itself. */
  readonly number: number;
  readonly writes: OrderedMap<Write>;
}

/** What transactions read below their own writes. */
export interface Base {
  /** The newest first: each hides what is below it, and all hide what the store has. */
  readonly layers: readonly Layer[];
  get(text: string, key: Key): Value | undefined;
  cursor(start: string, end: string, range: KeyRange, reverse: boolean): Cursor<Entry>;
}

/** Takes over what a transaction wrote, at once; `seen` is the latest layer that it read from. A promise says when the transaction may be acknowledged. */
export type Commit = (writes: OrderedMap<Write> | undefined, seen: number) => Promise<void> | undefined;

class SerialTransaction implements Transaction {
  writes: OrderedMap<Write> | undefined;
  seen = 0;
  readonly #base: Base;
  readonly #readOnly: boolean;
  #ended = false;

  constructor(base: Base, readOnly: boolean) {
    this.#base = base;
    this.#readOnly = readOnly;
  }

  end(): void {
    this.#ended = true;
  }

  async get(key: Key): Promise<Value | undefined> {
    this.#assertOpen();
    const text = textOf(key);
    const own = this.writes?.get(text);
    if (own !== undefined) return own.value;
    for (const layer of this.#base.layers) {
      const pending = layer.writes.get(text);
      if (pending === undefined) continue;
      if (layer.number > this.seen) this.seen = layer.number;
      return pending.value;
    }
    return this.#base.get(text, key);
  }

  async range(range: KeyRange, options: RangeOptions): Promise<Entry[]> {
    this.#assertOpen();
    const { limit, reverse = false } = options;
    assert(Number.isSafeInteger(limit) && limit >= 0, `a range limit of ${limit}`);
    const start = textOf(range.start);
    const end = textOf(range.end);
    if (limit === 0 || start >= end) return [];
    const cursors: { readonly cursor: Cursor<Write>; readonly number: number }[] = [];
    const add = (writes: OrderedMap<Write> | undefined, number: number) => {
      const cursor = writes?.cursor(start, end, reverse);
      if (cursor?.key !== undefined) cursors.push({ cursor, number });
    };
    add(this.writes, 0);
    for (const layer of this.#base.layers) add(layer.writes, layer.number);
    const store = this.#base.cursor(start, end, range, reverse);
    try {
      return cursors.length === 0 ? take(store, limit) : this.#merge([...cursors, { cursor: store, number: 0 }], limit, reverse);
    } finally {
      store.close?.();
    }
  }

  claim(range: KeyRange, limit: number): Promise<Entry[]> {
    this.#assertWritable();
    return this.range(range, { limit });
  }

  set(key: Key, value: Value): void {
    this.#assertWritable();
    assert(key.length > 0 && key.length <= KEY_BYTES_MAX, `a key of ${key.length} bytes: from 1 to ${KEY_BYTES_MAX} are allowed`);
    assert(value.length <= VALUE_BYTES_MAX, `a value of ${value.length} bytes: up to ${VALUE_BYTES_MAX} are allowed`);
    this.writes ??= new OrderedMap();
    this.writes.set(textOf(key), { key, value });
  }

  delete(key: Key): void {
    this.#assertWritable();
    assert(key.length > 0 && key.length <= KEY_BYTES_MAX, `a key of ${key.length} bytes: from 1 to ${KEY_BYTES_MAX} are allowed`);
    this.writes ??= new OrderedMap();
    this.writes.set(textOf(key), { key, value: undefined });
  }

  /** The newest first: where several stand at one key, the first one counts and all move on. */
  #merge(cursors: readonly { readonly cursor: Cursor<Write>; readonly number: number }[], limit: number, reverse: boolean): Entry[] {
    const out: Entry[] = [];
    while (out.length < limit) {
      let first: string | undefined;
      for (const { cursor } of cursors) first = firstOf(first, cursor.key, reverse);
      if (first === undefined) break;
      let found: Write | undefined;
      for (const { cursor, number } of cursors) {
        if (cursor.key !== first) continue;
        if (found === undefined) {
          found = cursor.value;
          if (number > this.seen) this.seen = number;
        }
        cursor.next();
      }
      if (found?.value !== undefined) out.push({ key: found.key, value: found.value });
    }
    return out;
  }

  #assertOpen(): void {
    assert(!this.#ended, "a transaction was used after its end");
  }

  #assertWritable(): void {
    this.#assertOpen();
    assert(!this.#readOnly, "a snapshot does not write");
  }
}

function take(cursor: Cursor<Entry>, limit: number): Entry[] {
  const out: Entry[] = [];
  for (; out.length < limit && cursor.value !== undefined; cursor.next()) out.push(cursor.value);
  return out;
}

function firstOf(one: string | undefined, other: string | undefined, reverse: boolean): string | undefined {
  if (one === undefined) return other;
  if (other === undefined) return one;
  return one < other !== reverse ? one : other;
}

interface Task {
  readonly fn: (tx: Transaction) => Promise<unknown>;
  readonly readOnly: boolean;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
  transaction: SerialTransaction | undefined;
  settled: boolean;
}

/** One transaction in this many runs twice when asked to. */
const RERUN_ONE_IN = 4;

/** How much of a stuck function's source is shown, in characters. */
const STUCK_SOURCE_CHARACTERS = 200;
const STUCK =
  "a transaction function awaited something other than its transaction: a transaction inside it, a snapshot, a call, a timer, I/O";

/** Runs transactions in order of arrival, each to its end before the next one begins. */
export class SerialExecutor {
  readonly #base: Base;
  readonly #commit: Commit;
  readonly #rerun: Random | undefined;
  readonly #waiting: Task[] = [];
  #first = 0;
  #running: Task | undefined;
  #watching = false;
  #closed: Error | undefined;
  readonly #idle: (() => void)[] = [];

  constructor(base: Base, commit: Commit, rerun: Random | undefined) {
    this.#base = base;
    this.#commit = commit;
    this.#rerun = rerun;
  }

  run<T>(fn: (tx: SerialTransaction) => Promise<T>, readOnly: boolean): Promise<T> {
    if (this.#closed) return Promise.reject(this.#closed);
    return new Promise<T>((resolve, reject) => {
      const task: Task = {
        fn: fn as Task["fn"],
        readOnly,
        resolve: resolve as Task["resolve"],
        reject,
        transaction: undefined,
        settled: false,
      };
      if (this.#running === undefined) void this.#begin(task);
      else this.#waiting.push(task);
    });
  }

  /** Nothing new is taken. Resolves when all that was asked before has ended. */
  async close(reason: Error): Promise<void> {
    this.#closed ??= reason;
    if (this.#running === undefined) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#idle.push(resolve);
    await promise;
  }

  /** Nothing new is taken, and what waits is refused. */
  refuse(reason: Error): void {
    this.#closed = reason;
    for (const task of this.#waiting.splice(0).slice(this.#first)) task.reject(reason);
    this.#first = 0;
  }

  async #begin(task: Task): Promise<void> {
    this.#running = task;
    if (!this.#watching) this.#watchForStuck();
    try {
      if (this.#rerun && integer(this.#rerun, RERUN_ONE_IN) === 0) await this.#rehearse(task);
      if (task.settled) return;
      const transaction = new SerialTransaction(this.#base, task.readOnly);
      task.transaction = transaction;
      const result = await task.fn(transaction);
      if (task.settled) return;
      transaction.end();
      const durable = this.#commit(transaction.writes, transaction.seen);
      this.#end(task);
      if (durable) await durable;
      task.resolve(result);
    } catch (error) {
      task.transaction?.end();
      this.#end(task);
      task.reject(error);
    }
  }

  /** As after a conflict: runs the function and throws away all that came of it. */
  async #rehearse(task: Task): Promise<void> {
    const transaction = new SerialTransaction(this.#base, task.readOnly);
    task.transaction = transaction;
    try {
      await task.fn(transaction);
    } catch {
      // The run that counts throws it again.
    } finally {
      transaction.end();
    }
  }

  #end(task: Task): void {
    if (task.settled) return;
    task.settled = true;
    this.#running = undefined;
    const next = this.#waiting[this.#first];
    if (next === undefined) {
      for (const resolve of this.#idle.splice(0)) resolve();
      return;
    }
    this.#first++;
    if (this.#first === this.#waiting.length || this.#first > 1_000) {
      this.#waiting.splice(0, this.#first);
      this.#first = 0;
    }
    void this.#begin(next);
  }

  /**
   * A transaction takes microtasks only, so none is under way when the event loop turns: one that is awaits something that
   * may never come, such as a transaction behind itself. One check a turn, only while there is work.
   */
  #watchForStuck(): void {
    this.#watching = true;
    setImmediate(() => {
      this.#watching = false;
      const task = this.#running;
      if (task === undefined) return;
      task.transaction?.end();
      task.reject(new AssertionFailure(`${STUCK}; it begins ${task.fn.toString().slice(0, STUCK_SOURCE_CHARACTERS)}`));
      this.#end(task);
    });
  }
}
