import assert from "node:assert/strict";
import { test } from "node:test";
import { DocumentError, type Json, Positions, parseDocument } from "./document.ts";
import { checkDynamicReferences, resolveDynamicReferences } from "./dynamic-references.ts";
import { parameterTexts, parameterValues } from "./parameters.ts";
import { checkReferences, dependencies } from "./references.ts";
import { readTemplate } from "./template.ts";

const thing = "Resources: {A: {Type: T}}";

test("a template that is not one is refused in CloudFormation's words", () => {
  const cases: [string, string | RegExp][] = [
    ["just text", "Template format error: unsupported structure."],
    ["a: [", /^Template format error: YAML not well-formed\. \(line 1, column \d+\)$/],
    ['{"Resources": {', /^Template format error: JSON not well-formed\. \(line 1, column \d+\)$/],
    ["Resources: {}", "Template format error: At least one Resources member must be defined."],
    [`Foo: 1\nBar: 2\n${thing}`, "Invalid template property or properties [Foo, Bar]"],
    ["Resources: {A: {Properties: {}}}", "Template format error: [/Resources/A] Every Resources object must contain a Type member."],
    ["Resources: {A: {Type: T, Foo: 1}}", "Invalid template resource property 'Foo'"],
    ["Resources: {a-b: {Type: T}}", "Template format error: Resource name a-b is non alphanumeric."],
    [
      "Resources: {A: {Type: T, Properties: {X: null}}}",
      "Template format error: [/Resources/A/Properties/X] 'null' values are not allowed in templates",
    ],
    [
      `Transform: AWS::Serverless-2016-10-31\n${thing}`,
      "Template format error: the transform AWS::Serverless-2016-10-31 is not supported by Hearth.",
    ],
    ["Resources: {A: {Type: T, DeletionPolicy: Snapshot}}", /Snapshot is not supported by Hearth/],
    ["Resources: {A: {Type: T, DeletionPolicy: Keep}}", "Template format error: Unrecognized DeletionPolicy Keep for resource A"],
    [`Parameters: {P: {}}\n${thing}`, "Template format error: Every Parameters object must contain a Type member."],
    [`Parameters: {P: {Type: Strin}}\n${thing}`, "Template format error: Unrecognized parameter type: Strin"],
    [`Outputs: {O: {Description: x}}\n${thing}`, "Template format error: Every Outputs member must contain a Value object"],
    [`AWSTemplateFormatVersion: 2010\n${thing}`, "Template format error: Unsupported template version: 2010."],
    ["Resources: {A: {Type: T, Properties: {X: !Nope 1}}}", /unknown tag !Nope/],
  ];
  for (const [text, message] of cases) assert.throws(() => readTemplate(text), { code: "ValidationError", message }, text);
  const many = Array.from({ length: 501 }, (_, i) => `  R${i}: {Type: T}`).join("\n");
  assert.throws(() => readTemplate(`Resources:\n${many}`), /Number of resources, 501, is greater than maximum allowed, 500/);
});

test("positions are those of keys and items, through anchors and merges", () => {
  const positions = new Positions();
  const value = parseDocument("a: &x\n  k: 1\nb:\n  <<: *x\n  l:\n    - one\n    - !Ref two\n", { file: "f.yml", positions });
  assert.deepEqual(value, { a: { k: 1 }, b: { l: ["one", { Ref: "two" }], k: 1 } });
  const b = (value as Record<string, Record<string, Json>>)["b"] ?? {};
  assert.deepEqual(positions.of(b, "l"), { file: "f.yml", line: 5, column: 3 });
  assert.deepEqual(positions.of(b, "k"), { file: "f.yml", line: 2, column: 3 });
  assert.deepEqual(positions.of(b["l"] as Json[], 1), { file: "f.yml", line: 7, column: 12 });
  assert.throws(
    () => parseDocument("a: 1\na: 2", { file: "f.yml", positions }),
    (error) => error instanceof DocumentError && error.position.line === 2,
  );
  const bomb = [
    "a: &a [x, x, x, x, x, x, x, x, x, x]",
    ..."bcdefgh".split("").map((c, i) => `${c}: &${c} [${Array(10).fill(`*${"abcdefgh"[i]}`)}]`),
  ];
  assert.throws(() => parseDocument(bomb.join("\n"), { file: "f.yml", positions }), /more than 500000 values/);
});

