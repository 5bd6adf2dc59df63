// For tests: a world with CloudFormation and resource types that can be told to fail, or to crash the platform.
import type { InputOf, OperationName, OutputOf, ServiceModels } from "../contract/models.ts";
import type { ResourceType } from "../contract/resource.ts";
import { cloudFormation } from "../services/cloudformation/service.ts";
import { createWorld } from "./world.ts";

type Models = ServiceModels["cloudformation"];

export function template(body: object): string {
  return JSON.stringify({ AWSTemplateFormatVersion: "2010-09-09", ...body });
}

interface Thing {
  readonly logicalId: string;
  readonly properties: object;
}

/** Long enough for the repetitions of a job that crashed. */
const SETTLE_MS = 60_000;

export async function openStackWorld() {
  const things = new Map<string, Thing>();
  const failures = new Map<string, string>();
  const broken = new Map<string, string>();
  let stalled: { readonly logicalId: string; readonly until: Promise<void> } | undefined;
  let unstall = () => {};
  let lines: string[] = [];
  let transactions = 0;
  let crashAfter: number | undefined;

  const act = (verb: string, logicalId: string, detail = ""): void => {
    const problem = failures.get(`${verb} ${logicalId}`);
    if (problem !== undefined) {
      failures.delete(`${verb} ${logicalId}`);
      throw new Error(problem);
    }
    lines.push([verb, logicalId, detail].filter(Boolean).join(" "));
  };
  const thing: ResourceType = {
    properties: ["Value", "Other", "Fixed", "Name"],
    ignored: ["Ignored"],
    replaceOn: ["Fixed", "Name"],
    create: async (context, request, properties) => {
      await context.clock.now();
      act("create", request.logicalId, String(properties["Value"]));
      const name = String(properties["Name"] ?? request.generatedName());
      things.set(name, { logicalId: request.logicalId, properties });
      return { physicalId: name, attributes: { Arn: `arn:thing:${name}` } };
    },
    update: async (_context, request, state, properties) => {
      if (stalled?.logicalId === request.logicalId) await stalled.until;
      if (broken.get(request.logicalId) === properties["Value"]) throw new Error("still broken");
      act("update", request.logicalId, String(properties["Value"]));
      things.set(state.physicalId, { logicalId: request.logicalId, properties });
      return state;
    },
    delete: async (_context, request, state) => {
      act("delete", request.logicalId);
      things.delete(state.physicalId);
    },
  };
  const parameters = new Map([["/shared/value", "from-ssm"]]);
  const world = await createWorld({
    services: [
      {
        id: "cloudformation",
        load: async () => cloudFormation({ resourceType: async (name) => (name === "Test::Thing" ? thing : undefined) }),
      },
      {
        id: "ssm",
        load: async () => ({
          id: "ssm" as const,
          operations: {
            GetParameter: async (_context: unknown, input: { Name: string }) => ({
              Parameter: { Name: input.Name, Type: "String", Value: parameters.get(input.Name) },
            }),
          },
        }),
      },
    ],
  });
  // A crash: from some transaction on nothing is written any more, until the platform is there again.
  const { storage } = world.platform;
  const transact = storage.transact.bind(storage);
  let armed = false;
  storage.transact = (fn) => {
    if (armed && ++transactions >= (crashAfter ?? Number.POSITIVE_INFINITY)) return Promise.reject(new Error("the power is gone"));
    return transact(fn);
  };

  const call = <K extends OperationName<Models>>(
    operation: K,
    input: InputOf<"cloudformation", K>,
  ): Promise<OutputOf<"cloudformation", K>> => world.call("cloudformation", operation, input);
  const stack = async (name: string) => (await call("DescribeStacks", { StackName: name })).Stacks?.[0];
  return {
    ...world,
    call,
    stack,
    things,
    parameters,
    log: () => lines,
    clearLog: () => {
      lines = [];
    },
    /** The physical id of a logical one. */
    id: (logicalId: string) => [...things].find(([, known]) => known.logicalId === logicalId)?.[0] ?? "",
    /** What exists, without the names. */
    snapshot: () => [...things].sort().map(([id, known]) => JSON.stringify([id, known])),
    fail: (step: string, problem: string) => void failures.set(step, problem),
    /** Every update of a resource to this value fails until `heal`. */
    breakOnValue: (logicalId: string, value: string) => void broken.set(logicalId, value),
    /** Every update of a resource takes until `unstall`. */
    stall: (logicalId: string) => {
      const until = new Promise<void>((resolve) => {
        unstall = resolve;
      });
      stalled = { logicalId, until };
    },
    unstall: () => unstall(),
    heal: () => {
      failures.clear();
      broken.clear();
    },
    /** The transaction after which nothing is written any more, counted from the call that begins the operation. */
    crashAt: (count: number) => {
      transactions = 0;
      crashAfter = count + 1;
      armed = true;
    },
    restart: async () => {
      armed = false;
    },
    settle: () => world.advance(SETTLE_MS),
    create: async (name: string, body: string) => {
      await call("CreateStack", { StackName: name, TemplateBody: body });
      await world.advance(SETTLE_MS);
      const status = (await stack(name))?.StackStatus;
      if (status !== "CREATE_COMPLETE") throw new Error(`${name} is ${status}`);
    },
    /** Oldest first: `Logical STATUS reason`. */
    events: async (name: string) => {
      const { StackEvents = [] } = await call("DescribeStackEvents", { StackName: name });
      return [...StackEvents]
        .reverse()
        .map((event) => [event?.LogicalResourceId, event?.ResourceStatus, event?.ResourceStatusReason].filter(Boolean).join(" "));
    },
  };
}
