// JSON filter patterns: `{ $.user.id = 1 && $.error NOT EXISTS }`. A message that is not a JSON object or array matches none.
import {
  type Cursor,
  compare,
  cursorOf,
  type Matcher,
  parseCondition,
  parseOperand,
  parseOperator,
  refusePattern,
  tokenize,
} from "./filter-values.ts";

type Step =
  | { readonly kind: "member"; readonly name: string }
  | { readonly kind: "index"; readonly index: number }
  | { readonly kind: "any" };

export function parseJsonPattern(pattern: string): Matcher {
  if (!pattern.endsWith("}")) throw refusePattern(pattern);
  const cursor = cursorOf(tokenize(pattern.slice(1, -1), pattern), pattern);
  const condition = parseCondition<unknown>(cursor, parseLeaf);
  if (cursor.peek()) throw refusePattern(pattern);
  return (message) => {
    const start = message.trimStart()[0];
    if (start !== "{" && start !== "[") return false;
    let document: unknown;
    try {
      document = JSON.parse(message);
    } catch {
      return false;
    }
    return condition(document);
  };
}

function parseLeaf(cursor: Cursor): (document: unknown) => boolean {
  const selector = cursor.next();
  if (selector.kind !== "word" || !selector.text.startsWith("$")) throw refusePattern(cursor.pattern);
  const steps = parseSelector(selector.text, cursor.pattern);
  const keyword = cursor.peek();
  if (keyword?.kind === "word") {
    cursor.next();
    const argument = cursor.next().text.toUpperCase();
    switch (`${keyword.text.toUpperCase()} ${argument}`) {
      case "IS TRUE":
        return (document) => select(document, steps).some((value) => value === true);
      case "IS FALSE":
        return (document) => select(document, steps).some((value) => value === false);
      case "IS NULL":
        return (document) => select(document, steps).some((value) => value === null);
      case "NOT EXISTS":
        return (document) => select(document, steps).length === 0;
      default:
        throw refusePattern(cursor.pattern);
    }
  }
  const operator = parseOperator(cursor);
  const token = cursor.next();
  if (token.kind === "punctuation") throw refusePattern(cursor.pattern);
  const operand = parseOperand(token);
  return (document) => select(document, steps).some((value) => compare(value, operator, operand));
}

const STEP = /\.([^.[\]]+)|\[(\d+)\]|\[(\*)\]|\[(?:'([^']*)'|"([^"]*)")\]/y;

function parseSelector(text: string, pattern: string): Step[] {
  const steps: Step[] = [];
  // `$` alone is the document; `$[0]` and `$.a` go into it.
  for (let at = 1; at < text.length; at = STEP.lastIndex) {
    STEP.lastIndex = at;
    const match = STEP.exec(text);
    if (!match) throw refusePattern(pattern);
    const [, name, index, any, single, double] = match;
    const quoted = single ?? double;
    if (index !== undefined) steps.push({ kind: "index", index: Number(index) });
    else if (any !== undefined || name === "*") steps.push({ kind: "any" });
    else steps.push({ kind: "member", name: quoted ?? name ?? "" });
  }
  return steps;
}

/** The values that a selector names: none when it names nothing, several with `[*]`. */
function select(document: unknown, steps: readonly Step[]): unknown[] {
  let values: unknown[] = [document];
  for (const step of steps) values = values.flatMap((value) => stepInto(value, step));
  return values;
}

function stepInto(value: unknown, step: Step): unknown[] {
  if (typeof value !== "object" || value === null) return [];
  if (Array.isArray(value)) {
    if (step.kind === "any") return value;
    return step.kind === "index" && step.index < value.length ? [value[step.index]] : [];
  }
  if (step.kind === "any") return Object.values(value);
  if (step.kind !== "member" || !Object.hasOwn(value, step.name)) return [];
  const members: Record<string, unknown> = { ...value };
  return [members[step.name]];
}
