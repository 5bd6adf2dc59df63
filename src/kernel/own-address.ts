// The platform's own address within what is stored: a queue's URL in a function's environment or in a stack's outputs. Whoever
// keeps such text keeps the address of the time with it, and reads it through here: a platform may come back on another port.

/** How the platform's host may be written; the port follows. */
const OWN_HOST = "(https?://(?:[a-z0-9.-]+\\.)?(?:127\\.0\\.0\\.1|localhost|localhost\\.localstack\\.cloud)):";

/**
 * The value as it is when the platform is reached at `now`. Plain data: strings, numbers, booleans, null, lists, objects.
 * @param then where the platform was reached when the value was made, as `http://127.0.0.1:4566`; undefined leaves it as it is
 */
export function readdressed<T>(value: T, then: string | undefined, now: string): T {
  if (then === undefined || then === now) return value;
  const [before, after] = [new URL(then).port, new URL(now).port];
  if (before === "" || after === "" || before === after) return value;
  const text = JSON.stringify(value);
  const moved = text.replace(new RegExp(`${OWN_HOST}${before}(?![0-9])`, "gi"), `$1:${after}`);
  return moved === text ? value : JSON.parse(moved);
}
