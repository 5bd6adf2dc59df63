// Schedule expressions as EventBridge writes them: `rate(5 minutes)` and `cron(0 10 ? * MON-FRI *)`, always in UTC.
// Pure: it is told the time and never asks for it. Source: EventBridge User Guide, "Setting a schedule pattern for scheduled rules".

type Schedule =
  | { readonly kind: "rate"; readonly intervalMs: number }
  | {
      readonly kind: "cron";
      readonly minutes: ReadonlySet<number>;
      readonly hours: ReadonlySet<number>;
      /** 1 to 12. */
      readonly months: ReadonlySet<number>;
      readonly years: ReadonlySet<number>;
      readonly day: DayRule;
    };

/** Which days of a month: by date or by weekday, since one of the two fields is always `?`. Weekdays are 1 (Sunday) to 7. */
type DayRule =
  | { readonly kind: "dates"; readonly dates: ReadonlySet<number> }
  | { readonly kind: "last-date" }
  /** `15W`: the Monday-to-Friday nearest to a date, in the same month. */
  | { readonly kind: "near-date"; readonly date: number }
  /** `LW`: the last Monday-to-Friday. */
  | { readonly kind: "last-workday" }
  | { readonly kind: "weekdays"; readonly weekdays: ReadonlySet<number> }
  /** `6L`: the last of a weekday. */
  | { readonly kind: "last-weekday"; readonly weekday: number }
  /** `3#2`: the second Tuesday. */
  | { readonly kind: "nth-weekday"; readonly weekday: number; readonly nth: number };

interface Field {
  readonly min: number;
  readonly max: number;
  /** Names in order, the first one standing for `min`. */
  readonly names?: readonly string[];
}

