// The protocol layer alone, between a real client and a test's own answer: identify, verify the signature, parse, answer.
import type { HttpRequest, HttpResponse } from "../../src/contract/http.ts";
import { authenticate } from "../../src/gateway/authenticate.ts";
import { hostClock } from "../../src/host/clock.ts";
import { AwsError } from "../../src/kernel/errors.ts";
import { writeAnswer } from "../../src/protocol/answer.ts";
import { WireCall } from "../../src/protocol/call.ts";
import { credentialOf } from "../../src/protocol/credential.ts";
import { writeError } from "../../src/protocol/error-answer.ts";
import { identify } from "../../src/protocol/identify.ts";
import { Incoming } from "../../src/protocol/incoming.ts";
import { readInput } from "../../src/protocol/input.ts";

interface Seen {
  readonly service: string;
  readonly operation: string;
  readonly protocol: string;
  readonly input: Record<string, unknown>;
}

const ACCESS_KEY = "AKIDEXAMPLE";
const SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
export const CREDENTIALS = { accessKeyId: ACCESS_KEY, secretAccessKey: SECRET };

export class Loopback {
  /** What the next request is answered with: an output, or an AwsError. */
  reply: unknown = {};
  seen: Seen | undefined;
  /** Unexpected failures of the layer itself. */
  failure: unknown;

  readonly handle = async (request: HttpRequest): Promise<HttpResponse> => {
    const incoming = new Incoming(request);
    const call = new WireCall(incoming, credentialOf(incoming));
    try {
      await identify(call, ["localhost"]);
      const { operation } = call;
      if (!operation) throw new Error("not identified");
      const authentication = { verifySignatures: true, secretOf: (id: string) => (id === ACCESS_KEY ? SECRET : undefined) };
      const { verifier } = await authenticate(call, authentication, hostClock.now());
      const input = await readInput(call, operation, verifier);
      for (const name of Object.keys(input)) input[name] = await collected(input[name]);
      this.seen = { service: operation.service.id, operation: operation.name, protocol: call.protocol, input };
      if (this.reply instanceof AwsError) throw this.reply;
      return writeAnswer(call.protocol, operation, this.reply, "00000000-0000-4000-8000-000000000000");
    } catch (error) {
      if (error !== this.reply) this.failure = error;
      return writeError(call, error, "00000000-0000-4000-8000-000000000000");
    }
  };
}

/** Streams as their bytes. */
async function collected(value: unknown): Promise<unknown> {
  if (typeof value !== "object" || value === null || !(Symbol.asyncIterator in value)) return value;
  const chunks: Uint8Array[] = [];
  for await (const chunk of value as AsyncIterable<Uint8Array>) chunks.push(chunk);
  return Buffer.concat(chunks);
}
