import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { delay } from "../kernel/clock.ts";
import { silentLogger } from "../kernel/log.ts";
import { seededRandom } from "../kernel/random.ts";
import { settle, VirtualClock } from "../kernel/virtual-clock.ts";
import { openMemoryStorage } from "../storage/engines/memory.ts";
import type { NewJob } from "./job.ts";
import { DEAD_LETTER_AGE_MS_MAX } from "./limits.ts";
import { createJobs } from "./runner.ts";
import { type Bench, bench, census, type Definition, EMPTY } from "./testing/bench.ts";

describe("a job", () => {
  test("runs once, with what it was given, and leaves nothing behind", async () => {
    const b = bench();
    const ran: unknown[] = [];
    b.define("a.one", async (payload, { signal, ...attempt }) => void ran.push({ payload, attempt, aborted: signal.aborted }));
    b.runner.start();
    await b.enqueue({ type: "a.one", lane: "l", payload: { x: 1 }, id: "me" });
    await settle();
    const now = b.clock.now();
    assert.deepEqual(ran, [
      { payload: { x: 1 }, attempt: { id: "me", lane: "l", number: 1, enqueuedAtMs: now, dueAtMs: now }, aborted: false },
    ]);
    assert.deepEqual(await census(b.storage), EMPTY);
    await b.runner.stop();
  });

  test("runs when it is due, not before", async () => {
    const b = bench();
    const ran: number[] = [];
    b.define("a.one", async () => void ran.push(b.clock.monotonic()));
    b.runner.start();
    await b.enqueue({ type: "a.one", lane: "l", payload: 0, dueAtMs: b.clock.now() + 5_000 });
    await b.enqueue({ type: "a.one", lane: "m", payload: 0, dueAtMs: b.clock.now() + 90 * 60_000 });
    await b.clock.advance(4_999);
    assert.deepEqual(ran, []);
    await b.clock.advance(1);
    assert.deepEqual(ran, [5_000]);
    await b.clock.advance(2 * 3_600_000);
    assert.deepEqual(ran, [5_000, 90 * 60_000]);
    assert.equal(b.clock.nextAtMs, undefined, "no timer is left when nothing waits");
    await b.runner.stop();
  });
});

describe("lanes", () => {
  const order = async (b: Bench, concurrency: number, jobs: NewJob[]) => {
    const ran: unknown[] = [];
    b.define("a.one", async (payload) => void ran.push(payload), { concurrency });
    await b.enqueue(...jobs);
    b.runner.start();
    await b.clock.advance(60_000);
    await b.runner.stop();
    return ran;
  };

  test("jobs of a lane run in the order in which they are due, then of their coming", async () => {
    const b = bench();
    const at = b.clock.now();
    const due = [3, 1, 2, 1, 1, 0, 3, 2];
    const jobs = due.map((seconds, i) => ({ type: "a.one", lane: "l", payload: `${seconds}.${i}`, dueAtMs: at + seconds * 1_000 }));
    assert.deepEqual(await order(b, 1, jobs), ["0.5", "1.1", "1.3", "1.4", "2.2", "2.7", "3.0", "3.6"]);
  });

  test("a lane with a long backlog lets the others have their turns", async () => {
    const b = bench();
    const long = Array.from({ length: 500 }, (_, i) => ({ type: "a.one", lane: "long", payload: `long ${i}` }));
    const short = ["x", "y", "z"].map((lane) => ({ type: "a.one", lane, payload: lane, dueAtMs: b.clock.now() }));
    const ran = await order(b, 1, [...long, ...short]);
    assert.equal(ran.length, 503);
    assert.deepEqual([...ran.slice(0, 4)].sort(), ["long 0", "x", "y", "z"]);
    assert.deepEqual(
      ran.slice(4),
      long.slice(1).map((job) => job.payload),
    );
  });

  test("a lane that becomes due later waits for one round at most", async () => {
    const b = bench();
    const ran: string[] = [];
    b.define("a.one", async (payload) => void ran.push(String(payload)), { concurrency: 1 });
    b.runner.start();
    const lanes = Array.from({ length: 300 }, (_, lane) => `lane ${lane}`);
    await b.enqueue(...lanes.flatMap((lane) => Array.from({ length: 5 }, () => ({ type: "a.one", lane, payload: lane }))));
    // Lets some of them run, then adds the late one.
    while (ran.length < 50) await settle(1);
    const before = ran.length;
    await b.enqueue({ type: "a.one", lane: "late", payload: "late" });
    await b.clock.advance(1_000);
    assert.equal(ran.length, 1_501);
    assert.ok(ran.indexOf("late") - before <= 2 * 300, `it waited for ${ran.indexOf("late") - before} others`);
    assert.deepEqual(await census(b.storage), EMPTY);
    await b.runner.stop();
  });

  test("more lanes than a round holds all get their turn before any gets a second one", async () => {
    const b = bench();
    const lanes = Array.from({ length: 400 }, (_, lane) => String(lane).padStart(3, "0"));
    const ran = await order(
      b,
      1,
      lanes.flatMap((lane) => [1, 2].map((turn) => ({ type: "a.one", lane, payload: { lane, turn } }))),
    );
    const second = ran.findIndex((payload) => (payload as { turn: number }).turn === 2);
    assert.equal(ran.length, 800);
    assert.ok(second >= 128, `a second turn came after ${second} jobs`);
  });
});

