// CBOR (RFC 8949) as RPC v2 uses it: maps with text keys, definite and indefinite lengths, times under tag 1.
// It must never read past the end, nest without bound, or let a key reach a prototype.
import { setOwn } from "./document-codec.ts";
import { serializationError } from "./errors.ts";
import { NESTING_MAX } from "./limits.ts";

const UNSIGNED = 0;
const NEGATIVE = 1;
const BYTES = 2;
const TEXT = 3;
const ARRAY = 4;
const MAP = 5;
const TAG = 6;
const SIMPLE = 7;

const FALSE = 0xf4;
const TRUE = 0xf5;
const NULL = 0xf6;
const DOUBLE = 0xfb;
const INDEFINITE = 31;
const BREAK = 0xff;
const TAG_EPOCH = 1;
const TAG_POSITIVE_BIGNUM = 2;
const TAG_NEGATIVE_BIGNUM = 3;

/** Lets writing grow a buffer instead of joining many. */
const INITIAL_BYTES = 512;

export function decodeCbor(bytes: Uint8Array): unknown {
  const reader = new CborReader(bytes);
  const value = reader.value(0);
  if (!reader.done) throw malformed();
  return value;
}

function malformed() {
  return serializationError("The request body is not valid CBOR.");
}

class CborReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    // A Buffer's `slice` would share its memory.
    this.#bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get done(): boolean {
    return this.#at === this.#bytes.length;
  }

  value(depth: number): unknown {
    if (depth > NESTING_MAX) throw serializationError("The request is nested too deeply.");
    const head = this.#byte();
    const major = head >> 5;
    const info = head & 31;
    if (major === SIMPLE) return this.#simple(info);
    if (info === INDEFINITE) return this.#indefinite(major, depth);
    const argument = this.#argument(info);
    switch (major) {
      case UNSIGNED:
        return argument;
      case NEGATIVE:
        return typeof argument === "bigint" ? -1n - argument : -1 - argument;
      case BYTES:
        return this.#take(argument);
      case TEXT:
        return this.#text(argument);
      case ARRAY:
        return this.#array(argument, depth);
      case MAP:
        return this.#map(argument, depth);
      default:
        return this.#tagged(argument, depth);
    }
  }

  #byte(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw malformed();
    return byte;
  }

  #need(count: number): number {
    const at = this.#at;
    if (count > this.#bytes.length - at) throw malformed();
    this.#at += count;
    return at;
  }

  #argument(info: number): number | bigint {
    if (info < 24) return info;
    if (info === 24) return this.#byte();
    if (info === 25) return this.#view.getUint16(this.#need(2));
    if (info === 26) return this.#view.getUint32(this.#need(4));
    if (info !== 27) throw malformed();
    const wide = this.#view.getBigUint64(this.#need(8));
    return wide <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(wide) : wide;
  }

  #take(length: number | bigint): Uint8Array {
    const count = Number(length);
    const at = this.#need(count);
    return this.#bytes.slice(at, at + count);
  }

  #text(length: number | bigint): string {
    const count = Number(length);
    const at = this.#need(count);
    return Buffer.from(this.#bytes.buffer, this.#bytes.byteOffset + at, count).toString("utf8");
  }

  #array(length: number | bigint, depth: number): unknown[] {
    const out: unknown[] = [];
    for (let left = Number(length); left > 0; left--) out.push(this.value(depth + 1));
    return out;
  }

  #map(length: number | bigint, depth: number): Record<string, unknown> {
    const out: Record<string, unknown> = {};
    for (let left = Number(length); left > 0; left--) this.#entry(out, depth);
    return out;
  }

  #entry(out: Record<string, unknown>, depth: number): void {
    const key = this.value(depth + 1);
    if (typeof key !== "string") throw malformed();
    setOwn(out, key, this.value(depth + 1));
  }

  #indefinite(major: number, depth: number): unknown {
    const parts: Uint8Array[] = [];
    const items: unknown[] = [];
    const map: Record<string, unknown> = {};
    while (this.#bytes[this.#at] !== BREAK) {
      if (major === ARRAY) items.push(this.value(depth + 1));
      else if (major === MAP) this.#entry(map, depth);
      else if (major === BYTES || major === TEXT) parts.push(this.#part(major));
      else throw malformed();
    }
    this.#at++;
    if (major === ARRAY) return items;
    if (major === MAP) return map;
    const whole = Buffer.concat(parts);
    return major === TEXT ? whole.toString("utf8") : new Uint8Array(whole);
  }

  #part(major: number): Uint8Array {
    const head = this.#byte();
    if (head >> 5 !== major || (head & 31) === INDEFINITE) throw malformed();
    return this.#take(this.#argument(head & 31));
  }

  #tagged(tag: number | bigint, depth: number): unknown {
    const value = this.value(depth + 1);
    if (tag === TAG_EPOCH) {
      if (typeof value !== "number" && typeof value !== "bigint") throw malformed();
      const date = new Date(Math.round(Number(value) * 1000));
      if (Number.isNaN(date.getTime())) throw malformed();
      return date;
    }
    if (tag === TAG_POSITIVE_BIGNUM || tag === TAG_NEGATIVE_BIGNUM) {
      if (!(value instanceof Uint8Array)) throw malformed();
      const magnitude = value.length === 0 ? 0n : BigInt(`0x${Buffer.from(value).toString("hex")}`);
      return tag === TAG_POSITIVE_BIGNUM ? magnitude : -1n - magnitude;
    }
    return value;
  }

  #simple(info: number): unknown {
    switch (info) {
      case 20:
        return false;
      case 21:
        return true;
      case 22:
      case 23:
        return null;
      case 25:
        return halfFloat(this.#view.getUint16(this.#need(2)));
      case 26:
        return this.#view.getFloat32(this.#need(4));
      case 27:
        return this.#view.getFloat64(this.#need(8));
      default:
        throw malformed();
    }
  }
}

