// S3 through real SDK v3 clients over a real socket: what they send and expect, and not only what the operations say.
import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { after, before, describe, test } from "node:test";
import {
  BucketAlreadyExists,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketLocationCommand,
  GetBucketNotificationConfigurationCommand,
  GetBucketPolicyCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListPartsCommand,
  NoSuchBucket,
  NoSuchKey,
  NotFound,
  PutBucketCorsCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketPolicyCommand,
  PutBucketTaggingCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
  paginateListObjectsV2,
  S3Client,
  S3ServiceException,
  UploadPartCommand,
  UploadPartCopyCommand,
} from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import type { ClientOptions } from "../../testing/client.ts";
import { createS3World, pattern, type S3World } from "./s3-world.test.ts";

let world: S3World;
let s3: S3Client;
const Bucket = "box";
const clients: S3Client[] = [];

async function client(options: ClientOptions & { readonly forcePathStyle?: boolean } = {}): Promise<S3Client> {
  const made = new S3Client({ forcePathStyle: true, ...(await world.listen(options)) });
  clients.push(made);
  return made;
}

before(async () => {
  world = await createS3World();
  s3 = await client();
  await s3.send(new CreateBucketCommand({ Bucket }));
});
after(async () => {
  for (const one of clients) one.destroy();
  await world.close();
});

const read = async (Key: string, more: object = {}): Promise<Uint8Array> => {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key, ...more }));
  return (await Body?.transformToByteArray()) ?? new Uint8Array(0);
};

for (const algorithm of [undefined, "CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"] as const) {
  for (const size of [0, 10, 100_000]) {
    test(`${size} bytes with ${algorithm ?? "the client's own"} checksum, from memory and as a stream`, async () => {
      const bytes = pattern(size);
      const more = { ChecksumAlgorithm: algorithm, ContentLength: size };
      await s3.send(new PutObjectCommand({ Bucket, Key: "memory", Body: bytes, ...more }));
      await s3.send(new PutObjectCommand({ Bucket, Key: "stream", Body: Readable.from([bytes]), ...more }));
      for (const key of ["memory", "stream"]) {
        assert.deepEqual(await read(key, { ChecksumMode: "ENABLED" }), bytes, key);
        const head = await s3.send(new HeadObjectCommand({ Bucket, Key: key, ChecksumMode: "ENABLED" }));
        assert.ok(head[`Checksum${algorithm ?? "CRC32"}`], key);
        assert.equal(head.ContentEncoding, undefined);
      }
    });
  }
}

test("the upload helper sends 20 MB in parts, and they come back", async () => {
  const bytes = pattern(20 * 1024 * 1024);
  const upload = new Upload({
    client: s3,
    params: { Bucket, Key: "large", Body: Readable.from(chunks(bytes, 300_000)), Metadata: { a: "ä" } },
  });
  const done = await upload.done();
  assert.match(done.ETag ?? "", /-4"$/);
  assert.equal(Buffer.compare(await read("large", { ChecksumMode: "ENABLED" }), bytes), 0);
  assert.deepEqual(await read("large", { Range: "bytes=5242870-5242889" }), bytes.slice(5_242_870, 5_242_890));
});

function* chunks(bytes: Uint8Array, size: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

test("a multipart upload by hand, with a copied part", async () => {
  const Key = "by hand";
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key, ChecksumAlgorithm: "CRC64NVME" }));
  const bytes = pattern(5 * 1024 * 1024);
  const first = await s3.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber: 1, Body: bytes, ChecksumAlgorithm: "CRC64NVME" }));
  await s3.send(new PutObjectCommand({ Bucket, Key: "source ü", Body: "0123456789" }));
  const CopySource = `${Bucket}/${encodeURIComponent("source ü")}`;
  const second = await s3.send(
    new UploadPartCopyCommand({ Bucket, Key, UploadId, PartNumber: 2, CopySource, CopySourceRange: "bytes=2-4" }),
  );
  const { Parts } = await s3.send(new ListPartsCommand({ Bucket, Key, UploadId }));
  assert.deepEqual(
    Parts?.map((part) => [part.PartNumber, part.Size]),
    [
      [1, bytes.length],
      [2, 3],
    ],
  );
  const MultipartUpload = {
    Parts: [
      { PartNumber: 1, ETag: first.ETag, ChecksumCRC64NVME: first.ChecksumCRC64NVME },
      { PartNumber: 2, ETag: second.CopyPartResult?.ETag, ChecksumCRC64NVME: second.CopyPartResult?.ChecksumCRC64NVME },
    ],
  };
  const done = await s3.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload }));
  assert.equal(done.ChecksumType, "FULL_OBJECT");
  assert.deepEqual(await read(Key, { ChecksumMode: "ENABLED" }), new Uint8Array(Buffer.concat([bytes, Buffer.from("234")])));
});

describe("keys of every kind", () => {
  const keys = [
    "a b",
    "a+b",
    "ü/😀",
    "x?y=1&z",
    "#hash",
    "per%20cent",
    "back\\slash",
    "a//b",
    "/lead",
    "trail/",
    "it's (1)!*~",
    '<&>"',
    ".",
  ];
  test("are put, listed, copied, tagged and deleted", async () => {
    for (const key of keys) {
      const Key = `keys/${key}`;
      await s3.send(new PutObjectCommand({ Bucket, Key, Body: key }));
      assert.equal(Buffer.from(await read(Key)).toString(), key);
      await s3.send(new CopyObjectCommand({ Bucket, Key: `copies/${key}`, CopySource: `${Bucket}/${encodeURIComponent(Key)}` }));
      await s3.send(new PutObjectTaggingCommand({ Bucket, Key, Tagging: { TagSet: [{ Key: "a", Value: "b" }] } }));
    }
    for (const EncodingType of [undefined, "url"] as const) {
      const seen: string[] = [];
      for await (const page of paginateListObjectsV2({ client: s3, pageSize: 3 }, { Bucket, Prefix: "copies/", EncodingType })) {
        for (const object of page.Contents ?? []) seen.push(EncodingType ? decodeURIComponent(object.Key ?? "") : (object.Key ?? ""));
      }
      assert.deepEqual(seen.sort(), keys.map((key) => `copies/${key}`).sort());
    }
    const Objects = keys.map((key) => ({ Key: `keys/${key}` }));
    const { Deleted, Errors } = await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
    assert.deepEqual([Deleted?.map((one) => one.Key), Errors], [Objects.map((one) => one.Key), undefined]);
  });
});

