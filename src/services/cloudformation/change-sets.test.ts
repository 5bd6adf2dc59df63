import assert from "node:assert/strict";
import { test } from "node:test";
import { openStackWorld, template } from "../../testing/stack-world.ts";

const one = (value: string, more: object = {}) =>
  template({ Resources: { A: { Type: "Test::Thing", Properties: { Value: value, ...more } } } });

test("a stack is created and updated through change sets", async () => {
  const world = await openStackWorld();
  const created = await world.call("CreateChangeSet", {
    StackName: "app",
    ChangeSetName: "first",
    ChangeSetType: "CREATE",
    TemplateBody: one("1"),
  });
  assert.equal((await world.stack("app"))?.StackStatus, "REVIEW_IN_PROGRESS");
  const described = await world.call("DescribeChangeSet", { ChangeSetName: String(created.Id) });
  assert.deepEqual([described.Status, described.ExecutionStatus, described.StackName], ["CREATE_COMPLETE", "AVAILABLE", "app"]);
  assert.deepEqual(
    described.Changes?.map((change) => [change?.ResourceChange?.Action, change?.ResourceChange?.LogicalResourceId]),
    [["Add", "A"]],
  );
  await world.call("ExecuteChangeSet", { ChangeSetName: "first", StackName: "app" });
  await world.settle();
  assert.equal((await world.stack("app"))?.StackStatus, "CREATE_COMPLETE");
  const after = await world.call("DescribeChangeSet", { ChangeSetName: "first", StackName: "app" });
  assert.equal(after.ExecutionStatus, "EXECUTE_COMPLETE");

  await world.call("CreateChangeSet", { StackName: "app", ChangeSetName: "next", TemplateBody: one("2", { Fixed: "x" }) });
  const next = await world.call("DescribeChangeSet", { ChangeSetName: "next", StackName: "app" });
  const change = next.Changes?.[0]?.ResourceChange;
  assert.deepEqual([change?.Action, change?.Replacement], ["Modify", "True"]);
  assert.deepEqual(change?.Details?.map((detail) => [detail?.Target?.Name, detail?.Target?.RequiresRecreation]).sort(), [
    ["Fixed", "Always"],
    ["Value", "Never"],
  ]);
  await world.call("ExecuteChangeSet", { ChangeSetName: "next", StackName: "app" });
  await world.settle();
  assert.equal((await world.stack("app"))?.StackStatus, "UPDATE_COMPLETE");
  await world.close();
});

test("a change set without changes fails, as clients expect it to", async () => {
  const world = await openStackWorld();
  await world.create("app", one("1"));
  await world.call("CreateChangeSet", { StackName: "app", ChangeSetName: "same", TemplateBody: one("1") });
  const described = await world.call("DescribeChangeSet", { ChangeSetName: "same", StackName: "app" });
  assert.deepEqual([described.Status, described.ExecutionStatus], ["FAILED", "UNAVAILABLE"]);
  assert.match(String(described.StatusReason), /^The submitted information didn't contain changes\./);
  await assert.rejects(world.call("ExecuteChangeSet", { ChangeSetName: "same", StackName: "app" }), {
    code: "InvalidChangeSetStatusException",
    message: /cannot be executed in its current status of \[FAILED\]$/,
  });
  await world.close();
});

test("change sets are refused, found and removed as on AWS", async () => {
  const world = await openStackWorld();
  const make = (StackName: string, ChangeSetName: string, ChangeSetType: "CREATE" | "UPDATE", value = "2") =>
    world.call("CreateChangeSet", { StackName, ChangeSetName, ChangeSetType, TemplateBody: one(value) });
  await assert.rejects(make("nobody", "c", "UPDATE"), { code: "ValidationError", message: "Stack [nobody] does not exist" });
  await world.create("app", one("1"));
  await assert.rejects(make("app", "c", "CREATE"), { code: "ValidationError", message: /already exists and cannot be created again/ });
  await make("app", "c", "UPDATE");
  await assert.rejects(make("app", "c", "UPDATE"), { code: "AlreadyExistsException", message: "ChangeSet c already exists" });
  await make("app", "d", "UPDATE", "3");
  assert.deepEqual(
    (await world.call("ListChangeSets", { StackName: "app" })).Summaries?.map((item) => item?.ChangeSetName),
    ["c", "d"],
  );
  await world.call("DeleteChangeSet", { StackName: "app", ChangeSetName: "d" });
  await world.call("DeleteChangeSet", { StackName: "app", ChangeSetName: "d" });
  await assert.rejects(world.call("DescribeChangeSet", { StackName: "app", ChangeSetName: "d" }), {
    code: "ChangeSetNotFoundException",
    message: "ChangeSet [d] does not exist",
  });
  await assert.rejects(world.call("DescribeChangeSet", { ChangeSetName: "d" }), { code: "ValidationError" });
  // Executing one makes the others obsolete.
  await make("app", "e", "UPDATE", "4");
  await world.call("ExecuteChangeSet", { StackName: "app", ChangeSetName: "e" });
  await assert.rejects(world.call("DescribeChangeSet", { StackName: "app", ChangeSetName: "c" }), { code: "ChangeSetNotFoundException" });
  await assert.rejects(world.call("ExecuteChangeSet", { StackName: "app", ChangeSetName: "e" }), {
    code: "InvalidChangeSetStatusException",
  });
  await world.settle();
  assert.equal((await world.stack("app"))?.StackStatus, "UPDATE_COMPLETE");
  await world.close();
});
