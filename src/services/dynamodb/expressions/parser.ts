// From the text of an expression to its syntax tree. What the parser accepts may still mean nothing: binding.ts says so, in the
// order in which AWS does.
import { invalid } from "../errors.ts";
import { EXPRESSION_OPERATORS_MAX } from "../limits.ts";
import { type ExpressionKind, syntaxError, type Token, tokenize } from "./lexer.ts";
import { isReservedWord } from "./reserved-words.ts";
import type {
  Comparator,
  RawCondition,
  RawFunction,
  RawOperand,
  RawPath,
  RawPathPart,
  RawSetValue,
  RawUpdateAction,
  Section,
} from "./syntax.ts";

const CONDITION_FUNCTIONS = new Set(["attribute_exists", "attribute_not_exists", "attribute_type", "begins_with", "contains"]);
const OPERAND_FUNCTIONS = new Set(["size"]);
const UPDATE_FUNCTIONS = new Set(["if_not_exists", "list_append"]);
const COMPARATORS: readonly Comparator[] = ["=", "<>", "<", "<=", ">", ">="];
const SECTIONS: readonly Section[] = ["SET", "REMOVE", "ADD", "DELETE"];
const CONDITION_KEYWORDS: readonly string[] = ["AND", "OR", "NOT", "BETWEEN", "IN"];
/** Deeper parentheses are refused as a syntax error: 4 KB of them would exhaust the stack. Ours. */
const PARENTHESES_MAX = 200;

interface Parser {
  readonly kind: ExpressionKind;
  readonly text: string;
  readonly tokens: readonly Token[];
  readonly functions: ReadonlySet<string>;
  /** Words that are never names here. */
  readonly keywords: readonly string[];
  at: number;
  depth: number;
  operators: number;
  /** The first finding of each sort: they are reported in an order of their own, once the whole text has been read. */
  redundantParentheses: boolean;
  unknownFunction?: string;
  misusedFunction?: string;
  reservedWord?: string;
  repeatedSection?: string;
}

function open(kind: ExpressionKind, text: string, functions: ReadonlySet<string>, keywords: readonly string[]): Parser {
  return { kind, text, tokens: tokenize(text), functions, keywords, at: 0, depth: 0, operators: 0, redundantParentheses: false };
}

const EVERY_CONDITION_FUNCTION = new Set([...CONDITION_FUNCTIONS, ...OPERAND_FUNCTIONS]);

/** Condition, filter and key condition expressions have one grammar. */
export function parseCondition(kind: ExpressionKind, text: string): RawCondition {
  const parser = open(kind, text, EVERY_CONDITION_FUNCTION, CONDITION_KEYWORDS);
  const node = parseOr(parser);
  if (!isCondition(node)) throw unexpected(parser);
  expectEnd(parser);
  report(parser);
  return node;
}

export function parseProjection(text: string): readonly RawPath[] {
  const parser = open("ProjectionExpression", text, new Set(), []);
  const paths = [parsePath(parser)];
  while (accept(parser, ",")) paths.push(parsePath(parser));
  expectEnd(parser);
  report(parser);
  return paths;
}

export function parseUpdate(text: string): readonly RawUpdateAction[] {
  const parser = open("UpdateExpression", text, UPDATE_FUNCTIONS, SECTIONS);
  const actions: RawUpdateAction[] = [];
  const seen = new Set<string>();
  do {
    const word = peek(parser).upper;
    const section = SECTIONS.find((name) => name === word);
    if (section === undefined) throw unexpected(parser);
    if (seen.has(section)) parser.repeatedSection ??= section;
    seen.add(section);
    parser.at++;
    do actions.push(parseAction(parser, section));
    while (accept(parser, ","));
  } while (peek(parser).kind !== "end");
  report(parser);
  return actions;
}

/** The order in which AWS tells of what is wrong. */
function report(parser: Parser): void {
  const fail = (message: string) => invalid(`Invalid ${parser.kind}: ${message}`);
  if (parser.redundantParentheses) throw fail("The expression has redundant parentheses;");
  if (parser.unknownFunction !== undefined) throw fail(`Invalid function name; function: ${parser.unknownFunction}`);
  if (parser.misusedFunction !== undefined) {
    throw fail(`The function is not allowed to be used this way in an expression; function: ${parser.misusedFunction}`);
  }
  if (parser.reservedWord !== undefined) {
    throw fail(`Attribute name is a reserved keyword; reserved keyword: ${parser.reservedWord}`);
  }
  if (parser.repeatedSection !== undefined) {
    throw fail(`The "${parser.repeatedSection}" section can only be used once in an update expression;`);
  }
  if (parser.operators > EXPRESSION_OPERATORS_MAX) {
    throw fail(
      `The expression contains an excessive number of operators; operator count: ${parser.operators}, maximum allowed: ${EXPRESSION_OPERATORS_MAX}`,
    );
  }
}