test("signed addresses read and write without the SDK", async () => {
  const Key = "signed/ü +.txt";
  const put = await getSignedUrl(s3, new PutObjectCommand({ Bucket, Key, ContentType: "text/plain" }), { expiresIn: 60 });
  assert.equal((await fetch(put, { method: "PUT", body: "hello", headers: { "content-type": "text/plain" } })).status, 200);
  const get = await getSignedUrl(s3, new GetObjectCommand({ Bucket, Key, ResponseContentType: "x/y" }), { expiresIn: 60 });
  const answer = await fetch(get, { headers: { range: "bytes=1-2" } });
  assert.deepEqual([answer.status, answer.headers.get("content-type"), await answer.text()], [206, "x/y", "el"]);
  assert.equal(answer.headers.get("content-range"), "bytes 1-2/5");
});

test("conditions answer 304 and 412 as clients expect them", async () => {
  const { ETag } = await s3.send(new PutObjectCommand({ Bucket, Key: "c", Body: "x" }));
  const status = async (command: GetObjectCommand | HeadObjectCommand | PutObjectCommand) => {
    const error = await s3.send(command as GetObjectCommand).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof S3ServiceException);
    return [error.name, error.$metadata.httpStatusCode];
  };
  assert.equal((await status(new GetObjectCommand({ Bucket, Key: "c", IfNoneMatch: ETag })))[1], 304);
  assert.equal((await status(new HeadObjectCommand({ Bucket, Key: "c", IfNoneMatch: ETag })))[1], 304);
  assert.deepEqual(await status(new GetObjectCommand({ Bucket, Key: "c", IfMatch: '"x"' })), ["PreconditionFailed", 412]);
  assert.deepEqual(await status(new PutObjectCommand({ Bucket, Key: "c", Body: "y", IfNoneMatch: "*" })), ["PreconditionFailed", 412]);
  assert.deepEqual(await status(new GetObjectCommand({ Bucket, Key: "c", Range: "bytes=1-" })), ["InvalidRange", 416]);
});

test("errors arrive as the client's own classes", async () => {
  const other = await client({ accessKeyId: "111111111111" });
  await assert.rejects(s3.send(new GetObjectCommand({ Bucket, Key: "none" })), NoSuchKey);
  await assert.rejects(s3.send(new HeadObjectCommand({ Bucket, Key: "none" })), NotFound);
  await assert.rejects(s3.send(new HeadBucketCommand({ Bucket: "nowhere" })), NotFound);
  await assert.rejects(s3.send(new GetObjectCommand({ Bucket: "nowhere", Key: "k" })), NoSuchBucket);
  await assert.rejects(other.send(new CreateBucketCommand({ Bucket })), BucketAlreadyExists);
  await assert.rejects(other.send(new GetObjectCommand({ Bucket, Key: "c" })), { name: "AccessDenied" });
  await assert.rejects(s3.send(new DeleteBucketCommand({ Bucket })), { name: "BucketNotEmpty" });
});

test("documents of a bucket go out and come back", async () => {
  const Policy = JSON.stringify({ Statement: { Effect: "Deny", Principal: "*", Action: "*", Resource: `arn:aws:s3:::${Bucket}/*` } });
  await s3.send(new PutBucketPolicyCommand({ Bucket, Policy }));
  assert.equal((await s3.send(new GetBucketPolicyCommand({ Bucket }))).Policy, Policy);
  await s3.send(new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet: [{ Key: "a", Value: "b" }] } }));
  const CORSRules = [{ AllowedMethods: ["GET"], AllowedOrigins: ["*"] }];
  await s3.send(new PutBucketCorsCommand({ Bucket, CORSConfiguration: { CORSRules } }));
  const Rules = [{ Status: "Enabled" as const, Filter: { Prefix: "x" }, Expiration: { Date: new Date("2030-01-01T00:00:00Z") } }];
  await s3.send(new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: { Rules } }));
  const { QueueConfigurations } = await s3.send(new GetBucketNotificationConfigurationCommand({ Bucket }));
  assert.equal(QueueConfigurations, undefined);
});

test("a bucket elsewhere says where it is", async () => {
  const ireland = await client({ region: "eu-west-1" });
  await ireland.send(new CreateBucketCommand({ Bucket: "ireland", CreateBucketConfiguration: { LocationConstraint: "eu-west-1" } }));
  assert.equal((await ireland.send(new GetBucketLocationCommand({ Bucket: "ireland" }))).LocationConstraint, "eu-west-1");
  const { Buckets } = await ireland.send(new ListBucketsCommand({ Prefix: "ire" }));
  assert.deepEqual(
    Buckets?.map((bucket) => [bucket.Name, bucket.BucketRegion]),
    [["ireland", "eu-west-1"]],
  );
  await ireland.send(new DeleteObjectCommand({ Bucket: "ireland", Key: "none" }));
  await ireland.send(new DeleteBucketCommand({ Bucket: "ireland" }));
});
