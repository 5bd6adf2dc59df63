// Parameter Store's errors in its exact wording, where it has one.
import { AwsError } from "../../kernel/errors.ts";
import { LABELS_MAX, LEVELS_MAX } from "./limits.ts";

export const validation = (message: string) => new AwsError("ValidationException", message);
export const accessDenied = (message: string) => new AwsError("AccessDeniedException", message);
export const parameterNotFound = (name: string) => new AwsError("ParameterNotFound", `Parameter ${name} not found.`);
export const versionNotFound = (name: string, version: number) =>
  new AwsError(
    "ParameterVersionNotFound",
    `Systems Manager could not find version ${version} of ${name}. Verify the version and try again.`,
  );
export const labelNotFound = (name: string, label: string) =>
  new AwsError("ParameterVersionNotFound", `Systems Manager could not find label ${label} of ${name}. Verify the label and try again.`);
export const alreadyExists = () =>
  new AwsError(
    "ParameterAlreadyExists",
    "The parameter already exists. To overwrite this value, set the overwrite option in the request to true.",
  );
export const hierarchyTooDeep = () =>
  new AwsError("HierarchyLevelLimitExceededException", `A hierarchy can have a maximum of ${LEVELS_MAX} levels.`);
export const invalidPattern = (pattern: string) =>
  new AwsError("InvalidAllowedPatternException", `The allowed pattern is not a valid regular expression: ${pattern}`);
export const patternMismatch = (pattern: string) =>
  new AwsError("ParameterPatternMismatchException", `Parameter value, cannot be validated against allowedPattern: ${pattern}`);
export const oldestVersionLabelled = (name: string, version: number) =>
  new AwsError(
    "ParameterMaxVersionLimitExceeded",
    `You attempted to create a new version of ${name} by calling the PutParameter API with the overwrite flag. Version ${version}, the oldest version, can't be deleted because it has a label associated with it. Move the label to another version of the parameter, and try again.`,
  );
export const tooManyLabels = () =>
  new AwsError(
    "ParameterVersionLabelLimitExceeded",
    `A parameter version can have maximum ${LABELS_MAX} labels.Move one or more labels to another version and try again.`,
  );
export const invalidNextToken = () => new AwsError("InvalidNextToken", "The specified token isn't valid.");
export const invalidFilterKey = (message: string) => new AwsError("InvalidFilterKey", message);
export const invalidFilterOption = (message: string) => new AwsError("InvalidFilterOption", message);
export const invalidFilterValue = (message: string) => new AwsError("InvalidFilterValue", message);
export const invalidResourceId = () =>
  new AwsError("InvalidResourceId", "The resource ID isn't valid. Verify that you entered the correct ID and try again.");
export const invalidResourceType = () =>
  new AwsError(
    "InvalidResourceType",
    "The resource type isn't valid. For example, if you are attempting to tag an EC2 instance, the instance must be a registered managed node.",
  );
export const tooManyTags = () =>
  new AwsError("TooManyTagsError", "The Targets parameter includes too many tags. Remove one or more tags and try the command again.");
export const notImplemented = (what: string) =>
  new AwsError("NotImplemented", `${what} is not implemented by Hearth's SSM.`, { status: 501 });
