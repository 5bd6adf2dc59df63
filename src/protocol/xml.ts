// A small XML parser for what AWS clients send: elements, attributes, text, CDATA, the predefined entities. No DTD, no entity
// declarations, no external anything: a document that has them is refused.
import { malformedXml } from "./errors.ts";
import { NESTING_MAX, XML_ELEMENTS_MAX } from "./limits.ts";

export interface XmlElement {
  /** Without its namespace prefix. */
  readonly name: string;
  /** By name as written, prefix included. */
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: XmlElement[];
  text: string;
}

const ENTITIES: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };
const NAME = /^[^\s/>="'<&]+/;
const ATTRIBUTE = /\s+([^\s=/>"'<]+)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')/y;
const NO_ATTRIBUTES: ReadonlyMap<string, string> = new Map();

/** The root element. */
export function parseXml(source: string): XmlElement {
  const document: XmlElement = { name: "", attributes: NO_ATTRIBUTES, children: [], text: "" };
  const open: XmlElement[] = [document];
  let elements = 0;
  let at = source.charCodeAt(0) === 0xfeff ? 1 : 0;
  while (at < source.length) {
    const top = open[open.length - 1];
    if (!top) throw malformedXml();
    const tag = source.indexOf("<", at);
    addText(top, source.slice(at, tag < 0 ? source.length : tag), open.length === 1);
    if (tag < 0) break;
    const skipped = skipMarkup(source, tag, top, open.length === 1);
    if (skipped !== undefined) {
      at = skipped;
      continue;
    }
    const end = tagEnd(source, tag);
    if (source[tag + 1] === "/") {
      if (open.length < 2 || top.name !== localName(source.slice(tag + 2, end).trimEnd())) throw malformedXml();
      open.pop();
    } else {
      if (++elements > XML_ELEMENTS_MAX || open.length > NESTING_MAX) throw malformedXml();
      const closed = source[end - 1] === "/";
      const element = parseTag(source.slice(tag + 1, closed ? end - 1 : end));
      top.children.push(element);
      if (!closed) open.push(element);
    }
    at = end + 1;
  }
  const [root, second] = document.children;
  if (open.length !== 1 || !root || second) throw malformedXml();
  return root;
}

function addText(element: XmlElement, raw: string, outside: boolean): void {
  if (raw === "") return;
  if (outside) {
    if (raw.trim() !== "") throw malformedXml();
    return;
  }
  element.text += unescapeXml(raw);
}

/** Comments, processing instructions and CDATA: where they end, or undefined when it is a tag that stands here. */
function skipMarkup(source: string, at: number, top: XmlElement, outside: boolean): number | undefined {
  const next = source[at + 1];
  if (next === "?") return after(source, "?>", at + 2);
  if (next !== "!") return undefined;
  if (source.startsWith("<!--", at)) return after(source, "-->", at + 4);
  if (!source.startsWith("<![CDATA[", at) || outside) throw malformedXml();
  const end = after(source, "]]>", at + 9);
  top.text += source.slice(at + 9, end - 3);
  return end;
}

function after(source: string, mark: string, from: number): number {
  const at = source.indexOf(mark, from);
  if (at < 0) throw malformedXml();
  return at + mark.length;
}

/** The `>` that ends a tag; one within a quoted attribute does not count. */
function tagEnd(source: string, from: number): number {
  let quote = "";
  for (let at = from + 1; at < source.length; at++) {
    const character = source[at] ?? "";
    if (quote !== "") {
      if (character === quote) quote = "";
    } else if (character === '"' || character === "'") quote = character;
    else if (character === ">") return at;
    else if (character === "<") break;
  }
  throw malformedXml();
}

function parseTag(inner: string): XmlElement {
  const name = NAME.exec(inner)?.[0];
  if (!name) throw malformedXml();
  let attributes: Map<string, string> | undefined;
  let at = name.length;
  while (at < inner.length) {
    ATTRIBUTE.lastIndex = at;
    const match = ATTRIBUTE.exec(inner);
    if (!match) break;
    attributes ??= new Map();
    attributes.set(match[1] ?? "", unescapeXml(match[2] ?? match[3] ?? ""));
    at = ATTRIBUTE.lastIndex;
  }
  if (inner.slice(at).trim() !== "") throw malformedXml();
  return { name: localName(name), attributes: attributes ?? NO_ATTRIBUTES, children: [], text: "" };
}

function localName(name: string): string {
  return name.slice(name.indexOf(":") + 1);
}

function unescapeXml(text: string): string {
  if (!text.includes("&")) return text;
  return text.replace(/&([^;&]{0,10});?/g, (whole, entity: string) => {
    if (!whole.endsWith(";")) throw malformedXml();
    const known = ENTITIES[entity];
    if (known !== undefined) return known;
    const numeric = /^#(?:x([\da-fA-F]{1,6})|(\d{1,7}))$/.exec(entity);
    const code = numeric ? (numeric[1] ? Number.parseInt(numeric[1], 16) : Number(numeric[2])) : -1;
    if (code < 0 || code > 0x10ffff) throw malformedXml();
    return String.fromCodePoint(code);
  });
}

const ESCAPES: Readonly<Record<string, string>> = {
  "<": "&lt;",
  ">": "&gt;",
  "&": "&amp;",
  '"': "&quot;",
  "\r": "&#xD;",
  "\u0085": "&#x85;",
  "\u2028": "&#x2028;",
};
const ESCAPED = /[<>&"\r\u0085\u2028]/;
const ESCAPED_ALL = /[<>&"\r\u0085\u2028]/g;

export function escapeXml(text: string): string {
  return ESCAPED.test(text) ? text.replace(ESCAPED_ALL, (character) => ESCAPES[character] ?? character) : text;
}

export const XML_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n';