describe("concurrency", () => {
  test("is kept over all lanes, and used", async () => {
    const b = bench();
    let running = 0;
    let most = 0;
    b.define(
      "a.one",
      async (_payload, { signal }) => {
        most = Math.max(most, ++running);
        await delay(b.clock, 1_000, signal);
        running--;
      },
      { concurrency: 7 },
    );
    b.runner.start();
    await b.enqueue(...Array.from({ length: 70 }, (_, i) => ({ type: "a.one", lane: `l${i % 4}`, payload: i })));
    await b.clock.advance(9_999);
    assert.equal(most, 7);
    assert.notEqual((await census(b.storage)).waiting + (await census(b.storage)).leased, 0);
    await b.clock.advance(1);
    assert.deepEqual(await census(b.storage), EMPTY);
    await b.runner.stop();
  });

  test("is of each type: one that is stuck does not hold up another", async () => {
    const b = bench();
    const ran: unknown[] = [];
    b.define("a.stuck", (_payload, { signal }) => delay(b.clock, 1e9, signal), { concurrency: 1 });
    b.define("a.free", async (payload) => void ran.push(payload), { concurrency: 1 });
    b.runner.start();
    await b.enqueue(
      { type: "a.stuck", lane: "l", payload: 0 },
      { type: "a.stuck", lane: "l", payload: 1 },
      { type: "a.free", lane: "l", payload: 2 },
    );
    await settle();
    assert.deepEqual(ran, [2]);
    await b.runner.stop();
  });
});

