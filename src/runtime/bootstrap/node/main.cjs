// The process of an execution environment for Node handlers: loads the function, then answers one invocation at a time.
// Started by the platform with the channel at descriptor 3; it must need nothing but Node itself.
"use strict";
const fs = require("node:fs");
const { KIND, receive, send } = require("./channel.cjs");
const { patchConsole, patchStream, printError, setRequestId } = require("./console.cjs");
const { createContext } = require("./context.cjs");
const { RuntimeError, documentOf } = require("./failures.cjs");
const { loadHandler } = require("./handler.cjs");
const { hookModules } = require("./modules.cjs");
const { redirectFetch, redirectRequests } = require("./redirect.cjs");

/** The largest answer of a synchronous invocation, in bytes (Lambda quotas: 6 MB; the exact figure is in Lambda's own message). */
const RESPONSE_BYTES_MAX = 6_291_556;
/** How often a busy process looks whether the platform still lives. */
const ORPHAN_CHECK_MS = 2_000;

/** How long an ending process waits for the signal that came before the end of the channel to be seen. */
const SIGNAL_MS = 50;

/** Exit codes of Lambda's Node runtime. */
const EXIT = { unhandledRejection: 128, uncaughtException: 129 };

/** @type {(() => void) | undefined} */
let whenIdle;
/** The function's code may replace the global one. */
const soon = setImmediate;

const statm = openStatm();
const statmText = Buffer.alloc(64);
/** Of a page of memory: found by comparing both ways of reading. */
let pageKb = 0;

function openStatm() {
  try {
    return fs.openSync("/proc/self/statm", "r");
  } catch {
    return undefined;
  }
}

/** Resident memory. Reading an open /proc file takes a fraction of what process.memoryUsage takes. */
function residentKb() {
  if (statm === undefined) return process.memoryUsage.rss() >>> 10;
  const length = fs.readSync(statm, statmText, 0, 64, 0);
  const pages = Number(statmText.toString("latin1", 0, length).split(" ", 2)[1]);
  if (pageKb === 0) pageKb = 2 ** Math.round(Math.log2(process.memoryUsage.rss() / 1024 / pages));
  return pages * pageKb;
}

/** The last word of a process that will end: of the running invocation, or of the initialization. @param {unknown} error */
function reportFatal(error) {
  send(KIND.fatal, JSON.stringify(documentOf(error)), residentKb());
}

async function main() {
  const first = receive();
  if (!first) process.exit(0);
  /** @type {{ handler: string, root: string, endpoint: string, sdk: string, cache?: string, callbacks: boolean }} */
  const init = JSON.parse(first.body.toString());
  setRequestId(undefined);
  patchConsole();
  patchStream("stdout");
  patchStream("stderr");
  watchFailures();
  watchPlatform();
  if (init.cache !== undefined) require("node:module").enableCompileCache?.(init.cache);
  const target = new URL(init.endpoint);
  hookModules(init.sdk, () => redirectRequests(target));
  redirectFetch(target);

  /** @type {(...parameters: unknown[]) => unknown} */
  let handler;
  whenIdle = () => failInit(new RuntimeError("NodeJsExit", NEVER_SETTLED));
  try {
    handler = await loadHandler(init.root, init.handler);
    if (!init.callbacks && handler.length >= 3 && handler.constructor.name !== "AsyncFunction") {
      throw new RuntimeError("CallbackHandlerDeprecated", CALLBACKS_REMOVED);
    }
  } catch (error) {
    failInit(error);
    return;
  }
  whenIdle = undefined;
  send(KIND.ready, "", residentKb());
  soon(next, handler);
}

const NEVER_SETTLED =
  "The Lambda runtime client detected an unexpected Node.js exit code. This is most commonly caused by a Promise that was never settled. For more information, see https://nodejs.org/docs/latest/api/process.html#exit-codes";
const CALLBACKS_REMOVED =
  "ERROR: AWS Lambda has removed support for callback-based function handlers starting with Node.js 24. You need to modify this function to use a supported handler signature to use Node.js 24 or later. For more information see https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html.";

