// The rules for the definition of a table: keys, indexes, projections, throughput. Pure; from what a client sends to what is kept.
import { invalid, invalidValue, limitExceeded } from "./errors.ts";
import type { KeyAttributes } from "./keys.ts";
import { GLOBAL_INDEXES_MAX, LOCAL_INDEXES_MAX, PROJECTED_ATTRIBUTES_MAX, PROVISIONED_UNITS_MAX } from "./limits.ts";
import type { IndexRecord, OnDemandLimits, ProjectionKind, ScalarType, TableRecord, Throughput } from "./table-record.ts";
import { keyNames } from "./table-record.ts";

interface RawKeyElement {
  readonly AttributeName: string;
  readonly KeyType: "HASH" | "RANGE";
}

interface RawAttributeDefinition {
  readonly AttributeName: string;
  readonly AttributeType: ScalarType;
}

interface RawThroughput {
  readonly ReadCapacityUnits: number;
  readonly WriteCapacityUnits: number;
}

interface RawOnDemand {
  readonly MaxReadRequestUnits?: number | undefined;
  readonly MaxWriteRequestUnits?: number | undefined;
}

interface RawIndex {
  readonly IndexName: string;
  readonly KeySchema: readonly RawKeyElement[];
  readonly Projection: {
    readonly ProjectionType?: ProjectionKind | undefined;
    readonly NonKeyAttributes?: readonly string[] | undefined;
  };
  readonly ProvisionedThroughput?: RawThroughput | undefined;
  readonly OnDemandThroughput?: RawOnDemand | undefined;
}

export type Attributes = TableRecord["attributes"];
type Billing = TableRecord["billing"];

export function readAttributes(raw: readonly RawAttributeDefinition[]): Attributes {
  const attributes = raw.map(({ AttributeName: name, AttributeType: type }) => ({ name, type }));
  const seen = new Map<string, ScalarType>();
  for (const { name, type } of attributes) {
    const known = seen.get(name);
    if (known !== undefined) throw invalidValue(`Cannot redefine attribute ${name} as ${type}; it is already defined as ${known}`);
    seen.set(name, type);
  }
  return attributes;
}

/** The units of a table, checked against its billing mode. */
export function readThroughput(billing: Billing, raw: RawThroughput | undefined): Throughput {
  if (billing === "PAY_PER_REQUEST") {
    if (raw !== undefined) {
      throw invalidValue("Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST");
    }
    return { read: 0, write: 0 };
  }
  if (raw === undefined) {
    throw invalidValue("ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED");
  }
  return checkedThroughput(raw);
}

export function checkedThroughput(raw: RawThroughput): Throughput {
  if (raw.ReadCapacityUnits > PROVISIONED_UNITS_MAX)
    throw invalid(`Given value ${raw.ReadCapacityUnits} for ReadCapacityUnits is out of bounds`);
  if (raw.WriteCapacityUnits > PROVISIONED_UNITS_MAX) {
    throw invalid(`Given value ${raw.WriteCapacityUnits} for WriteCapacityUnits is out of bounds`);
  }
  return { read: raw.ReadCapacityUnits, write: raw.WriteCapacityUnits };
}

export function readOnDemand(raw: RawOnDemand | undefined): { readonly onDemand?: OnDemandLimits } {
  if (raw === undefined) return {};
  const { MaxReadRequestUnits: read, MaxWriteRequestUnits: write } = raw;
  return { onDemand: { ...(read !== undefined && { read }), ...(write !== undefined && { write }) } };
}

/** The keys of a table. */
export function readTableKey(elements: readonly RawKeyElement[], attributes: Attributes): KeyAttributes {
  const names = elements.map(({ AttributeName }) => AttributeName);
  if (attributes.length < names.length) throw invalid("Invalid KeySchema: Some index key attribute have no definition");
  checkDefined(names, attributes);
  return readKeySchema(elements);
}

function checkDefined(names: readonly string[], attributes: Attributes): void {
  const defined = attributes.map(({ name }) => name);
  if (names.every((name) => defined.includes(name))) return;
  throw invalidValue(
    "Some index key attributes are not defined in AttributeDefinitions. " +
      `Keys: [${[...new Set(names)].join(", ")}], AttributeDefinitions: [${defined.join(", ")}]`,
  );
}

function readKeySchema(elements: readonly RawKeyElement[]): KeyAttributes {
  const [first, second] = elements;
  if (first === undefined || first.KeyType !== "HASH")
    throw invalid("Invalid KeySchema: The first KeySchemaElement is not a HASH key type");
  if (elements.length > 2) {
    throw invalid(
      "1 validation error detected: Value at 'keySchema' failed to satisfy constraint: Member must have length less than or equal to 2",
    );
  }
  if (second === undefined) return { partition: first.AttributeName };
  if (first.AttributeName === second.AttributeName) {
    throw invalid("Both the Hash Key and the Range Key element in the KeySchema have the same name");
  }
  if (second.KeyType !== "RANGE") throw invalid("Invalid KeySchema: The second KeySchemaElement is not a RANGE key type");
  return { partition: first.AttributeName, sort: second.AttributeName };
}