describe("a failing job", () => {
  test("is tried again after a doubling wait, then kept as a dead letter", async () => {
    const b = bench();
    const ran: { number: number; atMs: number }[] = [];
    const buried: unknown[] = [];
    const retry = { attemptsMax: 5, backoffMs: 1_000, backoffMsMax: 5_000 };
    b.define(
      "a.bad",
      async (_payload, { number }) => {
        ran.push({ number, atMs: b.clock.monotonic() });
        throw new Error(`no ${number}`);
      },
      {
        retry,
        async dead(context, tx, payload, error, attempt) {
          buried.push([context, payload, String(error), attempt.number]);
          tx.set(Buffer.from("buried"), Buffer.from("1"));
        },
      },
    );
    b.runner.start();
    await b.enqueue({ type: "a.bad", lane: "l", payload: { x: 1 } });
    await b.clock.advance(60_000);
    assert.deepEqual(
      ran.map((run) => run.number),
      [1, 2, 3, 4, 5],
    );
    const waits = ran.slice(1).map((run, i) => run.atMs - (ran[i]?.atMs ?? 0));
    for (const [i, whole] of [1_000, 2_000, 4_000, 5_000].entries()) {
      assert.ok((waits[i] ?? 0) >= whole / 2 && (waits[i] ?? 0) <= whole, `wait ${i} was ${waits[i]}`);
    }
    assert.deepEqual(buried.at(-1), ["context of a.bad", { x: 1 }, "Error: no 5", 5]);
    assert.ok(await b.storage.snapshot((tx) => tx.get(Buffer.from("buried"))));
    assert.deepEqual(await census(b.storage), { ...EMPTY, dead: 1 });
    const [letter] = await b.runner.deadLetters.list({ limit: 10 });
    assert.deepEqual(
      { ...letter, error: letter?.error.split("\n")[0], id: "" },
      {
        type: "a.bad",
        lane: "l",
        id: "",
        payload: { x: 1 },
        attempts: 5,
        error: "Error: no 5",
        enqueuedAtMs: b.clock.now() - 60_000,
        diedAtMs: b.clock.now() - 60_000 + (ran[4]?.atMs ?? 0),
      },
    );
    assert.deepEqual(
      b.logged.map((entry) => entry.level),
      ["warn", "warn", "warn", "warn", "error"],
    );
    await b.runner.stop();
  });

  const THROWN: [name: string, thrown: unknown][] = [
    ["an error", new Error("x")],
    ["a string", "x"],
    ["undefined", undefined],
    ["null", null],
    ["an object", { x: 1 }],
    ["a symbol", Symbol("x")],
  ];
  for (const [name, thrown] of THROWN) {
    test(`may throw ${name}`, async () => {
      const b = bench();
      let runs = 0;
      b.define("a.bad", () => {
        if (runs++ === 0) throw thrown;
        return Promise.resolve();
      });
      b.runner.start();
      await b.enqueue({ type: "a.bad", lane: "l", payload: 0 });
      await b.clock.advance(1_000);
      assert.equal(runs, 2);
      assert.deepEqual(await census(b.storage), EMPTY);
      await b.runner.stop();
    });
  }

  test("fails too when its context can not be made", async () => {
    const storage = openMemoryStorage();
    const clock = new VirtualClock();
    const definition: Definition = {
      concurrency: 1,
      leaseMs: 1_000,
      retry: { attemptsMax: 1, backoffMs: 1, backoffMsMax: 1 },
      run: async () => {},
    };
    const runner = createJobs<string>({
      storage,
      clock,
      random: seededRandom(1),
      logger: silentLogger,
      definition: async () => definition,
      context: () => {
        throw new Error("no context");
      },
    });
    runner.start();
    await storage.transact((tx) => runner.jobs.enqueue(tx, { type: "a.b", lane: "l", payload: 0 }));
    await settle();
    assert.deepEqual(await census(storage), { ...EMPTY, dead: 1 });
    await runner.stop();
  });

  test("is given up once it is too old", async () => {
    const b = bench();
    let runs = 0;
    const retry = { attemptsMax: Number.POSITIVE_INFINITY, backoffMs: 1_000, backoffMsMax: 1_000, ageMsMax: 5_000 };
    b.define(
      "a.bad",
      async () => {
        runs++;
        throw new Error("no");
      },
      { retry },
    );
    b.runner.start();
    await b.enqueue({ type: "a.bad", lane: "l", payload: 0 });
    await b.clock.advance(60_000);
    assert.ok(runs >= 5 && runs <= 10, `${runs} runs`);
    assert.equal((await census(b.storage)).dead, 1);
    await b.runner.stop();
  });

  test("goes to the dead letters only once its hook has done its part", async () => {
    const b = bench();
    let hooks = 0;
    b.define(
      "a.bad",
      async () => {
        throw new Error("no");
      },
      {
        retry: { attemptsMax: 1, backoffMs: 1_000, backoffMsMax: 8_000 },
        async dead() {
          if (++hooks <= 4) throw new Error("the hook fails");
        },
      },
    );
    b.runner.start();
    await b.enqueue({ type: "a.bad", lane: "l", payload: 0 });
    await settle();
    assert.deepEqual({ ...(await census(b.storage)), next: 0 }, { ...EMPTY, waiting: 1 });
    await b.clock.advance(8_000 * 5);
    assert.deepEqual(await census(b.storage), { ...EMPTY, dead: 1 });
    await b.runner.stop();
  });

  test("lets go of what it points to when its dead letter is thrown away, not before", async () => {
    const b = bench();
    b.define(
      "a.bad",
      async () => {
        throw new Error("no");
      },
      {
        retry: { attemptsMax: 1, backoffMs: 1, backoffMsMax: 1 },
        async forget(context, tx, payload) {
          tx.set(Buffer.from(`forgot ${String(payload)}`), Buffer.from(context));
        },
      },
    );
    const look = async () => {
      const found = await b.storage.snapshot((tx) =>
        tx.range({ start: Buffer.from("forgot "), end: Buffer.from("forgot~") }, { limit: 10 }),
      );
      return found.map((entry) => `${Buffer.from(entry.key)}: ${Buffer.from(entry.value)}`);
    };
    b.runner.start();
    await b.enqueue(...[1, 2].map((payload) => ({ type: "a.bad", lane: "l", payload })));
    await settle();
    assert.deepEqual(await look(), []);
    const [one] = await b.runner.deadLetters.list({ limit: 1 });
    assert.ok(one);
    assert.equal(await b.runner.deadLetters.discard(one), true);
    assert.equal(await b.runner.deadLetters.discard(one), false);
    assert.deepEqual(await look(), ["forgot 1: context of a.bad"]);
    await b.clock.advance(DEAD_LETTER_AGE_MS_MAX + 1);
    await b.enqueue({ type: "a.bad", lane: "l", payload: 3 });
    await settle();
    assert.deepEqual(await look(), ["forgot 1: context of a.bad", "forgot 2: context of a.bad"]);
    assert.deepEqual(await census(b.storage), { ...EMPTY, dead: 1 });
    await b.runner.stop();
  });

  test("is put back from the dead letters, or thrown away", async () => {
    const b = bench();
    let works = false;
    const ran: unknown[] = [];
    b.define(
      "a.bad",
      async (payload) => {
        if (!works) throw new Error("no");
        ran.push(payload);
      },
      { retry: { attemptsMax: 1, backoffMs: 1, backoffMsMax: 1 } },
    );
    b.runner.start();
    await b.enqueue(...[1, 2, 3].map((payload) => ({ type: "a.bad", lane: "l", payload, id: `id ${payload}` })));
    await settle();
    const { deadLetters } = b.runner;
    const first = await deadLetters.list({ type: "a.bad", limit: 2 });
    const rest = await deadLetters.list({ type: "a.bad", limit: 2, ...(first[1] && { after: first[1] }) });
    assert.deepEqual(
      [first, rest].map((page) => page.map((letter) => letter.payload)),
      [[1, 2], [3]],
    );
    assert.deepEqual(await deadLetters.list({ type: "a.other", limit: 2 }), []);
    works = true;
    const [one, two] = first;
    assert.ok(one && two);
    assert.equal(await deadLetters.redrive(one), true);
    assert.equal(await deadLetters.redrive(one), false);
    assert.equal(await deadLetters.discard(two), true);
    assert.equal(await deadLetters.discard(two), false);
    await settle();
    assert.deepEqual(ran, [1]);
    assert.deepEqual(await census(b.storage), { ...EMPTY, dead: 1 });
    await b.runner.stop();
  });
});
