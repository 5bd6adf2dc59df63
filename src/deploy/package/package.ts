// The code of an app's functions: bundled by esbuild in one go, or taken as files. Problems are told with the line of the
// app's file that names the handler; nothing is deployed here.
import { dirname, join, relative, sep } from "node:path";
import type { App, AppFunction } from "../app.ts";
import { CODE_ARCHIVE_BYTES_MAX } from "../limits.ts";
import type { BundledEntry, BundleProblem, Bundler, Files } from "../ports.ts";
import { DeployError, type Problem, problemAt } from "../problem.ts";
import { type CodeFile, type CodeFiles, contentHash } from "./archive.ts";
import { findSource, languageOf, moduleFormat, nodeVersion, splitHandler } from "./handler.ts";
import { isTaken } from "./patterns.ts";

export interface PackagedFunction {
  readonly function: AppFunction;
  readonly files: CodeFiles;
  /** Of the files: the same code has the same hash. */
  readonly hash: string;
  /** Absolute paths of the sources: a change of one may change the code. */
  readonly inputs: readonly string[];
}

interface PackageRequest {
  readonly app: App;
  readonly files: Files;
  readonly bundler: Bundler;
  /** Absolute; bundles are made as if they lay below it, so that source maps hold. */
  readonly outputDirectory: string;
  /** The code runs on this machine from the output folder, below the app's: packages of the app are within its reach. */
  readonly runsHere?: boolean;
}

/** Never part of a function's code. */
const NEVER_TAKEN = [
  "!.git/**",
  "!.hearth/**",
  "!.serverless/**",
  "!.DS_Store",
  "!**/.DS_Store",
  "!npm-debug.log",
  "!serverless.{yml,yaml,json}",
  "!.env*",
];

const NEVER_WALKED = [".git", ".hearth", ".serverless"];

interface Source {
  readonly function: AppFunction;
  readonly module: string;
  readonly exportName: string;
  readonly path: string;
  readonly format: "cjs" | "esm";
}

/** Throws a DeployError that names every function whose code cannot be had. */
export async function packageApp(request: PackageRequest): Promise<PackagedFunction[]> {
  const { app, files } = request;
  const problems: Problem[] = [];
  const sources: Source[] = [];
  const copied: AppFunction[] = [];
  for (const fn of app.functions) {
    if (fn.artifact !== undefined) {
      copied.push(fn);
      continue;
    }
    const found = await locate(files, app, fn);
    if (found && "message" in found) problems.push({ ...found, ...(fn.position && { position: fn.position }) });
    else if (found && app.build.bundle && languageOf(fn.runtime) === "node") sources.push(found);
    else copied.push(fn);
  }
  if (problems.length > 0) throw new DeployError(problems);
  const bundled = await bundleAll(request, sources);
  const taken = await Promise.all(copied.map((fn) => takeFiles(files, app, fn)));
  const byKey = new Map([...bundled, ...taken].map((item) => [item.function.key, item]));
  return app.functions.flatMap((fn) => byKey.get(fn.key) ?? []);
}

/** The source of a function, undefined when its runtime needs none, or what is wrong. */
async function locate(files: Files, app: App, fn: AppFunction): Promise<Source | Problem | undefined> {
  const language = languageOf(fn.runtime);
  if (language === "other") return undefined;
  const handler = splitHandler(fn.handler);
  if (!handler) return { message: `functions.${fn.key}: the handler "${fn.handler}" must be a file and an export: "src/file.handler"` };
  if (handler.module.startsWith("/") || handler.module.split("/").includes("..")) {
    return { message: `functions.${fn.key}: the handler "${fn.handler}" must lie within the app's folder` };
  }
  const path = await findSource(files, app, fn, handler.module);
  if (typeof path !== "string") {
    const message = `functions.${fn.key}: the file of the handler "${fn.handler}" does not exist; looked for ${path.join(", ")}`;
    return { message, missing: path.map((name) => join(app.directory, name)) };
  }
  const format = app.build.format ?? (language === "node" ? await moduleFormat(files, path) : "cjs");
  return { function: fn, module: handler.module, exportName: handler.exportName, path, format };
}

