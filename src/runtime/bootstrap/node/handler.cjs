// Finds the function that a handler string names, by the rules of Lambda's Node runtime.
"use strict";
const fs = require("node:fs");
const path = require("node:path");
const { createRequire } = require("node:module");
const { pathToFileURL } = require("node:url");
const { RuntimeError } = require("./failures.cjs");

/** Marks a handler that `awslambda.streamifyResponse` made. */
const STREAMING = Symbol.for("aws.lambda.runtime.handler.streaming");

/**
 * @param {string} root the folder of the code
 * @param {string} handler `path/to/file.exported.name`
 * @returns {Promise<(...parameters: unknown[]) => unknown>}
 */
async function loadHandler(root, handler) {
  if (handler.includes("..")) {
    throw new RuntimeError(
      "MalformedHandlerName",
      `'${handler}' is not a valid handler name. Use absolute paths when specifying root directories in handler names.`,
    );
  }
  const base = path.basename(handler);
  const dot = base.indexOf(".");
  if (dot < 0) throw new RuntimeError("MalformedHandlerName", "Bad handler");
  const folder = handler.slice(0, handler.length - base.length);
  const loaded = await loadModule(root, folder, base.slice(0, dot));
  /** @type {unknown} */
  let found = loaded;
  for (const key of base.slice(dot + 1).split("."))
    found = found === undefined || found === null ? undefined : Reflect.get(Object(found), key);
  if (!found) throw new RuntimeError("HandlerNotFound", `${handler} is undefined or not exported`);
  if (typeof found !== "function") throw new RuntimeError("HandlerNotFound", `${handler} is not a function`);
  if (Reflect.get(found, STREAMING)) {
    throw new RuntimeError(
      "MalformedStreamingHandler",
      "Response streaming (awslambda.streamifyResponse) is not supported yet by this version of Hearth.",
    );
  }
  return /** @type {(...parameters: unknown[]) => unknown} */ (found);
}

/**
 * @param {string} root
 * @param {string} folder
 * @param {string} name
 * @returns {Promise<unknown>}
 */
async function loadModule(root, folder, name) {
  try {
    return await find(root, folder, name);
  } catch (error) {
    if (error instanceof SyntaxError) throw named("UserCodeSyntaxError", error);
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "MODULE_NOT_FOUND" || code === "ERR_MODULE_NOT_FOUND") throw named("ImportModuleError", error);
    throw error;
  }
}

/** The runtime's own error around the user's: its text and its stack. @param {string} name @param {unknown} error */
function named(name, error) {
  const wrapped = new RuntimeError(name, String(error));
  const stack = Object(error).stack;
  if (typeof stack === "string") wrapped.stack = `${wrapped.name}: ${stack}`;
  return wrapped;
}

/**
 * @param {string} root
 * @param {string} folder
 * @param {string} name
 * @returns {Promise<unknown>}
 */
async function find(root, folder, name) {
  const file = path.resolve(root, folder, name);
  const require = createRequire(path.join(root, "index.js"));
  if (isFile(file)) return require(file);
  if (isFile(`${file}.js`))
    return isEsm(path.dirname(file)) ? import(pathToFileURL(`${file}.js`).href) : requireOrImport(require, `${file}.js`);
  if (isFile(`${file}.mjs`)) return import(pathToFileURL(`${file}.mjs`).href);
  if (isFile(`${file}.cjs`)) return require(`${file}.cjs`);
  return require(require.resolve(name, { paths: [root, path.resolve(root, folder)] }));
}

/** @param {NodeJS.Require} require @param {string} file */
function requireOrImport(require, file) {
  try {
    return require(file);
  } catch (error) {
    // A Node that loads ES modules through require() refuses those with top-level await, and says so with this code.
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ERR_REQUIRE_ASYNC_MODULE") return import(pathToFileURL(file).href);
    throw error;
  }
}

/** @param {string} file */
function isFile(file) {
  return fs.statSync(file, { throwIfNoEntry: false })?.isFile() === true;
}

/** Whether the nearest package.json above says that `.js` files are ES modules. @param {string} folder @returns {boolean} */
function isEsm(folder) {
  for (let at = folder; path.basename(at) !== "node_modules"; at = path.dirname(at)) {
    const file = path.join(at, "package.json");
    if (isFile(file)) {
      try {
        return JSON.parse(fs.readFileSync(file, "utf8")).type === "module";
      } catch (error) {
        console.warn(`${file} cannot be read, it will be ignored for ES module detection purposes.`, error);
        return false;
      }
    }
    if (path.dirname(at) === at) return false;
  }
  return false;
}

module.exports = { loadHandler };
