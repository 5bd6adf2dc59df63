import assert from "node:assert/strict";
import { test } from "node:test";
import type { Properties, ResourceState } from "../../contract/resource.ts";
import { lambdaWorld, QUEUE_ARN, ROLE } from "../../testing/lambda-world.ts";
import { resources } from "./resources.ts";

const ARN = "arn:aws:lambda:us-east-1:000000000000:function:stack-Fn-ABC";

async function deployment() {
  const world = await lambdaWorld();
  const context = world.context("cloudformation");
  const type = (name: string) => {
    const found = resources[`AWS::Lambda::${name}`];
    assert.ok(found, name);
    return found;
  };
  const request = (logicalId: string) => ({
    stackName: "stack",
    stackId: "arn:aws:cloudformation:us-east-1:000000000000:stack/stack/1",
    logicalId,
    generatedName: () => `stack-${logicalId}-ABC`,
  });
  return {
    world,
    create: (name: string, id: string, properties: Properties) => type(name).create(context, request(id), properties),
    update: (name: string, id: string, state: ResourceState, properties: Properties, previous: Properties) =>
      type(name).update(context, request(id), state, properties, previous),
    remove: (name: string, id: string, state: ResourceState, properties: Properties) =>
      type(name).delete(context, request(id), state, properties),
  };
}

const FUNCTION = {
  Runtime: "nodejs22.x",
  Handler: "index.handler",
  Role: ROLE,
  Code: { ZipFile: "exports.handler = async () => 1;" },
  MemorySize: "256",
  Timeout: "20",
  Environment: { Variables: { TABLE: "t", COUNT: 5, ON: true } },
  Tags: [{ Key: "team", Value: "a" }],
  ReservedConcurrentExecutions: "7",
};

test("a function: created once, changed, and set back to what AWS takes by default", async () => {
  const { world, create, update, remove } = await deployment();
  const state = await create("Function", "Fn", FUNCTION);
  assert.deepEqual(state, { physicalId: "stack-Fn-ABC", attributes: { Arn: ARN } });
  assert.deepEqual(await create("Function", "Fn", FUNCTION), state, "a repeated step finds what it made");
  const before = await world.call("lambda", "GetFunction", { FunctionName: "stack-Fn-ABC" });
  assert.deepEqual([before.Configuration?.MemorySize, before.Configuration?.Timeout], [256, 20]);
  assert.deepEqual(before.Configuration?.Environment?.Variables, { TABLE: "t", COUNT: "5", ON: "true" });
  assert.equal(before.Concurrency?.ReservedConcurrentExecutions, 7);
  assert.equal(before.Tags?.["team"], "a");
  assert.equal(before.Tags?.["aws:cloudformation:logical-id"], "Fn");

  const { MemorySize: _memory, Environment: _environment, Tags: _tags, ReservedConcurrentExecutions: _reserved, ...rest } = FUNCTION;
  const changed = { ...rest, Code: { ZipFile: "exports.handler = async () => 2;" }, Tags: [{ Key: "other", Value: "b" }] };
  await update("Function", "Fn", state, changed, FUNCTION);
  const after = await world.call("lambda", "GetFunction", { FunctionName: "stack-Fn-ABC" });
  assert.deepEqual([after.Configuration?.MemorySize, after.Configuration?.Timeout], [128, 20]);
  assert.deepEqual(after.Configuration?.Environment?.Variables, {});
  assert.notEqual(after.Configuration?.CodeSha256, before.Configuration?.CodeSha256);
  assert.equal(after.Concurrency, undefined);
  assert.deepEqual([after.Tags?.["team"], after.Tags?.["other"]], [undefined, "b"]);

  await remove("Function", "Fn", state, changed);
  await remove("Function", "Fn", state, changed);
  await world.create("stack-Fn-ABC");
  await assert.rejects(create("Function", "Fn", FUNCTION), { code: "AlreadyExists" });
  await world.close();
});

