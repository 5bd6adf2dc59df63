import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { lambdaWorld, ROLE } from "../../testing/lambda-world.ts";

const ARN = "arn:aws:lambda:us-east-1:000000000000:function:orders";
const NOT_FOUND = { code: "ResourceNotFoundException", message: `Function not found: ${ARN}`, status: 404 };

test("a function from its creation to its end", async () => {
  const world = await lambdaWorld();
  const created = await world.create("orders", { Environment: { Variables: { TABLE: "t" } }, Tags: { team: "a" } });
  assert.equal(created.FunctionArn, ARN);
  assert.equal(created.CodeSize, 5);
  assert.equal(created.CodeSha256, createHash("sha256").update("a zip").digest("base64"));
  assert.deepEqual(
    [created.State, created.LastUpdateStatus, created.Version, created.Timeout, created.MemorySize, created.PackageType],
    ["Active", "Successful", "$LATEST", 3, 128, "Zip"],
  );
  assert.equal(created.LastModified, "2026-01-01T00:00:00.000+0000");
  await assert.rejects(world.create("orders"), {
    code: "ResourceConflictException",
    message: "Function already exist: orders",
    status: 409,
  });

  const got = await world.call("lambda", "GetFunction", { FunctionName: "orders" });
  assert.deepEqual(got.Tags, { team: "a" });
  assert.equal(got.Configuration?.RevisionId, created.RevisionId);
  assert.deepEqual(got.Configuration?.Environment?.Variables, { TABLE: "t" });

  const changed = await world.call("lambda", "UpdateFunctionConfiguration", { FunctionName: "orders", Timeout: 10, Description: "d" });
  assert.deepEqual([changed.Timeout, changed.Description, changed.MemorySize], [10, "d", 128]);
  assert.notEqual(changed.RevisionId, created.RevisionId);
  const stale = { FunctionName: "orders", RevisionId: created.RevisionId ?? "" };
  const mismatch = { code: "PreconditionFailedException", status: 412 };
  await assert.rejects(world.call("lambda", "UpdateFunctionConfiguration", stale), mismatch);
  await assert.rejects(world.call("lambda", "UpdateFunctionCode", { ...stale, ZipFile: Buffer.from("b") }), mismatch);

  const updated = await world.call("lambda", "UpdateFunctionCode", { FunctionName: "orders", ZipFile: Buffer.from("another zip") });
  assert.equal(updated.CodeSize, 11);
  assert.notEqual(updated.CodeSha256, created.CodeSha256);
  assert.deepEqual(world.retired, [`${ARN}:$LATEST`, `${ARN}:$LATEST`]);

  await world.call("lambda", "DeleteFunction", { FunctionName: "orders" });
  for (const operation of ["GetFunction", "GetFunctionConfiguration", "DeleteFunction", "Invoke", "GetPolicy"] as const) {
    await assert.rejects(world.call("lambda", operation, { FunctionName: "orders" }), NOT_FOUND, operation);
  }
  await world.close();
});

test("what is refused when a function is created", async (t) => {
  const world = await lambdaWorld();
  for (const [name, settings, code, message] of [
    ["another runtime", { Runtime: "python3.13" }, "InvalidParameterValueException", /python3\.13 is not supported/],
    ["no handler", { Handler: undefined }, "InvalidParameterValueException", /Handler is mandatory/],
    ["no runtime", { Runtime: undefined }, "InvalidParameterValueException", /Runtime is mandatory/],
    ["no code", { Code: {} }, "InvalidParameterValueException", /Please provide a source for function code/],
    ["a broken zip", { Code: { ZipFile: Buffer.from("broken") } }, "InvalidParameterValueException", /Could not unzip/],
    [
      "code that is not there",
      { Code: { S3Bucket: "absent", S3Key: "k" } },
      "InvalidParameterValueException",
      /S3 Error Code: NoSuchBucket/,
    ],
    ["a long timeout", { Timeout: 901 }, "ValidationException", /less than or equal to 900/],
    ["much memory", { MemorySize: 10_241 }, "ValidationException", /less than or equal to 10240/],
    ["little memory", { MemorySize: 64 }, "ValidationException", /greater than or equal to 128/],
    [
      "layers",
      { Layers: ["arn:aws:lambda:us-east-1:000000000000:layer:l:1"] },
      "InvalidParameterValueException",
      /^Layers is not supported/,
    ],
    ["an image", { PackageType: "Image", Code: { ImageUri: "x" } }, "InvalidParameterValueException", /not supported/],
    [
      "a reserved variable",
      { Environment: { Variables: { AWS_REGION: "x" } } },
      "InvalidParameterValueException",
      /Reserved keys used in this request: AWS_REGION$/,
    ],
    [
      "large variables",
      { Environment: { Variables: { LARGE: "x".repeat(4_096) } } },
      "InvalidParameterValueException",
      /exceeded the 4KB limit/,
    ],
    ["a wrong dead-letter target", { DeadLetterConfig: { TargetArn: "arn:aws:s3:::b" } }, "InvalidParameterValueException", /target arn/],
  ] as const) {
    await t.test(name, async () => {
      await assert.rejects(world.create("refused", settings), (error: { code: string; message: string }) => {
        assert.equal(error.code, code);
        assert.match(error.message, message);
        return true;
      });
      await assert.rejects(world.call("lambda", "GetFunction", { FunctionName: "refused" }), { code: "ResourceNotFoundException" });
    });
  }
  await world.close();
});

