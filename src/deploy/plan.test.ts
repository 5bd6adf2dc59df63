import assert from "node:assert/strict";
import { test } from "node:test";
import type { ResourceType } from "../contract/resource.ts";
import { generatedName } from "./names.ts";
import { decide, inOrder, isCustomNamed, loadTypes, sameValue } from "./plan.ts";
import { readTemplate } from "./template/template.ts";

const unused = () => Promise.reject(new Error("not called"));
const type: ResourceType = {
  properties: ["A", "B", "QueueName"],
  ignored: ["Ignored"],
  replaceOn: ["B", "QueueName"],
  create: unused,
  update: unused,
  delete: unused,
};

test("what must happen to a resource follows from its properties", () => {
  const existing = (properties: Record<string, unknown>, physicalId = "id") => ({ type: "T", attributes: {}, properties, physicalId });
  const cases: [Parameters<typeof decide>[0], Record<string, unknown>, string, string[]][] = [
    [undefined, { A: 1 }, "add", []],
    [{ type: "T", attributes: {}, properties: { A: 1 } }, { A: 1 }, "add", []],
    [existing({ A: 1 }), { A: 1 }, "none", []],
    [existing({ A: 1 }), { A: "1" }, "none", []],
    [existing({ A: { x: 1, y: [true] } }), { A: { y: ["true"], x: 1 } }, "none", []],
    [existing({ A: 1 }), { A: 2 }, "modify", ["A"]],
    [existing({ A: 1 }), {}, "modify", ["A"]],
    [existing({ A: 1 }), { A: 1, B: 2 }, "replace", ["B"]],
    [existing({ A: 1, B: 1 }), { A: 2, B: 2 }, "replace", ["A", "B"]],
    [existing({ Ignored: 1 }), { Ignored: 2 }, "none", []],
    [existing({ A: [1, 2] }), { A: [2, 1] }, "modify", ["A"]],
  ];
  for (const [before, after, action, names] of cases) {
    const decision = decide(before, type, after);
    assert.equal(decision.action, action, JSON.stringify(after));
    assert.deepEqual("changes" in decision ? decision.changes.map((change) => change.name) : [], names);
  }
  assert.equal(sameValue(null, undefined), false);
  assert.equal(sameValue({ a: undefined }, {}), true);
});

test("a resource that the template names cannot be replaced under its name", () => {
  assert.equal(isCustomNamed(type, { QueueName: "q", B: 1 }, { QueueName: "q", B: 2 }), true);
  assert.equal(isCustomNamed(type, { QueueName: "q" }, { QueueName: "r" }), false);
  assert.equal(isCustomNamed(type, { B: 1 }, { B: 2 }), false);
});

test("dependencies come first, else the order of the template", () => {
  const graph = new Map([
    ["C", ["B"]],
    ["A", []],
    ["B", ["A", "Elsewhere"]],
    ["D", []],
  ]);
  assert.deepEqual(inOrder(graph), ["A", "B", "C", "D"]);
});

test("unknown types and properties stop a template by name", async () => {
  const load = async (name: string) => (name === "T" ? type : undefined);
  const types = await loadTypes(readTemplate("Resources: {X: {Type: T, Properties: {A: 1, Ignored: 2}}}"), load);
  assert.equal(types.get("T"), type);
  await assert.rejects(loadTypes(readTemplate("Resources: {X: {Type: U}, Y: {Type: V}, Z: {Type: T}}"), load), {
    message: "Template format error: Unrecognized resource types: [U, V]",
  });
  await assert.rejects(
    loadTypes(readTemplate("Resources: {X: {Type: T, Properties: {Z: 1}}}"), load),
    /resource X with message: \[#: extraneous key \[Z\]/,
  );
});

test("generated names are the same at every retry, and fit", () => {
  const scope = { stackId: "arn:aws:cloudformation:r:a:stack/my-stack/1", stackName: "my-stack", logicalId: "OrderQueue", generation: 0 };
  const name = generatedName(scope);
  assert.match(name, /^my-stack-OrderQueue-[A-Z0-9]{12}$/);
  assert.equal(generatedName(scope), name);
  assert.notEqual(generatedName({ ...scope, generation: 1 }), name);
  assert.match(generatedName(scope, 63, { lowerCase: true }), /^my-stack-orderqueue-[a-z0-9]{12}$/);
  for (const max of [20, 24, 32, 40]) {
    const cut = generatedName({ ...scope, stackName: "a-very-long-stack-name-that-goes-on" }, max);
    assert.ok(cut.length <= max, cut);
    assert.match(cut, /[A-Z0-9]{12}$/);
  }
});
