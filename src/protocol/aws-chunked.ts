// The `aws-chunked` framing of S3 uploads: size lines with optional signatures, data, then trailers. Source: Amazon S3 API
// reference, "Signature calculations: transferring payload in multiple chunks". Nothing is allocated by what a size claims.
import { AwsError } from "../kernel/errors.ts";
import { incompleteBody } from "./errors.ts";
import { CHUNK_LINE_BYTES_MAX, CHUNK_TRAILERS_MAX, SIGNED_CHUNK_BYTES_MAX } from "./limits.ts";
import type { ChunkVerifier } from "./signature.ts";

type State = "size" | "data" | "dataEnd" | "trailers" | "end";

const NEWLINE = 10;
const NO_BYTES: readonly Uint8Array[] = [];

export class AwsChunkedDecoder {
  /** By name in lower case; complete after `finish`. */
  readonly trailers = new Map<string, string>();
  readonly #verifier: ChunkVerifier | undefined;
  #state: State = "size";
  #line = "";
  #left = 0;
  #signature = "";
  #held: Uint8Array[] = [];
  #trailerLines = "";
  #trailerSignature = "";

  /** With a verifier every chunk is held until its signature has been checked. */
  constructor(verifier?: ChunkVerifier) {
    this.#verifier = verifier;
  }

  /** The data that these bytes bring. */
  push(bytes: Uint8Array): readonly Uint8Array[] {
    let out: Uint8Array[] | undefined;
    let at = 0;
    while (at < bytes.length && this.#state !== "end") {
      if (this.#state === "data") {
        const taken = Math.min(this.#left, bytes.length - at);
        const part = bytes.subarray(at, at + taken);
        at += taken;
        this.#left -= taken;
        if (this.#verifier) this.#held.push(part);
        else {
          out ??= [];
          out.push(part);
        }
        if (this.#left === 0) {
          this.#state = "dataEnd";
          if (this.#verifier) {
            out ??= [];
            out.push(this.#verified());
          }
        }
        continue;
      }
      const end = bytes.indexOf(NEWLINE, at);
      const stop = end < 0 ? bytes.length : end;
      this.#line += Buffer.from(bytes.buffer, bytes.byteOffset + at, stop - at).toString("latin1");
      if (this.#line.length > CHUNK_LINE_BYTES_MAX) throw incompleteBody();
      at = stop + 1;
      if (end >= 0) this.#endOfLine();
    }
    return out ?? NO_BYTES;
  }

  /** Throws IncompleteBody when the last chunk never came. */
  finish(): void {
    if (this.#state === "trailers") {
      // Some clients leave out the empty line at the very end.
      if (this.#line !== "") this.#trailer(this.#line.replace(/\r$/, ""));
      this.#endOfTrailers();
    }
    if (this.#state !== "end") throw incompleteBody();
  }

  #endOfLine(): void {
    const line = this.#line.endsWith("\r") ? this.#line.slice(0, -1) : this.#line;
    this.#line = "";
    if (this.#state === "dataEnd") {
      if (line !== "") throw incompleteBody();
      this.#state = "size";
    } else if (this.#state === "size") this.#sizeLine(line);
    else if (line === "") this.#endOfTrailers();
    else this.#trailer(line);
  }

  #sizeLine(line: string): void {
    const match = /^([\da-fA-F]{1,13})(?:;chunk-signature=([\da-f]{64}))?\s*$/.exec(line);
    if (!match) throw incompleteBody();
    this.#left = Number.parseInt(match[1] ?? "", 16);
    this.#signature = match[2] ?? "";
    this.#state = "data";
    if (this.#verifier && this.#left > SIGNED_CHUNK_BYTES_MAX) {
      throw new AwsError("InvalidChunkSizeError", "Chunk size is larger than the server accepts", { status: 400 });
    }
    if (this.#left > 0) return;
    if (this.#verifier) this.#verified();
    this.#state = "trailers";
  }

  #verified(): Uint8Array {
    const [first] = this.#held;
    const whole = first && this.#held.length === 1 ? first : Buffer.concat(this.#held);
    this.#held = [];
    this.#verifier?.chunk(this.#signature, whole);
    return whole;
  }

  #trailer(line: string): void {
    const colon = line.indexOf(":");
    if (colon <= 0 || this.trailers.size >= CHUNK_TRAILERS_MAX) throw malformedTrailer();
    const name = line.slice(0, colon).trim().toLowerCase();
    const value = line.slice(colon + 1).trim();
    if (name === "x-amz-trailer-signature") this.#trailerSignature = value;
    else {
      this.trailers.set(name, value);
      this.#trailerLines += `${name}:${value}\n`;
    }
  }

  #endOfTrailers(): void {
    this.#state = "end";
    if (this.#verifier && this.trailers.size > 0) this.#verifier.trailers(this.#trailerSignature, this.#trailerLines);
  }
}

export function malformedTrailer(): AwsError {
  return new AwsError(
    "MalformedTrailerError",
    "The request contained trailing data that was not well-formed or did not conform to our published schema.",
  );
}
