// The environments of all functions: which one takes an invocation, when another is started, when one ends. An invocation
// waits for the first environment that comes free, new or warm; it never waits without bound.
import type { FunctionSpec } from "../contract/runtime.ts";
import type { Clock, Timer } from "../kernel/clock.ts";
import { AwsError } from "../kernel/errors.ts";
import type { Environment, EnvironmentHost, InitFailure } from "./environment.ts";
import {
  CONCURRENCY_MAX,
  ENVIRONMENTS_MAX,
  ENVIRONMENTS_PER_FUNCTION_MAX,
  IDLE_MS_MAX,
  MEMORY_CHECK_MS,
  SCALE_OUT_WAIT_MS,
  STARTS_MAX,
  STOP_MS_MAX,
  WAIT_MS_MAX,
} from "./limits.ts";

export interface PoolLimits {
  readonly concurrencyMax: number;
  readonly environmentsMax: number;
  readonly environmentsPerFunctionMax: number;
  readonly startsMax: number;
  readonly idleMsMax: number;
}

export const DEFAULT_POOL_LIMITS: PoolLimits = {
  concurrencyMax: CONCURRENCY_MAX,
  environmentsMax: ENVIRONMENTS_MAX,
  environmentsPerFunctionMax: ENVIRONMENTS_PER_FUNCTION_MAX,
  startsMax: STARTS_MAX,
  idleMsMax: IDLE_MS_MAX,
};

/** What an invocation gets. */
export type Grant =
  | { readonly kind: "ready"; readonly environment: Environment }
  | { readonly kind: "failed"; readonly environment: Environment; readonly failure: Exclude<InitFailure, { kind: "timeout" }> };

/** Called at once when an environment is there: its state may change in the next moment. */
export interface Taker {
  granted(grant: Grant): void;
  refused(error: AwsError): void;
}

interface Waiter extends Taker {
  readonly sinceMs: number;
  readonly timer: Timer;
}

/** Environments of one instance key: they are interchangeable. */
interface Group {
  readonly key: string;
  spec: FunctionSpec;
  /** Raised when code or configuration changed: environments of an older one take nothing more. */
  generation: number;
  /** The one that was used last is at the end, and is used first. */
  readonly idle: Environment[];
  readonly all: Set<Environment>;
  starting: number;
  readonly waiters: Waiter[];
  /** Mean of recent invocations; undefined before the first. */
  meanMs: number | undefined;
  scaleTimer: Timer | undefined;
  unwatch: (() => void) | undefined;
}

export interface PoolOptions {
  readonly clock: Clock;
  readonly limits: PoolLimits;
  create(host: EnvironmentHost, spec: FunctionSpec, generation: number, withinInvocation: boolean): Environment;
  readonly host: Pick<EnvironmentHost, "processes" | "files" | "invoked">;
  /** Watches a folder whose content may change; undefined for code that never does. */
  watch(spec: FunctionSpec, changed: () => void): (() => void) | undefined;
}

