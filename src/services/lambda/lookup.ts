// From a name in a request to the function, version or alias that is meant.
import { createReadCache } from "../../storage/read-cache.ts";
import type { ReadTransaction, Storage } from "../../storage/transaction.ts";
import { functionNotFound } from "./errors.ts";
import { type AliasRecord, aliases, type Configuration, type FunctionRecord, functions, versions } from "./keys.ts";
import { FUNCTIONS_CACHED_MAX } from "./limits.ts";
import { type FunctionName, functionArn, isVersion } from "./names.ts";

export interface Found {
  readonly record: FunctionRecord;
  /** Of the version that was named, or that the alias points to. */
  readonly configuration: Configuration;
  readonly alias?: AliasRecord;
}

export async function getFunctionRecord(tx: ReadTransaction, name: FunctionName): Promise<FunctionRecord> {
  const record = await functions.get(tx, [name.account, name.region, name.name]);
  if (!record) throw functionNotFound(functionArn(name, name.name, name.qualifier));
  return record;
}

/** @param chance from 0 to 1: which version of an alias with two is taken; the first one by default */
export async function find(tx: ReadTransaction, name: FunctionName, chance = 1): Promise<Found> {
  const record = await getFunctionRecord(tx, name);
  const { qualifier } = name;
  if (qualifier === undefined || qualifier === "$LATEST") return { record, configuration: record.latest };
  if (isVersion(qualifier)) return { record, configuration: await version(tx, name, record, qualifier) };
  const alias = await aliases.get(tx, [name.account, name.region, name.name, qualifier]);
  if (!alias) throw functionNotFound(functionArn(name, name.name, qualifier));
  const chosen = alias.second && chance < alias.second.weight ? alias.second.version : alias.version;
  return { record, alias, configuration: await version(tx, name, record, chosen) };
}

const invoked = createReadCache([functions.rangeOf(), versions.rangeOf()], FUNCTIONS_CACHED_MAX).reader("invoked", (tx, id) => {
  const [account = "", region = "", name = "", qualifier = ""] = id.split("/");
  return find(tx, { account, region, name, ...(qualifier !== "" && { qualifier }) });
});

/** As `find`, for every invocation: what does not depend on chance is kept in memory until a function changes. */
export function findInvoked(storage: Storage, name: FunctionName, chance: number): Found | Promise<Found> {
  const { qualifier = "" } = name;
  const isAlias = qualifier !== "" && qualifier !== "$LATEST" && !isVersion(qualifier);
  if (isAlias) return storage.snapshot((tx) => find(tx, name, chance));
  return invoked(storage, `${name.account}/${name.region}/${name.name}/${qualifier}`);
}

async function version(tx: ReadTransaction, name: FunctionName, record: FunctionRecord, qualifier: string): Promise<Configuration> {
  if (qualifier === "$LATEST") return record.latest;
  const found = await versions.get(tx, [name.account, name.region, name.name, Number(qualifier)]);
  if (!found) throw functionNotFound(functionArn(name, name.name, qualifier));
  return found;
}

export async function hasQualifier(tx: ReadTransaction, name: FunctionName, qualifier: string): Promise<boolean> {
  if (qualifier === "$LATEST") return true;
  if (isVersion(qualifier)) return versions.has(tx, [name.account, name.region, name.name, Number(qualifier)]);
  return aliases.has(tx, [name.account, name.region, name.name, qualifier]);
}
