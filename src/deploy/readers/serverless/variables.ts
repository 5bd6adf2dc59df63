// Variables of a serverless.yml: `${source(params):address, fallback}` with nesting, resolved recursively, each value once.
// Where values come from is in `sources.ts`; here is the grammar and the walk.
import { VARIABLE_DEPTH_MAX } from "../../limits.ts";
import { problemAt } from "../../problem.ts";
import { isObject, type Json, type JsonObject, type Position, type Positions } from "../../template/document.ts";

/** A part of a text: plain, or a variable. */
type Part = string | { readonly sources: readonly Source[]; readonly text: string };

/** One of the alternatives of a variable, in order. */
type Source =
  | { readonly kind: "literal"; readonly value: Json }
  | { readonly kind: "variable"; readonly parts: readonly Part[] }
  | {
      readonly kind: "call";
      readonly type: string;
      readonly params: readonly Part[] | undefined;
      readonly address: readonly Part[] | undefined;
    };

/** What a source is asked for, its own variables resolved. */
export interface Lookup {
  readonly type: string;
  readonly params: readonly string[];
  readonly address: string | undefined;
  /** Resolves a value of the configuration or of a file further; `key` names it, to find circles. */
  resolve(key: string, value: Json): Promise<Json>;
  /** Goes down into a value, resolving what lies on the way; undefined when there is nothing. */
  descend(key: string, value: Json, address: readonly string[]): Promise<Json | undefined>;
}

/** Gives undefined (or null) where there is no value, so that the next alternative counts. */
export type LookUp = (lookup: Lookup, position: Position | undefined) => Promise<Json | undefined>;

interface VariableScope {
  readonly positions: Positions;
  readonly lookUp: LookUp;
}

/** The value with every variable in it resolved. `key` names it; `trail` holds what is being resolved. */
export async function resolveVariables(
  scope: VariableScope,
  value: Json,
  position: Position | undefined,
  trail: readonly string[] = [],
): Promise<Json> {
  if (typeof value === "string") return resolveText(scope, value, position, trail);
  if (Array.isArray(value)) {
    const out: Json[] = [];
    for (const [index, item] of value.entries()) {
      out.push(await resolveVariables(scope, item, scope.positions.of(value, index) ?? position, trail));
    }
    scope.positions.copy(value, out);
    return out;
  }
  if (!isObject(value)) return value;
  const out: JsonObject = {};
  for (const [key, item] of Object.entries(value)) {
    const at = scope.positions.of(value, key) ?? position;
    const name = key.includes("${") ? await resolveText(scope, key, at, trail) : key;
    out[typeof name === "string" ? name : key] = await resolveVariables(scope, item, at, trail);
  }
  scope.positions.copy(value, out);
  return out;
}

async function resolveText(scope: VariableScope, text: string, position: Position | undefined, trail: readonly string[]): Promise<Json> {
  if (!text.includes("${")) return text;
  const parts = parseText(text, position);
  const [only] = parts;
  if (parts.length === 1 && only !== undefined && typeof only !== "string") return resolveVariable(scope, only, position, trail);
  return join(scope, parts, text, position, trail);
}

async function join(
  scope: VariableScope,
  parts: readonly Part[],
  text: string,
  position: Position | undefined,
  trail: readonly string[],
): Promise<string> {
  let out = "";
  for (const part of parts) {
    const value = typeof part === "string" ? part : await resolveVariable(scope, part, position, trail);
    if (value !== null && typeof value === "object") {
      throw problemAt(
        `the variable ${typeof part === "string" ? part : part.text} within "${text}" gives ${Array.isArray(value) ? "a list" : "an object"}, not a string`,
        position,
      );
    }
    out += value === null ? "" : String(value);
  }
  return out;
}

async function resolveVariable(
  scope: VariableScope,
  variable: Exclude<Part, string>,
  position: Position | undefined,
  trail: readonly string[],
): Promise<Json> {
  if (trail.length > VARIABLE_DEPTH_MAX)
    throw problemAt(`variables lead into one another without end: ${trail.slice(-5).join(" → ")}`, position);
  let lastIsNull = false;
  for (const source of variable.sources) {
    const value = await resolveSource(scope, source, variable, position, trail);
    if (value !== undefined && value !== null) return value;
    lastIsNull = value === null && source.kind === "literal";
  }
  if (lastIsNull) return null;
  throw problemAt(`cannot resolve ${variable.text}: ${describe(variable.sources)}`, position);
}

function describe(sources: readonly Source[]): string {
  const names = sources.map((source) => (source.kind === "call" ? `"${source.type}"` : `a ${source.kind}`));
  const parameter = sources.find((source) => source.kind === "call" && source.type === "ssm");
  // An app that waits for a parameter cannot be what brings the platform up: say how to put it.
  const hint = parameter ? ". Put it while `hearth serve` runs with the same data directory: aws ssm put-parameter" : "";
  return `no value found in ${names.join(", ")}, and no default is given${hint}`;
}

