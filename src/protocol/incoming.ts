// One request on its way in: the HTTP request with what was already learnt of it, each thing parsed once.
import { gunzipSync, inflateSync } from "node:zlib";
import type { HttpRequest } from "../contract/http.ts";
import { serializationError } from "./errors.ts";
import { BODY_BYTES_MAX, INFLATED_BYTES_MAX } from "./limits.ts";

/** A class, so that every request has one hidden shape and its getters are shared. */
export class Incoming {
  readonly http: HttpRequest;
  #query: URLSearchParams | undefined;
  #raw: Uint8Array | undefined;
  #body: Uint8Array | undefined;

  constructor(http: HttpRequest) {
    this.http = http;
  }

  get query(): URLSearchParams {
    this.#query ??= new URLSearchParams(this.http.query);
    return this.#query;
  }

  /** The host's name in lower case, without a port. */
  get hostName(): string {
    const host = this.http.headers["host"] ?? "";
    return (host.startsWith("[") ? host.slice(0, host.indexOf("]") + 1) : host.replace(/:\d+$/, "")).toLowerCase();
  }

  /** The bytes as they were sent, which is what a signature covers. */
  async raw(): Promise<Uint8Array> {
    this.#raw ??= await this.http.body.collect(BODY_BYTES_MAX);
    return this.#raw;
  }

  /** The bytes unpacked. */
  async body(): Promise<Uint8Array> {
    if (!this.#body) {
      const raw = this.#raw ?? (await this.raw());
      this.#body = inflate(raw, this.http.headers["content-encoding"]);
    }
    return this.#body;
  }
}

function inflate(raw: Uint8Array, encoding: string | undefined): Uint8Array {
  if (encoding === undefined || raw.length === 0) return raw;
  try {
    if (encoding === "gzip") return gunzipSync(raw, { maxOutputLength: INFLATED_BYTES_MAX });
    if (encoding === "deflate") return inflateSync(raw, { maxOutputLength: INFLATED_BYTES_MAX });
  } catch {
    throw serializationError(`The request body is not valid ${encoding} data, or too large.`);
  }
  return raw;
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export function textOf(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw serializationError("The request body is not valid UTF-8.");
  }
}
