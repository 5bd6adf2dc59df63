// Amazon DynamoDB: the table of contents.
import { defineService } from "../../contract/service.ts";
import { describeContinuousBackups, describeEndpoints, describeLimits } from "./account.ts";
import { batchGetItem, batchWriteItem } from "./batches.ts";
import { deleteItem, getItem, putItem } from "./items.ts";
import { query } from "./query.ts";
import { tableResource } from "./resources.ts";
import { scan } from "./scan.ts";
import { fillExpiry, fillIndex, purge } from "./table-jobs.ts";
import { count } from "./table-sizes.ts";
import { createTable, deleteTable, describeTable, listTables } from "./tables.ts";
import { listTagsOfResource, tagResource, untagResource } from "./tags.ts";
import { describeTimeToLive, expire, updateTimeToLive } from "./time-to-live.ts";
import { transactGetItems, transactWriteItems } from "./transactions.ts";
import { updateItem } from "./update-item.ts";
import { updateTable } from "./update-table.ts";

export const dynamodb = defineService<"dynamodb">({
  id: "dynamodb",
  operations: {
    BatchGetItem: batchGetItem,
    BatchWriteItem: batchWriteItem,
    CreateTable: createTable,
    DeleteItem: deleteItem,
    DeleteTable: deleteTable,
    DescribeContinuousBackups: describeContinuousBackups,
    DescribeEndpoints: describeEndpoints,
    DescribeLimits: describeLimits,
    DescribeTable: describeTable,
    DescribeTimeToLive: describeTimeToLive,
    GetItem: getItem,
    ListTables: listTables,
    ListTagsOfResource: listTagsOfResource,
    PutItem: putItem,
    Query: query,
    Scan: scan,
    TagResource: tagResource,
    TransactGetItems: transactGetItems,
    TransactWriteItems: transactWriteItems,
    UntagResource: untagResource,
    UpdateItem: updateItem,
    UpdateTable: updateTable,
    UpdateTimeToLive: updateTimeToLive,
  },
  jobs: { count, expire, "fill-expiry": fillExpiry, "fill-index": fillIndex, purge },
  resources: { "AWS::DynamoDB::Table": tableResource },
});
