// MOCK integrations: the gateway's own answers, such as the CORS preflight that the Serverless Framework's `cors: true` makes.
import type { WebRequest, WebResponse } from "../../contract/web.ts";
import type { Integration } from "./keys.ts";
import { mediaTypeOf } from "./media-type.ts";
import { parseTemplate, renderTemplate, type TemplateScope } from "./template.ts";

/** `invalid`: the integration does not give a status, or no response is declared for it. */
type MockAnswer = WebResponse | "unsupported media type" | "invalid";

export function answerMock(integration: Integration, request: WebRequest, scope: TemplateScope): MockAnswer {
  const requestTemplate = requestTemplateOf(integration, request);
  if (requestTemplate === "refused") return "unsupported media type";
  const rendered = requestTemplate === undefined ? scope.body : renderTemplate(parseTemplate(requestTemplate), scope).text;
  const status = statusOf(rendered);
  if (status === undefined) return "invalid";
  const responses = Object.values(integration.integrationResponses);
  const response =
    responses.find(
      ({ selectionPattern }) => selectionPattern !== undefined && new RegExp(`^(?:${selectionPattern})$`).test(String(status)),
    ) ?? responses.find(({ selectionPattern }) => selectionPattern === undefined);
  if (!response) return "invalid";
  const [contentType, template] = responseTemplateOf(response.responseTemplates, request.headers["accept"]);
  const body = renderTemplate(parseTemplate(template), scope);
  const headers = new Map<string, [string, string]>([["content-type", ["Content-Type", contentType]]]);
  for (const [name, value] of Object.entries(response.responseParameters)) {
    const header = name.replace("method.response.header.", "");
    headers.set(header.toLowerCase(), [header, literalOf(value) ?? ""]);
  }
  for (const [header, value] of Object.entries(body.headers)) headers.set(header.toLowerCase(), [header, value]);
  return { status: body.status ?? Number(response.statusCode), headers: [...headers.values()], body: body.text };
}

/** The content of a static value `'…'`; undefined for a mapping expression. */
export function literalOf(expression: string): string | undefined {
  return /^'([\s\S]*)'$/.exec(expression)?.[1];
}

/** Undefined: the request's body passes through. */
function requestTemplateOf(integration: Integration, request: WebRequest): string | "refused" | undefined {
  const type = mediaTypeOf(request.headers["content-type"]) ?? "application/json";
  const entries = Object.entries(integration.requestTemplates);
  const match = entries.find(([name]) => name.toLowerCase() === type) ?? entries.find(([name]) => name === "$default");
  if (match) return match[1];
  if (integration.passthroughBehavior === "NEVER") return "refused";
  if (integration.passthroughBehavior === "WHEN_NO_TEMPLATES" && entries.length > 0) return "refused";
  return undefined;
}

function responseTemplateOf(templates: Readonly<Record<string, string>>, accept: string | undefined): [type: string, template: string] {
  const entries = Object.entries(templates);
  const wanted = mediaTypeOf(accept);
  return (
    entries.find(([name]) => name.toLowerCase() === wanted) ??
    entries.find(([name]) => name.toLowerCase() === "application/json") ??
    entries[0] ?? ["application/json", ""]
  );
}

/** The `statusCode` of a template's result, which AWS reads leniently: `{statusCode:200}` is what the Serverless Framework writes. */
function statusOf(text: string): number | undefined {
  const found = /["']?statusCode["']?\s*:\s*["']?(\d{3})\b/.exec(text);
  return found ? Number(found[1]) : undefined;
}
