// A request of Node's HTTP servers in the contract's form. Whatever is costly and seldom wanted is made at the first look.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import type { Socket } from "node:net";
import type { HttpRequest, RequestBody } from "../contract/http.ts";
import { AwsError } from "../kernel/errors.ts";

type NodeRequest = IncomingMessage | Http2ServerRequest;
type NodeResponse = ServerResponse | Http2ServerResponse;

export class NodeHttpRequest implements HttpRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: RequestBody;
  readonly scheme = "http";
  readonly #message: NodeRequest;
  readonly #response: NodeResponse;
  #controller: AbortController | undefined;

  constructor(message: NodeRequest, response: NodeResponse) {
    const target = message.url ?? "/";
    const url = target.startsWith("/") ? target : withoutOrigin(target);
    const mark = url.indexOf("?");
    this.method = message.method ?? "GET";
    this.path = mark < 0 ? url : url.slice(0, mark);
    this.query = mark < 0 ? "" : url.slice(mark + 1);
    this.headers = headersOf(message);
    this.body = new NodeBody(message);
    this.#message = message;
    this.#response = response;
  }

  get rawHeaders(): readonly (readonly [string, string])[] {
    const flat = this.#message.rawHeaders;
    const pairs: [string, string][] = [];
    for (let i = 0; i + 1 < flat.length; i += 2) {
      const name = flat[i] ?? "";
      if (!name.startsWith(":")) pairs.push([name, flat[i + 1] ?? ""]);
    }
    return pairs;
  }

  get sourceIp(): string {
    return this.#message.socket.remoteAddress?.replace(/^::ffff:/, "") ?? "127.0.0.1";
  }

  get socket(): Socket {
    return this.#message.socket;
  }

  get protocol(): string {
    return `HTTP/${this.#message.httpVersion}`;
  }

  get signal(): AbortSignal {
    if (!this.#controller) {
      const controller = new AbortController();
      this.#controller = controller;
      const response = this.#response;
      if (response.destroyed) controller.abort();
      else {
        response.once("close", () => {
          if (!response.writableFinished) controller.abort();
        });
      }
    }
    return this.#controller.signal;
  }

  /** The host stops: whoever waits on the signal is told. */
  abort(): void {
    this.#controller?.abort();
  }
}

/** `GET http://host/path`, as proxies send it. */
function withoutOrigin(target: string): string {
  const start = target.indexOf("/", target.indexOf("//") + 2);
  return start < 0 ? "/" : target.slice(start);
}

/** Node joins what may be joined; only Set-Cookie, which no request has, would be a list. */
function headersOf(message: NodeRequest): Readonly<Record<string, string>> {
  const headers = message.headers as Record<string, string>;
  const authority = headers[":authority"];
  if (authority !== undefined) headers["host"] ??= authority;
  return headers;
}

class NodeBody implements RequestBody {
  readonly #message: NodeRequest;

  constructor(message: NodeRequest) {
    this.#message = message;
  }

  /** By events: an async iterator costs some 20 µs a request. */
  collect(bytesMax: number): Promise<Uint8Array> {
    const message = this.#message;
    return new Promise((resolve, reject) => {
      const chunks: Uint8Array[] = [];
      let size = 0;
      let ended = false;
      message.on("data", (chunk: Uint8Array) => {
        size += chunk.length;
        if (size <= bytesMax) chunks.push(chunk);
        else {
          ended = true;
          message.removeAllListeners("data");
          message.resume();
          reject(new AwsError("RequestEntityTooLargeException", "The request is larger than the service accepts.", { status: 413 }));
        }
      });
      message.on("end", () => {
        ended = true;
        const [first] = chunks;
        resolve(first && chunks.length === 1 ? first : Buffer.concat(chunks, size));
      });
      // No Error object, whose stack is costly, for requests that went well.
      message.on("close", () => {
        if (!ended) reject(clientGone());
      });
      message.on("error", () => reject(clientGone()));
    });
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of this.#message) yield chunk as Uint8Array;
    } catch {
      throw clientGone();
    }
  }
}

function clientGone(): AwsError {
  return new AwsError(
    "RequestTimeout",
    "Your socket connection to the server was not read from or written to within the timeout period. Idle connections will be closed.",
  );
}
