// The checksums that S3 clients send with a body, computed as the bytes pass. Parameters: Amazon S3 user guide, "Checking
// object integrity"; CRC-32C is RFC 3720's, CRC-64/NVME the NVM Express specification's, both reflected.
import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";

export interface Checksum {
  update(bytes: Uint8Array): void;
  /** In base64, big-endian. */
  digest(): string;
}

/** By the last part of `x-amz-checksum-…`. */
const ALGORITHMS: Readonly<Record<string, () => Checksum>> = {
  crc32: () => new Crc32(),
  crc32c: () => new Crc32C(),
  crc64nvme: () => new Crc64Nvme(),
  sha1: () => new Digest("sha1"),
  sha256: () => new Digest("sha256"),
  sha512: () => new Digest("sha512"),
  md5: () => new Digest("md5"),
};

/** Undefined for an algorithm that is not known. */
export function createChecksum(algorithm: string): Checksum | undefined {
  return Object.hasOwn(ALGORITHMS, algorithm) ? ALGORITHMS[algorithm]?.() : undefined;
}

/** Length in bytes of each algorithm's value, by which a malformed one is told from a wrong one. */
export const CHECKSUM_BYTES: Readonly<Record<string, number>> = {
  crc32: 4,
  crc32c: 4,
  crc64nvme: 8,
  sha1: 20,
  sha256: 32,
  sha512: 64,
  md5: 16,
};

class Digest implements Checksum {
  readonly #hash: ReturnType<typeof createHash>;

  constructor(algorithm: string) {
    this.#hash = createHash(algorithm);
  }

  update(bytes: Uint8Array): void {
    this.#hash.update(bytes);
  }

  digest(): string {
    return this.#hash.digest("base64");
  }
}

class Crc32 implements Checksum {
  #value = 0;

  update(bytes: Uint8Array): void {
    this.#value = crc32(bytes, this.#value);
  }

  digest(): string {
    const out = Buffer.alloc(4);
    out.writeUInt32BE(this.#value);
    return out.toString("base64");
  }
}

/** 0x1EDC6F41 with its bits reversed. */
const CRC32C_POLYNOMIAL = 0x82f63b78;
/** Tables for eight bytes at a step. */
const SLICES = 8;

let crc32cTables: Uint32Array | undefined;

function buildCrc32cTables(): Uint32Array {
  const tables = new Uint32Array(256 * SLICES);
  for (let byte = 0; byte < 256; byte++) {
    let value = byte;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ CRC32C_POLYNOMIAL : value >>> 1;
    tables[byte] = value;
  }
  for (let i = 256; i < tables.length; i++) {
    const previous = tables[i - 256] ?? 0;
    tables[i] = (previous >>> 8) ^ (tables[previous & 0xff] ?? 0);
  }
  return tables;
}

class Crc32C implements Checksum {
  #value = 0xffffffff;

  update(bytes: Uint8Array): void {
    crc32cTables ??= buildCrc32cTables();
    const t = crc32cTables;
    let crc = this.#value;
    let at = 0;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (const end = bytes.length - (bytes.length % SLICES); at < end; at += SLICES) {
      const low = crc ^ view.getUint32(at, true);
      const high = view.getUint32(at + 4, true);
      crc =
        (t[1792 + (low & 0xff)] ?? 0) ^
        (t[1536 + ((low >>> 8) & 0xff)] ?? 0) ^
        (t[1280 + ((low >>> 16) & 0xff)] ?? 0) ^
        (t[1024 + (low >>> 24)] ?? 0) ^
        (t[768 + (high & 0xff)] ?? 0) ^
        (t[512 + ((high >>> 8) & 0xff)] ?? 0) ^
        (t[256 + ((high >>> 16) & 0xff)] ?? 0) ^
        (t[high >>> 24] ?? 0);
    }
    for (; at < bytes.length; at++) crc = (crc >>> 8) ^ (t[(crc ^ (bytes[at] ?? 0)) & 0xff] ?? 0);
    this.#value = crc >>> 0;
  }

