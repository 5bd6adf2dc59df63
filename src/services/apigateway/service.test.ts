// REST APIs through the real client, and the requests that they answer, with a function that the test plays.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as sdk from "@aws-sdk/client-api-gateway";
import { APIGatewayClient } from "@aws-sdk/client-api-gateway";
import type { Context } from "../../contract/context.ts";
import type { InputOf, OutputOf } from "../../contract/models.ts";
import { AwsError } from "../../kernel/errors.ts";
import { createWorld, type World } from "../../testing/world.ts";

type Invocation = InputOf<"lambda", "Invoke">;
type Play = (context: Context, input: Invocation) => Promise<OutputOf<"lambda", "Invoke">>;

const FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:users";
const URI = `arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/${FUNCTION}/invocations`;

const answer = (value: unknown): OutputOf<"lambda", "Invoke"> => ({ StatusCode: 200, Payload: Buffer.from(JSON.stringify(value)) });

async function withWorld(play: Play, run: (world: World, client: APIGatewayClient) => Promise<void>): Promise<void> {
  const world = await createWorld({
    services: [
      { id: "apigateway", load: async () => (await import("./service.ts")).apigateway },
      { id: "lambda", load: async () => ({ id: "lambda", operations: { Invoke: play } }) },
    ],
  });
  try {
    await run(world, new APIGatewayClient(world.client()));
  } finally {
    await world.close();
  }
}

