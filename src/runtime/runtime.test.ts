import assert from "node:assert/strict";
import { test } from "node:test";
import { ARN, runtimeBench as bench } from "../testing/runtime-bench.ts";

test("handlers are found and loaded as on Lambda", async (t) => {
  const { invoke } = bench({
    "plain.js": "exports.handler = async () => 'cjs'; exports.a = { b: { c: () => Promise.resolve('nested') } };",
    "module.mjs": "const value = await Promise.resolve('esm'); export const handler = async () => value;",
    "strict.cjs": "exports.handler = async () => 'forced cjs';",
    "deep/er/file.js": "exports.main = async () => 'deep';",
    "typed/package.json": '{ "type": "module" }',
    "typed/index.js": "export const handler = async () => 'esm by package';",
    "awaiting.js": "const value = await Promise.resolve('detected'); export const handler = async () => value;",
    "mapped.js": "exports.f = async () => require('shared/name');",
    "shared/name.js": "module.exports = 'from the root';",
  });
  for (const [handler, expected] of [
    ["plain.handler", "cjs"],
    ["plain.a.b.c", "nested"],
    ["module.handler", "esm"],
    ["strict.handler", "forced cjs"],
    ["deep/er/file.main", "deep"],
    ["typed/index.handler", "esm by package"],
    ["awaiting.handler", "detected"],
    ["mapped.f", "from the root"],
  ] as const) {
    await t.test(handler, async () => assert.equal((await invoke(handler)).value, expected));
  }
});

test("what cannot be loaded answers Lambda's errors", async (t) => {
  const { invoke } = bench({
    "plain.js": "exports.handler = async () => 1; exports.text = 'x';",
    "broken.js": "exports.handler = async () => { return (; };",
    "broken.mjs": "export const handler = async () => { return (; };",
    "lacking.js": "require('not-there');",
    "lacking.mjs": "import 'not-there'; export const handler = 1;",
    "throwing.js": "throw new RangeError('at the start');",
    "leaving.js": "process.exit(3);",
    "rejecting.js": "Promise.reject(new Error('nobody caught me')); exports.handler = async () => 1;",
    "waiting.mjs": "await new Promise(() => {}); export const handler = 1;",
    "sdk.mjs": "import '@aws-sdk/client-braket';",
  });
  for (const [handler, type, message] of [
    ["plain.missing", "Runtime.HandlerNotFound", /^plain\.missing is undefined or not exported$/],
    ["plain.text", "Runtime.HandlerNotFound", /^plain\.text is not a function$/],
    ["plain", "Runtime.MalformedHandlerName", /^Bad handler$/],
    ["../plain.handler", "Runtime.MalformedHandlerName", /is not a valid handler name/],
    ["absent.handler", "Runtime.ImportModuleError", /^Error: Cannot find module 'absent'/],
    ["broken.handler", "Runtime.UserCodeSyntaxError", /^SyntaxError: Unexpected token/],
    ["lacking.handler", "Runtime.ImportModuleError", /^Error: Cannot find module 'not-there'/],
    ["throwing.handler", "RangeError", /^at the start$/],
    ["leaving.handler", "Runtime.ExitError", /^RequestId: request-\d+ Error: Runtime exited with error: exit status 3$/],
    ["rejecting.handler", "Runtime.UnhandledPromiseRejection", /^Error: nobody caught me$/],
    ["waiting.handler", "Runtime.NodeJsExit", /never settled/],
    ["sdk.handler", "Runtime.ImportModuleError", /npm install @aws-sdk\/client-braket/],
  ] as const) {
    await t.test(handler, async () => {
      const result = await invoke(handler);
      assert.equal(result.functionError, "Unhandled");
      const failure = result.value as { errorType: string; errorMessage: string };
      assert.equal(failure.errorType, type);
      assert.match(failure.errorMessage, message);
    });
  }
});