test("permission, version, alias and event invoke configuration", async () => {
  const { world, create, update, remove } = await deployment();
  const { physicalId: name } = await create("Function", "Fn", FUNCTION);
  const permission = { FunctionName: name, Action: "lambda:InvokeFunction", Principal: "s3.amazonaws.com", SourceArn: "arn:aws:s3:::b" };
  const granted = await create("Permission", "Perm", permission);
  assert.deepEqual(await create("Permission", "Perm", permission), granted);
  const policy = JSON.parse((await world.call("lambda", "GetPolicy", { FunctionName: name })).Policy ?? "") as { Statement: object[] };
  assert.equal(policy.Statement.length, 1);
  const version = await create("Version", "V1", { FunctionName: name, Description: "one" });
  assert.deepEqual(version, { physicalId: `${ARN}:1`, attributes: { FunctionArn: `${ARN}:1`, Version: "1" } });
  const aliased = { FunctionName: name, Name: "live", FunctionVersion: "1" };
  const alias = await create("Alias", "Live", aliased);
  assert.equal(alias.physicalId, `${ARN}:live`);
  assert.deepEqual(await create("Alias", "Live", aliased), alias);
  await update("Alias", "Live", alias, { ...aliased, FunctionVersion: "$LATEST", Description: "d" }, aliased);
  assert.equal((await world.call("lambda", "GetAlias", { FunctionName: name, Name: "live" })).FunctionVersion, "$LATEST");
  const config = {
    FunctionName: name,
    Qualifier: "$LATEST",
    MaximumRetryAttempts: "1",
    DestinationConfig: { OnFailure: { Destination: QUEUE_ARN } },
  };
  const configured = await create("EventInvokeConfig", "Async", config);
  const got = await world.call("lambda", "GetFunctionEventInvokeConfig", { FunctionName: name });
  assert.deepEqual([got.MaximumRetryAttempts, got.DestinationConfig?.OnFailure?.Destination], [1, QUEUE_ARN]);
  await remove("EventInvokeConfig", "Async", configured, config);
  await remove("Alias", "Live", alias, aliased);
  await remove("Version", "V1", version, { FunctionName: name });
  await remove("Permission", "Perm", granted, permission);
  await assert.rejects(world.call("lambda", "GetPolicy", { FunctionName: name }), { code: "ResourceNotFoundException" });
  await world.close();
});

test("an event source mapping: created once, changed, removed", async () => {
  const { world, create, update, remove } = await deployment();
  await world.call("sqs", "CreateQueue", { QueueName: "work" });
  const { physicalId: name } = await create("Function", "Fn", { ...FUNCTION });
  const properties = {
    FunctionName: name,
    EventSourceArn: QUEUE_ARN,
    BatchSize: "5",
    FunctionResponseTypes: ["ReportBatchItemFailures"],
    Enabled: "true",
  };
  const state = await create("EventSourceMapping", "Map", properties);
  assert.deepEqual(await create("EventSourceMapping", "Map", properties), state, "a repeated step finds what it made");
  await world.advance(100);
  const before = await world.call("lambda", "GetEventSourceMapping", { UUID: state.physicalId });
  assert.deepEqual([before.BatchSize, before.State, before.FunctionResponseTypes], [5, "Enabled", ["ReportBatchItemFailures"]]);
  await update(
    "EventSourceMapping",
    "Map",
    state,
    { FunctionName: name, EventSourceArn: QUEUE_ARN, ScalingConfig: { MaximumConcurrency: "2" } },
    properties,
  );
  await world.advance(100);
  const after = await world.call("lambda", "GetEventSourceMapping", { UUID: state.physicalId });
  assert.deepEqual([after.BatchSize, after.FunctionResponseTypes, after.ScalingConfig], [10, [], { MaximumConcurrency: 2 }]);
  await remove("EventSourceMapping", "Map", state, properties);
  await world.advance(100);
  await remove("EventSourceMapping", "Map", state, properties);
  await assert.rejects(world.call("lambda", "GetEventSourceMapping", { UUID: state.physicalId }), { code: "ResourceNotFoundException" });
  await world.close();
});

test("what a template gets wrong is named", async () => {
  const { world, create } = await deployment();
  for (const [properties, message] of [
    [{ ...FUNCTION, Timeout: "soon" }, "Value of property Timeout must be a number."],
    [{ ...FUNCTION, Role: undefined }, "Property Role is required."],
    [{ ...FUNCTION, Code: undefined }, "Property Code is required."],
    [{ ...FUNCTION, Environment: "x" }, "Value of property Environment must be an object."],
    [{ ...FUNCTION, Runtime: "python3.13" }, "The runtime python3.13 is not supported."],
  ] as const) {
    await assert.rejects(create("Function", "Fn", properties), { message });
  }
  await world.close();
});
