// Methods of resources and their declared responses. A method that would need authorization is refused by name: it must
// never be served open.
import type { Context } from "../../contract/context.ts";
import type { InputOf } from "../../contract/models.ts";
import type { OperationOf } from "../../contract/service.ts";
import { describeMethod, describeMethodResponse } from "./describe.ts";
import { badRequest, conflict, noResponse, notImplemented } from "./errors.ts";
import type { Method, MethodResponse } from "./keys.ts";
import { applyPatches, booleanOf, mapRules, type PatchRule } from "./patch.ts";
import { requireApi, requireMethod, requireResource, saveResource } from "./records.ts";

const HTTP_METHODS = ["GET", "PUT", "POST", "DELETE", "PATCH", "OPTIONS", "HEAD", "ANY"];
/** The models that every API has; others come from CreateModel, which is not implemented. */
const MODELS = ["Empty", "Error"];

export const putMethod: OperationOf<"apigateway", "PutMethod"> = async (context, input) => describeMethod(await makeMethod(context, input));

/** A new method without responses or integration. What the same maker has made already is made again. */
export async function makeMethod(context: Context, input: InputOf<"apigateway", "PutMethod">, createdBy?: string): Promise<Method> {
  const httpMethod = input.httpMethod.toUpperCase();
  if (!HTTP_METHODS.includes(httpMethod)) throw badRequest(`Invalid HTTP method specified: ${input.httpMethod}`);
  refuseAuthorization(input.authorizationType, input.authorizerId, input.authorizationScopes, input.apiKeyRequired ?? false);
  if (input.requestValidatorId !== undefined) throw notImplemented("A request validator (requestValidatorId)");
  checkModels(input.requestModels);
  checkRequestParameters(input.requestParameters);
  const method: Method = {
    httpMethod,
    ...(input.operationName !== undefined && { operationName: input.operationName }),
    requestParameters: input.requestParameters ?? {},
    requestModels: input.requestModels ?? {},
    methodResponses: {},
    ...(createdBy !== undefined && { createdBy }),
  };
  return context.storage.transact(async (tx) => {
    await requireApi(tx, context, input.restApiId);
    const resource = await requireResource(tx, context, input.restApiId, input.resourceId);
    const known = resource.methods[httpMethod];
    if (known && (createdBy === undefined || known.createdBy !== createdBy)) throw conflict("Method already exists for this resource");
    resource.methods[httpMethod] = method;
    saveResource(tx, context, input.restApiId, resource);
    return method;
  });
}

export const getMethod: OperationOf<"apigateway", "GetMethod"> = (context, input) =>
  context.storage.snapshot(async (tx) => describeMethod((await requireMethod(tx, context, input)).method));

export const updateMethod: OperationOf<"apigateway", "UpdateMethod"> = (context, input) =>
  context.storage.transact(async (tx) => {
    const { resource, method } = await requireMethod(tx, context, input);
    applyPatches(method, input.patchOperations, methodRules);
    checkModels(method.requestModels);
    checkRequestParameters(method.requestParameters);
    saveResource(tx, context, input.restApiId, resource);
    return describeMethod(method);
  });

export const deleteMethod: OperationOf<"apigateway", "DeleteMethod"> = async (context, input) => {
  await context.storage.transact(async (tx) => {
    const { resource, method } = await requireMethod(tx, context, input);
    delete resource.methods[method.httpMethod];
    saveResource(tx, context, input.restApiId, resource);
  });
  return {};
};

export const putMethodResponse: OperationOf<"apigateway", "PutMethodResponse"> = async (context, input) => {
  const response: MethodResponse = {
    statusCode: input.statusCode,
    responseParameters: input.responseParameters ?? {},
    responseModels: input.responseModels ?? {},
  };
  checkResponse(response);
  return context.storage.transact(async (tx) => {
    const { resource, method } = await requireMethod(tx, context, input);
    if (method.methodResponses[input.statusCode]) throw conflict("Response already exists for this resource");
    method.methodResponses[input.statusCode] = response;
    saveResource(tx, context, input.restApiId, resource);
    return describeMethodResponse(response);
  });
};

export const getMethodResponse: OperationOf<"apigateway", "GetMethodResponse"> = (context, input) =>
  context.storage.snapshot(async (tx) => {
    const { method } = await requireMethod(tx, context, input);
    const response = method.methodResponses[input.statusCode];
    if (!response) throw noResponse();
    return describeMethodResponse(response);
  });

