// The errors of EventBridge in its own wording.
import { AwsError } from "../../kernel/errors.ts";

export const validation = (message: string) => new AwsError("ValidationException", message);

export const invalidSchedule = () => validation("Parameter ScheduleExpression is not valid.");

export const invalidPattern = (reason: string) =>
  new AwsError("InvalidEventPatternException", `Event pattern is not valid. Reason: ${reason}`);

export const noSuchRule = (name: string) => new AwsError("ResourceNotFoundException", `Rule ${name} does not exist on EventBus default.`);

export const noSuchBus = (name: string) => new AwsError("ResourceNotFoundException", `Event bus ${name} does not exist.`);

export const limitExceeded = () => new AwsError("LimitExceededException", "The requested resource exceeds the maximum number allowed.");
