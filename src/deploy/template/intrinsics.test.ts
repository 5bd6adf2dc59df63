import assert from "node:assert/strict";
import { test } from "node:test";
import { type Json, Positions, parseDocument } from "./document.ts";
import { evaluateConditions, resolve } from "./intrinsics.ts";
import { pseudoParameters } from "./parameters.ts";
import { checkTemplate, type Template } from "./template.ts";

const pseudo = pseudoParameters({
  account: "123456789012",
  region: "eu-west-1",
  stackId: "arn:stack",
  stackName: "app",
  notificationArns: ["arn:topic"],
});

function yaml(text: string): Json {
  return parseDocument(text, { file: "t.yml", positions: new Positions() });
}

const base: Template = checkTemplate(
  yaml(`
Transform: AWS::LanguageExtensions
Parameters:
  Env: {Type: String, Default: prod}
Mappings:
  Sizes:
    prod: {memory: 512, zones: [a, b]}
    "123456789012": {memory: 1}
Conditions:
  IsProd: !Equals [!Ref Env, prod]
  IsDev: !Not [!Condition IsProd]
  Either: !Or [!Condition IsDev, !Equals [!Ref "AWS::Region", eu-west-1]]
  Both: !And [!Condition IsProd, !Condition Either]
Resources:
  A: {Type: "Test::Thing"}
`),
);

function run(text: string, template = base): Json | undefined {
  const parameters: Record<string, Json> = { Env: "prod", List: ["x", "y"] };
  return resolve(yaml(text), {
    template,
    parameters,
    pseudo,
    conditions: evaluateConditions(template, parameters, pseudo),
    ref: (id) => (id === "A" ? "a-id" : undefined),
    attribute: (id, name) => (id === "A" && name === "Arn" ? "a-arn" : id === "A" && name === "Nested.Value" ? "deep" : undefined),
    exportValue: (name) => (name === "shared" ? "exported" : undefined),
  });
}

test("intrinsic functions give what CloudFormation gives", () => {
  const cases: [string, Json | undefined][] = [
    ["!Ref A", "a-id"],
    ["!Ref Env", "prod"],
    ["!Ref List", ["x", "y"]],
    ["!Ref AWS::Region", "eu-west-1"],
    ["!Ref AWS::NotificationARNs", ["arn:topic"]],
    ["!Ref AWS::NoValue", undefined],
    ["{a: 1, b: !Ref AWS::NoValue, c: [1, !Ref AWS::NoValue, 2]}", { a: 1, c: [1, 2] }],
    ["!GetAtt A.Arn", "a-arn"],
    ["!GetAtt [A, Arn]", "a-arn"],
    ["!GetAtt A.Nested.Value", "deep"],
    ['Fn::GetAtt: [A, "Arn"]', "a-arn"],
    ["!Sub 'x-${A}-${A.Arn}-${Env}-${AWS::AccountId}'", "x-a-id-a-arn-prod-123456789012"],
    ["!Sub '${!Literal} $ {A} ${ A }'", "${Literal} $ {A} a-id"],
    ["!Sub ['${X}/${Env}', {X: !Ref A}]", "a-id/prod"],
    ["!Sub ['${X}', {X: 5}]", "5"],
    ["!Join ['-', [a, !Ref A, 3]]", "a-a-id-3"],
    ["!Join ['', []]", ""],
    ["!Join [',', !Ref List]", "x,y"],
    ["!Join ['-', [a, !Ref AWS::NoValue, b]]", "a-b"],
    ["!Select [1, [a, b, c]]", "b"],
    ["!Select ['0', !Split [',', 'p,q']]", "p"],
    ["!Split ['/', 'a/b//c']", ["a", "b", "", "c"]],
    ["!If [IsProd, yes-it-is, no]", "yes-it-is"],
    ["!If [IsDev, !GetAtt Nobody.Arn, no]", "no"],
    ["{p: !If [IsDev, 1, !Ref AWS::NoValue]}", {}],
    ["!If [Both, 1, 2]", 1],
    ["!FindInMap [Sizes, !Ref Env, memory]", 512],
    ["!FindInMap [Sizes, prod, zones]", ["a", "b"]],
    ["!FindInMap [Sizes, !Ref AWS::AccountId, memory]", 1],
    ["!FindInMap [Sizes, other, memory, {DefaultValue: 7}]", 7],
    ["!ImportValue shared", "exported"],
    ["!Base64 'héllo'", "aMOpbGxv"],
    ["!Cidr ['10.0.0.0/16', 3, 8]", ["10.0.0.0/24", "10.0.1.0/24", "10.0.2.0/24"]],
    ["!Cidr ['10.0.1.77/24', 2, 4]", ["10.0.1.0/28", "10.0.1.16/28"]],
    ["!Cidr ['2001:db8::/56', 2, 64]", ["2001:db8::/64", "2001:db8:0:1::/64"]],
    ["!GetAZs ''", ["eu-west-1a", "eu-west-1b", "eu-west-1c"]],
    ["!GetAZs us-east-2", ["us-east-2a", "us-east-2b", "us-east-2c"]],
    ["!Length [1, 2, 3]", 3],
    ["!ToJsonString {a: !Ref A}", '{"a":"a-id"}'],
    ["{Condition: {StringEquals: {x: y}}}", { Condition: { StringEquals: { x: "y" } } }],
    ["012345678901", "012345678901"],
    ["12345678901234567890", "12345678901234567890"],
    ["2012-10-17", "2012-10-17"],
  ];
  for (const [text, expected] of cases) assert.deepEqual(run(text), expected, text);
});

