// Logical ids and names exactly as the Serverless Framework gives them, so that a template may refer to what it generates.

function upperFirst(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** `my-fn_a` → `MyDashfnUnderscorea` */
export function functionId(key: string): string {
  return upperFirst(key.replaceAll("-", "Dash").replaceAll("_", "Underscore"));
}

/** `order-queue.fifo` → `Orderqueuefifo` */
export function alphanumericId(name: string): string {
  return upperFirst(name.replaceAll(/[^0-9A-Za-z]/g, ""));
}

/** `users/{userId}` → `UsersUseridVar`: each part loses its inner capitals. */
function pathId(path: string): string {
  return path.split("/").map(pathPartId).join("");
}

function pathPartId(part: string): string {
  const capitalized = upperFirst(part.toLowerCase());
  return upperFirst(
    capitalized
      .replaceAll("-", "Dash")
      .replace(/\{(.*)\}/g, "$1Var")
      .replaceAll(/[^0-9A-Za-z]/g, ""),
  );
}

export const lambdaId = (key: string): string => `${functionId(key)}LambdaFunction`;
export const logGroupId = (key: string): string => `${functionId(key)}LogGroup`;
export const ROLE_ID = "IamRoleLambdaExecution";

export const REST_API_ID = "ApiGatewayRestApi";
export const restResourceId = (path: string): string => `ApiGatewayResource${pathId(path)}`;
export const restMethodId = (path: string, method: string): string => `ApiGatewayMethod${pathId(path)}${upperFirst(method.toLowerCase())}`;

export const HTTP_API_ID = "HttpApi";
export const HTTP_API_STAGE_ID = "HttpApiStage";
export const httpIntegrationId = (key: string): string => `HttpApiIntegration${functionId(key)}`;
export const httpRouteId = (routeKey: string): string => (routeKey === "*" ? "HttpApiRouteDefault" : `HttpApiRoute${pathId(routeKey)}`);

export const bucketId = (bucket: string): string => `S3Bucket${alphanumericId(bucket)}`;
export const queueMappingId = (key: string, queue: string): string => `${functionId(key)}EventSourceMappingSQS${alphanumericId(queue)}`;
export const scheduleId = (key: string, index: number): string => `${functionId(key)}EventsRuleSchedule${index}`;
/** `LambdaPermissionApiGateway`, `LambdaPermissionHttpApi`, `LambdaPermission<Bucket>S3`, `LambdaPermissionEventsRuleSchedule1` */
export const permissionId = (key: string, of: string): string => `${functionId(key)}LambdaPermission${of}`;
