import assert from "node:assert/strict";
import { test } from "node:test";
import { compileRoutes, matchRoute } from "./routing.ts";

const table = (...keys: string[]) => compileRoutes(keys.map((key) => ({ routeKey: key, route: key })));

/** The example of "Routing API requests" in the developer guide, and what it leaves open. */
const documented = table("GET /pets/dog/1", "GET /pets/dog/{id}", "GET /pets/{proxy+}", "ANY /{proxy+}", "$default");
const mixed = table(
  "GET /",
  "GET /a/{x}/c",
  "GET /a/b/{proxy+}",
  "ANY /a/b",
  "POST /a/b",
  "GET /a/{y}",
  "GET /a/{x}/{rest+}",
  "GET /f/{id}",
  "ANY /f/one",
  "GET /slash/",
);

const cases: [table: typeof mixed, method: string, path: string, route: string | undefined, parameters?: Record<string, string>][] = [
  [documented, "GET", "/pets/dog/1", "GET /pets/dog/1"],
  [documented, "GET", "/pets/dog/2", "GET /pets/dog/{id}", { id: "2" }],
  [documented, "GET", "/pets/cat/1", "GET /pets/{proxy+}", { proxy: "cat/1" }],
  [documented, "POST", "/test/5", "ANY /{proxy+}", { proxy: "test/5" }],
  [documented, "POST", "/pets/dog/1", "ANY /{proxy+}", { proxy: "pets/dog/1" }],
  [documented, "GET", "/", "$default"],
  [mixed, "GET", "/", "GET /"],
  [mixed, "POST", "/", undefined],
  [mixed, "GET", "/a/b/c", "GET /a/{x}/c", { x: "b" }],
  [mixed, "GET", "/a/b/d", "GET /a/b/{proxy+}", { proxy: "d" }],
  [mixed, "GET", "/a/b", "ANY /a/b"],
  [mixed, "POST", "/a/b", "POST /a/b"],
  [mixed, "DELETE", "/a/b", "ANY /a/b"],
  [mixed, "GET", "/a/z", "GET /a/{y}", { y: "z" }],
  [mixed, "GET", "/a/z/1/2", "GET /a/{x}/{rest+}", { x: "z", rest: "1/2" }],
  [mixed, "GET", "/a/z%2F1", "GET /a/{y}", { y: "z/1" }],
  [mixed, "GET", "/a/%E0%A4", "GET /a/{y}", { y: "%E0%A4" }],
  [mixed, "GET", "/a/", undefined],
  [mixed, "GET", "/f/one", "ANY /f/one"],
  [mixed, "GET", "/f/two", "GET /f/{id}", { id: "two" }],
  [mixed, "GET", "/slash/", "GET /slash/"],
  [mixed, "GET", "/slash", undefined],
  [mixed, "GET", "/A/z", undefined],
  [table("ANY /{proxy+}"), "GET", "/", undefined],
  [table("ANY /{proxy+}"), "GET", "/a/", "ANY /{proxy+}", { proxy: "a/" }],
  [table("$default"), "PATCH", "/any/thing", "$default"],
];

test("a request meets a full match, then a greedy one, then $default", () => {
  for (const [routes, method, path, expected, parameters] of cases) {
    const match = matchRoute(routes, method, path);
    assert.equal(match?.route, expected, `${method} ${path}`);
    if (match) assert.deepEqual(match.parameters, parameters, `${method} ${path}`);
  }
});
