import type { Clock } from '../observe/index.ts';
import type { Files } from './corefile/index.ts';

export interface WatchFileOptions {
  readonly path: string;
  readonly files: Files;
  readonly clock: Clock;
  /** How often its time is looked at; 0 never. */
  readonly intervalMs: number;
  /** Called with what the file holds, at once and after each change. */
  readonly onText: (text: string, modifiedAtMs: number) => void;
  /** Told when a changed file cannot be read, or when `onText` throws then. */
  readonly onError: (error: unknown) => void;
}

export interface WatchedFile extends Disposable {
  /** Whether it could be read at the start. */
  readonly isThere: boolean;
}

/**
 * Reads a file, and again when it has changed.
 *
 * @throws Error when it is there and cannot be read, and what `onText` throws at the start.
 */
export function watchFile(options: WatchFileOptions): WatchedFile {
  const { path, files, clock, intervalMs, onText, onError } = options;
  let readAt: number | undefined;
  let timer: Disposable | undefined;
  const look = (): void => {
    const modifiedAt = files.modifiedAtMs(path);
    if (modifiedAt === undefined || modifiedAt === readAt) return;
    readAt = modifiedAt;
    onText(files.read(path), modifiedAt);
  };
  const wait = (): void => {
    timer = clock.setTimer(intervalMs, () => {
      try {
        look();
      } catch (error) {
        onError(error);
      }
      wait();
    });
  };
  look();
  if (intervalMs > 0) wait();
  return { isThere: readAt !== undefined, [Symbol.dispose]: () => timer?.[Symbol.dispose]() };
}
