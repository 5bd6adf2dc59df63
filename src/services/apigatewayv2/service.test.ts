// HTTP APIs through the real client, and the requests that they answer, with a function that the test plays.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as sdk from "@aws-sdk/client-apigatewayv2";
import type { Context } from "../../contract/context.ts";
import type { InputOf, OutputOf } from "../../contract/models.ts";
import { AwsError } from "../../kernel/errors.ts";
import { createWorld, type World } from "../../testing/world.ts";

type Play = (context: Context, input: InputOf<"lambda", "Invoke">) => Promise<OutputOf<"lambda", "Invoke">>;

const FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:status";
const answer = (value: unknown): OutputOf<"lambda", "Invoke"> => ({ StatusCode: 200, Payload: Buffer.from(JSON.stringify(value)) });
/** Answers with what it was given. */
const echo: Play = async (_context, input) => answer(JSON.parse(Buffer.from(input.Payload ?? "").toString()));

async function withWorld(play: Play, run: (world: World, client: sdk.ApiGatewayV2Client) => Promise<void>): Promise<void> {
  const world = await createWorld({
    services: [
      { id: "apigatewayv2", load: async () => (await import("./service.ts")).apigatewayv2 },
      { id: "lambda", load: async () => ({ id: "lambda", operations: { Invoke: play } }) },
    ],
  });
  try {
    await run(world, new sdk.ApiGatewayV2Client(world.client()));
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
  const text = Buffer.from(content).toString("utf8");
  return { status: response.status, headers: response.headers, text, json: () => JSON.parse(text) };
}

/** An API whose routes all lead to the function, on an auto-deployed `$default` stage unless told otherwise. */
async function build(client: sdk.ApiGatewayV2Client, routeKeys: string[], given: Partial<sdk.CreateApiCommandInput> = {}, version = "2.0") {
  const api = await client.send(new sdk.CreateApiCommand({ Name: "status", ProtocolType: "HTTP", ...given }));
  const ApiId = api.ApiId ?? "";
  const integration = await client.send(
    new sdk.CreateIntegrationCommand({ ApiId, IntegrationType: "AWS_PROXY", IntegrationUri: FUNCTION, PayloadFormatVersion: version }),
  );
  for (const RouteKey of routeKeys) {
    await client.send(new sdk.CreateRouteCommand({ ApiId, RouteKey, Target: `integrations/${integration.IntegrationId}` }));
  }
  await client.send(new sdk.CreateStageCommand({ ApiId, StageName: "$default", AutoDeploy: true }));
  return { ApiId, IntegrationId: integration.IntegrationId ?? "" };
}

test("a request goes to the function and its answer comes back", async () => {
  let principal: unknown;
  const play: Play = async (context, input) => {
    principal = context.principal;
    assert.equal(input.FunctionName, FUNCTION);
    return echo(context, input);
  };
  await withWorld(play, async (world, client) => {
    const { ApiId } = await build(client, ["GET /users/{id}", "$default"]);
    const response = await send(world, `/${ApiId}/users/7?x=1`);
    assert.equal(response.status, 200);
    assert.equal(response.headers["content-type"], "application/json");
    const event = response.json();
    assert.equal(event.version, "2.0");
    assert.equal(event.routeKey, "GET /users/{id}");
    assert.equal(event.rawPath, "/users/7");
    assert.deepEqual(event.pathParameters, { id: "7" });
    assert.equal(event.requestContext.stage, "$default");
    assert.equal(event.requestContext.time, "01/Jan/2026:00:00:00 +0000");
    assert.equal(response.headers["apigw-requestid"], event.requestContext.requestId);
    assert.deepEqual(principal, {
      account: "000000000000",
      service: "apigateway.amazonaws.com",
      sourceArn: `arn:aws:execute-api:us-east-1:000000000000:${ApiId}/$default/GET/users/{id}`,
    });
    const other = (await send(world, `/${ApiId}/else/where`, { method: "POST" })).json();
    assert.deepEqual([other.routeKey, other.pathParameters], ["$default", undefined]);
  });
});

test("payload format 1.0", async () => {
  await withWorld(
    async (_context, input) => {
      const event = JSON.parse(Buffer.from(input.Payload ?? "").toString());
      return answer({ statusCode: 200, multiValueHeaders: { "Set-Cookie": ["a=1", "b=2"] }, body: JSON.stringify(event) });
    },
    async (world, client) => {
      const { ApiId } = await build(client, ["ANY /x/{proxy+}"], {}, "1.0");
      const response = await send(world, `/${ApiId}/x/a/b`);
      assert.deepEqual(response.headers["set-cookie"], ["a=1", "b=2"]);
      assert.deepEqual(
        [response.json().version, response.json().resource, response.json().pathParameters],
        ["1.0", "/x/{proxy+}", { proxy: "a/b" }],
      );
    },
  );
});

test("answers of the gateway's own", async () => {
  let play: Play = echo;
  await withWorld(
    (context, input) => play(context, input),
    async (world, client) => {
      const { ApiId } = await build(client, ["GET /a"]);
      const failures: [play: Play, status: number, message: string][] = [
        [async () => ({ FunctionError: "Unhandled", Payload: Buffer.from("{}") }), 500, "Internal Server Error"],
        [async () => answer({ statusCode: "x" }), 500, "Internal Server Error"],
        [() => Promise.reject(new AwsError("ResourceNotFoundException", "gone", { status: 404 })), 500, "Internal Server Error"],
        [() => Promise.reject(new AwsError("TooManyRequestsException", "busy", { status: 429 })), 503, "Service Unavailable"],
        [() => Promise.reject(new AwsError("RequestTooLargeException", "big", { status: 413 })), 413, "Request Entity Too Large"],
      ];
      for (const [given, status, message] of failures) {
        play = given;
        const response = await send(world, `/${ApiId}/a`);
        assert.deepEqual([response.status, response.json()], [status, { message }]);
        assert.match(String(response.headers["apigw-requestid"]), /=$/);
      }
      play = echo;
      assert.deepEqual((await send(world, `/${ApiId}/b`)).json(), { message: "Not Found" });
      assert.equal((await send(world, `/${ApiId}/a`, { method: "POST" })).status, 404);
      const large = await send(world, `/${ApiId}/a`, { body: new Uint8Array(10_485_761) });
      assert.deepEqual([large.status, large.json()], [413, { message: "Request Entity Too Large" }]);
      await client.send(new sdk.UpdateApiCommand({ ApiId, DisableExecuteApiEndpoint: true }));
      assert.equal((await send(world, `/${ApiId}/a`)).status, 404);
    },
  );
});

test("an integration that takes too long is unavailable", async () => {
  await withWorld(
    () => new Promise(() => {}),
    async (world, client) => {
      const { ApiId, IntegrationId } = await build(client, ["GET /a"]);
      await client.send(new sdk.UpdateIntegrationCommand({ ApiId, IntegrationId, TimeoutInMillis: 500 }));
      const waiting = send(world, `/${ApiId}/a`);
      await world.advance(500);
      const response = await waiting;
      assert.deepEqual([response.status, response.json()], [503, { message: "Service Unavailable" }]);
    },
  );
});

test("the next request sees a change on an auto-deployed stage; others wait for a deployment", async () => {
  await withWorld(echo, async (world, client) => {
    const { ApiId, IntegrationId } = await build(client, ["GET /a"]);
    await client.send(new sdk.CreateStageCommand({ ApiId, StageName: "prod", StageVariables: { v: "1" } }));
    assert.equal((await send(world, `/${ApiId}/prod/a`)).status, 404);
    const first = await client.send(new sdk.CreateDeploymentCommand({ ApiId, StageName: "prod" }));
    const event = (await send(world, `/${ApiId}/prod/a`)).json();
    assert.deepEqual([event.rawPath, event.requestContext.stage, event.stageVariables], ["/prod/a", "prod", { v: "1" }]);

    const route = await client.send(new sdk.CreateRouteCommand({ ApiId, RouteKey: "GET /b", Target: `integrations/${IntegrationId}` }));
    assert.equal((await send(world, `/${ApiId}/b`)).status, 200);
    assert.equal((await send(world, `/${ApiId}/prod/b`)).status, 404);
    await client.send(new sdk.UpdateStageCommand({ ApiId, StageName: "$default", AutoDeploy: false }));
    await client.send(new sdk.DeleteRouteCommand({ ApiId, RouteId: route.RouteId }));
    assert.equal((await send(world, `/${ApiId}/b`)).status, 200);
    await client.send(new sdk.UpdateStageCommand({ ApiId, StageName: "$default", AutoDeploy: true }));
    assert.equal((await send(world, `/${ApiId}/b`)).status, 404);
    assert.equal((await send(world, `/${ApiId}/a`)).status, 200);

    await assert.rejects(client.send(new sdk.DeleteDeploymentCommand({ ApiId, DeploymentId: first.DeploymentId })), /Active stages/);
    await client.send(new sdk.DeleteStageCommand({ ApiId, StageName: "prod" }));
    assert.equal((await send(world, `/${ApiId}/prod/a`)).status, 404);
    await client.send(new sdk.DeleteDeploymentCommand({ ApiId, DeploymentId: first.DeploymentId }));
    await client.send(new sdk.DeleteApiCommand({ ApiId }));
    assert.equal((await send(world, `/${ApiId}/a`)).status, 403);
    await world.advance(1_000);
    const { everything } = await import("./keys.ts");
    assert.equal((await world.platform.storage.snapshot((tx) => tx.range(everything, { limit: 1 }))).length, 0);
  });
});

test("CORS is the gateway's", async () => {
  await withWorld(
    async () => answer({ statusCode: 200, headers: { "Access-Control-Allow-Origin": "evil" } }),
    async (world, client) => {
      const { ApiId } = await build(client, ["ANY /a"], {
        CorsConfiguration: { AllowOrigins: ["https://a.example"], AllowMethods: ["*"] },
      });
      const origin = { Origin: "https://a.example" };
      const preflight = await send(world, `/${ApiId}/any`, {
        method: "OPTIONS",
        headers: { ...origin, "Access-Control-Request-Method": "PUT" },
      });
      assert.deepEqual(
        [preflight.status, preflight.headers["access-control-allow-origin"], preflight.headers["access-control-allow-methods"]],
        [204, "https://a.example", "*"],
      );
      assert.equal((await send(world, `/${ApiId}/a`, { headers: origin })).headers["access-control-allow-origin"], "https://a.example");
      assert.equal((await send(world, `/${ApiId}/a`)).headers["access-control-allow-origin"], undefined);
      await client.send(new sdk.DeleteCorsConfigurationCommand({ ApiId }));
      assert.equal((await send(world, `/${ApiId}/a`, { headers: origin })).headers["access-control-allow-origin"], "evil");
    },
  );
});

test("quick create makes a whole API", async () => {
  await withWorld(echo, async (world, client) => {
    const api = await client.send(new sdk.CreateApiCommand({ Name: "quick", ProtocolType: "HTTP", Target: FUNCTION }));
    assert.match(String(api.ApiEndpoint), /^http:\/\/[a-z0-9]{10}\.execute-api\.localhost(:\d+)?$/);
    assert.equal((await send(world, `/${api.ApiId}/x`)).json().routeKey, "$default");
    const [integration] = (await client.send(new sdk.GetIntegrationsCommand({ ApiId: api.ApiId }))).Items ?? [];
    assert.deepEqual([integration?.ApiGatewayManaged, integration?.PayloadFormatVersion], [true, "2.0"]);
  });
});

test("pages, tags and settings", async () => {
  await withWorld(echo, async (_world, client) => {
    const { ApiId } = await build(client, ["GET /a", "GET /b", "GET /c"], { Tags: { team: "a" }, Description: "d" });
    const first = await client.send(new sdk.GetRoutesCommand({ ApiId, MaxResults: "2" }));
    assert.equal(first.Items?.length, 2);
    const rest = await client.send(new sdk.GetRoutesCommand({ ApiId, MaxResults: "2", NextToken: first.NextToken }));
    assert.deepEqual([rest.Items?.length, rest.NextToken], [1, undefined]);
    const ResourceArn = `arn:aws:apigateway:us-east-1::/apis/${ApiId}`;
    await client.send(new sdk.TagResourceCommand({ ResourceArn, Tags: { stage: "dev" } }));
    await client.send(new sdk.UntagResourceCommand({ ResourceArn, TagKeys: ["team"] }));
    assert.deepEqual((await client.send(new sdk.GetTagsCommand({ ResourceArn }))).Tags, { stage: "dev" });
    const stage = await client.send(
      new sdk.UpdateStageCommand({
        ApiId,
        StageName: "$default",
        RouteSettings: { "GET /a": { ThrottlingRateLimit: 5 } },
        DefaultRouteSettings: { DetailedMetricsEnabled: false },
      }),
    );
    assert.equal(stage.RouteSettings?.["GET /a"]?.ThrottlingRateLimit, 5);
    await client.send(new sdk.DeleteRouteSettingsCommand({ ApiId, StageName: "$default", RouteKey: "GET /a" }));
    const api = await client.send(new sdk.GetApiCommand({ ApiId }));
    assert.deepEqual([api.Name, api.Description, api.ProtocolType, api.Tags], ["status", "d", "HTTP", { stage: "dev" }]);
    assert(api.CreatedDate instanceof Date);
  });
});

test("what is wrong or missing is refused by name", async () => {
  await withWorld(echo, async (_world, client) => {
    const { ApiId, IntegrationId } = await build(client, ["GET /a"]);
    const create = (input: Partial<sdk.CreateIntegrationCommandInput>) => () =>
      client.send(
        new sdk.CreateIntegrationCommand({
          ApiId,
          IntegrationType: "AWS_PROXY",
          IntegrationUri: FUNCTION,
          PayloadFormatVersion: "2.0",
          ...input,
        }),
      );
    const route = (input: Partial<sdk.CreateRouteCommandInput>) => () =>
      client.send(new sdk.CreateRouteCommand({ ApiId, RouteKey: "GET /new", ...input }));
    const refusals: [run: () => Promise<unknown>, name: string, message: RegExp][] = [
      [
        () => client.send(new sdk.GetApiCommand({ ApiId: "none" })),
        "NotFoundException",
        /^Invalid API identifier specified 000000000000:none$/,
      ],
      [() => client.send(new sdk.GetRouteCommand({ ApiId, RouteId: "none" })), "NotFoundException", /none/],
      [() => client.send(new sdk.GetStageCommand({ ApiId, StageName: "none" })), "NotFoundException", /none/],
      [() => client.send(new sdk.CreateApiCommand({ Name: "w", ProtocolType: "WEBSOCKET" })), "NotImplemented", /WEBSOCKET/],
      [
        () => client.send(new sdk.CreateApiCommand({ Name: "w", ProtocolType: "HTTP", RouteKey: "GET /" })),
        "BadRequestException",
        /Target/,
      ],
      [create({ IntegrationType: "HTTP_PROXY", IntegrationUri: "https://x" }), "NotImplemented", /HTTP_PROXY/],
      [create({ IntegrationSubtype: "SQS-SendMessage" }), "NotImplemented", /SQS-SendMessage/],
      [create({ RequestParameters: { "append:header.a": "b" } }), "NotImplemented", /RequestParameters/],
      [create({ PayloadFormatVersion: undefined }), "BadRequestException", /PayloadFormatVersion/],
      [create({ PayloadFormatVersion: "3.0" }), "BadRequestException", /PayloadFormatVersion/],
      [create({ IntegrationUri: "arn:aws:sqs:us-east-1:000000000000:q" }), "BadRequestException", /integration URI/],
      [create({ TimeoutInMillis: 30_001 }), "BadRequestException", /./],
      [route({ RouteKey: "GET /a" }), "ConflictException", /^Route with key GET \/a already exists for this API$/],
      [route({ RouteKey: "a" }), "BadRequestException", /not formatted properly/],
      [route({ AuthorizationType: "JWT", AuthorizerId: "a" }), "NotImplemented", /JWT/],
      [route({ AuthorizationType: "AWS_IAM" }), "NotImplemented", /AWS_IAM/],
      [route({ ApiKeyRequired: true }), "BadRequestException", /ApiKeyRequired/],
      [route({ Target: "integrations/none" }), "NotFoundException", /none/],
      [route({ Target: "lambda/x" }), "BadRequestException", /Invalid target/],
      [() => client.send(new sdk.DeleteIntegrationCommand({ ApiId, IntegrationId })), "ConflictException", /GET \/a/],
      [() => client.send(new sdk.CreateStageCommand({ ApiId, StageName: "$default" })), "ConflictException", /already exists/],
      [() => client.send(new sdk.CreateStageCommand({ ApiId, StageName: "a b" })), "BadRequestException", /Stage name/],
      [() => client.send(new sdk.CreateStageCommand({ ApiId, StageName: "x", DeploymentId: "none" })), "NotFoundException", /none/],
      [
        () => client.send(new sdk.CreateAuthorizerCommand({ ApiId, Name: "a", AuthorizerType: "JWT", IdentitySource: [] })),
        "NotImplemented",
        /CreateAuthorizer/,
      ],
    ];
    for (const [run, name, message] of refusals) await assert.rejects(run, { name, message }, String(message));
  });
});
