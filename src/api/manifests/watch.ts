import { realpathSync, statSync, watch, type FSWatcher } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { loadManifests, type LoadedManifests, type LoadOptions } from './load.ts';
import { STDIN } from './read.ts';

export interface WatchManifestsOptions extends LoadOptions {
  /**
   * Called with what the files hold after one was saved, came or went; a file that was saved as it is counts, since what
   * it says may have been changed elsewhere meanwhile.
   *
   * Where it `hasErrors`, its problems are to be shown and what runs is to be left alone; the next change that mends them
   * comes here too.
   */
  readonly onChange: (loaded: LoadedManifests) => void | Promise<void>;
  /** Called when the system cannot watch (too many watches), and for what `onChange` throws. */
  readonly onError: (error: unknown) => void;
  /**
   * How long files must be still before they are read, in milliseconds: editors empty a file before they write it.
   *
   * @default 40
   */
  readonly quietMs?: number;
}

/**
 * Watches the files and folders that manifests were read from, until disposed.
 *
 * Not the files are watched but the folders they are in, so that it does not matter how an editor saves (in place, or
 * by renaming), and what vanishes is found again when it comes back. Standard input is not read twice.
 *
 * @param paths As given to `loadManifests`.
 * @param loaded What it gave.
 */
export function watchManifests(
  paths: readonly string[],
  loaded: LoadedManifests,
  options: WatchManifestsOptions,
): Disposable {
  return new ManifestWatcher(paths, loaded, options);
}

const QUIET_MS = 40;

interface WatchedFolder {
  readonly watcher: FSWatcher;
  /** A folder that was made anew under the same name is another one. */
  readonly identity: string;
}

/** Names in a folder that matter; undefined when all do. */
type Interest = ReadonlySet<string> | undefined;

class ManifestWatcher implements Disposable {
  readonly #paths: readonly string[];
  readonly #options: WatchManifestsOptions;
  readonly #folders = new Map<string, WatchedFolder>();
  #interests: ReadonlyMap<string, Interest> = new Map();
  #loaded: LoadedManifests;
  #timer: NodeJS.Timeout | undefined;
  #isLoading = false;
  /** Something changed while files were being read. */
  #isStale = false;
  #isDisposed = false;

  constructor(paths: readonly string[], loaded: LoadedManifests, options: WatchManifestsOptions) {
    this.#paths = paths;
    this.#options = options;
    this.#loaded = loaded;
    // What was saved since the files were read has told nobody.
    if (this.#followFolders()) this.#schedule();
  }

  [Symbol.dispose](): void {
    this.#isDisposed = true;
    clearTimeout(this.#timer);
    for (const { watcher } of this.#folders.values()) watcher.close();
    this.#folders.clear();
  }

  #schedule(): void {
    if (this.#isDisposed) return;
    if (this.#isLoading) {
      this.#isStale = true;
      return;
    }
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#reload(), this.#options.quietMs ?? QUIET_MS);
  }

  async #reload(): Promise<void> {
    this.#isLoading = true;
    try {
      const stdin = this.#loaded.texts.get(STDIN) ?? '';
      const loaded = await loadManifests(this.#paths, { ...this.#options, stdin: once(stdin) });
      if (this.#isDisposed) return;
      const isChanged = !isSame(loaded, this.#loaded);
      this.#loaded = loaded;
      // Files may have come into a new folder before it was watched.
      if (this.#followFolders()) this.#isStale = true;
      if (isChanged) await this.#options.onChange(loaded);
    } catch (error) {
      this.#options.onError(error);
    } finally {
      this.#isLoading = false;
    }
    if (!this.#isStale) return;
    this.#isStale = false;
    this.#schedule();
  }

  /** Watches the folders that matter now and no others. @returns whether one is new. */
  #followFolders(): boolean {
    this.#interests = interestsOf(this.#paths, this.#loaded.folders);
    for (const [folder, { watcher, identity }] of this.#folders) {
      if (this.#interests.has(folder) && identityOf(folder) === identity) continue;
      watcher.close();
      this.#folders.delete(folder);
    }
    let isNew = false;
    for (const folder of this.#interests.keys()) {
      if (this.#folders.has(folder)) continue;
      isNew = this.#follow(folder) || isNew;
    }
    return isNew;
  }

  #follow(folder: string): boolean {
    const identity = identityOf(folder);
    if (identity === undefined) return false;
    try {
      const watcher = watch(folder, { persistent: false }, (_, name) => this.#hear(folder, name));
      watcher.on('error', (error) => {
        // A folder that is deleted is an error on some systems; the next look tells what became of it.
        watcher.close();
        this.#folders.delete(folder);
        if (identityOf(folder) !== undefined) this.#options.onError(error);
        this.#schedule();
      });
      this.#folders.set(folder, { watcher, identity });
      return true;
    } catch (error) {
      this.#options.onError(error);
      return false;
    }
  }

  #hear(folder: string, name: string | null): void {
    const names = this.#interests.get(folder);
    // A folder's own name is told when the folder itself is moved or deleted.
    const isOther = name !== null && name !== basename(folder) && names?.has(name) === false;
    if (!isOther) this.#schedule();
  }
}

/**
 * Folders to watch: those that were read, with everything in them, and the ones in which the given paths stand, for
 * those paths alone. Where such a folder has vanished it is the nearest one above that is left.
 */
function interestsOf(
  paths: readonly string[],
  folders: readonly string[],
): ReadonlyMap<string, Interest> {
  const interests = new Map<string, Set<string> | undefined>();
  for (const path of paths) {
    if (path === '-') continue;
    for (const place of placesOf(path)) {
      const { folder, name } = nearestFolder(place);
      const names = interests.get(folder) ?? new Set();
      interests.set(folder, names.add(name));
    }
  }
  for (const folder of folders) interests.set(resolve(folder), undefined);
  return interests;
}

/** The path, and where it leads when it is a link. */
function placesOf(path: string): readonly string[] {
  const place = resolve(path);
  try {
    return [...new Set([place, realpathSync(place)])];
  } catch {
    // It is not there now, and may come.
    return [place];
  }
}

function nearestFolder(place: string): { readonly folder: string; readonly name: string } {
  let name = place;
  let folder = dirname(place);
  while (identityOf(folder) === undefined && folder !== dirname(folder)) {
    name = folder;
    folder = dirname(folder);
  }
  return { folder, name: basename(name) };
}

/** Inodes are used again, so the time of birth belongs to it. */
function identityOf(folder: string): string | undefined {
  const stats = statSync(folder, { throwIfNoEntry: false });
  return stats === undefined ? undefined : `${stats.ino} ${stats.birthtimeMs}`;
}

function isSame(left: LoadedManifests, right: LoadedManifests): boolean {
  return (
    left.texts.size === right.texts.size &&
    [...left.savedAt].every(([file, time]) => right.savedAt.get(file) === time) &&
    [...left.texts].every(([file, text]) => right.texts.get(file) === text) &&
    isSameList(left.problems.map(summary), right.problems.map(summary)) &&
    isSameList([...left.texts.keys()], [...right.texts.keys()])
  );
}

function summary({ message, position }: LoadedManifests['problems'][number]): string {
  return `${position.file} ${message}`;
}

function isSameList(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((item, index) => item === right[index]);
}

async function* once(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}
