// Glob patterns of `package.patterns`: later ones win, `!` leaves out. Pure.

/** True when a path, relative and with slashes, is taken. `initially` is what holds where no pattern matches. */
export function isTaken(path: string, patterns: readonly string[], initially: boolean): boolean {
  let taken = initially;
  for (const pattern of patterns) {
    const isNegative = pattern.startsWith("!");
    if (globExpression(isNegative ? pattern.slice(1) : pattern).test(path)) taken = !isNegative;
  }
  return taken;
}

const cache = new Map<string, RegExp>();
/** Patterns of one process are few; a bound keeps the cache from growing with them. */
const CACHE_MAX = 1_000;

function globExpression(pattern: string): RegExp {
  const known = cache.get(pattern);
  if (known) return known;
  const expression = new RegExp(`^${translate(pattern.replace(/^\.?\//, ""))}$`);
  if (cache.size >= CACHE_MAX) cache.clear();
  cache.set(pattern, expression);
  return expression;
}

function translate(pattern: string): string {
  let out = "";
  let braces = 0;
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern[at] ?? "";
    if (pattern.startsWith("**/", at)) {
      out += "(?:.*/)?";
      at += 2;
    } else if (pattern.startsWith("**", at)) {
      out += ".*";
      at += 1;
    } else if (character === "*") out += "[^/]*";
    else if (character === "?") out += "[^/]";
    else if (character === "{") {
      out += "(?:";
      braces++;
    } else if (character === "}" && braces > 0) {
      out += ")";
      braces--;
    } else if (character === "," && braces > 0) out += "|";
    else if (character === "[") {
      const end = pattern.indexOf("]", at + 2);
      if (end < 0) out += "\\[";
      else {
        out += `[${pattern
          .slice(at + 1, end)
          .replace(/^!/, "^")
          .replaceAll("\\", "\\\\")}]`;
        at = end;
      }
    } else out += character.replace(/[.+^$()|[\]\\{}]/g, "\\$&");
  }
  return out + ")".repeat(braces);
}
