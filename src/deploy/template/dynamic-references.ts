// `{{resolve:ssm:name:version}}` and `{{resolve:ssm-secure:…}}` within resolved values. Other stores are refused by name.
import { DYNAMIC_REFERENCES_MAX } from "../limits.ts";
import { isObject, type Json, type JsonObject } from "./document.ts";
import { validationError } from "./template.ts";

const REFERENCE = /\{\{resolve:([^:}]+):([^}]*)\}\}/g;

/** Reads one SSM parameter: `name`, or `name:version`. */
type ReadParameter = (name: string, withDecryption: boolean) => Promise<string>;

/** The value with every dynamic reference replaced by what it stands for. Throws ValidationError. */
export async function resolveDynamicReferences(value: Json, read: ReadParameter): Promise<Json> {
  const found = new Set<string>();
  collect(value, found);
  if (found.size === 0) return value;
  if (found.size > DYNAMIC_REFERENCES_MAX) {
    throw validationError(`Template error: at most ${DYNAMIC_REFERENCES_MAX} dynamic references are allowed, found ${found.size}`);
  }
  const texts = new Map<string, string>();
  for (const reference of found) texts.set(reference, await lookUp(reference, read));
  return replace(value, texts);
}

/** Every dynamic reference of a template's value whose store is not SSM stops it before anything is created. */
export function checkDynamicReferences(value: Json): void {
  const found = new Set<string>();
  collect(value, found);
  for (const reference of found) storeOf(reference);
}

function collect(value: Json, into: Set<string>): void {
  if (typeof value === "string") for (const match of value.matchAll(REFERENCE)) into.add(match[0]);
  else if (Array.isArray(value)) for (const item of value) collect(item, into);
  else if (isObject(value)) for (const item of Object.values(value)) collect(item, into);
}

function storeOf(reference: string): { secure: boolean; name: string } {
  const [, service = "", name = ""] = /^\{\{resolve:([^:}]+):([^}]*)\}\}$/.exec(reference) ?? [];
  if (service !== "ssm" && service !== "ssm-secure") {
    throw validationError(
      `Template error: the dynamic reference ${reference} is not supported by Hearth: the service ${service} is not there.`,
    );
  }
  return { secure: service === "ssm-secure", name };
}

async function lookUp(reference: string, read: ReadParameter): Promise<string> {
  const { secure, name } = storeOf(reference);
  return read(name, secure);
}

function replace(value: Json, texts: ReadonlyMap<string, string>): Json {
  if (typeof value === "string") return value.replaceAll(REFERENCE, (match) => texts.get(match) ?? match);
  if (Array.isArray(value)) return value.map((item) => replace(item, texts));
  if (!isObject(value)) return value;
  const out: JsonObject = {};
  for (const [key, item] of Object.entries(value)) out[key] = replace(item, texts);
  return out;
}
