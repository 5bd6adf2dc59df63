// What the tests of S3 share: a world with S3 in it, bodies to send and to read.
import type { InputOf } from "../../contract/models.ts";
import type { ServiceEntry } from "../../gateway/dispatch.ts";
import { AwsError } from "../../kernel/errors.ts";
import { createWorld, type World, type WorldOptions } from "../../testing/world.ts";
import { s3 } from "./service.ts";

export type S3World = World;

export function createS3World(options: Partial<WorldOptions> = {}, others: readonly ServiceEntry[] = []): Promise<S3World> {
  return createWorld({ ...options, services: [{ id: "s3", load: async () => s3 }, ...others] });
}

/** Bytes that differ along the way, so that a piece in the wrong place is seen. */
export function pattern(size: number, seed = 0): Uint8Array {
  const out = new Uint8Array(size);
  let value = seed;
  for (let at = 0; at < size; at++) {
    value = (value * 1103515245 + 12345) & 0x7fffffff;
    out[at] = value >>> 16;
  }
  return out;
}

export async function* stream(bytes: Uint8Array, chunkBytes = 64 * 1024): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
}

export type Body = InputOf<"s3", "PutObject">["Body"] | Uint8Array;

export async function bytesOf(body: Body): Promise<Uint8Array> {
  if (body === undefined) return new Uint8Array(0);
  if (body instanceof Uint8Array) return new Uint8Array(body);
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return new Uint8Array(Buffer.concat(chunks));
}

/** The AwsError that a call fails with. */
export async function errorOf(call: Promise<unknown>): Promise<AwsError> {
  try {
    await call;
  } catch (error) {
    if (error instanceof AwsError) return error;
    throw error;
  }
  throw new Error("the call was expected to fail");
}
