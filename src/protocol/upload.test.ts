// Bodies of S3 requests: framing, trailers, lengths and checksums, at once and streamed, each in pieces of every size.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import type { HttpRequest } from "../contract/http.ts";
import { AwsError } from "../kernel/errors.ts";
import { createChecksum } from "./checksums.ts";
import { collectUpload, openUpload } from "./upload.ts";

type Headers = Readonly<Record<string, string>>;

const DATA = "hello, wörld";
const LENGTH = String(Buffer.byteLength(DATA));
const SHA256 = createHash("sha256").update(DATA).digest("hex");
const MD5 = createHash("md5").update(DATA).digest("base64");

function checksum(algorithm: string): string {
  const computed = createChecksum(algorithm);
  computed?.update(Buffer.from(DATA));
  return computed?.digest() ?? "";
}

function requestOf(headers: Headers, body: string, pieceBytes: number, small: boolean): HttpRequest {
  const bytes = Buffer.from(body);
  return {
    method: "PUT",
    path: "/b/k",
    query: "",
    // Without a length on the wire a body is streamed, as a large one is.
    headers: { ...(small && { "content-length": String(bytes.length) }), ...headers },
    rawHeaders: [],
    body: {
      collect: async () => bytes,
      async *[Symbol.asyncIterator]() {
        for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
      },
    },
    sourceIp: "127.0.0.1",
    protocol: "HTTP/1.1",
    scheme: "http",
    signal: new AbortController().signal,
  };
}

async function outcome(headers: Headers, body: string, pieceBytes: number, small: boolean): Promise<string> {
  const trailers: string[] = [];
  try {
    const upload = await openUpload(requestOf(headers, body, pieceBytes, small), undefined, (name, value) =>
      trailers.push(`${name}=${value}`),
    );
    const whole = Buffer.from(await collectUpload(upload)).toString();
    return [whole, upload.contentLength ?? "", upload.contentEncoding ?? "", ...trailers].join("|");
  } catch (error) {
    assert.ok(error instanceof AwsError, String(error));
    return error.code;
  }
}

const CHUNKED: Headers = {
  "content-encoding": "aws-chunked",
  "x-amz-decoded-content-length": LENGTH,
  "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
};
const TRAILED: Headers = { ...CHUNKED, "x-amz-trailer": "x-amz-checksum-crc32" };
const TWO_CHUNKS = "5\r\nhello\r\n8\r\n, wörld\r\n0\r\n";

for (const [name, headers, body, expected] of [
  ["plain", {}, DATA, `${DATA}||`],
  ["its SHA-256", { "x-amz-content-sha256": SHA256 }, DATA, `${DATA}||`],
  ["another SHA-256", { "x-amz-content-sha256": SHA256.replace(/^./, "0") }, `${DATA}!`, "XAmzContentSHA256Mismatch"],
  ["its MD5", { "content-md5": MD5 }, DATA, `${DATA}||`],
  ["another MD5", { "content-md5": MD5 }, `${DATA}!`, "BadDigest"],
  ["an MD5 that is none", { "content-md5": "abc" }, DATA, "InvalidDigest"],
  ["its CRC-32", { "x-amz-checksum-crc32": checksum("crc32") }, DATA, `${DATA}||`],
  ["its CRC-64", { "x-amz-checksum-crc64nvme": checksum("crc64nvme") }, DATA, `${DATA}||`],
  ["another CRC-32C", { "x-amz-checksum-crc32c": checksum("crc32") }, DATA, "BadDigest"],
  ["a checksum of the wrong length", { "x-amz-checksum-sha256": checksum("crc32") }, DATA, "InvalidRequest"],
  ["an algorithm that is not known", { "x-amz-checksum-xxhash64": "AAAAAAAAAAA=" }, DATA, "NotImplemented"],
  [
    "two checksums, one wrong",
    { "x-amz-checksum-crc32": checksum("crc32"), "x-amz-checksum-sha1": checksum("sha1").replace(/^./, "!") },
    DATA,
    "InvalidRequest",
  ],
  [
    "headers that only sound like checksums",
    { "x-amz-checksum-mode": "ENABLED", "x-amz-checksum-type": "FULL_OBJECT", "x-amz-sdk-checksum-algorithm": "CRC32" },
    DATA,
    `${DATA}||`,
  ],
  ["chunks", CHUNKED, `${TWO_CHUNKS}\r\n`, `${DATA}|${LENGTH}|`],
  ["chunks without the last empty line", CHUNKED, TWO_CHUNKS, `${DATA}|${LENGTH}|`],
  ["chunks and another encoding", { ...CHUNKED, "content-encoding": "gzip,aws-chunked" }, `${TWO_CHUNKS}\r\n`, `${DATA}|${LENGTH}|gzip`],
  ["chunks told by the hash alone", { ...CHUNKED, "content-encoding": "" }, `${TWO_CHUNKS}\r\n`, `${DATA}|${LENGTH}|`],
  [
    "a trailer",
    TRAILED,
    `${TWO_CHUNKS}x-amz-checksum-crc32:${checksum("crc32")}\r\n\r\n`,
    `${DATA}|${LENGTH}||x-amz-checksum-crc32=${checksum("crc32")}`,
  ],
  [
    "a trailer without line ends",
    TRAILED,
    `${TWO_CHUNKS}x-amz-checksum-crc32:${checksum("crc32")}`,
    `${DATA}|${LENGTH}||x-amz-checksum-crc32=${checksum("crc32")}`,
  ],
  ["a wrong trailer", TRAILED, `${TWO_CHUNKS}x-amz-checksum-crc32:AAAAAA==\r\n\r\n`, "BadDigest"],
  ["a malformed trailer", TRAILED, `${TWO_CHUNKS}nonsense\r\n\r\n`, "MalformedTrailerError"],
  ["a trailer that never came", TRAILED, `${TWO_CHUNKS}\r\n`, "MalformedTrailerError"],
  ["a size that is none", CHUNKED, "xyz\r\nhello\r\n0\r\n\r\n", "IncompleteBody"],
  ["a size without end", CHUNKED, "1".repeat(5000), "IncompleteBody"],
  ["a size larger than the chunk", CHUNKED, "6\r\nhello\r\n0\r\n\r\n", "IncompleteBody"],
  ["an end before the last chunk", CHUNKED, "5\r\nhello\r\n", "IncompleteBody"],
  ["fewer bytes than declared", CHUNKED, "5\r\nhello\r\n0\r\n\r\n", "IncompleteBody"],
  ["more bytes than declared", { ...CHUNKED, "x-amz-decoded-content-length": "4" }, `${TWO_CHUNKS}\r\n`, "IncompleteBody"],
  ["no declared length", { "content-encoding": "aws-chunked" }, `${TWO_CHUNKS}\r\n`, "MissingContentLength"],
] as const) {
  test(`${name}: ${expected.replaceAll("\n", " ")}`, async () => {
    for (const pieceBytes of [1, 2, 3, 7, 1000])
      assert.equal(await outcome(headers, body, pieceBytes, false), expected, `streamed in pieces of ${pieceBytes}`);
    // At once, a plain body's length is known.
    const known = "content-encoding" in headers ? expected : expected.replace("||", `|${Buffer.byteLength(body)}|`);
    assert.equal(await outcome(headers, body, 1000, true), known, "at once");
  });
}
