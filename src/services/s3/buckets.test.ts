// Buckets and their documents through their operations.
import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import type { InputOf } from "../../contract/models.ts";
import { createS3World, errorOf, pattern, type S3World, stream } from "./s3-world.test.ts";

let world: S3World;
beforeEach(async () => {
  world = await createS3World();
});
afterEach(() => world.close());

const create = (Bucket: string, location?: string, scope?: { account?: string; region?: string }) =>
  world.call(
    "s3",
    "CreateBucket",
    { Bucket, ...(location !== undefined && { CreateBucketConfiguration: { LocationConstraint: location as "eu-west-1" } }) },
    scope,
  );

describe("where a bucket goes", () => {
  for (const [region, constraint, expected] of [
    ["us-east-1", undefined, "us-east-1"],
    ["us-east-1", "eu-west-1", "eu-west-1"],
    ["us-east-1", "EU", "eu-west-1"],
    ["us-east-1", "us-east-1", "InvalidLocationConstraint"],
    ["us-east-1", "nowhere", "InvalidLocationConstraint"],
    ["eu-west-1", "eu-west-1", "eu-west-1"],
    ["eu-west-1", "EU", "eu-west-1"],
    ["eu-west-1", undefined, "IllegalLocationConstraintException"],
    ["eu-west-1", "us-west-2", "IllegalLocationConstraintException"],
    ["eu-west-1", "us-east-1", "IllegalLocationConstraintException"],
  ] as const) {
    test(`asked in ${region} for ${constraint ?? "nothing"}: ${expected}`, async () => {
      const made = create("box", constraint, { region });
      if (!expected.includes("-")) {
        assert.equal((await errorOf(made)).code, expected);
        return;
      }
      assert.equal((await made).Location, expected === "us-east-1" ? "/box" : "http://box.s3.amazonaws.com/");
      const { LocationConstraint } = await world.call("s3", "GetBucketLocation", { Bucket: "box" });
      assert.equal(LocationConstraint, expected === "us-east-1" ? undefined : expected);
      assert.equal((await world.call("s3", "HeadBucket", { Bucket: "box" })).BucketRegion, expected);
    });
  }
});

test("a name belongs to whoever took it first", async () => {
  await create("mine");
  assert.equal((await create("mine")).Location, "/mine", "in the first region, again is no error");
  assert.equal((await errorOf(create("mine", "eu-west-1", { region: "eu-west-1" }))).code, "BucketAlreadyOwnedByYou");
  assert.equal((await errorOf(create("mine", undefined, { account: "111111111111" }))).code, "BucketAlreadyExists");
  await create("there", "eu-west-1");
  assert.equal((await errorOf(create("there", "eu-west-1"))).code, "BucketAlreadyOwnedByYou");
  assert.equal((await errorOf(create("No"))).code, "InvalidBucketName");
});

test("what a new bucket may not be told", async () => {
  for (const [input, code] of [
    [{ ACL: "public-read" }, "InvalidBucketAclWithObjectOwnership"],
    [{ GrantRead: "x" }, "InvalidBucketAclWithObjectOwnership"],
    [{ ObjectLockEnabledForBucket: true }, "NotImplemented"],
  ] as [Partial<InputOf<"s3", "CreateBucket">>, string][]) {
    assert.equal((await errorOf(world.call("s3", "CreateBucket", { Bucket: "box", ...input }))).code, code);
  }
  await world.call("s3", "CreateBucket", { Bucket: "box", ACL: "public-read", ObjectOwnership: "ObjectWriter" });
  assert.equal(world.platform.ledger.entries()[0]?.parameter, "ACL");
});

