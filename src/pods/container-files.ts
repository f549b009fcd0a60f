import type { Container, Volume, VolumeMount } from '../api/index.ts';
import type { EnvironmentInput } from './environment.ts';
import { FileTable, type OpenedFile } from './file-table.ts';
import { listVolumeFiles, readVolumeFile } from './volume-files.ts';
import type { VolumeTable } from './writable-volumes.ts';

/** Why a file cannot be written or taken away. @see errno(3) */
export type FileProblem =
  | 'Is a directory'
  | 'No space left on device'
  | 'No such file or directory'
  | 'Read-only file system';

/** What a container sees at its paths. All paths are absolute and without dots. */
export interface ContainerFiles {
  read(path: string): Uint8Array | undefined;
  /** Opens a file to write at its end, or anew; makes it where there is none. */
  open(path: string, isAppending: boolean): OpenedFile | FileProblem;
  /** @returns why it is not written. */
  write(path: string, content: Uint8Array): FileProblem | undefined;
  /** A file, or a directory with all in it. @returns why it is still there. */
  remove(path: string): FileProblem | undefined;
  makeDirectory(path: string): FileProblem | undefined;
  isDirectory(path: string): boolean;
  /** Names in a directory, sorted; undefined for what is none. */
  list(path: string): readonly string[] | undefined;
  /** Tells of changes near a path, until disposed. */
  watch(path: string, onChange: () => void): Disposable;
}

/** What every image has. */
const DIRECTORIES: readonly string[] = [
  '/bin',
  '/dev',
  '/etc',
  '/home',
  '/lib',
  '/media',
  '/mnt',
  '/opt',
  '/proc',
  '/root',
  '/run',
  '/sbin',
  '/srv',
  '/sys',
  '/tmp',
  '/usr/bin',
  '/usr/lib',
  '/usr/local/bin',
  '/usr/sbin',
  '/usr/share',
  '/var/cache',
  '/var/lib',
  '/var/log',
  '/var/run',
  '/var/tmp',
];
/** What is empty when a container starts, whatever its image. */
const SCRATCH: readonly string[] = ['/dev', '/proc', '/run', '/sys', '/tmp', '/var/run'];

/** Whether an image might have the path: no volume covers it, and it is not of what is made anew. */
export function mayBeOfImage(path: string, { volumeMounts = [] }: Container): boolean {
  return ![...SCRATCH, ...volumeMounts.map(({ mountPath }) => mountPath)].some((place) =>
    isWithin(path, place),
  );
}

export interface ContainerFilesOptions {
  readonly input: EnvironmentInput;
  /** Files that the kubelet and the runtime put into every container. */
  readonly own: ReadonlyMap<string, () => Uint8Array>;
  /** Directories that the image has besides those of every image. */
  readonly directories: readonly string[];
  /** Where a volume's files are; undefined for one that cannot be written. */
  readonly tableOf: (volume: Volume) => VolumeTable | undefined;
}

/** The files of one container: those of its volumes, and what it has written elsewhere. */
export function createContainerFiles(options: ContainerFilesOptions): ContainerFiles {
  return new MountedFiles(options);
}

/** Where a path's file is kept; undefined for what the API's objects fill. */
interface Place {
  readonly table: FileTable | undefined;
  /** Below the table's root. */
  readonly path: string;
  readonly isReadOnly: boolean;
}

class MountedFiles implements ContainerFiles {
  readonly #options: ContainerFilesOptions;
  /** What is written outside of all volumes is gone with the container. */
  readonly #written = new FileTable();
  readonly #mounts: readonly (readonly [VolumeMount, VolumeTable | undefined])[];
  /** Sees only the volumes that the API's objects fill. */
  readonly #filled: EnvironmentInput;
  /** What is there always; a directory has a slash at its end. */
  readonly #fixed: readonly string[];

  constructor(options: ContainerFilesOptions) {
    this.#options = options;
    const { input, own, directories, tableOf } = options;
    this.#mounts = (input.container.volumeMounts ?? [])
      .map((mount) => {
        const volume = input.pod.spec?.volumes?.find(({ name }) => name === mount.name);
        return [mount, volume && tableOf(volume)] as const;
      })
      .toSorted(([one], [other]) => other.mountPath.length - one.mountPath.length);
    const volumeMounts = this.#mounts.flatMap(([mount, at]) => (at === undefined ? [mount] : []));
    this.#filled = { ...input, container: { ...input.container, volumeMounts } };
    this.#fixed = [...own.keys(), ...[...DIRECTORIES, ...directories].map(withSlash)];
  }

