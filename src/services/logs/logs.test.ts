import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { integer, seededRandom } from "../../kernel/random.ts";
import { createWorld, type World } from "../../testing/world.ts";
import { groups } from "./keys.ts";
import { cut, sift } from "./put.ts";
import { type Position, readEvents } from "./read.ts";
import { logs } from "./service.ts";

let world: World;
let count = 0;
before(async () => {
  world = await createWorld({ services: [{ id: "logs", load: async () => logs }] });
});
after(() => world.close());

const DAY_MS = 86_400_000;

async function group(...streams: string[]): Promise<string> {
  const logGroupName = `/aws/lambda/f${count++}`;
  await world.call("logs", "CreateLogGroup", { logGroupName });
  for (const logStreamName of streams) await world.call("logs", "CreateLogStream", { logGroupName, logStreamName });
  return logGroupName;
}
/** Puts events named after their offsets from now. */
const put = (logGroupName: string, logStreamName: string, offsets: readonly number[], name = "") =>
  world.call("logs", "PutLogEvents", {
    logGroupName,
    logStreamName,
    logEvents: offsets.map((offset) => ({ timestamp: world.clock.now() + offset, message: `${name}${offset}` })),
  });
async function filter(logGroupName: string, more: object = {}): Promise<string[]> {
  const found: string[] = [];
  let nextToken: string | undefined;
  do {
    const page = await world.call("logs", "FilterLogEvents", { logGroupName, ...more, ...(nextToken && { nextToken }) });
    for (const event of page.events ?? []) found.push(event.message ?? "");
    nextToken = page.nextToken;
  } while (nextToken);
  return found;
}

test("groups: created once, described in pages, deleted", async () => {
  const name = await group();
  await assert.rejects(world.call("logs", "CreateLogGroup", { logGroupName: name }), {
    code: "ResourceAlreadyExistsException",
    message: "The specified log group already exists",
  });
  await assert.rejects(world.call("logs", "CreateLogGroup", { logGroupName: "a b" }), { code: "InvalidParameterException" });
  for (const suffix of ["a", "b", "c"]) await world.call("logs", "CreateLogGroup", { logGroupName: `page-${suffix}`, tags: { s: suffix } });
  const first = await world.call("logs", "DescribeLogGroups", { logGroupNamePrefix: "page-", limit: 2 });
  assert.deepEqual(
    first.logGroups?.map((each) => each?.logGroupName),
    ["page-a", "page-b"],
  );
  const second = await world.call("logs", "DescribeLogGroups", { logGroupNamePrefix: "page-", limit: 2, nextToken: first.nextToken ?? "" });
  assert.deepEqual(
    second.logGroups?.map((each) => each?.logGroupName),
    ["page-c"],
  );
  assert.equal(second.nextToken, undefined);
  assert.deepEqual(second.logGroups?.[0], {
    logGroupName: "page-c",
    creationTime: world.clock.now(),
    metricFilterCount: 0,
    arn: "arn:aws:logs:us-east-1:000000000000:log-group:page-c:*",
    logGroupArn: "arn:aws:logs:us-east-1:000000000000:log-group:page-c",
    storedBytes: 0,
    logGroupClass: "STANDARD",
    deletionProtectionEnabled: false,
  });
  const matching = await world.call("logs", "DescribeLogGroups", { logGroupNamePattern: "age-b" });
  assert.deepEqual(
    matching.logGroups?.map((each) => each?.logGroupName),
    ["page-b"],
  );
  await world.call("logs", "DeleteLogGroup", { logGroupName: "page-b" });
  const missing = { code: "ResourceNotFoundException", message: "The specified log group does not exist." };
  await assert.rejects(world.call("logs", "DeleteLogGroup", { logGroupName: "page-b" }), missing);
  await assert.rejects(put("page-b", "s", [0]), missing);
});

test("tags, by ARN and by name", async () => {
  const name = await group();
  const resourceArn = `arn:aws:logs:us-east-1:000000000000:log-group:${name}`;
  await world.call("logs", "TagResource", { resourceArn, tags: { a: "1", b: "2" } });
  await world.call("logs", "UntagResource", { resourceArn, tagKeys: ["a"] });
  await world.call("logs", "TagLogGroup", { logGroupName: name, tags: { c: "3" } });
  assert.deepEqual(await world.call("logs", "ListTagsForResource", { resourceArn }), { tags: { b: "2", c: "3" } });
  await world.call("logs", "UntagLogGroup", { logGroupName: name, tags: ["c"] });
  assert.deepEqual(await world.call("logs", "ListTagsLogGroup", { logGroupName: name }), { tags: { b: "2" } });
  await assert.rejects(world.call("logs", "TagLogGroup", { logGroupName: name, tags: { "aws:x": "3" } }), {
    code: "InvalidParameterException",
  });
});

