import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Collection, type Scan } from "./collection.ts";
import { openMemoryStorage } from "./engines/memory.ts";
import type { Tuple } from "./tuple.ts";
import { decodeValue, encodeValue } from "./value.ts";

type ItemKey = [account: string, queue: string, number: number];
const items = new Collection<ItemKey, { n: number }>("test", "items");
const others = new Collection<ItemKey, { n: number }>("test", "items2");
const outer = new Collection<[string, ...ItemKey], { n: number }>("test");

async function filled() {
  const storage = openMemoryStorage();
  await storage.transact(async (tx) => {
    for (const queue of ["a", "ab", "b"]) for (let n = 1; n <= 3; n++) items.set(tx, ["1", queue, n], { n });
    items.set(tx, ["2", "a", 1], { n: 100 });
    others.set(tx, ["1", "a", 1], { n: 200 });
  });
  return storage;
}

const text = (records: readonly { key: ItemKey; value: { n: number } }[]) =>
  records.map(({ key, value }) => `${key.join("/")}=${value.n}`).join(" ");

const SCANS: [name: string, prefix: Tuple, scan: Scan<ItemKey>, expected: string][] = [
  ["all", [], { limit: 100 }, "1/a/1=1 1/a/2=2 1/a/3=3 1/ab/1=1 1/ab/2=2 1/ab/3=3 1/b/1=1 1/b/2=2 1/b/3=3 2/a/1=100"],
  ["a prefix, not what it begins as text", ["1", "a"], { limit: 100 }, "1/a/1=1 1/a/2=2 1/a/3=3"],
  ["a limit", ["1"], { limit: 2 }, "1/a/1=1 1/a/2=2"],
  ["the page after", ["1"], { limit: 2, after: ["1", "a", 2] }, "1/a/3=3 1/ab/1=1"],
  ["after a key that is not there", ["1", "a"], { limit: 9, after: ["1", "a", 1.5] }, "1/a/2=2 1/a/3=3"],
  ["backwards", ["1", "b"], { limit: 2, reverse: true }, "1/b/3=3 1/b/2=2"],
  ["the page before", ["1", "b"], { limit: 9, reverse: true, after: ["1", "b", 2] }, "1/b/1=1"],
  ["from", ["1", "a"], { limit: 9, from: ["1", "a", 2] }, "1/a/2=2 1/a/3=3"],
  ["from a shorter key", ["1"], { limit: 2, from: ["1", "ab"] }, "1/ab/1=1 1/ab/2=2"],
  ["before", ["1", "a"], { limit: 9, before: ["1", "a", 3] }, "1/a/1=1 1/a/2=2"],
  ["before a shorter key", ["1"], { limit: 9, before: ["1", "ab"] }, "1/a/1=1 1/a/2=2 1/a/3=3"],
  ["from and before, backwards", [], { limit: 9, reverse: true, from: ["1", "ab", 2], before: ["1", "b", 2] }, "1/b/1=1 1/ab/3=3 1/ab/2=2"],
  ["nothing", ["3"], { limit: 9 }, ""],
];

describe("a collection", () => {
  for (const [name, prefix, scan, expected] of SCANS) {
    test(`scan: ${name}`, async () => {
      const storage = await filled();
      assert.equal(text(await storage.snapshot((tx) => items.scan(tx, prefix, scan))), expected);
      if (!scan.reverse) assert.equal(text(await storage.transact((tx) => items.claim(tx, prefix, scan))), expected);
    });
  }

  test("get, has, set, delete", async () => {
    const storage = await filled();
    await storage.transact(async (tx) => {
      assert.deepEqual(await items.get(tx, ["1", "a", 1]), { n: 1 });
      assert.equal(await items.get(tx, ["1", "a", 9]), undefined);
      assert.equal(await items.has(tx, ["1", "a", 1]), true);
      items.set(tx, ["1", "a", 1], { n: 7 });
      assert.deepEqual(await items.get(tx, ["1", "a", 1]), { n: 7 });
      items.delete(tx, ["1", "a", 1]);
      assert.equal(await items.has(tx, ["1", "a", 1]), false);
      assert.deepEqual(await others.get(tx, ["1", "a", 1]), { n: 200 });
    });
  });

  test("whose name begins another's does see it: names are subspaces", async () => {
    const storage = await filled();
    assert.equal((await storage.snapshot((tx) => outer.scan(tx, ["items"], { limit: 100 }))).length, 10);
  });

  test("is watched by its range", async () => {
    const storage = await filled();
    let woken = 0;
    const end = storage.watch(items.rangeOf(["1", "a"]), () => woken++);
    await storage.transact(async (tx) => items.set(tx, ["1", "ab", 1], { n: 1 }));
    assert.equal(woken, 0);
    await storage.transact(async (tx) => items.set(tx, ["1", "a", 9], { n: 1 }));
    await Promise.resolve();
    assert.equal(woken, 1);
    end();
  });
});

describe("a value", () => {
  const VALUES: [name: string, value: unknown][] = [
    ["null", null],
    ["a string", "é\0😀"],
    ["numbers", [0, -1, 1.5, 2 ** 40, Number.MAX_SAFE_INTEGER, -1e300, Number.POSITIVE_INFINITY]],
    ["a big integer", 2n ** 60n],
    ["a date", new Date(Date.UTC(2026, 0, 1, 2, 3, 4, 567))],
    ["bytes", Uint8Array.of(0, 255, 7)],
    ["an object", { a: 1, b: { c: [true, false, null] }, "": "empty" }],
    ["a key that looks like an index, and __proto__'s neighbours", { 1: "x", constructor: "y", toString: "z" }],
    ["deep nesting", JSON.parse("[".repeat(60) + "]".repeat(60))],
    ["a long list", Array.from({ length: 70_000 }, (_, i) => i % 7)],
  ];
  for (const [name, value] of VALUES) {
    test(`${name} comes back as it was`, () => {
      const decoded = decodeValue<unknown>(encodeValue(value));
      if (value instanceof Uint8Array) assert.ok(decoded instanceof Uint8Array && Buffer.compare(decoded, value) === 0);
      else assert.deepEqual(decoded, value);
    });
  }

  test("a member may be called __proto__, at any depth", () => {
    const text = '{"__proto__":{"x":[{"__proto__":1}]},"a":"__proto__","b":{"c":[1,"2",null]}}';
    const decoded = decodeValue<object>(encodeValue({ ...JSON.parse(text), bytes: Uint8Array.of(1), at: new Date(5) }));
    const plain: unknown = JSON.parse(text);
    const { bytes, at, ...rest } = Object.fromEntries(Object.entries(decoded)) as { bytes: Uint8Array; at: Date };
    assert.equal(JSON.stringify(Object.entries(decoded).slice(0, 3)), JSON.stringify(Object.entries(plain as object)));
    assert.deepEqual([...bytes, at.getTime(), Object.keys(rest).length], [1, 5, 3]);
    assert.equal(({} as { x?: unknown }).x, undefined, "nobody's prototype changed");
  });

  test("an object's members that are undefined come back undefined", () => {
    assert.deepEqual(decodeValue<{ a?: number; b: number }>(encodeValue({ a: undefined, b: 1 })).a, undefined);
  });

  test("encoded earlier does not change when another is encoded", () => {
    const first = encodeValue({ a: "x".repeat(100) });
    const copy = Buffer.from(first).toString("hex");
    for (let i = 0; i < 1_000; i++) encodeValue({ b: "y".repeat(i) });
    assert.equal(Buffer.from(first).toString("hex"), copy);
  });
});
