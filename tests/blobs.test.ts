// What becomes of large bodies over the days: what a record points to is there, what the last record let go of is gone. The
// sweep runs as in a real platform, hour after hour.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ORPHAN_GRACE_MS, RELEASE_GRACE_MS } from "../src/storage/orphan-sweep.ts";
import { lambdaWorld, ROLE } from "../src/testing/lambda-world.ts";

type World = Awaited<ReturnType<typeof lambdaWorld>>;

const MIB = 1024 * 1024;
const bytes = (size: number, seed: number) => Buffer.alloc(size, `${seed} of these `);

async function* stream(body: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < body.length; at += 100_000) yield body.subarray(at, at + 100_000);
}

/** Long enough for every sweep to have come by several times. */
async function days(world: World): Promise<void> {
  for (let sweep = 0; sweep < 3; sweep++) await world.advance(ORPHAN_GRACE_MS + RELEASE_GRACE_MS);
}

async function blobCount(world: World): Promise<number> {
  return (await world.platform.blobs.list(undefined, 1_000)).length;
}

const put = (world: World, key: string, body: Uint8Array) =>
  world.call("s3", "PutObject", { Bucket: "large", Key: key, Body: stream(body), ContentLength: body.length });

async function assertObject(world: World, key: string, expected: Uint8Array): Promise<void> {
  const { Body: body } = await world.call("s3", "GetObject", { Bucket: "large", Key: key });
  assert.ok(body !== undefined, key);
  const chunks: Uint8Array[] = [];
  if (body instanceof Uint8Array) chunks.push(body);
  else for await (const chunk of body) chunks.push(chunk);
  assert.equal(Buffer.compare(Buffer.concat(chunks), expected), 0, key);
}

async function upload(world: World, key: string, parts: readonly Uint8Array[], chosen: readonly number[]): Promise<void> {
  const { UploadId: id = "" } = await world.call("s3", "CreateMultipartUpload", { Bucket: "large", Key: key });
  const sent: { PartNumber: number; ETag: string }[] = [];
  for (const [index, part] of parts.entries()) {
    const PartNumber = index + 1;
    const answer = await world.call("s3", "UploadPart", { Bucket: "large", Key: key, UploadId: id, PartNumber, Body: stream(part) });
    sent.push({ PartNumber, ETag: answer.ETag ?? "" });
    // A slow client: the sweep comes by between parts.
    await days(world);
  }
  const Parts = sent.filter(({ PartNumber }) => chosen.includes(PartNumber));
  await world.call("s3", "CompleteMultipartUpload", { Bucket: "large", Key: key, UploadId: id, MultipartUpload: { Parts } });
}

test("objects of S3: stored whole, in parts, copied, overwritten, deleted", async () => {
  const world = await lambdaWorld();
  await world.call("s3", "CreateBucket", { Bucket: "large" });
  const [first, second, third] = [bytes(3 * MIB, 1), bytes(2 * MIB, 2), bytes(5 * MIB, 3)];

  await put(world, "kept", first);
  await put(world, "overwritten", first);
  await put(world, "overwritten", second);
  await put(world, "copied", second);
  await world.call("s3", "CopyObject", { Bucket: "large", Key: "copy", CopySource: "large/copied" });
  await put(world, "itself", second);
  const onto = { Bucket: "large", Key: "itself", CopySource: "large/itself", MetadataDirective: "REPLACE" } as const;
  await world.call("s3", "CopyObject", onto);
  await upload(world, "parts", [third, third, second], [1, 3]);
  await days(world);
  await assertObject(world, "kept", first);
  await assertObject(world, "overwritten", second);
  await assertObject(world, "copied", second);
  await assertObject(world, "copy", second);
  await assertObject(world, "itself", second);
  await assertObject(world, "parts", Buffer.concat([third, second]));
  assert.equal(await blobCount(world), 6, "one for each object but a copy, which shares; two for the parts that were chosen");

  await world.call("s3", "CopyObject", { Bucket: "large", Key: "copy of parts", CopySource: "large/parts" });
  await world.call("s3", "DeleteObject", { Bucket: "large", Key: "copied" });
  await put(world, "parts", first);
  await days(world);
  await assertObject(world, "copy", second);
  await assertObject(world, "copy of parts", Buffer.concat([third, second]));
  await assertObject(world, "parts", first);
  assert.equal(await blobCount(world), 6);

  const { UploadId: abandoned = "" } = await world.call("s3", "CreateMultipartUpload", { Bucket: "large", Key: "abandoned" });
  for (const body of [first, second]) {
    await world.call("s3", "UploadPart", { Bucket: "large", Key: "abandoned", UploadId: abandoned, PartNumber: 1, Body: stream(body) });
  }
  await days(world);
  assert.equal(await blobCount(world), 7, "a part that was sent again is there once");
  await world.call("s3", "AbortMultipartUpload", { Bucket: "large", Key: "abandoned", UploadId: abandoned });
  const Objects = ["kept", "overwritten", "copy", "itself", "parts", "copy of parts"].map((Key) => ({ Key }));
  await world.call("s3", "DeleteObjects", { Bucket: "large", Delete: { Objects } });
  await days(world);
  assert.equal(await blobCount(world), 0);
  await world.close();
});