test("a protected group is not deleted", async () => {
  const logGroupIdentifier = await group();
  await world.call("logs", "PutLogGroupDeletionProtection", { logGroupIdentifier, deletionProtectionEnabled: true });
  await assert.rejects(world.call("logs", "DeleteLogGroup", { logGroupName: logGroupIdentifier }), { code: "ValidationException" });
});

test("streams in the order of names and of last events", async () => {
  const name = await group("b", "a", "c");
  await put(name, "a", [-10]);
  await put(name, "b", [-5, -1]);
  const describe = async (more: object) =>
    (await world.call("logs", "DescribeLogStreams", { logGroupName: name, ...more })).logStreams
      ?.map((each) => each?.logStreamName)
      .join("");
  assert.equal(await describe({}), "abc");
  assert.equal(await describe({ descending: true }), "cba");
  assert.equal(await describe({ orderBy: "LastEventTime" }), "cab");
  assert.equal(await describe({ orderBy: "LastEventTime", descending: true }), "bac");
  assert.equal(await describe({ logStreamNamePrefix: "b" }), "b");
  const page = await world.call("logs", "DescribeLogStreams", { logGroupName: name, limit: 2 });
  assert.equal(await describe({ limit: 2, nextToken: page.nextToken }), "c");
  const b = page.logStreams?.[1];
  assert.equal(b?.firstEventTimestamp, world.clock.now() - 5);
  assert.equal(b?.lastEventTimestamp, world.clock.now() - 1);
  assert.equal(b?.arn, `arn:aws:logs:us-east-1:000000000000:log-group:${name}:log-stream:b`);
  await assert.rejects(describe({ orderBy: "LastEventTime", logStreamNamePrefix: "x" }), { code: "InvalidParameterException" });
  await assert.rejects(world.call("logs", "CreateLogStream", { logGroupName: name, logStreamName: "a" }), {
    code: "ResourceAlreadyExistsException",
    message: "The specified log stream already exists",
  });
});

test("PutLogEvents refuses and rejects", async () => {
  const name = await group("s");
  const cases: [events: { timestamp: number; message: string }[], message: string][] = [
    [
      [
        { timestamp: 2, message: "a" },
        { timestamp: 1, message: "b" },
      ],
      "Log events in a single PutLogEvents request must be in chronological order.",
    ],
    [[{ timestamp: 1, message: "x".repeat(1_048_551) }], "Upload too large: 1048577 bytes exceeds limit of 1048576"],
    [
      [
        { timestamp: world.clock.now() - DAY_MS - 1, message: "a" },
        { timestamp: world.clock.now(), message: "b" },
      ],
      "The batch of log events in a single PutLogEvents request cannot span more than 24 hours.",
    ],
  ];
  for (const [logEvents, message] of cases) {
    await assert.rejects(world.call("logs", "PutLogEvents", { logGroupName: name, logStreamName: "s", logEvents }), {
      code: "InvalidParameterException",
      message,
    });
  }
  const logEvents = Array.from({ length: 10_001 }, () => ({ timestamp: 1, message: "x" }));
  await assert.rejects(world.call("logs", "PutLogEvents", { logGroupName: name, logStreamName: "s", logEvents }), {
    code: "InvalidParameterException",
  });
  await assert.rejects(put(name, "none", [0]), { code: "ResourceNotFoundException", message: "The specified log stream does not exist." });
  const old = await put(name, "s", [-15 * DAY_MS, -14 * DAY_MS - 1, -1, 0]);
  assert.deepEqual(old.rejectedLogEventsInfo, { tooOldLogEventEndIndex: 2 });
  const future = await put(name, "s", [0, 7_200_000, 7_200_001]);
  assert.deepEqual(future.rejectedLogEventsInfo, { tooNewLogEventStartIndex: 2 });
  assert.deepEqual(await filter(name), ["-1", "0", "0", "7200000"]);
});

test("what is taken of a batch, and how it is cut into chunks", () => {
  const record = { name: "g", id: "1", createdAtMs: 0, class: "STANDARD" as const, deletionProtected: false, tags: {} };
  const at = (...times: number[]) => times.map((timestamp) => ({ timestamp, message: "x" }));
  const now = 100 * DAY_MS;
  const expired = sift(at(now - 3 * DAY_MS, now - DAY_MS + 1), { ...record, retentionDays: 1 }, now);
  assert.deepEqual(expired.rejected, { expiredLogEventEndIndex: 1 });
  assert.equal(expired.accepted.length, 1);
  assert.deepEqual(sift(at(0, 1), record, now), { accepted: [], rejected: { tooOldLogEventEndIndex: 2 } });
  assert.deepEqual(
    cut(at(0, 10_000, 10_001, 30_000)).map(({ times }) => times),
    [[0, 10_000], [10_001], [30_000]],
  );
  assert.equal(cut(Array.from({ length: 3 }, () => ({ timestamp: 1, message: "x".repeat(300_000) }))).length, 3);
});

