// S3's pure rules, as tables: names, ranges, conditions, tags, copy sources, event keys.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { parseTagging } from "./attributes.ts";
import { isBucketName } from "./bucket-names.ts";
import { parsePolicy } from "./bucket-policy.ts";
import { checkCopySource, checkDelete, checkRead, type ReadConditions } from "./conditions.ts";
import { parseCopySource } from "./copy-source.ts";
import { checkLifecycle, isExpired, type LifecycleRule, nextMidnight } from "./lifecycle-rules.ts";
import { checkOverlaps, eventKey, matchesRule, type NotificationRule, type ObjectEvent } from "./notification-rules.ts";
import { parseCopyRange, parseRange } from "./ranges.ts";
import { readToken, writeToken } from "./tokens.ts";

describe("bucket names", () => {
  const good = ["abc", "a-b.c", "1ab", "my-bucket-2026", "a".repeat(63), "a.b-c"];
  const bad = [
    "ab",
    "a".repeat(64),
    "Abc",
    "a_b",
    "-ab",
    "ab-",
    ".ab",
    "ab.",
    "a..b",
    "192.168.5.4",
    "xn--ab",
    "sthree-x",
    "amzn-s3-demo-x",
  ];
  const reserved = ["x-s3alias", "x--ol-s3", "x.mrap", "x--x-s3", "x--table-s3", "a b", "ä-bucket"];
  for (const name of good) test(`${name} is one`, () => assert.equal(isBucketName(name), true));
  for (const name of [...bad, ...reserved]) test(`${name} is none`, () => assert.equal(isBucketName(name), false));
});

describe("ranges of 10 bytes", () => {
  for (const [header, expected] of [
    [undefined, undefined],
    ["bytes=0-0", { start: 0, end: 0 }],
    ["bytes=0-9", { start: 0, end: 9 }],
    ["bytes=2-100", { start: 2, end: 9 }],
    ["bytes=9-", { start: 9, end: 9 }],
    ["bytes=-3", { start: 7, end: 9 }],
    ["bytes=-30", { start: 0, end: 9 }],
    ["Bytes = 1 - 2", { start: 1, end: 2 }],
    ["bytes=5-2", undefined],
    ["bytes=-", undefined],
    ["bytes=0-1,3-4", undefined],
    ["lines=0-1", undefined],
    ["bytes=a-b", undefined],
  ] as const) {
    test(String(header), () => assert.deepEqual(parseRange(header, 10), expected));
  }
  for (const header of ["bytes=10-", "bytes=10-20", "bytes=-0"]) {
    test(`${header} is not satisfiable`, () => assert.throws(() => parseRange(header, 10), { code: "InvalidRange", status: 416 }));
  }
  test("of nothing, no range is satisfiable", () => {
    for (const header of ["bytes=0-", "bytes=-1", "bytes=0-0"]) assert.throws(() => parseRange(header, 0), { code: "InvalidRange" });
  });

  test("a range to copy needs both ends, within the source", () => {
    assert.deepEqual(parseCopyRange("bytes=2-9", 10), { start: 2, end: 9 });
    for (const header of ["bytes=2-", "bytes=-2", "2-9", "bytes=5-2"]) {
      assert.throws(() => parseCopyRange(header, 10), { code: "InvalidArgument", message: /must be of the form/ });
    }
    assert.throws(() => parseCopyRange("bytes=2-10", 10), { message: "Range specified is not valid for source object of size: 10" });
  });
});

