// How functions are named in requests: by name, by ARN, by part of an ARN, with or without a qualifier. Pure rules.
import { constraint, invalid, notFound } from "./errors.ts";
import { FUNCTION_NAME_LENGTH_MAX } from "./limits.ts";

export interface FunctionName {
  readonly account: string;
  readonly region: string;
  readonly name: string;
  /** A version, `$LATEST` or an alias; absent when none was named. */
  readonly qualifier?: string;
}

interface Place {
  readonly account: string;
  readonly region: string;
}

const FORM =
  /^(?:(?:arn:(?<partition>aws[a-zA-Z-]*):lambda:)?(?<region>[a-z]{2}(?:-gov|-iso[a-z]?)?-[a-z]+-\d):)?(?:(?<account>\d{12}):)?(?:function:)?(?<name>[a-zA-Z0-9-_]+)(?::(?<qualifier>\$LATEST|[a-zA-Z0-9-_]+))?$/;

/**
 * The function that `text` names, from where the request was made. A qualifier in the text and one beside it must be the
 * same. `name`, `name:alias`, `123456789012:function:name` and whole ARNs are all taken.
 */
export function parseFunctionName(place: Place, text: string, qualifier?: string): FunctionName {
  const parts = FORM.exec(text)?.groups;
  if (!parts?.["name"]) {
    throw constraint(
      text,
      "functionName",
      "Member must satisfy regular expression pattern: (arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}:)?(\\d{12}:)?(function:)?([a-zA-Z0-9-_\\.]+)(:(\\$LATEST(\\.PUBLISHED)?|[a-zA-Z0-9-_]+))?",
    );
  }
  const { name, region, account } = parts;
  if (name.length > FUNCTION_NAME_LENGTH_MAX) {
    throw constraint(text, "functionName", `Member must have length less than or equal to ${FUNCTION_NAME_LENGTH_MAX}`);
  }
  if (region !== undefined && region !== place.region) {
    throw notFound(`Functions from '${region}' are not reachable in this region ('${place.region}')`);
  }
  const inText = parts["qualifier"];
  if (inText !== undefined && qualifier !== undefined && inText !== qualifier) {
    throw invalid("The derived qualifier from the function name does not match the specified qualifier.");
  }
  const named = inText ?? qualifier;
  return { account: account ?? place.account, region: place.region, name, ...(named !== undefined && { qualifier: named }) };
}

export function functionArn(place: Place, name: string, qualifier?: string): string {
  const base = `arn:aws:lambda:${place.region}:${place.account}:function:${name}`;
  return qualifier === undefined ? base : `${base}:${qualifier}`;
}

export function isVersion(qualifier: string): boolean {
  return /^\d+$/.test(qualifier);
}
