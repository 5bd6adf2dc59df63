// What a hot path keeps in memory between requests: values compiled from records, per storage. It must never outlive a
// change: every commit below its keys, of any node, empties it.
import type { KeyRange, ReadTransaction, Storage, Transaction } from "./transaction.ts";

export interface ReadCache {
  /** A reader of one kind of value: synchronous when it is known. `kind` is unique within the cache. What it gives is shared: do not change it. */
  reader<T extends object>(
    kind: string,
    read: (tx: ReadTransaction, id: string) => Promise<T>,
  ): (storage: Storage, id: string) => T | Promise<T>;
  /** A transaction after which the next reading, on this node, is of the new state. */
  change<T>(storage: Storage, fn: (tx: Transaction) => Promise<T>): Promise<T>;
}

/** @param ranges every key that a value is read from; @param entriesMax values kept at once. */
export function createReadCache(ranges: readonly KeyRange[], entriesMax: number): ReadCache {
  const byStorage = new WeakMap<Storage, Entries>();
  const entriesOf = (storage: Storage): Entries => {
    let entries = byStorage.get(storage);
    if (!entries) {
      entries = new Entries(storage, entriesMax);
      byStorage.set(storage, entries);
      const clear = entries.clear;
      for (const range of ranges) storage.watch(range, clear);
    }
    return entries;
  };
  return {
    reader<T extends object>(kind: string, read: (tx: ReadTransaction, id: string) => Promise<T>) {
      return (storage: Storage, id: string): T | Promise<T> => {
        const entries = entriesOf(storage);
        const key = `${kind}\n${id}`;
        const known = entries.get(key);
        return known === undefined ? entries.load(key, (tx) => read(tx, id)) : (known as T);
      };
    },
    async change(storage, fn) {
      const result = await storage.transact(fn);
      entriesOf(storage).clear();
      return result;
    },
  };
}

class Entries {
  readonly #storage: Storage;
  readonly #max: number;
  readonly #values = new Map<string, unknown>();
  #generation = 0;

  constructor(storage: Storage, max: number) {
    this.#storage = storage;
    this.#max = max;
  }

  readonly clear = (): void => {
    this.#generation++;
    this.#values.clear();
  };

  /** Only the reader of a kind knows what stands under its keys. */
  get(key: string): unknown {
    return this.#values.get(key);
  }

  /** A value loaded while something changed is used once and not kept. */
  async load<T extends object>(key: string, read: (tx: ReadTransaction) => Promise<T>): Promise<T> {
    const generation = this.#generation;
    const value = await this.#storage.snapshot(read);
    if (generation === this.#generation) {
      if (this.#values.size >= this.#max) this.#values.clear();
      this.#values.set(key, value);
    }
    return value;
  }
}
