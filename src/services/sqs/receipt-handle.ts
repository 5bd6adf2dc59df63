// Receipt handles: opaque to clients, they say which message of which store was received, where it was put, and which receive it was.
// They carry a checksum against typing errors and are no secret: the queue's permissions decide who may use them.

/** What a handle says. */
export interface Receipt {
  readonly store: string;
  readonly sequence: number;
  /** Where the receive put the message: its key, unless its visibility was changed since. */
  readonly visibleAtMs: number;
  /** The message's receive count with this receive; a later receive makes the handle stale. */
  readonly receives: number;
}

/** The first three bytes give AWS's own beginning, `AQEB`. */
const MAGIC = [1, 1, 1];
const STORE_BYTES = 8;
const LENGTH = MAGIC.length + STORE_BYTES + 8 + 8 + 4 + 4;

export function formatReceipt(receipt: Receipt): string {
  const bytes = Buffer.alloc(LENGTH);
  bytes.set(MAGIC);
  bytes.write(receipt.store, MAGIC.length, "hex");
  bytes.writeDoubleBE(receipt.sequence, MAGIC.length + STORE_BYTES);
  bytes.writeDoubleBE(receipt.visibleAtMs, MAGIC.length + STORE_BYTES + 8);
  bytes.writeUInt32BE(receipt.receives, MAGIC.length + STORE_BYTES + 16);
  bytes.writeUInt32BE(checksum(bytes), LENGTH - 4);
  return bytes.toString("base64");
}

/** Undefined when `handle` was not made by us. */
export function parseReceipt(handle: string): Receipt | undefined {
  const bytes = Buffer.from(handle, "base64");
  if (bytes.length !== LENGTH || MAGIC.some((byte, at) => bytes[at] !== byte)) return undefined;
  if (bytes.readUInt32BE(LENGTH - 4) !== checksum(bytes)) return undefined;
  return {
    store: bytes.toString("hex", MAGIC.length, MAGIC.length + STORE_BYTES),
    sequence: bytes.readDoubleBE(MAGIC.length + STORE_BYTES),
    visibleAtMs: bytes.readDoubleBE(MAGIC.length + STORE_BYTES + 8),
    receives: bytes.readUInt32BE(MAGIC.length + STORE_BYTES + 16),
  };
}

/** FNV-1a over all but the last four bytes. */
function checksum(bytes: Buffer): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < LENGTH - 4; at++) hash = Math.imul(hash ^ (bytes[at] ?? 0), 0x01000193);
  return hash >>> 0;
}
