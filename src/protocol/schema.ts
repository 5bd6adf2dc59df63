// The shapes of a service's operations, resolved from the extracted schemas when they are first needed. Pure data: no codec here.

export type Kind =
  | "structure"
  | "union"
  | "list"
  | "map"
  | "string"
  | "number"
  | "boolean"
  | "blob"
  | "timestamp"
  | "document"
  | "bigInteger"
  | "bigDecimal"
  | "unit";

export type TimestampFormat = "epoch" | "iso" | "http";

/** The traits that bind a member to the wire, by their names in the client packages' schemas. */
export interface Traits {
  readonly httpLabel?: 1;
  readonly httpQuery?: string;
  readonly httpQueryParams?: 1;
  readonly httpHeader?: string;
  readonly httpPrefixHeaders?: string;
  readonly httpPayload?: 1;
  readonly httpResponseCode?: 1;
  readonly idempotencyToken?: 1;
  readonly sensitive?: 1;
  readonly streaming?: 1;
  readonly sparse?: 1;
  readonly jsonName?: string;
  readonly xmlName?: string;
  readonly xmlFlattened?: 1;
  readonly xmlAttribute?: 1;
  readonly xmlNamespace?: string | readonly [prefix: string, uri: string];
  readonly ec2QueryName?: string;
  readonly eventPayload?: 1;
  readonly eventHeader?: 1;
  readonly error?: "client" | "server";
  readonly httpError?: number;
  readonly awsQueryError?: readonly [code: string, status: number];
  readonly http?: readonly [method: string, uri: string, status: number];
  readonly endpoint?: readonly [prefix: string];
}

/** A place in a structure, list or map: its name, what stands there, and the traits of both. */
export interface Member {
  readonly name: string;
  readonly shape: Shape;
  readonly traits: Traits;
  readonly required: boolean;
}

export interface Shape {
  readonly kind: Kind;
  readonly name: string;
  readonly traits: Traits;
  /** Of structures and unions, in the model's order. */
  readonly members: readonly Member[];
  /** Of lists (the element) and maps (the value). */
  readonly element: Member | undefined;
  /** Of maps. */
  readonly key: Member | undefined;
  readonly timestamp: TimestampFormat | undefined;
  readonly streaming: boolean;
}

export type ProtocolId = "awsJson1_0" | "awsJson1_1" | "awsQuery" | "ec2Query" | "restJson1" | "restXml" | "rpcv2Cbor";

/** One service of the index: enough to route a request before its schemas are loaded. */
export interface ServiceEntry {
  readonly id: string;
  /** The one that its clients speak by default. */
  readonly protocol: ProtocolId;
  /** The prefix of X-Amz-Target, and the service's name in RPC v2 paths. */
  readonly target: string;
  readonly version: string;
  readonly namespace: string;
  readonly xmlNamespace: string;
  /** Errors carry their old Query codes in a header. */
  readonly queryCompatible: boolean;
  readonly signingName: string;
  readonly endpointPrefix: string;
}

export interface OperationSchema {
  readonly name: string;
  readonly traits: Traits;
  readonly input: Shape;
  readonly output: Shape;
  readonly service: ServiceSchema;
}

export interface ServiceSchema extends ServiceEntry {
  readonly operations: ReadonlyMap<string, OperationSchema>;
  /** By shape name. */
  readonly errors: ReadonlyMap<string, Shape>;
  /** By the code that Query answers give them, where it differs. */
  readonly errorsByQueryCode: ReadonlyMap<string, Shape>;
}

/** `number >= 0`: a simple schema; `< 0`: table entry `-1 - n`; `[reference, traits]`; or `"unit"`. */
type Reference = number | string | readonly [Reference, RawTraits];
type RawTraits = number | Traits;
type Entry = readonly [kind: number, name: string, traits: RawTraits, ...rest: readonly unknown[]];

/** One file of src/protocol/generated. */
export interface ExtractedSchema {
  readonly shapes: readonly Entry[];
  readonly operations: readonly (readonly [name: string, traits: RawTraits, input: Reference, output: Reference])[];
  readonly errors: readonly number[];
}

/** Traits without a value are packed into a number, one bit each. */
const TRAIT_BITS = ["httpLabel", "idempotent", "idempotencyToken", "sensitive", "httpPayload", "httpResponseCode", "httpQueryParams"];
const NO_TRAITS: Traits = Object.freeze({});

function traitsOf(raw: RawTraits): Traits {
  if (raw === 0) return NO_TRAITS;
  if (typeof raw === "object") return raw;
  return Object.fromEntries(TRAIT_BITS.filter((_, bit) => (raw >> bit) & 1).map((name) => [name, 1]));
}

interface MutableShape {
  kind: Kind;
  name: string;
  traits: Traits;
  members: Member[];
  element: Member | undefined;
  key: Member | undefined;
  timestamp: TimestampFormat | undefined;
  streaming: boolean;
}

function blank(kind: Kind, name = "", traits: Traits = NO_TRAITS): MutableShape {
  return {
    kind,
    name,
    traits,
    members: [],
    element: undefined,
    key: undefined,
    timestamp: undefined,
    streaming: traits.streaming === 1,
  };
}

const UNIT: Shape = blank("unit");
const SIMPLE_KINDS: Readonly<Record<number, Kind>> = {
  0: "string",
  1: "number",
  2: "boolean",
  4: "timestamp",
  5: "timestamp",
  6: "timestamp",
  7: "timestamp",
  15: "document",
  17: "bigInteger",
  19: "bigDecimal",
  21: "blob",
  42: "blob",
};
const SIMPLE_TIMESTAMPS: Readonly<Record<number, TimestampFormat>> = { 5: "iso", 6: "http", 7: "epoch" };
const STREAMING_BLOB = 42;
/** Lists and maps of a simple schema are the schema's number with one of these bits. */
const LIST_BIT = 64;
const MAP_BIT = 128;
const simpleShapes = new Map<number, Shape>();

