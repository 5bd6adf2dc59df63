import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { seededRandom } from "../../kernel/random.ts";
import { storageConformance } from "../conformance.ts";
import { openMemoryStorage } from "./memory.ts";

storageConformance({ name: "memory", open: async () => openMemoryStorage(), histories: 100 });
storageConformance({ name: "memory with reruns", open: async () => openMemoryStorage({ rerun: seededRandom(5) }), histories: 50 });

describe("memory storage with reruns", () => {
  test("runs some functions twice, and writes once", async () => {
    const storage = openMemoryStorage({ rerun: seededRandom(5) });
    let calls = 0;
    for (let i = 0; i < 100; i++) {
      await storage.transact(async (tx) => {
        calls++;
        const count = (await tx.get(Buffer.from("n")))?.[0] ?? 0;
        tx.set(Buffer.from("n"), Uint8Array.of(count + 1));
      });
    }
    assert.ok(calls > 110 && calls < 150, `${calls} calls`);
    assert.deepEqual(await storage.snapshot((tx) => tx.get(Buffer.from("n"))), Uint8Array.of(100));
  });
});
