// Which function an integration's URI names: a function's ARN, or the longer form that REST APIs use. Pure.

/** The function's ARN (or name), with `${stageVariables.x}` not yet replaced; undefined when the URI names no function. */
export function functionOf(uri: string): string | undefined {
  if (/^arn:[^:]+:lambda:[^:]*:[^:]*:function:.+$/.test(uri)) return uri;
  return /^arn:[^:]+:apigateway:[^:]*:lambda:path\/2015-03-31\/functions\/(.+)\/invocations$/.exec(uri)?.[1];
}

/** Replaces `${stageVariables.x}`; one that the stage does not have becomes empty. */
export function withStageVariables(text: string, variables: Readonly<Record<string, string>>): string {
  if (!text.includes("${")) return text;
  return text.replace(/\$\{stageVariables\.([A-Za-z0-9_]+)\}/g, (_match, name: string) => variables[name] ?? "");
}
