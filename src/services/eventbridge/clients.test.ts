// EventBridge through a real SDK v3 client over a real socket.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  EventBridgeClient,
  InvalidEventPatternException,
  ListTargetsByRuleCommand,
  PutEventsCommand,
  PutRuleCommand,
  PutTargetsCommand,
  RemoveTargetsCommand,
  ResourceNotFoundException,
} from "@aws-sdk/client-eventbridge";
import type { Context } from "../../contract/context.ts";
import type { InputOf } from "../../contract/models.ts";
import { createWorld, type World } from "../../testing/world.ts";
import { eventbridge as service } from "./service.ts";

let world: World;
let events: EventBridgeClient;
const bodies: string[] = [];
const queues = {
  id: "sqs",
  operations: {
    SendMessage: async (_context: Context, input: InputOf<"sqs", "SendMessage">) => {
      bodies.push(input.MessageBody);
      return {};
    },
  },
} as const;
before(async () => {
  world = await createWorld({
    services: [
      { id: "eventbridge", load: async () => service },
      { id: "sqs", load: async () => queues },
    ],
  });
  events = new EventBridgeClient(await world.listen());
});
after(async () => {
  events.destroy();
  await world.close();
});

const Arn = "arn:aws:sqs:us-east-1:000000000000:q";

test("a schedule and a pattern reach a queue", async () => {
  const { RuleArn } = await events.send(
    new PutRuleCommand({ Name: "both", ScheduleExpression: "rate(1 hour)", EventPattern: '{"source":["shop"]}' }),
  );
  assert.equal(RuleArn, "arn:aws:events:us-east-1:000000000000:rule/both");
  const InputTransformer = { InputPathsMap: { s: "$.source", t: "$.time" }, InputTemplate: '{"from":<s>,"at":<t>}' };
  const put = await events.send(new PutTargetsCommand({ Rule: "both", Targets: [{ Id: "1", Arn, InputTransformer }] }));
  assert.equal(put.FailedEntryCount, 0);
  const { Targets } = await events.send(new ListTargetsByRuleCommand({ Rule: "both" }));
  assert.deepEqual(Targets, [{ Id: "1", Arn, InputTransformer }]);
  const sent = await events.send(
    new PutEventsCommand({ Entries: [{ Source: "shop", DetailType: "Order", Detail: "{}", Time: new Date("2025-12-31T23:00:00Z") }] }),
  );
  assert.match(sent.Entries?.[0]?.EventId ?? "", /^[0-9a-f-]{36}$/);
  await world.advance(3_600_000);
  assert.deepEqual(bodies, ['{"from":"shop","at":"2025-12-31T23:00:00Z"}', '{"from":"aws.events","at":"2026-01-01T01:00:00Z"}']);
});

test("errors arrive as the client's own classes", async () => {
  await assert.rejects(events.send(new RemoveTargetsCommand({ Rule: "none", Ids: ["1"] })), ResourceNotFoundException);
  await assert.rejects(events.send(new PutRuleCommand({ Name: "r", EventPattern: "[]" })), InvalidEventPatternException);
  await assert.rejects(events.send(new PutRuleCommand({ Name: "r", ScheduleExpression: "rate(1 hours)" })), {
    name: "ValidationException",
    message: "Parameter ScheduleExpression is not valid.",
  });
});
