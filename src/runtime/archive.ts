// Reads a zip archive of a function's code (PKWARE APPNOTE 6.3): stored and deflated entries, ZIP64 not needed at these
// sizes. It must never hand out a path that leaves the folder, nor more bytes than a function may have.
import { promisify } from "node:util";
import { inflateRaw } from "node:zlib";
import { AwsError } from "../kernel/errors.ts";
import { CODE_BYTES_MAX, CODE_FILES_MAX } from "./limits.ts";
import type { CodeFile } from "./ports.ts";

const inflate = promisify<Uint8Array, { maxOutputLength: number }, Buffer>(inflateRaw);

const END_OF_DIRECTORY = 0x06054b50;
const END_OF_DIRECTORY_BYTES = 22;
const DIRECTORY_ENTRY = 0x02014b50;
const DIRECTORY_ENTRY_BYTES = 46;
const LOCAL_HEADER = 0x04034b50;
const LOCAL_HEADER_BYTES = 30;
/** A comment behind the directory is at most this long. */
const COMMENT_BYTES_MAX = 65_535;
/** In the upper half of the external attributes, when the archive was made on Unix. */
const FILE_TYPE = 0o170000;
const SYMBOLIC_LINK = 0o120000;
const EXECUTABLE = 0o111;
const ENCRYPTED = 1;

interface DirectoryEntry {
  readonly path: string;
  readonly mode: number;
  readonly flags: number;
  readonly method: number;
  readonly packedBytes: number;
  readonly bytes: number;
  readonly at: number;
}

/** The files of an archive. Throws InvalidParameterValueException in Lambda's words when it is not one. */
export async function* readArchive(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<CodeFile> {
  const archive = await gather(chunks);
  const entries = directoryOf(archive);
  let total = 0;
  for (const entry of entries) total += entry.bytes;
  if (total > CODE_BYTES_MAX) throw tooLarge();
  let files = 0;
  for (const entry of entries) {
    if (entry.path.endsWith("/")) continue;
    const path = safePath(entry.path);
    const bytes = await contentOf(archive, entry);
    files++;
    const isLink = (entry.mode & FILE_TYPE) === SYMBOLIC_LINK;
    yield {
      path,
      executable: (entry.mode & EXECUTABLE) !== 0,
      bytes,
      ...(isLink && { linkTo: safeLink(path, Buffer.from(bytes).toString()) }),
    };
  }
  if (files === 0) throw new AwsError("InvalidParameterValueException", "Uploaded file must be a non-empty zip");
}

async function gather(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  let held = 0;
  for await (const chunk of chunks) {
    held += chunk.length;
    if (held > CODE_BYTES_MAX) throw tooLarge();
    pieces.push(chunk);
  }
  return Buffer.concat(pieces, held);
}

function directoryOf(archive: Buffer): DirectoryEntry[] {
  const lowest = Math.max(0, archive.length - END_OF_DIRECTORY_BYTES - COMMENT_BYTES_MAX);
  let end = archive.length - END_OF_DIRECTORY_BYTES;
  while (end >= lowest && archive.readUInt32LE(end) !== END_OF_DIRECTORY) end--;
  if (end < lowest) throw unreadable();
  const count = archive.readUInt16LE(end + 10);
  if (count > CODE_FILES_MAX) throw tooLarge();
  let at = archive.readUInt32LE(end + 16);
  const entries: DirectoryEntry[] = [];
  for (let i = 0; i < count; i++) {
    if (at + DIRECTORY_ENTRY_BYTES > archive.length || archive.readUInt32LE(at) !== DIRECTORY_ENTRY) throw unreadable();
    const nameBytes = archive.readUInt16LE(at + 28);
    entries.push({
      flags: archive.readUInt16LE(at + 8),
      method: archive.readUInt16LE(at + 10),
      packedBytes: archive.readUInt32LE(at + 20),
      bytes: archive.readUInt32LE(at + 24),
      mode: archive.readUInt32LE(at + 38) >>> 16,
      at: archive.readUInt32LE(at + 42),
      path: archive.toString("utf8", at + DIRECTORY_ENTRY_BYTES, at + DIRECTORY_ENTRY_BYTES + nameBytes),
    });
    at += DIRECTORY_ENTRY_BYTES + nameBytes + archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32);
  }
  return entries;
}

async function contentOf(archive: Buffer, entry: DirectoryEntry): Promise<Uint8Array> {
  if (entry.at + LOCAL_HEADER_BYTES > archive.length || archive.readUInt32LE(entry.at) !== LOCAL_HEADER) throw unreadable();
  if ((entry.flags & ENCRYPTED) !== 0) throw unreadable();
  const from = entry.at + LOCAL_HEADER_BYTES + archive.readUInt16LE(entry.at + 26) + archive.readUInt16LE(entry.at + 28);
  const packed = archive.subarray(from, from + entry.packedBytes);
  if (packed.length !== entry.packedBytes) throw unreadable();
  const bytes = await unpacked(packed, entry);
  if (bytes.length !== entry.bytes) throw unreadable();
  return bytes;
}

async function unpacked(packed: Buffer, entry: DirectoryEntry): Promise<Uint8Array> {
  if (entry.method === 0) return packed;
  if (entry.method !== 8) throw unreadable();
  try {
    // What the directory promises bounds what is taken: an archive that lies about its sizes does not unpack.
    return await inflate(packed, { maxOutputLength: Math.max(1, entry.bytes) });
  } catch {
    throw unreadable();
  }
}

/** The entry's path below the folder. */
function safePath(path: string): string {
  const parts = path
    .replaceAll("\\", "/")
    .split("/")
    .filter((part) => part !== "" && part !== ".");
  if (path.startsWith("/") || parts.length === 0 || parts.includes("..") || path.includes("\0")) throw unreadable();
  return parts.join("/");
}

/** A link may point anywhere below the folder, and nowhere else. */
function safeLink(path: string, target: string): string {
  const parts = path.split("/").slice(0, -1);
  if (target.startsWith("/") || target.includes("\0")) throw unreadable();
  for (const part of target.split("/")) {
    if (part === "..") {
      if (parts.pop() === undefined) throw unreadable();
    } else if (part !== "" && part !== ".") parts.push(part);
  }
  return target;
}

function unreadable(): AwsError {
  return new AwsError("InvalidParameterValueException", "Could not unzip uploaded file. Please check your file, then try to upload again.");
}

function tooLarge(): AwsError {
  return new AwsError("InvalidParameterValueException", `Unzipped size must be smaller than ${CODE_BYTES_MAX} bytes`);
}
