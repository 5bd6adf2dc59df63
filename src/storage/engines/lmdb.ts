// The keyspace on disk: LMDB, with commits in groups. A transaction is acknowledged when its group is on disk, and seen by
// later transactions at once. The JavaScript thread must never wait for the disk.
import { closeSync, fsyncSync, openSync, statfsSync } from "node:fs";
import { join } from "node:path";
import { open, type RootDatabase } from "lmdb";
import { AssertionFailure } from "../../kernel/assert.ts";
import type { Random } from "../../kernel/random.ts";
import type { Entry, Key, KeyRange, Storage, Value } from "../transaction.ts";
import { lockDirectory } from "./directory-lock.ts";
import { type Cursor, OrderedMap, textOf } from "./ordered-map.ts";
import { type Base, type Commit, type Layer, SerialExecutor } from "./serial.ts";
import { Watchers } from "./watchers.ts";

export interface LmdbStorageOptions {
  /** Made if need be. One process at a time. */
  readonly directory: string;
  /** Acknowledges before the disk has it: a crash of the machine loses what was acknowledged last. For tests. */
  readonly relaxed?: boolean;
  /** As for memory storage: transactions' functions run once more now and then. For tests. */
  readonly rerun?: Random;
}

/** LMDB's longest key is about half a page; pages of this many bytes take KEY_BYTES_MAX. */
const PAGE_BYTES = 8192;
/** Address space for the map at first, in bytes; LMDB takes more as the data grows. It is not memory, nor disk. */
const MAP_BYTES = 64 * 1024 ** 3;
/** Errors that say there is no room: file too large, no space, quota; LMDB's own for its map. */
const NO_ROOM = new Set<unknown>([27, 28, 122, -30792]);
/** LMDB's answer to a write that was cut short, and a disk's to a sync that failed. */
const IO_ERROR = 5;
/** A disk with less room than this, in bytes, is why a write was cut short. */
const FULL_BYTES = 16 * 1024 ** 2;

/** What a transaction gets whose group could not be written, and what every one gets after an error that leaves the disk in doubt. */
class StorageFailure extends Error {
  override readonly name = "StorageFailure";
}

