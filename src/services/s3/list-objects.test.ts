// The listing operations: what each puts into its answer, and how each goes on.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, describe, test } from "node:test";
import type { InputOf } from "../../contract/models.ts";
import { createS3World, errorOf, type S3World, stream } from "./s3-world.test.ts";

let world: S3World;
const KEYS = ["a b", "dir/1", "dir/2", "dir/sub/3", "other/4", "z"];

before(async () => {
  world = await createS3World();
  await world.call("s3", "CreateBucket", { Bucket: "box" });
  for (const Key of KEYS) await world.call("s3", "PutObject", { Bucket: "box", Key, Body: stream(Buffer.from(Key)) });
});
after(() => world.close());

const v1 = (input: Partial<InputOf<"s3", "ListObjects">>) => world.call("s3", "ListObjects", { Bucket: "box", ...input });
const v2 = (input: Partial<InputOf<"s3", "ListObjectsV2">>) => world.call("s3", "ListObjectsV2", { Bucket: "box", ...input });
const versions = (input: Partial<InputOf<"s3", "ListObjectVersions">>) =>
  world.call("s3", "ListObjectVersions", { Bucket: "box", ...input });

type Page = {
  Contents?: readonly ({ Key?: string | undefined } | undefined)[] | undefined;
  CommonPrefixes?: readonly ({ Prefix?: string | undefined } | undefined)[] | undefined;
};
const names = (page: Page) => [...(page.Contents ?? []).map((one) => one?.Key), ...(page.CommonPrefixes ?? []).map((one) => one?.Prefix)];

test("version 2 describes an object, and its owner when asked", async () => {
  const page = await v2({ Prefix: "dir/", StartAfter: "dir/1", MaxKeys: 1 });
  const { NextContinuationToken, ...rest } = page;
  assert.ok(NextContinuationToken);
  assert.deepEqual(rest, {
    Name: "box",
    Prefix: "dir/",
    StartAfter: "dir/1",
    MaxKeys: 1,
    KeyCount: 1,
    IsTruncated: true,
    Contents: [
      {
        Key: "dir/2",
        LastModified: new Date(world.clock.now()),
        ETag: `"${createHash("md5").update("dir/2").digest("hex")}"`,
        ChecksumAlgorithm: ["CRC64NVME"],
        ChecksumType: "FULL_OBJECT",
        Size: 5,
        StorageClass: "STANDARD",
      },
    ],
  });
  const owned = await v2({ FetchOwner: true, MaxKeys: 1 });
  assert.match(owned.Contents?.[0]?.Owner?.ID ?? "", /^[0-9a-f]{64}$/);
});

test("version 1 always tells the owner, and the next marker only with a delimiter", async () => {
  const plain = await v1({ MaxKeys: 2 });
  assert.ok(plain.Contents?.[0]?.Owner?.ID);
  assert.deepEqual([plain.IsTruncated, plain.NextMarker, plain.Marker], [true, undefined, ""]);
  const rolled = await v1({ MaxKeys: 2, Delimiter: "/" });
  assert.deepEqual([names(rolled), rolled.NextMarker], [["a b", "dir/"], "dir/"]);
  const rest = await v1({ Marker: "dir/", Delimiter: "/" });
  assert.deepEqual([names(rest), rest.IsTruncated], [["z", "other/"], false]);
});

describe("all three go through all pages", () => {
  for (const size of [1, 2, 5]) {
    for (const Delimiter of ["", "/"]) {
      test(`of ${size}, ${Delimiter ? "rolled up" : "flat"}`, async () => {
        const whole = names(await v2({ Delimiter })).sort();
        const walk = async (next: (position: string | undefined) => Promise<{ page: Page; position: string | undefined }>) => {
          const seen: (string | undefined)[] = [];
          let position: string | undefined;
          do {
            const step = await next(position);
            seen.push(...names(step.page));
            position = step.position;
          } while (position !== undefined);
          return seen.sort();
        };
        const byToken = await walk(async (token) => {
          const page = await v2({ Delimiter, MaxKeys: size, ...(token !== undefined && { ContinuationToken: token }) });
          return { page, position: page.NextContinuationToken };
        });
        const byMarker = await walk(async (marker) => {
          const page = await v1({ Delimiter, MaxKeys: size, ...(marker !== undefined && { Marker: marker }) });
          return { page, position: page.IsTruncated ? (page.NextMarker ?? page.Contents?.at(-1)?.Key) : undefined };
        });
        const byVersion = await walk(async (marker) => {
          const page = await versions({ Delimiter, MaxKeys: size, ...(marker !== undefined && { KeyMarker: marker }) });
          return { page: { Contents: page.Versions, CommonPrefixes: page.CommonPrefixes }, position: page.NextKeyMarker };
        });
        assert.deepEqual([byToken, byMarker, byVersion], [whole, whole, whole]);
      });
    }
  }
});

test("every object has one version", async () => {
  const { Versions } = await versions({ Prefix: "z" });
  assert.deepEqual(
    Versions?.map((one) => [one?.Key, one?.VersionId, one?.IsLatest]),
    [["z", "null", true]],
  );
  const page = await versions({ MaxKeys: 1 });
  assert.deepEqual([page.NextKeyMarker, page.NextVersionIdMarker], ["a b", "null"]);
  assert.equal((await errorOf(versions({ VersionIdMarker: "null" }))).code, "InvalidArgument");
});

test("names are encoded on demand", async () => {
  const page = await v1({ EncodingType: "url", Prefix: "a b", Marker: "a " });
  assert.deepEqual([page.Prefix, page.Marker, page.Contents?.[0]?.Key], ["a%20b", "a%20", "a%20b"]);
});

test("page sizes: none, too large, negative", async () => {
  const none = await v2({ MaxKeys: 0 });
  assert.deepEqual([none.KeyCount, none.IsTruncated, none.Contents], [0, false, undefined]);
  assert.equal((await v2({ MaxKeys: 5000 })).MaxKeys, 1000);
  for (const input of [{ MaxKeys: -1 }, { ContinuationToken: "" }, { ContinuationToken: "zz" }]) {
    assert.equal((await errorOf(v2(input))).code, "InvalidArgument");
  }
});
