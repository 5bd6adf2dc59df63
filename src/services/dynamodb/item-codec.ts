// Items as bytes, and back: attribute values in a compact form of our own, headed by the size that AWS would charge for. The form
// never changes once data exists; a new one takes a new first byte.
//
//   item    01  size as 4 bytes, big endian  count  (name value)…
//   name    length, UTF-8
//   value   type byte, content: S, N, B length and bytes; sets, lists and maps a count and their members
//
// Lengths and counts are LEB128 numbers.
import { assert } from "../../kernel/assert.ts";
import { attributeOf, type Item, setAttribute, type Value } from "./attribute-value.ts";
import { numberBytes } from "./decimal.ts";

/** An item with its bytes: encoded once, then written as often as its indexes need it. */
export interface StoredItem {
  readonly item: Item;
  readonly bytes: Uint8Array;
  /** In bytes, as AWS counts: names and values, in UTF-8. */
  readonly size: number;
}

const FORMAT = 1;
const HEADER_BYTES = 5;
const TYPE = { S: 1, N: 2, B: 3, TRUE: 4, FALSE: 5, NULL: 6, L: 7, M: 8, SS: 9, NS: 10, BS: 11 } as const;
/** "Size of a list or map": 3 bytes, and one for each member. */
const CONTAINER_BYTES = 3;
/** Up to this length characters are copied one by one, which is faster than a call into native code. */
const SHORT_CHARACTERS = 32;

let scratch: Buffer = Buffer.allocUnsafeSlow(64 * 1024);
let at = 0;
let size = 0;

/** The bytes and the size of an item. */
export function encodeItem(item: Item): StoredItem {
  at = HEADER_BYTES;
  size = 0;
  writeMembers(item);
  scratch[0] = FORMAT;
  scratch.writeUInt32BE(size, 1);
  const bytes = Buffer.allocUnsafeSlow(at);
  scratch.copy(bytes, 0, 0, at);
  return { item, bytes, size };
}

/** The size alone, of anything: an attribute's value, a key. */
export function itemSize(item: Item): number {
  return encodeItem(item).size;
}

function ensure(more: number): void {
  if (at + more <= scratch.length) return;
  const larger = Buffer.allocUnsafeSlow(Math.max(scratch.length * 2, at + more));
  scratch.copy(larger, 0, 0, at);
  scratch = larger;
}

function writeMembers(item: Item): void {
  let count = 0;
  for (const name in item) if (name !== undefined) count++;
  ensure(5);
  writeLength(count);
  for (const name in item) {
    size += writeString(name);
    // Own attributes only, by construction; the one name that a plain look-up would miss is looked up as such.
    const value = name === "__proto__" ? attributeOf(item, name) : item[name];
    assert(value !== undefined, "an attribute has no value");
    writeValue(value);
  }
}

