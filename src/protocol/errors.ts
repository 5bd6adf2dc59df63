// Errors that the wire itself answers, before any service sees the request, in AWS's words.
import { AwsError } from "../kernel/errors.ts";

/** Input that is not of the operation's shape. */
export function serializationError(message: string): AwsError {
  return new AwsError("SerializationException", message);
}

/** S3 and other REST-XML services. */
export function malformedXml(): AwsError {
  return new AwsError("MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema");
}

/** Query services: a parameter that cannot be what the model says. */
export function malformedInput(message: string): AwsError {
  return new AwsError("MalformedInput", message);
}

export function incompleteBody(message = "The request body terminated unexpectedly"): AwsError {
  return new AwsError("IncompleteBody", message);
}

export function signatureMismatch(): AwsError {
  return new AwsError(
    "SignatureDoesNotMatch",
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.",
    { status: 403 },
  );
}

export function internalFailure(): AwsError {
  return new AwsError("InternalFailure", "The request processing has failed because of an unknown error, exception or failure.", {
    status: 500,
  });
}
