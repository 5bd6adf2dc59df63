// Byte ranges of GetObject, HeadObject and UploadPartCopy: pure rules.
import { invalidArgument, invalidRange } from "./errors.ts";

/** Both ends inclusive. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * The range that a Range header asks of an object of `size` bytes. Undefined means the whole object: no header, several
 * ranges at once or a form that S3 ignores. Throws InvalidRange when nothing of it is there.
 */
export function parseRange(header: string | undefined, size: number): ByteRange | undefined {
  const found = /^bytes\s*=\s*(\d*)\s*-\s*(\d*)$/i.exec(header?.trim() ?? "");
  if (header === undefined || !found) return undefined;
  const [, first = "", last = ""] = found;
  if (first === "") {
    if (last === "") return undefined;
    const length = Math.min(Number(last), size);
    if (length === 0) throw invalidRange(header, size);
    return { start: size - length, end: size - 1 };
  }
  const start = Number(first);
  const end = last === "" ? size - 1 : Math.min(Number(last), size - 1);
  if (last !== "" && Number(last) < start) return undefined;
  if (start >= size) throw invalidRange(header, size);
  return { start, end };
}

/** The x-amz-copy-source-range header: both ends are required and must lie in the object. */
export function parseCopyRange(header: string, size: number): ByteRange {
  const found = /^bytes=(\d+)-(\d+)$/.exec(header);
  const start = Number(found?.[1]);
  const end = Number(found?.[2]);
  if (!found || end < start) {
    throw invalidArgument(
      "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy",
      "x-amz-copy-source-range",
      header,
    );
  }
  if (end >= size)
    throw invalidArgument(`Range specified is not valid for source object of size: ${size}`, "x-amz-copy-source-range", header);
  return { start, end };
}

export function contentRange(range: ByteRange, size: number): string {
  return `bytes ${range.start}-${range.end}/${size}`;
}
