// Objects through their operations: put, get, head, delete, copy, with conditions, ranges, metadata and limits.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { afterEach, beforeEach, describe, test } from "node:test";
import { httpAnswerOf } from "../../contract/answer.ts";
import { bytesOf, createS3World, errorOf, pattern, type S3World, stream } from "./s3-world.test.ts";

let world: S3World;
beforeEach(async () => {
  world = await createS3World();
  await world.call("s3", "CreateBucket", { Bucket: "box" });
});
afterEach(() => world.close());

const md5 = (bytes: Uint8Array) => createHash("md5").update(bytes).digest("hex");

for (const [size, where] of [
  [0, "nothing"],
  [1, "inline"],
  [32 * 1024, "inline, at the limit"],
  [32 * 1024 + 1, "in a blob"],
  [3_000_000, "in a blob of many chunks"],
] as const) {
  test(`an object of ${size} bytes (${where}) comes back as it went`, async () => {
    const bytes = pattern(size);
    const put = await world.call("s3", "PutObject", {
      Bucket: "box",
      Key: "a/b c",
      Body: stream(bytes, 64 * 1024),
      ContentType: "text/plain",
    });
    assert.equal(put.ETag, `"${md5(bytes)}"`);
    const got = await world.call("s3", "GetObject", { Bucket: "box", Key: "a/b c" });
    assert.deepEqual(await bytesOf(got.Body), bytes);
    assert.equal(got.ContentLength, size);
    assert.equal(got.ETag, put.ETag);
    assert.equal(got.ContentType, "text/plain");
    const head = await world.call("s3", "HeadObject", { Bucket: "box", Key: "a/b c", ChecksumMode: "ENABLED" });
    assert.equal(head.ContentLength, size);
    assert.equal(head.ChecksumCRC64NVME, put.ChecksumCRC64NVME);
    assert.equal(head.ChecksumType, "FULL_OBJECT");
  });

  if (size > 10) {
    test(`ranges of an object of ${size} bytes`, async () => {
      const bytes = pattern(size);
      await world.call("s3", "PutObject", { Bucket: "box", Key: "k", Body: stream(bytes) });
      for (const [range, start, end] of [
        ["bytes=0-9", 0, 9],
        ["bytes=5-", 5, size - 1],
        ["bytes=-7", size - 7, size - 1],
        [`bytes=3-${size * 2}`, 3, size - 1],
      ] as const) {
        const got = await world.call("s3", "GetObject", { Bucket: "box", Key: "k", Range: range, ChecksumMode: "ENABLED" });
        assert.deepEqual(await bytesOf(got.Body), bytes.subarray(start, end + 1), range);
        assert.equal(got.ContentRange, `bytes ${start}-${end}/${size}`);
        assert.equal(httpAnswerOf(got)?.status, 206);
        assert.equal(got.ChecksumCRC64NVME, undefined, "a checksum of the whole says nothing of a range");
      }
    });
  }
}

test("a range beyond the end, and one that is no range", async () => {
  await put("k", "0123456789");
  const error = await errorOf(world.call("s3", "GetObject", { Bucket: "box", Key: "k", Range: "bytes=10-" }));
  assert.equal(error.code, "InvalidRange");
  assert.equal(error.status, 416);
  assert.deepEqual(error.fields, { RangeRequested: "bytes=10-", ActualObjectSize: 10 });
  const whole = await world.call("s3", "GetObject", { Bucket: "box", Key: "k", Range: "bytes=7-3" });
  assert.equal(whole.ContentLength, 10);
  assert.equal(httpAnswerOf(whole)?.status, undefined);
});

