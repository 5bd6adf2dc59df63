// Event source mappings: which queue feeds which function, and how. A change is written as a wish; the mapping's job makes it so.
import type { Context } from "../../contract/context.ts";
import type { InputOf, OutputOf } from "../../contract/models.ts";
import type { OperationOf } from "../../contract/service.ts";
import { AwsError, messageOf } from "../../kernel/errors.ts";
import { type Arn, parseArn, uuid } from "../../kernel/ids.ts";
import type { Transaction } from "../../storage/transaction.ts";
import { queueUrl } from "./async.ts";
import { conflict, functionNotFound, invalid, notFound, unsupported } from "./errors.ts";
import { checkPattern } from "./filters.ts";
import { functions, type MappingRecord, type MappingState, mappings } from "./keys.ts";
import {
  LIST_MAPPINGS_MAX,
  MAPPINGS_MAX,
  SQS_BATCH_SIZE_DEFAULT,
  SQS_BATCH_SIZE_WITHOUT_WINDOW_MAX,
  SQS_FIFO_BATCH_SIZE_MAX,
} from "./limits.ts";
import { find } from "./lookup.ts";
import { functionArn, parseFunctionName } from "./names.ts";
import { pageOf } from "./paging.ts";
import { checkTags } from "./tags.ts";

type Shown = OutputOf<"lambda", "GetEventSourceMapping">;
type NewMapping = InputOf<"lambda", "CreateEventSourceMapping">;
/** What both operations may say of a mapping, and what only the one that makes it may. */
type Settings = Omit<InputOf<"lambda", "UpdateEventSourceMapping">, "UUID"> & {
  readonly [K in Exclude<keyof NewMapping, keyof InputOf<"lambda", "UpdateEventSourceMapping">>]?: NewMapping[K] | undefined;
};

export const createEventSourceMapping: OperationOf<"lambda", "CreateEventSourceMapping"> = async (context, input) => {
  const source = sourceOf(input);
  checkTags(context, { ...input.Tags });
  const name = parseFunctionName(context, input.FunctionName);
  const record: MappingRecord = {
    uuid: uuid(context.random),
    functionArn: functionArn(name, name.name, name.qualifier),
    functionName: name.name,
    eventSourceArn: input.EventSourceArn ?? "",
    state: "Creating",
    modifiedAtMs: context.clock.now(),
    tags: { ...input.Tags },
    ...settingsOf(input, undefined, source),
  };
  await checkFunctionAndQueue(context, record, source);
  const wish: MappingState = input.Enabled === false ? "Disabled" : "Creating";
  const created: MappingRecord = { ...record, state: wish };
  await context.storage.transact(async (tx) => {
    const others = await mappings.scan(tx, [context.account, context.region], { limit: MAPPINGS_MAX });
    if (others.length >= MAPPINGS_MAX)
      throw new AwsError("ServiceException", `At most ${MAPPINGS_MAX} event source mappings are served.`, { status: 500 });
    const same = others.find(
      ({ value }) =>
        value.state !== "Deleting" && value.eventSourceArn === record.eventSourceArn && value.functionArn === record.functionArn,
    );
    if (same) {
      throw conflict(
        `An event source mapping with SQS arn (" ${record.eventSourceArn} ") and function (" ${record.functionName} ") already exists. Please update or delete the existing mapping with UUID ${same.value.uuid}`,
      );
    }
    mappings.set(tx, [context.account, context.region, record.uuid], created);
    if (wish !== "Disabled") await enqueuePoll(context, tx, created);
  });
  return shownMapping(context, { ...created, state: "Creating" });
};

export const getEventSourceMapping: OperationOf<"lambda", "GetEventSourceMapping"> = async (context, input) => {
  const record = await context.storage.snapshot((tx) => mappings.get(tx, [context.account, context.region, input.UUID]));
  if (!record) throw notFound();
  return shownMapping(context, record);
};

export const listEventSourceMappings: OperationOf<"lambda", "ListEventSourceMappings"> = async (context, input) => {
  const name = input.FunctionName === undefined ? undefined : parseFunctionName(context, input.FunctionName);
  const all = await context.storage.snapshot(async (tx) => {
    if (name && !(await functions.has(tx, [name.account, name.region, name.name])))
      throw functionNotFound(functionArn(name, name.name, name.qualifier));
    return mappings.scan(tx, [context.account, context.region], { limit: MAPPINGS_MAX });
  });
  const wanted = all
    .map(({ value }) => value)
    .filter((mapping) => input.EventSourceArn === undefined || mapping.eventSourceArn === input.EventSourceArn)
    .filter(
      (mapping) =>
        !name ||
        (name.qualifier === undefined
          ? mapping.functionName === name.name
          : mapping.functionArn === functionArn(name, name.name, name.qualifier)),
    );
  const page = pageOf(wanted, (mapping) => mapping.uuid, input.Marker, Math.min(input.MaxItems ?? LIST_MAPPINGS_MAX, LIST_MAPPINGS_MAX));
  return {
    EventSourceMappings: page.items.map((mapping) => shownMapping(context, mapping)),
    ...(page.next !== undefined && { NextMarker: page.next }),
  };
};

