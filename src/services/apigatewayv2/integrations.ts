// Integrations: which function answers a route. Kinds other than a Lambda function are refused by name.
import type { Context } from "../../contract/context.ts";
import type { InputOf } from "../../contract/models.ts";
import type { OperationOf } from "../../contract/service.ts";
import { characters, LOWER_ALPHANUMERIC } from "../../kernel/ids.ts";
import { cache } from "./cache.ts";
import { describeIntegration } from "./describe.ts";
import { badRequest, conflict, limitExceeded, notImplemented } from "./errors.ts";
import { type Integration, type IntegrationSettings, integrations, routes } from "./keys.ts";
import { functionOf } from "./lambda-uri.ts";
import { INTEGRATION_TIMEOUT_MS_MAX, INTEGRATIONS_PER_API_MAX, ROUTES_PER_API_MAX } from "./limits.ts";
import { pageOf, pageSize, requireApi, requireIntegration } from "./records.ts";

type Changes = Omit<InputOf<"apigatewayv2", "UpdateIntegration">, "ApiId" | "IntegrationId">;

export const createIntegration: OperationOf<"apigatewayv2", "CreateIntegration"> = async (context, input) => {
  refuse(input);
  if (input.IntegrationUri === undefined) throw badRequest("IntegrationUri must be specified for an integration of type AWS_PROXY");
  const settings = settingsOf(input);
  if (settings.payloadFormatVersion === undefined) throw badRequest("PayloadFormatVersion is a required parameter for integration");
  const integration = await makeIntegration(context, input.ApiId, {
    ...newIntegration("", { uri: input.IntegrationUri, payloadFormatVersion: settings.payloadFormatVersion }),
    ...settings,
  });
  return describeIntegration(integration);
};

/** A new integration; or the one that the same maker has made already. */
export async function makeIntegration(
  context: Context,
  apiId: string,
  settings: IntegrationSettings,
  createdBy?: string,
): Promise<Integration> {
  checkIntegration(settings);
  noteApproximations(context, settings);
  const id = characters(context.random, LOWER_ALPHANUMERIC, 7);
  return cache.change(context.storage, async (tx) => {
    await requireApi(tx, context, apiId);
    const known = await integrations.scan(tx, [context.account, context.region, apiId], { limit: INTEGRATIONS_PER_API_MAX });
    const own = known.find(({ value }) => createdBy !== undefined && value.createdBy === createdBy);
    if (own) return own.value;
    if (known.length >= INTEGRATIONS_PER_API_MAX) throw limitExceeded("integrations for this API");
    const integration: Integration = { ...settings, id, ...(createdBy !== undefined && { createdBy }) };
    integrations.set(tx, [context.account, context.region, apiId, id], integration);
    return integration;
  });
}

/** Puts other settings in the place of those that the integration has. */
export async function replaceIntegration(context: Context, apiId: string, id: string, settings: IntegrationSettings): Promise<void> {
  checkIntegration(settings);
  noteApproximations(context, settings);
  await cache.change(context.storage, async (tx) => {
    const { createdBy, managed } = await requireIntegration(tx, context, apiId, id);
    integrations.set(tx, [context.account, context.region, apiId, id], {
      ...settings,
      id,
      ...(createdBy !== undefined && { createdBy }),
      ...(managed !== undefined && { managed }),
    });
  });
}

export const getIntegration: OperationOf<"apigatewayv2", "GetIntegration"> = (context, input) =>
  context.storage.snapshot(async (tx) => describeIntegration(await requireIntegration(tx, context, input.ApiId, input.IntegrationId)));

export const getIntegrations: OperationOf<"apigatewayv2", "GetIntegrations"> = async (context, input) => {
  const limit = pageSize(input.MaxResults);
  const found = await context.storage.snapshot(async (tx) => {
    await requireApi(tx, context, input.ApiId);
    return integrations.scan(tx, [context.account, context.region, input.ApiId], {
      limit: limit + 1,
      ...(input.NextToken && { after: [context.account, context.region, input.ApiId, input.NextToken] }),
    });
  });
  const { records, ...next } = pageOf(found, limit);
  return { Items: records.map(({ value }) => describeIntegration(value)), ...next };
};

