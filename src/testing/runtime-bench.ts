// A runtime with real processes for tests: a clock that the test moves, a folder of code, and what it logged.
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after } from "node:test";
import type { InvocationResult } from "../contract/runtime.ts";
import { openFunctionFiles } from "../host/function-files.ts";
import { openProcesses } from "../host/processes.ts";
import { silentLogger } from "../kernel/log.ts";
import { seededRandom } from "../kernel/random.ts";
import { VirtualClock } from "../kernel/virtual-clock.ts";
import type { PoolLimits } from "../runtime/pool.ts";
import type { ChildCommand, InvocationSummary, LogBatch } from "../runtime/ports.ts";
import { createRuntime } from "../runtime/runtime.ts";

export const ARN = "arn:aws:lambda:us-east-1:000000000000:function:f";

interface InvokeOptions {
  readonly runtime?: string;
  readonly memoryMb?: number;
  readonly timeoutMs?: number;
  readonly environment?: Record<string, string>;
  readonly clientContext?: string;
  readonly instanceKey?: string;
}

/** Removed, with all its processes, after the tests of the file. */
export function runtimeBench(code: Record<string, string>, limits: Partial<PoolLimits> = {}) {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "hearth-runtime-")));
  const codeDirectory = join(root, "code");
  for (const [path, text] of Object.entries(code)) {
    mkdirSync(dirname(join(codeDirectory, path)), { recursive: true });
    writeFileSync(join(codeDirectory, path), text);
  }
  const clock = new VirtualClock();
  const batches: LogBatch[] = [];
  const summaries: InvocationSummary[] = [];
  const spawned: ChildCommand[] = [];
  const processes = openProcesses();
  const runtime = createRuntime({
    clock,
    random: seededRandom(1),
    logger: silentLogger,
    processes: {
      ...processes,
      spawn(command, listener) {
        spawned.push(command);
        return processes.spawn(command, listener);
      },
    },
    files: openFunctionFiles({ directory: join(root, "functions") }),
    logs: (batch) => batches.push(batch),
    onInvocation: (summary) => summaries.push(summary),
    limits,
  });
  let count = 0;
  const invoke = async (handler: string, event: unknown = {}, options: InvokeOptions = {}) => {
    const { runtime: name = "nodejs22.x", memoryMb = 128, timeoutMs = 3_000, environment = {}, instanceKey } = options;
    const result = await runtime.invoke({
      function: {
        account: "000000000000",
        region: "us-east-1",
        name: "f",
        version: "$LATEST",
        arn: ARN,
        runtime: name,
        handler,
        codeDirectory,
        memoryMb,
        timeoutMs,
        environment,
        logGroup: "/aws/lambda/f",
        endpoint: "http://127.0.0.1:9",
        instanceKey: instanceKey ?? JSON.stringify([handler, name, memoryMb, timeoutMs, environment]),
      },
      requestId: `request-${++count}`,
      payload: Buffer.from(JSON.stringify(event)),
      invokedArn: `${ARN}:live`,
      traceId: "Root=1-2-3",
      ...(options.clientContext !== undefined && { clientContext: options.clientContext }),
    });
    return { ...result, value: decoded(result) };
  };
  after(async () => {
    await runtime.close();
    rmSync(root, { recursive: true, force: true });
  });
  return {
    root,
    codeDirectory,
    clock,
    runtime,
    invoke,
    spawned,
    summaries,
    /** All events that were logged so far. */
    async log() {
      await clock.advance(100);
      return batches.flatMap((batch) => batch.entries.map((entry) => entry.message));
    },
    batches,
  };
}

function decoded(result: InvocationResult): unknown {
  return JSON.parse(Buffer.from(result.payload).toString());
}
