import assert from "node:assert/strict";
import { test } from "node:test";
import type { ResourceRequest } from "../../contract/resource.ts";
import { createWorld } from "../../testing/world.ts";
import { logGroupResource } from "./resources.ts";
import { logs } from "./service.ts";

test("CloudFormation: log groups", async () => {
  const world = await createWorld({ services: [{ id: "logs", load: async () => logs }] });
  const context = world.context("cloudformation");
  const request: ResourceRequest = {
    stackName: "s",
    stackId: "arn:aws:cloudformation:us-east-1:000000000000:stack/s/1",
    logicalId: "Logs",
    generatedName: () => "s-Logs-X",
  };
  const find = async () => (await world.call("logs", "DescribeLogGroups", { logGroupNamePrefix: "s-Logs-X" })).logGroups?.[0];
  const properties = { RetentionInDays: "14", Tags: [{ Key: "team", Value: "shop" }], DeletionProtectionEnabled: "true" };
  const state = await logGroupResource.create(context, request, properties);
  assert.deepEqual(state, {
    physicalId: "s-Logs-X",
    attributes: { Arn: "arn:aws:logs:us-east-1:000000000000:log-group:s-Logs-X:*" },
  });
  assert.equal((await find())?.retentionInDays, 14);
  assert.deepEqual(await logGroupResource.create(context, request, properties), state);
  await assert.rejects(logGroupResource.create(context, { ...request, logicalId: "Other" }, properties), {
    code: "ResourceAlreadyExistsException",
  });
  await assert.rejects(logGroupResource.delete(context, request, state, properties), { code: "ValidationException" });
  await logGroupResource.update(context, request, state, { Tags: [{ Key: "stage", Value: "dev" }] }, properties);
  assert.equal((await find())?.retentionInDays, undefined);
  const { tags } = await world.call("logs", "ListTagsLogGroup", { logGroupName: "s-Logs-X" });
  assert.equal(tags?.["stage"], "dev");
  assert.equal(tags?.["team"], undefined);
  await logGroupResource.delete(context, request, state, {});
  await logGroupResource.delete(context, request, state, {});
  await world.close();
});