describe("deleting a bucket", () => {
  test("that is not there, or not empty", async () => {
    assert.equal((await errorOf(world.call("s3", "DeleteBucket", { Bucket: "box" }))).code, "NoSuchBucket");
    await create("box");
    await world.call("s3", "PutObject", { Bucket: "box", Key: "k" });
    const error = await errorOf(world.call("s3", "DeleteBucket", { Bucket: "box" }));
    assert.deepEqual([error.code, error.status, error.fields], ["BucketNotEmpty", 409, { BucketName: "box" }]);
    await world.call("s3", "DeleteObject", { Bucket: "box", Key: "k" });
    await world.call("s3", "DeleteBucket", { Bucket: "box" });
    assert.equal((await errorOf(world.call("s3", "HeadBucket", { Bucket: "box" }))).code, "NotFound");
    assert.equal((await world.call("s3", "ListBuckets", {})).Buckets?.length, 0);
  });

  test("takes its documents and unfinished uploads along: the next one of the name has none", async () => {
    await create("box");
    await world.call("s3", "PutBucketTagging", { Bucket: "box", Tagging: { TagSet: [{ Key: "a", Value: "1" }] } });
    const { UploadId = "" } = await world.call("s3", "CreateMultipartUpload", { Bucket: "box", Key: "k" });
    await world.call("s3", "UploadPart", { Bucket: "box", Key: "k", UploadId, PartNumber: 1, Body: stream(pattern(100)) });
    await world.call("s3", "DeleteBucket", { Bucket: "box" });
    await create("box");
    await world.advance(10);
    assert.equal((await errorOf(world.call("s3", "GetBucketTagging", { Bucket: "box" }))).code, "NoSuchTagSet");
    assert.deepEqual((await world.call("s3", "ListMultipartUploads", { Bucket: "box" })).Uploads, []);
    const lost = world.call("s3", "ListParts", { Bucket: "box", Key: "k", UploadId });
    assert.equal((await errorOf(lost)).code, "NoSuchUpload");
  });
});

test("buckets are listed by account, prefix and region, in pages", async () => {
  for (const name of ["aa1", "aa2", "bb1"]) await create(name);
  await create("aa3", "eu-west-1");
  await create("zz1", undefined, { account: "111111111111" });
  const names = async (input: InputOf<"s3", "ListBuckets">) => {
    const found = await world.call("s3", "ListBuckets", input);
    return { names: found.Buckets?.map((bucket) => bucket?.Name), token: found.ContinuationToken };
  };
  assert.deepEqual(await names({}), { names: ["aa1", "aa2", "aa3", "bb1"], token: undefined });
  assert.deepEqual((await names({ Prefix: "aa" })).names, ["aa1", "aa2", "aa3"]);
  assert.deepEqual((await names({ BucketRegion: "eu-west-1" })).names, ["aa3"]);
  const first = await names({ MaxBuckets: 2 });
  assert.deepEqual(first.names, ["aa1", "aa2"]);
  assert.deepEqual(await names({ MaxBuckets: 2, ContinuationToken: first.token ?? "" }), { names: ["aa3", "bb1"], token: undefined });
  assert.equal((await errorOf(world.call("s3", "ListBuckets", { MaxBuckets: 10_001 }))).code, "InvalidArgument");
});