export const updateIntegration: OperationOf<"apigatewayv2", "UpdateIntegration"> = async (context, input) => {
  refuse(input);
  const changes = settingsOf(input);
  const integration = await cache.change(context.storage, async (tx) => {
    const record: Integration = {
      ...(await requireIntegration(tx, context, input.ApiId, input.IntegrationId)),
      ...(input.IntegrationUri !== undefined && { uri: input.IntegrationUri }),
      ...changes,
    };
    checkIntegration(record);
    integrations.set(tx, [context.account, context.region, input.ApiId, record.id], record);
    return record;
  });
  noteApproximations(context, integration);
  return describeIntegration(integration);
};

export const deleteIntegration: OperationOf<"apigatewayv2", "DeleteIntegration"> = async (context, input) => {
  await cache.change(context.storage, async (tx) => {
    const { id, managed } = await requireIntegration(tx, context, input.ApiId, input.IntegrationId);
    if (managed) throw badRequest("An integration that is managed by API Gateway cannot be deleted");
    const using = await routes.scan(tx, [context.account, context.region, input.ApiId], { limit: ROUTES_PER_API_MAX });
    const route = using.find(({ value }) => value.integrationId === id)?.value;
    if (route) throw conflict(`Cannot delete Integration ${id} because it is referenced by route ${route.routeKey}`);
    integrations.delete(tx, [context.account, context.region, input.ApiId, id]);
  });
  return {};
};

export function newIntegration(id: string, settings: Pick<IntegrationSettings, "uri" | "payloadFormatVersion">): Integration {
  return { id, timeoutInMillis: INTEGRATION_TIMEOUT_MS_MAX, ...settings };
}

export function checkIntegration(settings: IntegrationSettings): void {
  if (/^https?:/.test(settings.uri)) throw notImplemented("An HTTP_PROXY integration");
  if (functionOf(settings.uri) === undefined) throw badRequest(`Invalid integration URI specified: ${settings.uri}`);
}

/** The settings that an input names. */
function settingsOf(input: Changes): Partial<IntegrationSettings> {
  const version = input.PayloadFormatVersion;
  if (version !== undefined && version !== "1.0" && version !== "2.0") {
    throw badRequest(`Invalid PayloadFormatVersion ${version}. Must be one of: [1.0, 2.0]`);
  }
  return {
    ...(version !== undefined && { payloadFormatVersion: version }),
    ...(input.TimeoutInMillis !== undefined && { timeoutInMillis: input.TimeoutInMillis }),
    ...(input.IntegrationMethod !== undefined && { integrationMethod: input.IntegrationMethod }),
    ...(input.Description !== undefined && { description: input.Description }),
    ...(input.CredentialsArn !== undefined && { credentialsArn: input.CredentialsArn }),
  };
}

function refuse(input: Changes): void {
  if (input.IntegrationType !== undefined && input.IntegrationType !== "AWS_PROXY") {
    throw notImplemented(`An integration of the type ${input.IntegrationType}`);
  }
  if (input.IntegrationSubtype !== undefined) throw notImplemented(`The integration subtype ${input.IntegrationSubtype}`);
  if (input.ConnectionType === "VPC_LINK" || input.ConnectionId !== undefined)
    throw notImplemented("An integration over a VPC link (ConnectionType)");
  if (Object.keys(input.RequestParameters ?? {}).length > 0) throw notImplemented("Mapping of request parameters (RequestParameters)");
  if (Object.keys(input.ResponseParameters ?? {}).length > 0) throw notImplemented("Mapping of response parameters (ResponseParameters)");
  if (input.TlsConfig !== undefined) throw notImplemented("A TLS configuration (TlsConfig)");
  for (const name of ["ContentHandlingStrategy", "PassthroughBehavior", "RequestTemplates", "TemplateSelectionExpression"] as const) {
    if (input[name] !== undefined) throw badRequest(`${name} is not supported for HTTP APIs`);
  }
}

function noteApproximations(context: Context, settings: IntegrationSettings): void {
  if (settings.credentialsArn === undefined) return;
  context.ledger.add({
    service: "apigatewayv2",
    operation: context.operation,
    parameter: "CredentialsArn",
    note: "The role of an integration is not assumed: the function's own policy decides.",
  });
}
