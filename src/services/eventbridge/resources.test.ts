import assert from "node:assert/strict";
import { test } from "node:test";
import type { ResourceRequest } from "../../contract/resource.ts";
import { createWorld } from "../../testing/world.ts";
import { ruleResource } from "./resources.ts";
import { eventbridge } from "./service.ts";

test("CloudFormation: rules with their targets", async () => {
  const world = await createWorld({ services: [{ id: "eventbridge", load: async () => eventbridge }] });
  const context = world.context("cloudformation");
  const request: ResourceRequest = {
    stackName: "s",
    stackId: "arn:aws:cloudformation:us-east-1:000000000000:stack/s/1",
    logicalId: "Hourly",
    generatedName: () => "s-Hourly-X",
  };
  const target = (id: string) => ({ Id: id, Arn: "arn:aws:lambda:us-east-1:000000000000:function:f" });
  const targets = async () =>
    (await world.call("eventbridge", "ListTargetsByRule", { Rule: "s-Hourly-X" })).Targets?.map(
      (each) => `${each?.Id} ${each?.Input ?? ""}`,
    );
  const properties = {
    ScheduleExpression: "rate(1 hour)",
    State: "DISABLED",
    Targets: [{ ...target("a"), Input: '{"k":1}', RetryPolicy: { MaximumRetryAttempts: "3" } }, target("b")],
  };
  const state = await ruleResource.create(context, request, properties);
  assert.deepEqual(state, { physicalId: "s-Hourly-X", attributes: { Arn: "arn:aws:events:us-east-1:000000000000:rule/s-Hourly-X" } });
  assert.deepEqual(await ruleResource.create(context, request, properties), state);
  assert.deepEqual(await targets(), ['a {"k":1}', "b "]);
  await assert.rejects(ruleResource.create(context, { ...request, logicalId: "Other" }, properties), {
    message: "Resource of type 'AWS::Events::Rule' with identifier 's-Hourly-X' already exists.",
  });
  const next = { EventPattern: { source: ["shop"] }, Targets: [target("b")] };
  assert.deepEqual(await ruleResource.update(context, request, state, next, properties), state);
  const rule = await world.call("eventbridge", "DescribeRule", { Name: "s-Hourly-X" });
  assert.equal(rule.EventPattern, '{"source":["shop"]}');
  assert.equal(rule.ScheduleExpression, undefined);
  assert.equal(rule.State, "ENABLED");
  assert.deepEqual(await targets(), ["b "]);
  await ruleResource.delete(context, request, state, next);
  await ruleResource.delete(context, request, state, next);

  const bad = { ScheduleExpression: "rate(1 hour)", Targets: [{ Id: "a", Arn: "arn:aws:sns:us-east-1:000000000000:t" }] };
  await assert.rejects(ruleResource.create(context, request, bad), { code: "ValidationException" });
  assert.deepEqual((await world.call("eventbridge", "ListRules", {})).Rules, []);
  await assert.rejects(ruleResource.create(context, request, { ScheduleExpression: "rate(1 hours)" }), {
    message: "Parameter ScheduleExpression is not valid.",
  });
  await world.close();
});
