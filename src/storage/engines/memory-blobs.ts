// Blobs in memory: for tests, and for platforms that keep nothing.
import { assert } from "../../kernel/assert.ts";
import type { Clock } from "../../kernel/clock.ts";
import { hex } from "../../kernel/ids.ts";
import type { Random } from "../../kernel/random.ts";
import { BLOB_ID_LENGTH, BlobNotFound, type BlobStore } from "../blobs.ts";

/** The largest piece that a read hands out, in bytes: readers meet several, as they do with files. */
const CHUNK_BYTES = 64 * 1024;

export interface MemoryBlobsOptions {
  readonly clock: Clock;
  readonly random: Random;
}

export function openMemoryBlobs({ clock, random }: MemoryBlobsOptions): BlobStore {
  const blobs = new Map<string, { readonly bytes: Uint8Array; readonly writtenAtMs: number }>();
  return {
    async create() {
      let chunks: Uint8Array[] = [];
      let open = true;
      return {
        async write(chunk) {
          assert(open, "a blob was written to after its end");
          chunks.push(chunk);
        },
        async finish() {
          assert(open, "a blob was finished twice");
          open = false;
          const id = hex(random, BLOB_ID_LENGTH);
          const bytes = Buffer.concat(chunks);
          blobs.set(id, { bytes, writtenAtMs: clock.now() });
          return { id, size: bytes.length };
        },
        async abort() {
          open = false;
          chunks = [];
        },
      };
    },
    async *read(id, range) {
      const blob = blobs.get(id);
      if (!blob) throw new BlobNotFound(id);
      const end = Math.min(range?.end ?? Number.POSITIVE_INFINITY, blob.bytes.length - 1);
      for (let at = range?.start ?? 0; at <= end; at += CHUNK_BYTES) yield blob.bytes.subarray(at, Math.min(at + CHUNK_BYTES, end + 1));
    },
    async delete(id) {
      blobs.delete(id);
    },
    async list(after, limit) {
      const ids = [...blobs.keys()].filter((id) => after === undefined || id > after).sort();
      return ids.slice(0, limit).flatMap((id) => {
        const blob = blobs.get(id);
        return blob ? [{ id, writtenAtMs: blob.writtenAtMs, size: blob.bytes.length }] : [];
      });
    },
  };
}
