// The value codec: plain data (objects, arrays, strings, numbers, bigints, dates, bytes, booleans, null) as MessagePack.
import { Packr } from "msgpackr";

// Plain maps, no shared structures: a value can be read on its own, by any version and any node.
const codec = new Packr({ useRecords: false, moreTypes: true });

export function encodeValue(value: unknown): Uint8Array {
  return codec.pack(value);
}

/** The caller names the type that it stored; a collection does this once for all its records. */
export function decodeValue<T>(bytes: Uint8Array): T {
  return codec.unpack(bytes);
}