test("GetLogEvents pages forwards and backwards, and ends with its own token", async () => {
  const name = await group("s", "other");
  await put(name, "s", [-50, -40, -30]);
  await put(name, "other", [-35]);
  await put(name, "s", [-45, -20, -10]);
  const get = async (more: object) => {
    const page = await world.call("logs", "GetLogEvents", { logGroupName: name, logStreamName: "s", ...more });
    return { ...page, text: page.events?.map((event) => event?.message).join(" ") };
  };
  const all = await get({ startFromHead: true });
  assert.equal(all.text, "-50 -45 -40 -30 -20 -10");
  const head = await get({ startFromHead: true, limit: 4 });
  assert.equal(head.text, "-50 -45 -40 -30");
  const second = await get({ nextToken: head.nextForwardToken, startFromHead: true, limit: 4 });
  assert.equal(second.text, "-20 -10");
  const end = await get({ nextToken: second.nextForwardToken, startFromHead: true });
  assert.equal(end.text, "");
  assert.equal(end.nextForwardToken, second.nextForwardToken);
  const back = await get({ nextToken: second.nextBackwardToken, limit: 2 });
  assert.equal(back.text, "-40 -30");
  const tail = await get({ limit: 2 });
  assert.equal(tail.text, "-20 -10");
  const before = await get({ nextToken: tail.nextBackwardToken });
  assert.equal(before.text, "-50 -45 -40 -30");
  const start = await get({ nextToken: before.nextBackwardToken });
  assert.equal(start.text, "");
  assert.equal(start.nextBackwardToken, before.nextBackwardToken);
  const now = world.clock.now();
  assert.equal((await get({ startTime: now - 45, endTime: now - 20 })).text, "-45 -40 -30");
  await put(name, "s", [5]);
  assert.equal((await get({ nextToken: end.nextForwardToken })).text, "5");
  await assert.rejects(get({ nextToken: "nonsense" }), {
    code: "InvalidParameterException",
    message: "The specified nextToken is invalid.",
  });

  const empty = await group("s");
  const nothing = await world.call("logs", "GetLogEvents", { logGroupName: empty, logStreamName: "s" });
  assert.deepEqual(nothing.events, []);
  await put(empty, "s", [0]);
  const followed = await world.call("logs", "GetLogEvents", {
    logGroupName: empty,
    logStreamName: "s",
    nextToken: nothing.nextForwardToken ?? "",
  });
  assert.equal(followed.events?.length, 1);
});

test("FilterLogEvents: streams together by time, with pattern, range, names and pages", async () => {
  const name = await group("web/1", "web/2", "job/1");
  await put(name, "web/1", [-50, -30], "ERROR ");
  await put(name, "web/2", [-40, -20], "INFO ");
  await put(name, "job/1", [-45], "ERROR ");
  const now = world.clock.now();
  assert.deepEqual(await filter(name), ["ERROR -50", "ERROR -45", "INFO -40", "ERROR -30", "INFO -20"]);
  assert.deepEqual(await filter(name, { limit: 1 }), ["ERROR -50", "ERROR -45", "INFO -40", "ERROR -30", "INFO -20"]);
  assert.deepEqual(await filter(name, { filterPattern: "ERROR" }), ["ERROR -50", "ERROR -45", "ERROR -30"]);
  assert.deepEqual(await filter(name, { startTime: now - 45, endTime: now - 30 }), ["ERROR -45", "INFO -40", "ERROR -30"]);
  assert.deepEqual(await filter(name, { logStreamNamePrefix: "web/", limit: 3 }), ["ERROR -50", "INFO -40", "ERROR -30", "INFO -20"]);
  assert.deepEqual(await filter(name, { logStreamNames: ["job/1"] }), ["ERROR -45"]);
  assert.deepEqual(await filter(name, { logStreamNames: ["job/1", "web/2"] }), ["ERROR -45", "INFO -40", "INFO -20"]);
  const { events } = await world.call("logs", "FilterLogEvents", {
    logGroupIdentifier: `arn:aws:logs:us-east-1:000000000000:log-group:${name}`,
  });
  const ids = events?.map((event) => event?.eventId ?? "") ?? [];
  assert.ok(ids.every((id) => /^\d{56}$/.test(id)));
  assert.deepEqual(ids.toSorted(), ids);
  assert.equal(new Set(ids).size, 5);
  await assert.rejects(filter(name, { logStreamNames: ["a"], logStreamNamePrefix: "b" }), { code: "InvalidParameterException" });

  await world.call("logs", "DeleteLogStream", { logGroupName: name, logStreamName: "web/1" });
  await world.call("logs", "CreateLogStream", { logGroupName: name, logStreamName: "web/1" });
  assert.deepEqual(await filter(name, { logStreamNamePrefix: "web/" }), ["INFO -40", "INFO -20"]);
  await world.advance(1_000);
  assert.equal(
    (await world.call("logs", "DescribeLogGroups", { logGroupNamePrefix: name })).logGroups?.[0]?.storedBytes,
    3 * 26 + 9 + 8 + 8,
  );
});