test("failures of a running function answer and log as on Lambda", async (t) => {
  const { invoke, log } = bench({
    "f.js": `
      exports.throws = async () => { const error = new TypeError("boom"); error.code = "E_BOOM"; throw error; };
      exports.sync = () => { throw new Error("at once"); };
      exports.text = async () => { throw "just text"; };
      exports.nothing = () => Promise.reject();
      exports.circular = async () => { const a = {}; a.a = a; return a; };
      exports.exits = async (event) => { process.exit(event.code); };
      exports.uncaught = () => new Promise(() => setTimeout(() => { throw new Error("later"); }, 1));
      exports.rejected = () => new Promise((resolve) => { Promise.reject(new Error("unseen")); setTimeout(resolve, 50); });
      exports.never = async () => new Promise(() => {});
      exports.killed = async () => { process.kill(process.pid, "SIGSEGV"); await new Promise((r) => setTimeout(r, 1000)); };
      exports.large = async (event) => "x".repeat(event.length);
    `,
  });
  for (const [name, handler, event, expected] of [
    ["an error", "f.throws", {}, { errorType: "TypeError", errorMessage: "boom" }],
    ["a synchronous error", "f.sync", {}, { errorType: "Error", errorMessage: "at once" }],
    ["text", "f.text", {}, { errorType: "string", errorMessage: "just text" }],
    ["nothing", "f.nothing", {}, { errorType: "string", errorMessage: "handled" }],
    ["a circle", "f.circular", {}, { errorType: "Error", errorMessage: "Unable to stringify response body" }],
    [
      "exit 0",
      "f.exits",
      { code: 0 },
      { errorType: "Runtime.ExitError", errorMessage: /^RequestId: \S+ Error: Runtime exited without providing a reason$/ },
    ],
    [
      "exit 7",
      "f.exits",
      { code: 7 },
      { errorType: "Runtime.ExitError", errorMessage: /^RequestId: \S+ Error: Runtime exited with error: exit status 7$/ },
    ],
    ["uncaught", "f.uncaught", {}, { errorType: "Error", errorMessage: "later" }],
    ["unhandled", "f.rejected", {}, { errorType: "Runtime.UnhandledPromiseRejection", errorMessage: "Error: unseen" }],
    ["never settled", "f.never", {}, { errorType: "Runtime.NodeJsExit", errorMessage: /Promise that was never settled/ }],
    ["a crash", "f.killed", {}, { errorType: "Runtime.ExitError", errorMessage: /signal: segmentation fault$/ }],
    [
      "a large answer",
      "f.large",
      { length: 6_291_555 },
      {
        errorType: "Function.ResponseSizeTooLarge",
        errorMessage: "Response payload size exceeded maximum allowed payload size (6291556 bytes).",
      },
    ],
  ] as const) {
    await t.test(name, async () => {
      const result = await invoke(handler, event);
      assert.equal(result.functionError, "Unhandled");
      const failure = result.value as { errorType: string; errorMessage: string };
      assert.equal(failure.errorType, expected.errorType);
      if (typeof expected.errorMessage === "string") assert.equal(failure.errorMessage, expected.errorMessage);
      else assert.match(failure.errorMessage, expected.errorMessage);
    });
  }
  await t.test("the largest answer passes", async () => {
    const result = await invoke("f.large", { length: 6_291_554 });
    assert.equal(result.functionError, undefined);
    assert.equal(result.payload.length, 6_291_556);
  });
  await t.test("the log names them", async () => {
    const lines = (await log()).join("");
    assert.match(
      lines,
      /\tERROR\tInvoke Error \t\{"errorType":"TypeError","errorMessage":"boom","code":"E_BOOM","stack":\["TypeError: boom"/,
    );
    assert.match(lines, /\tERROR\tUncaught Exception \t\{"errorType":"Error","errorMessage":"later"/);
    assert.match(lines, /\tERROR\tUnhandled Promise Rejection \t\{"errorType":"Runtime.UnhandledPromiseRejection"/);
    assert.match(lines, /RequestId: \S+ Error: Runtime exited with error: exit status 7\nRuntime.ExitError\n/);
    assert.match(lines, /Status: error\tError Type: Runtime.ExitError\t\n/);
  });
});

test("an environment is reused after an error of the function, and replaced after it ended", async () => {
  const { invoke, spawned } = bench({
    "f.js": `let count = 0;
      exports.handler = async (event) => { count++; if (event.throw) throw new Error("x"); if (event.exit) process.exit(1); return count; };`,
  });
  assert.equal((await invoke("f.handler")).value, 1);
  await invoke("f.handler", { throw: true });
  assert.equal((await invoke("f.handler")).value, 3);
  await invoke("f.handler", { exit: true });
  assert.equal((await invoke("f.handler")).value, 1);
  assert.equal(spawned.length, 2);
});

test("callbacks and the old ends of the context", async (t) => {
  const { invoke } = bench({
    "f.js": `
      exports.callback = (event, context, callback) => { setTimeout(() => callback(null, "called"), 5); };
      exports.error = (event, context, callback) => callback(new Error("by callback"));
      exports.waits = (event, context, callback) => { setTimeout(() => { globalThis.done = true; }, 20); callback(null, globalThis.done === true); };
      exports.waited = (event, context, callback) => { callback(null, globalThis.done === true); };
      exports.leaves = (event, context, callback) => {
        context.callbackWaitsForEmptyEventLoop = false;
        setTimeout(() => {}, 60000);
        callback(null, "did not wait");
      };
      exports.done = (event, context) => context.done(null, "done");
      exports.succeed = (event, context) => context.succeed("succeeded");
      exports.fail = (event, context) => context.fail("failed");
      exports.forgets = (event, context, callback) => {};
      exports.twice = (event, context, callback) => { callback(null, 1); callback(null, 2); };
    `,
  });
  for (const [handler, expected] of [
    ["f.callback", "called"],
    ["f.waits", false],
    ["f.leaves", "did not wait"],
    ["f.done", "done"],
    ["f.succeed", "succeeded"],
    ["f.forgets", null],
    ["f.twice", 1],
  ] as const) {
    await t.test(handler, async () => assert.deepEqual((await invoke(handler)).value, expected));
  }
  await t.test("errors", async () => {
    assert.equal((await invoke("f.error")).functionError, "Unhandled");
    assert.deepEqual((await invoke("f.fail")).value, { errorType: "string", errorMessage: "failed", trace: [] });
  });
  await t.test("Node 24 has no callbacks", async () => {
    const result = await invoke("f.callback", {}, { runtime: "nodejs24.x" });
    assert.equal((result.value as { errorType: string }).errorType, "Runtime.CallbackHandlerDeprecated");
  });
});

test("the context and the environment are Lambda's, and nothing of the platform's", async () => {
  process.env["HEARTH_TEST_SECRET"] = "leaked";
  const { invoke, codeDirectory } = bench({
    "f.js": `exports.handler = async (event, context) => ({
      event, context: { ...context }, remaining: context.getRemainingTimeInMillis(), environment: process.env, tmp: require("os").tmpdir(),
    });`,
  });
  const options = { environment: { MINE: "yes" }, clientContext: '{"client":{"app_title":"t"}}', timeoutMs: 5_000 };
  const { value } = await invoke("f.handler", { a: [1, "ü"] }, options);
  delete process.env["HEARTH_TEST_SECRET"];
  const seen = value as {
    event: unknown;
    context: Record<string, unknown>;
    remaining: number;
    environment: Record<string, string>;
    tmp: string;
  };
  assert.deepEqual(seen.event, { a: [1, "ü"] });
  assert.deepEqual(
    { ...seen.context, logStreamName: undefined },
    {
      callbackWaitsForEmptyEventLoop: true,
      functionVersion: "$LATEST",
      functionName: "f",
      memoryLimitInMB: "128",
      logGroupName: "/aws/lambda/f",
      logStreamName: undefined,
      clientContext: { client: { app_title: "t" } },
      invokedFunctionArn: `${ARN}:live`,
      awsRequestId: "request-1",
    },
  );
  assert.match(String(seen.context["logStreamName"]), /^2026\/01\/01\/\[\$LATEST\][0-9a-f]{32}$/);
  assert.ok(seen.remaining > 4_000 && seen.remaining <= 5_000);
  const { environment } = seen;
  assert.deepEqual(Object.keys(environment).sort(), [
    "AWS_ACCESS_KEY_ID",
    "AWS_DEFAULT_REGION",
    "AWS_ENDPOINT_URL",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_REGION",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "LAMBDA_RUNTIME_DIR",
    "LAMBDA_TASK_ROOT",
    "LANG",
    "MINE",
    "NODE_PATH",
    "PATH",
    "TMPDIR",
    "TZ",
    "_HANDLER",
    "_X_AMZN_TRACE_ID",
  ]);
  assert.equal(environment["AWS_ACCESS_KEY_ID"], "000000000000");
  assert.equal(environment["AWS_ENDPOINT_URL"], "http://127.0.0.1:9");
  assert.equal(environment["LAMBDA_TASK_ROOT"], codeDirectory);
  assert.equal(environment["_X_AMZN_TRACE_ID"], "Root=1-2-3");
  assert.equal(seen.tmp, environment["TMPDIR"]);
});

test("logs: Lambda's lines around the function's own", async () => {
  const { invoke, log, batches } = bench({
    "f.js": `console.log("loading");
      exports.handler = async () => {
        console.log("one %d", 1, { a: true });
        console.warn("two\\nlines");
        console.error(new Error("shown"));
        console.debug("debugged");
        process.stdout.write("raw ");
        process.stdout.write("line\\nanother\\nrest");
        require("fs").writeSync(2, "native\\n");
      };`,
  });
  const result = await invoke("f.handler");
  const messages = await log();
  const stamp = "\\d{4}-\\d\\d-\\d\\dT[0-9:.]{12}Z";
  const expected = [
    new RegExp(`^${stamp}\tundefined\tINFO\tloading\n$`),
    /^START RequestId: request-1 Version: \$LATEST\n$/,
    new RegExp(`^${stamp}\trequest-1\tINFO\tone 1 \\{ a: true \\}\n$`),
    new RegExp(`^${stamp}\trequest-1\tWARN\ttwo\nlines\n$`),
    new RegExp(`^${stamp}\trequest-1\tERROR\tError: shown\n    at [\\s\\S]*\n$`),
    new RegExp(`^${stamp}\trequest-1\tDEBUG\tdebugged\n$`),
    /^raw line\n$/,
    /^another\n$/,
    /^rest\n$/,
    /^END RequestId: request-1\n$/,
    /^REPORT RequestId: request-1\tDuration: \d+\.\d\d ms\tBilled Duration: \d+ ms\tMemory Size: 128 MB\tMax Memory Used: \d+ MB\tInit Duration: \d+\.\d\d ms\t\n$/,
  ];
  const own = messages.filter((message) => message !== "native\n");
  assert.equal(messages.length, own.length + 1);
  assert.equal(own.length, expected.length, own.join(""));
  for (const [i, message] of own.entries()) assert.match(message, expected[i] ?? /never/);
  assert.match(result.logTail, /^START RequestId: request-1[\s\S]*REPORT RequestId: request-1.*\n$/);
  const [first] = batches;
  assert.equal(first?.functionName, "f");
  assert.equal(first?.logGroup, "/aws/lambda/f");
  assert.deepEqual([...new Set(batches.flatMap(({ entries }) => entries.map(({ requestId }) => requestId)))], [undefined, "request-1"]);
  const warm = await invoke("f.handler");
  assert.doesNotMatch(warm.logTail, /Init Duration/);
});

test("the tail of a long log is its last 4 KB", async () => {
  const { invoke } = bench({ "f.js": `exports.handler = async () => { for (let i = 0; i < 500; i++) console.log("line ü", i); };` });
  const { logTail } = await invoke("f.handler");
  assert.ok(Buffer.byteLength(logTail) <= 4096 && Buffer.byteLength(logTail) > 4000);
  assert.match(logTail, /REPORT RequestId: request-1/);
  assert.doesNotMatch(logTail, /START/);
});

test("JSON logs and levels", async () => {
  const { invoke, log } = bench({
    "f.js": `exports.handler = async () => { console.debug("low"); console.info({ a: 1 }); console.error("bad", new TypeError("t")); };`,
  });
  await invoke("f.handler", {}, { environment: { AWS_LAMBDA_LOG_FORMAT: "JSON", AWS_LAMBDA_LOG_LEVEL: "INFO" } });
  const lines = (await log()).filter((line) => line.startsWith("{")).map((line) => JSON.parse(line) as Record<string, unknown>);
  assert.deepEqual(
    lines.map(({ level, message, requestId, errorType }) => ({ level, message, requestId, errorType })),
    [
      { level: "INFO", message: { a: 1 }, requestId: "request-1", errorType: undefined },
      { level: "ERROR", message: lines[1]?.["message"], requestId: "request-1", errorType: "TypeError" },
    ],
  );
});

test("source maps name the sources in stack traces", async () => {
  const map = {
    version: 3,
    sources: ["src/handler.ts"],
    names: [],
    mappings: ";AAQA",
    sourcesContent: ["\n\n\n\n\n\n\n\nthrow new Error('mapped');"],
  };
  const comment = `//# sourceMappingURL=data:application/json;base64,${Buffer.from(JSON.stringify(map)).toString("base64")}`;
  const { invoke } = bench({ "f.js": `exports.handler = async () => {\nthrow new Error("mapped");\n};\n${comment}` });
  const { value } = await invoke("f.handler");
  assert.match((value as { trace: string[] }).trace.join("\n"), /src\/handler\.ts:9/);
});
