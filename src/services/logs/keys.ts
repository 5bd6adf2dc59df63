// Every key and value of CloudWatch Logs.
//
//   logs groups   account region name                             → GroupRecord
//   logs streams  account region groupId name                     → StreamRecord
//   logs chunks   account region groupId firstMs sequence streamId → Chunk    all events of a group, by time
//   logs trails   account region groupId streamId firstMs sequence → bytes    which chunks are a stream's, by time
//
// A chunk is what one PutLogEvents wrote (or a part of it, when that spans more than CHUNK_SPAN_MS_MAX). A group and a stream have
// ids of their own, so that one that is deleted gives up its events at once and a job clears the keys.
import type { InputOf } from "../../contract/models.ts";
import { Collection } from "../../storage/collection.ts";

export interface GroupRecord {
  readonly name: string;
  readonly id: string;
  readonly createdAtMs: number;
  readonly retentionDays?: number;
  readonly kmsKeyId?: string;
  readonly class: NonNullable<InputOf<"logs", "CreateLogGroup">["logGroupClass"]>;
  readonly deletionProtected: boolean;
  readonly tags: Readonly<Record<string, string>>;
}

export interface StreamRecord {
  readonly name: string;
  readonly id: string;
  readonly createdAtMs: number;
  /** The number of the next chunk. */
  readonly sequence: number;
  readonly bytes: number;
  /** The most time that a chunk of it spans: how far a reader has to look past a chunk. */
  readonly spanMs: number;
  readonly firstEventMs?: number;
  readonly lastEventMs?: number;
  readonly lastIngestionMs?: number;
}

export interface Chunk {
  /** Name of the stream. */
  readonly stream: string;
  readonly ingestedMs: number;
  /** In order. */
  readonly times: readonly number[];
  readonly messages: readonly string[];
}

type ChunkKey = readonly [account: string, region: string, groupId: string, firstMs: number, sequence: number, streamId: string];
type TrailKey = readonly [account: string, region: string, groupId: string, streamId: string, firstMs: number, sequence: number];

export const groups = new Collection<readonly [account: string, region: string, name: string], GroupRecord>("logs", "groups");
export const streams = new Collection<readonly [account: string, region: string, groupId: string, name: string], StreamRecord>(
  "logs",
  "streams",
);
export const chunks = new Collection<ChunkKey, Chunk>("logs", "chunks");
export const trails = new Collection<TrailKey, number>("logs", "trails");
