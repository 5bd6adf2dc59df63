// How asynchronous invocations of a function, version or alias are repeated, and where their ends are told.
import type { Context } from "../../contract/context.ts";
import type { InputOf, OutputOf } from "../../contract/models.ts";
import type { OperationOf } from "../../contract/service.ts";
import { functionNotFound, invalid, notFound, unsupported } from "./errors.ts";
import { type AsyncConfig, asyncConfigs } from "./keys.ts";
import { LIST_ITEMS_MAX, VERSIONS_SCAN_MAX } from "./limits.ts";
import { getFunctionRecord, hasQualifier } from "./lookup.ts";
import { type FunctionName, functionArn, parseFunctionName } from "./names.ts";
import { pageOf } from "./paging.ts";

type Settings = InputOf<"lambda", "PutFunctionEventInvokeConfig">;
type Shown = OutputOf<"lambda", "GetFunctionEventInvokeConfig">;

export const putFunctionEventInvokeConfig: OperationOf<"lambda", "PutFunctionEventInvokeConfig"> = (context, input) =>
  write(context, input, () => ({}));

export const updateFunctionEventInvokeConfig: OperationOf<"lambda", "UpdateFunctionEventInvokeConfig"> = (context, input) =>
  write(context, input, (before, name) => before ?? missing(name));

export const getFunctionEventInvokeConfig: OperationOf<"lambda", "GetFunctionEventInvokeConfig"> = async (context, input) => {
  const name = parseFunctionName(context, input.FunctionName, input.Qualifier);
  const config = await context.storage.snapshot(async (tx) => {
    await getFunctionRecord(tx, name);
    return asyncConfigs.get(tx, keyOf(name));
  });
  return shownConfig(name, config ?? missing(name));
};

export const deleteFunctionEventInvokeConfig: OperationOf<"lambda", "DeleteFunctionEventInvokeConfig"> = async (context, input) => {
  const name = parseFunctionName(context, input.FunctionName, input.Qualifier);
  await context.storage.transact(async (tx) => {
    await getFunctionRecord(tx, name);
    if (!(await asyncConfigs.has(tx, keyOf(name)))) missing(name);
    asyncConfigs.delete(tx, keyOf(name));
  });
  return {};
};

export const listFunctionEventInvokeConfigs: OperationOf<"lambda", "ListFunctionEventInvokeConfigs"> = async (context, input) => {
  const name = parseFunctionName(context, input.FunctionName);
  const all = await context.storage.snapshot(async (tx) => {
    await getFunctionRecord(tx, name);
    return asyncConfigs.scan(tx, [name.account, name.region, name.name], { limit: VERSIONS_SCAN_MAX });
  });
  const page = pageOf(all, ({ key }) => key[3], input.Marker, Math.min(input.MaxItems ?? LIST_ITEMS_MAX, LIST_ITEMS_MAX));
  return {
    FunctionEventInvokeConfigs: page.items.map(({ key, value }) => shownConfig({ ...name, qualifier: key[3] }, value)),
    ...(page.next !== undefined && { NextMarker: page.next }),
  };
};

async function write(
  context: Context,
  input: Settings,
  base: (before: AsyncConfig | undefined, name: FunctionName) => Partial<AsyncConfig>,
): Promise<Shown> {
  const name = parseFunctionName(context, input.FunctionName, input.Qualifier);
  const onSuccessArn = destinationOf(input.DestinationConfig?.OnSuccess?.Destination);
  const onFailureArn = destinationOf(input.DestinationConfig?.OnFailure?.Destination);
  const config = await context.storage.transact(async (tx) => {
    await getFunctionRecord(tx, name);
    if (name.qualifier !== undefined && !(await hasQualifier(tx, name, name.qualifier))) {
      throw functionNotFound(functionArn(name, name.name, name.qualifier));
    }
    const after: AsyncConfig = {
      ...base(await asyncConfigs.get(tx, keyOf(name)), name),
      modifiedAtMs: context.clock.now(),
      ...(input.MaximumRetryAttempts !== undefined && { retriesMax: input.MaximumRetryAttempts }),
      ...(input.MaximumEventAgeInSeconds !== undefined && { ageSecondsMax: input.MaximumEventAgeInSeconds }),
      ...(onSuccessArn !== undefined && { onSuccessArn }),
      ...(onFailureArn !== undefined && { onFailureArn }),
    };
    asyncConfigs.set(tx, keyOf(name), after);
    return after;
  });
  return shownConfig(name, config);
}

function destinationOf(arn: string | undefined): string | undefined {
  if (arn === undefined) return undefined;
  if (arn === "" || /^arn:aws[a-zA-Z-]*:(sqs|lambda):/.test(arn)) return arn;
  if (/^arn:aws[a-zA-Z-]*:(sns|events|s3):/.test(arn)) throw unsupported(`The destination ${arn}`);
  throw invalid(`The destination ARN ${arn} is invalid.`);
}

function missing(name: FunctionName): never {
  throw notFound(`The function ${functionArn(name, name.name, name.qualifier ?? "$LATEST")} doesn't have an EventInvokeConfig`);
}

function keyOf(name: FunctionName): [string, string, string, string] {
  return [name.account, name.region, name.name, name.qualifier ?? "$LATEST"];
}

function shownConfig(name: FunctionName, config: AsyncConfig): Shown {
  return {
    LastModified: new Date(config.modifiedAtMs),
    FunctionArn: functionArn(name, name.name, name.qualifier ?? "$LATEST"),
    ...(config.retriesMax !== undefined && { MaximumRetryAttempts: config.retriesMax }),
    ...(config.ageSecondsMax !== undefined && { MaximumEventAgeInSeconds: config.ageSecondsMax }),
    DestinationConfig: {
      OnSuccess: config.onSuccessArn ? { Destination: config.onSuccessArn } : {},
      OnFailure: config.onFailureArn ? { Destination: config.onFailureArn } : {},
    } as Shown["DestinationConfig"],
  };
}
