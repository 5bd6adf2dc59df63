import assert from "node:assert/strict";
import { test } from "node:test";
import { compareScalars, compareStrings, type RawValue, readItem, readValue, sameValue, type Value } from "./attribute-value.ts";
import { decodeItem, encodedSize, encodeItem } from "./item-codec.ts";

const INVALID = "One or more parameter values were invalid: ";
const EMPTY = "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes";
const SEVERAL = "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes";
const b = (text: string) => Buffer.from(text);

test("values that are none are refused in AWS's words", () => {
  const cases: [RawValue, string][] = [
    [{}, EMPTY],
    [{ M: { a: {} } }, EMPTY],
    [{ L: [{}] }, EMPTY],
    [{ S: "a", N: "1" }, SEVERAL],
    [{ S: "a", BOOL: true }, SEVERAL],
    [{ S: "", N: "" }, "The parameter cannot be converted to a numeric value"],
    [{ S: "a", N: "b" }, "The parameter cannot be converted to a numeric value: b"],
    [{ NS: ["1", ""] }, "The parameter cannot be converted to a numeric value"],
    [{ NS: ["1", "1.0"] }, "Input collection contains duplicates"],
    [{ NULL: false }, `${INVALID}Null attribute value types must have the value of true`],
    [{ SS: [] }, `${INVALID}An string set  may not be empty`],
    [{ NS: [] }, `${INVALID}An number set  may not be empty`],
    [{ BS: [] }, `${INVALID}Binary sets should not be empty`],
    [{ SS: ["a", "a"] }, `${INVALID}Input collection [a, a] contains duplicates.`],
    [{ BS: [b("b"), b("b")] }, `${INVALID}Input collection [Yg==, Yg==]of type BS contains duplicates.`],
  ];
  for (const [raw, message] of cases) assert.throws(() => readValue(raw), { code: "ValidationException", message }, message);
});

test("values nest 32 levels deep and no deeper", () => {
  const nested = (levels: number): RawValue => (levels === 0 ? { S: "x" } : { L: [nested(levels - 1)] });
  assert.doesNotThrow(() => readValue(nested(32)));
  assert.throws(() => readValue(nested(33)), /Nesting Levels have exceeded supported limits/);
});

test("equality looks at type and content, not at the order of sets", () => {
  const cases: [Value, Value, boolean][] = [
    [{ S: "a" }, { S: "a" }, true],
    [{ S: "1" }, { N: "1" }, false],
    [{ SS: ["a", "b"] }, { SS: ["b", "a"] }, true],
    [{ SS: ["a"] }, { SS: ["a", "b"] }, false],
    [{ BS: [b("a"), b("b")] }, { BS: [b("b"), b("a")] }, true],
    [{ L: [{ S: "a" }, { S: "b" }] }, { L: [{ S: "b" }, { S: "a" }] }, false],
    [{ M: { a: { N: "1" }, b: { NULL: true } } }, { M: { b: { NULL: true }, a: { N: "1" } } }, true],
    [{ M: { a: { N: "1" } } }, { M: { b: { N: "1" } } }, false],
    [{ BOOL: false }, { BOOL: false }, true],
    [{ BOOL: false }, { BOOL: true }, false],
    [{ B: b("a") }, { B: b("a") }, true],
  ];
  for (const [left, right, expected] of cases) assert.equal(sameValue(left, right), expected, JSON.stringify([left, right]));
});

test("strings order by their UTF-8 bytes", () => {
  const strings = ["", "a", "ab", "b", "é", "\uE000", "\uFFFD", "😀", "😁", "😀a", "z"];
  for (const left of strings) {
    for (const right of strings) {
      assert.equal(Math.sign(compareStrings(left, right)), Math.sign(Buffer.compare(b(left), b(right))), `${left} against ${right}`);
    }
  }
  assert.equal(compareScalars({ S: "1" }, { N: "1" }), undefined);
});

test("items come back from their bytes as they were", () => {
  const item = readItem({
    text: { S: "abÿ😀" },
    long: { S: "x".repeat(5_000) },
    empty: { S: "" },
    number: { N: "-0056.7890" },
    bytes: { B: Uint8Array.of(0, 255, 1) },
    none: { B: new Uint8Array() },
    yes: { BOOL: true },
    no: { BOOL: false },
    nothing: { NULL: true },
    list: { L: [{ S: "a" }, { L: [] }, { M: { deep: { NS: ["1", "2.50"] } } }] },
    map: { M: {} },
    strings: { SS: ["", "é"] },
    binaries: { BS: [Uint8Array.of(1), new Uint8Array()] },
    ["é".repeat(200)]: { S: "name" },
  });
  const stored = encodeItem(item);
  const back = decodeItem(stored.bytes);
  assert.deepEqual(JSON.parse(JSON.stringify(back.item)), JSON.parse(JSON.stringify(item)));
  assert.equal(back.size, stored.size);
  assert.equal(encodedSize(stored.bytes), stored.size);
  assert.deepEqual(item["number"], { N: "-56.789" });
});

test("an attribute may be called __proto__", () => {
  const item = readItem(JSON.parse('{"__proto__": {"S": "x"}}'));
  const back = decodeItem(encodeItem(item).bytes).item;
  assert.deepEqual(Object.keys(back), ["__proto__"]);
  assert.equal(Object.getPrototypeOf(back), Object.prototype);
});

test("sizes count as AWS counts them", () => {
  const cases: [Record<string, RawValue>, number][] = [
    [{ a: { S: "abc" } }, 4],
    [{ é: { S: "é" } }, 4],
    [{ a: { N: "1" } }, 3],
    [{ a: { B: new Uint8Array(10) } }, 11],
    [{ a: { BOOL: true } }, 2],
    [{ a: { NULL: true } }, 2],
    [{ a: { SS: ["ab", "c"] } }, 4],
    [{ a: { NS: ["1", "22"] } }, 5],
    [{ a: { BS: [new Uint8Array(3)] } }, 4],
    [{ a: { L: [] } }, 4],
    [{ a: { L: [{ S: "x" }] } }, 6],
    [{ a: { M: {} } }, 4],
    [{ a: { M: { bc: { S: "x" } } } }, 8],
  ];
  for (const [raw, size] of cases) assert.equal(encodeItem(readItem(raw)).size, size, JSON.stringify(raw));
});
