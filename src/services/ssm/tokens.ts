// Continuation tokens: opaque to clients, the same in every process.
import { invalidNextToken } from "./errors.ts";

const MARK = "1";

export function writeToken(position: string): string {
  return Buffer.from(MARK + position).toString("base64url");
}

export function readToken(token: string): string {
  const text = Buffer.from(token, "base64url").toString();
  if (!text.startsWith(MARK) || Buffer.from(text).toString("base64url") !== token) throw invalidNextToken();
  return text.slice(MARK.length);
}
