import assert from "node:assert/strict";
import { test } from "node:test";
import { AwsError } from "../../../kernel/errors.ts";
import type { FileEntry, Files, PlatformCall } from "../../ports.ts";
import { DeployError } from "../../problem.ts";
import { checkReferences } from "../../template/references.ts";
import { checkTemplate } from "../../template/template.ts";
import { readServerless, type ServerlessOptions } from "./reader.ts";

function memoryFiles(contents: Readonly<Record<string, string>>): Files {
  const entry = (path: string): FileEntry => ({ path, kind: "file", size: 0, isExecutable: false });
  return {
    readText: async (path) => contents[path],
    readBytes: async (path) => (contents[path] === undefined ? undefined : Buffer.from(contents[path])),
    list: async () => [],
    stat: async (path) => (contents[path] === undefined ? undefined : entry(path)),
    write: () => Promise.reject(new Error("not written here")),
    remove: () => Promise.reject(new Error("not removed here")),
  };
}

const parameters: Record<string, { Type: string; Value: string }> = {
  "/app/key": { Type: "String", Value: "k1" },
  "/app/secret": { Type: "SecureString", Value: "s1" },
  "/app/json": { Type: "SecureString", Value: '{"user":"u"}' },
  "/app/list": { Type: "StringList", Value: "a,b" },
};

const call: PlatformCall = async (service, operation, input, scope) => {
  if (operation === "GetCallerIdentity") return { Account: "000000000000" };
  if (operation === "GetParameter") {
    const found = parameters[String(input["Name"])];
    if (!found) throw new AwsError("ParameterNotFound", "");
    const hidden = found.Type === "SecureString" && input["WithDecryption"] !== true;
    return {
      Parameter: { ...found, Value: `${hidden ? "encrypted" : found.Value}${scope?.region === undefined ? "" : `@${scope.region}`}` },
    };
  }
  if (operation === "DescribeStacks" && input["StackName"] === "other-dev") {
    return {
      Stacks: [{ Outputs: [{ OutputKey: "Url", OutputValue: `the-url${scope?.region === undefined ? "" : `@${scope.region}`}` }] }],
    };
  }
  if (operation === "DescribeStacks") throw new AwsError("ValidationError", "Stack with id x does not exist");
  throw new Error(`${service} ${operation} is not expected`);
};

function read(yml: string, more: Partial<ServerlessOptions> & { contents?: Record<string, string> } = {}) {
  const { contents, ...options } = more;
  return readServerless({
    directory: "/app",
    files: memoryFiles({ "/app/serverless.yml": yml, ...contents }),
    call,
    env: { HOME: "/home/me", SET: "from-env" },
    instanceId: "inst",
    ...options,
  });
}

const MINIMAL = "service: app\nprovider: {name: aws, runtime: nodejs22.x}\n";

