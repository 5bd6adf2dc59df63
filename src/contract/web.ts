// Requests that are not AWS API calls: what a deployed API answers. The gateway recognises them by host or path and hands
// them to the service that owns them.
import type { Context } from "./context.ts";

export interface WebRequest {
  readonly method: string;
  /** The path as it was sent, still percent-encoded, below the API's own root: `/dev/orders/1` on a REST API's stage `dev`. */
  readonly path: string;
  /** Without the question mark, as it was sent. */
  readonly query: string;
  /** Names in lower case. The values of a header that came several times are joined with a comma and a space. */
  readonly headers: Readonly<Record<string, string>>;
  /** Names as sent and values one by one, in order. */
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
  /** The path begins with the stage's name, as AWS's own URLs do; the service takes it off. */
  readonly request: WebRequest;
}

/** Undefined when the id is not one of this service's: several services share a host form, and the gateway asks each. */
export type WebHandler = (context: Context, target: WebTarget) => Promise<WebResponse | undefined>;
