// Operations of a running platform, over the wire, for the commands that do not run one themselves: real SDK clients.
import { AwsError } from "../kernel/errors.ts";
import { CliError } from "./command.ts";

/** Client packages by our service ids: those that the package depends on. */
const CLIENTS: Readonly<Record<string, () => Promise<object>>> = {
  cloudformation: () => import("@aws-sdk/client-cloudformation"),
  lambda: () => import("@aws-sdk/client-lambda"),
  logs: () => import("@aws-sdk/client-cloudwatch-logs"),
  s3: () => import("@aws-sdk/client-s3"),
  ssm: () => import("@aws-sdk/client-ssm"),
  sts: () => import("@aws-sdk/client-sts"),
};

export type RemoteCall = (
  service: string,
  operation: string,
  input: Readonly<Record<string, unknown>>,
  scope?: { readonly region?: string },
) => Promise<Record<string, unknown>>;

export const DEFAULT_ENDPOINT = "http://127.0.0.1:4566";

/** @param endpoint where the platform listens; @param region of calls that do not name another. */
export function remoteCall(endpoint: string, defaultRegion: string): RemoteCall {
  const clients = new Map<string, { client: SdkClient; commands: Readonly<Record<string, unknown>> }>();
  return async (service, operation, input, scope) => {
    const region = scope?.region ?? defaultRegion;
    const id = `${service} ${region}`;
    let known = clients.get(id);
    if (!known) {
      const load = CLIENTS[service];
      if (!load) throw new CliError(`there is no client for ${service}`);
      const commands: Readonly<Record<string, unknown>> = { ...(await load()) };
      known = { client: createClient(commands, endpoint, region), commands };
      clients.set(id, known);
    }
    const command = known.commands[`${operation}Command`];
    if (!isConstructor(command)) throw new CliError(`${service} has no operation ${operation}`);
    try {
      return await known.client.send(new command(input));
    } catch (error) {
      throw translate(error, endpoint);
    }
  };
}

interface SdkClient {
  send(command: object): Promise<Record<string, unknown>>;
}

type Constructor = new (argument: unknown) => object;

function createClient(module: Readonly<Record<string, unknown>>, endpoint: string, region: string): SdkClient {
  const name = Object.keys(module).find((key) => key.endsWith("Client") && !key.startsWith("_"));
  const factory = name ? module[name] : undefined;
  if (!isConstructor(factory)) throw new CliError("the client package has no client");
  const credentials = {
    accessKeyId: process.env["AWS_ACCESS_KEY_ID"] ?? "test",
    secretAccessKey: process.env["AWS_SECRET_ACCESS_KEY"] ?? "test",
  };
  const client = new factory({ endpoint, region, credentials, forcePathStyle: true });
  if (!isClient(client)) throw new CliError("the client package's client cannot send");
  return client;
}

function isConstructor(value: unknown): value is Constructor {
  return typeof value === "function";
}

function isClient(value: object): value is SdkClient {
  return "send" in value && typeof value.send === "function";
}

/** SDK errors as ours, so that the deployment engine reads one kind; no answer at all as advice. */
function translate(error: unknown, endpoint: string): unknown {
  if (!(error instanceof Error)) return error;
  const code = "code" in error ? String(error.code) : "";
  if (code === "ECONNREFUSED" || code === "ENOTFOUND" || code === "ECONNRESET") {
    return new CliError(`nothing answers at ${endpoint}. Start the platform with \`hearth serve\`, or name another with --endpoint.`);
  }
  const metadata = "$metadata" in error && typeof error.$metadata === "object" && error.$metadata !== null ? error.$metadata : undefined;
  if (!metadata) return error;
  const status = "httpStatusCode" in metadata ? Number(metadata.httpStatusCode) : 500;
  return new AwsError(error.name, error.message, { status, cause: error });
}
