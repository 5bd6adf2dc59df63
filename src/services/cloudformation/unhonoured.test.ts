import assert from "node:assert/strict";
import { test } from "node:test";
import { loadSchema, SERVICE_ENTRIES } from "../../protocol/catalog.ts";
import { openStackWorld, template } from "../../testing/stack-world.ts";
import { cloudFormation } from "./service.ts";
import { REFUSED, WITHOUT_EFFECT } from "./unhonoured.ts";

const TEMPLATE = ["TemplateBody", "TemplateURL"];
const REVISION = [...TEMPLATE, "UsePreviousTemplate", "Parameters", "Capabilities", "Tags"];

/** What has an effect, by operation. */
const HONOURED: Readonly<Record<string, readonly string[]>> = {
  ContinueUpdateRollback: ["StackName", "ClientRequestToken"],
  CreateChangeSet: [...REVISION, "StackName", "ChangeSetName", "ClientToken", "Description", "ChangeSetType", "OnStackFailure"],
  CreateStack: [
    ...[...TEMPLATE, "StackName", "Parameters", "Capabilities", "Tags", "DisableRollback", "OnFailure"],
    ...["ClientRequestToken", "EnableTerminationProtection", "RetainExceptOnCreate"],
  ],
  DeleteChangeSet: ["ChangeSetName", "StackName"],
  DeleteStack: ["StackName", "RetainResources", "ClientRequestToken", "DeletionMode"],
  DescribeChangeSet: ["ChangeSetName", "StackName"],
  DescribeStackEvents: ["StackName", "NextToken"],
  DescribeStackResource: ["StackName", "LogicalResourceId"],
  DescribeStackResources: ["StackName", "LogicalResourceId", "PhysicalResourceId"],
  DescribeStacks: ["StackName", "NextToken"],
  ExecuteChangeSet: ["ChangeSetName", "StackName", "ClientRequestToken", "DisableRollback", "RetainExceptOnCreate"],
  GetStackPolicy: ["StackName"],
  GetTemplate: ["StackName", "ChangeSetName", "TemplateStage"],
  GetTemplateSummary: [...TEMPLATE, "StackName"],
  ListChangeSets: ["StackName"],
  ListExports: ["NextToken"],
  ListImports: ["ExportName", "NextToken"],
  ListStackResources: ["StackName", "NextToken"],
  ListStacks: ["NextToken", "StackStatusFilter"],
  SetStackPolicy: ["StackName"],
  UpdateStack: [...REVISION, "StackName", "DisableRollback", "ClientRequestToken", "RetainExceptOnCreate"],
  UpdateTerminationProtection: ["EnableTerminationProtection", "StackName"],
  ValidateTemplate: TEMPLATE,
};

test("every parameter of every operation is honoured, refused or noted", async () => {
  const { id } = SERVICE_ENTRIES.find((entry) => entry.id === "cloudformation") ?? assert.fail("no schema of CloudFormation");
  const schema = await loadSchema(id);
  const { operations } = cloudFormation({ resourceType: async () => undefined });
  for (const name of Object.keys(operations)) {
    const members = schema.operations.get(name)?.input.members.map((member) => member.name) ?? [];
    const told = [...(HONOURED[name] ?? []), ...Object.keys(WITHOUT_EFFECT[name] ?? {}), ...Object.keys(REFUSED[name] ?? {})];
    assert.deepEqual(told.sort(), [...members].sort(), name);
  }
});

test("what is refused says so, what has no effect is noted, and what asks for nothing is neither", async () => {
  const world = await openStackWorld();
  const input = { StackName: "app", TemplateBody: template({ Resources: { A: { Type: "Test::Thing" } } }) };
  await assert.rejects(world.call("CreateStack", { ...input, StackPolicyURL: "http://localhost/policy" }), {
    code: "ValidationError",
    message: "The parameter StackPolicyURL of CreateStack is not supported by Hearth: pass the policy itself.",
  });
  await assert.rejects(world.call("CreateStack", { ...input, StackPolicyBody: "{" }), { message: /Invalid stack policy/ });
  await world.call("CreateStack", {
    ...input,
    StackPolicyBody: "{}",
    TimeoutInMinutes: 5,
    NotificationARNs: [],
    RollbackConfiguration: {},
  });
  await world.settle();
  const noted = world.platform.ledger.entries().map((entry) => `${entry.operation} ${entry.parameter}`);
  assert.deepEqual(noted, ["CreateStack StackPolicyBody", "CreateStack TimeoutInMinutes"]);
  await world.close();
});

test("calls with one token are one call, and RetainExceptOnCreate lets a rollback delete what it made", async () => {
  const world = await openStackWorld();
  const body = (value: string, more = {}) => template({ Resources: { A: { Type: "Test::Thing", Properties: { Value: value } }, ...more } });
  await world.create("app", body("1"));
  const update = { StackName: "app", TemplateBody: body("2"), ClientRequestToken: "once" };
  const first = await world.call("UpdateStack", update);
  assert.deepEqual(await world.call("UpdateStack", update), first);
  await world.settle();
  const changes = { StackName: "app", ChangeSetName: "c", TemplateBody: body("3"), ClientToken: "t" };
  const made = await world.call("CreateChangeSet", changes);
  assert.deepEqual(await world.call("CreateChangeSet", changes), made);
  await assert.rejects(world.call("CreateChangeSet", { ...changes, ClientToken: "other" }), { code: "AlreadyExistsException" });

  const kept = { B: { Type: "Test::Thing", DeletionPolicy: "Retain" } };
  const failing = { C: { Type: "Test::Thing", DependsOn: "B" } };
  for (const [retainExceptOnCreate, things] of [
    [true, 1],
    [false, 2],
  ] as const) {
    world.fail("create C", "no room left");
    const TemplateBody = body("2", { ...kept, ...failing });
    await world.call("UpdateStack", { StackName: "app", TemplateBody, RetainExceptOnCreate: retainExceptOnCreate });
    await world.settle();
    assert.equal((await world.stack("app"))?.StackStatus, "UPDATE_ROLLBACK_COMPLETE");
    assert.equal(world.things.size, things, `RetainExceptOnCreate ${retainExceptOnCreate}`);
  }
  await world.close();
});
