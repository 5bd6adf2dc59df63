// The errors of Amazon SQS in its own wording. Codes are the model's shape names where it has one, else the common codes of the Query API.
import { AwsError } from "../../kernel/errors.ts";
import { BATCH_BYTES_MAX, BATCH_ENTRIES_MAX } from "./limits.ts";

export const queueDoesNotExist = () => new AwsError("QueueDoesNotExist", "The specified queue does not exist.");

export const invalidParameter = (message: string) => new AwsError("InvalidParameterValue", message);

export const invalidValue = (value: unknown, parameter: string, reason: string) =>
  invalidParameter(`Value ${String(value)} for parameter ${parameter} is invalid. Reason: ${reason}`);

export const missingParameter = (name: string) => new AwsError("MissingParameter", `The request must contain the parameter ${name}.`);

export const invalidAddress = (url: string) => new AwsError("InvalidAddress", `The address ${url} is not valid for this endpoint.`);

export const invalidQueueName = () =>
  invalidParameter("Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length");

export const queueNameExists = (attribute: string) =>
  new AwsError("QueueNameExists", `A queue already exists with the same name and a different value for attribute ${attribute}`);

export const unknownAttribute = (name: string) => new AwsError("InvalidAttributeName", `Unknown Attribute ${name}.`);

export const invalidAttributeValue = (name: string) => new AwsError("InvalidAttributeValue", `Invalid value for the parameter ${name}.`);

export const fifoUnsupported = () =>
  new AwsError(
    "UnsupportedOperation",
    "FIFO queues are not supported by Hearth yet: create a standard queue, without .fifo and FifoQueue.",
  );

export const purgeInProgress = (queue: string) =>
  new AwsError("PurgeQueueInProgress", `Only one PurgeQueue operation on ${queue} is allowed every 60 seconds.`, { status: 403 });

export const emptyBatch = (entry: string) => new AwsError("EmptyBatchRequest", `There should be at least one ${entry} in the request.`);

export const tooManyEntries = (count: number) =>
  new AwsError("TooManyEntriesInBatchRequest", `Maximum number of entries per request are ${BATCH_ENTRIES_MAX}. You have sent ${count}.`);

export const idsNotDistinct = (id: string) => new AwsError("BatchEntryIdsNotDistinct", `Id ${id} repeated.`);

export const invalidEntryId = () =>
  new AwsError(
    "InvalidBatchEntryId",
    "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.",
  );

export const batchTooLong = (bytes: number) =>
  new AwsError("BatchRequestTooLong", `Batch requests cannot be longer than ${BATCH_BYTES_MAX} bytes. You have sent ${bytes} bytes.`);

export const messageTooLong = (bytesMax: number) =>
  invalidParameter(`One or more parameters are invalid. Reason: Message must be shorter than ${bytesMax} bytes.`);

export const invalidCharacter = (codePoint: number) =>
  new AwsError(
    "InvalidMessageContents",
    `Invalid binary character '#x${codePoint.toString(16).toUpperCase()}' was found in the message body, the set of allowed characters is #x9 | #xA | #xD | [#x20-#xD7FF] | [#xE000-#xFFFD] | [#x10000-#x10FFFF].`,
  );

export const invalidReceiptHandle = (handle: string) =>
  new AwsError("ReceiptHandleIsInvalid", `The input receipt handle "${handle}" is not a valid receipt handle.`, { status: 404 });

export const notAvailable = (handle: string) =>
  invalidValue(handle, "ReceiptHandle", "Message does not exist or is not available for visibility timeout change.");

export const overInFlightLimit = (queueUrl: string) =>
  new AwsError("OverLimit", `Too many messages are in flight for queue ${queueUrl}: at most 120000 are allowed.`, { status: 403 });

export const noSuchResource = (parameter: string) =>
  new AwsError("ResourceNotFoundException", `The resource that you specified for the ${parameter} parameter doesn't exist.`, {
    status: 404,
  });
