// Requests to `*.amazonaws.com` go to the platform's endpoint instead, in plain HTTP, with their Host header kept: it was
// signed, and the platform routes by it. For SDK v2, which knows no AWS_ENDPOINT_URL, and for whoever builds URLs by hand.
"use strict";

const AWS_HOST = /(?:^|\.)amazonaws\.com(?:\.cn)?$/i;

/**
 * Loading these modules takes longer than all else that a process does before the function's own code: they are changed
 * when the function first asks for one of them.
 * @param {URL} target
 */
function redirectRequests(target) {
  const http = require("node:http");
  const https = require("node:https");
  const plain = http.request;
  const agent = new http.Agent({ keepAlive: true });

  for (const [module, scheme, original] of /** @type {const} */ ([
    [http, "http:", http.request],
    [https, "https:", https.request],
  ])) {
    /** @this {unknown} @param {unknown[]} parameters */
    const request = function (...parameters) {
      const asked = readRequest(scheme, parameters);
      if (!asked) return Reflect.apply(original, this, parameters);
      return plain(
        {
          ...asked.options,
          protocol: "http:",
          hostname: target.hostname,
          host: target.hostname,
          port: target.port || "80",
          agent,
          headers: withHost(asked.options.headers, asked.host),
          setHost: false,
        },
        asked.callback,
      );
    };
    /** @this {unknown} @param {unknown[]} parameters */
    const get = function (...parameters) {
      const sent = Reflect.apply(request, this, parameters);
      sent.end();
      return sent;
    };
    Reflect.set(module, "request", request);
    Reflect.set(module, "get", get);
  }
  require("node:module").syncBuiltinESMExports();
}

/**
 * What is asked for, if it is AWS. The parameters are those of `http.request`.
 * @param {string} scheme
 * @param {unknown[]} parameters
 * @returns {{ options: import("node:http").RequestOptions, host: string, callback: ((response: import("node:http").IncomingMessage) => void) | undefined } | undefined}
 */
function readRequest(scheme, parameters) {
  const [first, second, third] = parameters;
  /** @type {Record<string, unknown>} */
  let options = {};
  let rest = [second, third];
  if (typeof first === "string" || first instanceof URL) {
    const url = typeof first === "string" ? new URL(first) : first;
    options = { protocol: url.protocol, hostname: url.hostname, port: url.port || undefined, path: url.pathname + url.search };
    if (typeof second === "object" && second !== null) options = { ...options, ...second };
    else rest = [undefined, second];
  } else {
    options = { .../** @type {Record<string, unknown>} */ (first) };
    rest = [undefined, second];
  }
  const hostname = String(options["hostname"] ?? options["host"] ?? "").replace(/:\d+$/, "");
  if (!AWS_HOST.test(hostname)) return undefined;
  const port = options["port"];
  const usual = (options["protocol"] ?? scheme) === "http:" ? 80 : 443;
  const callback = rest[1];
  return {
    options,
    host: port === undefined || port === null || port === "" || Number(port) === usual ? hostname : `${hostname}:${port}`,
    callback: typeof callback === "function" ? /** @type {(response: unknown) => void} */ (callback) : undefined,
  };
}

/**
 * @param {unknown} headers an object, or a flat list of names and values
 * @param {string} host
 */
function withHost(headers, host) {
  if (Array.isArray(headers))
    return headers.some((name, i) => i % 2 === 0 && String(name).toLowerCase() === "host") ? headers : ["Host", host, ...headers];
  const given = /** @type {Record<string, string>} */ (headers ?? {});
  return Object.keys(given).some((name) => name.toLowerCase() === "host") ? given : { ...given, Host: host };
}

/** `fetch` to AWS goes the same way. @param {URL} target */
function redirectFetch(target) {
  const descriptor = Object.getOwnPropertyDescriptor(globalThis, "fetch");
  if (!descriptor) return;
  const original = () => (descriptor.get ? descriptor.get.call(globalThis) : descriptor.value);
  /** @param {unknown} input @param {RequestInit} [init] */
  const redirected = function fetch(input, init) {
    const url = urlOf(input);
    if (!url || !AWS_HOST.test(url.hostname)) return original()(input, init);
    const moved = new URL(url.href);
    moved.protocol = target.protocol;
    moved.hostname = target.hostname;
    moved.port = target.port;
    const asked = new Request(/** @type {string | URL | Request} */ (input), init);
    const headers = new Headers(asked.headers);
    headers.set("host", url.host);
    return original()(new Request(moved, asked), { headers });
  };
  Object.defineProperty(globalThis, "fetch", { configurable: true, enumerable: true, writable: true, value: redirected });
}

/** @param {unknown} input */
function urlOf(input) {
  try {
    if (input instanceof URL) return input;
    return new URL(typeof input === "string" ? input : String(Reflect.get(Object(input), "url")));
  } catch {
    return undefined;
  }
}

module.exports = { redirectFetch, redirectRequests };
