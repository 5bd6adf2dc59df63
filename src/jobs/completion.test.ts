import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { delay } from "../kernel/clock.ts";
import { settle } from "../kernel/virtual-clock.ts";
import type { Completion } from "./job.ts";
import { JOB_BYTES_MAX } from "./limits.ts";
import { bench, census, EMPTY } from "./testing/bench.ts";

const key = (text: string) => Buffer.from(text);

describe("a job's completion", () => {
  test("writes and enqueues in the transaction that ends it", async () => {
    const b = bench();
    const ran: unknown[] = [];
    b.define("a.first", async () => ({
      kind: "done",
      async also(tx) {
        tx.set(key("also"), key("1"));
        await b.runner.jobs.enqueue(tx, { type: "a.second", lane: "l", payload: "from first" });
      },
    }));
    b.define("a.second", async (payload) => void ran.push(payload));
    b.runner.start();
    await b.enqueue({ type: "a.first", lane: "l", payload: 0 });
    await settle();
    assert.deepEqual(ran, ["from first"]);
    assert.ok(await b.storage.snapshot((tx) => tx.get(key("also"))));
    assert.deepEqual(await census(b.storage), EMPTY);
    await b.runner.stop();
  });

  test("whose writes fail is a failed attempt, and writes nothing", async () => {
    const b = bench();
    let runs = 0;
    b.define("a.one", async () => ({
      kind: "done",
      async also(tx) {
        tx.set(key("also"), key("1"));
        if (runs === 1) throw new Error("no");
      },
    }));
    const definition = b.definitions.get("a.one");
    assert.ok(definition);
    b.definitions.set("a.one", {
      ...definition,
      run: (...args) => {
        runs++;
        return definition.run(...args);
      },
    });
    b.runner.start();
    await b.enqueue({ type: "a.one", lane: "l", payload: 0 });
    await settle();
    assert.equal(await b.storage.snapshot((tx) => tx.get(key("also"))), undefined);
    await b.clock.advance(1_000);
    assert.equal(runs, 2);
    assert.deepEqual(await census(b.storage), EMPTY);
    await b.runner.stop();
  });

  test("may be to run again later, as a first attempt, with another payload", async () => {
    const b = bench();
    const ran: unknown[] = [];
    b.define("a.poll", async (payload, { number, id }) => {
      ran.push([payload, number, id, b.clock.monotonic()]);
      if (payload === 1 && ran.length === 2) throw new Error("in between");
      if (ran.length === 5) return undefined;
      return { kind: "again", dueAtMs: b.clock.now() + 10_000, ...(payload === 0 && { payload: 1 }) };
    });
    b.runner.start();
    await b.enqueue({ type: "a.poll", lane: "l", payload: 0, id: "p" });
    await b.clock.advance(10_000);
    await b.clock.advance(1_000);
    assert.deepEqual(ran.slice(0, 2), [
      [0, 1, "p", 0],
      [1, 1, "p", 10_000],
    ]);
    assert.deepEqual((ran[2] as unknown[]).slice(0, 3), [1, 2, "p"]);
    await b.clock.advance(30_000);
    assert.deepEqual(
      ran.slice(3).map((run) => (run as unknown[]).slice(0, 2)),
      [
        [1, 1],
        [1, 1],
      ],
    );
    assert.deepEqual(await census(b.storage), EMPTY);
    await b.runner.stop();
  });

  test("that makes no sense is a failure, not a loss", async () => {
    const b = bench();
    const odd: Completion = JSON.parse('{"kind":"sometimes"}');
    b.define("a.odd", async () => odd, {
      retry: { attemptsMax: 1, backoffMs: 1, backoffMsMax: 1 },
    });
    b.define("a.never", async () => ({ kind: "again", dueAtMs: Number.NaN }), { retry: { attemptsMax: 1, backoffMs: 1, backoffMsMax: 1 } });
    b.runner.start();
    await b.enqueue({ type: "a.odd", lane: "l", payload: 0 }, { type: "a.never", lane: "l", payload: 0 });
    await settle();
    assert.deepEqual(await census(b.storage), { ...EMPTY, dead: 2 });
    await b.runner.stop();
  });
});

