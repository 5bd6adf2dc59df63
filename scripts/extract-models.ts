// Extracts the schemas of the `@aws-sdk/client-*` packages into compact JSON under src/protocol/generated: one file a service
// and an index. Deterministic; does nothing when neither the packages' versions nor this script have changed.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const require = createRequire(import.meta.url);
const here = dirname(fileURLToPath(import.meta.url));
const target = join(here, "..", "src", "protocol", "generated");

/** What the schemas do not say: our id, the package, the name that clients sign with, the first label of the service's hosts. */
const SERVICES: readonly (readonly [id: string, packageName: string, signingName: string, endpointPrefix: string])[] = [
  ["apigateway", "api-gateway", "apigateway", "apigateway"],
  ["apigatewaymanagementapi", "apigatewaymanagementapi", "execute-api", "execute-api"],
  ["apigatewayv2", "apigatewayv2", "apigateway", "apigateway"],
  ["cloudformation", "cloudformation", "cloudformation", "cloudformation"],
  ["cloudwatch", "cloudwatch", "monitoring", "monitoring"],
  ["cognito-idp", "cognito-identity-provider", "cognito-idp", "cognito-idp"],
  ["dynamodb", "dynamodb", "dynamodb", "dynamodb"],
  ["dynamodb-streams", "dynamodb-streams", "dynamodb", "streams.dynamodb"],
  ["ec2", "ec2", "ec2", "ec2"],
  ["eventbridge", "eventbridge", "events", "events"],
  ["firehose", "firehose", "firehose", "firehose"],
  ["iam", "iam", "iam", "iam"],
  ["kinesis", "kinesis", "kinesis", "kinesis"],
  ["kms", "kms", "kms", "kms"],
  ["lambda", "lambda", "lambda", "lambda"],
  ["logs", "cloudwatch-logs", "logs", "logs"],
  ["pipes", "pipes", "pipes", "pipes"],
  ["s3", "s3", "s3", "s3"],
  ["scheduler", "scheduler", "scheduler", "scheduler"],
  ["secretsmanager", "secrets-manager", "secretsmanager", "secretsmanager"],
  ["ses", "ses", "ses", "email"],
  ["sesv2", "sesv2", "ses", "email"],
  ["sfn", "sfn", "states", "states"],
  ["sns", "sns", "sns", "sns"],
  ["sqs", "sqs", "sqs", "sqs"],
  ["ssm", "ssm", "ssm", "ssm"],
  ["sts", "sts", "sts", "sts"],
];

/** The XML namespace that a schema leaves out; the service's Query answers carry it. */
const XML_NAMESPACES: Readonly<Record<string, string>> = { sqs: "http://queue.amazonaws.com/doc/2012-11-05/" };

type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** What a client package's static schemas look like: arrays that begin with a kind, and thunks. */
interface ClientConfig {
  readonly protocol: { getShapeId(): string };
  readonly protocolSettings: {
    readonly serviceTarget: string;
    readonly version: string;
    readonly xmlNamespace?: string;
    readonly awsQueryCompatible?: boolean;
    readonly defaultNamespace: string;
  };
}
type ClientClass = new (options: object) => { readonly config: ClientConfig };

const KIND_SIMPLE = 0;
const KIND_STRUCTURE = 3;
const KIND_UNION = 4;
const KIND_ERROR = -3;
const KIND_OPERATION = 9;

