// Runs every hour: counts the orders and what they are worth, and writes one item for the hour.
import { PutCommand, paginateScan } from "@aws-sdk/lib-dynamodb";
import { summaryKey, TableName, table } from "../table.ts";

export async function handler(event: { readonly reason?: string }) {
  const byStatus: Record<string, number> = {};
  let worthCents = 0;
  const pages = paginateScan(
    { client: table },
    {
      TableName,
      FilterExpression: "begins_with(PK, :order)",
      ProjectionExpression: "#status, totalCents",
      ExpressionAttributeNames: { "#status": "status" },
      ExpressionAttributeValues: { ":order": "ORDER#" },
    },
  );
  for await (const page of pages) {
    for (const { status, totalCents } of page.Items ?? []) {
      byStatus[String(status)] = (byStatus[String(status)] ?? 0) + 1;
      worthCents += Number(totalCents);
    }
  }
  const now = new Date().toISOString();
  const summary = { hour: `${now.slice(0, 13)}:00:00Z`, byStatus, worthCents, reason: event.reason ?? "asked for", writtenAt: now };
  await table.send(new PutCommand({ TableName, Item: { ...summaryKey(summary.hour), ...summary } }));
  console.log("summarized", summary);
  return summary;
}
