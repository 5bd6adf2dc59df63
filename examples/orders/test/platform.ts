// What the tests know of the running platform: its endpoint, the stack that was deployed there, and clients.
import { setTimeout as wait } from "node:timers/promises";
import { CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";

const stage = process.env["STAGE"] ?? "dev";
const endpoint = (process.env["AWS_ENDPOINT_URL"] ?? "http://127.0.0.1:4566").replace(/\/$/, "");

/** For every SDK client. A 12-digit access key names the account; any secret will do. */
export const configuration = {
  endpoint,
  region: process.env["AWS_REGION"] ?? "us-east-1",
  credentials: {
    accessKeyId: process.env["AWS_ACCESS_KEY_ID"] ?? "000000000000",
    secretAccessKey: process.env["AWS_SECRET_ACCESS_KEY"] ?? "secret",
  },
};

export interface Stack {
  readonly restUrl: string;
  readonly httpUrl: string;
  readonly tableName: string;
  readonly queueUrl: string;
  readonly deadLetterQueueUrl: string;
  readonly uploadBucket: string;
  functionName(key: string): string;
}

/** The deployed stack, from its outputs. */
export async function findStack(): Promise<Stack> {
  const StackName = `orders-${stage}`;
  const { Stacks = [] } = await new CloudFormationClient(configuration).send(new DescribeStacksCommand({ StackName }));
  const outputs = new Map(Stacks[0]?.Outputs?.map((output) => [output.OutputKey, output.OutputValue]));
  const output = (name: string): string => {
    const value = outputs.get(name);
    if (value === undefined) throw new Error(`The stack ${StackName} has no output ${name}`);
    return value;
  };
  const restApiId = new URL(output("ServiceEndpoint")).hostname.split(".")[0];
  return {
    restUrl: `${endpoint}/_aws/execute-api/${restApiId}/${stage}`,
    httpUrl: `${endpoint}/_aws/execute-api/${output("HttpApiId")}`,
    tableName: output("TableName"),
    queueUrl: output("QueueUrl"),
    deadLetterQueueUrl: output("DeadLetterQueueUrl"),
    uploadBucket: output("UploadBucket"),
    functionName: (key) => `${StackName}-${key}`,
  };
}

/** Asks again until there is an answer, at most for about half a minute. */
export async function eventually<T>(what: string, ask: () => Promise<T | undefined>, attempts = 120): Promise<T> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const found = await ask();
    if (found !== undefined) return found;
    await wait(250);
  }
  throw new Error(`Not seen in ${attempts} attempts: ${what}`);
}

export interface Order {
  readonly id: string;
  readonly status: "PENDING" | "PROCESSED";
  readonly source: "api" | "upload";
  readonly totalCents: number;
  readonly currency: string;
  readonly createdAt: string;
  readonly paidAt: string;
  readonly processedCount: number;
}

export interface User {
  readonly id: string;
  readonly name: string;
  readonly email: string;
}

/** What answers of the two APIs may hold; which of it an answer does hold is for a test to say. */
export interface Body extends Order, User {
  readonly users: readonly User[];
  readonly orders: readonly Order[];
  readonly next: string;
  readonly message: string;
  readonly service: string;
  readonly ok: boolean;
  readonly requestId: string;
}

export async function call(url: string, init: RequestInit = {}): Promise<{ status: number; headers: Headers; body: Body }> {
  const response = await fetch(url, init);
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: JSON.parse(text === "" ? "{}" : text) };
}

export const post = (url: string, body: unknown, headers: Record<string, string> = {}) =>
  call(url, { method: "POST", headers: { "Content-Type": "application/json", ...headers }, body: JSON.stringify(body) });
