import assert from "node:assert/strict";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type Hearth, startHearth } from "../app/hearth.ts";

const root = mkdtempSync(join(tmpdir(), "hearth-sdk-"));
let hearth: Hearth;

before(async () => {
  hearth = await startHearth({ directory: join(root, "data"), port: 0, allowLocalCode: true, json: false, verbose: false });
});

after(async () => {
  await hearth.close();
  rmSync(root, { recursive: true, force: true });
});

/** A function that runs from a folder of its own. */
async function create(name: string, files: Record<string, string>): Promise<void> {
  const folder = mkdtempSync(join(root, "code-"));
  for (const [path, text] of Object.entries(files)) writeFileSync(join(folder, path), text);
  // SDK v2 is not brought by the platform: an application installs it.
  symlinkSync(join(import.meta.dirname, "../../node_modules"), join(folder, "node_modules"));
  await hearth.call("lambda", "CreateFunction", {
    FunctionName: name,
    Runtime: "nodejs22.x",
    Handler: "index.handler",
    Role: "arn:aws:iam::000000000000:role/r",
    Timeout: 30,
    MemorySize: 512,
    Code: { S3Bucket: "hot-reload", S3Key: folder },
  });
}

async function invoke(name: string, event: unknown = {}): Promise<unknown> {
  const answer = (await hearth.call("lambda", "Invoke", { FunctionName: name, Payload: Buffer.from(JSON.stringify(event)) })) as {
    FunctionError?: string;
    Payload: Uint8Array;
  };
  const value: unknown = JSON.parse(Buffer.from(answer.Payload).toString());
  assert.equal(answer.FunctionError, undefined, JSON.stringify(value));
  return value;
}

test("SDK v2 within a function reaches the platform, though it knows no endpoint", async () => {
  await create("echo", { "index.js": "exports.handler = async (event) => ({ echoed: event });" });
  await create("v2", {
    "index.js": `
      const AWS = require("aws-sdk");
      exports.handler = async () => {
        const sqs = new AWS.SQS();
        const { QueueUrl } = await sqs.createQueue({ QueueName: "v2" }).promise();
        await sqs.sendMessage({ QueueUrl, MessageBody: "from v2" }).promise();
        const { Messages } = await sqs.receiveMessage({ QueueUrl }).promise();
        const dynamodb = new AWS.DynamoDB();
        await dynamodb.createTable({ TableName: "v2-table", BillingMode: "PAY_PER_REQUEST",
          AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }], KeySchema: [{ AttributeName: "id", KeyType: "HASH" }] }).promise();
        const documents = new AWS.DynamoDB.DocumentClient();
        await documents.put({ TableName: "v2-table", Item: { id: "1", n: 2 } }).promise();
        const { Item } = await documents.get({ TableName: "v2-table", Key: { id: "1" } }).promise();
        const s3 = new AWS.S3();
        await s3.createBucket({ Bucket: "v2-bucket" }).promise();
        await s3.putObject({ Bucket: "v2-bucket", Key: "a/b c.txt", Body: "object of v2" }).promise();
        const { Body } = await s3.getObject({ Bucket: "v2-bucket", Key: "a/b c.txt" }).promise();
        const { Payload } = await new AWS.Lambda().invoke({ FunctionName: "echo", Payload: '{"v":2}' }).promise();
        const { Account } = await new AWS.STS().getCallerIdentity().promise();
        return { message: Messages[0].Body, Item, object: Body.toString(), invoked: JSON.parse(Payload), Account };
      };`,
  });
  assert.deepEqual(await invoke("v2"), {
    message: "from v2",
    Item: { id: "1", n: 2 },
    object: "object of v2",
    invoked: { echoed: { v: 2 } },
    Account: "000000000000",
  });
});

const V3 = (load: string) => `
  ${load}
  export const handler = async () => {
    const s3 = new S3Client({});
    await s3.send(new CreateBucketCommand({ Bucket: "v3-bucket" })).catch(() => {});
    await s3.send(new PutObjectCommand({ Bucket: "v3-bucket", Key: "k", Body: "object of v3" }));
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: "v3-bucket", Key: "k" }));
    const { Account } = await new STSClient({}).send(new GetCallerIdentityCommand({}));
    return { object: await Body.transformToString(), Account };
  };`;

/** A folder without node_modules: the SDK is the platform's. */
async function createBare(name: string, file: string, text: string): Promise<void> {
  const folder = mkdtempSync(join(root, "bare-"));
  writeFileSync(join(folder, file), text);
  await hearth.call("lambda", "CreateFunction", {
    FunctionName: name,
    Runtime: "nodejs24.x",
    Handler: "index.handler",
    Role: "arn:aws:iam::000000000000:role/r",
    Timeout: 30,
    MemorySize: 512,
    Code: { S3Bucket: "hot-reload", S3Key: folder },
  });
}

test("SDK v3 is there for ES modules and for CommonJS", async () => {
  const names = "S3Client, CreateBucketCommand, PutObjectCommand, GetObjectCommand";
  await createBare(
    "v3-esm",
    "index.mjs",
    V3(`import { ${names} } from "@aws-sdk/client-s3"; import { STSClient, GetCallerIdentityCommand } from "@aws-sdk/client-sts";`),
  );
  const required = `const { ${names} } = require("@aws-sdk/client-s3"); const { STSClient, GetCallerIdentityCommand } = require("@aws-sdk/client-sts");`;
  await createBare("v3-cjs", "index.js", V3(required).replace("export const handler", "exports.handler"));
  const expected = { object: "object of v3", Account: "000000000000" };
  assert.deepEqual(await invoke("v3-esm"), expected);
  assert.deepEqual(await invoke("v3-cjs"), expected);
});

test("requests to amazonaws.com by URL, with http, https and fetch", async () => {
  await createBare(
    "raw",
    "index.mjs",
    `import https, { get } from "node:https";
     import http from "node:http";
     const read = (request) => new Promise((resolve, reject) => {
       request.on("error", reject);
       request.on("response", (response) => { let text = ""; response.on("data", (chunk) => { text += chunk; }); response.on("end", () => resolve([response.statusCode, text])); });
     });
     export const handler = async () => {
       const url = "https://sts.us-east-1.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15";
       const answers = [await read(get(url)), await read(https.get(new URL(url), { headers: { "x-a": "b" } })), await read(http.get({ host: "sts.us-east-1.amazonaws.com", path: "/?Action=GetCallerIdentity&Version=2011-06-15" }))];
       const response = await fetch(url);
       answers.push([response.status, await response.text()]);
       return answers.map(([status, text]) => [status, /<Account>(\\d+)</.exec(text)?.[1]]);
     };`,
  );
  const ok = [200, "000000000000"];
  assert.deepEqual(await invoke("raw"), [ok, ok, ok, ok]);
});
