// The tables that this service's tests work on, in a world of their own. Of no use to anything but tests.

import type { InputOf } from "../../../contract/models.ts";
import { createWorld, type World } from "../../../testing/world.ts";
import { type RawItem, readItem } from "../attribute-value.ts";

const SCOPE = { account: "000000000000", region: "us-east-1", principal: { account: "000000000000", accessKeyId: "test" } };

export interface TestWorld extends World {
  /** An operation whose input need not be well formed, with an answer to look into. */
  send(operation: string, input: object): Promise<Record<string, unknown>>;
  /** All items of a page, of a Query or Scan. */
  items(operation: "Query" | "Scan", input: object): Promise<RawItem[]>;
}

export async function openWorld(): Promise<TestWorld> {
  const world = await createWorld({
    services: [{ id: "dynamodb", load: async () => (await import("../service.ts")).dynamodb }],
  });
  const send: TestWorld["send"] = async (operation, input) => {
    const answer = await world.dispatcher.call("dynamodb", operation, input, SCOPE);
    return answer as Record<string, unknown>;
  };
  return Object.assign(world, {
    send,
    items: async (operation: "Query" | "Scan", input: object) =>
      ((await send(operation, input))["Items"] as RawItem[]).map((item) => readItem(item)),
  });
}

type CreateInput = InputOf<"dynamodb", "CreateTable">;

/** Partition key `a`, a string. */
export const HASH_TABLE: CreateInput = {
  TableName: "hash",
  AttributeDefinitions: [{ AttributeName: "a", AttributeType: "S" }],
  KeySchema: [{ AttributeName: "a", KeyType: "HASH" }],
  BillingMode: "PAY_PER_REQUEST",
};

/** Keys `a` and `b`; local indexes on `c` (all) and `d` (some), global ones on `c` (all), and on `c` and `d` (some). */
export const RANGE_TABLE: CreateInput = {
  TableName: "range",
  AttributeDefinitions: ["a", "b", "c", "d"].map((AttributeName) => ({ AttributeName, AttributeType: "S" as const })),
  KeySchema: [
    { AttributeName: "a", KeyType: "HASH" },
    { AttributeName: "b", KeyType: "RANGE" },
  ],
  BillingMode: "PAY_PER_REQUEST",
  LocalSecondaryIndexes: [
    {
      IndexName: "index1",
      KeySchema: [
        { AttributeName: "a", KeyType: "HASH" },
        { AttributeName: "c", KeyType: "RANGE" },
      ],
      Projection: { ProjectionType: "ALL" },
    },
    {
      IndexName: "index2",
      KeySchema: [
        { AttributeName: "a", KeyType: "HASH" },
        { AttributeName: "d", KeyType: "RANGE" },
      ],
      Projection: { ProjectionType: "INCLUDE", NonKeyAttributes: ["c"] },
    },
  ],
  GlobalSecondaryIndexes: [
    { IndexName: "index3", KeySchema: [{ AttributeName: "c", KeyType: "HASH" }], Projection: { ProjectionType: "ALL" } },
    {
      IndexName: "index4",
      KeySchema: [
        { AttributeName: "c", KeyType: "HASH" },
        { AttributeName: "d", KeyType: "RANGE" },
      ],
      Projection: { ProjectionType: "INCLUDE", NonKeyAttributes: ["e"] },
    },
  ],
};

/** Partition key `a`, a string, and sort key `b` of a type. */
export function sortedTable(TableName: string, type: "N" | "B"): CreateInput {
  return {
    TableName,
    AttributeDefinitions: [
      { AttributeName: "a", AttributeType: "S" },
      { AttributeName: "b", AttributeType: type },
    ],
    KeySchema: [
      { AttributeName: "a", KeyType: "HASH" },
      { AttributeName: "b", KeyType: "RANGE" },
    ],
    BillingMode: "PAY_PER_REQUEST",
  };
}

/** A world in which these tables are. */
export async function openTables(...tables: CreateInput[]): Promise<TestWorld> {
  const world = await openWorld();
  for (const table of tables) await world.call("dynamodb", "CreateTable", table);
  return world;
}
