// Lambda's modelled errors in AWS's wording.
import { AwsError } from "../../kernel/errors.ts";
import { ENVIRONMENT_BYTES_MAX, UNRESERVED_CONCURRENCY_MIN } from "./limits.ts";

const USER = { Type: "User" };

export function functionNotFound(arn: string): AwsError {
  return new AwsError("ResourceNotFoundException", `Function not found: ${arn}`, { status: 404, fields: USER });
}

export function aliasNotFound(arn: string): AwsError {
  return new AwsError("ResourceNotFoundException", `Cannot find alias arn: ${arn}`, { status: 404, fields: USER });
}

export function notFound(message = "The resource you requested does not exist."): AwsError {
  return new AwsError("ResourceNotFoundException", message, { status: 404, fields: USER });
}

export function conflict(message: string): AwsError {
  return new AwsError("ResourceConflictException", message, { status: 409, fields: USER });
}

export function invalid(message: string): AwsError {
  return new AwsError("InvalidParameterValueException", message, { status: 400, fields: USER });
}

/** The form of what a model's constraint would answer. `member` is the path in lower camel case. */
export function constraint(value: unknown, member: string, rule: string): AwsError {
  return new AwsError(
    "ValidationException",
    `1 validation error detected: Value '${String(value)}' at '${member}' failed to satisfy constraint: ${rule}`,
  );
}

export function revisionMismatch(): AwsError {
  return new AwsError(
    "PreconditionFailedException",
    "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve the latest Revision Id",
    { status: 412, fields: USER },
  );
}

export function payloadTooLarge(limit: number): AwsError {
  return new AwsError("RequestTooLargeException", `Request must be smaller than ${limit} bytes for the InvokeFunction operation`, {
    status: 413,
    fields: USER,
  });
}

export function notJson(reason: string): AwsError {
  return new AwsError("InvalidRequestContentException", `Could not parse request body into json: ${reason}`, { fields: USER });
}

export function reservedConcurrencyReached(): AwsError {
  return new AwsError("TooManyRequestsException", "Rate Exceeded.", {
    status: 429,
    fields: { Reason: "ReservedFunctionConcurrentInvocationLimitExceeded", ...USER },
  });
}

export function unreservedTooLow(): AwsError {
  return invalid(
    `Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [${UNRESERVED_CONCURRENCY_MIN}].`,
  );
}

export function environmentTooLarge(text: string): AwsError {
  return invalid(
    `Lambda was unable to configure your environment variables because the environment variables you have provided exceeded the ${ENVIRONMENT_BYTES_MAX / 1024}KB limit. String measured: ${text}`,
  );
}

export function reservedVariables(names: readonly string[]): AwsError {
  return invalid(
    `Lambda was unable to configure your environment variables because the environment variables you have provided contains reserved keys that are currently not supported for modification. Reserved keys used in this request: ${names.join(", ")}`,
  );
}

/** For what AWS offers and this version does not: named, so that nobody has to guess. */
export function unsupported(what: string): AwsError {
  return invalid(`${what} is not supported by this version of Hearth.`);
}
