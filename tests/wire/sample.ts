// Random values of a shape, for round trips: strings with everything that encodings trip over, optional members at random.
import { integer, pick, type Random } from "../../src/kernel/random.ts";
import type { Member, Shape, Traits } from "../../src/protocol/schema.ts";

const TEXTS = ["a", "b c", "é€", "<x>&\"'", "a+b/c=d", "100%", "日本", "x\ty", "A.b-c_d~", "line\nbreak", "trailing "];
const PLAIN_TEXTS = ["abc", "a b", "a+b"];
const LABEL_TEXTS = ["abc", "a b", "a+b", "x/y", "a=b&c", "q-1", "é", "50%"];

/** Deeper than this, optional members that nest are left out, and lists are empty. */
const DEPTH_OPTIONAL_MAX = 4;
const DEPTH_LIST_MAX = 6;
const DEPTH_MAX = 12;

/** Members that the clients compute, move or rename on their own, so that what arrives is not what was given. */
const CLIENT_OWNED: ReadonlySet<string> = new Set([
  "ChecksumAlgorithm",
  "ContentEncoding",
  "ContentLength",
  "ContentMD5",
  "ContentType",
  "CopySourceSSECustomerKey",
  "CopySourceSSECustomerKeyMD5",
  "EndpointId",
  "ExpiresString",
  "SSECustomerKey",
  "SSECustomerKeyMD5",
  "accept",
  "accepts",
  "contentType",
]);

export function isClientOwned(name: string): boolean {
  return CLIENT_OWNED.has(name) || /^Checksum(CRC|SHA|MD5|XX)/.test(name);
}

export class Sampler {
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  structure(shape: Shape): Record<string, unknown> {
    return shape.kind === "unit" ? {} : (this.#value(shape, {}, 0) as Record<string, unknown>);
  }

  #value(shape: Shape, traits: Traits, depth: number): unknown {
    const random = this.#random;
    switch (shape.kind) {
      case "string":
        return this.#text(traits);
      case "number":
        return traits.httpResponseCode === 1 ? 200 + integer(random, 3) : pick(random, [0, 1, integer(random, 1000), 0.5, -7, 2 ** 31]);
      case "boolean":
        return integer(random, 2) === 0;
      case "bigInteger":
        return BigInt(integer(random, 1000));
      case "bigDecimal":
        return integer(random, 10);
      case "document":
        return { a: 1, b: ["x", { c: true }], d: "é", e: null };
      case "timestamp":
        return new Date(1_600_000_000_000 + integer(random, 1_000_000) * 1000);
      case "blob":
        return shape.streaming ? Buffer.from(random.bytes(5 + integer(random, 20))) : random.bytes(5 + integer(random, 20));
      case "list":
        return this.#list(shape, traits, depth);
      case "map":
        return this.#map(shape, traits, depth);
      case "union": {
        const candidates = shape.members.filter((member) => !this.#isTooDeep(member, depth));
        const member = candidates.length > 0 ? pick(random, candidates) : shape.members[0];
        return member ? { [member.name]: this.#value(member.shape, member.traits, depth + 1) } : {};
      }
      case "structure":
        return this.#members(shape, depth);
      case "unit":
        return {};
    }
  }

  #text(traits: Traits): string {
    const suffix = integer(this.#random, 99);
    if (traits.httpHeader !== undefined) return pick(this.#random, PLAIN_TEXTS) + suffix;
    if (traits.httpLabel === 1) return pick(this.#random, LABEL_TEXTS) + suffix;
    return pick(this.#random, TEXTS) + suffix;
  }

  #list(shape: Shape, traits: Traits, depth: number): unknown[] {
    const { element } = shape;
    if (!element || depth > DEPTH_LIST_MAX) return [];
    const placed: Traits = { ...element.traits, ...(traits.httpHeader !== undefined && { httpHeader: traits.httpHeader }) };
    return Array.from({ length: 1 + integer(this.#random, 2) }, () => this.#value(element.shape, placed, depth + 1));
  }

  #map(shape: Shape, traits: Traits, depth: number): Record<string, unknown> {
    const { element } = shape;
    const out: Record<string, unknown> = {};
    if (!element || depth > DEPTH_LIST_MAX) return out;
    const prefixed = traits.httpPrefixHeaders !== undefined;
    const placed: Traits = { ...element.traits, ...(prefixed && { httpHeader: "x" }) };
    for (let i = 0; i < 2; i++)
      out[`${prefixed || traits.httpQueryParams === 1 ? "key" : "K é<"}${i}`] = this.#value(element.shape, placed, depth + 1);
    return out;
  }

  #members(shape: Shape, depth: number): Record<string, unknown> {
    const out: Record<string, unknown> = {};
    for (const member of shape.members) {
      const { name, traits } = member;
      if (isClientOwned(name) || (member.shape.kind === "union" && member.shape.streaming)) continue;
      const wanted = member.required || traits.idempotencyToken === 1 || traits.httpResponseCode === 1;
      if (!wanted && (this.#isTooDeep(member, depth) || this.#random.float() < (depth > 2 ? 0.8 : 0.4))) continue;
      out[name] = this.#value(member.shape, traits, depth + 1);
    }
    // An empty structure is not told from an absent one in every protocol.
    if (depth > 0 && depth < DEPTH_MAX && Object.keys(out).length === 0) {
      const member = shape.members.find(({ shape: { kind } }) => !["structure", "union", "list", "map"].includes(kind)) ?? shape.members[0];
      if (member) out[member.name] = this.#value(member.shape, member.traits, depth + 1);
    }
    return out;
  }

  #isTooDeep({ shape }: Member, depth: number): boolean {
    return depth > DEPTH_OPTIONAL_MAX && ["structure", "union", "list", "map"].includes(shape.kind);
  }
}
