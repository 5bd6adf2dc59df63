// What the models say of an input's values beyond their types, per service that Hearth implements, loaded on first use.

export interface Constraint {
  /** Of a string's or blob's length, a list's or map's size, or a number. */
  readonly min?: number;
  readonly max?: number;
  /** The whole string matches. */
  readonly pattern?: string;
  readonly enum?: readonly string[];
  /** Of a list's elements or a map's values. */
  readonly element?: Constraint;
  /** Of a map's keys. */
  readonly key?: Constraint;
}

/** One file of src/protocol/constraints. */
export interface ServiceConstraints {
  readonly constraints: readonly Constraint[];
  /** By structure and member: an index into `constraints`. */
  readonly members: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** Structure by structure, member by member. */
export type ConstraintLookup = (structure: string, member: string) => Constraint | undefined;

const FILES: Readonly<Record<string, () => Promise<{ default: unknown }>>> = {
  apigateway: () => import("./constraints/apigateway.json", { with: { type: "json" } }),
  apigatewayv2: () => import("./constraints/apigatewayv2.json", { with: { type: "json" } }),
  cloudformation: () => import("./constraints/cloudformation.json", { with: { type: "json" } }),
  dynamodb: () => import("./constraints/dynamodb.json", { with: { type: "json" } }),
  eventbridge: () => import("./constraints/eventbridge.json", { with: { type: "json" } }),
  lambda: () => import("./constraints/lambda.json", { with: { type: "json" } }),
  logs: () => import("./constraints/logs.json", { with: { type: "json" } }),
  ssm: () => import("./constraints/ssm.json", { with: { type: "json" } }),
  sts: () => import("./constraints/sts.json", { with: { type: "json" } }),
};

const NONE: ConstraintLookup = () => undefined;

export async function loadConstraints(service: string): Promise<ConstraintLookup> {
  const file = Object.hasOwn(FILES, service) ? FILES[service] : undefined;
  if (!file) return NONE;
  const { constraints, members } = (await file()).default as ServiceConstraints;
  return (structure, member) => {
    const found = Object.hasOwn(members, structure) ? members[structure] : undefined;
    const index = found && Object.hasOwn(found, member) ? found[member] : undefined;
    return index === undefined ? undefined : constraints[index];
  };
}
