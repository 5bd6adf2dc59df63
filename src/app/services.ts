// Every service that Hearth has, loaded when it is first needed. Adding one is a line here, a line in contract/models.ts and a folder.
import type { ResourceType } from "../contract/resource.ts";
import type { ServiceEntry } from "../gateway/dispatch.ts";

export const SERVICES: readonly ServiceEntry[] = [
  { id: "apigateway", web: ["execute-api"], load: async () => (await import("../services/apigateway/service.ts")).apigateway },
  { id: "apigatewayv2", web: ["execute-api"], load: async () => (await import("../services/apigatewayv2/service.ts")).apigatewayv2 },
  {
    id: "cloudformation",
    web: [],
    load: async () => (await import("../services/cloudformation/service.ts")).cloudFormation({ resourceType }),
  },
  { id: "dynamodb", web: [], load: async () => (await import("../services/dynamodb/service.ts")).dynamodb },
  { id: "eventbridge", web: [], load: async () => (await import("../services/eventbridge/service.ts")).eventbridge },
  { id: "lambda", web: [], load: async () => (await import("../services/lambda/service.ts")).lambda },
  { id: "logs", web: [], load: async () => (await import("../services/logs/service.ts")).logs },
  { id: "s3", web: [], load: async () => (await import("../services/s3/service.ts")).s3 },
  { id: "sqs", web: [], load: async () => (await import("../services/sqs/service.ts")).sqs },
  { id: "ssm", web: [], load: async () => (await import("../services/ssm/service.ts")).ssm },
  { id: "sts", web: [], load: async () => (await import("../services/sts/service.ts")).sts },
];

/** A resource type comes from the service that owns it. */
async function resourceType(name: string): Promise<ResourceType | undefined> {
  const { ownerOf } = await import("../services/cloudformation/resource-owners.ts");
  const owner = ownerOf(name);
  const entry = SERVICES.find((service) => service.id === owner);
  return entry && (await entry.load()).resources?.[name];
}
