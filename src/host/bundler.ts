// esbuild behind the Bundler port: all functions of an app in one call.
import { extname, join, relative, resolve } from "node:path";
import type { BundledEntry, BundleProblem, BundleRequest, BundleResult, Bundler } from "../deploy/ports.ts";

type Esbuild = typeof import("esbuild");
type Metafile = import("esbuild").Metafile;
type Message = import("esbuild").Message;

/**
 * In an ES module what CommonJS packages expect of their surroundings has to be made; as globals, so that a module which
 * declares a `require` of its own still may.
 */
const ESM_BANNER = [
  'import { createRequire as __hearthRequire } from "node:module";',
  'import { fileURLToPath as __hearthPath } from "node:url";',
  'import { dirname as __hearthDirname } from "node:path";',
  "globalThis.require ??= __hearthRequire(import.meta.url);",
  "globalThis.__filename ??= __hearthPath(import.meta.url);",
  "globalThis.__dirname ??= __hearthDirname(globalThis.__filename);",
].join("");

export function createBundler(): Bundler {
  let loading: Promise<Esbuild> | undefined;
  return {
    async bundle(request) {
      // Loaded when first needed: a platform that serves and never bundles does not pay for it.
      loading ??= import("esbuild");
      const { build } = await loading;
      return run(build, request);
    },
  };
}

async function run(build: Esbuild["build"], request: BundleRequest): Promise<BundleResult> {
  const { directory, outputDirectory, entries } = request;
  const isEsm = request.format === "esm";
  try {
    const result = await build({
      absWorkingDir: directory,
      outdir: outputDirectory,
      entryPoints: entries.map((entry) => ({ in: entry.source, out: entry.output })),
      bundle: true,
      platform: "node",
      target: request.target,
      format: request.format,
      external: [...request.external],
      minify: request.minify,
      keepNames: true,
      sourcemap: request.sourceMaps ? "linked" : false,
      sourcesContent: false,
      metafile: true,
      write: false,
      logLevel: "silent",
      legalComments: "none",
      ...(isEsm && { banner: { js: ESM_BANNER }, outExtension: { ".js": ".mjs" }, mainFields: ["module", "main"] }),
    });
    const files = result.outputFiles.map((file) => ({ path: file.path, content: file.contents }));
    const bundled = entries.map((entry): BundledEntry => {
      const main = join(outputDirectory, `${entry.output}${isEsm ? ".mjs" : ".js"}`);
      const output = outputOf(result.metafile, directory, main);
      const inputs = Object.keys(output?.inputs ?? {}).map((path) => resolve(directory, path));
      const text = Buffer.from(files.find((file) => file.path === main)?.content ?? []).toString("utf8");
      const names = exportsOf(result.metafile, output, directory, entry.source, text);
      return {
        output: entry.output,
        inputs,
        files: files.filter((file) => file.path === main || file.path === `${main}.map`),
        ...(names && { exports: names }),
      };
    });
    return { ok: true, entries: bundled, warnings: result.warnings.map((message) => problemOf(message, directory)) };
  } catch (error) {
    if (!(error instanceof Error && "errors" in error && Array.isArray(error.errors)) || error.errors.length === 0) throw error;
    return { ok: false, problems: error.errors.map((message: Message) => problemOf(message, directory)) };
  }
}

function outputOf(metafile: Metafile, directory: string, path: string): Metafile["outputs"][string] | undefined {
  const found = Object.entries(metafile.outputs).find(([name]) => resolve(directory, name) === path);
  return found?.[1];
}

/** Undefined when they cannot be told without running the module: it is CommonJS, or hands everything of another one on. */
function exportsOf(
  metafile: Metafile,
  output: Metafile["outputs"][string] | undefined,
  directory: string,
  source: string,
  main: string,
): string[] | undefined {
  const input = Object.entries(metafile.inputs).find(([name]) => resolve(directory, name) === source)?.[1];
  if (input?.format !== "esm") return undefined;
  const listed = output?.exports ?? [];
  // For CommonJS output esbuild notes the names for Node's own lexer: `0 && (module.exports = { a, b })`.
  const noted =
    /0 && \(module\.exports = \{([^}]*)\}\)/
      .exec(main)?.[1]
      ?.split(",")
      .map((name) => name.trim()) ?? [];
  const names = [...listed, ...noted].filter((name) => name !== "");
  const isOpen = input.imports.some((item) =>
    Object.entries(metafile.inputs).some(([name, known]) => name === item.path && known.format !== "esm"),
  );
  return names.some((name) => name.startsWith("...")) || isOpen ? undefined : names;
}

function problemOf(message: Message, directory: string): BundleProblem {
  const { location, text } = message;
  if (!location) return { text };
  const file = extname(location.file) === "" ? location.file : relative(directory, resolve(directory, location.file));
  return { text, file, line: location.line, column: location.column + 1 };
}
