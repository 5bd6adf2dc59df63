// Inputs against their models: each kind of constraint, in the words of the service that answers.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { AwsError } from "../kernel/errors.ts";
import { loadSchema, SERVICE_ENTRIES } from "./catalog.ts";
import type { ServiceConstraints } from "./constraints.ts";
import type { Shape } from "./schema.ts";
import { validateCall, validateInput } from "./validation.ts";

async function outcome(service: string, operation: string, input: unknown): Promise<string> {
  try {
    await validateInput(service, operation, input);
    return "ok";
  } catch (error) {
    assert.ok(error instanceof AwsError, String(error));
    return `${error.code}: ${error.message}`;
  }
}

const at = (path: string, value: string, rule: string) => `Value '${value}' at '${path}' failed to satisfy constraint: ${rule}`;
const missing = (path: string) => `Value null at '${path}' failed to satisfy constraint: Member must not be null`;
const one = (code: string, failure: string) => `${code}: 1 validation error detected: ${failure}`;

for (const [service, operation, input, expected] of [
  ["dynamodb", "GetItem", { TableName: "abc", Key: {} }, "ok"],
  ["dynamodb", "GetItem", {}, `ValidationException: 2 validation errors detected: ${missing("tableName")}; ${missing("key")}`],
  [
    "dynamodb",
    "Query",
    { TableName: "abc", Limit: 0 },
    one("ValidationException", at("limit", "0", "Member must have value greater than or equal to 1")),
  ],
  [
    "dynamodb",
    "Query",
    { TableName: "abc", Select: "X" },
    one(
      "ValidationException",
      at("select", "X", "Member must satisfy enum value set: [ALL_ATTRIBUTES, ALL_PROJECTED_ATTRIBUTES, SPECIFIC_ATTRIBUTES, COUNT]"),
    ),
  ],
  [
    "dynamodb",
    "CreateTable",
    {
      TableName: "abc",
      AttributeDefinitions: [{ AttributeName: "a", AttributeType: "S" }, { AttributeType: "N" }],
      KeySchema: [{ AttributeName: "a", KeyType: "X" }],
    },
    `ValidationException: 2 validation errors detected: ${missing("attributeDefinitions.2.member.attributeName")}; ${at("keySchema.1.member.keyType", "X", "Member must satisfy enum value set: [HASH, RANGE]")}`,
  ],
  ["dynamodb", "BatchGetItem", { RequestItems: { abc: {} } }, one("ValidationException", missing("requestItems.abc.member.keys"))],
  [
    "ssm",
    "GetParameters",
    { Names: [""] },
    one(
      "ValidationException",
      at(
        "names",
        "[]",
        "Member must satisfy constraint: [Member must have length less than or equal to 2048, Member must have length greater than or equal to 1]",
      ),
    ),
  ],
  [
    "ssm",
    "GetParameters",
    { Names: Array.from({ length: 11 }, () => "a") },
    one("ValidationException", at("names", `[${Array(11).fill("a").join(", ")}]`, "Member must have length less than or equal to 10")),
  ],
  [
    "logs",
    "CreateLogGroup",
    { logGroupName: "a b" },
    one("InvalidParameterException", at("logGroupName", "a b", "Member must satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+")),
  ],
  ["lambda", "Invoke", { FunctionName: "f" }, "ok"],
  [
    "sts",
    "AssumeRole",
    { RoleArn: "a", RoleSessionName: "ss" },
    one("ValidationError", at("roleArn", "a", "Member must have length greater than or equal to 20")),
  ],
  ["cloudformation", "DescribeStackResource", { StackName: "s" }, one("ValidationError", missing("logicalResourceId"))],
  ["apigateway", "CreateRestApi", {}, one("BadRequestException", missing("name"))],
  ["sqs", "SendMessage", { QueueUrl: "u" }, "MissingParameter: The request must contain the parameter MessageBody."],
  [
    "sqs",
    "SendMessageBatch",
    { QueueUrl: "u", Entries: [{ Id: "a", MessageBody: "b" }, { Id: "c" }] },
    "MissingParameter: The request must contain the parameter Entries.2.MessageBody.",
  ],
  ["s3", "CopyObject", { Bucket: "b", Key: "k" }, "InvalidRequest: Missing required header for this request: x-amz-copy-source"],
  ["s3", "DeleteObjects", { Bucket: "b" }, "MissingRequestBodyError: Request Body is empty"],
  [
    "s3",
    "DeleteObjects",
    { Bucket: "b", Delete: {} },
    "MalformedXML: The XML you provided was not well-formed or did not validate against our published schema",
  ],
  ["s3", "PutObject", { Bucket: "b", Key: "k", StorageClass: "NO_SUCH" }, "ok"],
] as const) {
  test(`${service}:${operation} ${JSON.stringify(input).slice(0, 60)}`, async () =>
    assert.equal(await outcome(service, operation, input), expected));
}

test("a secret value is not repeated", async () => {
  const message = await outcome("ssm", "PutParameter", { Name: "/a", Value: "v", Tier: "x", KeyId: "no spaces allowed" });
  assert.doesNotMatch(message, /Value 'v'/);
});

test("an idempotency token that a client left out is no failure", async () => {
  assert.equal(await outcome("eventbridge", "PutRule", { Name: "r" }), "ok");
});

test("the code follows the protocol where the service speaks two", async () => {
  const operation = (await loadSchema("sts")).operations.get("AssumeRole");
  assert.ok(operation);
  await validateInput("sts", "GetCallerIdentity", {});
  for (const [protocol, code] of [
    ["awsQuery", "ValidationError"],
    ["awsJson1_1", "ValidationException"],
  ] as const) {
    assert.throws(() => validateCall(operation, protocol, {}), { code });
  }
});

/** Structures that an operation's input reaches, by name. */
function structuresOf(shape: Shape, seen: Map<string, Shape>): void {
  if (shape.kind === "structure" || shape.kind === "union") {
    if (seen.has(shape.name)) return;
    seen.set(shape.name, shape);
    for (const member of shape.members) structuresOf(member.shape, seen);
  }
  if (shape.element) structuresOf(shape.element.shape, seen);
}

for (const { id } of SERVICE_ENTRIES) {
  const file = new URL(`constraints/${id}.json`, import.meta.url);
  let known: ServiceConstraints;
  try {
    known = JSON.parse(readFileSync(file, "utf8"));
  } catch {
    continue;
  }
  test(`${id}: every constraint finds its member in the clients' schemas`, async () => {
    const seen = new Map<string, Shape>();
    for (const operation of (await loadSchema(id)).operations.values()) structuresOf(operation.input, seen);
    const strangers: string[] = [];
    for (const [structure, members] of Object.entries(known.members)) {
      for (const member of Object.keys(members)) {
        if (!seen.get(structure)?.members.some(({ name }) => name === member)) strangers.push(`${structure}.${member}`);
      }
    }
    assert.deepEqual(strangers, []);
  });
}
