import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { seededRandom } from "../../kernel/random.ts";
import { VirtualClock } from "../../kernel/virtual-clock.ts";
import { blobConformance, readAll, write } from "../blob-conformance.ts";
import { openFileBlobs } from "./file-blobs.ts";
import { openMemoryBlobs } from "./memory-blobs.ts";

const root = mkdtempSync(join(tmpdir(), "hearth-blobs-"));
after(() => rmSync(root, { recursive: true, force: true }));

let seed = 1;
const memory = new Map<string, ReturnType<typeof openMemoryBlobs>>();
blobConformance({
  name: "memory",
  open(clock) {
    const known = memory.get("one") ?? openMemoryBlobs({ clock, random: seededRandom(1) });
    memory.set("one", known);
    return known;
  },
});
blobConformance({
  name: "files",
  open: (clock) => openFileBlobs({ directory: join(root, "conformance"), random: seededRandom(seed++), clock }),
});

describe("file blobs", () => {
  const open = (directory: string) => openFileBlobs({ directory, random: seededRandom(seed++), clock: new VirtualClock() });

  test("are there after the store was opened anew", async () => {
    const directory = join(root, "reopened");
    const { id } = await write(open(directory), Buffer.from("kept"));
    assert.equal((await readAll(open(directory), id)).toString(), "kept");
  });

  test("what a dead process was writing is removed at opening, what a living one writes is not", async () => {
    const directory = join(root, "leftovers");
    const blobs = open(directory);
    const writer = await blobs.create();
    await writer.write(Buffer.alloc(2_000_000, 1));
    const fresh = join(directory, "new");
    const dead = spawnSync(process.execPath, ["-e", ""]).pid;
    writeFileSync(join(fresh, `${dead}-0`), "half");
    writeFileSync(join(fresh, `${process.pid}-999999`), "of an earlier process with this one's number");
    writeFileSync(join(fresh, "1-0"), "of a process that lives");
    open(directory);
    assert.deepEqual(
      readdirSync(fresh)
        .map((name) => (name.startsWith(`${process.pid}-`) ? "mine" : name))
        .sort(),
      ["1-0", "mine"],
    );
    const { id } = await writer.finish();
    assert.equal((await readAll(blobs, id)).length, 2_000_000);
  });

  test("a write that fails says so and leaves nothing", async (t) => {
    if (process.getuid?.() === 0) {
      t.skip("the superuser may write anywhere");
      return;
    }
    const directory = join(root, "unwritable");
    const blobs = open(directory);
    chmodSync(join(directory, "new"), 0o500);
    const writer = await blobs.create();
    await writer.write(Buffer.from("x"));
    await assert.rejects(writer.finish(), /EACCES/);
    assert.deepEqual(await blobs.list(undefined, 10), []);
  });

  test("a rename that fails leaves no temporary file", async () => {
    const directory = join(root, "no-folder");
    const blobs = open(directory);
    for (const name of readdirSync(directory)) if (name !== "new") rmSync(join(directory, name), { recursive: true });
    const writer = await blobs.create();
    await writer.write(Buffer.from("x"));
    await assert.rejects(writer.finish(), /ENOENT/);
    assert.deepEqual(readdirSync(join(directory, "new")), []);
  });

  test("a half made store is completed", async () => {
    const directory = join(root, "half");
    mkdirSync(join(directory, "0", "0"), { recursive: true });
    const { id } = await write(open(directory), Buffer.from("x"));
    assert.equal((await readAll(open(directory), id)).toString(), "x");
  });
});
