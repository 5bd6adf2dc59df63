import assert from "node:assert/strict";
import { test } from "node:test";
import { Collection } from "./collection.ts";
import { openMemoryStorage } from "./engines/memory.ts";
import { createReadCache } from "./read-cache.ts";

const names = new Collection<[id: string], string>("test", "names");

function fixture(entriesMax = 10) {
  const storage = openMemoryStorage();
  const cache = createReadCache([names.rangeOf()], entriesMax);
  let reads = 0;
  const reader = cache.reader("upper", async (tx, id) => {
    reads++;
    const name = await names.get(tx, [id]);
    if (name === undefined) throw new Error(`no ${id}`);
    return { name: name.toUpperCase() };
  });
  const write = (id: string, name: string) => storage.transact(async (tx) => names.set(tx, [id], name));
  return { storage, cache, reader, write, reads: () => reads };
}

test("a value is read once, and then known at once", async () => {
  const { storage, reader, write, reads } = fixture();
  await write("1", "ada");
  assert.deepEqual(await reader(storage, "1"), { name: "ADA" });
  assert.deepEqual(reader(storage, "1"), { name: "ADA" });
  assert.equal(reads(), 1);
});

test("any commit below its keys empties it; others do not", async () => {
  const { storage, reader, write, reads } = fixture();
  await write("1", "ada");
  await reader(storage, "1");
  await storage.transact(async (tx) => new Collection<[string], string>("test", "others").set(tx, ["1"], "x"));
  await reader(storage, "1");
  assert.equal(reads(), 1);
  await write("1", "grace");
  assert.deepEqual(await reader(storage, "1"), { name: "GRACE" });
});

test("what was read while something changed is not kept", async () => {
  const { storage, reader, write } = fixture();
  await write("1", "ada");
  const [, changed] = await Promise.all([reader(storage, "1"), write("1", "grace")]);
  void changed;
  assert.deepEqual(await reader(storage, "1"), { name: "GRACE" });
});

test("a change through the cache is seen by the next reading, and a failure is not kept", async () => {
  const { storage, cache, reader, reads } = fixture();
  await assert.rejects(async () => reader(storage, "1"), /no 1/);
  await cache.change(storage, async (tx) => names.set(tx, ["1"], "ada"));
  assert.deepEqual(await reader(storage, "1"), { name: "ADA" });
  assert.equal(reads(), 2);
});

test("it keeps no more than its bound", async () => {
  const { storage, reader, write, reads } = fixture(2);
  for (const id of ["1", "2", "3"]) await write(id, id);
  for (const id of ["1", "2", "3", "3", "1"]) await reader(storage, id);
  assert.equal(reads(), 4);
});
