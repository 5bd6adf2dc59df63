// The conditions of the API before expressions: comparison operators with lists of values, in KeyConditions, QueryFilter, ScanFilter
// and Expected. Old programs and SDK v2 code still send them.
import { attributeOf, compareScalars, type Item, type RawValue, readValue, type TypeName, typeOf, type Value } from "./attribute-value.ts";
import { invalid, invalidValue } from "./errors.ts";
import { beginsWith, compares, containsValue } from "./expressions/condition.ts";

export type LegacyOperator =
  | "EQ"
  | "NE"
  | "IN"
  | "LE"
  | "LT"
  | "GE"
  | "GT"
  | "BETWEEN"
  | "NOT_NULL"
  | "NULL"
  | "CONTAINS"
  | "NOT_CONTAINS"
  | "BEGINS_WITH";

/** One operator over one top-level attribute. */
export interface AttributeTest {
  readonly name: string;
  readonly operator: LegacyOperator;
  readonly values: readonly Value[];
}

/** Tests joined by AND or OR. */
export interface AttributeTests {
  readonly tests: readonly AttributeTest[];
  readonly any: boolean;
}

export interface RawCondition {
  readonly ComparisonOperator?: LegacyOperator | undefined;
  readonly AttributeValueList?: readonly RawValue[] | undefined;
}

interface RawExpectation extends RawCondition {
  readonly Value?: RawValue | undefined;
  readonly Exists?: boolean | undefined;
}

type RawConditions = Readonly<Record<string, RawCondition>>;
export type RawExpectations = Readonly<Record<string, RawExpectation>>;

const SCALARS: readonly TypeName[] = ["S", "N", "B"];
const TEXTS: readonly TypeName[] = ["S", "B"];
const MEMBERS: readonly TypeName[] = ["S", "N", "B", "BOOL", "NULL"];
const OPERAND_TYPES: Partial<Record<LegacyOperator, readonly TypeName[]>> = {
  LT: SCALARS,
  LE: SCALARS,
  GT: SCALARS,
  GE: SCALARS,
  IN: SCALARS,
  BETWEEN: SCALARS,
  BEGINS_WITH: TEXTS,
  CONTAINS: MEMBERS,
  NOT_CONTAINS: MEMBERS,
};

/** KeyConditions, QueryFilter or ScanFilter. All values are read before any operator is looked at, as AWS does. */
export function readConditions(raw: RawConditions): AttributeTest[] {
  const tests = Object.entries(raw).map(([name, condition]) => ({
    name,
    operator: condition.ComparisonOperator ?? "EQ",
    values: (condition.AttributeValueList ?? []).map((value) => readValue(value)),
  }));
  for (const test of tests) checkTest(test);
  return tests;
}

/** Expected, of PutItem, UpdateItem and DeleteItem. */
export function readExpectations(raw: RawExpectations): AttributeTest[] {
  const entries = Object.entries(raw);
  const read = entries.map(([, { Value: single, AttributeValueList: list }]) => ({
    single: single === undefined ? undefined : readValue(single),
    list: list?.map((value) => readValue(value)),
  }));
  return entries.map(([name, expectation], position) => {
    const test = readExpectation(name, expectation, read[position]?.single, read[position]?.list);
    checkTest(test);
    return test;
  });
}

function readExpectation(name: string, raw: RawExpectation, single: Value | undefined, list: readonly Value[] | undefined): AttributeTest {
  const { ComparisonOperator: operator, Exists: exists } = raw;
  const fail = (message: string) => invalidValue(`${message} for Attribute: ${name}`);
  if (operator !== undefined) {
    if (exists !== undefined) throw fail("Exists and ComparisonOperator cannot be used together");
    if (single !== undefined && list !== undefined) throw fail("Value and AttributeValueList cannot be used together");
    if (single === undefined && list === undefined && operator !== "NULL" && operator !== "NOT_NULL") {
      throw fail(`Value or AttributeValueList must be used with ComparisonOperator: ${operator}`);
    }
    return { name, operator, values: list ?? (single === undefined ? [] : [single]) };
  }
  if (list !== undefined) throw fail("AttributeValueList can only be used with a ComparisonOperator");
  if (exists === false) {
    if (single !== undefined) throw fail("Value cannot be used when Exists is false");
    return { name, operator: "NULL", values: [] };
  }
  if (single === undefined) throw fail(`Value must be provided when Exists is ${exists === undefined ? "null" : "true"}`);
  return { name, operator: "EQ", values: [single] };
}

function checkTest({ operator, values }: AttributeTest): void {
  if (!countFits(operator, values.length)) throw invalidValue(`Invalid number of argument(s) for the ${operator} ComparisonOperator`);
  const types = values.map(typeOf);
  const [first] = types;
  if (types.some((type) => type !== first)) throw invalidValue("AttributeValues inside AttributeValueList must be of same type");
  const allowed = OPERAND_TYPES[operator];
  if (first !== undefined && allowed !== undefined && !allowed.includes(first)) {
    throw invalidValue(`ComparisonOperator ${operator} is not valid for ${first} AttributeValue type`);
  }
  const [lower, upper] = values;
  if (operator === "BETWEEN" && lower !== undefined && upper !== undefined && (compareScalars(lower, upper) ?? 0) > 0) {
    throw invalid("The BETWEEN condition was provided a range where the lower bound is greater than the upper bound");
  }
}

function countFits(operator: LegacyOperator, count: number): boolean {
  if (operator === "NULL" || operator === "NOT_NULL") return count === 0;
  if (operator === "BETWEEN") return count === 2;
  if (operator === "IN") return count >= 1;
  return count === 1;
}

export function passes({ tests, any }: AttributeTests, item: Item): boolean {
  const passesOne = ({ name, operator, values }: AttributeTest) => passesTest(attributeOf(item, name), operator, values);
  return any ? tests.some(passesOne) : tests.every(passesOne);
}

function passesTest(value: Value | undefined, operator: LegacyOperator, operands: readonly Value[]): boolean {
  const [first, second] = operands;
  switch (operator) {
    case "NULL":
      return value === undefined;
    case "NOT_NULL":
      return value !== undefined;
    case "EQ":
      return compares("=", value, first);
    case "NE":
      return compares("<>", value, first);
    case "LT":
      return compares("<", value, first);
    case "LE":
      return compares("<=", value, first);
    case "GT":
      return compares(">", value, first);
    case "GE":
      return compares(">=", value, first);
    case "BETWEEN":
      return compares(">=", value, first) && compares("<=", value, second);
    case "IN":
      return operands.some((operand) => compares("=", value, operand));
    case "BEGINS_WITH":
      return value !== undefined && first !== undefined && beginsWith(value, first);
    case "CONTAINS":
      return value !== undefined && first !== undefined && containsValue(value, first);
    case "NOT_CONTAINS":
      return value !== undefined && first !== undefined && !containsValue(value, first);
  }
}
