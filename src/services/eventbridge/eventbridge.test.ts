import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import type { Context } from "../../contract/context.ts";
import type { InputOf } from "../../contract/models.ts";
import type { ServiceEntry } from "../../gateway/dispatch.ts";
import type { Attempt } from "../../jobs/job.ts";
import { AwsError } from "../../kernel/errors.ts";
import { createWorld, type World } from "../../testing/world.ts";
import { eventbridge } from "./service.ts";
import { tick } from "./ticks.ts";

const FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:f";
const QUEUE = "arn:aws:sqs:us-east-1:000000000000:q";
const RULE = "arn:aws:events:us-east-1:000000000000:rule/r";

let world: World;
/** What reached the targets: `HH:MM:SS text`. */
let calls: string[];
let invocations: { input: InputOf<"lambda", "Invoke">; context: Context }[];
let messages: InputOf<"sqs", "SendMessage">[];
let fail: (() => AwsError) | undefined;

const stamp = () => new Date(world.clock.now()).toISOString().slice(11, 19);

/** Stand-ins that note what they are called with. */
const lambda: ServiceEntry = {
  id: "lambda",
  load: async () => ({
    id: "lambda",
    operations: {
      Invoke: async (context: Context, input: InputOf<"lambda", "Invoke">) => {
        calls.push(`${stamp()} lambda`);
        if (fail) throw fail();
        invocations.push({ input, context });
        return { StatusCode: 202 };
      },
    },
  }),
};
const sqs: ServiceEntry = {
  id: "sqs",
  load: async () => ({
    id: "sqs",
    operations: {
      SendMessage: async (_context: Context, input: InputOf<"sqs", "SendMessage">) => {
        calls.push(`${stamp()} sqs`);
        messages.push(input);
        return {};
      },
    },
  }),
};

beforeEach(async (t) => {
  world = await createWorld({ services: [{ id: "eventbridge", load: async () => eventbridge }, lambda, sqs] });
  calls = [];
  invocations = [];
  messages = [];
  fail = undefined;
  if ("after" in t) t.after(() => world.close());
});

const MINUTE_MS = 60_000;
const putRule = (more: Partial<InputOf<"eventbridge", "PutRule">>) => world.call("eventbridge", "PutRule", { Name: "r", ...more });
const putTargets = (...Targets: NonNullable<InputOf<"eventbridge", "PutTargets">["Targets"]>) =>
  world.call("eventbridge", "PutTargets", { Rule: "r", Targets });

test("a rate fires from its creation on, with the documented event", async () => {
  await world.advance(20_000);
  assert.deepEqual(await putRule({ ScheduleExpression: "rate(5 minutes)" }), { RuleArn: RULE });
  await putTargets({ Id: "1", Arn: FUNCTION }, { Id: "2", Arn: QUEUE, Input: '{"k":1}' });
  await world.advance(5 * MINUTE_MS - 1);
  assert.deepEqual(calls, []);
  await world.advance(1);
  assert.deepEqual(calls.sort(), ["00:05:20 lambda", "00:05:20 sqs"]);
  await world.advance(10 * MINUTE_MS);
  assert.equal(calls.length, 6);
  const [first, second] = invocations;
  assert.ok(first && second);
  assert.equal(first.input.FunctionName, FUNCTION);
  assert.equal(first.input.InvocationType, "Event");
  assert.deepEqual(first.context.principal, { account: "000000000000", service: "events.amazonaws.com", sourceArn: RULE });
  const event = (call: typeof first) => JSON.parse(Buffer.from(call.input.Payload ?? "").toString());
  assert.match(event(first).id, /^[0-9a-f-]{36}$/);
  assert.notEqual(event(first).id, event(second).id);
  assert.deepEqual(event(first), {
    version: "0",
    id: event(first).id,
    "detail-type": "Scheduled Event",
    source: "aws.events",
    account: "000000000000",
    time: "2026-01-01T00:05:20Z",
    region: "us-east-1",
    resources: [RULE],
    detail: {},
  });
  assert.deepEqual(messages[0], { QueueUrl: "http://127.0.0.1:4566/000000000000/q", MessageBody: '{"k":1}' });
});

test("cron fires at its minute in UTC; a disabled rule does not; enabling goes on; the same schedule keeps its rhythm", async () => {
  await putRule({ ScheduleExpression: "cron(0/10 0 * * ? *)" });
  await putTargets({ Id: "1", Arn: FUNCTION });
  await world.advance(25 * MINUTE_MS);
  assert.deepEqual(calls, ["00:10:00 lambda", "00:20:00 lambda"]);
  await world.call("eventbridge", "DisableRule", { Name: "r" });
  await world.advance(10 * MINUTE_MS);
  assert.equal(calls.length, 2);
  assert.equal((await world.call("eventbridge", "DescribeRule", { Name: "r" })).State, "DISABLED");
  await world.call("eventbridge", "EnableRule", { Name: "r" });
  await world.advance(10 * MINUTE_MS);
  assert.deepEqual(calls.slice(2), ["00:40:00 lambda"]);
  await putRule({ ScheduleExpression: "rate(3 minutes)" });
  await world.advance(MINUTE_MS);
  await putRule({ ScheduleExpression: "rate(3 minutes)", Description: "changed" });
  await world.advance(5 * MINUTE_MS);
  assert.deepEqual(calls.slice(3), ["00:48:00 lambda", "00:51:00 lambda"]);
  await putRule({ EventPattern: '{"source":["x"]}' });
  await world.advance(60 * MINUTE_MS);
  assert.equal(calls.length, 5);
});

