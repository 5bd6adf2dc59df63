// Filter patterns of CloudWatch Logs: which messages match. Terms, JSON conditions and space-delimited fields; pure.
// Source: CloudWatch Logs User Guide, "Filter pattern syntax".
import { parseFieldPattern } from "./filter-fields.ts";
import { parseJsonPattern } from "./filter-json.ts";
import { type Matcher, refusePattern, regexOf } from "./filter-values.ts";

/** Throws InvalidParameterException when `pattern` is not one. */
export function parseFilterPattern(pattern: string): Matcher {
  const text = pattern.trim();
  if (text === "" || text === '""') return () => true;
  if (text.startsWith("{")) return parseJsonPattern(text);
  if (text.startsWith("[")) return parseFieldPattern(text);
  return parseTerms(text);
}

const TERM = /([-?]?)(?:"((?:[^"\\]|\\.)*)"|%((?:[^%\\]|\\.)*)%|([^\s"]+))(?=\s|$)/y;

function parseTerms(text: string): Matcher {
  const included: Matcher[] = [];
  const excluded: Matcher[] = [];
  const optional: Matcher[] = [];
  TERM.lastIndex = 0;
  for (let at = 0; at < text.length; ) {
    while (/\s/.test(text[at] ?? "")) at++;
    TERM.lastIndex = at;
    const match = TERM.exec(text);
    if (!match) throw refusePattern(text);
    const [, sign, quoted, regex, bare] = match;
    const term = termMatcher(quoted, regex, bare);
    (sign === "-" ? excluded : sign === "?" ? optional : included).push(term);
    at = TERM.lastIndex;
  }
  // Optional terms have no effect beside others: the guide says that the question mark is then ignored.
  const anyOf = included.length === 0 && excluded.length === 0 ? optional : [];
  return (message) =>
    included.every((matches) => matches(message)) &&
    !excluded.some((matches) => matches(message)) &&
    (anyOf.length === 0 || anyOf.some((matches) => matches(message)));
}

function termMatcher(quoted: string | undefined, regex: string | undefined, bare: string | undefined): Matcher {
  if (regex !== undefined) {
    const expression = regexOf(regex);
    return (message) => expression.test(message);
  }
  const term = quoted === undefined ? (bare ?? "") : quoted.replaceAll(/\\(.)/g, "$1");
  if (quoted === undefined && !/^[\p{L}\p{N}_]+$/u.test(term)) throw refusePattern(term, `Invalid character(s) in term '${term}'`);
  return (message) => message.includes(term);
}
