import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { unzipSync } from "fflate";
import { SERVICES } from "../app/services.ts";
import { createBundler } from "../host/bundler.ts";
import { createFiles } from "../host/files.ts";
import { createWorld, type World } from "../testing/world.ts";
import { type DeploymentOptions, openDeployment, type Progress } from "./deployment.ts";
import { DeployError } from "./problem.ts";

const folders: string[] = [];
after(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

async function appFolder(contents: Readonly<Record<string, string>>): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "hearth-app-"));
  folders.push(directory);
  for (const [path, text] of Object.entries(contents)) await put(directory, path, text);
  return directory;
}

async function put(directory: string, path: string, text: string): Promise<string> {
  const file = join(directory, path);
  await mkdir(join(file, ".."), { recursive: true });
  await writeFile(file, text);
  return file;
}

const bundler = createBundler();

async function open(directory: string, more: Partial<DeploymentOptions> = {}) {
  const world = await createWorld({
    services: SERVICES,
    runtime: { unpack: async (codeId) => `/code/${codeId}`, retire: () => {}, supports: () => true },
  });
  const progress: Progress[] = [];
  const calls: string[] = [];
  const deployment = openDeployment({
    directory,
    mode: "local",
    files: createFiles(),
    bundler,
    clock: world.clock,
    endpoint: "http://127.0.0.1:4566",
    env: {},
    instanceId: "test",
    call: async (service, operation, input, scope) => {
      calls.push(operation);
      return (await world.dispatcher.call(service, operation, input, scopeOf(scope?.region))) as Record<string, unknown>;
    },
    onProgress: (step) => progress.push(step),
    ...more,
  });
  return { world, deployment, progress, calls };
}

function scopeOf(region = "us-east-1") {
  const account = "000000000000";
  return { account, region, principal: { account, accessKeyId: "test" } };
}

/** Waits for something that needs the world's time to go on. */
async function passing<T>(world: World, work: Promise<T>): Promise<T> {
  let done = false;
  const ended = work.finally(() => {
    done = true;
  });
  ended.catch(() => {});
  while (!done) await world.advance(20);
  return ended;
}

const APP = {
  "serverless.yml": `service: shop
provider: {name: aws, runtime: nodejs22.x, environment: {TABLE: !Ref Table}}
functions:
  hello:
    handler: src/hello.handler
    events: [{httpApi: GET /hello}]
  worker:
    handler: src/worker.run
    events:
      - sqs: {arn: !GetAtt Jobs.Arn, batchSize: 2}
resources:
  Resources:
    Jobs: {Type: "AWS::SQS::Queue"}
    Table:
      Type: AWS::DynamoDB::Table
      Properties:
        BillingMode: PAY_PER_REQUEST
        AttributeDefinitions: [{AttributeName: PK, AttributeType: S}]
        KeySchema: [{AttributeName: PK, KeyType: HASH}]
`,
  "src/hello.ts": 'import { text } from "./shared.ts";\nexport const handler = async (): Promise<string> => text;\n',
  "src/shared.ts": 'export const text: string = "one";\n',
  "src/worker.js": "exports.run = async () => {};\n",
};

test("an app is deployed, deployed again without a change, and reloaded in part", async () => {
  const directory = await appFolder(APP);
  const { world, deployment, progress, calls } = await open(directory);
  const first = await passing(world, deployment.deploy());
  assert.equal(first.stackName, "shop-dev");
  assert.equal(first.changed, true);
  assert.deepEqual(first.functions, [
    { key: "hello", name: "shop-dev-hello" },
    { key: "worker", name: "shop-dev-worker" },
  ]);
  assert.match(String(first.endpoints[0]?.url), /^http:\/\/127\.0\.0\.1:4566\/_aws\/execute-api\/[a-z0-9]+\/hello$/);
  assert.ok(progress.some((step) => step.kind === "stack" && step.status === "CREATE_COMPLETE"));
  assert.deepEqual(
    deployment.watched().map((path) => path.slice(directory.length + 1)),
    ["serverless.yml", "src/hello.ts", "src/shared.ts", "src/worker.js"],
  );
  const code = async (name: string) => {
    const found = await world.call("lambda", "GetFunction", { FunctionName: name });
    return String(found.Configuration?.CodeSha256);
  };
  const before = [await code("shop-dev-hello"), await code("shop-dev-worker")];

  const again = await passing(world, deployment.deploy());
  assert.equal(again.changed, false);

  calls.length = 0;
  const rebuilt = await passing(world, deployment.rebuild([await put(directory, "src/shared.ts", 'export const text = "two";\n')]));
  assert.deepEqual([rebuilt.redeployed, rebuilt.updated], [false, ["hello"]]);
  assert.deepEqual(calls, ["UpdateFunctionCode"]);
  assert.notEqual(await code("shop-dev-hello"), before[0]);
  assert.equal(await code("shop-dev-worker"), before[1]);

  // What changed past the stack is put right by the next deployment, even when the code is what the stack knows.
  await put(directory, "src/shared.ts", APP["src/shared.ts"]);
  const yml = await put(directory, "serverless.yml", APP["serverless.yml"].replace("batchSize: 2", "batchSize: 3"));
  const whole = await passing(world, deployment.rebuild([yml]));
  assert.equal(whole.redeployed, true);
  assert.equal(await code("shop-dev-hello"), before[0]);
  const { EventSourceMappings: [mapping] = [] } = await world.call("lambda", "ListEventSourceMappings", {});
  assert.equal(mapping?.BatchSize, 3);
  await world.close();
});

