// `.env` files, as `useDotenv: true` asks for: what the environment has already stays.

/** `KEY=value` lines, with quotes, comments, `export` and `${OTHER}`. */
export function parseDotenv(text: string, env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const out: Record<string, string> = {};
  const line = /^\s*(?:export\s+)?([\w.-]+)\s*[=:]\s*("(?:\\.|[^"\\])*"|'[^']*'|`[^`]*`|[^\n#]*)?.*$/gm;
  for (const [, key = "", raw = ""] of text.replaceAll("\r\n", "\n").matchAll(line)) {
    const value = raw.trim();
    const quote = value[0];
    const isQuoted = value.length > 1 && (quote === '"' || quote === "'" || quote === "`") && value.endsWith(quote);
    const plain = isQuoted ? value.slice(1, -1) : value;
    const unescaped = quote === '"' && isQuoted ? plain.replaceAll("\\n", "\n").replaceAll("\\r", "\r").replaceAll('\\"', '"') : plain;
    out[key] = quote === "'" && isQuoted ? unescaped : expand(unescaped, { ...out, ...env });
  }
  return out;
}

function expand(text: string, env: Readonly<Record<string, string | undefined>>): string {
  return text.replaceAll(/(\\)?\$(?:\{([A-Za-z_]\w*)(?::?-([^}]*))?\}|([A-Za-z_]\w*))/g, (match, escaped, braced, fallback, bare) => {
    if (escaped) return match.slice(1);
    return env[braced ?? bare] ?? fallback ?? "";
  });
}

/** The files that count for a stage: that of the stage, else the general one. */
export function dotenvFiles(stage: string): string[] {
  return [`.env.${stage}`, ".env"];
}
