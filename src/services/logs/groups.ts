// Log groups: create, describe, retention, deletion, tags.
import type { Context } from "../../contract/context.ts";
import type { OperationOf } from "../../contract/service.ts";
import { AwsError } from "../../kernel/errors.ts";
import { formatArn, hex, parseArn } from "../../kernel/ids.ts";
import type { ReadTransaction } from "../../storage/transaction.ts";
import { groupExists, invalidParameter, invalidToken, noSuchGroup } from "./errors.ts";
import { dropGroup, planExpiry } from "./expiry.ts";
import { type GroupRecord, groups, streams } from "./keys.ts";
import { DESCRIBE_PAGE_MAX, GROUP_TAGS_MAX, RECORD_PAGE, RETENTION_DAYS } from "./limits.ts";

export const ID_LENGTH = 16;
const NAME = /^[.\-_/#A-Za-z0-9]{1,512}$/;

export const groupArn = (context: Pick<Context, "account" | "region">, name: string): string =>
  formatArn({ partition: "aws", service: "logs", region: context.region, account: context.account, resource: `log-group:${name}` });

/** The name in an identifier that is a name or an ARN, with or without the `:*` at its end. */
function groupNameOf(identifier: string): string {
  const arn = parseArn(identifier);
  if (!arn) return identifier;
  const match = /^log-group:([^:]+)(:\*|:log-stream:.*)?$/.exec(arn.resource);
  if (arn.service !== "logs" || !match?.[1]) throw invalidParameter(`Invalid ARN: ${identifier}`);
  return match[1];
}

/** The group that `logGroupName` or `logGroupIdentifier` names: exactly one of them is given. */
export function namedGroup(input: {
  readonly logGroupName?: string | undefined;
  readonly logGroupIdentifier?: string | undefined;
}): string {
  if ((input.logGroupName === undefined) === (input.logGroupIdentifier === undefined)) {
    throw invalidParameter("Exactly one of logGroupName or logGroupIdentifier must be specified.");
  }
  return input.logGroupName ?? groupNameOf(input.logGroupIdentifier ?? "");
}

export async function getGroup(tx: ReadTransaction, context: Context, name: string): Promise<GroupRecord> {
  const group = await groups.get(tx, [context.account, context.region, name]);
  if (!group) throw noSuchGroup();
  return group;
}

export const createLogGroup: OperationOf<"logs", "CreateLogGroup"> = async (context, input) => {
  const name = input.logGroupName;
  if (!NAME.test(name)) {
    throw invalidParameter(
      `1 validation error detected: Value '${name}' at 'logGroupName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+`,
    );
  }
  const tags = checkTags(context, {}, input.tags ?? {});
  if (input.kmsKeyId !== undefined) noteKms(context);
  const group: GroupRecord = {
    name,
    id: hex(context.random, ID_LENGTH),
    createdAtMs: context.clock.now(),
    class: input.logGroupClass ?? "STANDARD",
    deletionProtected: input.deletionProtectionEnabled ?? false,
    tags,
    ...(input.kmsKeyId !== undefined && { kmsKeyId: input.kmsKeyId }),
  };
  await context.storage.transact(async (tx) => {
    if (await groups.has(tx, [context.account, context.region, name])) throw groupExists();
    groups.set(tx, [context.account, context.region, name], group);
  });
  return {};
};

function noteKms(context: Context): void {
  context.ledger.add({
    service: "logs",
    operation: context.operation,
    parameter: "kmsKeyId",
    note: "The key is kept and shown, but events are not encrypted with it.",
  });
}

export const deleteLogGroup: OperationOf<"logs", "DeleteLogGroup"> = async (context, input) => {
  await context.storage.transact(async (tx) => {
    const group = await getGroup(tx, context, input.logGroupName);
    if (group.deletionProtected) {
      throw new AwsError(
        "ValidationException",
        "The log group has deletion protection enabled: disable it before you delete the log group.",
      );
    }
    groups.delete(tx, [context.account, context.region, group.name]);
    await dropGroup(context, tx, group);
  });
  return {};
};

export const describeLogGroups: OperationOf<"logs", "DescribeLogGroups"> = async (context, input) => {
  if (input.logGroupNamePrefix !== undefined && input.logGroupNamePattern !== undefined) {
    throw invalidParameter("logGroupNamePrefix and logGroupNamePattern are mutually exclusive parameters.");
  }
  if (input.includeLinkedAccounts) {
    context.ledger.add({
      service: "logs",
      operation: context.operation,
      parameter: "includeLinkedAccounts",
      note: "Accounts are not linked: only the caller's own groups are listed.",
    });
  }
  const { account, region } = context;
  const limit = input.limit ?? DESCRIBE_PAGE_MAX;
  const prefix = input.logGroupNamePrefix ?? "";
  const named = input.logGroupIdentifiers?.map(groupNameOf);
  const wanted = (group: GroupRecord) =>
    (input.logGroupNamePattern === undefined || group.name.includes(input.logGroupNamePattern)) &&
    (input.logGroupClass === undefined || group.class === input.logGroupClass) &&
    (named === undefined || named.includes(group.name));
  return context.storage.snapshot(async (tx) => {
    const found: GroupRecord[] = [];
    let after = input.nextToken === undefined ? undefined : decodeName(input.nextToken);
    for (let more = true; more && found.length <= limit; ) {
      const page = await groups.scan(tx, [account, region], {
        limit: RECORD_PAGE,
        ...(after !== undefined ? { after: [account, region, after] as const } : { from: [account, region, prefix] }),
      });
      for (const { value } of page) if (value.name.startsWith(prefix) && wanted(value)) found.push(value);
      after = page.at(-1)?.value.name;
      more = page.length === RECORD_PAGE && (after?.startsWith(prefix) ?? false);
    }
    const shown = found.slice(0, limit);
    const last = shown.at(-1);
    return {
      logGroups: await Promise.all(shown.map(async (group) => describe(context, group, await storedBytes(tx, context, group)))),
      ...(found.length > limit && last && { nextToken: encodeName(last.name) }),
    };
  });
};

const describe = (context: Context, group: GroupRecord, bytes: number) => ({
  logGroupName: group.name,
  creationTime: group.createdAtMs,
  ...(group.retentionDays !== undefined && { retentionInDays: group.retentionDays }),
  metricFilterCount: 0,
  arn: `${groupArn(context, group.name)}:*`,
  logGroupArn: groupArn(context, group.name),
  storedBytes: bytes,
  ...(group.kmsKeyId !== undefined && { kmsKeyId: group.kmsKeyId }),
  logGroupClass: group.class,
  deletionProtectionEnabled: group.deletionProtected,
});

/** Kept by stream, so that writers to different streams share no record. */
async function storedBytes(tx: ReadTransaction, context: Context, group: GroupRecord): Promise<number> {
  const prefix = [context.account, context.region, group.id] as const;
  let bytes = 0;
  let after: string | undefined;
  for (;;) {
    const page = await streams.scan(tx, prefix, { limit: RECORD_PAGE, ...(after !== undefined && { after: [...prefix, after] as const }) });
    for (const { value } of page) bytes += value.bytes;
    after = page.at(-1)?.value.name;
    if (page.length < RECORD_PAGE) return bytes;
  }
}

const encodeName = (name: string): string => Buffer.from(name).toString("base64url");

function decodeName(token: string): string {
  const name = Buffer.from(token, "base64url").toString();
  if (encodeName(name) !== token) throw invalidToken();
  return name;
}

async function change(context: Context, name: string, update: (group: GroupRecord) => GroupRecord): Promise<void> {
  await context.storage.transact(async (tx) => {
    const group = await getGroup(tx, context, name);
    const next = update(group);
    groups.set(tx, [context.account, context.region, name], next);
    if (next.retentionDays !== group.retentionDays) await planExpiry(context, tx, next);
  });
}

export const putRetentionPolicy: OperationOf<"logs", "PutRetentionPolicy"> = async (context, input) => {
  const days = input.retentionInDays;
  if (!RETENTION_DAYS.includes(days)) {
    throw invalidParameter(
      `1 validation error detected: Value '${days}' at 'retentionInDays' failed to satisfy constraint: Member must satisfy enum value set: [${RETENTION_DAYS.join(", ")}]`,
    );
  }
  await change(context, input.logGroupName, (group) => ({ ...group, retentionDays: days }));
  return {};
};

export const deleteRetentionPolicy: OperationOf<"logs", "DeleteRetentionPolicy"> = async (context, input) => {
  await change(context, input.logGroupName, ({ retentionDays: _, ...group }) => group);
  return {};
};

export const putLogGroupDeletionProtection: OperationOf<"logs", "PutLogGroupDeletionProtection"> = async (context, input) => {
  await change(context, groupNameOf(input.logGroupIdentifier), (group) => ({
    ...group,
    deletionProtected: input.deletionProtectionEnabled,
  }));
  return {};
};

type Tags = Readonly<Record<string, string>>;

function checkTags(context: Context, current: Tags, added: Tags): Tags {
  for (const key of Object.keys(added)) {
    // CloudFormation marks what it made.
    if (/^aws:/i.test(key) && context.principal.service === undefined)
      throw invalidParameter("User-defined tag keys can't start with 'aws:'. This prefix is reserved for system tags.");
  }
  const tags = { ...current, ...added };
  if (Object.keys(tags).length > GROUP_TAGS_MAX) {
    throw new AwsError("TooManyTagsException", `A resource can have no more than ${GROUP_TAGS_MAX} tags.`);
  }
  return tags;
}

const without = (tags: Tags, keys: readonly string[]): Tags =>
  Object.fromEntries(Object.entries(tags).filter(([key]) => !keys.includes(key)));

export const tagResource: OperationOf<"logs", "TagResource"> = async (context, input) => {
  await change(context, groupNameOf(input.resourceArn), (group) => ({ ...group, tags: checkTags(context, group.tags, input.tags) }));
  return {};
};

export const untagResource: OperationOf<"logs", "UntagResource"> = async (context, input) => {
  await change(context, groupNameOf(input.resourceArn), (group) => ({ ...group, tags: without(group.tags, input.tagKeys) }));
  return {};
};

export const listTagsForResource: OperationOf<"logs", "ListTagsForResource"> = async (context, input) => {
  const group = await context.storage.snapshot((tx) => getGroup(tx, context, groupNameOf(input.resourceArn)));
  return { tags: group.tags };
};

export const tagLogGroup: OperationOf<"logs", "TagLogGroup"> = async (context, input) => {
  await change(context, input.logGroupName, (group) => ({ ...group, tags: checkTags(context, group.tags, input.tags) }));
  return {};
};

export const untagLogGroup: OperationOf<"logs", "UntagLogGroup"> = async (context, input) => {
  await change(context, input.logGroupName, (group) => ({ ...group, tags: without(group.tags, input.tags) }));
  return {};
};

export const listTagsLogGroup: OperationOf<"logs", "ListTagsLogGroup"> = async (context, input) => {
  const group = await context.storage.snapshot((tx) => getGroup(tx, context, input.logGroupName));
  return { tags: group.tags };
};