test("code is bundled with a source map, and the SDK is left to the runtime", async () => {
  const directory = await appFolder({
    ...APP,
    "src/hello.ts": 'import { SQSClient } from "@aws-sdk/client-sqs";\nexport const handler = async () => new SQSClient({});\n',
  });
  const { world, deployment } = await open(directory);
  await passing(world, deployment.deploy());
  const build = join(directory, ".hearth", "build");
  const [folder = ""] = (await readdir(build)).filter((name) => name.startsWith("hello-"));
  const text = await readFile(join(build, folder, "src", "hello.js"), "utf8");
  assert.match(text, /require\("@aws-sdk\/client-sqs"\)/);
  const map: { sources: string[] } = JSON.parse(await readFile(join(build, folder, "src", "hello.js.map"), "utf8"));
  assert.deepEqual(
    map.sources.map((source) => join(build, folder, "src", source)),
    [join(directory, "src", "hello.ts")],
  );
  await world.close();
});

test("uploaded code is an archive that is the same for the same files", async () => {
  const directory = await appFolder({ ...APP, "data/a.json": "{}", "data/b.txt": "b" });
  await put(
    directory,
    "serverless.yml",
    APP["serverless.yml"].replace(
      "handler: src/hello.handler",
      "handler: src/hello.handler\n    package: {patterns: ['data/**', '!data/*.txt']}",
    ),
  );
  const { world, deployment, calls } = await open(directory, { mode: "upload" });
  const first = await passing(world, deployment.deploy());
  assert.equal(first.changed, true);
  const { Contents = [] } = await world.call("s3", "ListObjectsV2", { Bucket: "hearth-deployments-000000000000-us-east-1" });
  const keys = Contents.map((item) => String(item?.Key));
  assert.match(keys.join("\n"), /^shop\/dev\/hello-[0-9a-f]{16}\.zip\nshop\/dev\/worker-[0-9a-f]{16}\.zip$/);
  const object = await world.call("s3", "GetObject", { Bucket: "hearth-deployments-000000000000-us-east-1", Key: String(keys[0]) });
  const chunks: Uint8Array[] = [];
  const body = object.Body ?? new Uint8Array();
  for await (const chunk of body instanceof Uint8Array ? [body] : body) chunks.push(chunk);
  assert.deepEqual(Object.keys(unzipSync(Buffer.concat(chunks))).sort(), [
    "data/a.json",
    "package.json",
    "src/hello.js",
    "src/hello.js.map",
  ]);
  calls.length = 0;
  const again = await passing(world, deployment.deploy());
  assert.equal(again.changed, false);
  assert.ok(!calls.includes("PutObject"));
  await world.close();
});

