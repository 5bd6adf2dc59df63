// Integrations: what a method does. A Lambda function (AWS_PROXY) or an answer of the gateway's own (MOCK); other kinds are
// refused by name.
import type { Context } from "../../contract/context.ts";
import type { InputOf } from "../../contract/models.ts";
import type { OperationOf } from "../../contract/service.ts";
import { describeIntegration, describeIntegrationResponse } from "./describe.ts";
import { badRequest, noResponse, notImplemented } from "./errors.ts";
import type { ContentHandling, Integration, IntegrationResponse, Method } from "./keys.ts";
import { lambdaOf } from "./lambda-uri.ts";
import { INTEGRATION_TIMEOUT_MS_MAX, INTEGRATION_TIMEOUT_MS_MIN, TEMPLATE_BYTES_MAX } from "./limits.ts";
import { literalOf } from "./mock.ts";
import { applyPatches, mapRules, type PatchRule } from "./patch.ts";
import { integrationOf, requireMethod, saveResource } from "./records.ts";
import { parseTemplate } from "./template.ts";

export const putIntegration: OperationOf<"apigateway", "PutIntegration"> = async (context, input) => {
  refuse(input);
  const integration: Integration = {
    type: input.type === "MOCK" ? "MOCK" : "AWS_PROXY",
    ...(input.integrationHttpMethod !== undefined && { httpMethod: input.integrationHttpMethod }),
    ...(input.uri !== undefined && { uri: input.uri }),
    ...(input.credentials !== undefined && { credentials: input.credentials }),
    requestParameters: input.requestParameters ?? {},
    requestTemplates: input.requestTemplates ?? {},
    passthroughBehavior: passthroughOf(input.passthroughBehavior ?? "WHEN_NO_MATCH"),
    ...(input.contentHandling !== undefined && { contentHandling: input.contentHandling }),
    timeoutInMillis: input.timeoutInMillis ?? INTEGRATION_TIMEOUT_MS_MAX,
    cacheNamespace: input.cacheNamespace ?? input.resourceId,
    cacheKeyParameters: input.cacheKeyParameters ?? [],
    integrationResponses: {},
  };
  checkIntegration(integration);
  noteApproximations(context, integration);
  return context.storage.transact(async (tx) => {
    const { resource, method } = await requireMethod(tx, context, input);
    method.integration = integration;
    saveResource(tx, context, input.restApiId, resource);
    return describeIntegration(integration);
  });
};

export const getIntegration: OperationOf<"apigateway", "GetIntegration"> = (context, input) =>
  context.storage.snapshot(async (tx) => describeIntegration(integrationOf((await requireMethod(tx, context, input)).method)));

export const updateIntegration: OperationOf<"apigateway", "UpdateIntegration"> = (context, input) =>
  context.storage.transact(async (tx) => {
    const { resource, method } = await requireMethod(tx, context, input);
    const integration = integrationOf(method);
    applyPatches(integration, input.patchOperations, integrationRules);
    checkIntegration(integration);
    saveResource(tx, context, input.restApiId, resource);
    return describeIntegration(integration);
  });

export const deleteIntegration: OperationOf<"apigateway", "DeleteIntegration"> = async (context, input) => {
  await context.storage.transact(async (tx) => {
    const { resource, method } = await requireMethod(tx, context, input);
    integrationOf(method);
    delete method.integration;
    saveResource(tx, context, input.restApiId, resource);
  });
  return {};
};

export const putIntegrationResponse: OperationOf<"apigateway", "PutIntegrationResponse"> = (context, input) => {
  const response: IntegrationResponse = {
    statusCode: input.statusCode,
    ...(input.selectionPattern && { selectionPattern: input.selectionPattern }),
    responseParameters: input.responseParameters ?? {},
    responseTemplates: input.responseTemplates ?? {},
    ...(input.contentHandling !== undefined && { contentHandling: input.contentHandling }),
  };
  return context.storage.transact(async (tx) => {
    const { resource, method } = await requireMethod(tx, context, input);
    const integration = integrationOf(method);
    checkIntegrationResponse(method, integration, response);
    integration.integrationResponses[response.statusCode] = response;
    saveResource(tx, context, input.restApiId, resource);
    return describeIntegrationResponse(response);
  });
};

