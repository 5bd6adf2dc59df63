// What all HTTP handlers share: reading a body, answering in JSON, turning a mistake of the caller into an answer.
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from "aws-lambda";

/** A mistake of the caller: becomes the answer. Whatever else is thrown is ours, and the caller sees 500. */
export class HttpError extends Error {
  readonly statusCode: number;

  constructor(statusCode: number, message: string) {
    super(message);
    this.statusCode = statusCode;
  }
}

type Handler = (event: APIGatewayProxyEvent) => Promise<APIGatewayProxyResult>;

export function handle(work: Handler): Handler {
  return async (event) => {
    try {
      return await work(event);
    } catch (error) {
      if (error instanceof HttpError) return json(error.statusCode, { message: error.message });
      console.error("the request failed", { path: event.path, error });
      return json(500, { message: "Internal error" });
    }
  };
}

export function json(statusCode: number, body: unknown): APIGatewayProxyResult {
  return {
    statusCode,
    headers: { "Content-Type": "application/json", "Access-Control-Allow-Origin": "*" },
    body: JSON.stringify(body),
  };
}

export function bodyOf(event: APIGatewayProxyEvent): Record<string, unknown> {
  const text = event.isBase64Encoded ? Buffer.from(event.body ?? "", "base64").toString("utf8") : (event.body ?? "");
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body === "object" && body !== null && !Array.isArray(body)) return { ...body };
  } catch {
    // Falls through to the one answer for whatever is no JSON object.
  }
  throw new HttpError(400, "The body must be a JSON object");
}

export function pathParameter(event: APIGatewayProxyEvent, name: string): string {
  const value = event.pathParameters?.[name];
  if (!value) throw new HttpError(400, `The path lacks ${name}`);
  return decodeURIComponent(value);
}

/** A page token is the last key of the page before, made opaque. */
export function encodeToken(key: Record<string, unknown> | undefined): string | undefined {
  return key && Buffer.from(JSON.stringify(key)).toString("base64url");
}

export function pageOf(event: APIGatewayProxyEvent): { Limit: number; ExclusiveStartKey?: Record<string, unknown> } {
  const { limit = "25", next } = event.queryStringParameters ?? {};
  const Limit = Number(limit);
  if (!Number.isInteger(Limit) || Limit < 1 || Limit > 100) throw new HttpError(400, "limit must be between 1 and 100");
  if (next === undefined) return { Limit };
  try {
    return { Limit, ExclusiveStartKey: JSON.parse(Buffer.from(next, "base64url").toString("utf8")) };
  } catch {
    throw new HttpError(400, "next is not a token of this API");
  }
}
