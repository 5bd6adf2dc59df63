import assert from "node:assert/strict";
import { test } from "node:test";
import { openStackWorld, template } from "../../testing/stack-world.ts";

test("a stack is created in dependency order, described, and deleted in reverse", async () => {
  const world = await openStackWorld();
  const body = template({
    Resources: {
      B: { Type: "Test::Thing", Properties: { Value: { "Fn::GetAtt": ["A", "Arn"] } } },
      A: { Type: "Test::Thing", Properties: { Value: "1" } },
      C: { Type: "Test::Thing", DependsOn: ["B"], Properties: { Value: { "Fn::Sub": "${AWS::StackName}/${A}" } } },
    },
    Outputs: { Out: { Value: { Ref: "C" }, Export: { Name: "the-c" } } },
  });
  const { StackId } = await world.call("CreateStack", { StackName: "app", TemplateBody: body });
  assert.match(String(StackId), /^arn:aws:cloudformation:us-east-1:000000000000:stack\/app\/[0-9a-f-]{36}$/);
  await world.settle();
  const stack = await world.stack("app");
  assert.equal(stack?.StackStatus, "CREATE_COMPLETE");
  assert.match(String(stack?.Outputs?.[0]?.OutputValue), /^app-C-[A-Z0-9]{12}$/);
  assert.deepEqual(world.log(), ["create A 1", `create B arn:thing:${world.id("A")}`, `create C app/${world.id("A")}`]);
  assert.deepEqual(await world.events("app"), [
    "app CREATE_IN_PROGRESS User Initiated",
    "A CREATE_IN_PROGRESS",
    "A CREATE_IN_PROGRESS Resource creation Initiated",
    "A CREATE_COMPLETE",
    "B CREATE_IN_PROGRESS",
    "B CREATE_IN_PROGRESS Resource creation Initiated",
    "B CREATE_COMPLETE",
    "C CREATE_IN_PROGRESS",
    "C CREATE_IN_PROGRESS Resource creation Initiated",
    "C CREATE_COMPLETE",
    "app CREATE_COMPLETE",
  ]);
  assert.deepEqual(
    (await world.call("ListExports", {})).Exports?.map((item) => item?.Name),
    ["the-c"],
  );
  world.clearLog();
  await world.call("DeleteStack", { StackName: "app" });
  await world.settle();
  assert.deepEqual(world.log(), ["delete C", "delete B", "delete A"]);
  await assert.rejects(world.call("DescribeStacks", { StackName: "app" }), {
    code: "ValidationError",
    message: "Stack with id app does not exist",
  });
  assert.equal((await world.call("DescribeStacks", { StackName: String(StackId) })).Stacks?.[0]?.StackStatus, "DELETE_COMPLETE");
  assert.deepEqual((await world.call("ListExports", {})).Exports, []);
  assert.equal(world.things.size, 0);
  await world.close();
});

test("a creation that fails at any resource leaves nothing", async () => {
  for (const failing of ["A", "B", "C", "D"]) {
    const world = await openStackWorld();
    world.fail(`create ${failing}`, "no room left");
    await world.call("CreateStack", { StackName: "app", TemplateBody: chain() });
    await world.settle();
    const stack = await world.stack("app");
    assert.equal(stack?.StackStatus, "ROLLBACK_COMPLETE", failing);
    assert.equal(world.things.size, 0, failing);
    const events = await world.events("app");
    assert.ok(events.includes(`${failing} CREATE_FAILED no room left`), failing);
    assert.ok(
      events.some((event) =>
        /^app ROLLBACK_IN_PROGRESS The following resource\(s\) failed to create: \[.*\]\. Rollback requested by user\.$/.test(event),
      ),
    );
    await world.close();
  }
});

test("OnFailure decides what becomes of a failed creation", async () => {
  for (const [onFailure, status, left] of [
    ["DO_NOTHING", "CREATE_FAILED", 2],
    ["DELETE", "DELETE_COMPLETE", 0],
    ["ROLLBACK", "ROLLBACK_COMPLETE", 0],
  ] as const) {
    const world = await openStackWorld();
    world.fail("create B", "no");
    const { StackId } = await world.call("CreateStack", { StackName: "app", TemplateBody: chain(), OnFailure: onFailure });
    await world.settle();
    assert.equal((await world.stack(String(StackId)))?.StackStatus, status);
    assert.equal(world.things.size, left);
    await world.close();
  }
});