test("a tick missed while the platform was down fires once, then the rhythm goes on", async () => {
  await putRule({ ScheduleExpression: "rate(10 minutes)", State: "DISABLED" });
  await world.call("eventbridge", "EnableRule", { Name: "r" });
  const [record] = await world.platform.storage.snapshot((tx) =>
    import("./keys.ts").then(({ rules }) => rules.scan(tx, ["000000000000", "us-east-1"], { limit: 1 })),
  );
  assert.ok(record);
  const start = world.clock.now();
  const late = { clock: { ...world.clock, now: () => start + 95 * MINUTE_MS } };
  const context = Object.assign(Object.create(world.context("eventbridge")), late);
  const attempt: Attempt = { id: "1", lane: "", number: 1, enqueuedAtMs: start, dueAtMs: start, signal: new AbortController().signal };
  const payload = { account: "000000000000", region: "us-east-1", name: "r", epoch: record.value.epoch, atMs: start + 10 * MINUTE_MS };
  const completion = await tick.run(context, payload, attempt);
  assert.ok(completion?.kind === "again");
  assert.equal(completion.dueAtMs, start + 100 * MINUTE_MS);
  assert.equal(await tick.run(context, { ...payload, epoch: "older" } as typeof payload, attempt), undefined);
});

test("a failing target is tried again with backoff; a hopeless one goes to its dead-letter queue", async () => {
  await putRule({ ScheduleExpression: "rate(1 hour)" });
  await putTargets({
    Id: "1",
    Arn: FUNCTION,
    DeadLetterConfig: { Arn: QUEUE },
    RetryPolicy: { MaximumRetryAttempts: 2, MaximumEventAgeInSeconds: 3600 },
  });
  fail = () => new AwsError("TooManyRequestsException", "Rate Exceeded.", { status: 429 });
  await world.advance(61 * MINUTE_MS);
  assert.deepEqual(
    calls.map((call) => call.slice(9)),
    ["lambda", "lambda", "lambda", "sqs"],
  );
  const [letter] = messages;
  assert.equal(JSON.parse(letter?.MessageBody ?? "").source, "aws.events");
  const attributes = Object.fromEntries(Object.entries(letter?.MessageAttributes ?? {}).map(([name, value]) => [name, value.StringValue]));
  assert.deepEqual(attributes, {
    RULE_ARN: RULE,
    TARGET_ARN: FUNCTION,
    ERROR_CODE: "TooManyRequestsException",
    ERROR_MESSAGE: "Rate Exceeded.",
    EXHAUSTED_RETRY_CONDITION: "MaximumRetryAttempts",
    RETRY_ATTEMPTS: "2",
  });
  fail = () => new AwsError("ResourceNotFoundException", "Function not found");
  calls = [];
  await world.advance(60 * MINUTE_MS);
  assert.deepEqual(
    calls.map((call) => call.slice(9)),
    ["lambda", "sqs"],
  );
});

test("what is refused", async () => {
  await putRule({ ScheduleExpression: "rate(1 hour)" });
  const many = (count: number) => Array.from({ length: count }, (_, i) => ({ Id: `t${i}`, Arn: QUEUE }));
  const cases: [work: () => Promise<unknown>, code: string, message: RegExp][] = [
    [() => putRule({ ScheduleExpression: "rate(1 hours)" }), "ValidationException", /^Parameter ScheduleExpression is not valid\.$/],
    [() => putRule({ ScheduleExpression: "cron(0 10 * * * *)" }), "ValidationException", /^Parameter ScheduleExpression is not valid\.$/],
    [() => putRule({}), "ValidationException", /^Parameter\(s\) EventPattern or ScheduleExpression must be specified\.$/],
    [() => putRule({ EventPattern: "{" }), "InvalidEventPatternException", /^Event pattern is not valid\. Reason: /],
    [
      () => putRule({ EventBusName: "other", EventPattern: '{"a":["b"]}' }),
      "ResourceNotFoundException",
      /^Event bus other does not exist\.$/,
    ],
    [
      () => world.call("eventbridge", "DescribeRule", { Name: "x" }),
      "ResourceNotFoundException",
      /^Rule x does not exist on EventBus default\.$/,
    ],
    [() => putTargets({ Id: "1", Arn: "nope" }), "ValidationException", /Provided Arn is not in correct format/],
    [
      () => putTargets({ Id: "1", Arn: "arn:aws:sns:us-east-1:000000000000:t" }),
      "ValidationException",
      /targets of sns are not supported by Hearth yet/,
    ],
    [() => putTargets({ Id: "1", Arn: `${QUEUE}.fifo` }), "ValidationException", /FIFO/],
    [() => putTargets({ Id: "1", Arn: QUEUE, EcsParameters: { TaskDefinitionArn: "x" } }), "ValidationException", /EcsParameters/],
    [() => putTargets(...many(6)), "LimitExceededException", /maximum number allowed/],
  ];
  for (const [work, code, message] of cases) await assert.rejects(work, { code, message });
  await putTargets(...many(5));
  await assert.rejects(world.call("eventbridge", "DeleteRule", { Name: "r" }), {
    code: "ValidationException",
    message: "Rule can't be deleted since it has targets.",
  });
  const removed = await world.call("eventbridge", "RemoveTargets", { Rule: "r", Ids: ["t0", "t1", "t2", "t3", "t4", "t9"] });
  assert.equal(removed.FailedEntryCount, 1);
  await world.call("eventbridge", "DeleteRule", { Name: "r" });
  await world.call("eventbridge", "DeleteRule", { Name: "r" });
  await world.advance(3 * 60 * MINUTE_MS);
  assert.deepEqual(calls, []);
});

