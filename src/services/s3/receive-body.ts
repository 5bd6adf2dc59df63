// Takes in the bytes of an upload once, hashing on the way: what is small stays in memory, the rest goes to a blob that
// nothing points to yet. Whoever fails to point to it calls `discard`.
import { createHash, type Hash, hash } from "node:crypto";
import type { Context } from "../../contract/context.ts";
import type { ByteStream } from "../../contract/models.ts";
import type { Checksum } from "../../kernel/checksums.ts";
import type { BlobWriter } from "../../storage/blobs.ts";
import { type ChecksumAlgorithm, type ChecksumValues, checksumOf, checksumOfBytes, digestBytes, supported } from "./checksums.ts";
import { badContentMd5, badDigest, entityTooLarge, invalidDigest, invalidRequest } from "./errors.ts";
import { INLINE_BYTES_MAX, PUT_BYTES_MAX } from "./limits.ts";

export interface ReceivedBody {
  readonly size: number;
  /** MD5 as hexadecimal digits. */
  readonly md5: string;
  readonly checksums: ChecksumValues;
  readonly content: { readonly bytes: Uint8Array } | { readonly blobId: string };
}

export interface Reception {
  readonly algorithms: readonly ChecksumAlgorithm[];
  /** What the client says the values are (base64). */
  readonly expected?: ChecksumValues;
  /** Base64, of the Content-MD5 header. */
  readonly expectedMd5?: string | undefined;
  /** How long the client says the body is. */
  readonly declaredBytes?: number | undefined;
  /** Up to this size the bytes stay in memory; 0 sends all to a blob. */
  readonly inlineBytesMax?: number;
  /** Called before the first byte goes to a blob: throw here what would make the upload vain. */
  beforeBlob?(): Promise<void>;
}

export async function receiveBody(context: Context, body: ByteStream | undefined, reception: Reception): Promise<ReceivedBody> {
  checkDigests(reception);
  if ((reception.declaredBytes ?? 0) > PUT_BYTES_MAX) throw entityTooLarge(reception.declaredBytes ?? 0);
  const inlineMax = reception.inlineBytesMax ?? INLINE_BYTES_MAX;
  const held: Uint8Array[] = [];
  let size = 0;
  let blob: BlobSink | undefined;
  try {
    for await (const chunk of body ?? []) {
      size += chunk.length;
      if (size > PUT_BYTES_MAX) throw entityTooLarge(size);
      if (blob) await blob.write(chunk);
      else {
        held.push(chunk);
        if (size > inlineMax) {
          await reception.beforeBlob?.();
          blob = await openSink(context, reception.algorithms);
          for (const early of held.splice(0)) await blob.write(early);
        }
      }
    }
    if (!blob && inlineMax === 0) {
      await reception.beforeBlob?.();
      blob = await openSink(context, reception.algorithms);
    }
    return blob ? await finishBlob(blob, reception, size) : finishInline(held, reception);
  } catch (error) {
    await blob?.writer.abort();
    throw error;
  }
}

/** Removes the blob of a body that no record points to, after its transaction was refused. */
export async function discard(context: Context, received: ReceivedBody): Promise<void> {
  if ("blobId" in received.content) await context.blobs.delete(received.content.blobId);
}

/** The length that a client declares: of the body itself where that is wrapped in chunks. */
export function declaredBytes(context: Context, contentLength: number | undefined): number | undefined {
  const decoded = context.headers["x-amz-decoded-content-length"];
  return decoded === undefined ? contentLength : Number(decoded);
}

interface BlobSink {
  readonly writer: BlobWriter;
  readonly md5: Hash;
  readonly sums: readonly (readonly [ChecksumAlgorithm, Checksum])[];
  write(chunk: Uint8Array): Promise<void>;
}

async function openSink(context: Context, algorithms: readonly ChecksumAlgorithm[]): Promise<BlobSink> {
  const writer = await context.blobs.create();
  const md5 = createHash("md5");
  const sums = algorithms.map((algorithm) => [algorithm, checksumOf(algorithm)] as const);
  return {
    writer,
    md5,
    sums,
    write(chunk) {
      // The write is under way while the processor hashes.
      const written = writer.write(chunk);
      md5.update(chunk);
      for (const [, sum] of sums) sum.update(chunk);
      return written;
    },
  };
}

async function finishBlob(blob: BlobSink, reception: Reception, size: number): Promise<ReceivedBody> {
  const md5 = blob.md5.digest("hex");
  const checksums = Object.fromEntries(blob.sums.map(([algorithm, sum]) => [algorithm, sum.digest()]));
  verify(reception, md5, checksums);
  const { id } = await blob.writer.finish();
  return { size, md5, checksums, content: { blobId: id } };
}

function finishInline(held: readonly Uint8Array[], reception: Reception): ReceivedBody {
  const [first = new Uint8Array(0)] = held;
  const bytes = held.length <= 1 ? first : Buffer.concat(held);
  const md5 = hash("md5", bytes, "hex");
  const checksums = Object.fromEntries(reception.algorithms.map((algorithm) => [algorithm, checksumOfBytes(algorithm, bytes)]));
  verify(reception, md5, checksums);
  return { size: bytes.length, md5, checksums, content: { bytes } };
}

/** A digest of the wrong length can not be meant. */
function checkDigests({ expected, expectedMd5 }: Reception): void {
  if (expectedMd5 !== undefined && Buffer.from(expectedMd5, "base64").length !== digestBytes("MD5")) throw invalidDigest();
  for (const [algorithm, value] of Object.entries(expected ?? {})) {
    if (Buffer.from(value, "base64").length !== digestBytes(supported(algorithm))) {
      throw invalidRequest(`Value for x-amz-checksum-${algorithm.toLowerCase()} header is invalid.`);
    }
  }
}

function verify(reception: Reception, md5: string, checksums: ChecksumValues): void {
  if (reception.expectedMd5 !== undefined && Buffer.from(reception.expectedMd5, "base64").toString("hex") !== md5) throw badContentMd5();
  for (const [algorithm, value] of Object.entries(reception.expected ?? {})) {
    if (Object.entries(checksums).some(([name, computed]) => name === algorithm && computed !== value)) throw badDigest(algorithm);
  }
}
