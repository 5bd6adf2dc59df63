// Brings the public test vectors of AWS's protocols and of Signature Version 4, which botocore's source distribution carries,
// into the cache below node_modules. They are AWS's, under Apache-2.0, and too large to keep a copy of.
import { spawnSync } from "node:child_process";
import { existsSync, globSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";

const VERSION = "1.43.11";
const cache = resolve(import.meta.dirname, "../node_modules/.cache/hearth");
const target = join(cache, `botocore-${VERSION}`);

/** The folder of the vectors, or why there is none. */
export function protocolVectors(): { readonly directory: string } | { readonly missing: string } {
  const directory = join(target, "tests/unit");
  if (existsSync(join(directory, "protocols"))) return { directory };
  const work = join(cache, "download");
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work, { recursive: true });
  const pip = run("python3", [
    "-m",
    "pip",
    "download",
    "--quiet",
    "--no-deps",
    "--no-binary",
    "botocore",
    "--dest",
    work,
    `botocore==${VERSION}`,
  ]);
  if (pip !== undefined) return { missing: `Python's pip does not bring botocore ${VERSION}: ${pip}` };
  const [archive] = globSync("*.tar.gz", { cwd: work });
  if (!archive) return { missing: "Python's pip brought no source distribution" };
  const tar = run("tar", ["-xzf", join(work, archive), "-C", work]);
  if (tar !== undefined) return { missing: `the source distribution cannot be unpacked: ${tar}` };
  rmSync(target, { recursive: true, force: true });
  renameSync(join(work, `botocore-${VERSION}`), target);
  rmSync(work, { recursive: true, force: true });
  return existsSync(join(directory, "protocols")) ? { directory } : { missing: "the source distribution holds no vectors" };
}

/** Undefined when it went well, else the last line of what it said. */
function run(command: string, args: readonly string[]): string | undefined {
  const done = spawnSync(command, args, { encoding: "utf8" });
  if (done.error) return done.error.message;
  return done.status === 0 ? undefined : (done.stderr.trim().split("\n").at(-1) ?? `exit code ${done.status}`);
}
