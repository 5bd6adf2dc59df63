// The part of Velocity that mapping templates for MOCK integrations use: text, references, #set and #if. Whatever else a
// template holds is refused when it is given, never misread when it runs.
import { badRequest, notImplemented } from "./errors.ts";

type TemplateValue = string | number | boolean | undefined;

/** In the order in which `$input.params("x")` looks. */
const PLACES = ["path", "querystring", "header"] as const;
type ParameterPlace = (typeof PLACES)[number];

/** What a template may read. */
export interface TemplateScope {
  /** A parameter of the request, for `$input.params("x")` and `$input.params().header.get("x")`. */
  parameter(place: ParameterPlace, name: string): string | undefined;
  /** `$input.body`. */
  readonly body: string;
  /** `$context.identity.sourceIp` is asked for as `identity.sourceIp`. */
  contextValue(path: string): TemplateValue;
  readonly stageVariables: Readonly<Record<string, string>>;
}

interface Rendered {
  readonly text: string;
  /** What the template set below `$context.responseOverride`. */
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, string>>;
}

type Step = { readonly name: string; readonly arguments?: readonly Expression[] };
type Reference = { readonly kind: "reference"; readonly root: string; readonly steps: readonly Step[] };
type Expression =
  | { readonly kind: "literal"; readonly value: TemplateValue }
  | { readonly kind: "text"; readonly nodes: readonly Node[] }
  | Reference
  | { readonly kind: "not"; readonly operand: Expression }
  | { readonly kind: "binary"; readonly operator: "&&" | "||" | "==" | "!="; readonly left: Expression; readonly right: Expression };
type Node =
  | { readonly kind: "plain"; readonly text: string }
  | { readonly kind: "output"; readonly reference: Reference; readonly source: string; readonly quiet: boolean }
  | { readonly kind: "set"; readonly target: Reference; readonly value: Expression }
  | { readonly kind: "if"; readonly branches: readonly { readonly condition: Expression | undefined; readonly body: readonly Node[] }[] };

type Template = readonly Node[];

const STRING_METHODS = ["matches", "equals", "contains", "startsWith", "endsWith", "isEmpty", "toLowerCase", "toUpperCase", "trim"];
const OVERRIDE = "responseOverride";

interface Cursor {
  readonly source: string;
  at: number;
}

/** Throws NotImplemented for a construct outside the subset, BadRequestException for what no template may hold. */
export function parseTemplate(source: string): Template {
  const cursor: Cursor = { source, at: 0 };
  const nodes = parseNodes(cursor);
  if (cursor.at < source.length) throw badRequest(`Invalid template: unexpected ${source.slice(cursor.at, cursor.at + 8)}`);
  return nodes;
}

