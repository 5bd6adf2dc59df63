import assert from "node:assert/strict";
import { test } from "node:test";
import { hasCode } from "../../kernel/errors.ts";
import { parseTemplate, renderTemplate, type TemplateScope } from "./template.ts";

const parameters: Readonly<Record<string, string>> = { "header Origin": "https://shop.example", "path id": "7" };

const scope: TemplateScope = {
  parameter: (place, name) => parameters[`${place} ${name}`],
  body: '{"a":1}',
  contextValue: (path) => ({ stage: "dev", "identity.sourceIp": "10.0.0.1" })[path],
  stageVariables: { color: "blue" },
};

/** Preflights as tools write them: the caller's origin is looked for, compared or matched, and set as a header of the answer. */
const SET_ORIGIN = "#set($context.responseOverride.header.Access-Control-Allow-Origin = $from)";
const preflights: readonly string[] = [
  `#set($from = $input.params("origin"))#if($from == "")#set($from = $input.params("Origin"))#end#if($from.matches(".+"))${SET_ORIGIN}#end`,
  `#set($from = $input.params("Origin"))\n#if($from.matches("http://[a-z]+") || $from == "https://shop.example")\n${SET_ORIGIN}\n#end`,
  `#set($from = $input.params().header.get("Origin"))\n#if($from.matches("https://a[.]example|https://shop[.].+"))${SET_ORIGIN}\n#end`,
];

const texts: [template: string, expected: string][] = [
  ['{"statusCode": 200}', '{"statusCode": 200}'],
  ["{statusCode:200}", "{statusCode:200}"],
  ["$input.body", '{"a":1}'],
  ["id=$input.params('id')", "id=7"],
  ["none=$input.params('nothing')", "none="],
  ["${context.stage}-$stageVariables.color", "dev-blue"],
  ["$context.identity.sourceIp", "10.0.0.1"],
  ["$unknown $!unknown|", "$unknown |"],
  ["costs $5 and #1", "costs $5 and #1"],
  ["## gone\nkept", "kept"],
  ["a#* gone *#b", "ab"],
  ["#set($x = 'v')[$x]", "[v]"],
  ['#set($x = "s-$context.stage")$x', "s-dev"],
  ["#if(true)yes#{else}no#end", "yes"],
  ["#if($x)yes#elseif(1 == 1)second#else no#end", "second"],
  ["#if(!$x && 'a' != 'b')yes#end", "yes"],
  ["#if(('a' == 'b') || not false)yes#end", "yes"],
  ["$input.params('Origin').startsWith('https')", "true"],
  ["$input.params('Origin').toUpperCase()", "HTTPS://SHOP.EXAMPLE"],
];

test("templates render", () => {
  for (const [template, expected] of texts) assert.equal(renderTemplate(parseTemplate(template), scope).text, expected, template);
});

test("the template of a preflight sets the allowed origin", () => {
  for (const template of preflights) {
    const rendered = renderTemplate(parseTemplate(template), scope);
    assert.deepEqual(rendered.headers, { "Access-Control-Allow-Origin": "https://shop.example" });
    assert.equal(rendered.text.trim(), "");
    const without = renderTemplate(parseTemplate(template), { ...scope, parameter: () => undefined });
    assert.deepEqual(without.headers, {});
  }
});

test("the status can be overridden", () => {
  assert.equal(renderTemplate(parseTemplate("#set($context.responseOverride.status = 418)"), scope).status, 418);
});

const refused: [template: string, code: string][] = [
  ["#foreach($x in $list)$x#end", "NotImplemented"],
  ["#macro(x)#end", "NotImplemented"],
  ["$input.json('$.a')", "NotImplemented"],
  ["$input.path('$.a')", "NotImplemented"],
  ["$input.params()", "NotImplemented"],
  ["$input.params().cookie.get('a')", "NotImplemented"],
  ["$util.escapeJavaScript('x')", "NotImplemented"],
  ["#set($x = {})", "NotImplemented"],
  ["#set($x.y = 1)", "NotImplemented"],
  ["#set($x = $list[0])", "NotImplemented"],
  ["$x.replaceAll('a', 'b')", "NotImplemented"],
  ["#if(true)", "BadRequestException"],
  ["#end", "BadRequestException"],
  ["#set($x 1)", "BadRequestException"],
];

test("what is outside the subset is refused when it is given", () => {
  for (const [template, code] of refused) {
    assert.throws(
      () => parseTemplate(template),
      (error) => hasCode(error, code),
      template,
    );
  }
});
