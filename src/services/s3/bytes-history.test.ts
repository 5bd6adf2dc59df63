// Random histories of everything that writes or drops bytes, against a map; in between the sweeps run, long after. No object
// may lose its bytes, and when all is gone no blob may be left.
import assert from "node:assert/strict";
import { test } from "node:test";
import { AwsError } from "../../kernel/errors.ts";
import { integer, pick, type Random, seededRandom } from "../../kernel/random.ts";
import { ORPHAN_GRACE_MS, RELEASE_GRACE_MS, sweepOrphans, sweepReleased } from "../../storage/orphan-sweep.ts";
import { bytesOf, createS3World, pattern, type S3World, stream } from "./s3-world.test.ts";

const KEYS = ["a", "b", "c/d"];
const BUCKETS = ["one", "two"];
const PART_BYTES = 5 * 1024 * 1024;
const STEPS = 120;

for (const seed of [1, 2, 3]) {
  test(`history ${seed}`, async () => {
    const random = seededRandom(seed);
    const world = await createS3World({ seed });
    const model = new Map<string, Uint8Array>();
    for (const Bucket of BUCKETS) await world.call("s3", "CreateBucket", { Bucket });
    for (let step = 0; step < STEPS; step++) {
      await act(world, random, model);
      if (step % 10 === 0) await sweep(world);
      if (step % 10 === 0) await compare(world, model);
    }
    await compare(world, model);
    for (const Bucket of BUCKETS) {
      await world.call("s3", "DeleteObjects", { Bucket, Delete: { Objects: KEYS.map((Key) => ({ Key })) } });
      // Unfinished uploads go with the bucket.
      await world.call("s3", "DeleteBucket", { Bucket });
    }
    await world.advance(1000);
    await sweep(world);
    await sweep(world);
    assert.deepEqual(await world.platform.blobs.list(undefined, 10), []);
    await world.close();
  });
}

async function act(world: S3World, random: Random, model: Map<string, Uint8Array>): Promise<void> {
  const Bucket = pick(random, BUCKETS);
  const Key = pick(random, KEYS);
  const name = `${Bucket}/${Key}`;
  const bytes = pattern(pick(random, [0, 10, 32 * 1024, 40_000, 200_000]), integer(random, 1000));
  const other = `${pick(random, BUCKETS)}/${pick(random, KEYS)}`;
  const known = model.get(other);
  switch (integer(random, 8)) {
    case 0:
    case 1:
      await world.call("s3", "PutObject", { Bucket, Key, Body: stream(bytes) });
      model.set(name, bytes);
      return;
    case 2: {
      const refused = world.call("s3", "PutObject", { Bucket, Key, Body: stream(bytes), IfNoneMatch: "*" });
      const won = await refused.then(() => true, isRefusal);
      assert.equal(won, !model.has(name));
      if (won) model.set(name, bytes);
      return;
    }
    case 3:
    case 4: {
      const copy = world.call("s3", "CopyObject", { Bucket, Key, CopySource: other, MetadataDirective: "REPLACE" });
      const done = await copy.then(() => true, isRefusal);
      assert.equal(done, known !== undefined);
      if (known) model.set(name, known);
      return;
    }
    case 5:
      await world.call("s3", "DeleteObject", { Bucket, Key });
      model.delete(name);
      return;
    case 6: {
      const whole = await multipart(world, random, Bucket, Key, known === undefined ? undefined : other, known ?? new Uint8Array(0));
      if (whole) model.set(name, whole);
      return;
    }
    default: {
      const got = await world.call("s3", "GetObject", { Bucket, Key }).catch(() => undefined);
      // What a reader began to read stays, whatever happens to the object meanwhile.
      await world.call("s3", "DeleteObject", { Bucket, Key });
      if (got) assert.deepEqual(await bytesOf(got.Body), model.get(name));
      model.delete(name);
    }
  }
}

/** An upload of a sent and a copied part, one of them sent twice; completed, aborted or left behind. */
async function multipart(world: S3World, random: Random, Bucket: string, Key: string, CopySource: string | undefined, copied: Uint8Array) {
  const { UploadId = "" } = await world.call("s3", "CreateMultipartUpload", { Bucket, Key });
  const place = { Bucket, Key, UploadId };
  const first = pattern(PART_BYTES, integer(random, 1000));
  await world.call("s3", "UploadPart", { ...place, PartNumber: 1, Body: stream(pattern(100)) });
  const { ETag = "" } = await world.call("s3", "UploadPart", { ...place, PartNumber: 1, Body: stream(first) });
  const Parts = [{ PartNumber: 1, ETag }];
  if (CopySource !== undefined) {
    const copy = await world.call("s3", "UploadPartCopy", { ...place, PartNumber: 2, CopySource });
    Parts.push({ PartNumber: 2, ETag: copy.CopyPartResult?.ETag ?? "" });
  }
  await world.call("s3", "UploadPart", { ...place, PartNumber: 3, Body: stream(pattern(50)) });
  const end = integer(random, 3);
  if (end === 0) return undefined;
  if (end === 1) {
    await world.call("s3", "AbortMultipartUpload", place);
    return undefined;
  }
  await world.call("s3", "CompleteMultipartUpload", { ...place, MultipartUpload: { Parts } });
  return new Uint8Array(Buffer.concat([first, copied]));
}

function isRefusal(error: unknown): false {
  if (error instanceof AwsError) return false;
  throw error;
}

/** Both sweeps, at a time when every grace is over. */
async function sweep(world: S3World): Promise<void> {
  const { storage, blobs } = world.platform;
  const nowMs = world.clock.now() + ORPHAN_GRACE_MS + RELEASE_GRACE_MS;
  await sweepReleased({ storage, blobs, nowMs });
  await sweepReleased({ storage, blobs, nowMs: nowMs + RELEASE_GRACE_MS });
  await sweepOrphans({ storage, blobs, nowMs }, undefined);
}

async function compare(world: S3World, model: ReadonlyMap<string, Uint8Array>): Promise<void> {
  for (const Bucket of BUCKETS) {
    const listed = await world.call("s3", "ListObjectsV2", { Bucket });
    const expected = KEYS.filter((key) => model.has(`${Bucket}/${key}`));
    assert.deepEqual(listed.Contents?.map((one) => one?.Key) ?? [], expected);
    for (const Key of expected) {
      const got = await bytesOf((await world.call("s3", "GetObject", { Bucket, Key })).Body);
      assert.equal(Buffer.compare(got, model.get(`${Bucket}/${Key}`) ?? Buffer.of()), 0, `${Bucket}/${Key}`);
    }
  }
}
