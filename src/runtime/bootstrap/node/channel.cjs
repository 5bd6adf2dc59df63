// The function's end of the channel to the platform: frames over the inherited descriptor 3, read and written
// synchronously. While it waits for the next invocation the process stands still, as an environment does on Lambda.
"use strict";
const fs = require("node:fs");

const DESCRIPTOR = 3;

/** Kinds of frames; `src/runtime/channel.ts` has the same table. */
const KIND = { init: 1, invoke: 2, ready: 10, response: 11, failure: 12, fatal: 13, log: 14, output: 15 };

/** Length (4 bytes, of what follows it) and kind (1 byte). */
const HEADER_BYTES = 5;

let input = Buffer.allocUnsafeSlow(64 * 1024);
let held = 0;
const scratch = Buffer.allocUnsafeSlow(64 * 1024);

/**
 * The next frame; undefined when a signal came in between (let the event loop run, then ask again), and null when there
 * will be no more. The body is valid until the next call.
 * @returns {{ kind: number, body: Buffer } | undefined | null}
 */
function receive() {
  for (;;) {
    if (held >= HEADER_BYTES) {
      const total = 4 + input.readUInt32BE(0);
      if (held >= total) {
        const rest = held - total;
        const frame = {
          kind: input[4] ?? 0,
          body: rest === 0 ? input.subarray(HEADER_BYTES, total) : Buffer.from(input.subarray(HEADER_BYTES, total)),
        };
        if (rest > 0) input.copyWithin(0, total, held);
        held = rest;
        return frame;
      }
      if (total > input.length) {
        const larger = Buffer.allocUnsafeSlow(total);
        input.copy(larger, 0, 0, held);
        input = larger;
      }
    }
    let count = 0;
    try {
      count = fs.readSync(DESCRIPTOR, input, held, input.length - held, null);
    } catch (error) {
      const code = error instanceof Error && "code" in error ? error.code : undefined;
      if (code === "EINTR" || code === "EAGAIN") return undefined;
    }
    if (count === 0) return null;
    held += count;
  }
}

/** @param {Buffer} bytes */
function writeAll(bytes) {
  let at = 0;
  while (at < bytes.length) {
    try {
      at += fs.writeSync(DESCRIPTOR, bytes, at, bytes.length - at);
    } catch (error) {
      const code = error instanceof Error && "code" in error ? error.code : undefined;
      if (code !== "EINTR" && code !== "EAGAIN") process.exit(1);
    }
  }
}

/**
 * Sends a frame whose body is `text`, after a 4-byte number if one is given.
 * @param {number} kind
 * @param {string} text
 * @param {number} [number]
 */
function send(kind, text, number) {
  const offset = number === undefined ? HEADER_BYTES : HEADER_BYTES + 4;
  const roomy = text.length * 3 + offset <= scratch.length;
  const frame = roomy ? scratch : Buffer.allocUnsafe(offset + Buffer.byteLength(text));
  const length = offset + frame.write(text, offset, "utf8");
  frame.writeUInt32BE(length - 4, 0);
  frame[4] = kind;
  if (number !== undefined) frame.writeUInt32BE(number >>> 0, HEADER_BYTES);
  writeAll(frame.subarray(0, length));
}

module.exports = { KIND, receive, send };
