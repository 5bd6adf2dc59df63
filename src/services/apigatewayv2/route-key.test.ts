import assert from "node:assert/strict";
import { test } from "node:test";
import { parseRouteKey } from "./route-key.ts";

test("route keys are parsed", () => {
  assert.equal(parseRouteKey("$default"), undefined);
  assert.deepEqual(parseRouteKey("GET /"), { method: "GET", path: "/" });
  assert.deepEqual(parseRouteKey("ANY /a/{b}/{c+}"), { method: "ANY", path: "/a/{b}/{c+}" });
});

const refused = [
  "",
  "GET",
  "/a",
  "get /a",
  "FETCH /a",
  "GET a",
  "GET  /a",
  "GET /a b",
  "GET /a{b}",
  "GET /{a+}/b",
  "GET /{a}/{a}",
  "GET /{}",
  "GET /{a/b}",
  "$connect",
];

test("what is no route key is refused", () => {
  for (const key of refused) assert.throws(() => parseRouteKey(key), { code: "BadRequestException" }, key);
});
