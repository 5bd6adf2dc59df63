// The errors of DynamoDB with AWS's own wording; messages that belong to one rule stand beside that rule. Never anything else.
import { AwsError } from "../../kernel/errors.ts";

/** ValidationException with exactly this message. */
export function invalid(message: string): AwsError {
  return new AwsError("ValidationException", message);
}

/** ValidationException, in the form that most semantic checks share. */
export function invalidValue(detail: string): AwsError {
  return invalid(`One or more parameter values were invalid: ${detail}`);
}

/** The form of the checks that the model's constraints describe. */
export function constraintFailed(problems: readonly string[]): AwsError {
  return invalid(`${problems.length} validation error${problems.length > 1 ? "s" : ""} detected: ${problems.join("; ")}`);
}

/** The answer of the item operations, which do not name the table. */
export function resourceNotFound(): AwsError {
  return new AwsError("ResourceNotFoundException", "Requested resource not found");
}

/** The answer of the table operations. */
export function tableNotFound(name: string): AwsError {
  return new AwsError("ResourceNotFoundException", `Requested resource not found: Table: ${name} not found`);
}

export function resourceInUse(message: string): AwsError {
  return new AwsError("ResourceInUseException", message);
}

export function limitExceeded(message: string): AwsError {
  return new AwsError("LimitExceededException", message);
}

export const KEY_MISMATCH = "The provided key element does not match the schema";
export const DUPLICATE_KEYS = "Provided list of item keys contains duplicates";
export const CONDITION_FAILED = "The conditional request failed";
export const ITEM_TOO_LARGE = "Item size has exceeded the maximum allowed size";
export const UPDATE_TOO_LARGE = "Item size to update has exceeded the maximum allowed size";
export const STARTING_KEY_INVALID = "The provided starting key is invalid";
