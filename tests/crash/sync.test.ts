// Power loss can not be caused in a test; that the syncs which protect against it are made, and in order, can be seen.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";

const directory = mkdtempSync(join(tmpdir(), "hearth-sync-"));
const trace = join(directory, "trace");
const traced = "trace=fsync,fdatasync,write,writev,pwrite64,pwritev,rename,openat";
let calls: string[] = [];
let reason: string | undefined;

before(() => {
  const workload = join(import.meta.dirname, "sync-workload.ts");
  const data = join(directory, "data");
  const { error, status, stderr } = spawnSync(
    "strace",
    ["-f", "-y", "-s", "64", "-e", traced, "-o", trace, process.execPath, workload, data],
    {
      encoding: "utf8",
    },
  );
  if (error || status !== 0) reason = `strace does not run here: ${error?.message ?? stderr}`;
  else calls = readFileSync(trace, "utf8").split("\n");
});
after(() => rmSync(directory, { recursive: true }));

/** The calls between the lines that the workload wrote before and after something. */
function between(what: string): string[] {
  const at = (text: string) => calls.findIndex((call) => call.includes("write(1<") && call.includes(`"${text}`));
  const [start, end] = [at(`begin ${what}`), at(`acknowledged ${what}`)];
  assert.ok(start >= 0 && end > start, `${what} is in the trace`);
  return calls.slice(start, end);
}

/** That calls like these come in this order, others in between. */
function inOrder(found: readonly string[], wanted: readonly RegExp[], what: string): void {
  let from = 0;
  for (const pattern of wanted) {
    const at = found.findIndex((call, index) => index >= from && pattern.test(call));
    assert.ok(at >= 0, `${what}: ${pattern} does not come where it should in\n${found.join("\n")}`);
    from = at + 1;
  }
}

describe("before it is acknowledged", () => {
  test("a transaction is synced: its pages, then the page that makes them the state", (t) => {
    if (reason) {
      t.skip(reason);
      return;
    }
    for (let i = 0; i < 5; i++) {
      inOrder(
        between(`transaction ${i}`),
        [/write(v|64)?\(.*keys\.mdb/, /(fdatasync|fsync)\(\d+<.*keys\.mdb>\)\s+= 0|sync resumed/, /pwrite64\(.*keys\.mdb/],
        `transaction ${i}`,
      );
    }
    assert.ok(
      calls.some((call) => /openat\(.*keys\.mdb".*O_DSYNC/.test(call)),
      "the last page is written through a file that syncs by itself",
    );
  });

  test("a blob is synced under its temporary name, renamed, and its directory synced", (t) => {
    if (reason) {
      t.skip(reason);
      return;
    }
    for (let i = 0; i < 3; i++) {
      const wanted = [
        /write(v)?\(.*blobs\/new\//,
        /fdatasync\(/,
        /rename\(".*blobs\/new\/.*", ".*blobs\/.\/.\/[0-9a-f]{32}"/,
        /fsync\(.*blobs\/.\/.>/,
      ];
      inOrder(between(`blob ${i}`), wanted, `blob ${i}`);
    }
  });
});
