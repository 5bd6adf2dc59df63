// What stops a deployment: one or more clear messages, each with the place that it speaks of.
import { formatPosition, type Position } from "./template/document.ts";

export interface Problem {
  readonly message: string;
  readonly position?: Position;
  /** Absolute paths that do not exist: a file that appears at one of them may mend it. */
  readonly missing?: readonly string[];
}

/** Problems shown of one deployment; ours, the first ones are what people mend first. */
const PROBLEMS_SHOWN_MAX = 20;

/** `message` is ready to be shown: a line for each problem, `serverless.yml:12:5: …`. */
export class DeployError extends Error {
  override readonly name = "DeployError";
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    const lines = problems
      .slice(0, PROBLEMS_SHOWN_MAX)
      .map(({ message, position }) => (position ? `${formatPosition(position)}: ${message}` : message));
    const more = problems.length - PROBLEMS_SHOWN_MAX;
    super([...lines, ...(more > 0 ? [`… and ${more} more`] : [])].join("\n"));
    this.problems = problems;
  }
}

export function problemAt(message: string, position?: Position): DeployError {
  return new DeployError([{ message, ...(position && { position }) }]);
}
