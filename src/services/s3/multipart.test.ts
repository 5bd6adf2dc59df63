// Multipart uploads through their operations.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { afterEach, beforeEach, describe, test } from "node:test";
import { httpAnswerOf } from "../../contract/answer.ts";
import type { InputOf } from "../../contract/models.ts";
import { crc32, crc64nvme } from "../../kernel/checksums.ts";
import { bytesOf, createS3World, errorOf, pattern, type S3World, stream } from "./s3-world.test.ts";

let world: S3World;
beforeEach(async () => {
  world = await createS3World();
  await world.call("s3", "CreateBucket", { Bucket: "box" });
});
afterEach(() => world.close());

const MIB = 1024 * 1024;
const place = { Bucket: "box", Key: "big" };

async function begin(input: Partial<InputOf<"s3", "CreateMultipartUpload">> = {}): Promise<string> {
  return (await world.call("s3", "CreateMultipartUpload", { ...place, ...input })).UploadId ?? "";
}

async function send(UploadId: string, PartNumber: number, bytes: Uint8Array, more: Partial<InputOf<"s3", "UploadPart">> = {}) {
  const { ETag = "", ...sums } = await world.call("s3", "UploadPart", { ...place, UploadId, PartNumber, Body: stream(bytes), ...more });
  return { PartNumber, ETag, ...sums };
}

function complete(
  UploadId: string,
  Parts: { PartNumber: number; ETag: string }[],
  more: Partial<InputOf<"s3", "CompleteMultipartUpload">> = {},
) {
  return world.call("s3", "CompleteMultipartUpload", { ...place, UploadId, MultipartUpload: { Parts }, ...more });
}

function sumOf(make: typeof crc32, bytes: Uint8Array): string {
  const sum = make();
  sum.update(bytes);
  return sum.digest();
}

test("parts sent in any order, one of them twice, become one object", async () => {
  const [a, b, c] = [pattern(5 * MIB, 1), pattern(5 * MIB + 7, 2), pattern(1000, 3)];
  const UploadId = await begin({ ContentType: "video/x", Metadata: { a: "1" }, StorageClass: "STANDARD_IA" });
  const third = await send(UploadId, 9, c);
  await send(UploadId, 2, pattern(10));
  const second = await send(UploadId, 2, b);
  const first = await send(UploadId, 1, a);
  await send(UploadId, 5, pattern(50));
  const done = await complete(UploadId, [first, second, third]);
  const whole = Buffer.concat([a, b, c]);
  const digests = [a, b, c].map((part) => createHash("md5").update(part).digest());
  assert.equal(done.ETag, `"${createHash("md5").update(Buffer.concat(digests)).digest("hex")}-3"`);
  assert.equal(done.ChecksumCRC64NVME, sumOf(crc64nvme, whole), "the checksum of the whole, combined from the parts'");
  const got = await world.call("s3", "GetObject", { ...place, ChecksumMode: "ENABLED" });
  assert.deepEqual(Buffer.from(await bytesOf(got.Body)), whole);
  assert.deepEqual(
    [got.ContentType, got.Metadata, got.StorageClass, got.ChecksumType],
    ["video/x", { a: "1" }, "STANDARD_IA", "FULL_OBJECT"],
  );

  for (const [start, end] of [
    [0, 0],
    [5 * MIB - 1, 5 * MIB],
    [5 * MIB, 10 * MIB + 6],
    [10 * MIB, 10 * MIB + 1006],
    [3, 10 * MIB + 500],
  ] as const) {
    const range = await world.call("s3", "GetObject", { ...place, Range: `bytes=${start}-${end}` });
    assert.deepEqual(Buffer.from(await bytesOf(range.Body)), whole.subarray(start, end + 1), `${start}-${end}`);
  }

  const part = await world.call("s3", "GetObject", { ...place, PartNumber: 2 });
  assert.deepEqual(Buffer.from(await bytesOf(part.Body)), Buffer.from(b));
  assert.deepEqual(
    [part.PartsCount, part.ContentRange, httpAnswerOf(part)?.status],
    [3, `bytes ${5 * MIB}-${10 * MIB + 6}/${whole.length}`, 206],
  );
  assert.equal((await errorOf(world.call("s3", "HeadObject", { ...place, PartNumber: 4 }))).code, "InvalidPartNumber");

  // A client that lost the answer asks again.
  assert.equal((await complete(UploadId, [first, second, third])).ETag, done.ETag);
  // The bytes of the parts that were not used, and then all of them, are let go of.
  await world.call("s3", "DeleteObject", place);
  assert.equal((await errorOf(complete(UploadId, [first]))).code, "NoSuchUpload");
});

