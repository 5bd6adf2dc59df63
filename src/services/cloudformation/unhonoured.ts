// Parameters of CloudFormation's operations that are taken without effect, which the ledger says, and those that are refused by
// name. Whatever is in neither table is honoured; a test compares the tables with the model.
import type { Context } from "../../contract/context.ts";
import { validation } from "./errors.ts";

type Table = Readonly<Record<string, Readonly<Record<string, string>>>>;

const STACK_NOTES = {
  DeploymentConfig: "Every stack operation runs in the standard mode.",
  DisableValidation: "Templates are always validated.",
  NotificationARNs: "The topics are recorded, and no events are sent to them.",
  ResourceTypes: "The list of permitted resource types is not enforced.",
  RoleARN: "The service role is recorded and not assumed: every call is allowed.",
  RollbackConfiguration: "Alarms are not watched while a stack operation runs.",
};

const POLICY_NOTE = "The policy is recorded and not enforced.";

export const WITHOUT_EFFECT: Table = {
  ContinueUpdateRollback: { RoleARN: STACK_NOTES.RoleARN },
  CreateChangeSet: { ...STACK_NOTES, IncludeNestedStacks: "There are no nested stacks that could be included." },
  CreateStack: { ...STACK_NOTES, StackPolicyBody: POLICY_NOTE, TimeoutInMinutes: "The time is recorded; a creation may take longer." },
  DeleteStack: { DeploymentConfig: STACK_NOTES.DeploymentConfig, RoleARN: STACK_NOTES.RoleARN },
  DescribeChangeSet: { IncludePropertyValues: "Values before and after the change are not shown." },
  GetTemplateSummary: {
    CallAs: "There are no stack sets that it could apply to.",
    TemplateSummaryConfig: "Resource types that are not known are listed like others, without a warning.",
  },
  SetStackPolicy: { StackPolicyBody: POLICY_NOTE },
  UpdateStack: {
    ...STACK_NOTES,
    StackPolicyBody: POLICY_NOTE,
    StackPolicyDuringUpdateBody: "Stack policies are not enforced: there is nothing to override.",
  },
};

const POLICY_URL = "pass the policy itself";
const NOT_THERE = "it is not there";

export const REFUSED: Table = {
  ContinueUpdateRollback: { ForceRollback: NOT_THERE, ResourcesToSkip: NOT_THERE },
  CreateChangeSet: {
    DeploymentMode: "there is no drift detection",
    ImportExistingResources: "resources cannot be imported",
    ResourcesToImport: "resources cannot be imported",
  },
  CreateStack: { StackPolicyURL: POLICY_URL },
  DescribeChangeSet: { NextToken: "all changes are on the first page" },
  GetTemplateSummary: { StackSetName: "there are no stack sets" },
  ListChangeSets: { NextToken: "all change sets are on the first page" },
  SetStackPolicy: { StackPolicyURL: POLICY_URL },
  UpdateStack: { StackPolicyURL: POLICY_URL, StackPolicyDuringUpdateURL: POLICY_URL },
};

/** Throws ValidationError for a parameter that is refused, and notes those that have no effect. */
export function checkParameters(context: Context, operation: string, input: object): void {
  const given = Object.entries(input).filter(([, value]) => isGiven(value));
  for (const [parameter] of given) {
    const why = REFUSED[operation]?.[parameter];
    if (why !== undefined) throw validation(`The parameter ${parameter} of ${operation} is not supported by Hearth: ${why}.`);
  }
  for (const [parameter] of given) {
    const note = WITHOUT_EFFECT[operation]?.[parameter];
    if (note !== undefined) context.ledger.add({ service: "cloudformation", operation, parameter, note });
  }
}

/** What asks for nothing, such as an empty list, is no request. */
function isGiven(value: unknown): boolean {
  if (value === undefined || value === null || value === false) return false;
  return typeof value !== "object" || Object.keys(value).length > 0;
}
