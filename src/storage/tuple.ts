// Tuple keys: lists of strings, numbers, bytes and booleans packed into bytes that order as the lists do.
//
//   element   bytes                                          order
//   bytes     01  content with 00 written as 00 FF  00       unsigned bytes
//   string    02  UTF-8, escaped the same way  00            code points
//   number    05  IEEE 754 double, big endian, sign folded   numeric (-0 equals 0; NaN is refused)
//   false     06                                             false before true
//   true      07
//
// Element kinds order as listed. A tuple orders before every tuple that it begins.
import { assert } from "../kernel/assert.ts";
import { KEY_BYTES_MAX, type Key, type KeyRange } from "./transaction.ts";

export type Element = string | number | boolean | Uint8Array;
export type Tuple = readonly Element[];

const BYTES = 0x01;
const STRING = 0x02;
const NUMBER = 0x05;
const FALSE = 0x06;
const TRUE = 0x07;

const scratch = Buffer.alloc(KEY_BYTES_MAX * 3);
/** Up to these lengths a loop is faster than a call out of JavaScript. */
const SHORT_STRING = 64;
const SHORT_KEY = 256;
const double = new DataView(new ArrayBuffer(8));

/** @param prefix a packed tuple whose elements come first. */
export function pack(tuple: Tuple, prefix?: Key): Key {
  let at = 0;
  if (prefix !== undefined) for (; at < prefix.length; at++) scratch[at] = prefix[at] ?? 0;
  for (const element of tuple) at = write(element, at);
  assert(at > 0 && at <= KEY_BYTES_MAX, `a key of ${at} bytes: from 1 to ${KEY_BYTES_MAX} are allowed`);
  const key = Buffer.allocUnsafeSlow(at);
  if (at > SHORT_KEY) scratch.copy(key, 0, 0, at);
  else for (let i = 0; i < at; i++) key[i] = scratch[i] ?? 0;
  return key;
}

function write(element: Element, at: number): number {
  if (typeof element === "string") {
    assert(element.length <= KEY_BYTES_MAX, "a key element is too long");
    scratch[at] = STRING;
    return element.length <= SHORT_STRING ? writeShort(element, at + 1) : writeLong(element, at + 1);
  }
  if (typeof element === "number") {
    assert(!Number.isNaN(element), "NaN has no place in an order");
    scratch[at] = NUMBER;
    writeDouble(element === 0 ? 0 : element, at + 1);
    return at + 9;
  }
  if (typeof element === "boolean") {
    scratch[at] = element ? TRUE : FALSE;
    return at + 1;
  }
  assert(element.length <= KEY_BYTES_MAX, "a key element is too long");
  scratch[at] = BYTES;
  scratch.set(element, at + 1);
  return terminate(at + 1, element.length);
}

/** Character by character, as long as they are ASCII: for names and numbers this is faster than any call. */
function writeShort(element: string, start: number): number {
  let at = start;
  for (let i = 0; i < element.length; i++) {
    const code = element.charCodeAt(i);
    if (code === 0 || code > 0x7f) return writeLong(element, start);
    scratch[at++] = code;
  }
  scratch[at] = 0;
  return at + 1;
}

function writeLong(element: string, start: number): number {
  return terminate(start, scratch.write(element, start, "utf8"));
}

/** Escapes the zero bytes of what stands at `start` and ends it with one. */
function terminate(start: number, length: number): number {
  let zeros = 0;
  for (let i = start; i < start + length; i++) if (scratch[i] === 0) zeros++;
  let to = start + length + zeros;
  assert(to < scratch.length, "a key element is too long");
  const end = to;
  if (zeros > 0) {
    for (let from = start + length - 1; from >= start; from--) {
      const byte = scratch[from] ?? 0;
      if (byte === 0) scratch[--to] = 0xff;
      scratch[--to] = byte;
    }
  }
  scratch[end] = 0;
  return end + 1;
}

function writeDouble(value: number, at: number): void {
  double.setFloat64(0, value);
  const negative = value < 0;
  for (let i = 0; i < 8; i++) {
    const byte = double.getUint8(i);
    scratch[at + i] = negative ? ~byte & 0xff : i === 0 ? byte ^ 0x80 : byte;
  }
}

/** The elements of a packed key, without the first `skip`. The caller names the type that it packed. */
export function unpack<K extends Tuple = Tuple>(key: Key, skip = 0): K {
  const bytes = Buffer.isBuffer(key) ? key : Buffer.from(key.buffer, key.byteOffset, key.byteLength);
  const out: Element[] = [];
  let at = 0;
  for (let index = 0; at < bytes.length; index++) {
    const kind = bytes[at++];
    if (kind === STRING || kind === BYTES) {
      let end = at;
      let escaped = false;
      while (bytes[end] !== 0 || bytes[end + 1] === 0xff) {
        assert(end < bytes.length, "a key element does not end");
        if (bytes[end] === 0) {
          escaped = true;
          end++;
        }
        end++;
      }
      if (index >= skip) out.push(readContent(bytes, kind, at, end, escaped));
      at = end + 1;
    } else if (kind === NUMBER) {
      if (index >= skip) out.push(readDouble(bytes, at));
      at += 8;
    } else {
      assert(kind === TRUE || kind === FALSE, `not a tuple key: element kind ${kind}`);
      if (index >= skip) out.push(kind === TRUE);
    }
  }
  const tuple: Tuple = out;
  return tuple as K;
}

function readContent(bytes: Buffer, kind: number, start: number, end: number, escaped: boolean): string | Uint8Array {
  if (!escaped) return kind === STRING ? bytes.toString("utf8", start, end) : new Uint8Array(bytes.subarray(start, end));
  const content = unescaped(bytes.subarray(start, end));
  return kind === STRING ? content.toString("utf8") : new Uint8Array(content);
}

function unescaped(bytes: Buffer): Buffer {
  const out = Buffer.alloc(bytes.length);
  let to = 0;
  for (let i = 0; i < bytes.length; i++) {
    out[to++] = bytes[i] ?? 0;
    if (bytes[i] === 0) i++;
  }
  return out.subarray(0, to);
}

function readDouble(bytes: Buffer, at: number): number {
  const negative = ((bytes[at] ?? 0) & 0x80) === 0;
  for (let i = 0; i < 8; i++) {
    const byte = bytes[at + i] ?? 0;
    double.setUint8(i, negative ? ~byte & 0xff : i === 0 ? byte ^ 0x80 : byte);
  }
  return double.getFloat64(0);
}

/** Every key that begins with the packed `prefix`, the prefix itself included. */
export function prefixRange(prefix: Tuple): KeyRange {
  return rangeBelow(pack(prefix));
}

/** As `prefixRange`, of a prefix that is packed already. */
export function rangeBelow(start: Key): KeyRange {
  const end = Buffer.allocUnsafeSlow(start.length + 1);
  for (let i = 0; i < start.length; i++) end[i] = start[i] ?? 0;
  end[start.length] = 0xff;
  return { start, end };
}
