// Child processes for functions: each with a channel at descriptor 3, in a process group of its own, with exactly the
// environment that it is given. It must never pass on the platform's own environment.
import { type ChildProcess as Child, spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { Duplex } from "node:stream";
import type { ChildListener, ChildProcess, ProcessPort } from "../runtime/ports.ts";

/** How long output may still come after a process has ended, in ms: something that it started may hold the pipes open. */
const DRAIN_MS_MAX = 100;

export function openProcesses(): ProcessPort {
  return {
    nodePath: process.execPath,
    nodeVersion: process.version,
    spawn(command, listener) {
      const child = spawn(command.command, command.args, {
        cwd: command.directory,
        env: command.environment,
        // Its own group: a Ctrl-C in the terminal is for the platform, and a kill reaches what the function started.
        detached: true,
        stdio: ["ignore", "pipe", "pipe", "pipe"],
      });
      return attach(child, command.directory, listener);
    },
  };
}

function attach(child: Child, directory: string, listener: ChildListener): ChildProcess {
  const channel = child.stdio[3];
  child.stdout?.on("data", listener.output);
  child.stderr?.on("data", listener.output);
  let ended = false;
  const finish = (code: number | null, signal: string | null, startError?: string) => {
    if (ended) return;
    ended = true;
    channel?.destroy();
    listener.exited({ code, signal, ...(startError !== undefined && { startError }) });
  };
  child.on("error", (error) => {
    if (child.pid !== undefined) return;
    // Node blames the program when it is the folder that does not exist.
    finish(null, null, existsSync(directory) ? error.message : `the folder of the code does not exist: ${directory}`);
  });
  child.on("close", (code, signal) => finish(code, signal));
  child.on("exit", (code, signal) => setTimeout(() => finish(code, signal), DRAIN_MS_MAX).unref());
  if (channel instanceof Duplex) {
    channel.on("data", listener.channel);
    // A process that ended while it was written to; its exit says so.
    channel.on("error", () => {});
  }
  return {
    pid: child.pid,
    send(bytes) {
      if (channel instanceof Duplex && channel.writable) channel.write(bytes);
    },
    end() {
      if (channel instanceof Duplex && channel.writable) channel.end();
    },
    kill(signal) {
      if (child.pid === undefined || ended) return;
      try {
        process.kill(-child.pid, signal);
      } catch {
        // It is gone already.
      }
    },
    privateMemoryKb: () => (child.pid === undefined ? undefined : privateMemoryKb(child.pid)),
  };
}

/** Resident pages that are not shared, as /proc/PID/statm counts them. */
function privateMemoryKb(pid: number): number | undefined {
  if (process.platform !== "linux") return undefined;
  try {
    const [, resident = "0", shared = "0"] = readFileSync(`/proc/${pid}/statm`, "latin1").split(" ");
    return (Number(resident) - Number(shared)) * PAGE_KB;
  } catch {
    return undefined;
  }
}

/** The size of a page, found by comparing two reports of this process's own memory. */
const PAGE_KB = pageKb();

function pageKb(): number {
  try {
    const pages = Number(readFileSync("/proc/self/statm", "latin1").split(" ", 2)[1]);
    return 2 ** Math.round(Math.log2(process.memoryUsage.rss() / 1024 / pages));
  } catch {
    return 4;
  }
}
