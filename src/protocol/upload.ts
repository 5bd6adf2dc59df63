// The body of an S3 request: `aws-chunked` framing taken off, lengths and checksums verified as the bytes pass. A small body
// is read at once; a large one streams with back-pressure and fails at its end if it does not match.
import { createHash } from "node:crypto";
import type { HttpRequest } from "../contract/http.ts";
import type { Checksum } from "../kernel/checksums.ts";
import { AwsError } from "../kernel/errors.ts";
import { AwsChunkedDecoder, malformedTrailer } from "./aws-chunked.ts";
import { CHECKSUM_BYTES, createChecksum } from "./checksums.ts";
import { incompleteBody } from "./errors.ts";
import { BODY_BYTES_BUFFERED, BODY_BYTES_MAX } from "./limits.ts";
import type { ChunkVerifier } from "./signature.ts";

export interface Upload {
  /** The object's own bytes, read once. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Of the object's own bytes, when the client says. */
  readonly contentLength: number | undefined;
  /** `Content-Encoding` without `aws-chunked`. */
  readonly contentEncoding: string | undefined;
}

/** Called with each trailing checksum once it is verified, by its header's name. */
type TrailerListener = (name: string, value: string) => void;

interface Expected {
  /** Header or trailer. */
  readonly name: string;
  readonly algorithm: string;
  readonly checksum: Checksum;
  /** Undefined: it comes in the trailer. */
  readonly value: string | undefined;
}

const CHECKSUM_PREFIX = "x-amz-checksum-";
/** Names with this prefix that carry no checksum of the body. */
const NOT_CHECKSUMS: ReadonlySet<string> = new Set(["x-amz-checksum-mode", "x-amz-checksum-algorithm", "x-amz-checksum-type"]);

/** Resolves with a small body already verified. */
export async function openUpload(request: HttpRequest, verifier: ChunkVerifier | undefined, onTrailer: TrailerListener): Promise<Upload> {
  const { headers } = request;
  const contentSha256 = headers["x-amz-content-sha256"];
  const encodings = (headers["content-encoding"] ?? "").split(",").map((encoding) => encoding.trim());
  const chunked = contentSha256?.startsWith("STREAMING-") === true || encodings.includes("aws-chunked");
  const declared = headers[chunked ? "x-amz-decoded-content-length" : "content-length"];
  if (chunked && (declared === undefined || !/^\d+$/.test(declared))) throw missingLength();
  const contentLength = declared === undefined ? undefined : Number(declared);
  const check = new UploadCheck(request, contentLength, contentSha256);
  const decoder = chunked ? new AwsChunkedDecoder(verifier) : undefined;
  const wireLength = Number(headers["content-length"] ?? Number.NaN);
  const small = wireLength <= BODY_BYTES_BUFFERED;
  const body = small ? await readSmall(request, decoder, check, onTrailer) : streamLarge(request.body, decoder, check, onTrailer);
  const ownEncodings = encodings.filter((encoding) => encoding !== "aws-chunked" && encoding !== "");
  return { body, contentLength, contentEncoding: ownEncodings.length > 0 ? ownEncodings.join(",") : undefined };
}

/** A whole body that is not stored as it is (XML documents): verified, in one piece. */
export async function collectUpload(upload: Upload): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of upload.body) {
    size += part.length;
    if (size > BODY_BYTES_MAX) throw new AwsError("EntityTooLarge", "Your proposed upload exceeds the maximum allowed object size.");
    parts.push(part);
  }
  const [first] = parts;
  return first && parts.length === 1 ? first : Buffer.concat(parts);
}

async function readSmall(
  request: HttpRequest,
  decoder: AwsChunkedDecoder | undefined,
  check: UploadCheck,
  onTrailer: TrailerListener,
): Promise<AsyncIterable<Uint8Array>> {
  const raw = await request.body.collect(BODY_BYTES_BUFFERED);
  const parts = decoder ? decoder.push(raw) : [raw];
  for (const part of parts) check.update(part);
  decoder?.finish();
  check.finish(decoder?.trailers, onTrailer);
  return new Pieces(parts);
}

/** Bytes at hand, as a stream. */
class Pieces implements AsyncIterable<Uint8Array> {
  readonly #parts: readonly Uint8Array[];

  constructor(parts: readonly Uint8Array[]) {
    this.#parts = parts;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for (const part of this.#parts) if (part.length > 0) yield part;
  }
}

async function* streamLarge(
  source: AsyncIterable<Uint8Array>,
  decoder: AwsChunkedDecoder | undefined,
  check: UploadCheck,
  onTrailer: TrailerListener,
): AsyncGenerator<Uint8Array> {
  for await (const bytes of source) {
    for (const part of decoder ? decoder.push(bytes) : [bytes]) {
      check.update(part);
      if (part.length > 0) yield part;
    }
  }
  decoder?.finish();
  check.finish(decoder?.trailers, onTrailer);
}

