// Functions: create, read, change, delete.
import type { OperationOf } from "../../contract/service.ts";
import { assert } from "../../kernel/assert.ts";
import type { Transaction } from "../../storage/transaction.ts";
import { discard, letGo, orDiscard, pointTo, takeCode } from "./code.ts";
import { checkRuntime, newConfiguration, settingsOf, shown, stamped } from "./configuration.ts";
import { conflict, functionNotFound, invalid, revisionMismatch } from "./errors.ts";
import { aliases, asyncConfigs, type Configuration, type FunctionRecord, functions, policies, versions } from "./keys.ts";
import { LIST_ITEMS_MAX, SCAN_PAGE, VERSIONS_SCAN_MAX } from "./limits.ts";
import { find, getFunctionRecord } from "./lookup.ts";
import { type FunctionName, functionArn, isVersion, parseFunctionName } from "./names.ts";
import { pageOf } from "./paging.ts";
import { checkTags } from "./tags.ts";
import { publish } from "./versions.ts";

export const createFunction: OperationOf<"lambda", "CreateFunction"> = async (context, input) => {
  const name = parseFunctionName(context, input.FunctionName);
  if (name.account !== context.account) throw functionNotFound(functionArn(name, name.name));
  const tags = { ...input.Tags };
  checkTags(context, tags);
  if (input.Runtime !== undefined) checkRuntime(context, input.Runtime);
  const exists = await context.storage.snapshot((tx) => functions.has(tx, [name.account, name.region, name.name]));
  if (exists) throw conflict(`Function already exist: ${name.name}`);
  const code = await takeCode(context, input.Code);
  const configuration = await orDiscard(context, code, async () => {
    const latest = newConfiguration(context, input, code);
    return context.storage.transact(async (tx) => {
      if (await functions.has(tx, [name.account, name.region, name.name])) throw conflict(`Function already exist: ${name.name}`);
      const record: FunctionRecord = { name: name.name, latest, lastVersion: 0, tags };
      functions.set(tx, [name.account, name.region, name.name], record);
      await pointTo(tx, code);
      return input.Publish === true ? (await publish(tx, name, record, latest.description)).configuration : latest;
    });
  });
  return shown(context, name, configuration, configuration.version === "$LATEST" ? undefined : configuration.version);
};

export const getFunction: OperationOf<"lambda", "GetFunction"> = async (context, input) => {
  const name = parseFunctionName(context, input.FunctionName, input.Qualifier);
  const { record, configuration } = await context.storage.snapshot((tx) => find(tx, name));
  context.ledger.add({
    service: "lambda",
    operation: "GetFunction",
    parameter: "Code.Location",
    note: "The code has no URL to download it from.",
  });
  return {
    Configuration: shown(context, name, configuration, name.qualifier),
    Code: { RepositoryType: "S3", Location: undefined, ImageUri: undefined, ResolvedImageUri: undefined, SourceKMSKeyArn: undefined },
    ...(Object.keys(record.tags).length > 0 && { Tags: record.tags }),
    ...(record.reservedConcurrency !== undefined && { Concurrency: { ReservedConcurrentExecutions: record.reservedConcurrency } }),
  };
};

export const getFunctionConfiguration: OperationOf<"lambda", "GetFunctionConfiguration"> = async (context, input) => {
  const name = parseFunctionName(context, input.FunctionName, input.Qualifier);
  const { configuration } = await context.storage.snapshot((tx) => find(tx, name));
  return shown(context, name, configuration, name.qualifier);
};

export const listFunctions: OperationOf<"lambda", "ListFunctions"> = async (context, input) => {
  const place = { account: context.account, region: context.region };
  if (input.MasterRegion !== undefined && input.MasterRegion !== "ALL" && input.MasterRegion !== context.region) return { Functions: [] };
  const rows = await context.storage.snapshot(async (tx) => {
    const all: { id: string; name: FunctionName; configuration: Configuration }[] = [];
    const records = await functions.scan(tx, [place.account, place.region], { limit: SCAN_PAGE });
    for (const { value } of records) {
      const name = { ...place, name: value.name };
      all.push({ id: value.name, name, configuration: value.latest });
      if (input.FunctionVersion !== "ALL") continue;
      const published = await versions.scan(tx, [place.account, place.region, value.name], { limit: VERSIONS_SCAN_MAX });
      for (const version of published) {
        all.push({ id: `${value.name}:${version.value.version}`, name, configuration: version.value });
      }
    }
    return all;
  });
  const page = pageOf(rows, (row) => row.id, input.Marker, Math.min(input.MaxItems ?? LIST_ITEMS_MAX, LIST_ITEMS_MAX));
  const qualified = input.FunctionVersion === "ALL";
  return {
    Functions: page.items.map((row) => shown(context, row.name, row.configuration, qualified ? row.configuration.version : undefined)),
    ...(page.next !== undefined && { NextMarker: page.next }),
  };
};

