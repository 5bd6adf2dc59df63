// CloudWatch Logs through a real SDK v3 client over a real socket.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  DescribeLogStreamsCommand,
  InvalidParameterException,
  PutLogEventsCommand,
  paginateFilterLogEvents,
  paginateGetLogEvents,
  ResourceAlreadyExistsException,
  ResourceNotFoundException,
} from "@aws-sdk/client-cloudwatch-logs";
import { createWorld, type World } from "../../testing/world.ts";
import { logs as service } from "./service.ts";

let world: World;
let logs: CloudWatchLogsClient;
before(async () => {
  world = await createWorld({ services: [{ id: "logs", load: async () => service }] });
  logs = new CloudWatchLogsClient(await world.listen());
});
after(async () => {
  logs.destroy();
  await world.close();
});

const logGroupName = "/aws/lambda/orders";
const logStreamName = "2026/01/01/[$LATEST]0123456789abcdef";

test("events, there and back, through the client's own paginators", async () => {
  await logs.send(new CreateLogGroupCommand({ logGroupName, tags: { team: "shop" } }));
  await logs.send(new CreateLogStreamCommand({ logGroupName, logStreamName }));
  const logEvents = Array.from({ length: 10 }, (_, n) => ({
    timestamp: world.clock.now() + n,
    message: JSON.stringify({ level: n % 2 ? "ERROR" : "INFO", n, text: "é\n" }),
  }));
  const put = await logs.send(new PutLogEventsCommand({ logGroupName, logStreamName, logEvents }));
  assert.match(put.nextSequenceToken ?? "", /^\d{56}$/);
  const read: (string | undefined)[] = [];
  for await (const page of paginateGetLogEvents(
    { client: logs, pageSize: 3, stopOnSameToken: true },
    { logGroupName, logStreamName, startFromHead: true },
  )) {
    read.push(...(page.events ?? []).map(({ message }) => message));
  }
  assert.deepEqual(
    read,
    logEvents.map(({ message }) => message),
  );
  const errors: number[] = [];
  const filter = { logGroupName, filterPattern: '{ $.level = "ERROR" && $.n > 3 }' };
  for await (const page of paginateFilterLogEvents({ client: logs, pageSize: 1 }, filter)) {
    errors.push(...(page.events ?? []).map(({ message }) => JSON.parse(message ?? "").n));
  }
  assert.deepEqual(errors, [5, 7, 9]);
  const { logStreams } = await logs.send(new DescribeLogStreamsCommand({ logGroupName, orderBy: "LastEventTime", descending: true }));
  assert.equal(logStreams?.[0]?.logStreamName, logStreamName);
});

test("errors arrive as the client's own classes", async () => {
  await assert.rejects(logs.send(new CreateLogGroupCommand({ logGroupName })), ResourceAlreadyExistsException);
  await assert.rejects(logs.send(new CreateLogStreamCommand({ logGroupName: "none", logStreamName })), ResourceNotFoundException);
  const logEvents = [
    { timestamp: 2, message: "a" },
    { timestamp: 1, message: "b" },
  ];
  await assert.rejects(logs.send(new PutLogEventsCommand({ logGroupName, logStreamName, logEvents })), InvalidParameterException);
});