interface Sent {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

async function send(world: World, target: string, sent: Sent = {}) {
  const [path = "", query = ""] = target.split("?");
  const headers = { Host: "127.0.0.1:4566", ...sent.headers };
  const body = Buffer.from(sent.body ?? "");
  const response = await world.gateway.handle({
    method: sent.method ?? "GET",
    path: `/_aws/execute-api${path}`,
    query,
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
    rawHeaders: Object.entries(headers),
    body: {
      collect: async () => body,
      async *[Symbol.asyncIterator]() {
        yield body;
      },
    },
    sourceIp: "127.0.0.1",
    protocol: "HTTP/1.1",
    scheme: "http",
    signal: new AbortController().signal,
  });
  const content = response.body;
  assert(typeof content === "string" || content instanceof Uint8Array);
  const lower = Object.fromEntries(Object.entries(response.headers).map(([name, value]) => [name.toLowerCase(), value]));
  return { status: response.status, headers: lower, text: Buffer.from(content).toString("utf8") };
}

/** An API with GET /users/{id} behind the function and OPTIONS /users/{id} as a preflight, not yet deployed. */
async function build(client: APIGatewayClient) {
  const api = await client.send(new sdk.CreateRestApiCommand({ name: "shop", binaryMediaTypes: ["image/png"] }));
  const restApiId = api.id ?? "";
  const users = await client.send(new sdk.CreateResourceCommand({ restApiId, parentId: api.rootResourceId, pathPart: "users" }));
  const user = await client.send(new sdk.CreateResourceCommand({ restApiId, parentId: users.id, pathPart: "{id}" }));
  const at = { restApiId, resourceId: user.id ?? "" };
  await client.send(new sdk.PutMethodCommand({ ...at, httpMethod: "ANY", authorizationType: "NONE" }));
  await client.send(
    new sdk.PutIntegrationCommand({ ...at, httpMethod: "ANY", type: "AWS_PROXY", integrationHttpMethod: "POST", uri: URI }),
  );
  const options = { ...at, httpMethod: "OPTIONS" };
  await client.send(new sdk.PutMethodCommand({ ...options, authorizationType: "NONE" }));
  await client.send(
    new sdk.PutMethodResponseCommand({
      ...options,
      statusCode: "200",
      responseParameters: {
        "method.response.header.Access-Control-Allow-Origin": true,
        "method.response.header.Access-Control-Allow-Methods": true,
      },
    }),
  );
  await client.send(
    new sdk.PutIntegrationCommand({ ...options, type: "MOCK", requestTemplates: { "application/json": "{statusCode:200}" } }),
  );
  await client.send(
    new sdk.PutIntegrationResponseCommand({
      ...options,
      statusCode: "200",
      responseParameters: {
        "method.response.header.Access-Control-Allow-Origin": "'*'",
        "method.response.header.Access-Control-Allow-Methods": "'OPTIONS,GET'",
      },
      responseTemplates: { "application/json": "" },
    }),
  );
  return { restApiId, rootId: api.rootResourceId ?? "", usersId: users.id ?? "", userId: user.id ?? "" };
}

test("a request goes to the function and its answer comes back", async () => {
  const seen: { event: Record<string, unknown>; principal: unknown; name: string | undefined }[] = [];
  const play: Play = async (context, input) => {
    seen.push({ event: JSON.parse(Buffer.from(input.Payload ?? "").toString()), principal: context.principal, name: input.FunctionName });
    return answer({
      statusCode: 201,
      headers: { "X-Own": "yes" },
      multiValueHeaders: { "Set-Cookie": ["a=1", "b=2"] },
      body: '{"ok":true}',
    });
  };
  await withWorld(play, async (world, client) => {
    const { restApiId, userId } = await build(client);
    const deployment = await client.send(new sdk.CreateDeploymentCommand({ restApiId, stageName: "dev", variables: { color: "blue" } }));
    const response = await send(world, `/${restApiId}/dev/users/7?x=1`, {
      method: "POST",
      body: '{"a":1}',
      headers: { "Content-Type": "application/json" },
    });
    assert.equal(response.status, 201);
    assert.equal(response.text, '{"ok":true}');
    assert.equal(response.headers["x-own"], "yes");
    assert.deepEqual(response.headers["set-cookie"], ["a=1", "b=2"]);
    assert.equal(response.headers["content-type"], "application/json");
    assert.match(String(response.headers["x-amzn-requestid"]), /^[0-9a-f-]{36}$/);
    assert.match(String(response.headers["x-amz-apigw-id"]), /^[A-Za-z]\w{14}=$/);
    assert.match(String(response.headers["x-amzn-trace-id"]), /^Root=1-[0-9a-f]{8}-[0-9a-f]{24}$/);
    const [call] = seen;
    assert.equal(call?.name, FUNCTION);
    assert.deepEqual(call?.principal, {
      account: "000000000000",
      service: "apigateway.amazonaws.com",
      sourceArn: `arn:aws:execute-api:us-east-1:000000000000:${restApiId}/dev/POST/users/{id}`,
    });
    assert.equal(call?.event["resource"], "/users/{id}");
    assert.equal(call?.event["path"], "/users/7");
    assert.equal(call?.event["httpMethod"], "POST");
    assert.equal(call?.event["body"], '{"a":1}');
    assert.deepEqual(call?.event["pathParameters"], { id: "7" });
    assert.deepEqual(call?.event["queryStringParameters"], { x: "1" });
    assert.deepEqual(call?.event["stageVariables"], { color: "blue" });
    const { requestContext } = call?.event as { requestContext: Record<string, unknown> };
    assert.equal(requestContext["resourceId"], userId);
    assert.equal(requestContext["path"], "/dev/users/7");
    assert.equal(requestContext["deploymentId"], deployment.id);
    assert.equal(requestContext["requestTime"], "01/Jan/2026:00:00:00 +0000");
    assert.equal(requestContext["requestId"], response.headers["x-amzn-requestid"]);
  });
});

test("the preflight of a MOCK integration is answered by the gateway", async () => {
  await withWorld(
    async () => answer({}),
    async (world, client) => {
      const { restApiId } = await build(client);
      await client.send(new sdk.CreateDeploymentCommand({ restApiId, stageName: "dev" }));
      const response = await send(world, `/${restApiId}/dev/users/7`, { method: "OPTIONS", headers: { Origin: "https://a.example" } });
      assert.equal(response.status, 200);
      assert.equal(response.headers["access-control-allow-origin"], "*");
      assert.equal(response.headers["access-control-allow-methods"], "OPTIONS,GET");
      assert.equal(response.headers["content-type"], "application/json");
      const refused = await send(world, `/${restApiId}/dev/users/7`, { method: "OPTIONS", headers: { "Content-Type": "text/plain" } });
      assert.equal(refused.status, 500);
    },
  );
});

test("answers of the gateway's own", async () => {
  let play: Play = async () => answer({ statusCode: 200 });
  const body = (message: string) => JSON.stringify({ message });
  await withWorld(
    (context, input) => play(context, input),
    async (world, client) => {
      const { restApiId } = await build(client);
      await client.send(new sdk.CreateDeploymentCommand({ restApiId, stageName: "dev" }));
      const failures: [play: Play, status: number, message: string][] = [
        [async () => ({ FunctionError: "Unhandled", Payload: Buffer.from('{"errorMessage":"x"}') }), 502, "Internal server error"],
        [async () => answer({ message: "no status" }), 502, "Internal server error"],
        [async () => answer(null), 502, "Internal server error"],
        [() => Promise.reject(new AwsError("ResourceNotFoundException", "gone", { status: 404 })), 500, "Internal server error"],
        [() => Promise.reject(new AwsError("AccessDeniedException", "no", { status: 403 })), 500, "Internal server error"],
        [() => Promise.reject(new AwsError("RequestTooLargeException", "no", { status: 413 })), 413, "Request Too Long"],
      ];
      for (const [given, status, message] of failures) {
        play = given;
        const response = await send(world, `/${restApiId}/dev/users/7`);
        assert.deepEqual([response.status, response.text], [status, body(message)]);
      }
      const requests: [path: string, sent: Sent, status: number, message: string, type: string][] = [
        [`/${restApiId}/dev/nothing`, {}, 403, "Missing Authentication Token", "MissingAuthenticationTokenException"],
        [`/${restApiId}/dev/users`, {}, 403, "Missing Authentication Token", "MissingAuthenticationTokenException"],
        [`/${restApiId}/dev`, {}, 403, "Missing Authentication Token", "MissingAuthenticationTokenException"],
        [`/${restApiId}/prod/users/7`, {}, 403, "Forbidden", "ForbiddenException"],
        [`/${restApiId}/`, {}, 403, "Forbidden", "ForbiddenException"],
        [
          `/${restApiId}/dev/users/7`,
          { method: "POST", body: new Uint8Array(10_485_761) },
          413,
          "HTTP content length exceeded 10485760 bytes.",
          "RequestTooLargeException",
        ],
      ];
      for (const [path, sent, status, message, type] of requests) {
        const response = await send(world, path, sent);
        assert.deepEqual([response.status, response.text, response.headers["x-amzn-errortype"]], [status, body(message), type], path);
      }
      assert.equal((await send(world, "/unknownapi/dev/users/7")).status, 403);
    },
  );
});

test("an integration that takes too long times out", async () => {
  await withWorld(
    () => new Promise(() => {}),
    async (world, client) => {
      const { restApiId } = await build(client);
      await client.send(new sdk.CreateDeploymentCommand({ restApiId, stageName: "dev" }));
      let status = 0;
      const waiting = send(world, `/${restApiId}/dev/users/7`).then((response) => {
        status = response.status;
        return response;
      });
      await world.advance(28_999);
      assert.equal(status, 0);
      await world.advance(1);
      const response = await waiting;
      assert.equal(response.status, 504);
      assert.equal(response.text, '{"message":"Endpoint request timed out"}');
    },
  );
});

test("a stage serves what was deployed, and the next request sees a new deployment", async () => {
  await withWorld(
    async (_context, input) => answer({ statusCode: 200, body: input.FunctionName }),
    async (world, client) => {
      const { restApiId, userId } = await build(client);
      const first = await client.send(new sdk.CreateDeploymentCommand({ restApiId, stageName: "dev" }));
      assert.equal((await send(world, `/${restApiId}/dev/users/7`)).text, FUNCTION);
      const uri = URI.replace("function:users", "function:${stageVariables.name}");
      await client.send(
        new sdk.UpdateIntegrationCommand({
          restApiId,
          resourceId: userId,
          httpMethod: "ANY",
          patchOperations: [{ op: "replace", path: "/uri", value: uri }],
        }),
      );
      assert.equal((await send(world, `/${restApiId}/dev/users/7`)).text, FUNCTION);
      await client.send(new sdk.CreateDeploymentCommand({ restApiId, stageName: "dev", variables: { name: "second" } }));
      assert.equal((await send(world, `/${restApiId}/dev/users/7`)).text, FUNCTION.replace("users", "second"));
      await client.send(
        new sdk.UpdateStageCommand({
          restApiId,
          stageName: "dev",
          patchOperations: [{ op: "replace", path: "/deploymentId", value: first.id ?? "" }],
        }),
      );
      assert.equal((await send(world, `/${restApiId}/dev/users/7`)).text, FUNCTION);
      await client.send(new sdk.DeleteStageCommand({ restApiId, stageName: "dev" }));
      assert.equal((await send(world, `/${restApiId}/dev/users/7`)).status, 403);
    },
  );
});

test("the control plane describes what it was told", async () => {
  await withWorld(
    async () => answer({}),
    async (_world, client) => {
      const { restApiId, rootId, usersId, userId } = await build(client);
      const tree = await client.send(new sdk.GetResourcesCommand({ restApiId, embed: ["methods"] }));
      assert.deepEqual(tree.items?.map((item) => item.path).sort(), ["/", "/users", "/users/{id}"]);
      const user = tree.items?.find((item) => item.id === userId);
      assert.equal(user?.resourceMethods?.["ANY"]?.methodIntegration?.uri, URI);
      assert.equal(user?.resourceMethods?.["ANY"]?.methodIntegration?.timeoutInMillis, 29_000);
      assert.equal(tree.items?.find((item) => item.id === rootId)?.parentId, undefined);
      const page = await client.send(new sdk.GetResourcesCommand({ restApiId, limit: 2 }));
      assert.equal(page.items?.length, 2);
      assert.equal((await client.send(new sdk.GetResourcesCommand({ restApiId, position: page.position }))).items?.length, 1);

      const moved = await client.send(
        new sdk.UpdateResourceCommand({
          restApiId,
          resourceId: usersId,
          patchOperations: [{ op: "replace", path: "/pathPart", value: "people" }],
        }),
      );
      assert.equal(moved.path, "/people");
      assert.equal((await client.send(new sdk.GetResourceCommand({ restApiId, resourceId: userId }))).path, "/people/{id}");

      const options = { restApiId, resourceId: userId, httpMethod: "OPTIONS", statusCode: "200" };
      const header = "/responseParameters/method.response.header.X-Own";
      const declared = await client.send(
        new sdk.UpdateMethodResponseCommand({ ...options, patchOperations: [{ op: "add", path: header, value: "true" }] }),
      );
      assert.equal(declared.responseParameters?.["method.response.header.X-Own"], true);
      const mapped = await client.send(
        new sdk.UpdateIntegrationResponseCommand({
          ...options,
          patchOperations: [
            { op: "add", path: header, value: "'1'" },
            { op: "replace", path: "/selectionPattern", value: "2.." },
            { op: "replace", path: "/responseTemplates/application~1json", value: "ok" },
          ],
        }),
      );
      assert.deepEqual(
        [mapped.responseParameters?.["method.response.header.X-Own"], mapped.selectionPattern, mapped.responseTemplates],
        ["'1'", "2..", { "application/json": "ok" }],
      );

      const changed = await client.send(
        new sdk.UpdateRestApiCommand({
          restApiId,
          patchOperations: [
            { op: "replace", path: "/name", value: "store" },
            { op: "add", path: "/binaryMediaTypes/image~1jpeg" },
            { op: "remove", path: "/binaryMediaTypes/image~1png" },
            { op: "replace", path: "/endpointConfiguration/types/EDGE", value: "REGIONAL" },
          ],
        }),
      );
      assert.equal(changed.name, "store");
      assert.deepEqual(changed.binaryMediaTypes, ["image/jpeg"]);
      assert.deepEqual(changed.endpointConfiguration?.types, ["REGIONAL"]);

      const deployment = await client.send(new sdk.CreateDeploymentCommand({ restApiId, description: "one" }));
      const shown = await client.send(new sdk.GetDeploymentCommand({ restApiId, deploymentId: deployment.id, embed: ["apisummary"] }));
      assert.deepEqual(Object.keys(shown.apiSummary ?? {}), ["/people/{id}"]);
      await client.send(new sdk.CreateStageCommand({ restApiId, stageName: "dev", deploymentId: deployment.id, tags: { team: "a" } }));
      const stage = await client.send(
        new sdk.UpdateStageCommand({
          restApiId,
          stageName: "dev",
          patchOperations: [
            { op: "replace", path: "/variables/color", value: "red" },
            { op: "replace", path: "/*/*/throttling/rateLimit", value: "10.5" },
            { op: "replace", path: "/~1people/GET/metrics/enabled", value: "true" },
          ],
        }),
      );
      assert.deepEqual(stage.variables, { color: "red" });
      assert.deepEqual(stage.methodSettings, { "*/*": { throttlingRateLimit: 10.5 }, "people/GET": { metricsEnabled: true } });
      const stageArn = `arn:aws:apigateway:us-east-1::/restapis/${restApiId}/stages/dev`;
      await client.send(new sdk.TagResourceCommand({ resourceArn: stageArn, tags: { stage: "dev" } }));
      await client.send(new sdk.UntagResourceCommand({ resourceArn: stageArn, tagKeys: ["team"] }));
      assert.deepEqual((await client.send(new sdk.GetTagsCommand({ resourceArn: stageArn }))).tags, { stage: "dev" });
      assert.equal((await client.send(new sdk.GetStagesCommand({ restApiId }))).item?.length, 1);
    },
  );
});

test("deleting an API takes all of it", async () => {
  await withWorld(
    async () => answer({ statusCode: 200 }),
    async (world, client) => {
      const { restApiId } = await build(client);
      await client.send(new sdk.CreateDeploymentCommand({ restApiId, stageName: "dev" }));
      assert.equal((await send(world, `/${restApiId}/dev/users/7`)).status, 200);
      await client.send(new sdk.DeleteRestApiCommand({ restApiId }));
      assert.equal((await send(world, `/${restApiId}/dev/users/7`)).status, 403);
      await assert.rejects(client.send(new sdk.GetRestApiCommand({ restApiId })), { name: "NotFoundException" });
      await world.advance(1_000);
      const { apis, deployed, deployments, owners, resources, stages } = await import("./keys.ts");
      for (const collection of [apis, deployed, deployments, owners, resources, stages]) {
        const left = await world.platform.storage.snapshot((tx) => tx.range(collection.rangeOf(), { limit: 1 }));
        assert.equal(left.length, 0, collection.name.join("."));
      }
    },
  );
});

test("what is wrong or missing is refused in AWS's words", async () => {
  await withWorld(
    async () => answer({}),
    async (_world, client) => {
      const { restApiId, rootId, usersId, userId } = await build(client);
      const at = { restApiId, resourceId: usersId, httpMethod: "GET" };
      const proxy = await client.send(new sdk.CreateResourceCommand({ restApiId, parentId: rootId, pathPart: "{proxy+}" }));
      const deployed = await client.send(new sdk.CreateDeploymentCommand({ restApiId, stageName: "dev" }));
      const refusals: [run: () => Promise<unknown>, name: string, message: RegExp][] = [
        [
          () => client.send(new sdk.GetRestApiCommand({ restApiId: "none" })),
          "NotFoundException",
          /^Invalid API identifier specified 000000000000:none$/,
        ],
        [
          () => client.send(new sdk.GetResourceCommand({ restApiId, resourceId: "none" })),
          "NotFoundException",
          /^Invalid Resource identifier specified$/,
        ],
        [() => client.send(new sdk.GetMethodCommand(at)), "NotFoundException", /^Invalid Method identifier specified$/],
        [
          () => client.send(new sdk.GetStageCommand({ restApiId, stageName: "none" })),
          "NotFoundException",
          /^Invalid stage identifier specified$/,
        ],
        [() => client.send(new sdk.CreateRestApiCommand({ name: " " })), "BadRequestException", /cannot be blank/],
        [
          () => client.send(new sdk.CreateResourceCommand({ restApiId, parentId: rootId, pathPart: "users" })),
          "ConflictException",
          /^Another resource with the same parent already has this name: users$/,
        ],
        [
          () => client.send(new sdk.CreateResourceCommand({ restApiId, parentId: rootId, pathPart: "a b" })),
          "BadRequestException",
          /path part only allow/,
        ],
        [
          () => client.send(new sdk.CreateResourceCommand({ restApiId, parentId: usersId, pathPart: "{name}" })),
          "BadRequestException",
          /^A sibling/,
        ],
        [
          () => client.send(new sdk.CreateResourceCommand({ restApiId, parentId: proxy.id, pathPart: "x" })),
          "BadRequestException",
          /greedy path variable/,
        ],
        [() => client.send(new sdk.DeleteResourceCommand({ restApiId, resourceId: rootId })), "BadRequestException", /Root resource/],
        [
          () => client.send(new sdk.PutMethodCommand({ restApiId, resourceId: userId, httpMethod: "ANY", authorizationType: "NONE" })),
          "ConflictException",
          /^Method already exists for this resource$/,
        ],
        [() => client.send(new sdk.PutMethodCommand({ ...at, authorizationType: "AWS_IAM" })), "NotImplemented", /AWS_IAM/],
        [
          () => client.send(new sdk.PutMethodCommand({ ...at, authorizationType: "CUSTOM", authorizerId: "a" })),
          "NotImplemented",
          /CUSTOM/,
        ],
        [
          () => client.send(new sdk.PutMethodCommand({ ...at, authorizationType: "NONE", apiKeyRequired: true })),
          "NotImplemented",
          /apiKeyRequired/,
        ],
        [
          () => client.send(new sdk.PutMethodCommand({ ...at, authorizationType: "NONE", requestValidatorId: "v" })),
          "NotImplemented",
          /requestValidatorId/,
        ],
        [() => client.send(new sdk.PutIntegrationCommand({ ...at, type: "HTTP_PROXY", uri: "http://x" })), "NotImplemented", /HTTP_PROXY/],
        [
          () => client.send(new sdk.PutIntegrationCommand({ ...at, type: "AWS_PROXY", uri: URI })),
          "BadRequestException",
          /HttpMethod must be non-empty/,
        ],
        [
          () => client.send(new sdk.PutIntegrationCommand({ ...at, type: "AWS_PROXY", integrationHttpMethod: "POST", uri: FUNCTION })),
          "BadRequestException",
          /^AWS ARN for integration must contain path or action$/,
        ],
        [
          () =>
            client.send(
              new sdk.PutIntegrationCommand({ ...at, type: "MOCK", requestTemplates: { "application/json": "#foreach($a in $b)#end" } }),
            ),
          "NotImplemented",
          /#foreach/,
        ],
        [
          () => client.send(new sdk.PutIntegrationCommand({ ...at, type: "MOCK", timeoutInMillis: 30_000 })),
          "BadRequestException",
          /29000 ms/,
        ],
        [
          () =>
            client.send(
              new sdk.PutIntegrationResponseCommand({
                restApiId,
                resourceId: userId,
                httpMethod: "OPTIONS",
                statusCode: "200",
                responseParameters: { "method.response.header.X": "'1'" },
              }),
            ),
          "BadRequestException",
          /Invalid mapping expression parameter specified: method.response.header.X/,
        ],
        [
          () => client.send(new sdk.CreateStageCommand({ restApiId, stageName: "dev", deploymentId: deployed.id })),
          "ConflictException",
          /^Stage already exists$/,
        ],
        [
          () => client.send(new sdk.CreateStageCommand({ restApiId, stageName: "a b", deploymentId: deployed.id })),
          "BadRequestException",
          /^Stage name only allows/,
        ],
        [
          () => client.send(new sdk.CreateStageCommand({ restApiId, stageName: "x", deploymentId: "none" })),
          "NotFoundException",
          /^Invalid Deployment identifier specified$/,
        ],
        [
          () => client.send(new sdk.DeleteDeploymentCommand({ restApiId, deploymentId: deployed.id })),
          "BadRequestException",
          /^Active stages pointing to this deployment must be moved or deleted$/,
        ],
        [
          () =>
            client.send(new sdk.UpdateRestApiCommand({ restApiId, patchOperations: [{ op: "replace", path: "/nothing", value: "1" }] })),
          "BadRequestException",
          /^Invalid patch path {2}'\/nothing' specified for op 'replace'/,
        ],
        [() => client.send(new sdk.CreateApiKeyCommand({ name: "k" })), "NotImplemented", /CreateApiKey/],
      ];
      for (const [run, name, message] of refusals) await assert.rejects(run, { name, message }, String(message));
      const empty = await client.send(new sdk.CreateRestApiCommand({ name: "empty" }));
      await assert.rejects(client.send(new sdk.CreateDeploymentCommand({ restApiId: empty.id })), /doesn't contain any methods/);
    },
  );
});
