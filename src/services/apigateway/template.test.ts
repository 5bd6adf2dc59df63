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

/** What the Serverless Framework writes for `cors: true`, and for a list of origins. */
const anyOrigin = `#set($origin = $input.params("Origin"))
#if($origin == "") #set($origin = $input.params("origin")) #end
#if($origin.matches(".+")) #set($context.responseOverride.header.Access-Control-Allow-Origin = $origin) #end`;
const someOrigins = `#set($origin = $input.params("Origin"))
#if($origin == "") #set($origin = $input.params("origin")) #end
#if($origin == "http://localhost:3000" || $origin.matches("https://.+\\.example"))
  #set($context.responseOverride.header.Access-Control-Allow-Origin = $origin)
#end`;

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

/** What CDK's addCorsPreflight writes. */
const cdkOrigins = `#set($origin = $input.params().header.get("Origin"))
#if($origin == "")
  #set($origin = $input.params().header.get("origin"))
#end
#if($origin.matches("https://shop.example") || $origin.matches("https://b.example"))
  #set($context.responseOverride.header.Access-Control-Allow-Origin = $origin)
#end`;

test("templates render", () => {
  for (const [template, expected] of texts) assert.equal(renderTemplate(parseTemplate(template), scope).text, expected, template);
});

test("the preflight templates of the Serverless Framework and of CDK set the allowed origin", () => {
  for (const template of [anyOrigin, someOrigins, cdkOrigins]) {
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
