// LocalStack's health page, which existing tools poll to see that the platform is up.
import type { HttpResponse } from "../contract/http.ts";
import type { Dispatcher } from "./dispatch.ts";

/** LocalStack's names where they are not ours. */
const LOCALSTACK_NAMES: Readonly<Record<string, string>> = {
  eventbridge: "events",
  sfn: "stepfunctions",
  "dynamodb-streams": "dynamodbstreams",
};

export function localstackHealth(dispatcher: Dispatcher): HttpResponse {
  const services = Object.fromEntries(dispatcher.entries.map(({ id }) => [LOCALSTACK_NAMES[id] ?? id, "available"]));
  const body = JSON.stringify({ services, edition: "community", version: "hearth" });
  return { status: 200, headers: { "content-type": "application/json" }, body };
}
