import assert from "node:assert/strict";
import { test } from "node:test";
import { characters, formatArn, hex, LOWER_ALPHANUMERIC, parseArn, uuid } from "./ids.ts";
import { integer, pick, seededRandom } from "./random.ts";

test("the same seed gives the same ids, another seed others", () => {
  const ids = (seed: number) => {
    const random = seededRandom(seed);
    return [uuid(random), hex(random, 7), characters(random, LOWER_ALPHANUMERIC, 10), integer(random, 1_000)];
  };
  assert.deepEqual(ids(7), ids(7));
  assert.notDeepEqual(ids(7), ids(8));
});

test("ids have their form", () => {
  const random = seededRandom(3);
  for (let round = 0; round < 200; round++) {
    assert.match(uuid(random), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    assert.match(hex(random, 5), /^[0-9a-f]{5}$/);
    assert.match(characters(random, LOWER_ALPHANUMERIC, 10), /^[a-z0-9]{10}$/);
  }
});

test("the seeded generator covers its range evenly enough", () => {
  const random = seededRandom(11);
  const counts = new Array<number>(10).fill(0);
  for (let round = 0; round < 10_000; round++) {
    const at = integer(random, 10);
    counts[at] = (counts[at] ?? 0) + 1;
  }
  for (const count of counts) assert.ok(count > 850 && count < 1_150, `a tenth of the draws, got ${count}`);
  assert.throws(() => pick(random, []), RangeError);
});

const ARNS: readonly (readonly [text: string, resource: string | undefined])[] = [
  ["arn:aws:sqs:us-east-1:000000000000:queue", "queue"],
  ["arn:aws:lambda:us-east-1:000000000000:function:name:3", "function:name:3"],
  ["arn:aws:s3:::bucket/key:with:colons", "bucket/key:with:colons"],
  ["arn:aws:sqs", undefined],
  ["queue", undefined],
  ["", undefined],
];

for (const [text, resource] of ARNS) {
  test(`parseArn ${JSON.stringify(text)}`, () => {
    const arn = parseArn(text);
    assert.equal(arn?.resource, resource);
    if (arn) assert.equal(formatArn(arn), text);
  });
}
