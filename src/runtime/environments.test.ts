import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { settle } from "../kernel/virtual-clock.ts";
import { ARN, runtimeBench as bench } from "../testing/runtime-bench.ts";

/** Answers once the file is there that the event names, so that a test says when an invocation ends. */
const GATED = `
  const fs = require("fs");
  let count = 0;
  exports.handler = async (event) => {
    count++;
    if (event.started) fs.writeFileSync(event.started, "");
    while (event.until && !fs.existsSync(event.until)) await new Promise((resolve) => setTimeout(resolve, 2));
    return { pid: process.pid, count };
  };`;

/** Real time that a process may take for what a test waits for, in ms: a machine may be busy. */
const PATIENCE_MS = 30_000;

/** Resolves when the file exists; the clock stands still. */
async function appears(folder: string, name: string): Promise<void> {
  await until(() => existsSync(join(folder, name)), `${name} did not appear`);
}

async function until(holds: () => boolean, otherwise: string): Promise<void> {
  const started = performance.now();
  while (!holds()) {
    assert.ok(performance.now() - started < PATIENCE_MS, otherwise);
    await settle();
  }
}

/** Resolves when the process is gone; the clock stands still. */
async function isGone(pid: number): Promise<void> {
  const isAlive = () => {
    try {
      process.kill(pid, 0);
      return true;
    } catch {
      return false;
    }
  };
  await until(() => !isAlive(), `process ${pid} still runs`);
}

test("one invocation at a time in an environment, more environments when all are busy", async () => {
  const { invoke, root, spawned } = bench({ "f.js": GATED });
  const held = [1, 2, 3].map((i) =>
    invoke("f.handler", { started: join(root, `started-${i}`), until: join(root, "go") }, { instanceKey: "one" }),
  );
  await Promise.all([1, 2, 3].map((i) => appears(root, `started-${i}`)));
  writeFileSync(join(root, "go"), "");
  const pids = (await Promise.all(held)).map(({ value }) => (value as { pid: number }).pid);
  assert.equal(new Set(pids).size, 3);
  assert.equal(spawned.length, 3);
  const next = (await invoke("f.handler", {}, { instanceKey: "one" })).value as { pid: number; count: number };
  assert.ok(pids.includes(next.pid), "a warm environment is reused");
  const again = (await invoke("f.handler", {}, { instanceKey: "one" })).value as { pid: number };
  assert.equal(again.pid, next.pid, "the one used last is used first");
});

test("invocations beyond the limits wait, and those beyond concurrency are throttled", async () => {
  const { invoke, root, spawned, clock } = bench({ "f.js": GATED }, { environmentsMax: 1, concurrencyMax: 3 });
  const gate = { until: join(root, "go") };
  const long = { timeoutMs: 60_000 };
  const first = invoke("f.handler", { ...gate, started: join(root, "started") }, long);
  await appears(root, "started");
  const second = invoke("f.handler", gate, long);
  const third = invoke("f.handler", gate, long);
  const throttled = {
    code: "TooManyRequestsException",
    status: 429,
    fields: { Reason: "ConcurrentInvocationLimitExceeded", Type: "User" },
  };
  await assert.rejects(invoke("f.handler", gate, long), throttled);
  const waited = assert.rejects(third, throttled);
  const also = assert.rejects(second, throttled);
  await clock.advance(1_000);
  assert.equal(spawned.length, 1);
  await clock.advance(20_000);
  await Promise.all([waited, also]);
  writeFileSync(join(root, "go"), "");
  await first;
  assert.equal(((await invoke("f.handler", {}, long)).value as { count: number }).count, 2);
});

test("an idle environment of another function makes room", async () => {
  const { invoke, spawned } = bench({ "f.js": GATED }, { environmentsMax: 1 });
  const one = (await invoke("f.handler", {}, { instanceKey: "one" })).value as { pid: number };
  const other = (await invoke("f.handler", {}, { instanceKey: "other" })).value as { pid: number };
  assert.notEqual(one.pid, other.pid);
  await isGone(one.pid);
  assert.equal(spawned.length, 2);
});

