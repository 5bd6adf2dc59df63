// Aliases: names that point to a version, or share invocations between two.
import type { InputOf, OutputOf } from "../../contract/models.ts";
import type { OperationOf } from "../../contract/service.ts";
import { uuid } from "../../kernel/ids.ts";
import type { ReadTransaction } from "../../storage/transaction.ts";
import { aliasNotFound, conflict, functionNotFound, invalid, revisionMismatch, unsupported } from "./errors.ts";
import { type AliasRecord, aliases, asyncConfigs, policies } from "./keys.ts";
import { LIST_ITEMS_MAX, VERSIONS_SCAN_MAX } from "./limits.ts";
import { getFunctionRecord, hasQualifier } from "./lookup.ts";
import { type FunctionName, functionArn, parseFunctionName } from "./names.ts";
import { pageOf } from "./paging.ts";

type Key = [account: string, region: string, name: string, alias: string];

export const createAlias: OperationOf<"lambda", "CreateAlias"> = async (context, input) => {
  const name = parseFunctionName(context, input.FunctionName);
  const second = secondOf(input.RoutingConfig);
  const record: AliasRecord = {
    name: input.Name,
    version: input.FunctionVersion,
    description: input.Description ?? "",
    revisionId: uuid(context.random),
    ...(second && { second }),
  };
  await context.storage.transact(async (tx) => {
    await getFunctionRecord(tx, name);
    await checkTargets(tx, name, record);
    const key: Key = [name.account, name.region, name.name, input.Name];
    if (await aliases.has(tx, key)) throw conflict(`Alias already exists: ${functionArn(name, name.name, input.Name)}`);
    aliases.set(tx, key, record);
  });
  return shownAlias(name, record);
};

export const updateAlias: OperationOf<"lambda", "UpdateAlias"> = async (context, input) => {
  const name = parseFunctionName(context, input.FunctionName);
  const revisionId = uuid(context.random);
  const record = await context.storage.transact(async (tx) => {
    const key: Key = [name.account, name.region, name.name, input.Name];
    const before = await aliases.get(tx, key);
    if (!before) throw aliasNotFound(functionArn(name, name.name, input.Name));
    if (input.RevisionId !== undefined && input.RevisionId !== before.revisionId) throw revisionMismatch();
    const second = input.RoutingConfig === undefined ? before.second : secondOf(input.RoutingConfig);
    const after: AliasRecord = {
      name: before.name,
      version: input.FunctionVersion ?? before.version,
      description: input.Description ?? before.description,
      revisionId,
      ...(second && { second }),
    };
    await checkTargets(tx, name, after);
    aliases.set(tx, key, after);
    return after;
  });
  return shownAlias(name, record);
};

export const getAlias: OperationOf<"lambda", "GetAlias"> = async (context, input) => {
  const name = parseFunctionName(context, input.FunctionName);
  const record = await context.storage.snapshot((tx) => aliases.get(tx, [name.account, name.region, name.name, input.Name]));
  if (!record) throw aliasNotFound(functionArn(name, name.name, input.Name));
  return shownAlias(name, record);
};

export const deleteAlias: OperationOf<"lambda", "DeleteAlias"> = async (context, input) => {
  const name = parseFunctionName(context, input.FunctionName);
  await context.storage.transact(async (tx) => {
    await getFunctionRecord(tx, name);
    const key: Key = [name.account, name.region, name.name, input.Name];
    aliases.delete(tx, key);
    policies.delete(tx, key);
    asyncConfigs.delete(tx, key);
  });
  return {};
};

export const listAliases: OperationOf<"lambda", "ListAliases"> = async (context, input) => {
  const name = parseFunctionName(context, input.FunctionName);
  const all = await context.storage.snapshot(async (tx) => {
    await getFunctionRecord(tx, name);
    return aliases.scan(tx, [name.account, name.region, name.name], { limit: VERSIONS_SCAN_MAX });
  });
  const wanted = all
    .map(({ value }) => value)
    .filter((alias) => input.FunctionVersion === undefined || alias.version === input.FunctionVersion);
  const page = pageOf(wanted, (alias) => alias.name, input.Marker, Math.min(input.MaxItems ?? LIST_ITEMS_MAX, LIST_ITEMS_MAX));
  return { Aliases: page.items.map((alias) => shownAlias(name, alias)), ...(page.next !== undefined && { NextMarker: page.next }) };
};

function secondOf(routing: InputOf<"lambda", "CreateAlias">["RoutingConfig"]): AliasRecord["second"] {
  const entries = Object.entries(routing?.AdditionalVersionWeights ?? {});
  const [first] = entries;
  if (!first) return undefined;
  if (entries.length > 1) throw invalid("Number of items in AdditionalVersionWeights cannot be greater than 1");
  return { version: first[0], weight: first[1] };
}

async function checkTargets(tx: ReadTransaction, name: FunctionName, alias: AliasRecord): Promise<void> {
  for (const version of [alias.version, ...(alias.second ? [alias.second.version] : [])]) {
    if (version === "$LATEST.PUBLISHED") throw unsupported("The version $LATEST.PUBLISHED");
    if (!(await hasQualifier(tx, name, version))) throw functionNotFound(functionArn(name, name.name, version));
  }
  if (!alias.second) return;
  if (alias.version === "$LATEST" || alias.second.version === "$LATEST") {
    throw invalid("$LATEST is not supported for an alias pointing to more than 1 version");
  }
  if (alias.version === alias.second.version) {
    throw invalid(
      `Invalid function version ${alias.second.version}. Function version ${alias.second.version} is already included in routing configuration.`,
    );
  }
}

function shownAlias(name: FunctionName, alias: AliasRecord): OutputOf<"lambda", "GetAlias"> {
  return {
    AliasArn: functionArn(name, name.name, alias.name),
    Name: alias.name,
    FunctionVersion: alias.version,
    Description: alias.description,
    RevisionId: alias.revisionId,
    ...(alias.second && { RoutingConfig: { AdditionalVersionWeights: { [alias.second.version]: alias.second.weight } } }),
  };
}
