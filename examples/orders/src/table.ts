// The one table and what is in it. Keys are made here and nowhere else.
import { ConditionalCheckFailedException, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { required } from "./environment.ts";

export const table = DynamoDBDocumentClient.from(new DynamoDBClient({}), { marshallOptions: { removeUndefinedValues: true } });
export const TableName = required("TABLE_NAME");
export const INDEX = "GSI1";

export const userKey = (id: string) => ({ PK: `USER#${id}`, SK: "PROFILE" });
export const orderKey = (id: string) => ({ PK: `ORDER#${id}`, SK: "ORDER" });
export const summaryKey = (hour: string) => ({ PK: "SUMMARY", SK: hour });

/** Where users are listed, in the order in which they came. */
export const ALL_USERS = "USERS";
export const userIndex = (id: string, createdAt: string) => ({ GSI1PK: ALL_USERS, GSI1SK: `${createdAt}#${id}` });

/** Where the orders of a user are listed. */
export const ordersOf = (userId: string) => `USER#${userId}`;
export const orderIndex = (userId: string, id: string, createdAt: string) => ({
  GSI1PK: ordersOf(userId),
  GSI1SK: `ORDER#${createdAt}#${id}`,
});

/** True for what a write throws when its condition does not hold. */
export function isConditionFailure(error: unknown): boolean {
  return error instanceof ConditionalCheckFailedException;
}
