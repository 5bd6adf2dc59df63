// Published check values, and the laws of a checksum: pieces and combination give what the whole gives.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Checksum, type CrcName, combineCrc, crc32, crc32c, crc64nvme } from "./checksums.ts";
import { integer, seededRandom } from "./random.ts";

const kinds: readonly [name: CrcName, make: () => Checksum, check: string][] = [
  ["CRC32", crc32, "cbf43926"],
  ["CRC32C", crc32c, "e3069283"],
  ["CRC64NVME", crc64nvme, "ae8b14860a799888"],
];

function of(make: () => Checksum, ...chunks: Uint8Array[]): string {
  const sum = make();
  for (const chunk of chunks) sum.update(chunk);
  return sum.digest();
}

for (const [name, make, check] of kinds) {
  describe(name, () => {
    test("gives the published check value for 123456789", () => {
      assert.equal(Buffer.from(of(make, Buffer.from("123456789")), "base64").toString("hex"), check);
    });

    test("of nothing is zero", () => {
      assert.match(Buffer.from(of(make), "base64").toString("hex"), /^0+$/);
    });

    test("is the same in pieces of any size, and combined from its parts", () => {
      const random = seededRandom(7);
      for (let round = 0; round < 50; round++) {
        const whole = random.bytes(integer(random, 400));
        const cut = integer(random, whole.length + 1);
        const [a, b] = [whole.subarray(0, cut), whole.subarray(cut)];
        const expected = of(make, whole);
        assert.equal(of(make, a, b), expected, `cut ${whole.length} at ${cut}`);
        assert.equal(combineCrc(name, of(make, a), of(make, b), b.length), expected, `combine ${whole.length} at ${cut}`);
      }
    });
  });
}
