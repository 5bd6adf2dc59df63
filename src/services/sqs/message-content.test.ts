import assert from "node:assert/strict";
import { test } from "node:test";
import { AwsError } from "../../kernel/errors.ts";
import {
  type AttributeInput,
  checkAttributes,
  checkBody,
  checkSystemAttributes,
  md5OfAttributes,
  messageBytes,
  selectAttributes,
} from "./message-content.ts";

const text = (value: string, type = "String"): AttributeInput => ({ DataType: type, StringValue: value });

test("bodies: which characters are allowed", () => {
  const cases: [body: string, refused: string | undefined][] = [
    ["plain", undefined],
    ["tab\t lf\n cr\r", undefined],
    ["é ü 漢 😀", undefined],
    ["\u{D7FF}\u{E000}\u{FFFD}\u{10000}\u{10FFFF}", undefined],
    ["a\u0000", "#x0"],
    ["\u0008", "#x8"],
    ["\u001d", "#x1D"],
    ["\uFFFE", "#xFFFE"],
    ["\uFFFF", "#xFFFF"],
    ["\uD800", "#xD800"],
  ];
  for (const [body, refused] of cases) {
    if (refused === undefined) checkBody(body);
    else {
      assert.throws(
        () => checkBody(body),
        (error) => error instanceof AwsError && error.code === "InvalidMessageContents" && error.message.includes(`'${refused}'`),
      );
    }
  }
  assert.throws(() => checkBody(""), /The request must contain the parameter MessageBody\./);
});

test("attributes: what is refused, and how", () => {
  const many = Object.fromEntries(Array.from({ length: 11 }, (_, i) => [`a${i}`, text("x")]));
  const cases: [input: Record<string, AttributeInput>, message: string][] = [
    [{ a: { DataType: "", StringValue: "x" } }, "The message attribute 'a' must contain non-empty message attribute type."],
    [{ a: text("", "String") }, "Message (user) attribute 'a' must contain a non-empty value of type 'String'."],
    [{ a: { DataType: "Binary" } }, "Message (user) attribute 'a' must contain a non-empty value of type 'Binary'."],
    [
      { a: text("x", "string") },
      "The type of message (user) attribute 'a' is invalid. You must use only the following supported type prefixes: Binary, Number, String.",
    ],
    [{ a: text("12x", "Number") }, "Can't cast the value of message (user) attribute 'a' to a number."],
    [many, "Number of message attributes [11] exceeds the allowed maximum [10]."],
    [{ "": text("x") }, "The request must contain non-empty message attribute name."],
    [
      { "AWS.x": text("x") },
      "You can't use message attribute names beginning with 'AWS.' or 'Amazon.'. These strings are reserved for internal use.",
    ],
    [
      { "a b": text("x") },
      "Invalid message attribute name 'a b'. The name can contain only alphanumeric characters and the underscore, hyphen, and period.",
    ],
    [
      { ".a": text("x") },
      "Invalid message attribute name '.a'. The name can't start or end with a period, nor have periods in succession.",
    ],
  ];
  for (const [input, message] of cases) assert.throws(() => checkAttributes(input), { code: "InvalidParameterValue", message });
  assert.deepEqual(checkAttributes({ n: text("-1.5e3", "Number.float"), s: text("v", "String.label") }), {
    n: { DataType: "Number.float", StringValue: "-1.5e3" },
    s: { DataType: "String.label", StringValue: "v" },
  });
  assert.equal(checkAttributes({}), undefined);
});

test("the trace header is the only system attribute", () => {
  assert.equal(checkSystemAttributes({ AWSTraceHeader: text("Root=1-x") }), "Root=1-x");
  assert.throws(() => checkSystemAttributes({ Other: text("x") }), { code: "InvalidParameterValue" });
  assert.throws(() => checkSystemAttributes({ AWSTraceHeader: text("1", "Number") }), { code: "InvalidParameterValue" });
});

test("digests and sizes", () => {
  const attributes = { b: { DataType: "Binary", BinaryValue: Uint8Array.of(1, 2) }, a: { DataType: "String", StringValue: "x" } };
  assert.equal(md5OfAttributes(attributes), md5OfAttributes({ a: attributes.a, b: attributes.b }));
  assert.equal(md5OfAttributes({ piyo: { DataType: "String", StringValue: "" } }), "4166cc16b73099be3abe8e2b0f544c99");
  assert.equal(messageBytes("é", attributes), 2 + (1 + 6 + 2) + (1 + 6 + 1));
});

test("attributes are selected by name, by beginning, or all", () => {
  const all = {
    "a.b": { DataType: "String", StringValue: "1" },
    "a.c": { DataType: "String", StringValue: "2" },
    d: { DataType: "String", StringValue: "3" },
  };
  const cases: [wanted: string[] | undefined, names: string[] | undefined][] = [
    [undefined, undefined],
    [[], undefined],
    [["All"], ["a.b", "a.c", "d"]],
    [[".*"], ["a.b", "a.c", "d"]],
    [["a.*"], ["a.b", "a.c"]],
    [["d", "zz"], ["d"]],
    [["zz"], undefined],
  ];
  for (const [wanted, names] of cases) {
    const selected = selectAttributes(all, wanted);
    assert.deepEqual(selected && Object.keys(selected), names);
  }
});