describe("overwriting and deleting", () => {
  test("a reader that began keeps its bytes, and the old blob goes only after it was let go of", async () => {
    const old = pattern(200_000, 1);
    await world.call("s3", "PutObject", { Bucket: "box", Key: "k", Body: stream(old) });
    const got = await world.call("s3", "GetObject", { Bucket: "box", Key: "k" });
    await put("k", "new");
    assert.deepEqual(await bytesOf(got.Body), old);
    assert.equal(await text("k"), "new");
    await world.call("s3", "DeleteObject", { Bucket: "box", Key: "k" });
    assert.equal((await errorOf(world.call("s3", "GetObject", { Bucket: "box", Key: "k" }))).code, "NoSuchKey");
    assert.deepEqual(await world.call("s3", "DeleteObject", { Bucket: "box", Key: "k" }), {});
  });

  test("nothing is left in the blob store of an upload that breaks off, is refused, or has the wrong digest", async () => {
    async function* broken() {
      yield pattern(100_000);
      throw new Error("the client went away");
    }
    await assert.rejects(world.call("s3", "PutObject", { Bucket: "box", Key: "k", Body: broken() }), /went away/);
    await put("taken", "x");
    const conditional = world.call("s3", "PutObject", { Bucket: "box", Key: "taken", Body: stream(pattern(100_000)), IfNoneMatch: "*" });
    assert.equal((await errorOf(conditional)).code, "PreconditionFailed");
    const digest = world.call("s3", "PutObject", {
      Bucket: "box",
      Key: "k",
      Body: stream(pattern(100_000)),
      ContentMD5: "AAAAAAAAAAAAAAAAAAAAAA==",
    });
    assert.equal((await errorOf(digest)).code, "BadDigest");
    const missing = world.call("s3", "PutObject", { Bucket: "none", Key: "k", Body: stream(pattern(100_000)) });
    assert.equal((await errorOf(missing)).code, "NoSuchBucket");
    assert.deepEqual(await world.platform.blobs.list(undefined, 10), []);
    assert.equal((await errorOf(world.call("s3", "HeadObject", { Bucket: "box", Key: "k" }))).code, "NotFound");
  });
});

describe("conditional writes", () => {
  const cases: [name: string, condition: object, exists: boolean, expected: string | undefined][] = [
    ["If-None-Match * on nothing", { IfNoneMatch: "*" }, false, undefined],
    ["If-None-Match * on an object", { IfNoneMatch: "*" }, true, "PreconditionFailed"],
    ["If-None-Match with an ETag", { IfNoneMatch: '"abc"' }, false, "NotImplemented"],
    ["If-Match with the ETag", { IfMatch: `"${md5(Buffer.from("old"))}"` }, true, undefined],
    ["If-Match with the bare ETag", { IfMatch: md5(Buffer.from("old")) }, true, undefined],
    ["If-Match with another ETag", { IfMatch: '"abc"' }, true, "PreconditionFailed"],
    ["If-Match on nothing", { IfMatch: '"abc"' }, false, "NoSuchKey"],
  ];
  for (const [name, condition, exists, expected] of cases) {
    test(name, async () => {
      if (exists) await put("k", "old");
      const write = world.call("s3", "PutObject", { Bucket: "box", Key: "k", Body: stream(Buffer.from("new")), ...condition });
      if (expected === undefined) await write;
      else assert.equal((await errorOf(write)).code, expected);
      if (exists || expected === undefined) assert.equal(await text("k"), expected === undefined ? "new" : "old");
    });
  }

  test("of many writers that want to be the first, one is", async () => {
    const writes = Array.from({ length: 20 }, (_, n) =>
      world.call("s3", "PutObject", { Bucket: "box", Key: "lock", Body: stream(Buffer.from(String(n))), IfNoneMatch: "*" }),
    );
    const results = await Promise.allSettled(writes);
    assert.equal(results.filter((result) => result.status === "fulfilled").length, 1);
  });
});

