import assert from "node:assert/strict";
import { test } from "node:test";
import { integer, seededRandom } from "../../kernel/random.ts";
import { pack } from "../../storage/tuple.ts";
import { readItem } from "./attribute-value.ts";
import { below, contains, indexKey, itemKey, itemsPrefix, join, partitionRange, segmentRange, tailOf } from "./keys.ts";

const PREFIX = itemsPrefix("000000000000", "us-east-1", "0123456789abcd");
const KEY = { partition: "a", sort: "b" };
const item = (a: string, b: string) => readItem({ a: { S: a }, b: { S: b } });

test("keys are tuples", () => {
  const cases = [[], [Uint8Array.of(1, 2)], [Uint8Array.of(0), Uint8Array.of(0, 0, 255, 0)], [new Uint8Array(), Uint8Array.of(7)]];
  for (const elements of cases) {
    const tuple = ["dynamodb", "items", "000000000000", "us-east-1", "0123456789abcd", ...elements];
    assert.deepEqual(Buffer.from(join(PREFIX, elements)), Buffer.from(pack(tuple)));
  }
});

test("every item lies in its partition's range and in one segment", () => {
  const random = seededRandom(5);
  for (let i = 0; i < 500; i++) {
    const name = String.fromCharCode(...Array.from({ length: integer(random, 6) + 1 }, () => integer(random, 300)));
    const key = itemKey(PREFIX, KEY, item(name, `s${i}`));
    assert.ok(contains(below(PREFIX), key));
    assert.ok(contains(partitionRange(PREFIX, { S: name }), key));
    assert.ok(!contains(partitionRange(PREFIX, { S: `${name}x` }), key));
    for (const total of [1, 2, 3, 10, 1_000_000]) {
      const first = Math.floor(integer(random, total));
      const inFirst = contains(segmentRange(PREFIX, first, total), key);
      const segments = total > 10 ? [first] : Array.from({ length: total }, (_, segment) => segment);
      const found = segments.filter((segment) => contains(segmentRange(PREFIX, segment, total), key));
      if (total <= 10) assert.equal(found.length, 1);
      else assert.equal(found.length === 1, inFirst);
    }
  }
});

test("long values keep keys short and apart", () => {
  const long = "\0".repeat(2048);
  const one = itemKey(PREFIX, KEY, item(long, "\0".repeat(1024)));
  const two = itemKey(PREFIX, KEY, item(`${long.slice(1)}\u0001`, "\0".repeat(1024)));
  assert.notDeepEqual(one, two);
  assert.ok(one.length < 2_300);
  const tail = tailOf(KEY, item(long, "x"));
  assert.ok(tail.length <= 33);
  assert.notDeepEqual(tail, tailOf(KEY, item(long, "y")));
  assert.notDeepEqual(tailOf(KEY, item("ab", "c")), tailOf(KEY, item("a", "bc")));
});

test("an index is sparse", () => {
  const tail = tailOf(KEY, item("a", "b"));
  const schema = { partition: "g", sort: "h" };
  assert.equal(indexKey(PREFIX, schema, item("a", "b"), tail), undefined);
  assert.equal(indexKey(PREFIX, schema, { ...item("a", "b"), g: { S: "g" } }, tail), undefined);
  assert.ok(indexKey(PREFIX, schema, { ...item("a", "b"), g: { S: "g" }, h: { N: "1" } }, tail));
});
