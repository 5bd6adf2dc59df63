// Names of resources that a template leaves unnamed: `stack-Logical-SUFFIX`, the same at every retry of a step.
import { createHash } from "node:crypto";
import { UPPER_ALPHANUMERIC } from "../kernel/ids.ts";

const SUFFIX_LENGTH = 12;
/** Longest name asked for by default: the limit of most services lies at or above it. */
const NAME_LENGTH_MAX = 64;

interface NameScope {
  readonly stackId: string;
  readonly stackName: string;
  readonly logicalId: string;
  /** How often the resource was replaced: each physical resource has a name of its own. */
  readonly generation: number;
}

export function generatedName(scope: NameScope, maxLength = NAME_LENGTH_MAX, options: { readonly lowerCase?: boolean } = {}): string {
  const digest = createHash("sha256").update(`${scope.stackId}\n${scope.logicalId}\n${scope.generation}`).digest();
  const suffix = [...digest.subarray(0, SUFFIX_LENGTH)].map((byte) => UPPER_ALPHANUMERIC[byte % UPPER_ALPHANUMERIC.length]).join("");
  const room = Math.max(0, maxLength - SUFFIX_LENGTH - 2);
  const logical = scope.logicalId.slice(0, Math.max(room - scope.stackName.length, Math.floor(room / 2)));
  const stack = scope.stackName.slice(0, room - logical.length);
  const name = [stack, logical, suffix]
    .filter((part) => part !== "")
    .join("-")
    .slice(0, maxLength);
  return options.lowerCase ? name.toLowerCase() : name;
}
