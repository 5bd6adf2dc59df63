// The port between Lambda (which knows functions) and the runtime (which runs processes). Services see only this.

/** Everything that an execution environment depends on. Environments are shared only between equal `instanceKey`s. */
export interface FunctionSpec {
  readonly account: string;
  readonly region: string;
  readonly name: string;
  readonly version: string;
  /** Unqualified ARN. */
  readonly arn: string;
  /** `nodejs24.x`, `python3.13`, `provided.al2023`. */
  readonly runtime: string;
  readonly handler: string;
  /** An absolute folder that holds the unpacked code. */
  readonly codeDirectory: string;
  readonly memoryMb: number;
  readonly timeoutMs: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly logGroup: string;
  readonly endpoint: string;
  /** Changes whenever anything above changes: code, configuration, environment. */
  readonly instanceKey: string;
}

export interface InvocationRequest {
  readonly function: FunctionSpec;
  readonly requestId: string;
  /** JSON text in UTF-8. */
  readonly payload: Uint8Array;
  /** With qualifier, as the caller named it. */
  readonly invokedArn: string;
  /** JSON text, from X-Amz-Client-Context, already decoded. */
  readonly clientContext?: string;
  readonly traceId?: string;
}

export interface InvocationResult {
  /** JSON text in UTF-8: the answer, or the error document `{errorType, errorMessage, trace?}`. */
  readonly payload: Uint8Array;
  /** Set when the function failed, as in X-Amz-Function-Error. */
  readonly functionError?: "Handled" | "Unhandled";
  /** The last 4 KB of the invocation's log, START to REPORT. */
  readonly logTail: string;
}

export interface FunctionRuntime {
  /** Runs one invocation, in a warm environment or a new one. Throws AwsError only when no environment can be had. */
  invoke(request: InvocationRequest): Promise<InvocationResult>;
  /** Lets the environments of this function end once they are idle: called when code or configuration changed, or it was deleted. */
  retire(functionArn: string, keepInstanceKey?: string): void;
  /** Unpacks a zip archive into a folder of the runtime's own, once per id; the folder's absolute path. */
  unpack(codeId: string, archive: AsyncIterable<Uint8Array>): Promise<string>;
  /** True when runtime names of this kind can run here; else the reason in a sentence. */
  supports(runtime: string): true | string;
}
