// The errors of the HTTP API control plane, in API Gateway's own words.
import { AwsError } from "../../kernel/errors.ts";

export function badRequest(message: string): AwsError {
  return new AwsError("BadRequestException", message);
}

export function conflict(message: string): AwsError {
  return new AwsError("ConflictException", message, { status: 409 });
}

export function limitExceeded(what: string): AwsError {
  return new AwsError("TooManyRequestsException", `Maximum number of ${what} has been reached.`, { status: 429 });
}

function notFound(message: string, resourceType?: string): AwsError {
  return new AwsError("NotFoundException", message, {
    status: 404,
    fields: resourceType === undefined ? {} : { ResourceType: resourceType },
  });
}

export const noApi = (account: string, id: string) => notFound(`Invalid API identifier specified ${account}:${id}`);
export const noIntegration = (id: string) => notFound(`Unable to find Integration by ID ${id}`);
export const noRoute = (id: string) => notFound(`Unable to find Route by ID ${id}`);
export const noStage = (name: string) => notFound(`Unable to find Stage by name ${name}`);
export const noDeployment = (id: string) => notFound(`Unable to find Deployment by ID ${id}`);
export const noRouteSettings = (key: string) => notFound(`Unable to find Route by key ${key} within the provided RouteSettings`);

/** What AWS offers and Hearth does not: refused by its name, never accepted in silence. */
export function notImplemented(what: string): AwsError {
  return new AwsError("NotImplemented", `${what} is not implemented by Hearth.`, { status: 501 });
}
