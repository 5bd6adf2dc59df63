// Checked reading of one object of a serverless.yml: every key is honoured, said to have no effect, or stops the deployment
// with its line. Problems are gathered, so that one run names them all.
import type { Problem } from "../../problem.ts";
import { isObject, type Json, type JsonObject, type Position, type Positions } from "../../template/document.ts";

export interface Reading {
  readonly positions: Positions;
  readonly problems: Problem[];
  /** What is accepted without effect, said aloud at deployment. */
  readonly notices: Set<string>;
}

/** What becomes of the keys of an object. */
export interface Keys {
  readonly honoured: readonly string[];
  /** Without effect here; the notice says why, or nothing needs to be said. */
  readonly ignored?: Readonly<Record<string, string | undefined>>;
  /** Stops the deployment; the reason follows the name. */
  readonly refused?: Readonly<Record<string, string>>;
}

export interface Section {
  readonly value: JsonObject;
  /** `functions.hello` */
  readonly path: string;
  readonly position: Position | undefined;
  has(key: string): boolean;
  /** Undefined when absent or null. */
  get(key: string): Json | undefined;
  at(key: string): Position | undefined;
  check(keys: Keys): void;
  string(key: string): string | undefined;
  number(key: string, min: number, max: number): number | undefined;
  boolean(key: string): boolean | undefined;
  /** A list of strings; one string is a list of one. */
  strings(key: string): string[] | undefined;
  object(key: string): Section | undefined;
  list(key: string): { readonly value: Json; readonly position: Position | undefined; readonly section: Section | undefined }[];
  problem(key: string, message: string): void;
}

export function sectionOf(reading: Reading, value: JsonObject, path: string, position?: Position): Section {
  const { positions, problems, notices } = reading;
  const at = (key: string) => positions.of(value, key) ?? position;
  const name = (key: string) => (path === "" ? key : `${path}.${key}`);
  const report = (message: string, place?: Position) => problems.push({ message, ...(place && { position: place }) });
  const problem = (key: string, message: string): void => void report(`${name(key)} ${message}`, at(key));
  const get = (key: string): Json | undefined => (Object.hasOwn(value, key) ? (value[key] ?? undefined) : undefined);
  const wrong = (key: string, expected: string): undefined => {
    problem(key, `must be ${expected}`);
    return undefined;
  };
  return {
    value,
    path,
    position,
    has: (key) => get(key) !== undefined,
    get,
    at,
    check: ({ honoured, ignored = {}, refused = {} }) => {
      for (const key of Object.keys(value)) {
        if (honoured.includes(key)) continue;
        if (Object.hasOwn(ignored, key)) {
          const notice = ignored[key];
          if (notice !== undefined && get(key) !== undefined) notices.add(`${name(key)} ${notice}`);
        } else if (get(key) !== undefined && get(key) !== false) {
          const reason = refused[key];
          problem(key, reason === undefined ? "is not supported by Hearth" : `is not supported by Hearth: ${reason}`);
        }
      }
    },
    string: (key) => {
      const found = get(key);
      if (found === undefined || typeof found === "string") return found;
      return typeof found === "object" ? wrong(key, "a string") : String(found);
    },
    number: (key, min, max) => {
      const found = get(key);
      if (found === undefined) return undefined;
      const number = typeof found === "number" || typeof found === "string" ? Number(found) : Number.NaN;
      return Number.isFinite(number) && number >= min && number <= max ? number : wrong(key, `a number from ${min} to ${max}`);
    },
    boolean: (key) => {
      const found = get(key);
      if (found === undefined || typeof found === "boolean") return found;
      return found === "true" || found === "false" ? found === "true" : wrong(key, "true or false");
    },
    strings: (key) => {
      const found = get(key);
      if (found === undefined) return undefined;
      const list = Array.isArray(found) ? found : [found];
      return list.every((item) => item !== null && typeof item !== "object") ? list.map(String) : wrong(key, "a list of strings");
    },
    object: (key) => {
      const found = get(key);
      if (found === undefined) return undefined;
      return isObject(found) ? sectionOf(reading, found, name(key), at(key)) : wrong(key, "an object");
    },
    list: (key) => {
      const found = get(key);
      if (found === undefined) return [];
      if (!Array.isArray(found)) {
        wrong(key, "a list");
        return [];
      }
      return found.map((item, index) => {
        const place = positions.of(found, index) ?? at(key);
        return {
          value: item,
          position: place,
          section: isObject(item) ? sectionOf(reading, item, `${name(key)}[${index}]`, place) : undefined,
        };
      });
    },
    problem,
  };
}

/** True for a value that CloudFormation computes: `{Ref: …}`, `{"Fn::…": …}`. */
export function isIntrinsic(value: Json | undefined): value is JsonObject {
  if (!isObject(value)) return false;
  const [key = "", more] = Object.keys(value);
  return more === undefined && (key === "Ref" || key.startsWith("Fn::"));
}
