// Signature Version 4: the worked examples of AWS's documentation (Amazon S3 API reference, "Authenticating requests"), and the
// test suite that botocore's source distribution carries, where HEARTH_PROTOCOL_TESTS leads to it (see vectors.test.ts).
import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { hasCode } from "../../src/kernel/errors.ts";
import { type Credential, credentialOf } from "../../src/protocol/credential.ts";
import { Incoming } from "../../src/protocol/incoming.ts";
import { amzDateMs, canonicalRequest, chunkVerifier, verifySignature } from "../../src/protocol/signature.ts";
import { collectUpload, openUpload } from "../../src/protocol/upload.ts";
import { httpRequest, type RequestParts } from "./request.ts";

const SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const SCOPE = "AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request";
const DATE = "20130524T000000Z";
const NOW = amzDateMs(DATE);
const EMPTY = hash("sha256", "", "hex");
const HOST = "examplebucket.s3.amazonaws.com";

function signed(parts: RequestParts, signedHeaders: string, signature: string): RequestParts {
  return {
    ...parts,
    headers: {
      ...parts.headers,
      Authorization: `AWS4-HMAC-SHA256 Credential=${SCOPE},SignedHeaders=${signedHeaders},Signature=${signature}`,
    },
  };
}

function credentialIn(incoming: Incoming): Credential {
  const credential = credentialOf(incoming);
  assert.ok(credential && credential.kind !== "legacy");
  return credential;
}

async function verify(parts: RequestParts, options: { secret?: string; nowMs?: number } = {}): Promise<string> {
  const incoming = new Incoming(httpRequest(parts));
  try {
    const payloadHash = async () => hash("sha256", await incoming.raw(), "hex");
    await verifySignature(incoming, credentialIn(incoming), options.secret ?? SECRET, options.nowMs ?? NOW, payloadHash);
    return "ok";
  } catch (error) {
    assert.ok(error instanceof Error && "code" in error, String(error));
    return String(error.code);
  }
}

const GET_RANGE = signed(
  { method: "GET", target: "/test.txt", headers: { Host: HOST, Range: "bytes=0-9", "x-amz-content-sha256": EMPTY, "x-amz-date": DATE } },
  "host;range;x-amz-content-sha256;x-amz-date",
  "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
);
const PUT_OBJECT = signed(
  {
    method: "PUT",
    target: "/test%24file.text",
    headers: {
      Host: HOST,
      Date: "Fri, 24 May 2013 00:00:00 GMT",
      "x-amz-date": DATE,
      "x-amz-storage-class": "REDUCED_REDUNDANCY",
      "x-amz-content-sha256": hash("sha256", "Welcome to Amazon S3.", "hex"),
    },
    body: "Welcome to Amazon S3.",
  },
  "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
  "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
);
const LIFECYCLE = signed(
  { method: "GET", target: "/?lifecycle", headers: { Host: HOST, "x-amz-date": DATE, "x-amz-content-sha256": EMPTY } },
  "host;x-amz-content-sha256;x-amz-date",
  "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
);
const LIST = signed(
  { method: "GET", target: "/?max-keys=2&prefix=J", headers: { Host: HOST, "x-amz-date": DATE, "x-amz-content-sha256": EMPTY } },
  "host;x-amz-content-sha256;x-amz-date",
  "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
);
const PRESIGNED: RequestParts = {
  method: "GET",
  target: `/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=${encodeURIComponent(SCOPE)}&X-Amz-Date=${DATE}&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404`,
  headers: { Host: HOST },
};

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 3600_000;

