// The CRCs that S3 and its clients speak, fed piece by piece. Pure: bytes in, checksums out; hashes (MD5, SHA) are node:crypto's.
import { crc32 as zlibCrc32 } from "node:zlib";

/** A checksum in the making. `digest` gives base64 of the big-endian value, as `x-amz-checksum-*` carries it; it may be asked for at any time. */
export interface Checksum {
  update(chunk: Uint8Array): void;
  digest(): string;
}

/** CRC-32 (ISO HDLC, the one of zlib). */
export function crc32(): Checksum {
  let value = 0;
  return {
    update: (chunk) => {
      value = zlibCrc32(chunk, value);
    },
    digest: () => base64Of32(value),
  };
}

/** CRC-32C (Castagnoli). */
export function crc32c(): Checksum {
  const tables = castagnoliTables();
  let value = 0xffffffff;
  return {
    update: (chunk) => {
      value = update32(tables, value, chunk);
    },
    digest: () => base64Of32(~value),
  };
}

/** CRC-64/NVME, S3's own default. */
export function crc64nvme(): Checksum {
  const tables = nvmeTables();
  const state = { high: 0xffffffff, low: 0xffffffff };
  return {
    update: (chunk) => update64(tables, state, chunk),
    digest: () => {
      const out = Buffer.allocUnsafe(8);
      out.writeUInt32BE(~state.high >>> 0, 0);
      out.writeUInt32BE(~state.low >>> 0, 4);
      return out.toString("base64");
    },
  };
}

export type CrcName = "CRC32" | "CRC32C" | "CRC64NVME";

/** The checksum of `a` followed by `b`, from their checksums (base64) and the length of `b`, without their bytes. */
export function combineCrc(name: CrcName, a: string, b: string, bLength: number): string {
  const ring = RINGS[name];
  const shifted = multiply(ring, shiftBy(ring, bLength), BigInt(`0x${Buffer.from(a, "base64").toString("hex")}`));
  const sum = shifted ^ BigInt(`0x${Buffer.from(b, "base64").toString("hex")}`);
  return Buffer.from(sum.toString(16).padStart(ring.width / 4, "0"), "hex").toString("base64");
}

const SLICES = 8;
const CASTAGNOLI = 0x82f63b78;
/** The reflected polynomial 0x9a6c9329ac4bc9b5 in halves. */
const NVME_HIGH = 0x9a6c9329;
const NVME_LOW = 0xac4bc9b5;

let castagnoli: Uint32Array | undefined;
let nvme: Tables64 | undefined;

/** One table of 256 after the other: table n takes a byte across n further zero bytes. */
function castagnoliTables(): Uint32Array {
  if (castagnoli) return castagnoli;
  const tables = new Uint32Array(256 * SLICES);
  for (let byte = 0; byte < 256; byte++) {
    let value = byte;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ CASTAGNOLI : value >>> 1;
    tables[byte] = value;
  }
  for (let i = 256; i < tables.length; i++) {
    const before = tables[i - 256] ?? 0;
    tables[i] = (before >>> 8) ^ (tables[before & 0xff] ?? 0);
  }
  castagnoli = tables;
  return tables;
}

function update32(tables: Uint32Array, start: number, chunk: Uint8Array): number {
  const t = (index: number): number => tables[index] as number;
  const b = (index: number): number => chunk[index] as number;
  let value = start;
  let at = 0;
  for (const end = chunk.length - 7; at < end; at += 8) {
    const low = value ^ (b(at) | (b(at + 1) << 8) | (b(at + 2) << 16) | (b(at + 3) << 24));
    value =
      t(1792 + (low & 0xff)) ^
      t(1536 + ((low >>> 8) & 0xff)) ^
      t(1280 + ((low >>> 16) & 0xff)) ^
      t(1024 + (low >>> 24)) ^
      t(768 + b(at + 4)) ^
      t(512 + b(at + 5)) ^
      t(256 + b(at + 6)) ^
      t(b(at + 7));
  }
  for (; at < chunk.length; at++) value = (value >>> 8) ^ t((value ^ b(at)) & 0xff);
  return value;
}

interface Tables64 {
  readonly high: Uint32Array;
  readonly low: Uint32Array;
}

