// Every service that Hearth has, loaded when it is first needed. Adding one is a line here, a line in contract/models.ts and a folder.
import type { ServiceEntry } from "../gateway/dispatch.ts";

export const SERVICES: readonly ServiceEntry[] = [
  { id: "apigateway", load: async () => (await import("../services/apigateway/service.ts")).apigateway },
  { id: "apigatewayv2", load: async () => (await import("../services/apigatewayv2/service.ts")).apigatewayv2 },
  { id: "cloudformation", load: async () => (await import("../services/cloudformation/service.ts")).cloudformation },
  { id: "dynamodb", load: async () => (await import("../services/dynamodb/service.ts")).dynamodb },
  { id: "eventbridge", load: async () => (await import("../services/eventbridge/service.ts")).eventbridge },
  { id: "lambda", load: async () => (await import("../services/lambda/service.ts")).lambda },
  { id: "logs", load: async () => (await import("../services/logs/service.ts")).logs },
  { id: "s3", load: async () => (await import("../services/s3/service.ts")).s3 },
  { id: "sqs", load: async () => (await import("../services/sqs/service.ts")).sqs },
  { id: "ssm", load: async () => (await import("../services/ssm/service.ts")).ssm },
  { id: "sts", load: async () => (await import("../services/sts/service.ts")).sts },
];
