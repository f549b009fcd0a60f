/** What one table holds, all together. */
const MAX_BYTES = 16 * 1024 * 1024;
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
  readonly #watchers = new Set<() => void>();
  #size = 0;

  names(): Iterable<string> {
    return this.#files.keys();
  }

  /** What the file holds now; undefined where there is none. */
  read(path: string): Uint8Array | undefined {
    return this.#files.get(path)?.content();
  }

  /** Opens a file at its end, and makes it where there is none. */
  open(path: string): OpenedFile {
    const file = this.#files.get(path) ?? new StoredFile();
    if (!this.#files.has(path)) {
      this.#files.set(path, file);
      this.#tell();
    }
    return { append: (bytes) => this.#append(file, bytes) };
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
      this.#size -= file.length;
      file.isGone = true;
      isFound = true;
    }
    if (isFound) this.#tell();
    return isFound;
  }

  makeDirectory(path: string): void {
    this.#files.set(`${path}/`, new StoredFile());
  }

  /** Tells of every change, until disposed. */
  watch(onChange: () => void): Disposable {
    this.#watchers.add(onChange);
    return { [Symbol.dispose]: () => void this.#watchers.delete(onChange) };
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