export const updateMethodResponse: OperationOf<"apigateway", "UpdateMethodResponse"> = (context, input) =>
  context.storage.transact(async (tx) => {
    const { resource, method } = await requireMethod(tx, context, input);
    const response = method.methodResponses[input.statusCode];
    if (!response) throw noResponse();
    applyPatches(response, input.patchOperations, responseRules);
    checkResponse(response);
    saveResource(tx, context, input.restApiId, resource);
    return describeMethodResponse(response);
  });

export const deleteMethodResponse: OperationOf<"apigateway", "DeleteMethodResponse"> = async (context, input) => {
  await context.storage.transact(async (tx) => {
    const { resource, method } = await requireMethod(tx, context, input);
    if (!method.methodResponses[input.statusCode]) throw noResponse();
    delete method.methodResponses[input.statusCode];
    saveResource(tx, context, input.restApiId, resource);
  });
  return {};
};

const methodRules: readonly PatchRule<Method>[] = [
  {
    path: "/authorizationType",
    ops: ["replace"],
    apply: (_method, _op, value) => refuseAuthorization(value, undefined, undefined, false),
  },
  {
    path: "/authorizerId",
    ops: ["replace"],
    apply: (_method, _op, value) => refuseAuthorization("CUSTOM", value, undefined, false),
  },
  {
    path: "/apiKeyRequired",
    ops: ["replace"],
    apply: (_method, _op, value) => refuseAuthorization("NONE", undefined, undefined, booleanOf(value, "/apiKeyRequired")),
  },
  {
    path: "/requestValidatorId",
    ops: ["replace"],
    apply: (_method, _op, value) => {
      if (value !== "") throw notImplemented("A request validator (requestValidatorId)");
    },
  },
  {
    path: "/operationName",
    ops: ["replace"],
    apply: (method, _op, value) => {
      method.operationName = value;
    },
  },
  {
    path: "/requestParameters/*",
    ops: ["add", "replace", "remove"],
    apply: (method, op, value, [name = ""]) => {
      if (op === "remove") delete method.requestParameters[name];
      else method.requestParameters[name] = value === "" ? false : booleanOf(value, "/requestParameters");
    },
  },
  ...mapRules<Method>("/requestModels", (method) => method.requestModels),
];

const responseRules: readonly PatchRule<MethodResponse>[] = [
  {
    path: "/responseParameters/*",
    ops: ["add", "replace", "remove"],
    apply: (response, op, value, [name = ""]) => {
      if (op === "remove") delete response.responseParameters[name];
      else response.responseParameters[name] = value === "" ? false : booleanOf(value, "/responseParameters");
    },
  },
  ...mapRules<MethodResponse>("/responseModels", (response) => response.responseModels),
];

function checkResponse(response: MethodResponse): void {
  checkModels(response.responseModels);
  for (const name of Object.keys(response.responseParameters)) {
    if (!/^method\.response\.header\.[A-Za-z0-9!#$%&'*+.^_`|~-]+$/.test(name)) {
      throw badRequest(`Invalid mapping expression parameter specified: ${name}`);
    }
  }
}

function refuseAuthorization(
  type: string,
  authorizerId: string | undefined,
  scopes: readonly string[] | undefined,
  apiKeyRequired: boolean,
): void {
  if (!["NONE", "AWS_IAM", "CUSTOM", "COGNITO_USER_POOLS"].includes(type)) {
    throw badRequest("Invalid authorization type specified. Must be one of: [NONE, AWS_IAM, CUSTOM, COGNITO_USER_POOLS]");
  }
  if (type !== "NONE") throw notImplemented(`A method with the authorizationType ${type}`);
  if (authorizerId !== undefined) throw notImplemented("A method with an authorizerId");
  if (scopes !== undefined && scopes.length > 0) throw notImplemented("A method with authorizationScopes");
  if (apiKeyRequired) throw notImplemented("A method with apiKeyRequired");
}

function checkModels(models: Readonly<Record<string, string>> | undefined): void {
  for (const model of Object.values(models ?? {})) {
    if (!MODELS.includes(model)) throw badRequest(`Invalid model identifier specified: ${model}`);
  }
}

function checkRequestParameters(parameters: Readonly<Record<string, boolean>> | undefined): void {
  for (const name of Object.keys(parameters ?? {})) {
    if (!/^method\.request\.(path|querystring|header|multivaluequerystring|multivalueheader)\.[^\s]+$/.test(name)) {
      throw badRequest(`Invalid mapping expression parameter specified: ${name}`);
    }
  }
}