export const getIntegrationResponse: OperationOf<"apigateway", "GetIntegrationResponse"> = (context, input) =>
  context.storage.snapshot(async (tx) => {
    const { method } = await requireMethod(tx, context, input);
    const response = integrationOf(method).integrationResponses[input.statusCode];
    if (!response) throw noResponse();
    return describeIntegrationResponse(response);
  });

export const updateIntegrationResponse: OperationOf<"apigateway", "UpdateIntegrationResponse"> = (context, input) =>
  context.storage.transact(async (tx) => {
    const { resource, method } = await requireMethod(tx, context, input);
    const integration = integrationOf(method);
    const response = integration.integrationResponses[input.statusCode];
    if (!response) throw noResponse();
    applyPatches(response, input.patchOperations, responseRules);
    checkIntegrationResponse(method, integration, response);
    saveResource(tx, context, input.restApiId, resource);
    return describeIntegrationResponse(response);
  });

export const deleteIntegrationResponse: OperationOf<"apigateway", "DeleteIntegrationResponse"> = async (context, input) => {
  await context.storage.transact(async (tx) => {
    const { resource, method } = await requireMethod(tx, context, input);
    const integration = integrationOf(method);
    if (!integration.integrationResponses[input.statusCode]) throw noResponse();
    delete integration.integrationResponses[input.statusCode];
    saveResource(tx, context, input.restApiId, resource);
  });
  return {};
};

function refuse(input: InputOf<"apigateway", "PutIntegration">): void {
  if (input.type !== "AWS_PROXY" && input.type !== "MOCK") throw notImplemented(`An integration of the type ${input.type}`);
  if (input.connectionType === "VPC_LINK" || input.connectionId !== undefined)
    throw notImplemented("An integration over a VPC link (connectionType)");
  if (input.responseTransferMode === "STREAM") throw notImplemented("A streamed response (responseTransferMode STREAM)");
  if (input.integrationTarget !== undefined) throw notImplemented("The parameter integrationTarget of PutIntegration");
}

function passthroughOf(value: string): Integration["passthroughBehavior"] {
  if (value !== "WHEN_NO_MATCH" && value !== "WHEN_NO_TEMPLATES" && value !== "NEVER") {
    throw badRequest("Invalid passthrough behavior specified. Must be one of: [WHEN_NO_MATCH, WHEN_NO_TEMPLATES, NEVER]");
  }
  return value;
}

function checkIntegration(integration: Integration): void {
  const timeoutMs = integration.timeoutInMillis;
  if (!(Number.isInteger(timeoutMs) && timeoutMs >= INTEGRATION_TIMEOUT_MS_MIN && timeoutMs <= INTEGRATION_TIMEOUT_MS_MAX)) {
    throw badRequest(`Timeout should be between ${INTEGRATION_TIMEOUT_MS_MIN} ms and ${INTEGRATION_TIMEOUT_MS_MAX} ms`);
  }
  if (integration.type === "MOCK") {
    for (const template of Object.values(integration.requestTemplates)) checkTemplate(template);
    return;
  }
  if (!integration.httpMethod) throw badRequest("Enumeration value for HttpMethod must be non-empty");
  if (!integration.uri?.startsWith("arn:")) throw badRequest("Invalid ARN specified in the request");
  const lambda = lambdaOf(integration.uri);
  if (lambda === undefined) throw badRequest("AWS ARN for integration must contain path or action");
  if (lambda.kind === "other") {
    throw badRequest("Integrations of type 'AWS_PROXY' currently only supports Lambda function and Firehose stream invocations.");
  }
  if (lambda.kind === "streaming") throw notImplemented("A streamed response (response-streaming-invocations)");
}

