// Typed access to the documents of a bucket: CORS rules, tags, policy and the like, one record per kind.
import { Collection } from "../../storage/collection.ts";
import type { ReadTransaction, Transaction } from "../../storage/transaction.ts";
import { configurations } from "./keys.ts";

export interface Configuration<T> {
  get(tx: ReadTransaction, bucketId: string): Promise<T | undefined>;
  set(tx: Transaction, bucketId: string, value: T): void;
  delete(tx: Transaction, bucketId: string): void;
}

/** @param kind the document's name in its key; it never changes once data exists. */
export function configuration<T>(kind: string): Configuration<T> {
  const collection = new Collection<[bucketId: string, kind: string], T>("s3", "configurations");
  return {
    get: (tx, bucketId) => collection.get(tx, [bucketId, kind]),
    set: (tx, bucketId, value) => collection.set(tx, [bucketId, kind], value),
    delete: (tx, bucketId) => collection.delete(tx, [bucketId, kind]),
  };
}

/** More kinds than there are. */
const KINDS_MAX = 100;

export async function deleteConfigurations(tx: Transaction, bucketId: string): Promise<void> {
  for (const { key } of await configurations.scan(tx, [bucketId], { limit: KINDS_MAX })) configurations.delete(tx, key);
}
