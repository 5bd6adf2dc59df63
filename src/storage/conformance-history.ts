// Random concurrent transactions with a record of what each read and wrote, and the check that some serial order explains
// all of it. The order is the one in which functions ended, which is the order of commit where transactions run one at a time.
import assert from "node:assert/strict";
import { integer, pick, type Random } from "../kernel/random.ts";
import { settle } from "../kernel/virtual-clock.ts";
import type { Entry, Storage, Transaction } from "./transaction.ts";

type Operation =
  | { readonly kind: "get"; readonly key: string }
  | { readonly kind: "range"; readonly start: string; readonly end: string; readonly limit: number; readonly reverse: boolean }
  | { readonly kind: "set"; readonly key: string; readonly value: string }
  /** Writes what another key holds: errors in reads come back as errors in the state. */
  | { readonly kind: "copy"; readonly from: string; readonly to: string }
  | { readonly kind: "delete"; readonly key: string };

interface Plan {
  readonly operations: readonly Operation[];
  readonly fails: boolean;
  readonly readOnly: boolean;
}

interface Run {
  readonly plan: Plan;
  /** What each operation saw, as text; empty for writes. */
  readonly seen: readonly string[];
  readonly order: number;
}

export interface History {
  readonly initial: ReadonlyMap<string, string>;
  readonly runs: readonly Run[];
  readonly final: ReadonlyMap<string, string>;
}

const CLIENTS = 8;
const TRANSACTIONS_PER_CLIENT = 12;
const KEY_COUNT = 14;

const bytes = (text: string): Uint8Array => Buffer.from(text, "latin1");
const text = (value: Uint8Array | undefined): string =>
  value === undefined ? "-" : Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("latin1");

/** Runs a random history. `before` is the history of the same storage that came before it. */
export async function history(storage: Storage, random: Random, before?: History): Promise<History> {
  const runs: Run[] = [];
  let ended = 0;
  const transaction = async (made: Plan): Promise<void> => {
    // The last run of the function counts; it writes this over.
    let run: Run | undefined;
    const body = async (tx: Transaction) => {
      const seen: string[] = [];
      for (const operation of made.operations) seen.push(await perform(tx, operation));
      run = { plan: made, seen, order: ended++ };
      if (made.fails) throw new Error("on purpose");
    };
    try {
      await (made.readOnly ? storage.snapshot((tx) => body(tx as Transaction)) : storage.transact(body));
      assert.ok(!made.fails, "a failing transaction was acknowledged");
    } catch (error) {
      assert.ok(made.fails && error instanceof Error && error.message === "on purpose", `unexpected: ${String(error)}`);
    }
    assert.ok(run);
    runs.push(run);
  };
  /** Waits for its transactions, or does not, or lets the event loop turn: commits are then under way at every stage. */
  const client = async (name: number) => {
    const pending: Promise<void>[] = [];
    for (let i = 0; i < TRANSACTIONS_PER_CLIENT; i++) {
      pending.push(transaction(plan(random, `${before ? "b" : "a"}${name}.${i}`)));
      const wait = integer(random, 4);
      if (wait === 0) await pending.at(-1);
      else if (wait > 1) await settle(wait - 1);
    }
    await Promise.all(pending);
  };
  await Promise.all(Array.from({ length: CLIENTS }, (_, name) => client(name)));
  const entries = await storage.snapshot((tx) => tx.range({ start: bytes("\0"), end: bytes("\xff") }, { limit: 1_000 }));
  return { initial: before?.final ?? new Map(), runs, final: new Map(entries.map((entry) => [text(entry.key), text(entry.value)])) };
}

function plan(random: Random, name: string): Plan {
  const readOnly = integer(random, 5) === 0;
  const operations: Operation[] = [];
  for (let at = integer(random, 8); at >= 0; at--) {
    const kind = readOnly ? pick(random, ["get", "range"] as const) : pick(random, ["get", "range", "set", "copy", "delete"] as const);
    if (kind === "get") operations.push({ kind, key: someKey(random) });
    else if (kind === "set") operations.push({ kind, key: someKey(random), value: `${name}.${at}` });
    else if (kind === "copy") operations.push({ kind, from: someKey(random), to: someKey(random) });
    else if (kind === "delete") operations.push({ kind, key: someKey(random) });
    else {
      const [start, end] = [someKey(random), someKey(random)];
      operations.push({ kind, start, end, limit: 1 + integer(random, 6), reverse: integer(random, 2) === 0 });
    }
  }
  return { operations, readOnly, fails: integer(random, 8) === 0 };
}

function someKey(random: Random): string {
  const number = integer(random, KEY_COUNT);
  return `k${String.fromCharCode(97 + (number >> 1))}${number % 2 === 0 ? "" : "\0x"}`;
}

async function perform(tx: Transaction, operation: Operation): Promise<string> {
  switch (operation.kind) {
    case "get":
      return text(await tx.get(bytes(operation.key)));
    case "range": {
      const { start, end, limit, reverse } = operation;
      return asText(await tx.range({ start: bytes(start), end: bytes(end) }, { limit, reverse }));
    }
    case "set":
      tx.set(bytes(operation.key), bytes(operation.value));
      return "";
    case "copy": {
      const value = await tx.get(bytes(operation.from));
      if (value === undefined) tx.delete(bytes(operation.to));
      else tx.set(bytes(operation.to), value);
      return text(value);
    }
    case "delete":
      tx.delete(bytes(operation.key));
      return "";
  }
}

function asText(entries: readonly Entry[]): string {
  return entries.map((entry) => `${text(entry.key)}=${text(entry.value)}`).join(" ");
}

/** Replays the history against a plain map, one transaction after the other; throws where it differs. */
export function check({ initial, runs, final }: History): void {
  let state = new Map(initial);
  for (const { plan: made, seen } of [...runs].sort((x, y) => x.order - y.order)) {
    const own = new Map(state);
    for (const [at, operation] of made.operations.entries()) {
      assert.equal(seen[at], replay(own, operation), `operation ${at} of ${JSON.stringify(made)}`);
    }
    if (!made.fails) state = own;
  }
  assert.deepEqual([...final].sort(), [...state].sort());
}

function replay(state: Map<string, string>, operation: Operation): string {
  switch (operation.kind) {
    case "get":
      return state.get(operation.key) ?? "-";
    case "range": {
      const { start, end, limit, reverse } = operation;
      const found = [...state].filter(([key]) => key >= start && key < end).sort(([x], [y]) => (x < y ? -1 : 1));
      if (reverse) found.reverse();
      return found
        .slice(0, limit)
        .map(([key, value]) => `${key}=${value}`)
        .join(" ");
    }
    case "set":
      state.set(operation.key, operation.value);
      return "";
    case "copy": {
      const value = state.get(operation.from);
      if (value === undefined) state.delete(operation.to);
      else state.set(operation.to, value);
      return value ?? "-";
    }
    case "delete":
      state.delete(operation.key);
      return "";
  }
}
