// What stacks, their resources and events look like to a caller. Reads only.
import type { Context } from "../../contract/context.ts";
import type { InputOf, OperationName, OutputOf, ServiceModels } from "../../contract/models.ts";
import type { ResourceRecord } from "../../deploy/engine.ts";
import { readdressed } from "../../kernel/own-address.ts";
import { asCapability, describedParameters } from "./described-revision.ts";
import { stackDoesNotExist, stackNamedDoesNotExist, validation } from "./errors.ts";
import { findStack, outputsOf, recordsOf, uidOf } from "./journal.ts";
import { events, exported, imports, type StackRecord, stacks } from "./keys.ts";
import { PAGE_SIZE } from "./limits.ts";
import { settledStack } from "./settled-stack.ts";

type Of<K extends OperationName<ServiceModels["cloudformation"]>> = Promise<OutputOf<"cloudformation", K>>;

export async function describeStacks(context: Context, input: InputOf<"cloudformation", "DescribeStacks">): Of<"DescribeStacks"> {
  if (input.StackName !== undefined) {
    const stack = await settledStack(context, input.StackName);
    if (!stack) throw stackDoesNotExist(input.StackName);
    return { Stacks: [await describedStack(context, stack)] };
  }
  const page = await stackPage(context, input.NextToken, (stack) => stack.status !== "DELETE_COMPLETE");
  return { Stacks: await Promise.all(page.stacks.map((stack) => describedStack(context, stack))), NextToken: page.next };
}

async function describedStack(context: Context, stack: StackRecord) {
  const revision = stack.revision ?? stack.operation?.next;
  return {
    StackId: stack.stackId,
    StackName: stack.stackName,
    ChangeSetId: stack.changeSetId,
    Description: revision?.description,
    Parameters: await describedParameters(context, stack.stackId, revision),
    CreationTime: new Date(stack.createdAtMs),
    LastUpdatedTime: stack.updatedAtMs === undefined ? undefined : new Date(stack.updatedAtMs),
    DeletionTime: stack.deletedAtMs === undefined ? undefined : new Date(stack.deletedAtMs),
    RollbackConfiguration: {},
    StackStatus: stack.status,
    StackStatusReason: stack.statusReason,
    DisableRollback: stack.disableRollback,
    NotificationARNs: [...(revision?.notificationArns ?? [])],
    TimeoutInMinutes: stack.timeoutMinutes,
    Capabilities: (revision?.capabilities ?? []).map(asCapability),
    Outputs: outputsOf(context, stack).map((output) => ({
      OutputKey: output.key,
      OutputValue: output.value,
      Description: output.description,
      ExportName: output.exportName,
    })),
    RoleARN: stack.roleArn,
    Tags: [...(revision?.tags ?? [])],
    EnableTerminationProtection: stack.terminationProtection,
    DriftInformation: { StackDriftStatus: "NOT_CHECKED" as const },
  };
}

/** A page of stacks in the order of their ids; the token is the last one's. */
async function stackPage(context: Context, token: string | undefined, isListed: (stack: StackRecord) => boolean) {
  const { account, region } = context;
  const found: StackRecord[] = [];
  let after = token;
  for (;;) {
    const batch = await context.storage.snapshot((tx) =>
      stacks.scan(tx, [account, region], { limit: PAGE_SIZE, ...(after !== undefined && { after: [account, region, after] as const }) }),
    );
    for (const { key, value } of batch) {
      if (!isListed(value)) continue;
      if (found.length === PAGE_SIZE) return { stacks: found, next: after };
      found.push(value);
      after = key[2];
    }
    const last = batch.at(-1);
    if (batch.length < PAGE_SIZE || !last) return { stacks: found, next: undefined };
    after = last.key[2];
  }
}

export async function listStacks(context: Context, input: InputOf<"cloudformation", "ListStacks">): Of<"ListStacks"> {
  const filter = input.StackStatusFilter ?? [];
  const page = await stackPage(
    context,
    input.NextToken,
    (stack) => filter.length === 0 || filter.some((status) => status === stack.status),
  );
  return {
    StackSummaries: page.stacks.map((stack) => ({
      StackId: stack.stackId,
      StackName: stack.stackName,
      TemplateDescription: stack.revision?.description,
      CreationTime: new Date(stack.createdAtMs),
      LastUpdatedTime: stack.updatedAtMs === undefined ? undefined : new Date(stack.updatedAtMs),
      DeletionTime: stack.deletedAtMs === undefined ? undefined : new Date(stack.deletedAtMs),
      StackStatus: stack.status,
      StackStatusReason: stack.statusReason,
      DriftInformation: { StackDriftStatus: "NOT_CHECKED" as const },
    })),
    NextToken: page.next,
  };
}

/** Newest first. */
export async function describeStackEvents(
  context: Context,
  input: InputOf<"cloudformation", "DescribeStackEvents">,
): Of<"DescribeStackEvents"> {
  const name = input.StackName ?? "";
  const stack = await findStack(context, name);
  if (!stack) throw stackNamedDoesNotExist(name);
  const prefix = [context.account, context.region, uidOf(stack.stackId)] as const;
  const before = input.NextToken === undefined ? undefined : Number(input.NextToken);
  if (before !== undefined && !Number.isInteger(before)) throw validation("Invalid NextToken");
  const page = await context.storage.snapshot((tx) =>
    events.scan(tx, prefix, { limit: PAGE_SIZE, reverse: true, ...(before !== undefined && { after: [...prefix, before] as const }) }),
  );
  const last = page.at(-1);
  return {
    StackEvents: page.map(({ value }) => ({
      StackId: stack.stackId,
      EventId: value.eventId,
      StackName: stack.stackName,
      LogicalResourceId: value.logicalId,
      PhysicalResourceId: value.physicalId,
      ResourceType: value.type,
      Timestamp: new Date(value.atMs),
      ResourceStatus: value.status as "CREATE_COMPLETE",
      ResourceStatusReason: value.reason,
      ResourceProperties: value.properties,
      ClientRequestToken: value.token,
    })),
    NextToken: page.length === PAGE_SIZE && last && last.key[3] > 0 ? String(last.key[3]) : undefined,
  };
}

