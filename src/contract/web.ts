// Requests that are not AWS API calls: what a deployed API answers. The gateway recognises them by host or path and hands
// them to the service that owns them.
import type { Context } from "./context.ts";

export interface WebRequest {
  readonly method: string;
  /** The path as it was sent, still percent-encoded, below the API's own root: `/orders/1`. */
  readonly path: string;
  /** Without the question mark, as it was sent. */
  readonly query: string;
  /** Names in lower case. A header that came several times is joined with a comma and a space... */
  readonly headers: Readonly<Record<string, string>>;
  /** ...and here are names (as sent) and values one by one, in order. */
  readonly rawHeaders: readonly (readonly [name: string, value: string])[];
  readonly body: Uint8Array;
  /** The Host header, with port if it had one. */
  readonly host: string;
  readonly sourceIp: string;
  /** `HTTP/1.1` */
  readonly protocol: string;
}

export interface WebResponse {
  readonly status: number;
  /** Repeated names are allowed (Set-Cookie). */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Uint8Array | string | AsyncIterable<Uint8Array>;
}

/** Where a request to an API goes: `{apiId}.execute-api…/{stage}/…` and its path forms come out the same. */
export interface WebTarget {
  /** `execute-api`, `lambda-url`. */
  readonly kind: string;
  /** The API's id, or the function URL's. */
  readonly id: string;
  /** The request's path starts with the stage's name where the form of the URL requires one (all but custom domains). */
  readonly request: WebRequest;
}

export type WebHandler = (context: Context, target: WebTarget) => Promise<WebResponse>;