async function bundleAll(request: PackageRequest, sources: readonly Source[]): Promise<PackagedFunction[]> {
  const results = await Promise.all(
    (["cjs", "esm"] as const).map((format) =>
      bundleGroup(
        request,
        sources.filter((source) => source.format === format),
        format,
      ),
    ),
  );
  return results.flat();
}

async function bundleGroup(request: PackageRequest, sources: readonly Source[], format: "cjs" | "esm"): Promise<PackagedFunction[]> {
  if (sources.length === 0) return [];
  const { app, bundler, outputDirectory } = request;
  const oldest = Math.min(...sources.map((source) => nodeVersion(source.function.runtime)));
  const result = await bundler.bundle({
    directory: app.directory,
    outputDirectory,
    entries: sources.map((source) => ({ source: source.path, output: `${source.function.key}/${source.module}` })),
    target: app.build.target ?? `node${oldest}`,
    format,
    minify: app.build.minify,
    sourceMaps: app.build.sourceMaps,
    // Version 3 of the SDK is there from Node 18 on, as on Lambda. Version 2, which Lambda brought before, is the app's own.
    external: [
      ...app.build.external,
      ...(oldest >= 18 ? ["@aws-sdk/*", "@smithy/*"] : []),
      ...(request.runsHere && (await isInstalled(request.files, app.directory, "aws-sdk")) ? ["aws-sdk"] : []),
    ],
  });
  if (!result.ok) {
    const needsEsm =
      format === "cjs" && app.build.format === undefined && result.problems.some((problem) => /Top-level await/.test(problem.text));
    if (needsEsm) return bundleGroup(request, sources, "esm");
    throw new DeployError(result.problems.map((problem) => bundleProblem(app, problem, sources)));
  }
  const missing: Problem[] = [];
  const out = await Promise.all(
    sources.map(async (source) => {
      const entry = result.entries.find((item) => item.output === `${source.function.key}/${source.module}`);
      if (entry && lacksExport(entry, source)) missing.push(missingExport(app, entry, source));
      return packaged(request, source, entry, format);
    }),
  );
  if (missing.length > 0) throw new DeployError(missing);
  return out;
}

/**
 * True when Node finds the package from the app's folder. Version 2 of the SDK is so large (megabytes in every function, seconds
 * at every save) that it is better left where it is.
 */
async function isInstalled(files: Files, folder: string, name: string): Promise<boolean> {
  for (let directory = folder; ; directory = dirname(directory)) {
    if (await files.stat(join(directory, "node_modules", name, "package.json"))) return true;
    if (directory === dirname(directory)) return false;
  }
}

function lacksExport(entry: BundledEntry, source: Source): boolean {
  const [name = ""] = source.exportName.split(".");
  return entry.exports !== undefined && !entry.exports.includes(name);
}

function missingExport(app: App, entry: BundledEntry, source: Source): Problem {
  const { function: fn, path, exportName } = source;
  const names = entry.exports?.join(", ") ?? "";
  const file = relative(app.directory, path);
  const has = names === "" ? "it exports nothing" : `it exports ${names}`;
  return { message: `functions.${fn.key}: ${file} has no export "${exportName}"; ${has}`, ...(fn.position && { position: fn.position }) };
}

/** What a relative import may name, beside its very text. */
const IMPORT_ENDINGS = ["", ".ts", ".mts", ".cts", ".tsx", ".js", ".mjs", ".cjs", ".jsx", ".json", "/index.ts", "/index.js"];

function bundleProblem(app: App, problem: BundleProblem, sources: readonly Source[]): Problem {
  const { file, line = 1, column = 1, text } = problem;
  const imported = /^Could not resolve "(\.[^"]*)"/.exec(text)?.[1];
  if (file !== undefined) {
    const base = imported === undefined ? undefined : join(app.directory, dirname(file), imported);
    const missing = base === undefined ? undefined : IMPORT_ENDINGS.map((ending) => base + ending);
    return { message: text, position: { file, line, column }, ...(missing && { missing }) };
  }
  const position = sources[0]?.function.position;
  return { message: text, ...(position && { position }) };
}

