// The rules of `transaction.ts` as tests: every engine passes them all. A rule that an engine needs for itself alone is
// tested beside that engine.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { seededRandom } from "../kernel/random.ts";
import { settle } from "../kernel/virtual-clock.ts";
import { check, history } from "./conformance-history.ts";
import { type Entry, KEY_BYTES_MAX, type RangeOptions, type Storage, VALUE_BYTES_MAX } from "./transaction.ts";

export interface Engine {
  readonly name: string;
  /** A storage with nothing in it. */
  open(): Promise<Storage>;
  /** The same storage once more, after `close`; only for engines that keep what they hold. */
  reopen?(): Promise<Storage>;
  /** Random histories to check. */
  readonly histories: number;
}

const b = (text: string): Uint8Array => Buffer.from(text, "latin1");
const s = (bytes: Uint8Array | undefined): string | undefined =>
  bytes === undefined ? undefined : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
const pairs = (entries: readonly Entry[]) => entries.map((entry) => `${s(entry.key)}=${s(entry.value)}`).join(" ");

/** What the range table starts from. */
const KEYS = ["a", "a\0", "a\0\0", "aa", "ab", "b", "ba", "c", "\x7f", "\x80", "\xff", "\xff\xff"];

interface RangeCase {
  readonly start: string;
  readonly end: string;
  readonly options?: Partial<RangeOptions>;
  readonly expected: string;
}

const RANGES: RangeCase[] = [
  { start: "a", end: "b", expected: "a a\0 a\0\0 aa ab" },
  { start: "a", end: "b", options: { reverse: true }, expected: "ab aa a\0\0 a\0 a" },
  { start: "a", end: "b", options: { limit: 2 }, expected: "a a\0" },
  { start: "a", end: "b", options: { limit: 2, reverse: true }, expected: "ab aa" },
  { start: "a", end: "b", options: { limit: 0 }, expected: "" },
  { start: "a\0", end: "ab", expected: "a\0 a\0\0 aa" },
  { start: "a\0", end: "ab", options: { reverse: true }, expected: "aa a\0\0 a\0" },
  { start: "aaa", end: "aaaa", expected: "" },
  { start: "aaa", end: "aaaa", options: { reverse: true }, expected: "" },
  { start: "b", end: "b", expected: "" },
  { start: "c", end: "b", expected: "" },
  { start: "c", end: "b", options: { reverse: true }, expected: "" },
  { start: "b", end: "b\0", expected: "b" },
  { start: "b", end: "b\0", options: { reverse: true }, expected: "b" },
  { start: "\0", end: "a", expected: "" },
  { start: "\0", end: "\xff\xff\xff", expected: "a a\0 a\0\0 aa ab b ba c \x7f \x80 \xff \xff\xff" },
  { start: "\0", end: "\xff\xff\xff", options: { reverse: true }, expected: "\xff\xff \xff \x80 \x7f c ba b ab aa a\0\0 a\0 a" },
  { start: "c", end: "\xff", expected: "c \x7f \x80" },
  { start: "c", end: "\xff\xff", options: { reverse: true, limit: 2 }, expected: "\xff \x80" },
  { start: "\xff\xff\0", end: "\xff\xff\xff", expected: "" },
  { start: "\xff\xff\0", end: "\xff\xff\xff", options: { reverse: true }, expected: "" },
];

interface ShadowCase {
  readonly name: string;
  readonly set?: readonly string[];
  readonly delete?: readonly string[];
  readonly options?: Partial<RangeOptions>;
  readonly expected: string;
}

/** Over a=1 c=1 e=1, committed; the transaction's own writes have the value 2. */
const SHADOWS: ShadowCase[] = [
  { name: "nothing of its own", expected: "a=1 c=1 e=1" },
  { name: "an overwritten key", set: ["c"], expected: "a=1 c=2 e=1" },
  { name: "a new first key", set: ["A"], expected: "A=2 a=1 c=1 e=1" },
  { name: "a new key between", set: ["b", "d"], expected: "a=1 b=2 c=1 d=2 e=1" },
  { name: "a new last key", set: ["f"], expected: "a=1 c=1 e=1 f=2" },
  { name: "a deleted key", delete: ["c"], expected: "a=1 e=1" },
  { name: "a deleted first key makes room within the limit", delete: ["a"], options: { limit: 2 }, expected: "c=1 e=1" },
  { name: "all deleted", delete: ["a", "c", "e"], expected: "" },
  { name: "all deleted, one new", delete: ["a", "c", "e"], set: ["b"], expected: "b=2" },
  { name: "deleted what was not there", delete: ["b"], expected: "a=1 c=1 e=1" },
  { name: "backwards", set: ["b", "e"], delete: ["c"], options: { reverse: true }, expected: "e=2 b=2 a=1" },
  { name: "backwards within a limit", set: ["d"], delete: ["e"], options: { reverse: true, limit: 2 }, expected: "d=2 c=1" },
];

