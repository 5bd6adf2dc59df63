// GetParametersByPath and DescribeParameters: pages over the names, in their order.
import type { Context } from "../../contract/context.ts";
import type { OperationOf } from "../../contract/service.ts";
import type { ReadTransaction } from "../../storage/transaction.ts";
import { validation } from "./errors.ts";
import { describeTest, legacyFilters, pathFilters } from "./filters.ts";
import { describe, type Found, metadata, opener } from "./get-parameters.ts";
import { type Parameter, parameters, type Version, versions, versionsOf } from "./keys.ts";
import { PAGE_MAX, PATH_PAGE_MAX } from "./limits.ts";
import { isBelow, parsePath } from "./names.ts";
import { readToken, writeToken } from "./tokens.ts";

/** Names that one step of a listing reads. */
const STEP = 100;

export const getParametersByPath: OperationOf<"ssm", "GetParametersByPath"> = async (context, input) => {
  const path = parsePath(input.Path);
  const { labels, test } = pathFilters(input.ParameterFilters ?? []);
  const recursive = input.Recursive === true;
  const limit = input.MaxResults ?? PATH_PAGE_MAX;
  const { found, next } = await context.storage.snapshot((tx) =>
    page(context, tx, { limit, token: input.NextToken, prefix: path === "" ? "" : `${path}/` }, async (name, parameter) => {
      if (!isBelow(name, path, recursive)) return undefined;
      const version = labels ? await labelled(context, tx, name, labels) : await newest(context, tx, name, parameter);
      return version && test({ name, parameter, version }) ? { name, version } : undefined;
    }),
  );
  const open = await opener(context, input.WithDecryption === true, found);
  return { Parameters: found.map((one) => describe(context, one, open)), ...(next !== undefined && { NextToken: next }) };
};

export const describeParameters: OperationOf<"ssm", "DescribeParameters"> = async (context, input) => {
  if ((input.Filters ?? []).length > 0 && (input.ParameterFilters ?? []).length > 0) {
    throw validation("You can use either Filters or ParameterFilters in a single request.");
  }
  const test = describeTest([...(input.ParameterFilters ?? []), ...legacyFilters(input.Filters ?? [])]);
  // Nobody shares parameters here.
  if (input.Shared === true) return { Parameters: [] };
  const limit = input.MaxResults ?? PAGE_MAX;
  const { found, next } = await context.storage.snapshot((tx) =>
    page(context, tx, { limit, token: input.NextToken, prefix: "" }, async (name, parameter) => {
      const version = await newest(context, tx, name, parameter);
      return version && test({ name, parameter, version }) ? { name, version } : undefined;
    }),
  );
  return { Parameters: found.map((one) => metadata(context, one)), ...(next !== undefined && { NextToken: next }) };
};

interface PageRequest {
  readonly limit: number;
  readonly token: string | undefined;
  /** Names begin with it. */
  readonly prefix: string;
}

async function page(
  context: Context,
  tx: ReadTransaction,
  request: PageRequest,
  take: (name: string, parameter: Parameter) => Promise<Found | undefined>,
): Promise<{ readonly found: Found[]; readonly next?: string }> {
  const { account, region } = context;
  const found: Found[] = [];
  let after = request.token === undefined ? undefined : readToken(request.token);
  for (;;) {
    const records = await parameters.scan(tx, [account, region], {
      limit: STEP,
      ...(after === undefined ? { from: [account, region, request.prefix] } : { after: [account, region, after] }),
    });
    for (const { key, value } of records) {
      const name = key[2];
      if (!name.startsWith(request.prefix)) return { found };
      const one = await take(name, value);
      if (!one) continue;
      if (found.length === request.limit) return { found, next: writeToken(found.at(-1)?.name ?? "") };
      found.push(one);
    }
    after = records.at(-1)?.key[2];
    if (records.length < STEP) return { found };
  }
}

function newest(context: Context, tx: ReadTransaction, name: string, parameter: Parameter): Promise<Version | undefined> {
  return versions.get(tx, [context.account, context.region, name, parameter.version]);
}

async function labelled(context: Context, tx: ReadTransaction, name: string, labels: readonly string[]): Promise<Version | undefined> {
  const all = await versionsOf(tx, [context.account, context.region, name]);
  return all.findLast((version) => version.labels.some((label) => labels.includes(label)));
}
