// What a Query asks of the keys: the few forms that KeyConditionExpression and KeyConditions may take, and the range of keys that
// they mean on a table or an index.
import { type Item, typeOf, type Value } from "./attribute-value.ts";
import { invalid, invalidValue } from "./errors.ts";
import type { Condition, Operand } from "./expressions/condition.ts";
import type { Comparator } from "./expressions/syntax.ts";
import { type KeyAttributes, keyBytes, type SortCondition } from "./keys.ts";
import type { AttributeTest, LegacyOperator } from "./legacy-conditions.ts";
import { passes } from "./legacy-conditions.ts";
import { PARTITION_KEY_BYTES_MAX, SORT_KEY_BYTES_MAX } from "./limits.ts";
import { keyNames, type ScalarType } from "./table-record.ts";

const LEGACY_NAMES: Readonly<Record<Exclude<Comparator, "<>">, LegacyOperator>> = {
  "=": "EQ",
  "<": "LT",
  "<=": "LE",
  ">": "GT",
  ">=": "GE",
};
const MIRRORED: Readonly<Record<Exclude<Comparator, "<>">, Exclude<Comparator, "<>">>> = {
  "=": "=",
  "<": ">",
  "<=": ">=",
  ">": "<",
  ">=": "<=",
};

/** The tests on attributes that a key condition expression consists of; ValidationException for every other form. */
export function keyTests(condition: Condition): AttributeTest[] {
  const tests: AttributeTest[] = [];
  collect(condition, tests);
  return tests.length > 2 ? refuseCount() : tests;
}

export function checkKeyTestCount(tests: readonly AttributeTest[]): void {
  if (tests.length < 1 || tests.length > 2) refuseCount();
}

function refuseCount(): never {
  throw invalid("Conditions can be of length 1 or 2 only");
}

function collect(condition: Condition, tests: AttributeTest[]): void {
  if (condition.kind === "and") {
    collect(condition.left, tests);
    collect(condition.right, tests);
    return;
  }
  const test = keyTest(condition);
  if (tests.some(({ name }) => name === test.name)) {
    throw invalid("KeyConditionExpressions must only contain one condition per key");
  }
  tests.push(test);
}

function keyTest(condition: Condition): AttributeTest {
  const refuse = (operator: string) => invalid(`Invalid operator used in KeyConditionExpression: ${operator}`);
  switch (condition.kind) {
    case "compare": {
      const { operator, left, right } = condition;
      if (operator === "<>") throw refuse(operator);
      const name = keyName([left, right]);
      const mirrored = left.kind === "value" ? MIRRORED[operator] : operator;
      return { name, operator: LEGACY_NAMES[mirrored], values: valuesOf([left, right]) };
    }
    case "between": {
      const { operand, lower, upper } = condition;
      checkFirstOperand("BETWEEN", operand);
      return { name: keyName([operand, lower, upper]), operator: "BETWEEN", values: valuesOf([lower, upper]) };
    }
    case "function": {
      if (condition.name !== "begins_with") throw refuse(condition.name);
      checkFirstOperand("begins_with", condition.args[0]);
      return { name: keyName(condition.args), operator: "BEGINS_WITH", values: valuesOf(condition.args) };
    }
    case "exists":
      throw refuse(condition.wanted ? "attribute_exists" : "attribute_not_exists");
    case "in":
      throw refuse("IN");
    case "not":
      throw refuse("NOT");
    default:
      throw refuse("OR");
  }
}

function checkFirstOperand(operator: string, operand: Operand): void {
  if (operand.kind === "value") {
    throw invalid(`Invalid condition in KeyConditionExpression: ${operator} operator must have the key attribute as its first operand`);
  }
}

/** The one attribute that a condition names. */
function keyName(operands: readonly Operand[]): string {
  let name: string | undefined;
  for (const operand of operands) {
    if (operand.kind === "size") throw invalid("KeyConditionExpressions cannot contain nested operations");
    if (operand.kind === "value") continue;
    if (name !== undefined) throw invalid("Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition");
    if (operand.path.length > 1) throw invalid("KeyConditionExpressions cannot have conditions on nested attributes");
    name = String(operand.path[0]);
  }
  if (name === undefined) throw invalid("Invalid condition in KeyConditionExpression: No key attribute specified");
  return name;
}

