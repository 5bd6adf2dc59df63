// S3's errors in its exact wording. Members beside the message are those that S3 puts into the error document.
import { AwsError } from "../../kernel/errors.ts";
import { KEY_BYTES_MAX, METADATA_BYTES_MAX, PUT_BYTES_MAX } from "./limits.ts";

type Fields = Readonly<Record<string, unknown>>;

function error(code: string, status: number, message: string, fields: Fields = {}): AwsError {
  return new AwsError(code, message, { status, fields });
}

export const noSuchBucket = (bucket: string) => error("NoSuchBucket", 404, "The specified bucket does not exist", { BucketName: bucket });
export const noSuchKey = (key: string) => error("NoSuchKey", 404, "The specified key does not exist.", { Key: key });
export const noSuchVersion = (key: string, version: string) =>
  error("NoSuchVersion", 404, "The specified version does not exist.", { Key: key, VersionId: version });
/** HEAD has no body: the code is all that a client sees. */
export const notFound = () => error("NotFound", 404, "Not Found");
export const accessDenied = (message = "Access Denied") => error("AccessDenied", 403, message);

export const corsForbidden = (why: string, method: string, hasKey: boolean) =>
  error("AccessForbidden", 403, `CORSResponse: ${why}`, { Method: method, ResourceType: hasKey ? "OBJECT" : "BUCKET" });

export const invalidBucketName = (bucket: string) =>
  error("InvalidBucketName", 400, "The specified bucket is not valid.", { BucketName: bucket });
export const bucketAlreadyExists = (bucket: string) =>
  error(
    "BucketAlreadyExists",
    409,
    "The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again.",
    { BucketName: bucket },
  );
export const bucketAlreadyOwnedByYou = (bucket: string) =>
  error("BucketAlreadyOwnedByYou", 409, "Your previous request to create the named bucket succeeded and you already own it.", {
    BucketName: bucket,
  });
export const bucketNotEmpty = (bucket: string) =>
  error("BucketNotEmpty", 409, "The bucket you tried to delete is not empty", { BucketName: bucket });
export const invalidLocationConstraint = (location: string) =>
  error("InvalidLocationConstraint", 400, "The specified location-constraint is not valid", { LocationConstraint: location });
export const illegalLocationConstraint = (location: string) =>
  error(
    "IllegalLocationConstraintException",
    400,
    `The ${location} location constraint is incompatible for the region specific endpoint this request was sent to.`,
  );

export const invalidArgument = (message: string, name?: string, value?: string) =>
  error("InvalidArgument", 400, message, {
    ...(name !== undefined && { ArgumentName: name }),
    ...(value !== undefined && { ArgumentValue: value }),
  });
/** The destination of a notification, and what is wrong with it. */
export const destinationInvalid = (arn: string, why: string) =>
  error("InvalidArgument", 400, "Unable to validate the following destination configurations", { ArgumentName1: arn, ArgumentValue1: why });
export const invalidRequest = (message: string) => error("InvalidRequest", 400, message);
export const malformedXml = () =>
  error("MalformedXML", 400, "The XML you provided was not well-formed or did not validate against our published schema");
export const malformedPolicy = (message: string) => error("MalformedPolicy", 400, message);
export const invalidTag = (message: string, key?: string) =>
  error("InvalidTag", 400, message, { ...(key !== undefined && { TagKey: key }) });
export const tooManyObjectTags = () => error("BadRequest", 400, "Object tags cannot be greater than 10");

export const keyTooLong = (size: number) =>
  error("KeyTooLongError", 400, "Your key is too long", { Size: size, MaxSizeAllowed: KEY_BYTES_MAX });
export const metadataTooLarge = (size: number) =>
  error("MetadataTooLarge", 400, "Your metadata headers exceed the maximum allowed metadata size", {
    Size: size,
    MaxSizeAllowed: METADATA_BYTES_MAX,
  });
export const entityTooLarge = (size: number) =>
  error("EntityTooLarge", 400, "Your proposed upload exceeds the maximum allowed size", {
    ProposedSize: size,
    MaxSizeAllowed: PUT_BYTES_MAX,
  });
export const badDigest = (what: string) => error("BadDigest", 400, `The ${what} you specified did not match the calculated checksum.`);
export const badContentMd5 = () => error("BadDigest", 400, "The Content-MD5 you specified did not match what we received.");
export const invalidDigest = () => error("InvalidDigest", 400, "The Content-MD5 you specified was invalid.");
export const invalidStorageClass = (name: string) =>
  error("InvalidStorageClass", 400, "The storage class you specified is not valid", { StorageClassRequested: name });
export const invalidObjectState = (storageClass: string) =>
  error("InvalidObjectState", 403, "The operation is not valid for the object's storage class", { StorageClass: storageClass });

export const notModified = () => error("NotModified", 304, "Not Modified");
export const preconditionFailed = (condition: string) =>
  error("PreconditionFailed", 412, "At least one of the pre-conditions you specified did not hold", { Condition: condition });
export const invalidRange = (requested: string, size: number) =>
  error("InvalidRange", 416, "The requested range is not satisfiable", { RangeRequested: requested, ActualObjectSize: size });
export const invalidPartNumber = (requested: number, count: number) =>
  error("InvalidPartNumber", 416, "The requested partnumber is not satisfiable", {
    PartNumberRequested: requested,
    ActualPartCount: count,
  });

export const noSuchUpload = (uploadId: string) =>
  error(
    "NoSuchUpload",
    404,
    "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.",
    { UploadId: uploadId },
  );
export const invalidPart = (uploadId: string, partNumber: number, etag: string) =>
  error(
    "InvalidPart",
    400,
    "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.",
    { UploadId: uploadId, PartNumber: partNumber, ETag: etag },
  );
export const invalidPartOrder = (uploadId: string) =>
  error("InvalidPartOrder", 400, "The list of parts was not in ascending order. Parts must be ordered by part number.", {
    UploadId: uploadId,
  });
export const entityTooSmall = (size: number, min: number, partNumber: number, etag: string) =>
  error("EntityTooSmall", 400, "Your proposed upload is smaller than the minimum allowed size", {
    ProposedSize: size,
    MinSizeAllowed: min,
    PartNumber: partNumber,
    ETag: etag,
  });

/** A configuration that a bucket does not have. */
export const missingConfiguration = (code: string, message: string, bucket: string) => error(code, 404, message, { BucketName: bucket });
export const aclNotSupported = () => error("AccessControlListNotSupported", 400, "The bucket does not allow ACLs");
export const aclWithObjectOwnership = () =>
  error("InvalidBucketAclWithObjectOwnership", 400, "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting");

/** What S3 answers to a header that it does not implement, naming ours. */
export const notImplemented = (header: string) =>
  error("NotImplemented", 501, `A header you provided implies functionality that is not implemented: ${header}`, { Header: header });
/** A setting in a document that Hearth does not have, by name. */
export const settingNotImplemented = (setting: string) => error("NotImplemented", 501, `${setting} is not implemented by Hearth's S3.`);
