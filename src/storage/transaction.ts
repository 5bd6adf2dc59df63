// The storage contract: one ordered, transactional keyspace of bytes. Engines implement it, services never see an engine.

/** Keys order by unsigned bytes; make them with `tuple.ts`. At most KEY_BYTES_MAX long, never empty. */
export type Key = Uint8Array;
export type Value = Uint8Array;

export interface Entry {
  readonly key: Key;
  readonly value: Value;
}

/** Half open: `start` is in it, `end` is not. */
export interface KeyRange {
  readonly start: Key;
  readonly end: Key;
}

export interface RangeOptions {
  /** The most entries to return. Required: nothing here is unbounded. */
  readonly limit: number;
  /** From the end of the range backwards. */
  readonly reverse?: boolean;
}

/** The longest key that every engine takes: a DynamoDB partition key (2,048 bytes) and sort key (1,024) with what stands before them. */
export const KEY_BYTES_MAX = 4_000;
/** The largest value that every engine takes; larger bodies go to the blob store. */
export const VALUE_BYTES_MAX = 4 * 1024 * 1024;

export interface ReadTransaction {
  get(key: Key): Promise<Value | undefined>;
  /** Entries in key order (or its reverse), at most `limit`. */
  range(range: KeyRange, options: RangeOptions): Promise<Entry[]>;
}

/** Reads see the transaction's own writes. Keys and values are not copied: do not change them afterwards. */
export interface Transaction extends ReadTransaction {
  set(key: Key, value: Value): void;
  delete(key: Key): void;
  /**
   * The first `limit` entries of the range that no concurrent transaction has claimed, in key order; they stay this
   * transaction's until it ends. Where transactions run one after another this is `range`; where they run on many
   * nodes, claimers of one queue do not wait for each other.
   */
  claim(range: KeyRange, limit: number): Promise<Entry[]>;
}

export interface Storage {
  /**
   * Runs `fn` serializably and commits what it wrote. Resolves when the writes are durable (and not before what the
   * transaction saw is durable). `fn` may run again after a conflict: it acts only through `tx` and awaits nothing else;
   * it must not call `transact` itself. When it throws, nothing is written and the error comes out unchanged.
   */
  transact<T>(fn: (tx: Transaction) => Promise<T>): Promise<T>;
  /** Reads of one consistent state. The same rules as for `transact`. */
  snapshot<T>(fn: (tx: ReadTransaction) => Promise<T>): Promise<T>;
  /**
   * Calls `listener` after each commit, of any node, that wrote or deleted a key in `range`; once per commit, never
   * within the commit itself. May call it without need; never misses. Returns the function that ends it.
   */
  watch(range: KeyRange, listener: () => void): () => void;
  close(): Promise<void>;
}
