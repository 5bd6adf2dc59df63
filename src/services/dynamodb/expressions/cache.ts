// Parsed expressions by their text, since programs repeat them; a cache of pure results. What does not parse is not kept.
import { invalid } from "../errors.ts";
import { EXPRESSION_BYTES_MAX, EXPRESSION_CACHE_MAX } from "../limits.ts";
import type { ExpressionKind } from "./lexer.ts";
import { parseCondition, parseProjection, parseUpdate } from "./parser.ts";
import type { RawCondition, RawPath, RawUpdateAction } from "./syntax.ts";

/** Keeps the most recently used. */
function remember<T>(kind: ExpressionKind, cache: Map<string, T>, text: string, parse: () => T): T {
  const known = cache.get(text);
  if (known !== undefined) {
    cache.delete(text);
    cache.set(text, known);
    return known;
  }
  checkSize(kind, text);
  const parsed = parse();
  if (cache.size >= EXPRESSION_CACHE_MAX) {
    for (const oldest of cache.keys()) {
      cache.delete(oldest);
      break;
    }
  }
  cache.set(text, parsed);
  return parsed;
}

function checkSize(kind: ExpressionKind, text: string): void {
  if (text.trim() === "") throw invalid(`Invalid ${kind}: The expression can not be empty;`);
  const bytes = Buffer.byteLength(text);
  if (bytes > EXPRESSION_BYTES_MAX) {
    throw invalid(`Invalid ${kind}: Expression size has exceeded the maximum allowed size; expression size: ${bytes}`);
  }
}

type ConditionKind = "ConditionExpression" | "FilterExpression" | "KeyConditionExpression";
const conditions: Readonly<Record<ConditionKind, Map<string, RawCondition>>> = {
  ConditionExpression: new Map(),
  FilterExpression: new Map(),
  KeyConditionExpression: new Map(),
};
const projections = new Map<string, readonly RawPath[]>();
const updates = new Map<string, readonly RawUpdateAction[]>();

export function conditionOf(kind: ConditionKind, text: string): RawCondition {
  return remember(kind, conditions[kind], text, () => parseCondition(kind, text));
}

export function projectionOf(text: string): readonly RawPath[] {
  return remember("ProjectionExpression", projections, text, () => parseProjection(text));
}

export function updateOf(text: string): readonly RawUpdateAction[] {
  return remember("UpdateExpression", updates, text, () => parseUpdate(text));
}
