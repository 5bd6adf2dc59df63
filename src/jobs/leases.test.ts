import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { delay } from "../kernel/clock.ts";
import { seededRandom } from "../kernel/random.ts";
import { settle, VirtualClock } from "../kernel/virtual-clock.ts";
import { openMemoryStorage } from "../storage/engines/memory.ts";
import type { Storage } from "../storage/transaction.ts";
import { leased } from "./keys.ts";
import { LEASE_CHECK_MS, STOP_GRACE_MS, UNKNOWN_TYPE_RETRY_MS } from "./limits.ts";
import { bench, census, EMPTY } from "./testing/bench.ts";

const never = () => new Promise<void>(() => {});

describe("a runner after another", () => {
  test("takes up what waited and what ran, at once; an interruption is no failure", async () => {
    const storage = openMemoryStorage();
    const clock = new VirtualClock();
    const first = bench({ storage, clock, seed: 1 });
    first.define("a.one", never, { retry: { attemptsMax: 1, backoffMs: 1, backoffMsMax: 1 }, concurrency: 2 });
    first.runner.start();
    await first.enqueue(...[1, 2, 3].map((payload) => ({ type: "a.one", lane: "l", payload })), {
      type: "a.one",
      lane: "n",
      payload: 4,
      id: "x",
    });
    await settle();
    assert.equal((await census(storage)).leased, 2);
    // The first process is gone without a word; another one starts.
    const second = bench({ storage, clock, seed: 2 });
    const ran: unknown[] = [];
    second.define("a.one", async (payload, { number }) => void ran.push([payload, number]), {
      retry: { attemptsMax: 1, backoffMs: 1, backoffMsMax: 1 },
    });
    second.runner.start();
    await settle();
    assert.deepEqual([...ran].sort(), [
      [1, 1],
      [2, 1],
      [3, 1],
      [4, 1],
    ]);
    assert.deepEqual(await census(storage), EMPTY);
    await second.runner.stop();
  });

  test("lets a job wait that was running at every crash, longer each time", async () => {
    const storage = openMemoryStorage();
    const clock = new VirtualClock();
    const startedAt: number[] = [];
    for (let life = 0; life < 5; life++) {
      const b = bench({ storage, clock, seed: life });
      b.define("a.one", async () => {
        startedAt.push(clock.monotonic());
        await never();
      });
      if (life === 0) await b.enqueue({ type: "a.one", lane: "l", payload: 0 });
      b.runner.start();
      await settle();
      if (startedAt.length === life) await clock.advance(10_000);
      assert.equal(startedAt.length, life + 1, `life ${life}`);
      // As a crash: its timers go with it.
      void b.runner.stop();
      await settle();
    }
    assert.deepEqual(startedAt.slice(0, 2), [0, 0]);
  });
});

describe("stopping", () => {
  test("aborts what runs; what throws then is repeated and no failure", async () => {
    const storage = openMemoryStorage();
    const first = bench({ storage });
    let reason = "";
    first.define("a.one", async (_payload, { signal }) => {
      await delay(first.clock, 1e9, signal);
      reason = signal.aborted ? "aborted" : "";
      throw new Error("stopped");
    });
    first.runner.start();
    await first.enqueue({ type: "a.one", lane: "l", payload: 0, id: "x" });
    await settle();
    await first.runner.stop();
    assert.equal(reason, "aborted");
    assert.deepEqual(await census(storage), { ...EMPTY, waiting: 1, named: 1, next: 1 });
    const second = bench({ storage, seed: 2 });
    const numbers: number[] = [];
    second.define("a.one", async (_payload, { number }) => void numbers.push(number));
    second.runner.start();
    await settle();
    assert.deepEqual(numbers, [1]);
    await second.runner.stop();
  });

  test("keeps the outcome of what still ends well", async () => {
    const b = bench();
    b.define("a.one", async (_payload, { signal }) => {
      await delay(b.clock, 1e9, signal);
    });
    b.runner.start();
    await b.enqueue({ type: "a.one", lane: "l", payload: 0 });
    await settle();
    await b.runner.stop();
    assert.deepEqual(await census(b.storage), EMPTY);
  });

  test("waits for a bounded time, and a late end changes nothing", async () => {
    const b = bench();
    const { promise, resolve } = Promise.withResolvers<void>();
    b.define("a.one", () => promise);
    b.runner.start();
    await b.enqueue({ type: "a.one", lane: "l", payload: 0 });
    await settle();
    let stopped = false;
    const stop = b.runner.stop().then(() => (stopped = true));
    await b.clock.advance(STOP_GRACE_MS - 1);
    assert.equal(stopped, false);
    await b.clock.advance(1);
    await stop;
    resolve();
    await settle();
    assert.equal((await census(b.storage)).leased, 1);
  });

  test("begins nothing more", async () => {
    const b = bench();
    let runs = 0;
    b.define("a.one", async () => void runs++);
    b.runner.start();
    await settle();
    await b.runner.stop();
    await b.enqueue({ type: "a.one", lane: "l", payload: 0 });
    await b.clock.advance(10_000);
    assert.equal(runs, 0);
  });
});

