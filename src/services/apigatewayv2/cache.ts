// What the data plane keeps in memory between requests, per storage. It must never outlive a change: every commit below
// the service's keys, of any node, empties it, and this node's own operations empty it before they answer.
import type { Context } from "../../contract/context.ts";
import type { ReadTransaction, Storage, Transaction } from "../../storage/transaction.ts";
import { everything } from "./keys.ts";
import { CACHE_ENTRIES_MAX } from "./limits.ts";

class Cache {
  readonly #storage: Storage;
  readonly #entries = new Map<string, unknown>();
  #generation = 0;

  constructor(storage: Storage) {
    this.#storage = storage;
    storage.watch(everything, () => this.clear());
  }

  clear(): void {
    this.#generation++;
    this.#entries.clear();
  }

  /** Only the callers below know what stands under a key: one prefix of keys, one type. */
  get(key: string): unknown {
    return this.#entries.get(key);
  }

  /** A value loaded while something changed is used once and not kept. */
  async load<T extends object>(key: string, read: (tx: ReadTransaction) => Promise<T>): Promise<T> {
    const generation = this.#generation;
    const value = await this.#storage.snapshot(read);
    if (generation === this.#generation) {
      if (this.#entries.size >= CACHE_ENTRIES_MAX) this.#entries.clear();
      this.#entries.set(key, value);
    }
    return value;
  }
}

const caches = new WeakMap<Storage, Cache>();

function cacheOf(storage: Storage): Cache {
  let cache = caches.get(storage);
  if (!cache) {
    cache = new Cache(storage);
    caches.set(storage, cache);
  }
  return cache;
}

/** A reader of one kind of compiled value, kept in memory: synchronous when it is known. `kind` must be unique. */
export function cached<T extends object>(kind: string, read: (tx: ReadTransaction, id: string) => Promise<T>) {
  return (storage: Storage, id: string): T | Promise<T> => {
    const cache = cacheOf(storage);
    const key = `${kind}\n${id}`;
    const known = cache.get(key);
    return known === undefined ? cache.load(key, (tx) => read(tx, id)) : (known as T);
  };
}

/** A transaction that changes what is served: the next request on this node sees it. */
export async function change<T>(context: Context, fn: (tx: Transaction) => Promise<T>): Promise<T> {
  const result = await context.storage.transact(fn);
  cacheOf(context.storage).clear();
  return result;
}
