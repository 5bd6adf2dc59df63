// The rules of `blobs.ts` as tests: every blob store passes them all.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { seededRandom } from "../kernel/random.ts";
import { VirtualClock } from "../kernel/virtual-clock.ts";
import { BLOB_ID_LENGTH, BlobNotFound, type BlobStore } from "./blobs.ts";

export interface BlobEngine {
  readonly name: string;
  open(clock: VirtualClock): BlobStore;
}

export async function write(blobs: BlobStore, ...chunks: Uint8Array[]): Promise<{ readonly id: string; readonly size: number }> {
  const writer = await blobs.create();
  for (const chunk of chunks) await writer.write(chunk);
  return writer.finish();
}

export async function readAll(blobs: BlobStore, id: string, range?: { readonly start: number; readonly end: number }): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of blobs.read(id, range)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const RANGES: [start: number, end: number, expected: string][] = [
  [0, 9, "0123456789"],
  [0, 0, "0"],
  [9, 9, "9"],
  [3, 5, "345"],
  [5, 1_000, "56789"],
  [10, 20, ""],
  [5, 4, ""],
];

export function blobConformance(engine: BlobEngine): void {
  describe(`${engine.name} keeps the blob contract`, () => {
    const random = seededRandom(21);
    const clock = new VirtualClock();
    const blobs = engine.open(clock);

    for (const size of [0, 1, 4_096, 65_535, 65_536, 262_144, 262_145, 1_048_576, 3_000_001]) {
      test(`${size} bytes come back as they were, however they were cut`, async () => {
        const content = Buffer.from(random.bytes(Math.min(size, 5_000)));
        const whole = Buffer.alloc(size, content.length > 0 ? content : undefined);
        const cut = Math.floor(size / 3);
        const result = await write(blobs, whole.subarray(0, cut), new Uint8Array(0), whole.subarray(cut, cut * 2), whole.subarray(cut * 2));
        assert.match(result.id, new RegExp(`^[0-9a-f]{${BLOB_ID_LENGTH}}$`));
        assert.equal(result.size, size);
        assert.ok((await readAll(blobs, result.id)).equals(whole));
        if (size > 10) assert.ok((await readAll(blobs, result.id, { start: 7, end: size - 3 })).equals(whole.subarray(7, size - 2)));
      });
    }

    test("ranges are inclusive at both ends and stop at the blob's end", async () => {
      const { id } = await write(blobs, Buffer.from("0123456789"));
      for (const [start, end, expected] of RANGES)
        assert.equal((await readAll(blobs, id, { start, end })).toString(), expected, `${start}-${end}`);
    });

    test("a blob that is not there is not found before the first byte; deleting it is no error", async () => {
      const { id } = await write(blobs, Buffer.from("x"));
      await blobs.delete(id);
      await blobs.delete(id);
      for (const missing of [id, "0".repeat(BLOB_ID_LENGTH), "../../etc/passwd", ""]) {
        await assert.rejects(readAll(blobs, missing), BlobNotFound, missing);
        await blobs.delete(missing);
      }
    });

    test("a blob that is being read is read to its end though it is deleted", async () => {
      const { id } = await write(blobs, Buffer.alloc(2_000_000, 5));
      let size = 0;
      for await (const chunk of blobs.read(id)) {
        if (size === 0) await blobs.delete(id);
        size += chunk.length;
      }
      assert.equal(size, 2_000_000);
    });

    test("a reader that stops early leaves nothing open", async () => {
      const { id } = await write(blobs, Buffer.alloc(2_000_000, 5));
      for await (const chunk of blobs.read(id)) {
        assert.ok(chunk.length > 0);
        break;
      }
      assert.equal((await readAll(blobs, id)).length, 2_000_000);
    });

    test("what is aborted, or not finished, is not listed", async () => {
      const before = (await blobs.list(undefined, 1_000)).length;
      const aborted = await blobs.create();
      await aborted.write(Buffer.alloc(2_000_000));
      await aborted.abort();
      const unused = await blobs.create();
      await unused.abort();
      const open = await blobs.create();
      await open.write(Buffer.from("x"));
      assert.equal((await blobs.list(undefined, 1_000)).length, before);
      await open.finish();
      assert.equal((await blobs.list(undefined, 1_000)).length, before + 1);
    });

    test("a writer is of no use after its end", async () => {
      const writer = await blobs.create();
      await writer.finish();
      await assert.rejects(writer.write(Buffer.from("x")), /after its end/);
      await assert.rejects(writer.finish(), /finished twice/);
    });

    test("are listed in pages, each once, with time and size", async () => {
      const fresh = engine.open(new VirtualClock());
      for (const { id } of await fresh.list(undefined, 10_000)) await fresh.delete(id);
      const written = new Map<string, { size: number; atMs: number }>();
      const ticking = clock;
      for (let i = 0; i < 25; i++) {
        const { id, size } = await write(blobs, Buffer.alloc(i));
        written.set(id, { size, atMs: ticking.now() });
        await ticking.advance(10);
      }
      const seen: string[] = [];
      for (let after: string | undefined; ; ) {
        const page = await blobs.list(after, 7);
        assert.ok(page.length <= 7);
        for (const { id, size, writtenAtMs } of page) {
          const known = written.get(id);
          if (!known) continue;
          seen.push(id);
          assert.deepEqual({ size, atMs: writtenAtMs }, known);
        }
        after = page.at(-1)?.id;
        if (page.length < 7) break;
      }
      assert.deepEqual([...seen].sort(), [...written.keys()].sort());
    });

    test("many at once", async () => {
      const ids = await Promise.all(
        Array.from({ length: 100 }, async (_, i) => (await write(blobs, Buffer.from(`one ${i}`), Buffer.from(` two ${i}`))).id),
      );
      assert.equal(new Set(ids).size, 100);
      const read = await Promise.all(ids.map(async (id) => (await readAll(blobs, id)).toString()));
      assert.deepEqual(
        read,
        Array.from({ length: 100 }, (_, i) => `one ${i} two ${i}`),
      );
    });
  });
}
