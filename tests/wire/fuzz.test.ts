// Every operation of every service that we have schemas for, through the real SDK v3 clients: a random input must arrive as
// it was sent, a random output must come back as it was answered, every modelled error with its class and fields.
// `HEARTH_FUZZ_ROUNDS=20 HEARTH_FUZZ_SEED=7 bin/node24 --test tests/wire/fuzz.test.ts` goes deeper.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { test } from "node:test";
import { inspect, isDeepStrictEqual } from "node:util";
import { AwsError } from "../../src/kernel/errors.ts";
import { seededRandom } from "../../src/kernel/random.ts";
import { loadSchema } from "../../src/protocol/catalog.ts";
import type { OperationSchema, ServiceSchema, Shape } from "../../src/protocol/schema.ts";
import { inProcessHandler } from "../../src/testing/client.ts";
import { CREDENTIALS, Loopback } from "./loopback.ts";
import { isClientOwned, Sampler } from "./sample.ts";

const ROUNDS = Number(process.env["HEARTH_FUZZ_ROUNDS"] ?? 1);
const SEED = Number(process.env["HEARTH_FUZZ_SEED"] ?? 1);

/** Our id and the client package. */
const CLIENTS: readonly (readonly [id: string, packageName: string])[] = [
  ["apigateway", "api-gateway"],
  ["apigatewaymanagementapi", "apigatewaymanagementapi"],
  ["apigatewayv2", "apigatewayv2"],
  ["cloudformation", "cloudformation"],
  ["cloudwatch", "cloudwatch"],
  ["cognito-idp", "cognito-identity-provider"],
  ["dynamodb", "dynamodb"],
  ["dynamodb-streams", "dynamodb-streams"],
  ["ec2", "ec2"],
  ["eventbridge", "eventbridge"],
  ["firehose", "firehose"],
  ["iam", "iam"],
  ["kinesis", "kinesis"],
  ["kms", "kms"],
  ["lambda", "lambda"],
  ["logs", "cloudwatch-logs"],
  ["pipes", "pipes"],
  ["s3", "s3"],
  ["scheduler", "scheduler"],
  ["secretsmanager", "secrets-manager"],
  ["ses", "ses"],
  ["sesv2", "sesv2"],
  ["sfn", "sfn"],
  ["sns", "sns"],
  ["sqs", "sqs"],
  ["ssm", "ssm"],
  ["sts", "sts"],
];

/** Operations that this test cannot send, each with its reason. */
const EXCLUDED: Readonly<Record<string, string>> = {
  "s3:WriteGetObjectResponse": "goes to a host made of a route token, unsigned, below no bucket",
  "cloudwatch:DashboardNotFoundError": "shares its Query code with ResourceNotFound, by which clients tell errors apart",
  "ec2:CopySnapshot": "the client adds a presigned URL and a region of its own",
  "cloudwatch over query:PutMetricAlarm": "has a structure without members, which Query cannot say",
  "sqs over query:ReceiveMessage": "AttributeNames and MessageSystemAttributeNames have one name in Query",
};

type Fields = Record<string, unknown>;
type Send = (command: unknown) => Promise<Fields>;
interface ClientModule {
  readonly [name: string]: (new (given: object) => { send: Send; destroy(): void }) | undefined;
}

const require = createRequire(import.meta.url);

function moduleOf(packageName: string): ClientModule {
  return require(`@aws-sdk/client-${packageName}`) as ClientModule;
}

/** The protocols that come with the clients, for those that can be switched. */
function protocolsOf(
  packageName: string,
): Readonly<Record<"AwsSmithyRpcV2CborProtocol" | "AwsQueryProtocol", new (settings: object) => object>> {
  return createRequire(require.resolve(`@aws-sdk/client-${packageName}`))("@aws-sdk/core/protocols");
}

interface Subject {
  readonly name: string;
  readonly schema: ServiceSchema;
  readonly module: ClientModule;
  readonly send: Send;
  readonly loopback: Loopback;
  readonly sampler: Sampler;
}