  read(path: string): Uint8Array | undefined {
    if (path.endsWith('/')) return undefined;
    const { table, path: below } = this.#place(path);
    if (table === undefined) return readVolumeFile(path, this.#options.input);
    return table.read(below) ?? this.#options.own.get(path)?.();
  }

  open(path: string, isAppending: boolean): OpenedFile | FileProblem {
    if (this.isDirectory(path)) return 'Is a directory';
    const { table, path: below, isReadOnly } = this.#place(path);
    if (table === undefined || isReadOnly) return 'Read-only file system';
    if (!isAppending) table.truncate(below);
    const given = isAppending && table.read(below) === undefined ? this.read(path) : undefined;
    const file = table.open(below);
    const isWhole = file !== undefined && (given === undefined || file.append(given));
    return isWhole ? file : 'No space left on device';
  }

  write(path: string, content: Uint8Array): FileProblem | undefined {
    const file = this.open(path, false);
    if (typeof file === 'string') return file;
    return file.append(content) ? undefined : 'No space left on device';
  }

  remove(path: string): FileProblem | undefined {
    const { table, path: below, isReadOnly } = this.#place(path);
    if (table !== undefined && !isReadOnly && below !== '' && table.remove(below)) return undefined;
    if (this.read(path) === undefined && !this.isDirectory(path))
      return 'No such file or directory';
    return 'Read-only file system';
  }

  makeDirectory(path: string): FileProblem | undefined {
    if (this.isDirectory(path)) return undefined;
    const { table, path: below, isReadOnly } = this.#place(path);
    if (table === undefined || isReadOnly) return 'Read-only file system';
    return table.makeDirectory(below) ? undefined : 'No space left on device';
  }

  isDirectory(path: string): boolean {
    const prefix = withSlash(path);
    return (
      this.#fixed.some((file) => file.startsWith(prefix)) ||
      this.#written.hasDirectory(prefix.slice(1, -1)) ||
      this.#mounts.some(([mount, at]) => at !== undefined && hasDirectory(prefix, mount, at)) ||
      this.#isFilled(prefix)
    );
  }

  list(path: string): readonly string[] | undefined {
    const prefix = withSlash(path);
    const below = this.#all().filter((file) => file.startsWith(prefix));
    if (below.length === 0) return undefined;
    const names = below
      .filter((file) => file !== prefix)
      .map((file) => file.slice(prefix.length).split('/', 1)[0] ?? '');
    return [...new Set(names)].toSorted();
  }

  watch(path: string, onChange: () => void): Disposable {
    return this.#place(path).table?.watch(onChange) ?? { [Symbol.dispose]: () => undefined };
  }

  #place(path: string): Place {
    for (const [mount, at] of this.#mounts) {
      if (!isWithin(path, mount.mountPath)) continue;
      const isReadOnly = mount.readOnly ?? false;
      const below = path.slice(withSlash(mount.mountPath).length);
      if (at === undefined) return { table: undefined, path: below, isReadOnly };
      return { table: at.table, path: join(at.root, mount.subPath, below), isReadOnly };
    }
    const { securityContext } = this.#options.input.container;
    const isReadOnly = securityContext?.readOnlyRootFilesystem === true && !isWithin(path, '/dev');
    return { table: this.#written, path: path.slice(1), isReadOnly };
  }

  /** Whether the API's objects put something there. */
  #isFilled(prefix: string): boolean {
    const { volumeMounts = [] } = this.#filled.container;
    const tops = volumeMounts.map(({ mountPath }) => withSlash(mountPath));
    return (
      tops.some((top) => top.startsWith(prefix) || prefix.startsWith(top)) &&
      listVolumeFiles(this.#filled).some((file) => file.startsWith(prefix))
    );
  }

  /** All paths that are there; a directory without files has a slash at its end. */
  #all(): readonly string[] {
    return [
      ...[...this.#written.names()].map((name) => `/${name}`),
      ...listVolumeFiles(this.#filled),
      ...this.#mounts.flatMap(([mount, at]) => (at === undefined ? [] : pathsOf(mount, at))),
      ...this.#fixed,
    ];
  }
}

/** Whether a volume shows a directory at a path, or below; the path is with a slash at its end. */
function hasDirectory(
  prefix: string,
  { mountPath, subPath }: VolumeMount,
  { table, root }: VolumeTable,
): boolean {
  const top = withSlash(mountPath);
  const own = join(root, subPath);
  if (own !== '' && table.read(own) !== undefined) return mountPath.startsWith(prefix);
  if (top.startsWith(prefix)) return true;
  return prefix.startsWith(top) && table.hasDirectory(join(own, prefix.slice(top.length)));
}

/** What a volume shows at its mount. */
function pathsOf({ mountPath, subPath }: VolumeMount, { table, root }: VolumeTable): string[] {
  const top = withSlash(mountPath);
  const prefix = join(root, subPath);
  if (prefix !== '' && table.read(prefix) !== undefined) return [mountPath];
  const start = prefix === '' ? '' : `${prefix}/`;
  const names = [...table.names()].filter((name) => name.startsWith(start));
  return [top, ...names.map((name) => `${top}${name.slice(start.length)}`)];
}

function join(...parts: readonly (string | undefined)[]): string {
  return parts
    .map((part = '') => part.replaceAll(/^\/+|\/+$/g, ''))
    .filter((part) => part !== '')
    .join('/');
}

function withSlash(path: string): string {
  return path.endsWith('/') ? path : `${path}/`;
}

function isWithin(path: string, place: string): boolean {
  return path === place || path.startsWith(withSlash(place));
}
