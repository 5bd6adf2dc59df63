// CloudFormation's errors, in its own words.
import { AwsError } from "../../kernel/errors.ts";

export function validation(message: string): AwsError {
  return new AwsError("ValidationError", message);
}

export function stackDoesNotExist(nameOrId: string): AwsError {
  return validation(`Stack with id ${nameOrId} does not exist`);
}

/** The wording of UpdateStack, CreateChangeSet and GetTemplate's family. */
export function stackNamedDoesNotExist(nameOrId: string): AwsError {
  return validation(`Stack [${nameOrId}] does not exist`);
}

export function alreadyExists(stackName: string): AwsError {
  return new AwsError("AlreadyExistsException", `Stack [${stackName}] already exists`);
}

export function changeSetAlreadyExists(name: string): AwsError {
  return new AwsError("AlreadyExistsException", `ChangeSet ${name} already exists`);
}

export function changeSetNotFound(name: string): AwsError {
  return new AwsError("ChangeSetNotFoundException", `ChangeSet [${name}] does not exist`);
}

export function changeSetNotExecutable(id: string, status: string): AwsError {
  return new AwsError("InvalidChangeSetStatusException", `ChangeSet [${id}] cannot be executed in its current status of [${status}]`);
}

export function insufficientCapabilities(needed: readonly string[]): AwsError {
  return new AwsError("InsufficientCapabilitiesException", `Requires capabilities : [${needed.join(", ")}]`);
}

export function notUpdatable(stackId: string, status: string): AwsError {
  return validation(`Stack:${stackId} is in ${status} state and can not be updated.`);
}

export const noUpdates = (): AwsError => validation("No updates are to be performed.");
export const NO_CHANGES = "The submitted information didn't contain changes. Submit different information to create a change set.";