/** @param {unknown} error */
function failInit(error) {
  printError("Uncaught Exception", error);
  reportFatal(error);
  process.exit(1);
}

/** Waits for an invocation and runs it. @param {(...parameters: unknown[]) => unknown} handler */
function next(handler) {
  const frame = receive();
  if (frame === null) {
    // The environment ends. Handlers of SIGTERM, which came first, run in the event loop, as long as the platform lets them.
    if (process.listenerCount("SIGTERM") === 0) process.exit(0);
    setTimeout(() => {}, SIGNAL_MS);
    return;
  }
  if (!frame) {
    // A signal came: its handlers run in the event loop.
    setTimeout(next, 1, handler);
    return;
  }
  const metaLength = frame.body.readUInt32BE(0);
  /** @type {import("./context.cjs").Meta} */
  const meta = JSON.parse(frame.body.toString("utf8", 4, 4 + metaLength));
  const text = frame.body.toString("utf8", 4 + metaLength);
  setRequestId(meta.requestId);
  if (meta.traceId === undefined) delete process.env["_X_AMZN_TRACE_ID"];
  else process.env["_X_AMZN_TRACE_ID"] = meta.traceId;

  let answered = false;
  const end = () => {
    answered = true;
    whenIdle = undefined;
    soon(next, handler);
  };
  /** @param {unknown} error */
  const fail = (error) => {
    if (answered) return;
    printError("Invoke Error", error);
    send(KIND.failure, JSON.stringify(documentOf(error)), residentKb());
    end();
  };
  /** @param {unknown} result */
  const succeed = (result) => {
    if (answered) return;
    const body = serialize(result);
    if (body instanceof Error) fail(body);
    else if (body.length * 3 > RESPONSE_BYTES_MAX && Buffer.byteLength(body) > RESPONSE_BYTES_MAX) tooLarge();
    else {
      send(KIND.response, body, residentKb());
      end();
    }
  };
  const tooLarge = () => {
    const errorMessage = `Response payload size exceeded maximum allowed payload size (${RESPONSE_BYTES_MAX} bytes).`;
    send(KIND.failure, JSON.stringify({ errorType: "Function.ResponseSizeTooLarge", errorMessage }), residentKb());
    end();
  };
  whenIdle = () => {
    if (handler.constructor.name === "AsyncFunction") fail(new RuntimeError("NodeJsExit", NEVER_SETTLED));
    else succeed(null);
  };
  try {
    const { context, callback } = createContext(meta, {
      succeed,
      fail,
      whenIdle: (then) => {
        whenIdle = then;
      },
    });
    const result = handler(JSON.parse(text), context, callback);
    if (typeof result === "object" && result !== null && "then" in result && typeof result.then === "function") {
      result.then(succeed, (/** @type {unknown} */ error) => fail(error ?? "handled"));
    }
  } catch (error) {
    fail(error);
  }
}

/** @param {unknown} result @returns {string | Error} */
function serialize(result) {
  try {
    return JSON.stringify(result === undefined ? null : result) ?? "null";
  } catch {
    return new Error("Unable to stringify response body");
  }
}

function watchFailures() {
  process.on("uncaughtException", (error) => {
    printError("Uncaught Exception", error);
    reportFatal(error);
    process.exit(EXIT.uncaughtException);
  });
  process.on("unhandledRejection", (reason, promise) => {
    const error = Object.assign(new RuntimeError("UnhandledPromiseRejection", String(reason)), { reason, promise });
    printError("Unhandled Promise Rejection", error);
    reportFatal(error);
    process.exit(EXIT.unhandledRejection);
  });
  process.on("beforeExit", () => {
    const then = whenIdle;
    whenIdle = undefined;
    then?.();
  });
}

/** A process whose platform is gone ends by itself when it waits; this ends one that is busy. */
function watchPlatform() {
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) process.exit(1);
  }, ORPHAN_CHECK_MS).unref();
}

main();
