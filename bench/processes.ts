// Starts what is measured, and reads how much memory it holds.
import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";

export interface Started {
  readonly child: ChildProcess;
  readonly port: number;
  readonly readyMs: number;
  /** All lines printed until it was ready. */
  readonly output: string;
  stop(): Promise<void>;
}

/** Spawns node with `args`; ready when a printed line matches `ready`, whose first group is the port. */
export function start(args: readonly string[], ready: RegExp, timeoutMs = 60_000): Promise<Started> {
  return new Promise((done, fail) => {
    const begun = performance.now();
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"], cwd: resolve(import.meta.dirname, "..") });
    let output = "";
    const timer = setTimeout(() => fail(new Error(`not ready after ${timeoutMs} ms:\n${output}`)), timeoutMs);
    child.once("exit", (code) => fail(new Error(`ended with ${code} before it was ready:\n${output}`)));
    child.stdout.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      const match = ready.exec(output);
      if (!match) return;
      clearTimeout(timer);
      child.stdout.removeAllListeners("data");
      child.stdout.resume();
      child.removeAllListeners("exit");
      const stop = () =>
        new Promise<void>((stopped) => {
          child.once("exit", () => stopped());
          child.kill("SIGTERM");
        });
      done({ child, port: Number(match[1]), readyMs: performance.now() - begun, output, stop });
    });
  });
}

/** Resident memory of a process and all below it, in MB; pages that they share are counted once for each. */
export function memoryMb(pid: number): number {
  const children = new Map<number, number[]>();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const parent = Number(/\) \S (\d+)/.exec(readFileSync(`/proc/${name}/stat`, "utf8"))?.[1]);
      children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
    } catch {}
  }
  const tree = [pid];
  for (const one of tree) tree.push(...(children.get(one) ?? []));
  return tree.reduce((sum, one) => sum + residentKb(one), 0) / 1024;
}

function residentKb(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0);
}