/** A ← B ← C, D alone. */
function chain(values: Record<string, string> = {}, names: readonly string[] = ["A", "B", "C", "D"]): string {
  const needs: Record<string, string> = { B: "A", C: "B" };
  const entries = names.map((id) => {
    const need = needs[id];
    const other = need !== undefined && names.includes(need) ? { Other: { Ref: need } } : {};
    return [id, { Type: "Test::Thing", Properties: { Value: values[id] ?? "1", ...other } }];
  });
  return template({ Resources: Object.fromEntries(entries) });
}

test("an update adds, modifies, replaces and removes, then cleans up", async () => {
  const world = await openStackWorld();
  await world.create("app", chain({ A: "1", B: "1" }, ["A", "B", "D"]));
  const oldA = world.id("A");
  world.clearLog();
  const next = template({
    Resources: {
      A: { Type: "Test::Thing", Properties: { Value: "1", Fixed: "new" } },
      B: { Type: "Test::Thing", Properties: { Value: "1", Other: { Ref: "A" } } },
      E: { Type: "Test::Thing", Properties: { Value: "5" } },
    },
  });
  await world.call("UpdateStack", { StackName: "app", TemplateBody: next });
  await world.settle();
  assert.equal((await world.stack("app"))?.StackStatus, "UPDATE_COMPLETE");
  assert.notEqual(world.id("A"), oldA);
  assert.deepEqual([...world.log()].sort(), ["create A 1", "create E 5", "delete A", "delete D", "update B 1"]);
  assert.deepEqual([...world.things.values()].map((thing) => thing.logicalId).sort(), ["A", "B", "E"]);
  const events = await world.events("app");
  assert.deepEqual(events.filter((event) => event.startsWith("app ")).slice(2), [
    "app UPDATE_IN_PROGRESS User Initiated",
    "app UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
    "app UPDATE_COMPLETE",
  ]);
  assert.ok(events.includes("A UPDATE_IN_PROGRESS Requested update requires the creation of a new physical resource; hence creating one."));
  await assert.rejects(world.call("UpdateStack", { StackName: "app", TemplateBody: next }), {
    code: "ValidationError",
    message: "No updates are to be performed.",
  });
  await world.close();
});

test("an update that fails at any step goes back to what was", async () => {
  for (const failing of ["create A", "update B", "create E", "update D"]) {
    const world = await openStackWorld();
    await world.create("app", chain({}, ["A", "B", "C", "D"]));
    const before = world.snapshot();
    world.fail(failing, "not today");
    const next = template({
      Resources: {
        A: { Type: "Test::Thing", Properties: { Value: "2", Fixed: "new" } },
        B: { Type: "Test::Thing", Properties: { Value: "2", Other: { Ref: "A" } } },
        D: { Type: "Test::Thing", Properties: { Value: "2" } },
        E: { Type: "Test::Thing", DependsOn: "B", Properties: { Value: "5" } },
      },
    });
    await world.call("UpdateStack", { StackName: "app", TemplateBody: next });
    await world.settle();
    assert.equal((await world.stack("app"))?.StackStatus, "UPDATE_ROLLBACK_COMPLETE", failing);
    assert.deepEqual(world.snapshot(), before, failing);
    const events = await world.events("app");
    const [verb, id] = failing.split(" ");
    const status = verb === "create" && id === "E" ? "CREATE_FAILED" : "UPDATE_FAILED";
    assert.ok(events.includes(`${id} ${status} not today`), `${failing}: ${events.join("\n")}`);
    assert.ok(events.some((event) => event.startsWith("app UPDATE_ROLLBACK_IN_PROGRESS The following resource(s) failed to ")));
    // The stack can be updated again.
    world.heal();
    await world.call("UpdateStack", { StackName: "app", TemplateBody: next });
    await world.settle();
    assert.equal((await world.stack("app"))?.StackStatus, "UPDATE_COMPLETE", failing);
    await world.close();
  }
});

test("a deletion that fails can be repeated, with what fails retained", async () => {
  const world = await openStackWorld();
  await world.create("app", chain());
  world.fail("delete B", "not empty");
  await world.call("DeleteStack", { StackName: "app" });
  await world.settle();
  const stack = await world.stack("app");
  assert.equal(stack?.StackStatus, "DELETE_FAILED");
  assert.equal(stack?.StackStatusReason, "The following resource(s) failed to delete: [B]. ");
  assert.deepEqual([...world.things.values()].map((thing) => thing.logicalId).sort(), ["A", "B"]);
  await world.call("DeleteStack", { StackName: "app", RetainResources: ["B"] });
  await world.settle();
  await assert.rejects(world.call("DescribeStacks", { StackName: "app" }), { message: "Stack with id app does not exist" });
  assert.deepEqual(
    [...world.things.values()].map((thing) => thing.logicalId),
    ["B"],
  );
  await world.close();
});

