// A disk that is full, and writes that fail for another reason: what the storage says then, and what it keeps.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";

interface Report {
  readonly acknowledged: readonly string[];
  readonly failures: readonly string[];
  readonly seenFailed: readonly string[];
  readonly after: readonly string[];
  readonly small: string;
  readonly removal: string;
  readonly again: string;
  readonly last: readonly string[];
}

/** Runs the workload in a shell that first does what `prepare` says. */
function run(prepare: string): { readonly report: Report | undefined; readonly stderr: string } {
  const directory = mkdtempSync(join(tmpdir(), "hearth-full-"));
  try {
    const workload = join(import.meta.dirname, "disk-full-workload.ts");
    const script = `${prepare.replaceAll("$DIRECTORY", directory)} && exec "$0" "$1" "${directory}/data"`;
    const shell = prepare.startsWith("mount") ? ["unshare", "--user", "--map-root-user", "--mount", "sh"] : ["sh"];
    const [command = "", ...rest] = shell;
    const { stdout, stderr } = spawnSync(command, [...rest, "-c", script, process.execPath, workload], {
      encoding: "utf8",
      timeout: 60_000,
    });
    return { report: stdout ? (JSON.parse(stdout) as Report) : undefined, stderr: stderr ?? "" };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

describe("a disk that is full", () => {
  test("fails what did not fit and whoever saw it; the storage goes on once there is room", (t) => {
    const { report, stderr } = run("mount -t tmpfs -o size=4m tmpfs $DIRECTORY");
    if (!report && /unshare|mount/.test(stderr)) {
      t.skip(`a small file system can not be mounted here: ${stderr.trim()}`);
      return;
    }
    assert.ok(report, stderr);
    assert.ok(report.acknowledged.length > 50);
    assert.match(report.failures.join(), /^the transaction could not be written to disk: /);
    for (const seen of report.seenFailed) assert.match(seen, /^the transaction could not be written to disk: /);
    assert.deepEqual([...report.after].sort(), [...report.acknowledged].sort());
    assert.equal(report.removal, "ok");
    assert.equal(report.again, "ok");
    assert.deepEqual(report.last, report.acknowledged.slice(0, 1));
  });
});

describe("a disk whose writes fail while it has room", () => {
  test("fails what was under way; the storage takes nothing more, and keeps what it acknowledged", () => {
    // A limit on the size of files cuts a write short, which looks as a failing disk does. Units of 512 bytes or of 1,024.
    const { report, stderr } = run("ulimit -f 6000");
    assert.ok(report, stderr);
    assert.ok(report.acknowledged.length > 50);
    assert.match(report.failures.join(), /^the transaction could not be written to disk: /);
    const refused = "the storage failed earlier and takes nothing more until it is opened anew";
    assert.deepEqual([report.after, report.small, report.removal, report.again], [[refused], refused, refused, refused]);
    assert.deepEqual([...report.last].sort(), [...report.acknowledged].sort());
  });
});
