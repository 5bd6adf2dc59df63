// Typed values from and to XML, by the members' XML names, flattening, attributes and namespaces.
import { setOwn } from "./document-codec.ts";
import { malformedXml } from "./errors.ts";
import { formatScalar, parseScalar } from "./scalar.ts";
import type { Member, Shape, Traits } from "./schema.ts";
import { escapeXml, type XmlElement } from "./xml.ts";

export function readXmlMembers(members: readonly Member[], element: XmlElement): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const member of members) {
    const name = member.traits.xmlName ?? member.name;
    if (member.traits.xmlAttribute === 1) {
      const text = attribute(element, name);
      if (text !== undefined) out[member.name] = scalar(member.shape, text);
      continue;
    }
    const found = element.children.filter((child) => child.name === name);
    const [first] = found;
    if (!first) continue;
    out[member.name] = isFlat(member) ? readCollection(member.shape, found) : readXml(member.shape, first);
  }
  return out;
}

export function readXml(shape: Shape, element: XmlElement): unknown {
  switch (shape.kind) {
    case "structure":
    case "union":
      return readXmlMembers(shape.members, element);
    case "list":
    case "map":
      return readCollection(shape, element.children);
    default:
      return scalar(shape, element.text);
  }
}

function isFlat(member: Member): boolean {
  return member.traits.xmlFlattened === 1 && (member.shape.kind === "list" || member.shape.kind === "map");
}

/** With any prefix, as clients choose their own: `xsi:type`. */
function attribute(element: XmlElement, name: string): string | undefined {
  const exact = element.attributes.get(name);
  if (exact !== undefined) return exact;
  const local = name.slice(name.indexOf(":") + 1);
  for (const [key, value] of element.attributes) if (key.slice(key.indexOf(":") + 1) === local) return value;
  return undefined;
}

function scalar(shape: Shape, text: string): unknown {
  try {
    return parseScalar(shape, text);
  } catch {
    throw malformedXml();
  }
}

function readCollection(shape: Shape, elements: readonly XmlElement[]): unknown {
  const { element, key } = shape;
  if (!element) return undefined;
  if (shape.kind === "list") return elements.map((item) => readXml(element.shape, item));
  const out: Record<string, unknown> = {};
  const keyName = key?.traits.xmlName ?? "key";
  const valueName = element.traits.xmlName ?? "value";
  for (const entry of elements) {
    const name = entry.children.find((child) => child.name === keyName);
    const value = entry.children.find((child) => child.name === valueName);
    if (name && value) setOwn(out, name.text, readXml(element.shape, value));
  }
  return out;
}

/** Attributes and inner XML of a structure. */
export function writeXmlMembers(members: readonly Member[], value: object): { attributes: string; body: string } {
  let attributes = "";
  let body = "";
  for (const member of members) {
    const item = (value as Record<string, unknown>)[member.name];
    if (item === undefined || item === null) continue;
    const name = member.traits.xmlName ?? member.name;
    if (member.traits.xmlAttribute === 1) attributes += ` ${name}="${text(member.shape, item)}"`;
    else body += writeXml(member.shape, name, item, member.traits);
  }
  return { attributes, body };
}

/** `traits` are those of the place where the value stands: a flattened collection repeats `tag` instead of wrapping. */
export function writeXml(shape: Shape, tag: string, value: unknown, traits: Traits): string {
  switch (shape.kind) {
    case "structure":
    case "union": {
      const { attributes, body } = writeXmlMembers(shape.members, value as object);
      return `<${tag}${namespaceOf(traits)}${attributes}>${body}</${tag}>`;
    }
    case "list":
      return writeList(shape, tag, value as Iterable<unknown>, traits);
    case "map":
      return writeMap(shape, tag, value as Record<string, unknown>, traits);
    default:
      return `<${tag}${namespaceOf(traits)}>${text(shape, value)}</${tag}>`;
  }
}

function text(shape: Shape, value: unknown): string {
  return escapeXml(formatScalar(shape, value, "iso"));
}

export function namespaceOf(traits: Traits): string {
  const namespace = traits.xmlNamespace;
  if (namespace === undefined) return "";
  const [prefix, uri] = typeof namespace === "string" ? ["", namespace] : namespace;
  return ` xmlns${prefix ? `:${prefix}` : ""}="${escapeXml(uri)}"`;
}

function writeList(shape: Shape, tag: string, items: Iterable<unknown>, traits: Traits): string {
  const { element } = shape;
  if (!element) return "";
  const flat = traits.xmlFlattened === 1;
  const name = flat ? tag : (element.traits.xmlName ?? "member");
  let body = "";
  for (const item of items) if (item !== undefined && item !== null) body += writeXml(element.shape, name, item, element.traits);
  return flat ? body : `<${tag}${namespaceOf(traits)}>${body}</${tag}>`;
}

function writeMap(shape: Shape, tag: string, entries: Record<string, unknown>, traits: Traits): string {
  const { element, key } = shape;
  if (!element || !key) return "";
  const flat = traits.xmlFlattened === 1;
  const name = flat ? tag : "entry";
  const keyName = key.traits.xmlName ?? "key";
  const valueName = element.traits.xmlName ?? "value";
  let body = "";
  for (const entry of Object.keys(entries)) {
    const value = entries[entry];
    if (value === undefined || value === null) continue;
    const inner = `<${keyName}${namespaceOf(key.traits)}>${escapeXml(entry)}</${keyName}>${writeXml(element.shape, valueName, value, element.traits)}`;
    body += `<${name}>${inner}</${name}>`;
  }
  return flat ? body : `<${tag}${namespaceOf(traits)}>${body}</${tag}>`;
}
