// Shapes in the form that botocore's protocol tests describe them, as shapes of ours.
import type {
  Kind,
  Member,
  OperationSchema,
  ProtocolId,
  ServiceSchema,
  Shape,
  TimestampFormat,
  Traits,
} from "../../src/protocol/schema.ts";

interface BotoReference {
  readonly shape: string;
  readonly location?: string;
  readonly locationName?: string;
  readonly queryName?: string;
  readonly flattened?: boolean;
  readonly xmlAttribute?: boolean;
  readonly xmlNamespace?: string | { readonly uri: string; readonly prefix?: string };
  readonly timestampFormat?: string;
  readonly streaming?: boolean;
  readonly idempotencyToken?: boolean;
}

export interface BotoShape extends Omit<BotoReference, "shape"> {
  readonly type: string;
  readonly members?: Readonly<Record<string, BotoReference>>;
  readonly required?: readonly string[];
  readonly member?: BotoReference;
  readonly key?: BotoReference;
  readonly value?: BotoReference;
  readonly payload?: string;
  readonly document?: boolean;
  readonly union?: boolean;
  readonly sparse?: boolean;
  readonly error?: { readonly httpStatusCode?: number; readonly code?: string; readonly senderFault?: boolean };
}

export interface BotoOperation {
  readonly name: string;
  readonly http?: { readonly method: string; readonly requestUri: string; readonly responseCode?: number };
  readonly input?: BotoReference;
  readonly output?: BotoReference;
  readonly errors?: readonly BotoReference[];
}

export interface BotoSuite {
  readonly description: string;
  readonly metadata: {
    readonly protocol?: string;
    readonly protocols?: readonly string[];
    readonly targetPrefix?: string;
    readonly apiVersion: string;
  };
  readonly shapes: Readonly<Record<string, BotoShape>>;
}

const KINDS: Readonly<Record<string, Kind>> = {
  string: "string",
  character: "string",
  integer: "number",
  long: "number",
  float: "number",
  double: "number",
  boolean: "boolean",
  blob: "blob",
  timestamp: "timestamp",
  list: "list",
  map: "map",
  structure: "structure",
};
const TIMESTAMPS: Readonly<Record<string, TimestampFormat>> = { iso8601: "iso", rfc822: "http", unixTimestamp: "epoch" };
const XML_PROTOCOLS: ReadonlySet<ProtocolId> = new Set(["awsQuery", "ec2Query", "restXml"]);

interface Mutable extends Omit<Shape, "members"> {
  members: Member[];
  element: Member | undefined;
  key: Member | undefined;
}

class ShapeBuilder {
  readonly #suite: BotoSuite;
  readonly #protocol: ProtocolId;
  readonly #known = new Map<string, Shape>();

  constructor(suite: BotoSuite, protocol: ProtocolId) {
    this.#suite = suite;
    this.#protocol = protocol;
  }

