// CloudFormation resource types: how a template's resource becomes calls of the service's own operations.
import type { Context } from "./context.ts";

export type Properties = Readonly<Record<string, unknown>>;

/** What is kept of a resource that exists. */
export interface ResourceState {
  /** What `Ref` gives, and what AWS shows as the physical id. */
  readonly physicalId: string;
  /** What `Fn::GetAtt` gives. Nested ones by their dotted name. */
  readonly attributes: Readonly<Record<string, string>>;
}

export interface ResourceRequest {
  readonly stackName: string;
  readonly stackId: string;
  readonly logicalId: string;
  /** A name for resources that the template does not name: `stack-Logical-XXXXXXXXXXXX`, the same at every retry. */
  generatedName(maxLength?: number, options?: { lowerCase?: boolean }): string;
}

/**
 * One resource type. Every step repeats safely: after a crash it runs again. Errors are AwsErrors whose message is what
 * the stack event shows.
 */
export interface ResourceType {
  /** Top-level properties that this type honours; any other stops the deployment by name. */
  readonly properties: readonly string[];
  /** Properties that are accepted without effect: noted in the ledger, and said aloud at deployment. */
  readonly ignored?: readonly string[];
  /** A change of one of these replaces the resource (new one first, then the old one goes). */
  readonly replaceOn: readonly string[];
  create(context: Context, request: ResourceRequest, properties: Properties): Promise<ResourceState>;
  update(
    context: Context,
    request: ResourceRequest,
    state: ResourceState,
    properties: Properties,
    previous: Properties,
  ): Promise<ResourceState>;
  /** Deleting what is gone already is no error. */
  delete(context: Context, request: ResourceRequest, state: ResourceState, properties: Properties): Promise<void>;
}