/** Nodes up to the end, or up to an #end, #else or #elseif, which is left to the caller. */
function parseNodes(cursor: Cursor): Node[] {
  const nodes: Node[] = [];
  let text = "";
  const flush = () => {
    if (text !== "") nodes.push({ kind: "plain", text });
    text = "";
  };
  while (cursor.at < cursor.source.length) {
    const rest = cursor.source.slice(cursor.at);
    if (/^#(?:(?:end|else|elseif)(?![A-Za-z])|\{end\}|\{else\})/.test(rest)) break;
    if (rest.startsWith("##")) {
      take(cursor, /^##[^\n]*\n?/);
    } else if (rest.startsWith("#*")) {
      if (take(cursor, /^#\*[\s\S]*?\*#/) === undefined) throw badRequest("Invalid template: a comment does not end");
    } else if (/^#[a-zA-Z{]/.test(rest)) {
      flush();
      nodes.push(parseDirective(cursor));
    } else if (/^\$!?\{?[a-zA-Z]/.test(rest)) {
      flush();
      nodes.push(parseOutput(cursor));
    } else {
      text += cursor.source[cursor.at++];
    }
  }
  flush();
  return nodes;
}

function parseDirective(cursor: Cursor): Node {
  const name = take(cursor, /^#\{?([a-zA-Z]+)\}?/, 1) ?? "";
  if (name === "set") {
    expect(cursor, "(");
    const target = parseReference(cursor);
    if (target.steps.some((step) => step.arguments) || (target.steps.length > 0 && !isOverride(target))) {
      throw notImplemented(`Setting $${target.root}.${target.steps.map((step) => step.name).join(".")} in a mapping template`);
    }
    expect(cursor, "=");
    const value = parseExpression(cursor);
    expect(cursor, ")");
    take(cursor, /^[ \t]*\n/);
    return { kind: "set", target, value };
  }
  if (name !== "if") throw notImplemented(`The mapping template directive #${name}`);
  const branches: { condition: Expression | undefined; body: Node[] }[] = [];
  let condition: Expression | undefined = parseCondition(cursor);
  for (;;) {
    branches.push({ condition, body: parseNodes(cursor) });
    if (take(cursor, /^#\{?end\}?(?:[ \t]*\n)?/) !== undefined) return { kind: "if", branches };
    if (take(cursor, /^#elseif(?![a-zA-Z])/) !== undefined) condition = parseCondition(cursor);
    else if (take(cursor, /^#\{?else\}?(?:[ \t]*\n)?/) !== undefined) condition = undefined;
    else throw badRequest("Invalid template: an #if has no #end");
  }
}

function parseCondition(cursor: Cursor): Expression {
  expect(cursor, "(");
  const condition = parseExpression(cursor);
  expect(cursor, ")");
  take(cursor, /^[ \t]*\n/);
  return condition;
}

function parseOutput(cursor: Cursor): Node {
  const start = cursor.at;
  const quiet = cursor.source.startsWith("$!", cursor.at);
  const reference = parseReference(cursor);
  return { kind: "output", reference, source: cursor.source.slice(start, cursor.at), quiet };
}

function parseReference(cursor: Cursor): Reference {
  skipSpace(cursor);
  const head = take(cursor, /^\$!?(\{?)/);
  if (head === undefined) throw badRequest("Invalid template: a reference is expected");
  const braced = head.endsWith("{");
  const root = take(cursor, /^[a-zA-Z][a-zA-Z0-9_-]*/) ?? "";
  const steps: Step[] = [];
  for (
    let name = take(cursor, /^\.([a-zA-Z][a-zA-Z0-9_-]*)/, 1);
    name !== undefined;
    name = take(cursor, /^\.([a-zA-Z][a-zA-Z0-9_-]*)/, 1)
  ) {
    steps.push(cursor.source[cursor.at] === "(" ? { name, arguments: parseArguments(cursor) } : { name });
  }
  if (braced) expect(cursor, "}");
  if (cursor.source[cursor.at] === "[") throw notImplemented("An index in a mapping template");
  const reference: Reference = { kind: "reference", root, steps };
  checkReference(reference);
  return reference;
}

function parseArguments(cursor: Cursor): Expression[] {
  expect(cursor, "(");
  const list: Expression[] = [];
  if (take(cursor, /^\s*\)/) !== undefined) return list;
  do list.push(parseExpression(cursor));
  while (take(cursor, /^\s*,/) !== undefined);
  expect(cursor, ")");
  return list;
}

/** Names what the subset does not have while the template is being given. */
function checkReference({ root, steps }: Reference): void {
  let own = steps;
  if (root === "input") {
    const length = inputLength(steps);
    if (length === 0) throw notImplemented(`$input.${steps[0]?.name ?? ""} in a mapping template`);
    own = steps.slice(length);
  } else if (root === "util") {
    throw notImplemented("$util in a mapping template");
  }
  for (const step of own) {
    if (step.arguments && !STRING_METHODS.includes(step.name)) throw notImplemented(`The method ${step.name}() in a mapping template`);
  }
}

/** How many steps `$input.body`, `$input.params("x")` or `$input.params().header.get("x")` take; 0 for anything else. */
function inputLength([first, second, third]: readonly Step[]): number {
  if (first?.name === "body" && !first.arguments) return 1;
  if (first?.name !== "params" || !first.arguments) return 0;
  if (first.arguments.length === 1) return 1;
  const isPlace = PLACES.some((place) => place === second?.name) && !second?.arguments;
  return first.arguments.length === 0 && isPlace && third?.name === "get" && third.arguments?.length === 1 ? 3 : 0;
}

function parseExpression(cursor: Cursor): Expression {
  return parseBinary(cursor, 0);
}

/** Operators from the loosest to the tightest. */
const LEVELS = [/^\s*(\|\||or\b)/, /^\s*(&&|and\b)/, /^\s*(==|!=)/];
const OPERATORS: Readonly<Record<string, "&&" | "||" | "==" | "!=">> = {
  "||": "||",
  or: "||",
  "&&": "&&",
  and: "&&",
  "==": "==",
  "!=": "!=",
};

function parseBinary(cursor: Cursor, level: number): Expression {
  const pattern = LEVELS[level];
  if (!pattern) return parseUnary(cursor);
  let left = parseBinary(cursor, level + 1);
  for (let found = take(cursor, pattern, 1); found !== undefined; found = take(cursor, pattern, 1)) {
    left = { kind: "binary", operator: OPERATORS[found] ?? "==", left, right: parseBinary(cursor, level + 1) };
  }
  return left;
}

function parseUnary(cursor: Cursor): Expression {
  skipSpace(cursor);
  if (take(cursor, /^(!(?!=)|not\b)/) !== undefined) return { kind: "not", operand: parseUnary(cursor) };
  if (take(cursor, /^\(/) !== undefined) {
    const inner = parseExpression(cursor);
    expect(cursor, ")");
    return inner;
  }
  if (cursor.source[cursor.at] === "$") return parseReference(cursor);
  const single = take(cursor, /^'([^']*)'/, 1);
  if (single !== undefined) return { kind: "literal", value: single };
  const double = take(cursor, /^"([^"]*)"/, 1);
  if (double !== undefined) return { kind: "text", nodes: parseInterpolated(double) };
  const number = take(cursor, /^-?\d+(?:\.\d+)?/);
  if (number !== undefined) return { kind: "literal", value: Number(number) };
  const word = take(cursor, /^(?:true|false)\b/);
  if (word !== undefined) return { kind: "literal", value: word === "true" };
  throw notImplemented(`The mapping template expression ${cursor.source.slice(cursor.at, cursor.at + 20)}`);
}

/** A string in double quotes: references in it are replaced, a lone `#` or `$` (as in a regular expression) is itself. */
function parseInterpolated(source: string): Node[] {
  const cursor: Cursor = { source, at: 0 };
  const nodes: Node[] = [];
  let text = "";
  while (cursor.at < source.length) {
    if (/^\$!?\{?[a-zA-Z]/.test(source.slice(cursor.at))) {
      if (text !== "") nodes.push({ kind: "plain", text });
      text = "";
      nodes.push(parseOutput(cursor));
    } else {
      text += source[cursor.at++];
    }
  }
  if (text !== "") nodes.push({ kind: "plain", text });
  return nodes;
}

function skipSpace(cursor: Cursor): void {
  take(cursor, /^\s+/);
}

/** What `pattern` (anchored) matches here, or its group; the cursor moves past the match. */
function take(cursor: Cursor, pattern: RegExp, group = 0): string | undefined {
  const match = pattern.exec(cursor.source.slice(cursor.at));
  if (!match) return undefined;
  cursor.at += match[0].length;
  return match[group] ?? "";
}

function expect(cursor: Cursor, symbol: string): void {
  skipSpace(cursor);
  if (!cursor.source.startsWith(symbol, cursor.at))
    throw badRequest(`Invalid template: ${symbol} is expected at ${cursor.source.slice(cursor.at, cursor.at + 12)}`);
  cursor.at += symbol.length;
}

function isOverride({ root, steps }: Reference): boolean {
  const [first, second, third] = steps;
  if (root !== "context" || first?.name !== OVERRIDE) return false;
  return (second?.name === "header" && third !== undefined && steps.length === 3) || (second?.name === "status" && steps.length === 2);
}

interface Run {
  readonly scope: TemplateScope;
  readonly variables: Map<string, TemplateValue>;
  readonly headers: Record<string, string>;
  status: number | undefined;
}

export function renderTemplate(template: Template, scope: TemplateScope): Rendered {
  const run: Run = { scope, variables: new Map(), headers: {}, status: undefined };
  const text = renderNodes(template, run);
  return { text, status: run.status, headers: run.headers };
}

function renderNodes(nodes: readonly Node[], run: Run): string {
  let out = "";
  for (const node of nodes) {
    if (node.kind === "plain") out += node.text;
    else if (node.kind === "output") out += evaluate(node.reference, run) ?? (node.quiet ? "" : node.source);
    else if (node.kind === "set") assign(node.target, evaluate(node.value, run), run);
    else {
      const branch = node.branches.find(({ condition }) => condition === undefined || isTrue(evaluate(condition, run)));
      if (branch) out += renderNodes(branch.body, run);
    }
  }
  return out;
}

function assign(target: Reference, value: TemplateValue, run: Run): void {
  if (!isOverride(target)) run.variables.set(target.root, value);
  else if (target.steps[1]?.name === "status") run.status = Number(value);
  else run.headers[target.steps[2]?.name ?? ""] = String(value ?? "");
}

/** Nothing and false are false; all else is true, the empty string included, as in Velocity 1.7. */
function isTrue(value: TemplateValue): boolean {
  return value !== undefined && value !== false;
}

function evaluate(expression: Expression, run: Run): TemplateValue {
  switch (expression.kind) {
    case "literal":
      return expression.value;
    case "text":
      return renderNodes(expression.nodes, run);
    case "reference":
      return evaluateReference(expression, run);
    case "not":
      return !isTrue(evaluate(expression.operand, run));
    case "binary": {
      const left = evaluate(expression.left, run);
      if (expression.operator === "&&") return isTrue(left) && isTrue(evaluate(expression.right, run));
      if (expression.operator === "||") return isTrue(left) || isTrue(evaluate(expression.right, run));
      const equal = String(left) === String(evaluate(expression.right, run));
      return expression.operator === "==" ? equal : !equal;
    }
  }
}

function evaluateReference({ root, steps }: Reference, run: Run): TemplateValue {
  const methods = steps.findIndex((step) => step.arguments !== undefined && STRING_METHODS.includes(step.name));
  const path = methods < 0 ? steps : steps.slice(0, methods);
  let value: TemplateValue;
  if (root === "input") {
    value = evaluateInput(path, run);
  } else if (root === "context") {
    value = run.scope.contextValue(path.map((step) => step.name).join("."));
  } else if (root === "stageVariables") {
    value = run.scope.stageVariables[path[0]?.name ?? ""];
  } else {
    value = path.length === 0 ? run.variables.get(root) : undefined;
  }
  for (const step of methods < 0 ? [] : steps.slice(methods)) {
    if (value === undefined) return undefined;
    value = applyMethod(String(value), step.name, String(step.arguments?.[0] ? evaluate(step.arguments[0], run) : ""));
  }
  return value;
}

function evaluateInput([first, second, third]: readonly Step[], run: Run): TemplateValue {
  if (!first?.arguments) return run.scope.body;
  const [argument] = first.arguments.length > 0 ? first.arguments : (third?.arguments ?? []);
  const name = argument ? String(evaluate(argument, run)) : "";
  if (first.arguments.length === 0) {
    const place = PLACES.find((candidate) => candidate === second?.name);
    return place && run.scope.parameter(place, name);
  }
  for (const place of PLACES) {
    const found = run.scope.parameter(place, name);
    if (found !== undefined) return found;
  }
  return "";
}

function applyMethod(text: string, name: string, argument: string): TemplateValue {
  switch (name) {
    case "matches":
      return new RegExp(`^(?:${argument})$`, "s").test(text);
    case "equals":
      return text === argument;
    case "contains":
      return text.includes(argument);
    case "startsWith":
      return text.startsWith(argument);
    case "endsWith":
      return text.endsWith(argument);
    case "isEmpty":
      return text === "";
    case "toLowerCase":
      return text.toLowerCase();
    case "toUpperCase":
      return text.toUpperCase();
    default:
      return text.trim();
  }
}
