// The context object and the callback of one invocation, and when it counts as answered.
"use strict";

/**
 * @typedef {object} Meta what the platform says of an invocation
 * @property {string} requestId
 * @property {string} arn
 * @property {number} remainingMs
 * @property {string} [traceId]
 * @property {string} [clientContext] JSON
 * @property {string} [identity] JSON
 */

/**
 * @typedef {object} Answer how an invocation ends; only the first call counts
 * @property {(result: unknown) => void} succeed
 * @property {(error: unknown) => void} fail
 * @property {(then: (() => void) | undefined) => void} whenIdle what to do once the event loop has nothing left
 */

/**
 * @param {Meta} meta
 * @param {Answer} answer
 */
function createContext(meta, answer) {
  const deadlineMs = Date.now() + meta.remainingMs;
  const environment = process.env;
  let waits = true;

  /** @param {unknown} error @param {unknown} [result] */
  const done = (error, result) => (error === undefined || error === null ? answer.succeed(result) : answer.fail(error));
  const context = {
    get callbackWaitsForEmptyEventLoop() {
      return waits;
    },
    set callbackWaitsForEmptyEventLoop(value) {
      waits = value;
    },
    /** @param {unknown} result */
    succeed: (result) => done(null, result),
    /** @param {unknown} error */
    fail: (error) => done(error ?? "handled"),
    done,
    functionVersion: environment["AWS_LAMBDA_FUNCTION_VERSION"],
    functionName: environment["AWS_LAMBDA_FUNCTION_NAME"],
    memoryLimitInMB: environment["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"],
    logGroupName: environment["AWS_LAMBDA_LOG_GROUP_NAME"],
    logStreamName: environment["AWS_LAMBDA_LOG_STREAM_NAME"],
    clientContext: meta.clientContext === undefined ? undefined : JSON.parse(meta.clientContext),
    identity: meta.identity === undefined ? undefined : JSON.parse(meta.identity),
    invokedFunctionArn: meta.arn,
    awsRequestId: meta.requestId,
    getRemainingTimeInMillis: () => deadlineMs - Date.now(),
  };

  let called = false;
  /** @param {unknown} error @param {unknown} [result] */
  const callback = (error, result) => {
    if (called) return;
    called = true;
    if (error !== undefined && error !== null) answer.fail(error);
    else if (!waits) answer.succeed(result);
    else answer.whenIdle(() => answer.succeed(result));
  };
  return { context, callback };
}

module.exports = { createContext };