describe("attributes", () => {
  test("headers, metadata, tags and storage class are stored and answered; aws-chunked is not", async () => {
    await world.call("s3", "PutObject", {
      Bucket: "box",
      Key: "k",
      Body: stream(Buffer.from("x")),
      CacheControl: "no-cache",
      ContentDisposition: "attachment",
      ContentEncoding: "aws-chunked,gzip",
      ContentLanguage: "de",
      Expires: new Date("2030-01-01T00:00:00Z"),
      Metadata: { Colour: "red", size: "L" },
      Tagging: "a=1&b=two%20words",
      StorageClass: "STANDARD_IA",
      WebsiteRedirectLocation: "/other",
    });
    const { Body, LastModified, ETag, ...got } = await world.call("s3", "GetObject", { Bucket: "box", Key: "k" });
    assert.deepEqual(JSON.parse(JSON.stringify(got)), {
      AcceptRanges: "bytes",
      ContentLength: 1,
      ContentType: "binary/octet-stream",
      CacheControl: "no-cache",
      ContentDisposition: "attachment",
      ContentEncoding: "gzip",
      ContentLanguage: "de",
      Expires: "2030-01-01T00:00:00.000Z",
      WebsiteRedirectLocation: "/other",
      Metadata: { colour: "red", size: "L" },
      StorageClass: "STANDARD_IA",
      TagCount: 2,
    });
    const { TagSet } = await world.call("s3", "GetObjectTagging", { Bucket: "box", Key: "k" });
    assert.deepEqual(TagSet, [
      { Key: "a", Value: "1" },
      { Key: "b", Value: "two words" },
    ]);
  });

  test("answers may be told other headers", async () => {
    await put("k", "x");
    const got = await world.call("s3", "GetObject", {
      Bucket: "box",
      Key: "k",
      ResponseContentType: "image/png",
      ResponseCacheControl: "private",
      ResponseContentDisposition: "inline",
      ResponseContentEncoding: "br",
      ResponseContentLanguage: "fr",
      ResponseExpires: new Date(0),
    });
    assert.deepEqual(
      [got.ContentType, got.CacheControl, got.ContentDisposition, got.ContentEncoding, got.ContentLanguage, got.Expires?.getTime()],
      ["image/png", "private", "inline", "br", "fr", 0],
    );
  });

  const tags = (count: number) => Array.from({ length: count }, (_, n) => `k${n}=v`).join("&");
  const refusals: [name: string, input: object, code: string][] = [
    ["a key of 1,025 bytes", { Key: `${"ä".repeat(512)}x` }, "KeyTooLongError"],
    ["metadata of 2,049 bytes", { Metadata: { a: "x".repeat(2048) } }, "MetadataTooLarge"],
    ["eleven tags", { Tagging: tags(11) }, "BadRequest"],
    ["a tag twice", { Tagging: "a=1&a=2" }, "InvalidArgument"],
    ["a tag with a reserved name", { Tagging: "aws%3Ax=1" }, "InvalidTag"],
    ["a tag value of 257 characters", { Tagging: `a=${"x".repeat(257)}` }, "InvalidTag"],
    ["a foreign storage class", { StorageClass: "SNOW" }, "InvalidStorageClass"],
    ["a customer's key", { SSECustomerAlgorithm: "AES256" }, "NotImplemented"],
    ["an object lock", { ObjectLockMode: "GOVERNANCE" }, "NotImplemented"],
    ["a public ACL", { ACL: "public-read" }, "AccessControlListNotSupported"],
    ["two checksums", { ChecksumCRC32: "AAAAAA==", ChecksumSHA1: "2jmj7l5rSw0yVb/vlWAYkK/YBwk=" }, "InvalidRequest"],
    ["a checksum of the wrong length", { ChecksumCRC32: "AAA=" }, "InvalidRequest"],
    ["a Content-MD5 that is none", { ContentMD5: "x" }, "InvalidDigest"],
    ["a wrong Content-MD5", { ContentMD5: "AAAAAAAAAAAAAAAAAAAAAA==" }, "BadDigest"],
    ["a body that is said to be larger than 5 GiB", { ContentLength: 5 * 1024 ** 3 + 1 }, "EntityTooLarge"],
    ["a wrong checksum", { ChecksumCRC32: "AAAAAA==" }, "BadDigest"],
  ];
  for (const [name, input, code] of refusals) {
    test(`refuses ${name}`, async () => {
      const write = world.call("s3", "PutObject", { Bucket: "box", Key: "k", Body: stream(Buffer.from("x")), ...input });
      assert.equal((await errorOf(write)).code, code);
    });
  }

  test("takes a key of 1,024 bytes, metadata of 2,048 bytes, ten tags", async () => {
    const Key = "ä".repeat(512);
    const Metadata = { a: "x".repeat(2047) };
    await world.call("s3", "PutObject", { Bucket: "box", Key, Body: stream(Buffer.from("x")), Metadata, Tagging: tags(10) });
    assert.equal((await world.call("s3", "HeadObject", { Bucket: "box", Key })).Metadata?.["a"]?.length, 2047);
  });

  test("archived objects are listed and not read", async () => {
    await world.call("s3", "PutObject", { Bucket: "box", Key: "k", Body: stream(Buffer.from("x")), StorageClass: "GLACIER" });
    assert.equal((await world.call("s3", "HeadObject", { Bucket: "box", Key: "k" })).StorageClass, "GLACIER");
    assert.equal((await errorOf(world.call("s3", "GetObject", { Bucket: "box", Key: "k" }))).code, "InvalidObjectState");
  });

  for (const [algorithm, value] of [
    ["CRC32", "y/Q5Jg=="],
    ["CRC32C", "4waSgw=="],
    ["CRC64NVME", "rosUhgp5mIg="],
    ["SHA1", "98O8HYCOBHMq32eZZczDTKeuNEE="],
    ["SHA256", "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU="],
  ] as const) {
    test(`a ${algorithm} checksum is verified, kept and answered`, async () => {
      const input = { Bucket: "box", Key: "k", Body: stream(Buffer.from("123456789")), [`Checksum${algorithm}`]: value };
      const put = await world.call("s3", "PutObject", input);
      assert.equal(put[`Checksum${algorithm}`], value);
      assert.equal((await world.call("s3", "GetObject", { Bucket: "box", Key: "k" }))[`Checksum${algorithm}`], undefined);
      const got = await world.call("s3", "GetObject", { Bucket: "box", Key: "k", ChecksumMode: "ENABLED" });
      assert.equal(got[`Checksum${algorithm}`], value);
    });
  }
});

