// The host's HTTP over real sockets: both protocol versions on one port, streams with back-pressure, clients that go away.
import assert from "node:assert/strict";
import { once } from "node:events";
import { Agent, request as httpRequest, type IncomingMessage } from "node:http";
import { connect as connectHttp2, constants } from "node:http2";
import { connect } from "node:net";
import { after, test } from "node:test";
import type { HttpHandler, HttpRequest } from "../contract/http.ts";
import { ListenError, type Listener, listen } from "./http-server.ts";

const open: Listener[] = [];
after(async () => {
  await Promise.all(open.map((listener) => listener.close(0)));
});

async function serve(handle: HttpHandler): Promise<Listener> {
  const listener = await listen({ port: 0, handle });
  open.push(listener);
  return listener;
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

function send(port: number, options: object, body?: string | Uint8Array): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ port, host: "127.0.0.1", agent: false, ...options }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks).toString() }),
      );
      response.on("error", reject);
    });
    request.on("error", reject);
    request.end(body);
  });
}

const describe: HttpHandler = async (request) => ({
  status: 200,
  headers: { "content-type": "application/json", "set-cookie": ["a=1", "b=2"] },
  body: JSON.stringify({
    method: request.method,
    path: request.path,
    query: request.query,
    host: request.headers["host"],
    raw: request.rawHeaders.find(([name]) => name.toLowerCase() === "x-mixed"),
    protocol: request.protocol,
    sourceIp: request.sourceIp,
    body: Buffer.from(await request.body.collect(1000)).toString(),
  }),
});

test("HTTP/1.1: everything of a request arrives", async () => {
  const { port } = await serve(describe);
  const answer = await send(port, { method: "POST", path: "/a%20b/c?x=1&y", headers: { "X-Mixed": "Yes" } }, "hello");
  assert.deepEqual(JSON.parse(answer.body), {
    method: "POST",
    path: "/a%20b/c",
    query: "x=1&y",
    host: `127.0.0.1:${port}`,
    raw: ["X-Mixed", "Yes"],
    protocol: "HTTP/1.1",
    sourceIp: "127.0.0.1",
    body: "hello",
  });
  assert.deepEqual(answer.headers["set-cookie"], ["a=1", "b=2"]);
  assert.equal(answer.headers["content-length"], String(Buffer.byteLength(answer.body)));
});

test("HTTP/2 cleartext on the same port", async () => {
  const { port } = await serve(describe);
  const session = connectHttp2(`http://127.0.0.1:${port}`);
  const stream = session.request({ [constants.HTTP2_HEADER_METHOD]: "POST", [constants.HTTP2_HEADER_PATH]: "/p?q" });
  stream.end("hello");
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  const seen = JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>;
  session.close();
  assert.deepEqual(
    [seen["method"], seen["path"], seen["host"], seen["protocol"], seen["body"]],
    ["POST", "/p", `127.0.0.1:${port}`, "HTTP/2.0", "hello"],
  );
});

test("a connection carries request after request", async () => {
  const { port } = await serve(describe);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  for (let i = 0; i < 3; i++)
    assert.equal((JSON.parse((await send(port, { agent, method: "PUT" }, `n${i}`)).body) as { body: string }).body, `n${i}`);
  agent.destroy();
});

for (const [status, method, body, contentLength] of [
  [200, "HEAD", "hidden", "6"],
  [204, "GET", "hidden", undefined],
  [304, "GET", "hidden", undefined],
  [200, "GET", undefined, "0"],
] as const) {
  test(`${method} answered with ${status} and ${body === undefined ? "nothing" : "a body"}: no body goes out`, async () => {
    const { port } = await serve(async () => ({ status, headers: {}, body }));
    const answer = await send(port, { method });
    assert.deepEqual([answer.status, answer.body, answer.headers["content-length"]], [status, "", contentLength]);
  });
}

test("HEAD of a stream: the length that the answer names, and the stream is ended", async () => {
  let ended = false;
  async function* body(): AsyncGenerator<Uint8Array> {
    try {
      yield Buffer.from("never");
    } finally {
      ended = true;
    }
  }
  const source = body();
  await source.next();
  const { port } = await serve(async () => ({ status: 200, headers: { "content-length": "12345" }, body: source }));
  assert.equal((await send(port, { method: "HEAD" })).headers["content-length"], "12345");
  assert.equal(ended, true);
});

test("Expect: 100-continue is answered before the body", async () => {
  const { port } = await serve(describe);
  const request = httpRequest({ port, host: "127.0.0.1", method: "PUT", headers: { Expect: "100-continue" } });
  request.flushHeaders();
  await once(request, "continue");
  request.end("after");
  const [response] = (await once(request, "response")) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  assert.match(Buffer.concat(chunks).toString(), /"body":"after"/);
});

const CHUNK_BYTES = 64 * 1024;
const CHUNKS = 2000;