const MINUTE: Field = { min: 0, max: 59 };
const HOUR: Field = { min: 0, max: 23 };
const DATE: Field = { min: 1, max: 31 };
const MONTH: Field = { min: 1, max: 12, names: ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"] };
const WEEKDAY: Field = { min: 1, max: 7, names: ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"] };
const YEAR: Field = { min: 1970, max: 2199 };

const UNIT_MS = { minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const;
/** The longest rate, so that sums of times stay exact. */
const RATE_DAYS_MAX = 36_500;

/** Undefined when `expression` is not one. */
export function parseSchedule(expression: string): Schedule | undefined {
  const rate = /^rate\((\d{1,9}) (minute|hour|day)(s?)\)$/.exec(expression);
  if (rate) {
    const value = Number(rate[1]);
    const unit = rate[2];
    if (unit !== "minute" && unit !== "hour" && unit !== "day") return undefined;
    // One minute, two minutes: the wrong number is refused.
    if (value < 1 || (value === 1) !== (rate[3] === "")) return undefined;
    const intervalMs = value * UNIT_MS[unit];
    return intervalMs > RATE_DAYS_MAX * UNIT_MS.day ? undefined : { kind: "rate", intervalMs };
  }
  const cron = /^cron\((.*)\)$/.exec(expression);
  return cron?.[1] === undefined ? undefined : parseCron(cron[1]);
}

function parseCron(text: string): Schedule | undefined {
  const fields = text.trim().toUpperCase().split(/\s+/);
  const [minute, hour, date, month, weekday, year] = fields;
  if (fields.length !== 6 || !minute || !hour || !date || !month || !weekday || !year) return undefined;
  const minutes = parseField(minute, MINUTE);
  const hours = parseField(hour, HOUR);
  const months = parseField(month, MONTH);
  const years = parseField(year, YEAR);
  const day = parseDay(date, weekday);
  if (!minutes || !hours || !months || !years || !day) return undefined;
  return { kind: "cron", minutes, hours, months, years, day };
}

/** Exactly one of the two fields is `?`: the other one decides. */
function parseDay(date: string, weekday: string): DayRule | undefined {
  if ((date === "?") === (weekday === "?")) return undefined;
  return weekday === "?" ? parseDate(date) : parseWeekday(weekday);
}

function parseDate(text: string): DayRule | undefined {
  if (text === "L") return { kind: "last-date" };
  if (text === "LW" || text === "WL") return { kind: "last-workday" };
  const near = /^(\d{1,2})W$/.exec(text);
  if (near) {
    const date = Number(near[1]);
    return date >= DATE.min && date <= DATE.max ? { kind: "near-date", date } : undefined;
  }
  const dates = parseField(text, DATE);
  return dates && { kind: "dates", dates };
}

function parseWeekday(text: string): DayRule | undefined {
  if (text === "L") return { kind: "weekdays", weekdays: new Set([WEEKDAY.max]) };
  const last = /^(\w+)L$/.exec(text);
  if (last?.[1] !== undefined && !WEEKDAY.names?.includes(text)) {
    const weekday = parseValue(last[1], WEEKDAY);
    return weekday === undefined ? undefined : { kind: "last-weekday", weekday };
  }
  const nth = /^(\w+)#([1-5])$/.exec(text);
  if (nth?.[1] !== undefined) {
    const weekday = parseValue(nth[1], WEEKDAY);
    return weekday === undefined ? undefined : { kind: "nth-weekday", weekday, nth: Number(nth[2]) };
  }
  const weekdays = parseField(text, WEEKDAY);
  return weekdays && { kind: "weekdays", weekdays };
}

/** A list of `*`, `a`, `a-b`, each perhaps with a step. A range may run over the end: FRI-MON. */
function parseField(text: string, field: Field): Set<number> | undefined {
  const values = new Set<number>();
  for (const part of text.split(",")) {
    const match = /^(\*|\w+)(?:-(\w+))?(?:\/(\d{1,4}))?$/.exec(part);
    if (!match?.[1]) return undefined;
    const [, first, second, stepText] = match;
    const step = stepText === undefined ? 1 : Number(stepText);
    if (step < 1) return undefined;
    let from: number | undefined = field.min;
    let to: number | undefined = field.max;
    if (first !== "*") {
      from = parseValue(first ?? "", field);
      if (second !== undefined) to = parseValue(second, field);
      else if (stepText === undefined) to = from;
    } else if (second !== undefined) return undefined;
    if (from === undefined || to === undefined) return undefined;
    if (to < from && field === YEAR) return undefined;
    const size = field.max - field.min + 1;
    const length = to >= from ? to - from : to - from + size;
    for (let offset = 0; offset <= length; offset += step) values.add(field.min + ((from - field.min + offset) % size));
  }
  return values;
}

function parseValue(text: string, field: Field): number | undefined {
  const named = field.names?.indexOf(text) ?? -1;
  if (named >= 0) return field.min + named;
  if (!/^\d{1,4}$/.test(text)) return undefined;
  const value = Number(text);
  return value >= field.min && value <= field.max ? value : undefined;
}

/**
 * The first tick after `afterMs`, exclusive; undefined when there is none. A rate counts from `startMs` and first fires one
 * interval later; a cron expression does not look at it.
 */
export function nextTick(schedule: Schedule, startMs: number, afterMs: number): number | undefined {
  if (schedule.kind === "rate") {
    const passed = Math.max(0, Math.floor((afterMs - startMs) / schedule.intervalMs));
    return startMs + (passed + 1) * schedule.intervalMs;
  }
  const first = new Date(afterMs);
  let year = first.getUTCFullYear();
  let month = first.getUTCMonth() + 1;
  for (; year <= YEAR.max; year++, month = 1) {
    if (!schedule.years.has(year)) continue;
    for (; month <= 12; month++) {
      if (!schedule.months.has(month)) continue;
      const tick = tickInMonth(schedule, year, month, afterMs);
      if (tick !== undefined) return tick;
    }
  }
  return undefined;
}

function tickInMonth(schedule: Extract<Schedule, { kind: "cron" }>, year: number, month: number, afterMs: number): number | undefined {
  for (const date of daysOf(schedule.day, year, month)) {
    const midnightMs = Date.UTC(year, month - 1, date);
    if (midnightMs + UNIT_MS.day <= afterMs) continue;
    for (let hour = HOUR.min; hour <= HOUR.max; hour++) {
      if (!schedule.hours.has(hour)) continue;
      for (let minute = MINUTE.min; minute <= MINUTE.max; minute++) {
        const tick = midnightMs + hour * UNIT_MS.hour + minute * UNIT_MS.minute;
        if (schedule.minutes.has(minute) && tick > afterMs) return tick;
      }
    }
  }
  return undefined;
}

/** The dates of a month that a rule names, in order. */
function daysOf(rule: DayRule, year: number, month: number): number[] {
  const length = new Date(Date.UTC(year, month, 0)).getUTCDate();
  const weekdayOf = (date: number) => new Date(Date.UTC(year, month - 1, date)).getUTCDay() + 1;
  const dates = Array.from({ length }, (_, index) => index + 1);
  switch (rule.kind) {
    case "dates":
      return dates.filter((date) => rule.dates.has(date));
    case "last-date":
      return [length];
    case "near-date":
      return rule.date > length ? [] : [nearestWorkday(rule.date, length, weekdayOf(rule.date))];
    case "last-workday":
      return [nearestWorkday(length, length, weekdayOf(length))];
    case "weekdays":
      return dates.filter((date) => rule.weekdays.has(weekdayOf(date)));
    case "last-weekday":
      return dates.filter((date) => weekdayOf(date) === rule.weekday).slice(-1);
    case "nth-weekday":
      return dates.filter((date) => weekdayOf(date) === rule.weekday).slice(rule.nth - 1, rule.nth);
  }
}

/** A Saturday moves to Friday and a Sunday to Monday, unless that leaves the month. */
function nearestWorkday(date: number, length: number, weekday: number): number {
  if (weekday === 7) return date === 1 ? 3 : date - 1;
  if (weekday === 1) return date === length ? date - 2 : date + 1;
  return date;
}
