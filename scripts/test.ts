// Runs the tests: all, or those whose path contains one of the arguments. Closing lines are node:test's own.
import { spawn } from "node:child_process";
import { globSync } from "node:fs";
import { resolve } from "node:path";
import { protocolVectors } from "./protocol-vectors.ts";

const root = resolve(import.meta.dirname, "..");
const wanted = process.argv.slice(2);
const files = globSync(["src/**/*.test.ts", "tests/**/*.test.ts"], { cwd: root })
  .filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)))
  .sort();
if (files.length === 0) {
  console.error(`no test file matches ${wanted.join(" ")}`);
  process.exit(1);
}
const vectors = files.some((file) => file.startsWith("tests/wire/")) ? protocolVectors() : undefined;
if (vectors && "missing" in vectors) console.log(`skipped: the protocol test vectors, since ${vectors.missing}`);

const child = spawn(
  process.execPath,
  ["--test", "--test-concurrency=2", ...(process.env["CI"] ? ["--test-reporter=spec"] : ["--test-reporter=dot"]), ...files],
  {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, NODE_NO_WARNINGS: "1", ...(vectors && "directory" in vectors && { HEARTH_PROTOCOL_TESTS: vectors.directory }) },
  },
);
child.on("close", (code) => process.exit(code ?? 1));