interface Group extends Layer {
  readonly durable: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

interface GroupedBase extends Base {
  layers: readonly Group[];
}

function group(number: number): Group {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  // Whoever waits for it hears of a failure; that nobody does is no unhandled rejection.
  promise.catch(() => {});
  return { number, writes: new OrderedMap(), durable: promise, resolve, reject };
}

export function openLmdbStorage(options: LmdbStorageOptions): Storage {
  const lock = lockDirectory(options.directory);
  try {
    const database = openDatabase(options);
    // The names of the files that it may just have made.
    if (!options.relaxed) syncFolder(options.directory);
    return new LmdbStorage(options, database, lock.release);
  } catch (error) {
    lock.release();
    throw error;
  }
}

function syncFolder(path: string): void {
  const folder = openSync(path, "r");
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

/** LMDB as its authors ship it: each commit syncs the data pages, then the page that makes them the state. */
function openDatabase(options: LmdbStorageOptions): RootDatabase<Uint8Array, Uint8Array> {
  return open<Uint8Array, Uint8Array>({
    path: join(options.directory, "keys.mdb"),
    keyEncoding: "binary",
    encoding: "binary",
    pageSize: PAGE_BYTES,
    mapSize: MAP_BYTES,
    overlappingSync: false,
    eventTurnBatching: false,
    ...(options.relaxed && { noSync: true }),
  });
}

class LmdbStorage implements Storage {
  readonly #directory: string;
  readonly #database: RootDatabase<Uint8Array, Uint8Array>;
  readonly #release: () => void;
  readonly #watchers = new Watchers();
  readonly #executor: SerialExecutor;
  readonly #base: GroupedBase;
  /** The group that takes the writes of transactions that end now. */
  #gathering: Group = group(1);
  #flushing: Group | undefined;
  #scheduled = false;
  #durableNumber = 0;
  #lastFailure: StorageFailure | undefined;
  #closing = false;

  constructor(options: LmdbStorageOptions, database: RootDatabase<Uint8Array, Uint8Array>, release: () => void) {
    this.#directory = options.directory;
    this.#database = database;
    this.#release = release;
    this.#base = {
      layers: [],
      get: (_text, key) => database.getBinary(key),
      cursor: (_start, _end, range, reverse) => new DatabaseCursor(database, range, reverse),
    };
    this.#executor = new SerialExecutor(this.#base, this.#commit, options.rerun);
  }

  transact: Storage["transact"] = (fn) => this.#executor.run(fn, false);
  snapshot: Storage["snapshot"] = (fn) => this.#executor.run(fn, true);
  watch: Storage["watch"] = (range, listener) => this.#watchers.add(range, listener);

  async close(): Promise<void> {
    if (this.#closing) return;
    this.#closing = true;
    await this.#executor.close(new AssertionFailure("the storage is closed"));
    for (let last = this.#base.layers[0]; last; last = this.#base.layers[0]) await last.durable.catch(() => {});
    await this.#database.close();
    this.#release();
  }

  readonly #commit: Commit = (writes, seen) => {
    // What it saw may be gone: a failed group takes with it all that was built on it.
    const seenGroup = seen > this.#durableNumber ? this.#base.layers.find((layer) => layer.number === seen) : undefined;
    if (seen > this.#durableNumber && !seenGroup) return Promise.reject(this.#lastFailure ?? new StorageFailure("a commit failed"));
    if (writes === undefined) return seenGroup?.durable;
    const gathering = this.#gathering;
    const written: string[] = [];
    for (const [text, write] of writes.entries()) {
      gathering.writes.set(text, write);
      written.push(text);
    }
    if (this.#base.layers[0] !== gathering) this.#base.layers = [gathering, ...this.#base.layers];
    this.#watchers.notify(written);
    this.#schedule();
    return gathering.durable;
  };

  /** Once what runs now has run: transactions that end in the same turn share a group. */
  #schedule(): void {
    if (this.#scheduled || this.#flushing) return;
    this.#scheduled = true;
    process.nextTick(() => {
      this.#scheduled = false;
      this.#flush();
    });
  }

  #flush(): void {
    const flushing = this.#gathering;
    this.#flushing = flushing;
    this.#gathering = group(flushing.number + 1);
    let written: Promise<unknown>;
    try {
      written = this.#database.batch(() => {
        for (const [, { key, value }] of flushing.writes.entries()) {
          if (value === undefined) this.#database.remove(key);
          else this.#database.put(key, value);
        }
      });
    } catch (error) {
      // LMDB's queue may hold a part of the group: nothing more may follow it.
      this.#fail(error, false);
      return;
    }
    written.then(
      () => this.#succeed(flushing),
      (error: unknown) => {
        void causeOf(error).then((cause) => this.#fail(cause, isNoRoom(codeOf(cause), this.#directory)));
      },
    );
  }

  #succeed(flushed: Group): void {
    // From the next read on the store has what the group wrote.
    this.#database.resetReadTxn();
    this.#durableNumber = flushed.number;
    this.#flushing = undefined;
    this.#base.layers = this.#base.layers.filter((layer) => layer !== flushed);
    flushed.resolve();
    if (this.#base.layers.length > 0) this.#schedule();
  }

  /** Fails every group that is not on disk: the later one may have seen the writes of the failed one. */
  #fail(cause: unknown, mayGoOn: boolean): void {
    const code = codeOf(cause);
    const text = cause instanceof Error ? cause.message : String(cause);
    const failure = new StorageFailure(
      `the transaction could not be written to disk: ${text}${code === undefined ? "" : ` (${String(code)})`}`,
      { cause },
    );
    const failed = this.#base.layers;
    this.#lastFailure = failure;
    this.#base.layers = [];
    this.#flushing = undefined;
    this.#gathering = group(this.#gathering.number + 1);
    if (!mayGoOn) {
      // After a failed sync nobody knows what the disk holds, and a second one that succeeds proves nothing.
      const text = "the storage failed earlier and takes nothing more until it is opened anew";
      this.#executor.refuse(new StorageFailure(text, { cause: failure }));
    }
    for (const layer of failed) layer.reject(failure);
  }
}

/** lmdb-js rejects with a general error that promises the cause. */
async function causeOf(error: unknown): Promise<unknown> {
  if (!(error instanceof Error) || !("commitError" in error)) return error;
  try {
    await error.commitError;
    return error;
  } catch (cause) {
    return cause;
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}

/** No harm is done then: LMDB gives the group up before it names it the state. */
function isNoRoom(code: unknown, directory: string): boolean {
  if (NO_ROOM.has(code)) return true;
  if (code !== IO_ERROR) return false;
  const { bavail, bsize } = statfsSync(directory);
  return bavail * bsize < FULL_BYTES;
}

/** Entries of the store, one by one as they are asked for. */
class DatabaseCursor implements Cursor<Entry> {
  key: string | undefined;
  value: Entry | undefined;
  readonly #iterator: Iterator<{ readonly key: Key; readonly value: Value }>;

  constructor(database: RootDatabase<Uint8Array, Uint8Array>, range: KeyRange, reverse: boolean) {
    const { start, end } = range;
    const bounds = reverse ? { start: end, exclusiveStart: true, end: start, inclusiveEnd: true } : { start, end };
    this.#iterator = database.getRange({ ...bounds, reverse })[Symbol.iterator]();
    this.next();
  }

  next(): void {
    const { done, value } = this.#iterator.next();
    this.value = done ? undefined : value;
    this.key = this.value === undefined ? undefined : textOf(this.value.key);
  }

  close(): void {
    this.#iterator.return?.();
  }
}
