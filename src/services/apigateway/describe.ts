// Records as the API shows them. Pure.
import type { OutputOf } from "../../contract/models.ts";
import type { ApiResource, Integration, IntegrationResponse, Method, MethodResponse, RestApi } from "./keys.ts";

export function describeApi(api: RestApi): OutputOf<"apigateway", "GetRestApi"> {
  return {
    id: api.id,
    name: api.name,
    description: api.description,
    createdDate: new Date(api.createdAtMs),
    version: api.version,
    ...(api.binaryMediaTypes.length > 0 && { binaryMediaTypes: api.binaryMediaTypes }),
    minimumCompressionSize: api.minimumCompressionSize,
    apiKeySource: api.apiKeySource,
    endpointConfiguration: {
      types: api.endpointTypes,
      ipAddressType: api.ipAddressType,
      vpcEndpointIds: api.vpcEndpointIds.length > 0 ? api.vpcEndpointIds : undefined,
    },
    policy: api.policy,
    ...(Object.keys(api.tags).length > 0 && { tags: api.tags }),
    disableExecuteApiEndpoint: api.disableExecuteApiEndpoint,
    rootResourceId: api.rootResourceId,
    apiStatus: "AVAILABLE",
  };
}

export function describeResource(resource: ApiResource, methods: boolean): OutputOf<"apigateway", "GetResource"> {
  const entries = Object.values(resource.methods);
  return {
    id: resource.id,
    parentId: resource.parentId,
    pathPart: resource.pathPart,
    path: resource.path,
    ...(entries.length > 0 && {
      resourceMethods: Object.fromEntries(entries.map((method) => [method.httpMethod, methods ? describeMethod(method) : {}])),
    }),
  };
}

export function describeMethod(method: Method): OutputOf<"apigateway", "GetMethod"> {
  const responses = Object.values(method.methodResponses);
  return {
    httpMethod: method.httpMethod,
    authorizationType: "NONE",
    apiKeyRequired: false,
    operationName: method.operationName,
    requestParameters: orUndefined(method.requestParameters),
    requestModels: orUndefined(method.requestModels),
    ...(responses.length > 0 && {
      methodResponses: Object.fromEntries(responses.map((response) => [response.statusCode, describeMethodResponse(response)])),
    }),
    methodIntegration: method.integration && describeIntegration(method.integration),
  };
}

export function describeMethodResponse(response: MethodResponse): OutputOf<"apigateway", "GetMethodResponse"> {
  return {
    statusCode: response.statusCode,
    responseParameters: orUndefined(response.responseParameters),
    responseModels: orUndefined(response.responseModels),
  };
}

export function describeIntegration(integration: Integration): OutputOf<"apigateway", "GetIntegration"> {
  const responses = Object.values(integration.integrationResponses);
  return {
    type: integration.type,
    httpMethod: integration.httpMethod,
    uri: integration.uri,
    credentials: integration.credentials,
    requestParameters: orUndefined(integration.requestParameters),
    requestTemplates: orUndefined(integration.requestTemplates),
    passthroughBehavior: integration.passthroughBehavior,
    contentHandling: integration.contentHandling,
    timeoutInMillis: integration.timeoutInMillis,
    cacheNamespace: integration.cacheNamespace,
    cacheKeyParameters: integration.cacheKeyParameters,
    ...(responses.length > 0 && {
      integrationResponses: Object.fromEntries(responses.map((response) => [response.statusCode, describeIntegrationResponse(response)])),
    }),
  };
}

export function describeIntegrationResponse(response: IntegrationResponse): OutputOf<"apigateway", "GetIntegrationResponse"> {
  return {
    statusCode: response.statusCode,
    selectionPattern: response.selectionPattern,
    responseParameters: orUndefined(response.responseParameters),
    responseTemplates: orUndefined(response.responseTemplates),
    contentHandling: response.contentHandling,
  };
}

function orUndefined<T>(map: Record<string, T>): Record<string, T> | undefined {
  return Object.keys(map).length > 0 ? map : undefined;
}