describe("documents", () => {
  beforeEach(() => create("box"));
  const Bucket = "box";

  test("tags", async () => {
    assert.equal((await errorOf(world.call("s3", "GetBucketTagging", { Bucket }))).code, "NoSuchTagSet");
    await world.call("s3", "PutBucketTagging", { Bucket, Tagging: { TagSet: [{ Key: "a", Value: "1" }] } });
    assert.deepEqual((await world.call("s3", "GetBucketTagging", { Bucket })).TagSet, [{ Key: "a", Value: "1" }]);
    const twice = world.call("s3", "PutBucketTagging", {
      Bucket,
      Tagging: {
        TagSet: [
          { Key: "a", Value: "1" },
          { Key: "a", Value: "2" },
        ],
      },
    });
    assert.equal((await errorOf(twice)).code, "InvalidTag");
    await world.call("s3", "DeleteBucketTagging", { Bucket });
    assert.equal((await errorOf(world.call("s3", "GetBucketTagging", { Bucket }))).code, "NoSuchTagSet");
  });

  test("CORS rules", async () => {
    const put = (change: object) =>
      world.call("s3", "PutBucketCors", {
        Bucket,
        CORSConfiguration: { CORSRules: [{ AllowedMethods: ["GET"], AllowedOrigins: ["*"], ...change }] },
      });
    assert.equal((await errorOf(world.call("s3", "GetBucketCors", { Bucket }))).code, "NoSuchCORSConfiguration");
    assert.equal((await errorOf(put({ AllowedMethods: ["PATCH"] }))).code, "InvalidRequest");
    assert.equal((await errorOf(put({ AllowedOrigins: ["*.a.*"] }))).code, "InvalidRequest");
    assert.equal((await errorOf(put({ ExposeHeaders: ["x-*"] }))).code, "InvalidRequest");
    await put({ MaxAgeSeconds: 5 });
    const { CORSRules } = await world.call("s3", "GetBucketCors", { Bucket });
    assert.deepEqual(CORSRules, [{ AllowedMethods: ["GET"], AllowedOrigins: ["*"], MaxAgeSeconds: 5 }]);
    await world.call("s3", "DeleteBucketCors", { Bucket });
    assert.equal((await errorOf(world.call("s3", "GetBucketCors", { Bucket }))).code, "NoSuchCORSConfiguration");
  });

  test("a public policy is refused until the public access block lets it pass", async () => {
    const Policy = JSON.stringify({
      Statement: [{ Effect: "Allow", Principal: "*", Action: "s3:GetObject", Resource: "arn:aws:s3:::box/*" }],
    });
    assert.equal((await errorOf(world.call("s3", "PutBucketPolicy", { Bucket, Policy }))).code, "AccessDenied");
    const all = await world.call("s3", "GetPublicAccessBlock", { Bucket });
    assert.equal(all.PublicAccessBlockConfiguration?.BlockPublicPolicy, true, "a new bucket blocks everything");
    await world.call("s3", "PutPublicAccessBlock", { Bucket, PublicAccessBlockConfiguration: { BlockPublicAcls: true } });
    await world.call("s3", "PutBucketPolicy", { Bucket, Policy });
    assert.equal((await world.call("s3", "GetBucketPolicy", { Bucket })).Policy, Policy);
    assert.equal((await world.call("s3", "GetBucketPolicyStatus", { Bucket })).PolicyStatus?.IsPublic, true);
    await world.call("s3", "DeleteBucketPolicy", { Bucket });
    assert.equal((await errorOf(world.call("s3", "GetBucketPolicy", { Bucket }))).code, "NoSuchBucketPolicy");
    await world.call("s3", "DeletePublicAccessBlock", { Bucket });
    assert.equal((await errorOf(world.call("s3", "GetPublicAccessBlock", { Bucket }))).code, "NoSuchPublicAccessBlockConfiguration");
    await world.call("s3", "PutBucketPolicy", { Bucket, Policy });
  });

  test("encryption is answered where it was set", async () => {
    assert.equal(
      (await errorOf(world.call("s3", "GetBucketEncryption", { Bucket }))).code,
      "ServerSideEncryptionConfigurationNotFoundError",
    );
    const rule = { ApplyServerSideEncryptionByDefault: { SSEAlgorithm: "aws:kms" as const, KMSMasterKeyID: "k" }, BucketKeyEnabled: true };
    await world.call("s3", "PutBucketEncryption", { Bucket, ServerSideEncryptionConfiguration: { Rules: [rule] } });
    const put = await world.call("s3", "PutObject", { Bucket, Key: "k" });
    assert.deepEqual([put.ServerSideEncryption, put.SSEKMSKeyId, put.BucketKeyEnabled], ["aws:kms", "k", true]);
    assert.deepEqual((await world.call("s3", "GetBucketEncryption", { Bucket })).ServerSideEncryptionConfiguration?.Rules, [rule]);
    await world.call("s3", "DeleteBucketEncryption", { Bucket });
    assert.equal((await world.call("s3", "PutObject", { Bucket, Key: "k" })).ServerSideEncryption, undefined);
    assert.ok(world.platform.ledger.entries().some((note) => note.operation === "PutBucketEncryption"));
  });

  test("ownership decides whether lists are allowed", async () => {
    const acl = () => world.call("s3", "PutBucketAcl", { Bucket, ACL: "public-read" });
    assert.equal((await errorOf(acl())).code, "AccessControlListNotSupported");
    const OwnershipControls = { Rules: [{ ObjectOwnership: "BucketOwnerPreferred" as const }] };
    await world.call("s3", "PutBucketOwnershipControls", { Bucket, OwnershipControls });
    await acl();
    assert.equal(world.platform.ledger.entries()[0]?.parameter, "ACL");
    assert.deepEqual((await world.call("s3", "GetBucketOwnershipControls", { Bucket })).OwnershipControls, OwnershipControls);
    await world.call("s3", "DeleteBucketOwnershipControls", { Bucket });
    assert.equal((await errorOf(world.call("s3", "GetBucketOwnershipControls", { Bucket }))).code, "OwnershipControlsNotFoundError");
    const { Grants, Owner } = await world.call("s3", "GetBucketAcl", { Bucket });
    assert.deepEqual(Grants, [{ Grantee: { ID: Owner?.ID, Type: "CanonicalUser" }, Permission: "FULL_CONTROL" }]);
  });

  test("versioning is suspended or never was", async () => {
    assert.deepEqual(await world.call("s3", "GetBucketVersioning", { Bucket }), {});
    const enable = world.call("s3", "PutBucketVersioning", { Bucket, VersioningConfiguration: { Status: "Enabled" } });
    assert.equal((await errorOf(enable)).code, "NotImplemented");
    await world.call("s3", "PutBucketVersioning", { Bucket, VersioningConfiguration: { Status: "Suspended" } });
    assert.deepEqual(await world.call("s3", "GetBucketVersioning", { Bucket }), { Status: "Suspended" });
  });

  test("settings that no bucket has", async () => {
    assert.deepEqual(await world.call("s3", "GetBucketLogging", { Bucket }), {});
    assert.deepEqual(await world.call("s3", "GetBucketAccelerateConfiguration", { Bucket }), {});
    assert.deepEqual(await world.call("s3", "GetBucketRequestPayment", { Bucket }), { Payer: "BucketOwner" });
    assert.equal((await errorOf(world.call("s3", "GetBucketWebsite", { Bucket }))).code, "NoSuchWebsiteConfiguration");
    assert.equal((await errorOf(world.call("s3", "GetBucketReplication", { Bucket }))).code, "ReplicationConfigurationNotFoundError");
    assert.equal((await errorOf(world.call("s3", "GetObjectLockConfiguration", { Bucket }))).code, "ObjectLockConfigurationNotFoundError");
    assert.equal((await errorOf(world.call("s3", "PutBucketWebsite", { Bucket, WebsiteConfiguration: {} }))).code, "NotImplemented");
  });
});

