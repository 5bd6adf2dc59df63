// A load generator thin enough not to be what is measured: keep-alive connections over raw sockets, one request at a time on
// each. It reads only as much HTTP as a server of ours or node:http sends: content-length or chunked bodies.
import { connect, type Socket } from "node:net";

export interface LoadRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

export interface LoadResponse {
  readonly status: number;
  readonly body: Buffer;
}

export interface LoadResult {
  readonly requestsPerSecond: number;
  readonly failures: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
}

/** What one connection does, over and over: it sends requests and awaits their answers. */
export type Script = (send: (request: Buffer) => Promise<LoadResponse>, connection: number) => Promise<void>;

export function encodeRequest(host: string, request: LoadRequest): Buffer {
  const headers = Object.entries({ host, "content-length": String(request.body.length), ...request.headers });
  const head = `${request.method} ${request.path} HTTP/1.1\r\n${headers.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`;
  return Buffer.concat([Buffer.from(head, "latin1"), request.body]);
}

export async function load(
  port: number,
  options: { connections: number; warmupMs: number; durationMs: number; script: Script },
): Promise<LoadResult> {
  const latencies: number[] = [];
  let failures = 0;
  let measuring = false;
  let running = true;
  const connections = await Promise.all(Array.from({ length: options.connections }, () => Connection.open(port)));
  const loops = connections.map(async (connection, at) => {
    const send = async (request: Buffer): Promise<LoadResponse> => {
      const start = performance.now();
      const response = await connection.send(request);
      if (measuring) {
        latencies.push(performance.now() - start);
        if (response.status >= 400) failures++;
      }
      return response;
    };
    while (running) await options.script(send, at);
  });
  await pause(options.warmupMs);
  measuring = true;
  const start = performance.now();
  await pause(options.durationMs);
  measuring = false;
  const seconds = (performance.now() - start) / 1000;
  const count = latencies.length;
  running = false;
  await Promise.all(loops);
  for (const connection of connections) connection.close();
  latencies.sort((a, b) => a - b);
  return {
    requestsPerSecond: count / seconds,
    failures,
    p50: latencies[Math.floor(count * 0.5)] ?? 0,
    p99: latencies[Math.floor(count * 0.99)] ?? 0,
  };
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

class Connection {
  readonly #socket: Socket;
  #received: Buffer = Buffer.alloc(0);
  #waiting: { resolve: (response: LoadResponse) => void; reject: (error: Error) => void } | undefined;

  static open(port: number): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host: "127.0.0.1", noDelay: true });
      socket.once("error", reject);
      socket.once("connect", () => resolve(new Connection(socket)));
    });
  }

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (chunk) => this.#onData(chunk));
    socket.on("close", () => this.#waiting?.reject(new Error("the server closed the connection")));
    socket.on("error", (error) => this.#waiting?.reject(error));
  }

  send(request: Buffer): Promise<LoadResponse> {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#socket.write(request);
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #onData(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    const head = this.#received.indexOf("\r\n\r\n");
    if (head < 0) return;
    const headers = this.#received.toString("latin1", 0, head);
    const status = Number(headers.slice(9, 12));
    const length = /\r\ncontent-length: (\d+)/i.exec(headers);
    const start = head + 4;
    let body: Buffer | undefined;
    if (length) {
      const end = start + Number(length[1]);
      if (this.#received.length >= end) body = this.#received.subarray(start, end);
    } else if (/\r\ntransfer-encoding: chunked/i.test(headers)) body = dechunk(this.#received.subarray(start));
    else body = Buffer.alloc(0);
    if (!body) return;
    this.#received = Buffer.alloc(0);
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.resolve({ status, body });
  }
}

/** The body of a complete chunked message, undefined while it is not complete. */
function dechunk(bytes: Buffer): Buffer | undefined {
  const parts: Buffer[] = [];
  let at = 0;
  for (;;) {
    const end = bytes.indexOf("\r\n", at);
    if (end < 0) return undefined;
    const size = Number.parseInt(bytes.toString("latin1", at, end), 16);
    if (size === 0) return bytes.length >= end + 4 ? Buffer.concat(parts) : undefined;
    if (bytes.length < end + 2 + size + 2) return undefined;
    parts.push(bytes.subarray(end + 2, end + 2 + size));
    at = end + 2 + size + 2;
  }
}