test("deletion policies are kept", async () => {
  const world = await openStackWorld();
  const body = (ids: string[]) =>
    template({
      Resources: Object.fromEntries(
        ids.map((id) => [id, { Type: "Test::Thing", ...(id === "Kept" && { DeletionPolicy: "Retain" }), Properties: { Value: "1" } }]),
      ),
    });
  await world.create("app", body(["Kept", "Gone", "Last"]));
  await world.call("UpdateStack", { StackName: "app", TemplateBody: body(["Last"]) });
  await world.settle();
  assert.deepEqual([...world.things.values()].map((thing) => thing.logicalId).sort(), ["Kept", "Last"]);
  assert.ok((await world.events("app")).includes("Kept DELETE_SKIPPED"));
  await world.close();
});

test("what is wrong with a template stops it before anything is created", async () => {
  const world = await openStackWorld();
  const cases: [object, string][] = [
    [{ Resources: { A: { Type: "AWS::X::Y" } } }, "Template format error: Unrecognized resource types: [AWS::X::Y]"],
    [
      { Resources: { A: { Type: "Test::Thing", Properties: { Wrong: 1 } } } },
      "Properties validation failed for resource A with message: [#: extraneous key [Wrong] is not permitted] (Test::Thing)",
    ],
    [
      { Resources: { A: { Type: "Test::Thing", DependsOn: "B" }, B: { Type: "Test::Thing", Properties: { Value: { Ref: "A" } } } } },
      "Circular dependency between resources: [A, B]",
    ],
    [
      { Resources: { A: { Type: "Test::Thing", Properties: { Value: { Ref: "Nobody" } } } } },
      "Template format error: Unresolved resource dependencies [Nobody] in the Resources block of the template",
    ],
    [{ Parameters: { P: { Type: "String" } }, Resources: { A: { Type: "Test::Thing" } } }, "Parameters: [P] must have values"],
  ];
  for (const [body, message] of cases) {
    await assert.rejects(world.call("CreateStack", { StackName: "bad", TemplateBody: template(body) }), {
      code: "ValidationError",
      message,
    });
  }
  await assert.rejects(
    world.call("CreateStack", {
      StackName: "bad",
      TemplateBody: template({ Resources: { R: { Type: "AWS::IAM::Role", Properties: { AssumeRolePolicyDocument: {} } } } }),
    }),
    { code: "InsufficientCapabilitiesException", message: "Requires capabilities : [CAPABILITY_IAM]" },
  );
  await assert.rejects(
    world.call("CreateStack", { StackName: "1bad", TemplateBody: chain() }),
    /Value '1bad' at 'stackName' failed to satisfy constraint/,
  );
  assert.deepEqual((await world.call("ListStacks", {})).StackSummaries, []);
  await world.create("app", chain());
  await assert.rejects(world.call("CreateStack", { StackName: "app", TemplateBody: chain() }), {
    code: "AlreadyExistsException",
    message: "Stack [app] already exists",
  });
  await world.close();
});

test("a crash at any step is gone on from", async () => {
  for (let stopAt = 1; stopAt <= 24; stopAt++) {
    const world = await openStackWorld();
    world.crashAt(stopAt);
    await world.call("CreateStack", { StackName: "app", TemplateBody: chain() });
    await world.settle();
    await world.restart();
    await world.settle();
    assert.equal((await world.stack("app"))?.StackStatus, "CREATE_COMPLETE", `create, crash at ${stopAt}`);
    assert.equal(world.things.size, 4);

    world.crashAt(stopAt);
    await world.call("UpdateStack", {
      StackName: "app",
      TemplateBody: template({
        Resources: {
          A: { Type: "Test::Thing", Properties: { Value: "2", Fixed: "new" } },
          B: { Type: "Test::Thing", Properties: { Value: "2", Other: { Ref: "A" } } },
          E: { Type: "Test::Thing", Properties: { Value: "5" } },
        },
      }),
    });
    await world.settle();
    await world.restart();
    await world.settle();
    assert.equal((await world.stack("app"))?.StackStatus, "UPDATE_COMPLETE", `update, crash at ${stopAt}`);
    assert.deepEqual([...world.things.values()].map((thing) => thing.logicalId).sort(), ["A", "B", "E"]);

    world.crashAt(stopAt);
    await world.call("DeleteStack", { StackName: "app" });
    await world.settle();
    await world.restart();
    await world.settle();
    assert.equal(world.things.size, 0, `delete, crash at ${stopAt}`);
    await assert.rejects(world.call("DescribeStacks", { StackName: "app" }));
    await world.close();
  }
});
