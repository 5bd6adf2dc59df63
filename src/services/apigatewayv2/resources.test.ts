// The CloudFormation types, as the Serverless Framework's templates use them: each step may run twice, and none adopts what it
// did not make.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Properties, ResourceRequest } from "../../contract/resource.ts";
import { hasCode } from "../../kernel/errors.ts";
import { createWorld } from "../../testing/world.ts";
import { resourceTypes } from "./resources.ts";

const FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:status";

const request = (logicalId: string): ResourceRequest => ({
  stackName: "orders-dev",
  stackId: "arn:aws:cloudformation:us-east-1:000000000000:stack/orders-dev/1",
  logicalId,
  generatedName: () => `orders-dev-${logicalId}-ABCDEFGHIJKL`,
});

async function stack() {
  const world = await createWorld({ services: [{ id: "apigatewayv2", load: async () => (await import("./service.ts")).apigatewayv2 }] });
  const context = world.context("apigatewayv2");
  const type = (name: string) => {
    const found = resourceTypes[`AWS::ApiGatewayV2::${name}`];
    assert(found, name);
    return found;
  };
  return {
    world,
    context,
    type,
    create: (name: string, logicalId: string, properties: Properties) => type(name).create(context, request(logicalId), properties),
  };
}

test("a whole API, each step twice", async () => {
  const { world, create, context, type } = await stack();
  const twice = async (name: string, logicalId: string, properties: Properties) => {
    const first = await create(name, logicalId, properties);
    assert.deepEqual(await create(name, logicalId, properties), first, name);
    return first;
  };
  const api = await twice("Api", "HttpApi", {
    Name: "dev-orders",
    ProtocolType: "HTTP",
    CorsConfiguration: { AllowOrigins: ["*"], MaxAge: "5" },
  });
  assert.equal(api.attributes["ApiEndpoint"], `http://${api.physicalId}.execute-api.localhost:4566`);
  const ApiId = api.physicalId;
  const integrationProperties = {
    ApiId,
    IntegrationType: "AWS_PROXY",
    IntegrationUri: FUNCTION,
    PayloadFormatVersion: "2.0",
    TimeoutInMillis: 30000,
  };
  const integration = await twice("Integration", "StatusIntegration", integrationProperties);
  const routeProperties = { ApiId, RouteKey: "GET /status", Target: `integrations/${integration.physicalId}` };
  const route = await twice("Route", "StatusRoute", routeProperties);
  await assert.rejects(create("Route", "Other", routeProperties), (error) => hasCode(error, "ConflictException"));
  const stageProperties = { ApiId, StageName: "$default", AutoDeploy: true, DefaultRouteSettings: { DetailedMetricsEnabled: false } };
  const stage = await twice("Stage", "HttpApiStage", stageProperties);
  assert.equal(stage.physicalId, "$default");
  const deployment = await twice("Deployment", "D", { ApiId });

  await type("Route").update(context, request("StatusRoute"), route, { ...routeProperties, RouteKey: "ANY /status" }, routeProperties);
  assert.equal((await world.call("apigatewayv2", "GetRoute", { ApiId, RouteId: route.physicalId })).RouteKey, "ANY /status");
  await type("Stage").update(context, request("HttpApiStage"), stage, { ...stageProperties, StageVariables: { a: "b" } }, stageProperties);
  assert.deepEqual((await world.call("apigatewayv2", "GetStage", { ApiId, StageName: "$default" })).StageVariables, { a: "b" });
  await type("Integration").update(
    context,
    request("StatusIntegration"),
    integration,
    { ...integrationProperties, TimeoutInMillis: 5000 },
    integrationProperties,
  );
  await type("Api").update(context, request("HttpApi"), api, { Name: "other", ProtocolType: "HTTP" }, {});
  const shown = await world.call("apigatewayv2", "GetApi", { ApiId });
  assert.deepEqual([shown.Name, shown.CorsConfiguration], ["other", undefined]);

  for (let round = 0; round < 2; round++) {
    await type("Deployment").delete(context, request("D"), deployment, { ApiId });
    await type("Stage").delete(context, request("HttpApiStage"), stage, stageProperties);
    await type("Route").delete(context, request("StatusRoute"), route, routeProperties);
    await type("Integration").delete(context, request("StatusIntegration"), integration, integrationProperties);
    await type("Api").delete(context, request("HttpApi"), api, {});
  }
  assert.deepEqual((await world.call("apigatewayv2", "GetApis", {})).Items, []);
  await world.close();
});

test("what is not honoured stops the deployment by name", async () => {
  const { world, create } = await stack();
  const { physicalId: ApiId } = await create("Api", "HttpApi", { Name: "a", ProtocolType: "HTTP" });
  const cases: [type: string, properties: Properties, message: RegExp][] = [
    ["Api", { Name: "a", ProtocolType: "WEBSOCKET" }, /WEBSOCKET/],
    ["Api", { Name: "a", ProtocolType: "HTTP", CorsConfiguration: { Other: 1 } }, /extraneous key \[Other\]/],
    ["Integration", { ApiId, IntegrationType: "HTTP_PROXY", IntegrationUri: "https://x", PayloadFormatVersion: "1.0" }, /HTTP_PROXY/],
    ["Integration", { ApiId, IntegrationType: "AWS_PROXY", IntegrationUri: FUNCTION }, /PayloadFormatVersion/],
    [
      "Integration",
      { ApiId, IntegrationType: "AWS_PROXY", IntegrationUri: FUNCTION, PayloadFormatVersion: "2.0", RequestParameters: { a: "b" } },
      /RequestParameters/,
    ],
    ["Route", { ApiId, RouteKey: "GET /", AuthorizationType: "JWT", AuthorizerId: "a" }, /JWT/],
    ["Route", { ApiId, RouteKey: "GET /", AuthorizationScopes: ["a"] }, /AuthorizationScopes/],
  ];
  for (const [type, properties, message] of cases) await assert.rejects(create(type, "X", properties), message);
  await world.close();
});
