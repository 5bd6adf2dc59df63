// Fn::Cidr: the first blocks of a given size within an address block, IPv4 or IPv6. Pure arithmetic.
import { validationError } from "./template.ts";

const COUNT_MAX = 256;

/** `count` blocks of `hostBits` host bits each, from the start of `block` (`10.0.0.0/16`). Throws ValidationError. */
export function cidrBlocks(block: string, count: number, hostBits: number): string[] {
  const [address = "", prefixText = ""] = block.split("/");
  const width = address.includes(":") ? 128 : 32;
  const prefix = Number(prefixText);
  const start = width === 32 ? parseV4(address) : parseV6(address);
  const valid = start !== undefined && /^\d+$/.test(prefixText) && prefix <= width;
  const countValid = Number.isInteger(count) && count >= 1 && count <= COUNT_MAX;
  if (!valid || !countValid || !Number.isInteger(hostBits) || hostBits < 1 || hostBits > width - prefix) {
    throw validationError(`Template error: Fn::Cidr can't be calculated from [${block}, ${count}, ${hostBits}]`);
  }
  if (count > 2 ** Math.min(width - prefix - hostBits, 52)) {
    throw validationError(`Template error: Fn::Cidr: ${block} has no room for ${count} blocks of ${hostBits} host bits`);
  }
  const size = 1n << BigInt(hostBits);
  const base = (start >> BigInt(width - prefix)) << BigInt(width - prefix);
  return Array.from({ length: count }, (_, index) => {
    const at = base + BigInt(index) * size;
    return `${width === 32 ? formatV4(at) : formatV6(at)}/${width - hostBits}`;
  });
}

function parseV4(text: string): bigint | undefined {
  const parts = text.split(".");
  if (parts.length !== 4 || parts.some((part) => !/^\d{1,3}$/.test(part) || Number(part) > 255)) return undefined;
  return parts.reduce((value, part) => (value << 8n) | BigInt(part), 0n);
}

function formatV4(value: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 255n).join(".");
}

function parseV6(text: string): bigint | undefined {
  const [head = "", tail, more] = text.split("::");
  if (more !== undefined) return undefined;
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  const missing = 8 - left.length - right.length;
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined;
  const groups = [...left, ...Array.from({ length: missing }, () => "0"), ...right];
  if (groups.some((group) => !/^[0-9a-fA-F]{1,4}$/.test(group))) return undefined;
  return groups.reduce((value, group) => (value << 16n) | BigInt(Number.parseInt(group, 16)), 0n);
}

/** The longest run of two or more zero groups is written as `::`. */
function formatV6(value: bigint): string {
  const groups = Array.from({ length: 8 }, (_, index) => ((value >> BigInt(112 - 16 * index)) & 0xffffn).toString(16));
  let best = { at: 0, length: 1 };
  for (let at = 0; at < groups.length; at++) {
    let length = 0;
    while (groups[at + length] === "0") length++;
    if (length > best.length) best = { at, length };
  }
  if (best.length < 2) return groups.join(":");
  return `${groups.slice(0, best.at).join(":")}::${groups.slice(best.at + best.length).join(":")}`;
}