  shape(name: string): Shape {
    const known = this.#known.get(name);
    if (known) return known;
    const boto = this.#suite.shapes[name];
    if (!boto) throw new Error(`no shape ${name}`);
    const kind = boto.document ? "document" : boto.union ? "union" : KINDS[boto.type];
    if (!kind) throw new Error(`unknown type ${boto.type}`);
    const shape: Mutable = {
      kind,
      name,
      traits: { ...this.#traits(boto), ...(boto.sparse && { sparse: 1 }) },
      members: [],
      element: undefined,
      key: undefined,
      timestamp: TIMESTAMPS[boto.timestampFormat ?? ""],
      streaming: boto.streaming === true,
    };
    this.#known.set(name, shape);
    for (const [member, reference] of Object.entries(boto.members ?? {})) {
      shape.members.push(this.#member(member, reference, boto.required?.includes(member) === true, boto.payload === member));
    }
    const element = boto.member ?? boto.value;
    if (element) shape.element = this.#member(boto.member ? "member" : "value", element, false, false);
    if (boto.key) shape.key = this.#member("key", boto.key, true, false);
    return shape;
  }

  #member(name: string, reference: BotoReference, required: boolean, payload: boolean): Member {
    const target = this.shape(reference.shape);
    const timestamp = TIMESTAMPS[reference.timestampFormat ?? ""];
    const shape = timestamp ? { ...target, timestamp } : target;
    return {
      name,
      shape,
      required,
      traits: { ...inherited(shape), ...this.#traits(reference, shape, name), ...(payload && { httpPayload: 1 }) },
    };
  }

  #traits(given: BotoShape | BotoReference, target?: Shape, ownName?: string): Traits {
    const { location } = given;
    // A structure's member is given its own name there even where the model gives none.
    const locationName = location === undefined && given.locationName === ownName ? "" : (given.locationName ?? "");
    const namespace =
      typeof given.xmlNamespace === "object" ? ([given.xmlNamespace.prefix ?? "", given.xmlNamespace.uri] as const) : given.xmlNamespace;
    return {
      ...(location === "uri" && { httpLabel: 1 }),
      ...(location === "header" && { httpHeader: locationName }),
      ...(location === "headers" && { httpPrefixHeaders: locationName }),
      ...(location === "querystring" && (target?.kind === "map" ? { httpQueryParams: 1 } : { httpQuery: locationName })),
      ...(location === "statusCode" && { httpResponseCode: 1 }),
      ...(location === undefined &&
        locationName !== "" &&
        (XML_PROTOCOLS.has(this.#protocol) ? { xmlName: locationName } : { jsonName: locationName })),
      ...(given.queryName !== undefined && { ec2QueryName: given.queryName }),
      ...(given.flattened && { xmlFlattened: 1 }),
      ...(given.xmlAttribute && { xmlAttribute: 1 }),
      ...(namespace !== undefined && { xmlNamespace: namespace }),
      ...(given.streaming && { streaming: 1 }),
    };
  }
}

/** A structure's own XML name is a root's, not a member's. */
function inherited(shape: Shape): Traits {
  if (shape.kind !== "structure" && shape.kind !== "union") return shape.traits;
  const { xmlName: _, ...rest } = shape.traits;
  return rest;
}

const UNIT: Shape = {
  kind: "unit",
  name: "",
  traits: {},
  members: [],
  element: undefined,
  key: undefined,
  timestamp: undefined,
  streaming: false,
};

/** One operation with a service of its own around it. */
export function vectorOperation(suite: BotoSuite, boto: BotoOperation, protocol: ProtocolId, queryCompatible: boolean): OperationSchema {
  const builder = new ShapeBuilder(suite, protocol);
  const errors = new Map<string, Shape>();
  const errorsByQueryCode = new Map<string, Shape>();
  for (const reference of boto.errors ?? []) {
    const shape = builder.shape(reference.shape);
    const { error } = suite.shapes[reference.shape] ?? {};
    const status = error?.httpStatusCode;
    const query = error?.code === undefined ? undefined : ([error.code, status ?? 400] as const);
    const modelled = {
      ...shape,
      traits: { ...shape.traits, ...(status !== undefined && { httpError: status }), ...(query && { awsQueryError: query }) },
    };
    errors.set(modelled.name, modelled);
    if (query) errorsByQueryCode.set(query[0], modelled);
  }
  const operations = new Map<string, OperationSchema>();
  const service: ServiceSchema = {
    id: "vectors",
    protocol,
    target: suite.metadata.targetPrefix ?? "",
    version: suite.metadata.apiVersion,
    namespace: "com.example",
    xmlNamespace: "",
    queryCompatible,
    signingName: "vectors",
    endpointPrefix: "vectors",
    operations,
    errors,
    errorsByQueryCode,
  };
  const { http } = boto;
  const operation: OperationSchema = {
    name: boto.name,
    traits: http ? { http: [http.method, http.requestUri, http.responseCode ?? 200] } : {},
    input: boto.input ? builder.shape(boto.input.shape) : UNIT,
    output: boto.output ? builder.shape(boto.output.shape) : UNIT,
    service,
  };
  operations.set(operation.name, operation);
  return operation;
}
