// The codecs by tables: what is well-formed comes out typed, what is not is refused with the error that AWS answers.
import assert from "node:assert/strict";
import { test } from "node:test";
import { AwsError } from "../kernel/errors.ts";
import { loadSchema } from "./catalog.ts";
import { decodeCbor, encodeCbor } from "./cbor.ts";
import { createChecksum } from "./checksums.ts";
import { DocumentCodec } from "./document-codec.ts";
import { NESTING_MAX } from "./limits.ts";
import { parseForm, readQueryInput } from "./query-codec.ts";
import type { Shape } from "./schema.ts";
import { formatTimestamp, parseAnyTimestamp, parseTimestamp } from "./timestamp.ts";
import { escapeXml, parseXml, type XmlElement } from "./xml.ts";

const json = new DocumentCodec("json");

async function inputOf(service: string, operation: string): Promise<Shape> {
  const found = (await loadSchema(service)).operations.get(operation);
  assert.ok(found);
  return found.input;
}

function outcome(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    assert.ok(error instanceof AwsError, String(error));
    return `${error.code}: ${error.message}`;
  }
}

for (const [name, document, expected] of [
  ["null members are absent", { TableName: "t", Limit: null }, { TableName: "t" }],
  ["unknown members are ignored", { TableName: "t", Nonsense: {} }, { TableName: "t" }],
  ["a number for a string", { TableName: 5 }, "SerializationException: NUMBER_VALUE can not be converted to a String"],
  ["a boolean for a string", { TableName: true }, "SerializationException: TRUE_VALUE can not be converted to a String"],
  ["a list for a string", { TableName: [] }, "SerializationException: Start of list found where not expected."],
  ["a structure for a string", { TableName: {} }, "SerializationException: Start of structure or map found where not expected."],
  ["a string for a number", { Limit: "5" }, "SerializationException: STRING_VALUE can not be converted to a Number"],
  ["a string for a boolean", { ConsistentRead: "true" }, "SerializationException: STRING_VALUE can not be converted to a Boolean"],
  ["a string for a list", { AttributesToGet: "a" }, "SerializationException: Expected list or null"],
  ["a list for a map", { ExpressionAttributeNames: [] }, "SerializationException: Start of list found where not expected."],
  ["a list for the input", [], "SerializationException: Start of list found where not expected."],
  ["text for the input", "x", "SerializationException: Expected map or null"],
  ["base64 that is none", { ExclusiveStartKey: { a: { B: "%%%%" } } }, "SerializationException: The blob is not valid base64."],
  ["special numbers", { Limit: "NaN" }, { Limit: Number.NaN }],
] as const) {
  test(`JSON: ${name}`, async () => {
    const shape = await inputOf("dynamodb", "Query");
    assert.deepEqual(
      outcome(() => json.read(shape, document)),
      expected,
    );
  });
}

test("JSON: a key named __proto__ is a key", async () => {
  const read = json.read(await inputOf("dynamodb", "Query"), JSON.parse('{"ExpressionAttributeNames":{"__proto__":"x"}}')) as {
    ExpressionAttributeNames: object;
  };
  assert.deepEqual(Object.getOwnPropertyNames(read.ExpressionAttributeNames), ["__proto__"]);
  assert.equal(Object.getPrototypeOf(read.ExpressionAttributeNames), Object.prototype);
});

test("JSON: nesting is bounded", async () => {
  const shape = await inputOf("dynamodb", "PutItem");
  const nest = (levels: number) => {
    let value: unknown = { S: "x" };
    for (let i = 0; i < levels; i++) value = { L: [value] };
    return { TableName: "t", Item: { pk: value } };
  };
  assert.equal(typeof outcome(() => json.read(shape, nest(32))), "object");
  assert.match(String(outcome(() => json.read(shape, nest(NESTING_MAX)))), /SerializationException: The request is nested too deeply/);
});

test("JSON: a union has exactly one member", async () => {
  const shape = await inputOf("dynamodb", "Query");
  const union: Shape = { ...shape, kind: "union", name: "Choice" };
  assert.deepEqual(json.read(union, { TableName: "t" }), { TableName: "t" });
  for (const document of [{}, { TableName: "t", IndexName: "i" }]) {
    assert.equal(
      outcome(() => json.read(union, document)),
      "SerializationException: Unions must have exactly one member set.",
    );
  }
});

