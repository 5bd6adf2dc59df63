// `npm run bench`: what Hearth costs beside a bare node:http server that echoes the same requests, measured in the same run on
// the same machine. Prints a table; --write puts it into docs/benchmarks.md; --seconds N sets how long each row is measured.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir, totalmem } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import {
  CloudFormationClient,
  CreateStackCommand,
  DescribeStacksCommand,
  waitUntilStackCreateComplete,
} from "@aws-sdk/client-cloudformation";
import { InvokeCommand, LambdaClient, UpdateFunctionConfigurationCommand } from "@aws-sdk/client-lambda";
import { encodeRequest, type LoadResult, load, type Script } from "./http-load.ts";
import { memoryMb, type Started, start } from "./processes.ts";
import { TEMPLATE } from "./template.ts";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "4" },
    connections: { type: "string", default: "64" },
    write: { type: "boolean", default: false },
    only: { type: "string" },
  },
});
const durationMs = Number(values.seconds) * 1000;
const connections = Number(values.connections);
/** Echo and Hearth take turns, so that whatever else the machine does meets both; the row is the median of the turns' ratios. */
const TURNS = 4;
const root = resolve(import.meta.dirname, "..");
const READY = /ready[^\n]*127\.0\.0\.1:(\d+)/;

interface Row {
  readonly name: string;
  readonly value: string;
  readonly ratio: string;
  readonly goal: string;
}

const rows: Row[] = [];
const directory = mkdtempSync(join(tmpdir(), "hearth-bench-"));
try {
  await main();
} finally {
  rmSync(directory, { recursive: true, force: true });
}

async function main(): Promise<void> {
  const starts: number[] = [];
  for (let round = 0; round < 5; round++) {
    const hearth = await startHearth(join(directory, `start-${round}`));
    starts.push(hearth.readyMs);
    await hearth.stop();
  }
  starts.sort((a, b) => a - b);
  add("start to ready (`hearth serve`, empty), median of 5", `${fixed(starts[2])} ms`, "", "< 500 ms");

  const hearth = await startHearth(join(directory, "data"));
  const echo = await start([join(root, "bench/echo-server.ts")], /ready (\d+)/);
  try {
    await new Promise((done) => setTimeout(done, 2_000));
    add("memory when idle (resident)", `${fixed(memoryMb(hearth.child.pid ?? 0))} MB`, "", "< 120 MB");
    const outputs = await deployStack(hearth.port);
    await invocations(hearth.port, outputs);
    await rates(hearth, echo, outputs);
    add("memory after the load", `${fixed(memoryMb(hearth.child.pid ?? 0))} MB`, "", "");
  } finally {
    await hearth.stop();
    await echo.stop();
  }
  report();
}

function startHearth(data: string): Promise<Started> {
  return start([join(root, "bin/hearth.js"), "serve", "--port", "0", "--data", data], READY);
}

function clientConfig(port: number) {
  return {
    endpoint: `http://127.0.0.1:${port}`,
    region: "us-east-1",
    credentials: { accessKeyId: "000000000000", secretAccessKey: "test" },
  };
}

async function deployStack(port: number): Promise<Record<string, string>> {
  const client = new CloudFormationClient(clientConfig(port));
  await client.send(
    new CreateStackCommand({ StackName: "bench", TemplateBody: JSON.stringify(TEMPLATE), Capabilities: ["CAPABILITY_IAM"] }),
  );
  await waitUntilStackCreateComplete({ client, maxWaitTime: 60, minDelay: 1, maxDelay: 1 }, { StackName: "bench" });
  const { Stacks } = await client.send(new DescribeStacksCommand({ StackName: "bench" }));
  return Object.fromEntries((Stacks?.[0]?.Outputs ?? []).map((output) => [output.OutputKey ?? "", output.OutputValue ?? ""]));
}

/** Cold: the configuration changes before each, so that no environment fits. */
async function invocations(port: number, outputs: Record<string, string>): Promise<void> {
  const client = new LambdaClient(clientConfig(port));
  const FunctionName = outputs["FunctionName"] ?? "";
  const timed = async () => {
    const begun = performance.now();
    const answer = await client.send(new InvokeCommand({ FunctionName, Payload: Buffer.from("{}") }));
    if (answer.FunctionError) throw new Error(`the function failed: ${Buffer.from(answer.Payload ?? []).toString()}`);
    return performance.now() - begun;
  };
  const cold: number[] = [];
  for (let round = 0; round < 7; round++) {
    await client.send(new UpdateFunctionConfigurationCommand({ FunctionName, Environment: { Variables: { ROUND: String(round) } } }));
    cold.push(await timed());
  }
  const warm: number[] = [];
  for (let round = 0; round < 200; round++) warm.push(await timed());
  add("cold invocation through the SDK, median of 7", `${fixed(median(cold))} ms`, "", "");
  add("warm invocation through the SDK, median of 200, one at a time", `${median(warm).toFixed(2)} ms`, "", "");
}