describe("conditional reads", () => {
  const at = Date.UTC(2026, 0, 2);
  const object = { etag: "abc", modifiedAtMs: at };
  const [before, same, after] = [new Date(at - 1000), new Date(at), new Date(at + 1000)];
  const cases: [conditions: ReadConditions, status: number | undefined][] = [
    [{}, undefined],
    [{ ifMatch: '"abc"' }, undefined],
    [{ ifMatch: "abc" }, undefined],
    [{ ifMatch: "*" }, undefined],
    [{ ifMatch: '"x", "abc"' }, undefined],
    [{ ifMatch: '"x"' }, 412],
    [{ ifNoneMatch: '"abc"' }, 304],
    [{ ifNoneMatch: 'W/"abc"' }, 304],
    [{ ifNoneMatch: "*" }, 304],
    [{ ifNoneMatch: '"x"' }, undefined],
    [{ ifModifiedSince: before }, undefined],
    [{ ifModifiedSince: same }, 304],
    [{ ifModifiedSince: after }, 304],
    [{ ifUnmodifiedSince: before }, 412],
    [{ ifUnmodifiedSince: same }, undefined],
    [{ ifUnmodifiedSince: after }, undefined],
    // The ETag decides; the time beside it is not looked at.
    [{ ifMatch: '"abc"', ifUnmodifiedSince: before }, undefined],
    [{ ifMatch: '"x"', ifUnmodifiedSince: after }, 412],
    [{ ifNoneMatch: '"abc"', ifModifiedSince: before }, 304],
    [{ ifNoneMatch: '"x"', ifModifiedSince: after }, undefined],
    // 412 goes before 304.
    [{ ifMatch: '"x"', ifNoneMatch: '"abc"' }, 412],
    [{ ifMatch: '"abc"', ifNoneMatch: '"abc"' }, 304],
  ];
  for (const [conditions, status] of cases) {
    test(`${JSON.stringify(conditions)} → ${status ?? 200}`, () => {
      if (status === undefined) checkRead(conditions, object);
      else assert.throws(() => checkRead(conditions, object), { status });
      // The source of a copy fails under the same conditions, always with 412.
      if (status === undefined) checkCopySource(conditions, object);
      else assert.throws(() => checkCopySource(conditions, object), { status: 412 });
    });
  }

  test("deletes under a condition", () => {
    checkDelete(undefined, undefined);
    checkDelete("*", object);
    checkDelete('"abc"', object);
    assert.throws(() => checkDelete('"x"', object), { status: 412 });
    assert.throws(() => checkDelete("*", undefined), { status: 412 });
  });
});

describe("the tagging header", () => {
  for (const [header, tags] of [
    ["", []],
    ["a=1", [["a", "1"]]],
    [
      "a=1&b=",
      [
        ["a", "1"],
        ["b", ""],
      ],
    ],
    ["a", [["a", ""]]],
    ["a+b=c%3Dd", [["a b", "c=d"]]],
    ["k=a=b", [["k", "a=b"]]],
  ] as [string, [string, string][]][]) {
    test(header || "nothing", () =>
      assert.deepEqual(
        parseTagging(header),
        tags.map(([Key, Value]) => ({ Key, Value })),
      ),
    );
  }
  test("a character that no tag may have is refused", () => assert.throws(() => parseTagging("a=%26"), { code: "InvalidTag" }));
  for (const header of ["a=%zz", "a=1&a=2"])
    test(`${header} is refused`, () => assert.throws(() => parseTagging(header), { code: "InvalidArgument" }));
});

describe("copy sources", () => {
  for (const [header, source] of [
    ["b/k", { bucket: "b", key: "k" }],
    ["/b/k", { bucket: "b", key: "k" }],
    ["b/a%2Fb%20c", { bucket: "b", key: "a/b c" }],
    ["b/a+b", { bucket: "b", key: "a b" }],
    ["b/a%2Bb", { bucket: "b", key: "a+b" }],
    ["b%2Fk", { bucket: "b", key: "k" }],
    ["b/k?versionId=null", { bucket: "b", key: "k", versionId: "null" }],
    ["b/k%3FversionId=1", { bucket: "b", key: "k?versionId=1" }],
    ["b//k", { bucket: "b", key: "/k" }],
  ] as const) {
    test(header, () => assert.deepEqual(parseCopySource(header), source));
  }
  for (const header of ["b", "b/", "/", "", "b/%"]) {
    test(`"${header}" is refused`, () => assert.throws(() => parseCopySource(header), { code: "InvalidArgument" }));
  }
});

