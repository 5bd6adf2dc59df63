// `http` events: one REST API for the app, a resource for each part of a path, a proxy method for each event, OPTIONS
// methods that answer for CORS, and a deployment named after what it deploys.
import { createHash } from "node:crypto";
import type { Json, JsonObject, Position } from "../../template/document.ts";
import { addPermission, addResource, attribute, type Draft, executeApiArn, reference } from "./draft.ts";
import { lambdaId, permissionId, REST_API_ID, restMethodId, restResourceId } from "./naming.ts";
import { sectionOf } from "./section.ts";

const METHODS = ["get", "post", "put", "patch", "delete", "options", "head", "any"];
export const CORS_HEADERS = [
  "Content-Type",
  "X-Amz-Date",
  "Authorization",
  "X-Api-Key",
  "X-Amz-Security-Token",
  "X-Amz-User-Agent",
  "X-Amzn-Trace-Id",
];

interface Cors {
  readonly origins: readonly string[];
  readonly headers: readonly string[];
  readonly methods: readonly string[] | undefined;
  readonly allowCredentials: boolean;
  readonly maxAge: number | undefined;
  readonly cacheControl: string | undefined;
}

interface HttpEvent {
  readonly key: string;
  /** Without slashes at its ends; empty for the root. */
  readonly path: string;
  readonly method: string;
  readonly cors: Cors | undefined;
  readonly requestParameters: JsonObject;
  readonly position: Position | undefined;
}

