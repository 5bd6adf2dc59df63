import assert from "node:assert/strict";
import { test } from "node:test";
import { nextTick, parseSchedule } from "./schedule-expression.ts";

const at = (text: string) => Date.parse(text.includes("T") ? `${text}Z` : `${text}T00:00Z`);

/** The first ticks after a moment, as `YYYY-MM-DDTHH:MM`. */
function ticks(expression: string, after: string, count: number): string[] {
  const schedule = parseSchedule(expression);
  assert.ok(schedule, expression);
  const found: string[] = [];
  let now: number | undefined = at(after);
  while (found.length < count) {
    now = nextTick(schedule, at(after), now);
    if (now === undefined) return [...found, "none"];
    found.push(new Date(now).toISOString().slice(0, 16));
  }
  return found;
}

test("the next ticks", () => {
  const cases: [expression: string, after: string, ...ticks: string[]][] = [
    ["rate(1 minute)", "2026-01-01T10:00", "2026-01-01T10:01", "2026-01-01T10:02"],
    ["rate(5 minutes)", "2026-01-01T10:02", "2026-01-01T10:07", "2026-01-01T10:12"],
    ["rate(1 hour)", "2026-01-01T10:02", "2026-01-01T11:02"],
    ["rate(7 days)", "2026-02-27T00:00", "2026-03-06T00:00"],
    // The examples of the EventBridge User Guide.
    ["cron(0 10 * * ? *)", "2026-01-01T10:00", "2026-01-02T10:00"],
    ["cron(15 12 * * ? *)", "2026-01-01T10:00", "2026-01-01T12:15"],
    ["cron(0 18 ? * MON-FRI *)", "2026-01-02T18:00", "2026-01-05T18:00", "2026-01-06T18:00"],
    ["cron(0 8 1 * ? *)", "2026-01-01T08:00", "2026-02-01T08:00", "2026-03-01T08:00"],
    ["cron(0/15 * * * ? *)", "2026-01-01T10:01", "2026-01-01T10:15", "2026-01-01T10:30", "2026-01-01T10:45", "2026-01-01T11:00"],
    ["cron(0/10 * ? * MON-FRI *)", "2026-01-02T23:50", "2026-01-05T00:00"],
    ["cron(0/5 8-17 ? * MON-FRI *)", "2026-01-01T17:55", "2026-01-02T08:00"],
    ["cron(0/30 20-2 ? * MON-FRI *)", "2026-01-02T23:30", "2026-01-05T00:00", "2026-01-05T00:30"],
    ["cron(0 9 ? * 2#1 *)", "2026-01-05T09:00", "2026-02-02T09:00"],
    ["cron(15 10 ? * 6L 2019-2022)", "2019-01-01", "2019-01-25T10:15", "2019-02-22T10:15"],
    ["cron(15 10 ? * 6L 2019-2022)", "2022-12-30T10:15", "none"],
    // Days of the month.
    ["cron(0 0 L * ? *)", "2027-12-31", "2028-01-31T00:00", "2028-02-29T00:00", "2028-03-31T00:00"],
    ["cron(0 0 L 2 ? *)", "2026-01-01", "2026-02-28T00:00", "2027-02-28T00:00", "2028-02-29T00:00"],
    ["cron(0 0 29 2 ? *)", "2026-01-01", "2028-02-29T00:00", "2032-02-29T00:00"],
    ["cron(0 0 29 2 ? 2096-2104)", "2096-03-01", "2104-02-29T00:00"],
    ["cron(0 0 31 * ? *)", "2026-01-31", "2026-03-31T00:00", "2026-05-31T00:00"],
    ["cron(0 0 30 2 ? *)", "2026-01-01", "none"],
    ["cron(0 0 3W * ? *)", "2026-01-01", "2026-01-02T00:00", "2026-02-03T00:00", "2026-03-03T00:00"],
    ["cron(0 0 1W * ? *)", "2026-07-02", "2026-08-03T00:00"],
    ["cron(0 0 31W * ? *)", "2026-05-01", "2026-05-29T00:00", "2026-07-31T00:00"],
    [
      "cron(0 0 LW * ? *)",
      "2026-01-01",
      "2026-01-30T00:00",
      "2026-02-27T00:00",
      "2026-03-31T00:00",
      "2026-04-30T00:00",
      "2026-05-29T00:00",
    ],
    ["cron(0 0 1,15 * ? *)", "2026-01-01", "2026-01-15T00:00", "2026-02-01T00:00"],
    ["cron(0 0 1/10 * ? *)", "2026-01-01", "2026-01-11T00:00", "2026-01-21T00:00", "2026-01-31T00:00", "2026-02-01T00:00"],
    ["cron(0 0 */10 * ? *)", "2026-01-31", "2026-02-01T00:00", "2026-02-11T00:00"],
    [
      "cron(0 0 5-20/5 * ? *)",
      "2026-01-01",
      "2026-01-05T00:00",
      "2026-01-10T00:00",
      "2026-01-15T00:00",
      "2026-01-20T00:00",
      "2026-02-05T00:00",
    ],
    // Weekdays.
    ["cron(0 0 ? * 1 *)", "2026-01-01", "2026-01-04T00:00"],
    ["cron(0 0 ? * SUN *)", "2026-01-01", "2026-01-04T00:00"],
    ["cron(0 0 ? * L *)", "2026-01-01", "2026-01-03T00:00"],
    ["cron(0 0 ? * SAT,WED *)", "2026-01-01", "2026-01-03T00:00", "2026-01-07T00:00"],
    [
      "cron(0 0 ? * FRI-MON *)",
      "2026-01-01",
      "2026-01-02T00:00",
      "2026-01-03T00:00",
      "2026-01-04T00:00",
      "2026-01-05T00:00",
      "2026-01-09T00:00",
    ],
    ["cron(0 0 ? * FRIL *)", "2026-01-01", "2026-01-30T00:00"],
    ["cron(0 0 ? * TUE#2 *)", "2026-01-01", "2026-01-13T00:00", "2026-02-10T00:00"],
    ["cron(0 0 ? * 5#5 *)", "2026-01-30", "2026-04-30T00:00"],
    ["cron(0 0 ? * * *)", "2026-01-01", "2026-01-02T00:00"],
    // Months and years.
    ["cron(0 0 1 JAN,jul ? *)", "2026-01-01", "2026-07-01T00:00", "2027-01-01T00:00"],
    ["cron(0 0 1 NOV-FEB ? *)", "2026-02-01", "2026-11-01T00:00", "2026-12-01T00:00", "2027-01-01T00:00", "2027-02-01T00:00"],
    ["cron(0 0 1 1/3 ? *)", "2026-01-01", "2026-04-01T00:00", "2026-07-01T00:00"],
    ["cron(0 0 1 1 ? 2027,2030)", "2026-01-01", "2027-01-01T00:00", "2030-01-01T00:00", "none"],
    ["cron(0 0 1 1 ? 2026/2)", "2026-01-01", "2028-01-01T00:00", "2030-01-01T00:00"],
    ["cron(59 23 31 12 ? 2199)", "2026-01-01", "2199-12-31T23:59", "none"],
    ["cron(0 0 1 1 ? 2000)", "2026-01-01", "none"],
    ["cron( 5  4 * * ? * )", "2026-01-01", "2026-01-01T04:05"],
  ];
  for (const [expression, after, ...expected] of cases) {
    assert.deepEqual(
      ticks(expression, after, expected.filter((tick) => tick !== "none").length + (expected.at(-1) === "none" ? 1 : 0)),
      expected,
      expression,
    );
  }
});

