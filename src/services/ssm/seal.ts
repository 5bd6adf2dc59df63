// SecureString values at rest: AES-256-GCM under a key of the account and region, bound to the parameter's ARN. The key is
// kept in the same storage: whoever has all of that can read the values, whoever has a value alone cannot.
import { createCipheriv, createDecipheriv } from "node:crypto";
import type { Context } from "../../contract/context.ts";
import { assert } from "../../kernel/assert.ts";
import type { Transaction } from "../../storage/transaction.ts";
import { sealingKeys } from "./keys.ts";

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** The first byte of a sealed value says how it was made. */
const FORMAT = 1;

/** The key of the account and region; it is made when it is first needed. */
export async function sealingKey(context: Context): Promise<Uint8Array> {
  const key: [string, string] = [context.account, context.region];
  const known = await context.storage.snapshot((tx) => sealingKeys.get(tx, key));
  if (known) return known;
  const fresh = context.random.bytes(KEY_BYTES);
  return context.storage.transact(async (tx: Transaction) => {
    const raced = await sealingKeys.get(tx, key);
    if (raced) return raced;
    sealingKeys.set(tx, key, fresh);
    return fresh;
  });
}

/** @returns base64 */
export function seal(key: Uint8Array, nonce: Uint8Array, arn: string, text: string): string {
  assert(nonce.length === NONCE_BYTES, "a nonce of the wrong length");
  const cipher = createCipheriv("aes-256-gcm", key, nonce);
  cipher.setAAD(Buffer.from(arn));
  const sealed = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
  return Buffer.concat([Buffer.of(FORMAT), nonce, cipher.getAuthTag(), sealed]).toString("base64");
}

export function newNonce(context: Context): Uint8Array {
  return context.random.bytes(NONCE_BYTES);
}

/** Throws when the value was sealed for another parameter, under another key, or was changed. */
export function unseal(key: Uint8Array, arn: string, value: string): string {
  const bytes = Buffer.from(value, "base64");
  assert(bytes[0] === FORMAT, "a sealed value of an unknown format");
  const tagAt = 1 + NONCE_BYTES;
  const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(1, tagAt));
  decipher.setAAD(Buffer.from(arn));
  decipher.setAuthTag(bytes.subarray(tagAt, tagAt + TAG_BYTES));
  return Buffer.concat([decipher.update(bytes.subarray(tagAt + TAG_BYTES)), decipher.final()]).toString("utf8");
}
