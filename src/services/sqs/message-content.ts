// Pure rules of what a message may hold: characters, attributes, sizes, and the digests that clients check. No state, no clock.
import { createHash, hash } from "node:crypto";
import { invalidCharacter, invalidParameter, missingParameter } from "./errors.ts";
import type { StoredAttribute } from "./keys.ts";
import { ATTRIBUTE_NAME_LENGTH_MAX, ATTRIBUTE_TYPE_LENGTH_MAX, MESSAGE_ATTRIBUTES_MAX } from "./limits.ts";

/** A message attribute as a client sends it. */
export interface AttributeInput {
  readonly DataType?: string | undefined;
  readonly StringValue?: string | undefined;
  readonly BinaryValue?: Uint8Array | undefined;
  readonly StringListValues?: readonly string[] | undefined;
  readonly BinaryListValues?: readonly Uint8Array[] | undefined;
}

/** What XML 1.0 cannot carry. */
const FORBIDDEN = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u;
const ATTRIBUTE_NAME = /^[A-Za-z0-9_.-]+$/;
const RESERVED_NAME = /^(aws|amazon)\./i;
const NUMBER = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/;

export function checkBody(body: string): void {
  if (body.length === 0) throw missingParameter("MessageBody");
  const found = FORBIDDEN.exec(body);
  if (found) throw invalidCharacter(found[0].codePointAt(0) ?? 0);
}

export const md5 = (text: string): string => hash("md5", text, "hex");

/** Checks user attributes and keeps what is stored of them; undefined when there are none. */
export function checkAttributes(input: Readonly<Record<string, AttributeInput>> | undefined): Record<string, StoredAttribute> | undefined {
  if (input === undefined) return undefined;
  const names = Object.keys(input);
  if (names.length === 0) return undefined;
  if (names.length > MESSAGE_ATTRIBUTES_MAX) {
    throw invalidParameter(`Number of message attributes [${names.length}] exceeds the allowed maximum [${MESSAGE_ATTRIBUTES_MAX}].`);
  }
  const stored: Record<string, StoredAttribute> = {};
  for (const name of names) {
    checkAttributeName(name);
    stored[name] = checkAttribute(name, input[name] ?? {});
  }
  return stored;
}

function checkAttributeName(name: string): void {
  if (name.length === 0) throw invalidParameter("The request must contain non-empty message attribute name.");
  if (name.length > ATTRIBUTE_NAME_LENGTH_MAX) {
    throw invalidParameter(
      `Length of message attribute name '${name}' [${name.length}] exceeds the allowed maximum [${ATTRIBUTE_NAME_LENGTH_MAX}].`,
    );
  }
  if (RESERVED_NAME.test(name)) {
    throw invalidParameter(
      "You can't use message attribute names beginning with 'AWS.' or 'Amazon.'. These strings are reserved for internal use.",
    );
  }
  if (!ATTRIBUTE_NAME.test(name)) {
    throw invalidParameter(
      `Invalid message attribute name '${name}'. The name can contain only alphanumeric characters and the underscore, hyphen, and period.`,
    );
  }
  if (name.startsWith(".") || name.endsWith(".") || name.includes("..")) {
    throw invalidParameter(
      `Invalid message attribute name '${name}'. The name can't start or end with a period, nor have periods in succession.`,
    );
  }
}

function checkAttribute(name: string, attribute: AttributeInput): StoredAttribute {
  const type = attribute.DataType ?? "";
  if (type.length === 0) throw invalidParameter(`The message attribute '${name}' must contain non-empty message attribute type.`);
  if (type.length > ATTRIBUTE_TYPE_LENGTH_MAX) {
    throw invalidParameter(
      `Length of message attribute type for attribute '${name}' [${type.length}] exceeds the allowed maximum [${ATTRIBUTE_TYPE_LENGTH_MAX}].`,
    );
  }
  const kind = type.split(".", 1)[0];
  if (kind !== "String" && kind !== "Number" && kind !== "Binary") {
    throw invalidParameter(
      `The type of message (user) attribute '${name}' is invalid. You must use only the following supported type prefixes: Binary, Number, String.`,
    );
  }
  if (attribute.StringListValues?.length || attribute.BinaryListValues?.length) {
    throw invalidParameter(`Message (user) attribute '${name}' has list values: they are reserved and not supported.`);
  }
  if (kind === "Binary") {
    if (!attribute.BinaryValue?.length) throw emptyValue(name, "Binary");
    if (attribute.StringValue !== undefined && attribute.StringValue !== "") throw severalValues(name);
    return { DataType: type, BinaryValue: attribute.BinaryValue };
  }
  const value = attribute.StringValue;
  if (!value) throw emptyValue(name, "String");
  if (attribute.BinaryValue?.length) throw severalValues(name);
  const found = FORBIDDEN.exec(value);
  if (found) throw invalidCharacter(found[0].codePointAt(0) ?? 0);
  if (kind === "Number" && !NUMBER.test(value)) {
    throw invalidParameter(`Can't cast the value of message (user) attribute '${name}' to a number.`);
  }
  return { DataType: type, StringValue: value };
}

