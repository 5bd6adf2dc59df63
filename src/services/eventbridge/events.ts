// PutEvents and TestEventPattern: events that applications send, matched against the patterns of the default bus.
import type { Context } from "../../contract/context.ts";
import type { InputOf } from "../../contract/models.ts";
import type { OperationOf } from "../../contract/service.ts";
import { parseArn, uuid } from "../../kernel/ids.ts";
import type { Transaction } from "../../storage/transaction.ts";
import { enqueueDeliveries, type TakenEvent } from "./deliveries.ts";
import { validation } from "./errors.ts";
import { parseEventPattern } from "./event-pattern.ts";
import { DEFAULT_BUS, rules } from "./keys.ts";
import { EVENTS_BYTES_MAX, EVENTS_PER_REQUEST_MAX, RULES_PER_BUS_MAX } from "./limits.ts";
import { isEnabled } from "./rule-address.ts";

type Entry = NonNullable<InputOf<"eventbridge", "PutEvents">["Entries"]>[number];

interface Refusal {
  readonly ErrorCode: string;
  readonly ErrorMessage: string;
}

export const putEvents: OperationOf<"eventbridge", "PutEvents"> = async (context, input) => {
  if (input.EndpointId !== undefined) throw validation("Global endpoints are not supported by Hearth: leave EndpointId out.");
  if (input.Entries.length === 0 || input.Entries.length > EVENTS_PER_REQUEST_MAX) {
    throw validation(
      `1 validation error detected: Value at 'entries' failed to satisfy constraint: Member must have length between 1 and ${EVENTS_PER_REQUEST_MAX}.`,
    );
  }
  const bytes = input.Entries.reduce((sum, entry) => sum + entryBytes(entry), 0);
  if (bytes > EVENTS_BYTES_MAX) throw validation(`Total size of the entries in the request is over the limit.`);
  const results = input.Entries.map((entry) => refusalOf(entry) ?? eventOf(context, entry));
  const taken = results.filter((result): result is TakenEvent => "json" in result);
  await context.storage.transact(async (tx) => {
    await route(context, tx, taken);
  });
  return {
    FailedEntryCount: results.length - taken.length,
    Entries: results.map((result) => ("json" in result ? { EventId: result.id } : result)),
  };
};

function entryBytes(entry: Entry): number {
  let bytes = entry.Time === undefined ? 0 : 14;
  for (const text of [entry.Source, entry.DetailType, entry.Detail, ...(entry.Resources ?? [])]) bytes += Buffer.byteLength(text ?? "");
  return bytes;
}

function refusalOf(entry: Entry): Refusal | undefined {
  for (const name of ["Source", "DetailType", "Detail"] as const) {
    if (!entry[name])
      return { ErrorCode: "InvalidArgument", ErrorMessage: `Parameter ${name} is not valid. Reason: ${name} is a required argument.` };
  }
  if (entry.Source?.startsWith("aws."))
    return { ErrorCode: "NotAuthorizedForSourceException", ErrorMessage: "Not authorized for the source." };
  if (!isObject(entry.Detail ?? "")) return { ErrorCode: "MalformedDetail", ErrorMessage: "Detail is malformed." };
  const bus = entry.EventBusName;
  if (bus !== undefined && bus !== DEFAULT_BUS && parseArn(bus)?.resource !== `event-bus/${DEFAULT_BUS}`) {
    return { ErrorCode: "ResourceNotFoundException", ErrorMessage: `Event bus ${bus} does not exist.` };
  }
  return undefined;
}

function isObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

function eventOf(context: Context, entry: Entry): TakenEvent {
  const id = uuid(context.random);
  const nowMs = context.clock.now();
  const time = `${(entry.Time ?? new Date(nowMs)).toISOString().slice(0, 19)}Z`;
  const detail: unknown = JSON.parse(entry.Detail ?? "{}");
  const json = JSON.stringify({
    version: "0",
    id,
    "detail-type": entry.DetailType,
    source: entry.Source,
    account: context.account,
    time,
    region: context.region,
    resources: entry.Resources ?? [],
    detail,
  });
  return { id, json, atMs: nowMs };
}

/** Enqueues a delivery for each target of each enabled rule whose pattern matches. */
async function route(context: Context, tx: Transaction, events: readonly TakenEvent[]): Promise<void> {
  if (events.length === 0) return;
  const all = await rules.scan(tx, [context.account, context.region, DEFAULT_BUS], { limit: RULES_PER_BUS_MAX });
  for (const { value: rule } of all) {
    if (rule.eventPattern === undefined || !isEnabled(rule.state)) continue;
    const matches = parseEventPattern(rule.eventPattern);
    for (const event of events) if (matches(JSON.parse(event.json))) await enqueueDeliveries(context, tx, rule, event);
  }
}

const REQUIRED = ["id", "account", "source", "time", "region", "resources", "detail-type"];

export const testEventPattern: OperationOf<"eventbridge", "TestEventPattern"> = async (_context, input) => {
  if (!isObject(input.Event)) throw validation("Parameter Event is not valid. Reason: Event is not valid JSON.");
  const event: unknown = JSON.parse(input.Event);
  const missing = REQUIRED.find((name) => typeof event === "object" && event !== null && !Object.hasOwn(event, name));
  if (missing) throw validation(`Parameter Event is not valid. Reason: ${missing} is a required argument.`);
  return { Result: parseEventPattern(input.EventPattern)(event) };
};
