// Tells when files change, however an editor saves them: it watches the folders that hold them, since a file that is replaced
// by another takes its watch with it.
import { existsSync, type FSWatcher, watch } from "node:fs";
import { dirname, join } from "node:path";

/** Changes this close together are told together, in ms: an editor's save is several events. */
const GATHER_MS = 25;

export interface FileWatcher {
  /** From now on these files, absolute paths, and no others. */
  update(paths: readonly string[]): void;
  close(): void;
}

/** The folder itself, or the first above it that exists: where its coming would be seen. */
function nearestFolder(folder: string): string {
  let found = folder;
  while (!existsSync(found) && dirname(found) !== found) found = dirname(found);
  return found;
}

export function watchFiles(changed: (paths: readonly string[]) => void): FileWatcher {
  const folders = new Map<string, FSWatcher>();
  let files = new Set<string>();
  let gathered = new Set<string>();
  let timer: NodeJS.Timeout | undefined;

  const tell = () => {
    timer = undefined;
    const paths = [...gathered];
    gathered = new Set();
    changed(paths);
  };
  /** A file that is watched, or a folder above one that is not there yet. */
  const concerns = (path: string): boolean => files.has(path) || [...files].some((file) => file.startsWith(`${path}/`));
  const open = (folder: string): FSWatcher => {
    const watcher = watch(folder, (_event, name) => {
      const path = name === null ? undefined : join(folder, name);
      if (path === undefined || !concerns(path)) return;
      gathered.add(path);
      timer ??= setTimeout(tell, GATHER_MS);
    });
    // A folder that goes away ends its own watch; what it held is told by the rebuild that then fails.
    watcher.on("error", () => {
      watcher.close();
      folders.delete(folder);
    });
    return watcher;
  };

  return {
    update(paths) {
      files = new Set(paths);
      const wanted = new Set(paths.map((path) => nearestFolder(dirname(path))));
      for (const [folder, watcher] of folders) {
        if (wanted.has(folder)) continue;
        watcher.close();
        folders.delete(folder);
      }
      for (const folder of wanted) if (!folders.has(folder)) folders.set(folder, open(folder));
    },
    close() {
      clearTimeout(timer);
      for (const watcher of folders.values()) watcher.close();
      folders.clear();
    },
  };
}
