// The additional checksums of S3 objects: which one a request asks for, and how its value is computed, stored and answered.
import { createHash, hash } from "node:crypto";
import { type Checksum, crc32, crc32c, crc64nvme } from "../../kernel/checksums.ts";
import { invalidRequest, notImplemented } from "./errors.ts";

const ALGORITHMS = ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256", "SHA512", "MD5"] as const;
export type ChecksumAlgorithm = (typeof ALGORITHMS)[number];

const DIGEST_BYTES: Readonly<Record<ChecksumAlgorithm, number>> = {
  CRC32: 4,
  CRC32C: 4,
  CRC64NVME: 8,
  SHA1: 20,
  SHA256: 32,
  SHA512: 64,
  MD5: 16,
};

export function digestBytes(algorithm: ChecksumAlgorithm): number {
  return DIGEST_BYTES[algorithm];
}

/** Base64 values by algorithm; of a composite checksum with `-N` behind. */
export type ChecksumValues = Readonly<Partial<Record<ChecksumAlgorithm, string>>>;

/** What S3 computes itself when nobody asked for anything. */
export const DEFAULT_ALGORITHM: ChecksumAlgorithm = "CRC64NVME";

/** The checksum members that requests and answers share. */
interface ChecksumFields {
  ChecksumCRC32?: string | undefined;
  ChecksumCRC32C?: string | undefined;
  ChecksumCRC64NVME?: string | undefined;
  ChecksumSHA1?: string | undefined;
  ChecksumSHA256?: string | undefined;
  ChecksumSHA512?: string | undefined;
  ChecksumMD5?: string | undefined;
}

interface UnsupportedFields {
  readonly ChecksumXXHASH64?: string | undefined;
  readonly ChecksumXXHASH3?: string | undefined;
  readonly ChecksumXXHASH128?: string | undefined;
}

interface ChecksumRequest extends ChecksumFields, UnsupportedFields {
  readonly ChecksumAlgorithm?: string | undefined;
}

/** The algorithm that a request names and the value that it gives, if any: by value, by name, or by the trailer that it announces. */
export function requestedChecksum(
  input: ChecksumRequest,
  headers: Readonly<Record<string, string>>,
): { readonly algorithm: ChecksumAlgorithm; readonly value?: string } | undefined {
  const given = Object.entries(valuesOf(input));
  if (given.length > 1) throw invalidRequest("Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.");
  const [first] = given;
  if (first) return { algorithm: supported(first[0]), value: first[1] };
  if (input.ChecksumXXHASH64 ?? input.ChecksumXXHASH3 ?? input.ChecksumXXHASH128) throw notImplemented("x-amz-checksum-xxhash");
  const trailer = /x-amz-checksum-([a-z0-9]+)/i.exec(headers["x-amz-trailer"] ?? "")?.[1];
  const named = trailer ?? input.ChecksumAlgorithm;
  return named === undefined ? undefined : { algorithm: supported(named) };
}

export function supported(name: string): ChecksumAlgorithm {
  const known = ALGORITHMS.find((algorithm) => algorithm === name.toUpperCase());
  if (known) return known;
  if (name.toUpperCase().startsWith("XXHASH")) throw notImplemented(`x-amz-checksum-algorithm: ${name}`);
  throw invalidRequest(
    "Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]",
  );
}

/** The values among the members of a request. */
export function valuesOf(input: ChecksumFields): Partial<Record<ChecksumAlgorithm, string>> {
  const out: Partial<Record<ChecksumAlgorithm, string>> = {};
  for (const algorithm of ALGORITHMS) {
    const value = input[`Checksum${algorithm}`];
    if (value !== undefined) out[algorithm] = value;
  }
  return out;
}

/** As members of an answer. */
export function checksumFields(values: ChecksumValues): ChecksumFields {
  const out: ChecksumFields = {};
  for (const algorithm of ALGORITHMS) {
    const value = values[algorithm];
    if (value !== undefined) out[`Checksum${algorithm}`] = value;
  }
  return out;
}

export function algorithmsOf(values: ChecksumValues): ChecksumAlgorithm[] {
  return ALGORITHMS.filter((algorithm) => values[algorithm] !== undefined);
}

/** A checksum over a stream. */
export function checksumOf(algorithm: ChecksumAlgorithm): Checksum {
  if (algorithm === "CRC32") return crc32();
  if (algorithm === "CRC32C") return crc32c();
  if (algorithm === "CRC64NVME") return crc64nvme();
  const state = createHash(algorithm);
  return { update: (chunk) => void state.update(chunk), digest: () => state.copy().digest("base64") };
}

/** A checksum over bytes at hand. */
export function checksumOfBytes(algorithm: ChecksumAlgorithm, bytes: Uint8Array): string {
  if (algorithm.startsWith("CRC")) {
    const sum = checksumOf(algorithm);
    sum.update(bytes);
    return sum.digest();
  }
  return hash(algorithm, bytes, "base64");
}
