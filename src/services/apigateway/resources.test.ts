// The CloudFormation types, as the Serverless Framework's templates use them: each step may run twice, and none adopts what it
// did not make.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Properties, ResourceRequest } from "../../contract/resource.ts";
import { hasCode } from "../../kernel/errors.ts";
import { createWorld } from "../../testing/world.ts";
import { resourceTypes } from "./resources.ts";

const request = (logicalId: string): ResourceRequest => ({
  stackName: "orders-dev",
  stackId: "arn:aws:cloudformation:us-east-1:000000000000:stack/orders-dev/1",
  logicalId,
  generatedName: () => `orders-dev-${logicalId}-ABCDEFGHIJKL`,
});

async function stack() {
  const world = await createWorld({ services: [{ id: "apigateway", load: async () => (await import("./service.ts")).apigateway }] });
  const context = world.context("apigateway");
  const type = (name: string) => {
    const found = resourceTypes[`AWS::ApiGateway::${name}`];
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

const preflight = (restApi: string, resource: string): Properties => ({
  RestApiId: restApi,
  ResourceId: resource,
  HttpMethod: "OPTIONS",
  AuthorizationType: "NONE",
  RequestParameters: {},
  MethodResponses: [
    { StatusCode: "200", ResponseParameters: { "method.response.header.Access-Control-Allow-Origin": true }, ResponseModels: {} },
  ],
  Integration: {
    Type: "MOCK",
    RequestTemplates: { "application/json": "{statusCode:200}" },
    ContentHandling: "CONVERT_TO_TEXT",
    IntegrationResponses: [
      {
        StatusCode: "200",
        ResponseParameters: { "method.response.header.Access-Control-Allow-Origin": "'*'" },
        ResponseTemplates: { "application/json": "" },
      },
    ],
  },
});

test("a step that runs again finds its own work", async () => {
  const { world, context, create } = await stack();
  const api = await create("RestApi", "Api", { Name: "dev-orders", EndpointConfiguration: { Types: ["EDGE"] }, Policy: "" });
  assert.deepEqual(await create("RestApi", "Api", { Name: "dev-orders" }), api);
  const root = api.attributes["RootResourceId"] ?? "";
  assert.equal(api.attributes["HearthEndpoint"], `http://${api.physicalId}.execute-api.localhost:4566`);
  const users = { RestApiId: api.physicalId, ParentId: root, PathPart: "users" };
  const resource = await create("Resource", "Users", users);
  assert.deepEqual(await create("Resource", "Users", users), resource);
  await assert.rejects(create("Resource", "Others", users), (error) => hasCode(error, "ConflictException"));
  const method = preflight(api.physicalId, resource.physicalId);
  await create("Method", "Options", method);
  await create("Method", "Options", method);
  await assert.rejects(create("Method", "Other", method), (error) => hasCode(error, "ConflictException"));
  const deployment = await create("Deployment", "Deployment1", { RestApiId: api.physicalId, StageName: "dev" });
  assert.deepEqual(await create("Deployment", "Deployment1", { RestApiId: api.physicalId, StageName: "dev" }), deployment);
  const stages = await world.call("apigateway", "GetStages", { restApiId: api.physicalId });
  assert.deepEqual(
    stages.item?.map((stage) => [stage?.stageName, stage?.deploymentId]),
    [["dev", deployment.physicalId]],
  );
  const shown = await world.call("apigateway", "GetMethod", {
    restApiId: api.physicalId,
    resourceId: resource.physicalId,
    httpMethod: "OPTIONS",
  });
  assert.equal(shown.methodIntegration?.integrationResponses?.["200"]?.statusCode, "200");
  assert.equal((await world.call("apigateway", "GetRestApis", {})).items?.length, 1);
  assert.equal(context.account, "000000000000");
  await world.close();
});

test("a new deployment takes the stage over, and the old one goes without it", async () => {
  const { world, context, create, type } = await stack();
  const api = await create("RestApi", "Api", { Name: "a" });
  await create("Method", "Options", preflight(api.physicalId, api.attributes["RootResourceId"] ?? ""));
  const properties = { RestApiId: api.physicalId, StageName: "dev" };
  const first = await create("Deployment", "Deployment1", properties);
  const second = await create("Deployment", "Deployment2", properties);
  assert.notEqual(first.physicalId, second.physicalId);
  await type("Deployment").delete(context, request("Deployment1"), first, properties);
  const stage = await world.call("apigateway", "GetStage", { restApiId: api.physicalId, stageName: "dev" });
  assert.equal(stage.deploymentId, second.physicalId);
  await type("Deployment").delete(context, request("Deployment2"), second, properties);
  assert.deepEqual((await world.call("apigateway", "GetStages", { restApiId: api.physicalId })).item, []);
  await type("Deployment").delete(context, request("Deployment2"), second, properties);
  await type("RestApi").delete(context, request("Api"), api, {});
  await type("RestApi").delete(context, request("Api"), api, {});
  await world.close();
});

test("a deployment that is rolled back gives the stage back to the one before", async () => {
  const { world, context, create, type } = await stack();
  const api = await create("RestApi", "Api", { Name: "a" });
  await create("Method", "Options", preflight(api.physicalId, api.attributes["RootResourceId"] ?? ""));
  const properties = { RestApiId: api.physicalId, StageName: "dev" };
  const first = await create("Deployment", "Deployment1", properties);
  await world.call("apigateway", "CreateDeployment", { restApiId: api.physicalId });
  await world.advance(1_000);
  const second = await create("Deployment", "Deployment2", properties);
  await type("Deployment").delete(context, request("Deployment2"), second, properties);
  const stage = await world.call("apigateway", "GetStage", { restApiId: api.physicalId, stageName: "dev" });
  assert.equal(stage.deploymentId, first.physicalId);
  await world.close();
});

test("updates change what is there", async () => {
  const { world, context, create, type } = await stack();
  const api = await create("RestApi", "Api", { Name: "a" });
  const root = api.attributes["RootResourceId"] ?? "";
  await create("Method", "Options", preflight(api.physicalId, root));
  const deployment = await create("Deployment", "Deployment1", { RestApiId: api.physicalId });
  const stage = { RestApiId: api.physicalId, StageName: "dev", DeploymentId: deployment.physicalId };
  const state = await create("Stage", "Stage", {
    ...stage,
    Variables: { a: "1" },
    MethodSettings: [{ HttpMethod: "*", ResourcePath: "/*", MetricsEnabled: "true" }],
  });
  assert.equal(state.physicalId, "dev");
  await type("Stage").update(context, request("Stage"), state, { ...stage, Variables: { b: "2" } }, stage);
  const shown = await world.call("apigateway", "GetStage", { restApiId: api.physicalId, stageName: "dev" });
  assert.deepEqual(shown.variables, { b: "2" });
  assert.deepEqual(shown.methodSettings, {});
  await type("RestApi").update(context, request("Api"), api, { Name: "b", BinaryMediaTypes: ["*/*"] }, { Name: "a" });
  const renamed = await world.call("apigateway", "GetRestApi", { restApiId: api.physicalId });
  assert.equal(renamed.name, "b");
  assert.deepEqual(renamed.binaryMediaTypes, ["*/*"]);
  assert.equal(renamed.rootResourceId, root);
  await world.close();
});

test("an authorizer, a body or a nested property that is not honoured stops the deployment by name", async () => {
  const { world, create } = await stack();
  const api = await create("RestApi", "Api", { Name: "a" });
  const method = preflight(api.physicalId, api.attributes["RootResourceId"] ?? "");
  await assert.rejects(create("Method", "M", { ...method, AuthorizationType: "COGNITO_USER_POOLS" }), /COGNITO_USER_POOLS/);
  await assert.rejects(create("Method", "M", { ...method, ApiKeyRequired: "true" }), /apiKeyRequired/);
  await assert.rejects(create("Method", "M", { ...method, Integration: { Type: "AWS", Uri: "x" } }), /type AWS/);
  await assert.rejects(create("Method", "M", { ...method, Integration: { Type: "MOCK", Other: 1 } }), /extraneous key \[Other\]/);
  assert(!resourceTypes["AWS::ApiGateway::RestApi"]?.properties.includes("Body"));
  await world.close();
});

test("the account's role is kept and noted", async () => {
  const { world, create } = await stack();
  await create("Account", "Account", { CloudWatchRoleArn: "arn:aws:iam::000000000000:role/logs" });
  assert.equal((await world.call("apigateway", "GetAccount", {})).cloudwatchRoleArn, "arn:aws:iam::000000000000:role/logs");
  assert(world.platform.ledger.entries().some((note) => note.parameter === "cloudwatchRoleArn"));
  await world.close();
});
