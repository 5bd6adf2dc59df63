// A whole platform in one process for tests: memory storage, a clock that the test moves, chance from a seed.
import type { Context, Platform } from "../contract/context.ts";
import { createLedger } from "../contract/ledger.ts";
import type { InputOf, OperationName, OutputOf, ServiceId, ServiceModels } from "../contract/models.ts";
import type { FunctionRuntime } from "../contract/runtime.ts";
import { createDispatcher, type Dispatcher, type ServiceEntry, type Validate } from "../gateway/dispatch.ts";
import { createGateway, type Gateway } from "../gateway/gateway.ts";
import { type Listener, listen } from "../host/http-server.ts";
import { BLOB_SWEEP, createBlobSweep } from "../jobs/blob-sweep.ts";
import { STOP_GRACE_MS } from "../jobs/limits.ts";
import { createJobs } from "../jobs/runner.ts";
import { AwsError } from "../kernel/errors.ts";
import { silentLogger } from "../kernel/log.ts";
import { seededRandom } from "../kernel/random.ts";
import { settle, VirtualClock } from "../kernel/virtual-clock.ts";
import { validateInput } from "../protocol/validation.ts";
import { openMemoryStorage } from "../storage/engines/memory.ts";
import { openMemoryBlobs } from "../storage/engines/memory-blobs.ts";
import {
  type ClientConfiguration,
  type ClientOptions,
  clientConfiguration,
  type InProcessConfiguration,
  inProcessConfiguration,
} from "./client.ts";

export interface WorldOptions {
  readonly services: readonly ServiceEntry[];
  readonly seed?: number;
  /** Answers invocations; by default there is no runtime and every one fails. */
  readonly runtime?: Partial<FunctionRuntime>;
  /** Default: what the gateway checks of every input. */
  readonly validate?: Validate;
}

export interface World {
  readonly clock: VirtualClock;
  readonly platform: Platform;
  readonly dispatcher: Dispatcher;
  /** The whole request path, for requests made by hand. */
  readonly gateway: Gateway;
  /** For a real SDK v3 client within this process: `new SQSClient(world.client())`. */
  client(options?: ClientOptions): InProcessConfiguration;
  /** Opens a real socket on a free port of loopback, once; the client's configuration leads to it. Closed with the world. */
  listen(options?: ClientOptions): Promise<ClientConfiguration>;
  /** An operation as account 000000000000 in us-east-1, unless `scope` says otherwise. */
  call<S extends ServiceId, K extends OperationName<ServiceModels[S]>>(
    service: S,
    operation: K,
    input: InputOf<S, K>,
    scope?: { account?: string; region?: string },
  ): Promise<OutputOf<S, K>>;
  context(service: ServiceId, scope?: { account?: string; region?: string }): Context;
  /** Moves time forward and lets everything that falls due run: timers, jobs, what they cause. */
  advance(byMs: number): Promise<void>;
  close(): Promise<void>;
}

export async function createWorld(options: WorldOptions): Promise<World> {
  const clock = new VirtualClock();
  const random = seededRandom(options.seed ?? 1);
  // Now and then a transaction's function runs twice, as after a conflict: a test fails when one has another effect.
  const storage = openMemoryStorage({ rerun: seededRandom(options.seed ?? 1) });
  const scopeOf = (scope: { account?: string; region?: string } = {}) => {
    const account = scope.account ?? "000000000000";
    return { account, region: scope.region ?? "us-east-1", principal: { account, accessKeyId: "test" } };
  };
  const runner = createJobs({
    storage,
    clock,
    random,
    logger: silentLogger,
    definition: async (type) => {
      if (type === BLOB_SWEEP) return sweep.job;
      const [service = "", name = ""] = type.split(".");
      return (await dispatcher.service(service)).jobs?.[name];
    },
    context: (type, payload) => {
      const [service = "", name = ""] = type.split(".");
      return dispatcher.context(service, name, scopeOf(payload as { account: string; region: string }));
    },
  });
  const blobs = openMemoryBlobs({ clock, random });
  const sweep = createBlobSweep({ storage, blobs, clock, logger: silentLogger, jobs: runner.jobs });
  const platform: Platform = {
    clock,
    random,
    logger: silentLogger,
    storage,
    blobs,
    jobs: runner.jobs,
    ledger: createLedger(),
    runtime: { ...noRuntime, ...options.runtime },
    endpoint: "http://127.0.0.1:4566",
    partition: "aws",
    allowLocalCode: true,
  };
  const dispatcher = createDispatcher(platform, options.services, options.validate ?? validateInput);
  const gateway = createGateway({ platform, dispatcher });
  let listening: Promise<Listener> | undefined;
  runner.start();
  await sweep.start();
  await settle();
  return {
    clock,
    platform,
    dispatcher,
    gateway,
    client: (client) => inProcessConfiguration(gateway.handle, client),
    listen: async (client) => {
      listening ??= listen({ port: 0, handle: gateway.handle });
      const { host, port } = await listening;
      return clientConfiguration(`http://${host}:${port}`, client);
    },
    call: (service, operation, input, scope) => dispatcher.call(service, operation, input, scopeOf(scope)) as never,
    context: (service, scope) => dispatcher.context(service, "Test", scopeOf(scope)),
    advance: (byMs) => clock.advance(byMs),
    close: async () => {
      if (listening) await (await listening).close(0);
      sweep.stop();
      const stopped = runner.stop();
      await clock.advance(STOP_GRACE_MS);
      await stopped;
      await storage.close();
    },
  };
}

const noRuntime: FunctionRuntime = {
  invoke: () => Promise.reject(new AwsError("ServiceException", "This world has no runtime.", { status: 500 })),
  retire: () => {},
  unpack: () => Promise.reject(new AwsError("ServiceException", "This world has no runtime.", { status: 500 })),
  supports: () => true,
};
