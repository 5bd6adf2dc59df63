import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { integer, pick, type Random, seededRandom } from "../kernel/random.ts";
import { KEY_BYTES_MAX } from "./transaction.ts";
import { type Element, pack, prefixRange, type Tuple, unpack } from "./tuple.ts";

const bytes = (...values: number[]) => Uint8Array.from(values);
const hex = (key: Uint8Array) => Buffer.from(key).toString("hex");

const LAYOUT: [tuple: Tuple, packed: string][] = [
  [[""], "0200"],
  [["a"], "026100"],
  [["a", "b"], "0261000262" + "00"],
  [["a\0b"], "026100ff6200"],
  [["\0"], "0200ff00"],
  [["\0\0"], "0200ff00ff00"],
  [["é€😀"], "02c3a9e282acf09f988000"],
  [[bytes()], "0100"],
  [[bytes(0)], "0100ff00"],
  [[bytes(0xff, 0, 0xff)], "01ff00ffff00"],
  [[0], "058000000000000000"],
  [[-0], "058000000000000000"],
  [[1], "05bff0000000000000"],
  [[-1], "05400fffffffffffff"],
  [[Number.POSITIVE_INFINITY], "05fff0000000000000"],
  [[Number.NEGATIVE_INFINITY], "05000fffffffffffff"],
  [[false, true], "0607"],
];

describe("a packed tuple", () => {
  for (const [tuple, packed] of LAYOUT) {
    test(`${JSON.stringify(tuple)} is ${packed}, and back`, () => {
      assert.equal(hex(pack(tuple)), packed);
      assert.deepEqual(
        unpack(pack(tuple)),
        tuple.map((element) => (element === 0 ? 0 : element)),
      );
    });
  }

  test("orders as the tuples do, and comes back as it was", () => {
    const random = seededRandom(11);
    for (let round = 0; round < 300; round++) {
      const tuples = Array.from({ length: 20 }, () => someTuple(random));
      const byTuple = [...tuples].sort(compareTuples).map((tuple) => hex(pack(tuple)));
      const byBytes = tuples
        .map((tuple) => pack(tuple))
        .sort(Buffer.compare)
        .map(hex);
      assert.deepEqual(byBytes, byTuple);
      for (const tuple of tuples) assert.deepEqual(unpack(pack(tuple)), tuple);
    }
  });

  test("stands at an offset in memory without harm", () => {
    const key = pack(["abc", 1, bytes(0, 1)]);
    const shifted = new Uint8Array(key.length + 5);
    shifted.set(key, 5);
    assert.deepEqual(unpack(shifted.subarray(5)), ["abc", 1, bytes(0, 1)]);
    assert.deepEqual(unpack(shifted.subarray(5), 1), [1, bytes(0, 1)]);
  });

  test("does not share memory with what is packed next", () => {
    const first = pack(["first"]);
    const copy = hex(first);
    pack(["second", 2, "third"]);
    assert.equal(hex(first), copy);
  });

  const LIMITS: [name: string, tuple: Tuple, error: RegExp | undefined][] = [
    ["an empty tuple", [], /a key of 0 bytes/],
    ["a string that just fits", ["x".repeat(KEY_BYTES_MAX - 2)], undefined],
    ["a string that is one byte too long", ["x".repeat(KEY_BYTES_MAX - 1)], /a key of 4001 bytes/],
    ["a string far too long", ["x".repeat(1_000_000)], /a key element is too long/],
    ["zeros that double", ["\0".repeat(KEY_BYTES_MAX - 1)], /a key of \d+ bytes/],
    ["three bytes a character", ["€".repeat(KEY_BYTES_MAX)], /too long|a key of \d+ bytes/],
    [
      "many long elements",
      ["x".repeat(3_000), "x".repeat(3_000), "x".repeat(3_000), "x".repeat(3_000), "x".repeat(3_000)],
      /too long|a key of \d+ bytes/,
    ],
    ["many elements", Array.from({ length: 2_000 }, (_, i) => i), /too long|a key of \d+ bytes/],
    ["bytes that just fit", [new Uint8Array(KEY_BYTES_MAX - 2).fill(1)], undefined],
    ["bytes far too long", [new Uint8Array(1_000_000)], /a key element is too long/],
    ["NaN", [Number.NaN], /NaN has no place/],
  ];
  for (const [name, tuple, error] of LIMITS) {
    test(`${name}: ${error ? "refused" : "taken"}`, () => {
      if (error) assert.throws(() => pack(tuple), error);
      else assert.deepEqual(unpack(pack(tuple)), tuple);
      assert.equal(hex(pack(["still", "works"])), hex(pack(["still", "works"])));
    });
  }

  test("that is none is refused", () => {
    assert.throws(() => unpack(bytes(0x02, 0x61)), /does not end/);
    assert.throws(() => unpack(bytes(0x09)), /not a tuple key: element kind 9/);
  });
});

describe("a prefix range", () => {
  test("holds what begins with the prefix, whole elements only, and nothing else", () => {
    const random = seededRandom(12);
    for (let round = 0; round < 2_000; round++) {
      const tuple = someTuple(random);
      const prefix = integer(random, 2) === 0 ? tuple.slice(0, 1 + integer(random, tuple.length)) : someTuple(random);
      const { start, end } = prefixRange(prefix);
      const key = pack(tuple);
      const inside = Buffer.compare(key, start) >= 0 && Buffer.compare(key, end) < 0;
      const expected = prefix.length <= tuple.length && compareTuples(tuple.slice(0, prefix.length), prefix) === 0;
      assert.equal(inside, expected, `${JSON.stringify(tuple)} in ${JSON.stringify(prefix)}`);
    }
  });
});

function someTuple(random: Random): Element[] {
  return Array.from({ length: 1 + integer(random, 4) }, () => someElement(random));
}

/** Few and awkward values, so that tuples share beginnings. */
function someElement(random: Random): Element {
  const kind = integer(random, 5);
  if (kind === 0) return pick(random, [true, false]);
  if (kind === 1) {
    return pick(random, [
      0,
      1,
      -1,
      1.5,
      -1.5,
      255,
      256,
      2 ** 53 - 1,
      -(2 ** 53),
      1e300,
      -1e300,
      5e-324,
      -5e-324,
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
      (random.float() - 0.5) * 1e6,
    ]);
  }
  const length = integer(random, 4);
  if (kind === 2) return Uint8Array.from({ length }, () => pick(random, [0, 1, 2, 0x7f, 0xfe, 0xff]));
  return Array.from({ length }, () => pick(random, ["\0", "\x01", "a", "b", "\x7f", "\xff", "é", "\uffff", "😀"])).join("");
}

const KINDS = ["bytes", "string", "number", "boolean"];
const kindOf = (element: Element) => KINDS.indexOf(element instanceof Uint8Array ? "bytes" : typeof element);

function compareTuples(x: Tuple, y: Tuple): number {
  for (let at = 0; at < Math.min(x.length, y.length); at++) {
    const order = compareElements(x[at] ?? "", y[at] ?? "");
    if (order !== 0) return order;
  }
  return x.length - y.length;
}

function compareElements(x: Element, y: Element): number {
  if (kindOf(x) !== kindOf(y)) return kindOf(x) - kindOf(y);
  if (typeof x === "number" && typeof y === "number") return x < y ? -1 : x > y ? 1 : 0;
  if (typeof x === "boolean") return Number(x) - Number(y);
  // Code points order as UTF-8 does.
  return Buffer.compare(Buffer.from(x as string), Buffer.from(y as string));
}
