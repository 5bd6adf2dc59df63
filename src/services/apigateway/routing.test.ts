import assert from "node:assert/strict";
import { test } from "node:test";
import type { ApiResource, Method } from "./keys.ts";
import { compileRoutes, matchRoute } from "./routing.ts";

const GET: Method = { httpMethod: "GET", requestParameters: {}, requestModels: {}, methodResponses: {} };

function resource(path: string, methods: Record<string, Method> = { GET }): ApiResource {
  return { id: path, path, methods };
}

const tree = compileRoutes([
  resource("/", {}),
  resource("/users"),
  resource("/users/me"),
  resource("/users/{id}"),
  resource("/users/{id}/orders", {}),
  resource("/users/{id}/orders/{order}"),
  resource("/files", {}),
  resource("/files/{proxy+}"),
  resource("/files/index"),
  resource("/{any+}"),
]);

const cases: [path: string, resource: string | undefined, parameters?: Record<string, string>][] = [
  ["/users", "/users"],
  ["/users/", "/users"],
  ["/users/me", "/users/me"],
  ["/users/%6De", "/users/me"],
  ["/users/7", "/users/{id}", { id: "7" }],
  ["/users/a%40b", "/users/{id}", { id: "a%40b" }],
  ["/users/%E0%A4%A", "/users/{id}", { id: "%E0%A4%A" }],
  ["/users/7/orders/9", "/users/{id}/orders/{order}", { id: "7", order: "9" }],
  ["/users/me/orders/9", "/users/{id}/orders/{order}", { id: "me", order: "9" }],
  ["/users/7/orders", "/{any+}", { any: "users/7/orders" }],
  ["/files", "/{any+}", { any: "files" }],
  ["/files/index", "/files/index"],
  ["/files/a/b%2Fc", "/files/{proxy+}", { proxy: "a/b%2Fc" }],
  ["/Users", "/{any+}", { any: "Users" }],
  ["/", undefined],
];

test("a request meets the most specific resource that has a method", () => {
  for (const [path, expected, parameters = {}] of cases) {
    const match = matchRoute(tree, path);
    assert.equal(match?.resource.path, expected, path);
    if (match) assert.deepEqual(match.parameters, parameters, path);
  }
});

test("the root is met only when it has a method", () => {
  assert.equal(matchRoute(compileRoutes([resource("/")]), "/")?.resource.path, "/");
  assert.equal(matchRoute(compileRoutes([resource("/"), resource("/{proxy+}")]), "/")?.resource.path, "/");
  assert.equal(matchRoute(compileRoutes([resource("/", {}), resource("/{proxy+}")]), "/"), undefined);
});