describe("notification rules", () => {
  const rule = (events: string[], prefix?: string, suffix?: string): NotificationRule => ({
    id: JSON.stringify([events, prefix, suffix]),
    kind: "queue",
    arn: "arn:aws:sqs:us-east-1:000000000000:q",
    events,
    ...(prefix !== undefined && { prefix }),
    ...(suffix !== undefined && { suffix }),
  });

  for (const [events, prefix, suffix, event, key, expected] of [
    [["s3:ObjectCreated:*"], undefined, undefined, "ObjectCreated:Put", "k", true],
    [["s3:ObjectCreated:*"], undefined, undefined, "ObjectCreated:CompleteMultipartUpload", "k", true],
    [["s3:ObjectCreated:*"], undefined, undefined, "ObjectRemoved:Delete", "k", false],
    [["s3:ObjectCreated:Put"], undefined, undefined, "ObjectCreated:Copy", "k", false],
    [["s3:ObjectRemoved:Delete"], undefined, undefined, "ObjectRemoved:Delete", "k", true],
    [["s3:ObjectCreated:*"], "in/", ".jpg", "ObjectCreated:Put", "in/a.jpg", true],
    [["s3:ObjectCreated:*"], "in/", ".jpg", "ObjectCreated:Put", "in/a.png", false],
    [["s3:ObjectCreated:*"], "in/", ".jpg", "ObjectCreated:Put", "out/a.jpg", false],
  ] as [string[], string | undefined, string | undefined, ObjectEvent, string, boolean][]) {
    test(`${events} ${prefix ?? ""}…${suffix ?? ""} hears ${event} of ${key}: ${expected}`, () =>
      assert.equal(matchesRule(rule(events, prefix, suffix), event, key), expected));
  }

  for (const [name, a, b, fails] of [
    ["the same event", rule(["s3:ObjectCreated:Put"]), rule(["s3:ObjectCreated:Put"]), true],
    ["a family and its member", rule(["s3:ObjectCreated:*"]), rule(["s3:ObjectCreated:Put"]), true],
    ["different events", rule(["s3:ObjectCreated:Put"]), rule(["s3:ObjectRemoved:*"]), false],
    ["different prefixes", rule(["s3:ObjectCreated:*"], "a/"), rule(["s3:ObjectCreated:*"], "b/"), false],
    ["a prefix in another", rule(["s3:ObjectCreated:*"], "a/"), rule(["s3:ObjectCreated:*"], "a/b/"), true],
    ["one prefix, different suffixes", rule(["s3:ObjectCreated:*"], "a", ".jpg"), rule(["s3:ObjectCreated:*"], "a", ".png"), false],
    ["one prefix, a suffix in another", rule(["s3:ObjectCreated:*"], "a", ".jpg"), rule(["s3:ObjectCreated:*"], "a", "x.jpg"), true],
    ["different prefixes, one suffix", rule(["s3:ObjectCreated:*"], "a", ".jpg"), rule(["s3:ObjectCreated:*"], "b", ".jpg"), false],
  ] as const) {
    test(`overlap: ${name}`, () => {
      if (fails) assert.throws(() => checkOverlaps([a, b]), { code: "InvalidArgument" });
      else checkOverlaps([a, b]);
    });
  }

  for (const [key, encoded] of [
    ["a/b.jpg", "a/b.jpg"],
    ["my photo+1.jpg", "my+photo%2B1.jpg"],
    ["ä=1&b", "%C3%A4%3D1%26b"],
    ["it's (1)!", "it%27s+%281%29%21"],
  ] as const) {
    test(`the key ${key} in an event`, () => assert.equal(eventKey(key), encoded));
  }
});