test("variables", async () => {
  const contents = {
    "/app/conf.yml": "a: {b: 5, c: '${self:custom.plain}'}\nlist: [x, y]\ndev: {v: of-dev}\n",
    "/app/conf.json": '{"deep": {"k": true}}',
    "/app/text.txt": "  some text\n",
  };
  const cases: [string, unknown][] = [
    ["${self:service}", "app"],
    ["${self:custom.plain}", "p"],
    ["x-${self:custom.plain}-${self:custom.number}", "x-p-7"],
    ["${self:custom.number}", 7],
    ["${self:custom.object}", { k: "p" }],
    ["${self:custom.object.k}", "p"],
    ["${self:custom.list.1}", "two"],
    ["${self:custom.${self:custom.which}}", "p"],
    ["${self:custom.chain}", "p"],
    ["${self:custom.nothing, 'fallback'}", "fallback"],
    ['${self:custom.nothing, self:custom.nope, "quoted, with comma"}', "quoted, with comma"],
    ["${self:custom.nothing, ${self:custom.plain}}", "p"],
    ["${self:custom.nothing, ${self:custom.nope, 'deep'}}", "deep"],
    ["${self:custom.nothing, 5}", 5],
    ["${self:custom.nothing, true}", true],
    ["${self:custom.nothing, ''}", ""],
    ["${self:custom.nothing, null}", null],
    ["${opt:stage, self:provider.stage, 'dev'}", "dev"],
    ["${self:provider.stage}", "dev"],
    ["${self:provider.region}", "us-east-1"],
    ["${opt:color}", "red"],
    ["${env:SET}", "from-env"],
    ["${env:UNSET, 'none'}", "none"],
    ["${file(./conf.yml):a.b}", 5],
    ["${file(conf.yml):a.c}", "p"],
    ["${file(./conf.yml):list}", ["x", "y"]],
    ["${file(./conf.yml):${sls:stage}.v}", "of-dev"],
    ["${file(./conf.json):deep}", { k: true }],
    ["${file(./text.txt)}", "some text"],
    ["${file(./missing.yml):x, 'no file'}", "no file"],
    ["${file(./missing.yml), file(./conf.json):deep.k}", true],
    ["${ssm:/app/key}", "k1"],
    ["${ssm:/app/secret~true}", "s1"],
    ["${ssm:/app/secret}", "s1"],
    ["${ssm(noDecrypt):/app/secret}", "encrypted"],
    ["${ssm:/app/json}", { user: "u" }],
    ["${ssm(raw):/app/json}", '{"user":"u"}'],
    ["${ssm:/app/list}", ["a", "b"]],
    ["${ssm(raw):/app/list}", "a,b"],
    ["${ssm(eu-west-1):/app/key}", "k1@eu-west-1"],
    ["${ssm:/app/none, 'default'}", "default"],
    ["${cf:other-${sls:stage}.Url}", "the-url"],
    ["${cf(eu-west-1):other-dev.Url}", "the-url@eu-west-1"],
    ["${cf.eu-west-1:other-dev.Url}", "the-url@eu-west-1"],
    ["${cf:nobody.Url, 'no stack'}", "no stack"],
    ["${sls:instanceId}", "inst"],
    ["${aws:accountId}/${aws:region}", "000000000000/us-east-1"],
    ["${param:size}", "small"],
    ["${param:only}", "default-only"],
    ["${param:cli}", "given"],
    ["${param:four}", "of-default"],
    ["${param:nobody, 'none'}", "none"],
    ["${strToBool(${self:custom.yes})}", true],
    ["${strToBool('false')}", false],
    ["${AWS::Region}-${Thing}-${Thing.Arn}", "${AWS::Region}-${Thing}-${Thing.Arn}"],
    ["arn:${AWS::Partition}:${self:custom.plain}", "arn:${AWS::Partition}:p"],
  ];
  for (const [text, expected] of cases) {
    const yml = `${MINIMAL}custom:
  plain: p
  number: 7
  object: {k: "\${self:custom.plain}"}
  list: [one, two]
  which: plain
  chain: "\${self:custom.second}"
  second: "\${self:custom.plain}"
  yes: "true"
params:
  dev: {size: small}
  default: {size: large, only: default-only}
stages:
  default: {params: {four: of-default, size: never}}
resources: {Resources: {A: {Type: T}}, Metadata: {v: [${JSON.stringify(text)}]}}
`;
    const app = await read(yml, { contents, options: { color: "red" }, params: { cli: "given" } });
    assert.deepEqual((app.template["Metadata"] as Record<string, unknown>)["v"], [expected], text);
  }
});

test("a variable that cannot be resolved tells where it stands", async () => {
  const cases: [string, RegExp][] = [
    ["${env:NOPE}", /^serverless\.yml:4:3: cannot resolve \$\{env:NOPE\}: no value found in "env", and no default is given$/],
    ["${ssm:/a/b}", /^serverless\.yml:4:3: cannot resolve \$\{ssm:\/a\/b\}: .*Put it while `hearth serve` runs .*: aws ssm put-parameter$/],
    ["${self:custom.a}", /^serverless\.yml:4:3: circular variables: self\.custom\.a → self\.custom\.a$/],
    ["${git:sha1}", /^serverless\.yml:4:3: \$\{git:…\} is not supported by Hearth; known are /],
    ["${file(./x.js):y}", /x\.js\)\}: JavaScript files are not supported by Hearth/],
    ["${self:service", /a variable is not closed/],
    ["x-${self:provider}", /gives an object, not a string/],
    ["${strToBool(maybe)}", /strToBool\(maybe\): expected/],
  ];
  for (const [text, message] of cases) {
    const yml = `${MINIMAL}custom:\n  a: ${JSON.stringify(text)}\nresources: {Resources: {A: {Type: T}}}\n`;
    await assert.rejects(read(yml, { contents: { "/app/x.js": "" } }), (error) => {
      assert.ok(error instanceof DeployError, String(error));
      assert.match(error.message, message);
      return true;
    });
  }
});

