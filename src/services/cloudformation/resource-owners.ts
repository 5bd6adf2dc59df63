// Which service owns the resource types of a namespace: `AWS::SQS::Queue` is of sqs.
import type { ServiceId } from "../../contract/models.ts";

const OWNERS: Readonly<Record<string, ServiceId>> = {
  ApiGateway: "apigateway",
  ApiGatewayV2: "apigatewayv2",
  DynamoDB: "dynamodb",
  Events: "eventbridge",
  Lambda: "lambda",
  Logs: "logs",
  S3: "s3",
  SQS: "sqs",
  SSM: "ssm",
};

/** Undefined for a type of no service that is here. */
export function ownerOf(resourceType: string): ServiceId | undefined {
  const [vendor, namespace = ""] = resourceType.split("::");
  return vendor === "AWS" ? OWNERS[namespace] : undefined;
}