/** An index as it is kept; `indexId` names its entries. */
export function readIndex(
  kind: IndexRecord["kind"],
  raw: RawIndex,
  table: { readonly key: KeyAttributes; readonly attributes: Attributes; readonly billing: Billing },
  indexId: string,
): IndexRecord {
  checkDefined(
    raw.KeySchema.map(({ AttributeName }) => AttributeName),
    table.attributes,
  );
  const key = readKeySchema(raw.KeySchema);
  if (kind === "local") checkLocalKey(raw.IndexName, key, table.key);
  const { ProjectionType: projection, NonKeyAttributes: included } = raw.Projection;
  if (projection === undefined) throw invalidValue("Unknown ProjectionType: null");
  if (projection !== "INCLUDE" && included !== undefined) {
    throw invalidValue(`ProjectionType is ${projection}, but NonKeyAttributes is specified`);
  }
  if (projection === "INCLUDE" && (included === undefined || included.length === 0)) {
    throw invalidValue("ProjectionType is INCLUDE, but NonKeyAttributes is not specified");
  }
  return {
    name: raw.IndexName,
    indexId,
    kind,
    key,
    projection,
    ...(included !== undefined && { included: [...new Set(included)] }),
    ...(kind === "global" && { throughput: readIndexThroughput(raw, table.billing), ...readOnDemand(raw.OnDemandThroughput) }),
    status: "ACTIVE",
  };
}

function checkLocalKey(name: string, key: KeyAttributes, tableKey: KeyAttributes): void {
  if (key.sort === undefined) throw invalidValue(`Index KeySchema does not have a range key for index: ${name}`);
  if (key.partition !== tableKey.partition) {
    throw invalidValue(
      `Index KeySchema does not have the same leading hash key as table KeySchema for index: ${name}. ` +
        `index hash key: ${key.partition}, table hash key: ${tableKey.partition}`,
    );
  }
}

function readIndexThroughput(raw: RawIndex, billing: Billing): Throughput {
  const { ProvisionedThroughput: throughput } = raw;
  if (billing === "PAY_PER_REQUEST") {
    if (throughput !== undefined) {
      throw invalidValue(`ProvisionedThroughput should not be specified for index: ${raw.IndexName} when BillingMode is PAY_PER_REQUEST`);
    }
    return { read: 0, write: 0 };
  }
  if (throughput === undefined) throw invalidValue(`ProvisionedThroughput must be specified for index: ${raw.IndexName}`);
  return checkedThroughput(throughput);
}

/** What can be said only of all indexes together. */
export function checkIndexes(indexes: readonly IndexRecord[]): void {
  const names = new Set<string>();
  for (const { name } of indexes) {
    if (names.has(name)) throw invalidValue(`Duplicate index name: ${name}`);
    names.add(name);
  }
  if (indexes.filter(({ kind }) => kind === "local").length > LOCAL_INDEXES_MAX) {
    throw invalidValue(`Number of LocalSecondaryIndexes exceeds per-table limit of ${LOCAL_INDEXES_MAX}`);
  }
  if (indexes.filter(({ kind }) => kind === "global").length > GLOBAL_INDEXES_MAX) {
    throw invalidValue(`GlobalSecondaryIndex count exceeds the per-table limit of ${GLOBAL_INDEXES_MAX}`);
  }
  const projected = indexes.reduce((sum, { included }) => sum + (included?.length ?? 0), 0);
  if (projected > PROJECTED_ATTRIBUTES_MAX) {
    throw limitExceeded(`Number of NonKeyAttributes exceeds per-table limit of ${PROJECTED_ATTRIBUTES_MAX}`);
  }
}

/** Every attribute that is defined must be a key somewhere. */
export function checkAttributesUsed(attributes: Attributes, key: KeyAttributes, indexes: readonly IndexRecord[]): void {
  const used = usedAttributes(key, indexes);
  if (attributes.every(({ name }) => used.has(name))) return;
  if (indexes.length === 0) {
    throw invalidValue("Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions");
  }
  throw invalidValue(
    `Some AttributeDefinitions are not used. AttributeDefinitions: [${attributes.map(({ name }) => name).join(", ")}], ` +
      `keys used: [${[...used].join(", ")}]`,
  );
}

export function usedAttributes(key: KeyAttributes, indexes: readonly IndexRecord[]): Set<string> {
  return new Set([...keyNames(key), ...indexes.flatMap((index) => keyNames(index.key))]);
}
