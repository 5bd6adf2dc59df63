// The operating system's generator, in blocks: a system call for each id would cost more than the id.
import { randomFillSync } from "node:crypto";
import type { Random } from "../kernel/random.ts";

const block = Buffer.alloc(4096);
let used = block.length;

function take(length: number): Uint8Array {
  if (length > block.length) return randomFillSync(new Uint8Array(length));
  if (used + length > block.length) {
    randomFillSync(block);
    used = 0;
  }
  const bytes = Uint8Array.prototype.slice.call(block, used, used + length);
  block.fill(0, used, used + length);
  used += length;
  return bytes;
}

export const hostRandom: Random = {
  bytes: take,
  float() {
    const b = take(6);
    return (
      new DataView(b.buffer, b.byteOffset, 6).getUint32(0) / 0x1_0000_0000 +
      new DataView(b.buffer, b.byteOffset, 6).getUint16(4) / 0x1_0000_0000_0000
    );
  },
};
