// Real sockets: HTTP/1.1 and HTTP/2 cleartext on one port, handed to whoever answers requests. It knows nothing of AWS.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import {
  createServer as createHttp2Server,
  type Http2Server,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session,
} from "node:http2";
import type { AddressInfo, Socket } from "node:net";
import type { HttpHandler, HttpResponse } from "../contract/http.ts";
import { NodeHttpRequest } from "./http-request.ts";

interface ListenOptions {
  /** Default: loopback only. */
  readonly host?: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly handle: HttpHandler;
}

export interface Listener {
  readonly host: string;
  readonly port: number;
  /** Takes no more connections, ends idle ones at once, and gives requests in flight `graceMs` to end. */
  close(graceMs?: number): Promise<void>;
}

/** A port that is taken, or not ours to take. */
export class ListenError extends Error {
  override readonly name = "ListenError";
  readonly code: string;
  readonly syscall = "listen";

  constructor(code: string, message: string, cause: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

/** Request line and headers together: presigned URLs with session tokens stay below. */
const HEADER_BYTES_MAX = 64 * 1024;
const HEADER_TIMEOUT_MS = 60_000;
/** For a whole request: S3 allows 5 GiB in one PUT, which a slow line may take an hour for. */
const REQUEST_TIMEOUT_MS = 3_600_000;
/** Longer than clients keep idle connections, so that the client is the one that closes. */
const KEEP_ALIVE_MS = 65_000;
const CLOSE_GRACE_MS = 5_000;
const SWEEP_MS = 20;

export async function listen(options: ListenOptions): Promise<Listener> {
  const host = options.host ?? "127.0.0.1";
  const inFlight = new Set<NodeHttpRequest>();
  const answer = (message: IncomingMessage | Http2ServerRequest, response: ServerResponse | Http2ServerResponse) => {
    const request = new NodeHttpRequest(message, response);
    inFlight.add(request);
    options
      .handle(request)
      .then((answered) => send(answered, request, response))
      .catch(() => message.socket.destroy())
      .finally(() => inFlight.delete(request));
  };
  const http1 = createServer(
    {
      maxHeaderSize: HEADER_BYTES_MAX,
      headersTimeout: HEADER_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      noDelay: true,
    },
    answer,
  );
  const http2 = createHttp2Server({ settings: { maxHeaderListSize: HEADER_BYTES_MAX } }, answer);
  const sessions = new Set<ServerHttp2Session>();
  http2.on("session", (session) => {
    sessions.add(session);
    session.once("close", () => sessions.delete(session));
  });
  const connections = shareConnections(http1, http2);
  const port = await bind(http1, host, options.port);
  const close = (graceMs = CLOSE_GRACE_MS) => closeAll({ http1, sessions, connections, inFlight }, graceMs);
  return { host, port, close };
}

/**
 * HTTP/2 with prior knowledge begins with `PRI`, which no HTTP/1.1 method does: look at the first bytes, then hand over.
 * Returns the open connections, but for those of HTTP/2.
 */
function shareConnections(http1: Server, http2: Http2Server): ReadonlySet<Socket> {
  const connections = new Set<Socket>();
  const accept = http1.listeners("connection") as ((socket: Socket) => void)[];
  http1.removeAllListeners("connection");
  http1.on("connection", (socket: Socket) => {
    const giveUp = () => socket.destroy();
    const idle = setTimeout(giveUp, HEADER_TIMEOUT_MS);
    connections.add(socket);
    socket.on("error", giveUp);
    socket.once("close", () => {
      clearTimeout(idle);
      connections.delete(socket);
    });
    socket.once("data", (first: Buffer) => {
      clearTimeout(idle);
      socket.pause();
      socket.unshift(first);
      if (first.subarray(0, 3).toString("latin1") === "PRI") {
        connections.delete(socket);
        http2.emit("connection", socket);
      } else {
        for (const listener of accept) listener.call(http1, socket);
        socket.resume();
      }
    });
  });
  return connections;
}

function bind(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException) => {
      const where = `${host}:${port}`;
      const message =
        error.code === "EADDRINUSE"
          ? `The address ${where} is in use by another process.`
          : error.code === "EACCES"
            ? `This user may not listen on ${where}.`
            : `Cannot listen on ${where}: ${error.message}`;
      reject(new ListenError(error.code ?? "ELISTEN", message, error));
    };
    server.once("error", failed);
    server.listen(port, host, () => {
      server.off("error", failed);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

interface Parts {
  readonly http1: Server;
  readonly sessions: ReadonlySet<ServerHttp2Session>;
  readonly connections: ReadonlySet<Socket>;
  readonly inFlight: ReadonlySet<NodeHttpRequest>;
}

async function closeAll({ http1, sessions, connections, inFlight }: Parts, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => http1.close(() => resolve()));
  for (const request of inFlight) request.abort();
  for (const session of sessions) session.close();
  // Also those that Node does not take for idle: with half a request line, or with a body that nobody waits for any more.
  const endIdle = () => {
    const busy = new Set([...inFlight].map((request) => request.socket));
    for (const socket of connections) if (!busy.has(socket) && socket.writableLength === 0) socket.destroy();
  };
  endIdle();
  // What is in flight now leaves an idle connection behind when it is answered.
  const sweep = setInterval(endIdle, SWEEP_MS);
  const force = setTimeout(() => {
    http1.closeAllConnections();
    for (const session of sessions) session.destroy();
  }, graceMs);
  await closed;
  clearInterval(sweep);
  clearTimeout(force);
}

async function send(answer: HttpResponse, request: NodeHttpRequest, response: ServerResponse | Http2ServerResponse): Promise<void> {
  const { status, body } = answer;
  const headers: Record<string, string | readonly string[]> = { ...answer.headers };
  const bodiless = status === 204 || status === 304;
  if (body === undefined || typeof body === "string" || body instanceof Uint8Array) {
    if (!bodiless) headers["content-length"] ??= String(body === undefined ? 0 : Buffer.byteLength(body));
    writeHead(response, status, headers);
    if (body === undefined || bodiless || request.method === "HEAD") response.end();
    else response.end(body);
    return;
  }
  writeHead(response, status, headers);
  if (bodiless || request.method === "HEAD") {
    response.end();
    await body[Symbol.asyncIterator]().return?.();
    return;
  }
  await stream(body, response);
}

function writeHead(
  response: ServerResponse | Http2ServerResponse,
  status: number,
  headers: Record<string, string | readonly string[]>,
): void {
  // The two classes declare the same call with types that TypeScript does not unite.
  (response as ServerResponse).writeHead(status, headers as Record<string, string | string[]>);
}

/** Waits for the client wherever it reads slower than we write; ends the source when the client goes away. */
async function stream(body: AsyncIterable<Uint8Array>, given: ServerResponse | Http2ServerResponse): Promise<void> {
  const response = given as ServerResponse;
  response.flushHeaders();
  for await (const chunk of body) {
    if (response.destroyed) return;
    if (!response.write(chunk)) await writable(response);
  }
  response.end();
}

function writable(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const go = () => {
      response.off("drain", go);
      response.off("close", go);
      resolve();
    };
    response.once("drain", go);
    response.once("close", go);
  });
}
