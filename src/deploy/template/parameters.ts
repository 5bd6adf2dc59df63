// Parameters: from what a caller passes (or passed before) to checked values, and the pseudo parameters.
import type { Json } from "./document.ts";
import { type Template, type TemplateParameter, validationError } from "./template.ts";

export const PSEUDO_PARAMETERS: readonly string[] = [
  ...["AWS::AccountId", "AWS::NoValue", "AWS::NotificationARNs", "AWS::Partition"],
  ...["AWS::Region", "AWS::StackId", "AWS::StackName", "AWS::URLSuffix"],
];

export interface StackScope {
  readonly account: string;
  readonly region: string;
  readonly stackId: string;
  readonly stackName: string;
  readonly notificationArns: readonly string[];
}

export function pseudoParameters(scope: StackScope): Record<string, Json> {
  return {
    "AWS::AccountId": scope.account,
    "AWS::NotificationARNs": [...scope.notificationArns],
    "AWS::Partition": "aws",
    "AWS::Region": scope.region,
    "AWS::StackId": scope.stackId,
    "AWS::StackName": scope.stackName,
    "AWS::URLSuffix": "amazonaws.com",
  };
}

/** A parameter's value as it was given; for SSM types, the name of the SSM parameter. */
export interface GivenParameter {
  readonly key: string;
  readonly value?: string;
  readonly usePrevious?: boolean;
}

/** Joins given, previous and default values. Throws ValidationError for what is missing, unknown or not allowed. */
export function parameterTexts(
  template: Template,
  given: readonly GivenParameter[],
  previous: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const unknown = given.map((parameter) => parameter.key).filter((key) => !template.parameters[key]);
  if (unknown.length > 0) throw validationError(`Parameters: [${unknown.join(", ")}] do not exist in the template`);
  const byKey = new Map(given.map((parameter) => [parameter.key, parameter]));
  const out: Record<string, string> = {};
  const missing: string[] = [];
  for (const [name, parameter] of Object.entries(template.parameters)) {
    const passed = byKey.get(name);
    if (passed?.usePrevious && passed.value !== undefined) {
      throw validationError(
        `Invalid input for parameter key ${name}. Cannot specify usePreviousValue as true and non empty value for a parameter`,
      );
    }
    if (passed?.usePrevious && previous[name] === undefined && parameter.default === undefined) {
      throw validationError(
        `Invalid input for parameter key ${name}. Cannot specify usePreviousValue as true for a parameter key not in the previous template`,
      );
    }
    const value = passed?.usePrevious ? (previous[name] ?? parameter.default) : (passed?.value ?? parameter.default);
    if (value === undefined) missing.push(name);
    else out[name] = checked(name, value, parameter);
  }
  if (missing.length > 0) throw validationError(`Parameters: [${missing.join(", ")}] must have values`);
  return out;
}

function checked(name: string, value: string, parameter: TemplateParameter): string {
  const problem = problemOf(name, value, parameter);
  if (problem === undefined) return value;
  const { constraintDescription } = parameter;
  throw validationError(
    constraintDescription === undefined ? problem : `Parameter ${name} failed to satisfy constraint: ${constraintDescription}`,
  );
}

function problemOf(name: string, value: string, parameter: TemplateParameter): string | undefined {
  const { type, allowedValues, allowedPattern, minLength, maxLength, minValue, maxValue } = parameter;
  const items = isListType(type) ? splitList(value) : [value];
  if (/Number/.test(type) && items.some((item) => item === "" || !Number.isFinite(Number(item))))
    return `Parameter '${name}' must be a number.`;
  if (allowedValues && items.some((item) => !allowedValues.includes(item))) return `Parameter '${name}' must be one of AllowedValues`;
  if (allowedPattern !== undefined && items.some((item) => !new RegExp(`^(?:${allowedPattern})$`).test(item))) {
    return `Parameter '${name}' must match pattern ${allowedPattern}`;
  }
  if (minLength !== undefined && items.some((item) => item.length < minLength))
    return `Parameter '${name}' must contain at least ${minLength} characters`;
  if (maxLength !== undefined && items.some((item) => item.length > maxLength))
    return `Parameter '${name}' must contain at most ${maxLength} characters`;
  if (minValue !== undefined && items.some((item) => Number(item) < minValue))
    return `Parameter '${name}' must be a number not less than ${minValue}`;
  if (maxValue !== undefined && items.some((item) => Number(item) > maxValue))
    return `Parameter '${name}' must be a number not greater than ${maxValue}`;
  return undefined;
}

/** The name of the SSM parameter that a parameter of an SSM value type stands for. */
export function ssmNames(template: Template, texts: Readonly<Record<string, string>>): Record<string, string> {
  const typed = Object.entries(texts).filter(([name]) => template.parameters[name]?.type.startsWith("AWS::SSM::Parameter::Value<"));
  return Object.fromEntries(typed);
}

/** What `Ref` gives for each parameter. `ssmValues` holds the values of those in `ssmNames`, by parameter name. */
export function parameterValues(
  template: Template,
  texts: Readonly<Record<string, string>>,
  ssmValues: Readonly<Record<string, string>>,
): Record<string, Json> {
  const values = Object.entries(texts).map(([name, text]) => {
    const type = template.parameters[name]?.type ?? "String";
    const value = ssmValues[name] ?? text;
    return [name, isListType(type) ? splitList(value) : value];
  });
  return Object.fromEntries(values);
}

function isListType(type: string): boolean {
  return type === "CommaDelimitedList" || /^(AWS::SSM::Parameter::Value<)?(List<|CommaDelimitedList>)/.test(type);
}

function splitList(text: string): string[] {
  return text === "" ? [] : text.split(",").map((item) => item.trim());
}
