import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { CorsRules } from "./bucket-documents.ts";
import { grantedHeaders } from "./cross-origin.ts";
import { createS3World, type S3World, stream } from "./s3-world.test.ts";

const rules: CorsRules = [
  {
    AllowedOrigins: ["https://shop.example"],
    AllowedMethods: ["PUT", "POST"],
    AllowedHeaders: ["Content-*", "X-Exact"],
    MaxAgeSeconds: 60,
  },
  { AllowedOrigins: ["http://*.test"], AllowedMethods: ["GET"], ExposeHeaders: ["ETag", "x-amz-meta-a"] },
  { AllowedOrigins: ["*"], AllowedMethods: ["HEAD"], AllowedHeaders: ["*"] },
];

for (const [origin, method, headers, expected] of [
  ["https://shop.example", "PUT", [], "https://shop.example"],
  ["https://shop.example", "PUT", ["content-type", "x-exact"], "https://shop.example"],
  ["https://shop.example", "PUT", ["x-other"], undefined],
  ["https://shop.example", "GET", [], undefined],
  ["http://shop.example", "PUT", [], undefined],
  ["http://a.b.test", "GET", [], "http://a.b.test"],
  ["http://.test", "GET", [], "http://.test"],
  ["http://test", "GET", [], undefined],
  ["http://a.test", "GET", ["range"], undefined],
  ["http://a.test", "HEAD", ["range"], "*"],
] as const) {
  test(`${method} from ${origin} with [${headers.join()}] is ${expected === undefined ? "not allowed" : "allowed"}`, () => {
    assert.equal(grantedHeaders(rules, { origin, method, headers })?.["access-control-allow-origin"], expected);
  });
}

let world: S3World;
let url: string;

before(async () => {
  world = await createS3World();
  url = (await world.listen()).endpoint;
  await world.call("s3", "CreateBucket", { Bucket: "plain" });
  await world.call("s3", "CreateBucket", { Bucket: "open" });
  await world.call("s3", "PutBucketCors", { Bucket: "open", CORSConfiguration: { CORSRules: [...rules] } });
  await world.call("s3", "PutObject", { Bucket: "open", Key: "a", Body: stream(Buffer.from("hello")) });
});
after(() => world.close());

const preflight = (path: string, headers: Readonly<Record<string, string>>) => fetch(`${url}${path}`, { method: "OPTIONS", headers });

/** All of CORS that an answer says. */
function told(response: Response): Record<string, string> {
  return Object.fromEntries([...response.headers].filter(([name]) => name.startsWith("access-control-") || name === "vary"));
}

const VARY = { vary: "Origin, Access-Control-Request-Headers, Access-Control-Request-Method" };

test("a preflight is answered by the bucket's rules, unsigned", async () => {
  const response = await preflight("/open/folder/new%20key?x-id=PutObject", {
    origin: "https://shop.example",
    "access-control-request-method": "PUT",
    "access-control-request-headers": "Content-Type,X-Exact",
  });
  assert.equal(response.status, 200);
  assert.equal(await response.text(), "");
  assert.deepEqual(told(response), {
    "access-control-allow-credentials": "true",
    "access-control-allow-headers": "content-type, x-exact",
    "access-control-allow-methods": "PUT, POST",
    "access-control-allow-origin": "https://shop.example",
    "access-control-max-age": "60",
    ...VARY,
  });
});

for (const [path, method, message, type] of [
  ["/open/a", "DELETE", /^CORSResponse: This CORS request is not allowed\./, "OBJECT"],
  ["/open", "DELETE", /^CORSResponse: This CORS request is not allowed\./, "BUCKET"],
  ["/plain/a", "PUT", /^CORSResponse: CORS is not enabled for this bucket\.$/, "OBJECT"],
  ["/nobody", "PUT", /^CORSResponse: Bucket not found$/, "BUCKET"],
] as const) {
  test(`a preflight for ${method} ${path} is refused`, async () => {
    const response = await preflight(path, { origin: "https://shop.example", "access-control-request-method": method });
    const text = await response.text();
    const [, code, said = "", named, kind] =
      /<Code>(.*)<\/Code><Message>(.*)<\/Message><Method>(.*)<\/Method><ResourceType>(.*)<\/ResourceType>/.exec(text) ?? [];
    assert.deepEqual([response.status, code, named, kind], [403, "AccessForbidden", method, type]);
    assert.match(said, message);
    assert.deepEqual(told(response), {});
  });
}

test("answers and errors carry what the matching rule allows, and only for an origin", async () => {
  const allowed = {
    "access-control-allow-credentials": "true",
    "access-control-allow-methods": "GET",
    "access-control-allow-origin": "http://a.test",
    "access-control-expose-headers": "ETag, x-amz-meta-a",
    ...VARY,
  };
  const get = (path: string, headers: Readonly<Record<string, string>> = {}) => fetch(`${url}${path}`, { headers });
  const found = await get("/open/a", { origin: "http://a.test" });
  assert.equal(await found.text(), "hello");
  assert.deepEqual(told(found), allowed);
  const missing = await get("/open/none", { origin: "http://a.test" });
  assert.equal(missing.status, 404);
  assert.match(await missing.text(), /<Key>none<\/Key>/);
  assert.deepEqual(told(missing), allowed);
  assert.deepEqual(told(await get("/open/a", { origin: "http://elsewhere.example" })), {});
  assert.deepEqual(told(await get("/open/a")), {});
  assert.deepEqual(told(await get("/plain", { origin: "http://a.test" })), {});
});

test("OPTIONS that is no preflight is not allowed", async () => {
  assert.equal((await preflight("/open/a", { origin: "http://a.test" })).status, 405);
});