async function resolveSource(
  scope: VariableScope,
  source: Source,
  variable: Exclude<Part, string>,
  position: Position | undefined,
  trail: readonly string[],
): Promise<Json | undefined> {
  if (source.kind === "literal") return source.value;
  if (source.kind === "variable") {
    const [only] = source.parts;
    if (source.parts.length !== 1 || only === undefined || typeof only === "string")
      return join(scope, source.parts, variable.text, position, trail);
    try {
      return await resolveVariable(scope, only, position, trail);
    } catch (error) {
      // An alternative that has no value gives way to the next one.
      if (error instanceof Error && /: cannot resolve |^cannot resolve /.test(error.message) && variable.sources.at(-1) !== source)
        return undefined;
      throw error;
    }
  }
  const text = (parts: readonly Part[]) => join(scope, parts, variable.text, position, trail);
  const address = source.address && (await text(source.address));
  const params = source.params ? (await text(source.params)).split(",").map((param) => param.trim()) : [];
  const enter = (key: string): string[] => {
    if (trail.includes(key)) throw problemAt(`circular variables: ${[...trail.slice(trail.indexOf(key)), key].join(" → ")}`, position);
    return [...trail, key];
  };
  const resolve = (key: string, value: Json) => resolveVariables(scope, value, position, enter(key));
  return scope.lookUp(
    {
      type: source.type,
      params: params.filter((param) => param !== ""),
      address,
      resolve,
      descend: async (key, value, path) => {
        let current: Json | undefined = value;
        let name = key;
        for (const step of path) {
          // Only what stands in the way is resolved: its siblings may lead back here.
          if (typeof current === "string" && current.includes("${")) current = await resolve(name, current);
          name = `${name}.${step}`;
          if (Array.isArray(current)) current = current[Number(step)];
          else if (isObject(current)) current = Object.hasOwn(current, step) ? current[step] : undefined;
          else return undefined;
          if (current === undefined) return undefined;
        }
        return current === undefined ? undefined : resolve(name, current);
      },
    },
    position,
  );
}

/** Splits a text into plain parts and variables. `${AWS::Region}`, `${Name}` and `${Name.Attr}` are CloudFormation's and stay. */
function parseText(text: string, position?: Position): Part[] {
  const parts: Part[] = [];
  let plain = "";
  for (let at = 0; at < text.length; ) {
    if (!text.startsWith("${", at)) {
      plain += text[at++];
      continue;
    }
    const end = closing(text, at + 2);
    if (end < 0) throw problemAt(`"${text}": a variable is not closed`, position);
    const whole = text.slice(at, end + 1);
    const inner = text.slice(at + 2, end);
    if (isVariable(inner)) {
      if (plain !== "") parts.push(plain);
      plain = "";
      parts.push({ sources: splitTop(inner, ",").map((item) => parseSource(item.trim(), whole, position)), text: whole });
    } else plain += whole;
    at = end + 1;
  }
  if (plain !== "") parts.push(plain);
  return parts;
}

function isVariable(inner: string): boolean {
  const first = splitTop(inner, ",")[0]?.trim() ?? "";
  return /^(cf\.[a-z0-9-]+:|[A-Za-z][A-Za-z0-9_]*(\(|:(?!:)))/.test(first) || first.startsWith("${");
}

/** The place of the brace that closes, past strings and nested variables. */
function closing(text: string, from: number): number {
  let depth = 0;
  let quote = "";
  for (let at = from; at < text.length; at++) {
    const character = text[at] ?? "";
    if (quote !== "") {
      if (character === quote) quote = "";
    } else if ((character === "'" || character === '"') && /[,(\s]$/.test(text.slice(0, at))) quote = character;
    else if (text.startsWith("${", at)) depth++;
    else if (character === "}" && depth-- === 0) return at;
  }
  return -1;
}

/** Splits at a character outside of strings, parentheses and nested variables. */
function splitTop(text: string, separator: string): string[] {
  const out: string[] = [];
  let depth = 0;
  let quote = "";
  let start = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text[at] ?? "";
    if (quote !== "") {
      if (character === quote) quote = "";
    } else if ((character === "'" || character === '"') && /(^|[,(\s])$/.test(text.slice(0, at))) quote = character;
    else if (character === "{" || character === "(") depth++;
    else if (character === "}" || character === ")") depth--;
    else if (character === separator && depth === 0) {
      out.push(text.slice(start, at));
      start = at + 1;
    }
  }
  return [...out, text.slice(start)];
}

const LITERALS: Readonly<Record<string, Json>> = { true: true, false: false, null: null };

function parseSource(text: string, whole: string, position: Position | undefined): Source {
  const quoted = /^(["'])(.*)\1$/s.exec(text);
  if (quoted) {
    const content = quoted[2] ?? "";
    return content.includes("${")
      ? { kind: "variable", parts: ["", ...parseText(content, position)] }
      : { kind: "literal", value: content };
  }
  if (Object.hasOwn(LITERALS, text)) return { kind: "literal", value: LITERALS[text] ?? null };
  if (/^[+-]?\d+(\.\d+)?$/.test(text)) return { kind: "literal", value: Number(text) };
  if (text.startsWith("${")) return { kind: "variable", parts: parseText(text, position) };
  const head = /^([A-Za-z][A-Za-z0-9_]*)/.exec(text)?.[1];
  if (head === undefined) throw problemAt(`${whole}: "${text}" is no source of a variable; a string is written in quotes`, position);
  let rest = text.slice(head.length);
  let params: readonly Part[] | undefined;
  if (rest.startsWith("(")) {
    const end = closingParenthesis(rest);
    if (end < 0) throw problemAt(`${whole}: a parenthesis is not closed`, position);
    params = parseText(rest.slice(1, end), position);
    rest = rest.slice(end + 1);
  }
  // `cf.eu-west-1:stack.Output` is the old way to name a region.
  const region = /^\.([a-z0-9-]+)(?=:)/.exec(rest);
  if (head === "cf" && region) {
    params = [region[1] ?? ""];
    rest = rest.slice(region[0].length);
  }
  if (rest !== "" && !rest.startsWith(":")) throw problemAt(`${whole}: "${text}" is no source of a variable`, position);
  return { kind: "call", type: head, params, address: rest === "" ? undefined : parseText(rest.slice(1), position) };
}

function closingParenthesis(text: string): number {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === "(") depth++;
    else if (text[at] === ")" && --depth === 0) return at;
  }
  return -1;
}
