// Event streams going out (`application/vnd.amazon.eventstream`): each event of an answer in a frame with its checksums.
// Source: AWS documentation, "Event stream encoding" (prelude, headers, payload, CRC-32s).
import { crc32 } from "node:zlib";
import { AwsError, messageOf } from "../kernel/errors.ts";
import { bytesOf, type DocumentCodec } from "./document-codec.ts";
import type { Member, Shape } from "./schema.ts";
import { writeXml } from "./xml-codec.ts";

export const EVENT_STREAM_TYPE = "application/vnd.amazon.eventstream";

const HEADER_TYPE_STRING = 7;
const PRELUDE_BYTES = 12;
const FRAME_BYTES = 16;

/** How structures within events are written. */
type EventEncoding = { readonly kind: "json"; readonly codec: DocumentCodec } | { readonly kind: "xml" };

export function frame(headers: Readonly<Record<string, string>>, payload: Uint8Array): Uint8Array {
  const parts: Buffer[] = [];
  for (const name of Object.keys(headers)) {
    const key = Buffer.from(name);
    const value = Buffer.from(headers[name] ?? "");
    const sizes = Buffer.alloc(3);
    sizes[0] = HEADER_TYPE_STRING;
    sizes.writeUInt16BE(value.length, 1);
    parts.push(Buffer.from([key.length]), key, sizes, value);
  }
  const head = Buffer.concat(parts);
  const out = Buffer.alloc(FRAME_BYTES + head.length + payload.length);
  out.writeUInt32BE(out.length, 0);
  out.writeUInt32BE(head.length, 4);
  out.writeUInt32BE(crc32(out.subarray(0, 8)), 8);
  out.set(head, PRELUDE_BYTES);
  out.set(payload, PRELUDE_BYTES + head.length);
  out.writeUInt32BE(crc32(out.subarray(0, out.length - 4)), out.length - 4);
  return out;
}

/** The member of an output that streams events, if it has one. */
export function eventMember(output: Shape): Member | undefined {
  return output.members.find((member) => member.shape.kind === "union" && member.shape.streaming);
}

/**
 * Frames of an operation's events, each `{EventName: {...}}`. A thrown AwsError ends the stream as an exception event.
 * @param initial the output's other members, where the protocol sends them first.
 */
export async function* encodeEvents(
  union: Shape,
  events: AsyncIterable<unknown>,
  encoding: EventEncoding,
  initial: Uint8Array | undefined,
): AsyncGenerator<Uint8Array> {
  if (initial) yield frame({ ":message-type": "event", ":event-type": "initial-response", ":content-type": "application/json" }, initial);
  try {
    for await (const event of events) yield encodeEvent(union, event as Record<string, unknown>, encoding);
  } catch (error) {
    yield encodeException(error);
  }
}

function encodeEvent(union: Shape, event: Record<string, unknown>, encoding: EventEncoding): Uint8Array {
  const member = union.members.find(({ name }) => event[name] !== undefined);
  if (!member) throw new AwsError("InternalFailure", "An event is not one of its stream's.", { status: 500 });
  const value = event[member.name] as Record<string, unknown>;
  const headers: Record<string, string> = { ":message-type": "event", ":event-type": member.name };
  const payload = member.shape.members.find(({ traits }) => traits.eventPayload === 1);
  if (payload) {
    const content = value[payload.name];
    headers[":content-type"] = contentType(payload.shape, encoding);
    return frame(headers, content === undefined ? new Uint8Array() : encodeBody(payload.shape, payload.name, content, encoding));
  }
  headers[":content-type"] = contentType(member.shape, encoding);
  const empty = member.shape.members.length === 0;
  return frame(headers, empty ? new Uint8Array() : encodeBody(member.shape, member.name, value, encoding));
}

function contentType(shape: Shape, encoding: EventEncoding): string {
  if (shape.kind === "blob") return "application/octet-stream";
  if (shape.kind === "string") return "text/plain";
  return encoding.kind === "json" ? "application/json" : "text/xml";
}

function encodeBody(shape: Shape, name: string, value: unknown, encoding: EventEncoding): Uint8Array {
  if (shape.kind === "blob" || shape.kind === "string") return bytesOf(value);
  return Buffer.from(encoding.kind === "json" ? JSON.stringify(encoding.codec.write(shape, value)) : writeXml(shape, name, value, {}));
}

function encodeException(error: unknown): Uint8Array {
  const code = error instanceof AwsError ? error.code : "InternalFailure";
  const fields = error instanceof AwsError ? error.fields : {};
  const body = JSON.stringify({ message: error instanceof AwsError ? messageOf(error) : "The stream has failed.", ...fields });
  return frame({ ":message-type": "exception", ":exception-type": code, ":content-type": "application/json" }, Buffer.from(body));
}