describe("lifecycle", () => {
  const DAY_MS = 86_400_000;
  const Bucket = "box";
  beforeEach(() => create("box"));

  test("expires objects and uploads after the midnight when they are due, again and again", async () => {
    const Rules = [
      { Status: "Enabled" as const, Filter: { Prefix: "tmp/" }, Expiration: { Days: 2 } },
      { Status: "Enabled" as const, Filter: { Prefix: "" }, AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 } },
    ];
    await world.call("s3", "PutBucketLifecycleConfiguration", { Bucket, LifecycleConfiguration: { Rules } });
    for (const Key of ["tmp/a", "keep"]) await world.call("s3", "PutObject", { Bucket, Key, Body: stream(pattern(50_000)) });
    await world.call("s3", "CreateMultipartUpload", { Bucket, Key: "u" });
    const keys = async () => (await world.call("s3", "ListObjectsV2", { Bucket })).Contents?.map((object) => object?.Key);
    await world.advance(DAY_MS + 1000);
    assert.deepEqual(await keys(), ["keep", "tmp/a"]);
    assert.equal((await world.call("s3", "ListMultipartUploads", { Bucket })).Uploads?.length, 0);
    await world.call("s3", "PutObject", { Bucket, Key: "tmp/b" });
    await world.advance(DAY_MS);
    assert.deepEqual(await keys(), ["keep", "tmp/b"]);
    await world.advance(2 * DAY_MS);
    assert.deepEqual(await keys(), ["keep"]);
  });

  test("is answered as it was put, with ids, and ends with its deletion", async () => {
    assert.equal((await errorOf(world.call("s3", "GetBucketLifecycleConfiguration", { Bucket }))).code, "NoSuchLifecycleConfiguration");
    const rule = { Status: "Enabled" as const, Filter: { Prefix: "" }, Expiration: { Days: 1 } };
    await world.call("s3", "PutBucketLifecycleConfiguration", { Bucket, LifecycleConfiguration: { Rules: [rule] } });
    assert.deepEqual((await world.call("s3", "GetBucketLifecycleConfiguration", { Bucket })).Rules, [{ ...rule, ID: "rule-1" }]);
    await world.call("s3", "PutObject", { Bucket, Key: "k" });
    await world.call("s3", "DeleteBucketLifecycle", { Bucket });
    await world.advance(5 * DAY_MS);
    await world.call("s3", "HeadObject", { Bucket, Key: "k" });
  });
});