test("what a function does without is noted", async () => {
  const world = await lambdaWorld();
  await world.create("noted", {
    TracingConfig: { Mode: "Active" },
    VpcConfig: { SubnetIds: ["subnet-1"], SecurityGroupIds: [] },
    EphemeralStorage: { Size: 1024 },
  });
  assert.deepEqual(
    world.platform.ledger
      .entries()
      .map(({ parameter }) => parameter)
      .sort(),
    ["EphemeralStorage", "TracingConfig", "VpcConfig"],
  );
  await world.close();
});

test("code from S3, from a folder, and its blob's end", async () => {
  const world = await lambdaWorld();
  await world.call("s3", "CreateBucket", { Bucket: "code" });
  await world.call("s3", "PutObject", {
    Bucket: "code",
    Key: "a.zip",
    Body: (async function* () {
      yield Buffer.from("from s3");
    })(),
  });
  const created = await world.create("f", { Code: { S3Bucket: "code", S3Key: "a.zip" } });
  assert.equal(created.CodeSize, 7);
  await world.call("lambda", "Invoke", { FunctionName: "f" });
  assert.match(world.requests[0]?.function.codeDirectory ?? "", /^\/code\/[0-9a-f]{64}$/);
  await world.call("lambda", "UpdateFunctionCode", { FunctionName: "f", S3Bucket: "hot-reload", S3Key: "/home/me/app/" });
  await world.call("lambda", "Invoke", { FunctionName: "f" });
  assert.equal(world.requests[1]?.function.codeDirectory, "/home/me/app/");
  assert.notEqual(world.requests[0]?.function.instanceKey, world.requests[1]?.function.instanceKey);
  await assert.rejects(world.call("lambda", "UpdateFunctionCode", { FunctionName: "f", S3Bucket: "hot-reload", S3Key: "relative" }), {
    code: "InvalidParameterValueException",
  });
  await world.close();
});

test("how functions are named", async (t) => {
  const world = await lambdaWorld();
  await world.create("orders");
  for (const [name, qualifier, expected] of [
    ["orders", undefined, "$LATEST"],
    ["orders", "$LATEST", "$LATEST"],
    ["orders:$LATEST", undefined, "$LATEST"],
    [ARN, undefined, "$LATEST"],
    [`${ARN}:$LATEST`, "$LATEST", "$LATEST"],
    ["000000000000:function:orders", undefined, "$LATEST"],
    ["function:orders", undefined, "$LATEST"],
    ["us-east-1:000000000000:function:orders", undefined, "$LATEST"],
  ] as const) {
    await t.test(`${name} ${qualifier ?? ""}`, async () => {
      const input = { FunctionName: name, ...(qualifier !== undefined && { Qualifier: qualifier }) };
      assert.equal((await world.call("lambda", "GetFunctionConfiguration", input)).Version, expected);
    });
  }
  for (const [name, qualifier, error] of [
    [
      "absent",
      undefined,
      { code: "ResourceNotFoundException", message: "Function not found: arn:aws:lambda:us-east-1:000000000000:function:absent" },
    ],
    ["orders", "7", { code: "ResourceNotFoundException", message: `Function not found: ${ARN}:7` }],
    ["orders", "live", { code: "ResourceNotFoundException", message: `Function not found: ${ARN}:live` }],
    [
      "orders:a",
      "b",
      {
        code: "InvalidParameterValueException",
        message: "The derived qualifier from the function name does not match the specified qualifier.",
      },
    ],
    [
      ARN.replace("us-east-1", "eu-west-1"),
      undefined,
      { code: "ResourceNotFoundException", message: "Functions from 'eu-west-1' are not reachable in this region ('us-east-1')" },
    ],
    [
      ARN.replace("000000000000", "111111111111"),
      undefined,
      { code: "ResourceNotFoundException", message: `Function not found: ${ARN.replace("000000000000", "111111111111")}` },
    ],
    ["x".repeat(65), undefined, { code: "ValidationException" }],
    ["a b", undefined, { code: "ValidationException" }],
  ] as const) {
    await t.test(`not ${name} ${qualifier ?? ""}`, async () => {
      const input = { FunctionName: name, ...(qualifier !== undefined && { Qualifier: qualifier }) };
      await assert.rejects(world.call("lambda", "GetFunctionConfiguration", input), error);
    });
  }
  await world.close();
});

