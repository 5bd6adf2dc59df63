// Asynchronous invocations: a job each, repeated after an error of the function, kept for a time when there is no room, and
// in the end told to a destination or a dead-letter queue. At least once: after a crash the invocation is repeated.
import type { Context } from "../../contract/context.ts";
import type { InvocationResult } from "../../contract/runtime.ts";
import { defineJob, type JobScope } from "../../contract/service.ts";
import type { Completion } from "../../jobs/job.ts";
import { AwsError, hasCode } from "../../kernel/errors.ts";
import { parseArn } from "../../kernel/ids.ts";
import { releaseBlob } from "../../storage/blob-references.ts";
import { run } from "./invoke.ts";
import { type AsyncConfig, asyncConfigs, type Configuration } from "./keys.ts";
import {
  ASYNC_AGE_SECONDS_DEFAULT,
  ASYNC_CONCURRENCY,
  ASYNC_LEASE_MS,
  ASYNC_RETRIES_DEFAULT,
  ASYNC_RETRY_WAITS_MS,
  ASYNC_THROTTLE_WAIT_MS,
  ASYNC_THROTTLE_WAIT_MS_MAX,
} from "./limits.ts";
import { type Found, find } from "./lookup.ts";
import { type FunctionName, functionArn } from "./names.ts";

export interface AsyncInvocation extends JobScope {
  readonly name: string;
  readonly qualifier?: string;
  readonly requestId: string;
  /** One of both: the event, or the blob that holds it. */
  readonly payload?: Uint8Array;
  readonly payloadBlob?: string;
  readonly clientContext?: string;
  readonly acceptedAtMs: number;
  /** Attempts that ended in an error of the function. */
  readonly failures: number;
  /** Throttles in a row. */
  readonly throttles: number;
}

export const asyncJob = defineJob<AsyncInvocation>({
  concurrency: ASYNC_CONCURRENCY,
  leaseMs: ASYNC_LEASE_MS,
  // Of the platform's own failures; the function's are counted in the payload.
  retry: { attemptsMax: 10, backoffMs: ASYNC_THROTTLE_WAIT_MS, backoffMsMax: ASYNC_THROTTLE_WAIT_MS_MAX },
  run: runAsync,
  // A dead letter may be run again: it keeps its event.
  async forget(_context, tx, job) {
    if (job.payloadBlob !== undefined) await releaseBlob(tx, job.payloadBlob);
  },
});

async function runAsync(context: Context, job: AsyncInvocation): Promise<Completion> {
  const name: FunctionName = {
    account: job.account,
    region: job.region,
    name: job.name,
    ...(job.qualifier !== undefined && { qualifier: job.qualifier }),
  };
  const target = await lookUp(context, name);
  // The function is gone: so are its events.
  if (!target) return over(job);
  const { found, config } = target;
  const payload = await payloadOf(context, job);
  const ageMsMax = (config?.ageSecondsMax ?? ASYNC_AGE_SECONDS_DEFAULT) * 1000;
  const untilMs = job.acceptedAtMs + ageMsMax;
  const end = (condition: Condition, result?: InvocationResult) =>
    finish(context, name, found.configuration, config, job, payload, condition, result);
  if (context.clock.now() > untilMs) return end("EventAgeExceeded");

  let result: InvocationResult;
  try {
    result = await run(context, name, found, {
      requestId: job.requestId,
      payload,
      ...(job.clientContext !== undefined && { clientContext: job.clientContext }),
    });
  } catch (error) {
    if (!(error instanceof AwsError) || !(error.code === "TooManyRequestsException" || error.status >= 500)) throw error;
    const waitMs = Math.min(ASYNC_THROTTLE_WAIT_MS * 2 ** job.throttles, ASYNC_THROTTLE_WAIT_MS_MAX);
    const dueAtMs = context.clock.now() + waitMs;
    if (dueAtMs > untilMs) return end("EventAgeExceeded");
    return { kind: "again", dueAtMs, payload: { ...job, throttles: job.throttles + 1 } };
  }
  if (result.functionError === undefined) return end("Success", result);
  const retries = config?.retriesMax ?? ASYNC_RETRIES_DEFAULT;
  if (job.failures >= retries) return end("RetriesExhausted", result);
  const dueAtMs = context.clock.now() + (ASYNC_RETRY_WAITS_MS[job.failures] ?? ASYNC_THROTTLE_WAIT_MS_MAX);
  if (dueAtMs > untilMs) return end("EventAgeExceeded", result);
  return { kind: "again", dueAtMs, payload: { ...job, failures: job.failures + 1, throttles: 0 } };
}

