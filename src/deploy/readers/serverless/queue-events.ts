// `sqs` events: an event source mapping from a queue to a function.
import type { Json, JsonObject, Position } from "../../template/document.ts";
import { addResource, attribute, type Draft } from "./draft.ts";
import { lambdaId, queueMappingId, ROLE_ID } from "./naming.ts";
import { isIntrinsic, sectionOf } from "./section.ts";

export function addQueueEvent(draft: Draft, key: string, value: Json, position: Position | undefined, path: string): void {
  const wrong = (message: string) => void draft.reading.problems.push({ message: `${path} ${message}`, ...(position && { position }) });
  const object: JsonObject | undefined =
    typeof value === "string" || isIntrinsic(value)
      ? { arn: value }
      : typeof value === "object" && value !== null && !Array.isArray(value)
        ? value
        : undefined;
  if (!object) {
    wrong("must be the ARN of a queue or an object");
    return;
  }
  const section = sectionOf(draft.reading, object, path, position);
  section.check({
    honoured: ["arn", "batchSize", "maximumBatchingWindow", "functionResponseType", "enabled", "maximumConcurrency", "filterPatterns"],
  });
  const arn = section.get("arn");
  if (!(typeof arn === "string" || isIntrinsic(arn))) {
    wrong("needs the arn of a queue");
    return;
  }
  const responseType = section.string("functionResponseType");
  if (responseType !== undefined && responseType !== "ReportBatchItemFailures") {
    section.problem("functionResponseType", "must be ReportBatchItemFailures");
  }
  const patterns = section.list("filterPatterns").map((item) => ({ Pattern: JSON.stringify(item.value) }));
  const window = section.number("maximumBatchingWindow", 0, 300);
  const concurrency = section.number("maximumConcurrency", 2, 1_000);
  const role: string[] = draft.resources[ROLE_ID] ? [ROLE_ID] : [];
  addResource(
    draft,
    queueMappingId(key, queueName(arn)),
    {
      Type: "AWS::Lambda::EventSourceMapping",
      DependsOn: role,
      Properties: {
        BatchSize: section.number("batchSize", 1, 10_000) ?? 10,
        ...(window !== undefined && { MaximumBatchingWindowInSeconds: window }),
        EventSourceArn: arn,
        FunctionName: attribute(lambdaId(key), "Arn"),
        Enabled: section.boolean("enabled") ?? true,
        ...(responseType !== undefined && { FunctionResponseTypes: [responseType] }),
        ...(patterns.length > 0 && { FilterCriteria: { Filters: patterns } }),
        ...(concurrency !== undefined && { ScalingConfig: { MaximumConcurrency: concurrency } }),
      },
    },
    position,
  );
}

/** What the mapping is named after: the queue's logical id, the import's name, the last part of the ARN. */
function queueName(arn: string | JsonObject): string {
  if (typeof arn === "string") return arn.split(":").pop() ?? arn;
  const [name = "", argument] = Object.entries(arn)[0] ?? [];
  if (name === "Fn::GetAtt") return String(Array.isArray(argument) ? argument[0] : String(argument).split(".")[0]);
  if (name === "Fn::Join" && Array.isArray(argument) && Array.isArray(argument[1])) {
    const last = argument[1].at(-1);
    return typeof last === "string" ? last : "Joined";
  }
  if (name === "Fn::Sub")
    return (
      String(Array.isArray(argument) ? argument[0] : argument)
        .split(":")
        .pop() ?? "Queue"
    );
  return typeof argument === "string" ? argument : "Queue";
}