test("an object in parts is read to its end though it is overwritten meanwhile, if it takes no longer than the grace", async () => {
  const world = await lambdaWorld();
  await world.call("s3", "CreateBucket", { Bucket: "large" });
  const [first, second] = [bytes(5 * MIB, 1), bytes(MIB, 2)];
  await upload(world, "parts", [first, second], [1, 2]);
  const { Body: body } = await world.call("s3", "GetObject", { Bucket: "large", Key: "parts" });
  assert.ok(body !== undefined && !(body instanceof Uint8Array));
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) {
    if (chunks.length === 0) {
      await put(world, "parts", second);
      await world.advance(RELEASE_GRACE_MS - 1);
    }
    chunks.push(chunk);
  }
  assert.equal(Buffer.compare(Buffer.concat(chunks), Buffer.concat([first, second])), 0);
  await days(world);
  assert.equal(await blobCount(world), 1);
  await world.close();
});

/** What the runtime would be given to unpack. */
async function codeOf(world: World, name: string, qualifier?: string): Promise<string> {
  const answered = world.requests.length;
  await world.call("lambda", "Invoke", { FunctionName: name, ...(qualifier && { Qualifier: qualifier }), Payload: Buffer.from("{}") });
  return world.requests[answered]?.function.codeDirectory ?? "";
}

test("code of Lambda: from the request and from S3, replaced, published, deleted", async () => {
  const world = await lambdaWorld();
  await world.call("s3", "CreateBucket", { Bucket: "large" });
  const zips = [bytes(MIB, 1), bytes(MIB, 2), bytes(MIB, 3)] as const;
  await world.create("shop", { Code: { ZipFile: zips[0] }, Publish: true });
  await put(world, "code.zip", zips[1]);
  await world.call("lambda", "CreateFunction", {
    FunctionName: "from-s3",
    Runtime: "nodejs22.x",
    Handler: "index.handler",
    Role: ROLE,
    Code: { S3Bucket: "large", S3Key: "code.zip" },
  });
  await world.call("s3", "DeleteObject", { Bucket: "large", Key: "code.zip" });
  await days(world);
  const [original, other] = [await codeOf(world, "shop"), await codeOf(world, "from-s3")];
  assert.notEqual(original, other);
  assert.equal(await codeOf(world, "shop", "1"), original);
  assert.equal(await blobCount(world), 2, "the version shares its code, the object is gone");

  await world.call("lambda", "UpdateFunctionCode", { FunctionName: "shop", ZipFile: zips[2] });
  await world.call("lambda", "UpdateFunctionCode", { FunctionName: "shop", ZipFile: zips[2], Publish: true });
  await world.call("lambda", "UpdateFunctionCode", { FunctionName: "shop", ZipFile: zips[1], DryRun: true });
  await days(world);
  assert.equal(await codeOf(world, "shop", "1"), original);
  assert.notEqual(await codeOf(world, "shop"), original);
  assert.equal(await codeOf(world, "shop", "2"), await codeOf(world, "shop"));
  assert.equal(await blobCount(world), 3);

  await world.call("lambda", "DeleteFunction", { FunctionName: "shop", Qualifier: "1" });
  await days(world);
  assert.notEqual(await codeOf(world, "shop", "2"), original);
  assert.equal(await blobCount(world), 2);
  for (const FunctionName of ["shop", "from-s3"]) await world.call("lambda", "DeleteFunction", { FunctionName });
  await days(world);
  assert.equal(await blobCount(world), 0);
  await world.close();
});

test("large events of Lambda stay while they wait to be tried again", async () => {
  const world = await lambdaWorld();
  await world.create("shop");
  const event = { text: "x".repeat(MIB / 2) };
  world.answers(() => {
    throw new Error("not yet");
  });
  await world.call("lambda", "Invoke", { FunctionName: "shop", InvocationType: "Event", Payload: Buffer.from(JSON.stringify(event)) });
  await world.advance(1_000);
  assert.equal(await blobCount(world), 2, "the code and the event");
  await days(world);
  assert.deepEqual(world.events(), [event, event, event]);
  assert.equal(await blobCount(world), 1);
  await world.close();
});
