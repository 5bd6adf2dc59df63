// Invocations. A synchronous one writes nothing to storage; an asynchronous one is a job, committed before it is acknowledged.
import type { Context } from "../../contract/context.ts";
import type { InvocationResult } from "../../contract/runtime.ts";
import type { OperationOf } from "../../contract/service.ts";
import { messageOf } from "../../kernel/errors.ts";
import { referenceBlob } from "../../storage/blob-references.ts";
import type { AsyncInvocation } from "./async.ts";
import { directoryOf } from "./code.ts";
import { enter } from "./concurrency.ts";
import { environmentOf, logGroupOf } from "./configuration.ts";
import { invalid, notJson, payloadTooLarge, unsupported } from "./errors.ts";
import { ASYNC_PAYLOAD_BYTES_MAX, ASYNC_PAYLOAD_INLINE_BYTES_MAX, SYNC_PAYLOAD_BYTES_MAX } from "./limits.ts";
import { type Found, find, findInvoked } from "./lookup.ts";
import { type FunctionName, functionArn, parseFunctionName } from "./names.ts";

const EMPTY_EVENT = Buffer.from("{}");
const NOTHING = new Uint8Array();

export const invoke: OperationOf<"lambda", "Invoke"> = async (context, input) => {
  if (input.DurableExecutionName !== undefined) throw unsupported("DurableExecutionName");
  if (input.TenantId !== undefined) throw unsupported("TenantId");
  const name = parseFunctionName(context, input.FunctionName, input.Qualifier);
  const kind = input.InvocationType ?? "RequestResponse";
  const payload = input.Payload === undefined || input.Payload.length === 0 ? EMPTY_EVENT : input.Payload;
  checkPayload(context, payload, kind === "Event" ? ASYNC_PAYLOAD_BYTES_MAX : SYNC_PAYLOAD_BYTES_MAX);
  const clientContext = clientContextOf(input.ClientContext);
  const lookup = findInvoked(context.storage, name, context.random.float());
  const found = lookup instanceof Promise ? await lookup : lookup;
  if (kind === "DryRun") return { StatusCode: 204 };
  if (kind === "Event") {
    await enqueue(context, name, payload, clientContext);
    return { StatusCode: 202, Payload: NOTHING };
  }
  const result = await run(context, name, found, {
    requestId: context.requestId,
    payload,
    ...(clientContext !== undefined && { clientContext }),
  });
  return {
    StatusCode: 200,
    ...(result.functionError && { FunctionError: result.functionError }),
    ...(input.LogType === "Tail" && { LogResult: Buffer.from(result.logTail).toString("base64") }),
    Payload: result.payload,
    ExecutedVersion: found.configuration.version,
  };
};

/** The operation of old: always asynchronous, without a qualifier. */
export const invokeAsync: OperationOf<"lambda", "InvokeAsync"> = async (context, input) => {
  const name = parseFunctionName(context, input.FunctionName);
  const pieces: Uint8Array[] = [];
  for await (const piece of input.InvokeArgs ?? []) pieces.push(piece);
  const payload = Buffer.concat(pieces);
  checkPayload(context, payload, ASYNC_PAYLOAD_BYTES_MAX);
  await context.storage.snapshot((tx) => find(tx, name));
  await enqueue(context, name, payload, undefined);
  return { Status: 202 };
};

export interface Event {
  readonly requestId: string;
  readonly payload: Uint8Array;
  readonly clientContext?: string;
}

/** Runs one invocation of what was found; throws when it is throttled. */
export async function run(context: Context, name: FunctionName, found: Found, event: Event): Promise<InvocationResult> {
  const { configuration, record } = found;
  const arn = functionArn(name, name.name);
  const leave = enter(context.runtime, arn, record.reservedConcurrency);
  try {
    const directory = directoryOf(context, configuration.code);
    const traceId = traceOf(context, event.requestId);
    return await context.runtime.invoke({
      function: {
        account: name.account,
        region: name.region,
        name: name.name,
        version: configuration.version,
        arn,
        runtime: configuration.runtime,
        handler: configuration.handler,
        codeDirectory: typeof directory === "string" ? directory : await directory,
        memoryMb: configuration.memoryMb,
        timeoutMs: configuration.timeoutSeconds * 1000,
        environment: variablesOf(context, found),
        logGroup: logGroupOf(name.name, configuration),
        endpoint: context.endpoint,
        instanceKey: `${arn}:${configuration.version}:${configuration.contentId}:${context.endpoint}`,
      },
      requestId: event.requestId,
      payload: event.payload,
      invokedArn: name.qualifier === undefined ? arn : functionArn(name, name.name, name.qualifier),
      ...(event.clientContext !== undefined && { clientContext: event.clientContext }),
      traceId,
    });
  } finally {
    leave();
  }
}

function variablesOf(context: Context, { configuration }: Found): Readonly<Record<string, string>> {
  const environment = environmentOf(context, configuration) ?? {};
  if (configuration.logFormat === "Text" && configuration.applicationLogLevel === undefined) return environment;
  return {
    AWS_LAMBDA_LOG_FORMAT: configuration.logFormat,
    ...(configuration.applicationLogLevel !== undefined && { AWS_LAMBDA_LOG_LEVEL: configuration.applicationLogLevel }),
    ...environment,
  };
}

async function enqueue(context: Context, name: FunctionName, payload: Uint8Array, clientContext: string | undefined): Promise<void> {
  const stored = payload.length > ASYNC_PAYLOAD_INLINE_BYTES_MAX ? await store(context, payload) : undefined;
  const job: AsyncInvocation = {
    account: name.account,
    region: name.region,
    name: name.name,
    ...(name.qualifier !== undefined && { qualifier: name.qualifier }),
    requestId: context.requestId,
    ...(stored === undefined ? { payload: Uint8Array.from(payload) } : { payloadBlob: stored }),
    ...(clientContext !== undefined && { clientContext }),
    acceptedAtMs: context.clock.now(),
    failures: 0,
    throttles: 0,
  };
  const lane = functionArn(name, name.name);
  await context.storage.transact(async (tx) => {
    if (stored !== undefined) await referenceBlob(tx, stored);
    await context.jobs.enqueue(tx, { type: "lambda.async", lane, id: context.requestId, payload: job });
  });
}

async function store(context: Context, payload: Uint8Array): Promise<string> {
  const writer = await context.blobs.create();
  await writer.write(payload);
  return (await writer.finish()).id;
}

/** What another service made is JSON already. */
function checkPayload(context: Context, payload: Uint8Array, limit: number): void {
  if (payload.length > limit) throw payloadTooLarge(limit);
  if (context.principal.service !== undefined) return;
  try {
    JSON.parse(Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString());
  } catch (error) {
    throw notJson(messageOf(error));
  }
}

/** Base64 of JSON; what the function gets is the JSON. */
function clientContextOf(header: string | undefined): string | undefined {
  if (header === undefined || header === "") return undefined;
  const text = Buffer.from(header, "base64").toString();
  try {
    JSON.parse(text);
    return text;
  } catch {
    throw invalid("Client context must be a valid Base64-encoded JSON object.");
  }
}

/** The caller's trace, or one that follows from the request. */
function traceOf(context: Context, requestId: string): string {
  const given = context.headers["x-amzn-trace-id"];
  if (given !== undefined) return given;
  const digits = requestId.replaceAll("-", "");
  const seconds = Math.floor(context.clock.now() / 1000).toString(16);
  return `Root=1-${seconds}-${digits.slice(0, 24)};Parent=${digits.slice(-16)};Sampled=0`;
}