describe("DeleteObjects", () => {
  test("deletes what is there and what is not, and says so unless it is to be quiet", async () => {
    await put("a", "1");
    await put("b", "2");
    const Objects = [{ Key: "a" }, { Key: "missing" }, { Key: "b", ETag: '"other"' }];
    const loud = await world.call("s3", "DeleteObjects", { Bucket: "box", Delete: { Objects } });
    assert.deepEqual(loud.Deleted, [{ Key: "a" }, { Key: "missing" }]);
    assert.deepEqual(loud.Errors, [
      { Key: "b", Code: "PreconditionFailed", Message: "At least one of the pre-conditions you specified did not hold" },
    ]);
    assert.deepEqual(await world.call("s3", "DeleteObjects", { Bucket: "box", Delete: { Objects: [{ Key: "b" }], Quiet: true } }), {});
  });

  for (const count of [0, 1001]) {
    test(`refuses ${count} keys`, async () => {
      const Objects = Array.from({ length: count }, (_, n) => ({ Key: `k${n}` }));
      assert.equal((await errorOf(world.call("s3", "DeleteObjects", { Bucket: "box", Delete: { Objects } }))).code, "MalformedXML");
    });
  }
});

describe("CopyObject", () => {
  for (const size of [10, 100_000]) {
    test(`copies ${size} bytes with metadata and tags, or with others`, async () => {
      const bytes = pattern(size);
      const original = { Bucket: "box", Key: "from/a+b", Body: stream(bytes), ContentType: "text/x", Metadata: { a: "1" }, Tagging: "t=1" };
      await world.call("s3", "PutObject", original);
      await world.call("s3", "CopyObject", { Bucket: "box", Key: "same", CopySource: "/box/from/a%2Bb" });
      const same = await world.call("s3", "GetObject", { Bucket: "box", Key: "same" });
      assert.deepEqual(await bytesOf(same.Body), bytes);
      assert.deepEqual([same.ContentType, same.Metadata, same.TagCount], ["text/x", { a: "1" }, 1]);
      await world.call("s3", "CopyObject", {
        Bucket: "box",
        Key: "other",
        CopySource: "box/from/a%2Bb?versionId=null",
        MetadataDirective: "REPLACE",
        Metadata: { b: "2" },
        TaggingDirective: "REPLACE",
        StorageClass: "STANDARD_IA",
        ChecksumAlgorithm: "SHA256",
      });
      const other = await world.call("s3", "GetObject", { Bucket: "box", Key: "other", ChecksumMode: "ENABLED" });
      assert.deepEqual(
        [other.ContentType, other.Metadata, other.TagCount, other.StorageClass],
        ["binary/octet-stream", { b: "2" }, undefined, "STANDARD_IA"],
      );
      assert.equal(other.ChecksumSHA256, createHash("sha256").update(bytes).digest("base64"));
      // Each copy outlives its source.
      await world.call("s3", "DeleteObject", { Bucket: "box", Key: "from/a+b" });
      assert.deepEqual(await bytesOf((await world.call("s3", "GetObject", { Bucket: "box", Key: "same" })).Body), bytes);
    });

    test(`an object of ${size} bytes may be copied onto itself when something changes`, async () => {
      const bytes = pattern(size);
      await world.call("s3", "PutObject", { Bucket: "box", Key: "k", Body: stream(bytes) });
      const itself = { Bucket: "box", Key: "k", CopySource: "box/k" };
      assert.equal((await errorOf(world.call("s3", "CopyObject", itself))).code, "InvalidRequest");
      await world.call("s3", "CopyObject", { ...itself, MetadataDirective: "REPLACE", Metadata: { a: "1" } });
      const got = await world.call("s3", "GetObject", { Bucket: "box", Key: "k" });
      assert.deepEqual(got.Metadata, { a: "1" });
      assert.deepEqual(await bytesOf(got.Body), bytes);
    });
  }

  const refusals: [name: string, input: object, code: string][] = [
    ["a source without a key", { CopySource: "box" }, "InvalidArgument"],
    ["a source that is badly encoded", { CopySource: "box/%zz" }, "InvalidArgument"],
    ["a source that is not there", { CopySource: "box/none" }, "NoSuchKey"],
    ["a bucket that is not there", { CopySource: "none/k" }, "NoSuchBucket"],
    ["a source whose ETag is another", { CopySource: "box/k", CopySourceIfMatch: '"x"' }, "PreconditionFailed"],
    ["a source whose ETag is that one", { CopySource: "box/k", CopySourceIfNoneMatch: "*" }, "PreconditionFailed"],
    ["a source that was not modified", { CopySource: "box/k", CopySourceIfModifiedSince: new Date("2027-01-01") }, "PreconditionFailed"],
    ["a destination that exists", { CopySource: "box/k", Key: "k2", IfNoneMatch: "*" }, "PreconditionFailed"],
    ["a version that is not there", { CopySource: "box/k?versionId=abc" }, "InvalidArgument"],
  ];
  for (const [name, input, code] of refusals) {
    test(`refuses ${name}`, async () => {
      await put("k", "x");
      await put("k2", "y");
      assert.equal((await errorOf(world.call("s3", "CopyObject", { Bucket: "box", Key: "to", CopySource: "box/k", ...input }))).code, code);
    });
  }
});

