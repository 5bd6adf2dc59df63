// The errors of the REST API control plane, in API Gateway's own words.
import { AwsError } from "../../kernel/errors.ts";

export function badRequest(message: string): AwsError {
  return new AwsError("BadRequestException", message);
}

export function conflict(message: string): AwsError {
  return new AwsError("ConflictException", message);
}

/** 429, as the model has it. */
export function limitExceeded(message: string): AwsError {
  return new AwsError("LimitExceededException", message);
}

function notFound(message: string): AwsError {
  return new AwsError("NotFoundException", message, { status: 404 });
}

export const noApi = (account: string, id: string) => notFound(`Invalid API identifier specified ${account}:${id}`);
export const noResource = () => notFound("Invalid Resource identifier specified");
export const noMethod = () => notFound("Invalid Method identifier specified");
export const noIntegration = () => notFound("Invalid Integration identifier specified");
export const noResponse = () => notFound("Invalid Response status code specified");
export const noDeployment = () => notFound("Invalid Deployment identifier specified");
export const noStage = () => notFound("Invalid stage identifier specified");

/** What AWS offers and Hearth does not: refused by its name, never accepted in silence. */
export function notImplemented(what: string): AwsError {
  return new AwsError("NotImplemented", `${what} is not implemented by Hearth.`, { status: 501 });
}