  digest(): string {
    const out = Buffer.alloc(4);
    out.writeUInt32BE((this.#value ^ 0xffffffff) >>> 0);
    return out.toString("base64");
  }
}

/** 0xAD93D23594C93659 with its bits reversed, as two halves: BigInt arithmetic would be a hundred times slower. */
const CRC64_HIGH = 0x9a6c9329;
const CRC64_LOW = 0xac4bc9b5;

let crc64Tables: { readonly high: Uint32Array; readonly low: Uint32Array } | undefined;

function buildCrc64Tables(): { high: Uint32Array; low: Uint32Array } {
  const high = new Uint32Array(256 * SLICES);
  const low = new Uint32Array(256 * SLICES);
  for (let byte = 0; byte < 256; byte++) {
    let h = 0;
    let l = byte;
    for (let bit = 0; bit < 8; bit++) {
      const odd = l & 1;
      l = ((l >>> 1) | (h << 31)) >>> 0;
      h >>>= 1;
      if (odd) {
        l = (l ^ CRC64_LOW) >>> 0;
        h = (h ^ CRC64_HIGH) >>> 0;
      }
    }
    high[byte] = h;
    low[byte] = l;
  }
  for (let i = 256; i < high.length; i++) {
    const h = high[i - 256] ?? 0;
    const l = low[i - 256] ?? 0;
    low[i] = (((l >>> 8) | (h << 24)) >>> 0) ^ (low[l & 0xff] ?? 0);
    high[i] = (h >>> 8) ^ (high[l & 0xff] ?? 0);
  }
  return { high, low };
}

class Crc64Nvme implements Checksum {
  #high = 0xffffffff;
  #low = 0xffffffff;

  update(bytes: Uint8Array): void {
    crc64Tables ??= buildCrc64Tables();
    const { high: th, low: tl } = crc64Tables;
    let high = this.#high;
    let low = this.#low;
    let at = 0;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (const end = bytes.length - (bytes.length % SLICES); at < end; at += SLICES) {
      const a = low ^ view.getUint32(at, true);
      const b = high ^ view.getUint32(at + 4, true);
      const i0 = 1792 + (a & 0xff);
      const i1 = 1536 + ((a >>> 8) & 0xff);
      const i2 = 1280 + ((a >>> 16) & 0xff);
      const i3 = 1024 + (a >>> 24);
      const i4 = 768 + (b & 0xff);
      const i5 = 512 + ((b >>> 8) & 0xff);
      const i6 = 256 + ((b >>> 16) & 0xff);
      const i7 = b >>> 24;
      low = (tl[i0] ?? 0) ^ (tl[i1] ?? 0) ^ (tl[i2] ?? 0) ^ (tl[i3] ?? 0) ^ (tl[i4] ?? 0) ^ (tl[i5] ?? 0) ^ (tl[i6] ?? 0) ^ (tl[i7] ?? 0);
      high = (th[i0] ?? 0) ^ (th[i1] ?? 0) ^ (th[i2] ?? 0) ^ (th[i3] ?? 0) ^ (th[i4] ?? 0) ^ (th[i5] ?? 0) ^ (th[i6] ?? 0) ^ (th[i7] ?? 0);
    }
    for (; at < bytes.length; at++) {
      const index = (low ^ (bytes[at] ?? 0)) & 0xff;
      low = (((low >>> 8) | (high << 24)) >>> 0) ^ (tl[index] ?? 0);
      high = (high >>> 8) ^ (th[index] ?? 0);
    }
    this.#high = high >>> 0;
    this.#low = low >>> 0;
  }

  digest(): string {
    const out = Buffer.alloc(8);
    out.writeUInt32BE((this.#high ^ 0xffffffff) >>> 0, 0);
    out.writeUInt32BE((this.#low ^ 0xffffffff) >>> 0, 4);
    return out.toString("base64");
  }
}
