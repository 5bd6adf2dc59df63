// Typed values from and to JSON-like documents (AWS JSON, REST-JSON, CBOR): one closure per shape, compiled on first use.
// It must never trust a document: every value's type is checked, nesting is bounded, and no key reaches a prototype.
import { serializationError } from "./errors.ts";
import { NESTING_MAX } from "./limits.ts";
import type { Member, Shape } from "./schema.ts";
import { dateOfSeconds, formatTimestamp, parseTimestamp } from "./timestamp.ts";

/** What differs between the documents: `restJson` renames members; `cbor` has bytes and times of its own. */
type DocumentForm = "json" | "restJson" | "cbor";

type Read = (value: unknown, depth: number) => unknown;
type Write = (value: unknown) => unknown;
type Fields = Record<string, unknown>;

/** Unions that a service checks itself, with its own words: DynamoDB's attribute values. */
const SERVICE_CHECKED_UNIONS: ReadonlySet<string> = new Set(["AttributeValue"]);

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

export class DocumentCodec {
  readonly #form: DocumentForm;
  readonly #readers = new Map<Shape, Read>();
  readonly #writers = new Map<Shape, Write>();
  readonly #memberReaders = new Map<readonly Member[], Read>();
  readonly #memberWriters = new Map<readonly Member[], Write>();

  constructor(form: DocumentForm) {
    this.#form = form;
  }

  read(shape: Shape, value: unknown): unknown {
    return this.#reader(shape)(value, 0);
  }

  write(shape: Shape, value: unknown): unknown {
    return this.#writer(shape)(value);
  }

  /** Some members of a structure: those that REST bindings leave to the body. `members` must be the same array each time. */
  readMembers(members: readonly Member[], value: unknown): Fields {
    let read = this.#memberReaders.get(members);
    if (!read) {
      read = this.#structureReader(members);
      this.#memberReaders.set(members, read);
    }
    return read(value, 0) as Fields;
  }

  writeMembers(members: readonly Member[], value: unknown): Fields {
    let write = this.#memberWriters.get(members);
    if (!write) {
      write = this.#structureWriter(members);
      this.#memberWriters.set(members, write);
    }
    return write(value) as Fields;
  }