describe("what is refused", () => {
  const etag = '"0123456789abcdef0123456789abcdef"';
  test("at the end", async () => {
    const UploadId = await begin();
    const one = await send(UploadId, 1, pattern(100));
    const two = await send(UploadId, 2, pattern(100));
    for (const [parts, code] of [
      [[], "InvalidRequest"],
      [[two, one], "InvalidPartOrder"],
      [[one, one], "InvalidPartOrder"],
      [[{ ...one, ETag: etag }], "InvalidPart"],
      [[{ ...one, PartNumber: 3 }], "InvalidPart"],
      [[one, two], "EntityTooSmall"],
    ] as const) {
      assert.equal((await errorOf(complete(UploadId, [...parts]))).code, code);
    }
    assert.equal((await errorOf(complete("none", [one]))).code, "NoSuchUpload");
    assert.equal((await errorOf(complete(UploadId, [one], { MpuObjectSize: 99 }))).code, "InvalidRequest");
    await world.call("s3", "PutObject", place);
    assert.equal((await errorOf(complete(UploadId, [one], { IfNoneMatch: "*" }))).code, "PreconditionFailed");
    await complete(UploadId, [one]);
  });

  test("on the way", async () => {
    const UploadId = await begin({ ChecksumAlgorithm: "SHA256" });
    for (const [PartNumber, more, code] of [
      [0, {}, "InvalidArgument"],
      [10_001, {}, "InvalidArgument"],
      [1, { UploadId: "none" }, "NoSuchUpload"],
      [1, { Key: "other" }, "NoSuchUpload"],
      [1, { ChecksumAlgorithm: "CRC32" }, "InvalidRequest"],
      [1, { ContentMD5: "AAAAAAAAAAAAAAAAAAAAAA==" }, "BadDigest"],
    ] as const) {
      assert.equal((await errorOf(send(UploadId, PartNumber, pattern(10), more))).code, code);
    }
    assert.deepEqual(await world.platform.blobs.list(undefined, 10), []);
  });

  test("at the beginning", async () => {
    assert.equal((await errorOf(begin({ ChecksumType: "FULL_OBJECT" }))).code, "InvalidRequest");
    assert.equal((await errorOf(begin({ ChecksumAlgorithm: "SHA256", ChecksumType: "FULL_OBJECT" }))).code, "InvalidRequest");
    assert.equal((await errorOf(begin({ ChecksumAlgorithm: "CRC64NVME", ChecksumType: "COMPOSITE" }))).code, "InvalidRequest");
    assert.equal((await errorOf(begin({ Bucket: "none" }))).code, "NoSuchBucket");
  });
});

describe("checksums", () => {
  const bytes = [pattern(5 * MIB, 1), pattern(77, 2)] as const;
  const whole = Buffer.concat(bytes);

  test("of wholes are combined", async () => {
    const UploadId = await begin({ ChecksumAlgorithm: "CRC32", ChecksumType: "FULL_OBJECT" });
    const parts = [await send(UploadId, 1, bytes[0]), await send(UploadId, 2, bytes[1])];
    assert.equal((await errorOf(complete(UploadId, parts, { ChecksumCRC32: "AAAAAA==" }))).code, "BadDigest");
    assert.equal((await errorOf(complete(UploadId, parts, { ChecksumType: "COMPOSITE" }))).code, "InvalidRequest");
    const done = await complete(UploadId, parts, { ChecksumCRC32: sumOf(crc32, whole), ChecksumType: "FULL_OBJECT" });
    assert.deepEqual([done.ChecksumCRC32, done.ChecksumType], [sumOf(crc32, whole), "FULL_OBJECT"]);
  });

  test("of composites are hashed, and must be named part by part", async () => {
    const UploadId = await begin({ ChecksumAlgorithm: "SHA256" });
    const parts = [await send(UploadId, 1, bytes[0]), await send(UploadId, 2, bytes[1])];
    const bare = parts.map(({ PartNumber, ETag }) => ({ PartNumber, ETag }));
    assert.match((await errorOf(complete(UploadId, bare))).message, /missing for part 1/);
    const done = await complete(UploadId, parts);
    const digests = bytes.map((part) => createHash("sha256").update(part).digest());
    assert.equal(done.ChecksumSHA256, `${createHash("sha256").update(Buffer.concat(digests)).digest("base64")}-2`);
    assert.equal(done.ChecksumType, "COMPOSITE");
    const attributes = await world.call("s3", "GetObjectAttributes", { ...place, ObjectAttributes: ["ObjectParts"], MaxParts: 1 });
    assert.deepEqual(
      [attributes.ObjectParts?.TotalPartsCount, attributes.ObjectParts?.Parts?.length, attributes.ObjectParts?.IsTruncated],
      [2, 1, true],
    );
  });
});