for (const [hex, expected] of [
  ["00", 0],
  ["1864", 100],
  ["1a000f4240", 1_000_000],
  ["1b7fffffffffffffff", 9223372036854775807n],
  ["20", -1],
  ["3903e7", -1000],
  ["f93c00", 1],
  ["f90001", 2 ** -24],
  ["f97c00", Number.POSITIVE_INFINITY],
  ["fb3ff199999999999a", 1.1],
  ["f4", false],
  ["f6", null],
  ["c11a514b67b0", new Date(1_363_896_240_000)],
  ["c1fb41d452d9ec200000", new Date(1_363_896_240_500)],
  ["c249010000000000000000", 18446744073709551616n],
  ["4401020304", new Uint8Array([1, 2, 3, 4])],
  ["5f42010243030405ff", new Uint8Array([1, 2, 3, 4, 5])],
  ["62c3bc", "ü"],
  ["7f657374726561646d696e67ff", "streaming"],
  ["83010203", [1, 2, 3]],
  ["9f0102ff", [1, 2]],
  ["a26161016162820203", { a: 1, b: [2, 3] }],
  ["bf6346756ef563416d7421ff", { Fun: true, Amt: -2 }],
] as const) {
  test(`CBOR: ${hex} is ${String(expected)}`, () => assert.deepEqual(decodeCbor(Buffer.from(hex, "hex")), expected));
}

for (const hex of [
  "",
  "18",
  "62c3",
  "83",
  "ff",
  "1c",
  "9f01",
  "a10102",
  "5f01ff",
  "00ff00",
  "c16161",
  "7b7fffffffffffffff",
  `${"81".repeat(NESTING_MAX + 2)}00`,
]) {
  test(`CBOR: ${hex.slice(0, 20) || "nothing"} is refused`, () =>
    assert.match(String(outcome(() => decodeCbor(Buffer.from(hex, "hex")))), /^SerializationException/));
}

test("CBOR: what is written is read again", () => {
  const value = {
    small: 1,
    big: 2 ** 40,
    negative: -(2 ** 33),
    fraction: 0.1,
    zero: -0,
    text: "é".repeat(1000),
    bytes: new Uint8Array(70_000).fill(7),
    when: new Date(1_700_000_000_123),
    list: Array.from({ length: 300 }, (_, i) => i),
    huge: 2n ** 80n,
    nothing: null,
    yes: true,
  };
  assert.deepEqual(decodeCbor(encodeCbor(value)), value);
});

function simple(element: XmlElement): unknown {
  return element.children.length === 0 ? element.text : Object.fromEntries(element.children.map((child) => [child.name, simple(child)]));
}

for (const [name, text, expected] of [
  ["entities and CDATA", "<a>&lt;&amp;&#65;&#x42;&quot;<![CDATA[<x>&amp;]]></a>", '<&AB"<x>&amp;'],
  ["prefixes, comments, declarations", '<?xml version="1.0"?><!-- c --><n:a xmlns:n="u"><n:b>1</n:b><!-- d --></n:a>', { b: "1" }],
  ["an empty element", "<a><b/></a>", { b: "" }],
  ["a > within an attribute", '<a x=">"><b>1</b></a>', { b: "1" }],
] as const) {
  test(`XML: ${name}`, () => assert.deepEqual(simple(parseXml(text)), expected));
}

for (const [name, text] of [
  ["nothing", ""],
  ["text alone", "hello"],
  ["an open element", "<a><b></b>"],
  ["elements that cross", "<a><b></a></b>"],
  ["two roots", "<a/><b/>"],
  ["a document type", '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>'],
  ["an unknown entity", "<a>&nbsp;</a>"],
  ["an ampersand alone", "<a>a & b</a>"],
  ["an attribute without a value", "<a b></a>"],
  ["a character beyond Unicode", "<a>&#x110000;</a>"],
  ["nesting without end", "<a>".repeat(NESTING_MAX + 1)],
] as const) {
  test(`XML: ${name} is refused`, () => assert.match(String(outcome(() => parseXml(text))), /^MalformedXML/));
}