for (const [name, parts, options, expected] of [
  ["GET with a range", GET_RANGE, {}, "ok"],
  ["PUT with a body", PUT_OBJECT, {}, "ok"],
  ["GET with an empty parameter", LIFECYCLE, {}, "ok"],
  ["GET with parameters", LIST, {}, "ok"],
  ["a presigned URL", PRESIGNED, {}, "ok"],
  ["a presigned URL in its last second", PRESIGNED, { nowMs: NOW + DAY_MS }, "ok"],
  ["a presigned URL after its end", PRESIGNED, { nowMs: NOW + DAY_MS + 1 }, "AccessDenied"],
  ["a presigned URL before its time", PRESIGNED, { nowMs: NOW - 16 * MINUTE_MS }, "AccessDenied"],
  ["another secret", GET_RANGE, { secret: "no" }, "SignatureDoesNotMatch"],
  ["a changed path", { ...GET_RANGE, target: "/test.txu" }, {}, "SignatureDoesNotMatch"],
  ["a changed signed header", { ...GET_RANGE, headers: { ...GET_RANGE.headers, Range: "bytes=0-8" } }, {}, "SignatureDoesNotMatch"],
  ["a header that is not signed", { ...GET_RANGE, headers: { ...GET_RANGE.headers, "x-other": "1" } }, {}, "ok"],
  ["another method", { ...GET_RANGE, method: "PUT" }, {}, "SignatureDoesNotMatch"],
  ["14 minutes late", GET_RANGE, { nowMs: NOW + 14 * MINUTE_MS }, "ok"],
  ["16 minutes late", GET_RANGE, { nowMs: NOW + 16 * MINUTE_MS }, "RequestTimeTooSkewed"],
  ["16 minutes early", GET_RANGE, { nowMs: NOW - 16 * MINUTE_MS }, "RequestTimeTooSkewed"],
  ["no date", { ...GET_RANGE, headers: { ...GET_RANGE.headers, "x-amz-date": "" } }, {}, "AccessDenied"],
  [
    "a date of another day",
    { ...GET_RANGE, headers: { ...GET_RANGE.headers, "x-amz-date": "20130525T000000Z" } },
    {},
    "SignatureDoesNotMatch",
  ],
] as const) {
  test(`documented example: ${name}: ${expected}`, async () => assert.equal(await verify(parts, options), expected));
}

/** The documented upload of 65 KiB of `a` in chunks of 64 KiB. */
function chunkedUpload(seed: string, trailer: boolean, chunkSignatures: readonly string[], tail: string): RequestParts {
  const [first, second, last] = chunkSignatures;
  const body = `10000;chunk-signature=${first}\r\n${"a".repeat(65_536)}\r\n400;chunk-signature=${second}\r\n${"a".repeat(1024)}\r\n0;chunk-signature=${last}\r\n${tail}`;
  const headers = {
    Host: "s3.amazonaws.com",
    "x-amz-date": DATE,
    "x-amz-storage-class": "REDUCED_REDUNDANCY",
    "x-amz-content-sha256": trailer ? "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER" : "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
    "Content-Encoding": "aws-chunked",
    "x-amz-decoded-content-length": "66560",
    ...(trailer ? { "x-amz-trailer": "x-amz-checksum-crc32c" } : { "Content-Length": "66824" }),
  };
  const names = trailer
    ? "content-encoding;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class;x-amz-trailer"
    : "content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class";
  return signed({ method: "PUT", target: "/examplebucket/chunkObject.txt", headers, body, chunkBytes: 1000 }, names, seed);
}

const CHUNKED = chunkedUpload(
  "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
  false,
  [
    "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
    "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
    "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
  ],
  "\r\n",
);
const WITH_TRAILER = chunkedUpload(
  "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e",
  true,
  [
    "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2",
    "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7",
    "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992",
  ],
  "x-amz-checksum-crc32c:sOO8/Q==\r\nx-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n",
);

/** Through the whole of it: the request's signature, each chunk's, the trailer's, the checksum. */
async function upload(parts: RequestParts): Promise<string> {
  const request = httpRequest(parts);
  const incoming = new Incoming(request);
  const credential = credentialIn(incoming);
  await verifySignature(incoming, credential, SECRET, NOW, async () => EMPTY);
  const trailers: string[] = [];
  const opened = await openUpload(request, chunkVerifier(incoming, credential, SECRET), (name, value) => trailers.push(`${name}=${value}`));
  return `${(await collectUpload(opened)).length} bytes ${trailers.join()}`.trim();
}

