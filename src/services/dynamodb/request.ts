// What the item operations have in common in reading a request: the table's name, expressions or the older parameters, and the
// errors for mixing the two. Nothing here looks at a table.
import { attributeOf, type Item, type RawItem } from "./attribute-value.ts";
import { constraintFailed, invalid, invalidValue } from "./errors.ts";
import { conditionOf, projectionOf } from "./expressions/cache.ts";
import { bindCondition, type Condition, conditionPaths, holds } from "./expressions/condition.ts";
import { headOf, type Path } from "./expressions/path.ts";
import { bindProjection } from "./expressions/projection.ts";
import { readVariables, type Variables } from "./expressions/variables.ts";
import { type AttributeTests, passes, type RawExpectations, readExpectations } from "./legacy-conditions.ts";
import { TABLE_NAME_CHARACTERS_MAX, TABLE_NAME_CHARACTERS_MIN } from "./limits.ts";
import { keyNames, type Table, tableNameOf } from "./table-record.ts";

const NAME_PATTERN = "[a-zA-Z0-9_.-]+";
const NAME = /^[a-zA-Z0-9_.-]+$/;

/** What a name of a table or index breaks of the model's constraints. */
export function nameProblems(member: string, name: string): string[] {
  const problem = (rule: string) => `Value '${name}' at '${member}' failed to satisfy constraint: Member must ${rule}`;
  const problems: string[] = [];
  if (!NAME.test(name)) problems.push(problem(`satisfy regular expression pattern: ${NAME_PATTERN}`));
  if (name.length < TABLE_NAME_CHARACTERS_MIN) problems.push(problem(`have length greater than or equal to ${TABLE_NAME_CHARACTERS_MIN}`));
  if (name.length > TABLE_NAME_CHARACTERS_MAX) problems.push(problem(`have length less than or equal to ${TABLE_NAME_CHARACTERS_MAX}`));
  return problems;
}

/** The name in a TableName, which may be an ARN. */
export function readTableName(nameOrArn: string): string {
  const name = tableNameOf(nameOrArn);
  const problems = nameProblems("tableName", name);
  if (problems.length > 0) throw constraintFailed(problems);
  return name;
}

type Parameters = Readonly<Record<string, unknown>>;

function present(parameters: Parameters): string[] {
  return Object.keys(parameters).filter((name) => parameters[name] !== undefined);
}

/** The parameters that a request may bring its conditions in. */
interface ExpressionParameters {
  /** From before there were expressions, in the order in which AWS lists them. */
  readonly legacy: Parameters;
  readonly expressions: Parameters;
  /** Those expressions that may hold values, in the words of the error: `ConditionExpression is null`. */
  readonly valueExpressions: Parameters;
  readonly names: Readonly<Record<string, string>> | undefined;
  readonly values: RawItem | undefined;
}

/** The checks that come before anything is read. */
export function checkParameters({ legacy, expressions, valueExpressions, names, values }: ExpressionParameters): void {
  const given = present(expressions);
  const old = present(legacy);
  if (given.length > 0 && old.length > 0) {
    throw invalid(
      "Can not use both expression and non-expression parameters in the same request: " +
        `Non-expression parameters: {${old.join(", ")}} Expression parameters: {${given.join(", ")}}`,
    );
  }
  if (names !== undefined && given.length === 0) throw invalid("ExpressionAttributeNames can only be specified when using expressions");
  if (values !== undefined && present(valueExpressions).length === 0) {
    const missing = Object.keys(valueExpressions);
    throw invalid(
      "ExpressionAttributeValues can only be specified when using expressions: " +
        `${missing.join(" and ")} ${missing.length > 1 ? "are" : "is"} null`,
    );
  }
}

/** A condition of either kind on one item. */
export interface Guard {
  readonly condition?: Condition;
  readonly tests?: AttributeTests;
}

export function allows({ condition, tests }: Guard, item: Item): boolean {
  if (condition !== undefined) return holds(condition, item);
  return tests === undefined || passes(tests, item);
}

export function isGuarded(guard: Guard): boolean {
  return guard.condition !== undefined || guard.tests !== undefined;
}

export function bindGuard(
  kind: "ConditionExpression" | "FilterExpression",
  text: string | undefined,
  variables: Variables,
): { readonly condition?: Condition } {
  return text === undefined ? {} : { condition: bindCondition(kind, conditionOf(kind, text), variables) };
}

/** ConditionalOperator joins the tests of Expected or of a filter. */
export function joinTests(tests: AttributeTests["tests"] | undefined, operator: string | undefined): { readonly tests?: AttributeTests } {
  if (tests === undefined || tests.length === 0) {
    if (operator !== undefined) throw invalidValue("ConditionalOperator cannot be used without Filter or Expected");
    return {};
  }
  if (operator !== undefined && tests.length === 1) {
    throw invalidValue("ConditionalOperator can only be used when Filter or Expected has two or more elements");
  }
  return { tests: { tests, any: operator === "OR" } };
}

export function readExpected(expected: RawExpectations | undefined, operator: string | undefined): { readonly tests?: AttributeTests } {
  return joinTests(expected && readExpectations(expected), operator);
}

/** No placeholders and no values: nothing to read and nothing that can stay unused. */
const NO_VARIABLES: Variables = { names: new Map(), values: new Map(), usedNames: new Set(), usedValues: new Set() };

export function variablesOf(names: Readonly<Record<string, string>> | undefined, values: RawItem | undefined): Variables {
  return names === undefined && values === undefined ? NO_VARIABLES : readVariables(names, values);
}

/** The paths that a read answers with; undefined for everything. */
export function readProjection(
  expression: string | undefined,
  attributesToGet: readonly string[] | undefined,
  variables: Variables,
): readonly Path[] | undefined {
  if (expression !== undefined) return bindProjection(projectionOf(expression), variables);
  return attributesToGet?.map((name) => [name]);
}

export function checkAttributesToGet(names: readonly string[] | undefined): void {
  if (names === undefined) return;
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) throw invalidValue(`Duplicate value in attribute name: ${name}`);
    seen.add(name);
  }
}

export function guardPaths({ condition }: Guard): Path[] {
  return condition === undefined ? [] : conditionPaths(condition);
}

/** Paths into attributes that are keys make no sense: keys are scalars. */
export function checkScalarKeys(table: Table, paths: readonly Path[]): void {
  const keys = keyNames(table.key);
  for (const path of paths) {
    if (path.length === 1) continue;
    const head = headOf(path);
    const kind = keys.includes(head) ? "Key" : table.indexed.has(head) ? "IndexKey" : undefined;
    if (kind !== undefined) {
      throw invalid(`Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: ${kind}: ${head}`);
    }
  }
}

/** Of these attributes alone. */
export function pickAttributes(item: Item, names: readonly string[]): Item {
  const out: Item = {};
  for (const name of names) {
    const value = attributeOf(item, name);
    if (value !== undefined) out[name] = value;
  }
  return out;
}