type Condition = "Success" | "RetriesExhausted" | "EventAgeExceeded";

async function lookUp(context: Context, name: FunctionName): Promise<{ found: Found; config: AsyncConfig | undefined } | undefined> {
  try {
    return await context.storage.snapshot(async (tx) => {
      const found = await find(tx, name, context.random.float());
      return { found, config: await asyncConfigs.get(tx, [name.account, name.region, name.name, name.qualifier ?? "$LATEST"]) };
    });
  } catch (error) {
    if (hasCode(error, "ResourceNotFoundException")) return undefined;
    throw error;
  }
}

async function payloadOf(context: Context, job: AsyncInvocation): Promise<Uint8Array> {
  if (job.payloadBlob === undefined) return job.payload ?? new Uint8Array();
  const pieces: Uint8Array[] = [];
  for await (const piece of context.blobs.read(job.payloadBlob)) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** The job ends, and with it the pointer to a large event. */
function over(job: AsyncInvocation): Completion {
  const { payloadBlob } = job;
  return payloadBlob === undefined ? { kind: "done" } : { kind: "done", also: (tx) => releaseBlob(tx, payloadBlob) };
}

async function finish(
  context: Context,
  name: FunctionName,
  configuration: Configuration,
  config: AsyncConfig | undefined,
  job: AsyncInvocation,
  payload: Uint8Array,
  condition: Condition,
  result: InvocationResult | undefined,
): Promise<Completion> {
  const failed = condition !== "Success";
  const destination = failed ? config?.onFailureArn : config?.onSuccessArn;
  const sourceArn = functionArn(name, name.name);
  if (destination) {
    const record = destinationRecord(context, name, configuration, job, payload, condition, result);
    await deliver(context, destination, sourceArn, record);
  }
  if (failed && configuration.deadLetterArn) await deadLetter(context, configuration.deadLetterArn, job, payload, result);
  return over(job);
}

/** The document that a destination gets ("Adding a destination", invocation record). */
function destinationRecord(
  context: Context,
  name: FunctionName,
  configuration: Configuration,
  job: AsyncInvocation,
  payload: Uint8Array,
  condition: Condition,
  result: InvocationResult | undefined,
) {
  return {
    version: "1.0",
    timestamp: new Date(context.clock.now()).toISOString(),
    requestContext: {
      requestId: job.requestId,
      functionArn: functionArn(name, name.name, name.qualifier ?? "$LATEST"),
      condition,
      approximateInvokeCount: job.failures + (result ? 1 : 0),
    },
    requestPayload: parsed(payload),
    ...(result && {
      responseContext: {
        statusCode: 200,
        executedVersion: configuration.version,
        ...(result.functionError && { functionError: result.functionError }),
      },
      responsePayload: parsed(result.payload),
    }),
  };
}

async function deliver(context: Context, destination: string, sourceArn: string, record: object): Promise<void> {
  const arn = parseArn(destination);
  if (!arn) return;
  const as = { service: "lambda.amazonaws.com", sourceArn };
  const text = JSON.stringify(record);
  if (arn.service === "sqs") {
    await context.call("sqs", "SendMessage", { QueueUrl: queueUrl(context, arn), MessageBody: text }, as);
  } else if (arn.service === "lambda") {
    await context.call("lambda", "Invoke", { FunctionName: destination, InvocationType: "Event", Payload: Buffer.from(text) }, as);
  }
}

async function deadLetter(
  context: Context,
  target: string,
  job: AsyncInvocation,
  payload: Uint8Array,
  result: InvocationResult | undefined,
): Promise<void> {
  const arn = parseArn(target);
  if (!arn) return;
  const error = result === undefined ? undefined : parsed(result.payload);
  const message = typeof error === "object" && error !== null && "errorMessage" in error ? String(error.errorMessage) : "";
  await context.call(
    "sqs",
    "SendMessage",
    {
      QueueUrl: queueUrl(context, arn),
      MessageBody: Buffer.from(payload).toString(),
      MessageAttributes: {
        RequestID: { DataType: "String", StringValue: job.requestId },
        ErrorCode: { DataType: "Number", StringValue: "200" },
        ...(message !== "" && { ErrorMessage: { DataType: "String", StringValue: message.slice(0, 1024) } }),
      },
    },
    { service: "lambda.amazonaws.com", sourceArn: functionArn(job, job.name) },
  );
}

export function queueUrl(context: Context, arn: { readonly account: string; readonly resource: string }): string {
  return `${context.endpoint}/${arn.account}/${arn.resource}`;
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString());
  } catch {
    return null;
  }
}
