// What a target is given of an event: all of it, a part, a constant, or a template filled with parts. Pure.
// Source: EventBridge User Guide, "Transforming target input".
import { parseArn } from "../../kernel/ids.ts";
import { validation } from "./errors.ts";
import type { Target } from "./keys.ts";

/** Which service a target belongs to. */
export function targetKind(arn: string): "lambda" | "sqs" | undefined {
  const parsed = parseArn(arn);
  if (parsed?.service === "lambda" && parsed.resource.startsWith("function:")) return "lambda";
  return parsed?.service === "sqs" ? "sqs" : undefined;
}

/** What templates may name besides the event itself. */
interface DeliveryFacts {
  readonly ruleArn: string;
  readonly ruleName: string;
  /** ISO 8601. */
  readonly ingestionTime: string;
}

const PLACEHOLDER = /<([^<>\s]+)>/g;
const RESERVED = [
  "aws.events.rule-arn",
  "aws.events.rule-name",
  "aws.events.event.ingestion-time",
  "aws.events.event",
  "aws.events.event.json",
];

/** The text that the target is given; `event` is the event's JSON. */
export function targetInput(target: Target, event: string, facts: DeliveryFacts): string {
  if (target.Input !== undefined) return target.Input;
  if (target.InputPath !== undefined) return JSON.stringify(selectPath(JSON.parse(event), target.InputPath) ?? null);
  const transformer = target.InputTransformer;
  if (!transformer) return event;
  const document: unknown = JSON.parse(event);
  const values = new Map<string, unknown>([
    ["aws.events.rule-arn", facts.ruleArn],
    ["aws.events.rule-name", facts.ruleName],
    ["aws.events.event.ingestion-time", facts.ingestionTime],
    ["aws.events.event", withoutDetail(document)],
    ["aws.events.event.json", document],
  ]);
  for (const [name, path] of Object.entries(transformer.InputPathsMap ?? {})) values.set(name, selectPath(document, path));
  return fill(transformer.InputTemplate, values);
}

function withoutDetail(document: unknown): unknown {
  if (typeof document !== "object" || document === null || !("detail" in document)) return document;
  const { detail: _, ...rest } = document;
  return rest;
}

/** Within quotation marks a value is put as text, elsewhere as JSON. What the event does not have is nothing, or null. */
function fill(template: string, values: ReadonlyMap<string, unknown>): string {
  return template.replace(PLACEHOLDER, (placeholder, name: string, at: number) => {
    if (!values.has(name)) return placeholder;
    const value = values.get(name);
    if (!isQuoted(template, at)) return JSON.stringify(value ?? null);
    const text = typeof value === "string" ? value : value === undefined ? "" : JSON.stringify(value);
    return JSON.stringify(text).slice(1, -1);
  });
}

function isQuoted(template: string, at: number): boolean {
  let quoted = false;
  for (let i = 0; i < at; i++) {
    if (template[i] === "\\") i++;
    else if (template[i] === '"') quoted = !quoted;
  }
  return quoted;
}

/** Throws the ValidationException that PutTargets answers for an input that cannot work. */
export function checkTargetInput(target: Target): void {
  const given = [target.Input, target.InputPath, target.InputTransformer].filter((each) => each !== undefined);
  if (given.length > 1) throw validation(`Only one of Input, InputPath, or InputTransformer must be provided for target ${target.Id}.`);
  if (target.Input !== undefined && !isJson(target.Input)) throw validation(`JSON syntax error in input for target ${target.Id}.`);
  if (target.InputPath !== undefined && !parsePath(target.InputPath)) throw validation(`Invalid InputPath for target ${target.Id}.`);
  const transformer = target.InputTransformer;
  if (!transformer) return;
  const paths = transformer.InputPathsMap ?? {};
  for (const [name, path] of Object.entries(paths)) {
    if (/^aws\./i.test(name)) throw validation(`Invalid InputPathsMap for target ${target.Id}: keys cannot start with "AWS.".`);
    if (!parsePath(path)) throw validation(`Invalid InputPathsMap for target ${target.Id}: ${path} is not a JSON path.`);
  }
  const values = new Map<string, unknown>([...RESERVED, ...Object.keys(paths)].map((name) => [name, ""]));
  const sample = fill(transformer.InputTemplate, values);
  const unknown = [...sample.matchAll(PLACEHOLDER)].map((match) => match[1]).find((name) => name !== undefined && !values.has(name));
  if (unknown !== undefined)
    throw validation(`InputTemplate for target ${target.Id} contains placeholder <${unknown}> which is not in InputPathsMap.`);
  // Several lines of quoted text are allowed, and stay several lines.
  const lines = sample.split("\n").filter((line) => line.trim() !== "");
  if (!isJson(sample) && !(lines.length > 1 && lines.every(isJson))) throw validation(`Invalid InputTemplate for target ${target.Id}.`);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

const STEP = /\.([A-Za-z0-9_-]+)|\[(\d+)\]|\['([^']*)'\]|\["([^"]*)"\]/y;

/** Steps of `$.detail.items[0]['a b']`; undefined when `path` is none. */
function parsePath(path: string): (string | number)[] | undefined {
  if (!path.startsWith("$")) return undefined;
  const steps: (string | number)[] = [];
  for (let at = 1; at < path.length; at = STEP.lastIndex) {
    STEP.lastIndex = at;
    const match = STEP.exec(path);
    if (!match) return undefined;
    const [, name, index, single, double] = match;
    steps.push(index === undefined ? (name ?? single ?? double ?? "") : Number(index));
  }
  return steps;
}

function selectPath(document: unknown, path: string): unknown {
  let value = document;
  for (const step of parsePath(path) ?? []) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return undefined;
    value = new Map<string | number, unknown>(Array.isArray(value) ? value.entries() : Object.entries(value)).get(step);
  }
  return value;
}
