// Log streams: create, delete, describe in the order of their names or of their last events.
import type { Context } from "../../contract/context.ts";
import type { OperationOf } from "../../contract/service.ts";
import { hex } from "../../kernel/ids.ts";
import type { ReadTransaction } from "../../storage/transaction.ts";
import { invalidParameter, invalidToken, noSuchStream, streamExists } from "./errors.ts";
import { dropStream } from "./expiry.ts";
import { getGroup, groupArn, ID_LENGTH, namedGroup } from "./groups.ts";
import { type GroupRecord, type StreamRecord, streams } from "./keys.ts";
import { DESCRIBE_PAGE_MAX, RECORD_PAGE } from "./limits.ts";

const NAME = /^[^:*]{1,512}$/;

export async function getStream(tx: ReadTransaction, context: Context, group: GroupRecord, name: string): Promise<StreamRecord> {
  const stream = await streams.get(tx, [context.account, context.region, group.id, name]);
  if (!stream) throw noSuchStream();
  return stream;
}

export const createLogStream: OperationOf<"logs", "CreateLogStream"> = async (context, input) => {
  const name = input.logStreamName;
  if (!NAME.test(name)) {
    throw invalidParameter(
      `1 validation error detected: Value '${name}' at 'logStreamName' failed to satisfy constraint: Member must satisfy regular expression pattern: [^:*]*`,
    );
  }
  const id = hex(context.random, ID_LENGTH);
  await context.storage.transact(async (tx) => {
    const group = await getGroup(tx, context, input.logGroupName);
    const key = [context.account, context.region, group.id, name] as const;
    if (await streams.has(tx, key)) throw streamExists();
    streams.set(tx, key, { name, id, createdAtMs: context.clock.now(), sequence: 0, bytes: 0, spanMs: 0 });
  });
  return {};
};

export const deleteLogStream: OperationOf<"logs", "DeleteLogStream"> = async (context, input) => {
  await context.storage.transact(async (tx) => {
    const group = await getGroup(tx, context, input.logGroupName);
    const stream = await getStream(tx, context, group, input.logStreamName);
    streams.delete(tx, [context.account, context.region, group.id, stream.name]);
    await dropStream(context, tx, group, stream);
  });
  return {};
};

/** Where a stream stands in the asked order. */
type Place = readonly [lastEventMs: number, name: string];

export const describeLogStreams: OperationOf<"logs", "DescribeLogStreams"> = async (context, input) => {
  const byTime = input.orderBy === "LastEventTime";
  if (byTime && input.logStreamNamePrefix !== undefined) {
    throw invalidParameter("Cannot order by LastEventTime with a logStreamNamePrefix.");
  }
  const name = namedGroup(input);
  const limit = input.limit ?? DESCRIBE_PAGE_MAX;
  const { group, found } = await context.storage.snapshot(async (tx) => {
    const group = await getGroup(tx, context, name);
    return { group, found: await allStreams(tx, context, group, input.logStreamNamePrefix ?? "") };
  });
  const placeOf = (stream: StreamRecord): Place => [byTime ? (stream.lastEventMs ?? 0) : 0, stream.name];
  const direction = input.descending ? -1 : 1;
  const order = (a: Place, b: Place) => direction * (a[0] - b[0] || (a[1] < b[1] ? -1 : a[1] > b[1] ? 1 : 0));
  const after = input.nextToken === undefined ? undefined : decodePlace(input.nextToken);
  const rest = found
    .filter((stream) => after === undefined || order(placeOf(stream), after) > 0)
    .sort((a, b) => order(placeOf(a), placeOf(b)));
  const shown = rest.slice(0, limit);
  const last = shown.at(-1);
  return {
    logStreams: shown.map((stream) => describe(context, group, stream)),
    ...(rest.length > limit && last && { nextToken: encodePlace(placeOf(last)) }),
  };
};

async function allStreams(tx: ReadTransaction, context: Context, group: GroupRecord, prefix: string): Promise<StreamRecord[]> {
  const scope = [context.account, context.region, group.id] as const;
  const found: StreamRecord[] = [];
  let after: string | undefined;
  for (;;) {
    const page = await streams.scan(tx, scope, {
      limit: RECORD_PAGE,
      ...(after !== undefined ? { after: [...scope, after] as const } : { from: [...scope, prefix] }),
    });
    for (const { value } of page) if (value.name.startsWith(prefix)) found.push(value);
    after = page.at(-1)?.value.name;
    if (page.length < RECORD_PAGE || !after?.startsWith(prefix)) return found;
  }
}

/** Tokens of upload and their order are ignored by AWS since 2023; one is still answered. */
export const sequenceToken = (sequence: number): string => `49${String(sequence).padStart(54, "0")}`;

const describe = (context: Context, group: GroupRecord, stream: StreamRecord) => ({
  logStreamName: stream.name,
  creationTime: stream.createdAtMs,
  ...(stream.firstEventMs !== undefined && { firstEventTimestamp: stream.firstEventMs }),
  ...(stream.lastEventMs !== undefined && { lastEventTimestamp: stream.lastEventMs }),
  ...(stream.lastIngestionMs !== undefined && { lastIngestionTime: stream.lastIngestionMs }),
  uploadSequenceToken: sequenceToken(stream.sequence),
  arn: `${groupArn(context, group.name)}:log-stream:${stream.name}`,
  // Always 0 for streams on AWS since 2019; the group says how much there is.
  storedBytes: 0,
});

const encodePlace = (place: Place): string => Buffer.from(JSON.stringify(place)).toString("base64url");

function decodePlace(token: string): Place {
  try {
    const place: unknown = JSON.parse(Buffer.from(token, "base64url").toString());
    if (Array.isArray(place) && typeof place[0] === "number" && typeof place[1] === "string") return [place[0], place[1]];
  } catch {
    // Not one of our tokens: answered below.
  }
  throw invalidToken();
}
