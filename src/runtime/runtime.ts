// The runtime: puts environments, code folders and logs together behind the port that Lambda sees. It knows nothing of
// services, and nothing of sockets but the channel.
import type { FunctionRuntime, FunctionSpec, InvocationRequest, InvocationResult } from "../contract/runtime.ts";
import type { Clock } from "../kernel/clock.ts";
import { hex } from "../kernel/ids.ts";
import type { Logger } from "../kernel/log.ts";
import type { Random } from "../kernel/random.ts";
import { supports } from "./adapters.ts";
import { readArchive } from "./archive.ts";
import { Environment } from "./environment.ts";
import { LogBatches, logStreamName } from "./log.ts";
import { DEFAULT_POOL_LIMITS, type Grant, Pool, type PoolLimits } from "./pool.ts";
import type { FilePort, InvocationSummary, LogSink, ProcessPort } from "./ports.ts";

export interface RuntimeOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly processes: ProcessPort;
  readonly files: FilePort;
  readonly logs: LogSink;
  onInvocation?(summary: InvocationSummary): void;
  readonly limits?: Partial<PoolLimits>;
}

export interface Runtime extends FunctionRuntime {
  /** Ends all environments and hands over the last logs. Invocations that run answer that their process was ended. */
  close(): Promise<void>;
}

export function createRuntime(options: RuntimeOptions): Runtime {
  const { clock, random, processes, files, logger } = options;
  const batches = new LogBatches(clock, options.logs);
  const installed = new Map<string, Promise<string>>();
  const own = new Set<string>();
  const said = new Set<string>();

  const announce = (runtime: string): void => {
    if (said.has(runtime)) return;
    said.add(runtime);
    const major = /^nodejs(\d+)/.exec(runtime)?.[1];
    if (major === undefined || processes.nodeVersion.startsWith(`v${major}.`)) return;
    logger.log("info", `Functions of runtime ${runtime} run on Node ${processes.nodeVersion}, the one that Hearth runs on.`);
  };

  const pool = new Pool({
    clock,
    limits: { ...DEFAULT_POOL_LIMITS, ...options.limits },
    host: { processes, files, invoked: (summary) => options.onInvocation?.(summary) },
    create(host, spec, generation, withinInvocation) {
      announce(spec.runtime);
      const id = hex(random, 32);
      const log = batches.open({
        account: spec.account,
        region: spec.region,
        functionName: spec.name,
        logGroup: spec.logGroup,
        logStream: logStreamName(clock.now(), spec.version, id),
      });
      return new Environment(host, spec, id, generation, log, withinInvocation);
    },
    watch: (spec, changed) => (own.has(spec.codeDirectory) ? undefined : files.watch(spec.codeDirectory, changed)),
  });

  const run = (grant: Grant, request: InvocationRequest): Promise<InvocationResult> =>
    grant.kind === "ready" ? grant.environment.run(request) : grant.environment.runFailed(request, grant.failure);

  const invoke = (request: InvocationRequest): Promise<InvocationResult> =>
    new Promise((resolve, reject) => {
      pool.acquire(request.function, {
        granted(grant) {
          run(grant, request).then(
            (result) => {
              pool.release();
              resolve(result);
            },
            (error: unknown) => {
              pool.release();
              reject(error);
            },
          );
        },
        refused: reject,
      });
    });

  return {
    invoke,
    retire: (arn, keepInstanceKey) => pool.retire((spec) => isOf(spec, arn) && spec.instanceKey !== keepInstanceKey),
    unpack(codeId, archive) {
      let folder = installed.get(codeId);
      if (!folder) {
        folder = files.install(codeId, readArchive(archive));
        installed.set(codeId, folder);
        folder.then(
          (path) => own.add(path),
          () => installed.delete(codeId),
        );
      }
      return folder;
    },
    supports,
    async close() {
      await pool.close();
      batches.flush();
    },
  };
}

/** `arn` names the function, or one version of it. */
function isOf(spec: FunctionSpec, arn: string): boolean {
  return spec.arn === arn || `${spec.arn}:${spec.version}` === arn;
}
