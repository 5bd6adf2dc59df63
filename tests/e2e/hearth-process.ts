// Runs the `hearth` command as a user does: a process of its own, its output as JSON lines.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";

export const ROOT = resolve(import.meta.dirname, "../..");
const BIN = join(ROOT, "bin/hearth.js");
const READY_MS_MAX = 60_000;

export type Line = Readonly<Record<string, unknown>> & { readonly type?: string };

export interface Running {
  readonly endpoint: string;
  readonly child: ChildProcess;
  /** Everything that it has said so far. */
  readonly lines: readonly Line[];
  /** The first line, past or to come, that matches. */
  line(matches: (line: Line) => boolean): Promise<Line>;
  /** Sends the signal and waits for the end; the exit code, or null when the signal ended it. */
  stop(signal: "SIGTERM" | "SIGINT" | "SIGKILL"): Promise<number | null>;
}

/** Starts `hearth dev` or `hearth serve` with these arguments on a free port; resolves when it says that it is ready. */
export async function startHearthProcess(args: readonly string[]): Promise<Running> {
  const child = spawn(process.execPath, [BIN, ...args, "--json"], { stdio: ["ignore", "pipe", "pipe"], cwd: ROOT });
  const lines: Line[] = [];
  const errors: string[] = [];
  const waiting = new Set<() => void>();
  const wake = () => {
    for (const look of waiting) look();
  };
  child.stderr.on("data", (chunk: Buffer) => errors.push(chunk.toString()));
  createInterface({ input: child.stdout }).on("line", (text) => {
    lines.push(JSON.parse(text));
    wake();
  });
  let ended = false;
  const exit = new Promise<number | null>((done) =>
    child.once("exit", (code) => {
      ended = true;
      wake();
      done(code);
    }),
  );
  const line = (matches: (line: Line) => boolean): Promise<Line> =>
    new Promise((done, fail) => {
      const look = () => {
        const found = lines.find(matches);
        if (!found && !ended) return;
        waiting.delete(look);
        if (found) done(found);
        else fail(new Error(`it ended: ${errors.join("")}`));
      };
      waiting.add(look);
      look();
    });
  const timer = setTimeout(() => child.kill("SIGKILL"), READY_MS_MAX);
  const ready = await line((one) => one.type === "ready");
  clearTimeout(timer);
  return {
    endpoint: String(ready["endpoint"]),
    child,
    lines,
    line,
    stop(signal) {
      child.kill(signal);
      return exit;
    },
  };
}

export interface Finished {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

/** Runs a command that ends by itself. */
export function runHearth(args: readonly string[], cwd: string = ROOT): Finished {
  const done = spawnSync(process.execPath, [BIN, ...args], { cwd, encoding: "utf8", timeout: READY_MS_MAX });
  return { code: done.status, output: done.stdout, errors: done.stderr };
}

/** A folder of its own for a test; removed by the returned function. */
export function temporaryFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), "hearth-test-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