function peek(parser: Parser, ahead = 0): Token {
  const token = parser.tokens[parser.at + ahead] ?? parser.tokens[parser.tokens.length - 1];
  if (token === undefined) throw unexpected(parser);
  return token;
}

function unexpected(parser: Parser): Error {
  return syntaxError(parser.kind, parser.text, parser.tokens, Math.min(parser.at, parser.tokens.length - 1));
}

function accept(parser: Parser, symbol: string): boolean {
  const token = peek(parser);
  if (token.kind !== "symbol" || token.text !== symbol) return false;
  parser.at++;
  return true;
}

function expect(parser: Parser, symbol: string): void {
  if (!accept(parser, symbol)) throw unexpected(parser);
}

function acceptKeyword(parser: Parser, keyword: string): boolean {
  const token = peek(parser);
  if (token.kind !== "name" || token.upper !== keyword) return false;
  parser.at++;
  return true;
}

function expectEnd(parser: Parser): void {
  if (peek(parser).kind !== "end") throw unexpected(parser);
}

// Conditions. Parentheses stand around conditions and around operands alike, so one function reads both, and whoever called it
// says which it wanted. A function may stand in either place until its name is looked at.

type Node = RawCondition | RawOperand;

function isCondition(node: Node): node is RawCondition {
  return node.kind !== "path" && node.kind !== "value";
}

function isOperand(node: Node): node is RawOperand {
  return node.kind === "path" || node.kind === "value" || node.kind === "function";
}

function asCondition(parser: Parser, node: Node): RawCondition {
  if (!isCondition(node)) throw unexpected(parser);
  if (node.kind === "function" && OPERAND_FUNCTIONS.has(node.name)) parser.misusedFunction ??= node.name;
  return node;
}

function asOperand(parser: Parser, node: Node): RawOperand {
  if (!isOperand(node)) throw unexpected(parser);
  if (node.kind === "function" && CONDITION_FUNCTIONS.has(node.name)) parser.misusedFunction ??= node.name;
  return node;
}

function parseOr(parser: Parser): Node {
  let node = parseAnd(parser);
  while (isCondition(node) && acceptKeyword(parser, "OR")) {
    parser.operators++;
    const left = asCondition(parser, node);
    node = { kind: "or", left, right: asCondition(parser, parseAnd(parser)) };
  }
  if (node.kind === "function" && peek(parser).kind === "end") asCondition(parser, node);
  return node;
}

function parseAnd(parser: Parser): Node {
  let node = parseNot(parser);
  while (isCondition(node) && acceptKeyword(parser, "AND")) {
    parser.operators++;
    const left = asCondition(parser, node);
    node = { kind: "and", left, right: asCondition(parser, parseNot(parser)) };
  }
  return node;
}

function parseNot(parser: Parser): Node {
  const token = peek(parser);
  if (token.kind !== "name" || token.upper !== "NOT") return parseComparison(parser);
  parser.at++;
  parser.operators++;
  return { kind: "not", inner: asCondition(parser, parseNot(parser)) };
}

function parseComparison(parser: Parser): Node {
  const node = parsePrimary(parser);
  const token = peek(parser);
  const operator = token.kind === "symbol" ? COMPARATORS.find((symbol) => symbol === token.text) : undefined;
  if (operator !== undefined) {
    const left = asOperand(parser, node);
    parser.at++;
    parser.operators++;
    return { kind: "compare", operator, left, right: parseOperand(parser) };
  }
  if (token.kind !== "name" || !isOperand(node)) return node;
  if (token.upper === "BETWEEN") {
    const operand = asOperand(parser, node);
    parser.at++;
    parser.operators++;
    const lower = parseOperand(parser);
    if (!acceptKeyword(parser, "AND")) throw unexpected(parser);
    return { kind: "between", operand, lower, upper: parseOperand(parser) };
  }
  if (token.upper === "IN") {
    const operand = asOperand(parser, node);
    parser.at++;
    parser.operators++;
    return { kind: "in", operand, list: parseArguments(parser) };
  }
  return node;
}

function parseOperand(parser: Parser): RawOperand {
  return asOperand(parser, parsePrimary(parser));
}

function parsePrimary(parser: Parser): Node {
  const token = peek(parser);
  if (token.kind === "symbol" && token.text === "(") return parseParentheses(parser);
  if (token.kind === "value") {
    parser.at++;
    return { kind: "value", name: token.text };
  }
  const next = peek(parser, 1);
  if (token.kind === "name" && next.kind === "symbol" && next.text === "(") return parseFunction(parser, token);
  return parsePath(parser);
}

function parseParentheses(parser: Parser): Node {
  parser.at++;
  if (++parser.depth > PARENTHESES_MAX) throw unexpected(parser);
  const nested = peek(parser).text === "(";
  const innerEnd = nested ? closingOf(parser, parser.at) : -1;
  const inner = parseOr(parser);
  // Two pairs around the same thing: the inner one closes right before the outer one.
  if (nested && innerEnd === parser.at - 1) parser.redundantParentheses = true;
  expect(parser, ")");
  parser.depth--;
  const token = peek(parser);
  if (inner.kind === "path" && token.kind === "symbol" && (token.text === "." || token.text === "[")) {
    return { kind: "path", parts: [...inner.parts, ...parsePathTail(parser)] };
  }
  return inner;
}

