// Versions: code and configuration as they were when published, under numbers that are never used twice.
import type { OperationOf } from "../../contract/service.ts";
import { uuid } from "../../kernel/ids.ts";
import type { Transaction } from "../../storage/transaction.ts";
import { pointTo } from "./code.ts";
import { shown } from "./configuration.ts";
import { invalid, revisionMismatch, unsupported } from "./errors.ts";
import { type Configuration, type FunctionRecord, functions, versions } from "./keys.ts";
import { LIST_ITEMS_MAX, VERSIONS_SCAN_MAX } from "./limits.ts";
import { getFunctionRecord } from "./lookup.ts";
import { type FunctionName, parseFunctionName } from "./names.ts";
import { pageOf } from "./paging.ts";

/** Publishes $LATEST. When nothing changed since the last version, that one is the answer. */
export async function publish(
  tx: Transaction,
  name: FunctionName,
  record: FunctionRecord,
  description: string,
): Promise<{ readonly configuration: Configuration }> {
  if (record.lastVersion > 0) {
    const last = await versions.get(tx, [name.account, name.region, name.name, record.lastVersion]);
    if (last && last.contentId === record.latest.contentId) return { configuration: last };
  }
  const number = record.lastVersion + 1;
  const configuration: Configuration = { ...record.latest, version: String(number), description };
  versions.set(tx, [name.account, name.region, name.name, number], configuration);
  await pointTo(tx, configuration.code);
  functions.set(tx, [name.account, name.region, name.name], { ...record, lastVersion: number });
  return { configuration };
}

export const publishVersion: OperationOf<"lambda", "PublishVersion"> = async (context, input) => {
  if (input.PublishTo !== undefined) throw unsupported("PublishTo");
  const name = parseFunctionName(context, input.FunctionName);
  const revisionId = uuid(context.random);
  const configuration = await context.storage.transact(async (tx) => {
    const record = await getFunctionRecord(tx, name);
    if (input.RevisionId !== undefined && input.RevisionId !== record.latest.revisionId) throw revisionMismatch();
    const { sha256 } = record.latest.code;
    if (input.CodeSha256 !== undefined && input.CodeSha256 !== "" && input.CodeSha256 !== sha256) {
      throw invalid(
        `CodeSHA256 (${input.CodeSha256}) is different from current CodeSHA256 in $LATEST (${sha256}). Please try again with the CodeSHA256 in $LATEST.`,
      );
    }
    // A version has a revision of its own.
    const published = await publish(tx, name, record, input.Description ?? record.latest.description);
    if (published.configuration.revisionId !== record.latest.revisionId) return published.configuration;
    const own = { ...published.configuration, revisionId };
    versions.set(tx, [name.account, name.region, name.name, Number(own.version)], own);
    return own;
  });
  return shown(context, name, configuration, configuration.version);
};

export const listVersionsByFunction: OperationOf<"lambda", "ListVersionsByFunction"> = async (context, input) => {
  const name = parseFunctionName(context, input.FunctionName);
  const all = await context.storage.snapshot(async (tx) => {
    const record = await getFunctionRecord(tx, name);
    const published = await versions.scan(tx, [name.account, name.region, name.name], { limit: VERSIONS_SCAN_MAX });
    return [record.latest, ...published.map(({ value }) => value)];
  });
  const order = (configuration: Configuration) => (configuration.version === "$LATEST" ? "" : configuration.version.padStart(12, "0"));
  const page = pageOf(all, order, input.Marker, Math.min(input.MaxItems ?? LIST_ITEMS_MAX, LIST_ITEMS_MAX));
  return {
    Versions: page.items.map((configuration) => shown(context, name, configuration, configuration.version)),
    ...(page.next !== undefined && { NextMarker: page.next }),
  };
};