test("parts are copied from objects of any kind, whole or in part", async () => {
  const source = pattern(6 * MIB, 4);
  await world.call("s3", "PutObject", { Bucket: "box", Key: "from", Body: stream(source) });
  const UploadId = await begin();
  const copy = (PartNumber: number, CopySourceRange?: string) =>
    world.call("s3", "UploadPartCopy", {
      ...place,
      UploadId,
      PartNumber,
      CopySource: "box/from",
      ...(CopySourceRange && { CopySourceRange }),
    });
  const first = await copy(1);
  const second = await copy(2, "bytes=10-19");
  assert.equal((await errorOf(copy(3, "bytes=10-"))).code, "InvalidArgument");
  assert.equal((await errorOf(copy(3, `bytes=0-${6 * MIB}`))).code, "InvalidArgument");
  const parts = [first, second].map((answer, index) => ({ PartNumber: index + 1, ETag: answer.CopyPartResult?.ETag ?? "" }));
  await complete(UploadId, parts);
  const got = await world.call("s3", "GetObject", place);
  assert.deepEqual(Buffer.from(await bytesOf(got.Body)), Buffer.concat([source, source.subarray(10, 20)]));
  // A multipart object copied becomes one of one piece.
  await world.call("s3", "CopyObject", { Bucket: "box", Key: "flat", CopySource: "box/big" });
  const flat = await world.call("s3", "HeadObject", { Bucket: "box", Key: "flat", PartNumber: 1 });
  assert.doesNotMatch(flat.ETag ?? "", /-/);
  assert.equal(flat.PartsCount, undefined);
});

test("parts are listed in pages", async () => {
  const UploadId = await begin();
  for (const number of [1, 2, 5, 10]) await send(UploadId, number, pattern(number));
  const first = await world.call("s3", "ListParts", { ...place, UploadId, MaxParts: 3 });
  assert.deepEqual(
    first.Parts?.map((part) => [part?.PartNumber, part?.Size]),
    [
      [1, 1],
      [2, 2],
      [5, 5],
    ],
  );
  assert.deepEqual([first.IsTruncated, first.NextPartNumberMarker], [true, "5"]);
  const second = await world.call("s3", "ListParts", { ...place, UploadId, PartNumberMarker: "5" });
  assert.deepEqual(
    second.Parts?.map((part) => part?.PartNumber),
    [10],
  );
  assert.equal(second.IsTruncated, false);
});

test("uploads are listed by key and age, rolled up, in pages, and end with their abortion", async () => {
  const ids: Record<string, string[]> = {};
  for (const Key of ["b", "a/1", "a/2", "b", "b"]) {
    await world.advance(5);
    ids[Key] = [...(ids[Key] ?? []), await begin({ Key })];
  }
  const walk = async (input: Partial<InputOf<"s3", "ListMultipartUploads">>) => {
    const seen: string[] = [];
    let markers = {};
    for (;;) {
      const page = await world.call("s3", "ListMultipartUploads", { Bucket: "box", ...input, ...markers });
      for (const upload of page.Uploads ?? []) seen.push(`${upload?.Key}:${ids[upload?.Key ?? ""]?.indexOf(upload?.UploadId ?? "")}`);
      for (const prefix of page.CommonPrefixes ?? []) seen.push(`${prefix?.Prefix}`);
      if (!page.IsTruncated) return seen;
      markers = { KeyMarker: page.NextKeyMarker, ...(page.NextUploadIdMarker && { UploadIdMarker: page.NextUploadIdMarker }) };
    }
  };
  const all = ["a/1:0", "a/2:0", "b:0", "b:1", "b:2"];
  assert.deepEqual(await walk({}), all);
  assert.deepEqual(await walk({ MaxUploads: 1 }), all);
  assert.deepEqual(await walk({ MaxUploads: 2 }), all);
  assert.deepEqual(await walk({ Delimiter: "/", MaxUploads: 1 }), ["a/", "b:0", "b:1", "b:2"]);
  assert.deepEqual(await walk({ Prefix: "a" }), ["a/1:0", "a/2:0"]);
  const abort = () => world.call("s3", "AbortMultipartUpload", { Bucket: "box", Key: "b", UploadId: ids["b"]?.[1] ?? "" });
  await abort();
  assert.equal((await errorOf(abort())).code, "NoSuchUpload");
  assert.deepEqual(await walk({ Prefix: "b" }), ["b:0", "b:2"]);
});

test("an upload that was aborted while a part came in keeps nothing of it", async () => {
  const UploadId = await begin();
  async function* slow() {
    yield pattern(10);
    await world.call("s3", "AbortMultipartUpload", { ...place, UploadId });
    yield pattern(10);
  }
  const part = world.call("s3", "UploadPart", { ...place, UploadId, PartNumber: 1, Body: slow() });
  assert.equal((await errorOf(part)).code, "NoSuchUpload");
  assert.deepEqual(await world.platform.blobs.list(undefined, 10), []);
});
