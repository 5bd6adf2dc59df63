// Kills a process that works on storage, jobs and blobs with SIGKILL at random moments, starts it again on the same data, and
// checks after each kill that nothing acknowledged is lost, nothing half written, nothing invented. HEARTH_CRASH_KILLS says how often.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { hostClock } from "../../src/host/clock.ts";
import { leased, waiting } from "../../src/jobs/keys.ts";
import { seededRandom } from "../../src/kernel/random.ts";
import { openFileBlobs } from "../../src/storage/engines/file-blobs.ts";
import { openLmdbStorage } from "../../src/storage/engines/lmdb.ts";
import type { Storage } from "../../src/storage/transaction.ts";
import { CLIENTS, type Said, verify, verifyDrained } from "./state.ts";

const KILLS = Number(process.env["HEARTH_CRASH_KILLS"] ?? 200);
/** Data directories, each with its share of the kills, at the same time. */
const SITES = 3;
/** The longest that a process works before it is killed, in ms after it is ready. */
const WORK_MS_MAX = 120;
/** One kill in this many comes while the process starts. */
const EARLY_ONE_IN = 5;
/**
 * Left in peace, two hours apart: in the first all ends that does not wait for time to pass; in the next, also the jobs that were
 * cut off so often that they are to wait for up to a minute, and blobs that were let go of go.
 */
const DRAIN_LIVES = 2;
const DRAIN_MS_MAX = 60_000;
const QUEUED_SHOWN_MAX = 100;

function start(directory: string, seed: number, hoursAhead: number, mode: "work" | "drain"): ChildProcess {
  return spawn(process.execPath, [join(import.meta.dirname, "workload.ts"), directory, String(seed), String(hoursAhead), mode], {
    stdio: ["ignore", "pipe", "inherit"],
    // Most of a short life would be spent reading TypeScript.
    env: { ...process.env, NODE_COMPILE_CACHE: join(directory, "compiled") },
  });
}

function hear(said: Said, line: string): void {
  const [verb, what, ...rest] = line.split(" ");
  const [first = "", second = ""] = rest;
  if (verb === "log") assert.fail(line);
  const subject = `${verb} ${what}`;
  if (subject === "try write") said.tried[Number(first)] = Math.max(said.tried[Number(first)] ?? 0, Number(second));
  else if (subject === "ack write") said.acknowledged[Number(first)] = Number(second);
  else if (subject === "try job") said.jobsTried.add(first);
  else if (subject === "ack job") said.jobsAcknowledged.add(first);
  else if (subject === "ack blob") said.pointersAcknowledged.set(first, second);
  else if (subject === "try remove") said.pointersRemoved.add(first);
}

/** Runs until its end or its kill; resolves with how it ended. */
function live(child: ChildProcess, said: Said, killAfterMs: { readonly start?: number; readonly ready?: number }): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    const kill = () => child.kill("SIGKILL");
    const timers: NodeJS.Timeout[] = [];
    if (killAfterMs.start !== undefined) timers.push(setTimeout(kill, killAfterMs.start));
    child.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
      const lines = (text + chunk).split("\n");
      text = lines.pop() ?? "";
      for (const line of lines) {
        if (line === "ready" && killAfterMs.ready !== undefined) timers.push(setTimeout(kill, killAfterMs.ready));
        try {
          hear(said, line);
        } catch (error) {
          kill();
          reject(error);
        }
      }
    });
    child.on("close", (code, signal) => {
      for (const timer of timers) clearTimeout(timer);
      resolve(signal ?? `exit ${code}`);
    });
  });
}

/** Every job that there is, and when it is due: what is worth knowing when a queue does not come to its end. */
async function queued(storage: Storage): Promise<string> {
  const [jobs, running] = await storage.snapshot(async (tx) => [
    await waiting.scan(tx, [], { limit: QUEUED_SHOWN_MAX }),
    await leased.scan(tx, [], { limit: QUEUED_SHOWN_MAX }),
  ]);
  const waits = jobs.map(({ key, value }) => `${key[0]} due at ${key[2]} (failed ${value.failures}, cut off ${value.interruptions} times)`);
  return [...waits, ...running.map(({ key, value }) => `${key[0]} leased until ${value.untilMs}`)].join(", ");
}

async function site(number: number, kills: number): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), "hearth-crash-"));
  const random = seededRandom(number + 1);
  const none = () => new Array<number>(CLIENTS).fill(0);
  const said: Said = {
    tried: none(),
    acknowledged: none(),
    jobsTried: new Set(),
    jobsAcknowledged: new Set(),
    pointersAcknowledged: new Map(),
    pointersRemoved: new Set(),
  };
  const inspect = async <T>(look: (storage: ReturnType<typeof openLmdbStorage>, blobs: ReturnType<typeof openFileBlobs>) => Promise<T>) => {
    const storage = openLmdbStorage({ directory });
    const blobs = openFileBlobs({ directory: join(directory, "blobs"), random, clock: hostClock });
    try {
      return await look(storage, blobs);
    } finally {
      await storage.close();
    }
  };
  // With nothing to do: it leaves the compiled code, which a killed process does not.
  assert.equal(await live(start(directory, number, 0, "drain"), said, { start: DRAIN_MS_MAX }), "exit 0");
  for (let kill = 1; kill <= kills; kill++) {
    const early = Math.floor(random.float() * EARLY_ONE_IN) === 0;
    const child = start(directory, number * 100_000 + kill, kill * 2, "work");
    const end = await live(child, said, early ? { start: random.float() * 150 } : { ready: random.float() * WORK_MS_MAX });
    assert.equal(end, "SIGKILL");
    await inspect((storage, blobs) => verify(storage, blobs, said, kill % 20 === 0));
  }
  for (let life = 1; life <= DRAIN_LIVES; life++) {
    const end = await live(start(directory, number, (kills + life) * 2, "drain"), said, { start: DRAIN_MS_MAX });
    assert.equal(end, "exit 0", `the queue comes to its end; it holds ${end === "exit 0" ? "nothing" : await inspect(queued)}`);
  }
  const { jobs, repeated } = await inspect(async (storage, blobs) => {
    await verify(storage, blobs, said, true);
    return verifyDrained(storage, blobs);
  });
  rmSync(directory, { recursive: true });
  const writes = said.acknowledged.reduce((sum, count) => sum + count, 0);
  return `${kills} kills: ${writes} acknowledged writes, ${jobs} jobs (${repeated} of them begun more than once), ${said.pointersAcknowledged.size} blobs`;
}

describe("a process that is killed", () => {
  test(`${KILLS} times at random moments`, { timeout: 60_000 + KILLS * 2_000 }, async (t) => {
    const results = await Promise.all(Array.from({ length: SITES }, (_, number) => site(number, Math.ceil(KILLS / SITES))));
    for (const result of results) t.diagnostic(result);
  });
});
