import assert from "node:assert/strict";
import { test } from "node:test";
import { type PropertyReader, readProperties } from "./properties.ts";

const read = (properties: Record<string, unknown>) => readProperties({ logicalId: "Thing" }, properties);

test("values are taken as loosely as CloudFormation takes them", () => {
  const cases: [Record<string, unknown>, (p: PropertyReader) => unknown, unknown][] = [
    [{ A: "x" }, (p) => p.string("A"), "x"],
    [{ A: 5 }, (p) => p.string("A"), "5"],
    [{ A: true }, (p) => p.string("A"), "true"],
    [{ A: null }, (p) => p.string("A"), undefined],
    [{}, (p) => p.string("A"), undefined],
    [{ A: "5" }, (p) => p.integer("A"), 5],
    [{ A: 5.5 }, (p) => p.number("A"), 5.5],
    [{ A: "true" }, (p) => p.boolean("A"), true],
    [{ A: "False" }, (p) => p.boolean("A"), false],
    [{ A: "one" }, (p) => p.strings("A"), ["one"]],
    [{ A: ["one", 2] }, (p) => p.strings("A"), ["one", "2"]],
    [{ A: { B: { C: "7" } } }, (p) => p.object("A")?.requiredObject("B").integer("C"), 7],
    [{ A: { K: 1, L: false } }, (p) => p.stringMap("A"), { K: "1", L: "false" }],
    [{ A: [{ B: 1 }, { B: 2 }] }, (p) => p.objects("A").map((o) => o.integer("B")), [1, 2]],
    [{}, (p) => p.objects("A"), []],
    [{ A: { x: [1] } }, (p) => p.json("A"), '{"x":[1]}'],
    [{ A: '{"x": 1}' }, (p) => p.json("A"), '{"x": 1}'],
    [{ Tags: [{ Key: "a", Value: "b" }] }, (p) => p.tags(), { a: "b" }],
    [{ Tags: { a: "b" } }, (p) => p.tags(), { a: "b" }],
    [{}, (p) => p.tags(), undefined],
  ];
  for (const [properties, act, expected] of cases) assert.deepEqual(act(read(properties)), expected, JSON.stringify(properties));
});

test("what cannot be meant is refused with the path", () => {
  const cases: [Record<string, unknown>, (p: PropertyReader) => unknown, string][] = [
    [{ A: [] }, (p) => p.string("A"), "[#/A: expected type: String, found: JSONArray]"],
    [{ A: "x" }, (p) => p.integer("A"), "[#/A: expected type: Number, found: String (x)]"],
    [{ A: 1.5 }, (p) => p.integer("A"), "[#/A: expected type: Integer, found: Number (1.5)]"],
    [{ A: "yes" }, (p) => p.boolean("A"), "[#/A: expected type: Boolean, found: String (yes)]"],
    [{ A: {} }, (p) => p.strings("A"), "[#/A: expected type: JSONArray, found: JSONObject]"],
    [{ A: [{}] }, (p) => p.strings("A"), "[#/A/0: expected type: String, found: JSONObject]"],
    [{ A: "x" }, (p) => p.object("A"), "[#/A: expected type: JSONObject, found: String (x)]"],
    [{ A: {} }, (p) => p.objects("A"), "[#/A: expected type: JSONArray, found: JSONObject]"],
    [{}, (p) => p.requiredString("A"), "[#: required key [A] not found]"],
    [{ A: {} }, (p) => p.requiredObject("A").requiredInteger("B"), "[#/A: required key [B] not found]"],
    [{ A: { B: 1, C: 2 } }, (p) => p.object("A")?.only(["B"]), "[#/A: extraneous key [C] is not permitted]"],
  ];
  for (const [properties, act, message] of cases) {
    assert.throws(() => act(read(properties)), {
      code: "ValidationError",
      message: `Properties validation failed for resource Thing with message: ${message}`,
    });
  }
});
