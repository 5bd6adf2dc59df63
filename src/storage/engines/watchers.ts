// Who wants to hear of which keys. Ranges of one prefix, which is nearly all of them, are found by the lengths of the
// prefixes in use, so that a thousand waiting consumers do not slow each commit.
import type { KeyRange } from "../transaction.ts";
import { textOf } from "./ordered-map.ts";

interface Watched {
  readonly start: string;
  readonly end: string;
  readonly listeners: Set<() => void>;
}

/** What `prefixRange` adds to a prefix to end its range. */
const PREFIX_END = "\xff";

export class Watchers {
  /** Prefix length → prefix → listeners. */
  readonly #prefixes = new Map<number, Map<string, Watched>>();
  readonly #others = new Set<Watched>();

  add(range: KeyRange, listener: () => void): () => void {
    const start = textOf(range.start);
    const end = textOf(range.end);
    // A set of the listener's own function would merge two watches by the same function.
    const own = () => listener();
    if (end !== start + PREFIX_END) {
      const watched: Watched = { start, end, listeners: new Set([own]) };
      this.#others.add(watched);
      return () => void this.#others.delete(watched);
    }
    const ofLength = this.#prefixes.get(start.length) ?? new Map<string, Watched>();
    this.#prefixes.set(start.length, ofLength);
    const watched = ofLength.get(start) ?? { start, end, listeners: new Set() };
    ofLength.set(start, watched);
    watched.listeners.add(own);
    return () => {
      watched.listeners.delete(own);
      if (watched.listeners.size > 0 || ofLength.get(start) !== watched) return;
      ofLength.delete(start);
      if (ofLength.size === 0 && this.#prefixes.get(start.length) === ofLength) this.#prefixes.delete(start.length);
    };
  }

  get empty(): boolean {
    return this.#prefixes.size === 0 && this.#others.size === 0;
  }

  /** Calls each listener of a range that holds one of `keys`, once, in a microtask of its own. */
  notify(keys: Iterable<string>): void {
    if (this.empty) return;
    const found = new Set<Watched>();
    for (const key of keys) {
      for (const [length, ofLength] of this.#prefixes) {
        const watched = ofLength.get(key.slice(0, length));
        if (watched !== undefined && key < watched.end) found.add(watched);
      }
      for (const watched of this.#others) if (key >= watched.start && key < watched.end) found.add(watched);
    }
    for (const { listeners } of found) for (const listener of listeners) queueMicrotask(() => listeners.has(listener) && listener());
  }
}
