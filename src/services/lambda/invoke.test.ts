import assert from "node:assert/strict";
import { test } from "node:test";
import { AwsError } from "../../kernel/errors.ts";
import { settle } from "../../kernel/virtual-clock.ts";
import { lambdaWorld, QUEUE_ARN, QUEUE_URL } from "../../testing/lambda-world.ts";

const THROTTLE = new AwsError("TooManyRequestsException", "Rate Exceeded.", { status: 429 });

test("a synchronous invocation", async () => {
  const world = await lambdaWorld();
  await world.create("f", { Environment: { Variables: { AB: "1" } }, Timeout: 7 });
  world.answers((event) => ({ got: event }));
  const input = {
    FunctionName: "f",
    Payload: Buffer.from('{"a":1}'),
    LogType: "Tail" as const,
    ClientContext: Buffer.from('{"c":1}').toString("base64"),
  };
  const answer = await world.call("lambda", "Invoke", input);
  assert.equal(answer.StatusCode, 200);
  assert.equal(answer.ExecutedVersion, "$LATEST");
  assert.equal(answer.FunctionError, undefined);
  assert.deepEqual(JSON.parse(Buffer.from(answer.Payload ?? []).toString()), { got: { a: 1 } });
  assert.match(Buffer.from(answer.LogResult ?? "", "base64").toString(), /^START RequestId/);
  const [request] = world.requests;
  assert.equal(request?.clientContext, '{"c":1}');
  assert.equal(request?.function.timeoutMs, 7_000);
  assert.deepEqual(request?.function.environment, { AB: "1" });
  assert.equal(request?.function.logGroup, "/aws/lambda/f");
  world.answers(() => {
    throw new Error("no");
  });
  assert.equal((await world.call("lambda", "Invoke", { FunctionName: "f" })).FunctionError, "Unhandled");
  assert.deepEqual(world.events()[1], {}, "no payload is an empty object");
  await world.close();
});

test("what is refused of an invocation", async () => {
  const world = await lambdaWorld();
  await world.create("f");
  const invoke = (input: object) => world.call("lambda", "Invoke", { FunctionName: "f", ...input });
  await assert.rejects(invoke({ Payload: Buffer.from("{") }), {
    code: "InvalidRequestContentException",
    message: /^Could not parse request body into json: /,
  });
  const large = Buffer.from(JSON.stringify("x".repeat(6_291_455)));
  await assert.rejects(invoke({ Payload: large }), {
    code: "RequestTooLargeException",
    status: 413,
    message: "Request must be smaller than 6291456 bytes for the InvokeFunction operation",
  });
  const tooLargeForEvents = Buffer.from(JSON.stringify("x".repeat(1_048_575)));
  await assert.rejects(invoke({ Payload: tooLargeForEvents, InvocationType: "Event" }), { code: "RequestTooLargeException" });
  assert.equal((await invoke({ Payload: tooLargeForEvents })).StatusCode, 200);
  assert.equal((await invoke({ InvocationType: "DryRun" })).StatusCode, 204);
  assert.equal(world.requests.length, 1);
  await world.close();
});

test("reserved concurrency", async () => {
  const world = await lambdaWorld();
  await world.create("f");
  await world.create("g");
  const put = (name: string, reserved: number) =>
    world.call("lambda", "PutFunctionConcurrency", { FunctionName: name, ReservedConcurrentExecutions: reserved });
  const throttled = {
    code: "TooManyRequestsException",
    fields: { Reason: "ReservedFunctionConcurrentInvocationLimitExceeded", Type: "User" },
  };
  await put("f", 0);
  await assert.rejects(world.call("lambda", "Invoke", { FunctionName: "f" }), throttled);
  await put("f", 1);
  const gate = Promise.withResolvers<void>();
  world.answers(() => gate.promise);
  const running = world.call("lambda", "Invoke", { FunctionName: "f" });
  await settle();
  await assert.rejects(world.call("lambda", "Invoke", { FunctionName: "f" }), throttled);
  gate.resolve();
  await running;
  assert.equal((await world.call("lambda", "Invoke", { FunctionName: "f" })).StatusCode, 200);
  await put("f", 600);
  await assert.rejects(put("g", 301), { code: "InvalidParameterValueException", message: /below its minimum value of \[100\]/ });
  await put("g", 300);
  const { AccountLimit: limit } = await world.call("lambda", "GetAccountSettings", {});
  assert.deepEqual([limit?.ConcurrentExecutions, limit?.UnreservedConcurrentExecutions], [1_000, 100]);
  await world.call("lambda", "DeleteFunctionConcurrency", { FunctionName: "g" });
  assert.deepEqual(await world.call("lambda", "GetFunctionConcurrency", { FunctionName: "g" }), {});
  await world.close();
});

test("an asynchronous invocation is repeated after one and two minutes, under one request id", async () => {
  const world = await lambdaWorld();
  await world.create("f");
  world.answers(() => {
    throw new Error("always");
  });
  const answer = await world.call("lambda", "Invoke", { FunctionName: "f", InvocationType: "Event", Payload: Buffer.from('{"n":1}') });
  assert.equal(answer.StatusCode, 202);
  const counts: number[] = [];
  for (const ms of [1_000, 58_000, 2_000, 118_000, 3_000, 600_000]) {
    await world.advance(ms);
    counts.push(world.requests.length);
  }
  assert.deepEqual(counts, [1, 1, 2, 2, 3, 3]);
  assert.equal(new Set(world.requests.map(({ requestId }) => requestId)).size, 1);
  assert.deepEqual(world.events(), [{ n: 1 }, { n: 1 }, { n: 1 }]);
  await world.close();
});

