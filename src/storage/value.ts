// The value codec: plain data (objects, arrays, strings, numbers, bigints, dates, bytes, booleans, null) as MessagePack.
import { addExtension, Packr } from "msgpackr";

// Plain maps, no shared structures: a value can be read on its own, by any version and any node.
const codec = new Packr({ useRecords: false, moreTypes: true });

/**
 * A value with `__proto__` in it: msgpackr renames such a member where it reads objects, so that the value is kept as bytes
 * within bytes and read by way of maps. Names that come from users may be any.
 */
class Guarded {
  readonly bytes: Buffer;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }
}

const PROTO = Buffer.from("__proto__");
/** Its MessagePack extension type; never changes. */
const GUARDED = 0x50;
const mapCodec = new Packr({ useRecords: false, moreTypes: true, mapsAsObjects: false });

addExtension({
  Class: Guarded,
  type: GUARDED,
  pack: (value: Guarded) => value.bytes,
  unpack: (bytes: Buffer) => withObjects(mapCodec.unpack(bytes)),
});

export function encodeValue(value: unknown): Uint8Array {
  const bytes = codec.pack(value);
  return bytes.includes(PROTO) ? codec.pack(new Guarded(bytes)) : bytes;
}

/** The caller names the type that it stored; a collection does this once for all its records. */
export function decodeValue<T>(bytes: Uint8Array): T {
  return codec.unpack(bytes);
}

function withObjects(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withObjects);
  if (!(value instanceof Map)) return value;
  const object: Record<string, unknown> = {};
  for (const [name, member] of value) {
    Object.defineProperty(object, String(name), { value: withObjects(member), enumerable: true, configurable: true, writable: true });
  }
  return object;
}
