import assert from "node:assert/strict";
import { test } from "node:test";
import { openStackWorld, template } from "../../testing/stack-world.ts";
import { objectOf } from "./template-source.ts";

test("exports are imported, unique, and stay while they are in use", async () => {
  const world = await openStackWorld();
  const exporter = (value: string, name = "shared") =>
    template({ Resources: { A: { Type: "Test::Thing" } }, Outputs: { O: { Value: value, Export: { Name: name } } } });
  const importer = template({ Resources: { B: { Type: "Test::Thing", Properties: { Value: { "Fn::ImportValue": "shared" } } } } });
  await world.call("CreateStack", { StackName: "early", TemplateBody: importer });
  await world.settle();
  assert.equal((await world.stack("early"))?.StackStatus, "ROLLBACK_COMPLETE");
  assert.ok((await world.events("early")).includes("B CREATE_FAILED No export named shared found."));
  await world.create("from", exporter("v1"));
  await world.create("to", importer);
  assert.deepEqual((await world.call("ListImports", { ExportName: "shared" })).Imports, ["to"]);

  await world.call("CreateStack", { StackName: "twice", TemplateBody: exporter("v2") });
  await world.settle();
  assert.ok((await world.events("twice")).some((event) => event.includes("Export with name shared is already exported by stack from.")));

  await world.call("UpdateStack", { StackName: "from", TemplateBody: exporter("v2") });
  await world.settle();
  assert.equal((await world.stack("from"))?.StackStatus, "UPDATE_ROLLBACK_COMPLETE");
  assert.ok((await world.events("from")).some((event) => event.includes("Export shared cannot be updated as it is in use by to")));

  await world.call("DeleteStack", { StackName: "from" });
  await world.settle();
  const refused = await world.stack("from");
  assert.deepEqual(
    [refused?.StackStatus, refused?.StackStatusReason],
    ["DELETE_FAILED", "Delete canceled. Cannot delete export shared as it is in use by to."],
  );
  await world.call("DeleteStack", { StackName: "to" });
  await world.settle();
  await world.call("DeleteStack", { StackName: "from" });
  await world.settle();
  assert.deepEqual((await world.call("ListExports", {})).Exports, []);
  await world.close();
});

test("secrets of parameters are masked, and SSM values are resolved", async () => {
  const world = await openStackWorld();
  const body = template({
    Parameters: {
      Secret: { Type: "String", NoEcho: true },
      Shared: { Type: "AWS::SSM::Parameter::Value<String>", Default: "/shared/value" },
    },
    Resources: {
      A: { Type: "Test::Thing", Properties: { Value: { "Fn::Sub": "${Secret}/${Shared}/{{resolve:ssm:/shared/value}}" } } },
    },
  });
  await world.call("CreateStack", {
    StackName: "app",
    TemplateBody: body,
    Parameters: [{ ParameterKey: "Secret", ParameterValue: "hush" }],
  });
  await world.settle();
  assert.deepEqual(world.log(), ["create A hush/from-ssm/from-ssm"]);
  assert.deepEqual((await world.stack("app"))?.Parameters, [
    { ParameterKey: "Secret", ParameterValue: "****", ResolvedValue: undefined },
    { ParameterKey: "Shared", ParameterValue: "/shared/value", ResolvedValue: "from-ssm" },
  ]);
  const { StackEvents = [] } = await world.call("DescribeStackEvents", { StackName: "app" });
  assert.equal(JSON.stringify(StackEvents).includes("hush"), false);
  assert.ok(JSON.stringify(StackEvents).includes("****/from-ssm/{{resolve:ssm:/shared/value}}"));
  const again = { StackName: "app", UsePreviousTemplate: true, Parameters: [{ ParameterKey: "Secret", UsePreviousValue: true }] };
  await world.call("CreateChangeSet", { ...again, ChangeSetName: "c" });
  const shown = [
    await world.call("DescribeChangeSet", { StackName: "app", ChangeSetName: "c", IncludePropertyValues: true }),
    await world.call("GetTemplate", { StackName: "app" }),
    await world.call("GetTemplateSummary", { StackName: "app" }),
    await world.call("DescribeStackResource", { StackName: "app", LogicalResourceId: "A" }),
    await world.call("DescribeStackResources", { StackName: "app" }),
    await world.call("ListStackResources", { StackName: "app" }),
    await world.call("DescribeStacks", {}),
  ];
  assert.equal(JSON.stringify(shown).includes("hush"), false);
  // The parameter's new value is a change, though template and parameters are the same.
  await assert.rejects(world.call("UpdateStack", again), { message: "No updates are to be performed." });
  world.parameters.set("/shared/value", "newer");
  await world.call("UpdateStack", again);
  await world.settle();
  assert.deepEqual(world.log().at(-1), "update A hush/newer/newer");
  await world.close();
});

