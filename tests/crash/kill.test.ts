// Kills a process that works on storage, jobs and blobs with SIGKILL at random moments, starts it again on the same data, and
// checks after each kill that nothing acknowledged is lost, nothing half written, nothing invented. HEARTH_CRASH_KILLS says how often.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { hostClock } from "../../src/host/clock.ts";
import { seededRandom } from "../../src/kernel/random.ts";
import { openFileBlobs } from "../../src/storage/engines/file-blobs.ts";
import { openLmdbStorage } from "../../src/storage/engines/lmdb.ts";
import { CLIENTS, type Said, verify, verifyDrained } from "./state.ts";

const KILLS = Number(process.env["HEARTH_CRASH_KILLS"] ?? 200);
/** Data directories, each with its share of the kills, at the same time. */
const SITES = 2;
/** The longest that a process works before it is killed, in ms after it is ready. */
const WORK_MS_MAX = 120;
/** One kill in this many comes while the process starts. */
const EARLY_ONE_IN = 5;
/** Left in peace, two hours apart: jobs end in the first, blobs that were let go of are noticed in it and deleted in the next. */
const DRAIN_LIVES = 2;
const DRAIN_MS_MAX = 60_000;

function start(directory: string, seed: number, hoursAhead: number, mode: "work" | "drain"): ChildProcess {
  return spawn(process.execPath, [join(import.meta.dirname, "workload.ts"), directory, String(seed), String(hoursAhead), mode], {
    stdio: ["ignore", "pipe", "inherit"],
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
  for (let kill = 1; kill <= kills; kill++) {
    const early = Math.floor(random.float() * EARLY_ONE_IN) === 0;
    const child = start(directory, number * 100_000 + kill, kill * 2, "work");
    const end = await live(child, said, early ? { start: random.float() * 150 } : { ready: random.float() * WORK_MS_MAX });
    assert.equal(end, "SIGKILL");
    await inspect((storage, blobs) => verify(storage, blobs, said, kill % 20 === 0));
  }
  for (let life = 1; life <= DRAIN_LIVES; life++) {
    const end = await live(start(directory, number, (kills + life) * 2, "drain"), said, { start: DRAIN_MS_MAX });
    assert.equal(end, "exit 0", "the queue came to its end");
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
