// One command that checks everything; it stops at nothing and fails if anything failed, so that one run shows all there is to mend.
import { spawn } from "node:child_process";
import { resolve } from "node:path";

const root = resolve(import.meta.dirname, "..");
const bin = (name: string) => resolve(root, "node_modules/.bin", name);
const node = process.execPath;

const steps: readonly (readonly [name: string, command: string, args: readonly string[]])[] = [
  ["models", node, ["scripts/extract-models.ts"]],
  ["types", bin("tsc"), ["--noEmit", "-p", "tsconfig.json"]],
  ["types of the bootstraps", bin("tsc"), ["--noEmit", "-p", "src/runtime/bootstrap"]],
  ["lint", bin("biome"), ["check", "--error-on-warnings", "."]],
  ["boundaries", node, ["scripts/boundaries.ts"]],
  ["dead code", bin("knip"), []],
  ["tests", node, ["scripts/test.ts"]],
];

const failed: string[] = [];
const begun = performance.now();
for (const [name, command, args] of steps) {
  const start = performance.now();
  console.log(`\n── ${name}`);
  const code = await run(command, args);
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(code === 0 ? `   ${name}: good (${seconds} s)` : `   ${name}: FAILED (${seconds} s)`);
  if (code !== 0) failed.push(name);
}
const total = ((performance.now() - begun) / 1000).toFixed(0);
console.log(failed.length === 0 ? `\nok in ${total} s` : `\nnot ok in ${total} s: ${failed.join(", ")}`);
process.exit(failed.length === 0 ? 0 : 1);

function run(command: string, args: readonly string[]): Promise<number> {
  return new Promise((done, fail) => {
    const child = spawn(command, args, { cwd: root, stdio: "inherit", env: { ...process.env, NODE_NO_WARNINGS: "1" } });
    child.on("error", fail);
    child.on("close", (code) => done(code ?? 1));
  });
}