  #reader(shape: Shape): Read {
    const known = this.#readers.get(shape);
    if (known) return known;
    let compiled: Read | undefined;
    // A recursive shape meets this stand-in while it is being compiled.
    this.#readers.set(shape, (value, depth) => (compiled ?? this.#reader(shape))(value, depth));
    compiled = this.#compileReader(shape);
    this.#readers.set(shape, compiled);
    return compiled;
  }

  #compileReader(shape: Shape): Read {
    switch (shape.kind) {
      case "string":
        return (value) => (typeof value === "string" ? value : fail(value, "a String"));
      case "boolean":
        return (value) => (typeof value === "boolean" ? value : fail(value, "a Boolean"));
      case "number":
      case "bigDecimal":
        return readNumber;
      case "bigInteger":
        return (value) =>
          typeof value === "bigint" ? value : Number.isInteger(value) ? BigInt(value as number) : fail(value, "a BigInteger");
      case "document":
        return (value) => value;
      case "unit":
        return () => ({});
      case "blob":
        return this.#form === "cbor" ? readBytes : readBase64;
      case "timestamp":
        return this.#timestampReader(shape);
      case "list":
        return this.#listReader(shape);
      case "map":
        return this.#mapReader(shape);
      case "structure":
        return this.#structureReader(shape.members);
      case "union":
        return this.#unionReader(shape);
    }
  }

  #timestampReader(shape: Shape): Read {
    if (this.#form === "cbor") {
      return (value) => (value instanceof Date ? value : typeof value === "number" ? dateOfSeconds(value) : fail(value, "a Timestamp"));
    }
    const format = shape.timestamp ?? "epoch";
    return (value) => {
      if (typeof value === "number" && format === "epoch") return dateOfSeconds(value);
      if (typeof value === "string" && format !== "epoch") return parseTimestamp(value, format);
      return fail(value, "a Timestamp");
    };
  }

  #listReader(shape: Shape): Read {
    const read = this.#reader(elementOf(shape).shape);
    const sparse = shape.traits.sparse === 1;
    return (value, depth) => {
      if (!Array.isArray(value)) return failCollection(value, "list");
      descend(depth);
      const out: unknown[] = [];
      for (const item of value) {
        if (item !== null) out.push(read(item, depth + 1));
        else if (sparse) out.push(null);
      }
      return out;
    };
  }

  #mapReader(shape: Shape): Read {
    const read = this.#reader(elementOf(shape).shape);
    const sparse = shape.traits.sparse === 1;
    return (value, depth) => {
      if (!isObject(value)) return failCollection(value, "map");
      descend(depth);
      const out: Fields = {};
      for (const key of Object.keys(value)) {
        const item = value[key];
        if (item !== null) setOwn(out, key, read(item, depth + 1));
        else if (sparse) setOwn(out, key, null);
      }
      return out;
    };
  }

  #structureReader(members: readonly Member[]): Read {
    const plan = members.map((member) => ({ name: member.name, wire: this.#wireName(member), read: this.#reader(member.shape) }));
    return (value, depth) => {
      if (!isObject(value)) return failCollection(value, "map");
      descend(depth);
      const out: Fields = {};
      for (let i = 0; i < plan.length; i++) {
        const member = plan[i];
        if (!member) continue;
        const item = value[member.wire];
        if (item !== undefined && item !== null) out[member.name] = member.read(item, depth + 1);
      }
      return out;
    };
  }

  #unionReader(shape: Shape): Read {
    const read = this.#structureReader(shape.members);
    if (SERVICE_CHECKED_UNIONS.has(shape.name)) return read;
    return (value, depth) => {
      const out = read(value, depth) as Fields;
      if (Object.keys(out).length !== 1) throw serializationError("Unions must have exactly one member set.");
      return out;
    };
  }

  #wireName(member: Member): string {
    return this.#form === "restJson" ? (member.traits.jsonName ?? member.name) : member.name;
  }

  #writer(shape: Shape): Write {
    const known = this.#writers.get(shape);
    if (known) return known;
    let compiled: Write | undefined;
    this.#writers.set(shape, (value) => (compiled ?? this.#writer(shape))(value));
    compiled = this.#compileWriter(shape);
    this.#writers.set(shape, compiled);
    return compiled;
  }

  #compileWriter(shape: Shape): Write {
    const cbor = this.#form === "cbor";
    switch (shape.kind) {
      case "number":
        return cbor ? same : (value) => (Number.isFinite(value) ? value : String(value));
      case "blob":
        return cbor ? bytesOf : (value) => Buffer.from(bytesOf(value)).toString("base64");
      case "timestamp": {
        if (cbor) return same;
        const format = shape.timestamp ?? "epoch";
        return format === "epoch" ? (value) => (value as Date).getTime() / 1000 : (value) => formatTimestamp(value as Date, format);
      }
      case "list":
        return this.#listWriter(shape);
      case "map":
        return this.#mapWriter(shape);
      case "structure":
      case "union":
        return this.#structureWriter(shape.members);
      case "unit":
        return () => ({});
      default:
        return same;
    }
  }

  #listWriter(shape: Shape): Write {
    const write = this.#writer(elementOf(shape).shape);
    const sparse = shape.traits.sparse === 1;
    return (value) => {
      const out: unknown[] = [];
      for (const item of value as Iterable<unknown>) {
        if (item !== null && item !== undefined) out.push(write(item));
        else if (sparse) out.push(null);
      }
      return out;
    };
  }

  #mapWriter(shape: Shape): Write {
    const write = this.#writer(elementOf(shape).shape);
    const sparse = shape.traits.sparse === 1;
    return (value) => {
      const out: Fields = {};
      for (const key of Object.keys(value as Fields)) {
        const item = (value as Fields)[key];
        if (item !== null && item !== undefined) setOwn(out, key, write(item));
        else if (sparse) setOwn(out, key, null);
      }
      return out;
    };
  }

  #structureWriter(members: readonly Member[]): Write {
    const plan = members.map((member) => ({ name: member.name, wire: this.#wireName(member), write: this.#writer(member.shape) }));
    return (value) => {
      const out: Fields = {};
      for (let i = 0; i < plan.length; i++) {
        const member = plan[i];
        if (!member) continue;
        const item = (value as Fields)[member.name];
        if (item !== undefined && item !== null) out[member.wire] = member.write(item);
      }
      return out;
    };
  }
}

const same: Write = (value) => value;

function elementOf(shape: Shape): Member {
  if (!shape.element) throw new Error(`The ${shape.kind} ${shape.name} has no element.`);
  return shape.element;
}

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}

/** A key named `__proto__` is a key like any other. */
export function setOwn(target: Fields, key: string, value: unknown): void {
  if (key === "__proto__") Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true });
  else target[key] = value;
}

function descend(depth: number): void {
  if (depth >= NESTING_MAX) throw serializationError("The request is nested too deeply.");
}

const SPECIAL_NUMBERS: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  "-Infinity": Number.NEGATIVE_INFINITY,
};

function readNumber(value: unknown): unknown {
  if (typeof value === "number") return value;
  if (typeof value === "bigint") return Number(value);
  const special = typeof value === "string" ? SPECIAL_NUMBERS[value] : undefined;
  return special ?? fail(value, "a Number");
}

function readBytes(value: unknown): unknown {
  return value instanceof Uint8Array ? value : fail(value, "a Blob");
}

function readBase64(value: unknown): unknown {
  if (typeof value !== "string") return fail(value, "a Blob");
  if (value.length % 4 !== 0 || !BASE64.test(value)) throw serializationError("The blob is not valid base64.");
  const bytes = Buffer.from(value, "base64");
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** Output blobs are bytes; a string stands for its UTF-8. */
export function bytesOf(value: unknown): Uint8Array {
  return typeof value === "string" ? Buffer.from(value) : (value as Uint8Array);
}

/** The words of AWS's JSON services, such as DynamoDB: the token that was met and what was wanted. */
function fail(value: unknown, wanted: string): never {
  if (Array.isArray(value)) throw serializationError("Start of list found where not expected.");
  if (typeof value === "object" && value !== null) throw serializationError("Start of structure or map found where not expected.");
  const token =
    typeof value === "boolean" ? `${String(value).toUpperCase()}_VALUE` : typeof value === "string" ? "STRING_VALUE" : "NUMBER_VALUE";
  throw serializationError(`${token} can not be converted to ${wanted}`);
}

function failCollection(value: unknown, wanted: "list" | "map"): never {
  if (Array.isArray(value)) throw serializationError("Start of list found where not expected.");
  if (typeof value === "object" && value !== null) throw serializationError("Start of structure or map found where not expected.");
  throw serializationError(`Expected ${wanted} or null`);
}