test("a wrong use of a function says which and how", () => {
  const cases: [string, RegExp][] = [
    ["!Ref Nobody", /Unresolved resource dependencies \[Nobody\] in the Resources block of the template/],
    ["!GetAtt A.Nothing", /resource A does not support attribute type Nothing in Fn::GetAtt/],
    ["!GetAtt A", /every Fn::GetAtt object requires two non-empty parameters/],
    ["!Join [a]", /every Fn::Join object requires two parameters/],
    ["!Split [',']", /every Fn::Split object requires two parameters/],
    ["!Select [5, [a]]", /Fn::Select cannot select nonexistent value at index 5/],
    ["!Select [x, [a]]", /Fn::Select requires a list argument with two elements/],
    ["!FindInMap [Sizes, nope, memory]", /Unable to get mapping for Sizes::nope::memory/],
    ["!Sub '${a b}'", /variable names in Fn::Sub syntax must contain only/],
    ["!Sub [1]", /One or more Fn::Sub intrinsic functions don't specify expected arguments/],
    ["!ImportValue nobody", /No export named nobody found\./],
    ["!Cidr ['10.0.0.0/30', 9, 1]", /Fn::Cidr/],
    ["!Cidr ['nonsense', 1, 1]", /Fn::Cidr can't be calculated/],
    ["Fn::Transform: {Name: AWS::Include}", /Fn::Transform is not supported by Hearth/],
    ["!If [Nope, 1, 2]", /Unresolved condition dependency Nope/],
    ["!Equals [1, 1]", /may stand in Conditions only/],
    ["{Ref: A, 'Fn::Sub': x}", /must be the only key/],
  ];
  for (const [text, message] of cases) assert.throws(() => run(text), { code: "ValidationError", message }, text);
  const plain = checkTemplate(yaml("Resources: {A: {Type: T}}"));
  assert.throws(() => run("!Length [1]", plain), /needs the transform AWS::LanguageExtensions/);
});

test("conditions are evaluated once, in any order, and circles are told", () => {
  const template = (conditions: string) => checkTemplate(yaml(`Conditions: ${conditions}\nResources: {A: {Type: T}}`));
  assert.deepEqual(evaluateConditions(base, { Env: "dev" }, pseudo), { IsProd: false, IsDev: true, Either: true, Both: false });
  assert.throws(
    () => evaluateConditions(template("{A: !Condition B, B: !Condition A}"), {}, pseudo),
    /Circular dependency between conditions/,
  );
  assert.throws(() => evaluateConditions(template("{A: !Not []}"), {}, pseudo), /every Fn::Not object requires one boolean parameter/);
  assert.throws(() => evaluateConditions(template("{A: !And [!Condition A]}"), {}, pseudo), /at least 2 and at most 10/);
  assert.throws(() => evaluateConditions(template("{A: !Equals [1]}"), {}, pseudo), /requires a list of 2 string parameters/);
});
