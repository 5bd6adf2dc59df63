// Writes until the disk is full, and reports as one JSON line what was acknowledged and what became of it. Argument: data directory.
import { messageOf } from "../../src/kernel/errors.ts";
import { openLmdbStorage } from "../../src/storage/engines/lmdb.ts";
import type { Storage } from "../../src/storage/transaction.ts";

const [directory = ""] = process.argv.slice(2);
const CLIENTS = 16;
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();
const keys = async (storage: Storage) =>
  (await storage.snapshot((tx) => tx.range({ start: Buffer.from("k"), end: Buffer.from("l") }, { limit: 100_000 }))).map((entry) =>
    text(entry.key),
  );
const outcome = (work: Promise<unknown>) =>
  work.then(
    () => "ok",
    (error: unknown) => messageOf(error),
  );

const storage = openLmdbStorage({ directory });
const acknowledged: string[] = [];
const failures = new Set<string>();
const seenFailed: string[] = [];
let count = 0;
const value = new Uint8Array(10_000).fill(3);
const client = async () => {
  while (failures.size === 0) {
    const key = `k${count++}`;
    const write = storage.transact(async (tx) => tx.set(Buffer.from(key), value));
    // One that only reads, and sees the write before the disk has it.
    const read = outcome(storage.snapshot((tx) => tx.get(Buffer.from(key))));
    const wrote = await outcome(write);
    if (wrote === "ok") acknowledged.push(key);
    else {
      failures.add(wrote);
      seenFailed.push(await read);
    }
  }
};
await Promise.all(Array.from({ length: CLIENTS }, client));
const after = await keys(storage).catch((error: unknown) => [messageOf(error)]);
const small = await outcome(storage.transact(async (tx) => tx.set(Buffer.from("small"), Buffer.from("1"))));
const removal = await outcome(
  storage.transact(async (tx) => {
    for (const key of acknowledged.slice(1)) tx.delete(Buffer.from(key));
  }),
);
const again = await outcome(storage.transact(async (tx) => tx.set(Buffer.from("again"), value)));
await storage.close();
const reopened = openLmdbStorage({ directory });
const last = await keys(reopened);
await reopened.close();
console.log(JSON.stringify({ acknowledged, failures: [...failures], seenFailed, after, small, removal, again, last }));
