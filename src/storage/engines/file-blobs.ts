// Blobs as files. A file is written under a temporary name, synced, then renamed to its id, and the directory is synced:
// a name always means a whole blob. Calls that only touch names are synchronous; bytes and syncs never block the thread.
//
//   3/f/3f…   32 hexadecimal digits: 2 that pick the directory, 12 of the time of writing in ms, 18 of chance
//   new/…     what is being written: the process, a number
import {
  closeSync,
  existsSync,
  fdatasync,
  fsync,
  fsyncSync,
  mkdirSync,
  openSync,
  read,
  readdirSync,
  renameSync,
  unlink,
  unlinkSync,
  writev,
} from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { assert } from "../../kernel/assert.ts";
import type { Clock } from "../../kernel/clock.ts";
import { hex } from "../../kernel/ids.ts";
import type { Random } from "../../kernel/random.ts";
import { BLOB_ID_LENGTH, BlobNotFound, type BlobStore, type BlobWriter } from "../blobs.ts";

export interface FileBlobsOptions {
  /** Made if need be. */
  readonly directory: string;
  readonly random: Random;
  readonly clock: Clock;
}

/** Written bytes are gathered up to this many before they go to the file. */
const WRITE_BYTES = 1024 * 1024;
/** Bytes that one read asks for. */
const READ_BYTES = 256 * 1024;
const DIGITS = "0123456789abcdef";
const TIME_DIGITS = 12;
const ID = new RegExp(`^[0-9a-f]{${BLOB_ID_LENGTH}}$`);

const writeAll = promisify(writev);
const readSome = promisify(read);
const sync = promisify(fdatasync);
const syncDirectory = promisify(fsync);
const remove = promisify(unlink);

/** Temporary names of this process, over all its stores: what has its process id and is not here is an earlier process's. */
const living = new Set<string>();
let writers = 0;

export function openFileBlobs({ directory, random, clock }: FileBlobsOptions): BlobStore {
  const fresh = join(directory, "new");
  makeFolders(directory, fresh);
  removeLeftovers(fresh);

  const folderOf = (id: string) => join(directory, id.charAt(0), id.charAt(1));
  const pathOf = (id: string) => join(folderOf(id), id);
  const newId = () => {
    const chance = hex(random, BLOB_ID_LENGTH - TIME_DIGITS);
    return chance.slice(0, 2) + clock.now().toString(16).padStart(TIME_DIGITS, "0") + chance.slice(2);
  };

  return {
    create: async () => new FileBlobWriter(fresh, newId, folderOf),
    async *read(id, range) {
      if (!ID.test(id)) throw new BlobNotFound(id);
      yield* readFile(id, pathOf(id), range?.start ?? 0, range?.end ?? Number.MAX_SAFE_INTEGER);
    },
    async delete(id) {
      if (ID.test(id)) await remove(pathOf(id)).catch(ignoreMissing);
    },
    async list(after, limit) {
      const out: { id: string; writtenAtMs: number; size: number }[] = [];
      for (const folder of foldersFrom(after)) {
        const ids = (await readdir(join(directory, folder.charAt(0), folder.charAt(1)))).filter(
          (name) => ID.test(name) && name > (after ?? ""),
        );
        for (const id of ids.sort()) {
          if (out.length === limit) return out;
          const status = await stat(pathOf(id)).catch(ignoreMissing);
          if (status) out.push({ id, writtenAtMs: writtenAtMs(id), size: status.size });
        }
      }
      return out;
    },
  };
}

function writtenAtMs(id: string): number {
  return Number.parseInt(id.slice(2, 2 + TIME_DIGITS), 16);
}

/** The two digits of every directory that can hold ids after this one, in order. */
function* foldersFrom(after: string | undefined): Generator<string> {
  for (const first of DIGITS) {
    for (const second of DIGITS) if (after === undefined || first + second >= after.slice(0, 2)) yield first + second;
  }
}

async function* readFile(id: string, path: string, start: number, end: number): AsyncGenerator<Uint8Array> {
  let file: number;
  try {
    file = openSync(path, "r");
  } catch (error) {
    if (codeOf(error) === "ENOENT") throw new BlobNotFound(id);
    throw error;
  }
  try {
    for (let at = start; at <= end; ) {
      const wanted = Math.min(READ_BYTES, end - at + 1);
      const { bytesRead, buffer } = await readSome(file, Buffer.allocUnsafe(wanted), 0, wanted, at);
      if (bytesRead === 0) return;
      at += bytesRead;
      yield bytesRead === wanted ? buffer : buffer.subarray(0, bytesRead);
      if (bytesRead < wanted) return;
    }
  } finally {
    closeSync(file);
  }
}