async function subjectOf(id: string, packageName: string, variant: "cbor" | "query" | undefined): Promise<Subject> {
  const schema = await loadSchema(id);
  const module = moduleOf(packageName);
  const loopback = new Loopback();
  const name = Object.keys(module).find((key) => key.endsWith("Client") && key !== "__Client") ?? "";
  const Client = module[name];
  assert.ok(Client, `@aws-sdk/client-${packageName} has a client`);
  const settings = {
    defaultNamespace: schema.namespace,
    xmlNamespace: schema.xmlNamespace,
    version: schema.version,
    serviceTarget: schema.target,
    errorTypeRegistries: module["errorTypeRegistries"],
  };
  const protocol =
    variant === "cbor"
      ? { protocol: protocolsOf(packageName).AwsSmithyRpcV2CborProtocol }
      : variant === "query"
        ? { protocol: new (protocolsOf(packageName).AwsQueryProtocol)(settings) }
        : {};
  const client = new Client({
    endpoint: "http://localhost",
    region: "us-east-1",
    credentials: CREDENTIALS,
    requestHandler: inProcessHandler(loopback.handle),
    maxAttempts: 1,
    disableHostPrefix: true,
    md5: false,
    useQueueUrlAsEndpoint: false,
    forcePathStyle: true,
    responseChecksumValidation: "WHEN_REQUIRED",
    accountIdEndpointMode: "disabled",
    ...protocol,
  });
  return {
    name: variant ? `${id} over ${variant}` : id,
    schema,
    module,
    loopback,
    send: (command) => client.send(command),
    sampler: new Sampler(seededRandom(SEED)),
  };
}

/** Bytes as hexadecimal, the client's own wrappers as plain values, nothing that is undefined. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return `bytes:${Buffer.from(value).toString("hex")}`;
  if (value instanceof String) return value.toString();
  if (value instanceof Date || typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(plain);
  const out: Fields = {};
  for (const [key, item] of Object.entries(value)) if (item !== undefined && key !== "$metadata") out[key] = plain(item);
  return out;
}

function firstDifference(wanted: unknown, got: unknown, path = ""): string | undefined {
  if (isDeepStrictEqual(wanted, got)) return undefined;
  if (isNested(wanted) && isNested(got)) {
    for (const key of new Set([...Object.keys(wanted), ...Object.keys(got)])) {
      const difference = firstDifference(wanted[key], got[key], `${path}.${key}`);
      if (difference !== undefined) return difference;
    }
  }
  return `${path}: wanted ${inspect(wanted, { depth: 1 })}, got ${inspect(got, { depth: 1 })}`.slice(0, 300);
}

function isNested(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !(value instanceof Date);
}

/** Values that clients check before they send. */
function acceptable(id: string, input: Fields): Fields {
  if (typeof input["Bucket"] === "string") input["Bucket"] = "my-bucket";
  if (typeof input["CopySource"] === "string") input["CopySource"] = "bucket/key";
  if (id === "kinesis") {
    for (const key of ["StreamARN", "ResourceARN", "ConsumerARN"]) {
      if (input[key] !== undefined) input[key] = "arn:aws:kinesis:us-east-1:123456789012:stream/foo/consumer/x:1";
    }
  }
  return input;
}

/** What a client adds by itself is no difference, nor an empty document for one that is absent. */
function withoutAdditions(got: unknown, sent: Fields): unknown {
  if (!isNested(got)) return got;
  return Object.fromEntries(Object.entries(got).filter(([key, value]) => key in sent || !(isClientOwned(key) || isEmpty(value))));
}

function isEmpty(value: unknown): boolean {
  return value === null || value === "bytes:" || (isNested(value) && Object.keys(value).length === 0);
}

function commandOf({ module }: Subject, name: string, input: Fields): unknown {
  const Command = module[`${name}Command`];
  assert.ok(Command, `${name} has a command`);
  return new Command(structuredClone(input));
}