test("references are checked by name, and order resources", () => {
  const check = (text: string) => checkReferences(readTemplate(text));
  const cases: [string, string][] = [
    ["Resources: {A: {Type: T, Properties: {X: !GetAtt B.Arn}}}", "Template error: instance of Fn::GetAtt references undefined resource B"],
    [
      "Resources: {A: {Type: T, Properties: {X: !Sub '${B.Arn}'}}}",
      "Template error: instance of Fn::GetAtt references undefined resource B",
    ],
    [
      "Resources: {A: {Type: T, DependsOn: B}}",
      "Template format error: Unresolved resource dependencies [B] in the Resources block of the template",
    ],
    [
      `${thing}\nOutputs: {O: {Value: !Ref B}}`,
      "Template format error: Unresolved resource dependencies [B] in the Outputs block of the template",
    ],
    [
      "Resources: {A: {Type: T, Condition: C}}",
      "Template format error: Unresolved condition dependency C in the Resources block of the template",
    ],
    [
      `Conditions: {C: !Equals [!Ref A, 1]}\n${thing}`,
      "Template format error: Unresolved dependencies [A]. Cannot reference resources in the Conditions block of the template",
    ],
  ];
  for (const [text, message] of cases) assert.throws(() => check(text), { message }, text);
  const template = readTemplate(`
Conditions: {C: !Equals [1, 2]}
Resources:
  A: {Type: T, DependsOn: [D], Properties: {X: !If [C, !Ref Off, !Sub '\${B}']}}
  B: {Type: T, Properties: {X: {Y: [!GetAtt D.Arn]}}}
  D: {Type: T}
  Off: {Type: T, Condition: C, Properties: {X: !Ref A}}
`);
  checkReferences(template);
  assert.deepEqual(
    [...dependencies(template, { C: false })],
    [
      ["A", ["B", "D"]],
      ["B", ["D"]],
      ["D", []],
    ],
  );
  assert.throws(() => dependencies(template, { C: true }), { message: "Circular dependency between resources: [A, Off]" });
});

test("parameters take defaults, previous and given values, and keep their constraints", () => {
  const template = readTemplate(`
Parameters:
  S: {Type: String, Default: abc, AllowedPattern: "[a-z]+", MinLength: 2, MaxLength: 4}
  N: {Type: Number, Default: 5, MinValue: 1, MaxValue: 10}
  L: {Type: CommaDelimitedList, Default: "a, b"}
  E: {Type: String, Default: x, AllowedValues: [x, y]}
  P: {Type: AWS::SSM::Parameter::Value<List<String>>, Default: /p}
  C: {Type: String, Default: ok, AllowedValues: [ok], ConstraintDescription: be ok}
${thing}`);
  const texts = parameterTexts(
    template,
    [
      { key: "S", value: "xyz" },
      { key: "N", usePrevious: true },
    ],
    { N: "7" },
  );
  assert.deepEqual(texts, { S: "xyz", N: "7", L: "a, b", E: "x", P: "/p", C: "ok" });
  assert.deepEqual(parameterValues(template, texts, { P: "1,2" })["P"], ["1", "2"]);
  assert.deepEqual(parameterValues(template, texts, {})["L"], ["a", "b"]);
  const cases: [string, string, string][] = [
    ["S", "ABC", "Parameter 'S' must match pattern [a-z]+"],
    ["S", "a", "Parameter 'S' must contain at least 2 characters"],
    ["S", "abcde", "Parameter 'S' must contain at most 4 characters"],
    ["N", "x", "Parameter 'N' must be a number."],
    ["N", "0", "Parameter 'N' must be a number not less than 1"],
    ["N", "11", "Parameter 'N' must be a number not greater than 10"],
    ["E", "z", "Parameter 'E' must be one of AllowedValues"],
    ["C", "no", "Parameter C failed to satisfy constraint: be ok"],
    ["Nobody", "1", "Parameters: [Nobody] do not exist in the template"],
  ];
  for (const [key, value, message] of cases)
    assert.throws(() => parameterTexts(template, [{ key, value }]), { code: "ValidationError", message });
});

test("dynamic references are replaced within texts, and other stores refused by name", async () => {
  const read = async (name: string, secure: boolean) => `${name}${secure ? "!" : ""}`;
  const value = { a: "x-{{resolve:ssm:/p:3}}-{{resolve:ssm-secure:/s}}", b: ["{{resolve:ssm:/p:3}}"], c: 5 };
  assert.deepEqual(await resolveDynamicReferences(value, read), { a: "x-/p:3-/s!", b: ["/p:3"], c: 5 });
  assert.throws(() => checkDynamicReferences({ a: "{{resolve:secretsmanager:x}}" }), /secretsmanager is not there/);
});