test("pages of a random history hold every event once, in order", async () => {
  const random = seededRandom(7);
  const name = await group("a", "b", "c");
  const times: number[] = [];
  for (let batch = 0; batch < 150; batch++) {
    const start = -integer(random, 60_000);
    const offsets = Array.from({ length: 1 + integer(random, 6) }, () => start + integer(random, 25_000)).sort((x, y) => x - y);
    await put(name, "abc"[integer(random, 3)] ?? "a", offsets);
    times.push(...offsets);
  }
  const expected = times.sort((x, y) => x - y).map(String);
  assert.deepEqual(await filter(name), expected);
  assert.deepEqual(await filter(name, { limit: 7 }), expected);
  // A search that may look at a few chunks only goes on from where it stopped, also where none of its events is wanted.
  await world.platform.storage.snapshot(async (tx) => {
    const record = await groups.get(tx, ["000000000000", "us-east-1", name]);
    assert.ok(record);
    const searched: string[] = [];
    let beyond: Position | undefined;
    let rounds = 0;
    do {
      const page = await readEvents(
        tx,
        { account: "000000000000", region: "us-east-1", groupId: record.id, spanMs: 10_000 },
        {
          reverse: false,
          fromMs: 0,
          untilMs: Number.POSITIVE_INFINITY,
          limit: 10_000,
          chunksMax: 1,
          wanted: (message) => message.endsWith("7"),
          ...(beyond && { beyond }),
        },
      );
      searched.push(...page.events.map(({ message }) => message));
      beyond = page.next;
      rounds++;
    } while (beyond);
    assert.ok(rounds > 2);
    assert.deepEqual(
      searched,
      expected.filter((message) => message.endsWith("7")),
    );
  });
  const parts: string[] = [];
  for (const stream of ["a", "b", "c"]) {
    const forward: string[] = [];
    const backward: string[] = [];
    for (const [found, first] of [
      [forward, { startFromHead: true }],
      [backward, {}],
    ] as const) {
      let token: string | undefined;
      for (;;) {
        const page = await world.call("logs", "GetLogEvents", {
          logGroupName: name,
          logStreamName: stream,
          limit: 11,
          ...first,
          ...(token && { nextToken: token }),
        });
        const messages = page.events?.map((event) => event?.message ?? "") ?? [];
        if (found === forward) found.push(...messages);
        else found.unshift(...messages);
        const next = found === forward ? page.nextForwardToken : page.nextBackwardToken;
        if (next === token) break;
        token = next;
      }
    }
    assert.deepEqual(backward, forward);
    parts.push(...forward);
  }
  assert.deepEqual(
    parts.sort((x, y) => Number(x) - Number(y)),
    expected,
  );
});

test("a retention policy removes events when they expire, and hides them before", async () => {
  const name = await group("s");
  await assert.rejects(world.call("logs", "PutRetentionPolicy", { logGroupName: name, retentionInDays: 2 }), {
    code: "InvalidParameterException",
  });
  await put(name, "s", [0]);
  await world.call("logs", "PutRetentionPolicy", { logGroupName: name, retentionInDays: 1 });
  await world.advance(DAY_MS / 2);
  await put(name, "s", [1]);
  assert.deepEqual(await filter(name), ["0", "1"]);
  await world.advance(DAY_MS / 2 + 1);
  assert.deepEqual(await filter(name), ["1"]);
  await world.advance(3_600_000);
  const stored = async () => (await world.call("logs", "DescribeLogGroups", { logGroupNamePrefix: name })).logGroups?.[0]?.storedBytes;
  assert.equal(await stored(), 27);
  await world.advance(2 * DAY_MS);
  assert.equal(await stored(), 0);
  await world.call("logs", "DeleteRetentionPolicy", { logGroupName: name });
  await put(name, "s", [2]);
  await world.advance(10 * DAY_MS);
  assert.deepEqual(await filter(name), ["2"]);
});

test("a deleted group leaves no keys behind", async () => {
  const name = await group("s");
  for (let i = 0; i < 450; i++) await put(name, "s", [i], "needle");
  await world.call("logs", "DeleteLogGroup", { logGroupName: name });
  await world.advance(1_000);
  const left = await world.platform.storage.snapshot((tx) =>
    tx.range({ start: Uint8Array.of(2), end: Uint8Array.of(255) }, { limit: 10_000 }),
  );
  assert.equal(left.filter(({ value }) => Buffer.from(value).includes("needle")).length, 0);
});
