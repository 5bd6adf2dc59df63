// A map of strings in code unit order, for the keyspaces and overlays of engines. Chunks of sorted keys: a lookup is two
// binary searches, an insert moves one chunk at most. Keys are byte strings (`textOf`), so that this order is the order of the bytes.

/** Keys in a chunk before it splits. */
const CHUNK_KEYS_MAX = 256;

interface Chunk<V> {
  readonly keys: string[];
  readonly values: V[];
}

/** A place in an ordered sequence. `key` is undefined past the end. Not valid after a change of what it walks over. */
export interface Cursor<V> {
  readonly key: string | undefined;
  readonly value: V | undefined;
  next(): void;
  /** Lets go of what it holds, if it holds anything. */
  close?(): void;
}

/** Bytes as a string of as many characters, which orders as the bytes do. */
export function textOf(bytes: Uint8Array): string {
  const buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return buffer.toString("latin1");
}

export class OrderedMap<V> {
  #chunks: Chunk<V>[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(key: string): V | undefined {
    const chunk = this.#chunks[this.#chunkOf(key)];
    if (chunk === undefined) return undefined;
    const at = lowerBound(chunk.keys, key);
    return chunk.keys[at] === key ? chunk.values[at] : undefined;
  }

  set(key: string, value: V): void {
    const index = this.#chunkOf(key);
    const chunk = this.#chunks[index];
    if (chunk === undefined) {
      this.#chunks.push({ keys: [key], values: [value] });
      this.#size = 1;
      return;
    }
    const at = lowerBound(chunk.keys, key);
    if (chunk.keys[at] === key) {
      chunk.values[at] = value;
      return;
    }
    if (at === chunk.keys.length) {
      chunk.keys.push(key);
      chunk.values.push(value);
    } else {
      chunk.keys.splice(at, 0, key);
      chunk.values.splice(at, 0, value);
    }
    this.#size++;
    if (chunk.keys.length > CHUNK_KEYS_MAX) this.#split(index, chunk, at);
  }

  delete(key: string): boolean {
    const index = this.#chunkOf(key);
    const chunk = this.#chunks[index];
    if (chunk === undefined) return false;
    const at = lowerBound(chunk.keys, key);
    if (chunk.keys[at] !== key) return false;
    chunk.keys.splice(at, 1);
    chunk.values.splice(at, 1);
    this.#size--;
    if (chunk.keys.length === 0) this.#chunks.splice(index, 1);
    else if (chunk.keys.length < CHUNK_KEYS_MAX / 8) this.#mergeWithNext(index, chunk);
    return true;
  }

  clear(): void {
    this.#chunks = [];
    this.#size = 0;
  }

  /** From `start` (in it) up to `end` (not in it), or the same keys backwards. */
  cursor(start: string, end: string, reverse: boolean): Cursor<V> {
    const from = reverse ? end : start;
    let index = this.#chunkOf(from);
    let at = lowerBound(this.#chunks[index]?.keys ?? [], from);
    if (reverse && --at < 0) at = (this.#chunks[--index]?.keys.length ?? 0) - 1;
    return new MapCursor(this.#chunks, index, at, reverse ? start : end, reverse);
  }

  /** Every entry in order. */
  *entries(): Generator<[string, V]> {
    for (const chunk of this.#chunks) {
      for (const [at, key] of chunk.keys.entries()) yield [key, chunk.values[at] as V];
    }
  }

  /** The index of the last chunk that begins at or before `key`; 0 when none does. */
  #chunkOf(key: string): number {
    const chunks = this.#chunks;
    let low = 0;
    let high = chunks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((chunks[middle]?.keys[0] ?? "") <= key) low = middle + 1;
      else high = middle;
    }
    return low === 0 ? 0 : low - 1;
  }

  /** A chunk that grew at its end keeps most of its keys: keys that only ever rise leave full chunks behind. */
  #split(index: number, chunk: Chunk<V>, grewAt: number): void {
    const at = grewAt === chunk.keys.length - 1 ? chunk.keys.length - 1 : chunk.keys.length >>> 1;
    this.#chunks.splice(index + 1, 0, { keys: chunk.keys.splice(at), values: chunk.values.splice(at) });
  }

  #mergeWithNext(index: number, chunk: Chunk<V>): void {
    const next = this.#chunks[index + 1];
    if (next === undefined || next.keys.length > CHUNK_KEYS_MAX / 2) return;
    chunk.keys.push(...next.keys);
    chunk.values.push(...next.values);
    this.#chunks.splice(index + 1, 1);
  }
}

class MapCursor<V> implements Cursor<V> {
  key: string | undefined;
  value: V | undefined;
  readonly #chunks: readonly Chunk<V>[];
  readonly #bound: string;
  readonly #reverse: boolean;
  #index: number;
  #at: number;

  constructor(chunks: readonly Chunk<V>[], index: number, at: number, bound: string, reverse: boolean) {
    this.#chunks = chunks;
    this.#index = index;
    this.#at = at;
    this.#bound = bound;
    this.#reverse = reverse;
    this.#read();
  }

  next(): void {
    if (!this.#reverse) this.#at++;
    else if (--this.#at < 0) this.#at = (this.#chunks[--this.#index]?.keys.length ?? 0) - 1;
    this.#read();
  }

  #read(): void {
    let chunk = this.#chunks[this.#index];
    if (!this.#reverse && chunk !== undefined && this.#at >= chunk.keys.length) {
      chunk = this.#chunks[++this.#index];
      this.#at = 0;
    }
    const key = chunk?.keys[this.#at];
    if (key === undefined || (this.#reverse ? key < this.#bound : key >= this.#bound)) {
      this.key = undefined;
      this.value = undefined;
      return;
    }
    this.key = key;
    this.value = chunk?.values[this.#at];
  }
}

/** The first place in sorted `keys` whose key is not below `key`. */
function lowerBound(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((keys[middle] ?? "") < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