function describedResource(stack: StackRecord, record: ResourceRecord) {
  return {
    StackName: stack.stackName,
    StackId: stack.stackId,
    LogicalResourceId: record.logicalId,
    PhysicalResourceId: record.physicalId,
    ResourceType: record.type,
    Timestamp: new Date(record.updatedAtMs),
    ResourceStatus: record.status,
    ResourceStatusReason: record.statusReason,
    DriftInformation: { StackResourceDriftStatus: "NOT_CHECKED" as const },
  };
}

export async function describeStackResource(
  context: Context,
  input: InputOf<"cloudformation", "DescribeStackResource">,
): Of<"DescribeStackResource"> {
  const stack = await findStack(context, input.StackName);
  if (!stack) throw validation(`Stack '${input.StackName}' does not exist`);
  const record = (await recordsOf(context, stack.stackId)).get(input.LogicalResourceId);
  if (!record) throw validation(`Resource ${input.LogicalResourceId} does not exist for stack ${stack.stackName}`);
  const { Timestamp, ...described } = describedResource(stack, record);
  const metadata = record.metadata === undefined ? "{}" : JSON.stringify(record.metadata);
  return { StackResourceDetail: { ...described, LastUpdatedTimestamp: Timestamp, Metadata: metadata } };
}

export async function describeStackResources(
  context: Context,
  input: InputOf<"cloudformation", "DescribeStackResources">,
): Of<"DescribeStackResources"> {
  if ((input.StackName === undefined) === (input.PhysicalResourceId === undefined)) {
    throw validation("Either StackName or PhysicalResourceId must be specified, but not both.");
  }
  const stack =
    input.StackName === undefined
      ? await stackWithResource(context, input.PhysicalResourceId ?? "")
      : await findStack(context, input.StackName);
  if (!stack) {
    throw input.StackName === undefined
      ? validation(`Stack for ${input.PhysicalResourceId} does not exist`)
      : stackDoesNotExist(input.StackName);
  }
  const records = [...(await recordsOf(context, stack.stackId)).values()];
  const listed = records.filter((record) => input.LogicalResourceId === undefined || record.logicalId === input.LogicalResourceId);
  return { StackResources: listed.slice(0, PAGE_SIZE).map((record) => describedResource(stack, record)) };
}

async function stackWithResource(context: Context, physicalId: string): Promise<StackRecord | undefined> {
  for (let token: string | undefined; ; ) {
    const page = await stackPage(context, token, (stack) => stack.status !== "DELETE_COMPLETE");
    for (const stack of page.stacks) {
      const records = await recordsOf(context, stack.stackId);
      if ([...records.values()].some((record) => record.physicalId === physicalId)) return stack;
    }
    token = page.next;
    if (token === undefined) return undefined;
  }
}

export async function listStackResources(
  context: Context,
  input: InputOf<"cloudformation", "ListStackResources">,
): Of<"ListStackResources"> {
  const stack = await findStack(context, input.StackName);
  if (!stack) throw stackDoesNotExist(input.StackName);
  const records = [...(await recordsOf(context, stack.stackId)).values()];
  const from = input.NextToken === undefined ? 0 : records.findIndex((record) => record.logicalId === input.NextToken) + 1;
  const page = records.slice(from, from + PAGE_SIZE);
  return {
    StackResourceSummaries: page.map((record) => {
      const { StackName: _name, StackId: _id, Timestamp, ...described } = describedResource(stack, record);
      return { ...described, LastUpdatedTimestamp: Timestamp };
    }),
    NextToken: from + PAGE_SIZE < records.length ? page.at(-1)?.logicalId : undefined,
  };
}

export async function listExports(context: Context, input: InputOf<"cloudformation", "ListExports">): Of<"ListExports"> {
  const { account, region } = context;
  const after = input.NextToken === undefined ? {} : { after: [account, region, input.NextToken] as const };
  const page = await context.storage.snapshot((tx) => exported.scan(tx, [account, region], { limit: PAGE_SIZE, ...after }));
  return {
    Exports: page.map(({ key, value }) => ({
      ExportingStackId: value.stackId,
      Name: key[2],
      Value: readdressed(value.value, value.endpoint, context.endpoint),
    })),
    NextToken: page.length === PAGE_SIZE ? page.at(-1)?.key[2] : undefined,
  };
}

export async function listImports(context: Context, input: InputOf<"cloudformation", "ListImports">): Of<"ListImports"> {
  const { account, region } = context;
  const prefix = [account, region, input.ExportName] as const;
  const after = input.NextToken === undefined ? {} : { after: [...prefix, input.NextToken] as const };
  const found = await context.storage.snapshot((tx) => imports.scan(tx, prefix, { limit: PAGE_SIZE, ...after }));
  if (found.length === 0 && input.NextToken === undefined) throw validation(`Export '${input.ExportName}' is not imported by any stack.`);
  const importing = await Promise.all(found.map(({ key }) => context.storage.snapshot((tx) => stacks.get(tx, [account, region, key[3]]))));
  return {
    Imports: importing.flatMap((stack) => (stack ? [stack.stackName] : [])),
    NextToken: found.length === PAGE_SIZE ? found.at(-1)?.key[3] : undefined,
  };
}
