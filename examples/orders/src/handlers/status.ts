// GET /status of the HTTP API. Whatever it returns is the body.
import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { required } from "../environment.ts";

export async function handler(event: APIGatewayProxyEventV2) {
  return {
    service: "orders",
    stage: required("STAGE"),
    currency: required("CURRENCY"),
    requestId: event.requestContext.requestId,
    ok: true,
  };
}