function halfFloat(bits: number): number {
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  const sign = bits & 0x8000 ? -1 : 1;
  if (exponent === 0) return sign * 2 ** -24 * fraction;
  if (exponent === 0x1f) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * 2 ** (exponent - 25) * (1024 + fraction);
}

export function encodeCbor(value: unknown): Uint8Array {
  const writer = new CborWriter();
  writer.value(value);
  return writer.bytes();
}

class CborWriter {
  #buffer = Buffer.allocUnsafe(INITIAL_BYTES);
  #at = 0;

  bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#at);
  }

  value(value: unknown): void {
    if (typeof value === "string") this.#text(value);
    else if (typeof value === "number") this.#number(value);
    else if (typeof value === "boolean") this.#byte(value ? TRUE : FALSE);
    else if (typeof value === "bigint") this.#bigint(value);
    else if (value === null || value === undefined) this.#byte(NULL);
    else if (value instanceof Uint8Array) this.#raw(BYTES, value);
    else if (value instanceof Date) this.#date(value);
    else if (Array.isArray(value)) this.#array(value);
    else this.#object(value as Record<string, unknown>);
  }

  /** Where the next `count` bytes go. It may replace the buffer: call it before the buffer is looked at. */
  #room(count: number): number {
    const at = this.#at;
    this.#at += count;
    if (this.#at > this.#buffer.length) {
      const grown = Buffer.allocUnsafe(Math.max(this.#at, this.#buffer.length * 2));
      this.#buffer.copy(grown, 0, 0, at);
      this.#buffer = grown;
    }
    return at;
  }

  #byte(byte: number): void {
    const at = this.#room(1);
    this.#buffer[at] = byte;
  }

  #head(major: number, argument: number): void {
    const top = major << 5;
    if (argument < 24) {
      this.#byte(top | argument);
    } else if (argument < 0x100) {
      this.#byte(top | 24);
      this.#byte(argument);
    } else if (argument < 0x10000) {
      this.#byte(top | 25);
      const at = this.#room(2);
      this.#buffer.writeUInt16BE(argument, at);
    } else if (argument < 0x1_0000_0000) {
      this.#byte(top | 26);
      const at = this.#room(4);
      this.#buffer.writeUInt32BE(argument, at);
    } else {
      this.#byte(top | 27);
      const at = this.#room(8);
      this.#buffer.writeBigUInt64BE(BigInt(argument), at);
    }
  }

  #text(text: string): void {
    const length = Buffer.byteLength(text);
    this.#head(TEXT, length);
    const at = this.#room(length);
    this.#buffer.write(text, at, "utf8");
  }

  #raw(major: number, bytes: Uint8Array): void {
    this.#head(major, bytes.length);
    const at = this.#room(bytes.length);
    this.#buffer.set(bytes, at);
  }

  #number(value: number): void {
    if (Number.isSafeInteger(value) && !Object.is(value, -0)) this.#head(value < 0 ? NEGATIVE : UNSIGNED, value < 0 ? -1 - value : value);
    else {
      this.#byte(DOUBLE);
      const at = this.#room(8);
      this.#buffer.writeDoubleBE(value, at);
    }
  }

  #bigint(value: bigint): void {
    const magnitude = value < 0n ? -1n - value : value;
    let digits = magnitude.toString(16);
    if (digits.length % 2) digits = `0${digits}`;
    this.#head(TAG, value < 0n ? TAG_NEGATIVE_BIGNUM : TAG_POSITIVE_BIGNUM);
    this.#raw(BYTES, Buffer.from(digits, "hex"));
  }

  #date(value: Date): void {
    this.#head(TAG, TAG_EPOCH);
    this.#number(value.getTime() / 1000);
  }

  #array(items: readonly unknown[]): void {
    this.#head(ARRAY, items.length);
    for (const item of items) this.value(item);
  }

  #object(fields: Record<string, unknown>): void {
    const keys = Object.keys(fields);
    this.#head(MAP, keys.length);
    for (const key of keys) {
      this.#text(key);
      this.value(fields[key]);
    }
  }
}
