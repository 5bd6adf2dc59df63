// The file system behind the Files port of deployments.
import { constants } from "node:fs";
import { access, mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { FileEntry, Files } from "../deploy/ports.ts";

export function createFiles(): Files {
  let written = 0;
  return {
    readText: async (path) => absent(readFile(path, "utf8")),
    readBytes: async (path) => absent(readFile(path)),
    list: async (directory) => {
      const names = (await absent(readdir(directory))) ?? [];
      const entries = await Promise.all(names.sort().map((name) => entryOf(join(directory, name))));
      return entries.filter((entry) => entry !== undefined);
    },
    stat: entryOf,
    write: async (path, content) => {
      await mkdir(dirname(path), { recursive: true });
      const temporary = `${path}.${process.pid}-${written++}.tmp`;
      await writeFile(temporary, content);
      await rename(temporary, path);
    },
    remove: (path) => rm(path, { recursive: true, force: true }),
  };
}

async function entryOf(path: string): Promise<FileEntry | undefined> {
  const found = await absent(stat(path));
  if (!found || !(found.isFile() || found.isDirectory())) return undefined;
  const isExecutable =
    found.isFile() &&
    (await access(path, constants.X_OK).then(
      () => true,
      () => false,
    ));
  return { path, kind: found.isDirectory() ? "directory" : "file", size: found.size, isExecutable };
}

/** What is not there, or is a folder where a file was asked for, is undefined. */
async function absent<T>(promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOENT" || code === "ENOTDIR" || code === "EISDIR" || code === "ELOOP") return undefined;
    throw error;
  }
}
