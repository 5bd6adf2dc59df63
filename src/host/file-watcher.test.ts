import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { type FileWatcher, watchFiles } from "./file-watcher.ts";

/** Resolves with what is told next. */
function teller() {
  let tell: (paths: readonly string[]) => void = () => {};
  const watcher: FileWatcher = watchFiles((paths) => tell(paths));
  const next = () =>
    new Promise<readonly string[]>((resolve) => {
      tell = resolve;
    });
  return { watcher, next };
}

test("a file in a folder that does not exist yet is seen when it comes", async () => {
  const directory = await mkdtemp(join(tmpdir(), "hearth-watch-"));
  const { watcher, next } = teller();
  try {
    const path = join(directory, "new", "deep", "file.ts");
    watcher.update([path]);
    let told = next();
    await mkdir(join(directory, "new"));
    assert.deepEqual(await told, [join(directory, "new")]);
    await mkdir(join(directory, "new", "deep"));
    watcher.update([path]);
    told = next();
    await writeFile(path, "");
    assert.deepEqual(await told, [path]);
  } finally {
    watcher.close();
    await rm(directory, { recursive: true, force: true });
  }
});
