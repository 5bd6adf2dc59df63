// `schedule` events: rules of EventBridge that invoke a function by the clock.
import type { Json, JsonObject, Position } from "../../template/document.ts";
import { addPermission, addResource, attribute, type Draft } from "./draft.ts";
import { lambdaId, scheduleId } from "./naming.ts";
import { isIntrinsic, sectionOf } from "./section.ts";

/** Adds a rule for every rate of the event; returns how many there are, since rules are numbered within a function. */
export function addScheduleEvent(
  draft: Draft,
  key: string,
  value: Json,
  position: Position | undefined,
  path: string,
  from: number,
): number {
  const wrong = (message: string): number => {
    draft.reading.problems.push({ message: `${path} ${message}`, ...(position && { position }) });
    return 0;
  };
  const object: JsonObject | undefined =
    typeof value === "string" || isIntrinsic(value)
      ? { rate: value }
      : typeof value === "object" && value !== null && !Array.isArray(value)
        ? value
        : undefined;
  if (!object) return wrong("must be a rate, a cron expression or an object");
  const section = sectionOf(draft.reading, object, path, position);
  section.check({
    honoured: ["rate", "enabled", "input", "inputPath", "inputTransformer", "name", "description", "method"],
    refused: { timezone: "it belongs to the method scheduler, which is not there" },
  });
  if (section.string("method") === "scheduler") section.problem("method", '"scheduler" is not supported by Hearth; eventBus is');
  const given = section.get("rate");
  const rates = Array.isArray(given) ? given : given === undefined ? [] : [given];
  if (rates.length === 0) return wrong("needs a rate");
  const inputs = ["input", "inputPath", "inputTransformer"].filter((name) => section.has(name));
  if (inputs.length > 1) return wrong(`may have only one of ${inputs.join(", ")}`);
  const name = section.string("name");
  if (name !== undefined && rates.length > 1) return wrong("cannot have a name when it has several rates: each rule needs one of its own");
  const description = section.string("description");
  rates.forEach((rate, index) => {
    if (typeof rate === "string" && !/^(rate|cron)\(.+\)$/.test(rate.trim())) {
      section.problem("rate", `"${rate}" is neither rate(…) nor cron(…)`);
      return;
    }
    const id = scheduleId(key, from + index);
    addResource(
      draft,
      id,
      {
        Type: "AWS::Events::Rule",
        Properties: {
          ScheduleExpression: rate,
          State: (section.boolean("enabled") ?? true) ? "ENABLED" : "DISABLED",
          ...(name !== undefined && { Name: name }),
          ...(description !== undefined && { Description: description }),
          Targets: [{ Arn: attribute(lambdaId(key), "Arn"), Id: `${key}Schedule`, ...inputOf(section.value) }],
        },
      },
      position,
    );
    addPermission(draft, key, id.slice(id.indexOf("EventsRuleSchedule")), "events.amazonaws.com", attribute(id, "Arn"), position);
  });
  return rates.length;
}

function inputOf(event: JsonObject): JsonObject {
  const { input, inputPath, inputTransformer } = event;
  const isTransformer = typeof inputTransformer === "object" && inputTransformer !== null && !Array.isArray(inputTransformer);
  return {
    ...(input !== undefined &&
      input !== null && { Input: typeof input === "object" && !isIntrinsic(input) ? JSON.stringify(input) : input }),
    ...(typeof inputPath === "string" && { InputPath: inputPath }),
    ...(isTransformer && {
      InputTransformer: {
        ...(inputTransformer["inputPathsMap"] !== undefined && { InputPathsMap: inputTransformer["inputPathsMap"] }),
        InputTemplate: inputTransformer["inputTemplate"] ?? "",
      },
    }),
  };
}
