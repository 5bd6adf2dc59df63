// A typed subspace: records of one kind under tuple keys. The only way that services read and write state.

import type { Key, KeyRange, ReadTransaction, Transaction } from "./transaction.ts";
import { pack, rangeBelow, type Tuple, unpack } from "./tuple.ts";
import { decodeValue, encodeValue } from "./value.ts";

/** Where in a collection to look: all below `prefix`, from after or before a key in it. */
export interface Scan<K extends Tuple> {
  /** The most records to return. */
  readonly limit: number;
  readonly reverse?: boolean;
  /** Start (or, in reverse, end) right after this key, exclusive: the last key of the page before. */
  readonly after?: K;
  /** Only keys below this one, exclusive. May be shorter than a whole key. */
  readonly before?: Tuple;
  /** Only keys at or above this one. May be shorter than a whole key. */
  readonly from?: Tuple;
}

export interface StoredRecord<K extends Tuple, V> {
  readonly key: K;
  readonly value: V;
}

/**
 * Records of type V under keys of type K, in the order of the tuples. `name` is the subspace (`"sqs", "queues"`);
 * it is written into every key, so it never changes once data exists.
 */
export class Collection<K extends Tuple, V> {
  readonly name: Tuple;
  readonly #prefix: Key;

  constructor(...name: string[]) {
    this.name = name;
    this.#prefix = pack(name);
  }

  key(key: K): Key {
    return pack(key, this.#prefix);
  }

  /** All keys that begin with `prefix`; with an empty prefix, the whole collection. */
  rangeOf(prefix: Tuple = []): KeyRange {
    return rangeBelow(pack(prefix, this.#prefix));
  }

  async get(tx: ReadTransaction, key: K): Promise<V | undefined> {
    const bytes = await tx.get(this.key(key));
    return bytes === undefined ? undefined : decodeValue<V>(bytes);
  }

  async has(tx: ReadTransaction, key: K): Promise<boolean> {
    return (await tx.get(this.key(key))) !== undefined;
  }

  set(tx: Transaction, key: K, value: V): void {
    tx.set(this.key(key), encodeValue(value));
  }

  delete(tx: Transaction, key: K): void {
    tx.delete(this.key(key));
  }

  /** Records whose keys begin with `prefix`, in key order. */
  async scan(tx: ReadTransaction, prefix: Tuple, scan: Scan<K>): Promise<StoredRecord<K, V>[]> {
    const range = this.#bounds(prefix, scan);
    const entries = await tx.range(range, { limit: scan.limit, ...(scan.reverse && { reverse: true }) });
    return entries.map((entry) => this.#record(entry.key, entry.value));
  }

  /** As `scan`, forward, but of records that no concurrent transaction has claimed. */
  async claim(tx: Transaction, prefix: Tuple, scan: Omit<Scan<K>, "reverse">): Promise<StoredRecord<K, V>[]> {
    const entries = await tx.claim(this.#bounds(prefix, scan), scan.limit);
    return entries.map((entry) => this.#record(entry.key, entry.value));
  }

  #bounds(prefix: Tuple, scan: Scan<K>): KeyRange {
    let { start, end } = this.rangeOf(prefix);
    if (scan.from) start = pack(scan.from, this.#prefix);
    if (scan.before) end = pack(scan.before, this.#prefix);
    if (scan.after) {
      if (scan.reverse) end = this.key(scan.after);
      else start = this.rangeOf(scan.after).end;
    }
    return { start, end };
  }

  #record(key: Key, value: Uint8Array): StoredRecord<K, V> {
    return { key: unpack<K>(key, this.name.length), value: decodeValue<V>(value) };
  }
}
