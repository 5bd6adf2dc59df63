// The command line as a user meets it: mistakes get one clear line and a code that is not 0, nothing is half-deployed, and what
// is saved is what runs.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { ROOT, type Running, runHearth, startHearthProcess, temporaryFolder } from "./hearth-process.ts";

const folder = temporaryFolder();
let hearth: Running;

before(async () => {
  hearth = await startHearthProcess(["serve", "--port", "0", "--data", join(folder.path, "data")]);
});

after(async () => {
  await hearth.stop("SIGKILL");
  folder.remove();
});

function app(name: string, files: Readonly<Record<string, string>>): string {
  const path = join(folder.path, name);
  mkdirSync(path, { recursive: true });
  for (const [file, text] of Object.entries(files)) writeFileSync(join(path, file), text);
  return path;
}

const HELLO = "exports.handler = async () => ({ statusCode: 200, body: 'hello' });\n";
const YML = (extra = "") =>
  `service: shop\nprovider:\n  name: aws\n  runtime: nodejs24.x\nfunctions:\n  hello:\n    handler: handler.handler\n${extra}`;

const MISTAKES: readonly (readonly [name: string, files: Readonly<Record<string, string>>, message: RegExp])[] = [
  ["no-file", {}, /has no serverless\.yml/],
  ["broken-yaml", { "serverless.yml": "service: shop\nprovider: [aws\n" }, /serverless\.yml:\d+/],
  ["missing-handler", { "serverless.yml": YML() }, /serverless\.yml:7.*handler/s],
  [
    "unknown-type",
    { "serverless.yml": YML("resources:\n  Resources:\n    Thing:\n      Type: AWS::Nothing::Here\n"), "handler.js": HELLO },
    /Unrecognized resource types: \[AWS::Nothing::Here\]|AWS::Nothing::Here/,
  ],
  [
    "unsupported",
    { "serverless.yml": YML("    layers:\n      - arn:aws:lambda:us-east-1:0:layer:x:1\n"), "handler.js": HELLO },
    /serverless\.yml:8.*layers/s,
  ],
  [
    "unresolved",
    { "serverless.yml": YML("    environment:\n      A: ${env:HEARTH_TEST_NOT_SET}\n"), "handler.js": HELLO },
    /serverless\.yml:9.*HEARTH_TEST_NOT_SET/s,
  ],
];

for (const [name, files, message] of MISTAKES) {
  test(`deploy refuses ${name}, and nothing is deployed`, () => {
    const done = runHearth(["deploy", app(name, files), "--endpoint", hearth.endpoint]);
    assert.notEqual(done.code, 0);
    assert.match(done.errors, message);
    assert.equal(done.errors.includes("    at "), false, `no stack trace: ${done.errors}`);
    const list = runHearth(["invoke", "hello", "--endpoint", hearth.endpoint]);
    assert.match(list.errors, /no function is deployed/);
  });
}

test("a port in use is named", () => {
  const port = new URL(hearth.endpoint).port;
  const done = runHearth(["serve", "--port", port, "--data", join(folder.path, "other")]);
  assert.equal(done.code, 1);
  assert.match(done.errors, new RegExp(`port ${port} is in use`));
});

test("a data directory in use is named, with who uses it", () => {
  const done = runHearth(["serve", "--port", "0", "--data", join(folder.path, "data")]);
  assert.equal(done.code, 1);
  assert.match(done.errors, new RegExp(`in use by process ${hearth.child.pid}`));
});

test("a data directory that is a file, or cannot be written, is named", (context) => {
  const file = join(folder.path, "file");
  writeFileSync(file, "");
  const done = runHearth(["serve", "--port", "0", "--data", file]);
  assert.equal(done.code, 1);
  assert.match(done.errors, /is not a folder/);
  if (process.getuid?.() === 0) {
    context.diagnostic("not run: this user may write everywhere, so that no directory is unwritable");
    return;
  }
  const locked = join(folder.path, "locked");
  mkdirSync(locked);
  chmodSync(locked, 0o500);
  const refused = runHearth(["serve", "--port", "0", "--data", join(locked, "data")]);
  assert.equal(refused.code, 1);
  assert.match(refused.errors, /cannot be written/);
});

test("nothing answers: the message says what to start", () => {
  const done = runHearth(["invoke", "hello", "--endpoint", "http://127.0.0.1:9"]);
  assert.equal(done.code, 1);
  assert.match(done.errors, /nothing answers at http:\/\/127\.0\.0\.1:9\. Start the platform with `hearth serve`/);
});

