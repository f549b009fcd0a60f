import type { Container } from '../../../api/index.ts';
import type { WorkloadContext } from '../../workload.ts';

/** What a container sees at its paths. All paths are absolute and without dots. */
export interface ContainerFiles {
  read(path: string): Uint8Array | undefined;
  /** @returns false where nothing can be written. */
  write(path: string, content: Uint8Array): boolean;
  /** @returns whether there was something to take away. */
  remove(path: string): boolean;
  makeDirectory(path: string): void;
  isDirectory(path: string): boolean;
  /** Names in a directory, sorted; undefined for what is none. */
  list(path: string): readonly string[] | undefined;
}

/** What every image has. */
const DIRECTORIES: readonly string[] = [
  '/bin',
  '/dev',
  '/etc',
  '/home',
  '/opt',
  '/proc',
  '/root',
  '/run',
  '/sbin',
  '/sys',
  '/tmp',
  '/usr/bin',
  '/usr/local/bin',
  '/usr/sbin',
  '/var/lib',
  '/var/log',
  '/var/run',
];
/** What is empty when a container starts, whatever its image. */
const SCRATCH: readonly string[] = ['/dev', '/proc', '/run', '/sys', '/tmp', '/var/run'];

/** Whether an image might have the path: no volume covers it, and it is not of what is made anew. */
export function mayBeOfImage(path: string, { volumeMounts = [] }: Container): boolean {
  return ![...SCRATCH, ...volumeMounts.map(({ mountPath }) => mountPath)].some(
    (place) => path === place || path.startsWith(place.endsWith('/') ? place : `${place}/`),
  );
}

/** What a container may write, all together. */
const MAX_BYTES = 16 * 1024 * 1024;

/** The files of one container: what it has written, over what its volumes hold. */
export function createContainerFiles(
  pod: Pick<WorkloadContext, 'files' | 'listFiles' | 'readFile'>,
): ContainerFiles {
  const all = (): readonly string[] => [...pod.listFiles(), ...DIRECTORIES.map((dir) => `${dir}/`)];
  const isDirectory = (path: string): boolean => {
    const prefix = path === '/' ? '/' : `${path}/`;
    return all().some((file) => file.startsWith(prefix));
  };
  return {
    read: (path) => pod.readFile(path),
    write: (path, content) => {
      let length = content.length;
      for (const [name, { length: other }] of pod.files) if (name !== path) length += other;
      if (length > MAX_BYTES || isDirectory(path)) return false;
      pod.files.set(path, content);
      return true;
    },
    remove: (path) => {
      let isFound = pod.files.delete(path);
      for (const name of pod.files.keys())
        if (name.startsWith(`${path}/`)) isFound = pod.files.delete(name);
      return isFound;
    },
    makeDirectory: (path) => {
      if (!isDirectory(path)) pod.files.set(`${path}/`, new Uint8Array());
    },
    isDirectory,
    list: (path) => {
      if (!isDirectory(path)) return undefined;
      const prefix = path === '/' ? '/' : `${path}/`;
      const names = all()
        .filter((file) => file.startsWith(prefix) && file !== prefix)
        .map((file) => file.slice(prefix.length).split('/', 1)[0] ?? '');
      return [...new Set(names)].toSorted();
    },
  };
}
