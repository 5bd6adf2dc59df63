import assert from "node:assert/strict";
import { test } from "node:test";
import type { Target } from "./keys.ts";
import { checkTargetInput, targetInput } from "./target-input.ts";

const facts = { ruleArn: "arn:rule", ruleName: "r", ingestionTime: "2026-01-01T00:00:00.000Z" };
const event = { id: "1", detail: { instance: "i-1", state: 'say "hi"', tags: ["a", "b"], n: 5, deep: { x: 1 } } };
const target = (more: Partial<Target>): Target => ({ Id: "t", Arn: "arn:aws:sqs:us-east-1:000000000000:q", ...more });
const transform = (template: string, paths: Record<string, string> = {}) =>
  target({ InputTransformer: { InputTemplate: template, InputPathsMap: paths } });

test("what a target is given", () => {
  const cases: [target: Target, expected: string][] = [
    [target({}), JSON.stringify(event)],
    [target({ Input: '{"a": 1}' }), '{"a": 1}'],
    [target({ InputPath: "$.detail.deep" }), '{"x":1}'],
    [target({ InputPath: "$.detail.tags[1]" }), '"b"'],
    [target({ InputPath: "$" }), JSON.stringify(event)],
    [target({ InputPath: "$.missing.more" }), "null"],
    [
      transform('"<instance> is in state <state>"', { instance: "$.detail.instance", state: "$.detail.state" }),
      '"i-1 is in state say \\"hi\\""',
    ],
    [
      transform('{"i": <instance>, "n": <n>, "t": <tags>}', { instance: "$.detail.instance", n: "$.detail.n", tags: "$.detail.tags" }),
      '{"i": "i-1", "n": 5, "t": ["a","b"]}',
    ],
    [transform('{"text": "all: <deep>"}', { deep: "$.detail.deep" }), '{"text": "all: {\\"x\\":1}"}'],
    [transform('{"m": "<none>", "n": <none>}', { none: "$.detail.none" }), '{"m": "", "n": null}'],
    [transform('{"rule": "<aws.events.rule-name>", "arn": <aws.events.rule-arn>}'), '{"rule": "r", "arn": "arn:rule"}'],
    [
      transform('{"at": <aws.events.event.ingestion-time>, "e": <aws.events.event>}'),
      '{"at": "2026-01-01T00:00:00.000Z", "e": {"id":"1"}}',
    ],
    [transform('{"all": <aws.events.event.json>}'), `{"all": ${JSON.stringify(event)}}`],
    [transform('"a <n>"\n"b"', { n: "$.detail.n" }), '"a 5"\n"b"'],
  ];
  for (const [given, expected] of cases) {
    checkTargetInput(given);
    assert.equal(targetInput(given, JSON.stringify(event), facts), expected);
  }
});

test("inputs that cannot work", () => {
  const cases: [target: Target, message: RegExp][] = [
    [target({ Input: "{}", InputPath: "$" }), /^Only one of Input, InputPath, or InputTransformer must be provided for target t\.$/],
    [target({ Input: "{" }), /^JSON syntax error in input for target t\.$/],
    [target({ InputPath: "detail" }), /^Invalid InputPath for target t\.$/],
    [transform('{"a": <b>'), /InputTemplate/],
    [transform('{"a": <b>}'), /placeholder <b>/],
    [transform("plain <a>", { a: "$.a" }), /^Invalid InputTemplate for target t\.$/],
    [transform('"<a>"', { a: "a" }), /is not a JSON path/],
    [transform('"<aws.x>"', { "aws.x": "$.a" }), /keys cannot start with/],
  ];
  for (const [given, message] of cases) assert.throws(() => checkTargetInput(given), { code: "ValidationException", message });
});