/** Reads one event of a function; undefined when it has problems. */
export function readHttpEvent(draft: Draft, key: string, value: Json, position: Position | undefined, path: string): HttpEvent | undefined {
  const { problems } = draft.reading;
  const wrong = (message: string): undefined => {
    problems.push({ message: `${path} ${message}`, ...(position && { position }) });
    return undefined;
  };
  if (typeof value === "string") {
    const [method = "", route, more] = value.trim().split(/\s+/);
    if (route === undefined || more !== undefined || !METHODS.includes(method.toLowerCase()))
      return wrong(`"${value}" is no route: write it as "GET users/{id}"`);
    return { key, method: method.toLowerCase(), path: trimPath(route), cors: undefined, requestParameters: {}, position };
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return wrong("must be a route or an object");
  const section = sectionOf(draft.reading, value, path, position);
  section.check({
    honoured: ["path", "method", "cors", "integration", "request", "private"],
    ignored: { operationId: undefined, documentation: undefined, summary: undefined, description: undefined, tags: undefined },
    refused: {
      authorizer: "requests are not authorized on this platform yet",
      async: "asynchronous integrations are not there",
      response: "only the proxy integration is there",
      connectionType: "VPC links are not there",
    },
  });
  if (section.boolean("private")) section.problem("private", "is not supported by Hearth: there are no API keys and usage plans");
  const integration = section.string("integration")?.toLowerCase().replace("_", "-");
  if (integration !== undefined && integration !== "lambda-proxy" && integration !== "aws-proxy") {
    section.problem("integration", `"${section.string("integration")}" is not supported by Hearth; lambda-proxy is`);
  }
  const method = section.string("method")?.toLowerCase() ?? "";
  const route = section.string("path");
  if (route === undefined) return wrong("needs a path");
  if (!METHODS.includes(method)) return wrong(`needs a method: one of ${METHODS.join(", ")}`);
  const cors = section.has("cors") ? readCors(draft, section.get("cors") ?? null, `${path}.cors`, section.at("cors")) : undefined;
  const request = section.object("request");
  request?.check({
    honoured: ["parameters"],
    refused: { schemas: "request validation is not there", template: "only the proxy integration is there" },
  });
  const requestParameters = requestParametersOf(request?.object("parameters")?.value ?? {});
  return { key, method, path: trimPath(route), cors, requestParameters, position };
}

function trimPath(path: string): string {
  return path.replace(/^\/+|\/+$/g, "");
}

/** `{paths: {id: true}, querystrings: {…}, headers: {…}}` as API Gateway names them. */
function requestParametersOf(parameters: JsonObject): JsonObject {
  const kinds: Readonly<Record<string, string>> = { paths: "path", querystrings: "querystring", headers: "header" };
  const out: JsonObject = {};
  for (const [kind, place] of Object.entries(kinds)) {
    const names = parameters[kind];
    if (typeof names !== "object" || names === null || Array.isArray(names)) continue;
    for (const [name, required] of Object.entries(names)) {
      const isRequired = typeof required === "object" && required !== null && !Array.isArray(required) ? required["required"] : required;
      out[`method.request.${place}.${name}`] = isRequired === true;
    }
  }
  return out;
}

function readCors(draft: Draft, value: Json, path: string, position: Position | undefined): Cors | undefined {
  const plain: Cors = {
    origins: ["*"],
    headers: CORS_HEADERS,
    methods: undefined,
    allowCredentials: false,
    maxAge: undefined,
    cacheControl: undefined,
  };
  if (value === true) return plain;
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const section = sectionOf(draft.reading, value, path, position);
  section.check({ honoured: ["origin", "origins", "headers", "methods", "allowCredentials", "maxAge", "cacheControl"] });
  const origins =
    section.strings("origins") ??
    section
      .string("origin")
      ?.split(",")
      .map((origin) => origin.trim());
  return {
    origins: origins && origins.length > 0 ? origins : ["*"],
    headers: section.strings("headers") ?? CORS_HEADERS,
    methods: section.strings("methods")?.map((method) => method.toUpperCase()),
    allowCredentials: section.boolean("allowCredentials") ?? false,
    maxAge: section.number("maxAge", 1, 86_400),
    cacheControl: section.string("cacheControl"),
  };
}

/** The REST API that serves all `http` events of the app. */
export function addRestApi(draft: Draft, events: readonly HttpEvent[]): void {
  const [first] = events;
  if (!first) return;
  const { provider, service, stage } = draft;
  const settings = provider.object("apiGateway");
  settings?.check({
    honoured: ["binaryMediaTypes", "description", "disableDefaultEndpoint", "minimumCompressionSize", "shouldStartNameWithService"],
    ignored: { metrics: "has no effect", websocketApiId: undefined },
    refused: {
      apiKeys: "there are no API keys",
      usagePlan: "there are no usage plans",
      restApiId: "the app gets an API of its own",
      restApiRootResourceId: "the app gets an API of its own",
      resourcePolicy: "policies are not enforced",
      request: "request validation is not there",
    },
  });
  const name = settings?.boolean("shouldStartNameWithService") ? `${service}-${stage}` : `${stage}-${service}`;
  const binaryMediaTypes = settings?.strings("binaryMediaTypes");
  const minimumCompressionSize = settings?.number("minimumCompressionSize", 0, 10_485_760);
  const description = settings?.string("description");
  const disabled = settings?.boolean("disableDefaultEndpoint");
  addResource(
    draft,
    REST_API_ID,
    {
      Type: "AWS::ApiGateway::RestApi",
      Properties: {
        Name: provider.string("apiName") ?? name,
        EndpointConfiguration: { Types: [provider.string("endpointType")?.toUpperCase() ?? "EDGE"] },
        ...(binaryMediaTypes && { BinaryMediaTypes: binaryMediaTypes }),
        ...(minimumCompressionSize !== undefined && { MinimumCompressionSize: minimumCompressionSize }),
        ...(description !== undefined && { Description: description }),
        ...(disabled && { DisableExecuteApiEndpoint: true }),
      },
    },
    first.position,
  );
  const methods: string[] = [];
  for (const event of events) {
    addPathResources(draft, event);
    methods.push(addMethod(draft, event));
    addPermission(draft, event.key, "ApiGateway", "apigateway.amazonaws.com", executeApiArn(REST_API_ID, "/*/*"), event.position);
  }
  methods.push(...addPreflights(draft, events));
  const parts = Object.entries(draft.resources).filter(([id]) => /^ApiGateway(RestApi|Resource|Method)/.test(id));
  const digest = createHash("sha256").update(JSON.stringify(parts.sort())).digest("hex").slice(0, 13);
  addResource(
    draft,
    `ApiGatewayDeployment${digest}`,
    {
      Type: "AWS::ApiGateway::Deployment",
      Properties: { RestApiId: reference(REST_API_ID), StageName: stage },
      DependsOn: [...new Set(methods)],
    },
    first.position,
  );
  draft.outputs["ServiceEndpoint"] = {
    Description: "URL of the service endpoint",
    Value: { "Fn::Join": ["/", [attribute(REST_API_ID, "HearthEndpoint"), stage]] },
  };
}

function addPathResources(draft: Draft, event: HttpEvent): void {
  const parts = event.path === "" ? [] : event.path.split("/");
  parts.forEach((part, index) => {
    const parent = parts.slice(0, index).join("/");
    addResource(
      draft,
      restResourceId(parts.slice(0, index + 1).join("/")),
      {
        Type: "AWS::ApiGateway::Resource",
        Properties: { ParentId: pathReference(parent), PathPart: part, RestApiId: reference(REST_API_ID) },
      },
      event.position,
    );
  });
}

function pathReference(path: string): JsonObject {
  return path === "" ? attribute(REST_API_ID, "RootResourceId") : reference(restResourceId(path));
}

function addMethod(draft: Draft, event: HttpEvent): string {
  const id = restMethodId(event.path, event.method);
  const uri: Json[] = [
    ...["arn:", reference("AWS::Partition"), ":apigateway:", reference("AWS::Region")],
    ...[":lambda:path/2015-03-31/functions/", attribute(lambdaId(event.key), "Arn"), "/invocations"],
  ];
  addResource(
    draft,
    id,
    {
      Type: "AWS::ApiGateway::Method",
      Properties: {
        HttpMethod: event.method.toUpperCase(),
        RequestParameters: event.requestParameters,
        ResourceId: pathReference(event.path),
        RestApiId: reference(REST_API_ID),
        ApiKeyRequired: false,
        AuthorizationType: "NONE",
        Integration: { IntegrationHttpMethod: "POST", Type: "AWS_PROXY", Uri: { "Fn::Join": ["", uri] } },
        MethodResponses: [],
      },
      DependsOn: [permissionId(event.key, "ApiGateway")],
    },
    event.position,
  );
  return id;
}

/** OPTIONS methods that answer without a function, one for each path that asks for CORS. */
function addPreflights(draft: Draft, events: readonly HttpEvent[]): string[] {
  const paths = [...new Set(events.filter((event) => event.cors).map((event) => event.path))];
  return paths.map((path) => {
    const ofPath = events.filter((event) => event.path === path && event.cors);
    const all = ofPath.flatMap((event) => (event.cors ? [event.cors] : []));
    const used = ["OPTIONS", ...ofPath.map((event) => event.method.toUpperCase())];
    const methods = [...new Set([...used, ...all.flatMap((cors) => cors.methods ?? [])])];
    const origins = [...new Set(all.flatMap((cors) => cors.origins))];
    const maxAge = Math.max(0, ...all.map((cors) => cors.maxAge ?? 0));
    const cacheControl = all.find((cors) => cors.cacheControl !== undefined)?.cacheControl;
    const headers: Record<string, string> = {
      "Access-Control-Allow-Origin": `'${origins[0] ?? "*"}'`,
      "Access-Control-Allow-Headers": `'${[...new Set(all.flatMap((cors) => cors.headers))].join(",")}'`,
      "Access-Control-Allow-Methods": `'${methods.join(",").replace("ANY", "DELETE,GET,HEAD,PATCH,POST,PUT")}'`,
      ...(all.some((cors) => cors.allowCredentials) && { "Access-Control-Allow-Credentials": "'true'" }),
      ...(maxAge > 0 && { "Access-Control-Max-Age": `'${maxAge}'` }),
      ...(cacheControl !== undefined && { "Cache-Control": `'${cacheControl}'` }),
    };
    const id = restMethodId(path, "options");
    addResource(draft, id, preflight(path, headers, origins), ofPath[0]?.position);
    return id;
  });
}

function preflight(path: string, headers: Readonly<Record<string, string>>, origins: readonly string[]): JsonObject {
  const named = (value: (header: string) => Json): JsonObject =>
    Object.fromEntries(Object.keys(headers).map((header) => [`method.response.header.${header}`, value(header)]));
  return {
    Type: "AWS::ApiGateway::Method",
    Properties: {
      AuthorizationType: "NONE",
      HttpMethod: "OPTIONS",
      MethodResponses: [{ StatusCode: "200", ResponseParameters: named(() => true), ResponseModels: {} }],
      RequestParameters: {},
      Integration: {
        Type: "MOCK",
        RequestTemplates: { "application/json": "{statusCode:200}" },
        ContentHandling: "CONVERT_TO_TEXT",
        IntegrationResponses: [
          {
            StatusCode: "200",
            ResponseParameters: named((header) => headers[header] ?? ""),
            ResponseTemplates: { "application/json": origins.length > 1 ? originTemplate(origins) : "" },
          },
        ],
      },
      ResourceId: pathReference(path),
      RestApiId: reference(REST_API_ID),
    },
  };
}

/** Names the caller's own origin when it is among the allowed ones, instead of the first of them. `*` in an origin stands for any text. */
function originTemplate(origins: readonly string[]): string {
  const allowed = origins.map(originPattern).join("|");
  const answer = "$context.responseOverride.header.Access-Control-Allow-Origin";
  return `#set($caller = $input.params().header.get("Origin"))#if($caller.matches("${allowed}"))#set(${answer} = $caller)#end`;
}

/** As a regular expression without backslashes, which Velocity and Java would each read in their own way. */
function originPattern(origin: string): string {
  return origin.replaceAll(/[.+?^$()[\]{}|*]/g, (character) => (character === "*" ? ".+" : `[${character}]`));
}