/** What the client promised about a body, compared with what came. */
class UploadCheck {
  readonly #expected: Expected[];
  readonly #md5: { readonly hash: ReturnType<typeof createHash>; readonly value: string } | undefined;
  readonly #sha256: { readonly hash: ReturnType<typeof createHash>; readonly value: string } | undefined;
  readonly #contentLength: number | undefined;
  #size = 0;

  constructor(request: HttpRequest, contentLength: number | undefined, contentSha256: string | undefined) {
    this.#contentLength = contentLength;
    this.#expected = expectedChecksums(request.headers);
    const md5 = request.headers["content-md5"];
    if (md5 !== undefined) {
      if (!isBase64Of(md5, 16))
        throw new AwsError("InvalidDigest", "The Content-MD5 you specified was invalid.", { fields: { "Content-MD5": md5 } });
      this.#md5 = { hash: createHash("md5"), value: md5 };
    }
    if (contentSha256 !== undefined && /^[\da-f]{64}$/i.test(contentSha256)) {
      this.#sha256 = { hash: createHash("sha256"), value: contentSha256.toLowerCase() };
    }
  }

  update(part: Uint8Array): void {
    this.#size += part.length;
    if (this.#contentLength !== undefined && this.#size > this.#contentLength) throw wrongLength();
    for (const { checksum } of this.#expected) checksum.update(part);
    this.#md5?.hash.update(part);
    this.#sha256?.hash.update(part);
  }

  finish(trailers: ReadonlyMap<string, string> | undefined, onTrailer: TrailerListener): void {
    if (this.#contentLength !== undefined && this.#size !== this.#contentLength) throw wrongLength();
    this.#checkSha256();
    this.#checkMd5();
    for (const { name, algorithm, checksum, value } of this.#expected) {
      const given = value ?? trailers?.get(name);
      if (given === undefined) throw malformedTrailer();
      if (!isBase64Of(given, CHECKSUM_BYTES[algorithm] ?? 0))
        throw new AwsError("InvalidRequest", `Value for ${name} trailing header is invalid.`);
      if (checksum.digest() !== given) {
        throw new AwsError("BadDigest", `The ${algorithm.toUpperCase()} you specified did not match the calculated checksum.`);
      }
      if (value === undefined) onTrailer(name, given);
    }
  }

  #checkSha256(): void {
    if (!this.#sha256) return;
    const computed = this.#sha256.hash.digest("hex");
    if (computed === this.#sha256.value) return;
    throw new AwsError("XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' header does not match what was computed.", {
      fields: { ClientComputedContentSHA256: this.#sha256.value, S3ComputedContentSHA256: computed },
    });
  }

  #checkMd5(): void {
    if (!this.#md5) return;
    const computed = this.#md5.hash.digest("base64");
    if (computed === this.#md5.value) return;
    throw new AwsError("BadDigest", "The Content-MD5 you specified did not match what we received.", {
      fields: { ExpectedDigest: this.#md5.value, CalculatedDigest: computed },
    });
  }
}

function expectedChecksums(headers: Readonly<Record<string, string>>): Expected[] {
  const expected: Expected[] = [];
  for (const name of Object.keys(headers)) {
    if (!name.startsWith(CHECKSUM_PREFIX) || NOT_CHECKSUMS.has(name)) continue;
    const value = headers[name] ?? "";
    const entry = expect(name, value);
    if (!isBase64Of(value, CHECKSUM_BYTES[entry.algorithm] ?? 0))
      throw new AwsError("InvalidRequest", `Value for ${name} header is invalid.`);
    expected.push(entry);
  }
  const trailer = headers["x-amz-trailer"];
  if (trailer === undefined) return expected;
  for (const part of trailer.split(",")) {
    const name = part.trim().toLowerCase();
    if (name.startsWith(CHECKSUM_PREFIX)) expected.push(expect(name, undefined));
  }
  return expected;
}

function expect(name: string, value: string | undefined): Expected {
  const algorithm = name.slice(CHECKSUM_PREFIX.length);
  const checksum = createChecksum(algorithm);
  if (!checksum) throw new AwsError("NotImplemented", `The checksum algorithm ${algorithm} is not implemented by Hearth.`, { status: 501 });
  return { name, algorithm, checksum, value };
}

function isBase64Of(text: string, bytes: number): boolean {
  return /^[A-Za-z0-9+/]+={0,2}$/.test(text) && text.length % 4 === 0 && Buffer.from(text, "base64").length === bytes;
}

function missingLength(): AwsError {
  return new AwsError("MissingContentLength", "You must provide the Content-Length HTTP header.", { status: 411 });
}

function wrongLength(): AwsError {
  return incompleteBody("You did not provide the number of bytes specified by the Content-Length HTTP header");
}
