// What a Query or Scan answers with: Select, projections, and whether the source holds it all.
import { invalid, invalidValue } from "./errors.ts";
import { headOf, type Path } from "./expressions/path.ts";
import type { Source } from "./page.ts";
import { type Guard, guardPaths } from "./request.ts";

type Select = "ALL_ATTRIBUTES" | "ALL_PROJECTED_ATTRIBUTES" | "SPECIFIC_ATTRIBUTES" | "COUNT";

interface SelectInput {
  readonly Select?: Select | undefined;
  readonly IndexName?: string | undefined;
  readonly AttributesToGet?: readonly string[] | undefined;
  readonly ProjectionExpression?: string | undefined;
}

/** What can be said of Select without looking at the table. */
export function checkSelect(input: SelectInput, verb: "Querying" | "Scanning"): void {
  const { Select: select } = input;
  const named =
    input.AttributesToGet !== undefined ? "AttributesToGet" : input.ProjectionExpression !== undefined ? "ProjectionExpression" : undefined;
  if (select === "SPECIFIC_ATTRIBUTES" && named === undefined) {
    throw invalid("Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES");
  }
  if (select !== undefined && select !== "SPECIFIC_ATTRIBUTES" && named !== undefined) {
    const aim = select === "COUNT" ? "only the Count" : select;
    throw invalid(`Cannot specify the ${named} when choosing to get ${aim}`);
  }
  if (select === "ALL_PROJECTED_ATTRIBUTES" && input.IndexName === undefined) {
    throw invalidValue(`ALL_PROJECTED_ATTRIBUTES can be used only when ${verb} using an IndexName`);
  }
}

/** Refuses what a global index cannot answer. */
export function checkIndexHolds({ index }: Source, select: Select | undefined): void {
  if (select === "ALL_ATTRIBUTES" && index?.kind === "global" && index.attributes !== undefined) {
    throw invalidValue(
      `Select type ALL_ATTRIBUTES is not supported for global secondary index ${index.name} because its projection type is not ALL`,
    );
  }
}

/** Refuses paths that a global index does not hold. */
export function checkProjected({ index }: Source, projection: readonly Path[] | undefined, filter: Guard): void {
  if (index?.kind !== "global" || index.attributes === undefined) return;
  const missing = missingFrom(index.attributes, projection, filter);
  if (missing.length > 0) throw invalidValue(`Global secondary index ${index.name} does not project [${missing.join(", ")}]`);
}

/** Whether each item of a local index must be read from the table. */
export function needsTable({ index }: Source, select: Select | undefined, projection: readonly Path[] | undefined, filter: Guard): boolean {
  if (index?.kind !== "local" || index.attributes === undefined) return false;
  return select === "ALL_ATTRIBUTES" || missingFrom(index.attributes, projection, filter).length > 0;
}

function missingFrom(held: ReadonlySet<string>, projection: readonly Path[] | undefined, filter: Guard): string[] {
  const heads = [...(projection ?? []), ...guardPaths(filter)].map(headOf);
  const tested = filter.tests?.tests.map(({ name }) => name) ?? [];
  return [...new Set([...heads, ...tested])].filter((name) => !held.has(name));
}
