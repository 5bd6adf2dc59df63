// A request and a response as the gateway sees them, whatever carried them: a socket, or a client in the same process.

/** The bytes of a request, read once: all at hand with `collect`, or chunk by chunk. */
export interface RequestBody extends AsyncIterable<Uint8Array> {
  /** All of it. Throws RequestEntityTooLargeException beyond `bytesMax`, RequestTimeout when the client went away. */
  collect(bytesMax: number): Promise<Uint8Array>;
}

export interface HttpRequest {
  readonly method: string;
  /** As it was sent, still percent-encoded, without the query. */
  readonly path: string;
  /** As it was sent, without the question mark. */
  readonly query: string;
  /** Names in lower case; the values of a name that came several times are joined with a comma and a space. */
  readonly headers: Readonly<Record<string, string>>;
  /** Names as sent and values one by one, in order. */
  readonly rawHeaders: readonly (readonly [name: string, value: string])[];
  readonly body: RequestBody;
  readonly sourceIp: string;
  /** `HTTP/1.1`, `HTTP/2.0`. */
  readonly protocol: string;
  readonly scheme: "http" | "https";
  /** Aborted when the client goes away or the host stops. Made at the first look: most requests never need one. */
  readonly signal: AbortSignal;
}

export interface HttpResponse {
  readonly status: number;
  /** Several values for a name make several header lines. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: Uint8Array | string | AsyncIterable<Uint8Array> | undefined;
}

/** Answers one request; never throws. */
export type HttpHandler = (request: HttpRequest) => Promise<HttpResponse>;