describe("a job with an id", () => {
  test("replaces one that waits: its payload and its time", async () => {
    const b = bench();
    const ran: unknown[] = [];
    b.define("a.one", async (payload) => void ran.push([payload, b.clock.monotonic()]));
    b.runner.start();
    const at = b.clock.now();
    const job = (payload: number, seconds: number, lane = "l") => ({
      type: "a.one",
      lane,
      payload,
      id: "x",
      dueAtMs: at + seconds * 1_000,
    });
    await b.enqueue(job(1, 10), job(2, 20), job(3, 5, "other"), { ...job(4, 1), id: "y" });
    await b.enqueue(job(5, 7));
    assert.deepEqual(await census(b.storage), { ...EMPTY, waiting: 3, named: 3, next: 2 });
    await b.clock.advance(60_000);
    assert.deepEqual(ran, [
      [4, 1_000],
      [3, 5_000],
      [5, 7_000],
    ]);
    assert.deepEqual(await census(b.storage), EMPTY);
    await b.runner.stop();
  });

  test("waits for the end of one that runs; the last one counts", async () => {
    const b = bench();
    const ran: unknown[] = [];
    b.define("a.one", async (payload, { signal }) => {
      ran.push([payload, b.clock.monotonic()]);
      if (payload === 1) await delay(b.clock, 5_000, signal);
    });
    b.runner.start();
    const job = (payload: number) => ({ type: "a.one", lane: "l", payload, id: "x" });
    await b.enqueue(job(1));
    await settle();
    await b.enqueue(job(2));
    await b.enqueue(job(3));
    await b.clock.advance(4_999);
    assert.deepEqual(ran, [[1, 0]]);
    await b.clock.advance(1);
    assert.deepEqual(ran, [
      [1, 0],
      [3, 5_000],
    ]);
    assert.deepEqual(await census(b.storage), EMPTY);
    await b.runner.stop();
  });

  test("takes the place of a repetition of the one that ran, be it a retry or an again", async () => {
    for (const outcome of ["fails", "again"]) {
      const b = bench();
      const ran: unknown[] = [];
      b.define("a.one", async (payload, { signal }) => {
        ran.push(payload);
        if (payload === 2) return undefined;
        await delay(b.clock, 1_000, signal);
        if (outcome === "fails") throw new Error("no");
        return { kind: "again", dueAtMs: b.clock.now() + 1_000 };
      });
      b.runner.start();
      await b.enqueue({ type: "a.one", lane: "l", payload: 1, id: "x" });
      await settle();
      await b.enqueue({ type: "a.one", lane: "l", payload: 2, id: "x", dueAtMs: b.clock.now() + 30_000 });
      await b.clock.advance(60_000);
      assert.deepEqual(ran, [1, 2], outcome);
      assert.deepEqual(await census(b.storage), EMPTY);
      await b.runner.stop();
    }
  });

  test("is cancelled while it waits", async () => {
    const b = bench();
    const ran: unknown[] = [];
    b.define("a.one", async (payload) => void ran.push(payload));
    b.runner.start();
    const at = b.clock.now() + 1_000;
    await b.enqueue(
      { type: "a.one", lane: "l", payload: 1, id: "x", dueAtMs: at },
      { type: "a.one", lane: "l", payload: 2, id: "y", dueAtMs: at + 1 },
    );
    await b.storage.transact(async (tx) => {
      await b.runner.jobs.cancel(tx, "a.one", "l", "x");
      await b.runner.jobs.cancel(tx, "a.one", "l", "never");
    });
    await b.clock.advance(2_000);
    assert.deepEqual(ran, [2]);
    assert.deepEqual(await census(b.storage), EMPTY);
    await b.runner.stop();
  });

  test("is cancelled while it runs: its end stands, nothing comes after it", async () => {
    for (const outcome of ["done", "fails", "again"]) {
      const b = bench();
      let runs = 0;
      b.define("a.one", async (_payload, { signal }) => {
        runs++;
        await delay(b.clock, 1_000, signal);
        if (outcome === "fails") throw new Error("no");
        const also = async (tx: { set(key: Uint8Array, value: Uint8Array): void }) => tx.set(key("also"), key("1"));
        return outcome === "done" ? { kind: "done", also } : { kind: "again", dueAtMs: b.clock.now(), also };
      });
      b.runner.start();
      await b.enqueue({ type: "a.one", lane: "l", payload: 1, id: "x" });
      await settle();
      await b.enqueue({ type: "a.one", lane: "l", payload: 2, id: "x" });
      await b.storage.transact((tx) => b.runner.jobs.cancel(tx, "a.one", "l", "x"));
      await b.clock.advance(60_000);
      assert.equal(runs, 1, outcome);
      assert.equal((await b.storage.snapshot((tx) => tx.get(key("also")))) !== undefined, outcome !== "fails");
      assert.deepEqual(await census(b.storage), EMPTY);
      await b.runner.stop();
    }
  });

  test("that is enqueued after a cancellation of the running one runs", async () => {
    const b = bench();
    const ran: unknown[] = [];
    b.define("a.one", async (payload, { signal }) => {
      ran.push(payload);
      if (payload === 1) await delay(b.clock, 1_000, signal);
    });
    b.runner.start();
    await b.enqueue({ type: "a.one", lane: "l", payload: 1, id: "x" });
    await settle();
    await b.storage.transact((tx) => b.runner.jobs.cancel(tx, "a.one", "l", "x"));
    await b.enqueue({ type: "a.one", lane: "l", payload: 2, id: "x" });
    await b.clock.advance(1_000);
    assert.deepEqual(ran, [1, 2]);
    await b.runner.stop();
  });
});

