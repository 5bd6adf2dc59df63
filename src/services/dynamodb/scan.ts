// Scan, also in segments.
import type { OperationOf } from "../../contract/service.ts";
import type { Item } from "./attribute-value.ts";
import { constraintFailed, invalid, KEY_MISMATCH, STARTING_KEY_INVALID } from "./errors.ts";
import { checkAllUsed } from "./expressions/variables.ts";
import { checkKey } from "./item-keys.ts";
import { below, contains, segmentRange } from "./keys.ts";
import { readConditions } from "./legacy-conditions.ts";
import {
  checkStartItem,
  checkStartPartition,
  checkStartSort,
  type PageRequest,
  prefixOf,
  readPage,
  readStartKey,
  type Source,
  sourceOf,
  startPosition,
} from "./page.ts";
import { pageAnswer } from "./query.ts";
import {
  bindGuard,
  checkAttributesToGet,
  checkParameters,
  checkScalarKeys,
  type Guard,
  guardPaths,
  joinTests,
  nameProblems,
  readProjection,
  readTableName,
  variablesOf,
} from "./request.ts";
import { checkIndexHolds, checkProjected, checkSelect, needsTable } from "./selection.ts";
import { loadTable } from "./table-record.ts";

type Input = Parameters<OperationOf<"dynamodb", "Scan">>[1];

export const scan: OperationOf<"dynamodb", "Scan"> = async (context, input) => {
  const name = readTableName(input.TableName);
  const request = readRequest(input);
  const { source, page } = await context.storage.snapshot(async (tx) => {
    const table = await loadTable(tx, context, name);
    const source = sourceOf(table, input.IndexName);
    return { source, page: await readPage(tx, planPage(source, input, request)) };
  });
  return pageAnswer(source, page, input);
};

interface ScanRequest {
  readonly filter: Guard;
  readonly projection: PageRequest["projection"];
  readonly start: Item | undefined;
}

function readRequest(input: Input): ScanRequest {
  if (input.IndexName !== undefined) {
    const problems = nameProblems("indexName", input.IndexName);
    if (problems.length > 0) throw constraintFailed(problems);
  }
  const { ProjectionExpression, FilterExpression } = input;
  checkParameters({
    legacy: { AttributesToGet: input.AttributesToGet, ScanFilter: input.ScanFilter, ConditionalOperator: input.ConditionalOperator },
    expressions: { ProjectionExpression, FilterExpression },
    valueExpressions: { FilterExpression },
    names: input.ExpressionAttributeNames,
    values: input.ExpressionAttributeValues,
  });
  checkAttributesToGet(input.AttributesToGet);
  const tests = input.ScanFilter && readConditions(input.ScanFilter);
  const joined = joinTests(tests, input.ConditionalOperator);
  const start = readStartKey(input.ExclusiveStartKey);
  checkSegments(input);
  checkSelect(input, "Scanning");
  const variables = variablesOf(input.ExpressionAttributeNames, input.ExpressionAttributeValues);
  const filter = { ...joined, ...bindGuard("FilterExpression", FilterExpression, variables) };
  const projection = readProjection(ProjectionExpression, input.AttributesToGet, variables);
  checkAllUsed(variables);
  return { filter, projection, start };
}

function checkSegments({ Segment: segment, TotalSegments: total }: Input): void {
  if (segment !== undefined && total === undefined) {
    throw invalid("The TotalSegments parameter is required but was not present in the request when Segment parameter is present");
  }
  if (segment === undefined && total !== undefined) {
    throw invalid("The Segment parameter is required but was not present in the request when parameter TotalSegments is present");
  }
  if (segment !== undefined && total !== undefined && segment >= total) {
    throw invalid(
      "The Segment parameter is zero-based and must be less than parameter TotalSegments: " +
        `Segment: ${segment} is not less than TotalSegments: ${total}`,
    );
  }
}

function planPage(source: Source, input: Input, { filter, projection, start }: ScanRequest): PageRequest {
  if (source.index?.kind === "global" && input.ConsistentRead === true) {
    throw invalid("Consistent reads are not supported on global secondary indexes");
  }
  if (start !== undefined && source.index !== undefined) {
    checkStartPartition(source, start);
    checkStartSort(source, start);
  }
  checkIndexHolds(source, input.Select);
  if (start !== undefined) checkStart(source, start);
  checkScalarKeys(source.table, guardPaths(filter));
  checkProjected(source, projection, filter);
  const { Segment: segment, TotalSegments: total } = input;
  const prefix = prefixOf(source);
  const range = segment === undefined || total === undefined ? below(prefix) : segmentRange(prefix, segment, total);
  const startAfter = start && startPosition(source, start);
  if (startAfter !== undefined && !contains(range, startAfter)) {
    throw invalid(
      `${STARTING_KEY_INVALID}: Invalid ExclusiveStartKey. Please use ExclusiveStartKey with correct Segment. ` +
        `TotalSegments: ${total} Segment: ${segment}`,
    );
  }
  return {
    source,
    range,
    reverse: false,
    startAfter,
    limit: input.Limit,
    filter,
    wantsItems: input.Select !== "COUNT",
    projection,
    fetches: needsTable(source, input.Select, projection, filter),
  };
}

function checkStart(source: Source, start: Item): void {
  if (source.index !== undefined) {
    checkStartItem(source, start);
    return;
  }
  try {
    checkKey(source.table, start);
  } catch {
    throw invalid(`${STARTING_KEY_INVALID}: ${KEY_MISMATCH}`);
  }
}
