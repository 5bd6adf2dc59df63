// The checksums that S3 clients send with a body, by the names that headers and trailers give them (Amazon S3 user guide,
// "Checking object integrity"). The arithmetic is the kernel's and node:crypto's.
import { createHash } from "node:crypto";
import { type Checksum, crc32, crc32c, crc64nvme } from "../kernel/checksums.ts";

/** By the last part of `x-amz-checksum-…`. */
const ALGORITHMS: Readonly<Record<string, () => Checksum>> = {
  crc32,
  crc32c,
  crc64nvme,
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
