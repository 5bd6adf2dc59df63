// Reserved concurrency: how much a function may take of the account's, and what is in use now.
import type { FunctionRuntime } from "../../contract/runtime.ts";
import type { OperationOf } from "../../contract/service.ts";
import { reservedConcurrencyReached, unreservedTooLow } from "./errors.ts";
import { functions, versions } from "./keys.ts";
import {
  CODE_BYTES_MAX,
  CODE_STORAGE_BYTES_MAX,
  CONCURRENT_EXECUTIONS_MAX,
  SCAN_PAGE,
  UNRESERVED_CONCURRENCY_MIN,
  VERSIONS_SCAN_MAX,
  ZIP_UPLOAD_BYTES_MAX,
} from "./limits.ts";
import { getFunctionRecord } from "./lookup.ts";
import { parseFunctionName } from "./names.ts";

/** Invocations that run now, by function: of each platform in this process. */
const running = new WeakMap<FunctionRuntime, Map<string, number>>();

/** Counts an invocation, or refuses it; the returned function ends it. */
export function enter(runtime: FunctionRuntime, arn: string, reserved: number | undefined): () => void {
  let counts = running.get(runtime);
  if (!counts) {
    counts = new Map();
    running.set(runtime, counts);
  }
  const now = counts.get(arn) ?? 0;
  if (reserved !== undefined && now >= reserved) throw reservedConcurrencyReached();
  counts.set(arn, now + 1);
  const held = counts;
  return () => {
    const left = (held.get(arn) ?? 1) - 1;
    if (left === 0) held.delete(arn);
    else held.set(arn, left);
  };
}

export const putFunctionConcurrency: OperationOf<"lambda", "PutFunctionConcurrency"> = async (context, input) => {
  const name = parseFunctionName(context, input.FunctionName);
  const reserved = input.ReservedConcurrentExecutions;
  await context.storage.transact(async (tx) => {
    const record = await getFunctionRecord(tx, name);
    const all = await functions.scan(tx, [name.account, name.region], { limit: SCAN_PAGE });
    const others = all.reduce((sum, { value }) => sum + (value.name === name.name ? 0 : (value.reservedConcurrency ?? 0)), 0);
    if (CONCURRENT_EXECUTIONS_MAX - others - reserved < UNRESERVED_CONCURRENCY_MIN) throw unreservedTooLow();
    functions.set(tx, [name.account, name.region, name.name], { ...record, reservedConcurrency: reserved });
  });
  return { ReservedConcurrentExecutions: reserved };
};

export const getFunctionConcurrency: OperationOf<"lambda", "GetFunctionConcurrency"> = async (context, input) => {
  const name = parseFunctionName(context, input.FunctionName);
  const record = await context.storage.snapshot((tx) => getFunctionRecord(tx, name));
  return { ...(record.reservedConcurrency !== undefined && { ReservedConcurrentExecutions: record.reservedConcurrency }) };
};

export const deleteFunctionConcurrency: OperationOf<"lambda", "DeleteFunctionConcurrency"> = async (context, input) => {
  const name = parseFunctionName(context, input.FunctionName);
  await context.storage.transact(async (tx) => {
    const { reservedConcurrency: _, ...record } = await getFunctionRecord(tx, name);
    functions.set(tx, [name.account, name.region, name.name], record);
  });
  return {};
};

export const getAccountSettings: OperationOf<"lambda", "GetAccountSettings"> = async (context) => {
  const { account, region } = context;
  const usage = await context.storage.snapshot(async (tx) => {
    const all = await functions.scan(tx, [account, region], { limit: SCAN_PAGE });
    const published = await versions.scan(tx, [account, region], { limit: VERSIONS_SCAN_MAX });
    const sizes = [...all.map(({ value }) => value.latest), ...published.map(({ value }) => value)];
    return {
      count: all.length,
      reserved: all.reduce((sum, { value }) => sum + (value.reservedConcurrency ?? 0), 0),
      bytes: sizes.reduce((sum, { code }) => sum + (code.kind === "archive" ? code.bytes : 0), 0),
    };
  });
  return {
    AccountLimit: {
      TotalCodeSize: CODE_STORAGE_BYTES_MAX,
      CodeSizeUnzipped: CODE_BYTES_MAX,
      CodeSizeZipped: ZIP_UPLOAD_BYTES_MAX,
      ConcurrentExecutions: CONCURRENT_EXECUTIONS_MAX,
      UnreservedConcurrentExecutions: CONCURRENT_EXECUTIONS_MAX - usage.reserved,
    },
    AccountUsage: { TotalCodeSize: usage.bytes, FunctionCount: usage.count },
  };
};
