// What a function's failures look like: the document that a caller gets and the line that the log gets, as Lambda's Node
// runtime forms them.
"use strict";
const { types } = require("node:util");

/** Failures that the runtime itself names. */
class RuntimeError extends Error {
  /**
   * @param {string} name
   * @param {string} message
   */
  constructor(name, message) {
    super(message);
    this.name = `Runtime.${name}`;
  }
}

/** @param {unknown} value @returns {value is Error} */
function isErrorLike(value) {
  if (types.isNativeError(value)) return true;
  if (typeof value !== "object" || value === null) return false;
  return ["name", "message", "stack"].every((key) => typeof Reflect.get(value, key) === "string" && Reflect.get(value, key) !== "");
}

/**
 * The error document of an invocation.
 * @param {unknown} error
 */
function documentOf(error) {
  try {
    if (isErrorLike(error)) return { errorType: error.name, errorMessage: error.message, trace: String(error.stack).split("\n") };
    return { errorType: typeof error, errorMessage: String(error), trace: [] };
  } catch {
    return {
      errorType: "handled",
      errorMessage:
        "callback called with Error argument, but there was a problem while retrieving one or more of its message, name, and stack",
    };
  }
}

/** Errors do not enumerate what matters in them. @param {string} _key @param {unknown} value */
function visible(_key, value) {
  if (!(value instanceof Error)) return value;
  return {
    errorType: value.name,
    errorMessage: value.message,
    code: Reflect.get(value, "code"),
    ...value,
    ...(typeof value.stack === "string" && { stack: value.stack.split("\n") }),
  };
}

/**
 * The text of an error in the log; it begins with a tab.
 * @param {unknown} error
 */
function logged(error) {
  const shown = error instanceof Error ? error : new Error(String(error));
  try {
    return `\t${JSON.stringify(shown, visible)}`;
  } catch {
    return `\t${JSON.stringify(documentOf(shown))}`;
  }
}

module.exports = { RuntimeError, documentOf, logged };
