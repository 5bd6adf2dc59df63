// Compiles src/ into dist/ for publishing, and brings along what is not TypeScript: schemas, constraints, function bootstraps.
import { spawnSync } from "node:child_process";
import { cpSync, globSync, mkdirSync, rmSync } from "node:fs";
import { dirname, resolve } from "node:path";

const root = resolve(import.meta.dirname, "..");
const dist = resolve(root, "dist");

await import("./extract-models.ts");
rmSync(dist, { recursive: true, force: true });
const compiled = spawnSync(resolve(root, "node_modules/.bin/tsc"), ["-p", "tsconfig.build.json"], { cwd: root, stdio: "inherit" });
if (compiled.status !== 0) process.exit(compiled.status ?? 1);

const others = globSync("src/**/*.{json,mjs,cjs,sh,py}", { cwd: root });
for (const file of others) {
  const to = resolve(dist, file.slice("src/".length));
  mkdirSync(dirname(to), { recursive: true });
  cpSync(resolve(root, file), to);
}
console.log(`built dist/ (${others.length} data files)`);
