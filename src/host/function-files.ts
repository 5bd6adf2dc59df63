// Folders for functions: unpacked code, temporary directories of environments, compiled code. All of it can be made again:
// what an earlier run left is removed at the start.
import { type Dirent, type FSWatcher, mkdirSync, readdirSync, watch } from "node:fs";
import { chmod, mkdir, mkdtemp, readdir, rename, rm, stat, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { CodeFile, FilePort } from "../runtime/ports.ts";

export interface FunctionFilesOptions {
  /** An absolute path; the folder is this platform's alone. */
  readonly directory: string;
}

export function openFunctionFiles({ directory }: FunctionFilesOptions): FilePort {
  const run = join(directory, `run-${process.pid}-${Date.now().toString(36)}`);
  const code = join(run, "code");
  const temporary = join(run, "tmp");
  const compileCache = join(directory, "compile-cache");
  for (const folder of [code, temporary, compileCache]) mkdirSync(folder, { recursive: true });
  removeEarlier(directory, run).catch(() => {});

  return {
    compileCache,
    install: (name, files) => install(code, name, files),
    temporary(name) {
      const path = join(temporary, name);
      return { path, ready: mkdir(path, { recursive: true }).then(() => {}) };
    },
    removeTemporary(name) {
      rm(join(temporary, name), { recursive: true, force: true }).catch(() => {});
    },
    watch: watchCode,
  };
}

/** Watching installed packages would take longer than anything else; they change rarely, and the function's own files with them. */
const UNWATCHED = /^(?:node_modules|\..*)$/;

/** The folder itself and all below its own folders. A folder that cannot be watched is not: its code changes with the next deployment. */
function watchCode(path: string, listener: () => void): () => void {
  const watchers = new Map<string, FSWatcher>();
  const add = (folder: string, recursive: boolean, changed: () => void): void => {
    if (watchers.has(folder)) return;
    try {
      const watcher = watch(folder, { recursive, persistent: false }, changed);
      watcher.on("error", () => {
        watchers.delete(folder);
        watcher.close();
      });
      watchers.set(folder, watcher);
    } catch {
      // It is gone, or the system has no more watches to give.
    }
  };
  const addFolders = (): void => {
    for (const entry of readFolder(path)) {
      if (entry.isDirectory() && !UNWATCHED.test(entry.name)) add(join(path, entry.name), true, listener);
    }
  };
  add(path, false, () => {
    addFolders();
    listener();
  });
  addFolders();
  return () => {
    for (const watcher of watchers.values()) watcher.close();
    watchers.clear();
  };
}

function readFolder(path: string): Dirent[] {
  try {
    return readdirSync(path, { withFileTypes: true });
  } catch {
    return [];
  }
}

async function removeEarlier(directory: string, run: string): Promise<void> {
  for (const entry of await readdir(directory)) {
    const path = join(directory, entry);
    if (entry.startsWith("run-") && path !== run) await rm(path, { recursive: true, force: true });
  }
}

async function install(root: string, name: string, files: AsyncIterable<CodeFile>): Promise<string> {
  const target = join(root, name);
  const fresh = await mkdtemp(join(root, "unpacking-"));
  try {
    const made = new Set<string>();
    const links: CodeFile[] = [];
    for await (const file of files) {
      if (file.linkTo !== undefined) {
        links.push(file);
        continue;
      }
      const path = join(fresh, file.path);
      await makeFolder(dirname(path), made);
      await writeFile(path, file.bytes, { mode: file.executable ? 0o755 : 0o644 });
    }
    // Links last: no file is ever written through one.
    for (const link of links) {
      const path = join(fresh, link.path);
      await makeFolder(dirname(path), made);
      await symlink(link.linkTo ?? "", path);
    }
    await chmod(fresh, 0o755);
    await rename(fresh, target).catch(async (error: unknown) => {
      // Another call has put the same files there.
      if ((await stat(target).catch(() => undefined))?.isDirectory() !== true) throw error;
      await rm(fresh, { recursive: true, force: true });
    });
    return target;
  } catch (error) {
    await rm(fresh, { recursive: true, force: true });
    throw error;
  }
}

async function makeFolder(path: string, made: Set<string>): Promise<void> {
  if (made.has(path)) return;
  await mkdir(path, { recursive: true });
  made.add(path);
}