/** The place of the parenthesis that closes the one at `from`. */
function closingOf(parser: Parser, from: number): number {
  let depth = 0;
  for (let i = from; i < parser.tokens.length; i++) {
    const text = parser.tokens[i]?.text;
    if (text === "(") depth++;
    if (text === ")" && --depth === 0) return i;
  }
  return -1;
}

function parseFunction(parser: Parser, name: Token): RawFunction {
  parser.at++;
  parser.operators++;
  if (!parser.functions.has(name.text)) parser.unknownFunction ??= name.text;
  return { kind: "function", name: name.text, args: parseArguments(parser) };
}

function parseArguments(parser: Parser): RawOperand[] {
  expect(parser, "(");
  if (++parser.depth > PARENTHESES_MAX) throw unexpected(parser);
  const args = [parseOperand(parser)];
  while (accept(parser, ",")) args.push(parseOperand(parser));
  expect(parser, ")");
  parser.depth--;
  return args;
}

// Paths.

function parsePath(parser: Parser): RawPath {
  return { kind: "path", parts: [parseName(parser), ...parsePathTail(parser)] };
}

function parseName(parser: Parser): RawPathPart {
  const token = peek(parser);
  if (token.kind === "placeholder") {
    parser.at++;
    return { placeholder: token.text };
  }
  if (token.kind !== "name" || parser.keywords.includes(token.upper)) throw unexpected(parser);
  parser.at++;
  if (isReservedWord(token.text)) parser.reservedWord ??= token.text;
  return { name: token.text };
}

function parsePathTail(parser: Parser): RawPathPart[] {
  const parts: RawPathPart[] = [];
  for (;;) {
    if (accept(parser, ".")) {
      parts.push(parseName(parser));
    } else if (accept(parser, "[")) {
      const token = peek(parser);
      if (token.kind !== "number") throw unexpected(parser);
      parser.at++;
      parts.push({ index: Number(token.text) });
      expect(parser, "]");
    } else {
      return parts;
    }
  }
}

// Updates.

function parseAction(parser: Parser, section: Section): RawUpdateAction {
  const path = parsePath(parser);
  if (section === "REMOVE") return { section, path };
  if (section === "SET") {
    expect(parser, "=");
    parser.operators++;
    return { section, path, value: parseSetValue(parser) };
  }
  const token = peek(parser);
  if (token.kind !== "value") throw unexpected(parser);
  parser.at++;
  parser.operators++;
  return { section, path, value: { kind: "value", name: token.text } };
}

/** An operand, or two joined by plus or minus; each may stand in parentheses, and so may the whole. */
function parseSetValue(parser: Parser): RawSetValue {
  const left = parseSetOperand(parser);
  const token = peek(parser);
  if (token.kind !== "symbol" || (token.text !== "+" && token.text !== "-")) return left;
  if (left.kind === "sum") throw unexpected(parser);
  parser.at++;
  parser.operators++;
  const right = parseSetOperand(parser);
  if (right.kind === "sum") throw unexpected(parser);
  return { kind: "sum", minus: token.text === "-", left, right };
}

function parseSetOperand(parser: Parser): RawSetValue {
  const token = peek(parser);
  if (token.kind === "symbol" && token.text === "(") {
    parser.at++;
    if (++parser.depth > PARENTHESES_MAX) throw unexpected(parser);
    const nested = peek(parser).text === "(";
    const innerEnd = nested ? closingOf(parser, parser.at) : -1;
    const inner = parseSetValue(parser);
    if (nested && innerEnd === parser.at - 1) parser.redundantParentheses = true;
    expect(parser, ")");
    parser.depth--;
    return inner;
  }
  if (token.kind === "value") {
    parser.at++;
    return { kind: "value", name: token.text };
  }
  const next = peek(parser, 1);
  if (token.kind === "name" && next.kind === "symbol" && next.text === "(") {
    parser.at++;
    parser.operators++;
    if (!parser.functions.has(token.text)) parser.unknownFunction ??= token.text;
    return { kind: "function", name: token.text, args: parseSetArguments(parser) };
  }
  return parsePath(parser);
}

function parseSetArguments(parser: Parser): RawOperand[] {
  expect(parser, "(");
  if (++parser.depth > PARENTHESES_MAX) throw unexpected(parser);
  const args: RawOperand[] = [];
  do {
    const arg = parseSetOperand(parser);
    if (arg.kind === "sum") throw unexpected(parser);
    args.push(arg);
  } while (accept(parser, ","));
  expect(parser, ")");
  parser.depth--;
  return args;
}