/** A reference is a simple schema's number, a table entry `-1 - index`, `"unit"`, or `[reference, traits]`. */
function tabulate(schemas: readonly unknown[][]): { shapes: Json[]; operations: Json[]; errors: Json[] } {
  const shapes: Json[] = [];
  const seen = new Map<unknown, number>();
  const reference = (given: unknown): Json => {
    const schema = typeof given === "function" ? (given as () => unknown)() : given;
    if (typeof schema === "number" || typeof schema === "string") return schema;
    if (!Array.isArray(schema)) throw new Error(`unknown schema: ${String(schema)}`);
    if (schema.length === 2) return [reference(schema[0]), schema[1] as Json];
    let index = seen.get(schema);
    if (index === undefined) {
      index = shapes.length;
      seen.set(schema, index);
      shapes.push(null);
      shapes[index] = entry(schema);
    }
    return -1 - index;
  };
  const entry = (schema: unknown[]): Json => {
    const [kind, , name, traits, ...rest] = schema as [number, string, string, Json, ...unknown[]];
    if (kind === KIND_STRUCTURE || kind === KIND_UNION || kind === KIND_ERROR) {
      const [names, members, required] = rest as [string[], unknown[], number | undefined];
      return [kind, name, traits, names, members.map(reference), ...(required ? [required] : [])];
    }
    if (kind < KIND_SIMPLE || kind > KIND_UNION) throw new Error(`unknown schema kind ${kind} of ${name}`);
    return [kind, name, traits, ...rest.map(reference)];
  };
  const operations: Json[] = [];
  const errors: Json[] = [];
  for (const schema of schemas) {
    const [kind, namespace, name, traits, input, output] = schema as [number, string, string, Json, unknown, unknown];
    if (kind === KIND_OPERATION) operations.push([name, traits, reference(input), reference(output)]);
    else if (kind === KIND_ERROR && !namespace.startsWith("smithy.ts.sdk")) errors.push(reference(schema));
  }
  return { shapes, operations, errors };
}

function extract(id: string, packageName: string): { schema: { [key: string]: Json }; entry: { [key: string]: Json } } {
  const module = require(`@aws-sdk/client-${packageName}`) as Record<string, unknown>;
  const clientName = Object.keys(module).find((name) => name.endsWith("Client") && name !== "__Client");
  if (!clientName) throw new Error(`@aws-sdk/client-${packageName} exports no client`);
  const Client = module[clientName] as ClientClass;
  const { config } = new Client({ region: "us-east-1", credentials: { accessKeyId: "x", secretAccessKey: "x" } });
  const settings = config.protocolSettings;
  const schemas = Object.keys(module)
    .filter((name) => name.endsWith("$") && Array.isArray(module[name]))
    .sort()
    .map((name) => module[name] as unknown[]);
  const entry = {
    id,
    protocol: config.protocol.getShapeId().split("#")[1] ?? "",
    target: settings.serviceTarget,
    version: settings.version,
    namespace: settings.defaultNamespace,
    xmlNamespace: XML_NAMESPACES[id] ?? settings.xmlNamespace ?? "",
    queryCompatible: settings.awsQueryCompatible === true,
  };
  return { schema: tabulate(schemas), entry };
}

function versionStamp(): string {
  const hash = createHash("sha256").update(readFileSync(fileURLToPath(import.meta.url)));
  for (const [, packageName] of SERVICES) {
    const { version } = JSON.parse(
      readFileSync(join(here, "..", "node_modules", "@aws-sdk", `client-${packageName}`, "package.json"), "utf8"),
    ) as {
      version: string;
    };
    hash.update(`${packageName}@${version}\n`);
  }
  return hash.digest("hex");
}

function upToDate(stamp: string): boolean {
  const index = join(target, "index.json");
  if (!existsSync(index)) return false;
  const known = JSON.parse(readFileSync(index, "utf8")) as { stamp?: string };
  return known.stamp === stamp && SERVICES.every(([id]) => existsSync(join(target, `${id}.json`)));
}

const stamp = versionStamp();
if (upToDate(stamp)) {
  console.log("models: up to date");
} else {
  mkdirSync(target, { recursive: true });
  for (const file of readdirSync(target)) rmSync(join(target, file));
  const services: Json[] = [];
  let operations = 0;
  for (const [id, packageName, signingName, endpointPrefix] of SERVICES) {
    const { schema, entry } = extract(id, packageName);
    operations += (schema["operations"] as Json[]).length;
    writeFileSync(join(target, `${id}.json`), JSON.stringify(schema));
    services.push({ ...entry, signingName, endpointPrefix });
  }
  // The index is written last: an interrupted run leaves none, and the next one starts over.
  writeFileSync(join(target, "index.json"), JSON.stringify({ stamp, services }, undefined, 1));
  console.log(`models: ${services.length} services, ${operations} operations`);
}
