// A world for the tests of this service: a runtime that answers what a test says, and the queues that functions read.
import type { InvocationRequest, InvocationResult } from "../contract/runtime.ts";
import { AwsError } from "../kernel/errors.ts";
import { createWorld } from "./world.ts";

export const ROLE = "arn:aws:iam::000000000000:role/run";
export const QUEUE_ARN = "arn:aws:sqs:us-east-1:000000000000:work";
export const QUEUE_URL = "http://127.0.0.1:4566/000000000000/work";

/** What the function answers to an event: a value, or what it throws; an AwsError is the platform's own refusal. */
export type Answer = (event: unknown, request: InvocationRequest) => unknown | Promise<unknown>;

export async function lambdaWorld() {
  const requests: InvocationRequest[] = [];
  const retired: string[] = [];
  let answer: Answer = (event) => event;
  const world = await createWorld({
    services: [
      { id: "lambda", load: async () => (await import("../services/lambda/service.ts")).lambda },
      // The other side of an event source mapping, as it really is.
      { id: "sqs", load: async () => (await import("../services/sqs/service.ts")).sqs },
      { id: "s3", load: async () => (await import("../services/s3/service.ts")).s3 },
    ],
    runtime: {
      supports: (runtime) => runtime.startsWith("nodejs") || `The runtime ${runtime} is not supported.`,
      unpack: async (codeId, archive) => {
        for await (const chunk of archive)
          if (Buffer.from(chunk).toString() === "broken")
            throw new AwsError("InvalidParameterValueException", "Could not unzip uploaded file.");
        return `/code/${codeId}`;
      },
      retire: (arn) => {
        retired.push(arn);
      },
      async invoke(request): Promise<InvocationResult> {
        requests.push(request);
        try {
          const value = await answer(JSON.parse(Buffer.from(request.payload).toString()), request);
          return { payload: Buffer.from(JSON.stringify(value ?? null)), logTail: `START RequestId: ${request.requestId}\n` };
        } catch (error) {
          if (error instanceof AwsError) throw error;
          const document = { errorType: "Error", errorMessage: String(error), trace: [] };
          return { payload: Buffer.from(JSON.stringify(document)), functionError: "Unhandled", logTail: "" };
        }
      },
    },
  });
  return {
    ...world,
    requests,
    retired,
    answers(next: Answer) {
      answer = next;
    },
    create: (name: string, settings: object = {}) =>
      world.call("lambda", "CreateFunction", {
        FunctionName: name,
        Runtime: "nodejs22.x",
        Handler: "index.handler",
        Role: ROLE,
        Code: { ZipFile: Buffer.from("a zip") },
        ...settings,
      }),
    /** The events that the function got, in order. */
    events: () => requests.map((request) => JSON.parse(Buffer.from(request.payload).toString()) as unknown),
  };
}