test("stage and region come from options, file, defaults; .env files count when asked for", async () => {
  const yml = `service: app\nuseDotenv: true\nprovider: {name: aws, runtime: nodejs22.x, stage: "\${opt:stage, 'qa'}", region: eu-west-1, environment: {A: "\${env:A, 'none'}"}}\nfunctions: {f: {handler: h.x}}\n`;
  const contents = { "/app/.env": "A=general\n", "/app/.env.prod": 'A="prod one" # comment\n' };
  const plain = await read(yml, { contents });
  assert.deepEqual([plain.stage, plain.region, plain.stackName], ["qa", "eu-west-1", "app-qa"]);
  assert.equal(lambda(plain.template, "FLambdaFunction")["Environment"], '{"Variables":{"A":"general"}}');
  const prod = await read(yml, { contents, stage: "prod", region: "us-west-2" });
  assert.deepEqual([prod.stage, prod.region], ["prod", "us-west-2"]);
  assert.equal(lambda(prod.template, "FLambdaFunction")["Environment"], '{"Variables":{"A":"prod one"}}');
  assert.ok(prod.files.includes("/app/.env.prod"));
});

/** The properties of a resource, objects as JSON. */
function lambda(template: object, id: string): Record<string, unknown> {
  const all = template as { Resources: Record<string, { Properties: Record<string, unknown> }> };
  const properties = Object.entries(all.Resources[id]?.Properties ?? {});
  return Object.fromEntries(properties.map(([key, value]) => [key, typeof value === "object" ? JSON.stringify(value) : value]));
}

test("the articles' own serverless.yml becomes a checked template with the framework's names", async () => {
  const app = await read(`
service: my-api
provider:
  name: aws
  runtime: nodejs18.x
  region: us-east-1
  memorySize: 256
  timeout: 10
  environment:
    NODE_ENV: production
    TABLE_NAME: !Ref UsersTable
functions:
  hello:
    handler: handler.hello
    events:
      - http:
          path: /hello
          method: get
  processOrder:
    handler: orders.process
    events:
      - sqs:
          arn: !GetAtt OrderQueue.Arn
          batchSize: 10
  api:
    handler: handler.api
    environment:
      API_KEY: \${ssm:/app/key}
      DB_CONNECTION: \${ssm:/app/secret~true}
    provisionedConcurrency: 5
    events:
      - schedule:
          rate: rate(5 minutes)
          input:
            warmer: true
  createUser:
    handler: dist/users.handler
    events:
      - httpApi:
          path: POST /users
    memorySize: 512
    timeout: 30
resources:
  Resources:
    UsersTable: {Type: AWS::DynamoDB::Table, Properties: {TableName: users}}
    OrderQueue: {Type: AWS::SQS::Queue}
`).catch((error: unknown) => error);
  assert.ok(!(app instanceof Error), String(app));
});

