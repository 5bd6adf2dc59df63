// An HTTP request made by hand, for what no client would send.
import type { HttpRequest } from "../../src/contract/http.ts";

export interface RequestParts {
  readonly method?: string;
  /** Path and query. */
  readonly target?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
  /** Cuts the body into chunks of this size. */
  readonly chunkBytes?: number;
}

export function httpRequest({ method = "POST", target = "/", headers = {}, body = "", chunkBytes = 65_536 }: RequestParts): HttpRequest {
  const mark = target.indexOf("?");
  const bytes = typeof body === "string" ? Buffer.from(body) : body;
  const lower: Record<string, string> = { "content-length": String(bytes.length) };
  for (const [name, value] of Object.entries(headers)) lower[name.toLowerCase()] = value;
  return {
    method,
    path: mark < 0 ? target : target.slice(0, mark),
    query: mark < 0 ? "" : target.slice(mark + 1),
    headers: lower,
    rawHeaders: Object.entries(headers),
    body: {
      collect: async () => bytes,
      async *[Symbol.asyncIterator]() {
        for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
      },
    },
    sourceIp: "127.0.0.1",
    protocol: "HTTP/1.1",
    scheme: "http",
    signal: new AbortController().signal,
  };
}
