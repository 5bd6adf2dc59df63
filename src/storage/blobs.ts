// The blob store contract: bodies too large for a value. Written first, then pointed to by a record in a transaction;
// what no record points to is an orphan, and a sweep removes it.

/** Hexadecimal digits of a blob's id, lower case. */
export const BLOB_ID_LENGTH = 32;

/** What reading a blob throws that is not there (any more). */
export class BlobNotFound extends Error {
  override readonly name = "BlobNotFound";

  constructor(id: string) {
    super(`There is no blob ${id}`);
  }
}

export interface BlobWriter {
  /** Resolves when more may be written. Takes the chunk over: do not change it afterwards. */
  write(chunk: Uint8Array): Promise<void>;
  /** Syncs and names the blob; from now on it can be read. */
  finish(): Promise<{ readonly id: string; readonly size: number }>;
  /** Removes what was written. */
  abort(): Promise<void>;
}

export interface BlobStore {
  create(): Promise<BlobWriter>;
  /** Bytes from `start` to `end`, both inclusive, whole by default. Throws before the first byte when the blob does not exist. */
  read(id: string, range?: { readonly start: number; readonly end: number }): AsyncIterable<Uint8Array>;
  /** Removing what is not there is no error. */
  delete(id: string): Promise<void>;
  /** Ids in pages, with the time of writing: for the sweep. */
  list(after: string | undefined, limit: number): Promise<{ readonly id: string; readonly writtenAtMs: number; readonly size: number }[]>;
}
