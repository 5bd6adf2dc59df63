// The Query protocols' forms: `Action=…&A.B.member.1=x` as a tree, and the tree as a typed value. EC2 names and flattens
// in its own way. Indices and names come from the client: nothing is allocated by what they claim.
import { setOwn } from "./document-codec.ts";
import { malformedInput } from "./errors.ts";
import { FORM_PAIRS_MAX, NESTING_MAX } from "./limits.ts";
import { parseScalar } from "./scalar.ts";
import type { Member, Shape } from "./schema.ts";

/** One name's part of a form: its own value, and what stands below it. */
interface FormNode {
  text: string | undefined;
  below: Map<string, FormNode> | undefined;
}

/** Of a name that comes twice the last value counts. */
export function parseForm(text: string): ReadonlyMap<string, string> {
  const form = new Map<string, string>();
  let pairs = 0;
  for (const [name, value] of new URLSearchParams(text)) {
    if (++pairs > FORM_PAIRS_MAX) throw malformedInput("The request has too many parameters.");
    form.set(name, value);
  }
  return form;
}

export function readQueryInput(shape: Shape, form: ReadonlyMap<string, string>, ec2: boolean): Record<string, unknown> {
  if (shape.kind === "unit") return {};
  return readStructure(shape, formTree(form), ec2);
}

function formTree(form: ReadonlyMap<string, string>): FormNode {
  const root: FormNode = { text: undefined, below: undefined };
  for (const [name, value] of form) {
    let node = root;
    const parts = name.split(".");
    if (parts.length > NESTING_MAX) throw malformedInput("The request is nested too deeply.");
    for (const part of parts) {
      node.below ??= new Map();
      let next = node.below.get(part);
      if (!next) {
        next = { text: undefined, below: undefined };
        node.below.set(part, next);
      }
      node = next;
    }
    node.text = value;
  }
  return root;
}

function queryName(member: Member, ec2: boolean): string {
  if (!ec2) return member.traits.xmlName ?? member.name;
  const name = member.traits.xmlName ?? member.name;
  return member.traits.ec2QueryName ?? name.charAt(0).toUpperCase() + name.slice(1);
}

function readStructure(shape: Shape, node: FormNode, ec2: boolean): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const member of shape.members) {
    const below = node.below?.get(queryName(member, ec2));
    const value = below && readValue(member.shape, member, below, ec2);
    if (value !== undefined) out[member.name] = value;
  }
  return out;
}

function readValue(shape: Shape, member: Member, node: FormNode, ec2: boolean): unknown {
  switch (shape.kind) {
    case "structure":
    case "union":
      return readStructure(shape, node, ec2);
    case "list":
      return readList(shape, member, node, ec2);
    case "map":
      return readMap(shape, member, node, ec2);
    default:
      return node.text === undefined ? undefined : scalar(shape, node.text, member);
  }
}

function scalar(shape: Shape, text: string, member: Member): unknown {
  try {
    return parseScalar(shape, text);
  } catch {
    throw malformedInput(`Invalid value for the parameter ${member.name}: ${JSON.stringify(text)} is not a ${shape.kind}.`);
  }
}

/** Entries under whole-number names, in order of the number. `A=` alone is the empty list. */
function numbered(node: FormNode | undefined): FormNode[] {
  if (!node?.below) return [];
  return [...node.below]
    .filter(([name]) => /^\d{1,9}$/.test(name))
    .sort(([a], [b]) => Number(a) - Number(b))
    .map(([, below]) => below);
}

function readList(shape: Shape, member: Member, node: FormNode, ec2: boolean): unknown[] {
  const { element } = shape;
  if (!element) return [];
  const flat = ec2 || member.traits.xmlFlattened === 1;
  const items = flat ? node : (node.below?.get(element.traits.xmlName ?? "member") ?? node.below?.get("member"));
  return numbered(items).map((item) => readValue(element.shape, element, item, ec2));
}

function readMap(shape: Shape, member: Member, node: FormNode, ec2: boolean): Record<string, unknown> {
  const { element, key } = shape;
  const out: Record<string, unknown> = {};
  if (!element || !key) return out;
  const entries = member.traits.xmlFlattened === 1 ? node : node.below?.get("entry");
  for (const entry of numbered(entries)) {
    const name = entry.below?.get(key.traits.xmlName ?? "key")?.text;
    const value = entry.below?.get(element.traits.xmlName ?? "value");
    if (name !== undefined && value) setOwn(out, name, readValue(element.shape, element, value, ec2));
  }
  return out;
}
