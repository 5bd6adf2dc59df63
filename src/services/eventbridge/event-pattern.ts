// Event patterns: which events a rule takes. Pure. Source: EventBridge User Guide, "Creating event patterns" and "Comparison operators".
import { invalidPattern } from "./errors.ts";
import { OR_COMBINATIONS_MAX, PATTERN_LENGTH_MAX } from "./limits.ts";
import { type Condition, type Field, parseCondition } from "./pattern-conditions.ts";

type EventMatcher = (event: unknown) => boolean;

type Node = (value: unknown) => boolean;

const isMap = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);

/** Throws InvalidEventPatternException when `text` is not one. */
export function parseEventPattern(text: string): EventMatcher {
  if (text.length > PATTERN_LENGTH_MAX) throw invalidPattern("Event pattern is too long");
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw invalidPattern("Event pattern is not valid JSON");
  }
  if (!isMap(document)) throw invalidPattern("Filter is not an object");
  if (combinations(document) > OR_COMBINATIONS_MAX)
    throw invalidPattern(
      "Rule is too complex - try using fewer wildcard characters or fewer repeating character sequences after a wildcard character",
    );
  return parseNode(document);
}

/** How many patterns without `$or` a pattern stands for. */
function combinations(pattern: Record<string, unknown>): number {
  let product = 1;
  for (const [name, value] of Object.entries(pattern)) {
    if (isOr(name, value)) product *= value.reduce((sum: number, branch) => sum + combinations(branch), 0);
    else if (isMap(value)) product *= combinations(value);
  }
  return product;
}

/** `$or` is a keyword when it holds at least two patterns; else it is a field like any other. */
function isOr(name: string, value: unknown): value is Record<string, unknown>[] {
  return name === "$or" && Array.isArray(value) && value.length >= 2 && value.every(isMap);
}

function parseNode(pattern: Record<string, unknown>): Node {
  const entries = Object.entries(pattern);
  if (entries.length === 0) throw invalidPattern("Empty objects are not allowed");
  const parts = entries.map(([name, value]): ((object: Record<string, unknown>) => boolean) => {
    if (isOr(name, value)) {
      const branches = value.map((branch) => parseNode(branch));
      return (object) => branches.some((branch) => branch(object));
    }
    if (isMap(value)) {
      const inner = parseNode(value);
      return (object) => inner(object[name]);
    }
    if (!Array.isArray(value)) throw invalidPattern(`"${name}" must be an object or an array`);
    if (value.length === 0) throw invalidPattern("Empty arrays are not allowed");
    const conditions = value.map((each) => parseCondition(each, name));
    return (object) => matchesAny(conditions, fieldOf(object, name));
  });
  const matches: Node = (value) => {
    // An array of objects matches when one of its elements does. A missing object can still satisfy `exists: false`.
    if (Array.isArray(value)) return value.some(matches);
    const object = isMap(value) ? value : {};
    return parts.every((part) => part(object));
  };
  return matches;
}

const fieldOf = (object: Record<string, unknown>, name: string): Field =>
  Object.hasOwn(object, name) ? { present: true, value: object[name] } : { present: false, value: undefined };

function matchesAny(conditions: readonly Condition[], field: Field): boolean {
  if (field.present && Array.isArray(field.value)) {
    const elements: unknown[] = field.value;
    // Of an array one element has to match; an empty one has no element, and does not exist for a leaf.
    if (elements.length === 0) return conditions.some((condition) => condition({ present: false, value: undefined }));
    return elements.some((value) => conditions.some((condition) => condition({ present: true, value })));
  }
  return conditions.some((condition) => condition(field));
}