test("GetObjectAttributes answers what it was asked for", async () => {
  await put("k", "123456789");
  const input = { Bucket: "box", Key: "k", ObjectAttributes: ["ETag", "ObjectSize", "StorageClass", "Checksum", "ObjectParts"] as const };
  const got = await world.call("s3", "GetObjectAttributes", { ...input, ObjectAttributes: [...input.ObjectAttributes] });
  assert.equal(got.ETag, md5(Buffer.from("123456789")));
  assert.equal(got.ObjectSize, 9);
  assert.equal(got.StorageClass, "STANDARD");
  assert.deepEqual(got.Checksum, { ChecksumCRC64NVME: "rosUhgp5mIg=", ChecksumType: "FULL_OBJECT" });
  assert.equal(got.ObjectParts, undefined);
});

describe("who may", () => {
  test("another account is denied, and so is a wrong expected owner", async () => {
    await put("k", "x");
    const other = world.call("s3", "GetObject", { Bucket: "box", Key: "k" }, { account: "111111111111" });
    assert.equal((await errorOf(other)).code, "AccessDenied");
    const expected = world.call("s3", "GetObject", { Bucket: "box", Key: "k", ExpectedBucketOwner: "111111111111" });
    assert.equal((await errorOf(expected)).code, "AccessDenied");
    assert.equal(await text("k"), "x");
  });

  test("another region is answered, and noted", async () => {
    await put("k", "x");
    await world.call("s3", "GetObject", { Bucket: "box", Key: "k" }, { region: "eu-west-1" });
    assert.match(world.platform.ledger.entries()[0]?.note ?? "", /AWS redirects/);
  });
});

async function put(key: string, body: string): Promise<void> {
  await world.call("s3", "PutObject", { Bucket: "box", Key: key, Body: stream(Buffer.from(body)) });
}

async function text(key: string): Promise<string> {
  return Buffer.from(await bytesOf((await world.call("s3", "GetObject", { Bucket: "box", Key: key })).Body)).toString();
}
