// What an operation, a job or a resource sees of the platform. Everything that has an effect goes through it.

import type { Jobs } from "../jobs/job.ts";
import type { Clock } from "../kernel/clock.ts";
import type { Logger } from "../kernel/log.ts";
import type { Random } from "../kernel/random.ts";
import type { BlobStore } from "../storage/blobs.ts";
import type { Storage } from "../storage/transaction.ts";
import type { Ledger } from "./ledger.ts";
import type { InputOf, OperationName, OutputOf, ServiceId, ServiceModels } from "./models.ts";
import type { FunctionRuntime } from "./runtime.ts";

/** On whose behalf something happens. */
export interface Principal {
  /** 12 digits. */
  readonly account: string;
  /** The access key that signed the request; absent for calls between services. */
  readonly accessKeyId?: string;
  /** For calls between services: `s3.amazonaws.com` and the ARN of the resource that caused the call. */
  readonly service?: string;
  readonly sourceArn?: string;
}

/** What every piece of a service may use, whoever called. */
export interface Platform {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly storage: Storage;
  readonly blobs: BlobStore;
  readonly jobs: Jobs;
  readonly ledger: Ledger;
  readonly runtime: FunctionRuntime;
  /** Where clients reach the platform, without a path: `http://127.0.0.1:4566`. Known once it listens. */
  readonly endpoint: string;
  readonly partition: "aws";
  /** Lambda may take code from a folder of this machine (`hearth dev`); never on by default in `hearth serve`. */
  readonly allowLocalCode: boolean;
}

export interface Context extends Platform {
  readonly account: string;
  readonly region: string;
  readonly requestId: string;
  readonly principal: Principal;
  /** Service and operation that is running, such as `sqs` and `SendMessage`; for a job, its name. */
  readonly service: string;
  readonly operation: string;
  /** How the client reached us: scheme, host and port, for URLs that go back to it. The platform's endpoint for inner calls. */
  readonly clientOrigin: string;
  /** The address that the request came from; `127.0.0.1` for inner calls. */
  readonly sourceIp: string;
  /** Aborted when the client goes away or the platform stops. */
  readonly signal: AbortSignal;
  /** Headers of the HTTP request in lower case, for the few operations whose answers depend on what the model does not bind. Empty for inner calls. */
  readonly headers: Readonly<Record<string, string>>;
  /**
   * Another operation, through the same validation and authorization as from outside, with errors as AwsError.
   * `as` names the calling service and resource, or another account or region to act in. Never call it within a transaction.
   */
  call<S extends ServiceId, K extends OperationName<ServiceModels[S]>>(
    service: S,
    operation: K,
    input: InputOf<S, K>,
    as?: CallOptions,
  ): Promise<OutputOf<S, K>>;
}

export interface CallOptions {
  readonly service?: string;
  readonly sourceArn?: string;
  readonly account?: string;
  readonly region?: string;
  readonly signal?: AbortSignal;
}
