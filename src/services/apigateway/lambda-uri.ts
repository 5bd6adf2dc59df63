// The URI of an AWS_PROXY integration, `arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions/{function}/invocations`:
// which function it names, and with which stage variables.

interface LambdaTarget {
  readonly kind: "invoke" | "streaming" | "other";
  /** The function's ARN or name, with `${stageVariables.x}` not yet replaced. */
  readonly functionName: string;
}

/** Undefined when the text is not an integration ARN at all. */
export function lambdaOf(uri: string): LambdaTarget | undefined {
  const integration = /^arn:[^:]+:apigateway:[^:]*:([^:]+):(?:path|action)\/(.+)$/s.exec(uri);
  if (!integration) return undefined;
  const [, service = "", path = ""] = integration;
  const invocation = /^2015-03-31\/functions\/(.+)\/invocations$/.exec(path);
  if (service === "lambda" && invocation?.[1]) return { kind: "invoke", functionName: invocation[1] };
  const streaming = /^2021-11-15\/functions\/(.+)\/response-streaming-invocations$/.exec(path);
  if (service === "lambda" && streaming?.[1]) return { kind: "streaming", functionName: streaming[1] };
  return { kind: "other", functionName: "" };
}

/** Replaces `${stageVariables.x}`; one that the stage does not have becomes empty, as on AWS. */
export function withStageVariables(text: string, variables: Readonly<Record<string, string>>): string {
  if (!text.includes("${")) return text;
  return text.replace(/\$\{stageVariables\.([A-Za-z0-9_]+)\}/g, (_match, name: string) => variables[name] ?? "");
}