function valuesOf(operands: readonly Operand[]): Value[] {
  return operands.flatMap((operand) => (operand.kind === "value" ? [operand.value] : []));
}

/** What a Query reads: one partition, perhaps a part of it. */
export interface KeySelection {
  readonly partition: Value;
  readonly sort?: SortCondition;
  /** The test that `sort` was made of, for keys that a client hands in. */
  readonly sortTest?: AttributeTest;
}

const INDEXABLE: readonly LegacyOperator[] = ["EQ", "LE", "LT", "GE", "GT", "BETWEEN", "BEGINS_WITH"];

/** Checks the tests against the keys of a table or index. */
export function selectKeys(tests: readonly AttributeTest[], key: KeyAttributes, types: ReadonlyMap<string, ScalarType>): KeySelection {
  const names = keyNames(key);
  if (tests.length > names.length) throw invalid("Query key condition not supported");
  const byName = new Map(tests.map((test) => [test.name, test]));
  for (const name of names.slice(0, tests.length)) {
    if (!byName.has(name)) throw invalid(`Query condition missed key schema element: ${name}`);
  }
  const partitionTest = byName.get(key.partition);
  const sortTest = key.sort === undefined ? undefined : byName.get(key.sort);
  for (const test of [partitionTest, sortTest]) if (test !== undefined) checkKeyTest(test, types, test === partitionTest);
  const partition = partitionTest?.values[0];
  if (partitionTest?.operator !== "EQ" || partition === undefined) throw invalid("Query key condition not supported");
  if (sortTest === undefined) return { partition };
  return { partition, sort: sortConditionOf(sortTest), sortTest };
}

function checkKeyTest({ name, operator, values }: AttributeTest, types: ReadonlyMap<string, ScalarType>, isPartition: boolean): void {
  if (!INDEXABLE.includes(operator)) throw invalid("Attempted conditional constraint is not an indexable operation");
  const type = types.get(name);
  for (const value of values) {
    if (typeOf(value) !== type) throw invalidValue("Condition parameter type does not match schema type");
    if (value.S === "" || value.B?.length === 0) {
      const kind = value.S === "" ? "string" : "binary";
      throw invalid(
        `One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty ${kind} value. Key: ${name}`,
      );
    }
    checkKeyBytes(value, isPartition);
  }
}

export function checkKeyBytes(value: Value, isPartition: boolean): void {
  const limit = isPartition ? PARTITION_KEY_BYTES_MAX : SORT_KEY_BYTES_MAX;
  // A character has at most three bytes for each code unit, and a number never comes near the limit.
  if (value.N !== undefined || (value.S ?? value.B ?? "").length * 3 <= limit) return;
  if (keyBytes(value).length <= limit) return;
  if (isPartition) throw invalidValue("Size of hashkey has exceeded the maximum size limit of2048 bytes");
  throw invalidValue("Aggregated size of all range keys has exceeded the size limit of 1024 bytes");
}

const SORT_OPERATORS: Partial<Record<LegacyOperator, "=" | "<" | "<=" | ">" | ">=" | "begins_with">> = {
  EQ: "=",
  LT: "<",
  LE: "<=",
  GT: ">",
  GE: ">=",
  BEGINS_WITH: "begins_with",
};

function sortConditionOf({ operator, values }: AttributeTest): SortCondition {
  const [value, upper] = values;
  if (value === undefined) throw invalid("Query key condition not supported");
  if (operator === "BETWEEN" && upper !== undefined) return { operator, value, upper };
  return { operator: SORT_OPERATORS[operator] ?? "=", value };
}

/** Whether an item lies within what the sort key condition selects. */
export function matchesSort(selection: KeySelection, item: Item): boolean {
  return selection.sortTest === undefined || passes({ tests: [selection.sortTest], any: false }, item);
}
