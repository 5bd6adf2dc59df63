// Deploying an app, whole or in part: read, package, upload, hand the template to CloudFormation, follow it to its end.
// Everything that can be found wrong is found before the platform is touched. `hearth dev` and `hearth deploy` stand on this.
//
//   const deployment = openDeployment({directory, mode: "local", files, bundler, call, clock, …});
//   const result = await deployment.deploy();        // throws DeployError: its message is ready to be shown
//   deployment.watched()                             // absolute paths to watch, after deploy()
//   await deployment.rebuild(changedPaths);          // only the code of functions that changed; all when the app's file did
import { createHash } from "node:crypto";
import { join } from "node:path";
import { Readable } from "node:stream";
import type { Clock } from "../kernel/clock.ts";
import { AwsError, hasCode, messageOf } from "../kernel/errors.ts";
import type { App, AppFunction } from "./app.ts";
import { CODE_ARCHIVE_BYTES_MAX, TEMPLATE_BODY_BYTES_MAX } from "./limits.ts";
import { zipArchive } from "./package/archive.ts";
import { ARTIFACT, type PackagedFunction, packageApp } from "./package/package.ts";
import type { Bundler, Files, PlatformCall } from "./ports.ts";
import { DeployError, problemAt } from "./problem.ts";
import { readServerless } from "./readers/serverless/reader.ts";
import { applyStack, type StackEnd, type StackEvent } from "./stack-operation.ts";
import { isObject, type JsonObject } from "./template/document.ts";

export interface DeploymentOptions {
  /** The app's folder, absolute. */
  readonly directory: string;
  /** `local`: functions run from folders of this machine, for `hearth dev`. `upload`: code goes to a bucket. */
  readonly mode: "local" | "upload";
  /** Where bundles are put, absolute; by default `.hearth/build` in the app's folder. */
  readonly outputDirectory?: string;
  readonly files: Files;
  readonly bundler: Bundler;
  /** The platform's operations; `scope.region` names another region than the app's. */
  readonly call: PlatformCall;
  readonly clock: Clock;
  /** Where the platform is reached: for the URLs of endpoints. */
  readonly endpoint: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stage?: string;
  readonly region?: string;
  readonly options?: Readonly<Record<string, string>>;
  readonly params?: Readonly<Record<string, string>>;
  /** `${sls:instanceId}`: any text that differs between runs. */
  readonly instanceId: string;
  onProgress?(progress: Progress): void;
}

export type Progress =
  /** Said once, aloud: what is accepted without effect. */
  | { readonly kind: "notice"; readonly text: string }
  | { readonly kind: "packaged"; readonly functions: number; readonly durationMs: number }
  | { readonly kind: "stack"; readonly stackName: string; readonly status: string; readonly reason?: string }
  | { readonly kind: "resource"; readonly event: StackEvent };

export interface Endpoint {
  /** `GET`, `ANY`. */
  readonly method: string;
  readonly url: string;
  /** The function's name in the app's file. */
  readonly function: string;
}

export interface DeployedFunction {
  readonly key: string;
  readonly name: string;
}

export interface DeployResult {
  readonly stackName: string;
  readonly stage: string;
  readonly region: string;
  /** False when everything was there already. */
  readonly changed: boolean;
  readonly outputs: Readonly<Record<string, string>>;
  readonly endpoints: readonly Endpoint[];
  readonly functions: readonly DeployedFunction[];
  readonly notices: readonly string[];
}

export interface RebuildResult {
  /** True when the app was deployed as a whole, since a file that describes it changed. */
  readonly redeployed: boolean;
  /** Functions whose code is new, by their names in the app's file. */
  readonly updated: readonly string[];
  readonly durationMs: number;
  /** Set when `redeployed`. */
  readonly result?: DeployResult;
}

export interface Deployment {
  /** Throws a DeployError; then nothing is half-deployed: CloudFormation has rolled back. */
  deploy(): Promise<DeployResult>;
  /** Only after a deployment. Throws a DeployError when the changed code cannot be built: what runs goes on running. */
  rebuild(changed: readonly string[]): Promise<RebuildResult>;
  /** Absolute paths of every file that the app depends on, as of the last reading. */
  watched(): readonly string[];
}

