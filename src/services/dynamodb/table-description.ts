// How the API shows a table. From the record alone; sizes are handed in.
import type { KeyAttributes } from "./keys.ts";
import { type IndexRecord, type Measured, type Owner, type TableRecord, type Throughput, tableArn } from "./table-record.ts";

/** What AWS gives a new on-demand table ("Understanding warm throughput"). */
const WARM_READS = 12_000;
const WARM_WRITES = 4_000;

type TableStatus = "ACTIVE" | "CREATING" | "DELETING" | "UPDATING";

/** `status` is what the moment's answer says, where that is not what is kept. */
export function describe(owner: Owner, record: TableRecord, sizes: Measured | undefined, status: TableStatus = record.status) {
  const arn = tableArn(owner, record.name);
  const locals = record.indexes.filter(({ kind }) => kind === "local");
  const globals = record.indexes.filter(({ kind }) => kind === "global");
  return {
    AttributeDefinitions: record.attributes.map(({ name, type }) => ({ AttributeName: name, AttributeType: type })),
    TableName: record.name,
    KeySchema: keySchema(record.key),
    TableStatus: status,
    CreationDateTime: new Date(record.createdAtMs),
    ProvisionedThroughput: throughput(record.throughput),
    TableSizeBytes: sizes?.table.bytes ?? 0,
    ItemCount: sizes?.table.items ?? 0,
    TableArn: arn,
    TableId: record.tableId,
    ...billing(record),
    ...(locals.length > 0 && { LocalSecondaryIndexes: locals.map((index) => describeLocal(arn, index, sizes)) }),
    ...(globals.length > 0 && { GlobalSecondaryIndexes: globals.map((index) => describeGlobal(arn, index, record, sizes, status)) }),
    ...stream(arn, record),
    ...(record.encryption && {
      SSEDescription: { Status: "ENABLED" as const, SSEType: "KMS" as const, KMSMasterKeyArn: record.encryption.keyArn },
    }),
    ...(record.tableClass && {
      TableClassSummary: {
        TableClass: record.tableClass.name,
        ...(record.tableClass.sinceMs !== undefined && { LastUpdateDateTime: new Date(record.tableClass.sinceMs) }),
      },
    }),
    DeletionProtectionEnabled: record.deletionProtection,
    ...(record.onDemand && { OnDemandThroughput: onDemand(record.onDemand) }),
    WarmThroughput: warm(record),
  };
}

export function keySchema(key: KeyAttributes) {
  const partition = { AttributeName: key.partition, KeyType: "HASH" as const };
  return key.sort === undefined ? [partition] : [partition, { AttributeName: key.sort, KeyType: "RANGE" as const }];
}

function throughput({ read, write, lastIncreaseMs, lastDecreaseMs }: Throughput) {
  return {
    ...(lastIncreaseMs !== undefined && { LastIncreaseDateTime: new Date(lastIncreaseMs) }),
    ...(lastDecreaseMs !== undefined && { LastDecreaseDateTime: new Date(lastDecreaseMs) }),
    NumberOfDecreasesToday: 0,
    ReadCapacityUnits: read,
    WriteCapacityUnits: write,
  };
}

function billing(record: TableRecord) {
  if (record.onDemandSinceMs === undefined) return {};
  return { BillingModeSummary: { BillingMode: record.billing, LastUpdateToPayPerRequestDateTime: new Date(record.onDemandSinceMs) } };
}

function onDemand({ read, write }: NonNullable<TableRecord["onDemand"]>) {
  return { ...(read !== undefined && { MaxReadRequestUnits: read }), ...(write !== undefined && { MaxWriteRequestUnits: write }) };
}

function warm(record: TableRecord) {
  const provisioned = record.billing === "PROVISIONED";
  return {
    ReadUnitsPerSecond: provisioned ? record.throughput.read : WARM_READS,
    WriteUnitsPerSecond: provisioned ? record.throughput.write : WARM_WRITES,
    Status: "ACTIVE" as const,
  };
}

function projection(index: IndexRecord) {
  return { ProjectionType: index.projection, ...(index.included && { NonKeyAttributes: [...index.included] }) };
}

function describeLocal(arn: string, index: IndexRecord, sizes: Measured | undefined) {
  return {
    IndexName: index.name,
    KeySchema: keySchema(index.key),
    Projection: projection(index),
    IndexSizeBytes: sizes?.indexes[index.name]?.bytes ?? 0,
    ItemCount: sizes?.indexes[index.name]?.items ?? 0,
    IndexArn: `${arn}/index/${index.name}`,
  };
}

function describeGlobal(arn: string, index: IndexRecord, record: TableRecord, sizes: Measured | undefined, status: TableStatus) {
  const indexStatus = status === "CREATING" || status === "DELETING" ? status : index.status;
  return {
    ...describeLocal(arn, index, sizes),
    IndexStatus: indexStatus,
    ...(index.status === "CREATING" && { Backfilling: true }),
    ProvisionedThroughput: throughput(index.throughput ?? { read: 0, write: 0 }),
    ...(index.onDemand && { OnDemandThroughput: onDemand(index.onDemand) }),
    WarmThroughput: warm({ ...record, throughput: index.throughput ?? { read: 0, write: 0 } }),
  };
}

function stream(arn: string, record: TableRecord) {
  if (record.stream === undefined) return {};
  const { enabled, viewType, label } = record.stream;
  return {
    ...(enabled && { StreamSpecification: { StreamEnabled: true, ...(viewType !== undefined && { StreamViewType: viewType }) } }),
    LatestStreamLabel: label,
    LatestStreamArn: `${arn}/stream/${label}`,
  };
}
