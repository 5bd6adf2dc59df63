#!/usr/bin/env node
// Starts Hearth. Published, it runs the compiled code on the Node that launched it (22 or newer); in a clone, it runs the
// sources on the Node 24 that the dev dependency brings, whatever Node launched it.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import module from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const compiled = join(root, "dist", "cli", "main.js");
const sources = join(root, "src", "cli", "main.ts");
const major = Number(process.versions.node.split(".")[0]);

if (existsSync(sources)) {
  const node24 = join(root, "node_modules", "node", "bin", "node");
  if (major >= 24) await run(sources);
  else if (existsSync(node24)) again(node24);
  else fail("this clone has no Node 24: run `npm install` in it first.");
} else if (major >= 22) await run(compiled);
else fail(`Hearth needs Node 22 or newer; this is ${process.version}.`);

async function run(entry) {
  module.enableCompileCache?.();
  // Node 22 calls SQLite experimental, whose lock we use: of no use to people. Other warnings are shown.
  process.removeAllListeners("warning");
  process.on("warning", (warning) => {
    if (warning.name !== "ExperimentalWarning") console.error(`${warning.name}: ${warning.message}`);
  });
  await import(pathToFileURL(entry).href);
}

/** Hands over to another Node: signals pass on, the exit code comes back. */
function again(node) {
  const args = ["--disable-warning=ExperimentalWarning", fileURLToPath(import.meta.url), ...process.argv.slice(2)];
  const child = spawn(node, args, { stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("exit", (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
}

function fail(message) {
  console.error(`hearth: ${message}`);
  process.exit(1);
}