/** The last state of a session. */
interface State {
  app?: App;
  packaged: readonly PackagedFunction[];
  /** Functions whose code did not come through the stack: the next deployment puts it right. */
  readonly loose: Set<string>;
  /** True once this session has deployed: code from before may be of any age. */
  settled: boolean;
  /** True while the app as last read is not what is deployed. */
  behind: boolean;
  /** Absolute paths of files whose lack stopped the last attempt. */
  missing: readonly string[];
  /** What has been said aloud. */
  readonly noticed: Set<string>;
}

export function openDeployment(options: DeploymentOptions): Deployment {
  const state: State = { packaged: [], loose: new Set(), settled: false, behind: false, missing: [], noticed: new Set() };
  let last: Promise<unknown> = Promise.resolve();
  /** One thing at a time, in the order of asking. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = last.then(work, work);
    last = mine.catch(() => {});
    return mine;
  };
  return {
    deploy: () => inTurn(() => attempt(state, () => deploy(options, state))),
    rebuild: (changed) => inTurn(() => attempt(state, () => rebuild(options, state, changed))),
    watched: () => {
      const inputs = state.packaged.flatMap((item) => item.inputs).filter((path) => !path.includes("/node_modules/"));
      return [...new Set([...(state.app?.files ?? []), ...inputs, ...state.missing])].sort();
    },
  };
}

/** One deployment and no more: what `hearth deploy` does. */
export function deployApp(options: DeploymentOptions): Promise<DeployResult> {
  return openDeployment(options).deploy();
}

/** Remembers which files were missed. */
async function attempt<T>(state: State, work: () => Promise<T>): Promise<T> {
  try {
    const result = await work();
    state.missing = [];
    return result;
  } catch (error) {
    state.missing = error instanceof DeployError ? error.problems.flatMap((problem) => problem.missing ?? []) : [];
    throw error;
  }
}

async function deploy(options: DeploymentOptions, state: State): Promise<DeployResult> {
  const app = await readApp(options, state);
  state.app = app;
  state.behind = true;
  const packaged = await build(options, app);
  const previous = state.packaged;
  state.packaged = packaged;
  const call = inRegion(options.call, app.region);
  const code = await placeCode(options, call, app, packaged);
  const end = await runStack(options, call, app, templateWithCode(app, code));
  await settleCode(call, app, code, end, state);
  state.loose.clear();
  state.settled = true;
  state.behind = false;
  await removeOldCode(options, [...packaged, ...previous]);
  return {
    stackName: app.stackName,
    stage: app.stage,
    region: app.region,
    changed: end.changed,
    outputs: end.outputs,
    endpoints: await endpointsOf(options, call, app),
    functions: app.functions.map(({ key, name }) => ({ key, name })),
    notices: app.notices,
  };
}

async function readApp(options: DeploymentOptions, state: State): Promise<App> {
  const { directory, files, call, env, instanceId, stage, region, params } = options;
  const app = await readServerless({
    directory,
    files,
    call,
    env,
    instanceId,
    ...(stage !== undefined && { stage }),
    ...(region !== undefined && { region }),
    ...(params && { params }),
    ...(options.options && { options: options.options }),
  });
  for (const text of app.notices) {
    if (!state.noticed.has(text)) options.onProgress?.({ kind: "notice", text });
    state.noticed.add(text);
  }
  return app;
}

async function build(options: DeploymentOptions, app: App): Promise<PackagedFunction[]> {
  const startMs = options.clock.monotonic();
  const { files, bundler } = options;
  const packaged = await packageApp({
    app,
    files,
    bundler,
    outputDirectory: outputDirectory(options),
    // Elsewhere the app's packages are out of reach.
    runsHere: options.mode === "local" && options.outputDirectory === undefined,
  });
  options.onProgress?.({ kind: "packaged", functions: packaged.length, durationMs: options.clock.monotonic() - startMs });
  return packaged;
}

function outputDirectory(options: DeploymentOptions): string {
  return options.outputDirectory ?? join(options.directory, ".hearth", "build");
}

function inRegion(call: PlatformCall, region: string): PlatformCall {
  return (service, operation, input, scope) => call(service, operation, input, { region, ...scope });
}

interface CodePlace {
  readonly S3Bucket: string;
  readonly S3Key: string;
}

/** Puts the code where Lambda can take it; by the function's key. */
async function placeCode(
  options: DeploymentOptions,
  call: PlatformCall,
  app: App,
  packaged: readonly PackagedFunction[],
): Promise<Map<string, CodePlace>> {
  if (options.mode === "local" && packaged.every((item) => !item.files.has(ARTIFACT))) {
    const places = packaged.map(async (item) => [item.function.key, await placeFolder(options, item)] as const);
    return new Map(await Promise.all(places));
  }
  const bucket = await deploymentBucket(call, app);
  const places = packaged.map(async (item) => [item.function.key, await upload(call, app, bucket, item)] as const);
  return new Map(await Promise.all(places));
}

function folderOf(options: DeploymentOptions, item: PackagedFunction): string {
  return join(outputDirectory(options), `${item.function.key}-${item.hash}`);
}

/** What a file system answers that cannot take more, or not from us. */
const UNWRITABLE: ReadonlySet<string> = new Set(["EACCES", "EPERM", "EROFS", "ENOSPC", "EDQUOT"]);

/** The folder bears the hash of what is in it, so that the same code is the same place. */
async function placeFolder(options: DeploymentOptions, item: PackagedFunction): Promise<CodePlace> {
  const directory = folderOf(options, item);
  const marker = join(directory, ".complete");
  if ((await options.files.stat(marker)) === undefined) {
    try {
      await Promise.all([...item.files].map(([path, file]) => options.files.write(join(directory, path), file.content)));
      await options.files.write(marker, "");
    } catch (error) {
      const code = error instanceof Error && "code" in error ? String(error.code) : "";
      if (!UNWRITABLE.has(code)) throw error;
      throw problemAt(`the code of functions cannot be put into ${outputDirectory(options)}: ${messageOf(error)}`);
    }
  }
  return { S3Bucket: "hot-reload", S3Key: directory };
}

/** Folders of code that no function has any more; those of the generation before may still be in use. */
async function removeOldCode(options: DeploymentOptions, packaged: readonly PackagedFunction[]): Promise<void> {
  if (options.mode !== "local") return;
  const kept = new Set(packaged.map((item) => folderOf(options, item)));
  for (const entry of await options.files.list(outputDirectory(options))) {
    if (entry.kind === "directory" && !kept.has(entry.path) && /-[0-9a-f]{16}$/.test(entry.path)) await options.files.remove(entry.path);
  }
}

async function deploymentBucket(call: PlatformCall, app: App): Promise<string> {
  const account = String((await call("sts", "GetCallerIdentity", {}))["Account"]);
  const bucket = `hearth-deployments-${account}-${app.region}`;
  try {
    const location = app.region === "us-east-1" ? {} : { CreateBucketConfiguration: { LocationConstraint: app.region } };
    await call("s3", "CreateBucket", { Bucket: bucket, ...location });
  } catch (error) {
    if (!hasCode(error, "BucketAlreadyOwnedByYou")) throw error;
  }
  return bucket;
}

async function upload(call: PlatformCall, app: App, bucket: string, item: PackagedFunction): Promise<CodePlace> {
  const archive = item.files.get(ARTIFACT)?.content ?? zipArchive(item.files);
  if (archive.byteLength > CODE_ARCHIVE_BYTES_MAX) {
    const size = `${archive.byteLength} bytes, more than ${CODE_ARCHIVE_BYTES_MAX}`;
    throw problemAt(`functions.${item.function.key}: its code is ${size}`, item.function.position);
  }
  const key = `${app.service}/${app.stage}/${item.function.key}-${item.hash}.zip`;
  if (!(await isUploaded(call, bucket, key))) {
    await putObject(call, bucket, key, archive, "application/zip");
  }
  return { S3Bucket: bucket, S3Key: key };
}

/** A stream is what both take: operations in this process and SDK clients. */
function putObject(call: PlatformCall, bucket: string, key: string, content: Uint8Array, type: string): Promise<unknown> {
  const body = Readable.from([content]);
  return call("s3", "PutObject", { Bucket: bucket, Key: key, Body: body, ContentLength: content.byteLength, ContentType: type });
}

async function isUploaded(call: PlatformCall, bucket: string, key: string): Promise<boolean> {
  try {
    await call("s3", "HeadObject", { Bucket: bucket, Key: key });
    return true;
  } catch (error) {
    if (error instanceof AwsError && (error.status === 404 || hasCode(error, "NotFound", "NoSuchKey"))) return false;
    throw error;
  }
}

function templateWithCode(app: App, code: ReadonlyMap<string, CodePlace>): JsonObject {
  const resources = isObject(app.template["Resources"]) ? { ...app.template["Resources"] } : {};
  for (const fn of app.functions) {
    const resource = resources[fn.logicalId];
    const place = code.get(fn.key);
    if (!isObject(resource) || !isObject(resource["Properties"]) || !place) continue;
    resources[fn.logicalId] = { ...resource, Properties: { ...resource["Properties"], Code: { ...place } } };
  }
  return { ...app.template, Resources: resources };
}

async function runStack(
  options: DeploymentOptions,
  call: PlatformCall,
  app: App,
  template: JsonObject,
): Promise<StackEnd & { readonly changed: boolean }> {
  const input = {
    ...(await templateInput(options, call, app, JSON.stringify(template))),
    Capabilities: ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"],
    Tags: Object.entries(app.tags).map(([Key, Value]) => ({ Key, Value })),
  };
  const onEvent = (event: StackEvent): void => {
    if (event.type !== "AWS::CloudFormation::Stack") options.onProgress?.({ kind: "resource", event });
    else
      options.onProgress?.({
        kind: "stack",
        stackName: app.stackName,
        status: event.status,
        ...(event.reason !== undefined && { reason: event.reason }),
      });
    if (event.status.endsWith("_COMPLETE") && event.reason?.startsWith("No effect on Hearth")) {
      options.onProgress?.({ kind: "notice", text: `${event.logicalId} (${event.type}): ${event.reason}` });
    }
  };
  let end: StackEnd & { readonly changed: boolean };
  try {
    end = await applyStack({ call, clock: options.clock, onEvent }, app.stackName, input);
  } catch (error) {
    if (error instanceof AwsError && error.fault === "client") throw located(app, error.message);
    throw error;
  }
  if (!["CREATE_COMPLETE", "UPDATE_COMPLETE"].includes(end.status)) {
    const { failure } = end;
    const text = failure
      ? `${failure.logicalId} (${failure.type}): ${failure.reason ?? failure.status}`
      : `the stack ${app.stackName} is ${end.status}${end.reason === undefined ? "" : `: ${end.reason}`}`;
    throw problemAt(text, failure && app.origins.get(failure.logicalId));
  }
  return end;
}

/** A refusal of CloudFormation, with the line of the resource that it names. */
function located(app: App, message: string): DeployError {
  const types = /Unrecognized resource types: \[([^\]]*)\]/.exec(message)?.[1]?.split(", ") ?? [];
  const resources = isObject(app.template["Resources"]) ? app.template["Resources"] : {};
  const ofType = Object.entries(resources).filter(([, resource]) => isObject(resource) && types.includes(String(resource["Type"])));
  if (ofType.length > 0) {
    return new DeployError(
      ofType.map(([id, resource]) => {
        const position = app.origins.get(id);
        const type = isObject(resource) ? String(resource["Type"]) : "";
        return { message: `resource ${id}: the type ${type} is not supported by Hearth`, ...(position && { position }) };
      }),
    );
  }
  const named = /(?:resource|resources:|Resources\/|resource) \[?([A-Za-z0-9]+)/.exec(message)?.[1] ?? "";
  return problemAt(message, app.origins.get(named));
}

async function templateInput(options: DeploymentOptions, call: PlatformCall, app: App, text: string): Promise<Record<string, unknown>> {
  if (Buffer.byteLength(text) <= TEMPLATE_BODY_BYTES_MAX) return { TemplateBody: text };
  const bucket = await deploymentBucket(call, app);
  const key = `${app.service}/${app.stage}/template-${createHash("sha256").update(text).digest("hex").slice(0, 16)}.json`;
  await putObject(call, bucket, key, Buffer.from(text), "application/json");
  return { TemplateURL: `${options.endpoint}/${bucket}/${key}` };
}

/**
 * Functions whose code was changed past the stack get the code that the stack speaks of; so do those from before this
 * session, since the session that was killed may have changed them.
 */
async function settleCode(call: PlatformCall, app: App, code: ReadonlyMap<string, CodePlace>, end: StackEnd, state: State): Promise<void> {
  const touched = new Set(end.events.filter((event) => /^(CREATE|UPDATE)_COMPLETE$/.test(event.status)).map((event) => event.logicalId));
  for (const fn of app.functions) {
    const place = code.get(fn.key);
    if (place?.S3Bucket !== "hot-reload" || touched.has(fn.logicalId)) continue;
    if (!state.settled || state.loose.has(fn.key)) await updateCode(call, fn, place);
  }
}

function updateCode(call: PlatformCall, fn: AppFunction, place: CodePlace): Promise<unknown> {
  return call("lambda", "UpdateFunctionCode", { FunctionName: fn.name, ...place });
}

async function rebuild(options: DeploymentOptions, state: State, changed: readonly string[]): Promise<RebuildResult> {
  const startMs = options.clock.monotonic();
  const took = () => options.clock.monotonic() - startMs;
  const { app } = state;
  if (!app || !state.settled || state.behind || changed.some((path) => app.files.includes(path))) {
    const result = await deploy(options, state);
    return { redeployed: true, updated: result.functions.map((fn) => fn.key), durationMs: took(), result };
  }
  const packaged = await build(options, app);
  const before = new Map(state.packaged.map((item) => [item.function.key, item.hash]));
  const fresh = packaged.filter((item) => before.get(item.function.key) !== item.hash);
  const call = inRegion(options.call, app.region);
  const places = await placeCode(options, call, app, fresh);
  for (const item of fresh) {
    const place = places.get(item.function.key);
    if (!place) continue;
    state.loose.add(item.function.key);
    await updateCode(call, item.function, place).catch((error: unknown) => {
      throw problemAt(`functions.${item.function.key}: ${messageOf(error)}`, item.function.position);
    });
  }
  state.packaged = packaged;
  return { redeployed: false, updated: fresh.map((item) => item.function.key), durationMs: took() };
}

/** Where the app's APIs answer. */
async function endpointsOf(options: DeploymentOptions, call: PlatformCall, app: App): Promise<Endpoint[]> {
  const ids = new Map<string, string>();
  for (const [api, logicalId] of [
    ["rest", "ApiGatewayRestApi"],
    ["http", "HttpApi"],
  ] as const) {
    if (!app.routes.some((route) => route.api === api)) continue;
    const answer = await call("cloudformation", "DescribeStackResource", { StackName: app.stackName, LogicalResourceId: logicalId });
    const detail = answer["StackResourceDetail"];
    if (typeof detail === "object" && detail !== null && "PhysicalResourceId" in detail) ids.set(api, String(detail.PhysicalResourceId));
  }
  return app.routes.map((route) => {
    const base = `${options.endpoint}/_aws/execute-api/${ids.get(route.api)}${route.api === "rest" ? `/${app.stage}` : ""}`;
    return { method: route.method, url: route.path === "$default" ? `${base}/*` : `${base}${route.path}`, function: route.functionKey };
  });
}
