// Query.
import type { OperationOf } from "../../contract/service.ts";
import { attributeOf, type Item, sameValue } from "./attribute-value.ts";
import { consumedCapacity, noUnits, readUnits } from "./capacity.ts";
import { constraintFailed, invalid } from "./errors.ts";
import { conditionOf } from "./expressions/cache.ts";
import { bindCondition } from "./expressions/condition.ts";
import { headOf } from "./expressions/path.ts";
import { checkAllUsed } from "./expressions/variables.ts";
import { checkKeyTestCount, type KeySelection, keyTests, matchesSort, selectKeys } from "./key-condition.ts";
import { partitionRange } from "./keys.ts";
import { type AttributeTest, readConditions } from "./legacy-conditions.ts";
import {
  checkStartItem,
  checkStartPartition,
  checkStartSort,
  keyOf,
  type Page,
  type PageRequest,
  prefixOf,
  readPage,
  readStartKey,
  type Source,
  sourceOf,
  startPosition,
} from "./page.ts";
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
import { keyNames, loadTable } from "./table-record.ts";

type Input = Parameters<OperationOf<"dynamodb", "Query">>[1];

export const query: OperationOf<"dynamodb", "Query"> = async (context, input) => {
  const name = readTableName(input.TableName);
  const request = readRequest(input);
  const { source, page } = await context.storage.snapshot(async (tx) => {
    const table = await loadTable(tx, context, name);
    const source = sourceOf(table, input.IndexName);
    return { source, page: await readPage(tx, planPage(source, input, request)) };
  });
  return pageAnswer(source, page, input);
};

/** All that can be read without the table. */
interface QueryRequest {
  readonly tests: readonly AttributeTest[];
  readonly filter: Guard;
  readonly projection: PageRequest["projection"];
  readonly start: Item | undefined;
}

function readRequest(input: Input): QueryRequest {
  if (input.IndexName !== undefined) {
    const problems = nameProblems("indexName", input.IndexName);
    if (problems.length > 0) throw constraintFailed(problems);
  }
  checkQueryParameters(input);
  const filterTests = input.QueryFilter && readConditions(input.QueryFilter);
  checkAttributesToGet(input.AttributesToGet);
  const start = readStartKey(input.ExclusiveStartKey);
  const legacyTests = input.KeyConditions && readConditions(input.KeyConditions);
  if (legacyTests !== undefined) checkKeyTestCount(legacyTests);
  const joined = joinTests(filterTests, input.ConditionalOperator);
  checkSelect(input, "Querying");
  const variables = variablesOf(input.ExpressionAttributeNames, input.ExpressionAttributeValues);
  const keyExpression = input.KeyConditionExpression;
  const keyCondition =
    keyExpression === undefined
      ? undefined
      : bindCondition("KeyConditionExpression", conditionOf("KeyConditionExpression", keyExpression), variables);
  const filter = { ...joined, ...bindGuard("FilterExpression", input.FilterExpression, variables) };
  const projection = readProjection(input.ProjectionExpression, input.AttributesToGet, variables);
  checkAllUsed(variables);
  const tests = legacyTests ?? (keyCondition && keyTests(keyCondition));
  if (tests === undefined) {
    throw invalid("Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.");
  }
  return { tests, filter, projection, start };
}

function checkQueryParameters(input: Input): void {
  const { KeyConditionExpression, FilterExpression, ProjectionExpression } = input;
  checkParameters({
    legacy: {
      AttributesToGet: input.AttributesToGet,
      QueryFilter: input.QueryFilter,
      ConditionalOperator: input.ConditionalOperator,
      // Beside a filter expression KeyConditions may stand; beside a key condition expression not.
      ...(KeyConditionExpression !== undefined && { KeyConditions: input.KeyConditions }),
    },
    expressions: { ProjectionExpression, FilterExpression, KeyConditionExpression },
    valueExpressions: { FilterExpression, KeyConditionExpression },
    names: input.ExpressionAttributeNames,
    values: input.ExpressionAttributeValues,
  });
}

/** Everything that depends on the table, in the order in which AWS looks at it. */
function planPage(source: Source, input: Input, { tests, filter, projection, start }: QueryRequest): PageRequest {
  if (source.index?.kind === "global" && input.ConsistentRead === true) {
    throw invalid("Consistent reads are not supported on global secondary indexes");
  }
  if (start !== undefined) checkStartPartition(source, start);
  const selection = selectKeys(tests, keyOf(source), source.table.types);
  if (start !== undefined) {
    checkStartSort(source, start);
    checkStartItem(source, start);
    checkStartWithin(source, selection, start);
  }
  checkFilter(source, filter);
  checkIndexHolds(source, input.Select);
  checkProjected(source, projection, filter);
  return {
    source,
    range: partitionRange(prefixOf(source), selection.partition, selection.sort),
    reverse: input.ScanIndexForward === false,
    startAfter: start && startPosition(source, start),
    limit: input.Limit,
    filter,
    wantsItems: input.Select !== "COUNT",
    projection,
    fetches: needsTable(source, input.Select, projection, filter),
  };
}

/** A start key must lie in what the query reads. */
function checkStartWithin(source: Source, selection: KeySelection, start: Item): void {
  if (!matchesSort(selection, start)) throw invalid("The provided starting key does not match the range key predicate");
  const partition = attributeOf(start, keyOf(source).partition);
  const inside = partition !== undefined && sameValue(partition, selection.partition);
  const oneRow = source.index === undefined && selection.sortTest?.operator === "EQ";
  if (oneRow || (!inside && selection.sortTest !== undefined)) {
    throw invalid("The query can return at most one row and cannot be restarted");
  }
  if (!inside) throw invalid("The provided starting key is outside query boundaries based on provided conditions");
}

/** Filters see what the keys selected: conditions on keys belong to the key condition. */
function checkFilter(source: Source, filter: Guard): void {
  const keys = keyNames(keyOf(source));
  for (const { name } of filter.tests?.tests ?? []) {
    if (keys.includes(name)) throw invalid(`QueryFilter can only contain non-primary key attributes: Primary key attribute: ${name}`);
  }
  const paths = guardPaths(filter);
  for (const path of paths) {
    if (keys.includes(headOf(path))) {
      throw invalid(`Filter Expression can only contain non-primary key attributes: Primary key attribute: ${headOf(path)}`);
    }
  }
  checkScalarKeys(source.table, paths);
}

interface AnswerInput {
  readonly Select?: string | undefined;
  readonly ConsistentRead?: boolean | undefined;
  readonly ReturnConsumedCapacity?: string | undefined;
}

/** The answer of Query and of Scan. */
export function pageAnswer(source: Source, page: Page, input: AnswerInput) {
  const consistent = input.ConsistentRead === true;
  const units = noUnits();
  const consumed = readUnits(page.bytes, consistent);
  if (source.index === undefined) units.table = consumed;
  else units.indexes.set(source.index.name, consumed);
  for (const bytes of page.fetchedBytes) units.table += readUnits(bytes, consistent);
  const ConsumedCapacity = consumedCapacity(source.table, units, input.ReturnConsumedCapacity);
  return {
    Count: page.count,
    ScannedCount: page.scannedCount,
    ...(input.Select !== "COUNT" && { Items: page.items }),
    ...(page.lastKey && { LastEvaluatedKey: page.lastKey }),
    ...(ConsumedCapacity && { ConsumedCapacity }),
  };
}