test("idle environments are ended after their time, and not before", async () => {
  const { invoke, clock, spawned } = bench({ "f.js": GATED }, { idleMsMax: 60_000 });
  const { pid } = (await invoke("f.handler")).value as { pid: number };
  await clock.advance(59_000);
  assert.equal(((await invoke("f.handler")).value as { pid: number }).pid, pid);
  await clock.advance(59_000);
  assert.equal(((await invoke("f.handler")).value as { pid: number }).pid, pid);
  await clock.advance(60_001);
  await isGone(pid);
  assert.notEqual(((await invoke("f.handler")).value as { pid: number }).pid, pid);
  assert.equal(spawned.length, 2);
});

test("retired environments finish what they do and take nothing more", async () => {
  const { invoke, root, runtime } = bench({ "f.js": GATED });
  const busy = invoke("f.handler", { started: join(root, "started"), until: join(root, "go") });
  await appears(root, "started");
  runtime.retire("arn:aws:lambda:us-east-1:000000000000:function:other");
  runtime.retire(ARN);
  writeFileSync(join(root, "go"), "");
  const { pid } = (await busy).value as { pid: number };
  await isGone(pid);
  const next = (await invoke("f.handler")).value as { pid: number };
  assert.notEqual(next.pid, pid);
  runtime.retire(`${ARN}:7`);
  assert.equal(((await invoke("f.handler")).value as { pid: number }).pid, next.pid, "another version's environments stay");
});

test("a change in a local folder reaches the next invocation", async () => {
  const { invoke, codeDirectory } = bench({ "f.js": "exports.handler = async () => 1;" });
  assert.equal((await invoke("f.handler")).value, 1);
  writeFileSync(join(codeDirectory, "f.js"), "exports.handler = async () => 2;");
  while ((await invoke("f.handler")).value !== 2) await settle();
});

test("a timeout answers and logs as on Lambda, and ends the environment", async () => {
  const { invoke, root, clock, log, summaries } = bench({ "f.js": GATED });
  const held = invoke("f.handler", { started: join(root, "started"), until: join(root, "never") }, { timeoutMs: 3_000 });
  await appears(root, "started");
  await clock.advance(2_900);
  await clock.advance(200);
  const result = await held;
  assert.equal(result.functionError, "Unhandled");
  assert.deepEqual(result.value, {
    errorType: "Sandbox.Timedout",
    errorMessage: "RequestId: request-1 Error: Task timed out after 3.00 seconds",
  });
  const lines = await log();
  assert.match(lines[1] ?? "", /^2026-01-01T00:00:0\d\.\d{3}Z request-1 Task timed out after 3\.00 seconds\n\n$/);
  assert.match(lines[3] ?? "", /\tDuration: 3000\.00 ms\t.*\tStatus: timeout\t\n$/);
  assert.equal(summaries[0]?.status, "timeout");
  const next = (await invoke("f.handler")).value as { count: number };
  assert.equal(next.count, 1, "a new environment");
});

test("a busy loop is ended too", async () => {
  const { invoke, root, clock } = bench({
    "f.js": `exports.handler = (event) => { require("fs").writeFileSync(event.started, ""); for (;;); };`,
  });
  const held = invoke("f.handler", { started: join(root, "started") }, { timeoutMs: 1_000 });
  await appears(root, "started");
  await clock.advance(1_000);
  assert.equal(((await held).value as { errorType: string }).errorType, "Sandbox.Timedout");
});

test("an initialization of over 10 seconds begins again within the invocation", async () => {
  const code = `
    const fs = require("fs");
    const again = fs.existsSync(process.env.MARK);
    fs.writeFileSync(process.env.MARK, "");
    await (again ? 0 : new Promise((resolve) => setTimeout(resolve, 60000)));
    exports.handler = async () => "loaded at last";`;
  const { invoke, root, clock, log } = bench({
    "f.mjs": code
      .replace("const fs = require", "import { createRequire } from 'node:module'; const fs = createRequire(import.meta.url)")
      .replace("exports.handler =", "export const handler ="),
  });
  const held = invoke("f.handler", {}, { environment: { MARK: join(root, "mark") }, timeoutMs: 60_000 });
  await appears(root, "mark");
  await clock.advance(10_000);
  assert.equal((await held).value, "loaded at last");
  assert.match((await log()).join(""), /INIT_REPORT Init Duration: 10000\.00 ms\tPhase: init\tStatus: timeout\n/);
});