/** As `castagnoliTables`, each value in two halves: 64-bit integers would be slow objects. */
function nvmeTables(): Tables64 {
  if (nvme) return nvme;
  const high = new Uint32Array(256 * SLICES);
  const low = new Uint32Array(256 * SLICES);
  for (let byte = 0; byte < 256; byte++) {
    let h = 0;
    let l = byte;
    for (let bit = 0; bit < 8; bit++) {
      const odd = l & 1;
      l = (l >>> 1) | (h << 31);
      h >>>= 1;
      if (odd) {
        h ^= NVME_HIGH;
        l ^= NVME_LOW;
      }
    }
    high[byte] = h;
    low[byte] = l;
  }
  for (let i = 256; i < high.length; i++) {
    const h = high[i - 256] ?? 0;
    const l = low[i - 256] ?? 0;
    high[i] = (h >>> 8) ^ (high[l & 0xff] ?? 0);
    low[i] = ((l >>> 8) | (h << 24)) ^ (low[l & 0xff] ?? 0);
  }
  nvme = { high, low };
  return nvme;
}

function update64(tables: Tables64, state: { high: number; low: number }, chunk: Uint8Array): void {
  const { high, low } = tables;
  let h = state.high;
  let l = state.low;
  let at = 0;
  for (const end = chunk.length - 7; at < end; at += 8) {
    const x =
      l ^
      ((chunk[at] as number) | ((chunk[at + 1] as number) << 8) | ((chunk[at + 2] as number) << 16) | ((chunk[at + 3] as number) << 24));
    const y =
      h ^
      ((chunk[at + 4] as number) |
        ((chunk[at + 5] as number) << 8) |
        ((chunk[at + 6] as number) << 16) |
        ((chunk[at + 7] as number) << 24));
    const i0 = 1792 + (x & 0xff);
    const i1 = 1536 + ((x >>> 8) & 0xff);
    const i2 = 1280 + ((x >>> 16) & 0xff);
    const i3 = 1024 + (x >>> 24);
    const i4 = 768 + (y & 0xff);
    const i5 = 512 + ((y >>> 8) & 0xff);
    const i6 = 256 + ((y >>> 16) & 0xff);
    const i7 = y >>> 24;
    h =
      (high[i0] as number) ^
      (high[i1] as number) ^
      (high[i2] as number) ^
      (high[i3] as number) ^
      (high[i4] as number) ^
      (high[i5] as number) ^
      (high[i6] as number) ^
      (high[i7] as number);
    l =
      (low[i0] as number) ^
      (low[i1] as number) ^
      (low[i2] as number) ^
      (low[i3] as number) ^
      (low[i4] as number) ^
      (low[i5] as number) ^
      (low[i6] as number) ^
      (low[i7] as number);
  }
  for (; at < chunk.length; at++) {
    const index = (l ^ (chunk[at] as number)) & 0xff;
    l = ((l >>> 8) | (h << 24)) ^ (low[index] as number);
    h = (h >>> 8) ^ (high[index] as number);
  }
  state.high = h;
  state.low = l;
}

function base64Of32(value: number): string {
  const out = Buffer.allocUnsafe(4);
  out.writeUInt32BE(value >>> 0, 0);
  return out.toString("base64");
}

/** Polynomials over two elements modulo a CRC's own, in its reflected order: the highest bit is x to the power of 0. */
interface Ring {
  readonly width: 32 | 64;
  readonly polynomial: bigint;
  /** x to the power of 8n, for the last n asked for: parts of one upload have one length. */
  last: { readonly length: number; readonly shift: bigint } | undefined;
}

const RINGS: Readonly<Record<CrcName, Ring>> = {
  CRC32: { width: 32, polynomial: 0xedb88320n, last: undefined },
  CRC32C: { width: 32, polynomial: BigInt(CASTAGNOLI), last: undefined },
  CRC64NVME: { width: 64, polynomial: (BigInt(NVME_HIGH) << 32n) | BigInt(NVME_LOW), last: undefined },
};

function multiply(ring: Ring, a: bigint, b: bigint): bigint {
  let product = 0n;
  let factor = b;
  for (let bit = 1n << BigInt(ring.width - 1); bit > 0n; bit >>= 1n) {
    if (a & bit) product ^= factor;
    factor = factor & 1n ? (factor >> 1n) ^ ring.polynomial : factor >> 1n;
  }
  return product;
}

function shiftBy(ring: Ring, length: number): bigint {
  if (ring.last?.length === length) return ring.last.shift;
  let shift = 1n << BigInt(ring.width - 1);
  let power = 1n << BigInt(ring.width - 9);
  for (let rest = BigInt(length); rest > 0n; rest >>= 1n) {
    if (rest & 1n) shift = multiply(ring, shift, power);
    power = multiply(ring, power, power);
  }
  ring.last = { length, shift };
  return shift;
}