test("documented example: signed chunks", async () => assert.equal(await upload(CHUNKED), "66560 bytes"));
test("documented example: signed chunks and a trailer", async () => {
  assert.equal(await upload(WITH_TRAILER), "66560 bytes x-amz-checksum-crc32c=sOO8/Q==");
});

function withBody(parts: RequestParts, change: (body: string) => string): RequestParts {
  return { ...parts, body: change(String(parts.body)) };
}

for (const [name, parts, code] of [
  ["a changed byte", withBody(CHUNKED, (body) => body.replace("aaaa", "aaba")), "SignatureDoesNotMatch"],
  ["a missing last chunk", withBody(CHUNKED, (body) => body.slice(0, body.indexOf("0;chunk-signature=b6c6"))), "IncompleteBody"],
  ["a missing chunk signature", withBody(CHUNKED, (body) => body.replace(/;chunk-signature=ad80\w+/, "")), "SignatureDoesNotMatch"],
  ["a changed trailer", withBody(WITH_TRAILER, (body) => body.replace("sOO8", "sOO9")), "SignatureDoesNotMatch"],
  ["a trailer signature of another", withBody(WITH_TRAILER, (body) => body.replace("d81f", "d81e")), "SignatureDoesNotMatch"],
] as const) {
  test(`signed chunks with ${name}: ${code}`, async () => {
    await assert.rejects(upload(parts), (error) => hasCode(error, code));
  });
}

const suite = join(process.env["HEARTH_PROTOCOL_TESTS"] ?? "", "auth", "aws4_testsuite");
const SUITE_SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
/** Cases that no server meets. */
const SUITE_EXCLUDED: Readonly<Record<string, string>> = {
  "get-header-value-multiline": "folded header lines are refused by HTTP servers (RFC 9112)",
};

/** `VERB target HTTP/1.1`, header lines, an empty line, the body. */
function parseRequestText(text: string): RequestParts {
  const [head = "", ...rest] = text.replace(/\r\n/g, "\n").split("\n\n");
  const [line = "", ...lines] = head.split("\n");
  const headers: Record<string, string> = {};
  for (const header of lines) {
    const colon = header.indexOf(":");
    const name = header.slice(0, colon).toLowerCase();
    const value = header.slice(colon + 1).trim();
    headers[name] = headers[name] === undefined ? value : `${headers[name]},${value}`;
  }
  const target = line.slice(line.indexOf(" ") + 1, line.lastIndexOf(" "));
  return { method: line.slice(0, line.indexOf(" ")), target, headers, body: rest.join("\n\n") };
}

function suiteCases(directory: string): readonly string[] {
  return readdirSync(directory, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".sreq"));
}

if (!existsSync(suite))
  test("AWS's Signature Version 4 test suite", { skip: "HEARTH_PROTOCOL_TESTS does not lead to auth/aws4_testsuite" }, () => {});
else {
  for (const file of suiteCases(suite)) {
    const name = file.slice(file.lastIndexOf("/") + 1, -".sreq".length);
    const reason = SUITE_EXCLUDED[name];
    test(`suite: ${name}`, { ...(reason !== undefined && { skip: reason }) }, async () => {
      const sent = parseRequestText(readFileSync(join(suite, file), "utf8"));
      // One case's signed request holds the signature of another.
      const parts = {
        ...sent,
        headers: { ...sent.headers, authorization: readFileSync(join(suite, file.replace(/sreq$/, "authz")), "utf8") },
      };
      const incoming = new Incoming(httpRequest(parts));
      const canonical = readFileSync(join(suite, file.replace(/sreq$/, "creq")), "utf8").replace(/\r\n/g, "\n");
      assert.equal(canonicalRequest(incoming, credentialIn(incoming), hash("sha256", await incoming.raw(), "hex"), false), canonical);
      assert.equal(await verify(parts, { secret: SUITE_SECRET, nowMs: amzDateMs("20150830T123600Z") }), "ok");
    });
  }
}
