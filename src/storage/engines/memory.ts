// The keyspace in memory: for tests, and for platforms that keep nothing. It never touches a disk.
import { AssertionFailure } from "../../kernel/assert.ts";
import type { Random } from "../../kernel/random.ts";
import type { Entry, Storage } from "../transaction.ts";
import { OrderedMap } from "./ordered-map.ts";
import { type Commit, SerialExecutor } from "./serial.ts";
import { Watchers } from "./watchers.ts";

export interface MemoryStorageOptions {
  /** Now and then a transaction's function runs once more than needed, its first writes thrown away: tests prove that it has no other effect. */
  readonly rerun?: Random;
}

export function openMemoryStorage(options: MemoryStorageOptions = {}): Storage {
  const entries = new OrderedMap<Entry>();
  const watchers = new Watchers();

  const commit: Commit = (writes) => {
    if (writes === undefined) return undefined;
    const written: string[] = [];
    for (const [text, { key, value }] of writes.entries()) {
      if (value === undefined) entries.delete(text);
      else entries.set(text, { key, value });
      written.push(text);
    }
    watchers.notify(written);
    return undefined;
  };

  const base = {
    layers: [],
    get: (text: string) => entries.get(text)?.value,
    cursor: (start: string, end: string, _range: unknown, reverse: boolean) => entries.cursor(start, end, reverse),
  };
  const executor = new SerialExecutor(base, commit, options.rerun);

  return {
    transact: (fn) => executor.run(fn, false),
    snapshot: (fn) => executor.run(fn, true),
    watch: (range, listener) => watchers.add(range, listener),
    close: () => executor.close(new AssertionFailure("the storage is closed")),
  };
}