function noteApproximations(context: Context, integration: Integration): void {
  const note = (parameter: string, text: string) =>
    context.ledger.add({ service: "apigateway", operation: context.operation, parameter, note: text });
  if (integration.credentials !== undefined)
    note("credentials", "The role of an integration is not assumed: the function's own policy decides.");
  if (integration.cacheKeyParameters.length > 0) note("cacheKeyParameters", "Responses are not cached.");
  if (Object.keys(integration.requestParameters).length > 0)
    note("requestParameters", "Request parameters are not mapped for AWS_PROXY and MOCK.");
}

function checkIntegrationResponse(method: Method, integration: Integration, response: IntegrationResponse): void {
  const invalid = (problem: string) =>
    badRequest(`Invalid mapping expression specified: Validation Result: warnings : [], errors : [${problem}]`);
  const declared = method.methodResponses[response.statusCode];
  const names = Object.keys(response.responseParameters);
  if (names.length > 0 && !declared) throw invalid("No method response exists for method.");
  for (const name of names) {
    if (declared?.responseParameters[name] === undefined) throw invalid(`Invalid mapping expression parameter specified: ${name}`);
  }
  if (integration.type !== "MOCK") return;
  for (const [name, value] of Object.entries(response.responseParameters)) {
    if (literalOf(value) === undefined) throw notImplemented(`The mapping ${value} of ${name} (only static values in single quotes)`);
  }
  for (const template of Object.values(response.responseTemplates)) checkTemplate(template);
  if (response.selectionPattern !== undefined) {
    try {
      new RegExp(response.selectionPattern);
    } catch {
      throw badRequest(`Invalid selection pattern specified: ${response.selectionPattern}`);
    }
  }
}

function checkTemplate(template: string): void {
  if (Buffer.byteLength(template) > TEMPLATE_BYTES_MAX)
    throw badRequest("Invalid template: the maximum size of a mapping template is 300 KB");
  parseTemplate(template);
}

const contentHandlingRule: PatchRule<{ contentHandling?: ContentHandling }> = {
  path: "/contentHandling",
  ops: ["replace", "remove"],
  apply: (record, _op, value) => {
    if (value === "CONVERT_TO_BINARY" || value === "CONVERT_TO_TEXT") record.contentHandling = value;
    else if (value === "") delete record.contentHandling;
    else throw badRequest("Invalid content handling specified. Must be one of: [CONVERT_TO_BINARY, CONVERT_TO_TEXT]");
  },
};

const responseRules: readonly PatchRule<IntegrationResponse>[] = [
  {
    path: "/selectionPattern",
    ops: ["add", "replace", "remove"],
    apply: (response, _op, value) => {
      if (value === "") delete response.selectionPattern;
      else response.selectionPattern = value;
    },
  },
  contentHandlingRule,
  ...mapRules<IntegrationResponse>("/responseParameters", (response) => response.responseParameters),
  ...mapRules<IntegrationResponse>("/responseTemplates", (response) => response.responseTemplates),
];

const integrationRules: readonly PatchRule<Integration>[] = [
  {
    path: "/uri",
    ops: ["replace"],
    apply: (integration, _op, value) => {
      integration.uri = value;
    },
  },
  {
    path: "/httpMethod",
    ops: ["replace"],
    apply: (integration, _op, value) => {
      integration.httpMethod = value;
    },
  },
  {
    path: "/timeoutInMillis",
    ops: ["replace"],
    apply: (integration, _op, value) => {
      integration.timeoutInMillis = Number(value);
    },
  },
  {
    path: "/passthroughBehavior",
    ops: ["replace"],
    apply: (integration, _op, value) => {
      integration.passthroughBehavior = passthroughOf(value);
    },
  },
  contentHandlingRule,
  {
    path: "/credentials",
    ops: ["replace"],
    apply: (integration, _op, value) => {
      if (value === "") delete integration.credentials;
      else integration.credentials = value;
    },
  },
  {
    path: "/cacheNamespace",
    ops: ["replace"],
    apply: (integration, _op, value) => {
      integration.cacheNamespace = value;
    },
  },
  ...mapRules<Integration>("/requestParameters", (integration) => integration.requestParameters),
  ...mapRules<Integration>("/requestTemplates", (integration) => integration.requestTemplates),
];
