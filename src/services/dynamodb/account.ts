// What the API says of the account and the service: DescribeLimits, DescribeEndpoints, DescribeContinuousBackups.
import type { OperationOf } from "../../contract/service.ts";
import { AwsError } from "../../kernel/errors.ts";
import { ACCOUNT_UNITS_MAX, TABLE_UNITS_MAX } from "./limits.ts";
import { findTable } from "./table-record.ts";
import { readTableNameOfOperation } from "./tables.ts";

export const describeLimits: OperationOf<"dynamodb", "DescribeLimits"> = async () => ({
  AccountMaxReadCapacityUnits: ACCOUNT_UNITS_MAX,
  AccountMaxWriteCapacityUnits: ACCOUNT_UNITS_MAX,
  TableMaxReadCapacityUnits: TABLE_UNITS_MAX,
  TableMaxWriteCapacityUnits: TABLE_UNITS_MAX,
});

/** How long clients may keep the answer, in minutes: what AWS says. */
const ENDPOINT_MINUTES = 1440;

export const describeEndpoints: OperationOf<"dynamodb", "DescribeEndpoints"> = async (context) => ({
  Endpoints: [{ Address: new URL(context.clientOrigin).host, CachePeriodInMinutes: ENDPOINT_MINUTES }],
});

/** There are no backups: point-in-time recovery is always disabled. */
export const describeContinuousBackups: OperationOf<"dynamodb", "DescribeContinuousBackups"> = async (context, input) => {
  const name = readTableNameOfOperation(input.TableName);
  const table = await context.storage.snapshot((tx) => findTable(tx, context, name));
  if (table === undefined) throw new AwsError("TableNotFoundException", `Table not found: ${name}`);
  return {
    ContinuousBackupsDescription: {
      ContinuousBackupsStatus: "ENABLED",
      PointInTimeRecoveryDescription: { PointInTimeRecoveryStatus: "DISABLED" },
    },
  };
};
