// Text to plain data: YAML or JSON, with CloudFormation's short tags (`!Ref X` becomes `{Ref: "X"}`), remembering where
// every key stood. It must never interpret what it reads.
import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument as parseYaml } from "yaml";
import { DOCUMENT_NODES_MAX } from "../limits.ts";

export interface Position {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly column: number;
}

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

/** Where the keys and items of objects and lists stood in the files that they were read from. */
export class Positions {
  readonly #byContainer = new WeakMap<object, Map<string, Position>>();

  set(container: object, key: string | number, position: Position): void {
    const known = this.#byContainer.get(container);
    if (known) known.set(String(key), position);
    else this.#byContainer.set(container, new Map([[String(key), position]]));
  }

  of(container: object, key: string | number): Position | undefined {
    return this.#byContainer.get(container)?.get(String(key));
  }

  /** `to` is made from `from`: its keys stand where those of `from` stand. */
  copy(from: object, to: object): void {
    const known = this.#byContainer.get(from);
    if (known) this.#byContainer.set(to, new Map([...known, ...(this.#byContainer.get(to) ?? [])]));
  }
}

/** A text that is not well-formed. `message` is the problem alone. */
export class DocumentError extends Error {
  override readonly name = "DocumentError";
  readonly position: Position;
  constructor(problem: string, position: Position) {
    super(problem);
    this.position = position;
  }
}

interface DocumentSource {
  readonly file: string;
  readonly positions: Positions;
}

/** Throws a DocumentError. An empty text is null. */
export function parseDocument(text: string, source: DocumentSource): Json {
  const lines = new LineCounter();
  const document = parseYaml(text, { lineCounter: lines, merge: true, version: "1.2", logLevel: "silent", stringKeys: true });
  const error = document.errors[0];
  if (error) {
    const at = lines.linePos(error.pos[0]);
    const problem = error.message.split(" at line ")[0] ?? error.message;
    throw new DocumentError(problem, { file: source.file, line: at.line, column: at.col });
  }
  return convert(document, lines, source);
}

function convert(document: Document.Parsed, lines: LineCounter, source: DocumentSource): Json {
  let nodes = 0;
  const at = (node: Node | null): Position => {
    const position = lines.linePos(node?.range?.[0] ?? 0);
    return { file: source.file, line: position.line, column: position.col };
  };
  const value = (node: Node | null): Json => {
    // Aliases may blow a small text up without end.
    if (++nodes > DOCUMENT_NODES_MAX) throw new DocumentError(`the document has more than ${DOCUMENT_NODES_MAX} values`, at(node));
    if (node === null) return null;
    if (isAlias(node)) return value(node.resolve(document) ?? null);
    const plain = isMap(node) ? mapping(node.items) : isSeq(node) ? sequence(node.items) : scalar(node);
    return node.tag?.startsWith("!") && node.tag !== "!" ? tagged(node.tag, plain, at(node)) : plain;
  };
  const mapping = (items: readonly { key: unknown; value: unknown }[]): JsonObject => {
    const out: JsonObject = {};
    const merged: JsonObject[] = [];
    for (const pair of items) {
      const keyNode = pair.key as Node | null;
      const valueNode = pair.value as Node | null;
      const key = isScalar(keyNode) ? (keyNode.source ?? String(keyNode.value)) : String(keyNode);
      if (key === "<<") {
        const from = value(valueNode);
        merged.push(...(Array.isArray(from) ? from : [from]).filter(isObject));
        continue;
      }
      define(out, key, value(valueNode));
      source.positions.set(out, key, at(keyNode));
    }
    for (const from of merged) {
      for (const [key, inherited] of Object.entries(from)) {
        if (Object.hasOwn(out, key)) continue;
        define(out, key, inherited);
        const position = source.positions.of(from, key);
        if (position) source.positions.set(out, key, position);
      }
    }
    return out;
  };
  const sequence = (items: readonly unknown[]): Json[] => {
    const out: Json[] = [];
    items.forEach((item, index) => {
      out.push(value(item as Node | null));
      source.positions.set(out, index, at(item as Node | null));
    });
    return out;
  };
  const tagged = (tag: string, plain: Json, position: Position): Json => {
    const name = tag.slice(1);
    const out = expandTag(name, plain);
    if (out === undefined) throw new DocumentError(`unknown tag !${name}`, position);
    for (const key of Object.keys(out)) source.positions.set(out, key, position);
    return out;
  };
  return value(document.contents);
}

const SHORT_TAGS: readonly string[] = [
  ...["Base64", "Cidr", "FindInMap", "GetAZs", "ImportValue", "Join", "Select", "Split", "Sub", "Transform"],
  ...["And", "Equals", "If", "Not", "Or", "Length", "ToJsonString", "ForEach"],
];

function expandTag(name: string, value: Json): JsonObject | undefined {
  if (name === "Ref" || name === "Condition") return { [name]: value };
  if (name === "GetAtt") {
    // `!GetAtt A.B.C` names the attribute B.C of A.
    if (typeof value !== "string") return { "Fn::GetAtt": value };
    const dot = value.indexOf(".");
    return { "Fn::GetAtt": dot < 0 ? [value] : [value.slice(0, dot), value.slice(dot + 1)] };
  }
  return SHORT_TAGS.includes(name) ? { [`Fn::${name}`]: value } : undefined;
}

function scalar(node: Node): Json {
  if (!isScalar(node)) return null;
  const { value, source } = node;
  // `012345678901` is an account, and digits beyond a double's precision are no number either: both stay text.
  if (typeof value === "number" && source !== undefined && (/^[+-]?0[0-9]/.test(source) || !exact(value, source))) return source;
  if (typeof value === "bigint") return String(value);
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean"
    ? value
    : value == null
      ? null
      : String(value);
}

function exact(value: number, source: string): boolean {
  return Number.isFinite(value) && (!/^[+-]?[0-9]+$/.test(source) || Number.isSafeInteger(value));
}

/** A key named `__proto__` is a key like any other. */
function define(object: JsonObject, key: string, value: Json): void {
  Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** `serverless.yml:12:5` */
export function formatPosition(position: Position): string {
  return `${position.file}:${position.line}:${position.column}`;
}