test("every kind of event gives the resources that the framework names", async () => {
  const app = await read(`
service: shop
provider: {name: aws, runtime: nodejs22.x, stage: dev, httpApi: {cors: true}}
functions:
  get-user_x:
    handler: src/users.get
    events:
      - http: GET users/{userId}
      - http: {path: /, method: any, cors: true}
      - http: {path: "users/{userId}", method: put, cors: {origins: [http://a.com, http://b.com], allowCredentials: true, maxAge: 60}}
      - httpApi: GET /status
      - httpApi: "*"
      - httpApi: {method: "*", path: "/all/{proxy+}"}
  worker:
    handler: src/worker.run
    reservedConcurrency: 2
    events:
      - sqs: arn:aws:sqs:us-east-1:000000000000:my-queue
      - sqs: {arn: !GetAtt [Orders, Arn], batchSize: 5, maximumBatchingWindow: 3, functionResponseType: ReportBatchItemFailures, enabled: false, maximumConcurrency: 4, filterPatterns: [{body: {a: [1]}}]}
      - s3: photos
      - s3: {bucket: photos, event: "s3:ObjectRemoved:*", rules: [{prefix: in/}, {suffix: .jpg}]}
      - s3: {bucket: legacy-bucket, existing: true, event: "s3:ObjectCreated:Put"}
      - schedule: cron(0 12 * * ? *)
      - schedule: {rate: [rate(1 hour), rate(2 hours)], enabled: false, input: {k: [1]}, description: d}
resources:
  Resources: {Orders: {Type: "AWS::SQS::Queue"}}
  Outputs: {Q: {Value: !Ref Orders}}
  extensions:
    WorkerLambdaFunction: {Properties: {Description: extended}, DependsOn: Orders}
outputs: {direct: !GetAtt WorkerLambdaFunction.Arn}
`);
  const template = checkTemplate(app.template);
  checkReferences(template);
  const types = Object.entries(template.resources).map(([id, resource]) => `${id} ${resource.type.replace("AWS::", "")}`);
  const deployment = types.find((line) => line.startsWith("ApiGatewayDeployment"));
  assert.match(String(deployment), /^ApiGatewayDeployment[0-9a-f]{13} ApiGateway::Deployment$/);
  assert.deepEqual(types.filter((line) => line !== deployment).sort(), [
    "ApiGatewayMethodAny ApiGateway::Method",
    "ApiGatewayMethodOptions ApiGateway::Method",
    "ApiGatewayMethodUsersUseridVarGet ApiGateway::Method",
    "ApiGatewayMethodUsersUseridVarOptions ApiGateway::Method",
    "ApiGatewayMethodUsersUseridVarPut ApiGateway::Method",
    "ApiGatewayResourceUsers ApiGateway::Resource",
    "ApiGatewayResourceUsersUseridVar ApiGateway::Resource",
    "ApiGatewayRestApi ApiGateway::RestApi",
    "GetDashuserUnderscorexLambdaFunction Lambda::Function",
    "GetDashuserUnderscorexLambdaPermissionApiGateway Lambda::Permission",
    "GetDashuserUnderscorexLambdaPermissionHttpApi Lambda::Permission",
    "GetDashuserUnderscorexLogGroup Logs::LogGroup",
    "HttpApi ApiGatewayV2::Api",
    "HttpApiIntegrationGetDashuserUnderscorex ApiGatewayV2::Integration",
    "HttpApiRouteAnyAllProxyVar ApiGatewayV2::Route",
    "HttpApiRouteDefault ApiGatewayV2::Route",
    "HttpApiRouteGetStatus ApiGatewayV2::Route",
    "HttpApiStage ApiGatewayV2::Stage",
    "IamRoleLambdaExecution IAM::Role",
    "Orders SQS::Queue",
    "S3BucketPhotos S3::Bucket",
    "WorkerCustomS3Legacybucket Hearth::S3::BucketNotification",
    "WorkerEventSourceMappingSQSMyqueue Lambda::EventSourceMapping",
    "WorkerEventSourceMappingSQSOrders Lambda::EventSourceMapping",
    "WorkerEventsRuleSchedule1 Events::Rule",
    "WorkerEventsRuleSchedule2 Events::Rule",
    "WorkerEventsRuleSchedule3 Events::Rule",
    "WorkerLambdaFunction Lambda::Function",
    "WorkerLambdaPermissionEventsRuleSchedule1 Lambda::Permission",
    "WorkerLambdaPermissionEventsRuleSchedule2 Lambda::Permission",
    "WorkerLambdaPermissionEventsRuleSchedule3 Lambda::Permission",
    "WorkerLambdaPermissionLegacybucketS3 Lambda::Permission",
    "WorkerLambdaPermissionPhotosS3 Lambda::Permission",
    "WorkerLogGroup Logs::LogGroup",
  ]);
  assert.deepEqual(Object.keys(template.outputs).sort(), [
    "GetDashuserUnderscorexLambdaFunctionQualifiedArn",
    "HttpApiId",
    "HttpApiUrl",
    "Q",
    "ServiceEndpoint",
    "WorkerLambdaFunctionQualifiedArn",
    "direct",
  ]);
  const url = (name: string) => JSON.stringify(template.outputs[name]?.value);
  assert.equal(url("ServiceEndpoint"), '{"Fn::Join":["/",[{"Fn::GetAtt":["ApiGatewayRestApi","HearthEndpoint"]},"dev"]]}');
  assert.equal(url("HttpApiUrl"), '{"Fn::GetAtt":["HttpApi","ApiEndpoint"]}');
  const worker = lambda(app.template, "WorkerLambdaFunction");
  assert.deepEqual(
    [worker["FunctionName"], worker["MemorySize"], worker["Timeout"], worker["Description"], worker["ReservedConcurrentExecutions"]],
    ["shop-dev-worker", 1024, 6, "extended", 2],
  );
  assert.deepEqual(template.resources["WorkerLambdaFunction"]?.dependsOn, ["WorkerLogGroup", "Orders"]);
  const mapping = lambda(app.template, "WorkerEventSourceMappingSQSOrders");
  assert.deepEqual(mapping, {
    BatchSize: 5,
    MaximumBatchingWindowInSeconds: 3,
    EventSourceArn: '{"Fn::GetAtt":["Orders","Arn"]}',
    FunctionName: '{"Fn::GetAtt":["WorkerLambdaFunction","Arn"]}',
    Enabled: false,
    FunctionResponseTypes: '["ReportBatchItemFailures"]',
    FilterCriteria: '{"Filters":[{"Pattern":"{\\"body\\":{\\"a\\":[1]}}"}]}',
    ScalingConfig: '{"MaximumConcurrency":4}',
  });
  const bucket = template.resources["S3BucketPhotos"];
  assert.deepEqual(bucket?.dependsOn, ["WorkerLambdaPermissionPhotosS3"]);
  assert.equal(JSON.stringify(bucket?.properties).match(/"Event"/g)?.length, 2);
  const rule = lambda(app.template, "WorkerEventsRuleSchedule3");
  assert.deepEqual([rule["ScheduleExpression"], rule["State"], rule["Description"]], ["rate(2 hours)", "DISABLED", "d"]);
  assert.match(String(rule["Targets"]), /"Id":"workerSchedule","Input":"\{\\"k\\":\[1\]\}"/);
  const preflight = JSON.stringify(template.resources["ApiGatewayMethodUsersUseridVarOptions"]?.properties);
  assert.match(preflight, /"method.response.header.Access-Control-Allow-Methods":"'OPTIONS,PUT'"/);
  assert.match(preflight, /"method.response.header.Access-Control-Allow-Credentials":"'true'"/);
  assert.ok(preflight.includes('$caller.matches(\\"http://a[.]com|http://b[.]com\\")'), preflight);
  assert.deepEqual(app.routes, [
    { api: "rest", method: "GET", path: "/users/{userId}", functionKey: "get-user_x" },
    { api: "rest", method: "ANY", path: "/", functionKey: "get-user_x" },
    { api: "rest", method: "PUT", path: "/users/{userId}", functionKey: "get-user_x" },
    { api: "http", method: "GET", path: "/status", functionKey: "get-user_x" },
    { api: "http", method: "ANY", path: "$default", functionKey: "get-user_x" },
    { api: "http", method: "ANY", path: "/all/{proxy+}", functionKey: "get-user_x" },
  ]);
});

