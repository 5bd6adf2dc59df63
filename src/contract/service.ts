// A service is a table: operations by AWS's names, jobs, resource types. `defineService` gives the table its types.
import type { JobDefinition } from "../jobs/job.ts";
import type { Context } from "./context.ts";
import type { CrossOrigin } from "./cross-origin.ts";
import type { Input, OperationName, Output, ServiceId, ServiceModels } from "./models.ts";
import type { ResourceType } from "./resource.ts";
import type { WebHandler } from "./web.ts";

export type Operation<M, K extends string> = (context: Context, input: Input<M, K>) => Promise<Output<M, K>>;

/** Typed operation of a service, for use where it is written: `const sendMessage: OperationOf<"sqs", "SendMessage"> = …` */
export type OperationOf<S extends ServiceId, K extends OperationName<ServiceModels[S]>> = Operation<ServiceModels[S], K>;

export type Operations<M> = { readonly [K in OperationName<M>]?: Operation<M, K> };

export interface Service<S extends ServiceId = ServiceId> {
  readonly id: S;
  /** An operation that is not here answers "not implemented", by name. */
  readonly operations: Operations<ServiceModels[S]>;
  /** By short name; `enqueue` takes `${id}.${name}`. The context of a job acts for the account and region in its payload's `account` and `region`. */
  readonly jobs?: Readonly<Record<string, JobDefinition<Context, JobScope>>>;
  /** By CloudFormation type. */
  readonly resources?: Readonly<Record<string, ResourceType>>;
  /** By WebTarget kind. */
  readonly web?: Readonly<Record<string, WebHandler>>;
  /** For a service whose resources are used by pages of other origins. */
  readonly crossOrigin?: CrossOrigin;
}

/** Every job payload says where it acts. */
export interface JobScope {
  readonly account: string;
  readonly region: string;
}

export function defineService<S extends ServiceId>(service: Service<S>): Service<S> {
  return service;
}

/** A job definition with its payload's own type, as the table wants it. The payload was written by `enqueue` of the same service. */
export function defineJob<P extends JobScope>(job: JobDefinition<Context, P>): JobDefinition<Context, JobScope> {
  return job;
}
