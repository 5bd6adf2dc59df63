// Inputs checked against the service's model, in the words that AWS uses. What a service checks with words of its own is
// left to it, by the table of rules.
import { AwsError } from "../kernel/errors.ts";
import { loadedSchema, loadSchema } from "./catalog.ts";
import type { OperationSchema, ProtocolId, Shape } from "./schema.ts";

/** Throws the AwsError that the protocol answers to an input that breaks its model. */
export function validateCall(
  operation: OperationSchema,
  protocol: ProtocolId,
  input: Readonly<Record<string, unknown>>,
): void | Promise<void> {
  const missing = firstMissing(operation.input, input);
  if (missing !== undefined) {
    const code = protocol === "awsQuery" ? "ValidationError" : "ValidationException";
    throw new AwsError(
      code,
      `1 validation error detected: Value null at '${missing}' failed to satisfy constraint: Member must not be null`,
    );
  }
}

function firstMissing(shape: Shape, input: Readonly<Record<string, unknown>>): string | undefined {
  for (const member of shape.members) {
    if (member.required && input[member.name] === undefined && member.traits.idempotencyToken !== 1) {
      return member.name.charAt(0).toLowerCase() + member.name.slice(1);
    }
  }
  return undefined;
}

/** What the dispatcher asks before a call between services: the same checks as for a request from outside. */
export function validateInput(service: string, operation: string, input: unknown): void | Promise<void> {
  const schema = loadedSchema(service);
  if (!schema) return loadSchema(service).then(() => validateInput(service, operation, input));
  const known = schema.operations.get(operation);
  if (known) return validateCall(known, schema.protocol, input as Readonly<Record<string, unknown>>);
}
