// Event filtering of event source mappings ("Control which events Lambda sends to your function"): patterns over records.
// Pure rules; a pattern is checked when a mapping is made, and only checked ones are matched.

type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

const OPERATORS: ReadonlySet<string> = new Set(["prefix", "suffix", "anything-but", "numeric", "exists", "equals-ignore-case", "wildcard"]);

/** Why `pattern` is not one; undefined when it is. */
export function checkPattern(pattern: string): string | undefined {
  let parsed: Json;
  try {
    parsed = JSON.parse(pattern) as Json;
  } catch {
    return "Filter is not valid JSON.";
  }
  if (!isObject(parsed)) return "Filter is not an object.";
  return checkObject(parsed);
}

function checkObject(pattern: { readonly [key: string]: Json }): string | undefined {
  if (Object.keys(pattern).length === 0) return "Empty objects are not allowed.";
  for (const [key, value] of Object.entries(pattern)) {
    const reason = key === "$or" && Array.isArray(value) ? checkAlternatives(value) : checkValue(key, value);
    if (reason !== undefined) return reason;
  }
  return undefined;
}

function checkAlternatives(values: readonly Json[]): string | undefined {
  for (const value of values) {
    const reason = isObject(value) ? checkObject(value) : "There must be objects in $or.";
    if (reason !== undefined) return reason;
  }
  return undefined;
}

function checkValue(key: string, value: Json): string | undefined {
  if (isObject(value)) return checkObject(value);
  if (!Array.isArray(value)) return `"${key}" must be an object or an array`;
  const rules: readonly Json[] = value;
  if (rules.length === 0) return "Empty arrays are not allowed";
  for (const rule of rules) {
    if (!isObject(rule)) continue;
    const names = Object.keys(rule);
    if (names.length !== 1 || !OPERATORS.has(names[0] ?? "")) return `Unrecognized match type ${names.join(", ")}`;
  }
  return undefined;
}

/** True when the record matches any of the patterns. For a queue, `body` is matched as JSON when it is, else as text. */
export function matchesAny(patterns: readonly string[], record: { readonly body: string } & Readonly<Record<string, unknown>>): boolean {
  const plain = record as { readonly [key: string]: Json };
  const decoded: { readonly [key: string]: Json } = { ...plain, body: parsedBody(record.body) };
  return patterns.some((text) => {
    const pattern = JSON.parse(text) as { readonly [key: string]: Json };
    // A pattern for a plain body names its text; one for a JSON body looks inside.
    return matchesObject(pattern, isObject(pattern["body"] ?? null) ? decoded : plain);
  });
}

function parsedBody(body: string): Json {
  try {
    return JSON.parse(body) as Json;
  } catch {
    return body;
  }
}

function matchesObject(pattern: { readonly [key: string]: Json }, value: Json | undefined): boolean {
  return Object.entries(pattern).every(([key, wanted]) => {
    if (key === "$or" && Array.isArray(wanted)) {
      const alternatives: readonly Json[] = wanted;
      return alternatives.some((alternative) => isObject(alternative) && matchesObject(alternative, value));
    }
    const actual = value !== undefined && isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
    if (isObject(wanted))
      return Array.isArray(actual) ? actual.some((item: Json) => matchesObject(wanted, item)) : matchesObject(wanted, actual);
    const rules: readonly Json[] = Array.isArray(wanted) ? wanted : [];
    return rules.some((rule) => matchesRule(rule, actual));
  });
}

function matchesRule(rule: Json, actual: Json | undefined): boolean {
  if (isObject(rule) && "exists" in rule) return (actual !== undefined && !isObject(actual)) === rule["exists"];
  if (Array.isArray(actual)) return actual.some((item: Json) => matchesRule(rule, item));
  if (actual === undefined) return false;
  if (!isObject(rule)) return rule === actual;
  const [[operator, operand] = ["", null]] = Object.entries(rule);
  switch (operator) {
    case "prefix":
      return typeof actual === "string" && typeof operand === "string" && actual.startsWith(operand);
    case "suffix":
      return typeof actual === "string" && typeof operand === "string" && actual.endsWith(operand);
    case "equals-ignore-case":
      return typeof actual === "string" && typeof operand === "string" && actual.toLowerCase() === operand.toLowerCase();
    case "wildcard":
      return typeof actual === "string" && typeof operand === "string" && wildcard(operand).test(actual);
    case "numeric":
      return typeof actual === "number" && Array.isArray(operand) && inRange(operand, actual);
    case "anything-but":
      return (
        !isObject(actual) && !(Array.isArray(operand) ? (operand as readonly Json[]) : [operand]).some((not) => matchesRule(not, actual))
      );
    default:
      return false;
  }
}

function wildcard(pattern: string): RegExp {
  return new RegExp(
    `^${pattern
      .split("*")
      .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))
      .join(".*")}$`,
    "s",
  );
}

/** `[">", 0, "<=", 5]` */
function inRange(bounds: readonly Json[], actual: number): boolean {
  for (let i = 0; i + 1 < bounds.length; i += 2) {
    const operand = Number(bounds[i + 1]);
    const holds =
      bounds[i] === "="
        ? actual === operand
        : bounds[i] === "<"
          ? actual < operand
          : bounds[i] === "<="
            ? actual <= operand
            : bounds[i] === ">"
              ? actual > operand
              : bounds[i] === ">="
                ? actual >= operand
                : false;
    if (!holds) return false;
  }
  return true;
}

function isObject(value: Json): value is { readonly [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
