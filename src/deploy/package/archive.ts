// The code of a function as a set of files: its hash, and its zip archive, the same bytes for the same files.
import { createHash } from "node:crypto";
import { type Zippable, zipSync } from "fflate";

export interface CodeFile {
  readonly content: Uint8Array;
  readonly isExecutable: boolean;
}

/** By path, relative and with slashes. */
export type CodeFiles = ReadonlyMap<string, CodeFile>;

/** 16 hexadecimal digits. */
export function contentHash(files: CodeFiles): string {
  const hash = createHash("sha256");
  for (const [path, file] of sorted(files)) {
    hash.update(`${path}\0${file.isExecutable ? "x" : "-"}\0${file.content.byteLength}\0`);
    hash.update(file.content);
  }
  return hash.digest("hex").slice(0, 16);
}

const UNIX = 3;
/** The earliest time that a zip archive can hold: archives must not differ by when they were made. */
const EPOCH = "1980-01-01T00:00:00";

export function zipArchive(files: CodeFiles): Uint8Array {
  const entries: Zippable = {};
  for (const [path, file] of sorted(files)) {
    const mode = 0o100000 | (file.isExecutable ? 0o755 : 0o644);
    entries[path] = [file.content, { level: 6, mtime: EPOCH, os: UNIX, attrs: (mode << 16) >>> 0 }];
  }
  return zipSync(entries);
}

function sorted(files: CodeFiles): (readonly [string, CodeFile])[] {
  return [...files].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}
