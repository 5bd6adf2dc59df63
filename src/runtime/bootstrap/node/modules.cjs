// Which modules a function finds besides its own: the AWS SDK v3 that comes with the platform, as Lambda's Node runtimes
// bring it, after any that the function brought itself; and when it first asks for one that reaches the network.
"use strict";
const Module = require("node:module");
const { pathToFileURL } = require("node:url");

const BROUGHT = /^@(?:aws-sdk|smithy|aws-crypto)\//;

/**
 * @param {string} specifier
 * @param {string} message
 */
function missing(specifier, message) {
  const name = specifier.split("/").slice(0, 2).join("/");
  return `${message}\n${name} is not among the AWS SDK packages that Hearth brings; add it to your project: npm install ${name}`;
}

/** @param {unknown} error */
function isNotFound(error) {
  return error instanceof Error && "code" in error && (error.code === "MODULE_NOT_FOUND" || error.code === "ERR_MODULE_NOT_FOUND");
}

const NETWORK = /^(?:node:)?https?$/;

/**
 * @param {string} root a file of the package whose dependencies the SDK packages are
 * @param {() => void} beforeNetwork called once, before the function has its first module that makes requests
 */
function hookModules(root, beforeNetwork) {
  let called = false;
  const network = () => {
    if (called) return;
    called = true;
    beforeNetwork();
  };
  const getBuiltinModule = process.getBuiltinModule;
  if (typeof getBuiltinModule === "function") {
    process.getBuiltinModule = /** @type {typeof getBuiltinModule} */ (
      (/** @type {string} */ id) => {
        if (NETWORK.test(id)) network();
        return getBuiltinModule(id);
      }
    );
  }
  const rootUrl = pathToFileURL(root).href;
  if (typeof Module.registerHooks === "function") {
    const brought = Module.createRequire(root);
    Module.registerHooks({
      resolve(specifier, context, next) {
        if (!BROUGHT.test(specifier)) {
          if (NETWORK.test(specifier)) network();
          return next(specifier, context);
        }
        try {
          return next(specifier, context);
        } catch (error) {
          if (!isNotFound(error)) throw error;
          try {
            // The resolver of require() knows its parent by itself: it is asked from the platform's side.
            if (!context.conditions.includes("require")) return next(specifier, { ...context, parentURL: rootUrl });
            return { url: pathToFileURL(brought.resolve(specifier)).href, shortCircuit: true };
          } catch {
            Reflect.set(Object(error), "message", missing(specifier, Object(error).message));
            throw error;
          }
        }
      },
    });
    return;
  }
  network();
  bringToRequire(root);
  bringToImport(rootUrl);
}

/** For a Node without `registerHooks`. @param {string} root */
function bringToRequire(root) {
  const require = Module.createRequire(root);
  const original = Reflect.get(Module, "_resolveFilename");
  /** @this {unknown} @param {string} specifier @param {unknown[]} rest */
  const resolve = function (specifier, ...rest) {
    try {
      return original.call(this, specifier, ...rest);
    } catch (error) {
      if (!BROUGHT.test(specifier) || !isNotFound(error)) throw error;
      try {
        return require.resolve(specifier);
      } catch {
        Reflect.set(Object(error), "message", missing(specifier, Object(error).message));
        throw error;
      }
    }
  };
  Reflect.set(Module, "_resolveFilename", resolve);
}

/** For a Node without `registerHooks`. @param {string} rootUrl */
function bringToImport(rootUrl) {
  const source = `export async function resolve(specifier, context, next) {
    if (!${BROUGHT}.test(specifier)) return next(specifier, context);
    try { return await next(specifier, context); }
    catch (error) { try { return await next(specifier, { ...context, parentURL: ${JSON.stringify(rootUrl)} }); } catch { throw error; } }
  }`;
  Module.register(`data:text/javascript,${encodeURIComponent(source)}`);
}

module.exports = { hookModules };