function simpleShape(code: number): Shape {
  let shape = simpleShapes.get(code);
  if (shape) return shape;
  if (code >= LIST_BIT) {
    const list = code < MAP_BIT;
    const collection = blank(list ? "list" : "map");
    const element = simpleShape(code & (LIST_BIT - 1));
    collection.element = { name: list ? "member" : "value", shape: element, traits: NO_TRAITS, required: false };
    if (!list) collection.key = { name: "key", shape: simpleShape(0), traits: NO_TRAITS, required: true };
    shape = collection;
  } else {
    const kind = SIMPLE_KINDS[code];
    if (!kind) throw new Error(`The extracted schemas hold an unknown simple schema: ${code}.`);
    shape = { ...blank(kind), timestamp: SIMPLE_TIMESTAMPS[code], streaming: code === STREAMING_BLOB };
  }
  simpleShapes.set(code, shape);
  return shape;
}

const KIND_NAMES: Readonly<Record<number, Kind>> = { 1: "list", 2: "map", 3: "structure", [-3]: "structure", 4: "union" };

/** Resolves table entries on demand and once; recursive shapes meet themselves. */
class ShapeTable {
  readonly #entries: readonly Entry[];
  readonly #shapes: (Shape | undefined)[];

  constructor(entries: readonly Entry[]) {
    this.#entries = entries;
    this.#shapes = new Array(entries.length);
  }

  shape(reference: Reference): Shape {
    if (reference === "unit") return UNIT;
    if (typeof reference === "object") return this.shape(reference[0]);
    if (typeof reference !== "number") throw new Error(`The extracted schemas hold an unknown reference: ${reference}.`);
    return reference >= 0 ? simpleShape(reference) : this.#entry(-1 - reference);
  }

  #entry(index: number): Shape {
    const known = this.#shapes[index];
    if (known) return known;
    const entry = this.#entries[index];
    if (!entry) throw new Error(`The extracted schemas lack entry ${index}.`);
    const [code, name, rawTraits, ...rest] = entry;
    const traits = traitsOf(rawTraits);
    if (code === 0) {
      const base = this.shape(rest[0] as Reference);
      const named: Shape = { ...base, name, traits: { ...base.traits, ...traits }, streaming: base.streaming || traits.streaming === 1 };
      this.#shapes[index] = named;
      return named;
    }
    const kind = KIND_NAMES[code];
    if (!kind) throw new Error(`The extracted schemas hold an unknown kind: ${code}.`);
    const shape = blank(kind, name, traits);
    this.#shapes[index] = shape;
    if (kind === "list") shape.element = this.#member("member", rest[0] as Reference, false);
    else if (kind === "map") {
      shape.key = this.#member("key", rest[0] as Reference, true);
      shape.element = this.#member("value", rest[1] as Reference, false);
    } else {
      const [names, references, required = 0] = rest as [readonly string[], readonly Reference[], number?];
      shape.members = names.map((member, at) => this.#member(member, references[at] ?? 0, at < required));
    }
    return shape;
  }

  #member(name: string, reference: Reference, required: boolean): Member {
    let own: Traits = NO_TRAITS;
    let inner = reference;
    while (typeof inner === "object") {
      own = { ...traitsOf(inner[1]), ...own };
      inner = inner[0];
    }
    const shape = this.shape(inner);
    return { name, shape, traits: { ...inherited(shape), ...own }, required };
  }
}

/** A structure's own XML name is that of a document's root, not of a member that holds the structure. */
function inherited(shape: Shape): Traits {
  if (shape.traits.xmlName === undefined || (shape.kind !== "structure" && shape.kind !== "union")) return shape.traits;
  const { xmlName: _, ...rest } = shape.traits;
  return rest;
}

/** A class, so that the shapes of an operation are resolved when it is first called. */
class LazyOperation implements OperationSchema {
  readonly name: string;
  readonly traits: Traits;
  readonly service: ServiceSchema;
  readonly #table: ShapeTable;
  readonly #input: Reference;
  readonly #output: Reference;

  constructor(service: ServiceSchema, table: ShapeTable, [name, traits, input, output]: ExtractedSchema["operations"][number]) {
    this.name = name;
    this.traits = traitsOf(traits);
    this.service = service;
    this.#table = table;
    this.#input = input;
    this.#output = output;
  }

  get input(): Shape {
    return this.#table.shape(this.#input);
  }

  get output(): Shape {
    return this.#table.shape(this.#output);
  }
}

export function buildServiceSchema(entry: ServiceEntry, extracted: ExtractedSchema): ServiceSchema {
  const table = new ShapeTable(extracted.shapes);
  const operations = new Map<string, OperationSchema>();
  const errors = new Map<string, Shape>();
  const errorsByQueryCode = new Map<string, Shape>();
  const service: ServiceSchema = { ...entry, operations, errors, errorsByQueryCode };
  for (const operation of extracted.operations) operations.set(operation[0], new LazyOperation(service, table, operation));
  for (const reference of extracted.errors) {
    const error = table.shape(reference);
    errors.set(error.name, error);
    if (error.traits.awsQueryError) errorsByQueryCode.set(error.traits.awsQueryError[0], error);
  }
  return service;
}