test("lists come in pages, and accounts and regions are apart", async () => {
  const world = await lambdaWorld();
  for (const name of ["c", "a", "b"]) await world.create(name);
  const first = await world.call("lambda", "ListFunctions", { MaxItems: 2 });
  assert.deepEqual(
    first.Functions?.map((f) => f.FunctionName),
    ["a", "b"],
  );
  const second = await world.call("lambda", "ListFunctions", { MaxItems: 2, Marker: first.NextMarker ?? "" });
  assert.deepEqual(
    second.Functions?.map((f) => f.FunctionName),
    ["c"],
  );
  assert.equal(second.NextMarker, undefined);
  for (const scope of [{ account: "111111111111" }, { region: "eu-west-1" }]) {
    assert.deepEqual((await world.call("lambda", "ListFunctions", {}, scope)).Functions, []);
    await assert.rejects(world.call("lambda", "GetFunction", { FunctionName: "a" }, scope), { code: "ResourceNotFoundException" });
  }
  await world.close();
});

test("versions and aliases", async () => {
  const world = await lambdaWorld();
  await world.create("orders");
  const one = await world.call("lambda", "PublishVersion", { FunctionName: "orders", Description: "first" });
  assert.deepEqual([one.Version, one.Description, one.FunctionArn], ["1", "first", `${ARN}:1`]);
  const same = await world.call("lambda", "PublishVersion", { FunctionName: "orders" });
  assert.equal(same.Version, "1", "nothing changed");
  await world.call("lambda", "UpdateFunctionConfiguration", { FunctionName: "orders", Timeout: 9 });
  await assert.rejects(world.call("lambda", "PublishVersion", { FunctionName: "orders", CodeSha256: "other" }), {
    message: /is different from current CodeSHA256/,
  });
  const two = await world.call("lambda", "PublishVersion", { FunctionName: "orders" });
  assert.equal(two.Version, "2");
  assert.equal((await world.call("lambda", "GetFunctionConfiguration", { FunctionName: "orders", Qualifier: "1" })).Timeout, 3);
  const listed = await world.call("lambda", "ListVersionsByFunction", { FunctionName: "orders" });
  assert.deepEqual(
    listed.Versions?.map((v) => v.Version),
    ["$LATEST", "1", "2"],
  );

  const alias = { FunctionName: "orders", Name: "live" };
  await assert.rejects(world.call("lambda", "CreateAlias", { ...alias, FunctionVersion: "9" }), {
    message: `Function not found: ${ARN}:9`,
  });
  const made = await world.call("lambda", "CreateAlias", { ...alias, FunctionVersion: "1" });
  assert.equal(made.AliasArn, `${ARN}:live`);
  await assert.rejects(world.call("lambda", "CreateAlias", { ...alias, FunctionVersion: "1" }), { code: "ResourceConflictException" });
  await world.call("lambda", "Invoke", { FunctionName: "orders:live" });
  assert.deepEqual([world.requests[0]?.function.version, world.requests[0]?.invokedArn], ["1", `${ARN}:live`]);
  await assert.rejects(world.call("lambda", "DeleteFunction", { FunctionName: "orders", Qualifier: "1" }), {
    code: "ResourceConflictException",
  });
  const moved = await world.call("lambda", "UpdateAlias", {
    ...alias,
    FunctionVersion: "2",
    RoutingConfig: { AdditionalVersionWeights: { "1": 0.25 } },
  });
  assert.deepEqual(moved.RoutingConfig?.AdditionalVersionWeights, { "1": 0.25 });
  for (let i = 0; i < 200; i++) await world.call("lambda", "Invoke", { FunctionName: "orders", Qualifier: "live" });
  const first = world.requests.slice(1).filter((request) => request.function.version === "1").length;
  assert.ok(first > 25 && first < 80, `${first} of 200 went to the quarter`);
  assert.deepEqual(
    (await world.call("lambda", "ListAliases", { FunctionName: "orders" })).Aliases?.map((a) => a.Name),
    ["live"],
  );
  await world.call("lambda", "DeleteAlias", alias);
  await assert.rejects(world.call("lambda", "GetAlias", alias), {
    code: "ResourceNotFoundException",
    message: `Cannot find alias arn: ${ARN}:live`,
  });
  await world.call("lambda", "DeleteFunction", { FunctionName: "orders", Qualifier: "1" });
  const left = await world.call("lambda", "ListVersionsByFunction", { FunctionName: "orders" });
  assert.deepEqual(
    left.Versions?.map((v) => v.Version),
    ["$LATEST", "2"],
  );
  await world.call("lambda", "DeleteFunction", { FunctionName: "orders" });
  await world.create("orders");
  assert.equal((await world.call("lambda", "ListVersionsByFunction", { FunctionName: "orders" })).Versions?.length, 1);
  await world.close();
});