export const updateEventSourceMapping: OperationOf<"lambda", "UpdateEventSourceMapping"> = async (context, input) => {
  const key: [string, string, string] = [context.account, context.region, input.UUID];
  const before = await context.storage.snapshot((tx) => mappings.get(tx, key));
  if (!before) throw notFound();
  const source = sourceOf({ EventSourceArn: before.eventSourceArn });
  const name = input.FunctionName === undefined ? undefined : parseFunctionName(context, input.FunctionName);
  const target = name && { functionArn: functionArn(name, name.name, name.qualifier), functionName: name.name };
  await checkFunctionAndQueue(context, { ...before, ...target }, source);
  const record = await context.storage.transact(async (tx) => {
    const now = await mappings.get(tx, key);
    if (!now) throw notFound();
    if (now.state === "Deleting") throw inUse(now);
    const after: MappingRecord = {
      ...identityOf(now),
      ...target,
      ...settingsOf(input, now, source),
      state: nextState(now.state, input.Enabled),
      modifiedAtMs: context.clock.now(),
    };
    mappings.set(tx, key, after);
    if (after.state !== "Disabled") await enqueuePoll(context, tx, after);
    return after;
  });
  return shownMapping(context, record.state === "Disabled" && input.Enabled !== false ? { ...record, state: "Updating" } : record);
};

export const deleteEventSourceMapping: OperationOf<"lambda", "DeleteEventSourceMapping"> = async (context, input) => {
  const key: [string, string, string] = [context.account, context.region, input.UUID];
  const record = await context.storage.transact(async (tx) => {
    const now = await mappings.get(tx, key);
    if (!now) throw notFound();
    if (now.state === "Deleting") throw inUse(now);
    const after: MappingRecord = { ...now, state: "Deleting", modifiedAtMs: context.clock.now() };
    mappings.set(tx, key, after);
    await enqueuePoll(context, tx, after);
    return after;
  });
  return shownMapping(context, record);
};

/** The mapping's job looks at its record and does what it says; one that runs already ends when the record changes. */
async function enqueuePoll(context: Context, tx: Transaction, record: MappingRecord): Promise<void> {
  const payload = { account: context.account, region: context.region, uuid: record.uuid };
  await context.jobs.enqueue(tx, { type: "lambda.poll", lane: record.uuid, id: record.uuid, payload });
}

function nextState(now: MappingState, enabled: boolean | undefined): MappingState {
  const isOff = now === "Disabled" || now === "Disabling";
  if (enabled === undefined) return isOff ? now : now === "Enabled" ? "Updating" : now;
  if (enabled) return isOff ? "Enabling" : "Updating";
  return now === "Disabled" ? "Disabled" : "Disabling";
}

function inUse(record: MappingRecord): AwsError {
  return new AwsError(
    "ResourceInUseException",
    `Cannot update the event source mapping because it is in use. Current state: ${record.state}`,
    {
      status: 400,
      fields: { Type: "User" },
    },
  );
}

/** The queue that feeds; every other kind of source is refused by name. */
function sourceOf(input: Partial<NewMapping>): Arn {
  if (input.SelfManagedEventSource) throw unsupported("SelfManagedEventSource");
  if (input.EventSourceArn === undefined) throw invalid("Unrecognized event source.");
  const arn = parseArn(input.EventSourceArn);
  if (!arn) throw invalid("Unrecognized event source.");
  if (arn.service !== "sqs") throw unsupported(`An event source of the service ${arn.service}`);
  return arn;
}

type Chosen = Pick<MappingRecord, "batchSize" | "windowSeconds" | "reportsItemFailures" | "concurrencyMax" | "filters">;

function settingsOf(input: Settings, before: Chosen | undefined, source: Arn): Chosen {
  refuse(input);
  const batchSize = input.BatchSize ?? before?.batchSize ?? SQS_BATCH_SIZE_DEFAULT;
  const windowSeconds = input.MaximumBatchingWindowInSeconds ?? before?.windowSeconds ?? 0;
  if (source.resource.endsWith(".fifo")) {
    if (windowSeconds > 0) throw invalid("Batching window is not supported for FIFO queues");
    if (batchSize > SQS_FIFO_BATCH_SIZE_MAX)
      throw invalid(`Batch size must be less than or equal to ${SQS_FIFO_BATCH_SIZE_MAX} for FIFO queues.`);
  }
  if (batchSize > SQS_BATCH_SIZE_WITHOUT_WINDOW_MAX && windowSeconds === 0) {
    throw invalid("Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10");
  }
  const concurrencyMax = input.ScalingConfig === undefined ? before?.concurrencyMax : input.ScalingConfig.MaximumConcurrency;
  const filters = input.FilterCriteria === undefined ? before?.filters : patternsOf(input.FilterCriteria.Filters);
  const types = input.FunctionResponseTypes;
  return {
    batchSize,
    windowSeconds,
    reportsItemFailures: types === undefined ? (before?.reportsItemFailures ?? false) : types.includes("ReportBatchItemFailures"),
    ...(concurrencyMax !== undefined && { concurrencyMax }),
    ...(filters && filters.length > 0 && { filters }),
  };
}