test("deploy, invoke, logs, and deploy again", () => {
  const path = app("good", {
    "serverless.yml": YML(),
    "handler.js": "exports.handler = async (event) => { console.log('seen', event.n); return event.n + 1; };\n",
  });
  const deployed = runHearth(["deploy", path, "--endpoint", hearth.endpoint]);
  assert.equal(deployed.code, 0, deployed.errors);
  const invoked = runHearth(["invoke", "hello", "--data", '{"n":41}', "--endpoint", hearth.endpoint, "--json"]);
  assert.equal(JSON.parse(invoked.output).payload, 42);
  const logged = runHearth(["logs", "hello", "--endpoint", hearth.endpoint]);
  assert.match(logged.output, /seen 41/);
  const again = runHearth(["deploy", path, "--endpoint", hearth.endpoint]);
  assert.equal(again.code, 0, again.errors);
  assert.match(again.output, /up to date/);
});

test("a saved handler runs at once, a broken one leaves the old one running", async () => {
  const path = app("watched", { "serverless.yml": YML("    events:\n      - httpApi: GET /hello\n"), "handler.js": HELLO });
  const running = await startHearthProcess(["dev", path, "--port", "0"]);
  try {
    const deployed = running.lines.find((line) => line.type === "deployed");
    const endpoints = deployed?.["endpoints"];
    const url = Array.isArray(endpoints) ? String(endpoints[0]?.url) : "";
    const read = async () => (await fetch(url)).text();
    assert.equal(await read(), "hello");
    writeFileSync(join(path, "handler.js"), HELLO.replace("hello", "changed"));
    await running.line((line) => line.type === "reload");
    assert.equal(await read(), "changed");
    writeFileSync(join(path, "handler.js"), "exports.handler = (;\n");
    const failed = await running.line((line) => line.type === "reload-failed");
    assert.match(String(failed["message"]), /handler\.js:1/);
    assert.equal(await read(), "changed");
    writeFileSync(join(path, "handler.js"), HELLO);
    writeFileSync(join(path, "serverless.yml"), YML("    events:\n      - httpApi: GET /\n      - httpApi: GET /new\n"));
    const again = await running.line((line) => line["redeployed"] === true);
    const urls = (again["endpoints"] as { url: string }[]).map((endpoint) => endpoint.url);
    assert.ok(
      urls.some((url) => url.endsWith("/new")),
      "a new endpoint is told",
    );
    assert.equal(await running.stop("SIGINT"), 0);
  } finally {
    await running.stop("SIGKILL");
  }
});

test("on another port everything knows the new address", async () => {
  const data = join(folder.path, "moved");
  const yml = `service: moved
provider: { name: aws, runtime: nodejs24.x, environment: { QUEUE_URL: !Ref Jobs } }
functions:
  ask: { handler: handler.handler }
resources:
  Resources: { Jobs: { Type: "AWS::SQS::Queue" } }
  Outputs: { JobsUrl: { Value: !Ref Jobs, Export: { Name: moved-jobs } } }
`;
  const path = app("moved-app", { "serverless.yml": yml, "handler.js": "exports.handler = async () => process.env.QUEUE_URL;\n" });
  const urls = (endpoint: string) => {
    const deployed: { changed: boolean; outputs: Record<string, string> } = JSON.parse(
      runHearth(["deploy", path, "--endpoint", endpoint, "--json"]).output.trim().split("\n").at(-1) ?? "",
    );
    const environment: unknown = JSON.parse(runHearth(["invoke", "ask", "--endpoint", endpoint]).output);
    return { changed: deployed.changed, output: deployed.outputs["JobsUrl"], environment };
  };
  const first = await startHearthProcess(["serve", "--port", "0", "--data", data]);
  const before = urls(first.endpoint);
  assert.ok(before.output?.startsWith(`${first.endpoint}/000000000000/`));
  assert.deepEqual(before, { changed: true, output: before.output, environment: before.output });
  await first.stop("SIGTERM");
  // The old port stays taken, so that the new one is another.
  const taken = createServer().listen(Number(new URL(first.endpoint).port), "127.0.0.1");
  const second = await startHearthProcess(["serve", "--port", "0", "--data", data]);
  try {
    const output = before.output?.replace(first.endpoint, second.endpoint);
    assert.deepEqual(urls(second.endpoint), { changed: false, output, environment: output });
  } finally {
    taken.close();
    await second.stop("SIGTERM");
  }
});

test("a signal that comes twice, from the terminal and from a launcher, is one: the stop is in order", async () => {
  const second = await startHearthProcess(["serve", "--port", "0", "--data", join(folder.path, "twice")]);
  second.child.kill("SIGINT");
  assert.equal(await second.stop("SIGINT"), 0);
});

test("a reader that has seen enough ends the command without a trace", () => {
  const command = `"${process.execPath}" "${join(ROOT, "bin/hearth.js")}" serve --port 0 --data "${join(folder.path, "pipe")}" | true`;
  const done = spawnSync("sh", ["-c", command], { encoding: "utf8", timeout: 20_000 });
  assert.equal(done.status, 0);
  assert.equal(done.stderr, "");
});