async function packaged(
  request: PackageRequest,
  source: Source,
  entry: BundledEntry | undefined,
  format: "cjs" | "esm",
): Promise<PackagedFunction> {
  const { app, outputDirectory } = request;
  const root = join(outputDirectory, source.function.key);
  const code = new Map<string, CodeFile>();
  for (const file of entry?.files ?? []) code.set(slashed(relative(root, file.path)), { content: file.content, isExecutable: false });
  // The folder may lie within a package of another type.
  code.set("package.json", { content: Buffer.from(`{"type":"${format === "esm" ? "module" : "commonjs"}"}\n`), isExecutable: false });
  const positive = source.function.patterns.some((pattern) => !pattern.startsWith("!"));
  const extra = positive ? await matching(request.files, app.directory, [...source.function.patterns, ...NEVER_TAKEN], false) : new Map();
  for (const [path, file] of extra) if (!code.has(path)) code.set(path, file);
  return { function: source.function, files: code, hash: contentHash(code), inputs: entry?.inputs ?? [source.path] };
}

/** The files themselves: those that the patterns leave, or an archive that exists already. */
async function takeFiles(files: Files, app: App, fn: AppFunction): Promise<PackagedFunction> {
  if (fn.artifact !== undefined) {
    const path = join(app.directory, fn.artifact);
    const content = await files.readBytes(path);
    if (!content) throw problemAt(`functions.${fn.key}: the artifact ${fn.artifact} does not exist`, fn.position);
    const only: CodeFiles = new Map([[ARTIFACT, { content, isExecutable: false }]]);
    return { function: fn, files: only, hash: contentHash(only), inputs: [path] };
  }
  const code = await matching(files, app.directory, [...fn.patterns, ...NEVER_TAKEN], true);
  const size = [...code.values()].reduce((sum, file) => sum + file.content.byteLength, 0);
  if (size > CODE_ARCHIVE_BYTES_MAX) {
    throw problemAt(
      `functions.${fn.key}: its files are ${size} bytes, more than ${CODE_ARCHIVE_BYTES_MAX}; leave some out with package.patterns`,
      fn.position,
    );
  }
  return { function: fn, files: code, hash: contentHash(code), inputs: [...code.keys()].map((path) => join(app.directory, path)) };
}

/** The one file of a function that comes as a ready archive. */
export const ARTIFACT = "\0artifact.zip";

async function matching(files: Files, root: string, patterns: readonly string[], initially: boolean): Promise<Map<string, CodeFile>> {
  const out = new Map<string, CodeFile>();
  const walk = async (directory: string): Promise<void> => {
    for (const entry of await files.list(directory)) {
      const path = slashed(relative(root, entry.path));
      if (NEVER_WALKED.includes(path)) continue;
      if (entry.kind === "directory") {
        // A folder that is left out whole is not walked, unless a later pattern takes something of it.
        if (isTaken(`${path}/**`, patterns, initially) || patterns.some((pattern) => !pattern.startsWith("!") && reaches(pattern, path)))
          await walk(entry.path);
      } else if (isTaken(path, patterns, initially)) {
        const content = await files.readBytes(entry.path);
        if (content) out.set(path, { content, isExecutable: entry.isExecutable });
      }
    }
  };
  await walk(root);
  return out;
}

/** True when a pattern may take something below a folder. */
function reaches(pattern: string, directory: string): boolean {
  const fixed = pattern.replace(/^\.?\//, "").split(/[*?{[]/)[0] ?? "";
  return fixed.startsWith(`${directory}/`) || `${directory}/`.startsWith(fixed);
}

function slashed(path: string): string {
  return sep === "/" ? path : path.split(sep).join("/");
}