test("lists come in pages, and a protected stack is not deleted", async () => {
  const world = await openStackWorld();
  const ids = Array.from({ length: 120 }, (_, index) => `R${String(index).padStart(3, "0")}`);
  await world.create("big", template({ Resources: Object.fromEntries(ids.map((id) => [id, { Type: "Test::Thing" }])) }));
  const first = await world.call("ListStackResources", { StackName: "big" });
  assert.equal(first.StackResourceSummaries?.length, 100);
  const second = await world.call("ListStackResources", { StackName: "big", NextToken: String(first.NextToken) });
  const listed = [...(first.StackResourceSummaries ?? []), ...(second.StackResourceSummaries ?? [])];
  assert.deepEqual(
    listed.map((item) => item?.LogicalResourceId),
    ids,
  );
  assert.equal(second.NextToken, undefined);

  const seen = new Set<unknown>();
  for (let token: string | undefined, pages = 0; pages < 10; pages++) {
    const page = await world.call("DescribeStackEvents", { StackName: "big", ...(token !== undefined && { NextToken: token }) });
    for (const event of page.StackEvents ?? []) seen.add(event?.EventId);
    token = page.NextToken;
    if (token === undefined) break;
  }
  assert.equal(seen.size, 120 * 3 + 2);

  await world.call("UpdateTerminationProtection", { StackName: "big", EnableTerminationProtection: true });
  await assert.rejects(world.call("DeleteStack", { StackName: "big" }), {
    code: "ValidationError",
    message: "Stack [big] cannot be deleted while TerminationProtection is enabled",
  });
  await world.close();
});

test("a rollback that fails can be taken up again", async () => {
  const world = await openStackWorld();
  const body = (value: string) =>
    template({
      Resources: {
        A: { Type: "Test::Thing", Properties: { Value: value } },
        B: { Type: "Test::Thing", DependsOn: "A", Properties: { Value: value } },
      },
    });
  await world.create("app", body("1"));
  world.fail("update B", "first");
  world.breakOnValue("A", "1");
  await world.call("UpdateStack", { StackName: "app", TemplateBody: body("2") });
  await world.settle();
  assert.equal((await world.stack("app"))?.StackStatus, "UPDATE_ROLLBACK_FAILED");
  await assert.rejects(
    world.call("UpdateStack", { StackName: "app", TemplateBody: body("3") }),
    /is in UPDATE_ROLLBACK_FAILED state and can not be updated/,
  );
  world.heal();
  await world.call("ContinueUpdateRollback", { StackName: "app" });
  await world.settle();
  assert.equal((await world.stack("app"))?.StackStatus, "UPDATE_ROLLBACK_COMPLETE");
  assert.deepEqual(
    [...world.things.values()].map((thing) => JSON.stringify(thing.properties)),
    ['{"Value":"1"}', '{"Value":"1"}'],
  );
  await world.close();
});

test("a named resource is not replaced under its name, and a type is not changed", async () => {
  const world = await openStackWorld();
  const body = (properties: object, type = "Test::Thing") => template({ Resources: { A: { Type: type, Properties: properties } } });
  await world.create("app", body({ Name: "mine", Fixed: "1" }));
  await world.call("UpdateStack", { StackName: "app", TemplateBody: body({ Name: "mine", Fixed: "2" }) });
  await world.settle();
  assert.ok(
    (await world.events("app")).includes(
      "A UPDATE_FAILED CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename mine and update the stack again.",
    ),
  );
  await assert.rejects(
    world.call("UpdateStack", { StackName: "app", TemplateBody: body({}, "AWS::CDK::Metadata") }),
    /Update of resource type is not permitted\. The new template modifies resource type of the following resources: \[A\]/,
  );
  await world.close();
});