async function rates(hearth: Started, echo: Started, outputs: Record<string, string>): Promise<void> {
  for (const scenario of scenarios(hearth.port, outputs)) {
    if (values.only && !scenario.name.includes(values.only)) continue;
    const turns: { own: LoadResult; base: LoadResult }[] = [];
    for (let turn = 0; turn < TURNS; turn++) {
      const options = {
        connections: scenario.connections ?? connections,
        warmupMs: turn === 0 ? 3_000 : 200,
        durationMs: durationMs / TURNS,
      };
      const base = await load(echo.port, { ...options, script: scenario.echo });
      const own = await load(hearth.port, { ...options, script: scenario.script });
      if (own.failures > 0) throw new Error(`${scenario.name}: ${own.failures} requests failed`);
      turns.push({ own, base });
    }
    addRate(scenario.name, turns, scenario.goal);
  }
}

interface Scenario {
  readonly name: string;
  readonly goal: string;
  readonly connections?: number;
  readonly script: Script;
  readonly echo: Script;
}

function scenarios(port: number, outputs: Record<string, string>): Scenario[] {
  const host = `127.0.0.1:${port}`;
  const signed = (service: string) =>
    `AWS4-HMAC-SHA256 Credential=000000000000/20260101/us-east-1/${service}/aws4_request, SignedHeaders=host;x-amz-date, Signature=${"0".repeat(64)}`;
  const json = (service: string, target: string, version: string, body: unknown) =>
    encodeRequest(host, {
      method: "POST",
      path: "/",
      headers: {
        "content-type": `application/x-amz-json-${version}`,
        "x-amz-target": target,
        authorization: signed(service),
        "x-amz-date": "20260101T000000Z",
      },
      body: Buffer.from(JSON.stringify(body)),
    });
  const s3 = (method: string, path: string, body: Uint8Array) =>
    encodeRequest(host, {
      method,
      path,
      headers: {
        authorization: signed("s3"),
        "x-amz-date": "20260101T000000Z",
        "x-amz-content-sha256": "UNSIGNED-PAYLOAD",
        ...(body.length > 0 && { "content-type": "application/octet-stream" }),
      },
      body,
    });
  const plain = (path: string) =>
    encodeRequest(host, { method: "GET", path, headers: { accept: "application/json" }, body: Buffer.alloc(0) });
  const always =
    (request: Buffer): Script =>
    async (send) => {
      await send(request);
    };
  const QueueUrl = outputs["QueueUrl"];
  const sendMessage = json("sqs", "AmazonSQS.SendMessage", "1.0", { QueueUrl, MessageBody: "x".repeat(200) });
  const receive = json("sqs", "AmazonSQS.ReceiveMessage", "1.0", { QueueUrl, MaxNumberOfMessages: 1 });
  const cycle: Script = async (send) => {
    await send(sendMessage);
    const answer: { Messages?: { ReceiptHandle: string }[] } = JSON.parse((await send(receive)).body.toString());
    const handle = answer.Messages?.[0]?.ReceiptHandle;
    if (handle) await send(json("sqs", "AmazonSQS.DeleteMessage", "1.0", { QueueUrl, ReceiptHandle: handle }));
  };
  const TableName = outputs["TableName"];
  let sequence = 0;
  const item = (n: number) => ({
    PK: { S: `USER#${n % 1000}` },
    SK: { S: `ORDER#${n}` },
    total: { N: "12.50" },
    note: { S: "x".repeat(200) },
  });
  const put = (n: number) => json("dynamodb", "DynamoDB_20120810.PutItem", "1.0", { TableName, Item: item(n) });
  const get = json("dynamodb", "DynamoDB_20120810.GetItem", "1.0", { TableName, Key: { PK: { S: "USER#1" }, SK: { S: "ORDER#1" } } });
  const query = json("dynamodb", "DynamoDB_20120810.Query", "1.0", {
    TableName,
    KeyConditionExpression: "PK = :pk AND begins_with(SK, :sk)",
    ExpressionAttributeValues: { ":pk": { S: "USER#1" }, ":sk": { S: "ORDER#" } },
    Limit: 10,
  });
  const bucket = outputs["BucketName"];
  const kb4 = Buffer.alloc(4096, 1);
  const mb1 = Buffer.alloc(1 << 20, 1);
  const url = new URL(outputs["ApiUrl"] ?? "http://none.invalid/");
  const api = plain(`/_aws/execute-api/${url.hostname.split(".")[0]}/hello`);
  return [
    { name: "HTTP API, warm function", goal: "≥ 0.30", script: always(api), echo: always(api) },
    { name: "SQS SendMessage", goal: "≥ 0.40", script: always(sendMessage), echo: always(sendMessage) },
    { name: "SQS send, receive, delete in turn", goal: "≥ 0.40", script: cycle, echo: always(sendMessage) },
    {
      name: "DynamoDB PutItem",
      goal: "≥ 0.40",
      script: (send) => send(put(sequence++)).then(() => {}),
      echo: (send) => send(put(sequence++)).then(() => {}),
    },
    { name: "DynamoDB GetItem", goal: "≥ 0.40", script: always(get), echo: always(get) },
    { name: "DynamoDB Query (10 items)", goal: "", script: always(query), echo: always(query) },
    {
      name: "S3 PutObject 4 KB",
      goal: "",
      script: (send, at) => send(s3("PUT", `/${bucket}/small/${at}`, kb4)).then(() => {}),
      echo: always(s3("PUT", "/b/k", kb4)),
    },
    {
      name: "S3 GetObject 4 KB",
      goal: "",
      script: (send, at) => send(s3("GET", `/${bucket}/small/${at}`, Buffer.alloc(0))).then(() => {}),
      echo: always(s3("PUT", "/b/k", kb4)),
    },
    {
      name: "S3 PutObject 1 MB",
      goal: "",
      connections: 8,
      script: (send, at) => send(s3("PUT", `/${bucket}/large/${at}`, mb1)).then(() => {}),
      echo: always(s3("PUT", "/b/k", mb1)),
    },
    {
      name: "S3 GetObject 1 MB",
      goal: "",
      connections: 8,
      script: (send, at) => send(s3("GET", `/${bucket}/large/${at}`, Buffer.alloc(0))).then(() => {}),
      echo: always(s3("PUT", "/b/k", mb1)),
    },
  ];
}

