import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { createBundler } from "../../host/bundler.ts";
import { createFiles } from "../../host/files.ts";
import type { App, AppFunction } from "../app.ts";
import { DeployError } from "../problem.ts";
import { type CodeFiles, contentHash, zipArchive } from "./archive.ts";
import { nodeVersion, splitHandler } from "./handler.ts";
import { type PackagedFunction, packageApp } from "./package.ts";
import { isTaken } from "./patterns.ts";

const files = createFiles();
const folders: string[] = [];
after(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

test("patterns take and leave files, the later ones win", () => {
  const cases: [string, string[], boolean, boolean][] = [
    ["a.txt", [], true, true],
    ["a.txt", [], false, false],
    ["a.txt", ["*.txt"], false, true],
    ["d/a.txt", ["*.txt"], false, false],
    ["d/a.txt", ["**/*.txt"], false, true],
    ["a.txt", ["**/*.txt"], false, true],
    ["d/e/a.txt", ["d/**"], false, true],
    ["d", ["d/**"], false, false],
    ["a.txt", ["!*.txt"], true, false],
    ["a.txt", ["!*.txt", "a.*"], true, true],
    ["a.txt", ["a.*", "!a.txt"], true, false],
    ["x.ts", ["*.{js,ts}"], false, true],
    ["x.tsx", ["*.{js,ts}"], false, false],
    ["x1", ["x?"], false, true],
    ["xa", ["x[ab]"], false, true],
    ["xc", ["x[!ab]"], false, true],
    ["a+b.txt", ["a+b.txt"], false, true],
    ["aab.txt", ["a+b.txt"], false, false],
    ["src/a.js", ["./src/*.js"], false, true],
  ];
  for (const [path, patterns, initially, expected] of cases) {
    assert.equal(isTaken(path, patterns, initially), expected, `${path} ${patterns}`);
  }
});

test("handlers name a module and an export", () => {
  const cases: [string, [string, string] | undefined][] = [
    ["handler.hello", ["handler", "hello"]],
    ["src/a.b/orders.process", ["src/a.b/orders", "process"]],
    ["index.api.get", ["index", "api.get"]],
    ["nodot", undefined],
    ["a/.x", undefined],
    ["a.", undefined],
  ];
  for (const [handler, expected] of cases) {
    assert.deepEqual(splitHandler(handler), expected && { module: expected[0], exportName: expected[1] }, handler);
  }
  assert.deepEqual(["nodejs18.x", "nodejs22.x", "nodejs"].map(nodeVersion), [18, 22, 24]);
});

test("an archive is the same bytes for the same files, whatever their order", () => {
  const file = (text: string, isExecutable = false) => ({ content: Buffer.from(text), isExecutable });
  const one: CodeFiles = new Map([
    ["b", file("2")],
    ["a", file("1")],
  ]);
  const two: CodeFiles = new Map([
    ["a", file("1")],
    ["b", file("2")],
  ]);
  assert.deepEqual(zipArchive(one), zipArchive(two));
  assert.equal(contentHash(one), contentHash(two));
  assert.notEqual(
    contentHash(one),
    contentHash(
      new Map([
        ["a", file("1")],
        ["b", file("2", true)],
      ]),
    ),
  );
  assert.notEqual(
    contentHash(one),
    contentHash(
      new Map([
        ["a", file("12")],
        ["b", file("")],
      ]),
    ),
  );
});

async function folder(contents: Readonly<Record<string, string>>): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "hearth-package-"));
  folders.push(directory);
  for (const [path, text] of Object.entries(contents)) await files.write(join(directory, path), text);
  return directory;
}

function appOf(directory: string, fn: Partial<AppFunction>, build: Partial<App["build"]> = {}): App {
  const position = { file: "serverless.yml", line: 3, column: 5 };
  const whole: AppFunction = {
    key: "f",
    logicalId: "F",
    name: "f",
    runtime: "nodejs22.x",
    handler: "a.run",
    position,
    patterns: [],
    individually: false,
    ...fn,
  };
  return {
    ...{
      directory,
      service: "s",
      stage: "dev",
      region: "us-east-1",
      stackName: "s-dev",
      template: {},
      tags: {},
      routes: [],
      notices: [],
      files: [],
    },
    functions: [whole],
    build: { bundle: true, minify: false, sourceMaps: true, external: [], ...build },
    origins: new Map(),
  };
}