test("a function that takes more memory than it has is killed", async (t) => {
  const { invoke, clock, root } = bench({
    "f.js": `
      exports.heap = async () => { const all = []; for (;;) all.push(new Array(10000).fill(Math.random())); };
      exports.buffers = async (event) => {
        const all = [];
        for (let i = 0; i < 20; i++) all.push(Buffer.alloc(10 << 20, 1));
        require("fs").writeFileSync(event.started, "");
        await new Promise((resolve) => setTimeout(resolve, 60000));
      };`,
  });
  const killed = { errorType: "Runtime.ExitError", errorMessage: /Runtime exited with error: signal: killed$/ };
  await t.test("by its heap", async () => {
    const failure = (await invoke("f.heap", {}, { timeoutMs: 60_000 })).value as { errorType: string; errorMessage: string };
    assert.equal(failure.errorType, killed.errorType);
    assert.match(failure.errorMessage, killed.errorMessage);
  });
  await t.test("outside its heap", { skip: process.platform !== "linux" && "the operating system does not tell" }, async () => {
    const held = invoke("f.buffers", { started: join(root, "started") }, { timeoutMs: 60_000 });
    await appears(root, "started");
    await clock.advance(1_000);
    const result = await held;
    const failure = result.value as { errorType: string; errorMessage: string };
    assert.equal(failure.errorType, killed.errorType);
    assert.match(failure.errorMessage, killed.errorMessage);
    assert.match(result.logTail, /Max Memory Used: 128 MB\tInit Duration: .* ms\tStatus: error\tError Type: Runtime.OutOfMemory\t\n$/);
  });
});

test("frozen between invocations: timers stand still, and go on with the next one", async () => {
  const { invoke } = bench({
    "f.js": `let ticks = 0; setInterval(() => ticks++, 1);
      exports.handler = async () => { const before = ticks; await new Promise((resolve) => setTimeout(resolve, 20)); return [before, ticks]; };`,
  });
  await invoke("f.handler");
  await new Promise((resolve) => setTimeout(resolve, 60));
  const [, after] = (await invoke("f.handler")).value as [number, number];
  const [before] = (await invoke("f.handler")).value as [number, number];
  assert.ok(before - after <= 2, `${before - after} ticks between two invocations`);
});

test("closing ends every process, those with a SIGTERM handler in their own way", async () => {
  const { invoke, root, runtime } = bench({
    "f.js": `const fs = require("fs");
      process.on("SIGTERM", () => { fs.writeFileSync(process.env.MARK, "bye"); process.exit(0); });
      exports.handler = async () => process.pid;`,
  });
  const mark = join(root, "mark");
  const pid = (await invoke("f.handler", {}, { environment: { MARK: mark } })).value as number;
  await runtime.close();
  assert.ok(existsSync(mark));
  assert.throws(() => process.kill(pid, 0));
  await assert.rejects(invoke("f.handler"), { code: "ServiceException" });
});

test("an invocation that runs when the runtime closes is answered", async () => {
  const { invoke, root, runtime } = bench({ "f.js": GATED });
  const held = invoke("f.handler", { started: join(root, "started"), until: join(root, "never") });
  await appears(root, "started");
  await runtime.close();
  assert.match(((await held).value as { errorMessage: string }).errorMessage, /signal: terminated$/);
});

test("which runtimes are supported", () => {
  const { runtime } = bench({});
  for (const name of ["nodejs12.x", "nodejs18.x", "nodejs20.x", "nodejs22.x", "nodejs24.x"]) assert.equal(runtime.supports(name), true);
  for (const name of ["python3.13", "nodejs10.x", "provided.al2023", "java21"]) {
    assert.match(String(runtime.supports(name)), new RegExp(`^The runtime ${name} is not supported yet`));
  }
});
