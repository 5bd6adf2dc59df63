// boto3 and the `aws` command line over real sockets, with signatures verified. Skipped, aloud, on a machine without them.
import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type Listener, listen } from "../../src/host/http-server.ts";
import { CANNED_CREDENTIALS, cannedGateway } from "./canned-services.ts";

const run = promisify(execFile);

function installed(command: string, ...probe: string[]): boolean {
  try {
    execFileSync(command, probe, { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

const hasBoto = installed("python3", "-c", "import boto3");
const hasCli = installed("aws", "--version");

let listener: Listener;
let endpoint: string;
let directory: string;

before(async () => {
  listener = await listen({ port: 0, handle: cannedGateway({ verify: true }).handle });
  endpoint = `http://127.0.0.1:${listener.port}`;
  directory = mkdtempSync(join(tmpdir(), "hearth-wire-"));
});

after(async () => {
  await listener.close(0);
  rmSync(directory, { recursive: true });
});

test("boto3: every protocol", { skip: hasBoto ? false : "boto3 is not installed" }, async () => {
  const script = fileURLToPath(new URL("boto.py", import.meta.url));
  const { stdout } = await run("python3", [script, endpoint], { maxBuffer: 1 << 20 });
  assert.deepEqual(JSON.parse(stdout), {
    sqs: [true, "h <&> é"],
    "sqs error": ["AWS.SimpleQueueService.NonExistentQueue", 400, "The specified queue does not exist."],
    dynamodb: [true, "12345678901234567890.5"],
    "dynamodb error": ["ConditionalCheckFailedException", 400, "The conditional request failed"],
    lambda: '{"a":1}',
    "lambda error": ["ResourceNotFoundException", 404, "Function not found: f"],
    "lambda stream": "part 1,part 2",
    ssm: 1_700_000_000.5,
    cloudformation: "s <&>",
    sts: "eu-west-1",
    apigateway: 1_700_000_000,
    kinesis: "1",
    s3: ["hello", { a: "b" }, 1_700_000_000],
    "s3 multipart": true,
    "s3 download": "0123456789",
    "s3 range": "bytes 1-3/10",
    "s3 list": 3,
    "s3 delete": [{ Key: "a" }],
    "s3 location": "eu-west-1",
    "s3 copy": '"copied"',
    "s3 error": ["NoSuchKey", 404, "The specified key does not exist."],
    "s3 head error": ["404", 404, "Not Found"],
    "s3 presigned": "0123456789",
  });
});

interface CliResult {
  readonly code: number;
  readonly out: string;
  readonly error: string;
}

async function aws(...args: string[]): Promise<CliResult> {
  const env = {
    ...process.env,
    AWS_ACCESS_KEY_ID: CANNED_CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: CANNED_CREDENTIALS.secretAccessKey,
    AWS_DEFAULT_REGION: "eu-west-1",
    AWS_PAGER: "",
    AWS_CONFIG_FILE: join(directory, "none"),
    AWS_SHARED_CREDENTIALS_FILE: join(directory, "none"),
  };
  try {
    const { stdout, stderr } = await run("aws", ["--endpoint-url", endpoint, "--output", "json", ...args], { env });
    return { code: 0, out: stdout, error: stderr };
  } catch (failed) {
    const { code, stdout, stderr } = failed as { code: number; stdout: string; stderr: string };
    return { code, out: stdout, error: stderr };
  }
}

test("aws: JSON, Query, REST and their errors", { skip: hasCli ? false : "the aws command line is not installed" }, async () => {
  assert.equal(JSON.parse((await aws("sts", "get-caller-identity")).out).UserId, "eu-west-1");
  assert.equal(JSON.parse((await aws("sqs", "create-queue", "--queue-name", "q")).out).QueueUrl, `${endpoint}/000000000000/q`);
  const item = '{"pk":{"S":"é"}}';
  assert.deepEqual(
    JSON.parse((await aws("dynamodb", "put-item", "--table-name", "table", "--item", item)).out).Attributes,
    JSON.parse(item),
  );
  const missing = await aws("lambda", "get-function", "--function-name", "f");
  assert.notEqual(missing.code, 0);
  assert.match(missing.error, /\(ResourceNotFoundException\) when calling the GetFunction operation: Function not found: f/);
  const unknown = await aws("ssm", "describe-parameters");
  assert.match(
    unknown.error,
    /\(NotImplemented\) when calling the DescribeParameters operation.*: ssm:DescribeParameters is not implemented by Hearth/,
  );
});

test("aws s3: copy up, list, copy down", { skip: hasCli ? false : "the aws command line is not installed" }, async () => {
  const file = join(directory, "file.txt");
  writeFileSync(file, "from a file");
  assert.equal((await aws("s3", "cp", file, "s3://bucket/a/file.txt")).code, 0);
  assert.match((await aws("s3", "ls", "s3://bucket/")).out, /file\.txt/);
  assert.equal((await aws("s3", "cp", "s3://bucket/a/file.txt", "-")).out, "from a file");
});
