import assert from "node:assert/strict";
import { test } from "node:test";
import type { Platform } from "../../contract/context.ts";
import { createLedger } from "../../contract/ledger.ts";
import type { ResourceType } from "../../contract/resource.ts";
import { createDispatcher } from "../../gateway/dispatch.ts";
import { createJobs } from "../../jobs/runner.ts";
import { silentLogger } from "../../kernel/log.ts";
import { seededRandom } from "../../kernel/random.ts";
import { VirtualClock } from "../../kernel/virtual-clock.ts";
import { openMemoryStorage } from "../../storage/engines/memory.ts";
import { openMemoryBlobs } from "../../storage/engines/memory-blobs.ts";
import { cloudFormation } from "./service.ts";

const SCOPE = { account: "000000000000", region: "us-east-1", principal: { account: "000000000000" } };

/** One process over a storage that outlives it. */
function startProcess(storage: ReturnType<typeof openMemoryStorage>, clock: VirtualClock, seed: number, thing: ResourceType) {
  const random = seededRandom(seed);
  const runner = createJobs({
    storage,
    clock,
    random,
    logger: silentLogger,
    definition: async (type) => (await dispatcher.service("cloudformation")).jobs?.[type.split(".")[1] ?? ""],
    context: () => dispatcher.context("cloudformation", "operate", SCOPE),
  });
  const refuse = () => Promise.reject(new Error("there are no functions here"));
  const platform: Platform = {
    clock,
    random,
    logger: silentLogger,
    storage,
    blobs: openMemoryBlobs({ clock, random }),
    jobs: runner.jobs,
    ledger: createLedger(),
    runtime: { invoke: refuse, retire: () => {}, unpack: refuse, supports: () => true },
    endpoint: "http://127.0.0.1:4566",
    partition: "aws",
    allowLocalCode: false,
  };
  const service = cloudFormation({ resourceType: async (name) => (name === "Test::Thing" ? thing : undefined) });
  const dispatcher = createDispatcher(
    platform,
    [{ id: "cloudformation", web: [], load: async () => ({ ...service, operations: { ...service.operations } }) }],
    () => {},
  );
  runner.start();
  const call = (operation: string, input: object) =>
    dispatcher.call("cloudformation", operation, input, SCOPE) as Promise<{ Stacks?: { StackStatus: string }[] }>;
  return { runner, call };
}

test("a stack operation outlives the process: the next one goes on where it was", async () => {
  const storage = openMemoryStorage();
  const clock = new VirtualClock();
  const made: string[] = [];
  let hang: string | undefined = "B";
  const thing: ResourceType = {
    properties: ["Need"],
    replaceOn: [],
    create: async (_context, request) => {
      made.push(request.logicalId);
      if (request.logicalId === hang) await new Promise(() => {});
      return { physicalId: request.generatedName(), attributes: {} };
    },
    update: async (_context, _request, state) => state,
    delete: async () => {},
  };
  const body = JSON.stringify({
    Resources: {
      A: { Type: "Test::Thing" },
      B: { Type: "Test::Thing", Properties: { Need: { Ref: "A" } } },
      C: { Type: "Test::Thing", Properties: { Need: { Ref: "B" } } },
    },
  });
  const first = startProcess(storage, clock, 1, thing);
  await first.call("CreateStack", { StackName: "app", TemplateBody: body });
  await clock.advance(1_000);
  assert.deepEqual(made, ["A", "B"]);
  const stopped = first.runner.stop();
  await clock.advance(60_000);
  await stopped;

  hang = undefined;
  const second = startProcess(storage, clock, 2, thing);
  await clock.advance(60_000);
  assert.deepEqual(made, ["A", "B", "B", "C"]);
  assert.equal((await second.call("DescribeStacks", { StackName: "app" })).Stacks?.[0]?.StackStatus, "CREATE_COMPLETE");
  const last = second.runner.stop();
  await clock.advance(60_000);
  await last;
});

test("a deletion takes a creation over, and what was just being made goes too", async () => {
  const storage = openMemoryStorage();
  const clock = new VirtualClock();
  const existing = new Set<string>();
  let release = (): void => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const thing: ResourceType = {
    properties: ["Need"],
    replaceOn: [],
    create: async (_context, request) => {
      if (request.logicalId === "B") await held;
      existing.add(request.logicalId);
      return { physicalId: request.generatedName(), attributes: {} };
    },
    update: async (_context, _request, state) => state,
    delete: async (_context, request) => void existing.delete(request.logicalId),
  };
  const only = startProcess(storage, clock, 1, thing);
  const body = JSON.stringify({
    Resources: {
      A: { Type: "Test::Thing" },
      B: { Type: "Test::Thing", Properties: { Need: { Ref: "A" } } },
      C: { Type: "Test::Thing", DependsOn: "B" },
    },
  });
  await only.call("CreateStack", { StackName: "app", TemplateBody: body });
  await clock.advance(1_000);
  assert.deepEqual([...existing], ["A"]);
  await only.call("DeleteStack", { StackName: "app" });
  await clock.advance(1_000);
  assert.deepEqual([...existing], ["A"], "the deletion waits for the step that runs");
  release();
  await clock.advance(10_000);
  assert.deepEqual([...existing], []);
  await assert.rejects(only.call("DescribeStacks", { StackName: "app" }), { message: "Stack with id app does not exist" });
  const stopped = only.runner.stop();
  await clock.advance(60_000);
  await stopped;
});
