// Browsers across origins: preflights, which come unsigned and are no operation, and what is added to the answers of requests that
// say where they come from. It must never touch an answer to anybody else.
import type { CrossOriginRequest } from "../contract/cross-origin.ts";
import type { HttpResponse } from "../contract/http.ts";
import type { WireCall } from "../protocol/call.ts";
import type { Incoming } from "../protocol/incoming.ts";
import { s3Target } from "../protocol/s3-target.ts";
import type { Dispatcher, Scope } from "./dispatch.ts";

/** S3 is the one service whose resources say which origins may use them. */
const SERVICE = "s3";

/** The request that a preflight asks for; undefined when this is no preflight for something in a bucket. */
export function preflightOf(incoming: Incoming, domains: readonly string[]): CrossOriginRequest | undefined {
  const { method, headers } = incoming.http;
  if (method !== "OPTIONS") return undefined;
  const origin = headers["origin"];
  const wanted = headers["access-control-request-method"];
  if (origin === undefined || wanted === undefined) return undefined;
  const { bucket, key } = s3Target(incoming, domains);
  if (bucket === undefined) return undefined;
  const names = (headers["access-control-request-headers"] ?? "").split(",").map((name) => name.trim().toLowerCase());
  return { bucket, hasKey: key !== "", origin, method: wanted, headers: names.filter((name) => name !== "") };
}

/** Throws the AwsError of a refusal. */
export async function answerPreflight(dispatcher: Dispatcher, request: CrossOriginRequest, scope: Scope): Promise<HttpResponse> {
  const { crossOrigin } = await dispatcher.service(SERVICE);
  const context = dispatcher.context(SERVICE, "OPTIONS", scope);
  const headers = await crossOrigin?.preflight(context, request);
  return { status: 200, headers: { "x-amz-request-id": context.requestId, ...headers }, body: undefined };
}

/** What lets the browser hand the answer over to the page, where the resource allows it. */
export async function grantedHeaders(
  dispatcher: Dispatcher,
  call: WireCall,
  scope: Scope,
): Promise<Readonly<Record<string, string>> | undefined> {
  const { method, headers } = call.incoming.http;
  const bucket = call.labels["Bucket"];
  const origin = headers["origin"];
  if (origin === undefined || bucket === undefined || call.service?.id !== SERVICE) return undefined;
  const { crossOrigin } = await dispatcher.service(SERVICE);
  const request = { bucket, hasKey: call.labels["Key"] !== undefined, origin, method, headers: [] };
  return crossOrigin?.answer(dispatcher.context(SERVICE, call.operation?.name ?? method, scope), request);
}