function addRate(name: string, turns: readonly { own: LoadResult; base: LoadResult }[], goal: string): void {
  const of = (pick: (turn: { own: LoadResult; base: LoadResult }) => number) => median(turns.map(pick));
  const rate = fixed(of(({ own }) => own.requestsPerSecond));
  const p50 = of(({ own }) => own.p50).toFixed(1);
  const p99 = of(({ own }) => own.p99).toFixed(1);
  const echo = fixed(of(({ base }) => base.requestsPerSecond));
  const ratio = of(({ own, base }) => own.requestsPerSecond / base.requestsPerSecond).toFixed(2);
  add(name, `${rate}/s (p50 ${p50}, p99 ${p99} ms; echo ${echo}/s)`, ratio, goal);
}

function add(name: string, value: string, ratio: string, goal: string): void {
  rows.push({ name, value, ratio, goal });
  console.log(`${name.padEnd(62)} ${ratio.padStart(5)}  ${value}${goal ? `  goal ${goal}` : ""}`);
}

function report(): void {
  const table = [
    "| what | ratio to echo | measured | goal |",
    "|---|---|---|---|",
    ...rows.map((row) => `| ${row.name} | ${row.ratio} | ${row.value} | ${row.goal} |`),
  ].join("\n");
  const machine = `${cpus().length} cores (${cpus()[0]?.model.trim() ?? "unknown"}), ${Math.round(totalmem() / 2 ** 30)} GB, Node ${process.version}`;
  const text = `# Benchmarks

Made by \`npm run bench -- --write\` on ${machine}. Load comes from a second process on the same machine over
${connections} keep-alive connections (8 for 1 MB bodies), ${values.seconds} s a row after three seconds of warm-up. *Echo* is a bare node:http server
that sends back the same request bodies. The two take turns, ${TURNS} each; every figure is the median of the turns. The ratio is what
carries over to another machine, the rates do not.
Storage is LMDB in its durable mode: a write is acknowledged when it is on disk.

${table}
`;
  if (values.write) writeFileSync(join(root, "docs/benchmarks.md"), text);
}

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}

function fixed(number: number | undefined): string {
  return (number ?? Number.NaN).toFixed(0);
}
