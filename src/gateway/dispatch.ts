// From a named operation and a parsed input to its answer: the part of the request path that calls between services share
// with requests from outside. It must never know a protocol or a socket.
import type { CallOptions, Context, Platform, Principal } from "../contract/context.ts";
import type { Service } from "../contract/service.ts";
import { AwsError } from "../kernel/errors.ts";
import { uuid } from "../kernel/ids.ts";

/** A service that is loaded when it is first needed. */
export interface ServiceEntry {
  readonly id: string;
  /** The kinds of web target that it handles, so that others are not loaded for one. Left out: it is loaded and asked. */
  readonly web?: readonly string[];
  load(): Promise<LoadedService>;
}

/** A service as the dispatcher sees it: the types of its operations were checked where it was defined. */
export type LoadedService = Pick<Service, "id" | "jobs" | "resources" | "web" | "crossOrigin"> & {
  readonly operations: Readonly<Record<string, AnyOperation | undefined>>;
};
type AnyOperation = (context: Context, input: never) => Promise<unknown>;

/** Checks an input against the service's model; throws the AwsError that AWS answers. */
export type Validate = (service: string, operation: string, input: unknown) => void | Promise<void>;

export interface Scope {
  readonly account: string;
  readonly region: string;
  readonly principal: Principal;
  readonly requestId?: string;
  readonly clientOrigin?: string;
  readonly sourceIp?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export interface Dispatcher {
  readonly entries: readonly ServiceEntry[];
  service(id: string): Promise<LoadedService>;
  /** The operation itself. Rejects with NotImplemented, by name, when there is none. */
  find(service: string, operation: string): Promise<AnyOperation>;
  /** Validates, then runs: what `ctx.call` does. */
  call(service: string, operation: string, input: unknown, scope: Scope): Promise<unknown>;
  context(service: string, operation: string, scope: Scope): Context;
}

const NEVER = new AbortController().signal;
const LOOPBACK = "127.0.0.1";
const NO_HEADERS: Readonly<Record<string, string>> = Object.freeze({});

export function createDispatcher(platform: Platform, entries: readonly ServiceEntry[], validate: Validate): Dispatcher {
  const byId = new Map(entries.map((entry) => [entry.id, entry]));
  const loading = new Map<string, Promise<LoadedService>>();
  const loaded = new Map<string, LoadedService>();

  const load = async (id: string): Promise<LoadedService> => {
    const entry = byId.get(id);
    if (!entry) throw notImplemented(id);
    const ready = await entry.load();
    loaded.set(id, ready);
    return ready;
  };

  const service = (id: string): Promise<LoadedService> => {
    let known = loading.get(id);
    if (!known) {
      known = load(id);
      loading.set(id, known);
    }
    return known;
  };

  const find = async (id: string, name: string): Promise<AnyOperation> => {
    const known = loaded.get(id) ?? (byId.has(id) ? await service(id) : undefined);
    const operation = known && Object.hasOwn(known.operations, name) ? known.operations[name] : undefined;
    if (!operation) throw notImplemented(id, name);
    return operation;
  };

  const call = async (id: string, name: string, input: unknown, scope: Scope): Promise<unknown> => {
    const operation = await find(id, name);
    const checked = validate(id, name, input);
    if (checked) await checked;
    return operation(context(id, name, scope), input as never);
  };

  const context = (id: string, name: string, scope: Scope): Context => new OperationContext(platform, id, name, scope, call);

  return { entries, service, find, call, context };
}

function notImplemented(service: string, operation?: string): AwsError {
  const what = operation ? `${service}:${operation}` : `The service ${service}`;
  return new AwsError("NotImplemented", `${what} is not implemented by Hearth.`, { status: 501 });
}

/** A class, so that every request's context has one hidden shape. */
class OperationContext implements Context {
  readonly clock: Platform["clock"];
  readonly random: Platform["random"];
  readonly logger: Platform["logger"];
  readonly storage: Platform["storage"];
  readonly blobs: Platform["blobs"];
  readonly jobs: Platform["jobs"];
  readonly ledger: Platform["ledger"];
  readonly runtime: Platform["runtime"];
  readonly endpoint: string;
  readonly partition = "aws";
  readonly allowLocalCode: boolean;
  readonly account: string;
  readonly region: string;
  readonly requestId: string;
  readonly principal: Principal;
  readonly service: string;
  readonly operation: string;
  readonly clientOrigin: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly #scope: Scope;
  readonly #call: Dispatcher["call"];

  constructor(platform: Platform, service: string, operation: string, scope: Scope, call: Dispatcher["call"]) {
    this.clock = platform.clock;
    this.random = platform.random;
    this.logger = platform.logger;
    this.storage = platform.storage;
    this.blobs = platform.blobs;
    this.jobs = platform.jobs;
    this.ledger = platform.ledger;
    this.runtime = platform.runtime;
    this.endpoint = platform.endpoint;
    this.allowLocalCode = platform.allowLocalCode;
    this.account = scope.account;
    this.region = scope.region;
    this.requestId = scope.requestId ?? uuid(platform.random);
    this.principal = scope.principal;
    this.service = service;
    this.operation = operation;
    this.clientOrigin = scope.clientOrigin ?? platform.endpoint;
    this.headers = scope.headers ?? NO_HEADERS;
    this.#scope = scope;
    this.#call = call;
  }

  /** Asked of the scope when it is needed: most operations never look, and a request's signal is made at the first look. */
  get signal(): AbortSignal {
    return this.#scope.signal ?? NEVER;
  }

  get sourceIp(): string {
    return this.#scope.sourceIp ?? LOOPBACK;
  }

  readonly call: Context["call"] = (service, operation, input, as: CallOptions = {}) => {
    const account = as.account ?? this.account;
    const principal: Principal = {
      account,
      service: as.service ?? `${this.service}.amazonaws.com`,
      ...(as.sourceArn && { sourceArn: as.sourceArn }),
    };
    const answer = this.#call(service, operation, input, new InnerScope(this, account, principal, as));
    return answer as ReturnType<Context["call"]> as never;
  };
}

/** A call between services ends with the one that it is made for, unless it is told otherwise. */
class InnerScope implements Scope {
  readonly account: string;
  readonly region: string;
  readonly principal: Principal;
  readonly #caller: Context;
  readonly #signal: AbortSignal | undefined;

  constructor(caller: Context, account: string, principal: Principal, as: CallOptions) {
    this.account = account;
    this.region = as.region ?? caller.region;
    this.principal = principal;
    this.#caller = caller;
    this.#signal = as.signal;
  }

  get signal(): AbortSignal {
    return this.#signal ?? this.#caller.signal;
  }
}