test("what is wrong with code or template is told with its line, and nothing is left", async () => {
  const fn = (handler: string) => APP["serverless.yml"].replace("src/hello.handler", handler);
  const resource = (text: string) => APP["serverless.yml"].replace('Jobs: {Type: "AWS::SQS::Queue"}', text);
  const cases: [Record<string, string>, RegExp][] = [
    [
      { "serverless.yml": fn("src/nobody.handler") },
      /^serverless\.yml:5:5: functions\.hello: the file of the handler "src\/nobody\.handler" does not exist; looked for src\/nobody\.ts, /,
    ],
    [
      { "serverless.yml": fn("src/hello.missing") },
      /^serverless\.yml:5:5: functions\.hello: src\/hello\.ts has no export "missing"; it exports handler$/,
    ],
    [{ "serverless.yml": fn("nodot") }, /^serverless\.yml:5:5: functions\.hello: the handler "nodot" must be a file and an export/],
    [{ "serverless.yml": fn("../up.handler") }, /must lie within the app's folder/],
    [{ "src/hello.ts": "export const handler = ;\n" }, /^src\/hello\.ts:1:24: Unexpected ";"$/],
    [{ "src/hello.ts": 'import "./nothing.ts";\nexport const handler = 1;\n' }, /^src\/hello\.ts:1:8: Could not resolve "\.\/nothing\.ts"/],
    [
      { "serverless.yml": resource('Jobs: {Type: "AWS::X::Y"}') },
      /^serverless\.yml:13:5: resource Jobs: the type AWS::X::Y is not supported by Hearth$/,
    ],
    [
      { "serverless.yml": resource('Jobs: {Type: "AWS::SQS::Queue", Properties: {Nope: 1}}') },
      /^serverless\.yml:13:5: .*extraneous key \[Nope\]/,
    ],
    [
      { "serverless.yml": resource('Jobs: {Type: "AWS::SQS::Queue", Properties: {DelaySeconds: 901}}') },
      /^serverless\.yml:13:5: Jobs \(AWS::SQS::Queue\): /,
    ],
  ];
  for (const [contents, message] of cases) {
    const directory = await appFolder({ ...APP, ...contents });
    const { world, deployment } = await open(directory);
    await assert.rejects(passing(world, deployment.deploy()), (error) => {
      assert.ok(error instanceof DeployError, String(error));
      assert.match(error.message, message);
      return true;
    });
    assert.deepEqual((await world.call("lambda", "ListFunctions", {})).Functions, []);
    assert.deepEqual((await world.call("sqs", "ListQueues", {})).QueueUrls ?? [], []);
    await world.close();
  }
});

test("after a failed first deployment the next one starts anew", async () => {
  const directory = await appFolder({
    ...APP,
    "serverless.yml": APP["serverless.yml"].replace(
      'Jobs: {Type: "AWS::SQS::Queue"}',
      'Jobs: {Type: "AWS::SQS::Queue", Properties: {DelaySeconds: 901}}',
    ),
  });
  const { world, deployment } = await open(directory);
  await assert.rejects(passing(world, deployment.deploy()));
  await put(directory, "serverless.yml", APP["serverless.yml"]);
  assert.equal((await passing(world, deployment.deploy())).changed, true);
  await put(directory, "src/hello.ts", "syntax error here");
  await assert.rejects(passing(world, deployment.rebuild([join(directory, "src/hello.ts")])), DeployError);
  await put(directory, "src/hello.ts", "export const handler = async () => 3;");
  assert.deepEqual((await passing(world, deployment.rebuild([join(directory, "src/hello.ts")]))).updated, ["hello"]);
  await world.close();
});

test("ES modules and top-level await are bundled as such", async () => {
  const directory = await appFolder({
    ...APP,
    "src/hello.ts": "const value = await Promise.resolve(1);\nexport const handler = async () => value;\n",
  });
  const { world, deployment } = await open(directory);
  await passing(world, deployment.deploy());
  const build = join(directory, ".hearth", "build");
  const [folder = ""] = (await readdir(build)).filter((name) => name.startsWith("hello-"));
  assert.ok((await readdir(join(build, folder, "src"))).includes("hello.mjs"));
  await world.close();
});

test("an app that grows and shrinks is updated in place, with all kinds of events", async () => {
  const events = (extra: string) => `service: shop
provider: {name: aws, runtime: nodejs22.x}
functions:
  hello:
    handler: src/hello.handler
    events:
      - http: {path: "users/{id}", method: get, cors: true}
      - s3: {bucket: shared-bucket, existing: true, event: "s3:ObjectCreated:*", rules: [{prefix: in/}]}
      - s3: own-bucket
      - schedule: rate(1 hour)
${extra}`;
  const directory = await appFolder({ ...APP, "serverless.yml": events("      - http: GET orders\n") });
  const { world, deployment } = await open(directory);
  await world.call("s3", "CreateBucket", { Bucket: "shared-bucket" });
  await passing(world, deployment.deploy());
  const notified = async () =>
    ((await world.call("s3", "GetBucketNotificationConfiguration", { Bucket: "shared-bucket" })).LambdaFunctionConfigurations ?? []).length;
  const paths = async () => {
    const { items: [api] = [] } = await world.call("apigateway", "GetRestApis", {});
    const { items = [] } = await world.call("apigateway", "GetResources", { restApiId: String(api?.id) });
    return items.map((item) => item?.path).sort();
  };
  assert.equal(await notified(), 1);
  assert.deepEqual(await paths(), ["/", "/orders", "/users", "/users/{id}"]);

  await put(directory, "serverless.yml", events("      - http: POST users\n").replace("      - s3: {bucket: shared-bucket", "      #"));
  await passing(world, deployment.deploy());
  assert.equal(await notified(), 0);
  assert.deepEqual(await paths(), ["/", "/users", "/users/{id}"]);
  const { StackResourceSummaries = [] } = await world.call("cloudformation", "ListStackResources", { StackName: "shop-dev" });
  const deployments = StackResourceSummaries.filter((item) => item?.ResourceType === "AWS::ApiGateway::Deployment");
  assert.equal(deployments.length, 1);

  await world.call("cloudformation", "DeleteStack", { StackName: "shop-dev" });
  await world.advance(60_000);
  assert.deepEqual((await world.call("lambda", "ListFunctions", {})).Functions, []);
  assert.deepEqual((await world.call("apigateway", "GetRestApis", {})).items ?? [], []);
  assert.deepEqual(
    (await world.call("s3", "ListBuckets", {})).Buckets?.map((bucket) => bucket?.Name),
    ["shared-bucket"],
  );
  assert.deepEqual((await world.call("eventbridge", "ListRules", {})).Rules ?? [], []);
  await world.close();
});

test("a template too large for a request goes through a bucket", async () => {
  const many = Array.from(
    { length: 90 },
    (_, index) => `  f${index}: {handler: src/hello.handler, environment: {A${index}: ${"x".repeat(300)}}}`,
  );
  const directory = await appFolder({
    ...APP,
    "serverless.yml": `service: large\nprovider: {name: aws, runtime: nodejs22.x}\nfunctions:\n${many.join("\n")}\n`,
  });
  const { world, deployment, calls } = await open(directory);
  const result = await passing(world, deployment.deploy());
  assert.equal(result.functions.length, 90);
  assert.ok(calls.includes("PutObject"));
  await world.close();
});

test("a file that was missed is waited for, and its coming completes the deployment", async () => {
  const directory = await appFolder(APP);
  const { world, deployment } = await open(directory);
  await passing(world, deployment.deploy());
  const file = await put(
    directory,
    "serverless.yml",
    APP["serverless.yml"].replace("  worker:\n", "  late:\n    handler: new/late.run\n  worker:\n"),
  );
  await assert.rejects(passing(world, deployment.rebuild([file])), /"new\/late\.run" does not exist/);
  const path = join(directory, "new/late.ts");
  assert.ok(deployment.watched().includes(path), "the missing handler is watched for");

  await put(directory, "new/late.ts", 'import { one } from "./one";\nexport const run = async () => one;\n');
  await assert.rejects(passing(world, deployment.rebuild([path])), /Could not resolve "\.\/one"/);
  assert.ok(deployment.watched().includes(join(directory, "new/one.ts")), "the missing module is watched for");

  await put(directory, "new/one.ts", "export const one = 1;\n");
  const done = await passing(world, deployment.rebuild([join(directory, "new/one.ts")]));
  assert.equal(done.redeployed, true);
  assert.equal((await world.call("lambda", "ListFunctions", {})).Functions?.length, 3);
  assert.ok(!deployment.watched().includes(join(directory, "new/one.js")));
  await world.close();
});

test("what has no effect is said once, not at every save", async () => {
  const text = APP["serverless.yml"].replace(
    "    handler: src/hello.handler\n",
    "    handler: src/hello.handler\n    provisionedConcurrency: 5\n",
  );
  const directory = await appFolder({ ...APP, "serverless.yml": text });
  const { world, deployment, progress } = await open(directory);
  await passing(world, deployment.deploy());
  const notices = () => progress.filter((step) => step.kind === "notice").length;
  const before = notices();
  assert.ok(before > 0);
  await passing(world, deployment.rebuild([await put(directory, "serverless.yml", text.replace("batchSize: 2", "batchSize: 3"))]));
  assert.equal(notices(), before);
  await world.close();
});

test("a folder that cannot take the code is named", async () => {
  const directory = await appFolder(APP);
  const files = createFiles();
  const refuse = async () => {
    throw Object.assign(new Error("EACCES: permission denied, mkdir"), { code: "EACCES" });
  };
  const { world, deployment } = await open(directory, { files: { ...files, write: refuse } });
  await assert.rejects(passing(world, deployment.deploy()), (error) => {
    assert.ok(error instanceof DeployError);
    assert.match(error.message, /cannot be put into .*\.hearth\/build: EACCES/);
    return true;
  });
  await world.close();
});