test("permissions make the policy that AWS makes", async (t) => {
  const world = await lambdaWorld();
  await world.create("orders");
  const grant = { FunctionName: "orders", Action: "lambda:InvokeFunction" };
  await assert.rejects(world.call("lambda", "GetPolicy", { FunctionName: "orders" }), {
    message: "The resource you requested does not exist.",
  });
  for (const [name, input, expected] of [
    [
      "service",
      { Principal: "s3.amazonaws.com", SourceArn: "arn:aws:s3:::b", SourceAccount: "000000000000" },
      {
        Principal: { Service: "s3.amazonaws.com" },
        Condition: { StringEquals: { "AWS:SourceAccount": "000000000000" }, ArnLike: { "AWS:SourceArn": "arn:aws:s3:::b" } },
      },
    ],
    ["account", { Principal: "123456789012" }, { Principal: { AWS: "arn:aws:iam::123456789012:root" } }],
    ["role", { Principal: ROLE }, { Principal: { AWS: ROLE } }],
    [
      "all",
      { Principal: "*", FunctionUrlAuthType: "NONE" },
      { Principal: "*", Condition: { StringEquals: { "lambda:FunctionUrlAuthType": "NONE" } } },
    ],
  ] as const) {
    await t.test(name, async () => {
      const answer = await world.call("lambda", "AddPermission", { ...grant, StatementId: name, ...input });
      const { Principal, Condition, ...rest } = JSON.parse(answer.Statement ?? "") as Record<string, unknown>;
      assert.deepEqual(rest, { Sid: name, Effect: "Allow", Action: "lambda:InvokeFunction", Resource: ARN });
      assert.deepEqual({ Principal, ...(Condition !== undefined && { Condition }) }, expected);
    });
  }
  await assert.rejects(world.call("lambda", "AddPermission", { ...grant, StatementId: "all", Principal: "*" }), {
    code: "ResourceConflictException",
  });
  const policy = JSON.parse((await world.call("lambda", "GetPolicy", { FunctionName: "orders" })).Policy ?? "") as {
    Statement: { Sid: string }[];
  };
  assert.deepEqual(
    policy.Statement.map(({ Sid }) => Sid),
    ["service", "account", "role", "all"],
  );
  await world.call("lambda", "RemovePermission", { FunctionName: "orders", StatementId: "role" });
  await assert.rejects(world.call("lambda", "RemovePermission", { FunctionName: "orders", StatementId: "role" }), {
    code: "ResourceNotFoundException",
    message: "Statement role is not found in resource policy.",
  });
  await world.close();
});

test("tags", async () => {
  const world = await lambdaWorld();
  await world.create("orders", { Tags: { a: "1" } });
  await world.call("lambda", "TagResource", { Resource: ARN, Tags: { b: "2" } });
  await world.call("lambda", "UntagResource", { Resource: ARN, TagKeys: ["a"] });
  assert.deepEqual((await world.call("lambda", "ListTags", { Resource: ARN })).Tags, { b: "2" });
  await assert.rejects(world.call("lambda", "TagResource", { Resource: ARN, Tags: { "aws:x": "1" } }), {
    code: "InvalidParameterValueException",
  });
  await assert.rejects(world.call("lambda", "ListTags", { Resource: `${ARN}x` }), { code: "ResourceNotFoundException" });
  await world.close();
});
