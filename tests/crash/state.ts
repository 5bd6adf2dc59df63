// What the crash workload keeps, and the rules that must hold of it after every kill.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { seededRandom } from "../../src/kernel/random.ts";
import type { BlobStore } from "../../src/storage/blobs.ts";
import { Collection } from "../../src/storage/collection.ts";
import type { ReadTransaction, Storage } from "../../src/storage/transaction.ts";

export const CLIENTS = 8;

/** By client: the number of its last write; `mirror` and `cell` are written in the same transaction. */
export const register = new Collection<[client: number], number>("crash", "register");
export const mirror = new Collection<[client: number], number>("crash", "mirror");
export const cell = new Collection<[client: number, sequence: number], Uint8Array>("crash", "cell");
/** Of all clients together. */
export const total = new Collection<["total"], number>("crash", "total");

/** By job: that it was enqueued (in the same transaction), how often it began, how often it was done (in the one that ends it). */
export const enqueued = new Collection<[job: string], boolean>("crash", "enqueued");
export const begun = new Collection<[job: string], number>("crash", "begun");
export const done = new Collection<[job: string], number>("crash", "done");

export interface Pointer {
  readonly id: string;
  readonly size: number;
  readonly digest: string;
}

export const pointer = new Collection<[name: string], Pointer>("crash", "pointer");

/** What a cell holds: derived from its place, of every size from nothing to several pages. */
export function cellBytes(client: number, sequence: number): Uint8Array {
  const random = seededRandom(client * 1_000_003 + sequence);
  return new Uint8Array(Math.floor(random.float() ** 4 * 20_000)).fill((client * 31 + sequence) & 0xff);
}

export function digestOf(chunks: Iterable<Uint8Array>): string {
  const hash = createHash("sha256");
  for (const chunk of chunks) hash.update(chunk);
  return hash.digest("hex");
}

/** What the killed process had said, over all its lives. */
export interface Said {
  /** By client: the last write that it began, and the last that was acknowledged. */
  readonly tried: number[];
  readonly acknowledged: number[];
  readonly jobsTried: Set<string>;
  readonly jobsAcknowledged: Set<string>;
  readonly pointersAcknowledged: Map<string, string>;
  /** Whose removal was asked for: they may be there or not. */
  readonly pointersRemoved: Set<string>;
}

const PAGE = 500;

async function everything<K extends readonly (string | number)[], V>(
  tx: ReadTransaction,
  collection: Collection<K, V>,
): Promise<{ readonly key: K; readonly value: V }[]> {
  const out: { readonly key: K; readonly value: V }[] = [];
  for (;;) {
    const last = out.at(-1);
    const page = await collection.scan(tx, [], { limit: PAGE, ...(last && { after: last.key }) });
    out.push(...page);
    if (page.length < PAGE) return out;
  }
}

/** `whole` looks at every cell too. */
export async function verify(storage: Storage, blobs: BlobStore, said: Said, whole: boolean): Promise<void> {
  await storage.snapshot((tx) => verifyRegisters(tx, said, whole));
  await storage.snapshot((tx) => verifyJobs(tx, said));
  const pointers = await storage.snapshot((tx) => everything(tx, pointer));
  const present = new Set(pointers.map((entry) => entry.key[0]));
  for (const [name] of said.pointersAcknowledged) {
    assert.ok(present.has(name) || said.pointersRemoved.has(name), `the pointer ${name} was acknowledged and is lost`);
  }
  for (const { key, value } of pointers) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of blobs.read(value.id)) chunks.push(chunk);
    assert.equal(digestOf(chunks), value.digest, `the blob of ${key[0]} is not what was written`);
  }
}

async function verifyRegisters(tx: ReadTransaction, said: Said, whole: boolean): Promise<void> {
  let sum = 0;
  for (let client = 0; client < CLIENTS; client++) {
    const at = (await register.get(tx, [client])) ?? 0;
    sum += at;
    const [acknowledged = 0, tried = 0] = [said.acknowledged[client], said.tried[client]];
    assert.ok(at >= acknowledged, `client ${client}: write ${acknowledged} was acknowledged, ${at} is the last that is there`);
    assert.ok(at <= tried, `client ${client}: ${at} is there, ${tried} was the last that began`);
    assert.equal((await mirror.get(tx, [client])) ?? 0, at, `client ${client}: half a transaction`);
    const [last] = await cell.scan(tx, [client], { limit: 1, reverse: true });
    assert.equal(last?.key[1] ?? 0, at, `client ${client}: half a transaction`);
    if (!whole) continue;
    for (let sequence = 1; sequence <= at; sequence++) {
      const bytes = await cell.get(tx, [client, sequence]);
      assert.ok(bytes && Buffer.compare(bytes, cellBytes(client, sequence)) === 0, `cell ${client}.${sequence} is not what was written`);
    }
  }
  assert.equal((await total.get(tx, ["total"])) ?? 0, sum, "the total of all clients: transactions of several are mixed up");
}

async function verifyJobs(tx: ReadTransaction, said: Said): Promise<void> {
  const known = new Set((await everything(tx, enqueued)).map((entry) => entry.key[0]));
  for (const job of said.jobsAcknowledged) assert.ok(known.has(job), `the job ${job} was acknowledged and is lost`);
  for (const job of known) assert.ok(said.jobsTried.has(job), `the job ${job} was invented`);
  for (const { key } of await everything(tx, begun)) assert.ok(known.has(key[0]), `the job ${key[0]} ran and was never enqueued`);
  for (const { key, value } of await everything(tx, done)) {
    assert.ok(known.has(key[0]), `the job ${key[0]} is done and was never enqueued`);
    assert.equal(value, 1, `the job ${key[0]} was ended ${value} times`);
    assert.ok((await begun.get(tx, key)) ?? 0, `the job ${key[0]} is done and never began`);
  }
}

/** Once the queue is empty: every job has run to its end, and no blob is left that nobody points to. */
export async function verifyDrained(storage: Storage, blobs: BlobStore): Promise<{ readonly jobs: number; readonly repeated: number }> {
  const { all, ended, runs } = await storage.snapshot(async (tx) => ({
    all: await everything(tx, enqueued),
    ended: new Set((await everything(tx, done)).map((entry) => entry.key[0])),
    runs: await everything(tx, begun),
  }));
  for (const { key } of all) assert.ok(ended.has(key[0]), `the job ${key[0]} never came to its end`);
  const pointed = new Set((await storage.snapshot((tx) => everything(tx, pointer))).map((entry) => entry.value.id));
  const stored = new Set<string>();
  for (let after: string | undefined; ; ) {
    const page = await blobs.list(after, 100);
    for (const { id } of page) stored.add(id);
    after = page.at(-1)?.id;
    if (page.length < 100) break;
  }
  assert.deepEqual(stored, pointed, "blobs and pointers");
  return { jobs: all.length, repeated: runs.filter((entry) => entry.value > 1).length };
}