export const updateFunctionCode: OperationOf<"lambda", "UpdateFunctionCode"> = async (context, input) => {
  const name = unqualified(parseFunctionName(context, input.FunctionName));
  const before = await context.storage.snapshot((tx) => getFunctionRecord(tx, name));
  if (input.RevisionId !== undefined && input.RevisionId !== before.latest.revisionId) throw revisionMismatch();
  const code = await takeCode(context, input);
  const configuration = await orDiscard(context, code, () =>
    context.storage.transact(async (tx) => {
      const record = await getFunctionRecord(tx, name);
      if (input.RevisionId !== undefined && input.RevisionId !== record.latest.revisionId) throw revisionMismatch();
      const architecture = input.Architectures?.[0] ?? record.latest.architecture;
      const latest: Configuration = { ...record.latest, ...stamped(context), architecture, code };
      if (input.DryRun === true) return latest;
      const changed = { ...record, latest };
      functions.set(tx, [name.account, name.region, name.name], changed);
      await pointTo(tx, code);
      await letGo(tx, record.latest.code);
      return input.Publish === true ? (await publish(tx, name, changed, latest.description)).configuration : latest;
    }),
  );
  if (input.DryRun === true) await discard(context, code);
  else retireLatest(context.runtime, name);
  return shown(context, name, configuration, configuration.version === "$LATEST" ? undefined : configuration.version);
};

export const updateFunctionConfiguration: OperationOf<"lambda", "UpdateFunctionConfiguration"> = async (context, input) => {
  const name = unqualified(parseFunctionName(context, input.FunctionName));
  const settings = settingsOf(context, input, "UpdateFunctionConfiguration");
  const configuration = await context.storage.transact(async (tx) => {
    const record = await getFunctionRecord(tx, name);
    if (input.RevisionId !== undefined && input.RevisionId !== record.latest.revisionId) throw revisionMismatch();
    const latest: Configuration = { ...record.latest, ...settings, ...stamped(context) };
    functions.set(tx, [name.account, name.region, name.name], { ...record, latest });
    return latest;
  });
  retireLatest(context.runtime, name);
  return shown(context, name, configuration);
};

export const deleteFunction: OperationOf<"lambda", "DeleteFunction"> = async (context, input) => {
  const name = parseFunctionName(context, input.FunctionName, input.Qualifier);
  await context.storage.transact((tx) => (name.qualifier === undefined ? deleteAll(tx, name) : deleteVersion(tx, name, name.qualifier)));
  context.runtime.retire(functionArn(name, name.name, name.qualifier));
  return { StatusCode: 204 };
};

async function deleteVersion(tx: Transaction, name: FunctionName, qualifier: string): Promise<void> {
  const arn = functionArn(name, name.name, qualifier);
  if (qualifier === "$LATEST") throw invalid("$LATEST version cannot be deleted without deleting the function.");
  if (!isVersion(qualifier)) throw invalid(`Deletion of aliases is not currently supported.`);
  const key = [name.account, name.region, name.name, Number(qualifier)] satisfies [string, string, string, number];
  const version = await versions.get(tx, key);
  if (!version) throw functionNotFound(arn);
  const pointing = (await aliases.scan(tx, [name.account, name.region, name.name], { limit: SCAN_PAGE })).filter(
    ({ value }) => value.version === qualifier || value.second?.version === qualifier,
  );
  if (pointing.length > 0) {
    const names = pointing.map(({ value }) => value.name).join(", ");
    throw conflict(`Version was not able to be deleted because the following aliases reference it: [${names}]`);
  }
  versions.delete(tx, key);
  policies.delete(tx, [name.account, name.region, name.name, qualifier]);
  asyncConfigs.delete(tx, [name.account, name.region, name.name, qualifier]);
  await letGo(tx, version.code);
}

async function deleteAll(tx: Transaction, name: FunctionName): Promise<void> {
  const prefix = [name.account, name.region, name.name] satisfies [string, string, string];
  const record = await getFunctionRecord(tx, name);
  functions.delete(tx, prefix);
  await letGo(tx, record.latest.code);
  for (const { key, value } of await versions.scan(tx, prefix, { limit: VERSIONS_SCAN_MAX })) {
    versions.delete(tx, key);
    await letGo(tx, value.code);
  }
  for (const { key } of await aliases.scan(tx, prefix, { limit: VERSIONS_SCAN_MAX })) aliases.delete(tx, key);
  for (const { key } of await policies.scan(tx, prefix, { limit: VERSIONS_SCAN_MAX })) policies.delete(tx, key);
  for (const { key } of await asyncConfigs.scan(tx, prefix, { limit: VERSIONS_SCAN_MAX })) asyncConfigs.delete(tx, key);
}

/** Changes are made to $LATEST only. */
function unqualified(name: FunctionName): FunctionName {
  if (name.qualifier !== undefined && name.qualifier !== "$LATEST") {
    throw invalid(`The operation cannot be performed on a function version or alias: ${name.qualifier}`);
  }
  assert(name.name !== "", "a function has a name");
  return { account: name.account, region: name.region, name: name.name };
}

/** Environments of published versions stay. */
function retireLatest(runtime: { retire(arn: string): void }, name: FunctionName): void {
  runtime.retire(functionArn(name, name.name, "$LATEST"));
}
