import assert from "node:assert/strict";
import { test } from "node:test";
import { cutFields } from "./filter-fields.ts";
import { parseFilterPattern } from "./filter-pattern.ts";

const request = JSON.stringify({
  eventType: "UpdateTrail",
  sourceIPAddress: "111.111.111.111",
  code: 404,
  text: "200",
  flag: true,
  off: false,
  nothing: null,
  "odd.name": "x",
  arrayKey: ["value", "another value"],
  objectList: [
    { name: "a", id: 1 },
    { name: "b", id: 2 },
  ],
  user: { id: 1, email: "John.Stiles@example.com", parent: { name: "X" } },
});
const access = '127.0.0.1 Prod frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534';

test("which messages match", () => {
  const cases: [pattern: string, message: string, matches: boolean][] = [
    ["", "anything", true],
    ["  ", "anything", true],
    // Terms.
    ["ERROR", "[ERROR 400] BAD REQUEST", true],
    ["ERROR", "error", false],
    ["ERROR REQUEST", "[ERROR 400] BAD REQUEST", true],
    ["ERROR REQUEST", "[ERROR 401] UNAUTHORIZED", false],
    ['"BAD REQUEST"', "[ERROR 400] BAD REQUEST", true],
    ['"REQUEST BAD"', "[ERROR 400] BAD REQUEST", false],
    ['"say \\"hi\\""', 'they say "hi" now', true],
    ["ERROR -REQUEST", "[ERROR 400] BAD REQUEST", false],
    ["ERROR -REQUEST", "[ERROR 401] UNAUTHORIZED", true],
    ['-"BAD REQUEST"', "[ERROR 400] BAD REQUEST", false],
    ['-"BAD REQUEST"', "fine", true],
    ["?ERROR ?WARN", "WARN: x", true],
    ["?ERROR ?WARN", "INFO: x", false],
    ["?ERROR x", "INFO: x", true],
    ["%[45]\\d\\d%", "status 404", true],
    ["%[45]\\d\\d%", "status 304", false],
    ["ERROR %4\\d\\d%", "ERROR 404", true],
    ['"REPORT RequestId: 1"', "REPORT RequestId: 1 Duration: 2 ms", true],
    // JSON.
    ['{ $.eventType = "UpdateTrail" }', request, true],
    ["{ $.eventType = UpdateTrail }", request, true],
    ['{ $.eventType != "UpdateTrail" }', request, false],
    ['{ $.eventType = "Update*" }', request, true],
    ["{ $.sourceIPAddress != 123.123.* }", request, true],
    ["{ $.sourceIPAddress = 111.* }", request, true],
    ['{ $.missing != "x" }', request, false],
    ["{ $.missing NOT EXISTS }", request, true],
    ["{ $.code NOT EXISTS }", request, false],
    ["{ $.code = 404 }", request, true],
    ["{ $.code >= 400 && $.code < 500 }", request, true],
    ["{ $.code > 404 }", request, false],
    ["{ $.code != 404 }", request, false],
    ["{ $.code = 4.04e2 }", request, true],
    ["{ $.text = 200 }", request, true],
    ["{ $.flag IS TRUE }", request, true],
    ["{ $.off IS TRUE }", request, false],
    ["{ $.off IS FALSE }", request, true],
    ["{ $.nothing IS NULL }", request, true],
    ["{ $.missing IS NULL }", request, false],
    ['{ $.arrayKey[0] = "value" }', request, true],
    ['{ $.arrayKey[2] = "value" }', request, false],
    ['{ $.arrayKey[*] = "another value" }', request, true],
    ["{ $.objectList[1].id = 2 }", request, true],
    ["{ $.objectList[*].name = c }", request, false],
    ['{ $.user.email = "*@example.com" && ($.user.id = 1 || $.code = 1) }', request, true],
    ["{ ($.user.id = 2 && $.code = 404) || $.user.parent.name = X }", request, true],
    ["{ $.user.id = 2 || $.code = 404 && $.flag IS FALSE }", request, false],
    ["{ $.eventType = %Trail$% }", request, true],
    ["{ $.['odd.name'] = x }".replace("$.", "$"), request, true],
    ["{ $.a = 1 }", "not json", false],
    ["{ $.a = 1 }", '{"a":', false],
    ["{ $[0].a = 1 }", '[{"a":1}]', true],
    // Space-delimited.
    ["[ip, user, username, timestamp, request, status_code, bytes]", access, true],
    ["[ip, user, username, timestamp, request, status_code]", access, false],
    ["[ip, user, username, timestamp, request =*.html*, status_code = 4*, bytes]", access, true],
    ["[ip, user, username, timestamp, request =*.html*, status_code = 5*, bytes]", access, false],
    ["[..., status_code = 404, bytes]", access, true],
    ["[..., bytes > 2000]", access, false],
    ["[ip = %127\\.0%, ...]", access, true],
    ["[ip != 127.0.0.1, ...]", access, false],
    ["[..., status_code = 404 || status_code = 410, bytes > 1000 && bytes < 2000]", access, true],
    ['[w1 = "ERROR", w2]', "ERROR x", true],
  ];
  for (const [pattern, message, matches] of cases) assert.equal(parseFilterPattern(pattern)(message), matches, `${pattern} on ${message}`);
});

test("what is no pattern", () => {
  const patterns = [
    "a-b.c",
    '"open',
    "{ $.a = 1",
    "{ $.a }",
    "{ a = 1 }",
    "{ $.a = 1 && }",
    "{ ($.a = 1 }",
    "{ $.a IS MAYBE }",
    "{ $.a = %(% }",
    "[a, b",
    "[..., a, ...]",
    "[a b]",
    "%(?=x)%",
  ];
  for (const pattern of patterns) assert.throws(() => parseFilterPattern(pattern), { code: "InvalidParameterException" }, pattern);
});

test("fields are cut at spaces, except within quotation marks and brackets", () => {
  assert.deepEqual(cutFields(access), [
    "127.0.0.1",
    "Prod",
    "frank",
    "10/Oct/2000:13:25:15 -0700",
    "GET /index.html HTTP/1.0",
    "404",
    "1534",
  ]);
});
