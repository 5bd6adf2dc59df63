import assert from "node:assert/strict";
import { test } from "node:test";
import { AwsError } from "../kernel/errors.ts";
import { silentLogger } from "../kernel/log.ts";
import { VirtualClock } from "../kernel/virtual-clock.ts";
import { createLogForwarder } from "./log-forwarder.ts";

interface Call {
  readonly operation: string;
  readonly input: Record<string, unknown>;
}

function fixture(answer: (call: Call, calls: readonly Call[]) => void = () => {}) {
  const calls: Call[] = [];
  const forwarder = createLogForwarder({
    clock: new VirtualClock(),
    logger: silentLogger,
    call: async (operation, input) => {
      const call = { operation, input };
      calls.push(call);
      answer(call, calls);
    },
  });
  const accept = (messages: readonly string[], logStream = "stream") =>
    forwarder.accept({
      account: "000000000000",
      region: "us-east-1",
      logGroup: "group",
      logStream,
      entries: messages.map((message, at) => ({ timestampMs: 1_000 - at, message })),
    });
  return { calls, forwarder, accept };
}

const messagesOf = (call: Call | undefined) => {
  const events = call?.input["logEvents"];
  return Array.isArray(events) ? events.map((event) => event.message) : [];
};

test("lines are written in order of time, and what comes meanwhile goes in the next batch", async () => {
  const { calls, forwarder, accept } = fixture();
  accept(["late", "early"]);
  accept(["second"]);
  accept(["third"]);
  await forwarder.flush();
  assert.deepEqual(calls.map(messagesOf), [
    ["early", "late"],
    ["second", "third"],
  ]);
});

test("the group and the stream are made when they are missing", async () => {
  const { calls, forwarder, accept } = fixture((call, all) => {
    if (call.operation === "PutLogEvents" && all.length === 1)
      throw new AwsError("ResourceNotFoundException", "The specified log group does not exist.");
    if (call.operation === "CreateLogGroup") throw new AwsError("ResourceAlreadyExistsException", "The specified log group already exists");
  });
  accept(["line"]);
  await forwarder.flush();
  assert.deepEqual(
    calls.map((call) => call.operation),
    ["PutLogEvents", "CreateLogGroup", "CreateLogStream", "PutLogEvents"],
  );
});

test("a failure of one stream does not hold up another", async () => {
  const { calls, forwarder, accept } = fixture((call) => {
    if (call.input["logStreamName"] === "bad") throw new Error("no");
  });
  accept(["first"]);
  accept(["lost"], "bad");
  accept(["kept"], "good");
  await forwarder.flush();
  assert.deepEqual(messagesOf(calls.at(-1)), ["kept"]);
});

test("batches keep to the API's limits", async () => {
  const { calls, forwarder, accept } = fixture();
  accept(Array.from({ length: 12_000 }, (_, at) => String(at)));
  accept(["x".repeat(600_000), "y".repeat(600_000)], "wide");
  await forwarder.flush();
  assert.deepEqual(
    calls.map((call) => messagesOf(call).length),
    [5_000, 5_000, 2_000, 1, 1],
  );
});
