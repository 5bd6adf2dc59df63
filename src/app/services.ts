// Every service that Hearth has, loaded when it is first needed. Adding one is a line here, a line in contract/models.ts and a folder.
import type { ResourceType } from "../contract/resource.ts";
import type { ServiceEntry } from "../gateway/dispatch.ts";

interface Entry extends ServiceEntry {
  /** The CloudFormation types that it owns: `AWS::SQS`, without what follows. */
  readonly resources?: string;
}

const ENTRIES: readonly Entry[] = [
  {
    id: "apigateway",
    web: ["execute-api"],
    resources: "AWS::ApiGateway",
    load: async () => (await import("../services/apigateway/service.ts")).apigateway,
  },
  {
    id: "apigatewayv2",
    web: ["execute-api"],
    resources: "AWS::ApiGatewayV2",
    load: async () => (await import("../services/apigatewayv2/service.ts")).apigatewayv2,
  },
  {
    id: "cloudformation",
    web: [],
    load: async () => (await import("../services/cloudformation/service.ts")).cloudFormation({ resourceType }),
  },
  { id: "dynamodb", web: [], resources: "AWS::DynamoDB", load: async () => (await import("../services/dynamodb/service.ts")).dynamodb },
  {
    id: "eventbridge",
    web: [],
    resources: "AWS::Events",
    load: async () => (await import("../services/eventbridge/service.ts")).eventbridge,
  },
  { id: "lambda", web: [], resources: "AWS::Lambda", load: async () => (await import("../services/lambda/service.ts")).lambda },
  { id: "logs", web: [], resources: "AWS::Logs", load: async () => (await import("../services/logs/service.ts")).logs },
  { id: "s3", web: [], resources: "AWS::S3", load: async () => (await import("../services/s3/service.ts")).s3 },
  { id: "sqs", web: [], resources: "AWS::SQS", load: async () => (await import("../services/sqs/service.ts")).sqs },
  { id: "ssm", web: [], resources: "AWS::SSM", load: async () => (await import("../services/ssm/service.ts")).ssm },
  { id: "sts", web: [], load: async () => (await import("../services/sts/service.ts")).sts },
];

export const SERVICES: readonly ServiceEntry[] = ENTRIES;

/** A resource type by its CloudFormation name, from the service that owns it. */
async function resourceType(name: string): Promise<ResourceType | undefined> {
  const owner = ENTRIES.find((entry) => entry.resources === name.slice(0, name.lastIndexOf("::")));
  return owner && (await owner.load()).resources?.[name];
}
