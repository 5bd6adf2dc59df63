import assert from "node:assert/strict";
import { test } from "node:test";
import { readdressed } from "./own-address.ts";

const THEN = "http://127.0.0.1:4566";

test("the platform's address is brought up to date, and no other", () => {
  const cases: [before: string, after: string][] = [
    ["http://127.0.0.1:4566/000000000000/jobs", "http://127.0.0.1:9000/000000000000/jobs"],
    ["http://localhost:4566", "http://localhost:9000"],
    ["http://abc123.execute-api.localhost:4566/dev", "http://abc123.execute-api.localhost:9000/dev"],
    ["http://b.s3.localhost.localstack.cloud:4566/k", "http://b.s3.localhost.localstack.cloud:9000/k"],
    ["a http://127.0.0.1:4566/x and http://127.0.0.1:4566/y", "a http://127.0.0.1:9000/x and http://127.0.0.1:9000/y"],
    ["http://127.0.0.1:45660/x", "http://127.0.0.1:45660/x"],
    ["http://127.0.0.1:5432", "http://127.0.0.1:5432"],
    ["http://example.com:4566/", "http://example.com:4566/"],
    ["http://notlocalhost:4566/", "http://notlocalhost:4566/"],
    ["4566", "4566"],
  ];
  for (const [before, after] of cases) assert.equal(readdressed(before, THEN, "http://127.0.0.1:9000"), after);
});

test("data keeps its form, and is itself when nothing moved", () => {
  const value = { a: [`${THEN}/q`, 1, null, true], b: { c: "x" } };
  assert.deepEqual(readdressed(value, THEN, "http://127.0.0.1:1"), { a: ["http://127.0.0.1:1/q", 1, null, true], b: { c: "x" } });
  assert.equal(readdressed(value, THEN, THEN), value);
  assert.equal(readdressed(value, undefined, "http://127.0.0.1:1"), value);
});