export function storageConformance(engine: Engine): void {
  describe(`${engine.name} keeps the storage contract`, () => {
    let storage: Storage;
    before(async () => {
      storage = await engine.open();
    });
    after(() => storage.close());
    const clear = () =>
      storage.transact(async (tx) => {
        for (const { key } of await tx.range({ start: b("\0"), end: b("\xff".repeat(8)) }, { limit: 100_000 })) tx.delete(key);
      });
    const put = (...keys: string[]) =>
      storage.transact(async (tx) => {
        for (const key of keys) tx.set(b(key), b("1"));
      });
    const all = async () =>
      pairs(await storage.snapshot((tx) => tx.range({ start: b("\0"), end: b("\xff".repeat(8)) }, { limit: 100_000 })));

    test("get, set, overwrite, delete", async () => {
      await clear();
      assert.equal(await storage.snapshot((tx) => tx.get(b("k"))), undefined);
      await storage.transact(async (tx) => tx.set(b("k"), b("v")));
      assert.equal(s(await storage.snapshot((tx) => tx.get(b("k")))), "v");
      await storage.transact(async (tx) => tx.set(b("k"), b("w")));
      assert.equal(s(await storage.transact((tx) => tx.get(b("k")))), "w");
      await storage.transact(async (tx) => {
        tx.delete(b("k"));
        tx.delete(b("never"));
      });
      assert.equal(await storage.snapshot((tx) => tx.get(b("k"))), undefined);
    });

    test("a transaction's result comes out", async () => {
      assert.deepEqual(await storage.transact(async () => ({ x: 1 })), { x: 1 });
      assert.deepEqual(await storage.snapshot(async () => [2]), [2]);
    });

    test("ranges", async (t) => {
      await clear();
      await put(...KEYS);
      for (const { start, end, options, expected } of RANGES) {
        await t.test(JSON.stringify({ start, end, ...options }), async () => {
          const entries = await storage.snapshot((tx) => tx.range({ start: b(start), end: b(end) }, { limit: 100, ...options }));
          assert.equal(entries.map((entry) => s(entry.key)).join(" "), expected);
        });
      }
    });

    test("own writes are seen by get and by range", async (t) => {
      for (const { name, set = [], delete: deleted = [], options, expected } of SHADOWS) {
        await t.test(name, async () => {
          await clear();
          await put("a", "c", "e");
          await storage.transact(async (tx) => {
            for (const key of set) tx.set(b(key), b("2"));
            for (const key of deleted) tx.delete(b(key));
            assert.equal(pairs(await tx.range({ start: b("A"), end: b("z") }, { limit: 10, ...options })), expected);
            for (const key of set) assert.equal(s(await tx.get(b(key))), "2");
            for (const key of deleted) assert.equal(await tx.get(b(key)), undefined);
            if (!options?.reverse) assert.equal(pairs(await tx.claim({ start: b("A"), end: b("z") }, options?.limit ?? 10)), expected);
          });
          const committed = await storage.snapshot((tx) => tx.range({ start: b("A"), end: b("z") }, { limit: 10, ...options }));
          assert.equal(pairs(committed), expected);
        });
      }
    });

    test("the last write of a key in a transaction counts", async () => {
      await clear();
      await storage.transact(async (tx) => {
        tx.set(b("k"), b("1"));
        tx.delete(b("k"));
        assert.equal(await tx.get(b("k")), undefined);
        tx.set(b("k"), b("2"));
        tx.set(b("l"), b("1"));
        tx.delete(b("l"));
      });
      assert.equal(await all(), "k=2");
    });

    test("an error comes out unchanged and nothing is written", async () => {
      await clear();
      await put("a");
      const error = new Error("no");
      const failing = storage.transact(async (tx) => {
        tx.set(b("b"), b("1"));
        tx.delete(b("a"));
        await tx.get(b("a"));
        throw error;
      });
      await assert.rejects(failing, (thrown) => thrown === error);
      assert.equal(await all(), "a=1");
      await assert.rejects(
        storage.snapshot(async () => {
          throw error;
        }),
        (thrown) => thrown === error,
      );
      await assert.rejects(
        // A function that throws before it gives a promise.
        storage.transact(() => {
          throw error;
        }),
        (thrown) => thrown === error,
      );
    });

    test("a transaction is of no use after its end", async () => {
      const tx = await storage.transact(async (inside) => ({ inside }));
      await assert.rejects(async () => tx.inside.get(b("k")), /after its end/);
      assert.throws(() => tx.inside.set(b("k"), b("v")), /after its end/);
    });

    test("limits", async (t) => {
      await clear();
      const key = (length: number) => new Uint8Array(length).fill(0x61);
      const cases: [name: string, key: Uint8Array, value: Uint8Array, error: RegExp | undefined][] = [
        ["an empty key", key(0), b("v"), /a key of 0 bytes/],
        ["the longest key", key(KEY_BYTES_MAX), b("v"), undefined],
        ["a key too long", key(KEY_BYTES_MAX + 1), b("v"), /a key of 4001 bytes/],
        ["an empty value", b("e"), b(""), undefined],
        ["the largest value", b("l"), new Uint8Array(VALUE_BYTES_MAX).fill(7), undefined],
        ["a value too large", b("m"), new Uint8Array(VALUE_BYTES_MAX + 1), /a value of 4194305 bytes/],
      ];
      for (const [name, k, v, error] of cases) {
        await t.test(name, async () => {
          const written = storage.transact(async (tx) => tx.set(k, v));
          if (error) {
            await assert.rejects(written, error);
            return;
          }
          await written;
          const got = await storage.snapshot((tx) => tx.get(k));
          assert.ok(got && Buffer.compare(got, v) === 0, "the value comes back whole");
          const [entry] = await storage.snapshot((tx) =>
            tx.range({ start: k, end: Buffer.concat([k.subarray(0, -1), b("\xff")]) }, { limit: 1 }),
          );
          assert.ok(entry && Buffer.compare(entry.key, k) === 0 && Buffer.compare(entry.value, v) === 0);
        });
      }
      for (const limit of [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
        await assert.rejects(
          storage.snapshot((tx) => tx.range({ start: b("a"), end: b("b") }, { limit })),
          /a range limit of/,
        );
      }
    });

    test("keys near the longest one order and bound ranges as short ones do", async () => {
      await clear();
      const stem = "k".repeat(KEY_BYTES_MAX - 1);
      await put(stem, `${stem}a`, `${stem}b`, `${stem}c`);
      const found = await storage.snapshot(async (tx) => [
        await tx.range({ start: b(`${stem}a`), end: b(`${stem}c`) }, { limit: 9 }),
        await tx.range({ start: b(`${stem}a`), end: b(`${stem}c`) }, { limit: 9, reverse: true }),
        await tx.range({ start: b(stem), end: b(`${stem}a`) }, { limit: 9 }),
      ]);
      assert.deepEqual(
        found.map((entries) => entries.map((entry) => s(entry.key)?.slice(stem.length))),
        [["a", "b"], ["b", "a"], [""]],
      );
    });

    test("a big transaction is one transaction", async () => {
      await clear();
      const count = 20_000;
      const keyOf = (i: number) => b(`k${String((i * 7_919) % count).padStart(6, "0")}`);
      await storage.transact(async (tx) => {
        for (let i = 0; i < count; i++) tx.set(keyOf(i), b(String(i)));
      });
      const entries = await storage.snapshot((tx) => tx.range({ start: b("k"), end: b("l") }, { limit: count + 1 }));
      assert.equal(entries.length, count);
      for (let at = 1; at < count; at++) {
        assert.ok(Buffer.compare(entries[at - 1]?.key ?? b(""), entries[at]?.key ?? b("")) < 0, "keys rise");
      }
      await storage.transact(async (tx) => {
        for (let i = 0; i < count; i += 2) tx.delete(keyOf(i));
      });
      assert.equal((await storage.snapshot((tx) => tx.range({ start: b("k"), end: b("l") }, { limit: count }))).length, count / 2);
    });

    test("concurrent transactions do not lose each other's writes", async () => {
      await clear();
      const increment = () =>
        storage.transact(async (tx) => {
          const before = Number(s(await tx.get(b("n"))) ?? "0");
          tx.set(b("n"), b(String(before + 1)));
          return before + 1;
        });
      const results = await Promise.all(Array.from({ length: 300 }, increment));
      assert.deepEqual(
        [...results].sort((x, y) => x - y),
        Array.from({ length: 300 }, (_, i) => i + 1),
      );
      assert.equal(await all(), "n=300");
    });

    test("concurrent claimers share a queue without loss or doubles", async () => {
      await clear();
      const count = 200;
      await put(...Array.from({ length: count }, (_, i) => `q${String(i).padStart(4, "0")}`));
      const taken: string[] = [];
      const worker = async () => {
        for (;;) {
          const got = await storage.transact(async (tx) => {
            const entries = await tx.claim({ start: b("q"), end: b("r") }, 3);
            for (const entry of entries) tx.delete(entry.key);
            return entries.map((entry) => s(entry.key) ?? "");
          });
          if (got.length === 0) return;
          taken.push(...got);
        }
      };
      await Promise.all(Array.from({ length: 8 }, worker));
      assert.equal(taken.length, count);
      assert.equal(new Set(taken).size, count);
      assert.equal(await all(), "");
    });

    test("a snapshot is one state", async () => {
      await clear();
      await storage.transact(async (tx) => {
        tx.set(b("x"), b("0"));
        tx.set(b("y"), b("0"));
      });
      let writing = true;
      const writer = (async () => {
        for (let i = 1; i <= 50; i++) {
          await storage.transact(async (tx) => {
            tx.set(b("x"), b(String(i)));
            tx.set(b("y"), b(String(i)));
          });
        }
        writing = false;
      })();
      const reader = (async () => {
        while (writing) {
          const [x, y] = await storage.snapshot(async (tx) => [s(await tx.get(b("x"))), s(await tx.get(b("y")))]);
          assert.equal(x, y);
          await settle(1);
        }
      })();
      await Promise.all([writer, reader]);
    });

    test("a watch is called after each commit that writes within it, never within the commit", async () => {
      await clear();
      await put("b1", "z");
      const seen: string[] = [];
      let committing = false;
      const listen = (name: string) => () => {
        assert.equal(committing, false, "called within the transaction");
        seen.push(name);
      };
      const ends = [
        storage.watch({ start: b("b"), end: b("b\xff") }, listen("b")),
        storage.watch({ start: b("b"), end: b("b\xff") }, listen("b again")),
        storage.watch({ start: b("a"), end: b("c5") }, listen("a-c5")),
        storage.watch({ start: b("b1"), end: b("b1\xff") }, listen("b1")),
      ];
      const calls = async (fn: () => Promise<unknown>) => {
        seen.length = 0;
        await fn();
        await settle();
        return [...new Set(seen)].sort().join(", ");
      };
      const commit = (write: (tx: Parameters<Parameters<Storage["transact"]>[0]>[0]) => void) => () =>
        storage.transact(async (tx) => {
          committing = true;
          write(tx);
          await tx.get(b("b"));
          committing = false;
        });
      assert.equal(await calls(commit((tx) => tx.set(b("b1"), b("2")))), "a-c5, b, b again, b1");
      assert.equal(await calls(commit((tx) => tx.delete(b("b1")))), "a-c5, b, b again, b1");
      assert.equal(await calls(commit((tx) => tx.set(b("b2"), b("2")))), "a-c5, b, b again");
      assert.equal(await calls(commit((tx) => tx.set(b("c"), b("2")))), "a-c5");
      for (const end of ends.slice(0, 3)) end();
      assert.equal(await calls(commit((tx) => tx.set(b("b1x"), b("2")))), "b1");
      ends[3]?.();
      assert.equal(await calls(commit((tx) => tx.set(b("b1"), b("3")))), "");
    });

    test("a watcher that reads sees the commit that woke it", async () => {
      await clear();
      const { promise, resolve } = Promise.withResolvers<string | undefined>();
      const end = storage.watch({ start: b("w"), end: b("x") }, () => resolve(storage.snapshot(async (tx) => s(await tx.get(b("w"))))));
      await storage.transact(async (tx) => tx.set(b("w"), b("new")));
      assert.equal(await promise, "new");
      end();
    });

    test("a transaction within a transaction fails, and the storage goes on", async () => {
      for (const inner of [() => storage.transact(async () => 1), () => storage.snapshot(async () => 1), () => settle(2)]) {
        await assert.rejects(
          storage.transact(async (tx) => {
            tx.set(b("never"), b("1"));
            await inner();
          }),
          /awaited something other than its transaction/,
        );
      }
      assert.equal(await storage.snapshot((tx) => tx.get(b("never"))), undefined);
    });
  });

  describe(`${engine.name}: random histories are serializable`, () => {
    for (let seed = 1; seed <= engine.histories; seed++) {
      test(`seed ${seed}`, async () => {
        const storage = await engine.open();
        const recorded = await history(storage, seededRandom(seed));
        await storage.close();
        check(recorded);
        if (!engine.reopen) return;
        const again = await engine.reopen();
        check(await history(again, seededRandom(seed + 1_000_000), recorded));
        await again.close();
      });
    }
  });

  describe(`${engine.name}: closing`, () => {
    test("waits for what was asked before and refuses what comes after", async () => {
      const storage = await engine.open();
      const asked = storage.transact(async (tx) => tx.set(b("k"), b("v")));
      await storage.close();
      await asked;
      await assert.rejects(
        storage.transact(async () => {}),
        /closed/,
      );
      await storage.close();
      if (!engine.reopen) return;
      const again = await engine.reopen();
      assert.equal(s(await again.snapshot((tx) => tx.get(b("k")))), "v");
      await again.close();
    });
  });
}