function patternsOf(filters: readonly { readonly Pattern?: string | undefined }[] | undefined): string[] {
  const patterns = (filters ?? []).map((filter) => filter.Pattern ?? "");
  for (const pattern of patterns) {
    const reason = checkPattern(pattern);
    if (reason !== undefined) throw invalid(`Invalid filter pattern definition. ${reason}`);
  }
  return patterns;
}

/** What AWS refuses for a queue, in the words that it uses for stream-only parameters. */
function refuse(input: Settings): void {
  const streamOnly: Readonly<Record<string, unknown>> = {
    StartingPosition: input.StartingPosition,
    StartingPositionTimestamp: input.StartingPositionTimestamp,
    ParallelizationFactor: input.ParallelizationFactor,
    MaximumRecordAgeInSeconds: input.MaximumRecordAgeInSeconds,
    BisectBatchOnFunctionError: input.BisectBatchOnFunctionError,
    MaximumRetryAttempts: input.MaximumRetryAttempts,
    TumblingWindowInSeconds: input.TumblingWindowInSeconds,
    Topics: input.Topics,
    Queues: input.Queues,
    SourceAccessConfigurations: input.SourceAccessConfigurations,
    DestinationConfig: input.DestinationConfig,
  };
  for (const [parameter, value] of Object.entries(streamOnly)) {
    if (value !== undefined) throw invalid(`Unsupported ${parameter} parameter for given event source mapping type.`);
  }
  if (input.ProvisionedPollerConfig) throw unsupported("ProvisionedPollerConfig");
  if (input.KMSKeyArn) throw unsupported("KMSKeyArn");
}

async function checkFunctionAndQueue(context: Context, record: MappingRecord, source: Arn): Promise<void> {
  const name = parseFunctionName(context, record.functionArn);
  const found = await context.storage
    .snapshot((tx) => find(tx, name))
    .catch((error: unknown) => {
      if (error instanceof AwsError && error.code === "ResourceNotFoundException") throw invalid("Function does not exist");
      throw error;
    });
  let visibility: number;
  try {
    const { Attributes: attributes } = await context.call(
      "sqs",
      "GetQueueAttributes",
      { QueueUrl: queueUrl(context, source), AttributeNames: ["VisibilityTimeout"] },
      { service: "lambda.amazonaws.com", account: source.account, region: source.region },
    );
    visibility = Number(attributes?.VisibilityTimeout ?? 30);
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    const isMissing = error.code === "QueueDoesNotExist";
    throw invalid(
      `Error occurred while ReceiveMessage. SQS Error Code: ${isMissing ? "AWS.SimpleQueueService.NonExistentQueue" : error.code}. SQS Error Message: ${isMissing ? "The specified queue does not exist for this wsdl version." : messageOf(error)}`,
    );
  }
  const timeout = found.configuration.timeoutSeconds;
  if (visibility < timeout) {
    throw invalid(`Queue visibility timeout: ${visibility} seconds is less than Function timeout: ${timeout} seconds`);
  }
}

/** What an update does not choose anew. */
function identityOf(record: MappingRecord): Omit<MappingRecord, keyof Chosen> {
  const { uuid, functionArn, functionName, eventSourceArn, state, modifiedAtMs, tags } = record;
  return { uuid, functionArn, functionName, eventSourceArn, state, modifiedAtMs, tags };
}

function shownMapping(context: Context, record: MappingRecord): Shown {
  return {
    UUID: record.uuid,
    BatchSize: record.batchSize,
    MaximumBatchingWindowInSeconds: record.windowSeconds,
    EventSourceArn: record.eventSourceArn,
    ...(record.filters && { FilterCriteria: { Filters: record.filters.map((Pattern) => ({ Pattern })) } }),
    FunctionArn: record.functionArn,
    LastModified: new Date(record.modifiedAtMs),
    State: record.state,
    StateTransitionReason: "USER_INITIATED",
    FunctionResponseTypes: record.reportsItemFailures ? ["ReportBatchItemFailures"] : [],
    ...(record.concurrencyMax !== undefined && { ScalingConfig: { MaximumConcurrency: record.concurrencyMax } }),
    EventSourceMappingArn: `arn:aws:lambda:${context.region}:${context.account}:event-source-mapping:${record.uuid}`,
  };
}