test("a deleted stack is forgotten after 90 days", async () => {
  const world = await openStackWorld();
  await world.create("app", template({ Resources: { A: { Type: "Test::Thing" } } }));
  const id = String((await world.stack("app"))?.StackId);
  await world.call("DeleteStack", { StackName: "app" });
  await world.settle();
  assert.equal((await world.stack(id))?.StackStatus, "DELETE_COMPLETE");
  await world.advance(91 * 24 * 60 * 60 * 1000);
  await assert.rejects(world.stack(id), { message: `Stack with id ${id} does not exist` });
  await world.close();
});

test("the object of a template's URL", () => {
  const cases: [string, ReturnType<typeof objectOf>][] = [
    ["https://s3.amazonaws.com/bucket/a/b.yml", { bucket: "bucket", key: "a/b.yml" }],
    ["https://s3.eu-west-1.amazonaws.com/bucket/b.yml?versionId=v1", { bucket: "bucket", key: "b.yml", versionId: "v1" }],
    ["https://bucket.s3.amazonaws.com/b.yml", { bucket: "bucket", key: "b.yml" }],
    ["https://my.bucket.s3.eu-west-1.amazonaws.com/a%20b.yml", { bucket: "my.bucket", key: "a b.yml" }],
    ["https://bucket.s3-eu-west-1.amazonaws.com/b.yml", { bucket: "bucket", key: "b.yml" }],
    ["http://localhost:4566/bucket/b.yml", { bucket: "bucket", key: "b.yml" }],
    ["http://127.0.0.1:4566/bucket/b.yml", { bucket: "bucket", key: "b.yml" }],
    ["http://bucket.s3.localhost.localstack.cloud:4566/b.yml", { bucket: "bucket", key: "b.yml" }],
    ["http://s3.localhost.localstack.cloud:4566/bucket/b.yml", { bucket: "bucket", key: "b.yml" }],
    ["http://localhost:4566/bucket", undefined],
    ["s3://bucket/key", undefined],
    ["nonsense", undefined],
  ];
  for (const [url, expected] of cases) assert.deepEqual(objectOf(url), expected, url);
});

test("one stack is described when its operation ends, or after two seconds", async () => {
  const world = await openStackWorld();
  const body = (value: string) => template({ Resources: { A: { Type: "Test::Thing", Properties: { Value: value } } } });
  const status = async (name: string) => (await world.stack(name))?.StackStatus;
  await world.call("CreateStack", { StackName: "app", TemplateBody: body("1") });
  const held = status("app");
  const startedMs = world.clock.now();
  await world.advance(100);
  assert.equal(await held, "CREATE_COMPLETE");
  assert.ok(world.clock.now() - startedMs <= 100);
  // Lists, and the stack among others, are not held.
  await world.call("UpdateStack", { StackName: "app", TemplateBody: body("2") });
  assert.equal((await world.call("DescribeStacks", {})).Stacks?.[0]?.StackStatus, "UPDATE_IN_PROGRESS");
  await world.settle();
  // A step that takes its time.
  let isHeld = true;
  world.stall("A");
  await world.call("UpdateStack", { StackName: "app", TemplateBody: body("3") });
  const late = status("app").finally(() => {
    isHeld = false;
  });
  await world.advance(1_999);
  assert.equal(isHeld, true);
  await world.advance(1);
  assert.equal(await late, "UPDATE_IN_PROGRESS");
  world.unstall();
  await world.settle();
  assert.equal(await status("app"), "UPDATE_COMPLETE");
  // The name is gone when the deletion ends.
  await world.call("DeleteStack", { StackName: "app" });
  const gone = assert.rejects(world.call("DescribeStacks", { StackName: "app" }), { message: "Stack with id app does not exist" });
  await world.settle();
  await gone;
  await world.close();
});