test("XML: what is escaped is read again", () => {
  const text = `<>&"'\r\n\t\u0085\u2028é😀`;
  assert.equal(parseXml(`<a>${escapeXml(text)}</a>`).text, text);
});

for (const [form, expected] of [
  ["QueueUrl=u&MessageBody=b", { QueueUrl: "u", MessageBody: "b" }],
  [
    "QueueUrl=u&MessageAttribute.1.Name=n&MessageAttribute.1.Value.DataType=String&MessageAttribute.1.Value.StringValue=a%2Bb+c",
    { QueueUrl: "u", MessageAttributes: { n: { DataType: "String", StringValue: "a+b c" } } },
  ],
  ["MessageBody=first&MessageBody=second", { MessageBody: "second" }],
  ["DelaySeconds=abc", 'MalformedInput: Invalid value for the parameter DelaySeconds: "abc" is not a number.'],
  [
    "MessageAttribute.1.Name=__proto__&MessageAttribute.1.Value.DataType=String",
    { MessageAttributes: JSON.parse('{"__proto__":{"DataType":"String"}}') },
  ],
] as const) {
  test(`Query: ${form}`, async () => {
    const shape = await inputOf("sqs", "SendMessage");
    assert.deepEqual(
      outcome(() => readQueryInput(shape, parseForm(form), false)),
      expected,
    );
  });
}

test("Query: a list is in the order of its numbers, however they are sent", async () => {
  const shape = await inputOf("cloudformation", "CreateStack");
  const read = readQueryInput(
    shape,
    parseForm("Capabilities.member.10=c&Capabilities.member.2=b&Capabilities.member.1=a&Capabilities.member.x=no"),
    false,
  );
  assert.deepEqual(read["Capabilities"], ["a", "b", "c"]);
});

for (const [text, format, expected] of [
  ["1.5", "epoch", 1500],
  ["2020-01-01T00:00:00Z", "iso", 1_577_836_800_000],
  ["2020-01-01T00:00:00.123Z", "iso", 1_577_836_800_123],
  ["2020-01-01T01:00:00+01:00", "iso", 1_577_836_800_000],
  ["Wed, 01 Jan 2020 00:00:00 GMT", "http", 1_577_836_800_000],
  ["Wed, 01 Jan 2020 00:00:00.5 GMT", "http", 1_577_836_800_500],
  ["2020-01-01T00:00:00Z", "epoch", undefined],
  ["1.5", "iso", undefined],
  ["2020-13-01T00:00:00Z", "iso", undefined],
  ["yesterday", "http", undefined],
] as const) {
  test(`timestamp ${text} as ${format}`, () => {
    const got = outcome(() => parseTimestamp(text, format).getTime());
    if (expected === undefined) assert.match(String(got), /^SerializationException/);
    else assert.equal(got, expected);
  });
}

test("timestamps are written as they are read", () => {
  for (const format of ["epoch", "iso", "http"] as const) {
    for (const ms of [0, 1_700_000_000_000, 1_700_000_000_123])
      assert.equal(parseAnyTimestamp(formatTimestamp(new Date(ms), format)).getTime(), ms, format);
  }
});

/** The check values of each algorithm: its result for the nine digits. */
for (const [algorithm, hex] of [
  ["crc32", "cbf43926"],
  ["crc32c", "e3069283"],
  ["crc64nvme", "ae8b14860a799888"],
  ["sha1", "f7c3bc1d808e04732adf679965ccc34ca7ae3441"],
  ["md5", "25f9e794323b453885f5181f1b624d0b"],
] as const) {
  test(`${algorithm}: whole and in pieces`, () => {
    const whole = createChecksum(algorithm);
    const pieces = createChecksum(algorithm);
    whole?.update(Buffer.from("123456789"));
    for (const digit of "123456789") pieces?.update(Buffer.from(digit));
    assert.equal(Buffer.from(whole?.digest() ?? "", "base64").toString("hex"), hex);
    assert.equal(Buffer.from(pieces?.digest() ?? "", "base64").toString("hex"), hex);
  });
}
