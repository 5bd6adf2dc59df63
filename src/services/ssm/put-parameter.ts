// PutParameter: makes a parameter, or a new version of one.
import type { Context } from "../../contract/context.ts";
import type { InputOf } from "../../contract/models.ts";
import type { OperationOf } from "../../contract/service.ts";
import type { Transaction } from "../../storage/transaction.ts";
import { alreadyExists, invalidPattern, notImplemented, oldestVersionLabelled, patternMismatch, validation } from "./errors.ts";
import { type Parameter, parameters, type Tier, type Version, versions, versionsOf } from "./keys.ts";
import { ADVANCED_VALUE_BYTES_MAX, STANDARD_VALUE_BYTES_MAX, VERSIONS_MAX } from "./limits.ts";
import { arnOf, newName } from "./names.ts";
import { newNonce, seal, sealingKey } from "./seal.ts";
import { checkTags } from "./tags.ts";

type PutRequest = InputOf<"ssm", "PutParameter">;

const DATA_TYPES = ["text", "aws:ec2:image", "aws:ssm:integration"];
const DEFAULT_KEY = "alias/aws/ssm";

export const putParameter: OperationOf<"ssm", "PutParameter"> = (context, input) => put(context, input);

/**
 * As the operation. With `maker` (a stack's resource) the parameter remembers who made it, and the same maker may put it
 * again without `Overwrite`.
 */
export async function put(context: Context, input: PutRequest, maker?: string): Promise<{ Version: number; Tier: Tier }> {
  const name = newName(input.Name);
  checkRequest(context, input);
  const tags = Object.fromEntries((input.Tags ?? []).map(({ Key, Value }) => [Key, Value]));
  checkTags(tags);
  // Drawn and fetched before the transaction, which may run twice.
  const sealing =
    input.Type === "String" || input.Type === "StringList" ? undefined : { key: await sealingKey(context), nonce: newNonce(context) };
  return context.storage.transact(async (tx) => {
    const key: [string, string, string] = [context.account, context.region, name];
    const existing = await parameters.get(tx, key);
    const mine = maker !== undefined && existing?.maker === maker;
    if (existing && input.Overwrite !== true && !mine) throw alreadyExists();
    const kept = existing && (await versionsOf(tx, key));
    const last = kept?.at(-1);
    const type = input.Type ?? last?.type;
    if (type === undefined) throw validation("A parameter type is required when you create a parameter.");
    if (input.KeyId !== undefined && type !== "SecureString")
      throw validation("KeyId is only supported for parameters of type SecureString.");
    const tier = tierOf(input, last?.tier);
    checkPattern(input.AllowedPattern ?? last?.allowedPattern, input.Value);
    const value = type === "SecureString" && sealing ? seal(sealing.key, sealing.nonce, arnOf(...key), input.Value) : input.Value;
    const keyId = type === "SecureString" ? (input.KeyId ?? last?.keyId ?? DEFAULT_KEY) : undefined;
    const description = input.Description ?? last?.description;
    const allowedPattern = input.AllowedPattern ?? last?.allowedPattern;
    const version: Version = {
      number: (existing?.version ?? 0) + 1,
      type,
      value,
      tier,
      dataType: input.DataType ?? last?.dataType ?? "text",
      modifiedAtMs: context.clock.now(),
      modifiedBy: `arn:${context.partition}:iam::${context.account}:root`,
      labels: [],
      ...(description && { description }),
      ...(allowedPattern && { allowedPattern }),
      ...(keyId !== undefined && { keyId }),
    };
    forgetOldest(tx, key, kept ?? []);
    versions.set(tx, [...key, version.number], version);
    const parameter: Parameter = existing
      ? { ...existing, version: version.number }
      : { version: 1, tags, ...(maker !== undefined && { maker }) };
    parameters.set(tx, key, parameter);
    return { Version: version.number, Tier: tier };
  });
}

/** What can be judged without knowing what is there. */
function checkRequest(context: Context, input: PutRequest): void {
  if (input.Overwrite === true && (input.Tags ?? []).length > 0) {
    throw validation(
      "Invalid request: tags and overwrite can't be used together. To create a parameter with tags, please remove overwrite flag. To update tags for an existing parameter, please use AddTagsToResource or RemoveTagsFromResource.",
    );
  }
  if (input.Value === "") {
    throw validation(
      "1 validation error detected: Value '' at 'value' failed to satisfy constraint: Member must have length greater than or equal to 1.",
    );
  }
  if (/\{\{.*\}\}/s.test(input.Value)) {
    throw validation('Parameter value can\'t nest another parameter. Do not use "{{}}" in the value.');
  }
  if (input.DataType !== undefined && !DATA_TYPES.includes(input.DataType)) {
    throw validation(`The following data type is not supported: ${input.DataType} (Data type names are all lowercase.)`);
  }
  if (input.Policies !== undefined && input.Policies.trim() !== "" && input.Policies.trim() !== "[]" && input.Policies.trim() !== "{}") {
    throw notImplemented("PutParameter with Policies");
  }
  const note = (parameter: string, text: string) =>
    context.ledger.add({ service: "ssm", operation: "PutParameter", parameter, note: text });
  if (input.DataType === "aws:ec2:image") note("DataType", "An image id is stored as text; nobody checks that the image is there.");
  if (input.KeyId !== undefined) note("KeyId", "The value is sealed with the platform's own key, whatever key is named.");
}

function tierOf(input: PutRequest, before: Tier | undefined): Tier {
  const size = Buffer.byteLength(input.Value);
  if (size > ADVANCED_VALUE_BYTES_MAX) {
    throw validation(`Advanced tier parameters support a maximum parameter value of ${ADVANCED_VALUE_BYTES_MAX} characters.`);
  }
  const asked = input.Tier ?? before ?? "Standard";
  if (asked === "Intelligent-Tiering") return size > STANDARD_VALUE_BYTES_MAX || before === "Advanced" ? "Advanced" : "Standard";
  if (asked === "Standard" && before === "Advanced") {
    throw validation(
      "This parameter uses the advanced-parameter tier. You can't downgrade a parameter from the advanced-parameter tier to the standard-parameter tier. If necessary, you can delete the advanced parameter and recreate it as a standard parameter.",
    );
  }
  if (asked === "Standard" && size > STANDARD_VALUE_BYTES_MAX) {
    throw validation(
      `Standard tier parameters support a maximum parameter value of ${STANDARD_VALUE_BYTES_MAX} characters. To create a larger parameter value, upgrade the parameter to use the advanced-parameter tier. For more information, see https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html`,
    );
  }
  return asked;
}

/** The whole value matches. */
function checkPattern(pattern: string | undefined, value: string): void {
  if (pattern === undefined || pattern === "") return;
  let expression: RegExp;
  try {
    expression = new RegExp(`^(?:${pattern})$`, "us");
  } catch {
    throw invalidPattern(pattern);
  }
  if (!expression.test(value)) throw patternMismatch(pattern);
}

/** Makes room for one more version; a label holds its version fast. */
function forgetOldest(tx: Transaction, key: [string, string, string], kept: readonly Version[]): void {
  const [oldest] = kept;
  if (!oldest || kept.length < VERSIONS_MAX) return;
  if (oldest.labels.length > 0) throw oldestVersionLabelled(key[2], oldest.number);
  versions.delete(tx, [...key, oldest.number]);
}
