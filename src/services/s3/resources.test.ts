// The resource types of CloudFormation, without a stack around them.
import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import type { Properties } from "../../contract/resource.ts";
import { createS3World, errorOf, type S3World } from "./s3-world.test.ts";
import { s3 } from "./service.ts";

let world: S3World;
beforeEach(async () => {
  world = await createS3World({}, [
    {
      id: "lambda",
      load: async () => ({ id: "lambda", operations: { GetFunction: async () => ({}) } }),
    },
  ]);
});
afterEach(() => world.close());

const request = { stackName: "s", stackId: "arn:stack/1", logicalId: "Box", generatedName: () => "s-box-abc" };
const FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:f";

function typeOf(name: string) {
  const type = s3.resources?.[name];
  assert.ok(type);
  return type;
}

const create = (properties: Properties, change: object = {}) =>
  typeOf("AWS::S3::Bucket").create(world.context("s3"), { ...request, ...change }, properties);

describe("AWS::S3::Bucket", () => {
  test("has a generated name and AWS's attributes", async () => {
    assert.deepEqual(await create({}), {
      physicalId: "s-box-abc",
      attributes: {
        Arn: "arn:aws:s3:::s-box-abc",
        DomainName: "s-box-abc.s3.amazonaws.com",
        RegionalDomainName: "s-box-abc.s3.us-east-1.amazonaws.com",
        DualStackDomainName: "s-box-abc.s3.dualstack.us-east-1.amazonaws.com",
        WebsiteURL: "http://s-box-abc.s3-website-us-east-1.amazonaws.com",
      },
    });
    assert.equal((await create({})).physicalId, "s-box-abc", "after a crash it is found again");
    assert.equal((await errorOf(create({}, { logicalId: "Other" }))).code, "AlreadyExists");
  });

  test("is made in the stack's region", async () => {
    const context = world.context("s3", { region: "eu-west-1" });
    await typeOf("AWS::S3::Bucket").create(context, request, {});
    assert.equal((await world.call("s3", "HeadBucket", { Bucket: "s-box-abc" })).BucketRegion, "eu-west-1");
  });

  const full = {
    BucketName: "full",
    AccessControl: "Private",
    BucketEncryption: { ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: "AES256" } }] },
    CorsConfiguration: { CorsRules: [{ Id: "c", AllowedMethods: ["GET"], AllowedOrigins: ["*"], MaxAge: "60" }] },
    LifecycleConfiguration: {
      Rules: [
        { Id: "l", Status: "Enabled", ExpirationInDays: 3, Prefix: "tmp/", TagFilters: [{ Key: "a", Value: "1" }] },
        { Status: "Enabled", AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 } },
      ],
    },
    NotificationConfiguration: {
      LambdaConfigurations: [
        { Event: "s3:ObjectCreated:*", Function: FUNCTION, Filter: { S3Key: { Rules: [{ Name: "prefix", Value: "in/" }] } } },
      ],
    },
    OwnershipControls: { Rules: [{ ObjectOwnership: "ObjectWriter" }] },
    PublicAccessBlockConfiguration: { BlockPublicAcls: "true", BlockPublicPolicy: false },
    Tags: [{ Key: "team", Value: "x" }],
    VersioningConfiguration: { Status: "Suspended" },
  };

  test("takes all that it lists, and lets it go again", async () => {
    const Bucket = "full";
    const state = await create(full);
    const cors = await world.call("s3", "GetBucketCors", { Bucket });
    assert.deepEqual(cors.CORSRules, [{ ID: "c", AllowedMethods: ["GET"], AllowedOrigins: ["*"], MaxAgeSeconds: 60 }]);
    const lifecycle = await world.call("s3", "GetBucketLifecycleConfiguration", { Bucket });
    assert.deepEqual(lifecycle.Rules, [
      { ID: "l", Status: "Enabled", Filter: { And: { Prefix: "tmp/", Tags: [{ Key: "a", Value: "1" }] } }, Expiration: { Days: 3 } },
      { ID: "rule-2", Status: "Enabled", Filter: { Prefix: "" }, AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 } },
    ]);
    const notification = await world.call("s3", "GetBucketNotificationConfiguration", { Bucket });
    assert.equal(notification.LambdaFunctionConfigurations?.[0]?.LambdaFunctionArn, FUNCTION);
    const block = await world.call("s3", "GetPublicAccessBlock", { Bucket });
    assert.deepEqual(block.PublicAccessBlockConfiguration, {
      BlockPublicAcls: true,
      BlockPublicPolicy: false,
      IgnorePublicAcls: false,
      RestrictPublicBuckets: false,
    });
    assert.equal((await world.call("s3", "GetBucketVersioning", { Bucket })).Status, "Suspended");
    assert.deepEqual((await world.call("s3", "GetBucketTagging", { Bucket })).TagSet, full.Tags);

    await typeOf("AWS::S3::Bucket").update(world.context("s3"), request, state, { BucketName: "full" }, full);
    for (const operation of ["GetBucketCors", "GetBucketLifecycleConfiguration", "GetBucketTagging", "GetBucketEncryption"] as const) {
      assert.equal((await errorOf(world.call("s3", operation, { Bucket }))).status, 404, operation);
    }
    assert.deepEqual(await world.call("s3", "GetBucketNotificationConfiguration", { Bucket }), {});
  });

  const refusals: [name: string, properties: Properties, code: string][] = [
    ["versioning", { VersioningConfiguration: { Status: "Enabled" } }, "NotImplemented"],
    [
      "a topic",
      { NotificationConfiguration: { TopicConfigurations: [{ Event: "s3:ObjectCreated:*", Topic: "arn:t" }] } },
      "NotImplemented",
    ],
    ["EventBridge", { NotificationConfiguration: { EventBridgeConfiguration: { EventBridgeEnabled: true } } }, "NotImplemented"],
    [
      "a nested key that it does not know",
      { CorsConfiguration: { CorsRules: [{ AllowedMethods: ["GET"], AllowedOrigins: ["*"], X: 1 }] } },
      "ValidationError",
    ],
    ["a public list where lists are not allowed", { AccessControl: "PublicRead" }, "InvalidBucketAclWithObjectOwnership"],
  ];
  for (const [name, properties, code] of refusals) {
    test(`refuses ${name} and leaves no bucket behind`, async () => {
      assert.equal((await errorOf(create(properties))).code, code);
      assert.equal((await errorOf(world.call("s3", "HeadBucket", { Bucket: "s-box-abc" }))).code, "NotFound");
    });
  }

  test("is deleted when empty, and only then; twice is no error", async () => {
    const state = await create({});
    const remove = () => typeOf("AWS::S3::Bucket").delete(world.context("s3"), request, state, {});
    await world.call("s3", "PutObject", { Bucket: "s-box-abc", Key: "k" });
    assert.equal((await errorOf(remove())).code, "BucketNotEmpty");
    await world.call("s3", "DeleteObject", { Bucket: "s-box-abc", Key: "k" });
    await remove();
    await remove();
  });
});

test("AWS::S3::BucketPolicy puts, changes and deletes a policy", async () => {
  await create({ BucketName: "box", PublicAccessBlockConfiguration: {} });
  const type = typeOf("AWS::S3::BucketPolicy");
  const document = (effect: string) => ({
    Version: "2012-10-17",
    Statement: [{ Effect: effect, Principal: "*", Action: "s3:GetObject", Resource: "arn:aws:s3:::box/*" }],
  });
  const policy = { Bucket: "box", PolicyDocument: document("Allow") };
  const state = await type.create(world.context("s3"), request, policy);
  assert.equal(state.physicalId, "box");
  await type.update(world.context("s3"), request, state, { ...policy, PolicyDocument: document("Deny") }, policy);
  assert.deepEqual(JSON.parse((await world.call("s3", "GetBucketPolicy", { Bucket: "box" })).Policy ?? ""), document("Deny"));
  await type.delete(world.context("s3"), request, state, policy);
  assert.equal((await errorOf(world.call("s3", "GetBucketPolicy", { Bucket: "box" }))).code, "NoSuchBucketPolicy");
});
