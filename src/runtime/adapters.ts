// Which runtimes can run here and how their processes are started: one entry for each family. What is not in the table is
// refused by name when a function is created.
import { fileURLToPath } from "node:url";
import type { FunctionSpec } from "../contract/runtime.ts";
import { OLD_SPACE_SHARE } from "./limits.ts";
import type { ProcessPort } from "./ports.ts";

export interface RuntimeAdapter {
  readonly family: string;
  accepts(runtime: string): boolean;
  /** The command of a process that speaks the channel, and what it is told first. */
  start(spec: FunctionSpec, host: StartContext): AdapterStart;
}

export interface StartContext {
  readonly processes: ProcessPort;
  readonly compileCache: string;
}

export interface AdapterStart {
  readonly command: string;
  readonly args: readonly string[];
  readonly init: object;
  /** Added to Lambda's own variables. */
  readonly environment: Readonly<Record<string, string>>;
}

const NODE_RUNTIME = /^nodejs(1[2468]|2[024])\.x$/;
const BOOTSTRAP = fileURLToPath(new URL("./bootstrap/node/main.cjs", import.meta.url));

const node: RuntimeAdapter = {
  family: "nodejs",
  accepts: (runtime) => NODE_RUNTIME.test(runtime),
  start: (spec, { processes, compileCache }) => ({
    command: processes.nodePath,
    args: [
      `--max-old-space-size=${Math.floor(spec.memoryMb * OLD_SPACE_SHARE)}`,
      "--max-http-header-size=81920",
      "--enable-source-maps",
      "--disable-warning=ExperimentalWarning",
      BOOTSTRAP,
    ],
    init: {
      handler: spec.handler,
      root: spec.codeDirectory,
      endpoint: spec.endpoint,
      sdk: BOOTSTRAP,
      cache: compileCache,
      callbacks: spec.runtime !== "nodejs24.x",
    },
    environment: {
      AWS_EXECUTION_ENV: `AWS_Lambda_${spec.runtime}`,
      NODE_PATH: `${spec.codeDirectory}/node_modules:${spec.codeDirectory}`,
    },
  }),
};

const ADAPTERS: readonly RuntimeAdapter[] = [node];

export function adapterOf(runtime: string): RuntimeAdapter | undefined {
  return ADAPTERS.find((adapter) => adapter.accepts(runtime));
}

export function supports(runtime: string): true | string {
  if (adapterOf(runtime)) return true;
  return `The runtime ${runtime} is not supported yet by this version of Hearth; nodejs12.x to nodejs24.x are.`;
}

/** The variables that Lambda sets for every function, and where its calls go. The function's own come last. */
export function environmentOf(spec: FunctionSpec, logStream: string, temporary: string, adapter: AdapterStart): Record<string, string> {
  return {
    AWS_REGION: spec.region,
    AWS_DEFAULT_REGION: spec.region,
    AWS_LAMBDA_FUNCTION_NAME: spec.name,
    AWS_LAMBDA_FUNCTION_VERSION: spec.version,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(spec.memoryMb),
    AWS_LAMBDA_LOG_GROUP_NAME: spec.logGroup,
    AWS_LAMBDA_LOG_STREAM_NAME: logStream,
    AWS_LAMBDA_INITIALIZATION_TYPE: "on-demand",
    _HANDLER: spec.handler,
    LAMBDA_TASK_ROOT: spec.codeDirectory,
    LAMBDA_RUNTIME_DIR: fileURLToPath(new URL("./bootstrap/node", import.meta.url)),
    TZ: ":UTC",
    LANG: "en_US.UTF-8",
    PATH: "/usr/local/bin:/usr/bin:/bin:/opt/bin",
    TMPDIR: temporary,
    // The account, so that what the function calls is looked for where the function is.
    AWS_ACCESS_KEY_ID: spec.account,
    AWS_SECRET_ACCESS_KEY: "hearth",
    AWS_SESSION_TOKEN: "hearth",
    AWS_ENDPOINT_URL: spec.endpoint,
    ...adapter.environment,
    ...spec.environment,
  };
}
