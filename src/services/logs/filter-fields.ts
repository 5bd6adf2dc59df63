// Space-delimited filter patterns: `[ip, user, ..., status = 4*, bytes > 1000]`. A message is cut at spaces, except within quotation
// marks and brackets.
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

type Field = { readonly kind: "rest" } | { readonly kind: "field"; readonly matches: (value: string) => boolean };

export function parseFieldPattern(pattern: string): Matcher {
  if (!pattern.endsWith("]")) throw refusePattern(pattern);
  const cursor = cursorOf(tokenize(pattern.slice(1, -1), pattern), pattern);
  const fields: Field[] = [];
  do fields.push(parseField(cursor));
  while (cursor.take(","));
  if (cursor.peek() || fields.filter(({ kind }) => kind === "rest").length > 1) throw refusePattern(pattern);
  return (message) => matchFields(fields, cutFields(message));
}

function parseField(cursor: Cursor): Field {
  const first = cursor.peek();
  if (first?.kind === "word" && first.text === "...") {
    cursor.next();
    return { kind: "rest" };
  }
  if (first?.kind === "word" && /^[\w-]+$/.test(first.text)) {
    const name = cursor.next().text;
    const following = cursor.peek();
    if (!following || (following.kind === "punctuation" && following.text === ",")) return { kind: "field", matches: () => true };
    return { kind: "field", matches: parseConditions(cursor, name) };
  }
  if (first?.kind === "punctuation" && first.text === "(") return { kind: "field", matches: parseConditions(cursor, undefined) };
  throw refusePattern(cursor.pattern);
}

/** Conditions on one field: each names the field again. `pending` is a name that was read already. */
function parseConditions(cursor: Cursor, pending: string | undefined): (value: string) => boolean {
  let name = pending;
  return parseCondition<string>(cursor, () => {
    if (name === undefined && cursor.next().kind !== "word") throw refusePattern(cursor.pattern);
    name = undefined;
    const operator = parseOperator(cursor);
    const token = cursor.next();
    if (token.kind === "punctuation") throw refusePattern(cursor.pattern);
    const operand = parseOperand(token);
    return (value) => compare(value, operator, operand);
  });
}

const FIELD = /"([^"]*)"|\[([^\]]*)\]|(\S+)/g;

export function cutFields(message: string): string[] {
  return Array.from(message.matchAll(FIELD), ([, quoted, bracketed, bare]) => quoted ?? bracketed ?? bare ?? "");
}

function matchFields(fields: readonly Field[], values: readonly string[]): boolean {
  const rest = fields.findIndex(({ kind }) => kind === "rest");
  if (rest < 0 ? values.length !== fields.length : values.length < fields.length - 1) return false;
  return fields.every((field, index) => {
    if (field.kind === "rest") return true;
    const at = rest >= 0 && index > rest ? values.length - (fields.length - index) : index;
    return field.matches(values[at] ?? "");
  });
}