test("an answer waits for a client that reads slowly", async () => {
  let produced = 0;
  async function* body(): AsyncGenerator<Uint8Array> {
    for (; produced < CHUNKS; produced++) yield Buffer.alloc(CHUNK_BYTES);
  }
  const { port } = await serve(async () => ({ status: 200, headers: {}, body: body() }));
  const socket = connect(port, "127.0.0.1");
  socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  await once(socket, "readable");
  let before = -1;
  while (before !== produced) {
    before = produced;
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.ok(produced < CHUNKS, `${produced} chunks were made for a client that had read none`);
  socket.destroy();
});

test("a request waits for a handler that reads slowly", async () => {
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const { port } = await serve(async (request) => {
    await held;
    let size = 0;
    for await (const chunk of request.body) size += chunk.length;
    return { status: 200, headers: {}, body: String(size) };
  });
  const request = httpRequest({ port, host: "127.0.0.1", method: "PUT" });
  let written = 0;
  while (written < CHUNKS && request.write(Buffer.alloc(CHUNK_BYTES))) written++;
  assert.ok(written < CHUNKS);
  release();
  const response = once(request, "response");
  for (; written < 100; written++) if (!request.write(Buffer.alloc(CHUNK_BYTES))) await once(request, "drain");
  request.end();
  const [answer] = (await response) as [IncomingMessage];
  assert.equal(answer.statusCode, 200);
  answer.resume();
});

test("a client that goes away aborts the signal and fails the body", async () => {
  let seen: HttpRequest | undefined;
  let failed: Promise<unknown> | undefined;
  const aborted = new Promise<void>((resolve) => {
    void serve(async (request) => {
      seen = request;
      failed = request.body.collect(1000).catch((error: unknown) => error);
      request.signal.addEventListener("abort", () => resolve());
      return new Promise(() => {});
    }).then(({ port }) => {
      const socket = connect(port, "127.0.0.1");
      socket.write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
      setTimeout(() => socket.destroy(), 20);
    });
  });
  await aborted;
  assert.equal(seen?.signal.aborted, true);
  assert.match(String(await failed), /socket connection/);
});

test("a body beyond its limit is refused, and the connection is still good", async () => {
  const { port } = await serve(async (request) => {
    try {
      await request.body.collect(10);
      return { status: 200, headers: {}, body: "fits" };
    } catch (error) {
      return { status: 413, headers: {}, body: String(error) };
    }
  });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  assert.equal((await send(port, { agent, method: "PUT" }, "x".repeat(100_000))).status, 413);
  assert.equal((await send(port, { agent, method: "PUT" }, "short")).body, "fits");
  agent.destroy();
});

test("closing ends idle connections at once, lets a request end, and tells those that wait", async () => {
  let waiting = () => {};
  const began = new Promise<void>((resolve) => {
    waiting = resolve;
  });
  const listener = await listen({
    port: 0,
    handle: (request) =>
      new Promise((resolve) => {
        request.signal.addEventListener("abort", () => resolve({ status: 200, headers: {}, body: "told" }));
        waiting();
      }),
  });
  const idle = connect(listener.port, "127.0.0.1");
  await once(idle, "connect");
  const idleClosed = once(idle, "close");
  idle.resume();
  const answer = send(listener.port, { method: "GET" });
  await began;
  await listener.close(2000);
  assert.equal((await answer).body, "told");
  await idleClosed;
  await assert.rejects(send(listener.port, {}), { code: "ECONNREFUSED" });
});

const STALLED: readonly (readonly [name: string, sent: string])[] = [
  ["that said nothing yet", ""],
  ["with half a request line", "GET / HT"],
  ["with half of its headers", "GET / HTTP/1.1\r\nhost: x\r\n"],
  ["whose request was answered", "GET / HTTP/1.1\r\nhost: x\r\n\r\n"],
  ["whose request was answered before its body came", "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\nabc"],
];

for (const [name, sent] of STALLED) {
  test(`closing ends a connection ${name} at once`, { timeout: 10_000 }, async () => {
    const listener = await listen({ port: 0, handle: async () => ({ status: 200, headers: {}, body: "answered" }) });
    const socket = connect(listener.port, "127.0.0.1");
    await once(socket, "connect");
    if (sent !== "") socket.write(sent);
    if (name.includes("answered")) await once(socket, "data");
    // Once this is answered, what came before it has been read.
    else await send(listener.port, {});
    // It may be a reset: the server need not have read what was sent.
    socket.on("error", () => {});
    const closed = new Promise((resolve) => socket.once("close", resolve));
    socket.resume();
    await listener.close(60_000);
    await closed;
  });
}

test("closing ends an idle HTTP/2 connection at once", { timeout: 10_000 }, async () => {
  const listener = await listen({ port: 0, handle: async () => ({ status: 200, headers: {}, body: "answered" }) });
  const session = connectHttp2(`http://127.0.0.1:${listener.port}`);
  const stream = session.request({ ":path": "/" });
  stream.resume();
  await once(stream, "close");
  const closed = once(session, "close");
  await listener.close(60_000);
  await closed;
});

test("closing does not wait longer than its grace", async () => {
  const listener = await listen({ port: 0, handle: () => new Promise(() => {}) });
  const hung = assert.rejects(send(listener.port, {}));
  const socket = connect(listener.port, "127.0.0.1");
  await once(socket, "connect");
  await listener.close(50);
  await hung;
  socket.destroy();
});

test("a port in use is a clear error", async () => {
  const { port } = await serve(describe);
  await assert.rejects(listen({ port, handle: describe }), (error) => {
    assert.ok(error instanceof ListenError);
    assert.equal(error.code, "EADDRINUSE");
    assert.match(error.message, new RegExp(`127\\.0\\.0\\.1:${port} is in use`));
    return true;
  });
});

test("what is not HTTP is answered with 400, and the server goes on", async () => {
  const { port } = await serve(describe);
  const socket = connect(port, "127.0.0.1");
  socket.write("nonsense\r\n\r\n");
  const [first] = (await once(socket, "data")) as [Buffer];
  assert.match(first.toString(), /^HTTP\/1\.1 400 /);
  socket.destroy();
  assert.equal((await send(port, {})).status, 200);
});

test("a handler that fails closes the connection, not the server", async () => {
  const { port } = await serve((request) => (request.path === "/fail" ? Promise.reject(new Error("defect")) : describe(request)));
  await assert.rejects(send(port, { path: "/fail" }));
  assert.equal((await send(port, { path: "/" })).status, 200);
});
