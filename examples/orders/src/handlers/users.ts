// POST /users, GET /users, GET /users/{id}
import { randomUUID } from "node:crypto";
import { GetCommand, PutCommand, QueryCommand } from "@aws-sdk/lib-dynamodb";
import { bodyOf, encodeToken, HttpError, handle, json, pageOf, pathParameter } from "../http.ts";
import { ALL_USERS, INDEX, TableName, table, userIndex, userKey } from "../table.ts";

export const create = handle(async (event) => {
  const { name, email } = bodyOf(event);
  if (typeof name !== "string" || name.trim() === "") throw new HttpError(400, "name must be a string");
  if (typeof email !== "string" || !/^[^@\s]+@[^@\s]+$/.test(email)) throw new HttpError(400, "email must be an address");
  const user = { id: randomUUID(), name: name.trim(), email, createdAt: new Date().toISOString() };
  await table.send(
    new PutCommand({
      TableName,
      Item: { ...userKey(user.id), ...userIndex(user.id, user.createdAt), ...user },
      ConditionExpression: "attribute_not_exists(PK)",
    }),
  );
  return json(201, user);
});

export const list = handle(async (event) => {
  const page = await table.send(
    new QueryCommand({
      TableName,
      IndexName: INDEX,
      KeyConditionExpression: "GSI1PK = :all",
      ExpressionAttributeValues: { ":all": ALL_USERS },
      ScanIndexForward: false,
      ...pageOf(event),
    }),
  );
  return json(200, { users: (page.Items ?? []).map(describe), next: encodeToken(page.LastEvaluatedKey) });
});

export const get = handle(async (event) => {
  const { Item } = await table.send(new GetCommand({ TableName, Key: userKey(pathParameter(event, "id")) }));
  if (!Item) throw new HttpError(404, "There is no such user");
  return json(200, describe(Item));
});

function describe({ id, name, email, createdAt }: Record<string, unknown>) {
  return { id, name, email, createdAt };
}