describe("enqueue", () => {
  test("is part of its transaction", async () => {
    const b = bench();
    const ran: unknown[] = [];
    b.define("a.one", async (payload) => void ran.push(payload));
    b.runner.start();
    const failing = b.storage.transact(async (tx) => {
      await b.runner.jobs.enqueue(tx, { type: "a.one", lane: "l", payload: 1 });
      throw new Error("no");
    });
    await assert.rejects(failing, /no/);
    await settle();
    assert.deepEqual(ran, []);
    await b.runner.stop();
  });

  test("refuses what it can not keep", async () => {
    const b = bench();
    const big = { type: "a.one", lane: "l", payload: new Uint8Array(JOB_BYTES_MAX) };
    await assert.rejects(b.enqueue(big), /a job of 1\d{6} bytes: up to 1048576 are allowed/);
    await b.enqueue({ ...big, payload: new Uint8Array(JOB_BYTES_MAX - 200) });
    b.define("a.long", (_payload, { signal }) => delay(b.clock, 1_000, signal));
    b.runner.start();
    await b.enqueue({ type: "a.long", lane: "l", payload: 0, id: "x" });
    await settle();
    await assert.rejects(b.enqueue({ ...big, type: "a.long", id: "x" }), /a job of/, "as the successor of one that runs, too");
    await b.runner.stop();
    for (const dueAtMs of [Number.NaN, Number.POSITIVE_INFINITY]) {
      await assert.rejects(b.enqueue({ type: "a.one", lane: "l", payload: 0, dueAtMs }), /a job due at/);
    }
  });

  test("costs few writes", async () => {
    const b = bench();
    const writes = async (...jobs: Parameters<typeof b.enqueue>) => {
      let count = 0;
      await b.storage.transact(async (tx) => {
        count = 0;
        const counting = { ...tx, get: tx.get.bind(tx), range: tx.range.bind(tx), claim: tx.claim.bind(tx) };
        const counted = Object.assign(counting, {
          set: (...args: Parameters<typeof tx.set>) => {
            count++;
            tx.set(...args);
          },
          delete: (...args: Parameters<typeof tx.delete>) => {
            count++;
            tx.delete(...args);
          },
        });
        for (const job of jobs) await b.runner.jobs.enqueue(counted, job);
      });
      return count;
    };
    assert.equal(await writes({ type: "a.one", lane: "l", payload: 0 }), 2);
    assert.equal(await writes({ type: "a.one", lane: "l", payload: 0 }), 1);
    assert.equal(await writes({ type: "a.one", lane: "l", payload: 0, id: "x" }), 2);
    assert.equal(await writes({ type: "a.one", lane: "m", payload: 0, id: "x" }), 3);
    assert.equal(await writes({ type: "a.one", lane: "l", payload: 0, dueAtMs: b.clock.now() - 1 }), 3);
  });
});