describe("a lease", () => {
  test("is renewed while the handler runs", async () => {
    const b = bench();
    b.define("a.one", (_payload, { signal }) => delay(b.clock, 100_000, signal), { leaseMs: 10_000 });
    b.runner.start();
    await b.enqueue({ type: "a.one", lane: "l", payload: 0 });
    for (let passed = 0; passed < 90_000; passed += 5_000) {
      await b.clock.advance(5_000);
      const [lease] = await b.storage.snapshot((tx) => leased.scan(tx, [], { limit: 1 }));
      assert.ok(lease && lease.value.untilMs > b.clock.now() + 5_000, "it has most of its time left");
    }
    await b.clock.advance(20_000);
    assert.deepEqual(await census(b.storage), EMPTY);
    assert.equal(b.clock.nextAtMs, undefined, "nothing is left to renew");
    await b.runner.stop();
  });

  test("that was taken away aborts the attempt, whose end then changes nothing", async () => {
    const b = bench();
    let aborted = false;
    b.define(
      "a.one",
      async (_payload, { signal }) => {
        await delay(b.clock, 60_000, signal);
        aborted = signal.aborted;
        return { kind: "done", also: async () => assert.fail("a lost lease ends nothing") };
      },
      { leaseMs: 9_000 },
    );
    b.runner.start();
    await b.enqueue({ type: "a.one", lane: "l", payload: 0, id: "x" });
    await settle();
    await b.storage.transact(async (tx) => {
      const found = await leased.get(tx, ["a.one", "l", "x"]);
      assert.ok(found);
      leased.set(tx, ["a.one", "l", "x"], { ...found, holder: "another" });
    });
    await b.clock.advance(3_000);
    assert.equal(aborted, true);
    assert.equal((await census(b.storage)).leased, 1);
    await b.runner.stop();
  });

  test("of a node that is gone runs out, where nodes share a storage", async () => {
    const storage = openMemoryStorage();
    const clock = new VirtualClock();
    const node = (seed: number) => bench({ storage, clock, seed, exclusive: false });
    const [one, two] = [node(1), node(2)];
    const ran: string[] = [];
    one.define(
      "a.one",
      (payload) => {
        ran.push(`one ${payload}`);
        return never();
      },
      { leaseMs: 20_000 },
    );
    two.define("a.one", async (payload) => void ran.push(`two ${payload}`), { leaseMs: 20_000 });
    one.runner.start();
    await one.enqueue({ type: "a.one", lane: "l", payload: 1 });
    await settle();
    two.runner.start();
    await clock.advance(60_000);
    assert.deepEqual(ran, ["one 1"], "a lease that is renewed is kept");
    // Node one is cut off: it renews nothing any more.
    void one.runner.stop();
    await clock.advance(20_000 + LEASE_CHECK_MS);
    assert.deepEqual(ran, ["one 1", "two 1"]);
    assert.deepEqual(await census(storage), EMPTY);
    await two.runner.stop();
  });
});

describe("a type that is not known", () => {
  test("keeps its jobs until it is, and says so", async () => {
    const b = bench();
    b.runner.start();
    await b.enqueue({ type: "a.later", lane: "l", payload: 1 });
    await b.clock.advance(UNKNOWN_TYPE_RETRY_MS * 3);
    assert.equal(b.logged[0]?.message, "there are jobs of an unknown type: they wait");
    const said = b.logged.length;
    await b.enqueue(...Array.from({ length: 20 }, (_, payload) => ({ type: "a.later", lane: "l", payload })));
    await settle();
    assert.equal(b.logged.length, said, "not once for each job");
    const ran: unknown[] = [];
    b.define("a.later", async (payload) => void ran.push(payload));
    await b.clock.advance(60_000);
    assert.equal(ran.length, 21);
    await b.runner.stop();
  });
});

describe("a storage that fails now and then", () => {
  test("loses no job and stops no runner", async () => {
    const good = openMemoryStorage();
    const random = seededRandom(7);
    let failing = true;
    const storage: Storage = {
      ...good,
      transact: (fn) => (failing && random.float() < 0.3 ? Promise.reject(new Error("the disk is full")) : good.transact(fn)),
      snapshot: (fn) => (failing && random.float() < 0.3 ? Promise.reject(new Error("the disk is full")) : good.snapshot(fn)),
    };
    const b = bench({ storage });
    const ran = new Set<unknown>();
    b.define("a.one", async (payload) => void ran.add(payload), { retry: { attemptsMax: 50, backoffMs: 100, backoffMsMax: 1_000 } });
    await good.transact(async (tx) => {
      for (let i = 0; i < 60; i++) await b.runner.jobs.enqueue(tx, { type: "a.one", lane: `l${i % 7}`, payload: i });
    });
    b.runner.start();
    await b.clock.advance(10_000);
    failing = false;
    await b.clock.advance(60_000);
    assert.equal(ran.size, 60);
    assert.deepEqual(await census(good), EMPTY);
    await b.runner.stop();
  });
});

describe("chance and time", () => {
  test("the same seed runs the same jobs in the same order at the same times", async () => {
    const record = async () => {
      const b = bench({ seed: 42 });
      const random = seededRandom(3);
      const out: string[] = [];
      b.define("a.one", async (payload, { number }) => {
        out.push(`${b.clock.monotonic()} ${payload} ${number}`);
        await delay(b.clock, Math.floor(random.float() * 500));
        if (random.float() < 0.3) throw new Error("no");
      });
      b.runner.start();
      for (let i = 0; i < 50; i++) {
        await b.enqueue({ type: "a.one", lane: `l${i % 5}`, payload: i, dueAtMs: b.clock.now() + Math.floor(random.float() * 3_000) });
        await b.clock.advance(50);
      }
      await b.clock.advance(60_000);
      await b.runner.stop();
      return out;
    };
    const first = await record();
    assert.ok(first.length > 60);
    assert.deepEqual(await record(), first);
  });
});
