/** What one table holds, all together. */
const MAX_BYTES = 16 * 1024 * 1024;
/** What a file or directory takes besides its name and what is in it. */
const ENTRY_BYTES = 256;
const NOTHING: Buffer = Buffer.alloc(0);

/** Whoever has a file open goes on with it when its name is gone; nobody sees then what is written. */
export interface OpenedFile {
  /** @returns false where there is no space left. */
  append(bytes: Uint8Array): boolean;
}

/**
 * The files of a volume, or those that a container has written besides, by their path below the root.
 *
 * A directory that holds nothing is a name with a slash at its end.
 */
export class FileTable {
  readonly #files = new Map<string, StoredFile>();
  /** How many names are below each directory. */
  readonly #directories = new Map<string, number>();
  readonly #watchers = new Set<() => void>();
  #size = 0;

  names(): Iterable<string> {
    return this.#files.keys();
  }

  /** What the file holds now; undefined where there is none. */
  read(path: string): Uint8Array | undefined {
    return this.#files.get(path)?.content();
  }

  /** Whether there is a directory of that name, with something in it or not. */
  hasDirectory(path: string): boolean {
    return this.#directories.has(path);
  }

  /** Opens a file at its end, and makes it where there is none. @returns undefined where there is no space left. */
  open(path: string): OpenedFile | undefined {
    const file = this.#files.get(path) ?? this.#make(path);
    return file && { append: (bytes) => this.#append(file, bytes) };
  }

  /** Takes away what a file holds, if there is one. */
  truncate(path: string): void {
    const file = this.#files.get(path);
    if (file === undefined) return;
    this.#size -= file.length;
    file.clear();
    this.#tell();
  }

  /** A file, or a directory with all that is in it. @returns whether there was one. */
  remove(path: string): boolean {
    let isFound = false;
    for (const [name, file] of this.#files) {
      if (name !== path && !name.startsWith(`${path}/`)) continue;
      this.#files.delete(name);
      this.#count(name, -1);
      this.#size -= file.length + costOf(name);
      file.isGone = true;
      isFound = true;
    }
    if (isFound) this.#tell();
    return isFound;
  }

  /** @returns false where there is no space left. */
  makeDirectory(path: string): boolean {
    const name = `${path}/`;
    return (this.#files.get(name) ?? this.#make(name)) !== undefined;
  }

  /** Tells of every change, until disposed. */
  watch(onChange: () => void): Disposable {
    this.#watchers.add(onChange);
    return { [Symbol.dispose]: () => void this.#watchers.delete(onChange) };
  }

  #make(name: string): StoredFile | undefined {
    const cost = costOf(name);
    if (this.#size + cost > MAX_BYTES) return undefined;
    const file = new StoredFile();
    this.#size += cost;
    this.#files.set(name, file);
    this.#count(name, 1);
    this.#tell();
    return file;
  }

  #count(name: string, by: 1 | -1): void {
    for (let end = name.indexOf('/'); end >= 0; end = name.indexOf('/', end + 1)) {
      const directory = name.slice(0, end);
      const count = (this.#directories.get(directory) ?? 0) + by;
      if (count > 0) this.#directories.set(directory, count);
      else this.#directories.delete(directory);
    }
  }

  #append(file: StoredFile, bytes: Uint8Array): boolean {
    if (file.isGone) return true;
    if (this.#size + bytes.length > MAX_BYTES) return false;
    this.#size += bytes.length;
    file.append(bytes);
    this.#tell();
    return true;
  }

  #tell(): void {
    for (const onChange of this.#watchers) onChange();
  }
}

/** What a name takes, and the directories on the way to it. */
function costOf(name: string): number {
  return Buffer.byteLength(name) + ENTRY_BYTES * name.split('/').length;
}

/** One file's bytes; what was read of it stays as it was. */
class StoredFile {
  isGone = false;
  #bytes = NOTHING;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  content(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  append(bytes: Uint8Array): void {
    const length = this.#length + bytes.length;
    if (length > this.#bytes.length) {
      const grown = Buffer.alloc(Math.max(length, this.#bytes.length * 2));
      grown.set(this.content());
      this.#bytes = grown;
    }
    this.#bytes.set(bytes, this.#length);
    this.#length = length;
  }

  clear(): void {
    this.#bytes = NOTHING;
    this.#length = 0;
  }
}