const emptyValue = (name: string, type: string) =>
  invalidParameter(`Message (user) attribute '${name}' must contain a non-empty value of type '${type}'.`);

const severalValues = (name: string) => invalidParameter(`Message (user) attribute '${name}' must contain only one value.`);

/** The trace header, the one system attribute that a sender may set. */
export function checkSystemAttributes(input: Readonly<Record<string, AttributeInput>> | undefined): string | undefined {
  if (input === undefined) return undefined;
  for (const name of Object.keys(input)) {
    if (name !== "AWSTraceHeader") throw invalidParameter(`Message system attribute name '${name}' is invalid.`);
  }
  const trace = input["AWSTraceHeader"];
  if (trace === undefined) return undefined;
  if (trace.DataType !== "String") {
    throw invalidParameter(
      "The message system attribute 'AWSTraceHeader' has an invalid message attribute type, the set of supported type prefixes is String.",
    );
  }
  if (!trace.StringValue)
    throw invalidParameter("Message (system) attribute 'AWSTraceHeader' must contain a non-empty value of type 'String'.");
  return trace.StringValue;
}

/** Bytes of a message as the quota counts them: body, and names, types and values of its attributes. */
export function messageBytes(body: string, attributes: Readonly<Record<string, StoredAttribute>> | undefined): number {
  let bytes = Buffer.byteLength(body);
  for (const name in attributes) {
    const attribute = attributes[name];
    if (!attribute) continue;
    bytes += Buffer.byteLength(name) + Buffer.byteLength(attribute.DataType);
    bytes += attribute.BinaryValue ? attribute.BinaryValue.length : Buffer.byteLength(attribute.StringValue ?? "");
  }
  return bytes;
}

/** MD5OfMessageAttributes, as the Developer Guide describes it: sorted names; lengths in 4 bytes, big endian; 1 for text, 2 for bytes. */
export function md5OfAttributes(attributes: Readonly<Record<string, StoredAttribute>>): string {
  const digest = createHash("md5");
  const part = (bytes: Uint8Array) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    digest.update(length).update(bytes);
  };
  for (const name of Object.keys(attributes).sort()) {
    const attribute = attributes[name];
    if (!attribute) continue;
    part(Buffer.from(name));
    part(Buffer.from(attribute.DataType));
    if (attribute.BinaryValue) {
      digest.update(Uint8Array.of(2));
      part(attribute.BinaryValue);
    } else {
      digest.update(Uint8Array.of(1));
      part(Buffer.from(attribute.StringValue ?? ""));
    }
  }
  return digest.digest("hex");
}

/** The attributes that `MessageAttributeNames` asks for: names, `All`, `.*`, or a beginning followed by `.*`. */
export function selectAttributes(
  attributes: Readonly<Record<string, StoredAttribute>> | undefined,
  wanted: readonly string[] | undefined,
): Record<string, StoredAttribute> | undefined {
  if (!attributes || !wanted || wanted.length === 0) return undefined;
  const matches = (name: string) =>
    wanted.some((pattern) =>
      pattern === "All" || pattern === ".*" ? true : pattern.endsWith(".*") ? name.startsWith(pattern.slice(0, -2)) : pattern === name,
    );
  const selected = Object.entries(attributes).filter(([name]) => matches(name));
  return selected.length === 0 ? undefined : Object.fromEntries(selected);
}