test("what is not supported stops the reading by name and line", async () => {
  const fn = (body: string) => `${MINIMAL}functions:\n  f:\n    handler: h.x\n${body}`;
  const cases: [string, string][] = [
    [fn("    url: true\n"), "serverless.yml:6:5: functions.f.url is not supported by Hearth: function URLs are not there yet"],
    [fn("    layers: [x]\n"), "serverless.yml:6:5: functions.f.layers is not supported by Hearth: layers are not there yet"],
    [fn("    foo: 1\n"), "serverless.yml:6:5: functions.f.foo is not supported by Hearth"],
    [fn("    timeout: 901\n"), "serverless.yml:6:5: functions.f.timeout must be a number from 1 to 900"],
    [
      fn("    events:\n      - sns: topic\n"),
      "serverless.yml:7:9: functions.f.events[0]: the event sns is not supported by Hearth; http, httpApi, sqs, s3 and schedule are",
    ],
    [
      fn("    events:\n      - http: {path: a, method: get, private: true}\n"),
      "serverless.yml:7:38: functions.f.events[0].http.private is not supported by Hearth: there are no API keys and usage plans",
    ],
    [
      fn("    events:\n      - http: {path: a, method: get, authorizer: x}\n"),
      "serverless.yml:7:38: functions.f.events[0].http.authorizer is not supported by Hearth: requests are not authorized on this platform yet",
    ],
    [
      fn("    events:\n      - http: FETCH a\n"),
      'serverless.yml:7:9: functions.f.events[0].http "FETCH a" is no route: write it as "GET users/{id}"',
    ],
    [
      fn("    events:\n      - schedule: {rate: rate(1 hour), method: scheduler}\n"),
      'serverless.yml:7:40: functions.f.events[0].schedule.method "scheduler" is not supported by Hearth; eventBus is',
    ],
    [`${MINIMAL}foo: 1\nresources: {Resources: {A: {Type: T}}}\n`, "serverless.yml:3:1: foo is not supported by Hearth"],
    [
      `${MINIMAL}plugins: [serverless-unknown]\nresources: {Resources: {A: {Type: T}}}\n`,
      "serverless.yml:3:11: the plugin serverless-unknown is not supported by Hearth",
    ],
    [
      "service: app\nprovider: {name: google}\nresources: {Resources: {A: {Type: T}}}\n",
      'serverless.yml:2:12: provider.name "google" is not supported by Hearth; aws is',
    ],
    ["provider: {name: aws}\nresources: {Resources: {A: {Type: T}}}\n", "service is missing"],
    [`${MINIMAL}functions: {f: {}}\n`, "serverless.yml:3:13: functions.f needs a handler"],
    [MINIMAL, "serverless.yml:1:1: there is nothing to deploy: no functions and no resources"],
    ["service: [", "serverless.yml:1:11: YAML is not well-formed: "],
    ["", "serverless.yml:1:1: serverless.yml is empty or no mapping"],
  ];
  for (const [yml, message] of cases) {
    await assert.rejects(read(yml), (error) => {
      assert.ok(error instanceof DeployError, `${yml}\n${error}`);
      assert.ok(error.message.startsWith(message), `${yml}\n${error.message}\n${message}`);
      return true;
    });
  }
});

