// GetParameter, GetParameters and GetParameterHistory: values, by name and version.
import type { Context } from "../../contract/context.ts";
import type { OutputOf } from "../../contract/models.ts";
import type { OperationOf } from "../../contract/service.ts";
import { hasCode } from "../../kernel/errors.ts";
import type { ReadTransaction } from "../../storage/transaction.ts";
import { labelNotFound, parameterNotFound, versionNotFound } from "./errors.ts";
import { parameters, type Version, versions, versionsOf } from "./keys.ts";
import { PAGE_MAX } from "./limits.ts";
import { arnOf, type NameQuery, parseName } from "./names.ts";
import { sealingKey, unseal } from "./seal.ts";
import { readToken, writeToken } from "./tokens.ts";

export interface Found {
  readonly name: string;
  readonly version: Version;
  readonly selector?: string;
}

export const getParameter: OperationOf<"ssm", "GetParameter"> = async (context, input) => {
  const query = parseName(input.Name);
  const found = await context.storage.snapshot((tx) => find(context, tx, query));
  const open = await opener(context, input.WithDecryption === true, [found]);
  return { Parameter: describe(context, found, open) };
};

export const getParameters: OperationOf<"ssm", "GetParameters"> = async (context, input) => {
  const { found, invalid } = await context.storage.snapshot(async (tx) => {
    const found: Found[] = [];
    const invalid: string[] = [];
    for (const text of new Set(input.Names)) {
      try {
        found.push(await find(context, tx, parseName(text)));
      } catch (error) {
        if (!hasCode(error, "ParameterNotFound", "ParameterVersionNotFound", "ValidationException")) throw error;
        invalid.push(text);
      }
    }
    return { found, invalid };
  });
  found.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  const open = await opener(context, input.WithDecryption === true, found);
  return { Parameters: found.map((one) => describe(context, one, open)), InvalidParameters: invalid };
};

/** The version that a query means; throws when there is none. */
async function find(context: Context, tx: ReadTransaction, query: NameQuery): Promise<Found> {
  const { account, region } = context;
  const foreign = query.owner && (query.owner.account !== account || query.owner.region !== region);
  for (const name of foreign ? [] : query.names) {
    const parameter = await parameters.get(tx, [account, region, name]);
    if (!parameter) continue;
    const { selector } = query;
    const text = selector && { selector: selector.text };
    if (selector && "label" in selector) {
      const labelled = (await versionsOf(tx, [account, region, name])).find((version) => version.labels.includes(selector.label));
      if (!labelled) throw labelNotFound(name, selector.label);
      return { name, version: labelled, ...text };
    }
    const number = selector?.version ?? parameter.version;
    const version = await versions.get(tx, [account, region, name, number]);
    if (!version) throw versionNotFound(name, number);
    return { name, version, ...text };
  }
  throw parameterNotFound(query.names[0] ?? "");
}

/** Reads a value: as it is, or with the seal of a SecureString taken off. */
type Opener = (found: Found) => string;

export async function opener(context: Context, decrypt: boolean, found: readonly Found[]): Promise<Opener> {
  const key = decrypt && found.some(({ version }) => version.type === "SecureString") ? await sealingKey(context) : undefined;
  return ({ name, version }) =>
    key && version.type === "SecureString" ? unseal(key, arnOf(context.account, context.region, name), version.value) : version.value;
}

export function describe(context: Context, found: Found, open: Opener): NonNullable<OutputOf<"ssm", "GetParameter">["Parameter"]> {
  const { name, version, selector } = found;
  return {
    Name: name,
    Type: version.type,
    Value: open(found),
    Version: version.number,
    ...(selector !== undefined && { Selector: selector }),
    LastModifiedDate: new Date(version.modifiedAtMs),
    ARN: arnOf(context.account, context.region, name),
    DataType: version.dataType,
  };
}

export const getParameterHistory: OperationOf<"ssm", "GetParameterHistory"> = async (context, input) => {
  const query = parseName(input.Name);
  const after = input.NextToken === undefined ? 0 : Number(readToken(input.NextToken));
  const limit = input.MaxResults ?? PAGE_MAX;
  const { name, page } = await context.storage.snapshot(async (tx) => {
    const { name } = await find(context, tx, { names: query.names, ...(query.owner && { owner: query.owner }) });
    const page = await versionsOf(tx, [context.account, context.region, name]);
    return { name, page: page.filter((version) => version.number > after) };
  });
  const found = page.slice(0, limit).map((version) => ({ name, version }));
  const open = await opener(context, input.WithDecryption === true, found);
  return {
    Parameters: found.map((one) => ({ ...metadata(context, one), Value: open(one), Labels: one.version.labels })),
    ...(page.length > limit && { NextToken: writeToken(String(found.at(-1)?.version.number)) }),
  };
};

/** What DescribeParameters and GetParameterHistory tell of a version. */
export function metadata(context: Context, { name, version }: Found) {
  return {
    Name: name,
    ARN: arnOf(context.account, context.region, name),
    Type: version.type,
    ...(version.keyId !== undefined && { KeyId: version.keyId }),
    LastModifiedDate: new Date(version.modifiedAtMs),
    LastModifiedUser: version.modifiedBy,
    ...(version.description !== undefined && { Description: version.description }),
    ...(version.allowedPattern !== undefined && { AllowedPattern: version.allowedPattern }),
    Version: version.number,
    Tier: version.tier,
    Policies: [],
    DataType: version.dataType,
  };
}