async function roundTrip(subject: Subject, operation: OperationSchema): Promise<string | undefined> {
  const { loopback, sampler, schema } = subject;
  const input = acceptable(schema.id, sampler.structure(operation.input));
  const output = sampler.structure(operation.output);
  loopback.reply = { ...output };
  loopback.seen = undefined;
  loopback.failure = undefined;
  let answered: Fields;
  try {
    answered = await subject.send(commandOf(subject, operation.name, input));
  } catch (error) {
    return `${operation.name} threw ${inspect(loopback.failure ?? error, { depth: 0 }).slice(0, 400)}`;
  }
  const { seen } = loopback as { seen: Loopback["seen"] };
  if (seen?.operation !== operation.name) return `${operation.name} arrived as ${seen?.operation}`;
  const sent = plain(input) as Fields;
  const inDifference = firstDifference(sent, withoutAdditions(plain(seen.input), sent));
  if (inDifference !== undefined) return `${operation.name} input${inDifference}`;
  const streamed = operation.output.members.find(({ shape }) => shape.streaming);
  if (streamed?.shape.kind === "union") delete answered[streamed.name];
  else if (streamed && answered[streamed.name] !== undefined) {
    answered[streamed.name] = await (answered[streamed.name] as { transformToByteArray(): Promise<Uint8Array> }).transformToByteArray();
    if (output[streamed.name] === undefined) delete answered[streamed.name];
  }
  const wanted = plain(output) as Fields;
  const outDifference = firstDifference(wanted, withoutAdditions(plain(answered), wanted));
  return outDifference === undefined ? undefined : `${operation.name} output${outDifference}`;
}

async function errorTrip(subject: Subject, error: Shape): Promise<string | undefined> {
  const { loopback, sampler, schema } = subject;
  const operation = [...schema.operations.values()].find(({ traits }) => traits.http?.[0] !== "HEAD");
  assert.ok(operation);
  const fields = sampler.structure(error);
  for (const key of Object.keys(fields)) if (key.toLowerCase() === "message") delete fields[key];
  loopback.reply = new AwsError(error.name, "boom <&> é", { fields });
  try {
    await subject.send(commandOf(subject, operation.name, acceptable(schema.id, sampler.structure(operation.input))));
  } catch (thrown) {
    const got = thrown as Fields & Error;
    if (got.name !== error.name || got.message !== "boom <&> é") return `${error.name} arrived as ${got.name}: ${got.message}`;
    const difference = firstDifference(plain(fields), plain(Object.fromEntries(Object.keys(fields).map((key) => [key, got[key]]))));
    return difference === undefined ? undefined : `${error.name}${difference}`;
  }
  return `${error.name} was not thrown`;
}

function isExcluded({ name, schema }: Subject, what: string): boolean {
  return `${schema.id}:${what}` in EXCLUDED || `${name}:${what}` in EXCLUDED;
}

async function everything(subject: Subject): Promise<void> {
  const problems: string[] = [];
  for (const operation of subject.schema.operations.values()) {
    if (isExcluded(subject, operation.name)) continue;
    for (let round = 0; round < ROUNDS; round++) {
      const problem = await roundTrip(subject, operation);
      if (problem !== undefined) problems.push(problem);
    }
  }
  for (const error of subject.schema.errors.values()) {
    if (isExcluded(subject, error.name)) continue;
    const problem = await errorTrip(subject, error);
    if (problem !== undefined) problems.push(problem);
  }
  assert.deepEqual(problems, []);
}

for (const [id, packageName] of CLIENTS) {
  test(`${id}: every operation and error round-trips`, async () => everything(await subjectOf(id, packageName, undefined)));
}

for (const [id, packageName] of CLIENTS.filter(([name]) =>
  ["cloudwatch", "sqs", "dynamodb", "kinesis", "logs", "ssm", "sfn"].includes(name),
)) {
  test(`${id} over RPC v2 CBOR`, async () => everything(await subjectOf(id, packageName, "cbor")));
}

for (const [id, packageName] of CLIENTS.filter(([name]) => ["cloudwatch", "sqs"].includes(name))) {
  test(`${id} over Query`, async () => everything(await subjectOf(id, packageName, "query")));
}