test("all problems are told at once, and what has no effect is said aloud", async () => {
  await assert.rejects(
    read(`${MINIMAL}functions:\n  f:\n    handler: h.x\n    url: true\n  g:\n    handler: h.y\n    vpc: {a: 1}\n`),
    (error) => {
      assert.equal(error instanceof DeployError ? error.problems.length : 0, 2);
      return true;
    },
  );
  const app = await read(
    `${MINIMAL}plugins: [serverless-offline]\nfunctions:\n  f: {handler: h.x, tracing: true, iamRoleStatements: [{}]}\n`,
  );
  assert.deepEqual(
    app.notices,
    [
      "the plugin serverless-offline is not run: the platform runs the app itself",
      "functions.f.iamRoleStatements is recorded nowhere: every call is allowed",
      "functions.f.tracing has no effect: traces are not collected yet",
    ].sort((a, b) => app.notices.indexOf(a) - app.notices.indexOf(b)),
  );
});

test("functions and resources may come from other files, as lists", async () => {
  const app = await read(
    `${MINIMAL}functions:\n  - \${file(fns/a.yml)}\n  - b: {handler: b.run}\nresources:\n  - \${file(res.yml)}\n  - Resources: {B: {Type: U}}\n`,
    { contents: { "/app/fns/a.yml": "a:\n  handler: a.run\n  wrong: 1\n", "/app/res.yml": "Resources:\n  A: {Type: T}\n" } },
  ).catch((error: unknown) => error);
  assert.ok(app instanceof DeployError);
  assert.equal(app.message, "fns/a.yml:3:3: functions.a.wrong is not supported by Hearth");
  const good = await read(
    `${MINIMAL}functions:\n  - \${file(fns/a.yml)}\n  - b: {handler: b.run}\nresources:\n  - \${file(res.yml)}\n  - Resources: {B: {Type: U}}\n`,
    { contents: { "/app/fns/a.yml": "a: {handler: a.run}\n", "/app/res.yml": "Resources:\n  A: {Type: T}\n" } },
  );
  assert.deepEqual(
    good.functions.map((fn) => fn.key),
    ["a", "b"],
  );
  assert.deepEqual(good.origins.get("A"), { file: "res.yml", line: 2, column: 3 });
  assert.deepEqual(good.files, ["/app/serverless.yml", "/app/fns/a.yml", "/app/res.yml"]);
});
