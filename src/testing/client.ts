// Configuration for real SDK v3 clients in tests: in this process, straight into a gateway, or over a real socket.
import { Readable } from "node:stream";
import type { HttpHandler, HttpRequest, HttpResponse, RequestBody } from "../contract/http.ts";
import { AwsError } from "../kernel/errors.ts";

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** What every v3 client takes: `new SQSClient(world.client())`. */
export interface ClientConfiguration {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: Credentials;
  readonly maxAttempts: 1;
  /** Host prefixes (`sync-localhost`) are names that nobody resolves here. */
  readonly disableHostPrefix: true;
}

export interface InProcessConfiguration extends ClientConfiguration {
  readonly requestHandler: InProcessHandler;
}

export interface ClientOptions {
  /** A 12-digit access key names its account. Default: `test`, of account 000000000000. */
  readonly accessKeyId?: string;
  readonly secretAccessKey?: string;
  readonly region?: string;
}

export function clientConfiguration(endpoint: string, options: ClientOptions = {}): ClientConfiguration {
  return {
    endpoint,
    region: options.region ?? "us-east-1",
    credentials: { accessKeyId: options.accessKeyId ?? "test", secretAccessKey: options.secretAccessKey ?? "test" },
    maxAttempts: 1,
    disableHostPrefix: true,
  };
}

export function inProcessConfiguration(handle: HttpHandler, options: ClientOptions = {}): InProcessConfiguration {
  return { ...clientConfiguration("http://127.0.0.1:4566", options), requestHandler: inProcessHandler(handle) };
}

/** The part of an SDK client's request that a handler looks at. */
interface ClientRequest {
  readonly method: string;
  readonly hostname: string;
  readonly port?: number | undefined;
  readonly path: string;
  readonly query?: Readonly<Record<string, string | readonly string[] | null>> | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

interface ClientResponse {
  readonly statusCode: number;
  readonly headers: Record<string, string>;
  readonly body: Readable;
}

interface InProcessHandler {
  handle(request: ClientRequest, options?: { readonly abortSignal?: unknown }): Promise<{ response: ClientResponse }>;
  destroy(): void;
  updateHttpClientConfig(): void;
  httpHandlerConfigs(): Record<string, never>;
}

/** What a client would send over a socket, handed over without one. */
export function inProcessHandler(handle: HttpHandler): InProcessHandler {
  return {
    handle: async (request, options) => {
      const signal = options?.abortSignal instanceof AbortSignal ? options.abortSignal : undefined;
      const answer = await handle(new InProcessRequest(request, signal));
      const headers: Record<string, string> = {};
      for (const name of Object.keys(answer.headers)) {
        const value = answer.headers[name];
        if (value !== undefined) headers[name.toLowerCase()] = typeof value === "string" ? value : value.join(", ");
      }
      return { response: { statusCode: answer.status, headers, body: Readable.from(chunksOf(answer.body)) } };
    },
    destroy: () => {},
    updateHttpClientConfig: () => {},
    httpHandlerConfigs: () => ({}),
  };
}

function chunksOf(body: HttpResponse["body"]): Iterable<Uint8Array> | AsyncIterable<Uint8Array> {
  if (body === undefined) return [];
  if (typeof body !== "string" && !(body instanceof Uint8Array)) return body;
  return body.length === 0 ? [] : [Buffer.from(body)];
}

class InProcessRequest implements HttpRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly rawHeaders: readonly (readonly [string, string])[];
  readonly body: RequestBody;
  readonly sourceIp = "127.0.0.1";
  readonly protocol = "HTTP/1.1";
  readonly scheme = "http";
  readonly signal: AbortSignal;

  constructor(request: ClientRequest, signal: AbortSignal | undefined) {
    this.method = request.method;
    this.path = request.path;
    this.query = queryOf(request);
    this.rawHeaders = Object.entries(request.headers);
    const headers: Record<string, string> = {};
    for (const [name, value] of this.rawHeaders) headers[name.toLowerCase()] = value;
    headers["host"] ??= request.port === undefined ? request.hostname : `${request.hostname}:${request.port}`;
    this.headers = headers;
    this.body = new InProcessBody(request.body);
    this.signal = signal ?? new AbortController().signal;
  }
}

function queryOf({ query = {} }: ClientRequest): string {
  const pairs: string[] = [];
  for (const [name, given] of Object.entries(query)) {
    for (const value of typeof given === "string" || given === null ? [given] : given) {
      pairs.push(
        value === null || value === undefined ? encodeURIComponent(name) : `${encodeURIComponent(name)}=${encodeURIComponent(value)}`,
      );
    }
  }
  return pairs.join("&");
}

class InProcessBody implements RequestBody {
  readonly #given: unknown;

  constructor(given: unknown) {
    this.#given = given;
  }

  async collect(bytesMax: number): Promise<Uint8Array> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of this) chunks.push(chunk);
    const whole = Buffer.concat(chunks);
    if (whole.length > bytesMax)
      throw new AwsError("RequestEntityTooLargeException", "The request is larger than the service accepts.", { status: 413 });
    return whole;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    const given = this.#given;
    if (given === undefined || given === null) return;
    if (typeof given === "string") yield Buffer.from(given);
    else if (given instanceof Uint8Array) yield given;
    else if (given instanceof ArrayBuffer) yield new Uint8Array(given);
    else
      for await (const chunk of given as AsyncIterable<Uint8Array | string>) yield typeof chunk === "string" ? Buffer.from(chunk) : chunk;
  }
}