describe("policies", () => {
  const statement = { Effect: "Allow", Principal: "*", Action: "s3:GetObject", Resource: "arn:aws:s3:::b/*" };
  const policy = (change: object) => JSON.stringify({ Version: "2012-10-17", Statement: [{ ...statement, ...change }] });
  test("a sound one", () => assert.equal(parsePolicy(policy({}), "b").length, 1));
  for (const [name, text, message] of [
    ["not JSON", "{", /must be valid JSON/],
    ["a list", "[]", /must be valid JSON/],
    ["no statement", "{}", /Missing required field Statement/],
    ["a strange version", policy({}).replace("2012-10-17", "2020-01-01"), /valid version string/],
    ["no effect", policy({ Effect: undefined }), /Missing required field Effect/],
    ["a strange effect", policy({ Effect: "Perhaps" }), /Invalid effect/],
    ["no principal", policy({ Principal: undefined }), /Missing required field Principal/],
    ["another bucket", policy({ Resource: "arn:aws:s3:::other/*" }), /Policy has invalid resource/],
    ["a bucket with a longer name", policy({ Resource: "arn:aws:s3:::bucket/*" }), /Policy has invalid resource/],
    ["too long", policy({ Sid: "x".repeat(21_000) }), /maximum allowed document size/],
  ] as const) {
    test(`refuses ${name}`, () => assert.throws(() => parsePolicy(text, "b"), { code: "MalformedPolicy", message }));
  }
});

describe("lifecycle rules", () => {
  const day = 86_400_000;
  const object = {
    size: 100,
    etag: "x",
    headers: { contentType: "x" },
    checksums: {},
    checksumType: "FULL_OBJECT",
    place: { kind: "inline" },
  } as const;
  const rule = (change: Partial<LifecycleRule>): LifecycleRule => ({
    Status: "Enabled",
    Filter: { Prefix: "" },
    Expiration: { Days: 1 },
    ...change,
  });
  const modifiedAtMs = Date.UTC(2026, 0, 1, 15);
  for (const [name, change, atMs, expected] of [
    ["before the midnight after its day", {}, Date.UTC(2026, 0, 2, 23), false],
    ["at the midnight after its day", {}, Date.UTC(2026, 0, 3), true],
    ["disabled", { Status: "Disabled" }, Date.UTC(2027, 0, 1), false],
    ["another prefix", { Filter: { Prefix: "x/" } }, Date.UTC(2027, 0, 1), false],
    ["its tag", { Filter: { Tag: { Key: "a", Value: "1" } } }, Date.UTC(2027, 0, 1), true],
    ["another tag", { Filter: { Tag: { Key: "a", Value: "2" } } }, Date.UTC(2027, 0, 1), false],
    ["too small", { Filter: { ObjectSizeGreaterThan: 100 } }, Date.UTC(2027, 0, 1), false],
    ["both of two", { Filter: { And: { Prefix: "k", ObjectSizeLessThan: 101 } } }, Date.UTC(2027, 0, 1), true],
    ["a date", { Expiration: { Date: new Date(Date.UTC(2026, 5, 1)) } }, Date.UTC(2026, 5, 1), true],
  ] as [string, Partial<LifecycleRule>, number, boolean][]) {
    test(`${name}: ${expected}`, () =>
      assert.equal(isExpired([rule(change)], "key", { ...object, modifiedAtMs, tags: [{ Key: "a", Value: "1" }] }, atMs), expected));
  }
  test("days end at midnight", () => {
    assert.equal(nextMidnight(day), day);
    assert.equal(nextMidnight(day + 1), 2 * day);
  });
  for (const [name, change] of [
    ["no action", { Expiration: undefined as never }],
    ["no days", { Expiration: { Days: 0 } }],
    ["two ends", { Expiration: { Days: 1, Date: new Date(0) } }],
    ["a date at noon", { Expiration: { Date: new Date(day / 2) } }],
    ["two filters", { Filter: { Prefix: "a", ObjectSizeLessThan: 1 } }],
    ["a prefix beside a filter", { Prefix: "a" }],
  ] as [string, Partial<LifecycleRule>][]) {
    test(`refuses ${name}`, () => assert.throws(() => checkLifecycle([rule(change)])));
  }
});

test("tokens come back as they went, and foreign ones are refused", () => {
  for (const position of ["", "a", "ä/😀", "\u0000"]) assert.equal(readToken(writeToken(position)), position);
  for (const token of ["", "x", "!!", "MQ=="]) assert.throws(() => readToken(token), { code: "InvalidArgument" });
});
