// What JSON and space-delimited filter patterns share: tokens, values and comparisons.
import { AwsError } from "../../kernel/errors.ts";

export type Matcher = (message: string) => boolean;

type Operator = "=" | "!=" | "<" | "<=" | ">" | ">=";

/** The right side of a comparison. */
type Operand =
  | { readonly kind: "number"; readonly number: number; readonly text: string }
  | { readonly kind: "text"; readonly text: string; readonly expression: RegExp | undefined }
  | { readonly kind: "regex"; readonly expression: RegExp };

const REGEX_LENGTH_MAX = 512;

export const refusePattern = (pattern: string, reason?: string): AwsError =>
  new AwsError("InvalidParameterException", reason ?? `Invalid filter pattern: ${pattern}`);

/** What stands between percent signs. The guide allows a subset of regular expressions, without groups that look around. */
export function regexOf(source: string): RegExp {
  try {
    if (source.length <= REGEX_LENGTH_MAX && !/\(\?/.test(source)) return new RegExp(source.replaceAll("\\%", "%"));
  } catch {
    // Not a regular expression: answered below.
  }
  throw refusePattern(source, `Invalid regex in filter pattern: ${source}`);
}

/** A text in which `*` stands for anything. */
function wildcard(text: string): RegExp | undefined {
  if (!text.includes("*")) return undefined;
  const parts = text.split("*").map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join("[^]*")}$`);
}

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;

/** An operand as it was written: bare, in quotation marks, or between percent signs. */
export function parseOperand(token: Token): Operand {
  if (token.kind === "regex") return { kind: "regex", expression: regexOf(token.text) };
  if (token.kind === "word" && NUMBER.test(token.text)) return { kind: "number", number: Number(token.text), text: token.text };
  return { kind: "text", text: token.text, expression: wildcard(token.text) };
}

/** `actual` is what the message holds: text or number. Anything else matches nothing. */
export function compare(actual: unknown, operator: Operator, operand: Operand): boolean {
  if (typeof actual !== "string" && typeof actual !== "number") return false;
  if (operator === "=" || operator === "!=") return equals(actual, operand) === (operator === "=");
  if (operand.kind !== "number") return false;
  const number = typeof actual === "number" ? actual : NUMBER.test(actual) ? Number(actual) : Number.NaN;
  switch (operator) {
    case "<":
      return number < operand.number;
    case "<=":
      return number <= operand.number;
    case ">":
      return number > operand.number;
    case ">=":
      return number >= operand.number;
  }
}

function equals(actual: string | number, operand: Operand): boolean {
  switch (operand.kind) {
    case "regex":
      return operand.expression.test(String(actual));
    case "number":
      return typeof actual === "number"
        ? actual === operand.number
        : actual === operand.text || (NUMBER.test(actual) && Number(actual) === operand.number);
    case "text":
      return operand.expression ? operand.expression.test(String(actual)) : String(actual) === operand.text;
  }
}

interface Token {
  /** Punctuation is `&&`, `||`, parentheses, commas and operators. */
  readonly kind: "word" | "quoted" | "regex" | "punctuation";
  readonly text: string;
}

const TOKEN =
  /\s*(?:"((?:[^"\\]|\\.)*)"|%((?:[^%\\]|\\.)*)%|(&&|\|\||!=|<=|>=|[=<>(),])|((?:\[(?:'[^']*'|"[^"]*"|[\d*]+)\]|[^\s"%&|=<>(),![\]])+))/y;

/** The tokens of what stands between the brackets of a pattern. */
export function tokenize(text: string, pattern: string): Token[] {
  const tokens: Token[] = [];
  const end = text.trimEnd().length;
  for (let at = 0; at < end; at = TOKEN.lastIndex) {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(text);
    if (!match) throw refusePattern(pattern);
    const [, quoted, regex, punctuation, word] = match;
    if (quoted !== undefined) tokens.push({ kind: "quoted", text: quoted.replaceAll(/\\(.)/g, "$1") });
    else if (regex !== undefined) tokens.push({ kind: "regex", text: regex });
    else if (punctuation !== undefined) tokens.push({ kind: "punctuation", text: punctuation });
    else tokens.push({ kind: "word", text: word ?? "" });
  }
  return tokens;
}

/** Reads tokens one by one. */
export interface Cursor {
  peek(): Token | undefined;
  next(): Token;
  /** Takes this punctuation if it comes next. */
  take(punctuation: string): boolean;
  readonly pattern: string;
}

export function cursorOf(tokens: readonly Token[], pattern: string): Cursor {
  let at = 0;
  return {
    pattern,
    peek: () => tokens[at],
    next() {
      const token = tokens[at++];
      if (!token) throw refusePattern(pattern);
      return token;
    },
    take(punctuation) {
      const token = tokens[at];
      if (token?.kind !== "punctuation" || token.text !== punctuation) return false;
      at++;
      return true;
    },
  };
}

export function parseOperator(cursor: Cursor): Operator {
  const { kind, text } = cursor.next();
  if (kind === "punctuation") {
    if (text === "=" || text === "!=" || text === "<" || text === "<=" || text === ">" || text === ">=") return text;
  }
  throw refusePattern(cursor.pattern);
}

/** `a && b || (c)`, where `&&` binds tighter; `leaf` parses what stands between. */
export function parseCondition<T>(cursor: Cursor, leaf: (cursor: Cursor) => (subject: T) => boolean): (subject: T) => boolean {
  const parseAll = () => {
    const parts = [parseOne()];
    while (cursor.take("&&")) parts.push(parseOne());
    return (subject: T) => parts.every((part) => part(subject));
  };
  const parseOne = (): ((subject: T) => boolean) => {
    if (!cursor.take("(")) return leaf(cursor);
    const inner = parseCondition(cursor, leaf);
    if (!cursor.take(")")) throw refusePattern(cursor.pattern);
    return inner;
  };
  const parts = [parseAll()];
  while (cursor.take("||")) parts.push(parseAll());
  return (subject) => parts.some((part) => part(subject));
}
