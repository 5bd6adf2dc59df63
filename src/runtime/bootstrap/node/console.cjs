// What a function prints becomes log events: each console call is one, whatever lines it has; text written to the standard
// streams is one event a line. Nothing is kept back: a crash loses no line.
"use strict";
const { format } = require("node:util");
const { KIND, send } = require("./channel.cjs");
const { logged } = require("./failures.cjs");

const LEVELS = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];
/** Where Lambda keeps it: logging libraries read it there. */
const REQUEST_ID = Symbol.for("aws.lambda.runtime.requestId");

/** @param {string | undefined} id */
function setRequestId(id) {
  Reflect.set(globalThis, REQUEST_ID, id);
}

/**
 * @param {string} level
 * @param {unknown[]} parameters
 */
function print(level, parameters) {
  const timestamp = new Date().toISOString();
  const requestId = Reflect.get(globalThis, REQUEST_ID);
  if (asJson) send(KIND.log, `${jsonLine({ timestamp, level, requestId }, parameters)}\n`);
  else send(KIND.log, `${timestamp}\t${requestId}\t${level}\t${format(...parameters)}\n`);
}

let asJson = false;

/**
 * The line of Lambda's JSON log format.
 * @param {Record<string, unknown>} line
 * @param {unknown[]} parameters
 */
function jsonLine(line, parameters) {
  if (parameters.length === 1) {
    try {
      return JSON.stringify({ ...line, message: parameters[0] }, plainError);
    } catch {
      return JSON.stringify({ ...line, message: format(parameters[0]) });
    }
  }
  const error = parameters.find((parameter) => parameter instanceof Error);
  return JSON.stringify({ ...line, message: format(...parameters), ...(error instanceof Error && fieldsOf(error)) });
}

/** @param {string} _key @param {unknown} value */
function plainError(_key, value) {
  return value instanceof Error ? { ...fieldsOf(value), ...value } : value;
}

/** @param {Error} error */
function fieldsOf(error) {
  return {
    errorType: error.constructor.name,
    errorMessage: error.message,
    stackTrace: typeof error.stack === "string" ? error.stack.split("\n") : [],
  };
}

/**
 * What failed, in the log: as text the error follows its title, as JSON it stands alone.
 * @param {string} title
 * @param {unknown} error
 */
function printError(title, error) {
  if (asJson) print("ERROR", [error instanceof Error ? error : new Error(String(error))]);
  else print("ERROR", [title, logged(error)]);
}

function patchConsole() {
  asJson = (process.env["AWS_LAMBDA_LOG_FORMAT"] ?? "").toUpperCase() === "JSON";
  const lowest = Math.max(0, LEVELS.indexOf((process.env["AWS_LAMBDA_LOG_LEVEL"] ?? "").toUpperCase()));
  for (const [level, ...methods] of [
    ["TRACE", "trace"],
    ["DEBUG", "debug"],
    ["INFO", "info", "log"],
    ["WARN", "warn"],
    ["ERROR", "error"],
    ["FATAL", "fatal"],
  ]) {
    const silent = LEVELS.indexOf(level ?? "") < lowest;
    for (const method of methods) {
      Reflect.set(console, method, silent ? () => {} : (/** @type {unknown[]} */ ...parameters) => print(level ?? "", parameters));
    }
  }
}

/**
 * Sends what is written to a standard stream over the channel, so that it arrives before the answer does. The stream itself
 * is made only when the function first asks for it.
 * @param {"stdout" | "stderr"} name
 */
function patchStream(name) {
  const original = Object.getOwnPropertyDescriptor(process, name);
  if (!original?.get) return;
  const make = original.get;
  /** @type {unknown} */
  let stream;
  Object.defineProperty(process, name, {
    configurable: true,
    enumerable: true,
    get() {
      if (stream === undefined) {
        stream = make.call(process);
        Reflect.set(Object(stream), "write", write);
      }
      return stream;
    },
  });
}

/**
 * @param {string | Uint8Array} chunk
 * @param {unknown} [encoding]
 * @param {unknown} [callback]
 */
function write(chunk, encoding, callback) {
  const named = typeof encoding === "string" && Buffer.isEncoding(encoding) ? encoding : "utf8";
  const text =
    typeof chunk === "string" ? (named === "utf8" ? chunk : Buffer.from(chunk, named).toString()) : Buffer.from(chunk).toString();
  send(KIND.output, text);
  const done = typeof encoding === "function" ? encoding : callback;
  if (typeof done === "function") process.nextTick(done);
  return true;
}

module.exports = { patchConsole, patchStream, printError, setRequestId };