class FileBlobWriter implements BlobWriter {
  readonly #fresh: string;
  readonly #newId: () => string;
  readonly #folderOf: (id: string) => string;
  #path: string | undefined;
  #file: number | undefined;
  #chunks: Uint8Array[] = [];
  #gathered = 0;
  #written = 0;
  #ended = false;

  constructor(fresh: string, newId: () => string, folderOf: (id: string) => string) {
    this.#fresh = fresh;
    this.#newId = newId;
    this.#folderOf = folderOf;
  }

  async write(chunk: Uint8Array): Promise<void> {
    assert(!this.#ended, "a blob was written to after its end");
    if (chunk.length === 0) return;
    this.#chunks.push(chunk);
    this.#gathered += chunk.length;
    if (this.#gathered >= WRITE_BYTES) await this.#flush(this.#open());
  }

  async finish(): Promise<{ readonly id: string; readonly size: number }> {
    assert(!this.#ended, "a blob was finished twice");
    this.#ended = true;
    try {
      const file = this.#open();
      await this.#flush(file);
      await sync(file);
      const id = this.#newId();
      const folder = this.#folderOf(id);
      renameSync(this.#path ?? "", join(folder, id));
      this.#close();
      await syncFolder(folder);
      return { id, size: this.#written };
    } catch (error) {
      await this.#discard();
      throw error;
    }
  }

  async abort(): Promise<void> {
    this.#ended = true;
    await this.#discard();
  }

  #open(): number {
    if (this.#file !== undefined) return this.#file;
    this.#path = join(this.#fresh, `${process.pid}-${writers++}`);
    living.add(this.#path);
    this.#file = openSync(this.#path, "wx", 0o600);
    return this.#file;
  }

  async #flush(file: number): Promise<void> {
    const chunks = this.#chunks;
    this.#chunks = [];
    this.#gathered = 0;
    for (let left = chunks; left.length > 0; ) {
      const { bytesWritten } = await writeAll(file, left);
      this.#written += bytesWritten;
      left = after(left, bytesWritten);
    }
  }

  #close(): void {
    if (this.#path !== undefined) living.delete(this.#path);
    if (this.#file !== undefined) closeSync(this.#file);
    this.#path = undefined;
    this.#file = undefined;
  }

  async #discard(): Promise<void> {
    const path = this.#path;
    this.#chunks = [];
    this.#close();
    if (path !== undefined) await remove(path).catch(ignoreMissing);
  }
}

/** What is left of `chunks` once that many bytes are written: a write may be cut short. */
function after(chunks: readonly Uint8Array[], bytes: number): Uint8Array[] {
  const out: Uint8Array[] = [];
  let skip = bytes;
  for (const chunk of chunks) {
    if (skip >= chunk.length) {
      skip -= chunk.length;
    } else {
      out.push(skip === 0 ? chunk : chunk.subarray(skip));
      skip = 0;
    }
  }
  return out;
}

async function syncFolder(path: string): Promise<void> {
  const folder = openSync(path, "r");
  try {
    await syncDirectory(folder);
  } finally {
    closeSync(folder);
  }
}

/** All 256 at once, so that no write has to make and sync one. `new` comes last: where it is, the others are. */
function makeFolders(root: string, fresh: string): void {
  if (existsSync(fresh)) return;
  mkdirSync(root, { recursive: true, mode: 0o700 });
  for (const first of DIGITS) for (const second of DIGITS) mkdirSync(join(root, first, second), { recursive: true });
  for (const path of [...[...DIGITS].map((digit) => join(root, digit)), root, dirname(root)]) syncFolderNow(path);
  mkdirSync(fresh);
  syncFolderNow(root);
}

function syncFolderNow(path: string): void {
  const folder = openSync(path, "r");
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

function removeLeftovers(fresh: string): void {
  for (const name of readdirSync(fresh)) {
    const path = join(fresh, name);
    const pid = Number.parseInt(name, 10);
    if (pid === process.pid ? !living.has(path) : !isAlive(pid)) unlinkSync(path);
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === "EPERM";
  }
}

function ignoreMissing(error: unknown): undefined {
  if (codeOf(error) !== "ENOENT") throw error;
  return undefined;
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
