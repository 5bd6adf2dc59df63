// What deploying needs of the world outside: a folder, a bundler, the platform's operations. Implemented in `host/` and by callers.

export interface FileEntry {
  readonly path: string;
  readonly kind: "file" | "directory";
  readonly size: number;
  readonly isExecutable: boolean;
}

/** Paths are absolute. What is not there is undefined, or an empty list; every other failure throws. */
export interface Files {
  readText(path: string): Promise<string | undefined>;
  readBytes(path: string): Promise<Uint8Array | undefined>;
  /** Files and folders directly within, sorted by name; symbolic links are followed. */
  list(directory: string): Promise<FileEntry[]>;
  stat(path: string): Promise<FileEntry | undefined>;
  /** Makes folders as needed. The file appears whole or not at all. */
  write(path: string, content: Uint8Array | string): Promise<void>;
  remove(path: string): Promise<void>;
}

export interface BundleEntry {
  /** Absolute path of the source file. */
  readonly source: string;
  /** Where the output goes, below the output folder, without extension: `hello/src/handler`. */
  readonly output: string;
}

export interface BundleRequest {
  /** The app's folder: paths in messages are relative to it. */
  readonly directory: string;
  readonly outputDirectory: string;
  readonly entries: readonly BundleEntry[];
  /** `node24` */
  readonly target: string;
  readonly format: "cjs" | "esm";
  readonly minify: boolean;
  readonly sourceMaps: boolean;
  /** Packages that are not bundled: names, with `*` for any rest. */
  readonly external: readonly string[];
}

export interface BundleProblem {
  readonly text: string;
  /** Relative to the app's folder. */
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
}

export interface BundledFile {
  /** Absolute. */
  readonly path: string;
  readonly content: Uint8Array;
}

export interface BundledEntry {
  readonly output: string;
  /** Names that the module exports; undefined when it cannot be told without running it (CommonJS). */
  readonly exports?: readonly string[];
  /** Absolute paths of the files that went into it. */
  readonly inputs: readonly string[];
  readonly files: readonly BundledFile[];
}

export type BundleResult =
  | { readonly ok: true; readonly entries: readonly BundledEntry[]; readonly warnings: readonly BundleProblem[] }
  | { readonly ok: false; readonly problems: readonly BundleProblem[] };

export interface Bundler {
  /** Bundles all entries at once. Output is handed out, not written. */
  bundle(request: BundleRequest): Promise<BundleResult>;
}

/** An operation of the platform: in this process, or over the wire. Errors are AwsErrors. */
export type PlatformCall = (
  service: string,
  operation: string,
  input: Readonly<Record<string, unknown>>,
  scope?: { readonly region?: string },
) => Promise<Record<string, unknown>>;
