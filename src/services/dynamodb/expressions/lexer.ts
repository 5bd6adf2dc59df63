// The tokens of an expression: names, placeholders, indexes, operators. It knows no grammar.
import { invalid } from "../errors.ts";

type TokenKind = "name" | "placeholder" | "value" | "number" | "symbol" | "end";

export interface Token {
  readonly kind: TokenKind;
  /** As written. */
  readonly text: string;
  /** In upper case, for keywords. */
  readonly upper: string;
  readonly start: number;
  readonly end: number;
}

/** Which expression it is, as messages name it: `ConditionExpression`. */
export type ExpressionKind =
  | "ConditionExpression"
  | "FilterExpression"
  | "KeyConditionExpression"
  | "ProjectionExpression"
  | "UpdateExpression";

const PATTERN = /\s+|([A-Za-z][A-Za-z0-9_]*)|(#[A-Za-z0-9_]+)|(:[A-Za-z0-9_]+)|(\d+)|(<>|<=|>=|[<>=()[\],.+-])/y;
const END = "<EOF>";

export function syntaxError(kind: ExpressionKind, text: string, tokens: readonly Token[], index: number): Error {
  const token = tokens[index];
  const start = (tokens[index - 1] ?? token)?.start ?? 0;
  const end = (tokens[index + 1] ?? token)?.end ?? text.length;
  return invalid(`Invalid ${kind}: Syntax error; token: "${token?.text ?? END}", near: "${text.slice(start, end)}"`);
}

/** Ends with a token of kind `end`. What is no token at all becomes a symbol that no grammar takes. */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    PATTERN.lastIndex = at;
    const match = PATTERN.exec(text);
    if (match === null) {
      const character = String.fromCodePoint(text.codePointAt(at) ?? 0);
      tokens.push({ kind: "symbol", text: character, upper: character, start: at, end: at + character.length });
      at += character.length;
      continue;
    }
    const [all, name, placeholder, value, number, symbol] = match;
    const start = at;
    at += all.length;
    if (name !== undefined) tokens.push({ kind: "name", text: name, upper: name.toUpperCase(), start, end: at });
    else if (placeholder !== undefined) tokens.push({ kind: "placeholder", text: placeholder, upper: placeholder, start, end: at });
    else if (value !== undefined) tokens.push({ kind: "value", text: value, upper: value, start, end: at });
    else if (number !== undefined) tokens.push({ kind: "number", text: number, upper: number, start, end: at });
    else if (symbol !== undefined) tokens.push({ kind: "symbol", text: symbol, upper: symbol, start, end: at });
  }
  tokens.push({ kind: "end", text: END, upper: END, start: text.length, end: text.length });
  return tokens;
}
