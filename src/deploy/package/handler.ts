// From a function's handler to its source file. Pure but for the files that it looks for.
import { dirname, join } from "node:path";
import type { App, AppFunction } from "../app.ts";
import type { Files } from "../ports.ts";

type Language = "node" | "python" | "other";

export function languageOf(runtime: string): Language {
  if (runtime.startsWith("nodejs")) return "node";
  return runtime.startsWith("python") ? "python" : "other";
}

/** 20 for `nodejs20.x`. */
export function nodeVersion(runtime: string): number {
  return Number(/^nodejs(\d+)/.exec(runtime)?.[1] ?? 24);
}

/** `src/orders.handler` is the export `handler` of `src/orders`. Undefined when it has no dot. */
export function splitHandler(handler: string): { readonly module: string; readonly exportName: string } | undefined {
  const slash = handler.lastIndexOf("/") + 1;
  const dot = handler.indexOf(".", slash);
  if (dot < 0 || dot === slash || dot === handler.length - 1) return undefined;
  return { module: handler.slice(0, dot), exportName: handler.slice(dot + 1) };
}

const SOURCE_EXTENSIONS: Readonly<Record<Language, readonly string[]>> = {
  node: [".ts", ".mts", ".cts", ".tsx", ".js", ".mjs", ".cjs", ".jsx"],
  python: [".py"],
  other: [],
};

/** The source file of a handler, absolute, or the names that were looked for. */
export async function findSource(files: Files, app: App, fn: AppFunction, module: string): Promise<string | readonly string[]> {
  const language = languageOf(fn.runtime);
  const extensions = language === "node" && !app.build.bundle ? [".js", ".mjs", ".cjs"] : SOURCE_EXTENSIONS[language];
  const candidates = extensions.flatMap((extension) => [
    `${module}${extension}`,
    ...(language === "node" ? [] : [`${module}/__init__${extension}`]),
  ]);
  for (const candidate of candidates) {
    const path = join(app.directory, candidate);
    if ((await files.stat(path))?.kind === "file") return path;
  }
  return candidates;
}

/** What the nearest package.json says of a source file: an ES module or CommonJS. */
export async function moduleFormat(files: Files, source: string): Promise<"cjs" | "esm"> {
  if (/\.m[jt]s$/.test(source)) return "esm";
  if (/\.c[jt]s$/.test(source)) return "cjs";
  for (let directory = dirname(source); ; directory = dirname(directory)) {
    const text = await files.readText(join(directory, "package.json"));
    if (text !== undefined) return /"type"\s*:\s*"module"/.test(text) ? "esm" : "cjs";
    if (directory === dirname(directory)) return "cjs";
  }
}
