// Where a queue is: its URL in every form that clients send, its ARN, and its record. Only the path of a URL counts, never its host.
import type { Context } from "../../contract/context.ts";
import { formatArn, parseArn } from "../../kernel/ids.ts";
import type { ReadTransaction } from "../../storage/transaction.ts";
import { invalidAddress, queueDoesNotExist } from "./errors.ts";
import { type QueueRecord, queues } from "./keys.ts";

export interface QueueAddress {
  readonly account: string;
  readonly region: string;
  readonly name: string;
}

const PATH = /^(?:[a-z][a-z0-9+.-]*:\/\/[^/]*)?\/*(?:.*?\/)??(?:queue\/([a-z0-9-]+)\/)?(\d{12})\/([A-Za-z0-9_.-]{1,80})\/?$/i;
const BARE_NAME = /^[A-Za-z0-9_.-]{1,80}$/;

/**
 * The queue that a QueueUrl names: its last two path segments are account and name, whatever the host. LocalStack's
 * `…/queue/region/account/name` names the region too, and a bare name is a queue of the caller's own.
 */
export function addressOf(context: Pick<Context, "account" | "region">, url: string): QueueAddress {
  const match = PATH.exec(url);
  if (match) return { account: match[2] ?? "", region: match[1] ?? context.region, name: match[3] ?? "" };
  if (BARE_NAME.test(url)) return { account: context.account, region: context.region, name: url };
  throw invalidAddress(url);
}

export function addressOfArn(arn: string): QueueAddress | undefined {
  const parsed = parseArn(arn);
  if (parsed?.service !== "sqs" || !BARE_NAME.test(parsed.resource)) return undefined;
  return { account: parsed.account, region: parsed.region, name: parsed.resource };
}

export function arnOf(address: QueueAddress): string {
  return formatArn({ partition: "aws", service: "sqs", region: address.region, account: address.account, resource: address.name });
}

export const urlOf = (context: Pick<Context, "clientOrigin">, address: QueueAddress): string =>
  `${context.clientOrigin}/${address.account}/${address.name}`;

export function findQueue(tx: ReadTransaction, address: QueueAddress): Promise<QueueRecord | undefined> {
  return queues.get(tx, [address.account, address.region, address.name]);
}

export async function getQueue(tx: ReadTransaction, address: QueueAddress): Promise<QueueRecord> {
  const queue = await findQueue(tx, address);
  if (!queue) throw queueDoesNotExist();
  return queue;
}
