// The README's first command, and the promise behind it: the example runs, is used, is killed in the middle of its work, and
// has lost nothing that it acknowledged.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { ROOT, type Running, startHearthProcess, temporaryFolder } from "./hearth-process.ts";

const ORDERS = 1_000;
/** Requests under way at once: each takes an environment, and most of this test's time is their start. */
const CALLERS = 8;
/** Orders that are acknowledged before the kill. */
const KILL_AFTER = 400;
/** Orders whose processing was cut off are seen again after the queue's visibility timeout of 6 s. */
const PROCESSED_MS_MAX = 60_000;
const LOOK_AGAIN_MS = 100;

const data = temporaryFolder();
let hearth: Running;

before(async () => {
  hearth = await start("0");
});

after(async () => {
  await hearth.stop("SIGKILL");
  data.remove();
});

function start(port: string): Promise<Running> {
  return startHearthProcess(["dev", join(ROOT, "examples/orders"), "--port", port, "--data", data.path]);
}

test("the example's own tests pass against it", async () => {
  const { NODE_TEST_CONTEXT: _, ...environment } = process.env;
  const child = spawn(process.execPath, ["--test", "--test-reporter=tap", "test/*.test.ts"], {
    cwd: join(ROOT, "examples/orders"),
    env: { ...environment, AWS_ENDPOINT_URL: hearth.endpoint },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output: string[] = [];
  child.stdout.on("data", (chunk: Buffer) => output.push(chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => output.push(chunk.toString()));
  const code = await new Promise((done) => child.once("close", done));
  const text = output.join("");
  assert.equal(code, 0, text);
  assert.match(text, /# pass [1-9]/);
});

test("kill -9 in the middle of 1,000 orders: every acknowledged one is there, and is processed", async () => {
  const api = () => restUrl(hearth);
  const user = await post(`${api()}/users`, { name: "Ada", email: "ada@example.com" });
  assert.equal(user.status, 201);
  const acknowledged: string[] = [];
  let next = 0;
  let killed: Promise<unknown> | undefined;
  const caller = async (): Promise<void> => {
    while (next < ORDERS) {
      next++;
      try {
        const answer = await post(`${api()}/orders`, { userId: user.body["id"], lines: [{ sku: "book", quantity: 1, priceCents: 100 }] });
        if (answer.status === 202) acknowledged.push(String(answer.body["id"]));
      } catch {
        return; // the platform is gone: that is the point
      }
      if (acknowledged.length >= KILL_AFTER) killed ??= hearth.stop("SIGKILL");
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, caller));
  assert.ok(killed, "it was killed");
  await killed;
  assert.ok(acknowledged.length >= KILL_AFTER);

  hearth = await start("0");
  const left = new Set(acknowledged);
  const deadline = performance.now() + PROCESSED_MS_MAX;
  while (left.size > 0 && performance.now() < deadline) {
    const asked = [...left].slice(0, CALLERS);
    await Promise.all(
      asked.map(async (id) => {
        const response = await fetch(`${api()}/orders/${id}`);
        assert.equal(response.status, 200, `order ${id} was acknowledged`);
        const order: unknown = await response.json();
        if (typeof order === "object" && order !== null && "status" in order && order.status === "PROCESSED") left.delete(id);
      }),
    );
    if (asked.some((id) => left.has(id))) await setTimeout(LOOK_AGAIN_MS);
  }
  assert.equal(left.size, 0, `${left.size} of ${acknowledged.length} acknowledged orders were not processed`);
});

function restUrl(running: Running): string {
  const deployed = running.lines.find((line) => line.type === "deployed");
  const endpoints = deployed?.["endpoints"];
  const orders: unknown = Array.isArray(endpoints)
    ? endpoints.find((one) => one.method === "POST" && one.url.endsWith("/orders"))?.url
    : undefined;
  assert.equal(typeof orders, "string", "the deployment names its endpoints");
  return String(orders).slice(0, -"/orders".length);
}

async function post(url: string, body: unknown): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  const answer: unknown = await response.json();
  return { status: response.status, body: typeof answer === "object" && answer !== null ? { ...answer } : {} };
}