const pack = (app: App) => packageApp({ app, files, bundler: createBundler(), outputDirectory: join(app.directory, ".hearth", "build") });

test("code that is not bundled is taken as files", async () => {
  const directory = await folder({
    "app.py": "def run(event, context): pass\n",
    "lib/x.py": "",
    "node_modules/y/index.js": "",
    "serverless.yml": "",
    ".git/config": "",
    ".env": "SECRET=1",
    ".hearth/build/old.js": "",
  });
  const [python] = await pack(appOf(directory, { runtime: "python3.13", handler: "app.run", patterns: ["!node_modules/**"] }));
  assert.deepEqual([...(python?.files.keys() ?? [])], ["app.py", "lib/x.py"]);
  const [only] = await pack(appOf(directory, { runtime: "python3.13", handler: "app.run", patterns: ["!**", "app.py"] }));
  assert.deepEqual([...(only?.files.keys() ?? [])], ["app.py"]);
  await assert.rejects(pack(appOf(directory, { runtime: "python3.13", handler: "nobody.run" })), (error) => {
    assert.ok(error instanceof DeployError);
    assert.equal(
      error.message,
      'serverless.yml:3:5: functions.f: the file of the handler "nobody.run" does not exist; looked for nobody.py, nobody/__init__.py',
    );
    return true;
  });
  const plain = await folder({ "a.js": "exports.run = 1;", "b.json": "{}" });
  const [unbundled] = await pack(appOf(plain, {}, { bundle: false }));
  assert.deepEqual([...(unbundled?.files.keys() ?? [])], ["a.js", "b.json"]);
  await assert.rejects(pack(appOf(plain, { artifact: "out.zip" })), /the artifact out\.zip does not exist/);
});

test("exports that cannot be known are not complained about", async () => {
  const directory = await folder({
    "cjs.js": "module.exports = require('./real');",
    "real.js": "exports.run = 1;",
    "star.ts": "export * from './real.js';",
    "named.ts": "const run = 1;\nexport { run as handler };",
  });
  await pack(appOf(directory, { handler: "cjs.run" }));
  await pack(appOf(directory, { handler: "star.run" }));
  await pack(appOf(directory, { handler: "named.handler" }));
  await assert.rejects(pack(appOf(directory, { handler: "named.run" })), /named\.ts has no export "run"; it exports handler/);
});

test("the format follows the project", async () => {
  const contents = {
    "a.ts": "export const run = 1;",
    "package.json": '{"type": "module"}',
    "sub/package.json": "{}",
    "sub/b.ts": "export const run = 1;",
  };
  const directory = await folder(contents);
  const names = async (app: App) => [...((await pack(app))[0]?.files.keys() ?? [])].sort();
  assert.deepEqual(await names(appOf(directory, { handler: "a.run" })), ["a.mjs", "a.mjs.map", "package.json"]);
  assert.deepEqual(await names(appOf(directory, { handler: "sub/b.run" })), ["package.json", "sub/b.js", "sub/b.js.map"]);
  assert.deepEqual(await names(appOf(directory, { handler: "a.run" }, { format: "cjs", sourceMaps: false })), ["a.js", "package.json"]);
});

test("version 2 of the SDK goes into the bundle, whatever the runtime, unless it is within reach of the code", async () => {
  const directory = await folder({
    "a.js": 'const AWS = require("aws-sdk");\nexports.run = async () => AWS.name;\n',
    "node_modules/aws-sdk/package.json": "{}",
    "node_modules/aws-sdk/index.js": 'exports.name = "sdk two";\n',
  });
  const app = appOf(directory, { runtime: "nodejs14.x" });
  const textOf = (item: PackagedFunction | undefined) => Buffer.from(item?.files.get("a.js")?.content ?? []).toString("utf8");
  assert.match(textOf((await pack(app))[0]), /sdk two/);
  const request = { app, files, bundler: createBundler(), outputDirectory: join(directory, ".hearth", "build"), runsHere: true };
  assert.match(textOf((await packageApp(request))[0]), /require\("aws-sdk"\)/);
  await files.remove(join(directory, "node_modules"));
  await assert.rejects(packageApp(request), /Could not resolve "aws-sdk"/);
});