export class Pool {
  readonly #options: PoolOptions;
  readonly #clock: Clock;
  readonly #limits: PoolLimits;
  readonly #host: EnvironmentHost;
  readonly #groups = new Map<string, Group>();
  readonly #groupOf = new Map<Environment, Group>();
  /** Groups whose invocations wait for a process that could not be started yet: served in turn. */
  readonly #hungry = new Set<Group>();
  #starting = 0;
  #inFlight = 0;
  #sweepTimer: Timer | undefined;
  #memoryTimer: Timer | undefined;
  #closed = false;
  #whenEmpty: (() => void) | undefined;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#clock = options.clock;
    this.#limits = options.limits;
    this.#host = {
      ...options.host,
      clock: options.clock,
      ready: (environment) => this.#ready(environment),
      failed: (environment, failure) => this.#failed(environment, failure),
      idle: (environment, durationMs) => this.#idle(environment, durationMs),
      gone: (environment) => this.#gone(environment),
    };
  }

  /** An environment for one invocation, now or later. `release` follows once it is over; not when it was refused. */
  acquire(spec: FunctionSpec, taker: Taker): void {
    if (this.#closed || this.#inFlight >= this.#limits.concurrencyMax) {
      taker.refused(this.#closed ? stopping() : throttled());
      return;
    }
    this.#inFlight++;
    this.#watchMemory();
    const group = this.#group(spec);
    let warm = group.idle.pop();
    // One that ended by itself is not gone yet.
    while (warm && warm.state !== "idle") warm = group.idle.pop();
    if (warm) {
      taker.granted({ kind: "ready", environment: warm });
      return;
    }
    const waiter: Waiter = {
      granted: taker.granted,
      refused: taker.refused,
      sinceMs: this.#clock.monotonic(),
      timer: this.#clock.setTimer(WAIT_MS_MAX, () => this.#giveUp(group, waiter)),
    };
    group.waiters.push(waiter);
    this.#scaleOut(group);
  }

  /** The invocation that acquired is over. */
  release(): void {
    this.#inFlight--;
  }

  /** Ends the environments that `matches` names once they are idle. */
  retire(matches: (spec: FunctionSpec) => boolean): void {
    for (const group of this.#groups.values()) if (matches(group.spec)) this.#renew(group);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#sweepTimer?.cancel();
    this.#memoryTimer?.cancel();
    for (const group of this.#groups.values()) {
      group.scaleTimer?.cancel();
      group.unwatch?.();
      for (const waiter of group.waiters.splice(0)) {
        waiter.timer.cancel();
        this.#inFlight--;
        waiter.refused(stopping());
      }
      for (const environment of group.all) environment.stop();
    }
    if (this.#groupOf.size === 0) return;
    const killing = this.#clock.setTimer(STOP_MS_MAX, () => {
      for (const environment of this.#groupOf.keys()) environment.kill();
    });
    await new Promise<void>((resolve) => {
      this.#whenEmpty = resolve;
    });
    killing.cancel();
  }

  #group(spec: FunctionSpec): Group {
    let group = this.#groups.get(spec.instanceKey);
    if (!group) {
      group = {
        key: spec.instanceKey,
        spec,
        generation: 0,
        idle: [],
        all: new Set(),
        starting: 0,
        waiters: [],
        meanMs: undefined,
        scaleTimer: undefined,
        unwatch: undefined,
      };
      const watched = group;
      group.unwatch = this.#options.watch(spec, () => this.#renew(watched));
      this.#groups.set(spec.instanceKey, group);
    }
    group.spec = spec;
    return group;
  }

  #renew(group: Group): void {
    group.generation++;
    for (const environment of group.idle.splice(0)) environment.stop();
  }

  /** Starts environments for those that wait, unless warm ones will be free sooner than a new one is ready. */
  #scaleOut(group: Group): void {
    const { waiters } = group;
    if (waiters.length === 0 || this.#closed) return;
    const busy = group.all.size - group.starting - group.idle.length;
    const expectedMs = group.meanMs === undefined || busy === 0 ? Infinity : (group.meanMs * waiters.length) / busy;
    if (expectedMs >= SCALE_OUT_WAIT_MS) {
      while (waiters.length > group.starting) if (!this.#start(group)) break;
    }
    if (waiters.length > group.starting) group.scaleTimer ??= this.#clock.setTimer(SCALE_OUT_WAIT_MS, () => this.#waitedLong(group));
  }

  #waitedLong(group: Group): void {
    group.scaleTimer = undefined;
    const [oldest] = group.waiters;
    if (!oldest) return;
    const waitedMs = this.#clock.monotonic() - oldest.sinceMs;
    if (waitedMs >= SCALE_OUT_WAIT_MS && group.starting === 0) this.#start(group);
    if (group.waiters.length > 0) group.scaleTimer = this.#clock.setTimer(SCALE_OUT_WAIT_MS, () => this.#waitedLong(group));
  }

  /** False when no process may be started now; the group has its turn later. */
  #start(group: Group): boolean {
    const full = group.all.size >= this.#limits.environmentsPerFunctionMax;
    if (full || this.#starting >= this.#limits.startsMax || !this.#makeRoom()) {
      if (!full) this.#hungry.add(group);
      return false;
    }
    this.#hungry.delete(group);
    group.starting++;
    this.#starting++;
    this.#open(group, false);
    return true;
  }

  #open(group: Group, withinInvocation: boolean): Environment {
    const environment = this.#options.create(this.#host, group.spec, group.generation, withinInvocation);
    group.all.add(environment);
    this.#groupOf.set(environment, group);
    return environment;
  }

  /** Room for one more process: ends the environment that has been idle longest, when there are too many. */
  #makeRoom(): boolean {
    if (this.#groupOf.size < this.#limits.environmentsMax) return true;
    let oldest: Environment | undefined;
    for (const group of this.#groups.values()) {
      const [first] = group.idle;
      if (first && (oldest === undefined || first.idleSinceMs < oldest.idleSinceMs)) oldest = first;
    }
    if (!oldest) return false;
    const group = this.#groupOf.get(oldest);
    group?.idle.shift();
    oldest.stop();
    // Its process is ending; the new one may begin.
    return true;
  }

  #started(group: Group): void {
    group.starting--;
    this.#starting--;
    const turns = [...this.#hungry];
    this.#hungry.clear();
    for (const hungry of turns) if (hungry.waiters.length > hungry.starting) this.#start(hungry);
  }

  #ready(environment: Environment): void {
    const group = this.#groupOf.get(environment);
    if (!group) return;
    this.#started(group);
    this.#offer(group, environment);
  }

  #idle(environment: Environment, durationMs: number): void {
    const group = this.#groupOf.get(environment);
    if (!group) return;
    group.meanMs = group.meanMs === undefined ? durationMs : group.meanMs * 0.8 + durationMs * 0.2;
    this.#offer(group, environment);
  }

  #offer(group: Group, environment: Environment): void {
    if (this.#closed || environment.generation !== group.generation) {
      environment.stop();
      this.#scaleOut(group);
      return;
    }
    const waiter = group.waiters.shift();
    if (waiter) {
      waiter.timer.cancel();
      waiter.granted({ kind: "ready", environment });
      return;
    }
    group.idle.push(environment);
    this.#sweepTimer ??= this.#clock.setTimer(this.#limits.idleMsMax, () => this.#sweep());
  }

  #failed(environment: Environment, failure: InitFailure): void {
    const group = this.#groupOf.get(environment);
    if (!group) return;
    this.#started(group);
    const waiter = group.waiters.shift();
    if (!waiter) return;
    waiter.timer.cancel();
    if (failure.kind !== "timeout") waiter.granted({ kind: "failed", environment, failure });
    else waiter.granted({ kind: "ready", environment: this.#open(group, true) });
    this.#scaleOut(group);
  }

  #gone(environment: Environment): void {
    const group = this.#groupOf.get(environment);
    this.#groupOf.delete(environment);
    if (group) {
      group.all.delete(environment);
      const at = group.idle.indexOf(environment);
      if (at >= 0) group.idle.splice(at, 1);
      if (!this.#closed) this.#scaleOut(group);
      if (group.all.size === 0 && group.waiters.length === 0) this.#forget(group);
    }
    if (this.#groupOf.size === 0) this.#whenEmpty?.();
    else for (const hungry of [...this.#hungry]) this.#scaleOut(hungry);
  }

  #forget(group: Group): void {
    group.unwatch?.();
    group.scaleTimer?.cancel();
    this.#hungry.delete(group);
    this.#groups.delete(group.key);
  }

  #giveUp(group: Group, waiter: Waiter): void {
    const at = group.waiters.indexOf(waiter);
    if (at < 0) return;
    // A process that is starting will serve it, or say why not.
    if (at < group.starting) return;
    group.waiters.splice(at, 1);
    this.#inFlight--;
    waiter.refused(throttled());
  }

  #sweep(): void {
    this.#sweepTimer = undefined;
    const now = this.#clock.monotonic();
    let nextMs = Infinity;
    for (const group of this.#groups.values()) {
      while (group.idle[0] && now - group.idle[0].idleSinceMs >= this.#limits.idleMsMax) group.idle.shift()?.stop();
      const [oldest] = group.idle;
      if (oldest) nextMs = Math.min(nextMs, this.#limits.idleMsMax - (now - oldest.idleSinceMs));
    }
    if (nextMs !== Infinity) this.#sweepTimer = this.#clock.setTimer(nextMs, () => this.#sweep());
  }

  #watchMemory(): void {
    this.#memoryTimer ??= this.#clock.setTimer(MEMORY_CHECK_MS, () => {
      this.#memoryTimer = undefined;
      for (const environment of this.#groupOf.keys()) environment.checkMemory();
      if (this.#inFlight > 0 && !this.#closed) this.#watchMemory();
    });
  }
}

function stopping(): AwsError {
  return new AwsError("ServiceException", "The platform is stopping.", { status: 500 });
}

function throttled(): AwsError {
  return new AwsError("TooManyRequestsException", "Rate Exceeded.", {
    status: 429,
    fields: { Reason: "ConcurrentInvocationLimitExceeded", Type: "User" },
  });
}
