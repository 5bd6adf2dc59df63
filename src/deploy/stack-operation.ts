// One stack operation seen from outside: begun through CloudFormation's own operations, followed through its events to the end.

import { type Clock, delay } from "../kernel/clock.ts";
import { AwsError, hasCode } from "../kernel/errors.ts";
import type { PlatformCall } from "./ports.ts";

export interface StackEvent {
  readonly logicalId: string;
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly physicalId?: string;
}

interface StackPlatform {
  readonly call: PlatformCall;
  readonly clock: Clock;
  onEvent(event: StackEvent): void;
}

export interface StackEnd {
  readonly status: string;
  readonly reason?: string;
  readonly outputs: Readonly<Record<string, string>>;
  /** The first thing that failed by itself, not because something else did. */
  readonly failure?: StackEvent;
  /** What the operation told of its resources. */
  readonly events: readonly StackEvent[];
}

/** Events are looked for at first often, since most stacks are done in a moment; then once in a while. */
const LOOK_MS = 10;
const LOOK_MS_MAX = 100;

/** Creates or updates a stack and waits for the end. `changed` is false when there was nothing to do. Throws what a call refuses. */
export async function applyStack(
  platform: StackPlatform,
  stackName: string,
  input: Readonly<Record<string, unknown>>,
): Promise<StackEnd & { readonly changed: boolean }> {
  const { call } = platform;
  const found = await describe(call, stackName);
  const id = found?.id ?? stackName;
  let status = found?.status;
  // An operation that runs, perhaps one that a crash interrupted, comes to its end first.
  if (status?.endsWith("_IN_PROGRESS") && status !== "REVIEW_IN_PROGRESS") status = (await follow(platform, id, new Set())).status;
  if (status === "UPDATE_ROLLBACK_FAILED") {
    const seen = await eventIds(call, stackName);
    await call("cloudformation", "ContinueUpdateRollback", { StackName: stackName });
    status = (await follow(platform, id, seen)).status;
  }
  if (status !== undefined && UNUSABLE.includes(status)) {
    const seen = await eventIds(call, stackName);
    await call("cloudformation", "DeleteStack", { StackName: stackName });
    status = (await follow(platform, id, seen)).status;
    if (status === "DELETE_FAILED") throw new AwsError("ValidationError", `the failed stack ${stackName} could not be removed`);
  }
  const exists = status !== undefined && status !== "DELETE_COMPLETE";
  const seen = exists ? await eventIds(call, stackName) : new Set<string>();
  let begun: Record<string, unknown>;
  try {
    begun = await call("cloudformation", exists ? "UpdateStack" : "CreateStack", { StackName: stackName, ...input });
  } catch (error) {
    if (!hasCode(error, "ValidationError") || error.message !== "No updates are to be performed.") throw error;
    const known = await describe(call, stackName);
    return { status: known?.status ?? "", outputs: known?.outputs ?? {}, events: [], changed: false };
  }
  return { ...(await follow(platform, String(begun["StackId"]), seen)), changed: true };
}

/** States that a stack does not come out of but by being deleted. */
const UNUSABLE = ["ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "REVIEW_IN_PROGRESS", "CREATE_FAILED", "DELETE_FAILED"];

/** Tells of events as they come until the stack's operation has ended. `id`: a stack that is deleted is not found by its name. */
async function follow(platform: StackPlatform, id: string, seen: Set<string>): Promise<StackEnd> {
  const { call, clock, onEvent } = platform;
  const events: StackEvent[] = [];
  const tell = async () => {
    for (const event of (await readEvents(call, id, seen)).reverse()) {
      events.push(event);
      onEvent(event);
    }
  };
  let waitMs = LOOK_MS;
  for (;;) {
    // The platform holds this answer while the operation runs; events are read meanwhile.
    const described = describe(call, id);
    described.catch(() => {});
    while (!(await isSettledWithin(clock, described, waitMs))) {
      await tell();
      waitMs = Math.min(LOOK_MS_MAX, waitMs * 1.5);
    }
    const stack = await described;
    if (!stack) return { status: "DELETE_COMPLETE", outputs: {}, events };
    await tell();
    if (!stack.status.endsWith("_IN_PROGRESS")) {
      const failure = events.find(
        (event) => event.status.endsWith("_FAILED") && !/^Resource (creation|update) cancelled$/.test(event.reason ?? ""),
      );
      const reason = stack.reason !== undefined && { reason: stack.reason };
      return { status: stack.status, outputs: stack.outputs, events, ...reason, ...(failure && { failure }) };
    }
    await delay(clock, waitMs);
  }
}

/** True as soon as the promise is fulfilled, false after `waitMs`; rejects with it. */
async function isSettledWithin(clock: Clock, promise: Promise<unknown>, waitMs: number): Promise<boolean> {
  const ended = new AbortController();
  try {
    return await Promise.race([promise.then(() => true), delay(clock, waitMs, ended.signal).then(() => false)]);
  } finally {
    ended.abort();
  }
}

interface Described {
  readonly id: string;
  readonly status: string;
  readonly reason?: string;
  readonly outputs: Readonly<Record<string, string>>;
}

async function describe(call: PlatformCall, stackName: string): Promise<Described | undefined> {
  let answer: Record<string, unknown>;
  try {
    answer = await call("cloudformation", "DescribeStacks", { StackName: stackName });
  } catch (error) {
    if (hasCode(error, "ValidationError") && / does not exist$/.test(error.message)) return undefined;
    throw error;
  }
  const stack = records(answer["Stacks"])[0];
  if (!stack) return undefined;
  const outputs = records(stack["Outputs"]).map((output) => [String(output["OutputKey"]), String(output["OutputValue"])]);
  const reason = stack["StackStatusReason"];
  return {
    id: String(stack["StackId"]),
    status: String(stack["StackStatus"]),
    outputs: Object.fromEntries(outputs),
    ...(typeof reason === "string" && { reason }),
  };
}

async function eventIds(call: PlatformCall, stackName: string): Promise<Set<string>> {
  const seen = new Set<string>();
  await readEvents(call, stackName, seen);
  return seen;
}

/** The events that were not seen yet, newest first; from now on they are. */
async function readEvents(call: PlatformCall, stackName: string, seen: Set<string>): Promise<StackEvent[]> {
  const fresh: StackEvent[] = [];
  for (let token: unknown; ; ) {
    const input = { StackName: stackName, ...(typeof token === "string" && { NextToken: token }) };
    const page = await call("cloudformation", "DescribeStackEvents", input);
    const events = records(page["StackEvents"]);
    const unseen = events.filter((event) => !seen.has(String(event["EventId"])));
    for (const event of unseen) seen.add(String(event["EventId"]));
    fresh.push(...unseen.map(eventOf));
    token = page["NextToken"];
    if (typeof token !== "string" || unseen.length < events.length) return fresh;
  }
}

function eventOf(event: Readonly<Record<string, unknown>>): StackEvent {
  const [reason, physicalId] = [event["ResourceStatusReason"], event["PhysicalResourceId"]];
  return {
    logicalId: String(event["LogicalResourceId"]),
    type: String(event["ResourceType"]),
    status: String(event["ResourceStatus"]),
    ...(typeof reason === "string" && reason !== "" && { reason }),
    ...(typeof physicalId === "string" && physicalId !== "" && { physicalId }),
  };
}

function records(value: unknown): Readonly<Record<string, unknown>>[] {
  if (!Array.isArray(value)) return [];
  return value.filter((item): item is Readonly<Record<string, unknown>> => typeof item === "object" && item !== null);
}
