import assert from "node:assert/strict";
import { test } from "node:test";
import { delay } from "./clock.ts";
import { VirtualClock } from "./virtual-clock.ts";

test("timers fire in order of time, then of setting, at their own time", async () => {
  const clock = new VirtualClock(1_000);
  const fired: string[] = [];
  clock.setTimer(20, () => fired.push(`b@${clock.now()}`));
  clock.setTimer(10, () => fired.push(`a@${clock.now()}`));
  clock.setTimer(20, () => fired.push(`c@${clock.now()}`));
  await clock.advance(15);
  assert.deepEqual(fired, ["a@1010"]);
  assert.equal(clock.now(), 1_015);
  await clock.advance(5);
  assert.deepEqual(fired, ["a@1010", "b@1020", "c@1020"]);
  assert.equal(clock.monotonic(), 20);
});

test("a cancelled timer does not fire", async () => {
  const clock = new VirtualClock();
  let fired = false;
  const timer = clock.setTimer(5, () => {
    fired = true;
  });
  timer.cancel();
  timer.cancel();
  await clock.advance(10);
  assert.equal(fired, false);
  assert.equal(clock.nextAtMs, undefined);
});

test("what a timer sets in motion is seen within the same advance", async () => {
  const clock = new VirtualClock(0);
  const seen: number[] = [];
  const loop = async () => {
    for (let round = 0; round < 3; round++) {
      await delay(clock, 10);
      seen.push(clock.now());
    }
  };
  const done = loop();
  await clock.advance(100);
  await done;
  assert.deepEqual(seen, [10, 20, 30]);
});

test("an aborted delay ends at once and leaves no timer", async () => {
  const clock = new VirtualClock();
  const controller = new AbortController();
  const waiting = delay(clock, 1_000, controller.signal);
  controller.abort();
  await waiting;
  assert.equal(clock.nextAtMs, undefined);
  await delay(clock, 1_000, controller.signal);
});
