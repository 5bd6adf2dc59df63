// POST /webhooks/{proxy+} of the HTTP API: `/webhooks/payments/<order id>` says that an order has been paid.
import { UpdateCommand } from "@aws-sdk/lib-dynamodb";
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import { required } from "../environment.ts";
import { isConditionFailure, orderKey, TableName, table } from "../table.ts";

const secret = required("WEBHOOK_SECRET");

export async function handler(event: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2> {
  const [topic, orderId, ...rest] = (event.pathParameters?.["proxy"] ?? "").split("/");
  if (topic !== "payments" || !orderId || rest.length > 0) return answer(404, `There is no webhook ${event.rawPath}`);
  if (event.headers["x-webhook-secret"] !== secret) return answer(401, "The secret is wrong");
  try {
    await table.send(
      new UpdateCommand({
        TableName,
        Key: orderKey(orderId),
        UpdateExpression: "SET paidAt = if_not_exists(paidAt, :now)",
        ConditionExpression: "attribute_exists(PK)",
        ExpressionAttributeValues: { ":now": new Date().toISOString() },
      }),
    );
  } catch (error) {
    if (isConditionFailure(error)) return answer(404, "There is no such order");
    throw error;
  }
  return { statusCode: 204 };
}

function answer(statusCode: number, message: string): APIGatewayProxyStructuredResultV2 {
  return { statusCode, headers: { "content-type": "application/json" }, body: JSON.stringify({ message }) };
}