function writeLength(length: number): void {
  let rest = length;
  while (rest >= 0x80) {
    scratch[at++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  scratch[at++] = rest;
}

/** Returns the number of bytes of the text. */
function writeString(text: string): number {
  const { length } = text;
  ensure(length * 3 + 5);
  if (length <= SHORT_CHARACTERS) {
    let to = at + 1;
    let i = 0;
    for (; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code >= 0x80) break;
      scratch[to++] = code;
    }
    if (i === length) {
      scratch[at] = length;
      at = to;
      return length;
    }
  }
  const bytes = Buffer.byteLength(text);
  writeLength(bytes);
  scratch.write(text, at, "utf8");
  at += bytes;
  return bytes;
}

function writeBytes(bytes: Uint8Array): void {
  ensure(bytes.length + 5);
  writeLength(bytes.length);
  scratch.set(bytes, at);
  at += bytes.length;
  size += bytes.length;
}

function writeValue(value: Value): void {
  ensure(6);
  if (value.S !== undefined) {
    scratch[at++] = TYPE.S;
    size += writeString(value.S);
  } else if (value.N !== undefined) {
    scratch[at++] = TYPE.N;
    writeString(value.N);
    size += numberBytes(value.N);
  } else if (value.BOOL !== undefined) {
    scratch[at++] = value.BOOL ? TYPE.TRUE : TYPE.FALSE;
    size += 1;
  } else if (value.M !== undefined) {
    scratch[at++] = TYPE.M;
    const before = Object.keys(value.M).length;
    size += CONTAINER_BYTES + before;
    writeMembers(value.M);
  } else if (value.L !== undefined) {
    scratch[at++] = TYPE.L;
    writeLength(value.L.length);
    size += CONTAINER_BYTES + value.L.length;
    for (const element of value.L) writeValue(element);
  } else if (value.NULL !== undefined) {
    scratch[at++] = TYPE.NULL;
    size += 1;
  } else if (value.B !== undefined) {
    scratch[at++] = TYPE.B;
    writeBytes(value.B);
  } else {
    writeSet(value);
  }
}

function writeSet(value: Value): void {
  if (value.SS !== undefined) {
    scratch[at++] = TYPE.SS;
    writeLength(value.SS.length);
    for (const member of value.SS) size += writeString(member);
  } else if (value.NS !== undefined) {
    scratch[at++] = TYPE.NS;
    writeLength(value.NS.length);
    for (const member of value.NS) {
      writeString(member);
      size += numberBytes(member);
    }
  } else {
    const members = value.BS ?? [];
    scratch[at++] = TYPE.BS;
    writeLength(members.length);
    for (const member of members) writeBytes(member);
  }
}

/** The size of an encoded item without decoding it. */
export function encodedSize(bytes: Uint8Array): number {
  assert(bytes[0] === FORMAT, "not an encoded item");
  return ((bytes[1] ?? 0) << 24) | ((bytes[2] ?? 0) << 16) | ((bytes[3] ?? 0) << 8) | (bytes[4] ?? 0);
}

let source: Buffer = Buffer.alloc(0);
let from = 0;

export function decodeItem(bytes: Uint8Array): StoredItem {
  const itemBytes = encodedSize(bytes);
  source = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  from = HEADER_BYTES;
  return { item: readMembers(), bytes, size: itemBytes };
}

function readMembers(): Item {
  const item: Item = {};
  for (let count = readLength(); count > 0; count--) setAttribute(item, readString(), readEncodedValue());
  return item;
}

function readLength(): number {
  let byte = source[from++] ?? 0;
  if (byte < 0x80) return byte;
  let length = byte & 0x7f;
  let shift = 7;
  do {
    byte = source[from++] ?? 0;
    length |= (byte & 0x7f) << shift;
    shift += 7;
  } while (byte >= 0x80);
  return length;
}

function readString(): string {
  const length = readLength();
  const start = from;
  from += length;
  if (length <= 12) {
    let text = "";
    for (let i = start; i < from; i++) {
      const byte = source[i] ?? 0;
      if (byte >= 0x80) return source.toString("utf8", start, from);
      text += String.fromCharCode(byte);
    }
    return text;
  }
  return source.toString("utf8", start, from);
}

/** A copy: what storage returned must not be held by an item that lives longer. */
function readBytes(): Uint8Array {
  const length = readLength();
  const bytes = new Uint8Array(source.subarray(from, from + length));
  from += length;
  return bytes;
}

function readEncodedValue(): Value {
  const type = source[from++];
  switch (type) {
    case TYPE.S:
      return { S: readString() };
    case TYPE.N:
      return { N: readString() };
    case TYPE.B:
      return { B: readBytes() };
    case TYPE.TRUE:
      return { BOOL: true };
    case TYPE.FALSE:
      return { BOOL: false };
    case TYPE.NULL:
      return { NULL: true };
    case TYPE.L:
      return { L: times(readLength(), readEncodedValue) };
    case TYPE.M:
      return { M: readMembers() };
    case TYPE.SS:
      return { SS: times(readLength(), readString) };
    case TYPE.NS:
      return { NS: times(readLength(), readString) };
    default:
      assert(type === TYPE.BS, `no such type of value: ${type}`);
      return { BS: times(readLength(), readBytes) };
  }
}

function times<T>(count: number, read: () => T): T[] {
  const out: T[] = [];
  for (let i = 0; i < count; i++) out.push(read());
  return out;
}
