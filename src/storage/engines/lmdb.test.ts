import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { seededRandom } from "../../kernel/random.ts";
import { storageConformance } from "../conformance.ts";
import { openLmdbStorage } from "./lmdb.ts";

const root = mkdtempSync(join(tmpdir(), "hearth-lmdb-"));
after(() => rmSync(root, { recursive: true, force: true }));

for (const relaxed of [false, true]) {
  let directory = "";
  let count = 0;
  const reopen = async () => openLmdbStorage({ directory, relaxed, ...(relaxed && { rerun: seededRandom(count) }) });
  storageConformance({
    name: relaxed ? "LMDB, relaxed, with reruns" : "LMDB",
    open: () => {
      directory = join(root, `${relaxed}-${count++}`);
      return reopen();
    },
    reopen,
    histories: relaxed ? 40 : 15,
  });
}

const bytes = (text: string) => Buffer.from(text);

describe("LMDB storage", () => {
  test("acknowledges what saw a write with that write, and what saw none at once", async () => {
    const storage = openLmdbStorage({ directory: join(root, "order") });
    await storage.transact(async (tx) => tx.set(bytes("old"), bytes("1")));
    const order: string[] = [];
    const note = (name: string, promise: Promise<unknown>) => promise.then(() => order.push(name));
    const range = { start: bytes("n"), end: bytes("o") };
    const write = note(
      "write",
      storage.transact(async (tx) => tx.set(bytes("new"), bytes("1"))),
    );
    const remove = note(
      "remove",
      storage.transact(async (tx) => tx.delete(bytes("old"))),
    );
    await Promise.all([
      write,
      remove,
      note(
        "get",
        storage.snapshot((tx) => tx.get(bytes("new"))),
      ),
      note(
        "get of what was removed",
        storage.transact((tx) => tx.get(bytes("old"))),
      ),
      note(
        "range",
        storage.snapshot((tx) => tx.range(range, { limit: 1 })),
      ),
      note(
        "elsewhere",
        storage.snapshot((tx) => tx.get(bytes("other"))),
      ),
      note(
        "range elsewhere",
        storage.snapshot((tx) => tx.range({ start: bytes("p"), end: bytes("q") }, { limit: 1 })),
      ),
    ]);
    assert.deepEqual(order.slice(0, 2), ["elsewhere", "range elsewhere"]);
    assert.equal(order[2], "write");
    assert.equal(order.length, 7);
    await storage.close();
  });

  test("refuses a second process, by name, and lets it in after the first", async () => {
    const directory = join(root, "locked");
    const storage = openLmdbStorage({ directory });
    assert.throws(() => openLmdbStorage({ directory }), new RegExp(`data directory .*locked is in use by process ${process.pid}`));
    const script = `import { openLmdbStorage } from ${JSON.stringify(new URL("./lmdb.ts", import.meta.url).href)};
      try { await openLmdbStorage({ directory: ${JSON.stringify(directory)} }).close(); console.log("in"); } catch (error) { console.log(error.message); }`;
    const other = () => spawnSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" }).stdout.trim();
    assert.equal(other(), `data directory ${directory} is in use by process ${process.pid}`);
    await storage.close();
    assert.equal(other(), "in");
  });
});