test("what is not a schedule expression", () => {
  const expressions = [
    "",
    "rate(1 minutes)",
    "rate(5 minute)",
    "rate(0 minutes)",
    "rate(-1 minutes)",
    "rate(1.5 hours)",
    "rate(5 seconds)",
    "rate(5 weeks)",
    "rate(5  minutes)",
    "rate(minutes)",
    "Rate(5 minutes)",
    "rate(5 minutes",
    "at(2026-01-01T00:00:00)",
    "cron(0 10 * * *)",
    "cron(0 10 * * ? * *)",
    "cron(0 10 * * * *)",
    "cron(0 10 ? * ? *)",
    "cron(0 10 1 * MON *)",
    "cron(60 10 * * ? *)",
    "cron(0 24 * * ? *)",
    "cron(0 0 0 * ? *)",
    "cron(0 0 32 * ? *)",
    "cron(0 0 1 13 ? *)",
    "cron(0 0 ? * 0 *)",
    "cron(0 0 ? * 8 *)",
    "cron(0 0 ? * MOO *)",
    "cron(0 0 ? * 3#6 *)",
    "cron(0 0 ? * 3#0 *)",
    "cron(0 0 1 1 ? 1969)",
    "cron(0 0 1 1 ? 2200)",
    "cron(0 0 1 1 ? 2030-2027)",
    "cron(*/0 * * * ? *)",
    "cron(0 ? * * ? *)",
    "cron(a * * * ? *)",
    "cron(0,,5 * * * ? *)",
    "cron(*-5 * * * ? *)",
    "cron(0 0 W * ? *)",
    "cron(0 0 32W * ? *)",
    "0 10 * * ? *",
    "cron()",
  ];
  for (const expression of expressions) assert.equal(parseSchedule(expression), undefined, expression);
});

test("a rate keeps its rhythm from the start, whatever the time asked for", () => {
  const schedule = parseSchedule("rate(10 minutes)");
  assert.ok(schedule);
  const start = at("2026-01-01T00:03");
  assert.equal(nextTick(schedule, start, start - 3_600_000), start + 600_000);
  assert.equal(nextTick(schedule, start, start + 599_999), start + 600_000);
  assert.equal(nextTick(schedule, start, start + 600_000), start + 1_200_000);
  assert.equal(nextTick(schedule, start, start + 86_400_000 + 1), start + 86_400_000 + 600_000);
});
