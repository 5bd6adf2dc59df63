// `httpApi` events: one HTTP API for the app, an integration for each function, a route for each event.
import type { Json, JsonObject, Position } from "../../template/document.ts";
import { addPermission, addResource, attribute, type Draft, executeApiArn, reference } from "./draft.ts";
import { CORS_HEADERS } from "./http-events.ts";
import { HTTP_API_ID, HTTP_API_STAGE_ID, httpIntegrationId, httpRouteId, lambdaId } from "./naming.ts";
import { sectionOf } from "./section.ts";

const METHODS = ["ANY", "GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"];

interface HttpApiEvent {
  readonly key: string;
  /** `GET /users/{id}`, or `*` for what no route matches. */
  readonly routeKey: string;
  readonly position: Position | undefined;
}

export function readHttpApiEvent(
  draft: Draft,
  key: string,
  value: Json,
  position: Position | undefined,
  path: string,
): HttpApiEvent | undefined {
  const wrong = (message: string): undefined => {
    draft.reading.problems.push({ message: `${path} ${message}`, ...(position && { position }) });
    return undefined;
  };
  let method: string | undefined;
  let route: string | undefined;
  if (typeof value === "string") {
    if (value.trim() === "*") return { key, routeKey: "*", position };
    [method, route] = value.trim().split(/\s+/);
  } else if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    const section = sectionOf(draft.reading, value, path, position);
    section.check({ honoured: ["method", "path"], refused: { authorizer: "requests are not authorized on this platform yet" } });
    // `path: POST /users` names the method too.
    const [verb, rest] = section.has("method") ? [] : (section.string("path") ?? "*").trim().split(/\s+/);
    method = rest === undefined ? (section.string("method") ?? "*") : verb;
    route = rest ?? section.string("path") ?? "*";
    if (route === "*") return method === "*" ? { key, routeKey: "*", position } : wrong(`needs a path for the method ${method}`);
  }
  const verb = method === "*" ? "ANY" : (method ?? "").toUpperCase();
  if (!METHODS.includes(verb) || !route?.startsWith("/")) {
    return wrong(`is no route: write it as "GET /users/{id}" or "*"; a method is one of ${METHODS.join(", ")} or *`);
  }
  return { key, routeKey: `${verb} ${route === "/" ? route : route.replace(/\/+$/, "")}`, position };
}

/** The HTTP API that serves all `httpApi` events of the app. */
export function addHttpApi(draft: Draft, events: readonly HttpApiEvent[]): void {
  const [first] = events;
  if (!first) return;
  const { provider, service, stage } = draft;
  const settings = provider.object("httpApi");
  settings?.check({
    honoured: ["cors", "payload", "name", "shouldStartNameWithService", "disableDefaultEndpoint"],
    ignored: { metrics: "has no effect", useProviderTags: undefined },
    refused: { authorizers: "requests are not authorized on this platform yet", id: "the app gets an API of its own" },
  });
  const cors = corsOf(draft, events);
  const name =
    settings?.string("name") ?? (settings?.boolean("shouldStartNameWithService") ? `${service}-${stage}` : `${stage}-${service}`);
  const disabled = settings?.boolean("disableDefaultEndpoint");
  addResource(
    draft,
    HTTP_API_ID,
    {
      Type: "AWS::ApiGatewayV2::Api",
      Properties: {
        Name: name,
        ProtocolType: "HTTP",
        ...(cors && { CorsConfiguration: cors }),
        ...(disabled && { DisableExecuteApiEndpoint: true }),
      },
    },
    first.position,
  );
  addResource(
    draft,
    HTTP_API_STAGE_ID,
    { Type: "AWS::ApiGatewayV2::Stage", Properties: { ApiId: reference(HTTP_API_ID), StageName: "$default", AutoDeploy: true } },
    first.position,
  );
  const payload = settings?.string("payload") ?? "2.0";
  if (!["1.0", "2.0", "1", "2"].includes(payload)) settings?.problem("payload", 'must be "1.0" or "2.0"');
  for (const event of events) {
    addRoute(draft, event, payload.startsWith("1") ? "1.0" : "2.0");
    addPermission(draft, event.key, "HttpApi", "apigateway.amazonaws.com", executeApiArn(HTTP_API_ID, "/*"), event.position);
  }
  draft.outputs["HttpApiId"] = { Description: "Id of the HTTP API", Value: reference(HTTP_API_ID) };
  draft.outputs["HttpApiUrl"] = { Description: "URL of the HTTP API", Value: attribute(HTTP_API_ID, "ApiEndpoint") };
}

function addRoute(draft: Draft, event: HttpApiEvent, payload: string): void {
  const integration = httpIntegrationId(event.key);
  if (!draft.resources[integration]) {
    addResource(
      draft,
      integration,
      {
        Type: "AWS::ApiGatewayV2::Integration",
        Properties: {
          ApiId: reference(HTTP_API_ID),
          IntegrationType: "AWS_PROXY",
          IntegrationUri: attribute(lambdaId(event.key), "Arn"),
          PayloadFormatVersion: payload,
          TimeoutInMillis: 30_000,
        },
      },
      event.position,
    );
  }
  addResource(
    draft,
    httpRouteId(event.routeKey),
    {
      Type: "AWS::ApiGatewayV2::Route",
      Properties: {
        ApiId: reference(HTTP_API_ID),
        RouteKey: event.routeKey === "*" ? "$default" : event.routeKey,
        Target: { "Fn::Join": ["/", ["integrations", reference(integration)]] },
      },
      DependsOn: integration,
    },
    event.position,
  );
}

function corsOf(draft: Draft, events: readonly HttpApiEvent[]): JsonObject | undefined {
  const settings = draft.provider.object("httpApi");
  const value = settings?.get("cors");
  if (!settings || value === undefined || value === false) return undefined;
  const used = events.map((event) => event.routeKey.split(" ")[0] ?? "").filter((method) => method !== "*");
  const everyMethod = events.some((event) => event.routeKey === "*" || event.routeKey.startsWith("ANY "));
  const methods = everyMethod ? ["OPTIONS", "GET", "POST", "PUT", "PATCH", "DELETE"] : [...new Set(["OPTIONS", ...used])];
  if (value === true) return { AllowOrigins: ["*"], AllowHeaders: [...CORS_HEADERS], AllowMethods: methods };
  const cors = settings.object("cors");
  if (!cors) return undefined;
  cors.check({
    honoured: ["allowedOrigins", "allowedHeaders", "allowedMethods", "allowCredentials", "exposedResponseHeaders", "maxAge"],
  });
  const credentials = cors.boolean("allowCredentials");
  const exposed = cors.strings("exposedResponseHeaders");
  const maxAge = cors.number("maxAge", -1, 86_400);
  return {
    AllowOrigins: cors.strings("allowedOrigins") ?? ["*"],
    AllowHeaders: cors.strings("allowedHeaders") ?? [...CORS_HEADERS],
    AllowMethods: cors.strings("allowedMethods") ?? methods,
    ...(credentials !== undefined && { AllowCredentials: credentials }),
    ...(exposed && { ExposeHeaders: exposed }),
    ...(maxAge !== undefined && { MaxAge: maxAge }),
  };
}
