// One process at a time in a data directory. The lock is SQLite's lock on a file of its own (SQLite comes with Node): the
// operating system takes it away when the process ends, however it ends, so that no lock is ever left behind.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** SQLite's result code for a file that another connection has locked. */
const SQLITE_BUSY = 5;

export interface DirectoryLock {
  release(): void;
}

/** Makes the directory if need be. Throws an error that says who has it. */
export function lockDirectory(directory: string): DirectoryLock {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const holder = join(directory, "process");
  const database = new DatabaseSync(join(directory, "lock"));
  try {
    // The journal in memory: nothing is ever written but for the lock's sake.
    database.exec("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
  } catch (error) {
    database.close();
    if (error instanceof Error && "errcode" in error && error.errcode === SQLITE_BUSY) {
      throw new Error(`data directory ${directory} is in use by process ${read(holder)}`, { cause: error });
    }
    throw error;
  }
  writeFileSync(holder, `${process.pid}\n`);
  return { release: () => database.close() };
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8").trim() || "(unknown)";
  } catch {
    return "(unknown)";
  }
}