test("lists, in pages; tags", async () => {
  for (const name of ["a1", "a2", "b1"]) {
    await putRule({ Name: name, EventPattern: '{"source":["x"]}', Tags: [{ Key: "k", Value: name }] });
    await world.call("eventbridge", "PutTargets", { Rule: name, Targets: [{ Id: "1", Arn: name === "a2" ? FUNCTION : QUEUE }] });
  }
  const first = await world.call("eventbridge", "ListRules", { Limit: 2 });
  assert.deepEqual(
    first.Rules?.map((rule) => rule?.Name),
    ["a1", "a2"],
  );
  const second = await world.call("eventbridge", "ListRules", { NextToken: first.NextToken ?? "" });
  assert.deepEqual(
    second.Rules?.map((rule) => rule?.Name),
    ["b1"],
  );
  assert.deepEqual((await world.call("eventbridge", "ListRules", { NamePrefix: "a" })).Rules?.length, 2);
  assert.deepEqual((await world.call("eventbridge", "ListRuleNamesByTarget", { TargetArn: QUEUE })).RuleNames, ["a1", "b1"]);
  assert.deepEqual((await world.call("eventbridge", "ListTargetsByRule", { Rule: "a2" })).Targets, [{ Id: "1", Arn: FUNCTION }]);
  const ResourceARN = "arn:aws:events:us-east-1:000000000000:rule/a1";
  await world.call("eventbridge", "TagResource", { ResourceARN, Tags: [{ Key: "l", Value: "2" }] });
  await world.call("eventbridge", "UntagResource", { ResourceARN, TagKeys: ["k"] });
  assert.deepEqual(await world.call("eventbridge", "ListTagsForResource", { ResourceARN }), { Tags: [{ Key: "l", Value: "2" }] });
  const bus = { Name: "default", Arn: "arn:aws:events:us-east-1:000000000000:event-bus/default" };
  assert.deepEqual(await world.call("eventbridge", "DescribeEventBus", {}), bus);
  assert.deepEqual(await world.call("eventbridge", "ListEventBuses", {}), { EventBuses: [bus] });
});

test("PutEvents reaches the targets of matching rules, and refuses entries one by one", async () => {
  await putRule({ EventPattern: '{"source":["shop"],"detail":{"total":[{"numeric":[">",10]}]}}' });
  await putTargets({ Id: "1", Arn: QUEUE, InputPath: "$.detail" });
  const entry = { Source: "shop", DetailType: "Order", Detail: '{"total":11}' };
  const answer = await world.call("eventbridge", "PutEvents", {
    Entries: [
      entry,
      { ...entry, Detail: '{"total":10}' },
      { ...entry, Source: undefined },
      { ...entry, Detail: "[1]" },
      { ...entry, Source: "aws.s3" },
      { ...entry, EventBusName: "other" },
    ],
  });
  assert.equal(answer.FailedEntryCount, 4);
  assert.deepEqual(
    answer.Entries?.map((result) => result?.ErrorCode),
    [undefined, undefined, "InvalidArgument", "MalformedDetail", "NotAuthorizedForSourceException", "ResourceNotFoundException"],
  );
  await world.advance(1_000);
  assert.deepEqual(
    messages.map(({ MessageBody }) => MessageBody),
    ['{"total":11}'],
  );
  await assert.rejects(world.call("eventbridge", "PutEvents", { Entries: Array.from({ length: 11 }, () => entry) }), {
    code: "ValidationException",
  });
  const Event = JSON.stringify({
    id: "1",
    account: "0",
    source: "shop",
    time: "x",
    region: "r",
    resources: [],
    "detail-type": "Order",
    detail: {},
  });
  assert.deepEqual(await world.call("eventbridge", "TestEventPattern", { Event, EventPattern: '{"source":["shop"]}' }), { Result: true });
});
