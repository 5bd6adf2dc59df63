// The platform's end of the channel to a function's process: frames of a length (4 bytes, big endian, of what follows), a
// kind (1 byte) and a body. `bootstrap/node/channel.cjs` is the other end.
import { assert } from "../kernel/assert.ts";
import { FRAME_BYTES_MAX } from "./limits.ts";

export const KIND = {
  /** To the function: what to load; JSON. */
  init: 1,
  /** To the function: length of the description (4 bytes), the description as JSON, the payload. */
  invoke: 2,
  /** From here on, from the function. Memory in KiB (4 bytes). */
  ready: 10,
  /** Memory in KiB (4 bytes), the answer as JSON. */
  response: 11,
  /** Memory in KiB (4 bytes), the error document as JSON. The process can take the next invocation. */
  failure: 12,
  /** As failure, but the process ends. */
  fatal: 13,
  /** One log event. */
  log: 14,
  /** Text that was written to a standard stream: an event for each line. */
  output: 15,
} as const;

const HEADER_BYTES = 5;

export function initFrame(init: object): Uint8Array {
  const body = Buffer.from(JSON.stringify(init));
  const frame = Buffer.allocUnsafe(HEADER_BYTES + body.length);
  frame.writeUInt32BE(frame.length - 4, 0);
  frame[4] = KIND.init;
  frame.set(body, HEADER_BYTES);
  return frame;
}

export function invokeFrame(meta: object, payload: Uint8Array): Uint8Array {
  const text = JSON.stringify(meta);
  const metaBytes = Buffer.byteLength(text);
  const frame = Buffer.allocUnsafe(HEADER_BYTES + 4 + metaBytes + payload.length);
  frame.writeUInt32BE(frame.length - 4, 0);
  frame[4] = KIND.invoke;
  frame.writeUInt32BE(metaBytes, HEADER_BYTES);
  frame.write(text, HEADER_BYTES + 4, "utf8");
  frame.set(payload, HEADER_BYTES + 4 + metaBytes);
  return frame;
}

/** Cuts a stream of bytes into frames. `receive` is given a body that it may keep. */
export function frameReader(receive: (kind: number, body: Buffer) => void): (chunk: Uint8Array) => void {
  let pieces: Buffer[] = [];
  let held = 0;
  let wanted = HEADER_BYTES;

  const take = (buffer: Buffer): Buffer => {
    let at = 0;
    while (buffer.length - at >= HEADER_BYTES) {
      const total = 4 + buffer.readUInt32BE(at);
      assert(total <= FRAME_BYTES_MAX, `a frame of ${total} bytes from a function's process`);
      if (buffer.length - at < total) {
        wanted = total;
        return buffer.subarray(at);
      }
      receive(buffer[at + 4] ?? 0, buffer.subarray(at + HEADER_BYTES, at + total));
      at += total;
    }
    wanted = HEADER_BYTES;
    return buffer.subarray(at);
  };

  return (chunk) => {
    const buffer = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    if (held === 0) {
      const rest = take(buffer);
      pieces = rest.length > 0 ? [rest] : [];
      held = rest.length;
      return;
    }
    pieces.push(buffer);
    held += buffer.length;
    if (held < wanted) return;
    const rest = take(Buffer.concat(pieces, held));
    pieces = rest.length > 0 ? [rest] : [];
    held = rest.length;
  };
}
