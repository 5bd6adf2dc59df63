// An app as a reader hands it over: a template whose functions still lack their code, and what their code is.
import type { JsonObject, Position } from "./template/document.ts";

export interface AppFunction {
  /** Its name in the app's file. */
  readonly key: string;
  readonly logicalId: string;
  /** The name of the deployed function. */
  readonly name: string;
  readonly runtime: string;
  /** `src/orders.handler`, or what the runtime wants. */
  readonly handler: string;
  /** Where the handler is named. */
  readonly position: Position | undefined;
  /** A ready archive, relative to the app's folder, instead of code to be packaged. */
  readonly artifact?: string;
  /** Glob patterns of files to take (`!` leaves out), in order; those of the app and of the function. */
  readonly patterns: readonly string[];
  readonly individually: boolean;
}

/** What an API of the app answers. */
export interface AppRoute {
  readonly api: "rest" | "http";
  /** `GET`, `ANY`. */
  readonly method: string;
  /** `/users/{id}`; `$default` for what no other route matches. */
  readonly path: string;
  readonly functionKey: string;
}

/** How the code of functions is made. */
export interface BuildOptions {
  /** False: files are taken as they are. */
  readonly bundle: boolean;
  readonly minify: boolean;
  readonly sourceMaps: boolean;
  /** Packages besides the SDK that stay outside of bundles. */
  readonly external: readonly string[];
  readonly target?: string;
  readonly format?: "cjs" | "esm";
}

export interface App {
  readonly directory: string;
  readonly service: string;
  readonly stage: string;
  readonly region: string;
  readonly stackName: string;
  /** A CloudFormation template; `Code` of its functions is filled in when they are packaged. */
  readonly template: JsonObject;
  readonly tags: Readonly<Record<string, string>>;
  readonly functions: readonly AppFunction[];
  readonly routes: readonly AppRoute[];
  readonly build: BuildOptions;
  /** What is accepted without effect, to be said aloud. */
  readonly notices: readonly string[];
  /** Absolute paths of the files that were read: a change of one means a new deployment. */
  readonly files: readonly string[];
  /** Where a resource comes from. */
  readonly origins: ReadonlyMap<string, Position>;
}