test("retries and age of events are as configured", async () => {
  const world = await lambdaWorld();
  await world.create("f");
  const put = (settings: object) => world.call("lambda", "PutFunctionEventInvokeConfig", { FunctionName: "f", ...settings });
  const send = () => world.call("lambda", "Invoke", { FunctionName: "f", InvocationType: "Event" });
  world.answers(() => {
    throw new Error("always");
  });
  await put({ MaximumRetryAttempts: 0 });
  await send();
  await world.advance(600_000);
  assert.equal(world.requests.length, 1);
  await put({ MaximumRetryAttempts: 2, MaximumEventAgeInSeconds: 100 });
  await send();
  await world.advance(600_000);
  assert.equal(world.requests.length, 3, "the third attempt would be too old");
  const got = await world.call("lambda", "UpdateFunctionEventInvokeConfig", { FunctionName: "f", MaximumRetryAttempts: 1 });
  assert.deepEqual([got.MaximumRetryAttempts, got.MaximumEventAgeInSeconds], [1, 100]);
  await world.call("lambda", "DeleteFunctionEventInvokeConfig", { FunctionName: "f" });
  await assert.rejects(world.call("lambda", "GetFunctionEventInvokeConfig", { FunctionName: "f" }), {
    code: "ResourceNotFoundException",
    message: /doesn't have an EventInvokeConfig$/,
  });
  await assert.rejects(put({ DestinationConfig: { OnFailure: { Destination: "arn:aws:sns:us-east-1:000000000000:t" } } }), {
    code: "InvalidParameterValueException",
  });
  await world.close();
});

test("a throttled event waits for hours and is not counted as failed", async () => {
  const world = await lambdaWorld();
  await world.create("f");
  let throttles = 12;
  world.answers(() => {
    if (throttles-- > 0) throw THROTTLE;
    return "done";
  });
  await world.call("lambda", "Invoke", { FunctionName: "f", InvocationType: "Event" });
  await world.advance(3_600_000);
  assert.equal(world.requests.length, 13);
  throttles = Number.POSITIVE_INFINITY;
  await world.call("lambda", "Invoke", { FunctionName: "f", InvocationType: "Event" });
  await world.advance(6 * 3_600_000);
  const given = world.requests.length;
  await world.advance(3_600_000);
  assert.equal(world.requests.length, given, "given up after six hours");
  await world.close();
});

test("a large event goes by the blob store", async () => {
  const world = await lambdaWorld();
  await world.create("f");
  const text = "x".repeat(900_000);
  await world.call("lambda", "Invoke", { FunctionName: "f", InvocationType: "Event", Payload: Buffer.from(JSON.stringify(text)) });
  await world.advance(1_000);
  assert.deepEqual(world.events(), [text]);
  await world.close();
});

test("destinations and dead letters", async () => {
  const world = await lambdaWorld();
  await world.call("sqs", "CreateQueue", { QueueName: "work" });
  await world.create("f", { DeadLetterConfig: { TargetArn: QUEUE_ARN } });
  await world.call("lambda", "PutFunctionEventInvokeConfig", {
    FunctionName: "f",
    MaximumRetryAttempts: 0,
    DestinationConfig: { OnSuccess: { Destination: QUEUE_ARN }, OnFailure: { Destination: QUEUE_ARN } },
  });
  const receive = async () => {
    const { Messages: messages } = await world.call("sqs", "ReceiveMessage", {
      QueueUrl: QUEUE_URL,
      MaxNumberOfMessages: 10,
      MessageAttributeNames: ["All"],
    });
    return messages ?? [];
  };
  await world.call("lambda", "Invoke", { FunctionName: "f", InvocationType: "Event", Payload: Buffer.from('{"n":1}') });
  await world.advance(1_000);
  const [success] = await receive();
  const record = JSON.parse(success?.Body ?? "") as Record<string, Record<string, unknown>>;
  assert.equal(record["requestContext"]?.["condition"], "Success");
  assert.equal(record["requestContext"]?.["functionArn"], "arn:aws:lambda:us-east-1:000000000000:function:f:$LATEST");
  assert.deepEqual([record["requestPayload"], record["responsePayload"]], [{ n: 1 }, { n: 1 }]);
  world.answers(() => {
    throw new Error("bad");
  });
  await world.call("lambda", "Invoke", { FunctionName: "f", InvocationType: "Event", Payload: Buffer.from('{"n":2}') });
  await world.advance(1_000);
  const bodies = (await receive()).map(({ Body: body, MessageAttributes: attributes }) => ({
    body: JSON.parse(body ?? "") as Record<string, Record<string, unknown>>,
    attributes,
  }));
  const failure = bodies.find(({ attributes }) => attributes === undefined)?.body;
  assert.equal(failure?.["requestContext"]?.["condition"], "RetriesExhausted");
  assert.equal(failure?.["responseContext"]?.["functionError"], "Unhandled");
  const dead = bodies.find(({ attributes }) => attributes !== undefined);
  assert.deepEqual(dead?.body, { n: 2 });
  assert.equal(dead?.attributes?.["ErrorMessage"]?.StringValue, "Error: bad");
  assert.equal(bodies.length, 2);
  await world.close();
});

test("the events of a function that is gone are forgotten", async () => {
  const world = await lambdaWorld();
  await world.create("f");
  world.answers(() => {
    throw new Error("x");
  });
  await world.call("lambda", "Invoke", { FunctionName: "f", InvocationType: "Event" });
  await world.advance(1_000);
  await world.call("lambda", "DeleteFunction", { FunctionName: "f" });
  await world.advance(3_600_000);
  assert.equal(world.requests.length, 1);
  await world.close();
});
