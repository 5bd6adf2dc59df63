// Checks who imports whom, and that time, chance and effects stay parameters: the rules of docs/ARCHITECTURE.md as code.
// Exits with 1 and one line per breach. It reads sources only; it runs none of them.
import { globSync, readFileSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import { parseSync, Visitor } from "oxc-parser";

/** A folder of src/ and the folders it may import besides itself. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  kernel: [],
  storage: ["kernel"],
  jobs: ["kernel", "storage"],
  protocol: ["kernel", "contract"],
  contract: ["kernel", "storage", "jobs"],
  services: ["kernel", "storage", "jobs", "contract"],
  runtime: ["kernel", "contract"],
  deploy: ["kernel", "contract"],
  gateway: ["kernel", "contract", "protocol"],
  host: ["kernel", "contract", "protocol", "runtime", "deploy"],
  app: ["kernel", "storage", "jobs", "protocol", "contract", "services", "runtime", "deploy", "gateway", "host"],
  testing: ["kernel", "storage", "jobs", "protocol", "contract", "services", "runtime", "deploy", "gateway", "host", "app"],
  cli: ["kernel", "contract", "deploy", "host", "app"],
};
/** CloudFormation is the service over the deployment engine. */
const EXTRA: Readonly<Record<string, readonly string[]>> = { "src/services/cloudformation/": ["deploy"] };
/** Where effects, real time and real chance live; the virtual clock turns the event loop. */
const EFFECTS = ["src/host/", "src/storage/engines/", "src/runtime/bootstrap/", "src/kernel/virtual-clock.ts"];
/** Folders that may load SDK clients, not only their types. */
const CLIENTS = ["src/cli/", "src/host/"];
/** Node's modules that compute and touch nothing outside. */
const PURE_MODULES = new Set([
  "crypto",
  "zlib",
  "buffer",
  "path",
  "url",
  "util",
  "stream",
  "stream/promises",
  "string_decoder",
  "querystring",
]);
const BANNED_GLOBALS = new Set(["setTimeout", "setInterval", "setImmediate", "performance", "fetch", "process", "queueMicrotask"]);
const BANNED_MEMBERS = new Set(["Date.now", "Math.random", "crypto.randomUUID", "crypto.getRandomValues"]);
const BANNED_IMPORTS = new Set(["randomBytes", "randomUUID", "randomInt", "randomFill", "randomFillSync", "webcrypto", "getRandomValues"]);

interface Import {
  readonly specifier: string;
  readonly typeOnly: boolean;
  readonly names: readonly string[];
  readonly line: number;
}

const root = resolve(import.meta.dirname, "..");
const breaches: string[] = [];
const graph = new Map<string, string[]>();
const files = globSync("src/**/*.{ts,mjs}", { cwd: root })
  .filter((file) => !file.includes("/generated/"))
  .sort();

for (const file of files) check(file);
for (const circle of circles()) breaches.push(`a circle of imports: ${circle.join(" → ")}`);
for (const breach of breaches) console.log(breach);
console.log(`boundaries: ${files.length} files, ${breaches.length} breaches`);
if (breaches.length > 0) process.exit(1);

function check(file: string): void {
  const text = readFileSync(resolve(root, file), "utf8");
  const parsed = parseSync(file, text);
  const lineOf = (offset: number) => text.slice(0, offset).split("\n").length;
  const imports = importsOf(parsed.module, lineOf);
  const isTest = /\.test\.ts$|conformance[^/]*\.ts$|\/testing\//.test(file);
  const say = (line: number, what: string) => breaches.push(`${file}:${line} ${what}`);
  graph.set(
    file,
    imports.filter((one) => !one.typeOnly && one.specifier.startsWith(".")).map((one) => target(file, one.specifier)),
  );
  if (isTest) return;
  for (const one of imports) checkImport(file, one, say);
  if (startsWithAny(file, EFFECTS)) return;
  const banned = (node: { start: number }, what: string) => say(lineOf(node.start), `${what}: time, chance and effects are parameters`);
  new Visitor({
    MemberExpression(node) {
      if (node.object.type !== "Identifier" || node.property.type !== "Identifier" || node.computed) return;
      const name = `${node.object.name}.${node.property.name}`;
      if (BANNED_MEMBERS.has(name)) banned(node, name);
      if (node.object.name === "process" && !file.startsWith("src/cli/")) banned(node, name);
    },
    NewExpression(node) {
      if (node.callee.type === "Identifier" && node.callee.name === "Date" && node.arguments.length === 0) banned(node, "new Date()");
    },
    CallExpression(node) {
      if (node.callee.type !== "Identifier") return;
      if (BANNED_GLOBALS.has(node.callee.name) || node.callee.name === "Date") banned(node, `${node.callee.name}()`);
    },
  }).visit(parsed.program);
}

function checkImport(file: string, one: Import, say: (line: number, what: string) => void): void {
  const from = file.split("/")[1] ?? "";
  if (one.specifier.startsWith("node:")) {
    const name = one.specifier.slice(5);
    const free = startsWithAny(file, [...EFFECTS, "src/app/", "src/cli/"]);
    if (!free && !one.typeOnly && !PURE_MODULES.has(name)) say(one.line, `imports ${one.specifier}: effects belong to host/`);
    const chance = one.names.find((imported) => BANNED_IMPORTS.has(imported));
    if (chance && !startsWithAny(file, EFFECTS)) say(one.line, `imports ${chance}: chance is a parameter`);
    return;
  }
  if (!one.specifier.startsWith(".")) {
    if (one.specifier.startsWith("@aws-sdk/") && !one.typeOnly && !startsWithAny(file, CLIENTS))
      say(one.line, `loads ${one.specifier}: clients are for types only`);
    return;
  }
  const to = target(file, one.specifier);
  if (!to.startsWith("src/") || to.includes("/generated/")) return;
  const folder = to.split("/")[1] ?? "";
  const extra = Object.entries(EXTRA).flatMap(([path, folders]) => (file.startsWith(path) ? folders : []));
  if (folder !== from && !(MAY_IMPORT[from] ?? []).includes(folder) && !extra.includes(folder))
    say(one.line, `imports ${to}: ${from} may not import ${folder}`);
  if (from === "services" && folder === "services" && to.split("/")[2] !== file.split("/")[2])
    say(one.line, `imports ${to}: services meet only through ctx.call`);
  if (to.startsWith("src/storage/engines/") && !startsWithAny(file, ["src/storage/engines/", "src/app/"]))
    say(one.line, `imports ${to}: engines are opened by app`);
}

function importsOf(module: ReturnType<typeof parseSync>["module"], lineOf: (offset: number) => number): Import[] {
  const out: Import[] = [];
  for (const one of module.staticImports) {
    const typeOnly = one.entries.length > 0 && one.entries.every((entry) => entry.isType);
    out.push({
      specifier: one.moduleRequest.value,
      typeOnly,
      names: one.entries.map((entry) => entry.importName.name ?? ""),
      line: lineOf(one.start),
    });
  }
  for (const one of module.staticExports) {
    for (const entry of one.entries) {
      if (entry.moduleRequest)
        out.push({ specifier: entry.moduleRequest.value, typeOnly: entry.isType, names: [], line: lineOf(one.start) });
    }
  }
  return out;
}

function target(file: string, specifier: string): string {
  return relative(root, resolve(root, dirname(file), specifier));
}

function startsWithAny(file: string, prefixes: readonly string[]): boolean {
  return prefixes.some((prefix) => file.startsWith(prefix));
}

/** Circles of imports that exist at run time, each reported once. */
function circles(): string[][] {
  const found: string[][] = [];
  const state = new Map<string, "open" | "done">();
  const visit = (file: string, path: readonly string[]): void => {
    if (state.get(file) === "done") return;
    if (state.get(file) === "open") {
      found.push([...path.slice(path.indexOf(file)), file]);
      return;
    }
    state.set(file, "open");
    for (const next of graph.get(file) ?? []) visit(next, [...path, file]);
    state.set(file, "done");
  };
  for (const file of graph.keys()) visit(file, []);
  return found;
}
