// Tags of queues.
import type { Context } from "../../contract/context.ts";
import type { OperationOf } from "../../contract/service.ts";
import { invalidParameter } from "./errors.ts";
import { queues } from "./keys.ts";
import { QUEUE_TAGS_MAX } from "./limits.ts";
import { addressOf, getQueue } from "./queue-address.ts";

type Tags = Readonly<Record<string, string>>;

const TAG_TEXT = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;
const TAG_KEY_LENGTH_MAX = 128;
const TAG_VALUE_LENGTH_MAX = 256;

/** `current` with `added`, when all of it is allowed. */
export function checkTags(context: Context, current: Tags, added: Tags): Tags {
  for (const [key, value] of Object.entries(added)) {
    if (key.length === 0 || key.length > TAG_KEY_LENGTH_MAX || !TAG_TEXT.test(key)) throw invalidParameter(`Tag key ${key} is invalid.`);
    if (value.length > TAG_VALUE_LENGTH_MAX || !TAG_TEXT.test(value)) throw invalidParameter(`Tag value ${value} is invalid.`);
    // CloudFormation marks what it made.
    if (/^aws:/i.test(key) && context.principal.service === undefined)
      throw invalidParameter("Tag keys beginning with aws: are reserved for internal use.");
  }
  const tags = { ...current, ...added };
  const count = Object.keys(tags).length;
  if (count > QUEUE_TAGS_MAX) throw invalidParameter(`Too many tags added for queue: at most ${QUEUE_TAGS_MAX} are allowed, not ${count}.`);
  return tags;
}

export const tagQueue: OperationOf<"sqs", "TagQueue"> = async (context, input) => {
  const address = addressOf(context, input.QueueUrl);
  await context.storage.transact(async (tx) => {
    const queue = await getQueue(tx, address);
    queues.set(tx, [address.account, address.region, address.name], { ...queue, tags: checkTags(context, queue.tags, input.Tags) });
  });
  return {};
};

export const untagQueue: OperationOf<"sqs", "UntagQueue"> = async (context, input) => {
  const address = addressOf(context, input.QueueUrl);
  await context.storage.transact(async (tx) => {
    const queue = await getQueue(tx, address);
    const tags = Object.fromEntries(Object.entries(queue.tags).filter(([key]) => !input.TagKeys.includes(key)));
    queues.set(tx, [address.account, address.region, address.name], { ...queue, tags });
  });
  return {};
};

export const listQueueTags: OperationOf<"sqs", "ListQueueTags"> = async (context, input) => {
  const queue = await context.storage.snapshot((tx) => getQueue(tx, addressOf(context, input.QueueUrl)));
  return Object.keys(queue.tags).length === 0 ? {} : { Tags: queue.tags };
};
